//! What a plain client is sent: lines that end with LF, of at most [`LONGEST`] bytes, harmless on a terminal.
//!
//! A message begins with its date in brackets, in every line that it takes, and a notice with a word: no text can pass
//! for a notice or for somebody else's message.
//!
//! What `msg` says itself is ASCII, but for the sentence of the assignment: many course clients decode as ASCII and die
//! of anything else, so the French here does without accents and guillemets.

use std::borrow::Cow;

use crate::protocol::wire::{Name, is_hidden};

use super::text::split_at_most;

/// The longest line, in bytes with its LF: a `recv(512)` holds it.
const LONGEST: usize = 500;

/// Appends a message: `[22/11/2026 14:02:31] Zoé: salut`. `name` is a [`Name`]'s, and
/// `date` must leave room for it and the text.
pub fn write_message(out: &mut Vec<u8>, date: &str, name: &str, text: &str) {
    write_lines(out, &format!("[{date}] {name}: "), text);
}

/// Appends something that happened to the conversation, or that must be put right.
pub fn write_notice(out: &mut Vec<u8>, notice: &str) {
    write_lines(out, "", notice);
}

/// Appends what somebody reads who has just taken a seat.
pub fn write_welcome(out: &mut Vec<u8>, name: &Name) {
    write_notice(
        out,
        &format!("Bienvenue, {name} ! Une ligne, un message ; \"quitter\" pour finir."),
    );
}

fn write_lines(out: &mut Vec<u8>, head: &str, text: &str) {
    let text = harmless(text);
    let mut rest: &str = &text;
    loop {
        let (part, after) = split_at_most(rest, LONGEST - head.len() - 1);
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(part.as_bytes());
        out.push(b'\n');
        if after.is_empty() {
            return;
        }
        rest = after;
    }
}

/// The text without what would act on a terminal: nobody knows what shows a plain client's lines.
fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\t' => shown.push_str("    "),
            _ if is_hidden(c) => shown.extend(c.escape_unicode()),
            _ => shown.push(c),
        }
    }
    Cow::Owned(shown)
}
