//! The relay's mind: hellos, seats, rooms, who is owed what. Pure: see [`super`].
//!
//! The hub keeps no text. What one seat sends goes into the other's outbox as it came, or is dropped where nobody is
//! connected: the sender's session keeps it until the other's has acknowledged it.

mod arriving;
mod effects;
mod leaving;
mod plain_clients;
mod plain_end;
mod refusing;
mod state;
mod wire_clients;
mod yielding;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::ops::Range;

use slab::Slab;

use super::name::Name;
use super::outbox::{Outbox, Spare};
use super::seal;
use super::session::Event;
use super::timeouts::{DRAIN_TIMEOUT, LINGER_TIMEOUT, SEAT_TTL};
use super::wire::{Bye, Pid, Refusal, Salon, Token, Verb};
use super::{Millis, UnixMillis};

pub use effects::{Effect, SeatChange};

use effects::Effects;
use plain_end::PlainEnd;
use state::{Alarm, Conn, ConnState, Dialect, Member, Presence, Room, Seat, set_alarm};

/// How long a connection may take to say a whole hello.
const HELLO_TIMEOUT: Millis = 30_000;
/// Most connections without a hello; one more, and the oldest goes.
const MAX_PENDING: usize = 64;
/// Most of them from one address, loopback apart, where everybody has the same.
const MAX_PENDING_PER_ADDRESS: usize = 8;
/// Silence after which a client counts as gone.
const CLIENT_TIMEOUT: Millis = 30_000;
/// Most rooms at once: an away seat costs its owner nothing, and us memory.
const MAX_ROOMS: usize = 20_000;
/// Bytes waiting for one connection above which nothing more is read that would add to them.
const OUTBOX_FULL: usize = 64 * 1024;
/// The same for a plain client with a seat, which does not come back by itself: more than one read of what the other says
/// to it may add, be it ten times as long with the dates, names and escapes of what the client is shown.
const PLAIN_OUTBOX_FULL: usize = 12 * OUTBOX_FULL;

/// A connection, as the hub names it to the relay. May be used again once [`Hub::closed`] has been called.
pub type ConnId = usize;

/// What becomes of a connection whose client sends nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndOfStream {
    /// It may still read what it is sent; it is closed as [`Effect::Close`] asks.
    ReadsOn,
    /// Close it.
    Gone,
}

/// Whether the relay serves one conversation or many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayMode {
    /// One conversation; when it is over, so is the relay. Messages are told as effects.
    Single,
    /// Any number of conversations, whose text is nobody's business.
    Daemon,
}

/// How many people the relay serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub conversations: usize,
    /// People alone in their room.
    pub waiting: usize,
}

/// Who and what is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Clients with a seat that speak the wire, and that are plain.
    pub wire: usize,
    pub plain: usize,
    /// Connections that have said nothing yet of who they are.
    pub pending: usize,
    /// Bytes that wait for clients to read them.
    pub outbox_bytes: usize,
}

/// What was passed on between two people since the relay began; what was said again counts again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    pub lines: u64,
    /// Of text: where that is sealed, as much as a box holds at most.
    pub bytes: u64,
}

impl Traffic {
    fn count(&mut self, verb: &Verb<'_>) {
        let bytes = match *verb {
            Verb::Say { text, .. } => Some(text.len()),
            Verb::Sealed(line) => line.strip_prefix("BOX ").and_then(seal::text_bytes),
            _ => None,
        };
        if let Some(bytes) = bytes {
            self.lines += 1;
            self.bytes += bytes as u64;
        }
    }
}

/// What a hub is told once.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    pub mode: RelayMode,
    pub tracing: Tracing,
    /// Where the numbers come from that tell plain clients apart; no secret.
    pub seed: u64,
    pub formatter: Formatter,
}

