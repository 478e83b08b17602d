//! What somebody else types to come to a discussion.

use std::fmt;
use std::net::SocketAddr;

use crate::options::{Address, Sealing};
use crate::protocol::wire::Salon;

/// A line for a shell: `msg --connect 192.168.1.12:5000 --nom VOTRE_NOM`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// As a shell takes it.
    address: String,
    salon: Option<Salon>,
    sealing: Sealing,
}

impl Invitation {
    /// To a relay at this address. Brackets are quoted, since some shells take them for a pattern, by the quotes that every
    /// shell knows, those of Windows among them; a link-local address of IPv6 means nothing without the caller's own
    /// interface.
    pub fn new(address: SocketAddr, sealing: Sealing) -> Invitation {
        let address = match address {
            SocketAddr::V4(address) => address.to_string(),
            SocketAddr::V6(address) if address.ip().is_unicast_link_local() => {
                format!("\"[{}%VOTRE_INTERFACE]:{}\"", address.ip(), address.port())
            }
            SocketAddr::V6(address) => format!("\"[{}]:{}\"", address.ip(), address.port()),
        };
        Invitation {
            address,
            salon: None,
            sealing,
        }
    }

    /// To a relay that we have called ourselves.
    pub fn to_relay(address: &Address, salon: Option<Salon>, sealing: Sealing) -> Invitation {
        let address = address.to_string();
        let address = if address.starts_with('[') {
            format!("\"{address}\"")
        } else {
            address
        };
        Invitation {
            address,
            salon,
            sealing,
        }
    }
}

impl fmt::Display for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "msg --connect {}", self.address)?;
        if let Some(salon) = &self.salon {
            write!(f, " --salon {salon}")?;
        }
        f.write_str(" --nom VOTRE_NOM")?;
        match self.sealing {
            Sealing::Off => Ok(()),
            Sealing::On => f.write_str(" --code"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_typed_as_it_stands() {
        for (address, line) in [
            (
                "192.168.1.12:5000",
                "msg --connect 192.168.1.12:5000 --nom VOTRE_NOM",
            ),
            (
                "[2001:db8::7]:5000",
                "msg --connect \"[2001:db8::7]:5000\" --nom VOTRE_NOM",
            ),
            (
                "[fe80::1]:5000",
                "msg --connect \"[fe80::1%VOTRE_INTERFACE]:5000\" --nom VOTRE_NOM",
            ),
        ] {
            let invitation = Invitation::new(address.parse().unwrap(), Sealing::Off);
            assert_eq!(invitation.to_string(), line);
        }
    }

    #[test]
    fn an_invitation_asks_for_all_that_it_takes_to_meet() {
        let address = crate::options::address("[2001:db8::7]:5000").unwrap();
        let salon = Some("binôme-3".parse().unwrap());
        assert_eq!(
            Invitation::to_relay(&address, salon, Sealing::On).to_string(),
            "msg --connect \"[2001:db8::7]:5000\" --salon binôme-3 --nom VOTRE_NOM --code"
        );
    }
}
