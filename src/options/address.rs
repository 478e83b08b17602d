//! `HOST:PORT`, taken apart, and what may be wrong with it.

use std::fmt;
use std::net::{Ipv6Addr, SocketAddr};

use crate::display::safe;
use crate::protocol::hygiene::is_hidden;

use super::IN_A_DIALOG;
use super::spec::{PORT, example};

/// A host and a port to call. Shown as it is typed, with brackets around an IPv6 address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// A name, an IPv4 address, or an IPv6 address without brackets, with its zone if it has one (`fe80::1%eth0`).
    pub host: String,
    pub port: u16,
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Address {
        Address {
            host: address.ip().to_string(),
            port: address.port(),
        }
    }
}

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadAddress {
    NoHost {
        port: u16,
    },
    NoPort {
        host: String,
    },
    Port {
        given: String,
    },
    /// Port 0, which a relay may ask for but nobody can call.
    PortZero,
    /// An IPv6 address whose end cannot be told from a port.
    NoBrackets {
        meant: Address,
    },
    Host {
        given: String,
    },
}

/// An address that can be called.
pub(super) fn callable(given: &str) -> Result<Address, BadAddress> {
    match split(given)? {
        (host, port) if host.is_empty() => Err(BadAddress::NoHost { port }),
        (_, 0) => Err(BadAddress::PortZero),
        (host, port) => Ok(Address { host, port }),
    }
}

/// Takes `[HOST]:PORT` apart; the host may be empty and the port 0.
pub(super) fn split(given: &str) -> Result<(String, u16), BadAddress> {
    let given = given.trim();
    let bad = || BadAddress::Host {
        given: given.to_owned(),
    };
    if let Some(inside) = given.strip_prefix('[') {
        let (host, rest) = inside.split_once(']').ok_or_else(bad)?;
        if !is_ipv6(host) {
            return Err(BadAddress::Host {
                given: host.to_owned(),
            });
        }
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host.to_owned(), port_of(port)?)),
            None if rest.is_empty() => Err(BadAddress::NoPort {
                host: host.to_owned(),
            }),
            None => Err(bad()),
        };
    }
    match given.rsplit_once(':') {
        None => match given.parse() {
            // A port alone: `--relay 5000`.
            Ok(port) => Err(BadAddress::NoHost { port }),
            Err(_) if is_host(given) => Err(BadAddress::NoPort {
                host: given.to_owned(),
            }),
            Err(_) => Err(bad()),
        },
        Some((host, port)) if host.contains(':') => {
            // `::1:5000` is an address of its own, though hardly ever the one that was meant.
            let meant = match port_of(port) {
                Ok(port) if is_ipv6(host) => Address {
                    host: host.to_owned(),
                    port,
                },
                _ if is_ipv6(given) => Address {
                    host: given.to_owned(),
                    port: PORT,
                },
                _ => return Err(bad()),
            };
            Err(BadAddress::NoBrackets { meant })
        }
        Some((host, "")) if is_host(host) => Err(BadAddress::NoPort {
            host: host.to_owned(),
        }),
        Some(("", "")) => Err(bad()),
        Some((host, port)) if host.is_empty() || is_host(host) => {
            Ok((host.to_owned(), port_of(port)?))
        }
        Some((host, _)) => Err(BadAddress::Host {
            given: host.to_owned(),
        }),
    }
}

fn port_of(given: &str) -> Result<u16, BadAddress> {
    // Digits alone: `parse` takes a sign as well.
    match given.parse() {
        Ok(port) if given.bytes().all(|byte| byte.is_ascii_digit()) => Ok(port),
        _ => Err(BadAddress::Port {
            given: given.to_owned(),
        }),
    }
}

/// Whether a resolver may know it; accents included.
fn is_host(given: &str) -> bool {
    let allowed = |c: char| !is_hidden(c) && (c.is_alphanumeric() || matches!(c, '-' | '.' | '_'));
    !given.is_empty() && given.chars().all(allowed)
}

/// Whether it is an IPv6 address, with a zone or without.
fn is_ipv6(given: &str) -> bool {
    let (address, zone) = given.split_once('%').unwrap_or((given, "0"));
    address.parse::<Ipv6Addr>().is_ok()
        && !zone.is_empty()
        && zone.chars().all(|c| c.is_ascii_graphic() && c != '%')
}

impl BadAddress {
    /// Says so after `option`, with an example of what to give it.
    pub(super) fn explain(
        &self,
        f: &mut fmt::Formatter<'_>,
        option: &str,
        given: &str,
    ) -> fmt::Result {
        match self {
            BadAddress::NoHost { port } => write!(
                f,
                "il manque la machine devant le port : {option} localhost:{port}, si le relais est sur celle-ci"
            ),
            BadAddress::NoPort { host } => {
                write!(
                    f,
                    "il manque le port après la machine : {option} {}",
                    Address {
                        host: host.clone(),
                        port: PORT
                    }
                )
            }
            BadAddress::Port { given } => {
                write!(
                    f,
                    "« {} » n'est pas un port, qui est un nombre jusqu'à 65535 : {option} …:{PORT}",
                    safe(given)
                )
            }
            BadAddress::PortZero => write!(
                f,
                "le port 0 ne s'appelle pas : prenez celui que le relais affiche"
            ),
            BadAddress::NoBrackets { meant } if option == IN_A_DIALOG => {
                write!(
                    f,
                    "une adresse IPv6 se met entre crochets : {option} {meant}"
                )
            }
            // The quotes are for the shell.
            BadAddress::NoBrackets { meant } => {
                write!(
                    f,
                    "une adresse IPv6 se met entre crochets : {option} \"{meant}\""
                )
            }
            BadAddress::Host { given: host } => {
                let noun = if host == given {
                    "une adresse"
                } else {
                    "une machine"
                };
                write!(
                    f,
                    "« {} » n'est pas {noun} : {option} {}",
                    safe(host),
                    example(option)
                )
            }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}
