//! `--brut`: plain text with any line-based server. Lines go out, lines come in, `quitter` ends it.
//!
//! Such a server acknowledges nothing: a line counts as delivered once it is written, and a connection that is cut is
//! over. What it sends is understood as leniently as the relay understands plain clients.

use std::io;
use std::net;
use std::time::{Duration, Instant, SystemTime};

use async_net::TcpStream;
use futures_lite::future::{self, FutureExt};
use futures_lite::{AsyncReadExt, AsyncWriteExt};
use smol::Timer;

use crate::protocol::plain::{Input, Plain};
use crate::protocol::session::{Ending, Event};
use crate::protocol::wire::{Name, Outbox};
use crate::protocol::{Line, Millis, UnixMillis};

use super::{Ends, GOODBYE_TIMEOUT, READ_AT_ONCE, Shutdown, dial, no_relay};

/// What a server's lines are shown under.
const SERVER: &str = "serveur";
/// Bytes that wait for a server that does not read, before its author has to.
const OUTBOX_ENOUGH: usize = 64 * 1024;

/// Whom to call, and what to say first.
#[derive(Clone, Debug)]
pub struct Call {
    /// A name or an address, without brackets; every address it resolves to is tried.
    pub host: String,
    pub port: u16,
    /// The first line, where there is one: most servers of the assignment want a name.
    pub name: Option<Name>,
}

/// Talks with a line-based server until either side ends it, or the user interface is gone.
pub async fn run(call: Call, ends: Ends) {
    let ending = match dial(call.host.clone(), call.port).await {
        Ok(stream) => {
            let mut talk = Talk::new(ends.clone(), call.name);
            match talk.exchange(stream).await {
                Ok(()) => Ending::Over,
                Err(error) => Ending::HungUp {
                    reason: error.to_string(),
                },
            }
        }
        Err(error) => no_relay(&call.host, call.port, &error.to_string()),
    };
    let mut late = Vec::new();
    while let Ok(line) = ends.lines.try_recv() {
        late.push(line);
    }
    if !late.is_empty() {
        tell(&ends, Event::Undelivered { lines: late }).await;
    }
    tell(&ends, Event::Ended(ending)).await;
}

/// A user interface that is gone needs no telling.
async fn tell(ends: &Ends, event: Event) {
    ends.events.send(event).await.unwrap_or(());
}

struct Talk {
    ends: Ends,
    heard: Plain,
    outbox: Outbox,
    /// Lines taken from the user interface.
    taken: u64,
    /// Of those, how many it has been told are written.
    told: u64,
    started: Instant,
    phase: Phase,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Talking,
    /// Our last bytes are in the outbox.
    Ending(Shutdown),
    /// They are sent and our side is shut down; the server may still speak.
    Listening {
        until: Option<Millis>,
    },
}

enum Happened {
    Read(usize),
    Wrote(usize),
    Line(Line),
    Shutdown(Shutdown),
    Time,
}

impl Talk {
    fn new(ends: Ends, name: Option<Name>) -> Talk {
        let mut outbox = Outbox::default();
        if let Some(name) = name {
            push_line(&mut outbox, name.as_str());
        }
        Talk {
            ends,
            heard: Plain::talking(),
            outbox,
            taken: 0,
            told: 0,
            started: Instant::now(),
            phase: Phase::Talking,
        }
    }

    async fn exchange(&mut self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut buffer = vec![0; READ_AT_ONCE];
        loop {
            if self.hand_on().await {
                return Ok(());
            }
            if self.outbox.is_empty() {
                self.all_is_written(&stream).await?;
            }
            match self.happens(&stream, &mut buffer).await? {
                Happened::Read(0) => {
                    let mut answers = Vec::new();
                    self.heard.end_of_stream(&mut answers);
                    self.hand_on().await;
                    return Ok(());
                }
                Happened::Read(count) => {
                    let now = self.now();
                    self.heard
                        .receive(now, &buffer[..count], self.outbox.tail());
                }
                Happened::Wrote(count) => self.outbox.advance(count),
                Happened::Line(line) => {
                    self.taken += 1;
                    push_line(&mut self.outbox, &line.text);
                }
                Happened::Shutdown(leave) => self.leave(leave),
                Happened::Time => {
                    let now = self.now();
                    self.heard.handle_timeout(now, self.outbox.tail());
                    if let Phase::Listening { until: Some(until) } = self.phase
                        && now >= until
                    {
                        return Ok(());
                    }
                }
            }
        }
    }

