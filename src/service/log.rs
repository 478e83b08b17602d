//! The log of a relay that nobody watches: one event a line on standard error.
//!
//! ```text
//! 22/11/2026 14:02:31  à l'écoute sur [::]:5000.
//! 22/11/2026 14:02:40  « Zoé » est là, de 192.168.1.7 (salon « tp3 »).
//! 22/11/2026 14:03:02  connexion de 10.0.0.9 refusée : pas de hello après 30 s.
//! 22/11/2026 14:03:12  … 1 204 autres refus.
//! ```
//!
//! A journal dates its lines itself; what it cannot know is how grave they are, so there each begins with `<N>` as
//! sd-daemon(3) has it, and without a date.

use std::fmt::{self, Write};
use std::time::SystemTime;

use super::supervisor::has_journal;
use crate::display;
use crate::output::{Flushed, Output};
use crate::protocol::hub::{Effect, SeatChange};
use crate::protocol::wire::Salon;
use crate::protocol::{Millis, UnixMillis, earliest};

/// Lines of one kind are counted together for so long.
const PERIOD: Millis = 10_000;
/// Most refusals told in a period: whoever is refused can come again at once.
const REFUSALS: u64 = 10;
/// Most arrivals, departures and what lies between told in a period; a whole class may come at the same moment.
const MOVES: u64 = 200;
/// Bytes that may wait for a reader of the log that stands still; then lines are left out, and counted.
const FULL: usize = 64 * 1024;
/// How long to leave a reader alone that stands still.
const PAUSE: Millis = 1_000;
/// Bytes set aside at once for a sentence or a line; few need more. Those that grew piece by piece left the allocator
/// pieces of every size, which it kept and nobody asked for again: 50 KiB after 200 lines, up to 190 KiB after 600.
const USUAL: usize = 256;

/// Where lines go, and how many.
#[derive(Debug)]
pub(super) struct Log {
    /// Nothing where standard error is closed.
    screen: Option<Output>,
    dates: LogDates,
    refusals: Cap,
    moves: Cap,
    /// Lines left out because nobody read.
    unread: u64,
    /// When to try again to write.
    retry_at: Option<Millis>,
}

/// Who dates the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LogDates {
    Ours,
    /// The journal does; lines begin with their severity instead.
    Journal,
}

/// How grave a line is, by the numbers of syslog(3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Severity {
    Error = 3,
    Warning = 4,
    Notice = 5,
    Info = 6,
}

impl Log {
    pub(super) fn stderr() -> Log {
        let dates = if has_journal() {
            LogDates::Journal
        } else {
            LogDates::Ours
        };
        Log::new(Output::stderr().ok(), dates)
    }

    fn new(screen: Option<Output>, dates: LogDates) -> Log {
        Log {
            screen,
            dates,
            refusals: Cap::new(REFUSALS),
            moves: Cap::new(MOVES),
            unread: 0,
            retry_at: None,
        }
    }

    /// Tells what happened, unless too much of its kind happens.
    pub(super) fn effect(&mut self, now: Millis, effect: &Effect) {
        let Some((severity, sentence)) = sentence(effect) else {
            return;
        };
        let cap = match effect {
            Effect::Refused { .. } => &mut self.refusals,
            _ => &mut self.moves,
        };
        if cap.admits(now) {
            self.say(now, severity, &sentence);
        }
    }

    /// One line, whatever the sentence holds.
    pub(super) fn say(&mut self, now: Millis, severity: Severity, sentence: &str) {
        let Some(screen) = &mut self.screen else {
            return;
        };
        if screen.pending() + sentence.len() > FULL {
            self.unread += 1;
            return;
        }
        screen.push(line(self.dates, severity, sentence).as_bytes());
        self.flush(now);
    }

    /// Tells how much was not told, once its period is over, and writes what waits.
    pub(super) fn tend(&mut self, now: Millis) {
        if let Some(more) = self.refusals.overflow(now) {
            let sentence = match more {
                1 => "… 1 autre refus.".to_owned(),
                more => format!("… {more} autres refus."),
            };
            self.say(now, Severity::Notice, &sentence);
        }
        if let Some(more) = self.moves.overflow(now) {
            let sentence = match more {
                1 => "… 1 autre allée ou venue.".to_owned(),
                more => format!("… {more} autres allées et venues."),
            };
            self.say(now, Severity::Notice, &sentence);
        }
        if self.retry_at.is_some_and(|at| at <= now) {
            self.flush(now);
        }
    }

