//! Drives whatever reads bytes that others sent, with bytes that decide everything: for the tests that make them up at
//! random, and for the fuzzers in `fuzz/`, which learn.
//!
//! Each driver keeps to the contract of what it drives, as `peer` and `relay` do, and asserts what must hold whatever
//! comes: bounded buffers, deadlines that lie ahead, an end that is the end.

use msg::protocol::hub::{Config, ConnId, Effect, EndOfStream, Formatter, Hub, RelayMode, Tracing};
use msg::protocol::plain::{Input, Plain};
use msg::protocol::session::{Disconnected, Event, Session, Shutdown};
use msg::protocol::wire::{Bye, Hello, Lines, MAX_LINE, Pid, Token, Verb, Welcome};
use msg::protocol::{Line, Millis};

/// The most that may ever wait for a relay that does not read.
const MAX_UNSENT_BY_SESSION: usize = 4 * 1024 * 1024;
/// The most that may ever wait for a client that does not read.
const MAX_UNSENT_BY_HUB: usize = 192 * 1024;
/// The most events that may ever wait for a user interface.
const MAX_EVENTS: usize = 512;

/// Bytes that decide what happens. Once they are used up, zeros do.
pub struct Choices<'b>(pub &'b [u8]);

impl<'b> Choices<'b> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    fn below(&mut self, limit: u8) -> u8 {
        self.byte() % limit
    }

    fn bytes(&mut self) -> &'b [u8] {
        let count = usize::from(self.byte()).min(self.0.len());
        let (bytes, rest) = self.0.split_at(count);
        self.0 = rest;
        bytes
    }

    /// What somebody sends: a line that makes sense, one that nearly does, or anything.
    fn sent(&mut self) -> Vec<u8> {
        let mut sent = match self.below(8) {
            0 => return self.bytes().to_vec(),
            1 => vec![b'x'; 64 * usize::from(self.byte())],
            2 => self.hello(),
            3 => self.text(),
            _ => self.verb(),
        };
        if self.below(4) == 0
            && let Some(changed) = sent.len().checked_sub(1)
        {
            let place = (usize::from(self.byte()) * 31 + usize::from(self.byte())) % (changed + 1);
            match self.below(3) {
                0 => sent[place] = self.byte(),
                1 => sent.truncate(place),
                _ => sent.insert(place, self.byte()),
            }
        }
        sent
    }

    fn hello(&mut self) -> Vec<u8> {
        let n = u64::from(self.below(6));
        let mut hello = Vec::new();
        let salons = [
            "-",
            "-",
            "tp-3",
            "-/0000000000000001",
            "tp-3/0000000000000002",
        ];
        let salon = salons[usize::from(self.below(5))];
        let name = ["Zoé", "Bob", "Ève", "zoé"][usize::from(self.below(4))];
        hello.extend_from_slice(format!("MSG/1 {n:016x} {n:032x} {salon} {name}\n").as_bytes());
        hello
    }

    /// What plain clients send.
    fn text(&mut self) -> Vec<u8> {
        let pieces: [&[u8]; 24] = [
            b"Zo\xc3\xa9\n",
            b"Bob: salut\r\n",
            b"salut",
            b"\r\0",
            b"quitter\n",
            b"\xff\xfd\x01",
            b"\xff\xf4\xff\xfd\x06",
            b"\xe9t\xe9\n",
            b"GET / HTTP/1.1\r\n\r\n",
            b"\x16\x03\x01",
            b"MSG/",
            b"\x08\x7f",
            b"Zoe: un",
            b"unZoe: deux",
            b"[12:30] Zo\xc3\xa9: salut\n",
            b"Zoe a rejoint le chat\n",
            b"Pseudo : Zoe\n",
            b"bye\n",
            b"EHLO x.y\r\n",
            b"*1\r\n$4\r\nPING\r\n",
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11",
            b"\0\0\0\x2f\xffSMBr\0\0",
            b"Z\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
            b"\x9d\x81",
        ];
        pieces[usize::from(self.below(24))].to_vec()
    }

    fn verb(&mut self) -> Vec<u8> {
        let pid = Pid(u64::from(self.below(4)));
        let number = u64::from(self.byte());
        let long = "é".repeat(8 * usize::from(self.byte()));
        let line = match self.below(14) {
            0 => "MSG/1 4096 10\n".to_owned(),
            1 => format!("PEER {pid} Bob\n"),
            2 => format!("PEER {pid} {long}\n"),
            3 => "GONE away\n".to_owned(),
            4 => {
                ["GONE none\n", "GONE left\n", "GONE lost\n"][usize::from(self.below(3))].to_owned()
            }
            5 | 6 => format!("SAY {} 0 salut\n", number % 8),
            7 => format!("SAY {} {number} {long}\n", number % 8),
            8 | 9 => format!("ACK {pid} {}\n", number % 8),
            10 => format!("ACK {pid} {}\n", number * 0x0101_0101_0101_0101),
            11 => ["PING\n", "PONG\n"][usize::from(self.below(2))].to_owned(),
            12 => ["BYE\n", "BYE restart\n", "BYE stop\n"][usize::from(self.below(3))].to_owned(),
            _ => ["ERR slow x\n", "ERR full\n", "BOX 1 x\n"][usize::from(self.below(3))].to_owned(),
        };
        line.into_bytes()
    }

    fn moment(&mut self) -> Millis {
        [0, 1, 200, 1_000, 2_000, 5_000, 15_000, 120_000][usize::from(self.below(8))]
    }
}

