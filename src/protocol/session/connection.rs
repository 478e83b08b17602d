//! One connection's affairs: hello, welcome, heartbeat, and what of its bytes is not whole or not sent.

use crate::protocol::Millis;
use crate::protocol::outbox::Outbox;
use crate::protocol::wire::{Hello, Lines, Verb};

use super::{
    Disconnected, INTRODUCTION_TIMEOUT, PING_INTERVAL, RELAY_TIMEOUT, Timer, WELCOME_TIMEOUT,
};

/// A connection to a relay, or none.
#[derive(Debug, Default)]
pub(super) struct Connection {
    link: LinkState,
    pub(super) incoming: Lines,
    outbox: Outbox,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LinkState {
    #[default]
    Down,
    /// Connected; our hello is out and the welcome has not come.
    Greeting {
        since: Millis,
    },
    Up(Heartbeat),
}

/// What was heard and said on a connection whose relay has bidden welcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Heartbeat {
    heard_at: Millis,
    spoke_at: Millis,
    pinged_at: Millis,
    /// Since when the relay owes its word on who sits opposite.
    unintroduced_since: Option<Millis>,
}

impl Connection {
    /// A connection stands: says hello on it.
    pub(super) fn open(&mut self, now: Millis, hello: &Hello) {
        *self = Connection {
            link: LinkState::Greeting { since: now },
            ..Connection::default()
        };
        hello.encode(self.outbox.tail());
    }

    /// The connection is gone; tells whether the relay had bidden welcome on it.
    pub(super) fn close(&mut self) -> bool {
        let was_up = matches!(self.link, LinkState::Up(_));
        *self = Connection::default();
        was_up
    }

    pub(super) fn is_down(&self) -> bool {
        self.link == LinkState::Down
    }

    /// Whether the welcome is awaited.
    pub(super) fn is_greeting(&self) -> bool {
        matches!(self.link, LinkState::Greeting { .. })
    }

    /// The relay has bidden welcome.
    pub(super) fn welcomed(&mut self, now: Millis) {
        self.link = LinkState::Up(Heartbeat {
            heard_at: now,
            spoke_at: now,
            pinged_at: now,
            unintroduced_since: Some(now),
        });
    }

    /// The relay has said who sits opposite.
    pub(super) fn introduced(&mut self) {
        if let LinkState::Up(up) = &mut self.link {
            up.unintroduced_since = None;
        }
    }

    /// Bytes came.
    pub(super) fn heard(&mut self, now: Millis) {
        if let LinkState::Up(up) = &mut self.link {
            up.heard_at = now;
        }
    }

    /// Puts verbs on the connection: `speak` is given the place for their bytes.
    pub(super) fn speak(&mut self, now: Millis, speak: impl FnOnce(&mut Vec<u8>)) {
        let before = self.outbox.unsent().len();
        speak(self.outbox.tail());
        if let LinkState::Up(up) = &mut self.link
            && self.outbox.unsent().len() > before
        {
            up.spoke_at = now;
        }
    }

    pub(super) fn unsent(&self) -> &[u8] {
        self.outbox.unsent()
    }

    pub(super) fn sent(&mut self, count: usize) {
        self.outbox.advance(count);
    }

    /// When a timer of the connection's is due.
    pub(super) fn due(&self, timer: Timer) -> Option<Millis> {
        match (self.link, timer) {
            (LinkState::Greeting { since }, Timer::Welcome) => Some(since + WELCOME_TIMEOUT),
            (LinkState::Up(up), Timer::Introduction) => up
                .unintroduced_since
                .map(|since| since + INTRODUCTION_TIMEOUT),
            (LinkState::Up(up), Timer::RelaySilence) => Some(up.heard_at + RELAY_TIMEOUT),
            (LinkState::Up(up), Timer::Ping) => {
                Some(up.heard_at.max(up.pinged_at).min(up.spoke_at) + PING_INTERVAL)
            }
            _ => None,
        }
    }

    /// A timer of the connection's is due.
    ///
    /// # Errors
    /// When the connection is no good.
    pub(super) fn expired(&mut self, now: Millis, timer: Timer) -> Result<(), Disconnected> {
        match timer {
            Timer::Welcome => return Err(Disconnected::NoWelcome),
            Timer::Introduction => return Err(Disconnected::NoIntroduction),
            Timer::RelaySilence => return Err(Disconnected::RelaySilent),
            Timer::Ping => {
                if let LinkState::Up(up) = &mut self.link {
                    up.pinged_at = now;
                }
                self.speak(now, |out| Verb::Ping.encode(out));
            }
            Timer::Ack | Timer::RepeatAck | Timer::Leave => {}
        }
        Ok(())
    }
}
