//! Signals, as values that a loop waits for.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use rustix::process::Signal;
use signal_hook::SigId;
use signal_hook::low_level;
use smol::Async;

use crate::platform;

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
        let ignored = platform::ignored_signals();
        let is_ignored = |signal: &Signal| ignored >> (signal.as_raw() - 1) & 1 == 1;
        let mut found = Signals {
            wake,
            watched: Vec::new(),
        };
        for &signal in signals.iter().filter(|signal| !is_ignored(signal)) {
            let arrived = Arc::new(AtomicBool::new(false));
            // In this order: by the time that the byte is read, the flag must be up.
            let flag = signal_hook::flag::register(signal.as_raw(), Arc::clone(&arrived))?;
            let byte = low_level::pipe::register(signal.as_raw(), sender.try_clone()?)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use smol::future::poll_fn;

    #[test]
    fn signals_arrive_one_by_one() {
        // Nobody else in the tests uses these two.
        let mut signals = Signals::watch(&[Signal::USR1, Signal::USR2]).unwrap();
        for signal in [Signal::USR2, Signal::USR1] {
            rustix::process::kill_process(rustix::process::getpid(), signal).unwrap();
        }
        smol::block_on(async {
            let mut next = async || poll_fn(|cx| signals.poll_next(cx)).await.unwrap();
            let mut arrived = [next().await, next().await];
            arrived.sort_by_key(|signal| signal.as_raw());
            assert_eq!(arrived, [Signal::USR1, Signal::USR2]);
        });
    }
}
