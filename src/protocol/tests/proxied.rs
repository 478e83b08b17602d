//! Callers whose connections a proxy passes on.

use std::net::IpAddr;

use crate::protocol::Millis;
use crate::protocol::hub::{Config, ConnId, Effect, Hub, RelayMode};

const PROXY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

fn caller(number: u8) -> IpAddr {
    [192, 0, 2, number].into()
}

struct Daemon(Hub);

impl Daemon {
    fn new() -> Daemon {
        Daemon(Hub::new(Config::without_words(RelayMode::Daemon)))
    }

    /// A caller's connection, announced by the proxy.
    fn announce(&mut self, now: Millis, number: u8) -> ConnId {
        let conn = self.0.accepted_from_proxy(now, PROXY);
        self.0.announced(now, conn, Some(caller(number)));
        conn
    }

    /// The addresses of those who were refused since this was last asked.
    fn refused(&mut self) -> Vec<IpAddr> {
        let effects = std::iter::from_fn(|| self.0.next_effect());
        let refused = effects.filter_map(|effect| match effect {
            Effect::Refused { address, .. } => Some(address),
            _ => None,
        });
        refused.collect()
    }
}

#[test]
fn silent_callers_behind_one_proxy_are_counted_by_their_own_addresses() {
    let mut daemon = Daemon::new();
    // Eight each, from six addresses: none is one too many.
    for number in 0..48 {
        daemon.announce(0, number / 8);
    }
    assert!(daemon.refused().is_empty());
    daemon.announce(0, 3);
    assert_eq!(daemon.refused(), [caller(3)]);
}

#[test]
fn those_whose_proxy_has_said_nothing_yet_are_nobodys_too_many() {
    let mut daemon = Daemon::new();
    for _ in 0..60 {
        daemon.0.accepted_from_proxy(0, PROXY);
    }
    assert!(daemon.refused().is_empty());
    for _ in 0..5 {
        daemon.0.accepted_from_proxy(0, PROXY);
    }
    assert_eq!(daemon.refused(), [PROXY], "but all together are bounded");
}

#[test]
fn nobody_is_asked_for_a_name_before_it_is_known_who_calls() {
    let mut daemon = Daemon::new();
    let conn = daemon.0.accepted_from_proxy(0, PROXY);
    daemon.0.handle_timeout(5_000);
    assert!(daemon.0.unsent(conn).is_empty());
    daemon.0.announced(5_000, conn, Some(caller(7)));
    daemon.0.handle_timeout(5_300);
    assert!(
        daemon.0.unsent(conn).is_empty(),
        "the silence is the caller's own"
    );
    daemon.0.handle_timeout(5_500);
    assert!(daemon.0.unsent(conn).starts_with(b"Quel est votre nom"));
}

#[test]
fn who_is_never_announced_is_hung_up_on_as_whoever_says_nothing() {
    let mut daemon = Daemon::new();
    let conn = daemon.0.accepted_from_proxy(0, PROXY);
    daemon.0.handle_timeout(31_000);
    assert_eq!(daemon.refused(), [PROXY]);
    assert!(daemon.0.is_closing(conn));
}
