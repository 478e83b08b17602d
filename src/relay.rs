//! The relay's sockets: accept, read, write; drives [`protocol::hub`](crate::protocol::hub).
//!
//! One thread, one wait an event. smol's reactor arms a descriptor anew for each wait and hands events from its own
//! thread to ours, which costs a relay three times its work (docs/decisions.md); so this loop waits by itself, on a
//! level-triggered `waiter`. On Linux each line takes one `epoll_wait`, one `recv` and one `send`.
//!
//! What happens seldom is `#[cold]`, here and in the hub: the compiler keeps it out of what every line passes, which lies
//! close together then. A typed line costs by how much code it touches (docs/performance.md).

mod console;
mod hosted;
mod listener;
mod metrics;
mod observer;
mod proxy_header;
mod tracing;
mod waiter;

use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use socket2::{SockRef, TcpKeepalive};

use crate::clock::unix_now;
use crate::display::{self, CrossingDirection};
use crate::options::Callers;
use crate::platform::WakeStream;
use crate::protocol::hub::{
    Config, ConnId, Effect, EndOfStream, Formatter, Hub, RelayMode, Tracing,
};
use crate::protocol::plain;
use crate::protocol::timeouts::{DRAIN_TIMEOUT, LAST_ROWS_TIMEOUT, LINGER_TIMEOUT, STOP_TIMEOUT};
use crate::protocol::{Millis, earliest};
use crate::service::Service;

use metrics::Metrics;
use observer::Observer;
use proxy_header::ProxyHeader;
use waiter::{Event, Events, Readiness, Waiter};

pub use console::Console;
pub use hosted::HostedRelay;
pub use listener::{Listener, Origin, listen};

/// Bytes read from a socket at once, where it is between two people alone. A turn costs some 10 µs beside what its bytes
/// cost. TCP takes a little less than 64 KiB in one packet: these fill two, and whole 64 KiB would make a small one
/// besides, that wakes the reader once more, for a quarter of what a long line costs. Many more fall out of a
/// processor's cache before they are passed on.
const READ_AT_ONCE: usize = 124 * 1024;
/// The same where lines do not go on as they came, for one of the two is plain: one packet, as they are longer by a date and
/// a name once they are passed on, and no more of a plain client's may be under way.
const READ_TO_SPELL: usize = 56 * 1024;
/// The same where there are others: about 30 µs of work, so that nobody waits for somebody else's flood. Another pair
/// answers beside one in 2 to 3 times its time alone; with [`READ_AT_ONCE`] it was 6 to 30 times.
const READ_IN_TURN: usize = 8 * 1024;
/// Connections accepted before those that stand get their turn: fewer than may wait for their hello, or a crowd that
/// comes at once would push out the first before their hellos are read.
const ACCEPTED_AT_ONCE: usize = 32;
/// Silence after which the kernel asks whether a client's machine is still there.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// What woke us, where it is no connection. Connections are named by their [`ConnId`].
const LISTENER: usize = usize::MAX - 1;
const SCREEN: usize = usize::MAX - 2;
const STOP: usize = usize::MAX - 3;

/// How a relay ended.
#[derive(Debug)]
pub enum Ended {
    /// The conversation is over.
    Over,
    /// It was told to stop.
    Stopped,
    /// The conversation is over, but could not be shown.
    Unshown(io::Error),
}

/// Relays one conversation between whoever comes to `listener`, until it is over or `stop` becomes readable; a second
/// byte there ends everything at once. With `tracing` every line that crosses the relay is shown, for those who look for
/// a mistake in their own client.
///
/// # Errors
/// When the system refuses what a relay cannot do without.
pub fn run(
    listener: TcpListener,
    console: Console,
    stop: WakeStream,
    tracing: Tracing,
) -> io::Result<Ended> {
    let listener = Listener::new(listener, Origin::Ours)?;
    Relay::new(
        listener,
        RelayMode::Single,
        Observer::Console(Box::new(console)),
        stop,
        tracing,
    )?
    .run()
}

