//! A seed's world: two clients, a relay, a stranger, the links between them, and all that befalls them.

mod faults;
mod judging;
mod mutations;
mod relaying;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::net::Ipv4Addr;

use super::{Course, Mutation, PEACE, Relaying, Story, TROUBLE};
use crate::protocol::hub::{ConnId, Effect, Hub};
use crate::protocol::session::{Disconnected, Event, Session, Shutdown};
use crate::protocol::wire::{Hello, Pid, Token};
use crate::protocol::{Line, Millis};

/// SplitMix64 (Steele, Lea and Flood, 2014): small, and good enough for choices.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    /// A client's person writes a line.
    Write(usize),
    /// A client dials.
    Dial(usize),
    /// A stranger dials.
    Intrude,
    /// Bytes arrive at the relay's end of a link.
    AtRelay(usize, Vec<u8>),
    /// Bytes arrive at the client's end of a link.
    AtClient(usize, Vec<u8>),
    RelaySeesEnd(usize),
    ClientSeesEnd(usize),
    /// Somebody's deadline may have come.
    TickClient(usize),
    TickRelay,
    Fault,
    KillRelay,
    /// A person leaves.
    Shutdown(usize),
    /// A client's process ends without a word.
    Die(usize),
    ClientWakes(usize),
    RelayStarts,
}

/// Who dials with a secret that no seat knows, and never reads more than the answer.
const INTRUDER: usize = usize::MAX;
/// After the last fault of a story with an end, everybody has found out.
const AFTERMATH: Millis = 200_000;

/// One connection: a client's, or the [`INTRUDER`]'s, to the relay's `conn`.
struct SimulatedLink {
    client: usize,
    conn: ConnId,
    /// The relay that it leads to: connections do not survive their relay.
    relay: u64,
    up: Way,
    down: Way,
    /// Whether an end that closes is noticed at the other.
    tells_end: bool,
    open_at_client: bool,
    open_at_relay: bool,
    slowness: Millis,
}

/// One direction of a link.
#[derive(Default)]
struct Way {
    last_arrival: Millis,
    in_flight: usize,
    /// After a cut, how many more of the bytes in flight still arrive.
    budget: Option<usize>,
}

impl Way {
    fn deliver(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        self.in_flight -= bytes.len();
        if let Some(budget) = &mut self.budget {
            bytes.truncate(*budget);
            *budget -= bytes.len();
        }
        bytes
    }
}

struct SimulatedClient {
    pid: Pid,
    session: Session,
    link: Option<usize>,
    /// Standing still until then.
    asleep_until: Millis,
    /// Not taking events until then.
    screen_stuck_until: Millis,
    /// What happened while it was asleep.
    missed: VecDeque<Happening>,
    pause: Millis,
    to_write: VecDeque<String>,
    written: Vec<String>,
    /// For each line written, who sat opposite by then.
    addressees: Vec<Option<Pid>>,
    read: Vec<String>,
    /// How many lines it was told are settled.
    settled: u64,
    undelivered: Vec<String>,
    met_somebody: bool,
    left: Option<Shutdown>,
    dead: bool,
    ended: Option<Event>,
}

pub(super) struct World {
    now: Millis,
    chance: Chance,
    agenda: BinaryHeap<Reverse<(Millis, u64, Happening)>>,
    count: u64,
    story: Story,
    clients: Vec<SimulatedClient>,
    hub: Option<Hub>,
    /// The relay has ended by itself.
    relay_is_done: bool,
    relay: u64,
    links: BTreeMap<usize, SimulatedLink>,
    next_link: usize,
    relaying: Relaying,
    mutation: Option<Mutation>,
    last_fault: Millis,
    faults: usize,
    /// A line that a lying relay keeps to replay.
    kept: Option<(usize, Vec<u8>)>,
    intruder_seated: bool,
    loud: bool,
}

