//! How far a long text has come, for whoever waits at a terminal: one row, drawn again now and then. Pure.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::display::{self, Work};

/// Knows when to draw the row, and what it says.
#[derive(Debug, Default)]
pub struct Progress {
    /// When to look again; `None` while there is no work.
    due: Option<Instant>,
    /// How much had been done at the last looks, the oldest first: at most [`LOOKS`].
    looks: VecDeque<(Instant, u64)>,
}

/// What becomes of the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProgressRow {
    Stays,
    Is(String),
    IsGone,
}

/// Shorter work needs no row.
const FIRST_LOOK: Duration = Duration::from_millis(500);
/// Five times a second.
const NEXT_LOOK: Duration = Duration::from_millis(200);
/// The speed is that of the last second.
const LOOKS: usize = 5;

impl Progress {
    /// What becomes of the row now.
    pub fn look(&mut self, now: Instant, work: Work) -> ProgressRow {
        match self.due {
            None if work.under_way > 0 => {
                self.due = Some(now + FIRST_LOOK);
                self.looks.push_back((now, work.done));
                ProgressRow::Stays
            }
            Some(due) if now >= due => self.look_again(now, work),
            None | Some(_) => ProgressRow::Stays,
        }
    }

    fn look_again(&mut self, now: Instant, work: Work) -> ProgressRow {
        let is_idle = self
            .looks
            .back()
            .is_some_and(|(_, done)| *done == work.done);
        if work.under_way == 0 && is_idle {
            *self = Progress::default();
            return ProgressRow::IsGone;
        }
        let speed = self.looks.front().map_or(0, |&(then, done)| {
            let span = now.saturating_duration_since(then).as_millis().max(1);
            u128::from(work.done.saturating_sub(done)) * 1_000 / span
        });
        if self.looks.len() == LOOKS {
            self.looks.pop_front();
        }
        self.looks.push_back((now, work.done));
        self.due = Some(now + NEXT_LOOK);
        ProgressRow::Is(display::progress(work, speed as usize))
    }

    /// When to look again.
    pub fn next_timeout(&self) -> Option<Instant> {
        self.due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(done: u64, under_way: usize) -> Work {
        Work {
            done,
            under_way,
            ends: display::WorkEnds::Received,
        }
    }

    #[test]
    fn short_work_has_no_row_and_long_work_one_five_times_a_second() {
        let start = Instant::now();
        let mut progress = Progress::default();
        assert_eq!(progress.look(start, work(0, 0)), ProgressRow::Stays);
        assert_eq!(progress.next_timeout(), None);
        let mut rows = 0;
        for millis in 0..=1_500 {
            let now = start + Duration::from_millis(millis);
            match progress.look(now, work(millis, 7)) {
                ProgressRow::Stays => {}
                ProgressRow::Is(row) => {
                    assert!(millis >= 500);
                    assert!(
                        row.ends_with(" lignes remises, 7 en route, 1\u{202f}000/s"),
                        "{row}"
                    );
                    rows += 1;
                }
                ProgressRow::IsGone => panic!("there is work"),
            }
        }
        assert_eq!(rows, 6);
    }

    #[test]
    fn the_row_goes_once_nothing_is_left_to_do() {
        let start = Instant::now();
        let mut progress = Progress::default();
        progress.look(start, work(0, 1));
        let end = start + FIRST_LOOK;
        assert!(matches!(
            progress.look(end, work(10, 0)),
            ProgressRow::Is(_)
        ));
        assert_eq!(
            progress.look(end + NEXT_LOOK, work(10, 0)),
            ProgressRow::IsGone
        );
        assert_eq!(progress.next_timeout(), None);
    }
}
