//! Bytes ⇄ verbs, with limits: the only module that knows how a line of the wire is spelled.
//!
//! A line is UTF-8, one verb and its fields separated by single spaces, ended by LF (a CR before it belongs to the ending).

use std::fmt;
use std::str::FromStr;

/// The longest line on the wire, in bytes, its LF included.
pub const MAX_LINE: usize = 4096;

/// The longest text of one message, in bytes: a `SAY` line with the largest numbers still fits [`MAX_LINE`].
pub const MAX_TEXT: usize = 4000;

/// The longest name or salon, in characters (Unicode scalar values).
pub const MAX_NAME: usize = 24;

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
        text: &'a str,
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

/// The first line of a client; the same on every connection of one process, but for the partner: that is what
/// resuming is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    pub pid: Pid,
    pub token: Token,
    /// The room asked for by name, where the relay serves several.
    pub salon: Option<Salon>,
    /// Who sat opposite last. A relay that was started anew cannot know who belongs to whom; this tells it.
    pub partner: Option<Pid>,
    pub name: Name,
}

/// The relay's answer to a [`Hello`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// The longest line that this relay takes, in bytes with its LF.
    pub max_line: usize,
    /// Silence after which a client must send a `PING`, in seconds.
    pub heartbeat_s: u64,
}

/// Identifies one client process. Public: the other person's client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pid(pub u64);

/// Proves that a seat is one's own. Secret: known to its client and the relay alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Token(pub u128);

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

const REFUSALS: [(Refusal, &str); 7] = [
    (Refusal::Full, "full"),
    (Refusal::Name, "name"),
    (Refusal::Version, "version"),
    (Refusal::Line, "line"),
    (Refusal::Slow, "slow"),
    (Refusal::Replaced, "replaced"),
    (Refusal::Proto, "proto"),
];

impl Refusal {
    /// Its word on the wire.
    pub fn code(self) -> &'static str {
        REFUSALS
            .iter()
            .find(|(refusal, _)| *refusal == self)
            .map_or("proto", |(_, code)| code)
    }

    fn decode(code: &str) -> Option<Refusal> {
        REFUSALS
            .iter()
            .find(|(_, known)| *known == code)
            .map(|(refusal, _)| *refusal)
    }
}

impl<'a> Verb<'a> {
    /// Reads one line, given without its ending.
    pub fn decode(line: &'a [u8]) -> Result<Verb<'a>, Malformed> {
        let line = std::str::from_utf8(line).map_err(|_| Malformed::NotUtf8)?;
        let (verb, rest) = split_word(line).unwrap_or((line, ""));
        let understood = match verb {
            "SAY" => fields(rest).and_then(|[seq, sent_at, text]| {
                Some(Verb::Say {
                    seq: number(seq).filter(|&seq| seq > 0)?,
                    sent_at: number(sent_at)?,
                    text: (text.len() <= MAX_TEXT).then_some(text)?,
                })
            }),
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

impl Hello {
    /// Reads a client's first line, given without its ending.
    pub fn decode(line: &[u8]) -> Result<Hello, Malformed> {
        let line = std::str::from_utf8(line).map_err(|_| Malformed::NotUtf8)?;
        let rest = after_version(line)?;
        let [pid, token, salon, name] = fields(rest).ok_or_else(|| Malformed::verb(line))?;
        let (salon, partner) = match salon.split_once('/') {
            Some((salon, partner)) => (salon, Some(partner)),
            None => (salon, None),
        };
        Ok(Hello {
            pid: pid.parse().map_err(|()| Malformed::verb(line))?,
            token: token.parse().map_err(|()| Malformed::verb(line))?,
            salon: match salon {
                "-" => None,
                salon => Some(salon.parse().map_err(|()| Malformed::verb(line))?),
            },
            partner: match partner {
                None => None,
                Some(pid) => Some(pid.parse().map_err(|()| Malformed::verb(line))?),
            },
            name: name.parse().map_err(Malformed::Name)?,
        })
    }

    /// Appends the line that says this, with its LF.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let Hello {
            pid, token, name, ..
        } = self;
        let salon = self.salon.as_ref().map_or("-", Salon::as_str);
        write(out, format_args!("MSG/1 {pid} {token} {salon}"));
        if let Some(partner) = self.partner {
            write(out, format_args!("/{partner}"));
        }
        write(out, format_args!(" {name}\n"));
    }

    /// Whether both come from one client, whomever it has met between them.
    pub fn is_same_client(&self, other: &Hello) -> bool {
        let Hello {
            pid,
            token,
            salon,
            partner: _,
            name,
        } = self;
        (pid, token, salon, name) == (&other.pid, &other.token, &other.salon, &other.name)
    }
}

impl Welcome {
    /// Reads the relay's first line, given without its ending.
    pub fn decode(line: &[u8]) -> Result<Welcome, Malformed> {
        let line = std::str::from_utf8(line).map_err(|_| Malformed::NotUtf8)?;
        let [max_line, heartbeat_s] =
            fields(after_version(line)?).ok_or_else(|| Malformed::verb(line))?;
        let welcome = || {
            Some(Welcome {
                max_line: usize::try_from(number(max_line)?).ok()?,
                heartbeat_s: number(heartbeat_s)?,
            })
        };
        welcome().ok_or_else(|| Malformed::verb(line))
    }

    /// Appends the line that says this, with its LF.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let Welcome {
            max_line,
            heartbeat_s,
        } = self;
        write(out, format_args!("MSG/1 {max_line} {heartbeat_s}\n"));
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

/// The name of a person: 1 to [`MAX_NAME`] characters of any script, spaces inside included, none hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(Box<str>);

/// Why a text is no [`Name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// Nothing that can be seen.
    Empty,
    /// More than [`MAX_NAME`] characters.
    TooLong,
    /// A character that does not show itself; see [`is_hidden`].
    Hidden(char),
}

impl Name {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether two people could take the one for the other: the same but for upper and lower case.
    pub fn looks_like(&self, other: &Name) -> bool {
        let folded = |name: &Name| name.0.to_lowercase();
        folded(self) == folded(other)
    }
}

impl FromStr for Name {
    type Err = NameError;

