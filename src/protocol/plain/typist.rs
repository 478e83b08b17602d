//! Whose hand a line is from: silence ends a program's line and not that of somebody who types.

use super::text;

/// Who writes the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typist {
    /// A person in character mode, so many characters by now: no silence ends the line.
    Person(usize),
    /// A program, in pieces.
    Program,
}

impl Typist {
    /// Whether these bytes, after a silence, may be of the same line.
    pub fn may_add(self, bytes: &[u8]) -> bool {
        match self {
            Typist::Program => true,
            Typist::Person(keys) => {
                text::characters(bytes) <= keys.max(1) || bytes.iter().copied().any(text::ends_line)
            }
        }
    }

    /// After one more read that has added so many characters to the line. Several keys may come together when
    /// something held them up, but not more than a person has typed by then.
    pub fn after(self, added: usize) -> Typist {
        match self {
            Typist::Person(keys) if added <= keys.max(1) => Typist::Person(keys + added),
            _ => Typist::Program,
        }
    }
}
