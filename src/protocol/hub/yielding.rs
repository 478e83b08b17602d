//! Seats that a scanner or a stray program may hold: whoever has said nothing but a first line frees the seat for somebody
//! who finds none, unless it gives a sign of life.
//!
//! The relay cannot tell a silent person from a program that has sent its greeting and waits. So it asks, and only once
//! somebody else has had to be refused: a person reads the question and writes something, a program does not.

use crate::protocol::Millis;
use crate::protocol::plain;
use crate::protocol::timeouts::YIELD_TIMEOUT;
use crate::protocol::wire::{Gone, Refusal, Verb};

use super::refusing::RefusalReason;
use super::state::{ConnState, Dialect, Presence, Seat};
use super::{ConnId, Hub, SeatChange};

impl Hub {
    /// Somebody finds both seats of a room taken. Those who may have to yield theirs are asked for a sign of life.
    pub(super) fn ask_for_signs_of_life(&mut self, now: Millis, room: usize) -> RefusalReason {
        let mut asked = false;
        for side in 0..2 {
            let Some(id) = self.provisional(Seat { room, side }) else {
                continue;
            };
            asked = true;
            let conn = &mut self.conns[id];
            // Asked already, for another caller.
            if conn.yields_at.is_none() {
                conn.yields_at = Some(now + YIELD_TIMEOUT);
                plain::write_notice(self.outgoing(now, id), plain::SIGN_OF_LIFE);
                self.arm(now, id);
            }
        }
        if asked {
            Refusal::Full
                .because("deux personnes sont déjà là, mais une place peut se libérer dans 10 s")
        } else {
            RefusalReason::full()
        }
    }

    /// Whether a seat of this room may have to be yielded.
    pub(super) fn has_provisional_seat(&self, room: usize) -> bool {
        (0..2).any(|side| self.provisional(Seat { room, side }).is_some())
    }

    /// The connection of a seat's owner who has said nothing but a first line.
    fn provisional(&self, seat: Seat) -> Option<ConnId> {
        let is_ending = self.rooms.get(seat.room)?.ends_at.is_some();
        let Presence::Here(id) = self.presence(seat)? else {
            return None;
        };
        match &self.conns.get(id)?.dialect {
            Dialect::Plain(end) if !is_ending && end.is_provisional() => Some(id),
            Dialect::Plain(_) | Dialect::Wire(_) => None,
        }
    }

    /// Frees the seat of a client that has given no sign of life. The conversation goes on with whoever comes next: whom
    /// it has been with was nobody.
    pub(super) fn yield_seat(&mut self, now: Millis, id: ConnId) {
        let conn = &mut self.conns[id];
        conn.yields_at = None;
        let ConnState::Seated(seat) = conn.state else {
            return;
        };
        if self.provisional(seat) != Some(id) {
            return;
        }
        // One free seat is enough, where both have been silent.
        if let Some(there) = self
            .opposite(id)
            .and_then(|there| self.conns.get_mut(there))
        {
            there.yields_at = None;
        }
        plain::write_notice(self.outgoing(now, id), plain::SEAT_YIELDED);
        self.tell_of(seat, SeatChange::Yielded);
        self.rooms[seat.room].members[seat.side] = None;
        self.hang_up(now, id);
        // The room stays begun: whoever is left is somebody, and keeps a seat through an outage.
        if let Some(Presence::Here(there)) = self.presence(seat.opposite()) {
            self.post(now, there, &Verb::Gone(Gone::None));
        }
    }
}