    /// Takes the name without the white space around it.
    fn from_str(text: &str) -> Result<Name, NameError> {
        let text = text.trim();
        if let Some(hidden) = text.chars().find(|&c| is_hidden(c)) {
            return Err(NameError::Hidden(hidden));
        }
        if text.chars().all(is_unseen_alone) {
            return Err(NameError::Empty);
        }
        if text.chars().count() > MAX_NAME {
            return Err(NameError::TooLong);
        }
        Ok(Name(text.into()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NameError::Empty => write!(f, "le nom est vide"),
            NameError::TooLong => write!(f, "le nom dépasse {MAX_NAME} caractères"),
            NameError::Hidden(c) => {
                write!(
                    f,
                    "le nom contient le caractère invisible U+{:04X}",
                    *c as u32
                )
            }
        }
    }
}

impl std::error::Error for NameError {}

/// The name of a room: 1 to [`MAX_NAME`] letters, digits, `-`, `_` and `.`, and not `-` alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Salon(Box<str>);

impl Salon {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Salon {
    type Err = ();

    fn from_str(text: &str) -> Result<Salon, ()> {
        let ok = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        let fits = (1..=MAX_NAME).contains(&text.chars().count());
        (fits && text != "-" && text.chars().all(ok))
            .then(|| Salon(text.into()))
            .ok_or(())
    }
}

impl fmt::Display for Salon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Pid {
    type Err = ();

