//! What Ctrl-_ takes back: edits, those of one word together.

use std::collections::VecDeque;

use super::draft::{Draft, Edit};

/// The edits of a line, oldest first.
#[derive(Debug, Default)]
pub struct Undo {
    /// At most [`MAX_STEPS`].
    steps: VecDeque<Step>,
}

/// How text came or went: what comes key by key is taken back word by word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditKind {
    Typed,
    /// In parts, as it is read.
    Pasted,
    /// Grapheme by grapheme, before the cursor.
    ErasedBefore,
    /// And behind it.
    ErasedBehind,
    /// By one key.
    AtOnce,
}

#[derive(Debug)]
struct Step {
    kind: EditKind,
    edit: Edit,
    /// Whether what came or went last is white space, at its end.
    ends_with_space: bool,
}

const MAX_STEPS: usize = 100;

impl Undo {
    /// The line is another one.
    pub fn clear(&mut self) {
        self.steps.clear();
    }

    /// Remembers an edit of the line, by which `changed` came or went.
    pub fn record(&mut self, kind: EditKind, edit: Edit, changed: &str) {
        let ends_with_space = changed.ends_with(char::is_whitespace);
        if let Some(last) = self.steps.back_mut()
            && last.kind == kind
            && last.is_followed_by(&edit)
            && last.is_same_word(changed)
        {
            last.ends_with_space = ends_with_space;
            return last.join(edit);
        }
        if self.steps.len() == MAX_STEPS {
            self.steps.pop_front();
        }
        self.steps.push_back(Step {
            kind,
            edit,
            ends_with_space,
        });
    }

    /// Takes the last edit back. False when there is none.
    pub fn take_back(&mut self, draft: &mut Draft) -> bool {
        let step = self.steps.pop_back();
        if let Some(step) = &step {
            draft.take_back(&step.edit);
        }
        step.is_some()
    }
}

impl Step {
    /// Whether an edit goes on where this one stopped.
    fn is_followed_by(&self, next: &Edit) -> bool {
        match self.kind {
            EditKind::Typed | EditKind::Pasted => {
                self.edit.at + self.edit.inserted == next.at && next.removed.is_empty()
            }
            EditKind::ErasedBefore => next.at + next.removed.len() == self.edit.at,
            EditKind::ErasedBehind => next.at == self.edit.at,
            EditKind::AtOnce => false,
        }
    }

    /// Whether that belongs to the same word: it ends with its white space, which goes before it backwards.
    fn is_same_word(&self, changed: &str) -> bool {
        let is_space = changed.starts_with(char::is_whitespace);
        match self.kind {
            EditKind::Pasted => true,
            EditKind::ErasedBefore => self.ends_with_space || !is_space,
            EditKind::Typed | EditKind::ErasedBehind | EditKind::AtOnce => {
                !self.ends_with_space || is_space
            }
        }
    }

    fn join(&mut self, next: Edit) {
        match self.kind {
            EditKind::ErasedBefore => {
                self.edit.removed.insert_str(0, &next.removed);
                self.edit.at = next.at;
            }
            _ => self.edit.removed.push_str(&next.removed),
        }
        self.edit.inserted += next.inserted;
    }
}
