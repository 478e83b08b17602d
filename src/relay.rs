//! The relay's sockets: accept, read, write; drives [`protocol::hub`](crate::protocol::hub).
//!
//! One thread, one wait an event. smol's reactor arms a descriptor anew for each wait and hands events from its own
//! thread to ours, which costs a relay three times its work (docs/decisions.md); so this loop waits on a level-triggered
//! epoll itself. Each line takes one `epoll_wait`, one `recv` and one `send`.

mod door;
mod show;

use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

use crate::display::{self, Author};
use crate::protocol::Millis;
use crate::protocol::hub::{ConnId, Effect, House, Hub};
use crate::protocol::wire::Bye;

pub use door::listen;
pub use show::Show;

/// Bytes read from a socket at once.
const READ_AT_ONCE: usize = 64 * 1024;
/// Connections accepted before those that stand get their turn.
const ACCEPTED_AT_ONCE: usize = 64;
/// How long to leave a door alone that cannot be opened, or that no descriptor is left for.
const DOOR_PAUSE: Millis = 500;
/// How long the last rows may take to reach a slow terminal.
const LAST_ROWS: Millis = 2_000;

/// What woke us, where it is no connection. Connections are named by their [`ConnId`].
const DOOR: u64 = u64::MAX;
const SCREEN: u64 = u64::MAX - 1;
const STOP: u64 = u64::MAX - 2;

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
/// byte there ends everything at once.
///
/// # Errors
/// When the system refuses what a relay cannot do without.
pub fn run(listener: TcpListener, show: Show, stop: UnixStream) -> io::Result<Ended> {
    let mut relay = Relay::new(listener, show, stop)?;
    relay.invite()?;
    relay.run()
}

struct Relay {
    hub: Hub,
    epoll: OwnedFd,
    door: Door,
    sockets: Vec<Option<Socket>>,
    show: Show,
    screen_watched: Watched,
    stop: UnixStream,
    stopped: Option<Stop>,
    started: Instant,
    buffer: Box<[u8]>,
}

/// The listening socket, and where it belongs.
struct Door {
    address: SocketAddr,
    listener: Option<TcpListener>,
    /// Not before then is it tried again.
    paused_until: Option<Millis>,
}

struct Socket {
    stream: TcpStream,
    /// What epoll watches it for.
    interest: EventFlags,
    write_half: WriteHalf,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum WriteHalf {
    Open,
    Shut,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Watched {
    No,
    Yes,
    /// A file: epoll refuses it, and it never makes anybody wait.
    Never,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    Politely,
    Now,
}

impl Relay {
    fn new(listener: TcpListener, show: Show, stop: UnixStream) -> io::Result<Relay> {
        listener.set_nonblocking(true)?;
        stop.set_nonblocking(true)?;
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, &listener, EventData::new_u64(DOOR), EventFlags::IN)?;
        epoll::add(&epoll, &stop, EventData::new_u64(STOP), EventFlags::IN)?;
        Ok(Relay {
            hub: Hub::new(House::TwoSeats),
            epoll,
            door: Door {
                address: listener.local_addr()?,
                listener: Some(listener),
                paused_until: None,
            },
            sockets: Vec::new(),
            show,
            screen_watched: Watched::No,
            stop,
            stopped: None,
            started: Instant::now(),
            buffer: vec![0; READ_AT_ONCE].into_boxed_slice(),
        })
    }

    /// Shows the line that the other person types, for each address.
    fn invite(&mut self) -> io::Result<()> {
        if let Some(listener) = &self.door.listener {
            for address in door::reachable_at(listener)? {
                let row = self.show.notice_palette().invitation(address);
                self.show.aside(&row);
            }
        }
        Ok(())
    }

    fn run(mut self) -> io::Result<Ended> {
        let mut events = [MaybeUninit::uninit(); 256];
        loop {
            self.settle();
            if self.hub.is_over() || self.stopped == Some(Stop::Now) {
                break;
            }
            let timeout = self.timeout();
            let (happened, _) = match epoll::wait(&self.epoll, &mut events, timeout.as_ref()) {
                Err(rustix::io::Errno::INTR) => continue,
                outcome => outcome?,
            };
            for event in happened {
                self.happened(event);
            }
        }
        if self.stopped.is_none() {
            self.show.notice(display::OVER);
        }
        self.show_last_rows();
        Ok(match (self.stopped, self.show.into_failure()) {
            (Some(_), _) => Ended::Stopped,
            (None, Some(failure)) => Ended::Unshown(failure),
            (None, None) => Ended::Over,
        })
    }

    /// Carries out all that follows from what happened, until nothing is left but to wait.
    fn settle(&mut self) {
        let now = self.now();
        if self.hub.deadline().is_some_and(|at| at <= now) {
            self.hub.tick(now);
        }
        loop {
            if let Some(id) = self.hub.next_unsent() {
                self.write(now, id);
            } else if let Some(effect) = self.hub.next_effect() {
                self.carry_out(now, effect);
            } else {
                break;
            }
        }
        let held_back = self.show.holds_back(now);
        self.show.flush(now);
        self.watch_screen();
        if held_back != self.show.holds_back(now) || held_back {
            self.watch_everyone(now);
        }
        self.tend_door(now);
    }

    fn happened(&mut self, event: &Event) {
        let now = self.now();
        match event.data.u64() {
            DOOR => self.accept(now),
            SCREEN => {}
            STOP => self.told_to_stop(now),
            id => {
                let id = id as ConnId;
                let flags = event.flags;
                if flags.contains(EventFlags::OUT) {
                    self.write(now, id);
                }
                // A connection that broke shows as readable too, whatever it is watched for.
                if flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR) {
                    self.read(now, id);
                }
            }
        }
    }