    fn from_str(text: &str) -> Result<Pid, ()> {
        let digits = hexadecimal::<16>(text).ok_or(())?;
        u64::from_str_radix(digits, 16).map(Pid).map_err(drop)
    }
}

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Token {
    type Err = ();

    fn from_str(text: &str) -> Result<Token, ()> {
        let digits = hexadecimal::<32>(text).ok_or(())?;
        u128::from_str_radix(digits, 16).map(Token).map_err(drop)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Whether a character may change what surrounds it without showing itself: controls, bidirectional marks,
/// line separators, invisible fillers and tags. Such a character is refused in names and shown escaped on screens.
///
/// Joiners (U+200C, U+200D) and the emoji variation selectors are not: Persian, Indic scripts and emoji need them.
pub fn is_hidden(c: char) -> bool {
    // Most of what is ever asked about, and quickly told.
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// How many bytes of printable ASCII a text begins with: none of them [hidden](is_hidden), and most of what is ever said.
pub fn printable_ascii(text: &str) -> usize {
    let printable = |byte: u8| matches!(byte, b' '..=b'~');
    find_byte(text.as_bytes(), |byte| !printable(byte)).unwrap_or(text.len())
}

/// Where the first byte of a kind stands. Sixteen bytes are looked at at once, which takes a processor hardly longer than
/// one: byte by byte, such searches were half the work of a long line.
pub fn find_byte(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let (rows, _) = bytes.as_chunks::<16>();
    let holds_one = |row: &[u8; 16]| row.iter().fold(false, |any, byte| any | wanted(*byte));
    let passed = 16 * rows.iter().position(holds_one).unwrap_or(rows.len());
    let within = bytes[passed..].iter().position(|byte| wanted(*byte))?;
    Some(passed + within)
}

/// Allowed beside others, but nothing to see where it stands alone.
fn is_unseen_alone(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}' | '\u{2800}'
        )
}

/// Cuts a stream of bytes into lines of at most [`MAX_LINE`] bytes. Holds no memory between whole lines.
#[derive(Debug, Default)]
pub struct Lines {
    /// The beginning of a line whose end has not arrived, or, while `whole`, the line last given out.
    partial: Vec<u8>,
    whole: bool,
}

impl Lines {
    /// The next whole line, without its ending, from what is kept and `input`, which moves on past what was used.
    /// `None` keeps the rest of `input` for later.
    pub fn next<'s, 'i: 's>(
        &'s mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<&'s [u8]>, Malformed> {
        if self.whole {
            *self = Lines::default();
        }
        let end = find_byte(input, |byte| byte == b'\n');
        let taken = end.map_or(input.len(), |end| end + 1);
        // Without its end in sight a line needs one byte more at least.
        let length = self.partial.len() + taken + usize::from(end.is_none());
        if length > MAX_LINE {
            return Err(Malformed::TooLong);
        }
        let (head, rest) = input.split_at(taken);
        *input = rest;
        if self.partial.is_empty() && end.is_some() {
            return Ok(Some(without_ending(head)));
        }
        self.partial.extend_from_slice(head);
        self.whole = end.is_some();
        Ok(self.whole.then(|| without_ending(&self.partial)))
    }

    /// What has come of a line that is not whole yet.
    pub fn partial(&self) -> &[u8] {
        if self.whole { &[] } else { &self.partial }
    }
}

/// Bytes on their way to a socket. Holds no memory while it is empty. Whoever fills it bounds it.
#[derive(Debug, Default)]
pub struct Outbox {
    bytes: Vec<u8>,
    sent: usize,
}

impl Outbox {
    /// Where encoders append.
    pub fn tail(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// What the socket has not taken yet.
    pub fn unsent(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    /// The socket took the first `count` of the [`unsent`](Outbox::unsent) bytes.
    pub fn advance(&mut self, count: usize) {
        self.sent += count;
        if self.sent >= self.bytes.len() {
            *self = Outbox::default();
        } else if self.sent > self.bytes.len() / 2 {
            self.bytes.drain(..self.sent);
            self.sent = 0;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.unsent().is_empty()
    }

    /// What the socket has not taken yet, and leaves nothing.
    pub fn take(&mut self) -> Vec<u8> {
        let Outbox { mut bytes, sent } = std::mem::take(self);
        bytes.drain(..sent);
        bytes
    }

    /// Forgets what is in it, and gives its memory to whoever can use it.
    pub fn let_go(&mut self) -> Vec<u8> {
        std::mem::take(self).bytes
    }

    /// Takes memory that another has let go of, where it has none itself.
    pub fn adopt(&mut self, spare: &mut Vec<u8>) {
        if self.bytes.capacity() == 0 {
            self.bytes = std::mem::take(spare);
        }
    }
}

fn without_ending(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn after_version(line: &str) -> Result<&str, Malformed> {
    match line.split_once(' ').unwrap_or((line, "")) {
        ("MSG/1", rest) => Ok(rest),
        (other, _) if other.starts_with(MAGIC) => Err(Malformed::Version(first_word(line))),
        _ => Err(Malformed::verb(line)),
    }
}

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

/// A decimal number of digits alone: no sign, no space.
pub(super) fn number(text: &str) -> Option<u64> {
    // The parser would take a plus sign, too.
    let begins = text.starts_with(|c: char| c.is_ascii_digit());
    begins.then(|| text.parse().ok()).flatten()
}

/// The text, if it is exactly so many hexadecimal digits.
fn hexadecimal<const DIGITS: usize>(text: &str) -> Option<&str> {
    let digits = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then_some(text)
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
