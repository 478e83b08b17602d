//! Bytes ⇄ verbs, with limits: the only module that knows how a line of the wire is spelled.
//!
//! A line is UTF-8, one verb and its fields separated by single spaces, ended by LF (a CR before it belongs to the ending).

mod hello;
mod lines;

use std::fmt;

use super::hygiene::{Text, is_hidden};
use super::name::{Name, NameError};

pub use hello::{Hello, Pid, Salon, Token, Welcome};
pub use lines::{Lines, leading_text, lines_with_lf};

/// The longest line on the wire, in bytes, its LF included.
pub const MAX_LINE: usize = 4096;

/// The longest text of one message, in bytes: a `SAY` line with the largest numbers still fits [`MAX_LINE`].
pub const MAX_TEXT: usize = 4000;

/// A connection that hears nothing speaks up after so many seconds; the relay tells it in its welcome.
pub const HEARTBEAT_S: u64 = 10;

/// How the first line of a client that speaks this protocol begins, in every version of it.
pub const MAGIC: &str = "MSG/";

/// One line of the wire, between two programs that have said hello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb<'a> {
    /// Who sits opposite. Sent to both seats whenever either connects: both must then resynchronise.
    Peer { pid: Pid, name: Name },
    /// Nobody is connected opposite, and why.
    Gone(Gone),
    /// A message. `seq` counts one sender's messages to one partner, from 1.
    Say {
        seq: u64,
        sent_at: u64,
        text: Text<'a>,
    },
    /// "I hold messages 1 to `through` from `pid`."
    Ack { pid: Pid, through: u64 },
    /// Asks for a [`Verb::Pong`]: a sign of life, hop by hop.
    Ping,
    /// Answers [`Verb::Ping`].
    Pong,
    /// The last line of a polite end.
    Bye(Bye),
    /// The connection ends because of this; the text is for people.
    Err { refusal: Refusal, reason: &'a str },
    /// `KEY` and `BOX`: reserved for the shared code, opaque to the relay.
    Sealed(&'a str),
}

/// Why the seat opposite has nobody connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// Nobody has taken it yet.
    None,
    /// The connection was cut; the seat is kept for its owner.
    Away,
    /// Its owner said `BYE`.
    Left,
    /// Its owner did not come back in time.
    Lost,
}

/// Why a side says `BYE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bye {
    /// The conversation is over.
    Over,
    /// The relay starts again at once: dial again and go on.
    Restart,
    /// The relay was told to stop.
    Stop,
}

/// Why a connection is refused or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No seat is free.
    Full,
    /// The name is taken or not acceptable.
    Name,
    /// The hello is of a version that is not spoken here.
    Version,
    /// A line is too long or not UTF-8.
    Line,
    /// The client does not read what it is sent, or sends no hello.
    Slow,
    /// The same client has connected again.
    Replaced,
    /// A line makes no sense here.
    Proto,
}

impl Refusal {
    pub const ALL: [Refusal; 7] = [
        Refusal::Full,
        Refusal::Name,
        Refusal::Version,
        Refusal::Line,
        Refusal::Slow,
        Refusal::Replaced,
        Refusal::Proto,
    ];

    /// Its word on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Refusal::Full => "full",
            Refusal::Name => "name",
            Refusal::Version => "version",
            Refusal::Line => "line",
            Refusal::Slow => "slow",
            Refusal::Replaced => "replaced",
            Refusal::Proto => "proto",
        }
    }

    fn decode(code: &str) -> Option<Refusal> {
        Refusal::ALL.into_iter().find(|known| known.code() == code)
    }
}

impl<'a> Verb<'a> {
    /// Reads one line, given without its ending.
    ///
    /// # Errors
    /// When it is no text, or as [`read`](Verb::read).
    pub fn decode(line: &'a [u8]) -> Result<Verb<'a>, Malformed> {
        let line = simdutf8::basic::from_utf8(line).map_err(|_| Malformed::NotUtf8)?;
        Verb::read(line)
    }

    /// Reads one line that is text, given without its ending.
    ///
    /// # Errors
    /// When its verb is unknown, or its fields are not what the verb takes.
    pub fn read(line: &'a str) -> Result<Verb<'a>, Malformed> {
        let (verb, rest) = split_word(line).unwrap_or((line, ""));
        let understood = match verb {
            "SAY" => say(rest),
            "ACK" => fields(rest).and_then(|[pid, through]| {
                Some(Verb::Ack {
                    pid: pid.parse().ok()?,
                    through: number(through)?,
                })
            }),
            "PEER" => fields(rest).and_then(|[pid, name]| {
                Some(Verb::Peer {
                    pid: pid.parse().ok()?,
                    name: name.parse().ok()?,
                })
            }),
            "GONE" => match rest {
                "none" => Some(Verb::Gone(Gone::None)),
                "away" => Some(Verb::Gone(Gone::Away)),
                "left" => Some(Verb::Gone(Gone::Left)),
                "lost" => Some(Verb::Gone(Gone::Lost)),
                _ => None,
            },
            "PING" if rest.is_empty() => Some(Verb::Ping),
            "PONG" if rest.is_empty() => Some(Verb::Pong),
            "BYE" => match rest {
                "restart" => Some(Verb::Bye(Bye::Restart)),
                "stop" => Some(Verb::Bye(Bye::Stop)),
                _ => Some(Verb::Bye(Bye::Over)),
            },
            "ERR" => {
                let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
                Refusal::decode(code).map(|refusal| Verb::Err { refusal, reason })
            }
            "KEY" | "BOX" => Some(Verb::Sealed(line)),
            _ => None,
        };
        understood.ok_or_else(|| Malformed::verb(line))
    }

    /// Appends the line that says this, with its LF.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Verb::Peer { pid, name } => write(out, format_args!("PEER {pid} {name}\n")),
            Verb::Gone(Gone::None) => out.extend_from_slice(b"GONE none\n"),
            Verb::Gone(Gone::Away) => out.extend_from_slice(b"GONE away\n"),
            Verb::Gone(Gone::Left) => out.extend_from_slice(b"GONE left\n"),
            Verb::Gone(Gone::Lost) => out.extend_from_slice(b"GONE lost\n"),
            Verb::Say { seq, sent_at, text } => {
                let text: &str = text;
                out.reserve(USUAL + text.len());
                write(out, format_args!("SAY {seq} {sent_at} {text}\n"));
            }
            Verb::Ack { pid, through } => write(out, format_args!("ACK {pid} {through}\n")),
            Verb::Ping => out.extend_from_slice(b"PING\n"),
            Verb::Pong => out.extend_from_slice(b"PONG\n"),
            Verb::Bye(Bye::Over) => out.extend_from_slice(b"BYE\n"),
            Verb::Bye(Bye::Restart) => out.extend_from_slice(b"BYE restart\n"),
            Verb::Bye(Bye::Stop) => out.extend_from_slice(b"BYE stop\n"),
            Verb::Err { refusal, reason } => {
                write(out, format_args!("ERR {} {reason}\n", refusal.code()));
            }
            Verb::Sealed(line) => write(out, format_args!("{line}\n")),
        }
    }
}

