//! The relay's mind: hellos, seats, rooms, who is owed what. Pure: see [`super`].
//!
//! The hub keeps no text. What one seat sends goes into the other's outbox as it came, or is dropped where nobody is
//! connected: the sender's session keeps it until the other's has acknowledged it.

mod plain_end;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;

use slab::Slab;

use super::plain::{self, Remarks};
use super::session::Event;
use super::wire::{
    Bye, Gone, HEARTBEAT_S, Hello, Lines, MAX_LINE, Malformed, Name, Outbox, Pid, Refusal, Salon,
    Token, Verb, Welcome,
};
use super::{Line, Millis, UnixMillis};

use plain_end::{Ask, PlainEnd};

/// How long a connection may take to say a whole hello.
const HELLO_WITHIN: Millis = 30_000;
/// Most connections without a hello; one more, and the oldest goes.
const MOST_PENDING: usize = 64;
/// Most of them from one address, loopback apart, where everybody has the same.
const MOST_PENDING_PER_ADDRESS: usize = 8;
/// Silence after which a client counts as gone.
const DEAD_AFTER: Millis = 30_000;
/// How long a seat is kept for its owner's return.
const SEAT_KEPT: Millis = 120_000;
/// How long one who left may read what the other still sends.
const LINGER: Millis = 3_000;
/// How long a connection that ends may take to read its last lines and close.
const DRAIN: Millis = 2_000;
/// Bytes waiting for one connection above which nothing more is read that would add to them.
const OUTBOX_FULL: usize = 64 * 1024;

/// A connection, as the hub names it to the relay. May be used again once [`Hub::closed`] has been called.
pub type ConnId = usize;

/// What the relay must do, or may show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Close this socket now, then call [`Hub::closed`].
    Close(ConnId),
    /// A message was passed on for the first time. Never from a [`House::Daemon`].
    /// `side` (0 or 1) tells the two seats apart.
    Said { side: usize, name: Name, line: Line },
    /// Somebody took a seat for the first time.
    Joined { name: Name },
    /// Somebody's connection was cut; the seat is kept.
    Away { name: Name },
    /// Somebody is back on a seat kept.
    Back { name: Name },
    /// Somebody said `BYE`.
    Left { name: Name },
    /// Somebody did not come back in time.
    Lost { name: Name },
    /// How a plain client's bytes were understood. Only while [`Setting::tracing`].
    Understood { conn: ConnId, remarks: Remarks },
    /// A connection was refused.
    Refused {
        address: IpAddr,
        refusal: Refusal,
        reason: String,
    },
}

/// What becomes of a connection whose client sends nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndOfStream {
    /// It may still read what it is sent; it is closed as [`Effect::Close`] asks.
    ReadsOn,
    /// Close it.
    Gone,
}

/// What kind of house the hub keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum House {
    /// One conversation; when it is over, so is the relay. Messages are told as effects.
    TwoSeats,
    /// Any number of conversations, whose text is nobody's business.
    Daemon,
}

/// What a hub is told once.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub house: House,
    pub tracing: Tracing,
    /// Where the numbers come from that tell plain clients apart; no secret.
    pub seed: u64,
    pub voice: Voice,
}

#[cfg(test)]
impl Setting {
    /// For tests, that look at what happens and not at how it is told.
    pub(super) fn without_words(house: House) -> Setting {
        Setting {
            house,
            tracing: Tracing::Off,
            seed: 0,
            voice: Voice {
                date: |date| date.to_string(),
                sentence: |event| Some(format!("{event:?}")),
            },
        }
    }
}

/// Whether the hub tells how plain clients are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracing {
    Off,
    On,
}

/// What people read, whose words are not the protocol's.
#[derive(Clone, Copy, Debug)]
pub struct Voice {
    /// A date as it is shown.
    pub date: fn(UnixMillis) -> String,
    /// What is said of an event, if anything is.
    pub sentence: fn(&Event) -> Option<String>,
}

/// The relay without its sockets.
///
/// After each call the relay sends what [`next_unsent`](Hub::next_unsent) names, carries out
/// [`next_effect`](Hub::next_effect), and opens or closes its door as [`is_open`](Hub::is_open) says.
#[derive(Debug)]
pub struct Hub {
    setting: Setting,
    /// The date of what happens now.
    date: UnixMillis,
    conns: Slab<Conn>,
    rooms: Slab<Room>,
    /// Every seat by its owner's secret.
    tokens: BTreeMap<Token, Seat>,
    /// Rooms of that name with a conversation or somebody waiting.
    salons: BTreeMap<Salon, usize>,
    /// The room without a name where somebody waits for the next to come.
    unnamed: Option<usize>,
    /// Connections without a hello, oldest first.
    pending: VecDeque<ConnId>,
    /// Connections refused, that have not closed yet, oldest first; one more than [`MOST_PENDING`], and that goes.
    refused: VecDeque<ConnId>,
    alarms: BTreeSet<(Millis, Alarm)>,
    unsent: VecDeque<ConnId>,
    /// Plain connections that something has happened to.
    due: VecDeque<ConnId>,
    /// How many plain clients have had a seat.
    plain_clients: u64,
    effects: VecDeque<Effect>,
    /// Set once the one conversation of [`House::TwoSeats`] is over.
    over: bool,
    #[cfg(test)]
    pub(super) flaw: Option<Flaw>,
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Alarm {
    Conn(ConnId),
    Room(usize),
}

/// A place in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seat {
    room: usize,
    side: usize,
}

