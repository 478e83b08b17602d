//! Bytes of a line → text, and what stands in it: keys, characters, an end word.

use std::borrow::Cow;

use crate::protocol::charset::windows_1252;

/// How a line was written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    Utf8,
    Windows1252,
}

/// Reads a line as UTF-8, or the whole of it as Windows-1252 if it is not.
pub fn decode(line: &[u8]) -> (Cow<'_, str>, Charset) {
    match std::str::from_utf8(line) {
        Ok(text) => (Cow::Borrowed(text), Charset::Utf8),
        Err(_) => {
            let text = line.iter().copied().map(windows_1252);
            (Cow::Owned(text.collect()), Charset::Windows1252)
        }
    }
}

/// How many bytes at the end of a line are the beginning of a UTF-8 character that is not whole.
pub fn unfinished(line: &[u8]) -> usize {
    match std::str::from_utf8(line) {
        Err(error) if error.error_len().is_none() => line.len() - error.valid_up_to(),
        _ => 0,
    }
}

/// How many characters there are, or begin, in these bytes.
pub fn characters(bytes: &[u8]) -> usize {
    let begins = |byte: &&u8| **byte & 0b1100_0000 != 0b1000_0000;
    bytes.iter().filter(begins).count()
}

/// Removes the last character, of either charset.
pub fn erase_last(line: &mut Vec<u8>) {
    let is_character = |start: &usize| std::str::from_utf8(&line[*start..]).is_ok();
    let earliest = line.len().saturating_sub(4);
    let last = (earliest..line.len()).rev().find(is_character);
    line.truncate(last.unwrap_or(line.len().saturating_sub(1)));
}

pub fn ends_line(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r' | 0)
}

/// Whether a byte ends the line or takes something back.
pub fn is_key(byte: u8) -> bool {
    ends_line(byte) || matches!(byte, 0x08 | 0x7f)
}

/// Whether a byte may be a [key](is_key): all that are, and a few besides. Two comparisons and no branch, so that a row of
/// bytes takes hardly longer than one; with a comparison for each key it took three times as long.
pub fn may_be_key(byte: u8) -> bool {
    (byte <= b'\r') | (byte == 0x7f)
}

/// What a line says about the end of the discussion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    None,
    /// It ends it.
    EndWord,
    /// It ends it where nothing follows; else it is a word like any other.
    IfLast,
}

impl Farewell {
    /// What a whole line says, in capitals or not.
    pub fn of(line: &str) -> Farewell {
        /// In bytes: no end word is longer with what stands around it.
        const LONGEST: usize = 16;
        /// A student's command, by the marks around it: `/bye`, `!exit`, `:q`, `{quit}`, `<leave>`.
        const COMMANDS: [&str; 7] = ["quit", "exit", "quitter", "quitte", "leave", "bye", "q"];

        let said = line.trim();
        if said.len() > LONGEST {
            return Farewell::None;
        }
        let is_one_of =
            |words: &[&str], said: &str| words.iter().any(|word| word.eq_ignore_ascii_case(said));
        let is_command = unmarked(said).is_some_and(|command| is_one_of(&COMMANDS, command));
        if is_command || is_one_of(&["quitter", "quit", "exit"], said) {
            Farewell::EndWord
        } else if is_one_of(&["bye", "fin", "q"], said) {
            Farewell::IfLast
        } else {
            Farewell::None
        }
    }
}

/// A word without the marks that make it a command.
fn unmarked(said: &str) -> Option<&str> {
    const BRACKETS: [(char, char); 5] =
        [('(', ')'), ('[', ']'), ('{', '}'), ('<', '>'), ('«', '»')];

    if said.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let marked = said.strip_prefix(['/', '!', ':', '\\']);
    let bracketed = || {
        let within = |(open, close)| said.strip_prefix(open)?.strip_suffix(close);
        BRACKETS.into_iter().find_map(within)
    };
    let word = marked.or_else(bracketed)?.trim();
    // One kind of mark within another: `[/quit]`.
    Some(word.strip_prefix('/').unwrap_or(word))
}

/// Splits off as many whole characters as fit into `most` bytes, which must hold any character.
pub fn split_at_most(text: &str, most: usize) -> (&str, &str) {
    let fits = (0..=most.min(text.len()))
        .rev()
        .find(|&at| text.is_char_boundary(at));
    text.split_at(fits.unwrap_or(text.len()))
}
