//! How a connection opens: as the wire, as text, or as something that is no chat client.

use super::outgoing::write_notice;

/// What speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    Wire,
    Text,
    Foreign(Foreign),
}

/// What a connection is that opens like no chat client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    Tls,
    Http,
    Ssh,
    Utf16,
    /// The first line holds control characters: lengths, a pickle, a scan.
    Binary,
    /// The first line is longer than a message and holds no name.
    Oversized,
}

impl Opening {
    /// What begins with these bytes, or `None` while they are too few to tell.
    ///
    /// It takes two letters to tell UTF-16 without a byte-order mark from a line that NUL ends, and a third byte that
    /// can be seen to tell the mark `FF FE` from telnet's `DONT`.
    pub fn of(bytes: &[u8]) -> Option<Opening> {
        match bytes {
            [b'M', b'S', b'G', b'/', ..] => Some(Opening::Wire),
            [0x16, 0x03, ..] => Some(Opening::Foreign(Foreign::Tls)),
            [0xfe, 0xff, ..]
            | [0xff, 0xfe, b' '..=0xff, 0, ..]
            | [1..=0xff, 0, 1..=0xff, 0, ..]
            | [0, 1..=0xff, 0, 1..=0xff, ..] => Some(Opening::Foreign(Foreign::Utf16)),
            [] | [_] | [b'M', b'S'] | [b'M', b'S', b'G'] => None,
            [0xff, 0xfe] | [0xff, 0xfe, b' '..=0xff] => None,
            [1..=0xff, 0] | [1..=0xff, 0, 1..=0xff] | [0, 1..=0xff] | [0, 1..=0xff, 0] => None,
            _ => Some(Opening::Text),
        }
    }
}

impl Foreign {
    /// What a first line gives away.
    pub(super) fn of_first_line(line: &str) -> Option<Foreign> {
        // Colours are no mistake that costs a seat.
        let is_binary = |c: char| c < ' ' && c != '\t' && c != '\u{1b}';
        if is_request(line) {
            Some(Foreign::Http)
        } else if line.starts_with("SSH-") {
            Some(Foreign::Ssh)
        } else if line.contains(is_binary) {
            Some(Foreign::Binary)
        } else {
            None
        }
    }

    /// Why it takes no seat, for a person.
    pub fn reason(self) -> &'static str {
        match self {
            Foreign::Tls => "connexion TLS : msg parle en clair, connectez-vous sans TLS",
            Foreign::Http => {
                "requête HTTP : msg n'est pas un site, utilisez « msg --connect » ou « nc »"
            }
            Foreign::Ssh => {
                "client SSH : msg n'en est pas un serveur, utilisez « msg --connect » ou « nc »"
            }
            Foreign::Utf16 => "texte en UTF-16 : envoyez de l'UTF-8",
            Foreign::Binary => {
                "octets de contrôle dans la première ligne : envoyez du texte, sans longueur ni objet devant"
            }
            Foreign::Oversized => {
                "première ligne de plus de 4000 octets : envoyez d'abord votre nom"
            }
        }
    }

    /// Appends the reason, in a form that it can understand where there is one.
    pub fn answer(self, out: &mut Vec<u8>) {
        match self {
            // A fatal alert, handshake_failure (RFC 5246, 7.2), which ends a TLS client with a clear error.
            Foreign::Tls => out.extend_from_slice(&[0x15, 3, 1, 0, 2, 2, 40]),
            Foreign::Http => out.extend_from_slice(
                b"HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n\
                  Connection: close\r\n\r\n",
            ),
            Foreign::Ssh | Foreign::Utf16 | Foreign::Binary | Foreign::Oversized => {}
        }
        write_notice(out, self.reason());
    }
}

/// Whether a line asks a web server for something, and is not somebody's « GET UP » to somebody.
fn is_request(line: &str) -> bool {
    const METHODS: [&str; 9] = [
        "GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "OPTIONS ", "CONNECT ", "PATCH ", "PRI ",
    ];
    METHODS
        .iter()
        .filter_map(|method| line.strip_prefix(method))
        .any(|target| target.starts_with('/') || target.contains(" HTTP/"))
}
