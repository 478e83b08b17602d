//! Mistakes of a session or a hub that show in what they send.

use super::World;

impl World {
    /// A session that takes its lines for delivered once they are sent behaves as if they were acknowledged at once.
    pub(super) fn forget_what_is_sent(&mut self, me: usize, sent: &[u8]) {
        let number = |line: &[u8]| {
            let text = std::str::from_utf8(line).ok()?.strip_prefix("SAY ")?;
            text.split(' ').next()?.parse::<u64>().ok()
        };
        let last = sent.split(|&byte| byte == b'\n').filter_map(number).max();
        if let Some(last) = last {
            let client = &mut self.clients[me];
            let ack = format!("ACK {} {last}\n", client.pid);
            // The session has just sent so many lines, and believes it.
            assert_eq!(client.session.received(self.now, ack.as_bytes()), Ok(()));
        }
    }

    /// What a hub sends that tells of a return only whoever returns: with their welcome.
    pub(super) fn without_returns(bytes: Vec<u8>) -> Vec<u8> {
        if bytes.starts_with(b"MSG/1") {
            return bytes;
        }
        let lines = bytes.split_inclusive(|&byte| byte == b'\n');
        lines
            .filter(|line| !line.starts_with(b"PEER"))
            .flatten()
            .copied()
            .collect()
    }
}
