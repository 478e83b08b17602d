//! Signals, by a byte in a socket for each.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use rustix::process;
use signal_hook::SigId;
use signal_hook::low_level;
use smol::Async;

use super::{WakeStream, system};
use crate::platform::Signal;

/// The signals that were asked for, as they arrive. Two of a kind that arrive at once count as one.
///
/// Once it is dropped these signals do nothing any more: what asked for them is about to end.
#[derive(Debug)]
pub struct Signals {
    /// A byte comes out of it after each signal, and says no more than that.
    wake: Async<UnixStream>,
    watched: Vec<Watched>,
}

#[derive(Debug)]
struct Watched {
    signal: Signal,
    arrived: Arc<AtomicBool>,
    registrations: [SigId; 2],
}

impl Signals {
    /// Takes over these signals, but for those that the program was started with orders to ignore (`nohup`, `&` in a
    /// script).
    ///
    /// # Errors
    /// When the system has no more file descriptors or memory.
    pub fn watch(signals: &[Signal]) -> io::Result<Signals> {
        let (wake, sender) = Async::<UnixStream>::pair()?;
        let sender = sender.into_inner()?;
        let ignored = system::ignored_signals();
        let is_ignored = |signal: &Signal| ignored >> (raw(*signal) - 1) & 1 == 1;
        let mut found = Signals {
            wake,
            watched: Vec::new(),
        };
        for &signal in signals.iter().filter(|signal| !is_ignored(signal)) {
            let arrived = Arc::new(AtomicBool::new(false));
            // In this order: by the time that the byte is read, the flag must be up.
            let flag = signal_hook::flag::register(raw(signal), Arc::clone(&arrived))?;
            let byte = low_level::pipe::register(raw(signal), sender.try_clone()?)?;
            found.watched.push(Watched {
                signal,
                arrived,
                registrations: [flag, byte],
            });
        }
        Ok(found)
    }

    /// The next signal, in the order in which they were asked for.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Signal>> {
        loop {
            let arrived = |watched: &&Watched| watched.arrived.swap(false, Ordering::SeqCst);
            if let Some(watched) = self.watched.iter().find(arrived) {
                return Poll::Ready(Ok(watched.signal));
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

impl Drop for Signals {
    fn drop(&mut self) {
        for id in self
            .watched
            .iter()
            .flat_map(|watched| watched.registrations)
        {
            low_level::unregister(id);
        }
    }
}

/// A socket that becomes readable at SIGINT or SIGTERM, a byte for each, and the last one's [number](Signal::number).
///
/// # Errors
/// When the system has no more file descriptors or memory.
pub fn stop_on_signals() -> io::Result<(WakeStream, Arc<AtomicUsize>)> {
    let (stop, told) = super::wake_streams()?;
    let number = Arc::new(AtomicUsize::new(0));
    for signal in [Signal::Interrupt, Signal::Terminate] {
        // The number first: whoever is woken by the byte reads it.
        signal_hook::flag::register_usize(raw(signal), number.clone(), signal.number().into())?;
        low_level::pipe::register(raw(signal), told.try_clone()?)?;
    }
    Ok((stop, number))
}

/// As this system numbers it.
fn raw(signal: Signal) -> i32 {
    match signal {
        Signal::HangUp => process::Signal::HUP,
        Signal::Interrupt => process::Signal::INT,
        Signal::Quit => process::Signal::QUIT,
        Signal::Terminate => process::Signal::TERM,
        Signal::Suspend => process::Signal::TSTP,
        Signal::Continue => process::Signal::CONT,
        Signal::Resize => process::Signal::WINCH,
    }
    .as_raw()
}

#[cfg(test)]
mod tests {
    use super::*;
    use smol::future::poll_fn;

    #[test]
    fn signals_arrive_one_by_one() {
        // Nobody else in the tests uses these two, and a program that does not watch them takes no notice.
        let mut signals = Signals::watch(&[Signal::Continue, Signal::Resize]).unwrap();
        for signal in [process::Signal::WINCH, process::Signal::CONT] {
            process::kill_process(process::getpid(), signal).unwrap();
        }
        smol::block_on(async {
            let mut next = async || poll_fn(|cx| signals.poll_next(cx)).await.unwrap();
            let mut arrived = [next().await, next().await];
            arrived.sort_by_key(|signal| signal.number());
            assert_eq!(arrived, [Signal::Continue, Signal::Resize]);
        });
    }
}
