//! Bytes of a line → text, and what stands in it: keys, characters, an author, an end word.

use std::borrow::Cow;

use crate::protocol::charset::windows_1252;
use crate::protocol::name::Name;

use crate::protocol::search::find_byte;

/// The words that end a discussion as a whole line, in capitals or not.
const END_WORDS: [(&str, Bare); 9] = [
    ("quitter", Bare::Ends),
    ("quit", Bare::Ends),
    ("exit", Bare::Ends),
    ("quitte", Bare::Says),
    ("leave", Bare::Says),
    ("bye", Bare::EndsAtTheEnd),
    ("fin", Bare::EndsAtTheEnd),
    ("q", Bare::EndsAtTheEnd),
    ("deconnexion", Bare::Says),
];

/// What an end word means without a mark (brackets, `/`, `!`, `:`) that makes a command of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bare {
    Ends,
    /// Only where the stream ends right after: people say it, too.
    EndsAtTheEnd,
    Says,
}

/// Whether anything may follow a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Midst,
    /// The stream ends right after it.
    End,
}

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

/// Whether a byte ends the line or takes something back. Compared without a branch, so that many bytes can be at once.
pub fn is_key(byte: u8) -> bool {
    (byte == b'\n') | (byte == b'\r') | (byte == 0) | (byte == 0x08) | (byte == 0x7f)
}

/// Splits what stands before a text from it: `Zoé: salut`, `Zoé:salut`, `Zoé : salut`, `[Zoé] salut`, `[Zoé]: salut`,
/// `<Zoé> salut`, and each of them after a time in brackets (`[12:30] Zoé: salut`).
fn split_author(line: &str) -> Option<(&str, &str)> {
    let (author, text) = match line.as_bytes().first()? {
        b'[' => {
            let (inside, rest) = line[1..].split_once(']')?;
            if !inside.contains(char::is_alphabetic) {
                return split_author(rest.trim_start());
            }
            (inside, rest.trim_start().strip_prefix(':').unwrap_or(rest))
        }
        b'<' => line[1..].split_once('>')?,
        _ => {
            let end = find_byte(line.as_bytes(), |byte| byte == b':')?;
            (&line[..end], &line[end + 1..])
        }
    };
    Some((author, text.trim_start_matches([' ', '\t', '\u{a0}'])))
}

/// The author that a first line names before its text; not the « http » of an address, the « 14 » of an hour or the
/// `{"type"` of some data.
pub fn introduction(line: &str) -> Option<(Name, &str)> {
    let (author, text) = split_author(line)?;
    let is_a_name = author.contains(char::is_alphabetic)
        && author.trim_start().starts_with(char::is_alphanumeric)
        && !text.starts_with("//");
    let name = author.parse().ok().filter(|_| is_a_name)?;
    Some((name, text))
}

/// The text after its author, if that is `name` in capitals or not.
pub fn without_author<'t>(text: &'t str, name: &Name) -> Option<&'t str> {
    let (author, said) = split_author(text)?;
    let author: Name = author.parse().ok()?;
    author.looks_like(name).then_some(said)
}

/// Whether a line ends the discussion.
pub fn is_end_word(line: &str, place: Place) -> bool {
    /// In bytes: no end word is longer, with its brackets.
    const LONGEST: usize = 15;

    let said = line.trim();
    if said.len() > LONGEST {
        return false;
    }
    let word = without_marks(said);
    let known = END_WORDS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(word.trim()));
    match known {
        None => false,
        Some(_) if word.len() < said.len() => true,
        Some((_, Bare::Ends)) => true,
        Some((_, Bare::EndsAtTheEnd)) => place == Place::End,
        Some((_, Bare::Says)) => false,
    }
}

/// A word without the brackets around it, or the sign before it, that make a command of it.
fn without_marks(word: &str) -> &str {
    const BRACKETS: [(char, char); 5] =
        [('{', '}'), ('[', ']'), ('(', ')'), ('<', '>'), ('«', '»')];

    let bracketed = BRACKETS
        .iter()
        .find_map(|(open, close)| word.strip_prefix(*open)?.strip_suffix(*close));
    let signed = || word.strip_prefix(['/', '!', ':']);
    bracketed.or_else(signed).unwrap_or(word)
}

/// The name in a first line that gives nothing else: after a label (`Pseudo : Zoé`, `username=Zoé`), or before the words
/// with which a client announces its person (`Zoé a rejoint le chat`).
pub fn announced_name(line: &str) -> Option<Name> {
    const LABELS: [&str; 11] = [
        "name",
        "nom",
        "pseudo",
        "pseudonyme",
        "username",
        "user",
        "nick",
        "nickname",
        "login",
        "prénom",
        "prenom",
    ];
    const ANNOUNCEMENTS: [&str; 10] = [
        " est arrivé",
        " est arrive",
        " a rejoint ",
        " vient d'arriver",
        " vient de se connecter",
        " s'est connecté",
        " est connecté",
        " has joined",
        " joined the ",
        " is connected",
    ];
    if let Some((label, name)) = line.split_once([':', '='])
        && LABELS.contains(&label.trim().to_lowercase().as_str())
    {
        return name.parse().ok();
    }
    let end = ANNOUNCEMENTS.iter().find_map(|words| line.find(words))?;
    line[..end]
        .trim_start_matches(['*', '-', '>', ' '])
        .parse()
        .ok()
}

/// Splits off as many whole characters as fit into `most` bytes, which must hold any character.
pub fn split_at_most(text: &str, most: usize) -> (&str, &str) {
    let fits = (0..=most.min(text.len()))
        .rev()
        .find(|&at| text.is_char_boundary(at));
    text.split_at(fits.unwrap_or(text.len()))
}
