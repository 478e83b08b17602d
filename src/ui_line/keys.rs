//! What a terminal sends, as keys. Pure: bytes come in, in any pieces, with the time, and keys go out.

mod sequence;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use crate::conversation::text::{Rest, decode};
use crate::protocol::Millis;

use sequence::{control_sequence, keypad_sequence, string_sequence};

/// Cuts a terminal's bytes into keys.
///
/// What is not whole yet (a character, an escape sequence) waits for its rest. The escape key cannot be told from the
/// beginning of a sequence but by what follows, or by nothing following: see [`Keys::handle_timeout`]. Whatever does not
/// turn out to be a sequence was typed, and is text.
#[derive(Debug, Default)]
pub struct Keys {
    /// The beginning of a key: at most [`LONGEST_SEQUENCE`] bytes.
    pending: Vec<u8>,
    mode: KeyMode,
    /// When the last bytes came.
    last_read: Millis,
}

/// One key, or a run of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// Characters as they were typed; no line breaks among them.
    Text(String),
    /// Part of what was pasted, with line breaks as `\n`. Controls in it mean nothing.
    Pasted(String),
    Enter,
    /// Alt-Enter, Ctrl-J: a line break in the draft.
    LineBreak,
    Tab,
    /// The escape key alone.
    Escape,
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D: the end on an empty line, else as [`Key::Delete`].
    EndOrDelete,
    /// Ctrl-Z.
    Suspend,
    /// Ctrl-L.
    Clear,
    Backspace,
    Delete,
    Left,
    Right,
    WordLeft,
    WordRight,
    Home,
    End,
    Up,
    Down,
    /// Alt-Backspace: back to the beginning of a word of letters.
    KillWordLeft,
    /// Ctrl-W: back to white space.
    KillToSpace,
    /// Alt-D.
    KillWordRight,
    /// Ctrl-U.
    KillToStart,
    /// Ctrl-K.
    KillToEnd,
    /// Ctrl-Y: what was killed last.
    Yank,
    /// Ctrl-T.
    Transpose,
    /// Alt-U, Alt-L, Alt-C.
    ChangeCase(Case),
    /// Ctrl-_, or Ctrl-X Ctrl-U.
    Undo,
    /// Ctrl-R.
    Search,
    /// Ctrl-G.
    Cancel,
    /// No key: the terminal tells what has become of its window.
    Focus(Focus),
    /// No key: the terminal answers where the cursor is. Its column, from 0.
    CursorAt(usize),
}

/// What has become of the keyboard's focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    Gained,
    Lost,
}

/// What becomes of a word's letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    Upper,
    Lower,
    /// The first one upper, the others lower.
    Capital,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum KeyMode {
    #[default]
    Typing,
    /// Between the two marks that a terminal sets around what is pasted.
    Pasting { after_return: Return },
}

/// Whether the character before was a carriage return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Return {
    Before,
    NotBefore,
}

/// What was found at the beginning of some bytes.
enum Found {
    /// That many bytes, and the key that they make, if any.
    Key(usize, Option<Key>),
    /// That many bytes, and what follows is pasted.
    PasteStart(usize),
    /// That many bytes, and what follows is typed again.
    PasteEnd(usize),
    /// The beginning of something.
    Incomplete,
}

/// In bytes. Keys stay below 32; a terminal's answers to questions that some earlier program has put may be long.
const LONGEST_SEQUENCE: usize = 1024;
/// A terminal sends a sequence in one go, and a person is slower than that.
const ESCAPE_TIMEOUT: Millis = 100;
/// A paste may come over a slow link, but it comes.
const PASTE_TIMEOUT: Millis = 1000;

const ESCAPE: u8 = 0x1b;
const PASTE_END: &[u8] = b"\x1b[201~";
const CTRL_C: u8 = 0x03;
const CTRL_U: u8 = 0x15;
const CTRL_X: u8 = 0x18;

