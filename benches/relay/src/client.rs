//! One end of a conversation as the benchmark plays it: as much of both dialects as measuring needs, and no more.

use std::fmt;
use std::io::{self, BufRead, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use msg::protocol::wire::{Hello, Pid, Token, Verb};
use rustix::buffer::spare_capacity;

/// After so long without an answer a relay counts as broken.
const TIMEOUT: Duration = Duration::from_secs(20);
/// How often a line is tried again that a relay may have thrown away, for want of a partner.
const PROBE_EVERY: Duration = Duration::from_millis(100);
/// What every message says as its date; the time does not matter here.
const SENT_AT: u64 = 1_795_000_000_000;
/// A message's number and its mark, with the LF: what each one ends with, whatever a relay puts before it.
const TAIL: usize = NUMBER + 2;
const NUMBER: usize = 10;

/// What the two ends say to each other. Every relay is measured with the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `SAY` lines, each acknowledged by the other end, as two `msg` clients speak.
    Wire,
    /// Lines of text, as `nc` and course clients speak.
    Plain,
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Dialect::Wire => "wire",
            Dialect::Plain => "plain",
        })
    }
}

/// What a relay expects to hear first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greeting {
    Nothing,
    /// A line with a name.
    Name,
    /// The hello of the wire.
    Hello,
}

/// A connection to a relay, and where its conversation stands.
pub struct Client {
    stream: TcpStream,
    dialect: Dialect,
    identity: Identity,
    partner: Option<Pid>,
    incoming: Vec<u8>,
    read: usize,
    /// Number of the last message said.
    pub said: u64,
    /// Number of the last message heard.
    heard: u64,
}

/// Who a client is.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    /// Counts conversations.
    pub room: u64,
    /// 0 or 1.
    pub side: u64,
}

/// What a line that came means here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A message of the other end. The last of a flood is marked.
    Message { number: u64, mark: Mark },
    /// A message that only asks whether anybody listens.
    Probe,
    /// The other end holds messages 1 to `through`.
    Ack { through: u64 },
    /// Nobody sits opposite yet.
    Alone,
    /// The other end is there.
    Peer(Pid),
    /// What relays say of themselves.
    Other,
}

/// Whether more messages follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    More,
    Last,
}

impl Client {
    /// Says what this relay wants to hear first.
    pub fn greet(
        stream: TcpStream,
        dialect: Dialect,
        greeting: Greeting,
        identity: Identity,
    ) -> io::Result<Client> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        let mut client = Client {
            stream,
            dialect,
            identity,
            partner: None,
            incoming: Vec::new(),
            read: 0,
            said: 0,
            heard: 0,
        };
        match greeting {
            Greeting::Nothing => {}
            Greeting::Name => client.send(format!("{}\n", identity.name()).as_bytes())?,
            Greeting::Hello => {
                let mut hello = Vec::new();
                identity.hello().encode(&mut hello);
                client.send(&hello)?;
                client.hear_until(|heard| matches!(heard, Heard::Alone | Heard::Peer(_)))?;
            }
        }
        Ok(client)
    }

    /// Waits until the two hear each other; what their relay says of itself is skipped.
    pub fn meet(greeting: Greeting, first: &mut Client, second: &mut Client) -> io::Result<()> {
        first.partner = Some(second.identity.pid());
        second.partner = Some(first.identity.pid());
        if greeting == Greeting::Hello {
            first.hear_until(|heard| matches!(heard, Heard::Peer(_)))?;
            for (speaker, listener) in [(0, 1), (1, 0)] {
                let ends = &mut [&mut *first, &mut *second];
                ends[speaker].send(&ends[speaker].ack())?;
                ends[listener].hear_until(|heard| heard == Heard::Ack { through: 0 })?;
            }
            return Ok(());
        }
        first.probe(second)?;
        second.probe(first)
    }

    /// Says message 0 until it is heard.
    fn probe(&mut self, listener: &mut Client) -> io::Result<()> {
        let deadline = Instant::now() + TIMEOUT;
        listener.stream.set_read_timeout(Some(PROBE_EVERY))?;
        let probe = self.message(0, 2 * TAIL, Mark::More);
        loop {
            self.send(&probe)?;
            match listener.hear_until(|heard| heard == Heard::Probe) {
                Ok(_) => break,
                Err(error) if is_timeout(&error) && Instant::now() < deadline => {}
                Err(error) => return Err(error),
            }
        }
        listener.stream.set_read_timeout(Some(TIMEOUT))
    }

    /// One line to `other` and its answer: how long that took.
    pub fn round_trip(&mut self, other: &mut Client, size: usize) -> io::Result<Duration> {
        let is_message = |heard| matches!(heard, Heard::Message { .. });
        self.said += 1;
        let there = self.message(self.said, size, Mark::More);
        let begun = Instant::now();
        self.send(&there)?;
        other.hear_until(is_message)?;
        match self.dialect {
            Dialect::Wire => {
                let through = self.said;
                other.send(&other.ack())?;
                self.hear_until(|heard| heard == Heard::Ack { through })?;
            }
            Dialect::Plain => {
                other.said += 1;
                other.send(&other.message(other.said, size, Mark::More))?;
                self.hear_until(is_message)?;
            }
        }
        Ok(begun.elapsed())
    }

    /// Keeps a seat whose owner has nothing to say.
    pub fn keep_alive(&mut self) -> io::Result<()> {
        self.send(b"PING\n")?;
        self.hear_until(|heard| heard == Heard::Other)?;
        Ok(())
    }

    /// A message as one line of `size` bytes, its LF included.
    fn message(&self, number: u64, size: usize, mark: Mark) -> Vec<u8> {
        let mut line = Vec::with_capacity(size);
        self.compose(&mut line, number, size, mark);
        line
    }

    /// Appends such a line to others.
    pub fn compose(&self, lines: &mut Vec<u8>, number: u64, size: usize, mark: Mark) {
        let start = lines.len();
        if self.dialect == Dialect::Wire {
            Verb::Say {
                // Numbers of the wire begin at 1.
                seq: number.max(1),
                sent_at: SENT_AT,
                text: "".into(),
            }
            .encode(lines);
            lines.pop();
        }
        lines.resize((start + size.saturating_sub(TAIL)).max(lines.len()), b'x');
        lines.extend_from_slice(&digits(number));
        lines.extend_from_slice(match mark {
            Mark::More => b".\n",
            Mark::Last => b"!\n",
        });
    }

    /// The line that tells the other end what we hold.
    pub fn ack(&self) -> Vec<u8> {
        let mut line = Vec::new();
        let pid = self.partner.unwrap_or(Pid(0));
        let through = self.heard;
        Verb::Ack { pid, through }.encode(&mut line);
        line
    }

    fn send(&self, bytes: &[u8]) -> io::Result<()> {
        (&self.stream).write_all(bytes)
    }

    /// Hears lines until the wanted one.
    fn hear_until(&mut self, wanted: impl Fn(Heard) -> bool) -> io::Result<Heard> {
        loop {
            match self.next_heard()? {
                Some(heard) if wanted(heard) => return Ok(heard),
                Some(_) => {}
                None => self.receive()?,
            }
        }
    }

    /// Takes in what has come; waits for it on a blocking socket.
    pub fn receive(&mut self) -> io::Result<()> {
        const READ_AT_ONCE: usize = 64 * 1024;

        self.incoming.drain(..self.read);
        self.read = 0;
        self.incoming.reserve(READ_AT_ONCE);
        match rustix::io::read(&self.stream, spare_capacity(&mut self.incoming))? {
            0 => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the relay hung up",
            )),
            _ => Ok(()),
        }
    }

    /// The next line of what has come.
    ///
    /// # Errors
    /// When a message is lost, doubled or out of order.
    pub fn next_heard(&mut self) -> io::Result<Option<Heard>> {
        let mut rest = &self.incoming[self.read..];
        let length = rest.skip_until(b'\n')?;
        let Some(line) = self.incoming[self.read..][..length].strip_suffix(b"\n") else {
            return Ok(None);
        };
        self.read += length;
        let heard = heard(line);
        if let Heard::Message { number, .. } = heard {
            if number != self.heard + 1 {
                let after = self.heard;
                return Err(io::Error::other(format!(
                    "message {number} came after {after}"
                )));
            }
            self.heard = number;
        }
        Ok(Some(heard))
    }

    /// The socket, for whoever waits on it.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub fn dialect(&self) -> Dialect {
        self.dialect
    }
}

