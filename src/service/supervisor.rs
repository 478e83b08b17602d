//! A supervisor: the socket and the journal that it gives, and the line to it, as sd_notify(3) has it: ready, well,
//! stopping, and how many there are.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::net::TcpListener;
use std::os::fd::BorrowedFd;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use rustix::net::{SocketType, sockopt};
use sd_notify::NotifyState;

use crate::platform;
use crate::protocol::hub::Counts;
use crate::protocol::{Millis, earliest};

/// The name by which the listening socket is known: `FileDescriptorName=` of its unit.
const SOCKET_NAME: &str = "msg";
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
        earliest([watchdog, self.status_at(counts)])
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

/// The listening socket that the supervisor hands over, if it hands over any.
///
/// It stays the supervisor's: it outlives this process, so that callers wait in it for the next one. It must not be
/// shut down or bound again; to stop listening is to stop accepting.
///
/// # Errors
/// When what is handed over is no socket to listen on. To open another instead would hide the mistake.
pub fn inherited_socket() -> Result<Option<TcpListener>, BadSocket> {
    let handed: Vec<_> = sd_notify::listen_fds_with_names()
        .map_err(BadSocket::Environment)?
        .collect();
    if handed.is_empty() {
        return Ok(None);
    }
    // "unknown" is what sd_listen_fds_with_names(3) says where the supervisor gives no names.
    let mut ours = handed
        .iter()
        .filter(|(_, name)| name == SOCKET_NAME || name == "unknown");
    let Some((fd, _)) = ours.next() else {
        let names = handed.into_iter().map(|(_, name)| name);
        return Err(BadSocket::Names(names.collect()));
    };
    if ours.next().is_some() {
        return Err(BadSocket::Several);
    }
    // SAFETY: the descriptor is open, which `listen_fds_with_names` has made sure of by setting its flags, and it stays
    // so: nothing in this process owns it.
    let handed = unsafe { BorrowedFd::borrow_raw(*fd) };
    listening(handed).map(Some)
}

fn listening(handed: BorrowedFd<'_>) -> Result<TcpListener, BadSocket> {
    let listens = sockopt::socket_type(handed).is_ok_and(|kind| kind == SocketType::STREAM)
        && platform::is_listening(handed);
    if !listens {
        return Err(BadSocket::NotListening);
    }
    let copy = handed.try_clone_to_owned();
    let listener = TcpListener::from(copy.map_err(BadSocket::Environment)?);
    match listener.local_addr() {
        Ok(_) => Ok(listener),
        Err(_) => Err(BadSocket::NotInternet),
    }
}

/// What is wrong with the sockets that a supervisor hands over.
#[derive(Debug)]
pub enum BadSocket {
    /// `LISTEN_FDS` and its like make no sense.
    Environment(io::Error),
    /// There are sockets of these names, and ours is not among them.
    Names(Vec<String>),
    Several,
    NotListening,
    NotInternet,
}

impl fmt::Display for BadSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadSocket::Environment(_) => {
                write!(f, "les variables LISTEN_* ne décrivent pas une socket")
            }
            BadSocket::Names(names) => write!(
                f,
                "la socket reçue se nomme « {} » : donnez-lui FileDescriptorName={SOCKET_NAME}",
                names.join(" », « ")
            ),
            BadSocket::Several => write!(
                f,
                "plusieurs sockets ont été reçues : gardez un seul ListenStream="
            ),
            BadSocket::NotListening => write!(
                f,
                "la socket reçue n'écoute pas : il faut ListenStream= et Accept=no"
            ),
            BadSocket::NotInternet => write!(
                f,
                "la socket reçue n'est pas une adresse IP et un port : corrigez ListenStream="
            ),
        }
    }
}

impl std::error::Error for BadSocket {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            BadSocket::Environment(error) => Some(error),
            _ => None,
        }
    }
}

/// Whether standard error is the journal, where nobody watches, and lines carry their severity: `JOURNAL_STREAM` names the
/// device and the inode of the stream that systemd opened.
pub fn has_journal() -> bool {
    let named = std::env::var("JOURNAL_STREAM").unwrap_or_default();
    rustix::fs::fstat(io::stderr())
        .is_ok_and(|found| named == format!("{}:{}", found.st_dev, found.st_ino))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpStream, UdpSocket};
    use std::os::fd::AsFd;
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::net::UnixListener;

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

    #[test]
    fn only_a_socket_that_listens_at_an_ip_address_is_taken() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let taken = listening(listener.as_fd()).unwrap();
        assert_eq!(taken.local_addr().unwrap(), address);

        let stream = TcpStream::connect(address).unwrap();
        let connected = listening(stream.as_fd());
        assert!(matches!(connected, Err(BadSocket::NotListening)));
        let datagrams = UdpSocket::bind("127.0.0.1:0").unwrap();
        let datagrams = listening(datagrams.as_fd());
        assert!(matches!(datagrams, Err(BadSocket::NotListening)));
        let file = std::fs::File::open("/dev/null").unwrap();
        assert!(matches!(
            listening(file.as_fd()),
            Err(BadSocket::NotListening)
        ));
        let name = format!("msg-not-internet-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let local = UnixListener::bind(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(
            listening(local.as_fd()),
            Err(BadSocket::NotInternet)
        ));
    }
}
