//! Sessions and a hub in memory, on a fake clock, for tests that read as scripts.
//!
//! What is sent arrives at once, unless the test holds a direction up; nobody dials again unless the test says so.

use std::net::{IpAddr, Ipv4Addr};

use crate::protocol::hub::{Config, ConnId, Effect, Hub, RelayMode};
use crate::protocol::session::{Disconnected, Ending, Event, Session, Shutdown};
use crate::protocol::wire::{Bye, Hello, Pid, Token};
use crate::protocol::{Line, Millis};

/// Everything that takes part.
pub struct Scene {
    pub now: Millis,
    mode: RelayMode,
    pub hub: Hub,
    clients: Vec<Client>,
    wires: Vec<Wire>,
    shown: Vec<String>,
}

/// A client, by its place in the scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who(usize);

struct Client {
    session: Session,
    hello: Hello,
    screen: Screen,
    told: Vec<String>,
    delivered: u64,
    ending: Option<Ending>,
}

/// Whether a client's events are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Screen {
    Moving,
    Stuck,
}

/// One connection. A hand at its client's end, where no session is, writes and reads it by hand.
struct Wire {
    client: Option<usize>,
    conn: ConnId,
    up: Way,
    down: Way,
    read_by_hand: Vec<u8>,
    at_client: End,
    at_relay: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Open,
    Closed,
}

#[derive(Default)]
struct Way {
    held_up: bool,
    bytes: Vec<u8>,
}

impl Way {
    fn arrived(&mut self) -> Vec<u8> {
        if self.held_up {
            Vec::new()
        } else {
            std::mem::take(&mut self.bytes)
        }
    }
}

/// A connection that the test itself speaks on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hand(usize);

impl Scene {
    pub fn new() -> Scene {
        Scene::of(RelayMode::Single)
    }

    pub fn of(mode: RelayMode) -> Scene {
        Scene {
            now: 1_000,
            mode,
            hub: Hub::new(Config::without_words(mode)),
            clients: Vec::new(),
            wires: Vec::new(),
            shown: Vec::new(),
        }
    }

    /// Zoé and Bob, who talk.
    pub fn of_two() -> (Scene, Who, Who) {
        let mut scene = Scene::new();
        let (zoe, bob) = (scene.join("Zoé"), scene.join("Bob"));
        scene.forget();
        (scene, zoe, bob)
    }

    /// Somebody new dials.
    pub fn join(&mut self, name: &str) -> Who {
        let who = self.stranger(name);
        self.dial(who);
        who
    }

    /// Somebody new asks for a salon.
    pub fn join_salon(&mut self, salon: &str, name: &str) -> Who {
        let who = self.stranger(name);
        let client = &mut self.clients[who.0];
        client.hello.salon = Some(salon.parse().unwrap());
        client.session = Session::new(client.hello.clone());
        self.dial(who);
        who
    }

    /// Somebody new, who has not dialled yet.
    pub fn stranger(&mut self, name: &str) -> Who {
        let id = self.clients.len() as u64 + 1;
        let hello = Hello {
            pid: Pid(id),
            token: Token(u128::from(id) << 64),
            salon: None,
            partner: None,
            name: name.parse().unwrap(),
        };
        self.clients.push(Client {
            session: Session::new(hello.clone()),
            hello,
            screen: Screen::Moving,
            told: Vec::new(),
            delivered: 0,
            ending: None,
        });
        Who(self.clients.len() - 1)
    }

    /// The same person's client over again: a copy of its process, with the same secret.
    pub fn copy_of(&mut self, who: Who) -> Who {
        let hello = self.clients[who.0].hello.clone();
        let copy = self.stranger("copie");
        self.clients[copy.0].session = Session::new(hello.clone());
        self.clients[copy.0].hello = hello;
        copy
    }

    /// Connects, whether or not the relay listens: the listener is the relay's affair.
    pub fn dial(&mut self, who: Who) {
        self.connect(Some(who.0), Ipv4Addr::LOCALHOST.into());
        self.clients[who.0].session.connected(self.now);
        self.settle();
    }

    /// Connects, but what the relay says stays on its way, for now.
    pub fn dial_held_up(&mut self, who: Who) {
        self.connect(Some(who.0), Ipv4Addr::LOCALHOST.into());
        self.hold_up(who);
        self.hold_down(who);
        self.clients[who.0].session.connected(self.now);
        self.settle();
    }

    /// A connection without a client, to be spoken on by hand.
    pub fn knock(&mut self, address: impl Into<IpAddr>) -> Hand {
        let wire = self.connect(None, address.into());
        self.settle();
        Hand(wire)
    }

