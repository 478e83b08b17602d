//! Relays that do not keep to the protocol: what they make of the lines that they should pass on.

use super::World;

impl World {
    pub(super) fn drop_lines(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        let mut kept = Vec::new();
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            let passed_on = line.starts_with(b"SAY") || line.starts_with(b"ACK");
            if !passed_on || !self.chance.percent(20) {
                kept.extend_from_slice(line);
            }
        }
        kept
    }

    pub(super) fn lie(&mut self, id: usize, bytes: Vec<u8>) -> Vec<u8> {
        let mut told = Vec::new();
        let client = self.links[&id].client;
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            told.extend_from_slice(line);
            let text = String::from_utf8_lossy(line);
            if line.starts_with(b"SAY") && self.chance.percent(10) {
                told.extend_from_slice(line);
            }
            if let Some((victim, old)) = &self.kept
                && *victim == client
                && line.starts_with(b"SAY")
            {
                told.extend_from_slice(old);
                self.kept = None;
            }
            if line.starts_with(b"SAY") && self.chance.percent(10) {
                self.kept = Some((client, line.to_vec()));
            }
            if let Some((head, n)) = text.trim_end().rsplit_once(' ')
                && line.starts_with(b"ACK")
                && self.chance.percent(3)
            {
                let above = n.parse::<u64>().unwrap() + 100;
                told.extend_from_slice(format!("{head} {above}\n").as_bytes());
            }
        }
        told
    }
}
