//! Linux: /proc, and what is systemd's.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::SocketAddr;

use rustix::fs::{Mode, OFlags};
use rustix::net::sockopt;

/// Opens a terminal or a pipe once more, for a description of our own with `flags`.
///
/// # Errors
/// When it is somebody else's terminal, there is no /proc, or no file descriptor is left.
pub(super) fn reopen(output: BorrowedFd<'_>, flags: OFlags) -> io::Result<OwnedFd> {
    let path = format!("/proc/self/fd/{}", output.as_raw_fd());
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}

/// Which signals this process ignores, by the kernel's word: signal n is bit n - 1. None where it does not say.
pub(super) fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

/// The address that `NOTIFY_SOCKET` names: a path, or a name in the abstract namespace, which begins with `@`.
///
/// # Errors
/// When it is too long for one.
pub fn supervisor_address(name: &OsStr) -> io::Result<SocketAddr> {
    match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        _ => SocketAddr::from_pathname(name),
    }
}

/// Whether a stream socket listens.
pub fn is_listening(socket: BorrowedFd<'_>) -> bool {
    sockopt::socket_acceptconn(socket) == Ok(true)
}
