//! Hanging up, with a reason.

use std::net::IpAddr;

use crate::protocol::Millis;
use crate::protocol::plain;
use crate::protocol::wire::{Bye, Malformed, Refusal, Verb};

use super::state::{ConnState, Dialect};
use super::{ConnId, DRAIN_TIMEOUT, Effect, Hub, MAX_PENDING, MAX_PENDING_PER_ADDRESS};

/// Why a connection is refused, in both spellings.
#[derive(Debug)]
pub(super) struct RefusalReason {
    pub(super) refusal: Refusal,
    pub(super) reason: String,
}

impl Refusal {
    pub(super) fn because(self, reason: impl Into<String>) -> RefusalReason {
        RefusalReason {
            refusal: self,
            reason: reason.into(),
        }
    }
}

impl RefusalReason {
    pub(super) fn full() -> RefusalReason {
        Refusal::Full.because("deux personnes discutent déjà ici")
    }
}

impl From<Malformed> for RefusalReason {
    fn from(malformed: Malformed) -> RefusalReason {
        malformed.refusal().because(malformed.to_string())
    }
}

impl Hub {
    /// Ends a connection and says why: a line of text to who speaks plainly, and one of the wire, which people can read as
    /// well, to who speaks that or has not spoken yet.
    pub(super) fn refuse(&mut self, now: Millis, id: ConnId, refused: RefusalReason) {
        let Some(conn) = self.conns.get_mut(id) else {
            return;
        };
        match &conn.dialect {
            Dialect::Plain(end) if end.has_spoken() => {
                plain::write_notice(conn.outbox.tail(), &refused.reason);
            }
            Dialect::Wire(_) | Dialect::Plain(_) => {
                let verb = Verb::Err {
                    refusal: refused.refusal,
                    reason: &refused.reason,
                };
                verb.encode(conn.outbox.tail());
            }
        }
        self.turn_away(now, id, refused);
    }

    /// Hangs up on somebody who has been told why. A seat of theirs is kept, unless another connection has it by now.
    pub(super) fn turn_away(&mut self, now: Millis, id: ConnId, refused: RefusalReason) {
        let Some(conn) = self.conns.get(id) else {
            return;
        };
        let (state, address) = (conn.state, conn.address);
        self.hang_up(now, id);
        self.effects.push(Effect::Refused {
            address,
            refusal: refused.refusal,
            reason: refused.reason,
        });
        if let ConnState::Seated(seat) = state
            && self.member(seat).and_then(|member| member.presence.conn()) == Some(id)
        {
            self.lose(now, seat);
        }
        // A plain client that was gone already is forgotten by now, and its number may be somebody else's next.
        if self.conns.contains(id) {
            self.refused.push_back(id);
        }
        if self.refused.len() > MAX_PENDING
            && let Some(oldest) = self.refused.pop_front()
        {
            self.effects.push(Effect::Close(oldest));
        }
    }

    pub(super) fn refuse_pending(&mut self, now: Millis) {
        while let Some(id) = self.pending.pop_front() {
            self.refuse(now, id, RefusalReason::full());
        }
    }

    /// Keeps connections without a hello few: the oldest go first.
    pub(super) fn bound_pending(&mut self, now: Millis) {
        if self.pending.len() > MAX_PENDING {
            self.refuse_as_one_too_many(now, 0);
        }
    }

    /// The same for those from one address, which a proxy's own are not.
    pub(super) fn bound_pending_of(&mut self, now: Millis, address: IpAddr) {
        let is_from_there = |place: &usize| {
            let conn = &self.conns[self.pending[*place]];
            conn.is_announced && conn.address == address
        };
        let mut from_there = (0..self.pending.len()).filter(is_from_there);
        if let Some(oldest) = from_there.next()
            && from_there.count() >= MAX_PENDING_PER_ADDRESS
            && !address.is_loopback()
        {
            self.refuse_as_one_too_many(now, oldest);
        }
    }

    fn refuse_as_one_too_many(&mut self, now: Millis, place: usize) {
        if let Some(id) = self.pending.remove(place) {
            self.refuse(
                now,
                id,
                Refusal::Slow.because("trop de connexions sans hello"),
            );
        }
    }

    pub(super) fn farewell(&mut self, now: Millis, id: ConnId) {
        self.post(now, id, &Verb::Bye(Bye::Over));
        self.hang_up(now, id);
    }

    /// Lets a connection read what is in its outbox, then ends it.
    pub(super) fn hang_up(&mut self, now: Millis, id: ConnId) {
        let Some(conn) = self.conns.get_mut(id) else {
            return;
        };
        if conn.state == ConnState::Pending {
            self.pending.retain(|&pending| pending != id);
        }
        conn.state = ConnState::Closing {
            until: now + DRAIN_TIMEOUT,
        };
        if let Dialect::Plain(end) = &conn.dialect {
            if end.is_gone() {
                return self.forget(now, id);
            }
            // Its session may still have something to tell.
            self.ready.push_back(id);
        }
        self.arm(now, id);
        // A connection with nothing more to read is shut down by being looked at.
        self.outgoing(now, id);
    }
}