impl Keys {
    /// Appends the keys that these bytes complete. They were read at `now`, in one piece.
    pub fn decode(&mut self, now: Millis, bytes: &[u8], keys: &mut VecDeque<Key>) {
        self.last_read = now;
        if bytes == [CTRL_C] {
            // No clipboard holds that alone: somebody wants to leave a paste whose end mark was lost.
            self.end_paste(keys);
        }
        let mut input = std::mem::take(&mut self.pending);
        input.extend_from_slice(bytes);
        let mut rest = &input[..];
        while !rest.is_empty() {
            let found = match self.mode {
                KeyMode::Typing => typed(rest),
                KeyMode::Pasting { after_return } => self.pasted(rest, after_return),
            };
            let used = match found {
                Found::Key(used, key) => {
                    keys.extend(key);
                    used
                }
                Found::PasteStart(used) => {
                    self.mode = KeyMode::Pasting {
                        after_return: Return::NotBefore,
                    };
                    used
                }
                Found::PasteEnd(used) => {
                    self.mode = KeyMode::Typing;
                    used
                }
                Found::Incomplete => break,
            };
            rest = &rest[used..];
        }
        self.pending.extend_from_slice(rest);
    }

    /// When [`handle_timeout`](Keys::handle_timeout) must be called next, if nothing is read before. `None` as long as
    /// nothing is under way.
    pub fn next_timeout(&self) -> Option<Millis> {
        match self.mode {
            KeyMode::Pasting { .. } => Some(self.last_read + PASTE_TIMEOUT),
            KeyMode::Typing if self.pending.first() == Some(&ESCAPE) => {
                Some(self.last_read + ESCAPE_TIMEOUT)
            }
            KeyMode::Typing => None,
        }
    }

    /// Nothing more was to be read until `now`: what does not go on is over.
    pub fn handle_timeout(&mut self, now: Millis, keys: &mut VecDeque<Key>) {
        if self.next_timeout().is_none_or(|at| now < at) {
            return;
        }
        self.end_paste(keys);
        let pending = std::mem::take(&mut self.pending);
        match &pending[..] {
            [] => {}
            [_] => keys.push_back(Key::Escape),
            // With Alt held, the first byte of a sequence: no key that means anything.
            [_, _] => {}
            [_, typed @ ..] => {
                keys.push_back(Key::Escape);
                self.decode(now, typed, keys);
            }
        }
    }

    /// Ends a paste, if one is under way, with what has come of it.
    fn end_paste(&mut self, keys: &mut VecDeque<Key>) {
        if let KeyMode::Pasting { after_return } = self.mode {
            let pending = std::mem::take(&mut self.pending);
            let (text, _) = decode(&pending, Rest::Nothing);
            keys.extend(pasted_key(&text, after_return));
            self.mode = KeyMode::Typing;
        }
    }

    fn pasted(&mut self, bytes: &[u8], after_return: Return) -> Found {
        if bytes.starts_with(PASTE_END) {
            return Found::PasteEnd(PASTE_END.len());
        }
        if PASTE_END.starts_with(bytes) {
            return Found::Incomplete;
        }
        // An escape that does not begin the end mark belongs to what is pasted.
        let end = bytes[1..].iter().position(|&byte| byte == ESCAPE);
        let (part, follows) = match end {
            Some(end) => (&bytes[..=end], Rest::Nothing),
            None => (bytes, Rest::MayFollow),
        };
        let (text, used) = decode(part, follows);
        if used == 0 {
            return Found::Incomplete;
        }
        self.mode = KeyMode::Pasting {
            after_return: if text.ends_with('\r') {
                Return::Before
            } else {
                Return::NotBefore
            },
        };
        Found::Key(used, pasted_key(&text, after_return))
    }
}

/// A part of what is pasted, with its line breaks as `\n`.
fn pasted_key(text: &str, after_return: Return) -> Option<Key> {
    let unbroken = match after_return {
        Return::Before => text.strip_prefix('\n').unwrap_or(text),
        Return::NotBefore => text,
    };
    let pasted = unbroken.replace("\r\n", "\n").replace('\r', "\n");
    (!pasted.is_empty()).then_some(Key::Pasted(pasted))
}

