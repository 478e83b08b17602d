//! The line to a supervisor, as sd_notify(3) has it: ready, well, stopping, and how many there are.

use std::ffi::OsStr;
use std::io;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use sd_notify::NotifyState;

use crate::platform;
use crate::protocol::Millis;
use crate::protocol::hub::Counts;

/// How soon after one status the next may follow: it is for people, and the supervisor has more to do.
const STATUS_EVERY: Millis = 1_000;

/// Whoever started this process and wants to hear of it, if anybody does.
#[derive(Debug)]
pub(super) struct Supervisor {
    line: Option<SupervisorSocket>,
    watchdog: Option<Watchdog>,
    status: Status,
}

/// Where notices go.
///
/// The socket is kept: `sd_notify::notify` opens one for each notice, which fails while the table of open files is full,
/// and then the watchdog would kill a relay that is well.
#[derive(Debug)]
struct SupervisorSocket {
    socket: UnixDatagram,
    address: SocketAddr,
}

/// The supervisor restarts a service that has not been heard of for twice this long.
#[derive(Debug)]
struct Watchdog {
    every: Millis,
    due: Millis,
}

/// What the supervisor knows of how many people are served.
#[derive(Debug, Default)]
struct Status {
    told: Option<Counts>,
    next: Millis,
}

impl Supervisor {
    /// The one that the environment names. One that cannot be reached is none.
    pub(super) fn from_environment() -> Supervisor {
        let path = std::env::var_os("NOTIFY_SOCKET");
        let line = path.and_then(|path| SupervisorSocket::open(&path).ok());
        Supervisor::new(line, sd_notify::watchdog_enabled())
    }

    fn new(line: Option<SupervisorSocket>, watchdog: Option<Duration>) -> Supervisor {
        let watchdog = watchdog.filter(|_| line.is_some()).map(|limit| Watchdog {
            every: Millis::try_from(limit.as_millis() / 2)
                .unwrap_or(Millis::MAX)
                .max(1),
            due: 0,
        });
        Supervisor {
            line,
            watchdog,
            status: Status::default(),
        }
    }

    /// Callers are served from now on.
    pub(super) fn ready(&mut self, now: Millis, counts: Counts) {
        let status = counts.to_string();
        // A supervisor that cannot be told gives up on us by itself.
        let _ = self.tell(&[NotifyState::Ready, NotifyState::Status(&status)]);
        self.status = Status {
            told: Some(counts),
            next: now + STATUS_EVERY,
        };
        if let Some(line) = &self.line {
            // From here on nobody waits for a supervisor that is slow. (Where this fails, somebody may.)
            let _ = line.socket.set_nonblocking(true);
        }
    }

    /// The end has begun.
    pub(super) fn stopping(&self) {
        // The supervisor will see us gone.
        let _ = self.tell(&[NotifyState::Stopping, NotifyState::Status("arrêt")]);
    }

    /// Says what is due.
    pub(super) fn tend(&mut self, now: Millis, counts: Counts) {
        if self.watchdog.as_ref().is_some_and(|dog| dog.due <= now) {
            // One that does not get through is followed by another before it is missed.
            let _ = self.tell(&[NotifyState::Watchdog]);
        }
        if let Some(dog) = self.watchdog.as_mut().filter(|dog| dog.due <= now) {
            dog.due = now + dog.every;
        }
        if self.status_at(counts).is_some_and(|at| at <= now) {
            self.status.next = now + STATUS_EVERY;
            let status = counts.to_string();
            if self.tell(&[NotifyState::Status(&status)]).is_ok() {
                self.status.told = Some(counts);
            }
        }
    }

    /// When [`tend`](Supervisor::tend) must be called next.
    pub(super) fn next_timeout(&self, counts: Counts) -> Option<Millis> {
        let watchdog = self.watchdog.as_ref().map(|dog| dog.due);
        watchdog.into_iter().chain(self.status_at(counts)).min()
    }

    /// When to tell these counts; nothing before the relay is ready, or when they are known.
    fn status_at(&self, counts: Counts) -> Option<Millis> {
        let told = self.status.told.filter(|_| self.line.is_some())?;
        (told != counts).then_some(self.status.next)
    }

    fn tell(&self, states: &[NotifyState<'_>]) -> io::Result<()> {
        let Some(line) = &self.line else {
            return Ok(());
        };
        let notice: String = states.iter().map(|state| format!("{state}\n")).collect();
        line.send(notice.as_bytes())
    }
}

impl SupervisorSocket {
    /// To the address of this name.
    fn open(name: &OsStr) -> io::Result<SupervisorSocket> {
        let address = platform::supervisor_address(name)?;
        let socket = UnixDatagram::unbound()?;
        socket.connect_addr(&address)?;
        Ok(SupervisorSocket { socket, address })
    }