impl Identity {
    fn name(self) -> &'static str {
        ["alice", "bob"][self.side as usize]
    }

    fn pid(self) -> Pid {
        Pid(2 * self.room + self.side + 1)
    }

    fn hello(self) -> Hello {
        Hello {
            partner: None,
            pid: self.pid(),
            token: Token(self.pid().0.into()),
            salon: format!("r{}", self.room).parse().ok(),
            name: self.name().parse().expect("an ASCII name is a name"),
        }
    }
}

/// Understands a line, whatever a relay that knows no dialect has put before it.
fn heard(line: &[u8]) -> Heard {
    let (mark, before) = match line.split_last() {
        Some((b'.', before)) => (Mark::More, before),
        Some((b'!', before)) => (Mark::Last, before),
        _ => return verb(line),
    };
    let number = before
        .len()
        .checked_sub(NUMBER)
        .and_then(|start| number(&before[start..]));
    match number {
        None => Heard::Other,
        Some(0) => Heard::Probe,
        Some(number) => Heard::Message { number, mark },
    }
}

fn verb(line: &[u8]) -> Heard {
    /// No verb that is looked for here is longer: words are not sought in a relay's rows of text.
    const LONGEST: usize = 256;

    if line.len() > LONGEST {
        return Heard::Other;
    }
    let mut words = line.rsplitn(3, |&byte| byte == b' ');
    let (last, middle, first) = (words.next(), words.next(), words.next());
    match (first, middle, last) {
        (Some(b"PEER"), Some(pid), _) => {
            let pid = std::str::from_utf8(pid)
                .ok()
                .and_then(|pid| pid.parse().ok());
            pid.map_or(Heard::Other, Heard::Peer)
        }
        (None, Some(b"GONE"), Some(b"none")) => Heard::Alone,
        (Some(first), _, Some(through)) if first.ends_with(b"ACK") => {
            number(through).map_or(Heard::Other, |through| Heard::Ack { through })
        }
        _ => Heard::Other,
    }
}

/// A number as it stands in a message: spelt by hand, for a flood's ends must not be slower than its relay.
fn digits(mut number: u64) -> [u8; NUMBER] {
    let mut digits = [b'0'; NUMBER];
    for digit in digits.iter_mut().rev() {
        *digit += (number % 10) as u8;
        number /= 10;
    }
    digits
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}
