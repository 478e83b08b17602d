//! What the relay shows its own person: the conversation on standard output, the rest on standard error.
//!
//! A terminal that stands still (Ctrl-S, a pipe nobody reads) must neither stop the conversation for good nor fill the
//! memory: see [`Show::holds_back`].

use std::io;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;

use crate::display::{Author, Colour, Palette};
use crate::protocol::{Line, Millis};
use crate::screen::{Flushed, Screen};

/// Bytes that may wait for a slow terminal before the conversation is held back.
const FULL: usize = 64 * 1024;
/// How long a terminal that does not move at all may hold the conversation back; from then on messages are passed on
/// without being shown.
const PATIENCE: Millis = 2_000;

/// The relay's screen.
pub struct Show {
    conversation: Screen,
    /// Where standard error is another terminal or file than standard output: one queue keeps them in order.
    notices: Option<Screen>,
    palette: Palette,
    notice_palette: Palette,
    /// Since when the conversation's terminal takes nothing, while bytes wait for it.
    stuck_since: Option<Millis>,
    unshown: u64,
    failure: Option<io::Error>,
}

impl Show {
    /// Standard output and standard error.
    ///
    /// # Errors
    /// When standard output is closed.
    pub fn new() -> io::Result<Show> {
        let conversation = Screen::stdout()?;
        let notices = Screen::stderr().ok();
        let same = conversation.is_terminal() && notices.as_ref().is_some_and(Screen::is_terminal);
        Ok(Show {
            palette: Palette::new(Colour::choose(&io::stdout())),
            notice_palette: Palette::new(Colour::choose(&io::stderr())),
            conversation,
            notices: notices.filter(|_| !same),
            stuck_since: None,
            unshown: 0,
            failure: None,
        })
    }

    /// Shows a message, or counts it while the terminal is stuck.
    pub fn message(&mut self, now: Millis, author: Author, name: &str, line: &Line) {
        if self.is_stuck(now) {
            self.unshown += 1;
            return;
        }
        let row = self.palette.message(author, name, line);
        push_row(&mut self.conversation, &row);
    }

    /// Shows what happened.
    pub fn notice(&mut self, sentence: &str) {
        let row = self.notice_palette.notice(sentence);
        self.aside(&row);
    }

    /// Shows a row as it is.
    pub fn aside(&mut self, row: &str) {
        let screen = self.notices.as_mut().unwrap_or(&mut self.conversation);
        // Notices are few, but an endless stuck terminal is longer than few.
        if screen.pending() < 2 * FULL {
            push_row(screen, row);
        }
    }

    /// The colours of notices.
    pub fn notice_palette(&self) -> &Palette {
        &self.notice_palette
    }

    /// Writes what the terminals take.
    pub fn flush(&mut self, now: Millis) {
        if let Some(notices) = &mut self.notices {
            // Nowhere is left to say that standard error failed.
            let _ = notices.flush();
        }
        let before = self.conversation.pending();
        if before == 0 || self.failure.is_some() {
            return;
        }
        match self.conversation.flush() {
            Ok(Flushed::All) => {
                self.stuck_since = None;
                self.tell_unshown();
            }
            Ok(Flushed::Blocked) if self.conversation.pending() < before => {
                self.stuck_since = Some(now);
            }
            Ok(Flushed::Blocked) => {
                self.stuck_since.get_or_insert(now);
            }
            Err(error) => self.failure = Some(error),
        }
    }

    /// Whether clients should not be read for now: the terminal is slower than the conversation, but it moves.
    pub fn holds_back(&self, now: Millis) -> bool {
        self.conversation.pending() >= FULL && !self.is_stuck(now)
    }

    /// When [`holds_back`](Show::holds_back) may change by itself.
    pub fn deadline(&self, now: Millis) -> Option<Millis> {
        let holding = self.holds_back(now);
        let since = self.stuck_since.filter(|_| holding)?;
        Some(since + PATIENCE)
    }

    /// Whether bytes wait for the terminal, and should when it is ready again.
    pub fn is_blocked(&self) -> bool {
        self.conversation.pending() > 0 && self.failure.is_none()
    }

    /// The terminal to wait for.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.conversation.as_fd()
    }

    /// What kept messages from being shown, if anything did. A reader who had enough (`| head -1`) is no failure.
    pub fn into_failure(self) -> Option<io::Error> {
        self.failure
            .filter(|error| error.kind() != io::ErrorKind::BrokenPipe)
    }

    fn is_stuck(&self, now: Millis) -> bool {
        self.failure.is_some()
            || (self.conversation.pending() >= FULL
                && self
                    .stuck_since
                    .is_some_and(|since| now >= since + PATIENCE))
    }

    fn tell_unshown(&mut self) {
        match std::mem::take(&mut self.unshown) {
            0 => {}
            1 => self.notice("l'écran était arrêté : 1 message transmis n'a pas été affiché."),
            many => self.notice(&format!(
                "l'écran était arrêté : {many} messages transmis n'ont pas été affichés."
            )),
        }
    }
}

fn push_row(screen: &mut Screen, row: &str) {
    screen.push(row.as_bytes());
    screen.push(b"\n");
}
