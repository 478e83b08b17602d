//! Line mode: a person at a terminal, or a program at the two ends of a pipe, talks to one other person.
//!
//! One loop on one thread (`conversation`) waits for what happens next: a key, an event of the connection, a signal, room
//! on the screen or towards the connection. Nothing wakes it while nothing happens, nothing that was typed or piped is
//! dropped, and nothing grows without bound: each direction stops being read when its other end stands still.

pub(crate) mod commands;
pub(crate) mod conversation;
mod editor;
mod face;
mod input;
mod keys;
pub(crate) mod ledger;
mod plain;
mod prompt;
pub(crate) mod signals;
mod stage;
mod terminal;
mod text;

use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, OwnedFd};

use rustix::process::Signal;

use crate::display::Colour;
use crate::history::Record;
use crate::peer::{Ending, Handle};
use crate::protocol::Line;

use conversation::Conversation;

/// What line mode needs to know.
#[derive(Debug)]
pub struct Settings {
    /// One's own name.
    pub name: String,
    /// Where to keep the conversation, if anywhere.
    pub record: Option<Record>,
}

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

/// Talks until the connection has ended, on standard input, output and error.
///
/// With a terminal on both sides, that can do more than `TERM=dumb` says, there is a prompt; else lines go in and rows
/// come out, and notices go to standard error. The lines that never reached the other are printed on standard error.
///
/// # Errors
/// When the standard streams cannot be used, or the system is out of file descriptors. The terminal is then as it was.
pub async fn run(settings: Settings, connection: Handle) -> io::Result<Outcome> {
    let streams = Streams::standard()?;
    Conversation::open(settings, streams, connection)?
        .run()
        .await
}

/// Where a conversation takes place, and how.
struct Streams {
    input: OwnedFd,
    output: OwnedFd,
    notices: OwnedFd,
    layout: Layout,
    colour: Colour,
    notice_colour: Colour,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    Prompt,
    Plain,
}

impl Streams {
    fn standard() -> io::Result<Streams> {
        let (input, output, notices) = (io::stdin(), io::stdout(), io::stderr());
        let term = std::env::var("TERM").unwrap_or_default();
        let able = !matches!(term.as_str(), "" | "dumb");
        Ok(Streams {
            layout: match able && input.is_terminal() && output.is_terminal() {
                true => Layout::Prompt,
                false => Layout::Plain,
            },
            colour: Colour::choose(&output),
            notice_colour: Colour::choose(&notices),
            input: input.as_fd().try_clone_to_owned()?,
            output: output.as_fd().try_clone_to_owned()?,
            notices: notices.as_fd().try_clone_to_owned()?,
        })
    }
}
