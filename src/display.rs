//! What a person may see: sentences in French, dates in the viewer's zone, colours, hostile text made harmless.
//!
//! A conversation is shown as rows. A message's row begins with its date and a notice's never does, so that no name and
//! no text can pass for a notice:
//!
//! ```text
//! « Bob » est là.
//! 22/11/2026 14:02:31  Alice  bonjour
//! 22/11/2026 14:02:40  Bob  salut
//! le client Bob a quitté la discussion.
//! ```
//!
//! Every function here returns one row: harmless, whatever the peers sent, and without a line ending.

mod delivery;
mod notices;
mod trace;

pub use delivery::{
    Delivery, Extent, Loss, Work, WorkEnds, count, messages, progress, undelivered, unread,
};
pub use notices::{
    BAD_CODE, CODE_PROMPT, LINE_IS_CUT_BY_TERMINAL, MYSELF, NAME_PROMPT, Notice, OVER, SEATS_TAKEN,
    arrived, away, back, disconnected, drawn_code, input_failed, left, lost, quoted, quoted_reason,
    sealed_message, sentence, system_error, yielded,
};
pub use trace::{CrossingDirection, diagnostic};

use std::borrow::Cow;
use std::cell::RefCell;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::IsTerminal;

use ansi_term::{Colour as Base, Style};
use chrono::{DateTime, Datelike, Local, TimeZone, Timelike, Utc};

use crate::platform;
use crate::protocol::heads::Head;
use crate::protocol::hygiene::is_hidden;
pub use crate::protocol::hygiene::{safe, safe_with_tabs};
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
    /// Whether the tabs of a message's text stay: a terminal is shown spaces.
    keeps_tabs: bool,
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

/// A row of what was said before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PastRow {
    /// A line of the record, harmless, as it stands there.
    Recorded(String),
    /// A line of this conversation.
    Spoken {
        mark: Mark,
        author: Author,
        name: String,
        line: Line,
    },
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
            platform::term().as_deref(),
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
                keeps_tabs: false,
            },
            // Cyan and magenta are legible on black and on white, and differ for the colour-blind as well.
            Colour::On => Palette {
                own: Base::Cyan.normal(),
                other: Base::Purple.bold(),
                date: plain.dimmed(),
                notice: Base::Green.normal(),
                error: Base::Red.normal(),
                command: plain.bold(),
                keeps_tabs: false,
            },
        }
    }

    /// The same, for what no terminal shows: a tab in a message stays one.
    pub fn keeping_tabs(self) -> Palette {
        Palette {
            keeps_tabs: true,
            ..self
        }
    }

    /// One message: `22/11/2026 14:02:31  Alice  bonjour`.
    pub fn message(&self, author: Author, name: &str, line: &Line) -> String {
        self.marked(Mark::Delivered, author, name, line)
    }

    /// One message of a history, where a line that is not yet acknowledged is marked:
    /// `22/11/2026 14:02:31* Alice  bonjour`.
    pub fn marked(&self, mark: Mark, author: Author, name: &str, line: &Line) -> String {
        let mut row = self.head(line.sent_at, mark, author, name);
        row.push_str(&self.text(&line.text));
        row
    }

    /// How a message's row begins, up to its [text](Palette::text): the same for all that a person says in one second.
    pub fn head(&self, sent_at: UnixMillis, mark: Mark, author: Author, name: &str) -> String {
        let style = match author {
            Author::Own => self.own,
            Author::Other => self.other,
        };
        format!(
            "{}{} {}  ",
            self.date.paint(date(sent_at)),
            mark.shown(),
            style.paint(shown_name(name)),
        )
    }

    /// A message's text as its row shows it.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.keeps_tabs {
            safe_with_tabs(text)
        } else {
            safe(text)
        }
    }

    /// Something that happened to the conversation.
    pub fn notice(&self, sentence: &str) -> String {
        self.notice.paint(safe(sentence)).to_string()
    }

    /// Something that went wrong, or that a person must put right.
    pub fn error(&self, sentence: &str) -> String {
        self.error.paint(safe(sentence)).to_string()
    }

    /// What a person is told, in its colour; nothing where there is nothing to say.
    pub fn told(&self, notice: &Notice) -> Option<String> {
        let sentence = notice.sentence()?;
        Some(if notice.is_error() {
            self.error(&sentence)
        } else {
            self.notice(&sentence)
        })
    }

    /// A row of what was said before.
    pub fn past(&self, row: &PastRow) -> String {
        match row {
            PastRow::Recorded(row) => row.clone(),
            PastRow::Spoken {
                mark,
                author,
                name,
                line,
            } => self.marked(*mark, *author, name, line),
        }
    }

    /// The mark of what was written, in the colour of how things stand with it.
    pub fn delivery(&self, delivery: Delivery, mark: &str) -> String {
        let style = match delivery {
            Delivery::Received | Delivery::Sent => self.notice,
            Delivery::Untold | Delivery::UnderWay(_) | Delivery::Waiting(_) => self.date,
        };
        style.paint(mark).to_string()
    }

    /// Which lines of ours did not arrive, as far as is known: a heading and each of them, or nothing.
    pub fn undelivered(&self, name: &str, lines: &[Line], loss: Loss) -> Vec<String> {
        let heading =
            undelivered(lines.len(), loss).map(|heading| self.error(&format!("{heading} :")));
        let messages = lines
            .iter()
            .map(|line| self.message(Author::Own, name, line));
        heading.into_iter().chain(messages).collect()
    }

    /// A line that somebody is to type in a shell.
    pub fn command(&self, line: &str) -> String {
        self.command.paint(line).to_string()
    }
}

