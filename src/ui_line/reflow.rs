//! Where the prompt row begins once the terminal has become narrower: the terminal is asked. Pure.
//!
//! Most terminals lay out anew what has become too long, and the cursor goes down with its text. Others (xterm, screen)
//! cut it, and the cursor stays in its row: going up from there would erase a message.

use std::time::{Duration, Instant};

/// Asks for the cursor's place (DSR 6).
pub const ASK: &[u8] = b"\x1b[6n";

/// How long the answer may take. Nothing is drawn meanwhile.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(300);

/// What is known of the cursor's place.
#[derive(Debug, Default)]
pub struct CursorQuery {
    /// How many answers are still to come. Only the last is of the present width.
    awaited: usize,
    state: QueryState,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum QueryState {
    #[default]
    Idle,
    Asked {
        columns: usize,
        at: Instant,
    },
    Answered {
        columns: usize,
        column: usize,
    },
}

/// What to do about the cursor's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// To send [`ASK`], and wait.
    Ask,
    Wait,
    /// It is in this column, from 0.
    At(usize),
    /// This terminal does not answer.
    Unknown,
}

impl CursorQuery {
    /// Where the cursor is, on a terminal of so many columns.
    pub fn cursor(&mut self, now: Instant, columns: usize) -> Cursor {
        match self.state {
            QueryState::Answered {
                columns: then,
                column,
            } if then == columns => {
                self.state = QueryState::Idle;
                Cursor::At(column)
            }
            QueryState::Asked { columns: then, at } if then == columns => {
                if now < at + ANSWER_TIMEOUT {
                    return Cursor::Wait;
                }
                self.state = QueryState::Idle;
                Cursor::Unknown
            }
            QueryState::Idle | QueryState::Asked { .. } | QueryState::Answered { .. } => {
                self.awaited += 1;
                self.state = QueryState::Asked { columns, at: now };
                Cursor::Ask
            }
        }
    }

    /// The terminal says where the cursor is. What was not asked for is some key's.
    pub fn answer(&mut self, column: usize) {
        self.awaited = self.awaited.saturating_sub(1);
        if let QueryState::Asked { columns, .. } = self.state
            && self.awaited == 0
        {
            self.state = QueryState::Answered { columns, column };
        }
    }

    /// When to draw without an answer.
    pub fn next_timeout(&self) -> Option<Instant> {
        match self.state {
            QueryState::Asked { at, .. } => Some(at + ANSWER_TIMEOUT),
            QueryState::Idle | QueryState::Answered { .. } => None,
        }
    }
}

/// How many rows above the cursor a row begins in which the cursor was in column `drawn`, and is found in column `found`
/// of a terminal of so many columns. Where that cannot be told, none: a row too many stays, and no message goes.
pub fn rows_above(drawn: usize, found: usize, columns: usize) -> usize {
    let margin = columns - 1;
    let was_laid_out_anew = found == drawn % columns && found != margin;
    if was_laid_out_anew {
        drawn / columns
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_that_lays_out_anew_is_told_from_one_that_cuts() {
        assert_eq!(rows_above(70, 10, 30), 2);
        assert_eq!(rows_above(70, 29, 30), 0);
        // Both would have it there.
        assert_eq!(rows_above(59, 29, 30), 0);
        assert_eq!(rows_above(20, 20, 30), 0);
    }

    #[test]
    fn the_terminal_is_asked_once_for_each_width_and_the_last_answer_counts() {
        let now = Instant::now();
        let mut query = CursorQuery::default();
        query.answer(7);
        assert_eq!(query.cursor(now, 60), Cursor::Ask);
        assert_eq!(query.cursor(now, 60), Cursor::Wait);
        assert_eq!(query.cursor(now, 40), Cursor::Ask);
        query.answer(59);
        assert_eq!(query.cursor(now, 40), Cursor::Wait);
        query.answer(39);
        assert_eq!(query.next_timeout(), None);
        assert_eq!(query.cursor(now, 40), Cursor::At(39));
        assert_eq!(query.cursor(now, 40), Cursor::Ask);
    }

    #[test]
    fn a_terminal_that_does_not_answer_is_not_waited_for() {
        let now = Instant::now();
        let mut query = CursorQuery::default();
        assert_eq!(query.cursor(now, 60), Cursor::Ask);
        assert_eq!(query.next_timeout(), Some(now + ANSWER_TIMEOUT));
        assert_eq!(query.cursor(now + ANSWER_TIMEOUT, 60), Cursor::Unknown);
        assert_eq!(query.next_timeout(), None);
    }
}
