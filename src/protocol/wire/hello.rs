//! The first line of either side, and what stands in it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::protocol::name::{MAX_NAME, Name};

use super::{MAGIC, Malformed, fields, first_word, number, write};

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

impl Hello {
    /// Reads a client's first line, given without its ending.
    pub fn decode(line: &[u8]) -> Result<Hello, Malformed> {
        let line = std::str::from_utf8(line).map_err(|_| Malformed::NotUtf8)?;
        let rest = after_version(line)?;
        let [pid, token, salon, name] = fields(rest).ok_or_else(|| Malformed::verb(line))?;
        let (salon, partner) = salon
            .split_once('/')
            .map_or((salon, None), |(salon, partner)| (salon, Some(partner)));
        let salon = Some(salon).filter(|salon| *salon != "-");
        let malformed = |()| Malformed::verb(line);
        Ok(Hello {
            pid: pid.parse().map_err(malformed)?,
            token: token.parse().map_err(malformed)?,
            salon: salon.map(str::parse).transpose().map_err(malformed)?,
            partner: partner.map(str::parse).transpose().map_err(malformed)?,
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
        *self
            == Hello {
                partner: self.partner,
                ..other.clone()
            }
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

fn after_version(line: &str) -> Result<&str, Malformed> {
    match line.split_once(' ').unwrap_or((line, "")) {
        ("MSG/1", rest) => Ok(rest),
        (other, _) if other.starts_with(MAGIC) => Err(Malformed::Version(first_word(line))),
        _ => Err(Malformed::verb(line)),
    }
}

/// The name of a room: 1 to [`MAX_NAME`] letters, digits, `-`, `_` and `.`, and not `-` alone. A copy takes no memory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Salon(Arc<str>);

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

/// The text, if it is exactly so many hexadecimal digits.
fn hexadecimal<const DIGITS: usize>(text: &str) -> Option<&str> {
    let digits = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then_some(text)
}
