//! What each user interface makes of a conversation: what has been said, what a typed line asks for, how it all ended.

pub mod commands;
pub mod errands;
pub mod text;
pub mod transcript;

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::process::Signal;

use crate::display::Palette;
use crate::output::{Flushed, Output};
use crate::peer::Ending;
use crate::protocol::{Line, UnixMillis};

/// How a conversation ended.
#[derive(Debug)]
pub struct Outcome {
    /// The connection's own end; its words are the caller's to print. `None` when nobody waited for it any more.
    pub ending: Option<Ending>,
    /// Our lines that never reached the other. Their author has been told.
    pub undelivered: Vec<Line>,
    /// The signal that asked for the end.
    pub signal: Option<Signal>,
    /// Why the conversation could not be shown to its end. A reader that closed the pipe is no failure.
    pub failure: Option<io::Error>,
}

/// The messages that a text without line breaks is sent as, now.
pub fn lines_of(text: &str) -> impl Iterator<Item = Line> {
    let sent_at = now();
    text::pieces(text).map(move |piece| Line {
        sent_at,
        text: piece.to_owned(),
    })
}

/// Prints which of our lines did not arrive, for who reads it; the exit status says it once more.
pub fn print_undelivered(name: &str, lines: &[Line], palette: &Palette, output: &impl AsFd) {
    /// How long a screen may take for the last words.
    const LAST_WORDS: Duration = Duration::from_millis(500);

    // Closed on purpose: nobody wants to know.
    if let Ok(mut screen) = Output::new(output) {
        for row in palette.undelivered(name, lines) {
            screen.push(format!("{row}\n").as_bytes());
        }
        // As for a closed one.
        let _: io::Result<Flushed> = screen.drain(LAST_WORDS);
    }
}

fn now() -> UnixMillis {
    // A clock set before 1970 counts as 1970.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as UnixMillis)
}
