//! Whom a relay tells what happens: a person at a terminal, who reads the conversation as well, or a supervisor and a
//! log, which never do.

use std::io;
use std::os::fd::BorrowedFd;

use crate::display::{self, Author};
use crate::protocol::Millis;
use crate::protocol::hub::{Counts, Effect};
use crate::protocol::wire::Bye;
use crate::service::Service;

use super::door::Door;
use super::show::Show;

pub(super) enum Face {
    Show(Show),
    Service(Service),
}

impl Face {
    /// Callers may come.
    pub(super) fn begins(&mut self, now: Millis, door: &Door) -> io::Result<()> {
        match self {
            Face::Show(show) => {
                for address in door.reachable_at()? {
                    let row = show.notice_palette().invitation(address);
                    show.aside(&row);
                }
            }
            Face::Service(service) => service.ready(now, door.address()),
        }
        Ok(())
    }

    pub(super) fn happened(&mut self, now: Millis, effect: &Effect) {
        match self {
            Face::Show(show) => happened(show, effect),
            Face::Service(service) => service.happened(now, effect),
        }
    }

    /// The kernel refuses callers from now on.
    pub(super) fn seats_taken(&mut self) {
        if let Face::Show(show) = self {
            show.notice(display::SEATS_TAKEN);
        }
    }

    /// A caller had to be left waiting: nothing is left to let them in with.
    pub(super) fn exhausted(&mut self, now: Millis) {
        if let Face::Service(service) = self {
            service.exhausted(now);
        }
    }

    /// What to tell people when the relay is told to stop. A supervisor starts another at once, or when somebody calls;
    /// a person does not.
    pub(super) fn farewell(&self) -> Bye {
        match self {
            Face::Show(_) => Bye::Stop,
            Face::Service(_) => Bye::Restart,
        }
    }

    /// The relay is told to stop.
    pub(super) fn stops(&mut self, now: Millis) {
        if let Face::Service(service) = self {
            service.stopping(now);
        }
    }

    /// The conversation is over.
    pub(super) fn over(&mut self, now: Millis) {
        match self {
            Face::Show(show) => show.notice(display::OVER),
            Face::Service(service) => service.stopping(now),
        }
    }

    /// Tells what is due.
    pub(super) fn tend(&mut self, now: Millis, counts: Counts) {
        match self {
            Face::Show(show) => show.flush(now),
            Face::Service(service) => service.tend(now, counts),
        }
    }

    /// When [`tend`](Face::tend) must be called, whether or not anything has happened.
    pub(super) fn deadline(&self) -> Option<Millis> {
        match self {
            Face::Show(show) => show.deadline(),
            Face::Service(service) => service.deadline(),
        }
    }

    /// Whether clients should not be read for now, because nobody could see it all. Only [`tend`](Face::tend) changes it.
    pub(super) fn holds_back(&self) -> bool {
        match self {
            Face::Show(show) => show.holds_back(),
            Face::Service(_) => false,
        }
    }

    /// Whether bytes wait for the terminal.
    pub(super) fn is_blocked(&self) -> bool {
        match self {
            Face::Show(show) => show.is_blocked(),
            Face::Service(_) => false,
        }
    }

    /// The terminal, if there is one.
    pub(super) fn terminal(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Face::Show(show) => Some(show.as_fd()),
            Face::Service(_) => None,
        }
    }

    /// What kept messages from being shown.
    pub(super) fn into_failure(self) -> Option<io::Error> {
        match self {
            Face::Show(show) => show.into_failure(),
            Face::Service(_) => None,
        }
    }
}

/// Shows a message, or what happened.
fn happened(show: &mut Show, effect: &Effect) {
    let notice = match effect {
        Effect::Said { side, name, line } => {
            let author = [Author::Own, Author::Other][*side];
            return show.message(author, name.as_str(), line);
        }
        Effect::Joined { name, .. } => display::arrived(name.as_str()),
        Effect::Away { name, .. } => display::away(name.as_str(), 0),
        Effect::Back { name, .. } => display::back(name.as_str(), 0),
        Effect::Left { name, .. } => display::left(name.as_str()),
        Effect::Lost { name, .. } => display::lost(name.as_str()),
        Effect::Refused {
            address, reason, ..
        } => format!("connexion de {address} refusée : {reason}."),
        Effect::Close(_) | Effect::Understood { .. } => return,
    };
    show.notice(&notice);
}