#[cfg(test)]
impl Config {
    /// For tests, that look at what happens and not at how it is told.
    pub(super) fn without_words(mode: RelayMode) -> Config {
        Config {
            mode,
            tracing: Tracing::Off,
            seed: 0,
            formatter: Formatter {
                date: |date| (date / 1_000).to_string(),
                sentence: |event| Some(format!("{event:?}")),
                head: (mode == RelayMode::Single)
                    .then_some(|_, name, date| format!("{} {name} ", date / 1_000)),
                sealed: |bytes| format!("sealed {bytes}"),
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
pub struct Formatter {
    /// A date as it is shown, to the second.
    pub date: fn(UnixMillis) -> String,
    /// What is said of an event, if anything is.
    pub sentence: fn(&Event) -> Option<String>,
    /// How the row begins of a message, where messages are shown.
    pub head: Option<HeadFormat>,
    /// What is shown of a sealed message, which holds so many bytes.
    pub sealed: fn(usize) -> String,
}

/// How the row begins of a message that is shown: on which side its author sits (0 or 1), the name, and when it was sent.
/// The same for all of a second.
pub type HeadFormat = fn(usize, &Name, UnixMillis) -> String;

/// The relay without its sockets.
///
/// After each call the relay sends what [`next_unsent`](Hub::next_unsent) names, carries out
/// [`next_effect`](Hub::next_effect), and listens or not as [`is_open`](Hub::is_open) says.
#[derive(Debug)]
pub struct Hub {
    config: Config,
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
    /// Rooms that keep a seat for somebody whom this relay has never seen: by the one expected, then the one who waits.
    expected: BTreeMap<(Pid, Pid), usize>,
    /// Rooms where both seats have been taken.
    conversations: usize,
    /// Connections without a hello, oldest first.
    pending: VecDeque<ConnId>,
    /// Connections refused, that have not closed yet, oldest first; one more than [`MAX_PENDING`], and that goes.
    refused: VecDeque<ConnId>,
    alarms: BTreeSet<(Millis, Alarm)>,
    unsent: VecDeque<ConnId>,
    /// Plain connections that something has happened to.
    ready: VecDeque<ConnId>,
    /// How many plain clients have had a seat.
    plain_clients: u64,
    effects: Effects,
    spare: Spare,
    traffic: Traffic,
    /// Set once the one conversation of [`RelayMode::Single`] is over.
    over: bool,
}

impl Hub {
    pub fn new(config: Config) -> Hub {
        Hub {
            date: 0,
            config,
            conns: Slab::new(),
            rooms: Slab::new(),
            tokens: BTreeMap::new(),
            salons: BTreeMap::new(),
            unnamed: None,
            expected: BTreeMap::new(),
            conversations: 0,
            pending: VecDeque::new(),
            refused: VecDeque::new(),
            alarms: BTreeSet::new(),
            unsent: VecDeque::new(),
            ready: VecDeque::new(),
            plain_clients: 0,
            effects: Effects::default(),
            spare: Spare::default(),
            traffic: Traffic::default(),
            over: false,
        }
    }

    /// A connection was accepted. It has no seat until it has said a whole hello.
    pub fn accepted(&mut self, now: Millis, address: IpAddr) -> ConnId {
        let id = self.accepted_from_proxy(now, address);
        self.conns[id].is_announced = true;
        self.bound_pending_of(now, address);
        self.arm(now, id);
        id
    }

    /// A connection was accepted from a proxy at this address, which has still to [say](Hub::announced) whose it is.
    pub fn accepted_from_proxy(&mut self, now: Millis, proxy: IpAddr) -> ConnId {
        let id = self.conns.insert(Conn {
            address: proxy,
            is_announced: false,
            dialect: Dialect::Plain(Box::new(PlainEnd::new(now))),
            outbox: Outbox::default(),
            state: ConnState::Pending,
            name: None,
            heard_at: now,
            yields_at: None,
            moved_at: now,
            alarm: None,
            queued: false,
        });
        self.pending.push_back(id);
        self.bound_pending(now);
        self.arm(now, id);
        id
    }

    /// Whose connection it is: this caller's, or that of whoever we have it from.
    pub fn announced(&mut self, now: Millis, id: ConnId, caller: Option<IpAddr>) {
        let Some(conn) = self.conns.get_mut(id) else {
            return;
        };
        conn.is_announced = true;
        conn.address = caller.unwrap_or(conn.address);
        // Only now is it the caller who is silent.
        conn.dialect = Dialect::Plain(Box::new(PlainEnd::new(now)));
        let address = conn.address;
        self.bound_pending_of(now, address);
        self.arm(now, id);
    }

    /// A proxy, or somebody who is none, did not say whose connection it is.
    pub fn refuse_unannounced(&mut self, now: Millis, id: ConnId) {
        let reason = "pas d'en-tête PROXY : ce relais n'écoute que derrière un mandataire";
        self.refuse(now, id, Refusal::Proto.because(reason));
    }

    /// The date of what is told next: plain clients do not date their messages.
    pub fn set_date(&mut self, date: UnixMillis) {
        self.date = date;
    }

    /// Bytes came on a connection. Where they are for another that nothing waits for, `send` may send them at once, out of
    /// the buffer that they were read into: it is given that connection, bytes that go before, and those; it tells how
    /// many of both the connection took. A connection that took only some takes the rest when it can.
    pub fn received(
        &mut self,
        now: Millis,
        id: ConnId,
        bytes: &[u8],
        send: impl FnOnce(ConnId, &[u8], &[u8]) -> usize,
    ) {
        let Some(conn) = self.conns.get_mut(id) else {
            return;
        };
        if let ConnState::Seated(_) = conn.state {
            conn.heard_at = now;
            conn.yields_at = None;
        }
        match &mut conn.dialect {
            _ if matches!(conn.state, ConnState::Closing { .. }) => {}
            Dialect::Wire(_) => self.wire_bytes(now, id, bytes, send),
            Dialect::Plain(end) => {
                end.receive(now, self.date, bytes, &mut conn.outbox);
                self.ready.push_back(id);
            }
        }
        self.drain_ready(now);
    }

    /// A connection's client sends nothing more. Unless this says that it is [closing](Hub::is_closing), or its client
    /// speaks the wire and is gone for now, it may still read what it is sent.
    pub fn end_of_stream(&mut self, now: Millis, id: ConnId) -> EndOfStream {
        match self.conns.get_mut(id) {
            Some(Conn {
                state: ConnState::Pending | ConnState::Seated(_),
                dialect: Dialect::Plain(end),
                outbox,
                ..
            }) => {
                end.end_of_stream(outbox);
                self.ready.push_back(id);
                self.drain_ready(now);
                EndOfStream::ReadsOn
            }
            _ => EndOfStream::Gone,
        }
    }

    /// A connection is gone: cut, ended by its client, or closed as [`Effect::Close`] asked.
    pub fn closed(&mut self, now: Millis, id: ConnId) {
        if let Some(Conn {
            state: ConnState::Seated(_),
            dialect: Dialect::Plain(end),
            outbox,
            ..
        }) = self.conns.get_mut(id)
        {
            // Nobody reads any more, but what was said is owed to the other; the connection is forgotten after that.
            *outbox = Outbox::default();
            end.gone();
            self.ready.push_back(id);
        } else {
            self.forget(now, id);
        }
        self.drain_ready(now);
    }

    fn forget(&mut self, now: Millis, id: ConnId) {
        let Some(conn) = self.conns.try_remove(id) else {
            return;
        };
        if let Some(at) = conn.alarm {
            self.alarms.remove(&(at, Alarm::Conn(id)));
        }
        match conn.state {
            ConnState::Seated(seat) => self.lose(now, seat),
            ConnState::Pending => self.pending.retain(|&pending| pending != id),
            ConnState::Closing { .. } => self.refused.retain(|&refused| refused != id),
        }
        if conn.queued {
            self.unsent.retain(|&unsent| unsent != id);
        }
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Millis) {
        while let Some(&(at, alarm)) = self.alarms.first()
            && at <= now
        {
            self.alarms.remove(&(at, alarm));
            match alarm {
                Alarm::Conn(id) => self.conn_alarm(now, id),
                Alarm::Room(room) => self.room_alarm(now, room),
            }
        }
        self.drain_ready(now);
    }

    /// When [`handle_timeout`](Hub::handle_timeout) must be called next.
    pub fn next_timeout(&self) -> Option<Millis> {
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
            conn.moved_at = now;
            if conn.outbox.unsent().len() > count {
                return conn.outbox.advance(count);
            }
            conn.outbox.let_go(&mut self.spare);
            if let Dialect::Plain(_) = conn.dialect {
                self.ready.push_back(id);
                self.drain_ready(now);
            }
        }
    }

    /// The next thing to do or to show.
    pub fn next_effect(&mut self) -> Option<Effect> {
        self.effects.next()
    }

    /// The next [`Effect::Said`], if nothing is to be done or shown before it: whoever shows rows between what is sent has
    /// fewer of them wait.
    pub fn next_said(&mut self) -> Option<Range<usize>> {
        self.effects.next_said()
    }

    /// The rows of an [`Effect::Said`], each with its line ending, until the next effect is asked for.
    pub fn rows(&self, rows: Range<usize>) -> &str {
        self.effects.rows(rows)
    }

    /// Whether a connection should be read: not while what it says would pile up for a slow reader.
    pub fn wants_input(&self, id: ConnId) -> bool {
        let has_room = |id| self.unsent(id).len() < OUTBOX_FULL;
        match self.conns.get(id).map(|conn| (&conn.dialect, conn.state)) {
            // However little it reads: whoever writes to it waits, so that only answers to telnet could pile up.
            Some((Dialect::Plain(end), ConnState::Seated(_))) => {
                end.wants_input() && self.unsent(id).len() < PLAIN_OUTBOX_FULL
            }
            Some((Dialect::Plain(end), _)) => end.wants_input() && has_room(id),
            _ => self.opposite(id).is_none_or(has_room) && has_room(id),
        }
    }

    /// Who speaks on a connection, once that is known, and until it is closed.
    pub fn name(&self, id: ConnId) -> Option<&Name> {
        self.conns.get(id)?.name.as_ref()
    }

    /// Whether what a connection says goes on as it came: both ends speak the wire.
    pub fn passes_on(&self, id: ConnId) -> bool {
        self.passage(id).is_some()
    }

    /// The connection of whoever sits opposite.
    pub fn opposite(&self, id: ConnId) -> Option<ConnId> {
        match self.conns.get(id)?.state {
            ConnState::Seated(seat) => self.member(seat.opposite())?.presence.conn(),
            _ => None,
        }
    }

    /// Whether a connection is on its way out: once its bytes are sent its write half must be shut down, and what it
    /// still sends be thrown away until it closes.
    pub fn is_closing(&self, id: ConnId) -> bool {
        let closing = |conn: &Conn| matches!(conn.state, ConnState::Closing { .. });
        self.conns.get(id).is_some_and(closing)
    }

    /// Whether to listen for connections: while a seat is free, kept for somebody who is away, or held by somebody who
    /// may have to yield it.
    pub fn is_open(&self) -> bool {
        let expected = |member: &Option<Member>| match member {
            None => true,
            Some(member) => matches!(member.presence, Presence::Away { .. }),
        };
        let one_room = self.rooms.iter().next();
        match self.config.mode {
            _ if self.over => false,
            RelayMode::Daemon => true,
            RelayMode::Single => one_room.is_none_or(|(place, room)| {
                room.members.iter().any(expected) || self.has_provisional_seat(place)
            }),
        }
    }

    /// Whether a seat is kept for somebody who is away.
    pub fn is_reserved(&self) -> bool {
        let away = |member: &Member| matches!(member.presence, Presence::Away { .. });
        let mut members = self
            .rooms
            .iter()
            .flat_map(|(_, room)| room.members.iter().flatten());
        members.any(away) || !self.expected.is_empty()
    }

    /// How many people are served.
    pub fn counts(&self) -> Counts {
        Counts {
            conversations: self.conversations,
            waiting: self.rooms.len() - self.conversations,
        }
    }

    /// Who and what is there, counted anew.
    pub fn census(&self) -> Census {
        let mut census = Census {
            pending: self.pending.len(),
            ..Census::default()
        };
        for (_, conn) in &self.conns {
            census.outbox_bytes += conn.outbox.unsent().len();
            match (conn.state, &conn.dialect) {
                (ConnState::Seated(_), Dialect::Wire(_)) => census.wire += 1,
                (ConnState::Seated(_), Dialect::Plain(_)) => census.plain += 1,
                (ConnState::Pending | ConnState::Closing { .. }, _) => {}
            }
        }
        census
    }

    /// What was passed on so far.
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// Whether no conversation is left, and none will begin: whoever calls now is for the next relay.
    pub fn is_ending(&self) -> bool {
        self.over
    }

    /// Whether more than two connections want their turn.
    pub fn is_shared(&self) -> bool {
        self.conns.len() > 2
    }

    /// Whether the conversation is over but for what somebody is still owed. It ends by itself.
    pub fn is_winding_up(&self) -> bool {
        self.over || self.rooms.iter().any(|(_, room)| room.ends_at.is_some())
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
            let why = match self.conns[id].dialect {
                Dialect::Wire(_) => why,
                // It will not call again by itself.
                Dialect::Plain(_) => Bye::Stop,
            };
            match self.conns[id].state {
                ConnState::Closing { .. } => continue,
                // A hello may be on its way; and who speaks plain text can read this, too.
                ConnState::Pending => Verb::Bye(why).encode(self.conns[id].outbox.tail()),
                ConnState::Seated(_) => self.post(now, id, &Verb::Bye(why)),
            }
            self.hang_up(now, id);
        }
        self.rooms.clear();
        self.conversations = 0;
        self.tokens.clear();
        self.salons.clear();
        self.unnamed = None;
        self.expected.clear();
        self.drain_ready(now);
    }

    /// Says something to a connection.
    fn post(&mut self, now: Millis, id: ConnId, verb: &Verb<'_>) {
        let conn = &mut self.conns[id];
        conn.expect_more(now, &mut self.spare);
        conn.tell(now, verb, &self.config.formatter);
        // One look for however many verbs.
        if matches!(conn.dialect, Dialect::Plain(_)) && self.ready.back() != Some(&id) {
            self.ready.push_back(id);
        }
        self.queue(id);
    }

    /// Where to append the bytes that are meant for a connection.
    fn outgoing(&mut self, now: Millis, id: ConnId) -> &mut Vec<u8> {
        let conn = &mut self.conns[id];
        conn.expect_more(now, &mut self.spare);
        if !conn.queued {
            conn.queued = true;
            self.unsent.push_back(id);
        }
        conn.outbox.tail()
    }

    /// Something may have been appended to a connection's outbox.
    fn queue(&mut self, id: ConnId) {
        let Some(conn) = self.conns.get_mut(id) else {
            return;
        };
        if conn.outbox.is_empty() {
            conn.outbox.let_go(&mut self.spare);
        } else if !conn.queued {
            conn.queued = true;
            self.unsent.push_back(id);
        }
    }

    /// Tells what becomes of a seat, while its owner still has it.
    fn tell_of(&mut self, seat: Seat, change: SeatChange) {
        if let Some(member) = self.member(seat) {
            let name = member.hello.name.clone();
            let salon = self.rooms[seat.room].salon.clone();
            self.effects.push(Effect::Seat {
                change,
                name,
                salon,
            });
        }
    }

    fn member(&self, seat: Seat) -> Option<&Member> {
        self.rooms.get(seat.room)?.members[seat.side].as_ref()
    }

    fn presence(&self, seat: Seat) -> Option<Presence> {
        Some(self.member(seat)?.presence)
    }

    fn set_presence(&mut self, seat: Seat, presence: Presence) {
        if let Some(member) = self.rooms[seat.room].members[seat.side].as_mut() {
            member.presence = presence;
        }
    }

    /// Sets the connection's alarm, unless an earlier one will look again.
    fn arm(&mut self, now: Millis, id: ConnId) {
        if let Some(conn) = self.conns.get_mut(id)
            && let Some(at) = conn.next_timeout()
        {
            let at = at.max(now);
            set_alarm(&mut self.alarms, &mut conn.alarm, at, Alarm::Conn(id));
        }
    }

    fn arm_room(&mut self, room: usize) {
        let ending = &mut self.rooms[room];
        if let Some(at) = ending.next_timeout() {
            set_alarm(&mut self.alarms, &mut ending.alarm, at, Alarm::Room(room));
        }
    }
}
