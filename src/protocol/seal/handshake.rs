//! One key exchange with one partner, and the keys that it comes to.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;
use spake2::{Ed25519Group, Identity, Password, Spake2};
use zeroize::Zeroizing;

use crate::protocol::name::Name;
use crate::protocol::wire::{Pid, Verb};

use super::{Code, rules};

/// A SPAKE2 message: which kind, and a point of the curve.
const SHARE: usize = 33;
const PROOF: usize = 32;

type Share = [u8; SHARE];
type Draw = Zeroizing<[u8; 64]>;

/// An exchange with one partner.
pub(super) struct Handshake {
    pub(super) partner: Pid,
    pub(super) partner_name: Name,
    identity: String,
    /// The randomness of our share, which is all that there is to keep of it.
    draw: Draw,
    pub(super) share: Share,
    /// Once the partner's share is known and it knows ours.
    pub(super) keys: Option<BoxKeys>,
}

/// What both sides come to, if they have the same code.
pub(super) struct BoxKeys {
    pub(super) partner_share: Share,
    own_proof: [u8; PROOF],
    pub(super) partner_proof: Zeroizing<[u8; PROOF]>,
    pub(super) is_confirmed: bool,
    sealing: DirectedKey,
    opening: DirectedKey,
    /// The number of the last box that we sealed.
    sealed: u64,
    /// The highest number of a box that we opened.
    pub(super) opened: u64,
    /// A line whose second part is to come in the next box.
    pub(super) begun: Zeroizing<Vec<u8>>,
}

/// The key of one direction, and what every box that it seals is about.
struct DirectedKey {
    key: Zeroizing<[u8; 32]>,
    about: String,
}

/// The fields of a `KEY`.
pub(super) struct PeerAnswer {
    pub(super) share: Share,
    /// The share of ours that the partner knows.
    pub(super) echo: Option<Share>,
    pub(super) proof: Option<[u8; PROOF]>,
}

impl Handshake {
    pub(super) fn new(
        code: &Code,
        draw: Draw,
        identity: String,
        partner: Pid,
        partner_name: Name,
    ) -> Handshake {
        let (_, message) = start(code, &identity, &draw);
        let mut share = [0; SHARE];
        share.copy_from_slice(&message);
        Handshake {
            partner,
            partner_name,
            identity,
            draw,
            share,
            keys: None,
        }
    }

    pub(super) fn has_confirmed_keys(&self) -> bool {
        self.keys.as_ref().is_some_and(|keys| keys.is_confirmed)
    }

    /// Whether we have agreed on keys, and not with the one who has this share.
    pub(super) fn is_with_another_share(&self, share: &Share) -> bool {
        self.keys
            .as_ref()
            .is_some_and(|keys| keys.partner_share != *share)
    }

    /// Comes to keys with the partner's share; false where that is none.
    pub(super) fn agree(
        &mut self,
        code: &Code,
        theirs: &Share,
        (out, back): (String, String),
    ) -> bool {
        let (state, _) = start(code, &self.identity, &self.draw);
        let Ok(secret) = state.finish(theirs).map(Zeroizing::new) else {
            return false;
        };
        let mut own_proof = [0; PROOF];
        expand(&secret, &format!("MSG/1 KEY {out}"), &mut own_proof);
        let mut partner_proof = Zeroizing::new([0; PROOF]);
        expand(
            &secret,
            &format!("MSG/1 KEY {back}"),
            &mut partner_proof[..],
        );
        self.keys = Some(BoxKeys {
            partner_share: *theirs,
            own_proof,
            partner_proof,
            is_confirmed: false,
            sealing: DirectedKey::new(&secret, &out),
            opening: DirectedKey::new(&secret, &back),
            sealed: 0,
            opened: 0,
            begun: Zeroizing::default(),
        });
        true
    }

