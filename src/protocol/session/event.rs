//! What a session has to tell.

use std::fmt;
use std::io;

use crate::protocol::Line;
use crate::protocol::wire::{Malformed, Refusal};

/// What a conversation tells a user interface. `Ended` is always the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The relay has taken us in and nobody sits opposite yet.
    Waiting,
    /// Someone sits down opposite, for the first time.
    Arrived { name: String },
    /// The other has proved to know the code that both share: from here on nobody between the two reads or changes what
    /// they say.
    Sealed { name: String },
    /// A line of the other person's. It counts as received once the user interface has taken this event.
    Received { name: String, line: Line },
    /// How many of this end's lines, from the first on, are settled: the other's client holds them, or an
    /// `Undelivered` has named them.
    Delivered { lines: u64 },
    /// Our connection is cut, and dialling goes on by itself. Told once for each outage.
    /// `held` lines wait for it.
    Disconnected { reason: Disconnected, held: usize },
    /// Our connection stands again; `delivered` lines that had waited have reached the other.
    Restored { delivered: usize },
    /// The other's connection is cut; the seat is kept. `held` lines wait.
    Away { name: String, held: usize },
    /// The other is back; `delivered` lines that had waited have arrived.
    Back { name: String, delivered: usize },
    /// The other has left: the discussion is over and takes no new line.
    Left { name: String },
    /// The relay says that the other has left; the other has not said so under the seal. Otherwise as `Left`.
    LeftWithoutGoodbye { name: String },
    /// The other did not come back in time: the discussion is over and takes no new line.
    Lost { name: String },
    /// Nobody will say any more that these lines reached the other. The first `gone_out` of them may have; the rest never
    /// went out.
    Undelivered { lines: Vec<Line>, gone_out: usize },
    /// Nothing follows.
    Ended(Ending),
}

/// Why a conversation is over for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Somebody left, and all is said.
    Over,
    /// No relay has answered at this address; `reason` is why the last call came to nothing.
    NoRelay {
        address: String,
        reason: Disconnected,
    },
    /// The relay refuses us; `reason` are its own words.
    Refused { refusal: Refusal, reason: String },
    /// What answers is no relay of this protocol.
    NotARelay(Malformed),
    /// The relay does not keep to the protocol.
    Protocol(Malformed),
    /// The relay was told to stop.
    Stopped,
    /// The other has another code, or somebody between the two has none. Nothing was sent.
    WrongCode { name: String },
    /// Whoever sat opposite came and went without ever proving to know the code. Nothing was sent to them.
    TooManyGuesses,
    /// We have a code and the other has none. Nothing was sent.
    NoCode { name: String },
    /// The other talks to those alone who share a code with them, and we have none.
    CodeWanted { name: String },
    /// A server that speaks plain text cut the connection; there is no resuming.
    HungUp(Disconnected),
}

/// Why a connection is no more, or has never come about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disconnected {
    /// The other end closed it.
    Closed,
    /// The operating system says so.
    System(SystemError),
    /// The host's name has no address.
    UnknownHost,
    /// Whoever answered did not say the welcome in time.
    NoWelcome,
    /// The relay did not say in time who sits opposite.
    NoIntroduction,
    /// The relay was silent for too long.
    RelaySilent,
    /// The partner acknowledged nothing for too long (rule 6).
    NothingArrives,
    /// The partner never said what it holds (rule 1).
    NotSynchronised,
    /// The partner acknowledged more than was sent (rule 5).
    ImpossibleAck { through: u64, sent: u64 },
    /// The relay hung up because this connection was too slow; these are its own words.
    TooSlow(String),
    /// The relay is being started anew.
    Restart,
    /// The conversation is over.
    Ended,
}

/// What the operating system says went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SystemError {
    pub kind: io::ErrorKind,
    /// Its own number, where it gave one.
    pub code: Option<i32>,
}

impl From<&io::Error> for SystemError {
    fn from(error: &io::Error) -> SystemError {
        SystemError {
            kind: error.kind(),
            code: error.raw_os_error(),
        }
    }
}

impl From<io::Error> for Disconnected {
    fn from(error: io::Error) -> Disconnected {
        Disconnected::System(SystemError::from(&error))
    }
}

impl fmt::Display for Disconnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Disconnected {}
