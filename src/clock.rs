//! The clocks of the system, in the units of the [`protocol`](crate::protocol).

use std::time::{Duration, Instant, SystemTime};

use crate::protocol::{Millis, UnixMillis};

/// A monotonic clock that begins at zero.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
}

impl Clock {
    pub fn start() -> Clock {
        Clock {
            started: Instant::now(),
        }
    }

    /// Milliseconds since the clock was started.
    pub fn now(&self) -> Millis {
        self.started.elapsed().as_millis() as Millis
    }

    /// The instant at which [`now`](Clock::now) becomes `at`.
    pub fn instant(&self, at: Millis) -> Instant {
        self.started + Duration::from_millis(at)
    }
}

/// The date. A system clock that is set before 1970 counts as 1970.
pub fn unix_now() -> UnixMillis {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as UnixMillis)
}
