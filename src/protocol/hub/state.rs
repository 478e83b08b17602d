//! What the hub knows of connections, seats and rooms.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::protocol::heads::Head;
use crate::protocol::name::Name;
use crate::protocol::outbox::{Outbox, Spare};
use crate::protocol::seal;
use crate::protocol::wire::{Gone, Hello, Lines, Pid, Salon, Verb};
use crate::protocol::{Millis, UnixMillis, earliest};

use super::effects::Effects;
use super::plain_end::{PlainEnd, Teller};
use super::{CLIENT_TIMEOUT, ConnId, Formatter, HELLO_TIMEOUT, SEAT_TTL};

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Alarm {
    Conn(ConnId),
    Room(usize),
}

/// A place in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) room: usize,
    pub(super) side: usize,
}

impl Seat {
    pub(super) fn opposite(self) -> Seat {
        Seat {
            side: 1 - self.side,
            ..self
        }
    }
}

/// From a seat to the connection of whoever sits opposite.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passage {
    pub(super) seat: Seat,
    pub(super) there: ConnId,
}

#[derive(Debug)]
pub(super) struct Conn {
    /// Where its caller is or, until it is announced, the proxy.
    pub(super) address: IpAddr,
    /// Whether it is known whose it is.
    pub(super) is_announced: bool,
    pub(super) dialect: Dialect,
    pub(super) outbox: Outbox,
    pub(super) state: ConnState,
    /// Who has, or had, a seat with it.
    pub(super) name: Option<Name>,
    pub(super) heard_at: Millis,
    /// When its seat is somebody else's, unless it sends something before.
    pub(super) yields_at: Option<Millis>,
    /// When the outbox last moved, while it is not empty.
    pub(super) moved_at: Millis,
    /// The alarm that is set for this connection.
    pub(super) alarm: Option<Millis>,
    /// Already in [`Hub::unsent`](super::Hub::unsent).
    pub(super) queued: bool,
}

/// How a connection speaks. Each begins as plain, until its first bytes tell.
#[derive(Debug)]
pub(super) enum Dialect {
    Wire(Lines),
    Plain(Box<PlainEnd>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConnState {
    /// No hello yet.
    Pending,
    Seated(Seat),
    /// Nothing more is read; what is in the outbox goes out, then the socket is closed.
    Closing {
        until: Millis,
    },
}

/// Where two people talk.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) salon: Option<Salon>,
    pub(super) members: [Option<Member>; 2],
    /// Both seats have been taken: the conversation belongs to these two.
    pub(super) begun: bool,
    /// Whom the free seat is kept for.
    pub(super) expects: Option<Expected>,
    /// When whoever is left is sent away, after the other's end.
    pub(super) ends_at: Option<Millis>,
    /// The alarm that is set for this room.
    pub(super) alarm: Option<Millis>,
}

/// A partner from before this relay was started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    pub(super) pid: Pid,
    pub(super) until: Millis,
}

/// Who holds a seat.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) hello: Hello,
    pub(super) presence: Presence,
    /// What is known of the last message that was shown, where messages are.
    pub(super) shown: Option<Box<Shown>>,
}

/// What is remembered of a member's rows on the relay's screen.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// To whom the member speaks.
    partner: Option<Pid>,
    /// The last message to them that was told in a [`Effect::Said`](super::Effect::Said).
    seq: Option<u64>,
    head: Head,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Here(ConnId),
    Away {
        since: Millis,
    },
    /// Has said `BYE`, and reads on for a moment.
    Lingering(ConnId),
    /// Will not be back.
    Gone(Gone),
}

impl Member {
    /// Something of the member's is passed on: where messages are shown it is, unless it has been before.
    pub(super) fn says(
        &mut self,
        side: usize,
        verb: &Verb<'_>,
        date: UnixMillis,
        formatter: &Formatter,
        effects: &mut Effects,
    ) {
        let Some(head) = formatter.head else {
            return;
        };
        let shown = self.shown.get_or_insert_default();
        let is_next = |seq: u64| {
            shown
                .seq
                .is_none_or(|last| seq.checked_sub(1) == Some(last))
        };
        let (sent_at, text) = match *verb {
            // Before anything else is said to somebody new, with whom numbers begin anew (rules 1 and 3).
            Verb::Ack { pid, .. } if shown.partner != Some(pid) => {
                shown.partner = Some(pid);
                shown.seq = None;
                return;
            }
            Verb::Say { seq, sent_at, text } if is_next(seq) => {
                shown.seq = Some(seq);
                (sent_at, text.safe())
            }
            Verb::Sealed(line) => match line.strip_prefix("BOX ").and_then(seal::text_bytes) {
                // Its author's date is sealed as well: this is when it passed.
                Some(bytes) => (date, Cow::Owned((formatter.sealed)(bytes))),
                None => return,
            },
            _ => return,
        };
        let spell = || head(side, &self.hello.name, sent_at);
        effects.say(shown.head.of(sent_at, spell), &text);
    }
}

