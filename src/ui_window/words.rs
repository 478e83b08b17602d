//! Sentences of the window, where those of a terminal do not suit: they speak of buttons, not of options.

use std::io;

use crate::display::{self, disconnected, quoted, quoted_reason, safe};
use crate::peer::{Disconnected, Ending, Event};
use crate::protocol::seal::Code;
use crate::protocol::wire::Refusal;

/// Why a conversation has ended; what helps is on the buttons below. Nothing where all is said.
pub fn ending(ending: &Ending) -> Option<String> {
    let told = match ending {
        Ending::NoRelay { address, reason } => {
            let (address, why) = (safe(address), disconnected(reason));
            match reason {
                // A relay for two stops listening once both have come.
                Disconnected::System(error) if error.kind == io::ErrorKind::ConnectionRefused => {
                    format!(
                        "personne ne répond à {address} ({why}) : deux personnes y parlent peut-être déjà, ou aucun \
                         relais n'y est lancé."
                    )
                }
                _ => format!("aucun relais à {address} ({why})."),
            }
        }
        Ending::Refused { refusal, reason } => {
            let reason = quoted_reason(reason);
            match refusal {
                Refusal::Full => {
                    format!(
                        "il n'y a plus de place ici ({reason}) : deux personnes y parlent déjà."
                    )
                }
                Refusal::Name => format!("ce nom ne convient pas au relais ({reason})."),
                Refusal::Proto => format!("le relais n'a pas compris ce programme ({reason})."),
                _ => return display::sentence(&Event::Ended(ending.clone())),
            }
        }
        Ending::Stopped => "le relais a été arrêté.".to_owned(),
        Ending::NoCode { name } => format!(
            "{} discute sans code : rien n'a été envoyé. Convenez d'un code de vive voix : il le donne, lui aussi, avant \
             de commencer (un client de texte brut n'en est pas capable).",
            quoted(name)
        ),
        Ending::CodeWanted { name } => format!(
            "{} ne discute qu'avec un code : demandez-le de vive voix, puis donnez-le sous « Changer de code ».",
            quoted(name)
        ),
        _ => return display::sentence(&Event::Ended(ending.clone())),
    };
    Some(told)
}

/// Nobody else reads what is said.
pub const SEALED: &str = "Discussion chiffrée : seul qui connaît le code peut la lire.";

/// Nobody else is there yet; the line that the other types follows. The code is to be said aloud.
pub fn invited(code: Option<&Code>) -> String {
    let aloud = code.map_or_else(String::new, |code| {
        format!(" Le code, à lui dire de vive voix : {}.", code.reveal())
    });
    format!(
        "Personne d'autre n'est encore là : ce que vous écrivez attend.{aloud} Pour venir, l'autre tape :"
    )
}

/// We leave, and what we have said is being delivered.
pub const DELIVERING: &str = "derniers messages en cours de remise…";

/// Nobody has answered yet at this address.
pub fn awaited(address: &str) -> String {
    format!(
        "Appel de {} : aucun relais n'a encore répondu.",
        safe(address)
    )
}

/// We have left before anybody answered.
pub fn given_up(address: &str) -> String {
    format!(
        "appel abandonné : aucun relais n'a répondu à {}.",
        safe(address)
    )
}

/// What leaving would lose; nothing where it loses nothing.
pub fn loss(pending: usize, has_draft: bool) -> Option<String> {
    let pending = match pending {
        0 => None,
        1 => Some("1 message n'est pas encore arrivé".to_owned()),
        n => Some(format!("{n} messages ne sont pas encore arrivés")),
    };
    match (pending, has_draft) {
        (None, false) => None,
        (None, true) => Some("Un texte n'est pas envoyé.".to_owned()),
        (Some(pending), false) => Some(format!("{pending}.")),
        (Some(pending), true) => Some(format!("{pending}, et un texte n'est pas envoyé.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no_relay(kind: io::ErrorKind) -> String {
        ending(&Ending::NoRelay {
            address: "h:1".to_owned(),
            reason: io::Error::from(kind).into(),
        })
        .unwrap()
    }

    #[test]
    fn a_refused_connection_may_be_a_relay_that_is_full() {
        assert!(no_relay(io::ErrorKind::ConnectionRefused).contains("déjà"));
        assert!(!no_relay(io::ErrorKind::TimedOut).contains("déjà"));
    }

    #[test]
    fn no_ending_speaks_of_options() {
        let refused = |refusal| Ending::Refused {
            refusal,
            reason: "raison".to_owned(),
        };
        let name = || "Zoé".to_owned();
        let endings = [
            Ending::Stopped,
            Ending::WrongCode { name: name() },
            Ending::TooManyGuesses,
            Ending::NoCode { name: name() },
            Ending::CodeWanted { name: name() },
            refused(Refusal::Full),
            refused(Refusal::Name),
            refused(Refusal::Line),
            refused(Refusal::Slow),
            refused(Refusal::Replaced),
            refused(Refusal::Proto),
        ];
        for known in endings {
            let told = ending(&known).unwrap();
            assert!(!told.contains("--") && !told.contains("relancez"), "{told}");
        }
        assert!(!no_relay(io::ErrorKind::TimedOut).contains("--"));
    }

    #[test]
    fn a_loss_names_all_that_is_lost() {
        assert_eq!(loss(0, false), None);
        assert_eq!(
            loss(1, true).as_deref(),
            Some("1 message n'est pas encore arrivé, et un texte n'est pas envoyé.")
        );
        assert_eq!(
            loss(2, false).as_deref(),
            Some("2 messages ne sont pas encore arrivés.")
        );
    }
}
