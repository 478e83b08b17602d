//! Escape sequences: where they end, and which keys they are.

use super::{ESCAPE, Focus, Found, Key, LONGEST_SEQUENCE, alt_key, control, lone_escape};

/// `ESC [`, parameters, and a final byte. Swallowed whole when it says nothing here.
pub fn control_sequence(bytes: &[u8]) -> Found {
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
        None => unfinished(bytes),
        Some(length) => match (&bytes[2..2 + length], bytes[2 + length]) {
            (b"200", b'~') => Found::PasteStart(length + 3),
            (parameters, last @ 0x40..0x7f) => Found::Key(length + 3, named(parameters, last)),
            // A control or a character of another alphabet: that was no sequence.
            _ => lone_escape(),
        },
    }
}

/// `ESC O`, a modifier perhaps, and a final byte. Only what terminals do send is one: « Oui » may follow an escape.
pub fn keypad_sequence(bytes: &[u8]) -> Found {
    let parameters = match bytes.get(2) {
        None => return Found::Incomplete,
        Some(b'1'..=b'8') => &bytes[2..3],
        Some(_) => b"",
    };
    let length = 3 + parameters.len();
    let key = match bytes.get(length - 1) {
        None => return Found::Incomplete,
        // The keys of rxvt, with Control.
        Some(b'a' | b'b') => None,
        Some(b'c') => Some(Key::WordRight),
        Some(b'd') => Some(Key::WordLeft),
        Some(b'M') => Some(Key::Enter),
        Some(&last @ (b'A'..=b'D' | b'F' | b'H')) => named(parameters, last),
        Some(b'E' | b'P'..=b'S') => None,
        Some(_) => return lone_escape(),
    };
    Found::Key(length, key)
}

/// `ESC ]` and the like: a terminal's answer to some earlier program's question, up to BEL or `ESC \`. What ends in any
/// other way was typed.
pub fn string_sequence(bytes: &[u8]) -> Found {
    let Some(end) = bytes[2..].iter().position(|byte| *byte < 0x20) else {
        return unfinished(bytes);
    };
    match &bytes[2 + end..] {
        [0x07, ..] => Found::Key(end + 3, None),
        [ESCAPE, b'\\', ..] => Found::Key(end + 4, None),
        [ESCAPE] => Found::Incomplete,
        _ => lone_escape(),
    }
}

fn unfinished(bytes: &[u8]) -> Found {
    if bytes.len() < LONGEST_SEQUENCE {
        Found::Incomplete
    } else {
        lone_escape()
    }
}

/// The key of a control sequence. Terminals spell Home and End in eight ways between them.
fn named(parameters: &[u8], last: u8) -> Option<Key> {
    let parameters = std::str::from_utf8(parameters).ok()?;
    let fields: Vec<&str> = parameters.split(';').collect();
    match (last, &fields[..]) {
        (b'u', [code]) => return character(code, Modifiers::default()),
        (b'u', [code, modifiers, ..]) => return character(code, Modifiers::of(modifiers)?),
        // As xterm spells it with its resource `modifyOtherKeys`.
        (b'~', ["27", modifiers, code]) => return character(code, Modifiers::of(modifiers)?),
        (b'R', [_, column]) => {
            let column = column.parse::<usize>().ok()?;
            return column.checked_sub(1).map(Key::CursorAt);
        }
        (b'I', [""]) => return Some(Key::Focus(Focus::Gained)),
        (b'O', [""]) => return Some(Key::Focus(Focus::Lost)),
        _ => {}
    }
    let modifiers = match fields[..] {
        [_, modifiers, ..] => Modifiers::of(modifiers)?,
        // Old terminals leave the first parameter out.
        [modifiers] if last != b'~' && !modifiers.is_empty() => Modifiers::of(modifiers)?,
        _ => Modifiers::default(),
    };
    Some(match last {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' if modifiers.go_by_words() => Key::WordRight,
        b'C' => Key::Right,
        b'D' if modifiers.go_by_words() => Key::WordLeft,
        b'D' => Key::Left,
        b'F' => Key::End,
        b'H' => Key::Home,
        b'~' => match fields[0].parse().ok()? {
            1 | 7 => Key::Home,
            3 if modifiers.go_by_words() => Key::KillWordRight,
            3 => Key::Delete,
            4 | 8 => Key::End,
            _ => return None,
        },
        _ => return None,
    })
}

/// The keys that were held.
#[derive(Clone, Copy, Default)]
struct Modifiers {
    bits: u16,
}

impl Modifiers {
    const SHIFT: u16 = 1;
    const ALT: u16 = 2;
    const CONTROL: u16 = 4;

    /// The parameter is one more than the bits; behind a colon stands what happened to the key. None for a key that was
    /// let go of.
    fn of(parameter: &str) -> Option<Modifiers> {
        const RELEASED: &str = "3";

        let (modifiers, event) = parameter.split_once(':').unwrap_or((parameter, ""));
        let bits = modifiers.parse::<u16>().unwrap_or(1).wrapping_sub(1);
        (event != RELEASED).then_some(Modifiers { bits })
    }

    fn holds(self, bits: u16) -> bool {
        self.bits & bits != 0
    }

    fn go_by_words(self) -> bool {
        self.holds(Modifiers::ALT | Modifiers::CONTROL)
    }
}

/// The key of a character, as terminals spell it that tell all keys apart (CSI u, modifyOtherKeys): a program that they
/// told so has left them without taking that back.
fn character(code: &str, modifiers: Modifiers) -> Option<Key> {
    /// Where the keyboard protocol of kitty has the keys that are no characters.
    const FUNCTION_KEYS: std::ops::RangeInclusive<char> = '\u{e000}'..='\u{f8ff}';

    let mut codes = code.split(':').map(|code| code.parse().ok());
    let character = char::from_u32(codes.next()??)?;
    let any = Modifiers::SHIFT | Modifiers::ALT | Modifiers::CONTROL;
    match character {
        '\r' if modifiers.holds(any) => Some(Key::LineBreak),
        '\u{8}' | '\u{7f}' if modifiers.go_by_words() => Some(Key::KillWordLeft),
        '\t' if modifiers.holds(any) => None,
        '\0'..' ' | '\u{7f}' => control(character as u8),
        _ if FUNCTION_KEYS.contains(&character) => None,
        _ if modifiers.holds(Modifiers::CONTROL) => with_control(character),
        _ if modifiers.holds(Modifiers::ALT) => alt_key(character),
        _ if modifiers.holds(Modifiers::SHIFT) => {
            let shifted = codes.next().flatten().and_then(char::from_u32);
            Some(Key::Text(shifted.map_or_else(
                || character.to_uppercase().collect(),
                String::from,
            )))
        }
        _ => Some(Key::Text(character.to_string())),
    }
}

fn with_control(character: char) -> Option<Key> {
    match character.to_ascii_uppercase() {
        // On many keyboards it takes Shift to type the character that undoes.
        '/' | '-' => Some(Key::Undo),
        letter @ '@'..='_' => control(letter as u8 & 0x1f),
        _ => None,
    }
}