    fn accept(&mut self, now: Millis) {
        for _ in 0..ACCEPTED_AT_ONCE {
            let Some(listener) = &self.door.listener else {
                return;
            };
            match listener.accept() {
                Ok((stream, peer)) => {
                    let id = self.hub.accepted(now, peer.ip().to_canonical());
                    if self.register(id, stream).is_err() {
                        self.hub.closed(now, id);
                    }
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => return,
                    // It was gone before we came, or we were interrupted.
                    io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted => {}
                    // No descriptor or memory is left. The caller waits in the kernel; so do we, for one to close.
                    _ => return self.pause_door(now),
                },
            }
        }
    }

    fn register(&mut self, id: ConnId, stream: TcpStream) -> io::Result<()> {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        let interest = EventFlags::IN;
        epoll::add(
            &self.epoll,
            &stream,
            EventData::new_u64(id as u64),
            interest,
        )?;
        if self.sockets.len() <= id {
            self.sockets.resize_with(id + 1, || None);
        }
        self.sockets[id] = Some(Socket {
            stream,
            interest,
            write_half: WriteHalf::Open,
        });
        Ok(())
    }

    fn read(&mut self, now: Millis, id: ConnId) {
        let Some(Some(socket)) = self.sockets.get_mut(id) else {
            return;
        };
        match socket.stream.read(&mut self.buffer) {
            Ok(0) => self.close(now, id),
            Ok(count) => {
                self.hub.received(now, id, &self.buffer[..count]);
                self.watch_pair(now, id);
            }
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => {}
                _ => self.close(now, id),
            },
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
                Ok(count) => self.hub.sent(now, id, count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => return self.close(now, id),
            }
        }
        let done = self.hub.unsent(id).is_empty() && self.hub.is_closing(id);
        if done && socket.write_half == WriteHalf::Open {
            socket.write_half = WriteHalf::Shut;
            if socket.stream.shutdown(Shutdown::Write).is_err() {
                return self.close(now, id);
            }
        }
        self.watch_pair(now, id);
    }

    fn close(&mut self, now: Millis, id: ConnId) {
        // Dropping a socket closes it, which also takes it out of the epoll.
        if self.sockets.get_mut(id).and_then(Option::take).is_some() {
            let opposite = self.hub.opposite(id);
            self.hub.closed(now, id);
            if let Some(opposite) = opposite {
                self.watch(now, opposite);
            }
            self.end_pause(now);
        }
    }

    fn watch_pair(&mut self, now: Millis, id: ConnId) {
        self.watch(now, id);
        if let Some(opposite) = self.hub.opposite(id) {
            self.watch(now, opposite);
        }
    }

    fn watch_everyone(&mut self, now: Millis) {
        for id in 0..self.sockets.len() {
            self.watch(now, id);
        }
    }

    /// Has epoll watch a connection for what the hub can use.
    fn watch(&mut self, now: Millis, id: ConnId) {
        let held_back = self.show.holds_back(now);
        let Some(Some(socket)) = self.sockets.get_mut(id) else {
            return;
        };
        let mut interest = EventFlags::empty();
        if self.hub.is_closing(id) || (self.hub.wants_input(id) && !held_back) {
            interest |= EventFlags::IN;
        }
        if !self.hub.unsent(id).is_empty() {
            interest |= EventFlags::OUT;
        }
        if interest != socket.interest {
            socket.interest = interest;
            let data = EventData::new_u64(id as u64);
            let changed = epoll::modify(&self.epoll, &socket.stream, data, interest);
            debug_assert!(changed.is_ok(), "a socket that is kept is watched");
        }
    }

    fn watch_screen(&mut self) {
        let wanted = match (self.screen_watched, self.show.is_blocked()) {
            (Watched::Never, _) => return,
            (_, true) => Watched::Yes,
            (_, false) => Watched::No,
        };
        if wanted == self.screen_watched {
            return;
        }
        let screen = self.show.as_fd();
        let outcome = match wanted {
            Watched::Yes => epoll::add(
                &self.epoll,
                screen,
                EventData::new_u64(SCREEN),
                EventFlags::OUT,
            ),
            _ => epoll::delete(&self.epoll, screen),
        };
        self.screen_watched = match outcome {
            Ok(()) => wanted,
            Err(_) => Watched::Never,
        };
    }

    fn carry_out(&mut self, now: Millis, effect: Effect) {
        match effect {
            Effect::Close(id) => self.close(now, id),
            Effect::Said { side, name, line } => {
                let author = [Author::Own, Author::Other][side];
                self.show.message(now, author, name.as_str(), &line);
            }
            Effect::Joined { name } => self.show.notice(&display::arrived(name.as_str())),
            Effect::Away { name } => self.show.notice(&display::away(name.as_str(), 0)),
            Effect::Back { name } => self.show.notice(&display::back(name.as_str(), 0)),
            Effect::Left { name } => self.show.notice(&display::left(name.as_str())),
            Effect::Lost { name } => self.show.notice(&display::lost(name.as_str())),
            Effect::Refused {
                address, reason, ..
            } => self
                .show
                .notice(&format!("connexion de {address} refusée : {reason}.")),
        }
    }

    /// Opens or closes the listening socket as the hub has it.
    fn tend_door(&mut self, now: Millis) {
        if !self.hub.is_open() {
            if self.door.listener.take().is_some() && !self.hub.is_over() {
                self.show.notice(display::SEATS_TAKEN);
                self.show.flush(now);
            }
            self.door.paused_until = None;
        } else if self.door.paused_until.is_some_and(|until| until <= now) {
            self.door.paused_until = None;
            self.open_door(now);
        } else if self.door.listener.is_none() && self.door.paused_until.is_none() {
            self.open_door(now);
        }
    }

    /// Listens again, or accepts again after a pause.
    fn open_door(&mut self, now: Millis) {
        let listener = match self.door.listener.take() {
            Some(listener) => Ok(listener),
            None => door::listen_at(self.door.address),
        };
        let watched = listener.and_then(|listener| {
            let data = EventData::new_u64(DOOR);
            epoll::add(&self.epoll, &listener, data, EventFlags::IN)?;
            Ok(listener)
        });
        match watched {
            Ok(listener) => self.door.listener = Some(listener),
            Err(_) => self.door.paused_until = Some(now + DOOR_PAUSE),
        }
    }

    /// Leaves whoever knocks to the kernel for a moment.
    fn pause_door(&mut self, now: Millis) {
        if let Some(listener) = &self.door.listener {
            let unwatched = epoll::delete(&self.epoll, listener);
            debug_assert!(unwatched.is_ok(), "an open door is watched");
            self.door.paused_until = Some(now + DOOR_PAUSE);
        }
    }

    /// A descriptor has become free.
    fn end_pause(&mut self, now: Millis) {
        if let Some(until) = &mut self.door.paused_until {
            *until = now;
        }
    }

    fn told_to_stop(&mut self, now: Millis) {
        let mut bytes = [0; 16];
        let count = self.stop.read(&mut bytes).unwrap_or(0);
        let twice = self.stopped.is_some() || count > 1;
        self.stopped = Some(if twice { Stop::Now } else { Stop::Politely });
        self.hub.stop(now, Bye::Stop);
    }

    /// Gives a slow terminal a moment for what is still to be shown.
    fn show_last_rows(&mut self) {
        let deadline = Instant::now() + Duration::from_millis(LAST_ROWS);
        let mut events = [MaybeUninit::uninit(); 8];
        self.show.flush(self.now());
        while self.show.is_blocked() && Instant::now() < deadline {
            let now = self.now();
            self.show.flush(now);
            self.watch_screen();
            let rest = deadline.saturating_duration_since(Instant::now());
            let timeout = Timespec::try_from(rest).ok();
            if self.show.is_blocked()
                && epoll::wait(&self.epoll, &mut events, timeout.as_ref()).is_err()
            {
                return;
            }
        }
    }

    fn timeout(&self) -> Option<Timespec> {
        let now = self.now();
        let deadlines = [
            self.hub.deadline(),
            self.show.deadline(now),
            self.door.paused_until,
        ];
        let next = deadlines.into_iter().flatten().min()?;
        Timespec::try_from(Duration::from_millis(next.saturating_sub(now))).ok()
    }

    fn now(&self) -> Millis {
        self.started.elapsed().as_millis() as Millis
    }
}
