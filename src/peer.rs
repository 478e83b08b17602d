//! One person's connection: dial, dial again, drive `protocol::session`.
//!
//! A user interface meets it on bounded channels: lines and a [`Shutdown`] go in, [`Event`]s come out. It knows neither
//! socket nor protocol.

pub mod plain;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use async_net::TcpStream;
use futures_lite::future::{self, BoxedLocal, FutureExt};
use futures_lite::{AsyncReadExt, AsyncWriteExt};
use smol::Timer;
use smol::channel::{Receiver, Sender, TrySendError};

use crate::protocol::session::{Patience, Session};
use crate::protocol::wire::{Hello, Name, Pid, Salon, Token};
use crate::protocol::{Line, Millis};

pub use crate::protocol::session::{Ending, Event};

/// How a user interface asks to end the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// Deliver what is owed for as long as that makes progress (2 s without any ends it), then end.
    Quit,
    /// The end of piped input: deliver everything, however long it takes, then end.
    Finish,
    /// Say goodbye, and end. What a user interface means that is gone.
    Now,
}

/// The connection's ends of the channels to its user interface.
#[derive(Clone)]
pub struct Ends {
    /// Lines to deliver, in order. They stay in the channel while the window of unacknowledged lines is full: a full
    /// channel is how a user interface learns that it must wait.
    pub lines: Receiver<Line>,
    /// Comes after the last line.
    pub leave: Receiver<Shutdown>,
    pub events: Sender<Event>,
}

/// The user interface's ends of the channels to its connection.
pub struct Handle {
    pub lines: Sender<Line>,
    pub leave: Sender<Shutdown>,
    /// Ends after [`Event::Ended`].
    pub events: Receiver<Event>,
}

/// Ties a user interface to a connection.
pub fn channels() -> (Handle, Ends) {
    /// The rest waits in the session, which bounds it.
    const EVENTS: usize = 64;
    let (lines, lines_end) = smol::channel::bounded(1);
    // An end of input may be followed by impatience.
    let (leave, leave_end) = smol::channel::bounded(2);
    let (events_end, events) = smol::channel::bounded(EVENTS);
    let handle = Handle {
        lines,
        leave,
        events,
    };
    let ends = Ends {
        lines: lines_end,
        leave: leave_end,
        events: events_end,
    };
    (handle, ends)
}

/// How long one address may take to answer.
const DIAL_TIMEOUT: Duration = Duration::from_secs(5);
/// The first pause before dialling again; each one doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A connection that stood for so long was a good one: the next pause is the first again.
const STABLE_INTERVAL: Duration = Duration::from_secs(10);
/// How long a server may take to close after our last word.
const GOODBYE_TIMEOUT: Millis = 2_000;
/// Bytes read from the socket at once.
const READ_AT_ONCE: usize = 16 * 1024;

/// Whom to call, and as whom.
#[derive(Clone, Debug)]
pub struct Call {
    /// A name or an address, without brackets; every address it resolves to is tried.
    pub host: String,
    pub port: u16,
    pub name: Name,
    /// The room to ask for, where the relay serves several.
    pub salon: Option<Salon>,
}

/// Holds a conversation, over however many connections it takes, until the user interface has taken [`Event::Ended`]
/// or is gone.
///
/// # Errors
/// When the system has no randomness to make this process's secret of.
pub async fn run(call: Call, ends: Ends) -> io::Result<()> {
    let hello = Hello {
        pid: Pid(u64::from_ne_bytes(random()?)),
        token: Token(u128::from_ne_bytes(random()?)),
        salon: call.salon,
        partner: None,
        name: call.name,
    };
    let mut peer = Peer {
        session: Session::new(hello),
        host: call.host,
        port: call.port,
        started: Instant::now(),
        ends,
        untold: None,
        reached: Reached::Never { hung_up: 0 },
        pause: FIRST_PAUSE,
    };
    peer.run().await;
    Ok(())
}

struct Peer {
    session: Session,
    host: String,
    port: u16,
    started: Instant,
    ends: Ends,
    /// An event that the user interface has no room for yet.
    untold: Option<Event>,
    reached: Reached,
    /// Before dialling again.
    pause: Duration,
}

/// Whether a relay has ever taken us in. Until then a failure is final: the address may be wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reached {
    Never {
        /// How often somebody took our call and hung up, as a relay does that is killed just then, or overrun.
        hung_up: u32,
    },
    Once,
}

/// After so many calls that were taken and came to nothing, it is no relay.
const HUNG_UP_ENOUGH: u32 = 3;

/// Whether a call was taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answered {
    No,
    Yes,
}

/// What happened on a connection, or beside it.
enum Happened {
    Read(usize),
    Wrote(usize),
    Aside(Aside),
}