/// Why a line cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// It is longer than [`MAX_LINE`].
    TooLong,
    NotUtf8,
    /// Its verb is unknown, or its fields are not what the verb takes. Holds the verb.
    Verb(String),
    /// A first line of another version. Holds the version.
    Version(String),
    Name(NameError),
}

impl Malformed {
    fn verb(line: &str) -> Malformed {
        Malformed::Verb(first_word(line))
    }

    /// What an `ERR` line calls this.
    pub fn refusal(&self) -> Refusal {
        match self {
            Malformed::TooLong | Malformed::NotUtf8 => Refusal::Line,
            Malformed::Verb(_) => Refusal::Proto,
            Malformed::Version(_) => Refusal::Version,
            Malformed::Name(_) => Refusal::Name,
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::TooLong => write!(f, "ligne de plus de {MAX_LINE} octets"),
            Malformed::NotUtf8 => write!(f, "ligne qui n'est pas en UTF-8"),
            Malformed::Verb(verb) => write!(f, "ligne « {verb} » incomprise"),
            Malformed::Version(version) => {
                write!(f, "version « {version} » inconnue, ici on parle MSG/1")
            }
            Malformed::Name(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Malformed {}

/// The first word, and what stands after its space. Words are short here, and `split_once` is made for long searches.
fn split_word(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().position(|byte| byte == b' ')?;
    Some((&text[..end], &text[end + 1..]))
}

/// Exactly `N` fields; the last takes the rest of the line, spaces included.
fn fields<const N: usize>(mut rest: &str) -> Option<[&str; N]> {
    let mut found = [""; N];
    let (last, firsts) = found.split_last_mut()?;
    for field in firsts {
        (*field, rest) = split_word(rest)?;
    }
    *last = rest;
    Some(found)
}

/// What a `SAY` says: most lines of the wire.
fn say(rest: &str) -> Option<Verb<'_>> {
    let field = |rest| {
        let (number, rest): (u64, &str) = leading_number(rest)?;
        Some((number, rest.strip_prefix(' ')?))
    };
    let (seq, rest) = field(rest)?;
    let (sent_at, text) = field(rest)?;
    (seq > 0 && text.len() <= MAX_TEXT).then(|| Verb::Say {
        seq,
        sent_at,
        text: text.into(),
    })
}

/// A decimal number of digits alone: no sign, no space.
pub(super) fn number(text: &str) -> Option<u64> {
    let (number, rest) = leading_number(text)?;
    rest.is_empty().then_some(number)
}

/// The decimal number that a text begins with, and what follows it.
fn leading_number(text: &str) -> Option<(u64, &str)> {
    /// So many digits fit, whatever they are.
    const SHORT: usize = 19;

    let mut number = 0_u64;
    let mut length = 0;
    for byte in text.bytes().take_while(u8::is_ascii_digit) {
        let digit = u64::from(byte - b'0');
        number = match length {
            ..SHORT => number * 10 + digit,
            _ => number.checked_mul(10)?.checked_add(digit)?,
        };
        length += 1;
    }
    (length > 0).then(|| (number, &text[length..]))
}

/// The beginning of a line that is not understood, short enough and safe to be quoted back.
fn first_word(line: &str) -> String {
    line.split(' ')
        .next()
        .unwrap_or_default()
        .chars()
        .take(16)
        .map(|c| if is_hidden(c) { '?' } else { c })
        .collect()
}

/// Bytes that hold most lines, or a message's before its text.
const USUAL: usize = 64;

fn write(out: &mut Vec<u8>, text: fmt::Arguments<'_>) {
    use std::io::Write;
    // Once, instead of each time that the next field does not fit.
    out.reserve(USUAL);
    out.write_fmt(text)
        .expect("a vector takes whatever is written to it");
}

#[cfg(test)]
mod tests;
