//! What wakes the relay when something is due.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

use crate::protocol::Millis;

/// A timer of its own: a time-out given to every wait would have the kernel set one and take it back for every line, a
/// tenth of what a line costs where everything sleeps in between. What is due changes seldom.
#[derive(Debug)]
pub(super) struct WakeupTimer {
    descriptor: OwnedFd,
    /// What it is set for.
    at: Option<Millis>,
}

impl WakeupTimer {
    /// # Errors
    /// When no descriptor is left.
    pub(super) fn new() -> io::Result<WakeupTimer> {
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        Ok(WakeupTimer {
            descriptor: timerfd_create(TimerfdClockId::Monotonic, flags)?,
            at: None,
        })
    }

    /// Has it go off at `due`, or before: where it is set for an earlier time, whoever it wakes then sets it anew.
    ///
    /// # Errors
    /// Only if `timerfd_settime` fails.
    pub(super) fn wake_at(&mut self, now: Millis, due: Option<Millis>) -> io::Result<()> {
        match due {
            Some(due) if self.at.is_none_or(|at| due < at) => {
                self.at = Some(due);
                // Zero would stop it.
                self.set(due.saturating_sub(now).max(1))
            }
            _ => Ok(()),
        }
    }

    /// It has gone off: it is not set any more.
    ///
    /// # Errors
    /// As [`wake_at`](WakeupTimer::wake_at).
    pub(super) fn stop(&mut self) -> io::Result<()> {
        self.at = None;
        self.set(0)
    }

    fn set(&self, after: Millis) -> io::Result<()> {
        let span = Timespec {
            tv_sec: (after / 1_000) as i64,
            tv_nsec: (after % 1_000 * 1_000_000) as i64,
        };
        let once = Itimerspec {
            it_interval: Timespec::default(),
            it_value: span,
        };
        timerfd_settime(&self.descriptor, TimerfdTimerFlags::empty(), &once)?;
        Ok(())
    }
}

impl AsFd for WakeupTimer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}
