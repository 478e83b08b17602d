//! The rules that keep the promise, one decision each.

use crate::protocol::wire::Pid;

/// Rule 1: whether lines may go out to a partner that has, or has not, acknowledged since we met.
pub(super) fn may_speak(acknowledged: bool) -> bool {
    acknowledged
}

/// Rule 2: whether a message has been received before.
pub(super) fn is_duplicate(seq: u64, received: u64) -> bool {
    seq <= received
}

/// Rule 2: whether messages are missing before this one.
pub(super) fn is_gap(seq: u64, received: u64) -> bool {
    seq > received + 1
}

/// Rule 3: whether lines that were meant for one partner may go to another.
pub(super) fn may_inherit(former: Pid, next: Pid) -> bool {
    former == next
}

/// Rule 5: whether an acknowledgement names messages that were never sent.
pub(super) fn is_impossible(through: u64, sent: u64) -> bool {
    through > sent
}
