//! The line that somebody is typing. Pure: keys come in, effects and the bytes of the prompt row go out.

mod completion;
mod draft;
mod killed;
mod recall;
mod row;
mod search;
#[cfg(test)]
mod tests;
mod undo;

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::keys::{Case, Key};
use completion::{Completion, complete};
use draft::{Draft, is_not_space, is_word};
use killed::{Killed, Side};
use recall::Recall;
pub use row::Drawn;
use search::Search;
use undo::{EditKind, Undo};

/// A line under way, with its cursor, and what the keys that edit it remember.
#[derive(Debug, Default)]
pub struct Editor {
    /// At most [`Editor::LONGEST`] bytes.
    draft: Draft,
    recall: Recall,
    /// A search hides the draft until it is over.
    search: Option<Search>,
    killed: Killed,
    undo: Undo,
    /// Whose name Tab completes; empty as long as nobody has come.
    other: String,
    /// Whether the key before was Ctrl-D.
    after_ctrl_d: bool,
}

/// What a key comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditOutcome {
    /// The row is to be drawn again, perhaps.
    Edited,
    /// The key has nothing to act on.
    Refused,
    /// The line is as long as it may be; so many bytes of what was typed or pasted did not fit.
    Full {
        left_out: usize,
    },
    /// The line, with its line breaks. The editor remembers it, and has the draft that came before it, if any.
    Entered(String),
    /// Ctrl-C has emptied the line that was this one.
    Cleared(String),
    /// The end of input, on an empty line.
    End,
    Interrupt,
    Suspend,
    Clear,
}

impl Editor {
    /// In bytes. A longer text is a file, and is piped.
    pub const LONGEST: usize = 64 * 1024;

    /// What was typed and not entered: the draft, and what was made of recalled lines.
    pub fn unsent(&self) -> impl Iterator<Item = &str> {
        self.recall.unsent(self.text())
    }

    fn text(&self) -> &str {
        self.draft.text()
    }

    /// The name of the other, who is there.
    pub fn meet(&mut self, other: &str) {
        if self.other != other {
            other.clone_into(&mut self.other);
        }
    }

    /// A line that was entered is a draft again: it was a mistake, which its author may put right.
    pub fn give_back(&mut self, line: String) {
        if self.text().is_empty() {
            self.recall.forget(&line);
            self.show(line);
        } else if let Some(line) = self.recall.older(self.draft.text()) {
            // The draft that came back meanwhile stays below it.
            self.show(line);
        }
    }

