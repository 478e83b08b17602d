//! What the relay shows its own person: the conversation on standard output, the rest on standard error.
//!
//! Every message is shown as long as the terminal keeps up, and a conversation that is faster waits for it. But a terminal
//! that stands still (Ctrl-S, a pipe nobody reads) must neither stop two other people for good nor fill the memory: see
//! [`ScreenPace`].

use std::io;

use crate::display::{Author, Colour, Mark, Palette};
use crate::output::{Flushed, Output};
use crate::platform::Sink;
use crate::protocol::hub::HeadFormat;
use crate::protocol::name::Name;
use crate::protocol::{Millis, UnixMillis};

/// Bytes that wait for the terminal when the conversation begins to wait, too.
const FULL: usize = 64 * 1024;
/// Bytes that may still wait when the conversation goes on.
const ROOM: usize = FULL / 2;
/// How long the conversation waits for a terminal that takes nothing: it stands still.
const SCREEN_TIMEOUT: Millis = 2_000;
/// How long it waits in all, until all is shown: with what [`GOOD_PACE`] adds, less than two who pour lines at each
/// other need to believe that nothing arrives (rule 6).
const PATIENCE: Millis = 5_000;
/// Bytes a millisecond of a terminal that is waited for without end, as it makes good the time that it takes.
const GOOD_PACE: usize = 256;
/// Bytes of notices that wait for a screen above which no more are told there. They are few, but a screen that stands still
/// does so for longer than few.
const NOTICES_FULL: usize = 3 * FULL;

/// The relay's screen.
pub struct Console {
    conversation: Output,
    /// Where standard error is another terminal or file than standard output: one queue keeps them in order.
    notices: Option<Output>,
    colour: Colour,
    notice_palette: Palette,
    pace: ScreenPace,
    /// For how much longer the conversation may wait for the terminal.
    patience: Millis,
    /// Bytes of notices since the screen had room.
    noticed: usize,
    /// Rows that were not shown, and nobody has been told of.
    unshown: u64,
    failure: Option<io::Error>,
}

/// Whether the terminal keeps up with the conversation. It changes in [`Console::flush`] alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ScreenPace {
    Together,
    /// The terminal is slower: clients are not read until it has made room. It was last looked at `since`, and last took
    /// something `moved_at`.
    HeldBack {
        since: Millis,
        moved_at: Millis,
    },
    /// The terminal stands still, or is too slow: messages are passed on without being shown, and counted, until all that
    /// waits for it is written.
    Apart,
}

impl Console {
    /// Standard output and standard error.
    ///
    /// # Errors
    /// When standard output is closed.
    pub fn new() -> io::Result<Console> {
        let conversation = Output::stdout()?;
        let notices = Output::stderr().ok();
        let same = conversation.is_terminal() && notices.as_ref().is_some_and(Output::is_terminal);
        Ok(Console {
            colour: Colour::choose(&io::stdout()),
            notice_palette: Palette::new(Colour::choose(&io::stderr())),
            ..Console::on(conversation, notices.filter(|_| !same))
        })
    }

    /// Any screens, without colours.
    fn on(conversation: Output, notices: Option<Output>) -> Console {
        Console {
            conversation,
            notices,
            colour: Colour::Off,
            notice_palette: Palette::new(Colour::Off),
            pace: ScreenPace::Together,
            patience: PATIENCE,
            noticed: 0,
            unshown: 0,
            failure: None,
        }
    }

    /// How the row of a message begins, of the seat on that side.
    pub fn head_format(&self) -> HeadFormat {
        fn head(colour: Colour, side: usize, name: &Name, sent_at: UnixMillis) -> String {
            let author = [Author::Own, Author::Other][side];
            Palette::new(colour).head(sent_at, Mark::Delivered, author, name.as_str())
        }
        match self.colour {
            Colour::Off => |side, name, sent_at| head(Colour::Off, side, name, sent_at),
            Colour::On => |side, name, sent_at| head(Colour::On, side, name, sent_at),
        }
    }

    /// Shows messages, a row each, or counts them while the terminal stands still.
    pub fn messages(&mut self, rows: &str) {
        if self.pace == ScreenPace::Apart || self.failure.is_some() {
            self.unshown += rows.lines().count() as u64;
        } else {
            self.conversation.push_through(rows.as_bytes());
        }
    }