fn typed(bytes: &[u8]) -> Found {
    match bytes[0] {
        ESCAPE => escape(bytes),
        CTRL_X => match bytes.get(1) {
            None => Found::Incomplete,
            Some(&CTRL_U) => Found::Key(2, Some(Key::Undo)),
            Some(_) => Found::Key(1, None),
        },
        byte @ (..0x20 | 0x7f) => Found::Key(1, control(byte)),
        _ => {
            let end = bytes.iter().position(|byte| matches!(byte, ..0x20 | 0x7f));
            let (run, follows) = match end {
                Some(end) => (&bytes[..end], Rest::Nothing),
                None => (bytes, Rest::MayFollow),
            };
            match decode(run, follows) {
                (_, 0) => Found::Incomplete,
                (text, used) => Found::Key(used, Some(Key::Text(text))),
            }
        }
    }
}

fn control(byte: u8) -> Option<Key> {
    Some(match byte {
        0x01 => Key::Home,
        0x02 => Key::Left,
        CTRL_C => Key::Interrupt,
        0x04 => Key::EndOrDelete,
        0x05 => Key::End,
        0x06 => Key::Right,
        0x07 => Key::Cancel,
        0x08 | 0x7f => Key::Backspace,
        b'\t' => Key::Tab,
        b'\n' => Key::LineBreak,
        b'\r' => Key::Enter,
        0x0b => Key::KillToEnd,
        0x0c => Key::Clear,
        0x0e => Key::Down,
        0x10 => Key::Up,
        0x12 => Key::Search,
        0x14 => Key::Transpose,
        CTRL_U => Key::KillToStart,
        0x17 => Key::KillToSpace,
        0x19 => Key::Yank,
        0x1a => Key::Suspend,
        ESCAPE => Key::Escape,
        0x1f => Key::Undo,
        _ => return None,
    })
}

/// What begins with an escape.
fn escape(bytes: &[u8]) -> Found {
    let Some(&second) = bytes.get(1) else {
        return Found::Incomplete;
    };
    match second {
        b'[' => control_sequence(bytes),
        b'O' => keypad_sequence(bytes),
        b']' | b'P' | b'X' | b'^' | b'_' => string_sequence(bytes),
        b'\r' | b'\n' => Found::Key(2, Some(Key::LineBreak)),
        0x08 | 0x7f => Found::Key(2, Some(Key::KillWordLeft)),
        // No terminal sends that as one: the control stands for itself.
        ..0x20 => lone_escape(),
        _ => with_alt(bytes),
    }
}

/// The escape key; what follows stands for itself.
fn lone_escape() -> Found {
    Found::Key(1, Some(Key::Escape))
}

/// A character that was typed with Alt held.
fn with_alt(bytes: &[u8]) -> Found {
    let (valid, incomplete) = match std::str::from_utf8(&bytes[1..]) {
        Ok(text) => (text, false),
        Err(error) => {
            let (valid, _) = bytes[1..].split_at(error.valid_up_to());
            let valid = std::str::from_utf8(valid).unwrap_or_default();
            (valid, error.error_len().is_none())
        }
    };
    match valid.chars().next() {
        Some(character) => Found::Key(1 + character.len_utf8(), alt_key(character)),
        None if incomplete => Found::Incomplete,
        // Of a terminal that speaks Latin-1.
        None => Found::Key(2, None),
    }
}

/// A key that means nothing with Alt does nothing.
fn alt_key(character: char) -> Option<Key> {
    Some(match character.to_ascii_lowercase() {
        'b' => Key::WordLeft,
        'c' => Key::ChangeCase(Case::Capital),
        'd' => Key::KillWordRight,
        'f' => Key::WordRight,
        'l' => Key::ChangeCase(Case::Lower),
        'u' => Key::ChangeCase(Case::Upper),
        _ => return None,
    })
}
