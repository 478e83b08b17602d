//! Standard input, read only when somebody asks for what it has to give.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::thread;
use std::time::Duration;

use smol::Async;
use winapi_util::{HandleRef, console};
use windows_sys::Win32::System::Console::ENABLE_LINE_INPUT;

use super::{AsStream, wake_streams};

/// Bytes read from it at once.
const AT_ONCE: usize = 64 * 1024;
/// What a console takes for the end of a text, and a terminal gives as a key.
const CTRL_Z: u8 = 0x1a;

/// Standard input. There may be several one after the other; what one has asked for and not read is the next one's.
#[derive(Debug)]
pub struct InputReader {
    carrier: &'static Carrier,
    socket: Async<TcpStream>,
}

/// The thread that reads standard input, and the socket to it: it reads once for each byte that it is sent.
///
/// Not before, for what a console gives depends on its mode at the time when a read began.
#[derive(Debug)]
struct Carrier {
    socket: TcpStream,
    is_asked: AtomicBool,
    /// Why nothing comes any more, unless it is the end.
    failure: Mutex<Option<io::Error>>,
}

impl InputReader {
    /// # Errors
    /// When the system refuses a socket or a thread.
    pub fn new(_: &impl AsStream) -> io::Result<InputReader> {
        /// The program has one standard input, and a read that has begun cannot be taken back: so one carrier for all.
        static CARRIER: Mutex<Option<&'static Carrier>> = Mutex::new(None);

        let mut found = CARRIER.lock().unwrap_or_else(PoisonError::into_inner);
        let carrier = match *found {
            Some(carrier) => carrier,
            None => *found.insert(Carrier::start()?),
        };
        Ok(InputReader {
            socket: Async::new(carrier.socket.try_clone()?)?,
            carrier,
        })
    }

    /// Reads what there is into `bytes`; 0 is the end.
    pub fn poll_read(
        &self,
        context: &mut Context<'_>,
        bytes: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            if let Some(read) = self.read_at_hand(bytes) {
                return Poll::Ready(read);
            }
            ready!(self.socket.poll_readable(context))?;
        }
    }

    /// The same, without waiting: `None` where nothing is there now.
    pub fn read_at_hand(&self, bytes: &mut [u8]) -> Option<io::Result<usize>> {
        self.ask();
        match self.socket.get_ref().read(bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            read => Some(self.carrier.took(read)),
        }
    }

    /// Reads what comes within so long; no bytes are the end. `None` where nothing comes, or it cannot be read.
    pub fn read_within(&self, patience: Duration) -> Option<Vec<u8>> {
        self.ask();
        let mut socket = self.socket.get_ref();
        // A time-out of nothing is none.
        let patience = patience.max(Duration::from_millis(1));
        socket.set_read_timeout(Some(patience)).ok()?;
        socket.set_nonblocking(false).ok()?;
        let mut bytes = vec![0; AT_ONCE];
        let read = socket.read(&mut bytes);
        socket.set_nonblocking(true).ok()?;
        let read = self.carrier.took(read).ok()?;
        bytes.truncate(read);
        Some(bytes)
    }

    fn ask(&self) {
        if !self.carrier.is_asked.swap(true, Ordering::SeqCst) {
            // Where the thread has ended, the socket says so to whoever reads it.
            let _ = self.socket.get_ref().write(b"?");
        }
    }
}

impl Carrier {
    fn start() -> io::Result<&'static Carrier> {
        let (socket, far) = wake_streams()?;
        let carrier: &'static Carrier = Box::leak(Box::new(Carrier {
            socket,
            is_asked: AtomicBool::new(false),
            failure: Mutex::new(None),
        }));
        let thread = thread::Builder::new().name("entrée".to_owned());
        thread.spawn(|| carrier.carry(far))?;
        Ok(carrier)
    }

    /// Something was read, or will never be.
    fn took(&self, read: io::Result<usize>) -> io::Result<usize> {
        match read {
            Ok(count @ 1..) => {
                self.is_asked.store(false, Ordering::SeqCst);
                Ok(count)
            }
            Err(error) if is_late(&error) => Err(error),
            Ok(_) | Err(_) => {
                let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
                failure.take().map_or(Ok(0), Err)
            }
        }
    }

    fn carry(&self, mut socket: TcpStream) {
        let mut bytes = vec![0; AT_ONCE];
        while let Ok(1..) = socket.read(&mut [0]) {
            let sent = match read(&mut bytes) {
                Ok(0) => return,
                Ok(count) => socket.write_all(&bytes[..count]),
                Err(error) => Err(error),
            };
            if let Err(error) = sent {
                let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
                *failure = Some(error);
                return;
            }
        }
    }
}

/// A console gives UTF-16, of which the standard library makes UTF-8.
fn read(bytes: &mut [u8]) -> io::Result<usize> {
    let read = io::stdin().lock().read(bytes)?;
    let is_raw =
        || console::mode(HandleRef::stdin()).is_ok_and(|mode| mode & ENABLE_LINE_INPUT == 0);
    if read == 0 && is_raw() {
        bytes[0] = CTRL_Z;
        return Ok(1);
    }
    Ok(read)
}

fn is_late(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}
