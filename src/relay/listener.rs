//! The relay's listening socket: open while somebody may come, closed otherwise, and open again at the same port.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};

use socket2::{Domain, Socket, Type};

use super::waiter::{Readiness, Waiter};
use crate::platform;
use crate::protocol::Millis;

/// Connections that the kernel may keep ready for us; it cuts this to what the machine allows.
const BACKLOG: i32 = 1024;
/// How long to leave a listener alone that cannot be opened, or that no descriptor is left for.
const PAUSE: Millis = 500;

/// Where callers come in.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    origin: Origin,
    /// Nothing while a socket of ours is closed.
    listener: Option<TcpListener>,
    state: ListenerState,
}

/// Whose socket it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Closed, it refuses whoever comes.
    Ours,
    /// Inherited from a supervisor, who keeps it open for the relay after us. To close it is to accept nobody: it must
    /// not be shut down, and cannot be bound again.
    Inherited,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ListenerState {
    Closed,
    Open,
    /// To be opened, but not before then.
    Paused {
        until: Millis,
    },
}

impl Listener {
    /// The listener of a socket that listens; closed at first.
    ///
    /// # Errors
    /// When it is no socket that could listen.
    pub fn new(listener: TcpListener, origin: Origin) -> io::Result<Listener> {
        listener.set_nonblocking(true)?;
        Ok(Listener {
            address: listener.local_addr()?,
            origin,
            listener: Some(listener),
            state: ListenerState::Closed,
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Lets callers in, unless there is a pause: `waiter` says `key` when somebody is there.
    pub(super) fn open(&mut self, waiter: &Waiter, key: usize, now: Millis) {
        match self.state {
            ListenerState::Open => return,
            ListenerState::Paused { until } if until > now => return,
            ListenerState::Paused { .. } | ListenerState::Closed => {}
        }
        self.state = match self.try_open(waiter, key) {
            Ok(()) => ListenerState::Open,
            Err(_) => ListenerState::Paused { until: now + PAUSE },
        };
    }

    #[cold]
    fn try_open(&mut self, waiter: &Waiter, key: usize) -> io::Result<()> {
        let listener = match self.listener.take() {
            Some(listener) => listener,
            None => listen_at(self.address)?,
        };
        let listener = self.listener.insert(listener);
        waiter.watch(&*listener, key, Readiness::READABLE)
    }

    /// Lets nobody in any more; tells whether it did before.
    pub(super) fn close(&mut self, waiter: &Waiter) -> bool {
        if self.state == ListenerState::Closed {
            return false;
        }
        self.unwatch(waiter);
        self.state = ListenerState::Closed;
        if self.origin == Origin::Ours {
            self.listener = None;
        }
        true
    }

    /// Leaves callers to the kernel for a moment.
    pub(super) fn pause(&mut self, waiter: &Waiter, now: Millis) {
        self.unwatch(waiter);
        self.state = ListenerState::Paused { until: now + PAUSE };
    }

    /// What the pause was for may have changed.
    pub fn end_pause(&mut self, now: Millis) {
        if let ListenerState::Paused { until } = &mut self.state {
            *until = now;
        }
    }

    /// When a pause ends by itself.
    pub fn next_timeout(&self) -> Option<Millis> {
        match self.state {
            ListenerState::Paused { until } => Some(until),
            ListenerState::Open | ListenerState::Closed => None,
        }
    }

    /// The next caller.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when nobody is there, or the listener is not open; else whatever keeps the caller out.
    pub fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        match &self.listener {
            Some(listener) if self.state == ListenerState::Open => listener.accept(),
            _ => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    /// The addresses under which others reach it, best first.
    ///
    /// # Errors
    /// When the listener cannot tell its address.
    pub fn reachable_at(&self) -> io::Result<Vec<SocketAddr>> {
        self.listener.as_ref().map_or(Ok(Vec::new()), reachable_at)
    }

    /// Always before our descriptor of it is closed: an epoll would keep a socket that is inherited.
    #[cold]
    fn unwatch(&mut self, waiter: &Waiter) {
        if let Some(listener) = self
            .listener
            .as_ref()
            .filter(|_| self.state == ListenerState::Open)
        {
            let unwatched = waiter.forget(listener);
            debug_assert!(unwatched.is_ok(), "an open listener is watched");
        }
    }
}

/// A non-blocking socket that listens at `host` (every address of the machine where there is none) and `port`
/// (0: any free one).
///
/// # Errors
/// When the name is unknown, or none of its addresses can be listened at.
pub fn listen(host: Option<&str>, port: u16) -> io::Result<TcpListener> {
    let Some(host) = host else {
        return listen_everywhere(port);
    };
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "ce nom n'a pas d'adresse");
    let unknown = |_| io::Error::new(io::ErrorKind::NotFound, "machine inconnue");
    for address in (host, port).to_socket_addrs().map_err(unknown)? {
        match listen_at(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// Listens again where a socket listened before.
///
/// # Errors
/// When somebody else has taken the port in the meantime.
fn listen_at(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    platform::allow_rebinding(&socket)?;
    if address.ip() == Ipv6Addr::UNSPECIFIED {
        // One socket for IPv6 and IPv4, whatever the machine's default is.
        socket.set_only_v6(false)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    let listener = TcpListener::from(socket);
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Every address: IPv6 and IPv4 on one socket, or IPv4 alone where the machine has no IPv6.
fn listen_everywhere(port: u16) -> io::Result<TcpListener> {
    match listen_at((Ipv6Addr::UNSPECIFIED, port).into()) {
        Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
            listen_at((Ipv4Addr::UNSPECIFIED, port).into())
        }
        outcome => outcome,
    }
}

/// The addresses under which others reach a listener, best first: itself, or all of the machine's where it listens
/// everywhere. Loopback addresses are left out where there is any other; link-local ones of IPv6 come last, since
/// whoever calls one must add an interface of their own.
///
/// # Errors
/// When the listener cannot tell its address. A machine that hides its interfaces has the loopback address alone.
pub(super) fn reachable_at(listener: &TcpListener) -> io::Result<Vec<SocketAddr>> {
    let bound = listener.local_addr()?;
    if !bound.ip().is_unspecified() {
        return Ok(vec![bound]);
    }
    let ips = if_addrs::get_if_addrs()
        .unwrap_or_default()
        .iter()
        .map(if_addrs::Interface::ip)
        .filter(|ip| bound.is_ipv6() || ip.is_ipv4())
        .collect();
    let port = bound.port();
    let reachable = best_first(ips).into_iter();
    Ok(reachable.map(|ip| SocketAddr::new(ip, port)).collect())
}

fn best_first(mut ips: Vec<IpAddr>) -> Vec<IpAddr> {
    if ips.is_empty() {
        ips.push(Ipv4Addr::LOCALHOST.into());
    }
    if ips.iter().any(|ip| !ip.is_loopback()) {
        ips.retain(|ip| !ip.is_loopback());
    }
    let is_link_local = |ip: &IpAddr| match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    ips.sort_by_key(|ip| (is_link_local(ip), ip.is_ipv6()));
    ips.dedup();
    ips
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(ips: &[&str]) -> Vec<String> {
        let ips = ips.iter().map(|ip| ip.parse().unwrap()).collect();
        best_first(ips).iter().map(IpAddr::to_string).collect()
    }

    #[test]
    fn others_are_invited_to_addresses_that_they_can_reach_best_first() {
        assert_eq!(
            ordered(&[
                "127.0.0.1",
                "::1",
                "fe80::1",
                "2001:db8::7",
                "192.168.1.12",
                "169.254.3.4",
            ]),
            ["192.168.1.12", "2001:db8::7", "169.254.3.4", "fe80::1"]
        );
        assert_eq!(ordered(&["::1", "fe80::1"]), ["fe80::1"]);
    }

    #[test]
    fn a_machine_without_a_network_invites_to_itself() {
        assert_eq!(ordered(&["::1", "127.0.0.1"]), ["127.0.0.1", "::1"]);
        assert_eq!(ordered(&[]), ["127.0.0.1"]);
    }
}
