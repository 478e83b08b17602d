//! Asking a silent connection for its name.

use crate::protocol::Millis;

/// What a silent connection is asked. It may be a client of the wire whose hello is late, which passes over it.
pub const PROMPT: &str = "Quel est votre nom ?";
/// A connection that says nothing for so long is asked for a name.
pub(super) const PROMPT_TIMEOUT: Millis = 400;
/// How long after that it is asked once more: some clients read twice before they say anything.
pub(super) const SECOND_PROMPT_TIMEOUT: Millis = 2_000;
/// And how often from then on.
pub(super) const PROMPT_INTERVAL: Millis = 10_000;

/// Asking for the name.
#[derive(Clone, Copy, Debug)]
pub enum NamePrompt {
    /// After so many times.
    At(Millis, u32),
    /// The client has begun to speak by itself: only a blank line would show somebody who needs help.
    OnBlank(u32),
    Over,
}

impl NamePrompt {
    /// For a connection accepted at `now`.
    pub fn new(now: Millis) -> NamePrompt {
        NamePrompt::At(now + PROMPT_TIMEOUT, 0)
    }

    /// The client has sent something.
    pub fn after_bytes(self) -> NamePrompt {
        match self {
            NamePrompt::At(_, asked) => NamePrompt::OnBlank(asked),
            NamePrompt::OnBlank(_) | NamePrompt::Over => self,
        }
    }

    /// It was a blank line: somebody presses Enter to see what happens, and has seen the question if it was put before.
    pub fn after_blank(now: Millis, asked: u32) -> NamePrompt {
        NamePrompt::At(now + NamePrompt::pause(asked), asked)
    }

    /// The question is put, as it was so many times before.
    pub fn asked(now: Millis, asked: u32) -> NamePrompt {
        let asked = asked.saturating_add(1);
        NamePrompt::At(now + NamePrompt::pause(asked), asked)
    }

    fn pause(asked: u32) -> Millis {
        match asked {
            0 => 0,
            1 => SECOND_PROMPT_TIMEOUT,
            _ => PROMPT_INTERVAL,
        }
    }
}
