//! Giving up a seat: goodbyes, cuts, seats that are kept and for how long, and the end of a conversation.

use crate::protocol::Millis;
use crate::protocol::wire::{Gone, Refusal, Verb};

use super::plain_end::Teller;
use super::state::{Alarm, ConnState, Dialect, Member, Presence, Room, Seat};
use super::{CLIENT_TIMEOUT, ConnId, Effect, Hub, LINGER_TIMEOUT, RelayMode, SEAT_TTL, SeatChange};

impl Hub {
    #[cold]
    pub(super) fn leave(&mut self, now: Millis, id: ConnId, seat: Seat) {
        let Some(member) = self.member(seat) else {
            return;
        };
        if member.presence != Presence::Here(id) {
            return;
        }
        let other = self.presence(seat.opposite());
        // Who answers the other's farewell has not left anybody.
        if !matches!(other, Some(Presence::Lingering(_) | Presence::Gone(_))) {
            self.tell_of(seat, SeatChange::Left);
        }
        let Some(other) = other else {
            self.farewell(now, id);
            // A partner from before this relay was started is told of it on coming back, and nobody else takes the seat.
            match self.rooms[seat.room].expects {
                Some(_) => self.set_presence(seat, Presence::Gone(Gone::Left)),
                None => self.vacate(seat),
            }
            return;
        };
        match other {
            Presence::Here(there) => {
                self.set_presence(seat, Presence::Lingering(id));
                self.post(now, there, &Verb::Gone(Gone::Left));
                self.end_soon(now, seat.room);
            }
            Presence::Away { .. } => {
                self.set_presence(seat, Presence::Gone(Gone::Left));
                self.farewell(now, id);
            }
            Presence::Lingering(_) | Presence::Gone(_) => self.finish(now, seat.room),
        }
    }

    /// A seat's connection is gone without a `BYE`.
    pub(super) fn lose(&mut self, now: Millis, seat: Seat) {
        let Some(member) = self.member(seat) else {
            return;
        };
        match member.presence {
            // Nothing has been said yet, so nothing needs keeping; who comes back takes a seat like anybody.
            Presence::Here(_) if self.rooms[seat.room].is_fresh() => {
                self.tell_of(seat, SeatChange::Left);
                self.vacate(seat);
            }
            Presence::Here(_) => {
                self.set_presence(seat, Presence::Away { since: now });
                self.tell_of(seat, SeatChange::Away);
                self.arm_room(seat.room);
                match self.presence(seat.opposite()) {
                    Some(Presence::Here(there)) => {
                        self.post(now, there, &Verb::Gone(Gone::Away));
                    }
                    // Whoever left has been heard to the end; only the sentence is owed.
                    Some(Presence::Lingering(there)) => {
                        self.set_presence(seat.opposite(), Presence::Gone(Gone::Left));
                        self.rooms[seat.room].ends_at = None;
                        self.farewell(now, there);
                    }
                    _ => {}
                }
            }
            Presence::Lingering(_) => self.set_presence(seat, Presence::Gone(Gone::Left)),
            Presence::Away { .. } | Presence::Gone(_) => {}
        }
    }

    /// Frees a seat whose conversation has not begun.
    pub(super) fn vacate(&mut self, seat: Seat) {
        self.stop_expecting(seat.room);
        if let Some(member) = self.rooms[seat.room].members[seat.side].take() {
            self.forget_token(seat, &member);
        }
        let empty = self.rooms[seat.room].members.iter().all(Option::is_none);
        if empty {
            self.remove_room(seat.room);
        }
    }

    pub(super) fn forget_token(&mut self, seat: Seat, member: &Member) {
        let token = &member.hello.token;
        // A plain client's token is nobody's, or somebody else's.
        if self.tokens.get(token) == Some(&seat) {
            self.tokens.remove(token);
        }
    }

    /// Gives whoever is left in a room a moment to go by themselves.
    pub(super) fn end_soon(&mut self, now: Millis, room: usize) {
        self.rooms[room].ends_at = Some(now + LINGER_TIMEOUT);
        self.arm_room(room);
    }

    /// The conversation is over: both are told, and the room is gone.
    pub(super) fn finish(&mut self, now: Millis, room: usize) {
        let members = self.remove_room(room).members;
        for (side, member) in members.into_iter().enumerate() {
            let Some(member) = member else {
                continue;
            };
            self.forget_token(Seat { room, side }, &member);
            if let Some(id) = member.presence.conn() {
                self.farewell(now, id);
            }
        }
        if self.config.mode == RelayMode::Single {
            self.over = true;
            self.refuse_pending(now);
        }
    }