    /// Does what a key says.
    pub fn press(&mut self, key: Key) -> EditOutcome {
        let after_ctrl_d = std::mem::replace(&mut self.after_ctrl_d, key == Key::EndOrDelete);
        if !kills(&key) {
            self.killed.interrupt();
        }
        if self.search.is_some() {
            return self.press_in_search(key);
        }
        let (left, cursor, right) = (self.draft.left(), self.draft.cursor(), self.draft.right());
        let end = self.text().len();
        match key {
            Key::Text(text) => self.insert(EditKind::Typed, &text),
            Key::Pasted(text) => self.insert(EditKind::Pasted, &text),
            Key::LineBreak => self.insert(EditKind::Typed, "\n"),
            Key::Tab => self.complete(),
            Key::Enter => self.enter(),
            Key::Escape => EditOutcome::Edited,
            Key::Interrupt => self.interrupt(),
            Key::Suspend => EditOutcome::Suspend,
            Key::Clear => EditOutcome::Clear,
            // A key that is held to delete goes on past the last character.
            Key::EndOrDelete if self.text().is_empty() && !after_ctrl_d => EditOutcome::End,
            Key::EndOrDelete | Key::Delete => self.erase(EditKind::ErasedBehind, cursor..right),
            Key::Backspace => self.erase(EditKind::ErasedBefore, left..cursor),
            Key::Left => self.go(left),
            Key::Right => self.go(right),
            Key::WordLeft => self.go(self.draft.word_left(is_word)),
            Key::WordRight => self.go(self.draft.word_right()),
            Key::Home => self.go(0),
            Key::End => self.go(end),
            Key::Up => {
                let line = self.recall.older(self.draft.text());
                self.browse(line)
            }
            Key::Down => {
                let line = self.recall.newer(self.draft.text());
                self.browse(line)
            }
            // As shells have it: Ctrl-W takes all up to white space, Alt-Backspace a word only.
            Key::KillToSpace => self.kill(Side::Before, self.draft.word_left(is_not_space)..cursor),
            Key::KillWordLeft => self.kill(Side::Before, self.draft.word_left(is_word)..cursor),
            Key::KillToStart => self.kill(Side::Before, 0..cursor),
            Key::KillWordRight => self.kill(Side::Behind, cursor..self.draft.word_right()),
            Key::KillToEnd => self.kill(Side::Behind, cursor..end),
            Key::Yank => {
                let killed = self.killed.text().to_owned();
                self.insert(EditKind::AtOnce, &killed)
            }
            Key::Transpose => match self.draft.pair() {
                Some((pair, swapped)) => self.replace(pair, &swapped),
                None => EditOutcome::Refused,
            },
            Key::ChangeCase(case) => self.change_case(case),
            Key::Undo => refused_unless(self.undo.take_back(&mut self.draft)),
            Key::Search => {
                // It is among the lines that are searched.
                self.recall.keep_edited(self.draft.text());
                self.search = Some(Search::default());
                EditOutcome::Edited
            }
            Key::Cancel => EditOutcome::Refused,
            // Nothing that a line could be changed by.
            Key::Focus(_) | Key::CursorAt(_) => EditOutcome::Edited,
        }
    }

    fn press_in_search(&mut self, key: Key) -> EditOutcome {
        let Some(search) = &mut self.search else {
            return EditOutcome::Refused;
        };
        match key {
            Key::Text(text) | Key::Pasted(text) => {
                refused_unless(search.narrow(&text, &self.recall))
            }
            Key::Backspace => refused_unless(search.widen(&self.recall)),
            Key::Search => refused_unless(search.older(&self.recall)),
            Key::Escape | Key::Cancel | Key::Interrupt => {
                self.search = None;
                EditOutcome::Edited
            }
            // These look at the screen or leave it, and change nothing.
            Key::Clear => EditOutcome::Clear,
            Key::Suspend => EditOutcome::Suspend,
            Key::Focus(_) | Key::CursorAt(_) => EditOutcome::Edited,
            key => {
                let found = search.found();
                self.search = None;
                match found {
                    Some((index, at)) => {
                        let line = self.recall.visit(index, self.draft.text());
                        self.show(line);
                        self.draft.go(at);
                        self.press(key)
                    }
                    // Nobody means to send a draft that is hidden.
                    None if key == Key::Enter => EditOutcome::Edited,
                    None => self.press(key),
                }
            }
        }
    }

    /// Draws the prompt row, from whichever column the cursor is in, and leaves the cursor where the line's is.
    pub fn draw(&self, label: &str, columns: usize, out: &mut Vec<u8>) -> Drawn {
        if let Some(search) = &self.search {
            let parts = match search.found() {
                Some((index, at)) => self.recall.line(index).split_at(at),
                None => self.draft.parts(),
            };
            return row::draw(&search.label(columns), parts, columns, out);
        }
        let label = if columns > 4 * label.width() {
            label
        } else {
            ""
        };
        row::draw(label, self.draft.parts(), columns, out)
    }

    fn insert(&mut self, kind: EditKind, text: &str) -> EditOutcome {
        let room = Editor::LONGEST - self.text().len();
        let (fits, left_out) = text.split_at(text.floor_char_boundary(room));
        match kind {
            // What came in one piece is still taken back word by word.
            EditKind::Typed => fits
                .split_inclusive(char::is_whitespace)
                .for_each(|word| self.insert_part(kind, word)),
            _ => self.insert_part(kind, fits),
        }
        if left_out.is_empty() {
            EditOutcome::Edited
        } else {
            EditOutcome::Full {
                left_out: left_out.len(),
            }
        }
    }