    fn connect(&mut self, client: Option<usize>, address: IpAddr) -> usize {
        let conn = self.hub.accepted(self.now, address);
        self.wires.push(Wire {
            client,
            conn,
            up: Way::default(),
            down: Way::default(),
            read_by_hand: Vec::new(),
            at_client: End::Open,
            at_relay: End::Open,
        });
        self.wires.len() - 1
    }

    pub fn write(&mut self, hand: Hand, text: &str) {
        self.wires[hand.0]
            .up
            .bytes
            .extend_from_slice(text.as_bytes());
        self.settle();
    }

    /// Its connection breaks, and the relay sees it.
    pub fn reset(&mut self, hand: Hand) {
        self.wires[hand.0].at_client = End::Closed;
        self.lose_at_relay(hand.0);
        self.settle();
    }

    /// The lines that came since the last look.
    pub fn read(&mut self, hand: Hand) -> Vec<String> {
        let bytes = std::mem::take(&mut self.wires[hand.0].read_by_hand);
        let text = String::from_utf8(bytes).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// The pid of whoever was last said to be opposite, since the last look.
    pub fn partner_of(&mut self, hand: Hand) -> String {
        let heard = self.read(hand);
        let mut peers = heard
            .iter()
            .rev()
            .filter_map(|line| line.strip_prefix("PEER "));
        let (pid, _) = peers.next().and_then(|peer| peer.split_once(' ')).unwrap();
        pid.to_owned()
    }

    /// Whether the relay has closed this connection.
    pub fn relay_end(&self, hand: Hand) -> End {
        self.wires[hand.0].at_relay
    }

    /// What it is sent stays with the relay: nobody reads.
    pub fn hold_down_hand(&mut self, hand: Hand) {
        self.wires[hand.0].down.held_up = true;
    }

    /// It is read again.
    pub fn let_go_hand(&mut self, hand: Hand) {
        self.wires[hand.0].down.held_up = false;
        self.settle();
    }

    /// A relay that is not this scene's says this to a client.
    pub fn hears(&mut self, who: Who, text: &str) {
        let wire = self.wire_of(who);
        let outcome = self.clients[who.0]
            .session
            .received(self.now, text.as_bytes());
        if outcome.is_err() {
            self.hang_up(wire);
        }
        self.settle();
    }

    pub fn say(&mut self, who: Who, text: &str) {
        assert!(self.has_room(who), "no room for « {text} »");
        self.say_anyway(who, text);
    }

    /// Says a line of many that came at once.
    pub fn say_anyway(&mut self, who: Who, text: &str) {
        let line = Line {
            sent_at: 0,
            text: text.to_owned(),
        };
        self.clients[who.0].session.say(self.now, &line);
        self.settle();
    }

    pub fn has_room(&self, who: Who) -> bool {
        self.clients[who.0].session.has_room()
    }

    pub fn leave(&mut self, who: Who, patience: Shutdown) {
        self.clients[who.0].session.leave(self.now, patience);
        self.settle();
    }

    pub fn screen_stops(&mut self, who: Who) {
        self.clients[who.0].screen = Screen::Stuck;
    }

    pub fn screen_moves(&mut self, who: Who) {
        self.clients[who.0].screen = Screen::Moving;
        self.settle();
    }

    /// A screen that stands still shows one thing more.
    pub fn take_one_event(&mut self, who: Who) {
        let client = &mut self.clients[who.0];
        if let Some(event) = client.session.next_event() {
            client.is_told(event);
            client.session.hold();
        }
        self.settle();
    }

    /// What this client sends stays on its way, for now.
    pub fn hold_up(&mut self, who: Who) {
        let wire = self.wire_of(who);
        self.wires[wire].up.held_up = true;
    }

    /// What the relay sends this client stays on its way, for now.
    pub fn hold_down(&mut self, who: Who) {
        let wire = self.wire_of(who);
        self.wires[wire].down.held_up = true;
    }

    /// What was held up arrives.
    pub fn let_go(&mut self, who: Who) {
        let wire = self.wire_of(who);
        self.wires[wire].up.held_up = false;
        self.wires[wire].down.held_up = false;
        self.settle();
    }

    /// The connection breaks, both ends see it, and what is on its way is lost.
    pub fn cut(&mut self, who: Who) {
        let wire = self.wire_of(who);
        self.lose_at_relay(wire);
        self.hang_up(wire);
        self.settle();
    }

    /// The client alone sees its connection break: the relay's end stays, half-open.
    pub fn cut_unnoticed(&mut self, who: Who) {
        let wire = self.wire_of(who);
        let wire_ends = &mut self.wires[wire];
        wire_ends.up.held_up = true;
        self.hang_up(wire);
        self.settle();
    }

    /// The relay is killed and started again: it remembers nothing, and every connection is cut.
    pub fn restart_relay(&mut self) {
        self.hub = Hub::new(Config::without_words(self.mode));
        for wire in 0..self.wires.len() {
            self.wires[wire].at_relay = End::Closed;
            self.hang_up(wire);
        }
        self.settle();
    }

    pub fn stop_relay(&mut self, why: Bye) {
        self.hub.stop(self.now, why);
        self.settle();
    }

    /// Lets time pass, in milliseconds.
    pub fn wait(&mut self, span: Millis) {
        let until = self.now + span;
        loop {
            let sessions = self
                .clients
                .iter()
                .filter_map(|it| it.session.next_timeout());
            let next = sessions.chain(self.hub.next_timeout()).min();
            match next.filter(|&at| at <= until) {
                Some(at) => self.now = at.max(self.now + 1),
                None => break,
            }
            self.settle();
        }
        self.now = until;
        self.settle();
    }

    /// What a person was told since the last look; how many lines are [`delivered`](Scene::delivered) is told apart.
    pub fn told(&mut self, who: Who) -> Vec<String> {
        std::mem::take(&mut self.clients[who.0].told)
    }

    /// The rows that the relay's own person was shown since this was last asked.
    pub fn shown(&mut self) -> Vec<String> {
        std::mem::take(&mut self.shown)
    }

    /// Everybody forgets what they were told so far.
    pub fn forget(&mut self) {
        self.clients
            .iter_mut()
            .for_each(|client| client.told.clear());
    }

    pub fn delivered(&self, who: Who) -> u64 {
        self.clients[who.0].delivered
    }

    pub fn ending(&self, who: Who) -> Option<&Ending> {
        self.clients[who.0].ending.as_ref()
    }

    pub fn is_connected(&self, who: Who) -> bool {
        self.find_wire(who).is_some()
    }

    /// Bytes that the relay holds for a client.
    pub fn waiting_for(&self, who: Who) -> usize {
        self.find_wire(who)
            .map_or(0, |wire| self.hub.unsent(self.wires[wire].conn).len())
    }

    /// Whether the relay would read this connection.
    pub fn wants_input(&self, hand: Hand) -> bool {
        self.hub.wants_input(self.wires[hand.0].conn)
    }

    /// Connections that the relay has.
    pub fn open_at_relay(&self) -> usize {
        let open = |wire: &&Wire| wire.at_relay == End::Open;
        self.wires.iter().filter(open).count()
    }

    pub fn session(&mut self, who: Who) -> &mut Session {
        &mut self.clients[who.0].session
    }

    fn find_wire(&self, who: Who) -> Option<usize> {
        let mine = |wire: &Wire| wire.client == Some(who.0) && wire.at_client == End::Open;
        self.wires.iter().rposition(mine)
    }

    fn wire_of(&self, who: Who) -> usize {
        self.find_wire(who).expect("it is connected")
    }

    /// The client's end of a connection closes.
    fn hang_up(&mut self, wire: usize) {
        let ends = &mut self.wires[wire];
        if std::mem::replace(&mut ends.at_client, End::Closed) == End::Open {
            ends.down.bytes.clear();
            if let Some(client) = ends.client {
                self.clients[client]
                    .session
                    .disconnected(Disconnected::Closed);
            }
        }
    }

    /// The relay's end of a connection is gone.
    fn lose_at_relay(&mut self, wire: usize) {
        let ends = &mut self.wires[wire];
        if std::mem::replace(&mut ends.at_relay, End::Closed) == End::Open {
            ends.up.bytes.clear();
            let conn = ends.conn;
            self.hub.closed(self.now, conn);
        }
    }

    /// Everything that follows happens, until nothing is left but to wait.
    fn settle(&mut self) {
        while self.clients_act() | self.relay_acts() | self.bytes_arrive() {}
    }

    fn clients_act(&mut self) -> bool {
        let mut any = false;
        for me in 0..self.clients.len() {
            let wire = self.find_wire(Who(me));
            let now = self.now;
            let client = &mut self.clients[me];
            let mut outcome = client.session.handle_timeout(now);
            if client.screen == Screen::Moving {
                while let Some(event) = client.session.next_event() {
                    client.is_told(event);
                    any = true;
                }
                client.session.hold();
                outcome = outcome.and(client.session.handle_timeout(now));
            }
            let bytes = client.session.send_all(now);
            let ended = client.session.is_ended();
            if let Some(wire) = wire {
                any |= !bytes.is_empty();
                self.wires[wire].up.bytes.extend_from_slice(&bytes);
                if outcome.is_err() || ended {
                    self.hang_up(wire);
                    any = true;
                }
            }
        }
        any
    }

    fn relay_acts(&mut self) -> bool {
        let mut any = false;
        self.hub.handle_timeout(self.now);
        loop {
            if let Some(conn) = self.hub.next_unsent() {
                // A direction that is held up is a socket that takes nothing.
                if let Some(wire) = self.wire_at(conn) {
                    self.push_down(wire);
                }
                any = true;
            } else if let Some(effect) = self.hub.next_effect() {
                match effect {
                    Effect::Close(conn) => {
                        if let Some(wire) = self.wire_at(conn) {
                            self.lose_at_relay(wire);
                        }
                    }
                    Effect::Said(rows) => {
                        let rows = self.hub.rows(rows).split_terminator('\n');
                        self.shown.extend(rows.map(str::to_owned));
                    }
                    _ => {}
                }
                any = true;
            } else {
                return any;
            }
        }
    }

    fn wire_at(&self, conn: ConnId) -> Option<usize> {
        let there = |wire: &Wire| wire.conn == conn && wire.at_relay == End::Open;
        self.wires.iter().position(there)
    }

    fn push_down(&mut self, wire: usize) -> bool {
        let ends = &mut self.wires[wire];
        let conn = ends.conn;
        if ends.down.held_up || ends.at_relay == End::Closed {
            return false;
        }
        let bytes = self.hub.unsent(conn).to_vec();
        self.hub.sent(self.now, conn, bytes.len());
        ends.down.bytes.extend_from_slice(&bytes);
        !bytes.is_empty()
    }

    fn bytes_arrive(&mut self) -> bool {
        let mut any = false;
        for id in 0..self.wires.len() {
            any |= self.push_down(id);
            let wire = &mut self.wires[id];
            let session = wire.client.map(|client| &self.clients[client].session);
            let down = if session.is_none_or(Session::wants_input) {
                wire.down.arrived()
            } else {
                Vec::new()
            };
            let up = wire.up.arrived();
            any |= !up.is_empty() || !down.is_empty();
            if wire.at_relay == End::Open && !up.is_empty() {
                let conn = wire.conn;
                self.hub.received(self.now, conn, &up, |_, _, _| 0);
            }
            let wire = &mut self.wires[id];
            match wire.client {
                None => wire.read_by_hand.extend_from_slice(&down),
                Some(client) if wire.at_client == End::Open && !down.is_empty() => {
                    let outcome = self.clients[client].session.received(self.now, &down);
                    if outcome.is_err() || self.clients[client].session.is_ended() {
                        self.hang_up(id);
                    }
                }
                Some(_) => {}
            }
            any |= self.ends_meet(id);
        }
        any
    }

    fn is_done(&self, id: usize) -> bool {
        let conn = self.wires[id].conn;
        self.hub.is_closing(conn) && self.hub.unsent(conn).is_empty()
    }

    /// Whoever's other end has closed, and has read all before, closes too.
    fn ends_meet(&mut self, id: usize) -> bool {
        let wire = &self.wires[id];
        let up_read = !wire.up.held_up && wire.up.bytes.is_empty();
        let down_read = !wire.down.held_up && wire.down.bytes.is_empty();
        match (wire.at_client, wire.at_relay) {
            (End::Closed, End::Open) if up_read => self.lose_at_relay(id),
            (End::Open, End::Closed) if down_read && wire.client.is_some() => self.hang_up(id),
            // The relay shuts its half down once the last line is out.
            (End::Open, End::Open) if down_read && wire.client.is_some() && self.is_done(id) => {
                self.hang_up(id);
            }
            _ => return false,
        }
        true
    }
}

impl Client {
    fn is_told(&mut self, event: Event) {
        let texts = |lines: &[Line]| {
            let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
            texts.join(", ")
        };
        let words = match event {
            Event::Delivered { lines } => {
                self.delivered = lines;
                return;
            }
            Event::Ended(ending) => {
                self.ending = Some(ending);
                return;
            }
            Event::Waiting => "waiting".to_owned(),
            Event::Arrived { name } => format!("{name} arrives"),
            Event::Received { name, line } => format!("{name}: {}", line.text),
            Event::Disconnected { held, .. } => format!("cut, {held} held"),
            Event::Restored { delivered } => format!("restored, {delivered} delivered"),
            Event::Away { name, held } => format!("{name} is away, {held} held"),
            Event::Back { name, delivered } => format!("{name} is back, {delivered} delivered"),
            Event::Left { name } => format!("{name} has left"),
            Event::Sealed { name } => format!("sealed with {name}"),
            Event::LeftWithoutGoodbye { name } => format!("{name} has left without goodbye"),
            Event::Lost { name } => format!("{name} is lost"),
            Event::Undelivered { lines, .. } => format!("undelivered: {}", texts(&lines)),
        };
        self.told.push(words);
    }
}
