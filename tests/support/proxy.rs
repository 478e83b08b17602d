//! A network between clients and a relay, in which everything goes wrong that a seed decides.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::net::sockopt::set_socket_linger;

use super::chance::Chance;

/// Passes connections on to a relay of this machine, each over a bad line of its own.
pub struct Proxy {
    pub address: SocketAddr,
    state: Arc<State>,
    door: Option<JoinHandle<()>>,
}

struct State {
    relay_port: AtomicU16,
    /// Whether anything goes wrong by now.
    bad: AtomicBool,
    closed: AtomicBool,
    faults: AtomicUsize,
    weather: Weather,
}

/// What may go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    Fair,
    /// Connections are reset in mid-line, stall, and trickle byte by byte: all of it is noticed at once.
    Rough,
    /// Some also fall silent, which only heartbeats notice.
    Stormy,
}

/// What one connection is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    Reset,
    /// Nothing for so many milliseconds, then on as before.
    Stall(u64),
    /// Nothing any more, and neither end is told.
    Silence,
}

impl Proxy {
    pub fn start(relay: SocketAddr, weather: Weather, seed: u64) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("any port");
        let address = listener.local_addr().expect("bound");
        let state = Arc::new(State {
            relay_port: AtomicU16::new(relay.port()),
            bad: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            faults: AtomicUsize::new(0),
            weather,
        });
        let door = thread::spawn({
            let state = state.clone();
            move || {
                let mut chance = Chance(seed);
                let mut lines = Vec::new();
                for client in listener.incoming() {
                    if state.closed.load(Ordering::SeqCst) {
                        break;
                    }
                    let (state, chance) = (state.clone(), Chance(chance.next()));
                    let client = client.expect("descriptors are left");
                    lines.push(thread::spawn(move || state.carry(client, chance)));
                }
                for line in lines {
                    line.join().expect("no line panics");
                }
            }
        });
        Proxy {
            address,
            state,
            door: Some(door),
        }
    }

    /// From now on things go wrong.
    pub fn turn_bad(&self) {
        self.state.bad.store(true, Ordering::SeqCst);
    }

    /// From now on nothing more goes wrong.
    pub fn turn_fair(&self) {
        self.state.bad.store(false, Ordering::SeqCst);
    }

    /// New connections lead to another relay.
    pub fn lead_to(&self, relay: SocketAddr) {
        self.state.relay_port.store(relay.port(), Ordering::SeqCst);
    }

    /// What has gone wrong so far.
    pub fn faults(&self) -> usize {
        self.state.faults.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.closed.store(true, Ordering::SeqCst);
        // Wakes the door, which then sees that it is closed.
        drop(TcpStream::connect(self.address));
        if let Some(door) = self.door.take()
            && !thread::panicking()
        {
            door.join().expect("the door does not panic");
        }
    }
}

impl State {
    /// Carries one connection until it ends.
    fn carry(&self, client: TcpStream, mut chance: Chance) {
        let port = self.relay_port.load(Ordering::SeqCst);
        let Ok(relay) = TcpStream::connect(("127.0.0.1", port)) else {
            // The kernel refuses; so do we.
            return reset(&[&client]);
        };
        let ends = [&client, &relay];
        for end in ends {
            end.set_nodelay(true).expect("it stands");
        }
        let mut budget = 100 + chance.below(4_000);
        let most = [1, 7, 100, 4096][chance.below(4) as usize];
        loop {
            let open = self.carry_some(&ends, most, &mut budget);
            if !open {
                return;
            }
            if budget > 0 || !self.bad.load(Ordering::SeqCst) {
                continue;
            }
            budget = 100 + chance.below(4_000);
            let fault = self.choose(&mut chance);
            self.faults
                .fetch_add(usize::from(fault != Fault::None), Ordering::SeqCst);
            match fault {
                Fault::None => {}
                Fault::Reset => return reset(&ends),
                Fault::Stall(span) => thread::sleep(Duration::from_millis(span)),
                Fault::Silence => return self.fall_silent(&ends),
            }
        }
    }

    fn choose(&self, chance: &mut Chance) -> Fault {
        match (self.weather, chance.below(100)) {
            (Weather::Fair, _) => Fault::None,
            (Weather::Stormy, 0..5) => Fault::Silence,
            (_, 0..60) => Fault::Reset,
            _ => Fault::Stall(chance.below(300)),
        }
    }

    /// Carries what comes next, either way; tells whether the connection stands.
    fn carry_some(&self, ends: &[&TcpStream; 2], most: usize, budget: &mut u64) -> bool {
        let mut buffer = [0; 4096];
        let readable = ready(ends);
        for (from, to) in [(0, 1), (1, 0)] {
            if !readable[from] {
                continue;
            }
            let bad = self.bad.load(Ordering::SeqCst);
            let most = if bad {
                most.min(*budget as usize).max(1)
            } else {
                buffer.len()
            };
            let (mut source, mut target) = (ends[from], ends[to]);
            let count = match source.read(&mut buffer[..most]) {
                Ok(0) => return false,
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => {
                    reset(ends);
                    return false;
                }
            };
            if target.write_all(&buffer[..count]).is_err() {
                reset(ends);
                return false;
            }
            if bad {
                *budget = budget.saturating_sub(count as u64);
            }
        }
        true
    }

    /// Keeps both ends open, and carries nothing, until both have given up.
    fn fall_silent(&self, ends: &[&TcpStream; 2]) {
        for end in ends {
            let mut buffer = [0; 4096];
            while !self.closed.load(Ordering::SeqCst) {
                // What comes is lost; the end of it is when this end gives up.
                if matches!((&**end).read(&mut buffer), Ok(0) | Err(_)) {
                    break;
                }
            }
        }
        reset(ends);
    }
}

/// Which of the two have something to read.
fn ready(ends: &[&TcpStream; 2]) -> [bool; 2] {
    let mut watched = ends.map(|end| PollFd::new(end, PollFlags::IN));
    while let Err(error) = poll(&mut watched, None) {
        assert_eq!(error, rustix::io::Errno::INTR);
    }
    watched.map(|end| !end.revents().is_empty())
}

/// The sockets end with a reset once they are dropped: what is on its way is lost.
fn reset(ends: &[&TcpStream]) {
    for end in ends {
        set_socket_linger(end, Some(Duration::ZERO)).expect("every socket can");
    }
}
