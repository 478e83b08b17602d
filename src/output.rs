//! Standard output (or standard error) that never blocks the program.
//!
//! O_NONBLOCK belongs to an open file description, and the shell shares ours: setting it there breaks the next program on
//! that terminal. So a terminal or a pipe is opened once more, for a description of our own.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, OFlags};
use rustix::io::Errno;
use rustix::net::SendFlags;

use crate::platform;
use crate::protocol::outbox::Outbox;
use crate::protocol::timeouts::LAST_WORDS_TIMEOUT;

/// How long the last words of a program may take.
pub const LAST_WORDS: Duration = Duration::from_millis(LAST_WORDS_TIMEOUT);

/// Prints rows as the last that the program does, for who reads them: a closed output, or one that stands still, wants
/// none.
pub fn print_last_words(output: &impl AsFd, rows: impl IntoIterator<Item = String>) {
    if let Ok(mut output) = Output::new(output) {
        for row in rows {
            output.push(format!("{row}\n").as_bytes());
        }
        let _: io::Result<Flushed> = output.drain(LAST_WORDS);
    }
}

/// An output and the bytes on their way to it.
///
/// The queue grows with every [`push`](Output::push). Whoever pushes bounds it, by looking at
/// [`pending`](Output::pending) before taking in more of what ends up here.
#[derive(Debug)]
pub struct Output {
    output: OwnedFd,
    mode: WriteMode,
    queue: Outbox,
}

/// How far a [`Output::flush`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flushed {
    /// Everything is written.
    All,
    /// The rest waits until the output is writable again.
    Blocked,
}

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

/// Queues text as [`push`](Output::push) does: it never fails.
impl fmt::Write for Output {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}

impl Output {
    /// The program's standard output.
    ///
    /// # Errors
    /// When it is closed.
    pub fn stdout() -> io::Result<Output> {
        Output::new(&io::stdout())
    }

    /// The program's standard error.
    ///
    /// # Errors
    /// When it is closed.
    pub fn stderr() -> io::Result<Output> {
        Output::new(&io::stderr())
    }

