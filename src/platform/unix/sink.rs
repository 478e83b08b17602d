//! Where bytes go without ever making the program wait.
//!
//! O_NONBLOCK belongs to an open file description, and the shell shares ours: setting it there breaks the next program on
//! that terminal. So a terminal or a pipe is opened once more, for a description of our own.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, OFlags};
use rustix::io::Errno;
use rustix::net::SendFlags;
use smol::Async;

use super::system;

/// An output that is written without waiting.
#[derive(Debug)]
pub struct Sink {
    output: OwnedFd,
    mode: WriteMode,
}

/// Tells when a [`Sink`] has room, or has lost its reader.
pub type Watch = Async<OwnedFd>;

/// How bytes are written without waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WriteMode {
    /// A terminal or a pipe, on a non-blocking description of our own.
    Own,
    /// A terminal or a pipe that cannot be opened once more (after `su`, say): written in bites, when it is ready.
    Shared,
    /// A socket takes the wish not to wait with each call.
    Socket,
    /// A file or a device: never makes a writer wait for a reader.
    Plain,
}

impl Sink {
    /// # Errors
    /// When it is closed, or there are no more file descriptors.
    pub fn new(output: &impl AsFd) -> io::Result<Sink> {
        let output = output.as_fd();
        let kind = FileType::from_raw_mode(rustix::fs::fstat(output)?.st_mode);
        let (output, mode) = match kind {
            FileType::Socket => (output.try_clone_to_owned()?, WriteMode::Socket),
            FileType::Fifo => own_or_shared(output)?,
            FileType::CharacterDevice if rustix::termios::isatty(output) => own_or_shared(output)?,
            _ => (output.try_clone_to_owned()?, WriteMode::Plain),
        };
        Ok(Sink { output, mode })
    }

    /// Whether a person looks at it.
    pub fn is_terminal(&self) -> bool {
        rustix::termios::isatty(&self.output)
    }

    /// The width of a terminal in columns; 80 where it does not say.
    pub fn columns(&self) -> usize {
        match rustix::termios::tcgetwinsize(&self.output) {
            Ok(size) if size.ws_col > 0 => usize::from(size.ws_col),
            _ => 80,
        }
    }

    /// Writes what it takes now.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when it takes nothing now, and whatever writing fails with.
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        /// As much as a pipe or terminal that calls itself writable takes without waiting.
        const BITE: usize = 512;

        Ok(match self.mode {
            WriteMode::Own | WriteMode::Plain => rustix::io::write(&self.output, bytes)?,
            WriteMode::Socket => {
                // Without NOSIGNAL, which not every system has: a Rust program ignores SIGPIPE from its start.
                rustix::net::send(&self.output, bytes, SendFlags::DONTWAIT)?
            }
            WriteMode::Shared if self.ready(PollFlags::OUT, Duration::ZERO).is_empty() => {
                return Err(Errno::AGAIN.into());
            }
            WriteMode::Shared => rustix::io::write(&self.output, &bytes[..bytes.len().min(BITE)])?,
        })
    }

    /// Waits until it takes more, for at most so long.
    pub fn wait_for_room(&self, patience: Duration) {
        self.ready(PollFlags::OUT, patience);
    }

    /// Waits until what it has taken is out, for at most so long: here it is at once.
    pub fn settle(&self, _patience: Duration) {}

    /// Tells when there is room; `None` for what never makes anybody wait.
    ///
    /// # Errors
    /// When there are no more file descriptors.
    pub fn watch(&self) -> io::Result<Option<Watch>> {
        match Async::new_nonblocking(self.output.try_clone()?) {
            Ok(watch) => Ok(Some(watch)),
            // The kernel refuses to wait for a file.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether it is a pipe, which shows as readable once nobody reads it any more, and at no other time.
    pub fn is_pipe(&self) -> bool {
        rustix::fs::fstat(&self.output)
            .is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::Fifo)
    }

    /// Whether nobody reads it any more.
    pub fn is_abandoned(&self) -> bool {
        self.is_pipe()
            && self
                .ready(PollFlags::empty(), Duration::ZERO)
                .intersects(PollFlags::ERR | PollFlags::HUP)
    }

    fn ready(&self, wanted: PollFlags, patience: Duration) -> PollFlags {
        let mut watched = [PollFd::new(&self.output, wanted)];
        // What does not fit is centuries away.
        let timeout = Timespec::try_from(patience).ok();
        match poll(&mut watched, timeout.as_ref()) {
            Ok(_) => watched[0].revents(),
            // Interrupted, or out of memory for a moment: as good as not ready.
            Err(_) => PollFlags::empty(),
        }
    }
}

impl AsFd for Sink {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.output.as_fd()
    }
}

fn own_or_shared(output: BorrowedFd<'_>) -> io::Result<(OwnedFd, WriteMode)> {
    // Without NOCTTY a program without a terminal would be given this one, and its signals.
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    match system::reopen(output, flags) {
        Ok(own) => Ok((own, WriteMode::Own)),
        // The description that we were given still works.
        Err(_) => Ok((output.try_clone_to_owned()?, WriteMode::Shared)),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn is_nonblocking(fd: &impl AsFd) -> bool {
        rustix::fs::fcntl_getfl(fd)
            .unwrap()
            .contains(OFlags::NONBLOCK)
    }

    pub(crate) fn read_some(fd: &impl AsFd) -> Vec<u8> {
        let mut bytes = vec![0; 1 << 20];
        let read = rustix::io::read(fd, &mut bytes[..]).unwrap();
        bytes.truncate(read);
        bytes
    }

    #[test]
    fn a_terminal_is_written_on_a_description_of_its_own() {
        let (keyboard, terminal) = pseudo_terminal();
        let sink = Sink::new(&terminal).unwrap();
        assert!(sink.is_terminal());
        assert_eq!(sink.mode, WriteMode::Own);
        assert!(!is_nonblocking(&terminal));
        assert_eq!(sink.write(b"bonjour").unwrap(), 7);
        assert_eq!(read_some(&keyboard), b"bonjour");
    }

    #[test]
    fn a_terminal_that_cannot_be_opened_again_is_written_in_bites() {
        let (keyboard, terminal) = pseudo_terminal();
        let sink = Sink {
            output: terminal,
            mode: WriteMode::Shared,
        };
        let text = vec![b'x'; 100_000];
        let (mut written, mut arrived) = (0, Vec::new());
        while written < text.len() {
            match sink.write(&text[written..]) {
                Ok(count) => written += count,
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                    arrived.extend(read_some(&keyboard));
                }
            }
        }
        while arrived.len() < text.len() {
            arrived.extend(read_some(&keyboard));
        }
        assert!(arrived == text);
    }

    /// A terminal: the person's side, and the program's.
    pub(crate) fn pseudo_terminal() -> (OwnedFd, OwnedFd) {
        use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};

        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let keyboard = openpt(flags).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let terminal = ioctl_tiocgptpeer(&keyboard, flags).unwrap();
        (keyboard, terminal)
    }
}
