//! Messages understood in the buffer that they were read into: a client that ends its lines sends little else, and they
//! need no copies and allocations of their own.

use crate::protocol::end_words::EndWord;
use crate::protocol::hygiene::{Text, has_printable_ends};
use crate::protocol::name::Name;
use crate::protocol::session::Flow;
use crate::protocol::wire::MAX_TEXT;

use super::{BYTE_ORDER_MARK, Framing, Part, Plain, PlainStage, author, text};

impl Plain {
    /// Gives `say` the messages that these bytes of the socket's begin with, until it has enough. Tells how many bytes
    /// they take: what follows is to be [received](Plain::receive).
    pub fn take_messages(&mut self, bytes: &[u8], say: &mut impl FnMut(Text<'_>) -> Flow) -> usize {
        if self.unread.is_empty() {
            self.messages(bytes, say)
        } else {
            0
        }
    }

    /// Gives `say` the messages that what waits unread begins with, until it has enough.
    pub fn take_unread_messages(&mut self, say: &mut impl FnMut(Text<'_>) -> Flow) {
        if self.unread.is_empty() {
            return;
        }
        let unread = std::mem::take(&mut self.unread);
        self.read += self.messages(&unread[self.read..], say);
        self.unread = unread;
    }

    /// How many bytes the messages take that `say` was given: none of a client whose silences may still mean something, so
    /// that it need not be known when they came.
    fn messages(&mut self, bytes: &[u8], say: &mut impl FnMut(Text<'_>) -> Flow) -> usize {
        let PlainStage::Talking(name) = &self.stage else {
            return 0;
        };
        let is_between_messages = self.framing == Framing::Endings
            && self.part == Part::First
            && self.heard.is_empty()
            && self.farewell.is_none()
            && self.telnet.is_text();
        let mut taken = 0;
        let mut flow = Flow::More;
        while is_between_messages
            && flow == Flow::More
            && let Some((run, is_printable)) = ended_run(&bytes[taken..])
            && self.line.len() + run.len() <= MAX_TEXT
        {
            let joined;
            let (line, is_printable) = if self.line.is_empty() {
                (run, is_printable)
            } else {
                joined = [&self.line, run].concat();
                (&*joined, false)
            };
            if let Some(text) = message(line, name.as_ref()) {
                flow = say(Text::known(text, is_printable));
                self.past_first_line = true;
            } else if !line.is_empty() {
                break;
            }
            self.line = Vec::new();
            taken += run.len() + 1;
        }
        taken
    }
}

/// What stands before the first key, if that ends a line, and whether it is printable ASCII alone.
fn ended_run(bytes: &[u8]) -> Option<(&[u8], bool)> {
    let (length, is_printable) = text::find_key(bytes)?;
    text::ends_line(bytes[length]).then_some((&bytes[..length], is_printable))
}

/// The text of a line that is a message as it stands: no end word, nothing of its author's, nothing to be cut off or to
/// be put right. Telnet commands are never UTF-8.
fn message<'l>(line: &'l [u8], name: Option<&Name>) -> Option<&'l str> {
    let text = simdutf8::basic::from_utf8(line).ok()?;
    let is_bare = has_printable_ends(text)
        || !text.starts_with(BYTE_ORDER_MARK) && text.trim_end().len() == text.len();
    let names_author = || name.is_some_and(|name| author::without_author(text, name).is_some());
    (is_bare && !text.is_empty() && EndWord::of_plain(text).is_none() && !names_author())
        .then_some(text)
}
