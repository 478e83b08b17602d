//! Taking a seat: hellos, rooms, returns, and who is told of whom.

use crate::protocol::Millis;
use crate::protocol::wire::{Gone, HEARTBEAT_S, Hello, MAX_LINE, Pid, Refusal, Verb, Welcome};

use super::refusing::RefusalReason;
use super::state::{ConnState, Dialect, Expected, Member, Presence, Room, Seat};
use super::{
    ConnId, Hub, MAX_ROOMS, OUTBOX_FULL, PLAIN_OUTBOX_FULL, RelayMode, SEAT_TTL, SeatChange,
};

impl Hub {
    /// Seats whoever says this hello, and tells both who is there.
    pub(super) fn seat(
        &mut self,
        now: Millis,
        id: ConnId,
        hello: Hello,
    ) -> Result<(), RefusalReason> {
        let name = hello.name.clone();
        let speaks_wire = matches!(self.conns[id].dialect, Dialect::Wire(_));
        let known = self.tokens.get(&hello.token).filter(|_| speaks_wire);
        let seat = match known {
            Some(&seat) => self.take_back(now, id, seat, &hello)?,
            None => self.take(now, id, hello)?,
        };
        self.pending.retain(|&pending| pending != id);
        self.conns[id].state = ConnState::Seated(seat);
        self.conns[id].name = Some(name);
        self.conns[id].heard_at = now;
        if speaks_wire {
            let welcome = Welcome {
                max_line: MAX_LINE,
                heartbeat_s: HEARTBEAT_S,
            };
            welcome.encode(self.outgoing(now, id));
        }
        self.introduce(now, id, seat);
        // Whoever is pending now may still own a seat whose old connection has died unnoticed: only a hello tells.
        Ok(())
    }

    /// A known token takes its seat back at once; the connection that has it is told so, and rule 4 keeps that client
    /// from coming back.
    pub(super) fn take_back(
        &mut self,
        now: Millis,
        id: ConnId,
        seat: Seat,
        hello: &Hello,
    ) -> Result<Seat, RefusalReason> {
        let Some(member) = self.rooms[seat.room].members[seat.side].as_mut() else {
            unreachable!("a token is forgotten with its seat");
        };
        if !member.hello.is_same_client(hello) {
            return Err(Refusal::Proto.because("ce n'est pas le hello de cette place"));
        }
        match member.presence {
            Presence::Here(old) => {
                member.presence = Presence::Here(id);
                let replaced = Refusal::Replaced.because("le même client s'est connecté à nouveau");
                self.refuse(now, old, replaced);
            }
            Presence::Away { .. } => {
                member.presence = Presence::Here(id);
                self.tell_of(seat, SeatChange::Back);
            }
            Presence::Lingering(_) | Presence::Gone(_) => {
                return Err(Refusal::Full.because("cette discussion est terminée"));
            }
        }
        Ok(seat)
    }

    /// A newcomer's seat.
    pub(super) fn take(
        &mut self,
        now: Millis,
        id: ConnId,
        mut hello: Hello,
    ) -> Result<Seat, RefusalReason> {
        let room = self.room_for(now, &hello)?;
        // The room's own name serves whoever comes to it.
        if hello.salon == self.rooms[room].salon {
            hello.salon = self.rooms[room].salon.clone();
        }
        let members = &mut self.rooms[room].members;
        let Some(side) = members.iter().position(Option::is_none) else {
            return Err(self.ask_for_signs_of_life(now, room));
        };
        let namesake = members
            .iter()
            .flatten()
            .any(|member| member.hello.name.looks_like(&hello.name));
        if namesake {
            return Err(Refusal::Name.because("ce nom est déjà pris, choisissez-en un autre"));
        }
        let seat = Seat { room, side };
        if let Dialect::Wire(_) = &self.conns[id].dialect {
            self.tokens.insert(hello.token, seat);
        }
        members[side] = Some(Member {
            hello,
            presence: Presence::Here(id),
            shown: None,
        });
        if members.iter().all(Option::is_some) {
            self.begin(room);
        }
        self.tell_of(seat, SeatChange::Taken(self.conns[id].address));
        Ok(seat)
    }

    /// The room that a newcomer asks for, new where there is none.
    pub(super) fn room_for(&mut self, now: Millis, hello: &Hello) -> Result<usize, RefusalReason> {
        if self.over {
            return Err(RefusalReason::full());
        }
        if let Some(room) = self.room_of_partner(hello) {
            return Ok(room);
        }
        let existing = match (&hello.salon, self.config.mode) {
            (_, RelayMode::Single) => self.rooms.iter().next().map(|(room, _)| room),
            (Some(salon), RelayMode::Daemon) => self.salons.get(salon).copied(),
            (None, RelayMode::Daemon) => self.unnamed,
        };
        match existing {
            // Two who have talked before find each other again beside whoever has come between.
            Some(_) if self.config.mode == RelayMode::Daemon && hello.partner.is_some() => {}
            Some(room) if self.rooms[room].is_kept_from(hello.pid) => {
                return Err(RefusalReason::full());
            }
            Some(room) => return Ok(room),
            None => {}
        }
        self.new_room(now, hello)
    }