/// A date and time in the viewer's zone: `22/11/2026 14:02:31`.
///
/// A peer may send any number. A far-off date is shown as it is (`01/01/12026 00:00:00`), and one outside of the
/// calendar as its seconds.
pub fn date(at: UnixMillis) -> String {
    thread_local! {
        /// Nobody's head: a date alone. Some systems read their rules for the zone anew for each.
        static LAST: RefCell<Head> = RefCell::default();
    }

    LAST.with_borrow_mut(|last| last.of(at, || spell_date(at)).to_owned())
}

fn spell_date(at: UnixMillis) -> String {
    let mut shown = String::with_capacity("22/11/2026 14:02:31".len());
    match local(at) {
        Some(at) => write!(
            shown,
            "{:02}/{:02}/{:04} {:02}:{:02}:{:02}",
            at.day(),
            at.month(),
            at.year(),
            at.hour(),
            at.minute(),
            at.second()
        ),
        None => write!(shown, "@{}", at / 1_000),
    }
    .expect("a String takes everything");
    shown
}

/// A day in the viewer's zone, as a heading: `dimanche 22 novembre 2026`.
pub fn day(at: UnixMillis) -> String {
    const DAYS: [&str; 7] = [
        "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
    ];
    const MONTHS: [&str; 12] = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ];
    let Some(at) = local(at) else {
        return "jour inconnu".to_owned();
    };
    let first = if at.day() == 1 { "er" } else { "" };
    let weekday = DAYS[at.weekday().num_days_from_monday() as usize];
    let month = MONTHS[at.month0() as usize];
    format!("{weekday} {}{first} {month} {}", at.day(), at.year())
}

/// A point in the viewer's zone; `None` for a number outside of the calendar.
fn local(at: UnixMillis) -> Option<DateTime<Local>> {
    // A day less than what chrono can hold, because moving to the viewer's zone adds up to one.
    const LAST: i64 = DateTime::<Utc>::MAX_UTC.timestamp_millis() - 86_400_000;
    let at = i64::try_from(at).ok().filter(|at| *at <= LAST)?;
    Local.timestamp_millis_opt(at).single()
}

/// A name made harmless: as [`safe`], and with single spaces only, because two of them end the name in a row.
pub fn safe_name(name: &str) -> String {
    shown_name(name).into_owned()
}

/// The same; most names are harmless as they are.
fn shown_name(name: &str) -> Cow<'_, str> {
    let safe = safe(name);
    let ends_word = |c: char| c.is_whitespace() && c != ' ';
    if safe
        .split(' ')
        .all(|word| !word.is_empty() && !word.contains(ends_word))
    {
        return safe;
    }
    let words: Vec<&str> = safe.split_whitespace().collect();
    Cow::Owned(words.join(" "))
}

#[cfg(test)]
mod tests;
