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

mod notices;
mod trace;

pub use notices::{
    BAD_CODE, CODE_PROMPT, Delivery, Extent, LINE_IS_CUT_BY_TERMINAL, Loss, MYSELF, NAME_PROMPT,
    Notice, OVER, SEATS_TAKEN, Work, WorkEnds, arrived, away, back, count, disconnected,
    drawn_code, input_failed, left, lost, messages, progress, quoted, quoted_reason,
    sealed_message, sentence, system_error, undelivered, unread, yielded,
};
pub use trace::{CrossingDirection, diagnostic};

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt;
use std::fmt::Write as _;
use std::io::IsTerminal;

use ansi_term::{Colour as Base, Style};
use chrono::{DateTime, Datelike, Local, TimeZone, Timelike, Utc};

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

    /// Writes the same, of a date that is spelt already, to where it is shown: nothing is copied in between.
    pub fn write_message(
        &self,
        out: &mut impl fmt::Write,
        date: &str,
        author: Author,
        name: &str,
        text: &str,
    ) -> fmt::Result {
        self.write_row(out, date, Mark::Delivered, author, name, text)
    }

    /// One message of a history, where a line that is not yet acknowledged is marked:
    /// `22/11/2026 14:02:31* Alice  bonjour`.
    pub fn marked(&self, mark: Mark, author: Author, name: &str, line: &Line) -> String {
        let mut row = String::new();
        self.write_row(
            &mut row,
            &date(line.sent_at),
            mark,
            author,
            name,
            &line.text,
        )
        .expect("a String takes everything");
        row
    }

    fn write_row(
        &self,
        out: &mut impl fmt::Write,
        date: &str,
        mark: Mark,
        author: Author,
        name: &str,
        text: &str,
    ) -> fmt::Result {
        let style = match author {
            Author::Own => self.own,
            Author::Other => self.other,
        };
        let text = if self.keeps_tabs {
            safe_with_tabs(text)
        } else {
            safe(text)
        };
        write!(
            out,
            "{}{} {}  {text}",
            self.date.paint(date),
            mark.shown(),
            style.paint(shown_name(name)),
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
mod tests {
    use super::*;

    fn plain() -> Palette {
        Palette::new(Colour::Off)
    }

    fn line(text: &str) -> Line {
        Line {
            sent_at: 1_795_000_000_000,
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_message_is_its_date_its_name_and_its_text() {
        let row = plain().message(Author::Own, "Alice", &line("bonjour"));
        assert_eq!(row, format!("{}  Alice  bonjour", date(1_795_000_000_000)));
        let row = plain().marked(Mark::Pending, Author::Own, "Alice", &line("bonjour"));
        assert_eq!(row, format!("{}* Alice  bonjour", date(1_795_000_000_000)));
    }

    #[test]
    fn a_tab_stays_one_where_no_terminal_shows_it() {
        let line = line("a\tb\x1b");
        let row = plain().message(Author::Own, "Alice", &line);
        assert!(row.ends_with("  Alice  a    b\\x1b"), "{row:?}");
        let row = plain().keeping_tabs().message(Author::Own, "A\tb", &line);
        assert!(row.ends_with("  A b  a\tb\\x1b"), "{row:?}");
    }

    #[test]
    fn colours_are_base_colours_and_leave_the_text_alone() {
        let palette = Palette::new(Colour::On);
        let own = palette.message(Author::Own, "Alice", &line("bonjour"));
        let other = palette.message(Author::Other, "Bob", &line("bonjour"));
        assert!(own.ends_with("\x1b[36mAlice\x1b[0m  bonjour"), "{own:?}");
        assert!(
            other.ends_with("\x1b[1;35mBob\x1b[0m  bonjour"),
            "{other:?}"
        );
        assert_eq!(palette.notice("un"), "\x1b[32mun\x1b[0m");
        assert_eq!(palette.error("un"), "\x1b[31mun\x1b[0m");
    }

    #[test]
    fn colour_is_off_where_it_is_unwanted_or_unknown() {
        let choose = |no_color: Option<&str>, term: Option<&str>| {
            Colour::of_environment(no_color.map(OsStr::new), term.map(OsStr::new))
        };
        assert_eq!(choose(None, Some("xterm")), Colour::On);
        assert_eq!(choose(Some(""), Some("xterm")), Colour::On);
        assert_eq!(choose(Some("0"), Some("xterm")), Colour::Off);
        assert_eq!(choose(None, Some("dumb")), Colour::Off);
        assert_eq!(choose(None, None), Colour::Off);
    }

    #[test]
    fn every_hidden_character_is_shown_and_every_other_kept() {
        for c in ('\0'..=char::MAX).filter(|c| is_hidden(*c)) {
            let text = format!("a{c}b");
            let shown = safe(&text);
            assert!(!shown.contains(is_hidden), "{c:?} passes");
            assert!(
                shown.len() >= 4 && shown.starts_with('a') && shown.ends_with('b'),
                "{c:?} vanishes"
            );
        }
        for c in ('\0'..=char::MAX).filter(|c| !is_hidden(*c)) {
            assert_eq!(safe(&format!("a{c}b")), format!("a{c}b"));
        }
    }

    #[test]
    fn what_is_hidden_is_spelt_so_that_one_sees_it() {
        assert_eq!(safe("\x1b[2J\r\n\u{9b}1m"), "\\x1b[2J\\r\\n\\u{9b}1m");
        assert_eq!(
            safe("a\u{202e}b\u{e0041}\u{2028}"),
            "a\\u{202e}b\\u{e0041}\\u{2028}"
        );
        assert_eq!(safe("\x7f\0\ta"), "\\x7f\\x00    a");
    }

    #[test]
    fn writing_of_every_script_is_left_as_it_is() {
        for text in [
            "été, œuvre, « ça »",
            "日本語",
            "👩‍👩‍👧 👍🏽 ❤️",
            "مرحبا می‌خواهم",
            "हिन्दी",
            "שָׁלוֹם",
            "한글",
        ] {
            assert_eq!(safe(text), text);
        }
    }

    #[test]
    fn a_heap_of_combining_marks_is_cut_visibly() {
        let shown = safe("e").into_owned() + &"\u{301}".repeat(8);
        assert_eq!(safe(&shown), shown);
        let heap = format!("Z{}go{}", "\u{301}".repeat(1000), "\u{20dd}".repeat(9));
        assert_eq!(
            safe(&heap),
            format!("Z{}[…]go{}[…]", "\u{301}".repeat(8), "\u{20dd}".repeat(8))
        );
    }

    #[test]
    fn making_harmless_twice_changes_nothing() {
        let hostile: String = ('\0'..'\u{3000}').chain('\u{fe00}'..'\u{ffff}').collect();
        let once = safe(&hostile).into_owned();
        assert_eq!(safe(&once), once);
    }

    #[test]
    fn harmless_text_grows_at_most_fourfold() {
        for c in ('\0'..=char::MAX).filter(|c| is_hidden(*c)) {
            assert!(safe(&c.to_string()).len() <= 4 * c.len_utf8(), "{c:?}");
        }
    }

    #[test]
    fn a_date_is_the_viewers() {
        // Local midnight in whatever zone the test runs.
        let at = Local
            .with_ymd_and_hms(2026, 11, 22, 14, 2, 31)
            .unwrap()
            .timestamp_millis();
        assert_eq!(date(at as UnixMillis + 999), "22/11/2026 14:02:31");
    }

    #[test]
    fn a_day_is_told_in_french_words() {
        let told = |year, month, day| {
            let noon = Local.with_ymd_and_hms(year, month, day, 12, 0, 0);
            super::day(noon.unwrap().timestamp_millis() as UnixMillis)
        };
        assert_eq!(told(2026, 11, 22), "dimanche 22 novembre 2026");
        assert_eq!(told(2027, 2, 1), "lundi 1er février 2027");
        assert_eq!(super::day(u64::MAX), "jour inconnu");
    }

    #[test]
    fn no_date_is_too_far_off() {
        for at in (0..64)
            .map(|bit| u64::MAX >> bit)
            .chain((8_210_266_870_000_000..).step_by(3_600_000).take(100))
        {
            assert!(!date(at).is_empty());
        }
        assert_eq!(date(u64::MAX), "@18446744073709551");
        assert!(
            date(400_000_000_000_000).contains("/14645 "),
            "{}",
            date(400_000_000_000_000)
        );
    }

    #[test]
    fn a_name_ends_where_its_row_says_it_does() {
        let row = plain().message(Author::Other, "Bob  salut\n", &line("non"));
        assert!(row.ends_with("  Bob salut\\n  non"), "{row}");
    }
}
