//! The shared code: seals and opens verbs, so that whoever is between two people reads and changes nothing. Pure: see
//! [`super`]; `docs/protocol.md` has its exact description, with test vectors, and `docs/security.md` what it protects.
//!
//! A [`Seal`] agrees on keys with the partner (`KEY`: SPAKE2, then a proof from each side), and then puts every verb that
//! is meant for the partner alone into a `BOX`. It has the randomness of its first moment only: a seed, of which each key
//! exchange takes a part and leaves another to the next.

mod handshake;
#[cfg(not(test))]
mod rules;
#[cfg(test)]
#[path = "seal/mutated_rules.rs"]
mod rules;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::Millis;
use super::name::Name;
use super::wire::{Pid, Verb};

use handshake::{BoxKeys, Handshake};

pub(super) use rules::believes_in_clear;

/// Texts are padded to a multiple of so many bytes.
const STEP: usize = 64;
/// What every other verb is padded to, so that the relay's screen can tell it from a message.
const SHORT: usize = 48;
/// The most that one box holds, in bytes: a longer verb goes in two. Sealed and spelt it still fits a line of the wire.
const MAX_PART: usize = 47 * STEP;
/// What the cipher adds to what it seals, in bytes.
const TAG: usize = 16;
/// So many key exchanges may come to a proof of ours and not to one of the partner's: each lets whoever sits opposite
/// try one code.
const MAX_GUESSES: u32 = 3;
/// How long the partner's proof may take before the connection is cut and made anew.
const PROOF_TIMEOUT: Millis = 15_000;

/// The code that two people share, as both spell it: see [`crate::code`].
#[derive(Clone)]
pub struct Code(Zeroizing<String>);

impl Code {
    /// A code in its one spelling.
    pub fn new(spelling: Zeroizing<String>) -> Code {
        Code(spelling)
    }

    /// For the person who is to say it aloud.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Code) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Code {}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

/// One person's side of a sealed conversation.
pub struct Seal {
    code: Code,
    pid: Pid,
    name: Name,
    seed: Zeroizing<[u8; 32]>,
    handshake: Option<Handshake>,
    /// Since when the partner's proof is awaited.
    since: Option<Millis>,
    /// Key exchanges that came to a proof of ours and not (yet) to one of the partner's.
    guesses: u32,
    /// The partner has said goodbye under the seal.
    heard_goodbye: bool,
}

/// What a `PEER` or a `KEY` came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The partner's proof is awaited, or there is nothing new.
    Waiting,
    /// The keys of before live on.
    Resumed,
    /// The partner has just proved that it knows the code.
    Confirmed,
    /// The partner knows nothing of the keys that we had: a new exchange has begun.
    BegunAnew,
}

/// Why nothing can be said to the partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealError {
    /// The partner's code is another one.
    WrongCode,
    /// Too many exchanges came to nothing: somebody may be trying codes.
    TooManyGuesses,
}

impl Seal {
    /// With the client's own pid and name, as its hello has them, and a seed that nobody can guess.
    pub fn new(code: Code, pid: Pid, name: Name, seed: Zeroizing<[u8; 32]>) -> Seal {
        Seal {
            code,
            pid,
            name,
            seed,
            handshake: None,
            since: None,
            guesses: 0,
            heard_goodbye: false,
        }
    }