    /// Shows what happened.
    pub fn notice(&mut self, sentence: &str) {
        let row = self.notice_palette.notice(sentence);
        self.aside(&row);
    }

    /// Shows a row as it is, or counts it while its screen has too much to write.
    pub fn aside(&mut self, row: &str) {
        if self.noticed < NOTICES_FULL {
            push_row(self.notices.as_mut().unwrap_or(&mut self.conversation), row);
            self.noticed += row.len() + 1;
        } else {
            self.unshown += 1;
        }
    }

    /// The colours of notices.
    pub fn notice_palette(&self) -> &Palette {
        &self.notice_palette
    }

    /// Writes what the terminals take.
    pub fn flush(&mut self, now: Millis) {
        if self.failure.is_none() {
            let before = self.conversation.pending();
            match self.conversation.flush() {
                Ok(flushed) => self.keep_pace(flushed, before - self.conversation.pending(), now),
                Err(error) => {
                    self.failure = Some(error);
                    self.pace = ScreenPace::Together;
                }
            }
        }
        self.flush_notices();
        let screen = self.notices.as_ref().unwrap_or(&self.conversation);
        if screen.pending() < ROOM {
            self.noticed = 0;
        }
        if self.pace == ScreenPace::Together && self.failure.is_none() {
            self.tell_unshown();
            self.flush_notices();
        }
    }

    fn flush_notices(&mut self) {
        if let Some(notices) = &mut self.notices {
            // Nowhere is left to say that standard error failed.
            let _ = notices.flush();
        }
    }

    /// The terminal has taken so many bytes.
    fn keep_pace(&mut self, flushed: Flushed, taken: usize, now: Millis) {
        let made_good = (taken / GOOD_PACE) as Millis;
        self.patience = PATIENCE.min(self.patience + made_good);
        if let ScreenPace::HeldBack { since, moved_at } = &mut self.pace {
            self.patience = self.patience.saturating_sub(now - *since);
            *since = now;
            if taken > 0 {
                *moved_at = now;
            }
        }
        let pending = self.conversation.pending();
        self.pace = match self.pace {
            _ if flushed == Flushed::All => {
                self.patience = PATIENCE;
                ScreenPace::Together
            }
            ScreenPace::Together if pending >= FULL => ScreenPace::HeldBack {
                since: now,
                moved_at: now,
            },
            ScreenPace::HeldBack { .. } if pending < ROOM => ScreenPace::Together,
            ScreenPace::HeldBack { moved_at, .. }
                if self.patience == 0 || now >= moved_at + SCREEN_TIMEOUT =>
            {
                ScreenPace::Apart
            }
            pace => pace,
        };
    }

    /// Whether clients should not be read for now. Only [`flush`](Console::flush) changes it.
    pub fn holds_back(&self) -> bool {
        matches!(self.pace, ScreenPace::HeldBack { .. })
    }

    /// When [`flush`](Console::flush) must be called, whether or not the terminal takes anything.
    pub fn next_timeout(&self) -> Option<Millis> {
        match self.pace {
            ScreenPace::HeldBack { since, moved_at } => {
                Some((since + self.patience).min(moved_at + SCREEN_TIMEOUT))
            }
            ScreenPace::Together | ScreenPace::Apart => None,
        }
    }

    /// Whether bytes wait for the terminal, and should when it is ready again.
    pub fn is_blocked(&self) -> bool {
        self.conversation.pending() > 0 && self.failure.is_none()
    }

    /// The terminal to wait for.
    pub fn sink(&self) -> &Sink {
        self.conversation.sink()
    }

    /// What kept messages from being shown, if anything did. A reader who had enough (`| head -1`) is no failure.
    pub fn into_failure(self) -> Option<io::Error> {
        self.failure
            .filter(|error| error.kind() != io::ErrorKind::BrokenPipe)
    }

    fn tell_unshown(&mut self) {
        if self.unshown == 0 || self.noticed >= NOTICES_FULL {
            return;
        }
        let sentence = match std::mem::take(&mut self.unshown) {
            1 => "1 ligne n'a pas été affichée".to_owned(),
            many => format!("{many} lignes n'ont pas été affichées"),
        };
        self.notice(&format!(
            "l'écran était arrêté : {sentence}, la discussion a continué."
        ));
    }
}

