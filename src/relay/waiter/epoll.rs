//! Waits on an epoll, and on a timerfd in it.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};

use super::timer::WakeupTimer;
use super::{Event, MAX_EVENTS, Readiness};
use crate::protocol::Millis;

/// The key of the timer: of no source.
const TIMER: u64 = u64::MAX;

#[derive(Debug)]
pub(in crate::relay) struct Waiter {
    epoll: OwnedFd,
    timer: WakeupTimer,
}

/// What the last wait brought.
pub(in crate::relay) struct Events(Vec<epoll::Event>);

impl Waiter {
    /// # Errors
    /// When no descriptors are left.
    pub fn new() -> io::Result<Waiter> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let timer = WakeupTimer::new()?;
        epoll::add(&epoll, &timer, EventData::new_u64(TIMER), EventFlags::IN)?;
        Ok(Waiter { epoll, timer })
    }

    /// Watches a source until it is [forgotten](Waiter::forget), which must be before it is closed. `key` names it in
    /// [`Event`]s; `usize::MAX` is taken.
    ///
    /// # Errors
    /// When it is a file, which never makes anybody wait, or no memory is left.
    pub fn watch(&self, source: impl AsFd, key: usize, interest: Readiness) -> io::Result<()> {
        let data = EventData::new_u64(key as u64);
        Ok(epoll::add(&self.epoll, source, data, flags(interest))?)
    }

    /// Watches a source for something else.
    ///
    /// # Errors
    /// When it is not watched.
    pub fn change(&self, source: impl AsFd, key: usize, interest: Readiness) -> io::Result<()> {
        let data = EventData::new_u64(key as u64);
        Ok(epoll::modify(&self.epoll, source, data, flags(interest))?)
    }

    /// Watches a source no longer.
    ///
    /// # Errors
    /// When it is not watched.
    pub fn forget(&self, source: impl AsFd) -> io::Result<()> {
        Ok(epoll::delete(&self.epoll, source)?)
    }

    /// Ends a wait at `due`, or before: whoever is woken early then sets it anew.
    ///
    /// # Errors
    /// Only if `timerfd_settime` fails.
    pub fn wake_at(&mut self, now: Millis, due: Option<Millis>) -> io::Result<()> {
        self.timer.wake_at(now, due)
    }

    /// Waits until something happens or is due. A signal may end it, too, with nothing in `events`.
    ///
    /// # Errors
    /// Only if the kernel refuses what it granted before.
    pub fn wait(&mut self, events: &mut Events) -> io::Result<()> {
        events.0.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut events.0), None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if events.0.iter().any(|event| event.data.u64() == TIMER) {
            self.timer.stop()?;
        }
        Ok(())
    }
}

impl Events {
    pub fn new() -> Events {
        Events(Vec::with_capacity(MAX_EVENTS.get()))
    }

    pub fn iter(&self) -> impl Iterator<Item = Event> {
        let of_sources = self.0.iter().filter(|event| event.data.u64() != TIMER);
        of_sources.map(|event| {
            // A copy, because the kernel's structure is packed.
            let flags = event.flags;
            Event {
                key: event.data.u64() as usize,
                ready: Readiness {
                    readable: flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR),
                    writable: flags.contains(EventFlags::OUT),
                },
            }
        })
    }
}

fn flags(interest: Readiness) -> EventFlags {
    let mut flags = EventFlags::empty();
    flags.set(EventFlags::IN, interest.readable);
    flags.set(EventFlags::OUT, interest.writable);
    flags
}