    /// Any output.
    ///
    /// # Errors
    /// When it is closed, or there are no more file descriptors.
    pub fn new(output: &impl AsFd) -> io::Result<Output> {
        let output = output.as_fd();
        let kind = FileType::from_raw_mode(rustix::fs::fstat(output)?.st_mode);
        let (output, mode) = match kind {
            FileType::Socket => (output.try_clone_to_owned()?, WriteMode::Socket),
            FileType::Fifo => own_or_shared(output)?,
            FileType::CharacterDevice if rustix::termios::isatty(output) => own_or_shared(output)?,
            _ => (output.try_clone_to_owned()?, WriteMode::Plain),
        };
        Ok(Output {
            output,
            mode,
            queue: Outbox::default(),
        })
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

    /// Queues bytes. Nothing is written before [`flush`](Output::flush).
    pub fn push(&mut self, bytes: &[u8]) {
        self.queue.tail().extend_from_slice(bytes);
    }

    /// How many bytes are queued.
    pub fn pending(&self) -> usize {
        self.queue.unsent().len()
    }

    /// Writes what the output takes without waiting.
    ///
    /// # Errors
    /// [`io::ErrorKind::BrokenPipe`] when nobody reads any more, which ends a program quietly (`msg … | head -1`); any
    /// other (a full disk, a terminal that hung up) is a failure. The queue is then dropped, for none of it can arrive.
    pub fn flush(&mut self) -> io::Result<Flushed> {
        while !self.queue.is_empty() {
            match self.write() {
                Ok(written) => self.queue.advance(written),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(Flushed::Blocked),
                Err(error) => {
                    self.queue = Outbox::default();
                    return Err(error.into());
                }
            }
        }
        Ok(Flushed::All)
    }

    /// Writes all that is queued, waiting for at most `patience`: for last words, when nothing else is left to do.
    ///
    /// # Errors
    /// As [`flush`](Output::flush).
    pub fn drain(&mut self, patience: Duration) -> io::Result<Flushed> {
        let deadline = Instant::now() + patience;
        loop {
            let flushed = self.flush()?;
            let left = deadline.saturating_duration_since(Instant::now());
            if flushed == Flushed::All || left.is_zero() {
                return Ok(flushed);
            }
            self.ready(PollFlags::OUT, left);
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

    fn write(&self) -> Result<usize, Errno> {
        /// As much as a pipe or terminal that calls itself writable takes without waiting.
        const BITE: usize = 512;

        let bytes = self.queue.unsent();
        match self.mode {
            WriteMode::Own | WriteMode::Plain => rustix::io::write(&self.output, bytes),
            WriteMode::Socket => {
                // Without NOSIGNAL, which not every system has: a Rust program ignores SIGPIPE from its start.
                rustix::net::send(&self.output, bytes, SendFlags::DONTWAIT)
            }
            WriteMode::Shared if self.ready(PollFlags::OUT, Duration::ZERO).is_empty() => {
                Err(Errno::AGAIN)
            }
            WriteMode::Shared => rustix::io::write(&self.output, &bytes[..bytes.len().min(BITE)]),
        }
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

/// What to wait on for room after [`Flushed::Blocked`].
impl AsFd for Output {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.output.as_fd()
    }
}

fn own_or_shared(output: BorrowedFd<'_>) -> io::Result<(OwnedFd, WriteMode)> {
    // Without NOCTTY a program without a terminal would be given this one, and its signals.
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    match platform::reopen(output, flags) {
        Ok(own) => Ok((own, WriteMode::Own)),
        // The description that we were given still works.
        Err(_) => Ok((output.try_clone_to_owned()?, WriteMode::Shared)),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn is_nonblocking(fd: &impl AsFd) -> bool {
        rustix::fs::fcntl_getfl(fd)
            .unwrap()
            .contains(OFlags::NONBLOCK)
    }

    fn read_some(fd: &impl AsFd) -> Vec<u8> {
        let mut bytes = vec![0; 1 << 20];
        let read = rustix::io::read(fd, &mut bytes[..]).unwrap();
        bytes.truncate(read);
        bytes
    }

    #[test]
    fn a_full_pipe_blocks_no_writer_and_loses_nothing() {
        let (reader, writer) = io::pipe().unwrap();
        let mut screen = Output::new(&writer).unwrap();
        let text: Vec<u8> = (0..1_000_000u32).map(|n| n as u8).collect();
        screen.push(&text);
        assert_eq!(screen.flush().unwrap(), Flushed::Blocked);
        assert!(!is_nonblocking(&writer));
        let mut arrived = Vec::new();
        while arrived.len() < text.len() {
            arrived.extend(read_some(&reader));
            screen.flush().unwrap();
        }
        assert!(arrived == text);
        assert_eq!(screen.pending(), 0);
    }

    #[test]
    fn a_terminal_is_written_on_a_description_of_its_own() {
        let (keyboard, terminal) = pseudo_terminal();
        let mut screen = Output::new(&terminal).unwrap();
        assert!(screen.is_terminal());
        assert_eq!(screen.mode, WriteMode::Own);
        assert!(!is_nonblocking(&terminal));
        screen.push(b"bonjour");
        assert_eq!(screen.flush().unwrap(), Flushed::All);
        assert_eq!(read_some(&keyboard), b"bonjour");
    }

    #[test]
    fn a_terminal_that_cannot_be_opened_again_is_written_in_bites() {
        let (keyboard, terminal) = pseudo_terminal();
        let mut screen = Output {
            output: terminal,
            mode: WriteMode::Shared,
            queue: Outbox::default(),
        };
        let text = vec![b'x'; 100_000];
        screen.push(&text);
        let mut arrived = Vec::new();
        while screen.flush().unwrap() == Flushed::Blocked {
            arrived.extend(read_some(&keyboard));
        }
        while arrived.len() < text.len() {
            arrived.extend(read_some(&keyboard));
        }
        assert!(arrived == text);
    }

    #[test]
    fn a_full_socket_blocks_no_writer() {
        let (near, far) = std::os::unix::net::UnixStream::pair().unwrap();
        let mut screen = Output::new(&near).unwrap();
        screen.push(&vec![b'x'; 10_000_000]);
        assert_eq!(screen.flush().unwrap(), Flushed::Blocked);
        assert!(!is_nonblocking(&near));
        drop(far);
        let error = screen.flush().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(screen.pending(), 0);
    }

    #[test]
    fn a_reader_that_is_gone_is_noticed_without_writing() {
        let (reader, writer) = io::pipe().unwrap();
        let mut screen = Output::new(&writer).unwrap();
        assert!(!screen.is_abandoned());
        drop(reader);
        assert!(screen.is_abandoned());
        screen.push(b"x");
        let error = screen.flush().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);

        let late = Output::new(&writer).unwrap();
        assert!(late.is_abandoned());
    }

    #[test]
    fn a_full_disk_is_an_error() {
        let full = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let mut screen = Output::new(&full).unwrap();
        screen.push(b"x");
        let error = screen.flush().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
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
