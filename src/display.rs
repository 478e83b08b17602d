//! What a person may see: sentences in French, dates in the viewer's zone, colours, hostile text made harmless.
//!
//! A conversation is shown as rows. A message's row begins with its date, so that no name and no text can pass for a
//! notice, whose row begins with a word:
//!
//! ```text
//! « Bob » est là.
//! 22/11/2026 14:02:31  Alice  bonjour
//! 22/11/2026 14:02:40  Bob  salut
//! le client Bob a quitté la discussion.
//! ```
//!
//! Every function here returns one row: harmless, whatever the peers sent, and without line ending.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::net::SocketAddr;

use ansi_term::{Colour as Base, Style};
use chrono::{Local, TimeZone, Timelike};
use unicode_width::UnicodeWidthChar;

use crate::peer::{Ending, Event};
use crate::protocol::wire::is_hidden;
use crate::protocol::{Line, UnixMillis};

/// Turns what happened into rows, coloured or not.
///
/// Only the sixteen base colours are used, which every terminal's theme keeps legible, and a message's text keeps the
/// default foreground.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    own: Style,
    other: Style,
    date: Style,
    notice: Style,
    error: Style,
    command: Style,
}

/// Whether rows carry colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    Off,
    On,
}

/// Whose message a row shows. On the relay's screen, [`Author::Own`] is the first seat and [`Author::Other`] the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    Own,
    Other,
}

/// Whether the other person's client is known to hold a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Not yet acknowledged: shown as [`Mark::PENDING`] after the date.
    Pending,
    Delivered,
}

impl Mark {
    /// What stands after the date of a line that is not yet acknowledged. One byte, so that a file is patched in place.
    pub const PENDING: char = '*';

    fn shown(self) -> char {
        match self {
            Mark::Pending => Mark::PENDING,
            Mark::Delivered => ' ',
        }
    }
}

impl Colour {
    /// Colours on a terminal, unless `NO_COLOR` holds something or `TERM` is `dumb` or missing.
    pub fn choose(output: &impl IsTerminal) -> Colour {
        if !output.is_terminal() {
            return Colour::Off;
        }
        Colour::of_environment(
            std::env::var_os("NO_COLOR").as_deref(),
            std::env::var_os("TERM").as_deref(),
        )
    }

    fn of_environment(no_color: Option<&OsStr>, term: Option<&OsStr>) -> Colour {
        let unwanted = no_color.is_some_and(|value| !value.is_empty());
        match term.and_then(OsStr::to_str) {
            None | Some("" | "dumb") => Colour::Off,
            Some(_) if unwanted => Colour::Off,
            Some(_) => Colour::On,
        }
    }
}

impl Palette {
    /// The colours of every screen of `msg`; none at all with [`Colour::Off`].
    pub fn new(colour: Colour) -> Palette {
        let plain = Style::new();
        match colour {
            Colour::Off => Palette {
                own: plain,
                other: plain,
                date: plain,
                notice: plain,
                error: plain,
                command: plain,
            },
            // Cyan and magenta are legible on black and on white, and differ for the colour-blind as well.
            Colour::On => Palette {
                own: Base::Cyan.normal(),
                other: Base::Purple.bold(),
                date: plain.dimmed(),
                notice: Base::Green.normal(),
                error: Base::Red.normal(),
                command: plain.bold(),
            },
        }
    }

    /// One message: `22/11/2026 14:02:31  Alice  bonjour`.
    pub fn message(&self, author: Author, name: &str, line: &Line) -> String {
        self.marked(Mark::Delivered, author, name, line)
    }

    /// One message of a history, where a line that is not yet acknowledged is marked:
    /// `22/11/2026 14:02:31* Alice  bonjour`.
    pub fn marked(&self, mark: Mark, author: Author, name: &str, line: &Line) -> String {
        let style = match author {
            Author::Own => self.own,
            Author::Other => self.other,
        };
        format!(
            "{}{} {}  {}",
            self.date.paint(date(line.sent_at)),
            mark.shown(),
            style.paint(safe_name(name)),
            safe(&line.text)
        )
    }

    /// Something that happened to the conversation.
    pub fn notice(&self, sentence: &str) -> String {
        self.notice.paint(safe(sentence)).to_string()
    }

    /// Something that went wrong, or that a person must put right.
    pub fn error(&self, sentence: &str) -> String {
        self.error.paint(safe(sentence)).to_string()
    }

    /// What the other person types to reach this relay: `msg --connect 192.168.1.12:5000 --nom VOTRE_NOM`.
    pub fn invitation(&self, address: SocketAddr) -> String {
        self.command
            .paint(format!("msg --connect {address} --nom VOTRE_NOM"))
            .to_string()
    }
}