/// Cuts a stream into lines and reads them as everything that a line can be. Whatever is understood is the same after
/// being written and read once more.
pub fn wire(choices: &mut Choices<'_>) {
    let mut lines = Lines::default();
    while !choices.is_empty() {
        let sent = choices.sent();
        let mut input = sent.as_slice();
        loop {
            let line = match lines.next(&mut input) {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(_) => return,
            };
            assert!(line.len() < MAX_LINE);
            if let Ok(verb) = Verb::decode(line) {
                assert_eq!(Verb::decode(&written(|out| verb.encode(out))), Ok(verb));
            }
            if let Ok(hello) = Hello::decode(line) {
                assert_eq!(Hello::decode(&written(|out| hello.encode(out))), Ok(hello));
            }
            if let Ok(welcome) = Welcome::decode(line) {
                let again = written(|out| welcome.encode(out));
                assert_eq!(Welcome::decode(&again), Ok(welcome));
            }
        }
        assert!(lines.partial().len() < MAX_LINE);
    }
}

fn written(encode: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut line = Vec::new();
    encode(&mut line);
    assert_eq!(line.pop(), Some(b'\n'));
    assert!(!line.contains(&b'\n'));
    line
}

/// One end of a conversation whose relay, person and clock do what they like.
pub fn session(choices: &mut Choices<'_>) {
    let mut session = Session::new(Hello {
        partner: None,
        pid: Pid(1),
        token: Token(1),
        salon: None,
        name: "Zoé".parse().expect("it is a name"),
    });
    let mut now = 0;
    let mut connected = false;
    let mut ended = false;
    while !choices.is_empty() {
        let mut stands = true;
        match choices.below(10) {
            0 if !connected && !session.is_ended() => {
                session.connected(now);
                connected = true;
            }
            1..=5 if connected && session.wants_input() => {
                let sent = choices.sent();
                stands = session.received(now, &sent).is_ok();
            }
            6 if session.has_room() => {
                let text = "é".repeat(8 * usize::from(choices.byte()));
                let text = text[..text.len().min(4000)].to_owned();
                session.say(now, &Line { sent_at: now, text });
            }
            7 => now += choices.moment(),
            8 if choices.below(8) == 0 => {
                let patience = [Shutdown::Now, Shutdown::Quit, Shutdown::Finish];
                session.leave(now, patience[usize::from(choices.below(3))]);
            }
            9 => {
                let takes = choices.byte();
                session.sent(now, session.unsent().len().min(usize::from(takes) * 64));
            }
            _ => stands = false,
        }
        stands &= session.handle_timeout(now).is_ok();
        if !stands || session.is_ended() {
            session.disconnected(Disconnected::Closed);
            connected = false;
        }
        if choices.below(4) == 0 {
            let mut events = 0;
            while let Some(event) = session.next_event() {
                assert!(!ended, "{event:?} after the end");
                ended = matches!(event, Event::Ended(_));
                events += 1;
            }
            session.hold();
            assert!(events <= MAX_EVENTS, "{events} events");
        }
        assert!(session.unsent().len() <= MAX_UNSENT_BY_SESSION);
        // Without a connection time passes for whoever leaves alone; with one, a tick settles all that was due.
        if session.handle_timeout(now).is_ok() && !session.is_ended() {
            let ahead = session.next_timeout().is_none_or(|at| at > now);
            assert!(ahead, "a deadline that a tick does not move");
        } else {
            session.disconnected(Disconnected::Closed);
            connected = false;
        }
    }
}

