//! What a supervisor sees of a relay: the socket it hands over, whether the relay is ready and well, and the log.
//!
//! systemd is meant, and whatever else keeps to sd_notify(3), sd_listen_fds(3) and sd-daemon(3). Where there is no
//! supervisor none of this is there, and a relay runs all the same. No text of any conversation comes through here.

mod log;
mod supervisor;

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd, BorrowedFd};

use rustix::net::{SocketType, sockopt};
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::platform;
use crate::protocol::Millis;
use crate::protocol::hub::{Counts, Effect};

use log::{Log, Severity};
use supervisor::Supervisor;

pub use log::error_line;

/// The name by which the listening socket is known: `FileDescriptorName=` of its unit.
const SOCKET_NAME: &str = "msg";
/// How often to tell that no descriptor is left: it may happen as often as somebody calls.
const EXHAUSTED_EVERY: Millis = 60_000;

/// A relay that nobody watches: all that it says goes to the log and the supervisor.
#[derive(Debug)]
pub struct Service {
    log: Log,
    supervisor: Supervisor,
    counts: Counts,
    /// When it was last told that no descriptor is left.
    exhausted_at: Option<Millis>,
}

impl Service {
    /// The service that the environment describes, with standard error for its log.
    pub fn from_environment() -> Service {
        Service {
            log: Log::stderr(),
            supervisor: Supervisor::from_environment(),
            counts: Counts::default(),
            exhausted_at: None,
        }
    }

    /// The relay listens: whoever calls now is served.
    pub fn ready(&mut self, now: Millis, address: SocketAddr) {
        let sentence = format!("à l'écoute sur {address}.");
        self.log.say(now, Severity::Notice, &sentence);
        self.supervisor.ready(now, self.counts);
    }

    /// Programs are told there how the relay is.
    pub fn measured_at(&mut self, now: Millis, address: SocketAddr) {
        let sentence = format!("mesures à http://{address}/metrics.");
        self.log.say(now, Severity::Notice, &sentence);
    }

    /// Something happened.
    pub fn happened(&mut self, now: Millis, effect: &Effect) {
        self.log.effect(now, effect);
    }

    /// Nobody more can be let in: no descriptor is left.
    pub fn exhausted(&mut self, now: Millis) {
        let told_lately = |at| now < at + EXHAUSTED_EVERY;
        if !self.exhausted_at.is_some_and(told_lately) {
            self.exhausted_at = Some(now);
            let sentence = "plus un descripteur de libre : les prochaines connexions attendent.";
            self.log.say(now, Severity::Warning, sentence);
        }
    }

    /// The relay was told to stop, or its conversation is over.
    pub fn stopping(&mut self, now: Millis) {
        let sentence = format!("arrêt ({}).", self.counts);
        self.log.say(now, Severity::Notice, &sentence);
        self.supervisor.stopping();
    }

    /// Tells the supervisor and the log what is due, and how many people are served.
    pub fn tend(&mut self, now: Millis, counts: Counts) {
        self.counts = counts;
        self.supervisor.tend(now, self.counts);
        self.log.tend(now);
    }

    /// When [`tend`](Service::tend) must be called next.
    pub fn next_timeout(&self) -> Option<Millis> {
        let supervisor = self.supervisor.next_timeout(self.counts);
        supervisor.into_iter().chain(self.log.next_timeout()).min()
    }
}

/// « 12 conversations, 1 personne en attente »
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.conversations {
            0 => write!(f, "aucune conversation")?,
            1 => write!(f, "1 conversation")?,
            n => write!(f, "{n} conversations")?,
        }
        match self.waiting {
            0 => Ok(()),
            1 => write!(f, ", 1 personne en attente"),
            n => write!(f, ", {n} personnes en attente"),
        }
    }
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

/// Lets this process open as many files as it may at all: each conversation takes two.
pub fn raise_file_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where the system refuses, fewer people are let in at once; the rest wait.
    let _ = setrlimit(Resource::Nofile, limit);
}

/// Standard error, when it is the journal: nobody watches, and lines carry their severity.
pub fn has_journal() -> bool {
    log::is_journal(io::stderr().as_fd())
}

#[cfg(test)]
mod tests {
    use std::net::{TcpStream, UdpSocket};
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn counts_are_french() {
        let told = |conversations, waiting| {
            Counts {
                conversations,
                waiting,
            }
            .to_string()
        };
        assert_eq!(told(0, 0), "aucune conversation");
        assert_eq!(told(1, 2), "1 conversation, 2 personnes en attente");
        assert_eq!(told(12, 1), "12 conversations, 1 personne en attente");
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
