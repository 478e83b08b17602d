//! Where bytes go without ever making the program wait: a thread carries them on.

use std::io::{self, IsTerminal, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::windows::io::{AsSocket, BorrowedSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use smol::Async;
use winapi_util::HandleRef;

use super::terminal::columns;
use super::{AsStream, Stream, wake_streams};

/// How long what was taken may take to go out before the program ends.
const DROP_TIMEOUT: Duration = Duration::from_secs(1);

/// An output that is written without waiting.
#[derive(Debug)]
pub struct Sink {
    stream: Stream,
    socket: TcpStream,
    /// How many bytes the socket has taken.
    taken: AtomicU64,
    carrier: Arc<Carrier>,
}

/// Tells when a [`Sink`] has room, or has lost its reader.
pub type Watch = Async<TcpStream>;

/// What the thread has to say that carries bytes from the socket to the stream.
#[derive(Debug, Default)]
struct Carrier {
    progress: Mutex<Progress>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Progress {
    /// Bytes that the stream has taken.
    written: u64,
    /// Why it takes no more.
    failure: Option<io::Error>,
}

impl Sink {
    /// # Errors
    /// When the system refuses a socket or a thread.
    pub fn new(output: &impl AsStream) -> io::Result<Sink> {
        let (socket, far) = wake_streams()?;
        socket.set_nonblocking(true)?;
        let stream = output.as_stream();
        let carrier = Arc::new(Carrier::default());
        let carrying = Arc::clone(&carrier);
        let thread = thread::Builder::new().name("sortie".to_owned());
        thread.spawn(move || carrying.carry(&far, stream))?;
        Ok(Sink {
            stream,
            socket,
            taken: AtomicU64::new(0),
            carrier,
        })
    }

    /// Whether a person looks at it.
    pub fn is_terminal(&self) -> bool {
        match self.stream {
            Stream::Error => io::stderr().is_terminal(),
            _ => io::stdout().is_terminal(),
        }
    }

    /// The width of a terminal in columns; 80 where it does not say.
    pub fn columns(&self) -> usize {
        match self.stream {
            Stream::Error => columns(HandleRef::stderr()),
            _ => columns(HandleRef::stdout()),
        }
    }

    /// Writes what it takes now.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when it takes nothing now, and whatever writing to the stream failed with.
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(failure) = &mut self.carrier.progress().failure {
            // It cannot be copied, and whoever asks again wants no more than its kind.
            let kind = failure.kind();
            return Err(std::mem::replace(failure, kind.into()));
        }
        let count = (&self.socket).write(bytes)?;
        self.taken.fetch_add(count as u64, Ordering::SeqCst);
        Ok(count)
    }

    /// Waits until it takes more, for at most so long.
    pub fn wait_for_room(&self, patience: Duration) {
        let before = self.carrier.progress().written;
        self.wait_while(patience, |progress| progress.written == before);
    }

    /// Waits until what it has taken is out, for at most so long.
    pub fn settle(&self, patience: Duration) {
        self.wait_while(patience, |_| true);
    }

    /// Waits as long as `holds`, while there is anything to wait for: what was taken and is not out.
    fn wait_while(&self, patience: Duration, holds: impl Fn(&Progress) -> bool) {
        let taken = self.taken.load(Ordering::SeqCst);
        let carrier = &self.carrier;
        let waited = carrier
            .changed
            .wait_timeout_while(carrier.progress(), patience, |progress| {
                progress.written < taken && progress.failure.is_none() && holds(progress)
            });
        // Whichever way it ended, whoever waited looks for themselves.
        drop(waited);
    }

    /// Tells when there is room.
    ///
    /// # Errors
    /// When the system refuses a socket.
    pub fn watch(&self) -> io::Result<Option<Watch>> {
        Async::new(self.socket.try_clone()?).map(Some)
    }

    /// Whether it shows as readable once nobody reads it any more, and at no other time. Here that is noticed by whoever
    /// writes.
    pub fn is_pipe(&self) -> bool {
        !self.is_terminal()
    }

    /// Whether nobody reads it any more.
    pub fn is_abandoned(&self) -> bool {
        self.carrier.progress().failure.is_some()
    }
}

/// What it has taken goes out before the program ends.
impl Drop for Sink {
    fn drop(&mut self) {
        // A socket that is broken has nobody to tell.
        let _ = self.socket.shutdown(Shutdown::Write);
        self.settle(DROP_TIMEOUT);
    }
}

impl AsStream for Sink {
    fn as_stream(&self) -> Stream {
        self.stream
    }
}

impl AsSocket for Sink {
    fn as_socket(&self) -> BorrowedSocket<'_> {
        self.socket.as_socket()
    }
}

impl Carrier {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn carry(&self, mut socket: &TcpStream, stream: Stream) {
        let mut bytes = vec![0; 16 * 1024];
        while let Ok(count @ 1..) = socket.read(&mut bytes) {
            let outcome = match stream {
                Stream::Error => put(&mut io::stderr(), &bytes[..count]),
                _ => put(&mut io::stdout(), &bytes[..count]),
            };
            let mut progress = self.progress();
            match outcome {
                Ok(()) => progress.written += count as u64,
                Err(error) => progress.failure = Some(error),
            }
            let has_failed = progress.failure.is_some();
            drop(progress);
            self.changed.notify_all();
            if has_failed {
                return;
            }
        }
    }
}

/// Writes all of it. A raw console's line feed only goes down; before, it went to the first column as well.
fn put(stream: &mut (impl Write + IsTerminal), bytes: &[u8]) -> io::Result<()> {
    if stream.is_terminal() {
        for row in bytes.split_inclusive(|&byte| byte == b'\n') {
            match row {
                [text @ .., b'\n'] => {
                    stream.write_all(text)?;
                    stream.write_all(b"\r\n")?;
                }
                text => stream.write_all(text)?,
            }
        }
    } else {
        stream.write_all(bytes)?;
    }
    stream.flush()
}