/// Callers whose first read holds what no terminal sends: no such opening takes a seat, whatever else is in it and
/// however long its caller stays.
pub fn opening(choices: &mut Choices<'_>) {
    while !choices.is_empty() {
        let length = match choices.below(16) {
            0 => usize::from(choices.byte()),
            length => usize::from(length),
        };
        let (mut read, rest) = (choices.0[..length.min(choices.0.len())].to_vec(), choices.0);
        choices.0 = &rest[read.len()..];
        if choices.below(4) == 0 {
            read.splice(0..0, choices.text());
        }
        let is_control = |byte: &u8| *byte < b' ' && !b"\0\x08\t\n\r\x1b".contains(byte);
        // Telnet's options are numbers like these.
        let is_binary = read.len() > 1 && read.iter().any(is_control) && !read.contains(&0xff);
        let mut plain = Plain::new(0);
        let mut out = Vec::new();
        let mut heard = Vec::new();
        plain.receive(1, &read, &mut out);
        heard.extend(std::iter::from_fn(|| plain.next_input()));
        for now in [200, 3_000, 10_000] {
            plain.handle_timeout(now, &mut out);
            heard.extend(std::iter::from_fn(|| plain.next_input()));
        }
        plain.end_of_stream(&mut out);
        heard.extend(std::iter::from_fn(|| plain.next_input()));
        let seats = heard
            .iter()
            .filter(|heard| matches!(heard, Input::Named(_) | Input::Nameless));
        let seats = seats.count();
        assert!(seats <= 1, "{read:?}: {heard:?}");
        assert!(seats == 0 || !is_binary, "{read:?}: {heard:?}");
    }
}

/// A relay whose clients and clock do what they like.
pub fn hub(choices: &mut Choices<'_>) {
    const MAX_CONNECTIONS: usize = 8;
    let mut hub = Hub::new(Config {
        mode: [RelayMode::Single, RelayMode::Daemon][usize::from(choices.below(2))],
        tracing: [Tracing::Off, Tracing::On][usize::from(choices.below(2))],
        seed: 7,
        formatter: Formatter {
            date: |date| date.to_string(),
            sentence: |event| Some(format!("{event:?}")),
            head: Some(|_, name, date| format!("{date} {name} ")),
            sealed: |bytes| bytes.to_string(),
        },
    });
    let mut now = 0;
    let mut open: Vec<ConnId> = Vec::new();
    while !choices.is_empty() {
        let whose = usize::from(choices.byte());
        let id = open.get(whose % MAX_CONNECTIONS).copied();
        match (choices.below(16), id) {
            (0 | 1, _) if open.len() < MAX_CONNECTIONS && hub.is_open() => {
                open.push(hub.accepted(now, [127, 0, 0, choices.below(2)].into()));
            }
            (2..=10, Some(id)) if hub.wants_input(id) || hub.is_closing(id) => {
                let sent = choices.sent();
                let takes = usize::from(choices.byte()) * 64;
                hub.received(now, id, &sent, |_, before, run| {
                    takes.min(before.len() + run.len())
                });
            }
            (11, Some(id)) => {
                open.retain(|&open| open != id);
                hub.closed(now, id);
            }
            (12, Some(id)) if hub.end_of_stream(now, id) == EndOfStream::Gone => {
                open.retain(|&open| open != id);
                hub.closed(now, id);
            }
            (13, _) => now += choices.moment(),
            (14, Some(id)) => {
                let takes = usize::from(choices.byte()) * 64;
                hub.sent(now, id, hub.unsent(id).len().min(takes));
            }
            (15, _) if choices.byte() == 0 => {
                let why = [Bye::Over, Bye::Restart, Bye::Stop][usize::from(choices.below(3))];
                hub.stop(now, why);
            }
            _ => {}
        }
        settle(&mut hub, now, &mut open, choices.below(4));
        for &id in &open {
            assert!(hub.unsent(id).len() <= MAX_UNSENT_BY_HUB);
        }
        if hub.is_over() {
            assert!(open.is_empty() && !hub.is_open());
            return;
        }
    }
}

/// What the relay does after each call, until nothing is left but to wait. One client in four takes at once what it is
/// sent.
fn settle(hub: &mut Hub, now: Millis, open: &mut Vec<ConnId>, reader: u8) {
    let mut rounds = 0;
    loop {
        if hub.next_timeout().is_some_and(|at| at <= now) {
            hub.handle_timeout(now);
        }
        carry_out(hub, now, open, reader);
        if hub.next_timeout().is_none_or(|at| at > now) {
            return;
        }
        rounds += 1;
        assert!(rounds < 100, "a deadline that nothing moves");
    }
}

fn carry_out(hub: &mut Hub, now: Millis, open: &mut Vec<ConnId>, reader: u8) {
    loop {
        if let Some(id) = hub.next_unsent() {
            if id % 4 == usize::from(reader) {
                hub.sent(now, id, hub.unsent(id).len());
            }
        } else if let Some(effect) = hub.next_effect() {
            if let Effect::Close(id) = effect
                && open.contains(&id)
            {
                open.retain(|&open| open != id);
                hub.closed(now, id);
            }
        } else {
            return;
        }
    }
}