impl World {
    pub(super) fn new(
        seed: u64,
        story: Story,
        relaying: Relaying,
        mutation: Option<Mutation>,
    ) -> World {
        let mut chance = Chance(seed);
        let people = match story {
            Story::Reunion | Story::Farewell => 2,
            Story::Stranger => 3,
        };
        let clients = (0..people).map(|me| {
            let pid = Pid(chance.next());
            let session = Session::new(Hello {
                pid,
                token: Token(u128::from(chance.next())),
                salon: None,
                partner: None,
                name: ["Zoé", "Bob", "Ève"][me].parse().unwrap(),
            });
            let lines = chance.below(60);
            SimulatedClient {
                pid,
                session,
                link: None,
                asleep_until: 0,
                screen_stuck_until: 0,
                missed: VecDeque::new(),
                pause: 200,
                to_write: (1..=lines).map(|n| format!("{me}:{n}")).collect(),
                written: Vec::new(),
                addressees: Vec::new(),
                read: Vec::new(),
                settled: 0,
                undelivered: Vec::new(),
                met_somebody: false,
                left: None,
                dead: false,
                ended: None,
            }
        });
        let clients = clients.collect();
        let mut world = World {
            now: 0,
            chance,
            agenda: BinaryHeap::new(),
            count: 0,
            story,
            clients,
            hub: None,
            relay_is_done: false,
            relay: 0,
            links: BTreeMap::new(),
            next_link: 0,
            relaying,
            mutation,
            last_fault: 0,
            faults: 0,
            kept: None,
            intruder_seated: false,
            loud: std::env::var_os("MSG_SEED").is_some(),
        };
        world.start_relay();
        for me in 0..people {
            if me < 2 {
                let at = world.chance.below(5_000);
                world.plan(at, Happening::Dial(me));
            }
            let mut at = 0;
            for _ in 0..world.clients[me].to_write.len() {
                at += world.chance.below(2 * TROUBLE / 60);
                world.plan(at, Happening::Write(me));
            }
        }
        for _ in 0..world.chance.below(10) {
            let at = world.chance.below(TROUBLE);
            world.plan(at, Happening::Fault);
        }
        world.plan_story();
        world
    }

    fn plan_story(&mut self) {
        let at = 3_000 + self.chance.below(TROUBLE - 3_000);
        let me = self.chance.below(2) as usize;
        match (self.story, self.chance.below(4)) {
            (Story::Reunion, _) => {}
            (Story::Farewell, 0) => self.plan(at, Happening::Die(me)),
            (Story::Farewell, kind) => {
                self.plan(at, Happening::Shutdown(me));
                if kind == 1 {
                    let at = at + self.chance.below(500);
                    self.plan(at, Happening::Shutdown(1 - me));
                }
            }
            (Story::Stranger, _) => self.plan(at, Happening::KillRelay),
        }
    }

    pub(super) fn run(mut self) -> Result<Course, String> {
        while let Some(Reverse((at, _, happening))) = self.agenda.pop() {
            let peace = match self.story {
                Story::Reunion => PEACE,
                Story::Farewell | Story::Stranger => AFTERMATH,
            };
            if at > self.last_fault.max(TROUBLE) + peace {
                break;
            }
            self.now = at;
            self.happen(happening);
            if self.intruder_seated {
                return Err("an intruder took a seat".to_owned());
            }
            if at > TROUBLE && self.story == Story::Reunion && self.all_is_said() {
                break;
            }
        }
        self.judge_lines()?;
        match self.story {
            Story::Reunion => self.judge_reunion()?,
            Story::Farewell => self.judge_farewell()?,
            Story::Stranger => {}
        }
        Ok(Course {
            lines: self.clients.iter().map(|client| client.read.len()).sum(),
            faults: self.faults,
        })
    }

    fn all_is_said(&self) -> bool {
        let [a, b] = self.clients.as_slice() else {
            return false;
        };
        let all = |from: &SimulatedClient, to: &SimulatedClient| {
            from.to_write.is_empty() && from.written.len() == to.read.len()
        };
        all(a, b) && all(b, a)
    }

    fn plan(&mut self, at: Millis, happening: Happening) {
        self.count += 1;
        self.agenda.push(Reverse((at, self.count, happening)));
    }

    fn say(&self, text: impl FnOnce() -> String) {
        if self.loud {
            println!("{:>7}  {}", self.now, text());
        }
    }