/// What happened on the user interface's side.
enum Aside {
    Line(Line),
    Shutdown(Shutdown),
    /// The user interface took the event that had waited.
    Told,
    /// The session's deadline has come.
    Time,
}

impl Peer {
    async fn run(&mut self) {
        while !self.session.is_ended() {
            let dialling = dial(self.host.clone(), self.port);
            let (answered, reason) = match self.attending(dialling).await {
                None => break,
                Some(Ok(stream)) => (Answered::Yes, self.converse(stream).await),
                Some(Err(error)) => (Answered::No, error.to_string()),
            };
            // What it said before it hung up counts.
            self.tell();
            match (&mut self.reached, answered) {
                (Reached::Once, _) => {}
                (Reached::Never { hung_up }, Answered::Yes) if *hung_up + 1 < HUNG_UP_ENOUGH => {
                    *hung_up += 1;
                }
                _ => self.session.end(no_relay(&self.host, self.port, &reason)),
            }
            let pause = self.next_pause();
            if self.attending(Timer::after(pause)).await.is_none() {
                break;
            }
        }
        self.tell_the_rest().await;
    }

    /// Waits for `work` while the user interface is attended to. `None` when the conversation has ended.
    async fn attending<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = std::pin::pin!(work);
        loop {
            self.turn().ok()?;
            if self.session.is_ended() {
                return None;
            }
            // Whichever loses has taken nothing: `work` goes on in the next round, and `aside` is safe to drop.
            let work = async { Ok(work.as_mut().await) };
            match work.or(async { Err(self.aside().await) }).await {
                Ok(output) => return Some(output),
                Err(aside) => self.attend(aside),
            }
        }
    }

    /// Talks over one connection until it is cut or the conversation ends; tells why.
    async fn converse(&mut self, stream: TcpStream) -> String {
        let since = Instant::now();
        self.session.connected(self.now());
        let reason = match self.exchange(stream).await {
            Ok(()) => "le relais a raccroché".to_owned(),
            Err(error) => error.to_string(),
        };
        if self.session.is_live() || since.elapsed() >= STABLE_INTERVAL {
            self.pause = FIRST_PAUSE;
        }
        self.session.disconnected(&reason);
        reason
    }

    /// Moves bytes and events until the connection is cut or the conversation ends.
    async fn exchange(&mut self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut buffer = vec![0; READ_AT_ONCE];
        loop {
            self.turn()?;
            if self.session.is_ended() {
                return Ok(());
            }
            match self.happens(&stream, &mut buffer).await? {
                Happened::Read(0) => return Ok(()),
                Happened::Read(count) => self
                    .session
                    .received(self.now(), &buffer[..count])
                    .map_err(io::Error::other)?,
                Happened::Wrote(count) => self.session.sent(count),
                Happened::Aside(aside) => self.attend(aside),
            }
        }
    }

    /// Waits for the connection, the user interface or the clock.
    async fn happens(&self, stream: &TcpStream, buffer: &mut [u8]) -> io::Result<Happened> {
        let (mut reader, mut writer) = (stream.clone(), stream.clone());
        let read = async {
            match self.session.wants_input() {
                true => reader.read(buffer).await.map(Happened::Read),
                false => future::pending().await,
            }
        };
        let write = async {
            match self.session.unsent() {
                [] => future::pending().await,
                unsent => writer.write(unsent).await.map(Happened::Wrote),
            }
        };
        // A read or a write that loses has moved no byte, and an `aside` is safe to drop.
        let aside = async { Ok(Happened::Aside(self.aside().await)) };
        write.or(read).or(aside).await
    }

    /// Waits for the user interface or the clock. Safe to drop: whatever is not returned stays where it is.
    async fn aside(&self) -> Aside {
        let line = async {
            let line = match self.session.has_room() {
                true => self.ends.lines.recv().await,
                false => future::pending().await,
            };
            match line {
                Ok(line) => Aside::Line(line),
                // `leave` tells the rest.
                Err(_) => future::pending().await,
            }
        };
        let leave = async {
            match self.session.is_parting() {
                true => future::pending().await,
                false => Aside::Shutdown(self.ends.leave.recv().await.unwrap_or(Shutdown::Now)),
            }
        };
        let told = async {
            match &self.untold {
                // Told or dropped by a user interface that is gone: either way it need not wait any more.
                Some(event) => self.ends.events.send(event.clone()).await.unwrap_or(()),
                None => future::pending().await,
            }
            Aside::Told
        };
        let time = async {
            match self.session.next_timeout() {
                Some(at) => Timer::at(self.started + Duration::from_millis(at)).await,
                None => future::pending().await,
            };
            Aside::Time
        };
        line.or(leave).or(told).or(time).await
    }

    fn attend(&mut self, aside: Aside) {
        match aside {
            Aside::Line(line) => self.session.say(self.now(), line),
            Aside::Shutdown(leave) => {
                // The lines before it count, even above a full window.
                while let Ok(line) = self.ends.lines.try_recv() {
                    self.session.say(self.now(), line);
                }
                let patience = match leave {
                    Shutdown::Quit => Patience::Short,
                    Shutdown::Finish => Patience::Endless,
                    Shutdown::Now => Patience::None,
                };
                self.session.leave(self.now(), patience);
            }
            Aside::Told => self.untold = None,
            // The next turn ticks.
            Aside::Time => {}
        }
    }

    /// Lets time pass for the session and hands its events on; what was taken is acknowledged with the next bytes.
    fn turn(&mut self) -> io::Result<()> {
        self.session
            .handle_timeout(self.now())
            .map_err(io::Error::other)?;
        if self.tell() {
            self.session.hold();
            self.session
                .handle_timeout(self.now())
                .map_err(io::Error::other)?;
        }
        Ok(())
    }

    /// Hands on as many events as the user interface has room for; whether any.
    fn tell(&mut self) -> bool {
        let mut any = false;
        while self.untold.is_none()
            && let Some(event) = self.session.next_event()
        {
            any = true;
            self.reached = Reached::Once;
            match self.ends.events.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) => self.untold = Some(event),
                // The user interface is gone, and with it whoever would read this.
                Err(TrySendError::Closed(_)) => {}
            }
        }
        any
    }

    /// The end: every event that is left, and the lines that came too late.
    async fn tell_the_rest(&mut self) {
        let mut late = Vec::new();
        while let Ok(line) = self.ends.lines.try_recv() {
            late.push(line);
        }
        let mut rest: Vec<Event> = self.untold.take().into_iter().collect();
        while let Some(event) = self.session.next_event() {
            rest.push(event);
        }
        let end = rest.len().saturating_sub(1);
        if !late.is_empty() {
            rest.insert(end, Event::Undelivered { lines: late });
        }
        for event in rest {
            if self.ends.events.send(event).await.is_err() {
                return;
            }
        }
    }

    /// The pause before dialling again: doubled each time, and jittered so that two clients cut at once do not
    /// come back at once for ever.
    fn next_pause(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST_PAUSE);
        // Without randomness the jitter is lost, not the connection.
        let jitter = random::<1>().map_or(128, |[byte]| u32::from(byte));
        pause / 2 + pause * jitter / 512
    }

    fn now(&self) -> Millis {
        self.started.elapsed().as_millis() as Millis
    }
}