    /// When [`tend`](Log::tend) must be called next.
    pub(super) fn next_timeout(&self) -> Option<Millis> {
        earliest([
            self.refusals.next_timeout(),
            self.moves.next_timeout(),
            self.retry_at,
        ])
    }

    fn flush(&mut self, now: Millis) {
        let Some(screen) = &mut self.screen else {
            return;
        };
        self.retry_at = match screen.flush() {
            Ok(Flushed::Blocked) => Some(now + PAUSE),
            Ok(Flushed::All) => None,
            // Nowhere is left to say that standard error failed; the next line tries again.
            Err(_) => None,
        };
        if self.retry_at.is_none() && self.unread > 0 {
            let unread = std::mem::take(&mut self.unread);
            let sentence = format!("… lignes que personne ne lisait : {unread}.");
            self.say(now, Severity::Warning, &sentence);
        }
    }
}

/// A line for a program's last words, as a log would have it.
pub fn error_line(sentence: &str) -> String {
    line(LogDates::Journal, Severity::Error, sentence)
}

fn line(dates: LogDates, severity: Severity, sentence: &str) -> String {
    let sentence = display::safe(sentence);
    match dates {
        LogDates::Ours => spelt(format_args!("{}  {sentence}\n", display::date(today()))),
        LogDates::Journal => spelt(format_args!("<{}>{sentence}\n", severity as u8)),
    }
}

fn spelt(text: fmt::Arguments<'_>) -> String {
    let mut spelt = String::with_capacity(USUAL);
    spelt.write_fmt(text).expect("a String takes everything");
    spelt
}

fn today() -> UnixMillis {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    since.as_millis() as UnixMillis
}

/// What the log says of an effect, if anything. Never a text, which a daemon's hub does not tell anyway.
fn sentence(effect: &Effect) -> Option<(Severity, String)> {
    let (change, name, salon) = match effect {
        Effect::Seat {
            change,
            name,
            salon,
        } => (change, display::quoted(name.as_str()), In(salon)),
        Effect::Refused {
            address, reason, ..
        } => {
            let sentence = spelt(format_args!("connexion de {address} refusée : {reason}."));
            return Some((Severity::Notice, sentence));
        }
        _ => return None,
    };
    let what = match change {
        SeatChange::Taken(address) => {
            let sentence = spelt(format_args!("{name} est là, de {address}{salon}."));
            return Some((Severity::Info, sentence));
        }
        SeatChange::Away => "ne répond plus : sa place est gardée",
        SeatChange::Back => "est de retour",
        SeatChange::Left => "a quitté la discussion",
        SeatChange::Yielded => "n'a rien écrit et cède sa place",
        SeatChange::Lost => "n'a pas pu revenir à temps",
    };
    let sentence = spelt(format_args!("{name} {what}{salon}."));
    Some((Severity::Info, sentence))
}

/// « (salon « tp3 ») », where there is one.
struct In<'a>(&'a Option<Salon>);

impl fmt::Display for In<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => Ok(()),
            Some(salon) => write!(f, " (salon {})", display::quoted(salon.as_str())),
        }
    }
}

/// At most so many lines in a period; the rest are counted.
#[derive(Debug)]
struct Cap {
    most: u64,
    /// When the period began, if one is under way.
    since: Option<Millis>,
    count: u64,
}

impl Cap {
    fn new(most: u64) -> Cap {
        Cap {
            most,
            since: None,
            count: 0,
        }
    }

    fn admits(&mut self, now: Millis) -> bool {
        if self.since.is_none_or(|since| now >= since + PERIOD) && self.held() == 0 {
            self.since = Some(now);
            self.count = 0;
        }
        self.count += 1;
        self.count <= self.most
    }

    /// At the end of the period, how many were not told, if any.
    fn overflow(&mut self, now: Millis) -> Option<u64> {
        self.next_timeout().filter(|&at| at <= now)?;
        self.since = None;
        Some(std::mem::take(&mut self.count) - self.most)
    }

    /// When to tell how many were not told.
    fn next_timeout(&self) -> Option<Millis> {
        let since = self.since.filter(|_| self.held() > 0)?;
        Some(since + PERIOD)
    }