/// Relays as [`run`] does, but with nobody watching: no message is shown, and people are told at the end to look for the
/// next relay at once.
///
/// # Errors
/// As [`run`].
pub fn serve(
    listener: Listener,
    serving: Serving,
    service: Service,
    stop: WakeStream,
) -> io::Result<Ended> {
    let observer = Observer::Service(Box::new(service));
    let mut relay = Relay::new(listener, serving.mode, observer, stop, Tracing::Off)?;
    relay.callers = serving.callers;
    relay.metrics = serving.metrics.map(Metrics::new).transpose()?;
    relay.run()
}

/// How a relay serves that nobody watches.
#[derive(Debug)]
pub struct Serving {
    pub mode: RelayMode,
    pub callers: Callers,
    /// Where to tell programs how the relay is.
    pub metrics: Option<TcpListener>,
}

struct Relay {
    hub: Hub,
    /// Before all that it watches, so that it is dropped first.
    waiter: Waiter,
    listener: Listener,
    sockets: Vec<Option<Socket>>,
    /// Connections that the waiter may have to be told something new of, once their bytes are on their way.
    touched: Vec<ConnId>,
    callers: Callers,
    metrics: Option<Metrics>,
    observer: Observer,
    screen_watched: ScreenWatch,
    /// Whether the screen held everybody back when the waiter was last told whom to watch.
    held_back: bool,
    stop: WakeStream,
    /// Once it was told to stop: how long its connections may take to end.
    stops_at: Option<Millis>,
    tracing: Tracing,
    /// What connections are called where they are traced: by their address at first, by name from then on.
    labels: Vec<String>,
    started: Instant,
    buffer: Box<[u8]>,
}

struct Socket {
    stream: TcpStream,
    /// What it is watched for.
    interest: Readiness,
    /// The client sends nothing more.
    has_ended: bool,
    /// Nor is it sent anything more.
    is_shut_down: bool,
    /// While a proxy has still to say whose it is: so briefly that it must not make every socket larger.
    header: Option<Box<ProxyHeader>>,
}