    /// This partner is opposite, perhaps again.
    ///
    /// # Errors
    /// When too many exchanges came to nothing.
    pub fn meet(
        &mut self,
        now: Millis,
        pid: Pid,
        name: &Name,
        say: &mut impl FnMut(Verb<'_>),
    ) -> Result<Progress, SealError> {
        let known =
            |handshake: &Handshake| handshake.partner == pid && handshake.partner_name == *name;
        if !self.handshake.as_ref().is_some_and(known) {
            self.begin(pid, name.clone())?;
        }
        self.since = None;
        let Some(handshake) = &mut self.handshake else {
            return Ok(Progress::Waiting);
        };
        handshake.announce(say);
        if handshake.has_confirmed_keys() {
            return Ok(Progress::Resumed);
        }
        self.since = Some(now);
        Ok(Progress::Waiting)
    }

    /// The partner is away, or our connection is.
    pub fn part(&mut self) {
        self.since = None;
    }

    /// A new exchange with whoever is opposite now.
    fn begin(&mut self, pid: Pid, name: Name) -> Result<(), SealError> {
        self.handshake = None;
        self.heard_goodbye = false;
        if self.guesses >= MAX_GUESSES {
            return Err(SealError::TooManyGuesses);
        }
        // A share under one's own pid would be sealed for oneself: nobody is met.
        if pid != self.pid {
            let draw = handshake::draw(&mut self.seed);
            let identity = rules::identity((self.pid, &self.name), (pid, &name));
            self.handshake = Some(Handshake::new(&self.code, draw, identity, pid, name));
        }
        Ok(())
    }

    /// The fields of a `KEY` came. What makes no sense, is stale or is our own is dropped.
    ///
    /// # Errors
    /// When the partner has another code, or too many exchanges came to nothing.
    pub fn key(
        &mut self,
        now: Millis,
        fields: &str,
        say: &mut impl FnMut(Verb<'_>),
    ) -> Result<Progress, SealError> {
        let Some(handshake) = &mut self.handshake else {
            return Ok(Progress::Waiting);
        };
        let Some(theirs) = handshake::PeerAnswer::decode(fields) else {
            return Ok(Progress::Waiting);
        };
        if rules::is_reflected(&handshake.share, &theirs.share) {
            return Ok(Progress::Waiting);
        }
        let Some(echo) = theirs.echo else {
            if handshake.is_with_another_share(&theirs.share) {
                let (pid, name) = (handshake.partner, handshake.partner_name.clone());
                self.begin(pid, name)?;
                self.since = Some(now);
                if let Some(handshake) = &self.handshake {
                    handshake.answer(&theirs.share, say);
                }
                return Ok(Progress::BegunAnew);
            }
            handshake.answer(&theirs.share, say);
            return Ok(Progress::Waiting);
        };
        if echo != handshake.share || handshake.is_with_another_share(&theirs.share) {
            return Ok(Progress::Waiting);
        }
        if handshake.keys.is_none() {
            let directions = (
                rules::direction(self.pid, handshake.partner),
                rules::direction(handshake.partner, self.pid),
            );
            if !handshake.agree(&self.code, &theirs.share, directions) {
                return Ok(Progress::Waiting);
            }
            self.guesses += 1;
            handshake.announce(say);
        }
        let (Some(keys), Some(proof)) = (&mut handshake.keys, theirs.proof) else {
            return Ok(Progress::Waiting);
        };
        if keys.is_confirmed {
            return Ok(Progress::Waiting);
        }
        if !rules::is_proved(&keys.partner_proof[..], &proof) {
            return Err(SealError::WrongCode);
        }
        keys.is_confirmed = true;
        self.guesses -= 1;
        self.since = None;
        Ok(Progress::Confirmed)
    }

    /// Whether what we say is sealed: the partner has proved that it knows the code.
    pub fn is_confirmed(&self) -> bool {
        self.handshake
            .as_ref()
            .is_some_and(Handshake::has_confirmed_keys)
    }

    /// Who is opposite, confirmed or not.
    pub fn partner(&self) -> Option<(Pid, &Name)> {
        let handshake = self.handshake.as_ref()?;
        Some((handshake.partner, &handshake.partner_name))
    }

    /// When the partner's proof must have come.
    pub fn due(&self) -> Option<Millis> {
        self.since.map(|since| since + PROOF_TIMEOUT)
    }

    /// Whether the partner has said goodbye under the seal.
    pub fn heard_goodbye(&self) -> bool {
        self.heard_goodbye
    }

    /// Seals a verb: one box, or two where it is long. Without confirmed keys nothing is said.
    pub fn seal(&mut self, verb: &Verb<'_>, say: &mut impl FnMut(Verb<'_>)) {
        let Some(keys) = self.confirmed_keys() else {
            return;
        };
        let mut line = Zeroizing::new(Vec::with_capacity(2 * super::wire::MAX_LINE));
        verb.encode(&mut line);
        let step = match verb {
            Verb::Say { .. } => STEP,
            _ => SHORT,
        };
        for part in line.chunks(MAX_PART) {
            let mut padded = Zeroizing::new(vec![0; part.len().next_multiple_of(step)]);
            padded[..part.len()].copy_from_slice(part);
            let (number, sealed) = keys.seal(&padded);
            let line = Zeroizing::new(format!("BOX {number} {}", handshake::spell(&sealed)));
            say(Verb::Sealed(&line));
        }
    }

    /// Opens the fields of a `BOX`; gives the line that is in it, or ends with it, without its ending. Whatever is not the
    /// partner's, or not new, gives nothing.
    pub fn open(&mut self, fields: &str) -> Option<Zeroizing<Vec<u8>>> {
        let keys = self.confirmed_keys()?;
        let (number, sealed) = fields.split_once(' ')?;
        let number = super::wire::number(number)?;
        if !rules::is_newer(number, keys.opened) {
            return None;
        }
        let plain = keys.open(number, &handshake::unspell(sealed)?)?;
        let follows = number == keys.opened + 1;
        keys.opened = number;
        let begun = std::mem::take(&mut keys.begun);
        let mut line = Zeroizing::new(Vec::with_capacity(2 * MAX_PART));
        if follows {
            line.extend_from_slice(&begun);
        }
        match plain.iter().position(|&byte| byte == b'\n') {
            Some(end) => {
                line.extend_from_slice(&plain[..end]);
                self.heard_goodbye |= line.as_slice() == b"BYE";
                Some(line)
            }
            None if plain.len() == MAX_PART && line.is_empty() => {
                keys.begun = plain;
                None
            }
            None => None,
        }
    }

    /// The shares, our own and the partner's, that our keys are made of.
    #[cfg(test)]
    fn agreed(&self) -> Option<([u8; 33], [u8; 33])> {
        let handshake = self.handshake.as_ref()?;
        Some((handshake.share, handshake.keys.as_ref()?.partner_share))
    }

    fn confirmed_keys(&mut self) -> Option<&mut BoxKeys> {
        let keys = self.handshake.as_mut()?.keys.as_mut()?;
        keys.is_confirmed.then_some(keys)
    }
}

/// How many bytes of text a `BOX` holds at most, by its fields; none where it holds no text.
pub(super) fn text_bytes(fields: &str) -> Option<usize> {
    let (_, sealed) = fields.split_once(' ')?;
    let padding = sealed
        .bytes()
        .rev()
        .take_while(|&byte| byte == b'=')
        .count();
    let bytes = (sealed.len() / 4 * 3).checked_sub(padding + TAG)?;
    (bytes >= STEP).then_some(bytes)
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seal")
            .field("is_confirmed", &self.is_confirmed())
            .field("guesses", &self.guesses)
            .finish_non_exhaustive()
    }
}