impl Seat {
    fn opposite(self) -> Seat {
        Seat {
            side: 1 - self.side,
            ..self
        }
    }
}

#[derive(Debug)]
struct Conn {
    address: IpAddr,
    dialect: Dialect,
    outbox: Outbox,
    state: State,
    heard_at: Millis,
    /// When the outbox last moved, while it is not empty.
    moved_at: Millis,
    /// The alarm that is set for this connection.
    alarm: Option<Millis>,
    /// Already in [`Hub::unsent`].
    queued: bool,
}

/// How a connection speaks. Each begins as plain, until its first bytes tell.
#[derive(Debug)]
enum Dialect {
    Wire(Lines),
    Plain(Box<PlainEnd>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
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
struct Room {
    salon: Option<Salon>,
    members: [Option<Member>; 2],
    /// Both seats have been taken: the conversation belongs to these two.
    begun: bool,
    /// When whoever is left is sent away, after the other's end.
    ends_at: Option<Millis>,
    /// The alarm that is set for this room.
    alarm: Option<Millis>,
}

/// Who holds a seat.
#[derive(Debug)]
struct Member {
    hello: Hello,
    presence: Presence,
    /// The last message that was told in a [`Effect::Said`].
    shown: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Here(ConnId),
    Away {
        since: Millis,
    },
    /// Has said `BYE`, and reads on for a moment.
    Lingering(ConnId),
    /// Will not be back.
    Gone(Gone),
}

impl Presence {
    fn conn(self) -> Option<ConnId> {
        match self {
            Presence::Here(conn) | Presence::Lingering(conn) => Some(conn),
            Presence::Away { .. } | Presence::Gone(_) => None,
        }
    }
}

impl Hub {
    pub fn new(setting: Setting) -> Hub {
        Hub {
            setting,
            date: 0,
            conns: Slab::new(),
            rooms: Slab::new(),
            tokens: BTreeMap::new(),
            salons: BTreeMap::new(),
            unnamed: None,
            pending: VecDeque::new(),
            refused: VecDeque::new(),
            alarms: BTreeSet::new(),
            unsent: VecDeque::new(),
            due: VecDeque::new(),
            plain_clients: 0,
            effects: VecDeque::new(),
            over: false,
            #[cfg(test)]
            flaw: None,
        }
    }

    /// A connection was accepted. It has no seat until it has said a whole hello.
    pub fn accepted(&mut self, now: Millis, address: IpAddr) -> ConnId {
        let id = self.conns.insert(Conn {
            address,
            dialect: Dialect::Plain(Box::new(PlainEnd::new(now))),
            outbox: Outbox::default(),
            state: State::Pending,
            heard_at: now,
            moved_at: now,
            alarm: None,
            queued: false,
        });
        self.pending.push_back(id);
        self.bound_pending(now, address);
        self.arm(now, id);
        id
    }

    /// The date of what is told next: plain clients do not date their messages.
    pub fn set_date(&mut self, date: UnixMillis) {
        self.date = date;
    }

    /// Bytes came on a connection.
    pub fn received(&mut self, now: Millis, id: ConnId, bytes: &[u8]) {
        let Some(conn) = self.conns.get_mut(id) else {
            return;
        };
        if let State::Seated(_) = conn.state {
            conn.heard_at = now;
        }
        match &mut conn.dialect {
            _ if matches!(conn.state, State::Closing { .. }) => {}
            Dialect::Wire(_) => self.wire_bytes(now, id, bytes),
            Dialect::Plain(end) => {
                end.receive(now, bytes, &mut conn.outbox);
                self.due.push_back(id);
            }
        }
        self.settle(now);
    }

    /// A connection's client sends nothing more. Unless this says that it is [closing](Hub::is_closing), or its client
    /// speaks the wire and is gone for now, it may still read what it is sent.
    pub fn end_of_stream(&mut self, now: Millis, id: ConnId) -> EndOfStream {
        match self.conns.get_mut(id) {
            Some(Conn {
                state: State::Pending | State::Seated(_),
                dialect: Dialect::Plain(end),
                outbox,
                ..
            }) => {
                end.end_of_stream(outbox);
                self.due.push_back(id);
                self.settle(now);
                EndOfStream::ReadsOn
            }
            _ => EndOfStream::Gone,
        }
    }

    /// A connection is gone: cut, ended by its client, or closed as [`Effect::Close`] asked.
    pub fn closed(&mut self, now: Millis, id: ConnId) {
        if let Some(Conn {
            state: State::Seated(_),
            dialect: Dialect::Plain(end),
            outbox,
            ..
        }) = self.conns.get_mut(id)
        {
            // Nobody reads any more, but what was said is owed to the other; the connection is forgotten after that.
            *outbox = Outbox::default();
            end.gone();
            self.due.push_back(id);
        } else {
            self.forget(now, id);
        }
        self.settle(now);
    }

    fn forget(&mut self, now: Millis, id: ConnId) {
        let Some(conn) = self.conns.try_remove(id) else {
            return;
        };
        if let Some(at) = conn.alarm {
            self.alarms.remove(&(at, Alarm::Conn(id)));
        }
        match conn.state {
            State::Seated(seat) => self.lose(now, seat),
            State::Pending => self.pending.retain(|&pending| pending != id),
            State::Closing { .. } => self.refused.retain(|&refused| refused != id),
        }
        if conn.queued {
            self.unsent.retain(|&unsent| unsent != id);
        }
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Millis) {
        while let Some(&(at, alarm)) = self.alarms.first()
            && at <= now
        {
            self.alarms.remove(&(at, alarm));
            match alarm {
                Alarm::Conn(id) => self.conn_alarm(now, id),
                Alarm::Room(room) => self.room_alarm(now, room),
            }
        }
        self.settle(now);
    }

    /// When [`tick`](Hub::tick) must be called next.
    pub fn deadline(&self) -> Option<Millis> {
        self.alarms.first().map(|&(at, _)| at)
    }

    /// A connection that has new bytes to send.
    pub fn next_unsent(&mut self) -> Option<ConnId> {
        let id = self.unsent.pop_front()?;
        self.conns[id].queued = false;
        Some(id)
    }

    /// The bytes for a connection.
    pub fn unsent(&self, id: ConnId) -> &[u8] {
        self.conns.get(id).map_or(&[], |conn| conn.outbox.unsent())
    }

    /// The connection took the first `count` of them.
    pub fn sent(&mut self, now: Millis, id: ConnId, count: usize) {
        if let Some(conn) = self.conns.get_mut(id) {
            conn.outbox.advance(count);
            conn.moved_at = now;
            if conn.outbox.is_empty()
                && let Dialect::Plain(_) = conn.dialect
            {
                self.due.push_back(id);
                self.settle(now);
            }
        }
    }

    /// The next thing to do or to show.
    pub fn next_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Whether a connection should be read: not while what it says would pile up for a slow reader.
    pub fn wants_input(&self, id: ConnId) -> bool {
        let has_room = |id| self.unsent(id).len() < OUTBOX_FULL;
        let takes_more = match self.conns.get(id).map(|conn| &conn.dialect) {
            Some(Dialect::Plain(end)) => end.wants_input(),
            _ => self.opposite(id).is_none_or(has_room),
        };
        takes_more && has_room(id)
    }

    /// Who speaks on a connection, once that is known.
    pub fn name(&self, id: ConnId) -> Option<&Name> {
        match self.conns.get(id)?.state {
            State::Seated(seat) => Some(&self.member(seat)?.hello.name),
            _ => None,
        }
    }

    /// The connection of whoever sits opposite.
    pub fn opposite(&self, id: ConnId) -> Option<ConnId> {
        match self.conns.get(id)?.state {
            State::Seated(seat) => self.member(seat.opposite())?.presence.conn(),
            _ => None,
        }
    }

    /// Whether a connection is on its way out: once its bytes are sent its write half must be shut down, and what it
    /// still sends be thrown away until it closes.
    pub fn is_closing(&self, id: ConnId) -> bool {
        let closing = |conn: &Conn| matches!(conn.state, State::Closing { .. });
        self.conns.get(id).is_some_and(closing)
    }

    /// Whether to listen for connections: while a seat is free, or kept for somebody who is away.
    pub fn is_open(&self) -> bool {
        let expected = |member: &Option<Member>| match member {
            None => true,
            Some(member) => matches!(member.presence, Presence::Away { .. }),
        };
        let one_room = self.rooms.iter().next();
        match self.setting.house {
            _ if self.over => false,
            House::Daemon => true,
            House::TwoSeats => one_room.is_none_or(|(_, room)| room.members.iter().any(expected)),
        }
    }

    /// Whether a seat is kept for somebody who is away.
    pub fn is_reserved(&self) -> bool {
        let away = |member: &Member| matches!(member.presence, Presence::Away { .. });
        let mut members = self
            .rooms
            .iter()
            .flat_map(|(_, room)| room.members.iter().flatten());
        members.any(away)
    }

    /// Whether all is done and every connection closed.
    pub fn is_over(&self) -> bool {
        self.over && self.conns.is_empty()
    }

    /// Ends every conversation, saying why.
    pub fn stop(&mut self, now: Millis, why: Bye) {
        self.over = true;
        let everyone: Vec<ConnId> = self.conns.iter().map(|(id, _)| id).collect();
        for id in everyone {
            match self.conns[id].state {
                State::Closing { .. } => continue,
                // A hello may be on its way; and who speaks plain text can read this, too.
                State::Pending => Verb::Bye(why).encode(self.conns[id].outbox.tail()),
                State::Seated(_) => self.post(now, id, &Verb::Bye(why)),
            }
            self.hang_up(now, id);
        }
        self.rooms.clear();
        self.tokens.clear();
        self.salons.clear();
        self.unnamed = None;
        self.settle(now);
    }

    /// Sees to every plain client that something has happened to.
    fn settle(&mut self, now: Millis) {
        while let Some(id) = self.due.pop_front() {
            while let Some(ask) = self.next_ask(now, id) {
                self.grant(now, id, ask);
            }
            self.arm(now, id);
        }
    }

    /// What a plain client needs next. Whatever it is to read goes into its outbox on the way.
    fn next_ask(&mut self, now: Millis, id: ConnId) -> Option<Ask> {
        let conn = self.conns.get_mut(id)?;
        let Dialect::Plain(end) = &mut conn.dialect else {
            return None;
        };
        let was_empty = conn.outbox.is_empty();
        end.tell(&self.setting.voice, &mut conn.outbox);
        let ask = end.next_ask(now, self.date);
        end.tell(&self.setting.voice, &mut conn.outbox);
        let remarks = end.take_remarks();
        if was_empty {
            conn.moved_at = now;
        }
        if !conn.outbox.is_empty() && !conn.queued {
            conn.queued = true;
            self.unsent.push_back(id);
        }
        if self.setting.tracing == Tracing::On && remarks.iter().next().is_some() {
            self.effects
                .push_back(Effect::Understood { conn: id, remarks });
        }
        ask
    }

    fn grant(&mut self, now: Millis, id: ConnId, ask: Ask) {
        match ask {
            Ask::Wire(bytes) => {
                self.conns[id].dialect = Dialect::Wire(Lines::default());
                self.wire_bytes(now, id, &bytes);
            }
            Ask::Lines(lines) => {
                for line in lines.split_inclusive(|&byte| byte == b'\n') {
                    let line = line.strip_suffix(b"\n").unwrap_or(line);
                    if let Err(refused) = self.line(now, id, line) {
                        return self.refuse(now, id, refused);
                    }
                }
            }
            Ask::Seat(name) => self.introduce_plain(now, id, name),
            Ask::Refuse(foreign) => {
                foreign.answer(self.conns[id].outbox.tail());
                let reason = foreign.reason();
                self.turn_away(now, id, Refused::new(Refusal::Proto, reason));
            }
            Ask::HangUp => self.hang_up(now, id),
        }
    }

    /// Lets a plain client's session say hello. Whoever has no name is a guest, the first or the second.
    fn introduce_plain(&mut self, now: Millis, id: ConnId, name: Option<Name>) {
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
        let pid = self.plain_clients.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ self.setting.seed;
        let hello = Hello {
            pid: Pid(pid),
            // Nobody can ask for this seat again: such tokens are never looked up.
            token: Token(0),
            salon: None,
            name,
        };
        if let Dialect::Plain(end) = &mut self.conns[id].dialect {
            end.introduce(now, hello);
        }
    }

    /// Whether the next to come without a salon would meet somebody of this name.
    fn would_clash(&self, name: &Name) -> bool {
        let room = match self.setting.house {
            House::TwoSeats => self.rooms.iter().next().map(|(_, room)| room),
            House::Daemon => self.unnamed.and_then(|room| self.rooms.get(room)),
        };
        let alike = |member: &Member| member.hello.name.looks_like(name);
        room.is_some_and(|room| room.members.iter().flatten().any(alike))
    }

    fn wire_bytes(&mut self, now: Millis, id: ConnId, mut bytes: &[u8]) {
        let Some(Dialect::Wire(incoming)) = self.conns.get_mut(id).map(|conn| &mut conn.dialect)
        else {
            return;
        };
        let mut incoming = std::mem::take(incoming);
        while !self.is_closing(id) {
            let outcome = match incoming.next(&mut bytes) {
                Ok(None) => break,
                Ok(Some(line)) => self.line(now, id, line),
                Err(malformed) => Err(Refused::from(malformed)),
            };
            if let Err(refused) = outcome {
                self.refuse(now, id, refused);
            }
        }
        if let Some(conn) = self.conns.get_mut(id) {
            conn.dialect = Dialect::Wire(incoming);
        }
    }

    fn line(&mut self, now: Millis, id: ConnId, line: &[u8]) -> Result<(), Refused> {
        match self.conns[id].state {
            State::Pending => self.hello(now, id, line),
            State::Seated(seat) => self.verb(now, id, seat, line),
            State::Closing { .. } => Ok(()),
        }
    }

    fn hello(&mut self, now: Millis, id: ConnId, line: &[u8]) -> Result<(), Refused> {
        let hello = Hello::decode(line)?;
        let speaks_wire = matches!(self.conns[id].dialect, Dialect::Wire(_));
        let known = self.tokens.get(&hello.token).filter(|_| speaks_wire);
        let seat = match known {
            Some(&seat) => self.take_back(now, id, seat, &hello)?,
            None => self.take(id, hello)?,
        };
        self.pending.retain(|&pending| pending != id);
        self.conns[id].state = State::Seated(seat);
        self.conns[id].heard_at = now;
        let welcome = Welcome {
            max_line: MAX_LINE,
            heartbeat_s: HEARTBEAT_S,
        };
        welcome.encode(self.outgoing(now, id));
        self.introduce(now, id, seat);
        // Whoever is pending now may still own a seat whose old connection has died unnoticed: only a hello tells.
        Ok(())
    }

    /// Rule 4: a known token takes its seat back at once.
    fn take_back(
        &mut self,
        now: Millis,
        id: ConnId,
        seat: Seat,
        hello: &Hello,
    ) -> Result<Seat, Refused> {
        let Some(member) = self.rooms[seat.room].members[seat.side].as_mut() else {
            unreachable!("a token is forgotten with its seat");
        };
        if member.hello != *hello {
            return Err(Refused::new(
                Refusal::Proto,
                "ce n'est pas le hello de cette place",
            ));
        }
        let name = member.hello.name.clone();
        match member.presence {
            Presence::Here(old) => {
                member.presence = Presence::Here(id);
                let reason = "le même client s'est connecté à nouveau";
                self.refuse(now, old, Refused::new(Refusal::Replaced, reason));
            }
            Presence::Away { .. } => {
                member.presence = Presence::Here(id);
                self.effects.push_back(Effect::Back { name });
            }
            Presence::Lingering(_) | Presence::Gone(_) => {
                return Err(Refused::new(Refusal::Full, "cette discussion est terminée"));
            }
        }
        Ok(seat)
    }

    /// A newcomer's seat.
    fn take(&mut self, id: ConnId, hello: Hello) -> Result<Seat, Refused> {
        let room = self.room_for(&hello)?;
        let members = &mut self.rooms[room].members;
        let Some(side) = members.iter().position(Option::is_none) else {
            return Err(Refused::full());
        };
        let namesake = members
            .iter()
            .flatten()
            .any(|member| member.hello.name.looks_like(&hello.name));
        if namesake {
            return Err(Refused::new(
                Refusal::Name,
                "ce nom est déjà pris, choisissez-en un autre",
            ));
        }
        let seat = Seat { room, side };
        let name = hello.name.clone();
        match &self.conns[id].dialect {
            Dialect::Wire(_) => {
                self.tokens.insert(hello.token, seat);
            }
            Dialect::Plain(_) => plain::write_welcome(self.conns[id].outbox.tail(), &name),
        }
        members[side] = Some(Member {
            hello,
            presence: Presence::Here(id),
            shown: None,
        });
        self.effects.push_back(Effect::Joined { name });
        Ok(seat)
    }

    /// The room that a newcomer asks for, new where there is none.
    fn room_for(&mut self, hello: &Hello) -> Result<usize, Refused> {
        if self.over {
            return Err(Refused::full());
        }
        let salon = match self.setting.house {
            House::TwoSeats => None,
            House::Daemon => hello.salon.clone(),
        };
        let existing = match (&salon, self.setting.house) {
            (_, House::TwoSeats) => self.rooms.iter().next().map(|(room, _)| room),
            (Some(salon), House::Daemon) => self.salons.get(salon).copied(),
            (None, House::Daemon) => self.unnamed,
        };
        Ok(existing.unwrap_or_else(|| {
            let room = self.rooms.insert(Room {
                salon: salon.clone(),
                members: [None, None],
                begun: false,
                ends_at: None,
                alarm: None,
            });
            match salon {
                Some(salon) => {
                    self.salons.insert(salon, room);
                }
                None => self.unnamed = Some(room),
            }
            room
        }))
    }

    /// Rule 1: whenever either seat connects, both learn who is opposite.
    fn introduce(&mut self, now: Millis, id: ConnId, seat: Seat) {
        self.shed_reader(now, seat.opposite());
        let room = &mut self.rooms[seat.room];
        let Some(other) = &room.members[seat.opposite().side] else {
            self.post(now, id, &Verb::Gone(Gone::None));
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
        match presence {
            Presence::Here(there) => {
                self.rooms[seat.room].begun = true;
                if self.unnamed == Some(seat.room) {
                    self.unnamed = None;
                }
                if let Some(verb) = to_other
                    && !self.flawed(Flaw::PeerToOneSide)
                {
                    self.post(now, there, &verb);
                }
            }
            Presence::Away { .. } => self.post(now, id, &Verb::Gone(Gone::Away)),
            Presence::Lingering(there) => {
                if let Some(verb) = to_other {
                    self.post(now, there, &verb);
                }
                self.post(now, id, &Verb::Gone(Gone::Left));
                self.end_soon(now, seat.room);
            }
            Presence::Gone(gone) => {
                self.post(now, id, &Verb::Gone(gone));
                self.end_soon(now, seat.room);
            }
        }
    }

    /// Hangs up on whoever does not read, before one more `PEER`: a client may reconnect without end.
    fn shed_reader(&mut self, now: Millis, seat: Seat) {
        let member = self.member(seat);
        let Some(id) = member.and_then(|member| member.presence.conn()) else {
            return;
        };
        let too_much_waits = match self.conns.get(id).map(|conn| &conn.dialect) {
            Some(Dialect::Plain(end)) => end.is_overfull(),
            _ => self.unsent(id).len() >= OUTBOX_FULL,
        };
        if too_much_waits {
            let reason = "rien n'a été lu";
            self.refuse(now, id, Refused::new(Refusal::Slow, reason));
        }
    }

    fn verb(&mut self, now: Millis, id: ConnId, seat: Seat, line: &[u8]) -> Result<(), Refused> {
        match Verb::decode(line)? {
            Verb::Say { seq, sent_at, text } => self.say(now, seat, line, (seq, sent_at, text)),
            Verb::Ack { .. } | Verb::Sealed(_) => {
                self.forward(now, seat, line);
            }
            Verb::Ping => self.post(now, id, &Verb::Pong),
            Verb::Pong => {}
            Verb::Bye(_) => self.leave(now, id, seat),
            Verb::Peer { .. } | Verb::Gone(_) | Verb::Err { .. } => {
                return Err(Refused::new(
                    Refusal::Proto,
                    "seul le relais envoie PEER, GONE et ERR",
                ));
            }
        }
        Ok(())
    }

    fn say(
        &mut self,
        now: Millis,
        seat: Seat,
        line: &[u8],
        (seq, sent_at, text): (u64, u64, &str),
    ) {
        let here = |member: &Member| matches!(member.presence, Presence::Here(_));
        if !self.member(seat).is_some_and(here) || !self.forward(now, seat, line) {
            return;
        }
        let shows = self.setting.house == House::TwoSeats;
        if let Some(member) = self.rooms[seat.room].members[seat.side].as_mut()
            && member.shown.is_none_or(|shown| seq == shown + 1)
        {
            member.shown = Some(seq);
            if shows {
                self.effects.push_back(Effect::Said {
                    side: seat.side,
                    name: member.hello.name.clone(),
                    line: Line {
                        sent_at,
                        text: text.to_owned(),
                    },
                });
            }
        }
    }

    /// Passes a line on as it came; tells whether anybody is connected opposite.
    fn forward(&mut self, now: Millis, seat: Seat, line: &[u8]) -> bool {
        let there = self.member(seat.opposite());
        let Some(id) = there.and_then(|member| member.presence.conn()) else {
            return false;
        };
        let outbox = self.outgoing(now, id);
        outbox.extend_from_slice(line);
        outbox.push(b'\n');
        true
    }

    fn leave(&mut self, now: Millis, id: ConnId, seat: Seat) {
        let Some(member) = self.member(seat) else {
            return;
        };
        if member.presence != Presence::Here(id) {
            return;
        }
        let name = member.hello.name.clone();
        let other = self.member(seat.opposite()).map(|other| other.presence);
        // Who answers the other's farewell has not left anybody.
        if !matches!(other, Some(Presence::Lingering(_) | Presence::Gone(_))) {
            self.effects.push_back(Effect::Left { name });
        }
        let Some(other) = other else {
            self.farewell(now, id);
            self.vacate(seat);
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
    fn lose(&mut self, now: Millis, seat: Seat) {
        let Some(member) = self.member(seat) else {
            return;
        };
        let name = member.hello.name.clone();
        match member.presence {
            // Nothing has been said yet, so nothing needs keeping; who comes back takes a seat like anybody.
            Presence::Here(_) if !self.rooms[seat.room].begun => {
                self.effects.push_back(Effect::Left { name });
                self.vacate(seat);
            }
            Presence::Here(_) => {
                self.set_presence(seat, Presence::Away { since: now });
                self.effects.push_back(Effect::Away { name });
                self.arm_room(seat.room);
                let other = self.member(seat.opposite()).map(|other| other.presence);
                match other {
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
    fn vacate(&mut self, seat: Seat) {
        if let Some(member) = self.rooms[seat.room].members[seat.side].take() {
            self.forget_token(seat, &member);
        }
        let empty = self.rooms[seat.room].members.iter().all(Option::is_none);
        if empty {
            self.remove_room(seat.room);
        }
    }

    fn forget_token(&mut self, seat: Seat, member: &Member) {
        let token = &member.hello.token;
        // A plain client's token is nobody's, or somebody else's.
        if self.tokens.get(token) == Some(&seat) {
            self.tokens.remove(token);
        }
    }

    /// Gives whoever is left in a room a moment to go by themselves.
    fn end_soon(&mut self, now: Millis, room: usize) {
        self.rooms[room].ends_at = Some(now + LINGER);
        self.arm_room(room);
    }

    /// The conversation is over: both are told, and the room is gone.
    fn finish(&mut self, now: Millis, room: usize) {
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
        if self.setting.house == House::TwoSeats {
            self.over = true;
            self.refuse_pending(now);
        }
    }

    fn remove_room(&mut self, room: usize) -> Room {
        let removed = self.rooms.remove(room);
        if let Some(at) = removed.alarm {
            self.alarms.remove(&(at, Alarm::Room(room)));
        }
        if let Some(salon) = &removed.salon {
            self.salons.remove(salon);
        }
        if self.unnamed == Some(room) {
            self.unnamed = None;
        }
        removed
    }

    fn conn_alarm(&mut self, now: Millis, id: ConnId) {
        let paused = !self.wants_input(id);
        let Some(conn) = self.conns.get_mut(id) else {
            return;
        };
        conn.alarm = None;
        if let Dialect::Plain(end) = &mut conn.dialect {
            end.tick(now, &mut conn.outbox);
            self.due.push_back(id);
        }
        // Who is not read cannot be heard.
        if paused {
            conn.heard_at = now;
        }
        if conn.deadline().is_none_or(|at| at > now) {
            self.arm(now, id);
            return;
        }
        match conn.state {
            State::Closing { .. } => self.effects.push_back(Effect::Close(id)),
            State::Pending => {
                let reason = "pas de hello après 30 s";
                self.refuse(now, id, Refused::new(Refusal::Slow, reason));
            }
            State::Seated(_) if conn.heard_at + DEAD_AFTER <= now => {
                let reason = "silence de 30 s";
                self.refuse(now, id, Refused::new(Refusal::Slow, reason));
            }
            State::Seated(_) => {
                let reason = "rien n'a été lu depuis 30 s";
                self.refuse(now, id, Refused::new(Refusal::Slow, reason));
            }
        }
    }

    fn room_alarm(&mut self, now: Millis, room: usize) {
        let Some(ending) = self.rooms.get_mut(room) else {
            return;
        };
        ending.alarm = None;
        if ending.ends_at.is_some_and(|at| at <= now) {
            self.finish(now, room);
            return;
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

    /// Gives a seat up whose owner has been away for too long.
    fn expire(&mut self, now: Millis, seat: Seat) {
        let Some(member) = self.member(seat) else {
            return;
        };
        let Presence::Away { since } = member.presence else {
            return;
        };
        if now < since + SEAT_KEPT {
            return;
        }
        let name = member.hello.name.clone();
        self.effects.push_back(Effect::Lost { name });
        self.set_presence(seat, Presence::Gone(Gone::Lost));
        let other = self.member(seat.opposite()).map(|other| other.presence);
        if let Some(Presence::Here(there)) = other {
            self.post(now, there, &Verb::Gone(Gone::Lost));
            self.end_soon(now, seat.room);
        }
    }

    /// Ends a connection and says why: a line of the wire to who speaks it, a line of text to who does not.
    fn refuse(&mut self, now: Millis, id: ConnId, refused: Refused) {
        let Some(conn) = self.conns.get_mut(id) else {
            return;
        };
        match &conn.dialect {
            Dialect::Wire(_) => {
                let verb = Verb::Err {
                    refusal: refused.refusal,
                    reason: &refused.reason,
                };
                verb.encode(self.outgoing(now, id));
            }
            Dialect::Plain(_) => plain::write_notice(conn.outbox.tail(), &refused.reason),
        }
        self.turn_away(now, id, refused);
    }

    /// Hangs up on somebody who has been told why. A seat of theirs is kept, unless another connection has it by now.
    fn turn_away(&mut self, now: Millis, id: ConnId, refused: Refused) {
        let Some(conn) = self.conns.get(id) else {
            return;
        };
        let (state, address) = (conn.state, conn.address);
        self.hang_up(now, id);
        self.effects.push_back(Effect::Refused {
            address,
            refusal: refused.refusal,
            reason: refused.reason,
        });
        if let State::Seated(seat) = state
            && self.member(seat).and_then(|member| member.presence.conn()) == Some(id)
        {
            self.lose(now, seat);
        }
        self.refused.push_back(id);
        if self.refused.len() > MOST_PENDING
            && let Some(oldest) = self.refused.pop_front()
        {
            self.effects.push_back(Effect::Close(oldest));
        }
    }

    fn refuse_pending(&mut self, now: Millis) {
        while let Some(id) = self.pending.pop_front() {
            self.refuse(now, id, Refused::full());
        }
    }

    /// Keeps connections without a hello few: the oldest go first.
    fn bound_pending(&mut self, now: Millis, address: IpAddr) {
        let same = |hub: &Hub, id: &ConnId| hub.conns[*id].address == address;
        let from_there = self.pending.iter().filter(|id| same(self, id)).count();
        let too_many_there = from_there > MOST_PENDING_PER_ADDRESS && !address.is_loopback();
        let oldest = if too_many_there {
            self.pending.iter().position(|id| same(self, id))
        } else if self.pending.len() > MOST_PENDING {
            Some(0)
        } else {
            None
        };
        if let Some(id) = oldest.and_then(|place| self.pending.remove(place)) {
            let reason = "trop de connexions sans hello";
            self.refuse(now, id, Refused::new(Refusal::Slow, reason));
        }
    }

    fn farewell(&mut self, now: Millis, id: ConnId) {
        self.post(now, id, &Verb::Bye(Bye::Over));
        self.hang_up(now, id);
    }

    /// Lets a connection read what is in its outbox, then ends it.
    fn hang_up(&mut self, now: Millis, id: ConnId) {
        let Some(conn) = self.conns.get_mut(id) else {
            return;
        };
        if conn.state == State::Pending {
            self.pending.retain(|&pending| pending != id);
        }
        conn.state = State::Closing { until: now + DRAIN };
        if let Dialect::Plain(end) = &conn.dialect {
            if end.is_gone() {
                return self.forget(now, id);
            }
            // Its session may still have something to tell.
            self.due.push_back(id);
        }
        self.arm(now, id);
        // A connection with nothing more to read is shut down by being looked at.
        self.outgoing(now, id);
    }

    fn post(&mut self, now: Millis, id: ConnId, verb: &Verb<'_>) {
        verb.encode(self.outgoing(now, id));
    }

    /// Where to append the lines that are meant for a connection.
    fn outgoing(&mut self, now: Millis, id: ConnId) -> &mut Vec<u8> {
        let conn = &mut self.conns[id];
        if conn.outbox.is_empty() {
            conn.moved_at = now;
        }
        if !conn.queued {
            conn.queued = true;
            self.unsent.push_back(id);
        }
        match &mut conn.dialect {
            Dialect::Wire(_) => conn.outbox.tail(),
            Dialect::Plain(end) => {
                self.due.push_back(id);
                end.inbox()
            }
        }
    }

    fn member(&self, seat: Seat) -> Option<&Member> {
        self.rooms.get(seat.room)?.members[seat.side].as_ref()
    }

    fn set_presence(&mut self, seat: Seat, presence: Presence) {
        if let Some(member) = self.rooms[seat.room].members[seat.side].as_mut() {
            member.presence = presence;
        }
    }

    /// Sets the connection's alarm, unless an earlier one will look again.
    fn arm(&mut self, now: Millis, id: ConnId) {
        if let Some(conn) = self.conns.get_mut(id)
            && let Some(at) = conn.deadline()
        {
            let at = at.max(now);
            set_alarm(&mut self.alarms, &mut conn.alarm, at, Alarm::Conn(id));
        }
    }

    fn arm_room(&mut self, room: usize) {
        let ending = &mut self.rooms[room];
        if let Some(at) = ending.deadline() {
            set_alarm(&mut self.alarms, &mut ending.alarm, at, Alarm::Room(room));
        }
    }

    #[cfg(test)]
    fn flawed(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    #[cfg(not(test))]
    const fn flawed(&self, _: Flaw) -> bool {
        false
    }
}

fn set_alarm(
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
    fn deadline(&self) -> Option<Millis> {
        let expiry = |member: &Member| match member.presence {
            Presence::Away { since } => Some(since + SEAT_KEPT),
            _ => None,
        };
        let expiries = self.members.iter().flatten().filter_map(expiry);
        expiries.chain(self.ends_at).min()
    }
}

impl Conn {
    fn deadline(&self) -> Option<Millis> {
        let idle = match (self.state, &self.dialect) {
            (State::Pending, _) => Some(self.heard_at + HELLO_WITHIN),
            (State::Closing { until }, _) => Some(until),
            // No rule makes a plain client speak or read; TCP finds out whether it is there.
            (State::Seated(_), Dialect::Plain(_)) => None,
            (State::Seated(_), _) if self.outbox.is_empty() => Some(self.heard_at + DEAD_AFTER),
            (State::Seated(_), _) => Some(self.heard_at.min(self.moved_at) + DEAD_AFTER),
        };
        let plain = match &self.dialect {
            Dialect::Plain(end) => end.deadline(),
            Dialect::Wire(_) => None,
        };
        idle.into_iter().chain(plain).min()
    }
}

/// Why a connection is refused, in both spellings.
#[derive(Debug)]
struct Refused {
    refusal: Refusal,
    reason: String,
}

impl Refused {
    fn new(refusal: Refusal, reason: &str) -> Refused {
        Refused {
            refusal,
            reason: reason.to_owned(),
        }
    }

    fn full() -> Refused {
        Refused::new(Refusal::Full, "deux personnes discutent déjà ici")
    }
}

impl From<Malformed> for Refused {
    fn from(malformed: Malformed) -> Refused {
        Refused::new(malformed.refusal(), &malformed.to_string())
    }
}

/// The mistake that the simulation switches on here, to prove that it would catch it. Compiled out of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    PeerToOneSide,
}
