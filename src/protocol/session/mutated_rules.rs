//! The rules of `rules.rs`, with mistakes that the simulation switches on to prove that it would catch them.
//!
//! A mistake holds for the thread that makes it, so that simulations run beside each other.

use std::cell::Cell;

use crate::protocol::wire::Pid;

#[path = "rules.rs"]
mod correct;

/// A mistake in a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionMutation {
    NoDeduplication,
    GapsAccepted,
    SpeaksBeforeAck,
    ImpossibleAckBelieved,
    /// Lines that one partner has not acknowledged go to the next.
    LinesForAnybody,
}

thread_local! {
    static MADE: Cell<Option<SessionMutation>> = const { Cell::new(None) };
}

/// From here on this thread makes that mistake, or none.
pub fn mutate(mutation: Option<SessionMutation>) {
    MADE.set(mutation);
}

fn makes(mutation: SessionMutation) -> bool {
    MADE.get() == Some(mutation)
}

pub(super) fn may_speak(acknowledged: bool) -> bool {
    correct::may_speak(acknowledged) || makes(SessionMutation::SpeaksBeforeAck)
}

pub(super) fn is_duplicate(seq: u64, received: u64) -> bool {
    correct::is_duplicate(seq, received) && !makes(SessionMutation::NoDeduplication)
}

pub(super) fn is_gap(seq: u64, received: u64) -> bool {
    correct::is_gap(seq, received) && !makes(SessionMutation::GapsAccepted)
}

pub(super) fn may_inherit(former: Pid, next: Pid) -> bool {
    correct::may_inherit(former, next) || makes(SessionMutation::LinesForAnybody)
}

pub(super) fn is_impossible(through: u64, sent: u64) -> bool {
    correct::is_impossible(through, sent) && !makes(SessionMutation::ImpossibleAckBelieved)
}