    fn happen(&mut self, happening: Happening) {
        if let Some(me) = self.whose(&happening)
            && self.now < self.clients[me].asleep_until
        {
            self.clients[me].missed.push_back(happening);
            return;
        }
        match happening {
            Happening::Write(me) => self.write(me),
            Happening::Dial(me) => self.dial(me),
            Happening::Intrude => self.intrude(),
            Happening::AtRelay(link, bytes) => self.at_relay(link, bytes),
            Happening::AtClient(link, bytes) => self.at_client(link, bytes),
            Happening::RelaySeesEnd(link) => self.relay_sees_end(link),
            Happening::ClientSeesEnd(link) => self.client_sees_end(link),
            Happening::TickClient(me) => self.turn_client(me),
            Happening::TickRelay => self.turn_relay(),
            Happening::Fault => self.fault(),
            Happening::KillRelay => {
                let lasts = self.kill_relay();
                self.last_fault = self.last_fault.max(self.now + lasts);
            }
            Happening::Shutdown(me) => self.leave(me),
            Happening::Die(me) => self.die(me),
            Happening::ClientWakes(me) => self.wake(me),
            Happening::RelayStarts => self.start_relay(),
        }
    }

    /// Whose process must be awake for this.
    fn whose(&self, happening: &Happening) -> Option<usize> {
        match happening {
            Happening::Write(me)
            | Happening::Dial(me)
            | Happening::TickClient(me)
            | Happening::Shutdown(me) => Some(*me),
            Happening::AtClient(link, _) | Happening::ClientSeesEnd(link) => {
                let link = self.links.get(link)?;
                (link.client != INTRUDER).then_some(link.client)
            }
            _ => None,
        }
    }

    fn write(&mut self, me: usize) {
        let now = self.now;
        let client = &mut self.clients[me];
        let Some(text) = client.to_write.pop_front() else {
            return;
        };
        if !client.session.has_room() {
            client.to_write.push_front(text);
            return self.plan(now + 500, Happening::Write(me));
        }
        client.written.push(text.clone());
        client.addressees.push(client.session.partner());
        client.session.say(now, &Line { sent_at: now, text });
        self.turn_client(me);
    }

    fn leave(&mut self, me: usize) {
        let patience = match self.chance.below(5) {
            0 => Shutdown::Now,
            1 => Shutdown::Finish,
            _ => Shutdown::Quit,
        };
        self.say(|| format!("client {me} leaves, with patience {patience:?}"));
        self.clients[me].left = Some(patience);
        self.clients[me].session.leave(self.now, patience);
        self.turn_client(me);
    }

    fn die(&mut self, me: usize) {
        self.say(|| format!("client {me} dies"));
        self.clients[me].dead = true;
        self.cut(me);
    }

    fn dial(&mut self, me: usize) {
        let client = &self.clients[me];
        if client.link.is_some() || client.dead || client.session.is_ended() {
            return;
        }
        let Some(hub) = self.hub.as_mut().filter(|hub| hub.is_open()) else {
            return self.dial_again(me);
        };
        let conn = hub.accepted(self.now, Ipv4Addr::LOCALHOST.into());
        let link = self.connect(me, conn);
        self.say(|| format!("client {me} connects: link {link}"));
        self.clients[me].link = Some(link);
        self.clients[me].session.connected(self.now);
        self.turn_client(me);
        self.turn_relay();
    }

    fn connect(&mut self, client: usize, conn: ConnId) -> usize {
        let link = self.next_link;
        self.next_link += 1;
        self.links.insert(
            link,
            SimulatedLink {
                client,
                conn,
                relay: self.relay,
                up: Way::default(),
                down: Way::default(),
                tells_end: true,
                open_at_client: true,
                open_at_relay: true,
                slowness: 1 + self.chance.below(100),
            },
        );
        link
    }

    fn dial_again(&mut self, me: usize) {
        let client = &mut self.clients[me];
        let pause = client.pause / 2 + self.chance.below(client.pause / 2 + 1);
        client.pause = (client.pause * 2).min(5_000);
        self.plan(self.now + pause, Happening::Dial(me));
    }

    /// Somebody with a secret of their own tries every seat that is kept for another.
    fn intrude(&mut self) {
        let begun = self.clients.iter().all(|client| !client.read.is_empty());
        let Some(hub) = self.hub.as_mut().filter(|hub| begun && hub.is_reserved()) else {
            return;
        };
        let conn = hub.accepted(self.now, Ipv4Addr::LOCALHOST.into());
        let link = self.connect(INTRUDER, conn);
        let mut hello = Vec::new();
        Hello {
            pid: Pid(self.chance.next()),
            token: Token(u128::from(self.chance.next())),
            salon: None,
            partner: None,
            name: "Ève".parse().unwrap(),
        }
        .encode(&mut hello);
        self.send_up(link, hello);
        self.turn_relay();
    }

