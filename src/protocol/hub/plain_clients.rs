//! What the hub does on behalf of plain clients.

use crate::protocol::Millis;
use crate::protocol::name::Name;
use crate::protocol::plain;
use crate::protocol::session::Flow;
use crate::protocol::wire::{Hello, Lines, Pid, Refusal, Token, Verb};

use super::plain_end::Action;
use super::state::{ConnState, Dialect, Member, Seat};
use super::{ConnId, Effect, Hub, OUTBOX_FULL, RelayMode, Tracing};

impl Hub {
    /// Sees to every plain client that something has happened to.
    pub(super) fn drain_ready(&mut self, now: Millis) {
        while let Some(id) = self.ready.pop_front() {
            while let Some(action) = self.next_action(now, id) {
                self.apply(now, id, action);
            }
            self.flush(now, id);
            self.arm(now, id);
        }
    }

    /// What a plain client needs next.
    pub(super) fn next_action(&mut self, now: Millis, id: ConnId) -> Option<Action> {
        let conn = self.conns.get_mut(id)?;
        let Dialect::Plain(end) = &mut conn.dialect else {
            return None;
        };
        if conn.outbox.is_empty() {
            end.all_is_sent();
        }
        let action = end.next_action(now, self.date);
        let diagnostics = end.take_diagnostics();
        if self.config.tracing == Tracing::On && diagnostics.iter().next().is_some() {
            self.effects.push(Effect::Understood {
                conn: id,
                diagnostics,
            });
        }
        self.queue(id);
        action
    }

    /// Has a plain client's end say what it has to say.
    fn flush(&mut self, now: Millis, id: ConnId) {
        let Some(ConnState::Seated(seat)) = self.conns.get(id).map(|conn| conn.state) else {
            return;
        };
        let leaves = match self.opposite(id).filter(|there| *there != id) {
            Some(there) => self.flush_to(now, id, seat, there),
            None => self.flush_to_nobody(now, id),
        };
        if leaves {
            self.leave(now, id, seat);
        }
    }

    /// Passes on what is said, until whoever sits opposite has enough to read. Tells whether it was a goodbye.
    fn flush_to(&mut self, now: Millis, id: ConnId, seat: Seat, there: ConnId) -> bool {
        let Some((here, other)) = self.conns.get2_mut(id, there) else {
            return false;
        };
        let Dialect::Plain(end) = &mut here.dialect else {
            return false;
        };
        other.expect_more(now, &mut self.spare);
        let mut author = self.rooms[seat.room].members[seat.side].as_mut();
        let (date, formatter, effects) = (self.date, &self.config.formatter, &mut self.effects);
        let (mut leaves, mut passed) = (false, false);
        end.flush(now, &mut |verb| {
            if let Verb::Bye(_) = verb {
                leaves = true;
                return Flow::Enough;
            }
            passed = true;
            self.traffic.count(&verb);
            if let Some(author) = &mut author {
                author.says(seat.side, &verb, date, formatter, effects);
            }
            other.tell(now, &verb, formatter);
            Flow::into_room(other.outbox.unsent().len() < OUTBOX_FULL)
        });
        if passed {
            self.queue(there);
            self.ready.push_back(there);
        }
        leaves
    }

    /// What is said now reaches nobody. Tells whether it was a goodbye.
    fn flush_to_nobody(&mut self, now: Millis, id: ConnId) -> bool {
        let mut leaves = false;
        if let Some(Dialect::Plain(end)) = self.conns.get_mut(id).map(|conn| &mut conn.dialect) {
            end.flush(now, &mut |verb| {
                leaves |= matches!(verb, Verb::Bye(_));
                Flow::More
            });
        }
        leaves
    }

    #[cold]
    pub(super) fn apply(&mut self, now: Millis, id: ConnId, action: Action) {
        match action {
            Action::Wire(bytes) => {
                self.conns[id].dialect = Dialect::Wire(Lines::default());
                self.wire_bytes(now, id, &bytes, |_, _, _| 0);
            }
            Action::Seat(name) => self.introduce_plain(now, id, name),
            Action::Refuse(foreign) => {
                foreign.answer(self.conns[id].outbox.tail());
                self.turn_away(now, id, Refusal::Proto.because(foreign.reason()));
            }
            Action::HangUp => self.hang_up(now, id),
        }
    }

    /// Gives a plain client a seat. Whoever has no name is a guest, the first or the second.
    pub(super) fn introduce_plain(&mut self, now: Millis, id: ConnId, name: Option<Name>) {
        let name = name.unwrap_or_else(|| {
            let guest: Name = plain::GUEST.parse().expect("the guest's name is a name");
            if self.would_clash(&guest) {
                "invité 2"
                    .parse()
                    .expect("the second guest's name is a name")
            } else {
                guest
            }
        });
        // An odd number has an inverse, so that no two of them are alike (Knuth, multiplicative hashing).
        self.plain_clients += 1;
        let pid = self.plain_clients.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ self.config.seed;
        let hello = Hello {
            pid: Pid(pid),
            // Nobody can ask for this seat again: such tokens are never looked up.
            token: Token(0),
            salon: None,
            partner: None,
            name,
        };
        if let Dialect::Plain(end) = &mut self.conns[id].dialect {
            end.introduce(hello.pid, hello.name.clone());
        }
        if let Err(refused) = self.seat(now, id, hello) {
            self.refuse(now, id, refused);
        }
    }

    /// Whether the next to come without a salon would meet somebody of this name.
    pub(super) fn would_clash(&self, name: &Name) -> bool {
        let room = match self.config.mode {
            RelayMode::Single => self.rooms.iter().next().map(|(_, room)| room),
            RelayMode::Daemon => self.unnamed.and_then(|room| self.rooms.get(room)),
        };
        let alike = |member: &Member| member.hello.name.looks_like(name);
        room.is_some_and(|room| room.members.iter().flatten().any(alike))
    }
}
