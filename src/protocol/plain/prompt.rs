//! Asking a silent connection for its name.

use crate::protocol::Millis;

/// What a silent connection is asked. It may be a client of the wire whose hello is late, which passes over it.
pub const PROMPT: &str = "Quel est votre nom ?";
/// A connection that says nothing for so long is asked for a name.
pub(super) const PROMPT_TIMEOUT: Millis = 400;
/// Silence after which it is asked again: soon, for a client that reads twice before its person may answer, and then once
/// more, for whoever did not see it.
pub(super) const PROMPT_PAUSES: [Millis; 2] = [2_000, 20_000];
/// Asking for the name.
#[derive(Clone, Copy, Debug)]
pub enum NamePrompt {
    /// After so many times.
    At(Millis, usize),
    /// The client has begun to speak by itself: only a blank line would show somebody who needs help.
    OnBlank(usize),
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

    /// It was a blank line: somebody presses Enter to see what happens.
    pub fn after_blank(now: Millis, asked: usize) -> NamePrompt {
        let before = asked
            .checked_sub(1)
            .and_then(|before| PROMPT_PAUSES.get(before));
        NamePrompt::At(before.map_or(now, |pause| now + pause), asked)
    }

    /// The question is put, as it was so many times before.
    pub fn asked(now: Millis, asked: usize) -> NamePrompt {
        let again = |pause: &Millis| NamePrompt::At(now + pause, asked + 1);
        PROMPT_PAUSES.get(asked).map_or(NamePrompt::Over, again)
    }
}