    fn insert_part(&mut self, kind: EditKind, text: &str) {
        if !text.is_empty() {
            let cursor = self.draft.cursor();
            let edit = self.draft.replace(cursor..cursor, text);
            self.undo.record(kind, edit, text);
        }
    }

    fn erase(&mut self, kind: EditKind, range: Range<usize>) -> EditOutcome {
        if range.is_empty() {
            return EditOutcome::Refused;
        }
        let edit = self.draft.replace(range, "");
        let erased = edit.removed.clone();
        self.undo.record(kind, edit, &erased);
        EditOutcome::Edited
    }

    fn replace(&mut self, range: Range<usize>, with: &str) -> EditOutcome {
        if self.text().len() - range.len() + with.len() > Editor::LONGEST {
            return EditOutcome::Refused;
        }
        let edit = self.draft.replace(range, with);
        self.undo.record(EditKind::AtOnce, edit, with);
        EditOutcome::Edited
    }

    fn kill(&mut self, side: Side, range: Range<usize>) -> EditOutcome {
        if !range.is_empty() {
            self.killed.add(side, &self.draft.text()[range.clone()]);
        }
        self.erase(EditKind::AtOnce, range)
    }

    fn change_case(&mut self, case: Case) -> EditOutcome {
        let range = self.draft.cursor()..self.draft.word_right();
        if range.is_empty() {
            return EditOutcome::Refused;
        }
        let changed = in_case(case, &self.text()[range.clone()]);
        self.replace(range, &changed)
    }

    fn complete(&mut self) -> EditOutcome {
        let (before, behind) = self.draft.parts();
        let cursor = self.draft.cursor();
        match complete(before, behind, &self.other) {
            Completion::Replace { length, with } => self.replace(cursor - length..cursor, &with),
            Completion::Nothing => EditOutcome::Refused,
            Completion::Tab => self.insert(EditKind::Typed, "\t"),
        }
    }

    fn enter(&mut self) -> EditOutcome {
        let draft = self.recall.enter(self.draft.text());
        EditOutcome::Entered(self.show(draft))
    }

    /// Ctrl-C: each takes back one thing more, and the last one everything.
    fn interrupt(&mut self) -> EditOutcome {
        if self.recall.is_away_from_draft() {
            let draft = self.recall.back_to_draft(self.draft.text());
            self.show(draft);
            return EditOutcome::Edited;
        }
        let end = self.text().len();
        if end == 0 {
            return EditOutcome::Interrupt;
        }
        let cleared = self.text().to_owned();
        self.kill(Side::Behind, 0..end);
        self.killed.interrupt();
        EditOutcome::Cleared(cleared)
    }

    fn go(&mut self, to: usize) -> EditOutcome {
        let moves = to != self.draft.cursor();
        self.draft.go(to);
        refused_unless(moves)
    }

    fn browse(&mut self, line: Option<String>) -> EditOutcome {
        let found = line.map(|line| self.show(line));
        refused_unless(found.is_some())
    }

    /// Another line takes the place of this one, which is given back.
    fn show(&mut self, line: String) -> String {
        self.undo.clear();
        self.draft.swap(line)
    }
}

fn refused_unless(done: bool) -> EditOutcome {
    if done {
        EditOutcome::Edited
    } else {
        EditOutcome::Refused
    }
}

fn kills(key: &Key) -> bool {
    matches!(
        key,
        Key::KillToSpace
            | Key::KillWordLeft
            | Key::KillWordRight
            | Key::KillToStart
            | Key::KillToEnd
    )
}

fn in_case(case: Case, text: &str) -> String {
    match case {
        Case::Upper => text.to_uppercase(),
        Case::Lower => text.to_lowercase(),
        Case::Capital => {
            let first = text.find(char::is_alphanumeric).unwrap_or(text.len());
            let (before, word) = text.split_at(first);
            let letter = word.graphemes(true).next().unwrap_or_default();
            let (letter, rest) = word.split_at(letter.len());
            format!("{before}{}{}", letter.to_uppercase(), rest.to_lowercase())
        }
    }
}