    fn held(&self) -> u64 {
        self.count.saturating_sub(self.most)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixStream;

    use super::*;
    use crate::protocol::wire::Refusal;

    /// A log, and who reads it.
    fn log(dates: LogDates) -> (Log, UnixStream) {
        let (ours, reader) = UnixStream::pair().unwrap();
        reader.set_nonblocking(true).unwrap();
        (Log::new(Some(Output::new(&ours).unwrap()), dates), reader)
    }

    fn lines(reader: &mut UnixStream) -> Vec<String> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 64 * 1024];
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            bytes.extend_from_slice(&buffer[..count]);
        }
        let text = String::from_utf8(bytes).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    fn refused() -> Effect {
        Effect::Refused {
            address: "10.0.0.9".parse().unwrap(),
            refusal: Refusal::Slow,
            reason: "pas de hello après 30 s".to_owned(),
        }
    }

    fn left(name: &str) -> Effect {
        Effect::Seat {
            change: SeatChange::Left,
            name: name.parse().unwrap(),
            salon: Some("tp3".parse().unwrap()),
        }
    }

    #[test]
    fn a_journal_gets_the_severity_and_anybody_else_the_date() {
        let (mut log, mut reader) = self::log(LogDates::Journal);
        log.effect(0, &left("Zoé"));
        log.effect(0, &refused());
        assert_eq!(
            lines(&mut reader),
            [
                "<6>« Zoé » a quitté la discussion (salon « tp3 »).",
                "<5>connexion de 10.0.0.9 refusée : pas de hello après 30 s.",
            ]
        );
        let (mut log, mut reader) = self::log(LogDates::Ours);
        let day = |now| display::date(now)[..10].to_owned();
        let before = day(today());
        log.say(0, Severity::Notice, "à l'écoute.");
        let told = lines(&mut reader).remove(0);
        assert!(
            told.starts_with(&before) || told.starts_with(&day(today())),
            "{told}"
        );
        assert_eq!(told[19..], *"  à l'écoute.");
    }

    #[test]
    fn a_name_cannot_forge_a_line_or_the_end_of_its_quotes() {
        let (mut log, mut reader) = self::log(LogDates::Journal);
        log.effect(0, &left("Bob » est là. « Zoé"));
        let mut forged = refused();
        if let Effect::Refused { reason, .. } = &mut forged {
            *reason = "ligne « x\n<0>y\u{202e} »".to_owned();
        }
        log.effect(0, &forged);
        assert_eq!(
            lines(&mut reader),
            [
                "<6>« Bob \\u{bb} est là. \\u{ab} Zoé » a quitté la discussion (salon « tp3 »).",
                "<5>connexion de 10.0.0.9 refusée : ligne « x\\n<0>y\\u{202e} ».",
            ]
        );
    }

    #[test]
    fn a_flood_of_refusals_is_ten_lines_and_a_count() {
        let (mut log, mut reader) = self::log(LogDates::Journal);
        for now in 0..PERIOD {
            log.effect(now, &refused());
            log.tend(now);
        }
        assert_eq!(lines(&mut reader).len() as u64, REFUSALS);
        assert_eq!(log.next_timeout(), Some(PERIOD));
        log.tend(PERIOD);
        assert_eq!(lines(&mut reader), ["<5>… 9990 autres refus."]);
        assert_eq!(log.next_timeout(), None);
        // Moves are told beside refusals, and a quiet period owes nothing.
        log.effect(PERIOD, &left("Zoé"));
        log.effect(PERIOD, &refused());
        assert_eq!(lines(&mut reader).len(), 2);
        assert_eq!(log.next_timeout(), None);
    }

    #[test]
    fn a_reader_that_stands_still_costs_lines_and_no_memory() {
        let (mut log, mut reader) = self::log(LogDates::Journal);
        for now in 0..100_000 {
            log.say(
                now,
                Severity::Info,
                "une ligne parmi d'autres, ni courte ni longue",
            );
        }
        let screen = log.screen.as_ref().unwrap();
        assert!(screen.pending() <= FULL + 64);
        assert!(log.unread > 0);
        let told = lines(&mut reader).len();
        let retry_at = log.next_timeout().unwrap();
        log.tend(retry_at);
        let mut rest = lines(&mut reader);
        let last = rest.pop().unwrap();
        let missing = 100_000 - told - rest.len();
        assert_eq!(
            last,
            format!("<4>… lignes que personne ne lisait : {missing}.")
        );
        assert_eq!(log.next_timeout(), None);
    }
}
