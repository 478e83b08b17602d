//! Looking for a line that was entered, as one types what it holds.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::recall::Recall;
use super::row;

/// A search under way.
#[derive(Debug, Default)]
pub struct Search {
    /// What was typed: at most [`MAX_QUERY`] bytes.
    query: String,
    /// The last line that held it, by its number, and where in it.
    found: Option<(usize, usize)>,
    /// Whether no line holds all of it.
    has_failed: bool,
}

/// In bytes. Nobody knows more of what they look for.
const MAX_QUERY: usize = 256;
/// What follows the query on a narrow row.
const NARROW: &str = ": ";

impl Search {
    /// The line that was found, by its number, and where in it.
    pub fn found(&self) -> Option<(usize, usize)> {
        self.found
    }

    /// More of the query was typed. False when no line holds it.
    pub fn narrow(&mut self, text: &str, recall: &Recall) -> bool {
        let room = MAX_QUERY - self.query.len();
        self.query.push_str(&text[..text.floor_char_boundary(room)]);
        // The line that is shown may do.
        self.look(recall, self.found.map(|(index, _)| index + 1))
    }

    /// The last grapheme of the query is taken back.
    pub fn widen(&mut self, recall: &Recall) -> bool {
        let last = self.query.graphemes(true).next_back();
        let length = self.query.len() - last.map_or(0, str::len);
        self.query.truncate(length);
        self.found = None;
        self.query.is_empty() || self.look(recall, None)
    }

    /// An older line that holds the query. False when there is none.
    pub fn older(&mut self, recall: &Recall) -> bool {
        !self.query.is_empty() && self.look(recall, self.found.map(|(index, _)| index))
    }

    fn look(&mut self, recall: &Recall, end: Option<usize>) -> bool {
        let found = recall.find(&self.query, end);
        self.has_failed = found.is_none();
        self.found = found.or(self.found);
        !self.has_failed
    }

    /// What stands before the line on a row of so many columns.
    pub fn label(&self, columns: usize) -> String {
        let what = if self.has_failed {
            "introuvable"
        } else {
            "cherche"
        };
        let [before, behind] = [format!("{what} « "), " » : ".to_owned()];
        // Half of the row is for what was found, and a narrow one shows no more than the query.
        let half = columns / 2;
        if let Some(room) = half.checked_sub(before.width() + behind.width()) {
            format!("{before}{}{behind}", row::tail(&self.query, room))
        } else if let Some(room) = half.checked_sub(NARROW.width()) {
            format!("{}{NARROW}", row::tail(&self.query, room))
        } else {
            String::new()
        }
    }
}
