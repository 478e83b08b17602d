//! What a supervisor sees of a relay: the socket it hands over, whether the relay is ready and well, and the log.
//!
//! systemd is meant, and whatever else keeps to sd_notify(3), sd_listen_fds(3) and sd-daemon(3). Where there is no
//! supervisor none of this is there, and a relay runs all the same. No text of any conversation comes through here.

mod log;
#[cfg(unix)]
mod supervisor;
#[cfg(not(unix))]
mod unsupervised;

use std::fmt;
use std::net::SocketAddr;

use crate::protocol::hub::{Counts, Effect};
use crate::protocol::{Millis, earliest};

#[cfg(not(unix))]
use unsupervised as supervisor;

use log::{Log, Severity};
use supervisor::Supervisor;

pub use log::error_line;
pub use supervisor::{has_journal, inherited_socket};

/// How often to tell that no descriptor is left: it may happen as often as somebody calls.
const EXHAUSTED_EVERY: Millis = 60_000;

/// A relay that nobody watches: all that it says goes to the log and the supervisor.
#[derive(Debug)]
pub struct Service {
    log: Log,
    supervisor: Supervisor,
    counts: Counts,
    /// When it was last told that no descriptor is left.
    exhausted_at: Option<Millis>,
}

impl Service {
    /// The service that the environment describes, with standard error for its log.
    pub fn from_environment() -> Service {
        Service {
            log: Log::stderr(),
            supervisor: Supervisor::from_environment(),
            counts: Counts::default(),
            exhausted_at: None,
        }
    }

    /// The relay listens: whoever calls now is served.
    pub fn ready(&mut self, now: Millis, address: SocketAddr) {
        let sentence = format!("à l'écoute sur {address}.");
        self.log.say(now, Severity::Notice, &sentence);
        self.supervisor.ready(now, self.counts);
    }

    /// Programs are told there how the relay is.
    pub fn measured_at(&mut self, now: Millis, address: SocketAddr) {
        let sentence = format!("mesures à http://{address}/metrics.");
        self.log.say(now, Severity::Notice, &sentence);
    }

    /// Something happened.
    pub fn happened(&mut self, now: Millis, effect: &Effect) {
        self.log.effect(now, effect);
    }

    /// Nobody more can be let in: no descriptor is left.
    pub fn exhausted(&mut self, now: Millis) {
        let told_lately = |at| now < at + EXHAUSTED_EVERY;
        if !self.exhausted_at.is_some_and(told_lately) {
            self.exhausted_at = Some(now);
            let sentence = "plus un descripteur de libre : les prochaines connexions attendent.";
            self.log.say(now, Severity::Warning, sentence);
        }
    }

    /// The relay was told to stop, or its conversation is over.
    pub fn stopping(&mut self, now: Millis) {
        let sentence = format!("arrêt ({}).", self.counts);
        self.log.say(now, Severity::Notice, &sentence);
        self.supervisor.stopping();
    }

    /// Tells the supervisor and the log what is due, and how many people are served.
    pub fn tend(&mut self, now: Millis, counts: Counts) {
        self.counts = counts;
        self.supervisor.tend(now, self.counts);
        self.log.tend(now);
    }

    /// When [`tend`](Service::tend) must be called next.
    pub fn next_timeout(&self) -> Option<Millis> {
        let supervisor = self.supervisor.next_timeout(self.counts);
        earliest([supervisor, self.log.next_timeout()])
    }
}

/// « 12 conversations, 1 personne en attente »
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.conversations {
            0 => write!(f, "aucune conversation")?,
            1 => write!(f, "1 conversation")?,
            n => write!(f, "{n} conversations")?,
        }
        match self.waiting {
            0 => Ok(()),
            1 => write!(f, ", 1 personne en attente"),
            n => write!(f, ", {n} personnes en attente"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_french() {
        let told = |conversations, waiting| {
            Counts {
                conversations,
                waiting,
            }
            .to_string()
        };
        assert_eq!(told(0, 0), "aucune conversation");
        assert_eq!(told(1, 2), "1 conversation, 2 personnes en attente");
        assert_eq!(told(12, 1), "12 conversations, 1 personne en attente");
    }
}