fn push_row(screen: &mut Output, row: &str) {
    screen.push(row.as_bytes());
    screen.push(b"\n");
}

#[cfg(test)]
mod tests {
    use std::io::{PipeReader, Read};

    use super::*;

    const TEXT: usize = 1000;

    /// A console on a pipe, and whoever reads it.
    fn piped() -> (Console, PipeReader) {
        let (reader, writer) = io::pipe().unwrap();
        (Console::on(Output::new(&writer).unwrap(), None), reader)
    }

    fn say(console: &mut Console, number: usize) {
        console.messages(&format!("{number:TEXT$}\n"));
    }

    /// Says messages until the terminal is too slow; the number of the next.
    fn say_until_held_back(console: &mut Console, now: Millis) -> usize {
        let mut number = 0;
        while !console.holds_back() {
            say(console, number);
            number += 1;
            console.flush(now);
        }
        number
    }

    /// Reads all that a console has for its reader.
    fn read_all(console: &mut Console, reader: &mut PipeReader, now: Millis) -> Vec<String> {
        let mut bytes = Vec::new();
        let mut read_some = |console: &mut Console| {
            let mut piece = [0; 4096];
            let count = reader.read(&mut piece).unwrap();
            bytes.extend_from_slice(&piece[..count]);
            console.flush(now);
            bytes.ends_with(b"end\n")
        };
        console.flush(now);
        while console.is_blocked() {
            read_some(console);
        }
        push_row(&mut console.conversation, "end");
        console.flush(now);
        while !read_some(console) {}
        let text = String::from_utf8(bytes).unwrap();
        text.lines()
            .filter(|row| *row != "end")
            .map(str::to_owned)
            .collect()
    }

    fn number_of(row: &str) -> Option<usize> {
        row.split_whitespace().last()?.parse().ok()
    }

    #[test]
    fn rows_of_the_first_seat_have_the_colour_of_ones_own_and_those_of_the_second_the_others() {
        let console = Console {
            colour: Colour::On,
            ..piped().0
        };
        let (head, palette) = (console.head_format(), Palette::new(Colour::On));
        let name = "Zoé".parse().unwrap();
        for (side, author) in [(0, Author::Own), (1, Author::Other)] {
            let expected = palette.head(0, Mark::Delivered, author, "Zoé");
            assert_eq!(head(side, &name, 0), expected);
        }
    }

    #[test]
    fn a_conversation_waits_for_a_terminal_that_is_slower_and_every_message_is_shown() {
        let (mut console, mut reader) = piped();
        let held = say_until_held_back(&mut console, 0);
        assert_eq!(console.next_timeout(), Some(SCREEN_TIMEOUT));
        let rows = read_all(&mut console, &mut reader, SCREEN_TIMEOUT - 1);
        assert!(!console.holds_back());
        assert_eq!(console.next_timeout(), None);
        let shown: Vec<usize> = rows.iter().filter_map(|row| number_of(row)).collect();
        assert_eq!(shown, (0..held).collect::<Vec<_>>());
    }

    #[test]
    fn a_terminal_that_makes_room_in_time_may_take_as_long_as_it_likes_for_all() {
        let (mut console, mut reader) = piped();
        say_until_held_back(&mut console, 0);
        let mut piece = vec![0; 4096];
        for now in (0..).step_by(SCREEN_TIMEOUT as usize / 16) {
            reader.read_exact(&mut piece).unwrap();
            console.flush(now);
            if !console.holds_back() {
                break;
            }
            assert!(now < SCREEN_TIMEOUT, "it was given up");
        }
        assert_eq!(console.pace, ScreenPace::Together);
        assert!(console.is_blocked());
    }

    /// How a console fares whose relay shows as much as it may, on a terminal that takes so many bytes each fifth of a
    /// second; and for how long it holds the conversation back.
    fn pace_on_terminal_that_takes(at_once: usize) -> (ScreenPace, Millis) {
        const FIFTH: Millis = 200;

        let (mut console, mut reader) = piped();
        let mut piece = vec![0; at_once];
        let mut held = 0;
        for now in (0..4 * PATIENCE).step_by(FIFTH as usize) {
            while console.pace == ScreenPace::Together {
                say(&mut console, 0);
                console.flush(now);
            }
            if console.pace == ScreenPace::Apart {
                break;
            }
            held += FIFTH;
            reader.read_exact(&mut piece).unwrap();
            console.flush(now + FIFTH);
        }
        (console.pace, held)
    }

