//! The header with which a proxy tells whose connection it passes on: the PROXY protocol of HAProxy (`proxy-protocol.txt`),
//! version 1 or 2. The crate `ppp` understands it.

use std::net::IpAddr;

use ppp::{HeaderResult, PartialResult, v1, v2};

use super::Relay;
use crate::protocol::Millis;
use crate::protocol::hub::ConnId;

/// In bytes: more than both addresses of any family and what proxies add to them. Whoever sends a longer one is refused.
const MAX_HEADER: usize = 1024;
/// The same for version 1, by its description.
const MAX_LINE: usize = 107;
/// What version 1 begins with.
const FIRST: &[u8] = b"PROXY ";

/// What has come of a header so far.
#[derive(Debug, Default)]
pub(super) struct ProxyHeader(Vec<u8>);

/// What a header came to.
#[derive(Debug, PartialEq, Eq)]
enum Announced {
    /// It is not whole yet.
    NotYet,
    /// The caller, or nobody where the proxy itself calls (to see whether we live, say); and what follows the header.
    Caller(Option<IpAddr>, Vec<u8>),
    /// It is no header.
    Nothing,
}

impl ProxyHeader {
    /// Whether what has come is the beginning of a header.
    fn may_be_half(&self) -> bool {
        let bytes = &self.0[..];
        if bytes.starts_with(b"\r") {
            return bytes.len() < MAX_HEADER && v2::Header::try_from(bytes).is_incomplete();
        }
        // Version 1 is a line, and `ppp` takes half of an address for a wrong one.
        let begun = bytes.len().min(FIRST.len());
        bytes[..begun] == FIRST[..begun] && bytes.len() < MAX_LINE && !bytes.contains(&b'\n')
    }

    fn take(&mut self, bytes: &[u8]) -> Announced {
        self.0.extend_from_slice(bytes);
        if self.may_be_half() {
            return Announced::NotYet;
        }
        let header = HeaderResult::parse(&self.0);
        let (caller, length) = match &header {
            HeaderResult::V1(Ok(header)) => {
                let caller = match header.addresses {
                    v1::Addresses::Tcp4(addresses) => Some(addresses.source_address.into()),
                    v1::Addresses::Tcp6(addresses) => Some(addresses.source_address.into()),
                    v1::Addresses::Unknown => None,
                };
                (caller, header.header.len())
            }
            HeaderResult::V2(Ok(header)) => {
                let caller = match (header.command, &header.addresses) {
                    (v2::Command::Local, _) => None,
                    (v2::Command::Proxy, v2::Addresses::IPv4(addresses)) => {
                        Some(addresses.source_address.into())
                    }
                    (v2::Command::Proxy, v2::Addresses::IPv6(addresses)) => {
                        Some(addresses.source_address.into())
                    }
                    (v2::Command::Proxy, v2::Addresses::Unspecified | v2::Addresses::Unix(_)) => {
                        None
                    }
                };
                (caller, header.len())
            }
            HeaderResult::V1(Err(_)) | HeaderResult::V2(Err(_)) => return Announced::Nothing,
        };
        // Whether it came whole must not decide.
        if length > MAX_HEADER {
            return Announced::Nothing;
        }
        let rest = self.0.split_off(length);
        Announced::Caller(caller.map(|address: IpAddr| address.to_canonical()), rest)
    }
}

impl Relay {
    /// The first `count` bytes of the buffer came on a connection whose header is awaited.
    #[cold]
    pub(super) fn read_header(&mut self, now: Millis, id: ConnId, count: usize) {
        let Some(Some(socket)) = self.sockets.get_mut(id) else {
            return;
        };
        let Some(header) = &mut socket.header else {
            return;
        };
        match header.take(&self.buffer[..count]) {
            Announced::NotYet => {}
            Announced::Caller(caller, rest) => {
                socket.header = None;
                self.hub.announced(now, id, caller);
                if !rest.is_empty() {
                    self.hub.received(now, id, &rest, |_, _, _| 0);
                }
            }
            Announced::Nothing => self.hub.refuse_unannounced(now, id),
        }
        self.touched.push(id);
    }
}

#[cfg(test)]
#[path = "../../tests/support/chance.rs"]
mod chance;

#[cfg(test)]
mod tests {
    use super::chance::{Chance, number};
    use super::*;

    /// A header of version 2: its command, its family and protocol, and its addresses with what follows them.
    fn second(command: u8, family: u8, payload: &[u8]) -> Vec<u8> {
        let mut header = b"\r\n\r\n\0\r\nQUIT\n".to_vec();
        header.extend([0x20 | command, family]);
        header.extend((payload.len() as u16).to_be_bytes());
        header.extend(payload);
        header
    }

    const FROM_7: [u8; 12] = [192, 0, 2, 7, 10, 0, 0, 1, 0xab, 0xcd, 0x13, 0x88];