/// A date and time in the viewer's zone: `22/11/2026 14:02:31`.
///
/// A peer may send any number. A far-off date is shown as it is (`01/01/12026 00:00:00`), and a number outside of the
/// calendar as the number.
pub fn date(at: UnixMillis) -> String {
    use chrono::Datelike;
    // A day less than what chrono can hold, because moving to the viewer's zone adds up to one.
    const LAST: i64 = chrono::DateTime::<chrono::Utc>::MAX_UTC.timestamp_millis() - 86_400_000;
    let local = i64::try_from(at)
        .ok()
        .filter(|at| *at <= LAST)
        .and_then(|at| Local.timestamp_millis_opt(at).single());
    match local {
        Some(at) => format!(
            "{:02}/{:02}/{:04} {:02}:{:02}:{:02}",
            at.day(),
            at.month(),
            at.year(),
            at.hour(),
            at.minute(),
            at.second()
        ),
        None => format!("@{at}"),
    }
}

/// Hostile text made harmless: what could move the cursor, reorder, hide or forge is shown escaped (`\x1b`, `\u{202e}`),
/// a tab as four spaces, and of a heap of combining marks the first eight, then `[…]`.
///
/// Takes time linear in the length of the text, and harmless text comes back as it is; so does what was made harmless.
pub fn safe(text: &str) -> Cow<'_, str> {
    /// Real writing stacks five at most.
    const MARKS: usize = 8;
    const CUT: &str = "[…]";

    // Printable ASCII is harmless as it stands, and most of what is ever shown.
    let harmless = text
        .bytes()
        .take_while(|byte| (b' '..=b'~').contains(byte))
        .count();
    if harmless == text.len() {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    shown.push_str(&text[..harmless]);
    let mut marks = 0;
    for c in text[harmless..].chars() {
        if is_hidden(c) {
            escape(c, &mut shown);
            marks = 0;
        } else if c.width() == Some(0) {
            marks += 1;
            match marks {
                ..=MARKS => shown.push(c),
                _ if marks == MARKS + 1 => shown.push_str(CUT),
                _ => {}
            }
        } else {
            shown.push(c);
            marks = 0;
        }
    }
    Cow::Owned(shown)
}

fn escape(c: char, shown: &mut String) {
    match c {
        '\t' => shown.push_str("    "),
        '\n' | '\r' => shown.extend(c.escape_default()),
        '\0'..='\x7f' => {
            write!(shown, "\\x{:02x}", u32::from(c)).expect("a String takes everything")
        }
        _ => shown.extend(c.escape_unicode()),
    }
}

/// A name made harmless: as [`safe`], and with single spaces only, because two of them end the name in a row.
fn safe_name(name: &str) -> String {
    let safe = safe(name);
    let mut shown = String::with_capacity(safe.len());
    for word in safe.split_whitespace() {
        if !shown.is_empty() {
            shown.push(' ');
        }
        shown.push_str(word);
    }
    shown
}

/// A name within a sentence. The guillemets keep « Bob a quitté la discussion » from being read as part of it, so
/// the name's own are shown escaped.
fn quoted(name: &str) -> String {
    format!(
        "« {} »",
        safe_name(name)
            .replace('«', "\\u{ab}")
            .replace('»', "\\u{bb}")
    )
}

/// What a person is told of an event; nothing for those that are shown as messages or not at all.
pub fn sentence(event: &Event) -> Option<String> {
    let told = match event {
        Event::Waiting => {
            "en attente de l'autre personne ; ce que vous écrivez déjà lui sera remis à son arrivée.".to_owned()
        }
        Event::Arrived { name } => arrived(name),
        Event::Received { .. } | Event::Delivered { .. } => return None,
        Event::Cut { reason, held } => {
            let waiting = messages(*held).map_or_else(String::new, |lines| format!(", {lines} en attente"));
            format!("connexion coupée ({}) : nouvelle tentative en cours{waiting}…", cause(reason))
        }
        Event::Restored { delivered } => match messages(*delivered) {
            None => "connexion rétablie.".to_owned(),
            Some(lines) => format!("connexion rétablie : {lines} remis."),
        },
        Event::Away { name, held } => away(name, *held),
        Event::Back { name, delivered } => back(name, *delivered),
        Event::Left { name } => left(name),
        Event::Lost { name } => lost(name),
        Event::Undelivered { lines } => match lines.len() {
            0 => return None,
            1 => "1 message n'a pas été remis :".to_owned(),
            n => format!("{n} messages n'ont pas été remis :"),
        },
        Event::Ended(ending) => return farewell(ending),
    };
    Some(told)
}

/// Someone sits down.
pub fn arrived(name: &str) -> String {
    format!("{} est là.", quoted(name))
}

/// Someone's connection is cut and the seat is kept; `held` lines wait for them (0 where nobody counts, as on a relay).
pub fn away(name: &str, held: usize) -> String {
    let waiting = match held {
        0 => String::new(),
        1 => ", 1 message l'attend".to_owned(),
        n => format!(", {n} messages l'attendent"),
    };
    format!(
        "{} ne répond plus : sa place est gardée{waiting}.",
        quoted(name)
    )
}

/// Someone takes up the seat again; `delivered` lines that had waited have arrived.
pub fn back(name: &str, delivered: usize) -> String {
    match messages(delivered) {
        None => format!("{} est de retour.", quoted(name)),
        Some(lines) => format!("{} est de retour : {lines} remis.", quoted(name)),
    }
}

