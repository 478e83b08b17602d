//! What the hub does on behalf of plain clients.

use crate::protocol::Millis;
use crate::protocol::plain;
use crate::protocol::wire::{Hello, Lines, Name, Pid, Refusal, Token};

use super::plain_end::Action;
use super::refusing::RefusalReason;
use super::state::{Dialect, Member};
use super::{ConnId, Effect, Hub, RelayMode, Tracing};

impl Hub {
    /// Sees to every plain client that something has happened to.
    pub(super) fn settle(&mut self, now: Millis) {
        while let Some(id) = self.ready.pop_front() {
            while let Some(ask) = self.next_action(now, id) {
                self.apply(now, id, ask);
            }
            self.arm(now, id);
        }
    }

    /// What a plain client needs next. Whatever it is to read goes into its outbox on the way.
    pub(super) fn next_action(&mut self, now: Millis, id: ConnId) -> Option<Action> {
        let conn = self.conns.get_mut(id)?;
        let Dialect::Plain(end) = &mut conn.dialect else {
            return None;
        };
        let was_empty = conn.outbox.is_empty();
        conn.outbox.adopt(&mut self.spare);
        let formatter = &self.config.formatter;
        end.tell(formatter, &mut self.dates, &mut conn.outbox);
        let ask = end.next_action(now, self.date);
        end.tell(formatter, &mut self.dates, &mut conn.outbox);
        let diagnostics = end.take_diagnostics();
        if was_empty {
            conn.moved_at = now;
        }
        if conn.outbox.is_empty() {
            let let_go = conn.outbox.let_go();
            self.keep_spare(let_go);
        } else if !conn.queued {
            conn.queued = true;
            self.unsent.push_back(id);
        }
        if self.config.tracing == Tracing::On && diagnostics.iter().next().is_some() {
            self.effects.push_back(Effect::Understood {
                conn: id,
                diagnostics,
            });
        }
        ask
    }

    pub(super) fn apply(&mut self, now: Millis, id: ConnId, ask: Action) {
        match ask {
            Action::Wire(bytes) => {
                self.conns[id].dialect = Dialect::Wire(Lines::default());
                self.wire_bytes(now, id, &bytes);
            }
            Action::Lines(lines) => {
                // A session spells its lines right and whole.
                let (mut incoming, mut rest) = (Lines::default(), lines.as_slice());
                while let Ok(Some(line)) = incoming.next(&mut rest) {
                    if let Err(refused) = self.line(now, id, line) {
                        return self.refuse(now, id, refused);
                    }
                }
                self.keep_spare(lines);
            }
            Action::Seat(name) => self.introduce_plain(now, id, name),
            Action::Refuse(foreign) => {
                foreign.answer(self.conns[id].outbox.tail());
                let reason = foreign.reason();
                self.turn_away(now, id, RefusalReason::new(Refusal::Proto, reason));
            }
            Action::HangUp => self.hang_up(now, id),
        }
    }

    /// Lets a plain client's session say hello. Whoever has no name is a guest, the first or the second.
    pub(super) fn introduce_plain(&mut self, now: Millis, id: ConnId, name: Option<Name>) {
        let name = name.unwrap_or_else(|| {
            let guest: Name = plain::GUEST.parse().expect("the guest's name is a name");
            match self.would_clash(&guest) {
                false => guest,
                true => "invité 2"
                    .parse()
                    .expect("the second guest's name is a name"),
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
            end.introduce(now, hello);
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