    fn caller(address: &str, rest: &[u8]) -> Announced {
        Announced::Caller(Some(address.parse().unwrap()), rest.to_vec())
    }

    #[test]
    fn a_header_tells_the_caller_and_what_follows_it_is_the_callers() {
        let rows: [(Vec<u8>, Announced); 7] = [
            (
                b"PROXY TCP4 192.0.2.7 10.0.0.1 43981 5000\r\nMSG/1".to_vec(),
                caller("192.0.2.7", b"MSG/1"),
            ),
            (
                b"PROXY TCP6 2001:db8::7 2001:db8::1 43981 5000\r\n".to_vec(),
                caller("2001:db8::7", b""),
            ),
            (
                b"PROXY TCP6 ::ffff:192.0.2.7 ::1 43981 5000\r\n".to_vec(),
                caller("192.0.2.7", b""),
            ),
            (
                b"PROXY UNKNOWN\r\nZoe\n".to_vec(),
                Announced::Caller(None, b"Zoe\n".to_vec()),
            ),
            (
                [second(1, 0x11, &FROM_7), b"Zoe\n".to_vec()].concat(),
                caller("192.0.2.7", b"Zoe\n"),
            ),
            (
                second(1, 0x11, &[&FROM_7[..], &[4, 0, 1, 42]].concat()),
                caller("192.0.2.7", b""),
            ),
            (second(0, 0, &[]), Announced::Caller(None, Vec::new())),
        ];
        for (bytes, announced) in rows {
            assert_eq!(ProxyHeader::default().take(&bytes), announced, "{bytes:?}");
            // Byte by byte, too.
            let mut header = ProxyHeader::default();
            let told = bytes.iter().map(|byte| header.take(&[*byte]));
            let first = told.into_iter().find(|told| *told != Announced::NotYet);
            let Announced::Caller(address, _) = announced else {
                unreachable!("every row has a caller")
            };
            assert_eq!(first, Some(Announced::Caller(address, Vec::new())));
        }
    }

    #[test]
    fn what_is_no_header_is_told_at_once_or_when_it_grows_too_long() {
        for bytes in [
            &b"MSG/1 00000000000000aa"[..],
            b"Zoe\n",
            b"PROXY TCP4 192.0.2.7\r\n",
            b"PROXY TCP5 a b 1 2\r\n",
            b"\r\n\r\n\0\r\nQUIT\n\x31\x11\0\0",
        ] {
            assert_eq!(
                ProxyHeader::default().take(bytes),
                Announced::Nothing,
                "{bytes:?}"
            );
        }
        let long = second(1, 0x11, &[0; 4_000]);
        assert_eq!(ProxyHeader::default().take(&long), Announced::Nothing);
        let mut header = ProxyHeader::default();
        assert_eq!(header.take(&long[..500]), Announced::NotYet);
        assert_eq!(header.take(&long[500..1_100]), Announced::Nothing);
    }

    /// What pieces come to; all that follows the header counts as its rest.
    fn heard<'b>(pieces: impl Iterator<Item = &'b [u8]>) -> Announced {
        let mut header = ProxyHeader::default();
        let mut heard = Announced::NotYet;
        for piece in pieces {
            match &mut heard {
                Announced::NotYet => heard = header.take(piece),
                Announced::Caller(_, rest) => rest.extend_from_slice(piece),
                Announced::Nothing => {}
            }
            assert!(header.0.len() < MAX_HEADER + piece.len());
        }
        heard
    }

    #[test]
    fn a_header_survives_whatever_comes_and_is_the_same_in_pieces_as_whole() {
        let mut chance = Chance(1);
        let headers = [
            b"PROXY TCP4 192.0.2.7 10.0.0.1 43981 5000\r\n".to_vec(),
            b"PROXY TCP6 2001:db8::7 ::1 43981 5000\r\n".to_vec(),
            b"PROXY UNKNOWN\r\n".to_vec(),
            second(1, 0x11, &[&FROM_7[..], &[4, 0, 1, 42]].concat()),
            second(1, 0x21, &[7; 36]),
            second(1, 0x31, &[b'/'; 216]),
            second(0, 0, &[]),
        ];
        for _ in 0..number("MSG_FUZZ").unwrap_or(200_000) {
            let mut bytes = headers[chance.below(headers.len() as u64) as usize].clone();
            bytes.extend_from_slice("Zoé\n".as_bytes());
            for _ in 0..chance.below(3) {
                let place = chance.below(bytes.len() as u64) as usize;
                match chance.below(3) {
                    0 => bytes[place] = chance.next() as u8,
                    1 => bytes.truncate(place.max(1)),
                    _ => bytes.insert(place, chance.next() as u8),
                }
            }
            let whole = heard(std::iter::once(&bytes[..]));
            let size = 1 + chance.below(40) as usize;
            assert_eq!(heard(bytes.chunks(size)), whole, "{bytes:?} by {size}");
        }
    }
}
