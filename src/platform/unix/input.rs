//! Standard input, read only when it has something to give.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use smol::Async;

/// An input that never makes the program wait, and whose description, which the shell shares, is left as it is.
#[derive(Debug)]
pub enum InputReader {
    /// A terminal, a pipe, a socket.
    Awaited(Async<OwnedFd>),
    /// A file or `/dev/null`, which always has something to give, if only its end.
    Ready(OwnedFd),
}

impl InputReader {
    /// # Errors
    /// When it is closed, or there are no more file descriptors.
    pub fn new(input: &impl AsFd) -> io::Result<InputReader> {
        let input = input.as_fd().try_clone_to_owned()?;
        let ready = input.try_clone()?;
        match Async::new_nonblocking(input) {
            Ok(input) => Ok(InputReader::Awaited(input)),
            // What the kernel does not wait for.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Ok(InputReader::Ready(ready))
            }
            Err(error) => Err(error),
        }
    }

    /// Reads what there is into `bytes`; 0 is the end.
    pub fn poll_read(
        &self,
        context: &mut Context<'_>,
        bytes: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            if let InputReader::Awaited(input) = self {
                ready!(input.poll_readable(context))?;
            }
            // Somebody else may have read it meanwhile.
            if let Some(read) = self.read_at_hand(bytes) {
                return Poll::Ready(read);
            }
        }
    }

    /// The same, without waiting: `None` where nothing is there now.
    pub fn read_at_hand(&self, bytes: &mut [u8]) -> Option<io::Result<usize>> {
        let read = match self {
            InputReader::Ready(input) => rustix::io::read(input, bytes),
            InputReader::Awaited(input) => match has_something(input.get_ref(), Duration::ZERO) {
                // A read would wait.
                Ok(false) => return None,
                Ok(true) => rustix::io::read(input.get_ref(), bytes),
                Err(error) => Err(error),
            },
        };
        match read {
            Ok(read) => Some(Ok(read)),
            Err(Errno::INTR | Errno::AGAIN) => None,
            // The terminal has gone away, or we are no longer on it: nothing comes any more.
            Err(Errno::IO) => Some(Ok(0)),
            Err(error) => Some(Err(error.into())),
        }
    }

    /// Reads what comes within so long; no bytes are the end. `None` where nothing comes, or it cannot be read.
    pub fn read_within(&self, patience: Duration) -> Option<Vec<u8>> {
        let input = match self {
            InputReader::Ready(input) => input,
            InputReader::Awaited(input) => input.get_ref(),
        };
        if has_something(input, patience) != Ok(true) {
            return None;
        }
        let mut bytes = vec![0; 64 * 1024];
        let read = rustix::io::read(input, &mut bytes[..]).ok()?;
        bytes.truncate(read);
        Some(bytes)
    }
}

fn has_something(input: &OwnedFd, patience: Duration) -> Result<bool, Errno> {
    let mut watched = [PollFd::new(input, PollFlags::IN)];
    // What does not fit is centuries away.
    poll(&mut watched, Timespec::try_from(patience).ok().as_ref())?;
    Ok(!watched[0].revents().is_empty())
}