/// Someone has left: the assignment's sentence, to the letter.
pub fn left(name: &str) -> String {
    format!("le client {} a quitté la discussion.", safe_name(name))
}

/// Someone did not come back in time.
pub fn lost(name: &str) -> String {
    format!(
        "{} n'a pas pu revenir à temps : la discussion est terminée.",
        quoted(name)
    )
}

/// On a relay's screen, once both seats are taken.
pub const SEATS_TAKEN: &str = "les deux places sont prises : le relais n'écoute plus.";

/// On a relay's screen, when all is said.
pub const OVER: &str = "la discussion est terminée.";

/// The last words of a connection, with what to do next; nothing when everybody has had their say.
fn farewell(ending: &Ending) -> Option<String> {
    let told = match ending {
        Ending::Over => return None,
        Ending::NoRelay { address, reason } => {
            let port = address.rsplit(':').next().unwrap_or("5000");
            format!(
                "aucun relais à {} ({}) : vérifiez l'adresse, ou lancez-y « msg --relay :{} ».",
                safe(address),
                cause(reason),
                safe(port)
            )
        }
        Ending::Refused { code, reason } => refused(code, reason),
        Ending::Protocol { reason } => format!(
            "ce qui répond à cette adresse n'est pas un relais msg ({}) : vérifiez l'adresse et le port.",
            cause(reason)
        ),
        Ending::Stopped => {
            "le relais a été arrêté : relancez-le, puis reconnectez-vous.".to_owned()
        }
    };
    Some(told)
}

/// Why a relay refused us, by the code of its `ERR` line.
fn refused(code: &str, reason: &str) -> String {
    let detail = cause(reason);
    match code {
        "full" => "deux personnes discutent déjà ici : attendez qu'elles aient fini, ou essayez un autre port.".to_owned(),
        "name" => format!("le relais refuse ce nom ({detail}) : choisissez-en un autre avec --nom."),
        "version" => format!(
            "le relais parle une autre version du protocole ({detail}) : installez la même version de msg des deux côtés."
        ),
        "line" => format!("le relais refuse une ligne ({detail}) : reconnectez-vous et écrivez plus court."),
        "slow" => format!("le relais a raccroché, car cet écran lisait trop lentement ({detail}) : reconnectez-vous."),
        "replaced" => "cette place a été reprise par une autre connexion du même client : continuez là-bas.".to_owned(),
        "proto" => format!(
            "le relais n'a pas compris ce client ({detail}) : comparez les versions des deux côtés avec « msg --version »."
        ),
        _ => format!("le relais refuse la connexion ({} : {detail}) : réessayez plus tard.", cause(code)),
    }
}

/// The reason for a failure, in French where the operating system gives the usual ones, and short whoever words it.
pub fn cause(reason: &str) -> String {
    /// In characters: enough for a reason, too little to push the rest of a notice off the screen.
    const LONGEST: usize = 120;

    let number = reason
        .split_once("(os error ")
        .and_then(|(_, end)| end.trim_end_matches(')').parse().ok());
    if let Some(french) =
        number.and_then(|number| system_cause(std::io::Error::from_raw_os_error(number).kind()))
    {
        return french.to_owned();
    }
    if reason.starts_with("failed to lookup address information") {
        return "machine inconnue".to_owned();
    }
    match safe(reason) {
        reason if reason.is_empty() => "sans raison donnée".to_owned(),
        reason => match reason.char_indices().nth(LONGEST) {
            None => reason.into_owned(),
            Some((end, _)) => format!("{}…", &reason[..end]),
        },
    }
}

fn system_cause(kind: std::io::ErrorKind) -> Option<&'static str> {
    use std::io::ErrorKind;
    Some(match kind {
        ErrorKind::ConnectionRefused => "connexion refusée",
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            "connexion rompue"
        }
        ErrorKind::TimedOut => "pas de réponse",
        ErrorKind::HostUnreachable => "machine injoignable",
        ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => "réseau injoignable",
        ErrorKind::AddrInUse => "adresse déjà prise",
        ErrorKind::AddrNotAvailable => "adresse étrangère à cette machine",
        ErrorKind::PermissionDenied => "interdit",
        ErrorKind::NotFound => "introuvable",
        ErrorKind::IsADirectory => "c'est un dossier",
        ErrorKind::NotADirectory => "ce chemin passe par un fichier",
        ErrorKind::ReadOnlyFilesystem => "disque en lecture seule",
        ErrorKind::StorageFull => "disque plein",
        ErrorKind::QuotaExceeded => "quota dépassé",
        ErrorKind::FileTooLarge => "fichier trop gros",
        _ => return None,
    })
}

/// « 1 message », « 3 messages »; nothing for none.
fn messages(lines: usize) -> Option<String> {
    match lines {
        0 => None,
        1 => Some("1 message".to_owned()),
        n => Some(format!("{n} messages")),
    }
}
