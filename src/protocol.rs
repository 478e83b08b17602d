//! The protocol, pure: no socket, clock, randomness or thread. Bytes and time come in, bytes and events go out.
//!
//! `docs/protocol.md` is its exact description.

pub mod charset;
pub mod end_words;
pub mod heads;
pub mod hub;
pub mod hygiene;
pub mod name;
pub mod outbox;
pub mod plain;
pub mod seal;
pub mod search;
pub mod session;
pub mod timeouts;
pub mod wire;

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

/// A span or a point of the caller's monotonic clock, in milliseconds.
pub type Millis = u64;

/// The first of several points of time at which something is due.
pub fn earliest<const N: usize>(deadlines: [Option<Millis>; N]) -> Option<Millis> {
    /// Later than anything is due.
    const NEVER: Millis = Millis::MAX;

    // One comparison each and no branch: this is asked with every line.
    let at = deadlines.map(|at| at.unwrap_or(NEVER)).into_iter().min()?;
    (at < NEVER).then_some(at)
}

/// A date: milliseconds since 1970-01-01 00:00 UTC.
pub type UnixMillis = u64;

/// One line of a conversation, as its author sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When its author sent it, by the author's clock.
    pub sent_at: UnixMillis,
    /// Its text, without line ending; anything but LF may stand in it, so it is shown through `display` only.
    pub text: String,
}
