//! What a line can do to a connection.

use crate::protocol::wire::{Bye, Malformed, Refusal};

use super::Ending;

/// Why a line that came ends the connection, or everything.
pub(super) enum Fault {
    /// This connection is no good; the next may be.
    Disconnected(String),
    End(Ending),
}

impl Fault {
    pub(super) fn refused(refusal: Refusal, reason: &str) -> Fault {
        match refusal {
            // Too slow on this connection; the lines go on over the next.
            Refusal::Slow => Fault::Disconnected(reason.to_owned()),
            refusal => Fault::End(Ending::Refused {
                code: refusal.code().to_owned(),
                reason: reason.to_owned(),
            }),
        }
    }
}

impl From<Bye> for Fault {
    fn from(bye: Bye) -> Fault {
        match bye {
            Bye::Restart => Fault::Disconnected("le relais redémarre".to_owned()),
            Bye::Stop => Fault::End(Ending::Stopped),
            Bye::Over => Fault::End(Ending::Over),
        }
    }
}

impl From<Malformed> for Fault {
    fn from(malformed: Malformed) -> Fault {
        Fault::End(Ending::Protocol {
            reason: malformed.to_string(),
        })
    }
}
