//! Messages of a client that ends them with nothing, where silence does not part them.

use super::Framing;
use super::text::{Charset, unfinished};

/// Lines of one read each after which reads are taken for lines.
const ENOUGH: u8 = 2;
/// A read of so many bytes may be the beginning of a longer text, which the network or a buffer has cut: a packet of
/// Ethernet holds more.
const SHORT: usize = 1_000;

/// What a client has shown of its manner.
#[derive(Debug, Default)]
pub struct Pasting {
    /// What it puts before its messages, to the letter.
    prefix: Option<Box<str>>,
    /// Reads of the line that has begun.
    reads: u8,
    /// Bytes of the last of them.
    length: usize,
    /// Lines that came in one read each.
    whole: u8,
    /// One came in pieces at least: where a read begins means nothing.
    is_in_pieces: bool,
}

impl Pasting {
    /// The client has sent so many bytes.
    pub fn read(&mut self, length: usize) {
        self.reads = self.reads.saturating_add(1);
        self.length = length;
    }

    pub fn end_line(&mut self, framing: Framing) {
        self.is_in_pieces |= self.reads > 1;
        if framing == Framing::Silence {
            self.whole = self.whole.saturating_add(1);
        }
        self.reads = 0;
    }

    /// Remembers what stands before messages, unless it tells the time, which another message has not.
    pub fn learn_prefix(&mut self, prefix: &str) {
        let is_constant = !prefix.contains(|c: char| c.is_ascii_digit());
        // A single letter may stand anywhere.
        let is_telling = prefix.chars().filter(|c| c.is_alphanumeric()).count() > 1;
        if self.prefix.is_none() && is_constant && is_telling {
            self.prefix = Some(prefix.into());
        }
    }

    /// Whether a read is a message of its own, and not more of the line before it.
    pub fn begins_line(&self, read: &[u8], line: &[u8], charset: Charset) -> bool {
        let is_prefixed = self
            .prefix
            .as_ref()
            .is_some_and(|prefix| read.starts_with(prefix.as_bytes()));
        let is_whole = charset == Charset::Windows1252 || unfinished(line) == 0;
        let are_lines = !self.is_in_pieces && self.whole >= ENOUGH;
        is_prefixed || (are_lines && is_whole && self.reads == 1 && self.length < SHORT)
    }

    /// What stands before the client's prefix, where that is glued to it as nobody writes, and what follows it.
    pub fn split<'t>(&self, text: &'t str) -> Option<(&'t str, &'t str)> {
        let prefix: &str = self.prefix.as_ref()?;
        let is_glued = |at: &usize| {
            let before = text[..*at].chars().next_back();
            before.is_some_and(|c| c.is_alphanumeric() || ".!?)".contains(c))
        };
        let mut places = text.match_indices(prefix).map(|(at, _)| at);
        let at = places.find(is_glued)?;
        Some((&text[..at], &text[at + prefix.len()..]))
    }
}
