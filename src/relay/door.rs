//! The relay's listening socket: open while somebody may come, closed otherwise, and open again at the same port.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};

use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};

/// Connections that the kernel may keep ready for us; it cuts this to what the machine allows.
const BACKLOG: i32 = 1024;

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
    for address in (host, port).to_socket_addrs()? {
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
pub fn listen_at(address: SocketAddr) -> io::Result<TcpListener> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(family, SocketType::STREAM, flags, None)?;
    // A relay started again must not wait for the last conversation's connections to be forgotten.
    sockopt::set_socket_reuseaddr(&socket, true)?;
    if address.ip() == Ipv6Addr::UNSPECIFIED {
        // One socket for IPv6 and IPv4, whatever the machine's default is.
        sockopt::set_ipv6_v6only(&socket, false)?;
    }
    rustix::net::bind(&socket, &address)?;
    rustix::net::listen(&socket, BACKLOG)?;
    Ok(TcpListener::from(socket))
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

/// The addresses under which others reach a listener: itself, or all of the machine's where it listens everywhere,
/// those for other machines first. Link-local addresses are left out: they mean nothing without the caller's interface.
///
/// # Errors
/// When the listener cannot tell its address. A machine that hides its interfaces has the loopback address alone.
pub fn reachable_at(listener: &TcpListener) -> io::Result<Vec<SocketAddr>> {
    let bound = listener.local_addr()?;
    if !bound.ip().is_unspecified() {
        return Ok(vec![bound]);
    }
    let link_local = |ip: &IpAddr| match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    let mut ips: Vec<IpAddr> = if_addrs::get_if_addrs()
        .unwrap_or_default()
        .iter()
        .map(if_addrs::Interface::ip)
        .filter(|ip| bound.is_ipv6() || ip.is_ipv4())
        .filter(|ip| !link_local(ip))
        .collect();
    if ips.is_empty() {
        ips.push(Ipv4Addr::LOCALHOST.into());
    }
    ips.sort_by_key(|ip| (ip.is_loopback(), ip.is_ipv6()));
    ips.dedup();
    Ok(ips
        .into_iter()
        .map(|ip| SocketAddr::new(ip, bound.port()))
        .collect())
}
