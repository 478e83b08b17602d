//! Whom a relay tells what happens: a person at a terminal, who reads the conversation as well; a supervisor and a log,
//! which never do; or nobody, where one of the two people runs it and reads all there is in a client.

use std::io;
use std::net::SocketAddr;

use crate::display;
use crate::invitation::Invitation;
use crate::options::Sealing;
use crate::protocol::Millis;
use crate::protocol::hub::{Counts, Effect, HeadFormat, SeatChange};
use crate::protocol::wire::Bye;
use crate::service::Service;

use super::console::Console;
use super::listener::Listener;

pub(super) enum Observer {
    Console(Box<Console>),
    Service(Box<Service>),
    Host,
}

impl Observer {
    /// Callers may come.
    #[cold]
    pub(super) fn begins(&mut self, now: Millis, listener: &Listener) -> io::Result<()> {
        match self {
            Observer::Console(console) => {
                for address in listener.reachable_at()? {
                    let line = Invitation::new(address, Sealing::Off).to_string();
                    let row = console.notice_palette().command(&line);
                    console.aside(&row);
                }
            }
            Observer::Service(service) => service.ready(now, listener.address()),
            Observer::Host => {}
        }
        Ok(())
    }

    /// Programs are told there how the relay is.
    #[cold]
    pub(super) fn measured_at(&mut self, now: Millis, address: SocketAddr) {
        if let Observer::Service(service) = self {
            service.measured_at(now, address);
        }
    }

    pub(super) fn happened(&mut self, now: Millis, effect: &Effect) {
        match self {
            Observer::Console(console) => happened(console, effect),
            Observer::Service(service) => service.happened(now, effect),
            Observer::Host => {}
        }
    }

    /// Messages were passed on, which these rows show.
    pub(super) fn said(&mut self, rows: &str) {
        if let Observer::Console(console) = self {
            console.messages(rows);
        }
    }

    /// How such a row begins.
    pub(super) fn head_format(&self) -> Option<HeadFormat> {
        self.console().map(Console::head_format)
    }

    /// The kernel refuses callers from now on.
    pub(super) fn seats_taken(&mut self) {
        if let Observer::Console(console) = self {
            console.notice(display::SEATS_TAKEN);
        }
    }

    /// A caller had to be left waiting: nothing is left to let them in with.
    pub(super) fn exhausted(&mut self, now: Millis) {
        if let Observer::Service(service) = self {
            service.exhausted(now);
        }
    }

    /// What to tell people when the relay is told to stop. A supervisor starts another at once, or when somebody calls;
    /// a person does not.
    pub(super) fn farewell(&self) -> Bye {
        match self {
            Observer::Console(_) | Observer::Host => Bye::Stop,
            Observer::Service(_) => Bye::Restart,
        }
    }

    /// The relay is told to stop.
    pub(super) fn stops(&mut self, now: Millis) {
        if let Observer::Service(service) = self {
            service.stopping(now);
        }
    }

    /// The conversation is over.
    #[cold]
    pub(super) fn over(&mut self, now: Millis) {
        match self {
            Observer::Console(console) => console.notice(display::OVER),
            Observer::Service(service) => service.stopping(now),
            Observer::Host => {}
        }
    }

    /// Tells what is due.
    pub(super) fn tend(&mut self, now: Millis, counts: Counts) {
        match self {
            Observer::Console(console) => console.flush(now),
            Observer::Service(service) => service.tend(now, counts),
            Observer::Host => {}
        }
    }

    /// When [`tend`](Observer::tend) must be called, whether or not anything has happened.
    pub(super) fn next_timeout(&self) -> Option<Millis> {
        match self {
            Observer::Console(console) => console.next_timeout(),
            Observer::Service(service) => service.next_timeout(),
            Observer::Host => None,
        }
    }

    /// The screen, if there is one.
    pub(super) fn console(&self) -> Option<&Console> {
        match self {
            Observer::Console(console) => Some(console),
            Observer::Service(_) | Observer::Host => None,
        }
    }

    /// What kept messages from being shown.
    pub(super) fn into_failure(self) -> Option<io::Error> {
        match self {
            Observer::Console(console) => console.into_failure(),
            Observer::Service(_) | Observer::Host => None,
        }
    }
}

/// Shows what happened.
fn happened(console: &mut Console, effect: &Effect) {
    let notice = match effect {
        Effect::Seat { change, name, .. } => match change {
            SeatChange::Taken(_) => display::arrived(name.as_str()),
            SeatChange::Away => display::away(name.as_str(), 0),
            SeatChange::Back => display::back(name.as_str(), 0),
            SeatChange::Left => display::left(name.as_str()),
            SeatChange::Yielded => display::yielded(name.as_str()),
            SeatChange::Lost => display::lost(name.as_str()),
        },
        Effect::Refused {
            address, reason, ..
        } => format!("connexion de {address} refusée : {reason}."),
        Effect::Close(_) | Effect::Said(_) | Effect::Understood { .. } => return,
    };
    console.notice(&notice);
}
