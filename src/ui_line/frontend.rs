//! The two ways in which a conversation meets whoever is in front of it: a prompt, or plain lines.

use std::time::Instant;

use super::pipe::Pipe;
use super::prompt::Prompt;
use crate::output::Output;
use crate::protocol::Millis;

/// Takes lines in, and has rows to show.
#[derive(Debug)]
pub enum Frontend {
    Prompt(Box<Prompt>),
    Pipe(Pipe),
}

/// What comes from a [`Frontend`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineEntry {
    /// A line; with line breaks when it was pasted, or typed with Alt-Enter.
    Line(String),
    /// Part of a line that is too long for one message.
    Piece(String),
    /// The line under way is as long as it may be; so many bytes did not fit.
    Full {
        left_out: usize,
    },
    /// Ctrl-C has emptied the line under way, which was this one.
    Cleared(String),
    End,
    Interrupt,
    Suspend,
}

/// Whether lines may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intake {
    Open,
    /// Not now: what comes is kept. Ctrl-C does not wait.
    Held,
    /// Never again: what comes is dropped, but for Ctrl-C.
    Closed,
}

impl Frontend {
    /// Whether it is worth reading more.
    pub fn wants_input(&self, intake: Intake) -> bool {
        match self {
            Frontend::Prompt(prompt) => prompt.wants_input(),
            Frontend::Pipe(plain) => intake == Intake::Open && plain.wants_input(),
        }
    }

    /// Takes what was read at `now`; nothing is the end of it.
    pub fn take(&mut self, now: Millis, bytes: &[u8]) {
        match self {
            Frontend::Prompt(prompt) => prompt.take(now, bytes),
            Frontend::Pipe(plain) => plain.take(bytes),
        }
    }

    /// When [`handle_key_timeout`](Frontend::handle_key_timeout) must be called next, if nothing is read before: while a key is
    /// under way that may go on.
    pub fn next_key_timeout(&self, intake: Intake) -> Option<Millis> {
        match self {
            Frontend::Prompt(prompt) => prompt.next_key_timeout(intake),
            Frontend::Pipe(_) => None,
        }
    }

    /// Nothing more was to be read until `now`.
    pub fn handle_key_timeout(&mut self, now: Millis) {
        if let Frontend::Prompt(prompt) = self {
            prompt.handle_key_timeout(now);
        }
    }

    /// The other is there, by this name.
    pub fn meet(&mut self, other: &str) {
        if let Frontend::Prompt(prompt) = self {
            prompt.meet(other);
        }
    }

    /// A line was a mistake, which its author may put right where there is a draft.
    pub fn give_back(&mut self, line: String) {
        if let Frontend::Prompt(prompt) = self {
            prompt.give_back(line);
        }
    }

    /// What the input has come to by `now`. `None` waits for more of it.
    pub fn next_entry(&mut self, now: Millis, intake: Intake) -> Option<LineEntry> {
        match (self, intake) {
            (Frontend::Prompt(prompt), Intake::Open) => prompt.next_entry(now),
            (Frontend::Prompt(prompt), Intake::Held) => prompt.next_interrupt(),
            (Frontend::Prompt(prompt), Intake::Closed) => {
                // It does not wait for a draft either.
                if prompt.take_interrupt() {
                    return Some(LineEntry::Interrupt);
                }
                prompt.forget_keys();
                None
            }
            (Frontend::Pipe(plain), Intake::Open) => plain.next_entry(),
            (Frontend::Pipe(_), Intake::Held | Intake::Closed) => None,
        }
    }

    /// A row of the conversation.
    pub fn show(&mut self, row: &str, screen: &mut Output) {
        match self {
            Frontend::Prompt(prompt) => prompt.show(row),
            Frontend::Pipe(_) => {
                screen.push(row.as_bytes());
                screen.push(b"\n");
            }
        }
    }

    /// A row that is no part of the conversation.
    pub fn tell(&mut self, row: &str) {
        match self {
            Frontend::Prompt(prompt) => prompt.show(row),
            Frontend::Pipe(plain) => plain.tell(row),
        }
    }

    /// When to [draw](Frontend::draw) at the latest.
    pub fn next_timeout(&self) -> Option<Instant> {
        match self {
            Frontend::Prompt(prompt) => prompt.next_timeout(),
            Frontend::Pipe(_) => None,
        }
    }

    /// How many bytes this holds that the screen has not been given yet.
    pub fn pending(&self) -> usize {
        match self {
            Frontend::Prompt(prompt) => prompt.pending(),
            Frontend::Pipe(_) => 0,
        }
    }

    /// Gives the screen what it has not been given, but for a screen that still has enough to do.
    pub fn draw(&mut self, intake: Intake, screen: &mut Output) {
        if let Frontend::Prompt(prompt) = self {
            prompt.draw(intake, screen);
        }
    }
}
