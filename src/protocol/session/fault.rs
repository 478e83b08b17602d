//! What a line can do to a connection.

use crate::protocol::wire::{Bye, Malformed, Refusal};

use super::{Disconnected, Ending};

/// Why a line that came ends the connection, or everything.
pub(super) enum Fault {
    /// This connection is no good; the next may be.
    Disconnected(Disconnected),
    End(Ending),
}

impl Fault {
    pub(super) fn refused(refusal: Refusal, reason: &str) -> Fault {
        match refusal {
            // Too slow on this connection; the lines go on over the next.
            Refusal::Slow => Fault::Disconnected(Disconnected::TooSlow(reason.to_owned())),
            refusal => Fault::End(Ending::Refused {
                refusal,
                reason: reason.to_owned(),
            }),
        }
    }
}

impl From<Bye> for Fault {
    fn from(bye: Bye) -> Fault {
        match bye {
            Bye::Restart => Fault::Disconnected(Disconnected::Restart),
            Bye::Stop => Fault::End(Ending::Stopped),
            Bye::Over => Fault::End(Ending::Over),
        }
    }
}

impl From<Malformed> for Fault {
    fn from(malformed: Malformed) -> Fault {
        Fault::End(Ending::Protocol(malformed))
    }
}

impl From<Disconnected> for Fault {
    fn from(reason: Disconnected) -> Fault {
        Fault::Disconnected(reason)
    }
}
