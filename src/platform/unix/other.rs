//! macOS, the BSDs, and whatever else is a Unix.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::SocketAddr;

use rustix::fs::{Mode, OFlags};

/// Opens a terminal once more, for a description of our own with `flags`. Here /dev/fd would only copy the descriptor, and
/// a pipe has no name.
///
/// # Errors
/// When it is a pipe or somebody else's terminal, or no file descriptor is left.
pub(super) fn reopen(output: BorrowedFd<'_>, flags: OFlags) -> io::Result<OwnedFd> {
    let path = rustix::termios::ttyname(output, Vec::new())?;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}

/// Which signals this process ignores, with signal n at bit n - 1: none, for nothing safe tells.
pub(super) fn ignored_signals() -> u64 {
    0
}

/// The address that `NOTIFY_SOCKET` names: a path.
///
/// # Errors
/// When it is too long for one.
pub fn supervisor_address(name: &OsStr) -> io::Result<SocketAddr> {
    SocketAddr::from_pathname(name)
}

/// Whether a stream socket listens, as far as can be told everywhere: one that is connected does not.
pub fn is_listening(socket: BorrowedFd<'_>) -> bool {
    rustix::net::getpeername(socket).is_err()
}
