//! Linux, macOS, the BSDs.

mod input;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;
mod signals;
mod sink;
mod terminal;

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::fs::{Access, OFlags};
use rustix::io::Errno;
use rustix::process::{Resource, Signal, getrlimit, kill_current_process_group, setrlimit};

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(target_os = "linux"))]
use other as system;

pub use input::InputReader;
pub use signals::{Signals, stop_on_signals};
pub use sink::{Sink, Watch};
pub use std::os::fd::AsFd as AsStream;
pub use system::{is_listening, supervisor_address};
pub use terminal::TerminalDevice;

#[cfg(test)]
pub(crate) use sink::tests::{is_nonblocking, pseudo_terminal, read_some};

/// What the program's file is called.
pub const PROGRAM: &str = "msg";

/// A standard stream, or what stands for one.
pub type Stream = OwnedFd;

/// One end of a pair of sockets within this program, by which one part of it wakes another.
pub type WakeStream = UnixStream;

/// Two of them that are connected.
///
/// # Errors
/// When no file descriptors are left.
pub fn wake_streams() -> io::Result<(WakeStream, WakeStream)> {
    UnixStream::pair()
}

/// Standard input, output and error.
///
/// # Errors
/// When one is closed, or no file descriptors are left.
pub fn standard_streams() -> io::Result<[Stream; 3]> {
    Ok([
        io::stdin().as_fd().try_clone_to_owned()?,
        io::stdout().as_fd().try_clone_to_owned()?,
        io::stderr().as_fd().try_clone_to_owned()?,
    ])
}

/// The terminal of this program, whatever its standard streams are.
pub type Tty = File;

/// # Errors
/// When the program has none.
pub fn open_tty() -> io::Result<Tty> {
    File::options().read(true).write(true).open("/dev/tty")
}

/// What kind of terminal the user has, if any: `TERM`.
pub fn term() -> Option<OsString> {
    std::env::var_os("TERM")
}

/// Whether terminals can do more than show one character after the other.
pub fn terminals_are_able() -> bool {
    term().is_some_and(|term| !term.is_empty() && term != "dumb")
}

/// Stops this program, with the pipeline or script that it belongs to, as the terminal's Ctrl-Z would.
///
/// # Errors
/// When the system does not let us.
pub fn suspend_job() -> io::Result<()> {
    Ok(kill_current_process_group(Signal::TSTP)?)
}

/// A terminal stays when the program ends.
pub fn let_last_words_be_read() {}

/// Lets this process open as many files as it may at all: each conversation takes two.
pub fn raise_file_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where the system refuses, fewer people are let in at once; the rest wait.
    let _ = setrlimit(Resource::Nofile, limit);
}

/// Before it is bound: a relay started again must not wait for the last conversation's connections to be forgotten.
///
/// # Errors
/// None that were ever seen.
pub fn allow_rebinding(socket: &socket2::Socket) -> io::Result<()> {
    socket.set_reuse_address(true)
}

/// Whether a stream cannot be read at all: what `nohup` makes of a terminal's input, so that whoever reads it is told.
pub fn is_not_for_reading(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::BADF.raw_os_error())
}

/// How to open a file that only its owner may read once it is made. A pipe is opened without waiting for its other end.
pub fn private_file(options: &mut OpenOptions) -> &mut OpenOptions {
    // NONBLOCK makes a pipe without a reader an error; for a regular file it means nothing.
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    options.custom_flags(flags).mode(0o600)
}

/// Whether a file could not be opened because it is a pipe or a socket that nobody reads.
pub fn has_no_reader(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::NXIO.raw_os_error())
}

/// Reads at a place of a file.
///
/// # Errors
/// When it cannot be read.
pub fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<usize> {
    file.read_at(bytes, at)
}

/// Writes at a place of a file.
///
/// # Errors
/// When it cannot be written.
pub fn write_all_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    file.write_all_at(bytes, at)
}

/// Whether a file may be made in a folder.
///
/// # Errors
/// What making one would fail with.
pub fn may_make_files(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::access(
        folder,
        Access::WRITE_OK | Access::EXEC_OK,
    )?)
}