impl Socket {
    /// Sends what it takes of these bytes. An error shows again when the rest is sent.
    fn send(&self, before: &[u8], run: &[u8]) -> usize {
        let mut stream = &self.stream;
        let outcome = if before.is_empty() {
            stream.write(run)
        } else {
            stream.write_vectored(&[IoSlice::new(before), IoSlice::new(run)])
        };
        outcome.unwrap_or(0)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ScreenWatch {
    No,
    Yes,
    /// A file: it cannot be watched, and never makes anybody wait.
    Never,
}

impl Relay {
    fn new(
        listener: Listener,
        mode: RelayMode,
        observer: Observer,
        stop: WakeStream,
        tracing: Tracing,
    ) -> io::Result<Relay> {
        stop.set_nonblocking(true)?;
        let waiter = Waiter::new()?;
        waiter.watch(&stop, STOP, Readiness::READABLE)?;
        Ok(Relay {
            hub: Hub::new(Config {
                mode,
                tracing,
                seed: unix_now() ^ u64::from(std::process::id()).rotate_left(32),
                formatter: Formatter {
                    date: display::date,
                    sentence: plain::sentence,
                    head: observer.head_format(),
                    sealed: display::sealed_message,
                },
            }),
            waiter,
            listener,
            sockets: Vec::new(),
            touched: Vec::new(),
            callers: Callers::Direct,
            metrics: None,
            observer,
            screen_watched: ScreenWatch::No,
            held_back: false,
            stop,
            stops_at: None,
            tracing,
            labels: Vec::new(),
            started: Instant::now(),
            buffer: vec![0; READ_AT_ONCE].into_boxed_slice(),
        })
    }

    fn run(mut self) -> io::Result<Ended> {
        let mut events = Events::new();
        let mut now = self.now();
        self.flush_listener(now);
        self.observer.begins(now, &self.listener)?;
        if let Some(metrics) = &self.metrics {
            metrics.open(&self.waiter)?;
            self.observer.measured_at(now, metrics.address()?);
        }
        loop {
            self.settle(now);
            if self.hub.is_over() || self.has_waited_enough(now) {
                break;
            }
            self.waiter.wake_at(now, self.next_timeout())?;
            self.waiter.wait(&mut events)?;
            // All that woke us happens now: a turn is short.
            now = self.now();
            self.hub.set_date(unix_now());
            let knocked = events.iter().any(|event| event.key == LISTENER);
            for event in events.iter() {
                self.happened(now, event);
                // Before the next, so that nobody's line waits for another's, and no more piles up than one has said.
                self.follow_up(now);
            }
            // Last, so that newcomers push nobody out whose hello has come.
            if knocked {
                self.accept(now);
            }
        }
        if self.stops_at.is_none() {
            self.observer.over(now);
        }
        self.show_last_rows()?;
        Ok(match (self.stops_at, self.observer.into_failure()) {
            (Some(_), _) => Ended::Stopped,
            (None, Some(failure)) => Ended::Unshown(failure),
            (None, None) => Ended::Over,
        })
    }

    /// Carries out all that follows from what happened, until nothing is left but to wait.
    fn settle(&mut self, now: Millis) {
        if self.hub.next_timeout().is_some_and(|at| at <= now) {
            self.hub.handle_timeout(now);
        }
        if let Some(metrics) = &mut self.metrics {
            metrics.handle_timeout(now, &self.waiter);
        }
        self.follow_up(now);
        self.flush_listener(now);
        self.observer.tend(now, self.hub.counts());
        self.watch_screen();
        // Only now: whom to watch depends on what has been sent and on what the screen has taken.
        let held_back = self.observer.console().is_some_and(Console::holds_back);
        if std::mem::replace(&mut self.held_back, held_back) != held_back {
            self.watch_everyone();
        }
        while let Some(id) = self.touched.pop() {
            self.watch(id);
            if let Some(opposite) = self.hub.opposite(id) {
                self.watch(opposite);
            }
        }
    }

    /// Sends and does what the hub asks for.
    fn follow_up(&mut self, now: Millis) {
        loop {
            if let Some(id) = self.hub.next_unsent() {
                self.write(now, id);
                while let Some(rows) = self.hub.next_said() {
                    self.observer.said(self.hub.rows(rows));
                }
            } else if let Some(effect) = self.hub.next_effect() {
                self.carry_out(now, effect);
            } else {
                break;
            }
        }
    }

    fn happened(&mut self, now: Millis, event: Event) {
        match event.key {
            LISTENER | SCREEN => {}
            STOP => self.told_to_stop(now),
            key if metrics::KEYS.contains(&key) => self.tell_metrics(now, event),
            id => {
                if event.ready.writable {
                    self.write(now, id);
                }
                if event.ready.readable {
                    self.read(now, id);
                }
            }
        }
    }

    #[cold]
    fn accept(&mut self, now: Millis) {
        for _ in 0..ACCEPTED_AT_ONCE {
            match self.listener.accept() {
                Ok((stream, peer)) => {
                    let address = peer.ip().to_canonical();
                    let id = match self.callers {
                        Callers::Direct => self.hub.accepted(now, address),
                        Callers::Proxied => self.hub.accepted_from_proxy(now, address),
                    };
                    match self.register(id, stream) {
                        Ok(()) => {
                            self.metrics.iter_mut().for_each(Metrics::accepted);
                            self.label(id, peer);
                            self.trace_occurrence(id, "connexion acceptée");
                        }
                        Err(_) => self.hub.closed(now, id),
                    }
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => return,
                    // It was gone before we came, which Windows calls a reset, or we were interrupted.
                    io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::ConnectionReset
                    | io::ErrorKind::Interrupted => {}
                    // No descriptor or memory is left. The caller waits in the kernel; so do we, for one to close.
                    _ => {
                        self.observer.exhausted(now);
                        return self.listener.pause(&self.waiter, now);
                    }
                },
            }
        }
    }

    fn register(&mut self, id: ConnId, stream: TcpStream) -> io::Result<()> {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        // A plain client has no heartbeat: TCP itself must find out when its machine is gone.
        let keepalive = TcpKeepalive::new().with_time(KEEPALIVE);
        SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
        let interest = Readiness::READABLE;
        self.waiter.watch(&stream, id, interest)?;
        if self.sockets.len() <= id {
            self.sockets.resize_with(id + 1, || None);
        }
        self.sockets[id] = Some(Socket {
            stream,
            interest,
            has_ended: false,
            is_shut_down: false,
            header: match self.callers {
                Callers::Direct => None,
                Callers::Proxied => Some(Box::default()),
            },
        });
        Ok(())
    }

    fn read(&mut self, now: Millis, id: ConnId) {
        let Some(Some(socket)) = self.sockets.get_mut(id) else {
            return;
        };
        let at_once = if self.hub.is_shared() {
            READ_IN_TURN
        } else if self.hub.passes_on(id) {
            READ_AT_ONCE
        } else {
            READ_TO_SPELL
        };
        match socket.stream.read(&mut self.buffer[..at_once]) {
            Ok(0) => self.stream_ended(now, id),
            Ok(count) if socket.header.is_some() => self.read_header(now, id, count),
            Ok(count) => {
                if self.tracing == Tracing::On {
                    let bytes = self.buffer[..count].to_vec();
                    self.trace_bytes(id, CrossingDirection::ToRelay, &bytes);
                }
                let (sockets, buffer) = (&self.sockets, &self.buffer[..count]);
                // Where bytes are shown, they take the long way.
                let is_open = self.tracing == Tracing::Off;
                self.hub.received(now, id, buffer, |there, before, run| {
                    let socket = sockets.get(there).and_then(Option::as_ref);
                    let socket = socket.filter(|_| is_open);
                    socket.map_or(0, |socket| socket.send(before, run))
                });
                self.touched.push(id);
            }
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => {}
                _ => {
                    self.trace_occurrence(id, "connexion rompue par le client (RST)");
                    self.close(now, id);
                }
            },
        }
    }

    #[cold]
    fn stream_ended(&mut self, now: Millis, id: ConnId) {
        let Some(Some(socket)) = self.sockets.get_mut(id) else {
            return;
        };
        let had_ended = std::mem::replace(&mut socket.has_ended, true);
        if !had_ended {
            self.trace_occurrence(id, "fin du flux du client (FIN)");
        }
        match self.hub.end_of_stream(now, id) {
            EndOfStream::ReadsOn if !had_ended => self.touched.push(id),
            _ => self.close(now, id),
        }
    }

    fn write(&mut self, now: Millis, id: ConnId) {
        let Some(Some(socket)) = self.sockets.get_mut(id) else {
            return;
        };
        loop {
            let bytes = self.hub.unsent(id);
            if bytes.is_empty() {
                break;
            }
            match socket.stream.write(bytes) {
                Ok(count) => {
                    if self.tracing == Tracing::On {
                        let sent = bytes[..count].to_vec();
                        self.trace_bytes(id, CrossingDirection::FromRelay, &sent);
                    }
                    self.hub.sent(now, id, count);
                    // What follows from that is sent in its turn.
                    break;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => return self.close(now, id),
            }
        }
        self.end_writing(now, id);
        self.touched.push(id);
    }

    /// Shuts down the write half of a connection that ends, once it has been sent everything.
    fn end_writing(&mut self, now: Millis, id: ConnId) {
        if !self.hub.is_closing(id) || !self.hub.unsent(id).is_empty() {
            return;
        }
        if let Some(Some(socket)) = self.sockets.get_mut(id)
            && !std::mem::replace(&mut socket.is_shut_down, true)
            && socket.stream.shutdown(Shutdown::Write).is_err()
        {
            self.close(now, id);
        }
    }

    #[cold]
    fn close(&mut self, now: Millis, id: ConnId) {
        if let Some(socket) = self.sockets.get_mut(id).and_then(Option::take) {
            let forgotten = self.waiter.forget(&socket.stream);
            debug_assert!(forgotten.is_ok(), "a socket that is kept is watched");
            let opposite = self.hub.opposite(id);
            self.hub.closed(now, id);
            self.touched.extend(opposite);
            self.listener.end_pause(now);
        }
    }

    #[cold]
    fn watch_everyone(&mut self) {
        for id in 0..self.sockets.len() {
            self.watch(id);
        }
    }

    /// Has a connection watched for what the hub can use.
    fn watch(&mut self, id: ConnId) {
        let Some(Some(socket)) = self.sockets.get_mut(id) else {
            return;
        };
        let interest = Readiness {
            readable: self.hub.is_closing(id) || (self.hub.wants_input(id) && !self.held_back),
            writable: !self.hub.unsent(id).is_empty(),
        };
        if interest != socket.interest {
            socket.interest = interest;
            let changed = self.waiter.change(&socket.stream, id, interest);
            debug_assert!(changed.is_ok(), "a socket that is kept is watched");
        }
    }

    fn watch_screen(&mut self) {
        let Some(console) = self.observer.console() else {
            return;
        };
        let wanted = match (self.screen_watched, console.is_blocked()) {
            (ScreenWatch::Never, _) => return,
            (_, true) => ScreenWatch::Yes,
            (_, false) => ScreenWatch::No,
        };
        if wanted == self.screen_watched {
            return;
        }
        let outcome = match wanted {
            ScreenWatch::Yes => self
                .waiter
                .watch(console.sink(), SCREEN, Readiness::WRITABLE),
            _ => self.waiter.forget(console.sink()),
        };
        self.screen_watched = match outcome {
            Ok(()) => wanted,
            Err(_) => ScreenWatch::Never,
        };
    }

    fn carry_out(&mut self, now: Millis, effect: Effect) {
        match effect {
            Effect::Close(id) => {
                self.trace_occurrence(id, "connexion fermée : délai écoulé");
                self.close(now, id);
            }
            Effect::Understood { conn, diagnostics } => {
                for diagnostic in diagnostics.iter() {
                    self.trace_occurrence(conn, display::diagnostic(diagnostic));
                }
            }
            Effect::Said(rows) => self.observer.said(self.hub.rows(rows)),
            effect => {
                if let Some(metrics) = &mut self.metrics {
                    metrics.count(&effect);
                }
                self.observer.happened(now, &effect);
            }
        }
    }

    /// Opens or closes the listening socket as the hub has it.
    fn flush_listener(&mut self, now: Millis) {
        let open = match self.listener.origin() {
            Origin::Ours => self.hub.is_open(),
            // Closed, it would leave a third caller without an answer; the hub has one.
            Origin::Inherited => !self.hub.is_ending(),
        };
        if open {
            self.listener.open(&self.waiter, LISTENER, now);
        } else if self.listener.close(&self.waiter) && !self.hub.is_ending() {
            self.observer.seats_taken();
        }
    }

    #[cold]
    fn told_to_stop(&mut self, now: Millis) {
        let mut bytes = [0; 16];
        let count = self.stop.read(&mut bytes).unwrap_or(0);
        if self.stops_at.is_some() || count > 1 {
            self.stops_at = Some(now);
            return;
        }
        // The host has left, and the other is being told: that ends by itself.
        let is_ending = matches!(self.observer, Observer::Host) && self.hub.is_winding_up();
        let span = if is_ending {
            LINGER_TIMEOUT + DRAIN_TIMEOUT
        } else {
            STOP_TIMEOUT
        };
        self.stops_at = Some(now + span);
        self.observer.stops(now);
        if !is_ending {
            self.hub.stop(now, self.observer.farewell());
        }
    }

    fn has_waited_enough(&self, now: Millis) -> bool {
        self.stops_at.is_some_and(|at| at <= now)
    }

    /// Gives a slow terminal a moment for what is still to be shown.
    #[cold]
    fn show_last_rows(&mut self) -> io::Result<()> {
        let deadline = self.now() + LAST_ROWS_TIMEOUT;
        let mut events = Events::new();
        loop {
            let now = self.now();
            self.observer.tend(now, self.hub.counts());
            self.watch_screen();
            if !self.observer.console().is_some_and(Console::is_blocked) || deadline <= now {
                return Ok(());
            }
            self.waiter.wake_at(now, Some(deadline))?;
            self.waiter.wait(&mut events)?;
            // Told to stop, or to stop at once.
            if events.iter().any(|event| event.key != SCREEN) {
                return Ok(());
            }
        }
    }

    /// When something is due.
    fn next_timeout(&self) -> Option<Millis> {
        earliest([
            self.hub.next_timeout(),
            self.observer.next_timeout(),
            self.listener.next_timeout(),
            self.metrics.as_ref().and_then(Metrics::next_timeout),
            self.stops_at,
        ])
    }

    fn now(&self) -> Millis {
        self.started.elapsed().as_millis() as Millis
    }
}