    fn send(&self, notice: &[u8]) -> io::Result<()> {
        match self.socket.send(notice) {
            // The supervisor was started again, with a socket of the same name. (Refused once, a socket is connected to
            // nobody.)
            Err(error) if is_gone(error.kind()) => {
                self.socket.connect_addr(&self.address)?;
                self.socket.send(notice).map(drop)
            }
            outcome => outcome.map(drop),
        }
    }
}

fn is_gone(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{ConnectionRefused, NotConnected};
    matches!(kind, ConnectionRefused | NotConnected)
}

#[cfg(test)]
mod tests {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    const EMPTY: Counts = Counts {
        conversations: 0,
        waiting: 0,
    };
    const ONE: Counts = Counts {
        conversations: 1,
        waiting: 0,
    };

    /// A supervisor of our own, and what it hears.
    struct Pid1 {
        heard: UnixDatagram,
        address: SocketAddr,
    }

    impl Pid1 {
        fn new(name: &str) -> Pid1 {
            let name = format!("msg-supervisor-{name}-{}", std::process::id());
            let address = SocketAddr::from_abstract_name(name).unwrap();
            Pid1::at(address)
        }

        fn at(address: SocketAddr) -> Pid1 {
            let heard = UnixDatagram::bind_addr(&address).unwrap();
            heard.set_nonblocking(true).unwrap();
            Pid1 { heard, address }
        }

        fn supervises(&self, watchdog: Option<Duration>) -> Supervisor {
            let name = self.address.as_abstract_name().unwrap();
            let name = [b"@", name].concat();
            let line = SupervisorSocket::open(OsStr::from_bytes(&name)).unwrap();
            Supervisor::new(Some(line), watchdog)
        }

        fn heard(&self) -> Vec<String> {
            let mut notices = Vec::new();
            let mut buffer = [0; 256];
            while let Ok(count) = self.heard.recv(&mut buffer) {
                notices.push(String::from_utf8(buffer[..count].to_vec()).unwrap());
            }
            notices
        }
    }

    #[test]
    fn a_supervisor_hears_ready_status_watchdog_and_stopping() {
        let pid1 = Pid1::new("hears");
        let mut supervisor = pid1.supervises(Some(Duration::from_secs(10)));
        supervisor.ready(0, EMPTY);
        supervisor.tend(0, EMPTY);
        assert_eq!(
            pid1.heard(),
            ["READY=1\nSTATUS=aucune conversation\n", "WATCHDOG=1\n"]
        );
        assert_eq!(supervisor.next_timeout(EMPTY), Some(5_000));
        supervisor.tend(4_999, EMPTY);
        assert!(pid1.heard().is_empty());
        supervisor.tend(5_000, EMPTY);
        assert_eq!(pid1.heard(), ["WATCHDOG=1\n"]);
        supervisor.tend(5_001, ONE);
        assert_eq!(pid1.heard(), ["STATUS=1 conversation\n"]);
        supervisor.stopping();
        assert_eq!(pid1.heard(), ["STOPPING=1\nSTATUS=arrêt\n"]);
    }

    #[test]
    fn a_status_follows_another_after_a_second_and_is_the_last() {
        let pid1 = Pid1::new("status");
        let mut supervisor = pid1.supervises(None);
        supervisor.tend(0, ONE);
        assert_eq!(supervisor.next_timeout(ONE), None);
        supervisor.ready(0, EMPTY);
        pid1.heard();
        for now in 1..STATUS_EVERY {
            assert_eq!(supervisor.next_timeout(ONE), Some(STATUS_EVERY));
            supervisor.tend(now, [ONE, EMPTY][now as usize % 2]);
        }
        assert!(pid1.heard().is_empty());
        supervisor.tend(STATUS_EVERY, ONE);
        supervisor.tend(STATUS_EVERY, ONE);
        assert_eq!(pid1.heard(), ["STATUS=1 conversation\n"]);
        assert_eq!(supervisor.next_timeout(ONE), None);
    }

    #[test]
    fn a_supervisor_that_does_not_listen_stops_nobody() {
        let pid1 = Pid1::new("deaf");
        let mut supervisor = pid1.supervises(Some(Duration::from_millis(2)));
        supervisor.ready(0, EMPTY);
        // Its queue fills up; nobody waits for that.
        for now in 0..10_000 {
            supervisor.tend(now, EMPTY);
        }
        let again = pid1.address.clone();
        drop(pid1);
        supervisor.tend(10_001, EMPTY);
        // Started again, it hears on.
        let pid1 = Pid1::at(again);
        supervisor.tend(10_002, EMPTY);
        assert_eq!(pid1.heard(), ["WATCHDOG=1\n"]);
    }

    #[test]
    fn without_a_supervisor_nothing_is_due() {
        let mut supervisor = Supervisor::new(None, Some(Duration::from_secs(1)));
        supervisor.ready(0, EMPTY);
        supervisor.tend(5_000, ONE);
        assert_eq!(supervisor.next_timeout(ONE), None);
    }
}
