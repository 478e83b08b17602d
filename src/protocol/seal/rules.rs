//! The rules that keep a sealed conversation private, one decision each.

use crate::protocol::name::Name;
use crate::protocol::wire::Pid;

/// What a key exchange is about, which both sides must agree on: the protocol, who takes part, and under which names.
pub(super) fn identity(one: (Pid, &Name), other: (Pid, &Name)) -> String {
    let mut both = [one, other];
    both.sort_by_key(|(pid, _)| *pid);
    let [(a, a_name), (b, b_name)] = both;
    format!("MSG/1 KEY\n{a} {a_name}\n{b} {b_name}\n")
}

/// What a key is for: each direction has its own.
pub(super) fn direction(from: Pid, to: Pid) -> String {
    format!("{from} {to}")
}

/// Whether the partner has proved that it knows the code.
pub(super) fn is_proved(expected: &[u8], given: &[u8]) -> bool {
    use subtle::ConstantTimeEq;
    expected.ct_eq(given).into()
}

/// The number of the next box: a key never seals two boxes of one number.
pub(super) fn next_number(last: u64) -> u64 {
    last.checked_add(1)
        .expect("nobody lives to see 2^64 boxes under one key")
}

/// Whether a box is newer than all that were opened.
pub(super) fn is_newer(number: u64, opened: u64) -> bool {
    number > opened
}

/// Whether a share is our own, which somebody sends back to us.
pub(super) fn is_reflected(own: &[u8], given: &[u8]) -> bool {
    own == given
}

/// Whether a verb that should have come in a box is believed without one.
pub(in crate::protocol) fn believes_in_clear() -> bool {
    false
}
