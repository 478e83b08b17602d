//! Who runs on which processor.
//!
//! A relay has one for itself and the ends share another, as if a network lay between them. Left to the scheduler, a relay
//! that happens to share its processor with an end answers in a quarter of the time, and which one does is chance.

use std::io;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The processors to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Processors {
    relay: usize,
    ends: usize,
}

impl Processors {
    /// The first two that this process may use, or one twice where there is no other. This thread, and all that it starts,
    /// stay on the ends' from now on.
    ///
    /// # Errors
    /// When the kernel does not let us choose.
    pub fn take() -> io::Result<Processors> {
        let allowed = sched_getaffinity(None)?;
        let mut usable = (0..CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu));
        let relay = usable.next().unwrap_or(0);
        let processors = Processors {
            relay,
            ends: usable.next().unwrap_or(relay),
        };
        stay_on(processors.ends)?;
        Ok(processors)
    }

    /// Starts something that runs where relays do.
    pub fn start_relay<T>(self, start: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        // A process begins where its parent may run.
        stay_on(self.relay)?;
        let started = start();
        stay_on(self.ends)?;
        started
    }
}

fn stay_on(cpu: usize) -> io::Result<()> {
    let mut only = CpuSet::new();
    only.set(cpu);
    Ok(sched_setaffinity(None, &only)?)
}
