//! The two ways in which a conversation meets whoever is in front of it: a prompt, or plain lines.

use super::plain::Plain;
use super::prompt::Prompt;
use crate::screen::Screen;

/// Takes lines in, and has rows to show.
#[derive(Debug)]
pub enum Face {
    Prompt(Box<Prompt>),
    Plain(Plain),
}

/// What comes from a [`Face`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A line; with line breaks when it was pasted.
    Line(String),
    /// Part of a line that is too long for one message.
    Piece(String),
    /// The line under way is as long as it may be.
    Full {
        left_out: String,
    },
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

impl Face {
    /// Whether it is worth reading more.
    pub fn wants_input(&self, intake: Intake) -> bool {
        match self {
            Face::Prompt(prompt) => prompt.wants_input(),
            Face::Plain(plain) => intake == Intake::Open && plain.wants_input(),
        }
    }

    /// Takes what was read; nothing is the end of it.
    pub fn take(&mut self, bytes: &[u8]) {
        match self {
            Face::Prompt(prompt) => prompt.take(bytes),
            Face::Plain(plain) => plain.take(bytes),
        }
    }

    /// What the input has come to so far. `None` waits for more of it.
    pub fn next_entry(&mut self, intake: Intake) -> Option<Entry> {
        match (self, intake) {
            (Face::Prompt(prompt), Intake::Open) => prompt.next_entry(),
            (Face::Prompt(prompt), Intake::Held) => prompt.next_interrupt(),
            (Face::Prompt(prompt), Intake::Closed) => {
                let interrupt = prompt.next_interrupt();
                if interrupt.is_none() {
                    prompt.forget_keys();
                }
                interrupt
            }
            (Face::Plain(plain), Intake::Open) => plain.next_entry(),
            (Face::Plain(_), Intake::Held | Intake::Closed) => None,
        }
    }

    /// A row of the conversation.
    pub fn show(&mut self, row: &str, screen: &mut Screen) {
        match self {
            Face::Prompt(prompt) => prompt.show(row),
            Face::Plain(_) => {
                screen.push(row.as_bytes());
                screen.push(b"\n");
            }
        }
    }

    /// A row that is no part of the conversation.
    pub fn tell(&mut self, row: &str) {
        match self {
            Face::Prompt(prompt) => prompt.show(row),
            Face::Plain(plain) => plain.tell(row),
        }
    }

    /// How many bytes this holds that the screen has not been given yet.
    pub fn pending(&self) -> usize {
        match self {
            Face::Prompt(prompt) => prompt.pending(),
            Face::Plain(_) => 0,
        }
    }

    /// Gives the screen what it has not been given, but for a screen that still has enough to do.
    pub fn draw(&mut self, intake: Intake, screen: &mut Screen) {
        if let Face::Prompt(prompt) = self {
            prompt.draw(intake, screen);
        }
    }
}
