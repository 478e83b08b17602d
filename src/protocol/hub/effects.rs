//! What the relay must do, or may show, in the order in which it came about.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::ops::Range;

use crate::protocol::name::Name;
use crate::protocol::outbox::MAX_SPARE;
use crate::protocol::plain::Diagnostics;
use crate::protocol::wire::{Refusal, Salon};

use super::ConnId;

/// What the relay must do, or may show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Close this socket now, then call [`Hub::closed`](super::Hub::closed).
    Close(ConnId),
    /// Messages were passed on for the first time; [`Hub::rows`](super::Hub::rows) has a row for each.
    Said(Range<usize>),
    /// Something changed with somebody's seat.
    Seat {
        change: SeatChange,
        name: Name,
        salon: Option<Salon>,
    },
    /// How a plain client's bytes were understood. Only while [`Config::tracing`](super::Config::tracing).
    Understood {
        conn: ConnId,
        diagnostics: Diagnostics,
    },
    /// A connection was refused.
    Refused {
        address: IpAddr,
        refusal: Refusal,
        reason: String,
    },
}

/// What becomes of a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatChange {
    /// It was taken for the first time, by somebody at this address.
    Taken(IpAddr),
    /// Its connection was cut; it is kept.
    Away,
    /// Its owner is back.
    Back,
    /// Its owner said `BYE`.
    Left,
    /// Its owner, who had said nothing but a first line, had to free it.
    Yielded,
    /// Its owner did not come back in time.
    Lost,
}

/// Effects that nobody has asked for yet.
#[derive(Debug, Default)]
pub(super) struct Effects {
    queue: VecDeque<Effect>,
    /// Of the messages among them, as they are shown: text is copied once on its way to a screen.
    rows: String,
}

impl Effects {
    pub(super) fn push(&mut self, effect: Effect) {
        self.queue.push_back(effect);
    }

    /// A message was passed on; its text is [harmless](crate::protocol::hygiene::safe).
    pub(super) fn say(&mut self, head: &str, text: &str) {
        if self.queue.is_empty() {
            self.rows.clear();
        }
        let start = self.rows.len();
        self.rows.reserve(head.len() + text.len() + 1);
        self.rows.push_str(head);
        self.rows.push_str(text);
        self.rows.push('\n');
        let end = self.rows.len();
        match self.queue.back_mut() {
            Some(Effect::Said(rows)) => rows.end = end,
            _ => self.push(Effect::Said(start..end)),
        }
    }

    /// The next of them. Where there is none, the rows of all are forgotten.
    pub(super) fn next(&mut self) -> Option<Effect> {
        let next = self.queue.pop_front();
        if next.is_none() {
            self.rows.clear();
            self.rows.shrink_to(MAX_SPARE);
        }
        next
    }

    /// The next of them, if it is rows.
    pub(super) fn next_said(&mut self) -> Option<Range<usize>> {
        let Some(Effect::Said(rows)) = self.queue.front() else {
            return None;
        };
        let rows = rows.clone();
        self.queue.pop_front();
        Some(rows)
    }

    /// Rows of messages, each with its line ending.
    pub(super) fn rows(&self, rows: Range<usize>) -> &str {
        &self.rows[rows]
    }
}
