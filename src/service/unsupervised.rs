//! No supervisor: where systemd is not, and nothing keeps to its manners.

use std::convert::Infallible;
use std::net::TcpListener;

use crate::protocol::Millis;
use crate::protocol::hub::Counts;

/// Nobody.
#[derive(Debug)]
pub(super) struct Supervisor;

impl Supervisor {
    pub(super) fn from_environment() -> Supervisor {
        Supervisor
    }

    pub(super) fn ready(&mut self, _now: Millis, _counts: Counts) {}

    pub(super) fn stopping(&self) {}

    pub(super) fn tend(&mut self, _now: Millis, _counts: Counts) {}

    pub(super) fn next_timeout(&self, _counts: Counts) -> Option<Millis> {
        None
    }
}

/// The listening socket that a supervisor hands over: none.
///
/// # Errors
/// Never.
pub fn inherited_socket() -> Result<Option<TcpListener>, Infallible> {
    Ok(None)
}

/// Whether standard error is the journal: never.
pub fn has_journal() -> bool {
    false
}
