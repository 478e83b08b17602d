//! Bytes of a line → text, and what stands in it: keys and characters.

use std::borrow::Cow;

use memchr::memchr;

use crate::protocol::charset::windows_1252;
use crate::protocol::hygiene::PRINTABLE;
use crate::protocol::search::find_outside;

const DELETE: u8 = 0x7f;

/// How a line was written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    Utf8,
    Windows1252,
}

/// Reads a line as UTF-8, or the whole of it as Windows-1252 if it is not.
pub fn decode(line: &[u8]) -> (Cow<'_, str>, Charset) {
    match simdutf8::basic::from_utf8(line) {
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
    ends_line(byte) || matches!(byte, 0x08 | DELETE)
}

/// Where the first byte stands that may be a [key](is_key): all that are, and a few besides. And whether nothing but
/// [`PRINTABLE`] stands before it, as in most lines.
pub fn find_key(bytes: &[u8]) -> Option<(usize, bool)> {
    const PIECE: usize = 256;

    let printable = find_outside(bytes, PRINTABLE)?;
    if is_key(bytes[printable]) {
        return Some((printable, true));
    }
    // Piece by piece, for each of two searches would pass over what the other has yet to find.
    let pieces = bytes[printable..].chunks(PIECE).enumerate();
    let mut found = pieces.filter_map(|(place, piece)| {
        let control = find_outside(piece, b'\r' + 1..=u8::MAX);
        let before = &piece[..control.unwrap_or(piece.len())];
        Some(printable + place * PIECE + memchr(DELETE, before).or(control)?)
    });
    found.next().map(|at| (at, false))
}

/// Splits off as many whole characters as fit into `most` bytes, which must hold any character.
pub fn split_at_most(text: &str, most: usize) -> (&str, &str) {
    let fits = (0..=most.min(text.len()))
        .rev()
        .find(|&at| text.is_char_boundary(at));
    text.split_at(fits.unwrap_or(text.len()))
}
