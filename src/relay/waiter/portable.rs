//! Waits on whatever the system has, through the crate `polling`.

use std::io;
use std::time::{Duration, Instant};

use polling::{AsSource, PollMode, Poller};

use super::{Event, MAX_EVENTS, Readiness};
use crate::protocol::Millis;

#[derive(Debug)]
pub(in crate::relay) struct Waiter {
    poller: Poller,
    due: Option<Instant>,
}

/// What the last wait brought.
pub(in crate::relay) struct Events(polling::Events);

impl Waiter {
    /// # Errors
    /// When no descriptors are left.
    pub fn new() -> io::Result<Waiter> {
        let poller = Poller::new()?;
        if !poller.supports_level() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        Ok(Waiter { poller, due: None })
    }

    /// Watches a source until it is [forgotten](Waiter::forget), which must be before it is closed. `key` names it in
    /// [`Event`]s; `usize::MAX` is taken.
    ///
    /// # Errors
    /// When it is a file, which never makes anybody wait, or no memory is left.
    pub fn watch(&self, source: impl AsSource, key: usize, interest: Readiness) -> io::Result<()> {
        // SAFETY: the relay forgets a source before it closes it: a connection in `Relay::close`, a listener in
        // `Listener::close` and `Listener::pause`. All others are dropped after the relay's waiter.
        unsafe {
            self.poller
                .add_with_mode(&source.source(), wanted(key, interest), PollMode::Level)
        }
    }

    /// Watches a source for something else.
    ///
    /// # Errors
    /// When it is not watched.
    pub fn change(&self, source: impl AsSource, key: usize, interest: Readiness) -> io::Result<()> {
        self.poller
            .modify_with_mode(source, wanted(key, interest), PollMode::Level)
    }

    /// Watches a source no longer.
    ///
    /// # Errors
    /// When it is not watched.
    pub fn forget(&self, source: impl AsSource) -> io::Result<()> {
        self.poller.delete(source)
    }

    /// Ends a wait at `due`.
    ///
    /// # Errors
    /// None here.
    pub fn wake_at(&mut self, now: Millis, due: Option<Millis>) -> io::Result<()> {
        self.due = due.map(|due| Instant::now() + Duration::from_millis(due.saturating_sub(now)));
        Ok(())
    }

    /// Waits until something happens or is due. A signal may end it, too, with nothing in `events`.
    ///
    /// # Errors
    /// Only if the system refuses what it granted before.
    pub fn wait(&mut self, events: &mut Events) -> io::Result<()> {
        events.0.clear();
        let left = |due: Instant| due.saturating_duration_since(Instant::now());
        match self.poller.wait(&mut events.0, self.due.map(left)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }
}

impl Events {
    pub fn new() -> Events {
        Events(polling::Events::with_capacity(MAX_EVENTS))
    }

    pub fn iter(&self) -> impl Iterator<Item = Event> {
        self.0.iter().map(|event| Event {
            key: event.key,
            ready: Readiness {
                readable: event.readable,
                writable: event.writable,
            },
        })
    }
}

fn wanted(key: usize, interest: Readiness) -> polling::Event {
    polling::Event::new(key, interest.readable, interest.writable)
}
