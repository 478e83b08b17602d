//! What a terminal sends, as keys. Pure: bytes come in, in any pieces, and keys go out.

use std::collections::VecDeque;

use crate::conversation::text::{Rest, decode};

/// Cuts a terminal's bytes into keys.
///
/// What is not whole yet (a character, an escape sequence) waits for its rest. So does the escape key alone, which
/// cannot be told from the beginning of a sequence: it does nothing here, and nothing of what is typed after it is lost
/// unless it makes a key.
#[derive(Debug, Default)]
pub struct Keys {
    /// The beginning of a key: at most [`LONGEST_SEQUENCE`] bytes.
    pending: Vec<u8>,
    mode: KeyMode,
}

/// One key, or a run of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// Characters as they were typed; no line breaks among them.
    Text(String),
    /// Part of what was pasted, with line breaks as `\n`. Controls in it mean nothing.
    Pasted(String),
    Enter,
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
    /// Ctrl-W.
    KillWordLeft,
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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum KeyMode {
    #[default]
    Typing,
    /// Between the two marks that a terminal sets around what is pasted.
    Pasting { after_return: Return },
    /// In a terminal's answer to some earlier program's question: up to its end or any other control.
    Skipping,
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
    /// That many bytes, and what follows is read otherwise.
    Enter(usize, KeyMode),
    /// The beginning of something.
    Incomplete,
}

/// In bytes. Real ones stay below 32.
const LONGEST_SEQUENCE: usize = 256;

const PASTE_END: &[u8] = b"\x1b[201~";

impl Keys {
    /// Appends the keys that these bytes complete.
    pub fn decode(&mut self, bytes: &[u8], keys: &mut VecDeque<Key>) {
        let mut input = std::mem::take(&mut self.pending);
        input.extend_from_slice(bytes);
        let mut rest = &input[..];
        while !rest.is_empty() {
            let found = match self.mode {
                KeyMode::Typing => typed(rest),
                KeyMode::Pasting { after_return } => self.pasted(rest, after_return),
                KeyMode::Skipping => skipped(rest),
            };
            match found {
                Found::Key(used, key) => {
                    rest = &rest[used..];
                    keys.extend(key);
                }
                Found::Enter(used, mode) => {
                    rest = &rest[used..];
                    self.mode = mode;
                }
                Found::Incomplete => break,
            }
        }
        self.pending.extend_from_slice(rest);
    }

    fn pasted(&mut self, bytes: &[u8], after_return: Return) -> Found {
        if bytes.starts_with(PASTE_END) {
            return Found::Enter(PASTE_END.len(), KeyMode::Typing);
        }
        if PASTE_END.starts_with(bytes) {
            return Found::Incomplete;
        }
        // An escape that does not begin the end mark belongs to what is pasted.
        let end = bytes[1..].iter().position(|&byte| byte == 0x1b);
        let (part, follows) = match end {
            Some(end) => (&bytes[..=end], Rest::Nothing),
            None => (bytes, Rest::MayFollow),
        };
        let (text, used) = decode(part, follows);
        if used == 0 {
            return Found::Incomplete;
        }
        let unbroken = match after_return {
            Return::Before => text.strip_prefix('\n').unwrap_or(&text),
            Return::NotBefore => &text,
        };
        self.mode = KeyMode::Pasting {
            after_return: if text.ends_with('\r') {
                Return::Before
            } else {
                Return::NotBefore
            },
        };
        let pasted = unbroken.replace("\r\n", "\n").replace('\r', "\n");
        Found::Key(used, (!pasted.is_empty()).then_some(Key::Pasted(pasted)))
    }
}

fn typed(bytes: &[u8]) -> Found {
    match bytes[0] {
        0x1b => escape(bytes),
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
        0x03 => Key::Interrupt,
        0x04 => Key::EndOrDelete,
        0x05 => Key::End,
        0x06 => Key::Right,
        0x08 | 0x7f => Key::Backspace,
        b'\t' => Key::Text("\t".to_owned()),
        b'\n' | b'\r' => Key::Enter,
        0x0b => Key::KillToEnd,
        0x0c => Key::Clear,
        0x0e => Key::Down,
        0x10 => Key::Up,
        0x14 => Key::Transpose,
        0x15 => Key::KillToStart,
        0x17 => Key::KillWordLeft,
        0x19 => Key::Yank,
        0x1a => Key::Suspend,
        _ => return None,
    })
}

/// What begins with an escape.
fn escape(bytes: &[u8]) -> Found {
    let Some(&second) = bytes.get(1) else {
        return Found::Incomplete;
    };
    match second {
        b'[' | b'O' => sequence(bytes),
        b']' | b'P' | b'X' | b'^' | b'_' => Found::Enter(2, KeyMode::Skipping),
        b'b' => Found::Key(2, Some(Key::WordLeft)),
        b'f' => Found::Key(2, Some(Key::WordRight)),
        b'd' => Found::Key(2, Some(Key::KillWordRight)),
        0x08 | 0x7f => Found::Key(2, Some(Key::KillWordLeft)),
        // The escape alone goes; what follows stands for itself.
        _ => Found::Key(1, None),
    }
}

