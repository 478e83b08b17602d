//! What a session has to tell.

use crate::protocol::Line;

/// What a conversation tells a user interface. `Ended` is always the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The relay has taken us in and nobody sits opposite yet.
    Waiting,
    /// Someone sits down opposite, for the first time.
    Arrived { name: String },
    /// A line of the other person's. It counts as received once the user interface has taken this event.
    Received { name: String, line: Line },
    /// How many of this end's lines, from the first on, are settled: the other's client holds them, or an
    /// `Undelivered` has named them.
    Delivered { lines: u64 },
    /// Our connection is cut, and dialling goes on by itself. Told once for each outage.
    /// `held` lines wait for it.
    Disconnected { reason: String, held: usize },
    /// Our connection stands again; `delivered` lines that had waited have reached the other.
    Restored { delivered: usize },
    /// The other's connection is cut; the seat is kept. `held` lines wait.
    Away { name: String, held: usize },
    /// The other is back; `delivered` lines that had waited have arrived.
    Back { name: String, delivered: usize },
    /// The other has left: the discussion is over and takes no new line.
    Left { name: String },
    /// The other did not come back in time: the discussion is over and takes no new line.
    Lost { name: String },
    /// These lines never reached the other, and never will.
    Undelivered { lines: Vec<Line> },
    /// Nothing follows.
    Ended(Ending),
}

/// Why a conversation is over for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Somebody left, and all is said.
    Over,
    /// No relay answers at this address; `reason` is the operating system's last word.
    NoRelay { address: String, reason: String },
    /// The relay refuses us: the code and the text of its `ERR` line.
    Refused { code: String, reason: String },
    /// What answers does not keep to the protocol.
    Protocol { reason: String },
    /// The relay was told to stop.
    Stopped,
    /// A server that speaks plain text cut the connection; there is no resuming.
    HungUp { reason: String },
}
