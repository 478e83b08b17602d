//! Bytes on their way.

/// Bytes of memory kept at most for the next bytes.
pub const MAX_SPARE: usize = 128 * 1024;

/// Memory for the next outbox that needs some: growing anew for each batch was a third of the work of a long line.
#[derive(Debug, Default)]
pub struct Spare(Vec<u8>);

/// Bytes on their way to a socket. Holds no memory while it is empty. Whoever fills it bounds it.
#[derive(Debug, Default)]
pub struct Outbox {
    bytes: Vec<u8>,
    sent: usize,
}

impl Outbox {
    /// Where encoders append.
    pub fn tail(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// What the socket has not taken yet.
    pub fn unsent(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    /// The socket took the first `count` of the [`unsent`](Outbox::unsent) bytes.
    pub fn advance(&mut self, count: usize) {
        self.sent += count;
        if self.sent >= self.bytes.len() {
            *self = Outbox::default();
        } else if self.sent > self.bytes.len() / 2 {
            self.bytes.drain(..self.sent);
            self.sent = 0;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.unsent().is_empty()
    }

    /// Forgets what is in it, and leaves its memory to the next that needs some, if it is the best there is and not too
    /// much.
    pub fn let_go(&mut self, spare: &mut Spare) {
        let mut memory = std::mem::take(self).bytes;
        if (spare.0.capacity()..=MAX_SPARE).contains(&memory.capacity()) {
            memory.clear();
            spare.0 = memory;
        }
    }

    /// Takes memory that was [let go](Outbox::let_go) of, where it has none itself.
    pub fn adopt(&mut self, spare: &mut Spare) {
        if self.bytes.capacity() == 0 {
            self.bytes = std::mem::take(&mut spare.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outbox_holds_no_memory_once_all_is_sent() {
        let mut outbox = Outbox::default();
        outbox.tail().extend_from_slice(b"0123456789");
        outbox.advance(6);
        assert_eq!(outbox.unsent(), b"6789");
        outbox.advance(4);
        assert!(outbox.is_empty());
        assert_eq!(outbox.bytes.capacity(), 0);
    }
}