/// `ESC [` or `ESC O`, parameters, and a final byte. Swallowed whole when it says nothing here.
fn sequence(bytes: &[u8]) -> Found {
    if bytes.starts_with(b"\x1b[[") {
        // The Linux console's function keys: one more byte follows.
        return match bytes.len() {
            3 => Found::Incomplete,
            _ => Found::Key(4, None),
        };
    }
    let length = bytes[2..]
        .iter()
        .position(|byte| !matches!(byte, 0x20..0x40));
    match length {
        None if bytes.len() > LONGEST_SEQUENCE => Found::Key(bytes.len(), None),
        None => Found::Incomplete,
        Some(length) => {
            let (parameters, last) = (&bytes[2..2 + length], bytes[2 + length]);
            match last {
                b'~' if bytes[1] == b'[' && parameters == b"200" => Found::Enter(
                    length + 3,
                    KeyMode::Pasting {
                        after_return: Return::NotBefore,
                    },
                ),
                0x40..0x7f => Found::Key(length + 3, named(bytes[1], parameters, last)),
                // A control or a character breaks the sequence off, and stands for itself.
                _ => Found::Key(length + 2, None),
            }
        }
    }
}

/// The key of a sequence. Terminals spell Home and End in eight ways between them.
fn named(introducer: u8, parameters: &[u8], last: u8) -> Option<Key> {
    let parameters = std::str::from_utf8(parameters).ok()?;
    let mut numbers = parameters.split(';').map(|number| number.parse::<u16>());
    let first = numbers.next()?;
    // One less than the parameter are the bits 1 for shift, 2 for alt, 4 for control. Old terminals leave the first out.
    let modifiers = match (numbers.next(), &first) {
        (Some(Ok(second)), _) => second,
        (None, Ok(first)) if last != b'~' => *first,
        _ => 1,
    };
    let by_word = modifiers.wrapping_sub(1) & 0b110 != 0;
    Some(match (introducer, last) {
        (b'O', b'M') => Key::Enter,
        (b'O', b'c') => Key::WordRight,
        (b'O', b'd') => Key::WordLeft,
        (b'[', b'R') => Key::CursorAt(usize::from(modifiers.checked_sub(1)?)),
        (b'[', b'I') => Key::Focus(Focus::Gained),
        (b'[', b'O') => Key::Focus(Focus::Lost),
        (_, b'A') => Key::Up,
        (_, b'B') => Key::Down,
        (_, b'C') if by_word => Key::WordRight,
        (_, b'C') => Key::Right,
        (_, b'D') if by_word => Key::WordLeft,
        (_, b'D') => Key::Left,
        (_, b'F') => Key::End,
        (_, b'H') => Key::Home,
        (b'[', b'~') => match first.ok()? {
            1 | 7 => Key::Home,
            3 if by_word => Key::KillWordRight,
            3 => Key::Delete,
            4 | 8 => Key::End,
            _ => return None,
        },
        _ => return None,
    })
}