    /// Where somebody waits whom this newcomer has talked with, as either of them says, through a relay that is no more.
    pub(super) fn room_of_partner(&self, hello: &Hello) -> Option<usize> {
        let me = hello.pid;
        let Some(partner) = hello.partner else {
            // A connection cut just then: they had learnt of us, and we not yet of them.
            let mut expecting = self.expected.range((me, Pid(0))..=(me, Pid(u64::MAX)));
            return expecting.next().map(|(_, room)| *room);
        };
        if let Some(room) = self.expected.get(&(me, partner)) {
            return Some(*room);
        }
        let named = hello
            .salon
            .as_ref()
            .and_then(|salon| self.salons.get(salon));
        let mut rooms = named.copied().into_iter().chain(self.unnamed);
        rooms.find(|room| {
            let room = &self.rooms[*room];
            let mut members = room.members.iter().flatten();
            room.is_fresh() && members.any(|member| member.hello.pid == partner)
        })
    }

    pub(super) fn new_room(&mut self, now: Millis, hello: &Hello) -> Result<usize, RefusalReason> {
        if self.rooms.len() >= MAX_ROOMS {
            self.clear_deserted_rooms(now);
        }
        if self.rooms.len() >= MAX_ROOMS {
            return Err(Refusal::Full.because("le relais est plein"));
        }
        let salon = match self.config.mode {
            RelayMode::Single => None,
            RelayMode::Daemon => hello.salon.clone(),
        };
        let expects = hello.partner.map(|pid| Expected {
            pid,
            until: now + SEAT_TTL,
        });
        let room = self.rooms.insert(Room {
            salon: salon.clone(),
            members: [None, None],
            begun: false,
            expects,
            ends_at: None,
            alarm: None,
        });
        if let Some(expected) = expects {
            self.expected.insert((expected.pid, hello.pid), room);
            self.arm_room(room);
        }
        match salon {
            Some(salon) => {
                self.salons.entry(salon).or_insert(room);
            }
            None if expects.is_none() => self.unnamed = Some(room),
            None => {}
        }
        Ok(room)
    }

    /// Rule 1: whenever either seat connects, both learn who is opposite.
    pub(super) fn introduce(&mut self, now: Millis, id: ConnId, seat: Seat) {
        self.shed_reader(now, seat.opposite());
        let room = &mut self.rooms[seat.room];
        let Some(other) = &room.members[seat.opposite().side] else {
            let gone = match room.expects {
                None => Gone::None,
                Some(_) => Gone::Away,
            };
            self.post(now, id, &Verb::Gone(gone));
            return;
        };
        let presence = other.presence;
        let peer = |member: &Member| Verb::Peer {
            pid: member.hello.pid,
            name: member.hello.name.clone(),
        };
        let to_me = peer(other);
        let to_other = room.members[seat.side].as_ref().map(peer);
        self.post(now, id, &to_me);
        if let (Some(there), Some(verb)) = (presence.conn(), to_other) {
            self.post(now, there, &verb);
        }
        let gone = match presence {
            Presence::Here(_) => return,
            Presence::Away { .. } => Gone::Away,
            Presence::Lingering(_) => Gone::Left,
            Presence::Gone(gone) => gone,
        };
        self.post(now, id, &Verb::Gone(gone));
        if gone != Gone::Away {
            self.end_soon(now, seat.room);
        }
    }

    /// Both seats are taken: nobody else is waited for.
    pub(super) fn begin(&mut self, room: usize) {
        if self.unnamed == Some(room) {
            self.unnamed = None;
        }
        self.stop_expecting(room);
        if !std::mem::replace(&mut self.rooms[room].begun, true) {
            self.conversations += 1;
        }
    }

    pub(super) fn stop_expecting(&mut self, room: usize) {
        let expecting = &mut self.rooms[room];
        if let Some(expected) = expecting.expects.take() {
            for member in expecting.members.iter().flatten() {
                self.expected.remove(&(expected.pid, member.hello.pid));
            }
        }
    }

    /// Hangs up on whoever does not read, before one more `PEER`: a client may reconnect without end.
    pub(super) fn shed_reader(&mut self, now: Millis, seat: Seat) {
        let member = self.member(seat);
        let Some(id) = member.and_then(|member| member.presence.conn()) else {
            return;
        };
        let most = match self.conns.get(id).map(|conn| &conn.dialect) {
            Some(Dialect::Plain(_)) => PLAIN_OUTBOX_FULL,
            _ => OUTBOX_FULL,
        };
        if self.unsent(id).len() >= most {
            self.refuse(now, id, Refusal::Slow.because("rien n'a été lu"));
        }
    }
}
