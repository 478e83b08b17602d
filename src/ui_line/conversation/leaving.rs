//! The way out of a conversation: politely, and never for longer than anybody has patience.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{Connection, Conversation, LineSource, Phase};
use crate::conversation::Outcome;
use crate::peer::Shutdown;
use crate::ui_line::view::OutputState;

/// How long leaving may take once a signal asked for it, or without any progress. The connection gives itself 2 s.
const LEAVE_TIMEOUT: Duration = Duration::from_millis(2500);

impl Conversation {
    /// Leaves once what is owed is delivered.
    pub(super) fn leave(&mut self, leave: Shutdown) {
        if let Phase::Over | Phase::Gone = self.phase {
            return;
        }
        self.phase = Phase::Leaving;
        self.errands.part(leave);
        if leave == Shutdown::Quit {
            self.patience = Some(Instant::now() + LEAVE_TIMEOUT);
        }
    }

    /// Something has happened, which is worth some more patience, but for a signal's.
    pub(super) fn progress(&mut self) {
        if self.phase == Phase::Leaving && self.patience.is_some() && self.signal.is_none() {
            self.patience = Some(Instant::now() + LEAVE_TIMEOUT);
        }
    }

    pub(super) fn signalled(&mut self, signal: Signal) {
        match signal {
            Signal::WINCH => self.view.resized(),
            Signal::CONT => self.view.resume(),
            Signal::TSTP => self.view.suspend(),
            Signal::QUIT => {
                self.signal = Some(signal);
                self.go();
            }
            signal => self.told_to_leave(signal),
        }
    }

    /// The first time politely, the second time at once.
    pub(super) fn told_to_leave(&mut self, signal: Signal) {
        if self.signal.is_some() {
            return self.go();
        }
        self.leave(Shutdown::Quit);
        self.signal = Some(signal);
        self.patience = Some(Instant::now() + LEAVE_TIMEOUT);
        if !self.transcript.owes_nothing() {
            self.view
                .notice("derniers messages en cours de remise… (Ctrl-C encore une fois : partir tout de suite)");
        }
    }

    /// When [`late`](Conversation::late) has something to do.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        let stall = match self.author {
            LineSource::Person => self.errands.overdue_at(),
            LineSource::Program => None,
        };
        self.patience.into_iter().chain(stall).min()
    }

    pub(super) fn late(&mut self) {
        if self.patience.is_some_and(|end| end <= Instant::now()) {
            self.go();
        } else if self.author == LineSource::Person && self.errands.is_overdue() {
            self.tell_stall();
        }
    }

    /// Goes at once, whatever is owed.
    fn go(&mut self) {
        self.phase = Phase::Gone;
        self.errands.end();
    }

    pub(super) fn is_done(&self) -> bool {
        match self.connection {
            _ if self.phase == Phase::Gone => true,
            Connection::Ended(_) => self.view.is_up_to_date(),
            Connection::Alive => false,
        }
    }

    /// Leaves the terminal as it was, and says what did not arrive.
    pub(super) fn close(mut self) -> Outcome {
        self.undelivered.extend(self.transcript.unsettled());
        self.undelivered.append(&mut self.too_late);
        let untold = &self.undelivered[self.told..];
        let output = self.view.close(self.transcript.name(), untold);
        Outcome {
            ending: match self.connection {
                Connection::Ended(ending) => ending,
                Connection::Alive => None,
            },
            undelivered: self.undelivered,
            signal: self.signal,
            failure: match output {
                OutputState::Failed(error) => Some(error),
                OutputState::Open | OutputState::Closed => None,
            },
        }
    }
}
