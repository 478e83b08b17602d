//! The line that somebody is typing. Pure: keys come in, effects and the bytes of the prompt row go out.

use std::borrow::Cow;
use std::collections::VecDeque;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::keys::Key;
use crate::display;

/// A line under way, with its cursor. Graphemes, what a reader calls characters, are the unit of every edit.
#[derive(Debug, Default)]
pub struct Editor {
    /// At most [`Editor::LONGEST`] bytes. A line break in it came with a paste.
    text: String,
    /// A byte offset, always between two graphemes.
    cursor: usize,
    /// What was entered, oldest first: at most [`Editor::REMEMBERED`] lines.
    entered: VecDeque<String>,
    browsing: Option<Browsing>,
    killed: String,
}

/// Looking through what was entered.
#[derive(Debug)]
struct Browsing {
    /// Which of the entered lines is shown.
    index: usize,
    /// The line as it was before.
    draft: String,
}

/// What a key comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditOutcome {
    /// The row is to be drawn again, perhaps.
    Edited,
    /// The key has nothing to act on.
    Refused,
    /// The line is as long as it may be; this part of what was typed or pasted did not fit.
    Full {
        left_out: String,
    },
    /// The line, with the line breaks of a paste. The editor is empty again and remembers it.
    Entered(String),
    /// The end of input, on an empty line.
    End,
    Interrupt,
    Suspend,
    Clear,
}

/// Where a row was drawn to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// The column of the cursor, from 0, as far as widths can be known.
    pub column: usize,
}

impl Editor {
    /// In bytes. A longer text is a file, and is piped.
    pub const LONGEST: usize = 64 * 1024;
    /// How many lines Up and Down reach.
    pub const REMEMBERED: usize = 100;

    /// What has been typed so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Does what a key says.
    pub fn press(&mut self, key: Key) -> EditOutcome {
        match key {
            Key::Text(text) | Key::Pasted(text) => self.insert(&text),
            Key::Enter => self.enter(),
            Key::Interrupt => EditOutcome::Interrupt,
            Key::Suspend => EditOutcome::Suspend,
            Key::Clear => EditOutcome::Clear,
            Key::EndOrDelete if self.text.is_empty() => EditOutcome::End,
            Key::EndOrDelete | Key::Delete => self.remove(self.cursor, self.right()),
            Key::Backspace => self.remove(self.left(), self.cursor),
            Key::Left => self.go(self.left()),
            Key::Right => self.go(self.right()),
            Key::WordLeft => self.go(self.word_left(is_word)),
            Key::WordRight => self.go(self.word_right()),
            Key::Home => self.go(0),
            Key::End => self.go(self.text.len()),
            Key::Up => self.browse_back(),
            Key::Down => self.browse_forth(),
            // As shells have it: Ctrl-W takes all up to white space, Alt-D a word only.
            Key::KillWordLeft => self.kill(self.word_left(is_not_space), self.cursor),
            Key::KillWordRight => self.kill(self.cursor, self.word_right()),
            Key::KillToStart => self.kill(0, self.cursor),
            Key::KillToEnd => self.kill(self.cursor, self.text.len()),
            Key::Yank => self.insert(&self.killed.clone()),
            Key::Transpose => self.transpose(),
            // Nothing that a line could be changed by.
            Key::Focus(_) | Key::CursorAt(_) => EditOutcome::Edited,
        }
    }

    /// Draws the prompt row, from whichever column the cursor is in, and leaves the cursor where the line's is.
    ///
    /// One row that scrolls sideways. The terminal itself puts the cursor back, so that it and we may disagree on
    /// widths: what is off is then the right margin, and autowrap is off meanwhile for that reason.
    pub fn draw(&self, prompt: &str, columns: usize, out: &mut Vec<u8>) -> Drawn {
        let prompt = if columns > 4 * prompt.width() {
            prompt
        } else {
            ""
        };
        // The last column stays free: a cursor behind it has no place of its own.
        let room = columns.saturating_sub(prompt.width() + 1);
        let (left, right) = self.visible(room);
        let shown = |part: &str| part.graphemes(true).map(shown).collect::<String>();
        let (left, right) = (shown(left), shown(right));
        out.extend_from_slice(b"\x1b[?7l\r");
        out.extend_from_slice(prompt.as_bytes());
        out.extend_from_slice(left.as_bytes());
        out.extend_from_slice(b"\x1b7");
        out.extend_from_slice(right.as_bytes());
        out.extend_from_slice(b"\x1b[K\x1b8\x1b[?7h");
        Drawn {
            column: prompt.width() + left.width(),
        }
    }

    /// The parts of the text before and behind the cursor that fit, together, into `room` columns.
    fn visible(&self, room: usize) -> (&str, &str) {
        let (before, behind) = self.text.split_at(self.cursor);
        let all_before = fitting(before.graphemes(true).rev(), room);
        let all_behind = fitting(behind.graphemes(true), room);
        // In the middle of a long line, a third of the row shows what follows.
        let behind_at_most = room
            - all_before
                .columns
                .min(room - all_behind.columns.min(room / 3));
        let fits_behind = fitting(behind.graphemes(true), behind_at_most);
        let fits_before = fitting(before.graphemes(true).rev(), room - fits_behind.columns);
        (
            &before[before.len() - fits_before.bytes..],
            &behind[..fits_behind.bytes],
        )
    }