    fn at_relay(&mut self, id: usize, bytes: Vec<u8>) {
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        let bytes = link.up.deliver(bytes);
        if link.relay != self.relay || !link.open_at_relay || bytes.is_empty() {
            return;
        }
        let conn = link.conn;
        let mut passed = None;
        if let Some(hub) = &mut self.hub {
            hub.received(self.now, conn, &bytes, |there, before, run| {
                let both = [before, run].concat();
                // All of it, some, or nothing.
                let count = both.len() * (both.len() % 3) / 2;
                passed = Some((there, both[..count].to_vec()));
                count
            });
        }
        if let Some((there, mut bytes)) = passed.filter(|(_, bytes)| !bytes.is_empty())
            && let Some(hub) = &mut self.hub
        {
            // The socket has room again at once.
            let rest = hub.unsent(there).to_vec();
            hub.sent(self.now, there, rest.len());
            bytes.extend(rest);
            if let Some(link) = self.link_of(there) {
                self.send_down(link, bytes);
            }
        }
        self.turn_relay();
    }

    fn at_client(&mut self, id: usize, bytes: Vec<u8>) {
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        let bytes = link.down.deliver(bytes);
        let client = link.client;
        if !link.open_at_client || bytes.is_empty() {
            return;
        }
        if client == INTRUDER {
            self.intruder_seated |= bytes.starts_with(b"MSG/1");
            return;
        }
        let now = self.now;
        if self.clients[client].dead {
            return;
        }
        match self.clients[client].session.received(now, &bytes) {
            Ok(()) => self.turn_client(client),
            Err(cut) => self.client_hangs_up(client, cut),
        }
    }

    fn relay_sees_end(&mut self, id: usize) {
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        if std::mem::replace(&mut link.open_at_relay, false) && link.relay == self.relay {
            let conn = link.conn;
            if let Some(hub) = &mut self.hub {
                hub.closed(self.now, conn);
            }
            self.turn_relay();
        }
    }

    fn client_sees_end(&mut self, id: usize) {
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        if std::mem::replace(&mut link.open_at_client, false) && link.client != INTRUDER {
            let me = link.client;
            if self.clients[me].link == Some(id) {
                self.client_hangs_up(me, Disconnected::Closed);
            }
        }
    }

    fn client_hangs_up(&mut self, me: usize, reason: Disconnected) {
        self.say(|| format!("client {me} is cut off: {reason}"));
        let now = self.now;
        self.clients[me].session.disconnected(reason);
        if let Some(id) = self.clients[me].link.take()
            && let Some(link) = self.links.get_mut(&id)
        {
            link.open_at_client = false;
            if link.tells_end {
                let at = link.up.last_arrival.max(now + link.slowness);
                self.plan(at, Happening::RelaySeesEnd(id));
            }
        }
        if !self.clients[me].dead && !self.clients[me].session.is_ended() {
            self.dial_again(me);
        }
        self.turn_client(me);
    }

    /// What the driver of a session does after each call.
    fn turn_client(&mut self, me: usize) {
        let now = self.now;
        let client = &mut self.clients[me];
        if client.dead {
            return;
        }
        if let Err(cut) = client.session.handle_timeout(now) {
            return self.client_hangs_up(me, cut);
        }
        if now >= client.screen_stuck_until {
            while let Some(event) = client.session.next_event() {
                if self.loud {
                    println!("{now:>7}  client {me} is told {event:?}");
                }
                match event {
                    Event::Received { line, .. } => client.read.push(line.text),
                    Event::Delivered { lines } => client.settled = lines,
                    Event::Undelivered { lines, .. } => {
                        client.settled += lines.len() as u64;
                        let texts = lines.into_iter().map(|line| line.text);
                        client.undelivered.extend(texts);
                    }
                    Event::Arrived { .. } => client.met_somebody = true,
                    Event::Ended(_) => client.ended = Some(event),
                    _ => {}
                }
            }
            client.session.hold();
            if let Err(cut) = client.session.handle_timeout(now) {
                return self.client_hangs_up(me, cut);
            }
        }
        if client.session.is_live() {
            client.pause = 200;
        }
        let bytes = client.session.send_all(now);
        let deadline = client.session.next_timeout();
        let (link, ended) = (client.link, client.session.is_ended());
        if self.mutation == Some(Mutation::ForgetsOnceSent) {
            self.forget_what_is_sent(me, &bytes);
        }
        if let Some(link) = link.filter(|_| !bytes.is_empty()) {
            self.send_up(link, bytes);
        }
        if ended && link.is_some() {
            return self.client_hangs_up(me, Disconnected::Ended);
        }
        if let Some(at) = deadline {
            self.plan(at.max(now + 1), Happening::TickClient(me));
        }
    }

