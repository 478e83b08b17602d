//! The rules of `rules.rs`, with mistakes that the simulation switches on to prove that it would catch them.
//!
//! A mistake holds for the thread that makes it, so that simulations run beside each other.

use std::cell::Cell;

use crate::protocol::name::Name;
use crate::protocol::wire::Pid;

#[path = "rules.rs"]
mod correct;

/// A mistake in a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::protocol) enum SealMutation {
    NoConfirmation,
    NonceReused,
    ClearVerbsBelieved,
    NamesUnbound,
    ReflectionAccepted,
}

thread_local! {
    static MADE: Cell<Option<SealMutation>> = const { Cell::new(None) };
}

/// From here on this thread makes that mistake, or none.
pub(in crate::protocol) fn mutate(mutation: Option<SealMutation>) {
    MADE.set(mutation);
}

fn makes(mutation: SealMutation) -> bool {
    MADE.get() == Some(mutation)
}

pub(super) fn identity(one: (Pid, &Name), other: (Pid, &Name)) -> String {
    if makes(SealMutation::NamesUnbound) {
        return "MSG/1 KEY\n".to_owned();
    }
    correct::identity(one, other)
}

pub(super) fn direction(from: Pid, to: Pid) -> String {
    if makes(SealMutation::ReflectionAccepted) {
        return "both".to_owned();
    }
    correct::direction(from, to)
}

pub(super) fn is_proved(expected: &[u8], given: &[u8]) -> bool {
    correct::is_proved(expected, given) || makes(SealMutation::NoConfirmation)
}

pub(super) fn next_number(last: u64) -> u64 {
    if makes(SealMutation::NonceReused) {
        return last.max(1);
    }
    correct::next_number(last)
}

pub(super) fn is_newer(number: u64, opened: u64) -> bool {
    correct::is_newer(number, opened) || makes(SealMutation::NonceReused)
}

pub(super) fn is_reflected(own: &[u8], given: &[u8]) -> bool {
    correct::is_reflected(own, given) && !makes(SealMutation::ReflectionAccepted)
}

pub(in crate::protocol) fn believes_in_clear() -> bool {
    correct::believes_in_clear() || makes(SealMutation::ClearVerbsBelieved)
}
