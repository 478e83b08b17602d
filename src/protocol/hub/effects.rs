//! What the relay must do, or may show, in the order in which it came about.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::ops::Range;

use crate::protocol::UnixMillis;
use crate::protocol::name::Name;
use crate::protocol::outbox::MAX_SPARE;
use crate::protocol::plain::Diagnostics;
use crate::protocol::wire::{Refusal, Salon};

use super::ConnId;

/// What the relay must do, or may show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Close this socket now, then call [`Hub::closed`](super::Hub::closed).
    Close(ConnId),
    /// Messages of one person were passed on for the first time. Never from a [`RelayMode::Daemon`](super::RelayMode::Daemon).
    /// `side` (0 or 1) tells the two seats apart; [`Hub::said`](super::Hub::said) has the messages.
    Said {
        side: usize,
        name: Name,
        messages: Range<usize>,
    },
    /// A sealed message was passed on, which holds so many bytes. Never from a [`RelayMode::Daemon`](super::RelayMode::Daemon).
    Sealed {
        side: usize,
        name: Name,
        bytes: usize,
    },
    /// Somebody took a seat for the first time.
    Joined {
        name: Name,
        salon: Option<Salon>,
        address: IpAddr,
    },
    /// Somebody's connection was cut; the seat is kept.
    Away { name: Name, salon: Option<Salon> },
    /// Somebody is back on a seat kept.
    Back { name: Name, salon: Option<Salon> },
    /// Somebody said `BYE`.
    Left { name: Name, salon: Option<Salon> },
    /// Somebody who had said nothing but a first line had to free the seat.
    Yielded { name: Name, salon: Option<Salon> },
    /// Somebody did not come back in time.
    Lost { name: Name, salon: Option<Salon> },
    /// How a plain client's bytes were understood. Only while [`Config::tracing`](super::Config::tracing).
    Understood {
        conn: ConnId,
        diagnostics: Diagnostics,
    },
    /// A connection was refused.
    Refused {
        address: IpAddr,
        refusal: Refusal,
        reason: String,
    },
}

/// Effects that nobody has asked for yet.
#[derive(Debug, Default)]
pub(super) struct Effects {
    queue: VecDeque<Effect>,
    /// The messages among them: when each was sent, and where its text ends.
    said: Vec<(UnixMillis, usize)>,
    /// Their texts, one behind the other, so that none takes an allocation of its own.
    texts: String,
}

impl Effects {
    pub(super) fn push(&mut self, effect: Effect) {
        self.queue.push_back(effect);
    }

    /// A message was passed on: with those before it, where they are the same person's.
    pub(super) fn say(&mut self, speaker: usize, name: &Name, sent_at: UnixMillis, text: &str) {
        let before = self.said.len();
        self.texts.push_str(text);
        self.said.push((sent_at, self.texts.len()));
        match self.queue.back_mut() {
            Some(Effect::Said { side, messages, .. }) if *side == speaker => messages.end += 1,
            _ => self.push(Effect::Said {
                side: speaker,
                name: name.clone(),
                messages: before..before + 1,
            }),
        }
    }

    /// The next of them. Where there is none, the messages of all are forgotten.
    pub(super) fn next(&mut self) -> Option<Effect> {
        let next = self.queue.pop_front();
        if next.is_none() {
            self.said.clear();
            self.said
                .shrink_to(MAX_SPARE / size_of::<(UnixMillis, usize)>());
            self.texts.clear();
            self.texts.shrink_to(MAX_SPARE);
        }
        next
    }

    /// Messages, each when it was sent and its text.
    pub(super) fn messages(
        &self,
        messages: Range<usize>,
    ) -> impl Iterator<Item = (UnixMillis, &str)> {
        let end_of = |message: usize| self.said[message].1;
        let mut start = messages.start.checked_sub(1).map_or(0, end_of);
        self.said[messages].iter().map(move |&(sent_at, end)| {
            let text = &self.texts[start..end];
            start = end;
            (sent_at, text)
        })
    }
}