impl Presence {
    pub(super) fn conn(self) -> Option<ConnId> {
        match self {
            Presence::Here(conn) | Presence::Lingering(conn) => Some(conn),
            Presence::Away { .. } | Presence::Gone(_) => None,
        }
    }
}

pub(super) fn set_alarm(
    alarms: &mut BTreeSet<(Millis, Alarm)>,
    set: &mut Option<Millis>,
    at: Millis,
    alarm: Alarm,
) {
    if set.is_none_or(|before| at < before) {
        if let Some(before) = set.replace(at) {
            alarms.remove(&(before, alarm));
        }
        alarms.insert((at, alarm));
    }
}

impl Room {
    /// Whether whoever is there has not met anybody yet.
    pub(super) fn is_fresh(&self) -> bool {
        !self.begun && self.expects.is_none()
    }

    /// Whether everybody is away.
    pub(super) fn is_deserted(&self) -> bool {
        let mut members = self.members.iter().flatten();
        members.all(|member| member.presence.conn().is_none())
    }

    pub(super) fn is_kept_from(&self, pid: Pid) -> bool {
        self.expects.is_some_and(|expected| expected.pid != pid)
    }

    pub(super) fn next_timeout(&self) -> Option<Millis> {
        let expiry = |member: &Member| match member.presence {
            Presence::Away { since } => Some(since + SEAT_TTL),
            _ => None,
        };
        let expiries = self.members.iter().flatten().filter_map(expiry);
        let expected = self.expects.map(|expected| expected.until);
        expiries.chain(self.ends_at).chain(expected).min()
    }
}

impl Conn {
    /// More is about to be appended to the outbox: it takes memory that another has let go of, where it has none.
    pub(super) fn expect_more(&mut self, now: Millis, spare: &mut Spare) {
        if self.outbox.is_empty() {
            self.moved_at = now;
            self.outbox.adopt(spare);
        }
    }

    /// Says something to the client, as it understands it.
    pub(super) fn tell(&mut self, now: Millis, verb: &Verb<'_>, formatter: &Formatter) {
        match &mut self.dialect {
            Dialect::Wire(_) => verb.encode(self.outbox.tail()),
            Dialect::Plain(end) => {
                let outbox = &mut self.outbox;
                end.hear(now, verb, Teller { formatter, outbox });
            }
        }
    }

    /// When there is something to do.
    pub(super) fn next_timeout(&self) -> Option<Millis> {
        let plain = match &self.dialect {
            // Whoever is hung up on has nothing more to say or to be asked.
            Dialect::Plain(end)
                if self.is_announced && !matches!(self.state, ConnState::Closing { .. }) =>
            {
                end.next_timeout()
            }
            Dialect::Plain(_) | Dialect::Wire(_) => None,
        };
        earliest([self.idle_deadline(), self.yields_at, plain])
    }

    /// When its client has been silent, or has read nothing, for too long.
    pub(super) fn idle_deadline(&self) -> Option<Millis> {
        match (self.state, &self.dialect) {
            (ConnState::Pending, _) => Some(self.heard_at + HELLO_TIMEOUT),
            (ConnState::Closing { until }, _) => Some(until),
            // No rule makes a plain client speak or read; TCP finds out whether it is there.
            (ConnState::Seated(_), Dialect::Plain(_)) => None,
            (ConnState::Seated(_), _) if self.outbox.is_empty() => {
                Some(self.heard_at + CLIENT_TIMEOUT)
            }
            (ConnState::Seated(_), _) => Some(self.heard_at.min(self.moved_at) + CLIENT_TIMEOUT),
        }
    }
}
