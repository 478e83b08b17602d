//! The way out of a conversation: politely, and never for longer than anybody has patience.

use std::io;
use std::time::{Duration, Instant};

use gtk::prelude::*;
use rustix::process::Signal;

use super::{Connection, Conversation, Phase, Shutter};
use crate::conversation::{Outcome, print_undelivered};
use crate::display::{Colour, Palette};
use crate::peer::Shutdown;

/// How long leaving may take without any progress. The connection gives itself 2 s.
const LEAVE_TIMEOUT: Duration = Duration::from_millis(2500);

impl Conversation {
    pub(super) fn leave(&mut self) {
        if self.phase == Phase::Talking
            && let Connection::Alive { errands, .. } = &mut self.connection
        {
            self.phase = Phase::Leaving;
            errands.part(Shutdown::Quit);
            self.patience = Some(Instant::now() + LEAVE_TIMEOUT);
            if !self.transcript.owes_nothing() {
                self.main_window
                    .message_list
                    .notice("derniers messages en cours de remise…");
            }
        }
    }

    /// Something has happened, which is worth some more patience, but for a signal's.
    pub(super) fn progress(&mut self) {
        if self.phase == Phase::Leaving && self.signal.is_none() {
            self.patience = Some(Instant::now() + LEAVE_TIMEOUT);
        }
    }

    /// The first time politely, the second time at once.
    pub(super) fn told_to_leave(&mut self, signal: Signal) {
        self.leave();
        if self.signal.replace(signal).is_some() {
            self.connection_ended(None);
        }
        self.patience = Some(Instant::now() + LEAVE_TIMEOUT);
    }

    pub(super) fn late(&mut self) {
        let now = Instant::now();
        if self.patience.is_some_and(|end| end <= now) {
            // Letting go of the connection ends it.
            self.connection_ended(None);
        } else if let Connection::Alive { errands, .. } = &mut self.connection
            && errands.is_overdue()
        {
            // The header counts what waits from now on.
            errands.stall_told();
        }
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        match &self.connection {
            Connection::Alive { errands, .. } => {
                self.patience.into_iter().chain(errands.overdue_at()).min()
            }
            Connection::Ended(_) => None,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        let nobody_looks = self.shutter == Shutter::Closed || self.signal.is_some();
        nobody_looks && matches!(self.connection, Connection::Ended(_))
    }

    pub(super) fn close(self) -> Outcome {
        self.main_window.window.destroy();
        let palette = Palette::new(Colour::choose(&io::stderr()));
        // The window that showed them is gone.
        print_undelivered(
            self.transcript.name(),
            &self.undelivered,
            &palette,
            &io::stderr(),
        );
        Outcome {
            ending: match self.connection {
                Connection::Ended(ending) => ending,
                Connection::Alive { .. } => None,
            },
            undelivered: self.undelivered,
            signal: self.signal,
            failure: None,
        }
    }
}