    /// Gives up seats of people who are all away before their time, those first who have been so for longest: else whoever
    /// comes and vanishes often enough would keep everybody else out.
    pub(super) fn clear_deserted_rooms(&mut self, now: Millis) {
        /// Many, because finding them takes a look at every alarm.
        const AT_ONCE: usize = 256;
        let deserted = |(_, alarm): &(Millis, Alarm)| match alarm {
            Alarm::Room(room) if self.rooms.get(*room)?.is_deserted() => Some(*room),
            _ => None,
        };
        let rooms: Vec<usize> = self
            .alarms
            .iter()
            .filter_map(deserted)
            .take(AT_ONCE)
            .collect();
        for room in rooms {
            self.finish(now, room);
        }
    }

    pub(super) fn remove_room(&mut self, room: usize) -> Room {
        self.stop_expecting(room);
        let removed = self.rooms.remove(room);
        self.conversations -= usize::from(removed.begun);
        if let Some(at) = removed.alarm {
            self.alarms.remove(&(at, Alarm::Room(room)));
        }
        if let Some(salon) = &removed.salon
            && self.salons.get(salon) == Some(&room)
        {
            self.salons.remove(salon);
        }
        if self.unnamed == Some(room) {
            self.unnamed = None;
        }
        removed
    }

    #[cold]
    pub(super) fn conn_alarm(&mut self, now: Millis, id: ConnId) {
        let paused = !self.wants_input(id);
        let Some(conn) = self.conns.get_mut(id) else {
            return;
        };
        conn.alarm = None;
        if let Dialect::Plain(end) = &mut conn.dialect
            && conn.is_announced
        {
            let (formatter, outbox) = (&self.config.formatter, &mut conn.outbox);
            end.handle_timeout(now, Teller { formatter, outbox });
            self.ready.push_back(id);
        }
        if conn.yields_at.is_some_and(|at| at <= now) {
            return self.yield_seat(now, id);
        }
        // We have paused reading this client, so its silence proves nothing.
        if paused {
            conn.heard_at = now;
        }
        if conn.idle_deadline().is_none_or(|at| at > now) {
            // What a plain client's session has to do is done when the hub settles, which sets the alarm anew.
            if let Dialect::Wire(_) = conn.dialect {
                self.arm(now, id);
            }
            return;
        }
        let reason = match conn.state {
            ConnState::Closing { .. } => return self.effects.push(Effect::Close(id)),
            ConnState::Pending => "pas de hello après 30 s",
            ConnState::Seated(_) if conn.heard_at + CLIENT_TIMEOUT <= now => "silence de 30 s",
            ConnState::Seated(_) => "rien n'a été lu depuis 30 s",
        };
        self.refuse(now, id, Refusal::Slow.because(reason));
    }

    #[cold]
    pub(super) fn room_alarm(&mut self, now: Millis, room: usize) {
        let Some(ending) = self.rooms.get_mut(room) else {
            return;
        };
        ending.alarm = None;
        if ending.ends_at.is_some_and(|at| at <= now) {
            return self.finish(now, room);
        }
        if ending.expects.is_some_and(|expected| expected.until <= now) {
            return self.give_up_expecting(now, room);
        }
        for side in 0..2 {
            self.expire(now, Seat { room, side });
        }
        let gone = |member: &Member| matches!(member.presence, Presence::Gone(_));
        if self.rooms[room].members.iter().flatten().all(gone) {
            self.finish(now, room);
        } else {
            self.arm_room(room);
        }
    }

    /// Gives the seat up of somebody who has not come over from the relay before this one.
    pub(super) fn give_up_expecting(&mut self, now: Millis, room: usize) {
        self.stop_expecting(room);
        let here = |member: &Member| member.presence.conn();
        match self.rooms[room].members.iter().flatten().find_map(here) {
            Some(id) => {
                self.post(now, id, &Verb::Gone(Gone::Lost));
                self.end_soon(now, room);
            }
            None => self.finish(now, room),
        }
    }

    /// Gives a seat up whose owner has been away for too long.
    pub(super) fn expire(&mut self, now: Millis, seat: Seat) {
        let Some(member) = self.member(seat) else {
            return;
        };
        if !matches!(member.presence, Presence::Away { since } if since + SEAT_TTL <= now) {
            return;
        }
        self.tell_of(seat, SeatChange::Lost);
        self.set_presence(seat, Presence::Gone(Gone::Lost));
        if let Some(Presence::Here(there)) = self.presence(seat.opposite()) {
            self.post(now, there, &Verb::Gone(Gone::Lost));
            self.end_soon(now, seat.room);
        }
    }
}
