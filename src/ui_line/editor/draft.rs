//! A text with a cursor. Graphemes, what a reader calls characters, are the unit of every move and edit.

use std::ops::Range;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

/// A text and the place in it where one types.
#[derive(Debug, Default)]
pub struct Draft {
    text: String,
    /// A byte offset, always between two graphemes.
    cursor: usize,
}

/// What was put in the place of what, so that it can be undone.
#[derive(Debug)]
pub struct Edit {
    /// A byte offset.
    pub at: usize,
    pub removed: String,
    /// How many bytes stand there now.
    pub inserted: usize,
    /// Where the cursor was before.
    pub cursor: usize,
}

impl Draft {
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// The text before the cursor, and behind it.
    pub fn parts(&self) -> (&str, &str) {
        self.text.split_at(self.cursor)
    }

    /// Another text altogether, with the cursor at its end. Gives the one that was there.
    pub fn swap(&mut self, text: String) -> String {
        self.cursor = text.len();
        std::mem::replace(&mut self.text, text)
    }

    /// Moves the cursor to a boundary between graphemes.
    pub fn go(&mut self, to: usize) {
        self.cursor = to;
    }

    /// Puts `with` in the place of a part, and the cursor behind it.
    pub fn replace(&mut self, range: Range<usize>, with: &str) -> Edit {
        let cursor = self.cursor;
        let removed = self.text[range.clone()].to_owned();
        self.text.replace_range(range.clone(), with);
        // What is now side by side may have become one grapheme.
        self.cursor = self.boundary_from(range.start + with.len());
        Edit {
            at: range.start,
            removed,
            inserted: with.len(),
            cursor,
        }
    }

    /// Takes an edit back, which must be the last one.
    pub fn take_back(&mut self, edit: &Edit) {
        self.text
            .replace_range(edit.at..edit.at + edit.inserted, &edit.removed);
        self.cursor = edit.cursor;
    }

    /// The boundary before the cursor.
    pub fn left(&self) -> usize {
        let last = self.parts().0.graphemes(true).next_back();
        self.cursor - last.map_or(0, str::len)
    }

    /// The boundary behind the cursor.
    pub fn right(&self) -> usize {
        let next = self.parts().1.graphemes(true).next();
        self.cursor + next.map_or(0, str::len)
    }

    /// The beginning of the word before the cursor, where a word is what `belongs` says.
    pub fn word_left(&self, belongs: fn(&str) -> bool) -> usize {
        self.cursor - word(self.parts().0.graphemes(true).rev(), belongs)
    }

    /// The end of the word behind the cursor.
    pub fn word_right(&self) -> usize {
        self.cursor + word(self.parts().1.graphemes(true), is_word)
    }

    /// The two graphemes that change places: at the end of the line the two last ones, else those on both sides.
    pub fn pair(&self) -> Option<(Range<usize>, String)> {
        let middle = if self.right() == self.cursor {
            self.left()
        } else {
            self.cursor
        };
        let (before, behind) = self.text.split_at(middle);
        let left = before.graphemes(true).next_back()?;
        let right = behind.graphemes(true).next()?;
        let range = middle - left.len()..middle + right.len();
        Some((range, format!("{right}{left}")))
    }

    /// The first boundary between graphemes at `offset` or behind it.
    fn boundary_from(&self, offset: usize) -> usize {
        let mut cursor = GraphemeCursor::new(offset, self.text.len(), true);
        match cursor.is_boundary(&self.text, 0) {
            Ok(true) => offset,
            _ => match cursor.next_boundary(&self.text, 0) {
                Ok(Some(next)) => next,
                _ => self.text.len(),
            },
        }
    }
}

/// How many bytes a word takes, with what lies before it.
fn word<'t>(graphemes: impl Iterator<Item = &'t str>, belongs: fn(&str) -> bool) -> usize {
    let mut inside = false;
    graphemes
        .take_while(|grapheme| {
            let belongs = belongs(grapheme);
            let goes_on = belongs || !inside;
            inside |= belongs;
            goes_on
        })
        .map(str::len)
        .sum()
}

pub fn is_word(grapheme: &str) -> bool {
    grapheme.chars().any(char::is_alphanumeric)
}

pub fn is_not_space(grapheme: &str) -> bool {
    !grapheme.chars().all(char::is_whitespace)
}
