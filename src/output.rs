//! Standard output (or standard error) that never blocks the program: a queue before a [`Sink`].

use std::io;
use std::time::{Duration, Instant};

use crate::platform::{AsStream, Sink};
use crate::protocol::outbox::{Outbox, Spare};
use crate::protocol::timeouts::LAST_WORDS_TIMEOUT;

/// How long the last words of a program may take.
pub const LAST_WORDS: Duration = Duration::from_millis(LAST_WORDS_TIMEOUT);

/// Prints rows as the last that the program does, for who reads them: a closed output, or one that stands still, wants
/// none.
pub fn print_last_words(output: &impl AsStream, rows: impl IntoIterator<Item = String>) {
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
    sink: Sink,
    queue: Outbox,
    spare: Spare,
}

/// How far a [`Output::flush`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flushed {
    /// Everything is written.
    All,
    /// The rest waits until the output is writable again.
    Blocked,
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
    pub fn new(output: &impl AsStream) -> io::Result<Output> {
        Ok(Output {
            sink: Sink::new(output)?,
            queue: Outbox::default(),
            spare: Spare::default(),
        })
    }

    /// Where it goes: to ask what it is, and to wait on for room after [`Flushed::Blocked`].
    pub fn sink(&self) -> &Sink {
        &self.sink
    }

    /// Whether a person looks at it.
    pub fn is_terminal(&self) -> bool {
        self.sink.is_terminal()
    }

    /// Queues bytes. Nothing is written before [`flush`](Output::flush).
    pub fn push(&mut self, bytes: &[u8]) {
        self.queue.adopt(&mut self.spare);
        self.queue.tail().extend_from_slice(bytes);
    }

    /// Writes what the output takes at once, where nothing is queued before it, and queues the rest.
    ///
    /// An error shows again when the rest is [flushed](Output::flush).
    pub fn push_through(&mut self, bytes: &[u8]) {
        let written = if self.queue.is_empty() {
            self.sink.write(bytes).unwrap_or(0)
        } else {
            0
        };
        if written < bytes.len() {
            self.push(&bytes[written..]);
        }
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
            match self.sink.write(self.queue.unsent()) {
                Ok(written) if written < self.pending() => self.queue.advance(written),
                Ok(_) => self.queue.let_go(&mut self.spare),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Flushed::Blocked);
                }
                Err(error) => {
                    self.queue = Outbox::default();
                    return Err(error);
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
                self.sink.settle(left);
                return Ok(flushed);
            }
            self.sink.wait_for_room(left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::{is_nonblocking, read_some};

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
    fn what_is_pushed_through_does_not_overtake_what_waits() {
        let (reader, writer) = io::pipe().unwrap();
        let mut screen = Output::new(&writer).unwrap();
        let text: Vec<u8> = (0..300_000u32).map(|n| n as u8).collect();
        let (first, rest) = text.split_at(200_000);
        screen.push_through(first);
        assert!((1..first.len()).contains(&screen.pending()));
        let mut arrived = read_some(&reader);
        screen.push_through(rest);
        while arrived.len() < text.len() {
            screen.flush().unwrap();
            arrived.extend(read_some(&reader));
        }
        assert!(arrived == text);
        screen.push_through(b"at once");
        assert_eq!(screen.pending(), 0);
        assert_eq!(read_some(&reader), b"at once");
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
        assert!(!screen.sink().is_abandoned());
        drop(reader);
        assert!(screen.sink().is_abandoned());
        screen.push(b"x");
        let error = screen.flush().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);

        let late = Output::new(&writer).unwrap();
        assert!(late.sink().is_abandoned());
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
}
