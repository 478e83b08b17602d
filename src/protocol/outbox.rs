//! Bytes on their way.

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

    /// Forgets what is in it, and gives its memory to whoever can use it.
    pub fn let_go(&mut self) -> Vec<u8> {
        std::mem::take(self).bytes
    }

    /// Takes memory that another has let go of, where it has none itself.
    pub fn adopt(&mut self, spare: &mut Vec<u8>) {
        if self.bytes.capacity() == 0 {
            self.bytes = std::mem::take(spare);
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
