//! How a connection opens: as the wire, as text, or as something that is no chat client.

use std::borrow::Cow;

use crate::protocol::charset::windows_1252;
use crate::protocol::name::MAX_NAME;

use super::foreign::{protocol_of, proxy_of};
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
    Utf16,
    /// Control characters stand in it, or bytes of no charset: lengths, a pickle, a scan.
    Binary,
    /// The first line is longer than a message and holds no name.
    Oversized,
    /// A protocol of text that is known by its first line: what people call it, and how its servers begin the line that
    /// ends a connection.
    Known {
        name: &'static str,
        answer: &'static str,
    },
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
            [b'\r', ..] => {
                let text = Some(Opening::Text);
                proxy_of(bytes).map_or(text, |proxy| Some(Opening::Foreign(proxy)))
            }
            // NUL pads what stands before it: a length, where nothing does.
            [0, rest @ ..] if rest.iter().any(|byte| *byte != 0) => {
                Some(Opening::Foreign(Foreign::Binary))
            }
            _ => Some(Opening::Text),
        }
    }
}

impl Foreign {
    /// What a first line gives away, with the bytes that came with it: `line` as it was sent, `text` as it is read, and
    /// `rest`, all that has come after it.
    pub(super) fn of_first_line(line: &[u8], text: &str, rest: &[u8]) -> Option<Foreign> {
        protocol_of(text).or_else(|| {
            (holds_binary(line) || is_noise(line) || holds_binary(rest)).then_some(Foreign::Binary)
        })
    }

    /// Why it takes no seat, for a person.
    pub fn reason(self) -> Cow<'static, str> {
        let reason = match self {
            Foreign::Known { name, .. } => {
                return Cow::Owned(format!(
                    "client {name} : msg n'en est pas un serveur, utilisez « msg --connect » ou « nc »"
                ));
            }
            Foreign::Tls => "connexion TLS : msg parle en clair, connectez-vous sans TLS",
            Foreign::Http => {
                "requête HTTP : msg n'est pas un site, utilisez « msg --connect » ou « nc »"
            }
            Foreign::Utf16 => "texte en UTF-16 : envoyez de l'UTF-8",
            Foreign::Binary => {
                "octets de contrôle au début : envoyez du texte, sans longueur ni objet devant"
            }
            Foreign::Oversized => {
                "première ligne de plus de 4000 octets : envoyez d'abord votre nom"
            }
        };
        Cow::Borrowed(reason)
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
            Foreign::Known { answer, .. } => out.extend_from_slice(answer.as_bytes()),
            Foreign::Utf16 | Foreign::Binary | Foreign::Oversized => {}
        }
        write_notice(out, &self.reason());
    }
}

/// Whether bytes are no text of anybody: controls that no terminal sends, or bytes that neither UTF-8 nor Windows-1252
/// has. The beginning of a character at their end is none of these.
pub(super) fn holds_binary(bytes: &[u8]) -> bool {
    let is_control = |byte: &u8| {
        // Colours are no mistake that costs a seat, and keys are understood elsewhere.
        *byte < b' ' && !matches!(byte, 0 | 0x08 | b'\t' | b'\n' | b'\r' | 0x1b)
    };
    if bytes.iter().any(is_control) {
        return true;
    }
    let is_undefined = |byte: &u8| windows_1252(*byte).is_control() && *byte >= 0x80;
    let mut at = 0;
    bytes.utf8_chunks().any(|chunk| {
        at += chunk.valid().len() + chunk.invalid().len();
        let unfinished = at == bytes.len()
            && std::str::from_utf8(chunk.invalid()).is_err_and(|error| error.error_len().is_none());
        !unfinished && chunk.invalid().iter().any(is_undefined)
    })
}

/// Whether a line that is not UTF-8 is not Windows-1252 of anybody either: people write letters, and few other characters
/// among them. What an old console writes instead (code page 850) has its letters where quotes are.
///
/// A name may be of any alphabet. A longer line is of the Latin one, where accents are fewer than other letters.
fn is_noise(line: &[u8]) -> bool {
    if std::str::from_utf8(line).is_ok() {
        return false;
    }
    let share = |usual: fn(&&u8) -> bool| line.iter().filter(usual).count() * 5;
    let usual = share(|byte| {
        let c = windows_1252(**byte);
        c.is_alphanumeric() || matches!(**byte, 0x80..=0x9f) || " \t.,;:!?'\"()[]-_/«»°".contains(c)
    });
    let latin = share(|byte| byte.is_ascii_alphanumeric() || **byte == b' ');
    usual < line.len() * 4 || (line.len() > MAX_NAME && latin * 2 < line.len() * 5)
}