fn no_relay(host: &str, port: u16, reason: &str) -> Ending {
    let address = match host.contains(':') {
        true => format!("[{host}]:{port}"),
        false => format!("{host}:{port}"),
    };
    let reason = reason.to_owned();
    Ending::NoRelay { address, reason }
}

/// Connects to the first of a name's addresses that answers.
async fn dial(host: String, port: u16) -> io::Result<TcpStream> {
    race(async_net::resolve((host, port)).await?).await
}

/// Tries addresses in turn, each once the one before has failed or has not answered for a moment, as RFC 8305 does.
fn race(addresses: Vec<SocketAddr>) -> BoxedLocal<io::Result<TcpStream>> {
    const HEAD_START: Duration = Duration::from_millis(250);

    async move {
        let [first, rest @ ..] = addresses.as_slice() else {
            let reason = "ce nom n'a pas d'adresse";
            return Err(io::Error::new(io::ErrorKind::NotFound, reason));
        };
        let mut first = std::pin::pin!(connect(*first));
        if rest.is_empty() {
            return first.await;
        }
        let head_start = async {
            Timer::after(HEAD_START).await;
            None
        };
        let first_alone = async { Some(first.as_mut().await) };
        match first_alone.or(head_start).await {
            Some(Ok(stream)) => return Ok(stream),
            Some(Err(_)) => return race(rest.to_vec()).await,
            None => {}
        }
        // Whichever fails, the other still may answer; whichever answers first, the other is hung up.
        let mut others = race(rest.to_vec());
        let first_done = async { Either::First(first.as_mut().await) };
        let others_done = async { Either::Others((&mut others).await) };
        match first_done.or(others_done).await {
            Either::First(Ok(stream)) | Either::Others(Ok(stream)) => Ok(stream),
            Either::First(Err(_)) => others.await,
            Either::Others(Err(_)) => first.await,
        }
    }
    .boxed_local()
}

/// Who of two finished.
enum Either<T> {
    First(T),
    Others(T),
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let late = async {
        Timer::after(DIAL_TIMEOUT).await;
        Err(io::ErrorKind::TimedOut.into())
    };
    TcpStream::connect(address).or(late).await
}

/// Bytes that nobody can guess.
fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    Ok(bytes)
}
