//! What was entered before, and can be looked through, changed and entered again.

use std::collections::VecDeque;

use unicode_segmentation::UnicodeSegmentation;

/// The lines that were entered, oldest first, and below them the draft.
#[derive(Debug, Default)]
pub struct Recall {
    /// At most [`Recall::MAX_LINES`].
    lines: VecDeque<Recalled>,
    /// Which line the editor has; `None` is the draft.
    current: Option<usize>,
    /// The draft, while the editor has another line.
    draft: String,
}

#[derive(Debug)]
struct Recalled {
    entered: String,
    /// What somebody has made of it since, and not entered.
    edited: Option<String>,
}

impl Recalled {
    fn text(&self) -> &str {
        self.edited.as_deref().unwrap_or(&self.entered)
    }
}

impl Recall {
    pub const MAX_LINES: usize = 100;

    /// Whether the editor has a line that was entered before.
    pub fn is_away_from_draft(&self) -> bool {
        self.current.is_some()
    }

    /// The line above, in exchange for the one that the editor has.
    pub fn older(&mut self, shown: &str) -> Option<String> {
        let above = self.current.unwrap_or(self.lines.len()).checked_sub(1)?;
        Some(self.visit(above, shown))
    }

    /// The line below; the lowest is the draft.
    pub fn newer(&mut self, shown: &str) -> Option<String> {
        let below = self.current? + 1;
        Some(if below < self.lines.len() {
            self.visit(below, shown)
        } else {
            self.back_to_draft(shown)
        })
    }

    /// A line by its number, in exchange for the one that the editor has.
    pub fn visit(&mut self, index: usize, shown: &str) -> String {
        self.keep(shown);
        self.current = Some(index);
        self.lines[index].text().to_owned()
    }

    /// The draft, in exchange for the line that the editor has.
    pub fn back_to_draft(&mut self, shown: &str) -> String {
        self.keep(shown);
        self.current = None;
        std::mem::take(&mut self.draft)
    }

    fn keep(&mut self, shown: &str) {
        if self.is_away_from_draft() {
            self.keep_edited(shown);
        } else {
            shown.clone_into(&mut self.draft);
        }
    }

    /// What the editor has made of a recalled line.
    pub fn keep_edited(&mut self, shown: &str) {
        if let Some(index) = self.current {
            let line = &mut self.lines[index];
            line.edited = (shown != line.entered).then(|| shown.to_owned());
        }
    }

    /// The line that the editor has was entered. Gives the draft that comes back, empty unless another line was recalled.
    pub fn enter(&mut self, line: &str) -> String {
        if let Some(index) = self.current.take() {
            self.lines[index].edited = None;
        }
        if !line.trim().is_empty() && self.newest() != Some(line) {
            if self.lines.len() == Recall::MAX_LINES {
                self.lines.pop_front();
            }
            self.lines.push_back(Recalled {
                entered: line.to_owned(),
                edited: None,
            });
        }
        std::mem::take(&mut self.draft)
    }

    /// Forgets the newest line, if it is this one: it is a draft again.
    pub fn forget(&mut self, line: &str) {
        if self.newest() == Some(line) {
            self.lines.pop_back();
        }
    }

    fn newest(&self) -> Option<&str> {
        self.lines.back().map(|line| line.entered.as_str())
    }

    /// What was typed and never entered, while the editor has `shown`: what was made of other lines, and the draft.
    pub fn unsent<'t>(&'t self, shown: &'t str) -> impl Iterator<Item = &'t str> {
        let edited = self
            .lines
            .iter()
            .enumerate()
            .filter_map(move |(index, line)| {
                if self.current == Some(index) {
                    (shown != line.entered).then_some(shown)
                } else {
                    line.edited.as_deref()
                }
            });
        let draft = if self.is_away_from_draft() {
            &self.draft
        } else {
            shown
        };
        edited.chain([draft]).filter(|text| !text.is_empty())
    }

    /// The number of the newest line before `end` that holds `query`, in capitals or not, and where in it.
    pub fn find(&self, query: &str, end: Option<usize>) -> Option<(usize, usize)> {
        let lines = self
            .lines
            .iter()
            .enumerate()
            .take(end.unwrap_or(usize::MAX));
        lines
            .rev()
            .find_map(|(index, line)| Some((index, position(line.text(), query)?)))
    }

    /// A line by its number.
    pub fn line(&self, index: usize) -> &str {
        self.lines[index].text()
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.lines.len()
    }
}

/// The byte offset at which `query` stands in `text`, in capitals or not.
fn position(text: &str, query: &str) -> Option<usize> {
    let lower = |text: &str| {
        text.chars()
            .flat_map(char::to_lowercase)
            .collect::<String>()
    };
    let query = lower(query);
    text.grapheme_indices(true)
        .map(|(at, _)| at)
        .find(|&at| starts_with(&text[at..], &query))
}

/// Whether `text`, in lower case, starts with `lower`.
pub fn starts_with(text: &str, lower: &str) -> bool {
    let mut text = text.chars().flat_map(char::to_lowercase);
    lower.chars().all(|expected| text.next() == Some(expected))
}