    async fn happens(&self, stream: &TcpStream, buffer: &mut [u8]) -> io::Result<Happened> {
        let (mut reader, mut writer) = (stream.clone(), stream.clone());
        let read = async { reader.read(buffer).await.map(Happened::Read) };
        let write = async {
            match self.outbox.unsent() {
                [] => future::pending().await,
                unsent => writer.write(unsent).await.map(Happened::Wrote),
            }
        };
        let line = async {
            let has_room = self.outbox.unsent().len() < OUTBOX_ENOUGH;
            if self.phase == Phase::Talking
                && has_room
                && let Ok(line) = self.ends.lines.recv().await
            {
                return Ok(Happened::Line(line));
            }
            future::pending().await
        };
        let leave = async {
            match self.phase {
                Phase::Listening { until: Some(_) } => future::pending().await,
                _ => Ok(Happened::Shutdown(
                    self.ends.leave.recv().await.unwrap_or(Shutdown::Now),
                )),
            }
        };
        let time = async {
            let until = match self.phase {
                Phase::Listening { until } => until,
                _ => None,
            };
            let deadline = self.heard.next_timeout().into_iter().chain(until).min();
            match deadline {
                Some(at) => Timer::at(self.started + Duration::from_millis(at)).await,
                None => future::pending().await,
            };
            Ok(Happened::Time)
        };
        // Whatever loses has moved no byte and taken no line.
        write.or(read).or(line).or(leave).or(time).await
    }

    /// Gives the user interface what the server has said; whether it has said that the discussion is over.
    async fn hand_on(&mut self) -> bool {
        while let Some(heard) = self.heard.next_input() {
            match heard {
                Input::Said(text) => {
                    let sent_at = unix_now();
                    let line = Line { sent_at, text };
                    let name = SERVER.to_owned();
                    tell(&self.ends, Event::Received { name, line }).await;
                }
                Input::Quit => return true,
                // Only an opening can be any of these, and this one is past it.
                Input::Wire | Input::Named(_) | Input::Nameless | Input::Foreign(_) => {}
            }
        }
        false
    }

    async fn all_is_written(&mut self, stream: &TcpStream) -> io::Result<()> {
        if self.told < self.taken {
            self.told = self.taken;
            tell(&self.ends, Event::Delivered { lines: self.told }).await;
        }
        if let Phase::Ending(leave) = self.phase {
            stream.shutdown(net::Shutdown::Write)?;
            self.phase = Phase::Listening {
                until: match leave {
                    // As `nc -N` does: the server may have much to answer.
                    Shutdown::Finish => None,
                    Shutdown::Quit | Shutdown::Now => Some(self.now() + GOODBYE_TIMEOUT),
                },
            };
        }
        Ok(())
    }

    fn leave(&mut self, leave: Shutdown) {
        while let Ok(line) = self.ends.lines.try_recv() {
            self.taken += 1;
            push_line(&mut self.outbox, &line.text);
        }
        match (self.phase, leave) {
            (Phase::Talking, Shutdown::Finish) => self.phase = Phase::Ending(leave),
            (Phase::Talking, Shutdown::Quit | Shutdown::Now) => {
                push_line(&mut self.outbox, "quitter");
                self.phase = Phase::Ending(leave);
            }
            (Phase::Ending(_), _) => self.phase = Phase::Ending(leave),
            (Phase::Listening { .. }, _) => {
                let until = Some(self.now() + GOODBYE_TIMEOUT);
                self.phase = Phase::Listening { until };
            }
        }
    }

    fn now(&self) -> Millis {
        self.started.elapsed().as_millis() as Millis
    }
}

fn push_line(outbox: &mut Outbox, text: &str) {
    outbox.tail().extend_from_slice(text.as_bytes());
    outbox.tail().push(b'\n');
}

fn unix_now() -> UnixMillis {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    // Before 1970 there were no chats.
    since.map_or(0, |since| since.as_millis() as UnixMillis)
}