    /// Says how far we are.
    pub(super) fn announce(&self, say: &mut impl FnMut(Verb<'_>)) {
        let share = spell(&self.share);
        match &self.keys {
            None => say(Verb::Sealed(&format!("KEY {share}"))),
            Some(keys) => {
                let (theirs, proof) = (spell(&keys.partner_share), spell(&keys.own_proof));
                say(Verb::Sealed(&format!("KEY {share} {theirs} {proof}")));
            }
        }
    }

    /// Answers a partner who knows no share of ours.
    pub(super) fn answer(&self, theirs: &Share, say: &mut impl FnMut(Verb<'_>)) {
        if self.keys.is_some() {
            return self.announce(say);
        }
        let line = format!("KEY {} {}", spell(&self.share), spell(theirs));
        say(Verb::Sealed(&line));
    }
}

impl BoxKeys {
    /// Seals the next box, and tells its number.
    pub(super) fn seal(&mut self, plain: &[u8]) -> (u64, Vec<u8>) {
        self.sealed = rules::next_number(self.sealed);
        let payload = Payload {
            msg: plain,
            aad: self.sealing.about.as_bytes(),
        };
        let sealed = self.sealing.cipher().encrypt(&nonce(self.sealed), payload);
        let sealed = sealed.expect("a part of a line is not too long for the cipher");
        (self.sealed, sealed)
    }

    /// Opens a box of this number, if it is the partner's.
    pub(super) fn open(&self, number: u64, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let payload = Payload {
            msg: sealed,
            aad: self.opening.about.as_bytes(),
        };
        let plain = self.opening.cipher().decrypt(&nonce(number), payload);
        plain.ok().map(Zeroizing::new)
    }
}

impl DirectedKey {
    fn new(secret: &[u8], direction: &str) -> DirectedKey {
        let about = format!("MSG/1 BOX {direction}");
        let mut key = Zeroizing::new([0; 32]);
        expand(secret, &about, &mut key[..]);
        DirectedKey { key, about }
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new((&*self.key).into())
    }
}

impl PeerAnswer {
    pub(super) fn decode(fields: &str) -> Option<PeerAnswer> {
        let mut fields = fields.split(' ');
        let answer = PeerAnswer {
            share: exactly(fields.next()?)?,
            echo: optional(fields.next())?,
            proof: optional(fields.next())?,
        };
        fields.next().is_none().then_some(answer)
    }
}

/// The field, where there is one; `None` where it makes no sense.
fn optional<const N: usize>(field: Option<&str>) -> Option<Option<[u8; N]>> {
    match field {
        None => Some(None),
        Some(field) => exactly(field).map(Some),
    }
}

fn exactly<const N: usize>(field: &str) -> Option<[u8; N]> {
    unspell(field)?.try_into().ok()
}

pub(super) fn spell(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(super) fn unspell(field: &str) -> Option<Vec<u8>> {
    STANDARD.decode(field).ok()
}

/// The randomness of one exchange, out of the seed, which is another one afterwards: whoever learns it later learns
/// nothing of the exchanges before.
pub(super) fn draw(seed: &mut Zeroizing<[u8; 32]>) -> Draw {
    let mut draw = Zeroizing::new([0; 64]);
    expand(&seed[..], "MSG/1 draw", &mut draw[..]);
    let mut next = Zeroizing::new([0; 32]);
    expand(&seed[..], "MSG/1 seed", &mut next[..]);
    *seed = next;
    draw
}

fn start(code: &Code, identity: &str, draw: &Draw) -> (Spake2<Ed25519Group>, Vec<u8>) {
    Spake2::<Ed25519Group>::start_symmetric_with_rng(
        &Password::new(code.reveal().as_bytes()),
        &Identity::new(identity.as_bytes()),
        DrawnKey(draw),
    )
}

fn expand(secret: &[u8], about: &str, into: &mut [u8]) {
    Hkdf::<Sha256>::new(None, secret)
        .expand(about.as_bytes(), into)
        .expect("so few bytes are not too many");
}

fn nonce(number: u64) -> Nonce {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&number.to_be_bytes());
    nonce.into()
}

/// The randomness that was drawn, as the crate wants it. One share takes 64 bytes, once.
struct DrawnKey<'a>(&'a Draw);

impl rand_core::RngCore for DrawnKey<'_> {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, into: &mut [u8]) {
        for (byte, drawn) in into.iter_mut().zip(self.0.iter()) {
            *byte = *drawn;
        }
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(into);
        Ok(())
    }
}

impl rand_core::CryptoRng for DrawnKey<'_> {}
