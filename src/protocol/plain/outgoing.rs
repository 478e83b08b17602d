//! What a plain client is sent: lines that end with LF, of at most [`LONGEST`] bytes, harmless on a terminal.
//!
//! A message begins with its date in brackets, in every line that it takes, and a notice with a word: no text can pass
//! for a notice or for somebody else's message.
//!
//! What `msg` says itself is ASCII, but for the sentence of the assignment: many course clients decode as ASCII and die
//! of anything else, so the French here does without accents and guillemets.

use crate::protocol::hygiene::Text;
use crate::protocol::name::Name;
use crate::protocol::session::{Ending, Event};

use super::text::split_at_most;

/// The longest line, in bytes with its LF: a `recv(512)` holds it.
const LONGEST: usize = 500;

/// Asks a client that has said nothing but its first line whether a person is there. It is given as long as
/// [`YIELD_TIMEOUT`](crate::protocol::timeouts::YIELD_TIMEOUT).
pub const SIGN_OF_LIFE: &str =
    "Quelqu'un d'autre attend une place : ecrivez une ligne dans les 10 s pour garder la votre.";

/// The last words to one that gave no answer.
pub const SEAT_YIELDED: &str = "Rien n'est venu : votre place est cedee.";

/// How a message begins: `[22/11/2026 14:02:31] Zoé: `. The date must leave room for the name and the text.
pub fn head(date: &str, name: &Name) -> String {
    format!("[{date}] {name}: ")
}

/// Appends a message, in lines that begin with its [`head`].
pub fn write_message(out: &mut Vec<u8>, head: &str, text: Text<'_>) {
    // Nobody knows what shows a plain client's lines.
    let text = text.safe();
    out.reserve(head.len() + text.len() + 1);
    let mut rest: &str = &text;
    loop {
        let (part, after) = split_at_most(rest, LONGEST - head.len() - 1);
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(part.as_bytes());
        out.push(b'\n');
        if after.is_empty() {
            return;
        }
        rest = after;
    }
}

/// Appends something that happened to the conversation, or that must be put right.
pub fn write_notice(out: &mut Vec<u8>, notice: &str) {
    write_message(out, "", notice.into());
}

/// Appends what somebody reads who has just taken a seat, and who is opposite: the event that tells so. One line, since
/// a client that reads one line for each that it sends lags by every other.
pub fn write_welcome(out: &mut Vec<u8>, name: &Name, event: &Event) {
    let who = match event {
        Event::Arrived { name } => format!("{} est la.", quoted(name)),
        other => sentence(other).unwrap_or_default(),
    };
    let welcome =
        format!("Bienvenue, {name} ! {who} Une ligne, un message ; \"quitter\" pour finir.");
    write_notice(out, &welcome);
}

/// What a plain client is told of an event, if anything: without accents, but for the sentence of the assignment.
pub fn sentence(event: &Event) -> Option<String> {
    let told = match event {
        Event::Waiting => "En attente de l'autre personne ; vos messages l'attendent.".to_owned(),
        Event::Arrived { name } => format!("{} vient d'arriver.", quoted(name)),
        Event::Away { name, .. } => {
            let name = quoted(name);
            format!("La connexion de {name} est perdue ; vos messages attendent son retour.")
        }
        Event::Back { name, .. } => format!("{} est de retour.", quoted(name)),
        Event::Left { name } => format!("le client {name} a quitté la discussion."),
        Event::Lost { name } => {
            format!(
                "{} n'est pas revenu : la discussion est finie.",
                quoted(name)
            )
        }
        Event::Undelivered { lines, .. } if lines.is_empty() => return None,
        Event::Undelivered { .. } => "Messages qui n'ont pas pu partir :".to_owned(),
        Event::Ended(Ending::CodeWanted { name }) => format!(
            "{} ne discute qu'avec un code convenu, ce que ce client ne sait pas faire ; il y faut msg --code.",
            quoted(name)
        ),
        Event::Ended(Ending::Stopped) => "Le relais vient de s'interrompre.".to_owned(),
        // The relay is this client's end of the protocol: between the two there is nothing to cut and to restore.
        _ => return None,
    };
    Some(told)
}

/// A name within a sentence, from which no part of it can be mistaken for the sentence's own.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "'"))
}
