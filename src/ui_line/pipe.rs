//! The frontend for pipes, files and terminals that can do nothing: lines in, rows out.

use std::io;
use std::time::{Duration, Instant};

use super::frontend::LineEntry;
use crate::conversation::text::{Rest, decode, first_piece};
use crate::display::Extent;
use crate::output::{Flushed, Output};
use crate::platform::AsStream;

/// Lines in, rows out; notices apart.
#[derive(Debug)]
pub struct Pipe {
    input: Vec<u8>,
    /// How much of the input has gone out as lines.
    used: usize,
    /// How far the input holds no line end.
    searched: usize,
    end: End,
    notices: Output,
    /// Whether a row stands there that is drawn over.
    has_status: bool,
}

/// Whether more input comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Ahead,
    Reached,
    /// Reached, and passed on.
    Told,
}

/// What was left to be read when nothing was taken any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Lines that hold more than blanks.
    pub lines: usize,
    /// Whether these are all that there were.
    pub extent: Extent,
}

/// A line without an end in sight goes out in pieces once this many bytes of it have come: enough to be cut well.
const LONG: usize = 16 * 1024;

/// In bytes: how much of what is not taken any more is counted. A program that never stops writing would be read for ever.
const MAX_COUNTED: usize = 64 * 1024 * 1024;
/// How long the next bytes of it may take, and all of it.
const COUNT_PAUSE: Duration = Duration::from_millis(50);
const COUNT_TIMEOUT: Duration = Duration::from_millis(500);

/// Makes the row that is drawn over empty.
pub const CLEAR_ROW: &[u8] = b"\r\x1b[K";

/// Notices that nobody takes; further ones are dropped.
const MAX_NOTICES: usize = 64 * 1024;

impl Pipe {
    /// # Errors
    /// When `notices` is closed.
    pub fn open(notices: &impl AsStream) -> io::Result<Pipe> {
        Ok(Pipe {
            input: Vec::new(),
            used: 0,
            searched: 0,
            end: End::Ahead,
            notices: Output::new(notices)?,
            has_status: false,
        })
    }

    /// Whether it is worth reading more.
    pub fn wants_input(&self) -> bool {
        self.end == End::Ahead
    }

    /// Takes what was read; nothing is the end.
    pub fn take(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            self.end = End::Reached;
        }
        self.input.drain(..self.used);
        self.searched -= self.used;
        self.used = 0;
        self.input.extend_from_slice(bytes);
    }

    /// The next line, or part of one that is very long, or the end.
    pub fn next_entry(&mut self) -> Option<LineEntry> {
        let unsearched = &self.input[self.searched..];
        if let Some(length) = unsearched.iter().position(|&byte| byte == b'\n') {
            let end = self.searched + length;
            let line = whole(&self.input[self.used..end]);
            self.used = end + 1;
            self.searched = self.used;
            return Some(line);
        }
        self.searched = self.input.len();
        let unended = &self.input[self.used..];
        if unended.len() >= LONG {
            let (mut text, mut bytes) = decode(&unended[..LONG], Rest::MayFollow);
            // Bytes that are not UTF-8 have no graphemes to be cut between.
            if text.len() == bytes {
                bytes = first_piece(&text);
                text.truncate(bytes);
            }
            self.used += bytes;
            return Some(LineEntry::Piece(text));
        }
        if self.end == End::Ahead {
            return None;
        }
        if unended.is_empty() {
            let told = std::mem::replace(&mut self.end, End::Told) == End::Told;
            return (!told).then_some(LineEntry::End);
        }
        // The last line counts without its end.
        let line = whole(unended);
        self.used = self.input.len();
        Some(line)
    }

    /// Counts what has not gone out as lines, together with what `read` still gives within so long: `None` where nothing
    /// comes, and no bytes at the end. A writer is waited for only where it had more to say, and not for long.
    pub fn count_unread(&mut self, mut read: impl FnMut(Duration) -> Option<Vec<u8>>) -> Unread {
        let mut counter = LineCounter::default();
        counter.count(&self.input[self.used..]);
        self.used = self.input.len();
        let mut counted = 0;
        let deadline = Instant::now() + COUNT_TIMEOUT;
        while self.end == End::Ahead && counted < MAX_COUNTED {
            let patience = if counter.lines() > 0 {
                COUNT_PAUSE.min(deadline.saturating_duration_since(Instant::now()))
            } else {
                Duration::ZERO
            };
            let Some(bytes) = read(patience) else { break };
            if bytes.is_empty() {
                self.end = End::Reached;
            }
            counter.count(&bytes);
            counted += bytes.len();
        }
        Unread {
            lines: counter.lines(),
            extent: match self.end {
                End::Ahead => Extent::AtLeast,
                End::Reached | End::Told => Extent::All,
            },
        }
    }

    /// Shows this below what was told, until the next one or something else is told.
    pub fn show_status(&mut self, row: &str) {
        self.flush();
        if self.notices.pending() == 0 {
            let row = status_row(row, self.notices.sink().columns());
            self.notices.push(row.as_bytes());
            self.has_status = true;
            self.flush();
        }
    }

    /// Takes it away.
    pub fn clear_status(&mut self) {
        if std::mem::take(&mut self.has_status) {
            self.notices.push(CLEAR_ROW);
            self.flush();
        }
    }

    fn flush(&mut self) {
        // Somebody who closed standard error, or does not read it, wants to know nothing; the conversation goes on.
        let _: io::Result<Flushed> = self.notices.flush();
    }

    /// Tells something apart from the conversation.
    pub fn tell(&mut self, row: &str) {
        self.clear_status();
        if self.notices.pending() < MAX_NOTICES {
            self.notices.push(row.as_bytes());
            self.notices.push(b"\n");
        }
        self.flush();
    }
}

