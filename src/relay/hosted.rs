//! A relay within the program of one of its two people, who calls it as anybody does.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::panic;
use std::thread::{self, JoinHandle};

use crate::platform::{self, WakeStream};
use crate::protocol::hub::{RelayMode, Tracing};

use super::listener::{Listener, Origin, reachable_at};
use super::observer::Observer;
use super::{Ended, Relay};

/// A relay in a thread of its own. It shows nothing: its person's own client does.
#[derive(Debug)]
pub struct HostedRelay {
    thread: JoinHandle<io::Result<Ended>>,
    /// Dropping it tells the relay to stop.
    stop: WakeStream,
    own_address: SocketAddr,
    invitations: Vec<SocketAddr>,
}

impl HostedRelay {
    /// Relays one conversation between whoever comes to `listener`, the host among them.
    ///
    /// # Errors
    /// When the system refuses what a relay cannot do without, or a thread.
    pub fn open(listener: TcpListener) -> io::Result<HostedRelay> {
        let bound = listener.local_addr()?;
        let invitations = reachable_at(&listener)?;
        let (stop, told) = platform::wake_streams()?;
        let listener = Listener::new(listener, Origin::Ours)?;
        let relay = Relay::new(
            listener,
            RelayMode::Single,
            Observer::Host,
            told,
            Tracing::Off,
        )?;
        let thread = thread::Builder::new().name("relais".to_owned());
        Ok(HostedRelay {
            thread: thread.spawn(|| relay.run())?,
            stop,
            own_address: SocketAddr::new(callable(bound.ip()), bound.port()),
            invitations,
        })
    }

    /// Where the host's own client calls.
    pub fn own_address(&self) -> SocketAddr {
        self.own_address
    }

    /// Where the other person may call, best first.
    pub fn invitations(&self) -> &[SocketAddr] {
        &self.invitations
    }

    /// Waits until the other has been told all that is owed, which takes a few seconds at most; where nobody else is
    /// connected the relay stops at once.
    ///
    /// # Errors
    /// Those of the relay.
    pub fn close(self) -> io::Result<()> {
        drop(self.stop);
        match self.thread.join() {
            Ok(ended) => ended.map(|_| ()),
            Err(cause) => panic::resume_unwind(cause),
        }
    }
}

/// An address at which a socket bound to `bound` can be called from this machine.
fn callable(bound: IpAddr) -> IpAddr {
    match bound {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        bound => bound,
    }
}
