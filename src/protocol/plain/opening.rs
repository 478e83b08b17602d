//! How a connection opens: as the wire, as text, or as something that is no chat client.

use std::borrow::Cow;

use super::outgoing::write_notice;
use super::telnet::Telnet;

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
    /// A protocol of text that is known by its first line.
    Known(&'static Protocol),
    /// What came first holds bytes that no terminal sends: lengths, a pickle, a scan.
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

/// A protocol whose clients open with a line of text.
#[derive(Debug, PartialEq, Eq)]
pub struct Protocol {
    /// What people call it.
    pub name: &'static str,
    /// How its servers begin the line that ends a connection, where that is simple.
    answer: &'static str,
}

const fn protocol(name: &'static str, answer: &'static str) -> Protocol {
    Protocol { name, answer }
}

static SMTP: Protocol = protocol("SMTP", "554 ");
static FTP: Protocol = protocol("FTP", "421 ");
static IRC: Protocol = protocol("IRC", "ERROR :");
static POP3: Protocol = protocol("POP3", "-ERR ");
static IMAP: Protocol = protocol("IMAP", "* BYE ");
static SIP: Protocol = protocol("SIP", "");
static VNC: Protocol = protocol("VNC", "");
static RSYNC: Protocol = protocol("rsync", "@ERROR: ");
static REDIS: Protocol = protocol("Redis", "-ERR ");
static XML: Protocol = protocol("XML", "");
static JSON: Protocol = protocol("JSON-RPC", "");
static PROXY: Protocol = protocol("PROXY", "");
static GIT: Protocol = protocol("Git", "");

/// The protocol whose first line this is. In capitals or not, and never a line that a person may have typed as a name:
/// « help », « stats », « PING ».
fn known(line: &str) -> Option<&'static Protocol> {
    let line = line.to_ascii_lowercase();
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let is_host = |word: &str| word.contains('.') || word.starts_with('[') || word == "localhost";
    Some(match words.as_slice() {
        ["ehlo" | "helo" | "lhlo", host] if is_host(host) => &SMTP,
        ["user", name] if matches!(*name, "anonymous" | "ftp" | "root" | "admin") => &FTP,
        ["auth", "tls" | "ssl"] => &FTP,
        ["user", _, _, _, ..] if line.contains(" :") => &IRC,
        ["nick", _] | ["cap", "ls", ..] => &IRC,
        ["apop", _, _] => &POP3,
        [
            tag,
            "capability" | "login" | "starttls" | "noop" | "logout",
            ..,
        ] if is_tag(tag) => &IMAP,
        [.., "sip/2.0"] => &SIP,
        ["rfb", version] if version.starts_with("003.") => &VNC,
        ["@rsyncd:", ..] => &RSYNC,
        [count] if count.strip_prefix('*').is_some_and(is_number) => &REDIS,
        ["proxy", "tcp4" | "tcp6" | "unknown", ..] => &PROXY,
        [first, ..] if first.starts_with("<?xml") || first.starts_with("<stream:") => &XML,
        // Course clients send objects of their own; those of a known kind are a program's.
        [first, ..] if first.starts_with('{') && line.contains("\"jsonrpc\"") => &JSON,
        [first, ..] if first.get(4..).is_some_and(|rest| rest.starts_with("git-")) => &GIT,
        _ => return None,
    })
}

/// Whether a word is what IMAP puts before a command: a letter and digits.
fn is_tag(word: &str) -> bool {
    let rest = word.strip_prefix(|c: char| c.is_ascii_lowercase());
    rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// How a PROXY header of version 2 begins.
const PROXY_V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// Whether bytes hold what no terminal and no client of text sends: controls other than those that edit a line; NULs that
/// neither pad a text nor follow a CR; bytes that neither UTF-8 nor Windows-1252 has.
fn is_binary(bytes: &[u8]) -> bool {
    let is_control =
        |byte: u8| byte < b' ' && !matches!(byte, 0 | b'\t' | b'\n' | b'\r' | 0x08 | 0x1b);
    let is_nobodys = |byte: u8| matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d);
    let mut before = None;
    let pads_nothing = bytes.iter().any(|&byte| {
        let pads = match before {
            None => false,
            Some(before) => before >= b' ' || matches!(before, 0 | b'\r' | b'\n'),
        };
        before = Some(byte);
        byte == 0 && !pads
    });
    pads_nothing
        || bytes.iter().copied().any(is_control)
        || (std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_some())
            && bytes.iter().copied().any(is_nobodys))
}

impl Foreign {
    /// What everything that came in the first read gives away.
    pub(super) fn of_first_read(bytes: &[u8]) -> Option<Foreign> {
        if bytes.starts_with(PROXY_V2) {
            return Some(Foreign::Known(&PROXY));
        }
        let mut text = Vec::new();
        // What telnet negotiates is no text; its answers are given where the text is taken.
        Telnet::default().filter(bytes, &mut text, &mut Vec::new());
        is_binary(&text).then_some(Foreign::Binary)
    }

    /// What a first line gives away.
    pub(super) fn of_first_line(line: &str) -> Option<Foreign> {
        // Colours are no mistake that costs a seat.
        let is_binary = |c: char| c < ' ' && c != '\t' && c != '\u{1b}';
        if is_request(line) {
            Some(Foreign::Http)
        } else if line.starts_with("SSH-") {
            Some(Foreign::Ssh)
        } else if let Some(known) = known(line) {
            Some(Foreign::Known(known))
        } else if line.contains(is_binary) {
            Some(Foreign::Binary)
        } else {
            None
        }
    }

    /// Why it takes no seat, for a person.
    pub fn reason(self) -> Cow<'static, str> {
        let reason = match self {
            Foreign::Known(Protocol { name, .. }) => {
                return Cow::Owned(format!(
                    "client {name} : msg n'en est pas un serveur, utilisez « msg --connect » ou « nc »"
                ));
            }
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
            Foreign::Known(protocol) => out.extend_from_slice(protocol.answer.as_bytes()),
            Foreign::Ssh | Foreign::Utf16 | Foreign::Binary | Foreign::Oversized => {}
        }
        write_notice(out, &self.reason());
    }
}

/// Whether a line asks a web server for something, and is not somebody's « GET UP » to somebody.
fn is_request(line: &str) -> bool {
    const METHODS: [&str; 9] = [
        "GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "OPTIONS ", "CONNECT ", "PATCH ", "PRI ",
    ];
    let line = line.to_ascii_uppercase();
    METHODS
        .iter()
        .filter_map(|method| line.strip_prefix(method))
        .any(|target| target.starts_with('/') || target.contains(" HTTP/"))
}
