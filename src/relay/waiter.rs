//! What the relay waits on: its sockets, and the time when something is due.
//!
//! On Linux that is an epoll with a timer of its own, where a line costs three system calls. Elsewhere it is what the
//! crate `polling` makes of the system's own (kqueue on macOS and the BSDs), and so it is on Linux with the feature
//! `portable-waiter`, for the tests. Both are level-triggered: what was not taken is told again.

use std::num::NonZero;

#[cfg(all(target_os = "linux", not(feature = "portable-waiter")))]
mod epoll;
#[cfg(not(all(target_os = "linux", not(feature = "portable-waiter"))))]
mod portable;
#[cfg(all(target_os = "linux", not(feature = "portable-waiter")))]
mod timer;

#[cfg(all(target_os = "linux", not(feature = "portable-waiter")))]
pub(super) use epoll::{Events, Waiter};
#[cfg(not(all(target_os = "linux", not(feature = "portable-waiter"))))]
pub(super) use portable::{Events, Waiter};

/// How many events one wait brings at most.
const MAX_EVENTS: NonZero<usize> = NonZero::new(256).unwrap();

/// What a source is watched for, or is ready for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Readiness {
    pub readable: bool,
    pub writable: bool,
}

impl Readiness {
    pub const READABLE: Readiness = Readiness {
        readable: true,
        writable: false,
    };
    pub const WRITABLE: Readiness = Readiness {
        readable: false,
        writable: true,
    };
}

/// What ended a wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    /// As its source was [watched](Waiter::watch) under.
    pub key: usize,
    /// A connection that broke is readable, too, whatever it is watched for.
    pub ready: Readiness,
}