    #[test]
    fn a_terminal_is_waited_for_without_end_at_a_good_pace_and_else_a_few_seconds_in_all() {
        let (pace, held) = pace_on_terminal_that_takes(GOOD_PACE * 200);
        assert_ne!(pace, ScreenPace::Apart);
        assert!(held > 3 * PATIENCE, "{held} ms");
        for at_once in [4096, GOOD_PACE * 100] {
            let (pace, held) = pace_on_terminal_that_takes(at_once);
            assert_eq!(pace, ScreenPace::Apart, "{at_once} bytes at once");
            // What it has taken has made good no more than its share.
            let share = PATIENCE * PATIENCE
                / (PATIENCE - PATIENCE * at_once as u64 / (GOOD_PACE as u64 * 200));
            assert!((PATIENCE..=share + 400).contains(&held), "{held} ms");
        }
    }

    #[test]
    fn a_notice_after_many_messages_is_shown_behind_them_on_a_terminal_that_moves() {
        let (mut console, mut reader) = piped();
        for number in 0..2_000 {
            say(&mut console, number);
        }
        console.notice("le client Zoé a quitté la discussion.");
        let rows = read_all(&mut console, &mut reader, 0);
        assert_eq!(rows.len(), 2_001);
        assert_eq!(rows[2_000], "le client Zoé a quitté la discussion.");
    }

    #[test]
    fn a_terminal_that_stands_still_lets_the_conversation_go_on_and_is_told_later_how_much_it_missed()
     {
        let (mut console, mut reader) = piped();
        let held = say_until_held_back(&mut console, 0);
        console.flush(SCREEN_TIMEOUT - 1);
        assert!(console.holds_back());
        console.flush(SCREEN_TIMEOUT);
        assert!(!console.holds_back());
        let pending = console.conversation.pending();
        for number in held..held + 1000 {
            say(&mut console, number);
            console.flush(SCREEN_TIMEOUT);
        }
        assert_eq!(console.conversation.pending(), pending);
        let mut rows = read_all(&mut console, &mut reader, 2 * SCREEN_TIMEOUT);
        say(&mut console, 5000);
        rows.extend(read_all(&mut console, &mut reader, 2 * SCREEN_TIMEOUT));
        let missed =
            "l'écran était arrêté : 1000 lignes n'ont pas été affichées, la discussion a continué.";
        assert_eq!(rows[held], missed);
        assert_eq!(number_of(&rows[held + 1]), Some(5000));
        assert_eq!(rows.len(), held + 2);
    }

    #[test]
    fn notices_on_a_screen_that_stands_still_are_bounded_and_counted() {
        let (mut console, mut reader) = piped();
        for _ in 0..20_000 {
            console.notice("connexion refusée.");
            console.flush(0);
        }
        assert!(console.conversation.pending() <= ROOM + NOTICES_FULL + 64);
        let rows = read_all(&mut console, &mut reader, 0);
        let told = rows
            .iter()
            .filter(|row| *row == "connexion refusée.")
            .count();
        let last = rows.last().unwrap();
        assert!(
            last.contains(&format!("{} lignes", 20_000 - told)),
            "{last}"
        );
    }

    #[test]
    fn notices_beside_the_conversation_are_all_told_where_they_are_taken_at_once() {
        let file = std::fs::File::options().write(true).open("/dev/null");
        let notices = Output::new(&file.unwrap()).unwrap();
        let (_reader, writer) = io::pipe().unwrap();
        let mut console = Console::on(Output::new(&writer).unwrap(), Some(notices));
        for now in 0..10 {
            for _ in 0..NOTICES_FULL / 2 / 32 {
                console.notice("0123456789012345678901234567890");
            }
            console.flush(now);
            assert_eq!(console.unshown, 0);
        }
    }

    #[test]
    fn a_reader_that_is_gone_holds_nobody_back_and_is_no_failure() {
        let (mut console, reader) = piped();
        drop(reader);
        for number in 0..1000 {
            say(&mut console, number);
            console.flush(0);
        }
        assert!(!console.holds_back() && !console.is_blocked());
        assert!(console.into_failure().is_none());
    }
}
