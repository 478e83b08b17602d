//! What passes between a conversation and its interface.

use std::io;

use crate::display::{Loss, Notice, PastRow};
use crate::peer::{Ending, Shutdown};
use crate::platform::Signal;
use crate::protocol::Line;

/// Who writes the lines, and so what is a command among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineSource {
    /// Every command is one.
    Person,
    /// None but the two words that end the discussion.
    Program,
    /// None: each line is a message, and the end of the text ends the discussion.
    Text,
}

/// What an interface does next. It takes every update before it waits again.
#[derive(Debug)]
pub enum Update {
    /// A line of ours: show it, then give it to the client.
    Said(Line),
    /// A line of the other's: show it.
    Received { name: String, line: Line },
    /// The first `lines` of our lines have arrived.
    Delivered { lines: u64 },
    /// The oldest of our lines that were pending: nobody will ever say that they arrived.
    Undelivered { lines: Vec<Line>, loss: Loss },
    /// Tell this.
    Notice(Notice),
    /// Show what was said before.
    Past(Vec<PastRow>),
    /// Show the help of this interface.
    Help,
    /// Ask the client to end so.
    Leave(Shutdown),
    /// The discussion is over, and not by our leave: no line is taken any more.
    Over,
    /// Have the client end now.
    HangUp,
}

/// Whether a line that was typed may leave the draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    Taken,
    /// It was a mistake, which its author may put right.
    Refused,
}

/// How a conversation ended.
#[derive(Debug)]
pub struct Outcome {
    /// The connection's own end; its words are the caller's to print.
    pub ending: Option<Ending>,
    /// How many of our lines never reached the other. Their author has been told.
    pub undelivered: usize,
    /// How many lines were still to be read. Their author has been told.
    pub unread: usize,
    /// The signal that asked for the end.
    pub signal: Option<Signal>,
    /// Why the conversation could not be shown to its end. A reader that closed the pipe is no failure.
    pub failure: Option<io::Error>,
}