fn skipped(bytes: &[u8]) -> Found {
    match bytes.iter().position(|byte| *byte < 0x20) {
        None => Found::Key(bytes.len(), None),
        Some(end) if bytes[end] == 0x07 => Found::Enter(end + 1, KeyMode::Typing),
        Some(end) => match (bytes[end], bytes.get(end + 1)) {
            (0x1b, None) => Found::Incomplete,
            (0x1b, Some(b'\\')) => Found::Enter(end + 2, KeyMode::Typing),
            _ => Found::Enter(end, KeyMode::Typing),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys_of(bytes: &[u8], piece: usize) -> Vec<Key> {
        let mut decoder = Keys::default();
        let mut keys = VecDeque::new();
        for part in bytes.chunks(piece) {
            decoder.decode(part, &mut keys);
        }
        // Text may come in any number of parts.
        let mut joined: Vec<Key> = Vec::new();
        for key in keys {
            match (joined.last_mut(), key) {
                (Some(Key::Text(before)), Key::Text(text))
                | (Some(Key::Pasted(before)), Key::Pasted(text)) => before.push_str(&text),
                (_, key) => joined.push(key),
            }
        }
        joined
    }

    fn keys(bytes: &[u8]) -> Vec<Key> {
        keys_of(bytes, bytes.len())
    }

    fn text(text: &str) -> Key {
        Key::Text(text.to_owned())
    }

    fn pasted(text: &str) -> Key {
        Key::Pasted(text.to_owned())
    }

    #[test]
    fn keys_are_the_same_however_the_bytes_are_cut() {
        let bytes = "été 日本 👩‍👩‍👧\x1b[D\x1b[1;5C\x1bOH\x1b[3~\x1b[200~a\r\n\x1b[31mb\r\r\nc\x03 é\x1b[201~\x1bb\
                     \x1b]11;rgb:0/0/0\x1b\\x\x1b[?1;2c\x1b[[Ay\r\x03"
            .as_bytes();
        let whole = keys(bytes);
        assert_eq!(
            whole,
            [
                text("été 日本 👩‍👩‍👧"),
                Key::Left,
                Key::WordRight,
                Key::Home,
                Key::Delete,
                pasted("a\n\x1b[31mb\n\nc\x03 é"),
                Key::WordLeft,
                text("xy"),
                Key::Enter,
                Key::Interrupt,
            ]
        );
        for piece in 1..bytes.len() {
            assert_eq!(keys_of(bytes, piece), whole, "in pieces of {piece}");
        }
    }

    #[test]
    fn every_terminals_home_and_end_are_understood() {
        for home in [
            "\x1b[H",
            "\x1bOH",
            "\x1b[1~",
            "\x1b[7~",
            "\x1b[1;2H",
            "\x01",
        ] {
            assert_eq!(keys(home.as_bytes()), [Key::Home], "{home:?}");
        }
        for end in [
            "\x1b[F",
            "\x1bOF",
            "\x1b[4~",
            "\x1b[8~",
            "\x1b[1;6F",
            "\x05",
        ] {
            assert_eq!(keys(end.as_bytes()), [Key::End], "{end:?}");
        }
    }

    #[test]
    fn control_and_alt_arrows_go_by_words_and_shift_arrows_by_characters() {
        for left in [
            "\x1b[1;5D",
            "\x1b[1;3D",
            "\x1b[5D",
            "\x1bO5D",
            "\x1bOd",
            "\x1bb",
        ] {
            assert_eq!(keys(left.as_bytes()), [Key::WordLeft], "{left:?}");
        }
        assert_eq!(keys(b"\x1b[1;2D\x1b\x1b[D"), [Key::Left, Key::Left]);
    }

    #[test]
    fn unknown_sequences_are_swallowed_whole() {
        for unknown in [
            "\x1b[24~",
            "\x1b[15;5~",
            "\x1b[?62;4c",
            "\x1b[>0;115;0c",
            "\x1b[?2026;2$y",
            "\x1bOP",
            "\x1b[[B",
            "\x1b[<0;10;10M",
            "\x1b[99999999999999;5D\x1b[201~",
            "\x1b]0;titre\x07",
            "\x1bP1$r0m\x1b\\",
        ] {
            let bytes = format!("{unknown}x");
            let keys = keys(bytes.as_bytes());
            assert_eq!(keys.last(), Some(&text("x")), "{unknown:?}");
            assert!(keys.len() == 1 || unknown.ends_with("201~"), "{unknown:?}");
        }
    }

    #[test]
    fn the_terminal_answers_where_the_cursor_is() {
        assert_eq!(
            keys(b"a\x1b[12;40Rb"),
            [text("a"), Key::CursorAt(39), text("b")]
        );
        assert_eq!(keys(b"\x1b[12;0R"), []);
    }

    #[test]
    fn the_terminal_tells_of_its_focus_between_keys() {
        assert_eq!(
            keys(b"a\x1b[O\x1b[Ib"),
            [
                text("a"),
                Key::Focus(Focus::Lost),
                Key::Focus(Focus::Gained),
                text("b")
            ]
        );
    }

    #[test]
    fn a_stray_escape_loses_nothing_that_is_typed_after_it() {
        assert_eq!(keys(b"\x1bsalut"), [text("salut")]);
        assert_eq!(keys(b"\x1b\x03"), [Key::Interrupt]);
        assert_eq!(keys(b"\x1b[\x03"), [Key::Interrupt]);
        assert_eq!(keys(b"\x1b[12\r"), [Key::Enter]);
        assert_eq!(keys("\x1b[é".as_bytes()), [text("é")]);
        assert_eq!(keys(b"\x1b]swallowed\rtext"), [Key::Enter, text("text")]);
    }

    #[test]
    fn a_terminal_that_speaks_latin_1_is_understood() {
        assert_eq!(keys(b"d\xe9j\xe0 vu\r"), [text("déjà vu"), Key::Enter]);
    }

    #[test]
    fn what_is_kept_for_later_is_bounded() {
        let mut decoder = Keys::default();
        let mut keys = VecDeque::new();
        for beginning in [&b"\x1b["[..], b"\x1b]", b"\x1b[200~"] {
            decoder.decode(beginning, &mut keys);
            for _ in 0..100_000 {
                decoder.decode(b"1", &mut keys);
                assert!(decoder.pending.len() <= LONGEST_SEQUENCE + 1);
            }
            decoder.decode(b"\x07\x1b[201~", &mut keys);
            keys.clear();
        }
    }
}