    /// What the driver of the hub does after each call.
    fn turn_relay(&mut self) {
        let now = self.now;
        let Some(hub) = &mut self.hub else {
            return;
        };
        hub.handle_timeout(now);
        loop {
            let Some(hub) = &mut self.hub else {
                return;
            };
            if let Some(conn) = hub.next_unsent() {
                let bytes = hub.unsent(conn).to_vec();
                hub.sent(now, conn, bytes.len());
                let bytes = match self.mutation {
                    Some(Mutation::PeerToOneSide) => World::without_returns(bytes),
                    _ => bytes,
                };
                if let Some(link) = self.link_of(conn) {
                    self.send_down(link, bytes);
                }
            } else if let Some(effect) = hub.next_effect() {
                if let Effect::Close(conn) = effect {
                    hub.closed(now, conn);
                    if let Some(link) = self.link_of(conn) {
                        self.relay_hangs_up(link);
                    }
                }
            } else {
                let deadline = hub.next_timeout();
                if hub.is_over() {
                    self.relay_is_done = true;
                    self.hub = None;
                    break;
                }
                if let Some(at) = deadline {
                    self.plan(at.max(now + 1), Happening::TickRelay);
                }
                break;
            }
        }
    }

    fn link_of(&self, conn: ConnId) -> Option<usize> {
        let here = |link: &SimulatedLink| {
            link.relay == self.relay && link.open_at_relay && link.conn == conn
        };
        self.links
            .iter()
            .find(|(_, link)| here(link))
            .map(|(id, _)| *id)
    }

    fn relay_hangs_up(&mut self, id: usize) {
        let now = self.now;
        if let Some(link) = self.links.get_mut(&id) {
            link.open_at_relay = false;
            if link.tells_end {
                let at = link.down.last_arrival.max(now + link.slowness);
                self.plan(at, Happening::ClientSeesEnd(id));
            }
        }
    }

    fn send_up(&mut self, id: usize, bytes: Vec<u8>) {
        for piece in self.pieces(bytes) {
            let (now, jitter) = (self.now, self.chance.below(30));
            let Some(link) = self.links.get_mut(&id) else {
                return;
            };
            let at = link.up.last_arrival.max(now + link.slowness + jitter);
            link.up.last_arrival = at;
            link.up.in_flight += piece.len();
            self.plan(at, Happening::AtRelay(id, piece));
        }
    }

    fn send_down(&mut self, id: usize, bytes: Vec<u8>) {
        let bytes = match self.relaying {
            Relaying::Honest => bytes,
            _ if self.now >= TROUBLE => bytes,
            Relaying::Dropping => self.drop_lines(bytes),
            Relaying::Lying => self.lie(id, bytes),
        };
        for piece in self.pieces(bytes) {
            let (now, jitter) = (self.now, self.chance.below(30));
            let Some(link) = self.links.get_mut(&id) else {
                return;
            };
            let at = link.down.last_arrival.max(now + link.slowness + jitter);
            link.down.last_arrival = at;
            link.down.in_flight += piece.len();
            self.plan(at, Happening::AtClient(id, piece));
        }
    }

    fn pieces(&mut self, bytes: Vec<u8>) -> Vec<Vec<u8>> {
        if bytes.len() < 2 || self.chance.percent(60) {
            return vec![bytes];
        }
        let at = 1 + self.chance.below(bytes.len() as u64 - 1) as usize;
        let (head, tail) = bytes.split_at(at);
        vec![head.to_vec(), tail.to_vec()]
    }
}
