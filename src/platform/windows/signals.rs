//! What stands for signals: Ctrl-C, Ctrl-Break, and that the console is closed or the user logs off.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::thread;
use std::time::Duration;

use futures_lite::Stream as _;
use smol::{Async, Timer};
use winapi_util::HandleRef;
use windows_sys::Win32::Foundation::{FALSE, TRUE};
use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_CLOSE_EVENT, SetConsoleCtrlHandler,
};
use windows_sys::core::BOOL;

use super::terminal::columns;
use super::{WakeStream, wake_streams};
use crate::platform::Signal;

/// How often to look whether the console has another size, which it tells only to whoever reads its keys as events.
const SIZE_EVERY: Duration = Duration::from_millis(250);

/// Who wants to hear of what. Nobody is ever taken off: whoever has stopped listening is about to end the program.
static WATCHERS: Mutex<Vec<Watcher>> = Mutex::new(Vec::new());

struct Watcher {
    signals: Vec<Signal>,
    hear: Box<dyn Fn(Signal) + Send>,
}

/// The signals that were asked for, as they arrive. Two of a kind that arrive at once count as one.
///
/// Once it is dropped these signals do nothing any more: what asked for them is about to end.
#[derive(Debug)]
pub struct Signals {
    /// A byte comes out of it after each signal, and says no more than that.
    wake: Async<TcpStream>,
    /// A bit for each by its number.
    arrived: Arc<AtomicU32>,
    watched: Vec<Signal>,
    size: Option<SizeWatch>,
}

/// Looks at the console's width now and then.
#[derive(Debug)]
struct SizeWatch {
    timer: Timer,
    columns: usize,
}

impl Signals {
    /// Takes over these signals.
    ///
    /// # Errors
    /// When the system refuses a socket.
    pub fn watch(signals: &[Signal]) -> io::Result<Signals> {
        let (wake, told) = wake_streams()?;
        told.set_nonblocking(true)?;
        let arrived = Arc::new(AtomicU32::new(0));
        let bits = Arc::clone(&arrived);
        listen(signals, move |signal| {
            // In this order: by the time that the byte is read, the bit must be there.
            bits.fetch_or(bit(signal), Ordering::SeqCst);
            // Full, it wakes whoever reads it all the same.
            let _ = (&told).write(b"!");
        })?;
        Ok(Signals {
            wake: Async::new(wake)?,
            arrived,
            size: signals.contains(&Signal::Resize).then(|| SizeWatch {
                timer: Timer::interval(SIZE_EVERY),
                columns: columns(HandleRef::stdout()),
            }),
            watched: signals.to_vec(),
        })
    }

    /// The next signal, in the order in which they were asked for.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Signal>> {
        loop {
            let has_arrived = |signal: &Signal| {
                let bit = bit(*signal);
                self.arrived.fetch_and(!bit, Ordering::SeqCst) & bit != 0
            };
            if let Some(signal) = self.watched.iter().copied().find(has_arrived) {
                return Poll::Ready(Ok(signal));
            }
            if let Some(size) = &mut self.size
                && size.poll_change(context).is_ready()
            {
                return Poll::Ready(Ok(Signal::Resize));
            }
            ready!(self.wake.poll_readable(context))?;
            match self.wake.get_ref().read(&mut [0; 64]) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl SizeWatch {
    fn poll_change(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(Pin::new(&mut self.timer).poll_next(context));
            let columns = columns(HandleRef::stdout());
            if std::mem::replace(&mut self.columns, columns) != columns {
                return Poll::Ready(());
            }
        }
    }
}

/// A socket that becomes readable when the program is told to stop, a byte for each time, and the last one's
/// [number](Signal::number).
///
/// # Errors
/// When the system refuses a socket.
pub fn stop_on_signals() -> io::Result<(WakeStream, Arc<AtomicUsize>)> {
    let (stop, told) = wake_streams()?;
    let number = Arc::new(AtomicUsize::new(0));
    let last = Arc::clone(&number);
    let signals = [Signal::Interrupt, Signal::Terminate, Signal::HangUp];
    listen(&signals, move |signal| {
        // The number first: whoever is woken by the byte reads it.
        last.store(signal.number().into(), Ordering::SeqCst);
        // A relay that has ended needs no telling.
        let _ = (&told).write(b"!");
    })?;
    Ok((stop, number))
}

fn listen(signals: &[Signal], hear: impl Fn(Signal) + Send + 'static) -> io::Result<()> {
    let mut watchers = WATCHERS.lock().unwrap_or_else(PoisonError::into_inner);
    if watchers.is_empty() {
        // SAFETY: the handler is a function of this program, which may run in any thread at any time: it touches nothing
        // but the watchers, under their lock.
        if unsafe { SetConsoleCtrlHandler(Some(happened), TRUE) } == FALSE {
            return Err(io::Error::last_os_error());
        }
    }
    watchers.push(Watcher {
        signals: signals.to_vec(),
        hear: Box::new(hear),
    });
    Ok(())
}

/// Called by the system, in a thread that it starts for it.
unsafe extern "system" fn happened(event: u32) -> BOOL {
    let signal = match event {
        CTRL_C_EVENT => Signal::Interrupt,
        CTRL_BREAK_EVENT => Signal::Quit,
        CTRL_CLOSE_EVENT => Signal::HangUp,
        _ => Signal::Terminate,
    };
    let mut is_heard = false;
    for watcher in &*WATCHERS.lock().unwrap_or_else(PoisonError::into_inner) {
        if watcher.signals.contains(&signal) {
            (watcher.hear)(signal);
            is_heard = true;
        }
    }
    if !is_heard {
        return FALSE;
    }
    if matches!(signal, Signal::HangUp | Signal::Terminate) {
        // The system ends the program as soon as this function returns, and after some seconds in any case. The program
        // ends by itself before, once it has said goodbye.
        loop {
            thread::park();
        }
    }
    TRUE
}

fn bit(signal: Signal) -> u32 {
    1 << signal.number()
}