/// Counts the lines that hold more than blanks, however the bytes are cut.
#[derive(Debug, Default)]
struct LineCounter {
    ended: usize,
    /// Whether the line under way holds more than blanks so far.
    is_within_text: bool,
}

impl LineCounter {
    fn lines(&self) -> usize {
        self.ended + usize::from(self.is_within_text)
    }

    fn count(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte == b'\n' {
                self.ended += usize::from(std::mem::take(&mut self.is_within_text));
            } else {
                self.is_within_text |= !byte.is_ascii_whitespace();
            }
        }
    }
}

/// A row to be drawn over the one before it, on a terminal of so many columns: one that would wrap could not be.
pub fn status_row(row: &str, columns: usize) -> String {
    let room = columns.saturating_sub(1);
    let row: String = row.chars().take(room).collect();
    format!("\r\x1b[K{row}")
}

/// A line from its beginning to its end.
fn whole(line: &[u8]) -> LineEntry {
    let (mut text, _) = decode(line, Rest::Nothing);
    // The wire takes a carriage return before a line feed for part of the line's end.
    text.truncate(text.trim_end_matches('\r').len());
    LineEntry::Line(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(input: &[u8], piece: usize) -> Vec<LineEntry> {
        let mut plain = Pipe::open(&io::stderr()).unwrap();
        let mut entries = Vec::new();
        for part in input.chunks(piece).chain([&b""[..]]) {
            plain.take(part);
            entries.extend(std::iter::from_fn(|| plain.next_entry()));
        }
        assert_eq!(plain.next_entry(), None);
        entries
    }

    fn line(text: &str) -> LineEntry {
        LineEntry::Line(text.to_owned())
    }

    #[test]
    fn lines_are_the_same_however_the_input_is_cut() {
        let input = b"un\r\n\n\0deux\rtrois\n\xe9t\xe9\n\xc3\xa9\nsans fin";
        let expected = [
            line("un"),
            line(""),
            line("\0deux\rtrois"),
            line("été"),
            line("é"),
            line("sans fin"),
            LineEntry::End,
        ];
        for piece in 1..=input.len() {
            assert_eq!(entries(input, piece), expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn a_line_without_end_goes_out_in_pieces_and_stays_whole() {
        let endless = "日本語👩‍👩‍👧".repeat(10_000);
        let mut whole = String::new();
        for entry in entries(endless.as_bytes(), 4096) {
            match entry {
                LineEntry::Piece(text) => {
                    assert!(text.len() <= crate::protocol::wire::MAX_TEXT);
                    assert!(
                        text.starts_with('日')
                            || text.starts_with('本')
                            || text.starts_with('語')
                            || text.starts_with('👩')
                    );
                    whole.push_str(&text);
                }
                LineEntry::Line(text) => whole.push_str(&text),
                _ => {}
            }
        }
        assert!(whole == endless);
        let latin: usize = entries(&[0xe9; 100_000], 4096)
            .iter()
            .map(|entry| match entry {
                LineEntry::Piece(text) | LineEntry::Line(text) => text.chars().count(),
                _ => 0,
            })
            .sum();
        assert_eq!(latin, 100_000);
    }

    #[test]
    fn what_is_not_read_any_more_is_counted_without_its_blank_lines() {
        let counted = |input: &[u8], rest: &[&[u8]]| {
            let mut pipe = Pipe::open(&io::stderr()).unwrap();
            pipe.take(input);
            assert!(pipe.next_entry().is_some());
            let mut rest = rest.iter().map(|bytes| bytes.to_vec());
            pipe.count_unread(|_| rest.next())
        };
        let unread = |lines, extent| Unread { lines, extent };
        assert_eq!(counted(b"fin\n", &[b""]), unread(0, Extent::All));
        assert_eq!(counted(b"fin\n", &[]), unread(0, Extent::AtLeast));
        assert_eq!(
            counted(b"fin\n\n \r\nun\nde", &[b"ux\ntr", b"ois", b""]),
            unread(3, Extent::All)
        );
        assert_eq!(
            counted(b"fin\nun\n", &[b"deux"]),
            unread(2, Extent::AtLeast)
        );
    }

    #[test]
    fn a_program_that_never_stops_writing_is_not_counted_for_ever() {
        let mut pipe = Pipe::open(&io::stderr()).unwrap();
        let unread = pipe.count_unread(|_| Some(b"y\n".repeat(1 << 20)));
        assert_eq!(unread.extent, Extent::AtLeast);
        assert_eq!(unread.lines, MAX_COUNTED / 2);
    }

    #[test]
    fn an_empty_input_is_just_its_end() {
        assert_eq!(entries(b"", 1), [LineEntry::End]);
        assert_eq!(entries(b"\n", 1), [line(""), LineEntry::End]);
    }
}