    fn insert(&mut self, text: &str) -> EditOutcome {
        let room = Editor::LONGEST - self.text.len();
        let (fits, left_out) = text.split_at(text.floor_char_boundary(room));
        self.text.insert_str(self.cursor, fits);
        // What was typed may have joined the grapheme behind it.
        self.cursor = self.boundary_from(self.cursor + fits.len());
        match left_out {
            "" => EditOutcome::Edited,
            left_out => EditOutcome::Full {
                left_out: left_out.to_owned(),
            },
        }
    }

    fn enter(&mut self) -> EditOutcome {
        self.browsing = None;
        self.cursor = 0;
        let line = std::mem::take(&mut self.text);
        let worth_it = !line.trim().is_empty() && self.entered.back() != Some(&line);
        if worth_it {
            if self.entered.len() == Editor::REMEMBERED {
                self.entered.pop_front();
            }
            self.entered.push_back(line.clone());
        }
        EditOutcome::Entered(line)
    }

    fn go(&mut self, to: usize) -> EditOutcome {
        if to == self.cursor {
            return EditOutcome::Refused;
        }
        self.cursor = to;
        EditOutcome::Edited
    }

    fn remove(&mut self, from: usize, to: usize) -> EditOutcome {
        if from == to {
            return EditOutcome::Refused;
        }
        self.text.drain(from..to);
        // What is now side by side may have become one grapheme.
        self.cursor = self.boundary_from(from);
        EditOutcome::Edited
    }

    fn kill(&mut self, from: usize, to: usize) -> EditOutcome {
        if from < to {
            self.killed = self.text[from..to].to_owned();
        }
        self.remove(from, to)
    }

    fn transpose(&mut self) -> EditOutcome {
        // At the end of the line, the two last ones; else those on both sides.
        let middle = if self.right() == self.cursor {
            self.left()
        } else {
            self.cursor
        };
        let (before, behind) = self.text.split_at(middle);
        let (Some(left), Some(right)) = (
            before.graphemes(true).next_back(),
            behind.graphemes(true).next(),
        ) else {
            return EditOutcome::Refused;
        };
        let range = middle - left.len()..middle + right.len();
        let swapped = format!("{right}{left}");
        self.cursor = range.end;
        self.text.replace_range(range, &swapped);
        self.cursor = self.boundary_from(self.cursor);
        EditOutcome::Edited
    }

    fn browse_back(&mut self) -> EditOutcome {
        let before = self
            .browsing
            .as_ref()
            .map_or(self.entered.len(), |at| at.index);
        let Some(index) = before.checked_sub(1) else {
            return EditOutcome::Refused;
        };
        let shown = std::mem::replace(&mut self.text, self.entered[index].clone());
        match &mut self.browsing {
            Some(browsing) => browsing.index = index,
            None => {
                self.browsing = Some(Browsing {
                    index,
                    draft: shown,
                });
            }
        }
        self.cursor = self.text.len();
        EditOutcome::Edited
    }

    fn browse_forth(&mut self) -> EditOutcome {
        let Some(mut browsing) = self.browsing.take() else {
            return EditOutcome::Refused;
        };
        browsing.index += 1;
        if let Some(line) = self.entered.get(browsing.index) {
            self.text = line.clone();
            self.browsing = Some(browsing);
        } else {
            self.text = browsing.draft;
        }
        self.cursor = self.text.len();
        EditOutcome::Edited
    }

    fn left(&self) -> usize {
        let last = self.text[..self.cursor].graphemes(true).next_back();
        self.cursor - last.map_or(0, str::len)
    }

    fn right(&self) -> usize {
        let next = self.text[self.cursor..].graphemes(true).next();
        self.cursor + next.map_or(0, str::len)
    }

    /// The beginning of the word before the cursor, where a word is what `belongs` says.
    fn word_left(&self, belongs: fn(&str) -> bool) -> usize {
        let graphemes = self.text[..self.cursor].graphemes(true).rev();
        self.cursor - word(graphemes, belongs)
    }

    /// The end of the word behind the cursor.
    fn word_right(&self) -> usize {
        let graphemes = self.text[self.cursor..].graphemes(true);
        self.cursor + word(graphemes, is_word)
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

fn is_word(grapheme: &str) -> bool {
    grapheme.chars().any(char::is_alphanumeric)
}

fn is_not_space(grapheme: &str) -> bool {
    !grapheme.chars().all(char::is_whitespace)
}

/// How much of some graphemes fits.
struct Fitting {
    bytes: usize,
    columns: usize,
}

fn fitting<'t>(graphemes: impl Iterator<Item = &'t str>, room: usize) -> Fitting {
    let mut fits = Fitting {
        bytes: 0,
        columns: 0,
    };
    // Graphemes without width would fit for ever; a row of real ones has fewer than four a column.
    for grapheme in graphemes.take(4 * room) {
        let columns = fits.columns + columns_at_most(&shown(grapheme));
        if columns > room {
            break;
        }
        fits.columns = columns;
        fits.bytes += grapheme.len();
    }
    fits
}

/// How many columns a grapheme takes where that is most: xterm and screen show a joined emoji, or one with a skin's colour,
/// as its parts, side by side. What is off then is some room at the right.
fn columns_at_most(grapheme: &str) -> usize {
    let parts: usize = grapheme.chars().filter_map(UnicodeWidthChar::width).sum();
    parts.max(grapheme.width())
}

/// A grapheme as the prompt row shows it: harmless, and in one row.
fn shown(grapheme: &str) -> Cow<'_, str> {
    match grapheme {
        "\n" => Cow::Borrowed("⏎"),
        _ => display::safe(grapheme),
    }
}

#[cfg(test)]
mod tests;
