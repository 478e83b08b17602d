//! Sentences of the window, where those of a terminal do not suit: they speak of buttons, not of options.

use crate::display::{cause, messages, safe};
use crate::peer::Ending;

/// Why a conversation has ended, and what helps; nothing where all is said.
pub fn ending(ending: &Ending) -> Option<String> {
    let told = match ending {
        Ending::Over => return None,
        Ending::NoRelay { address, reason } => {
            let (address, reason) = (safe(address), cause(reason));
            match reason.as_str() {
                // A relay that has its two people listens no more.
                "connexion refusée" => format!(
                    "personne ne répond à {address} (connexion refusée) : deux personnes y parlent peut-être déjà, ou \
                     aucun relais n'y est lancé."
                ),
                _ => format!("aucun relais à {address} ({reason})."),
            }
        }
        Ending::HungUp { reason } => {
            format!("le serveur a coupé la connexion ({}).", cause(reason))
        }
        Ending::Refused { code, reason } => refused(code, &cause(reason)),
        Ending::Protocol { reason } => format!(
            "impossible de s'entendre avec ce qui répond à cette adresse ({}).",
            cause(reason)
        ),
        Ending::Stopped => "le relais a été arrêté.".to_owned(),
    };
    Some(told)
}

fn refused(code: &str, reason: &str) -> String {
    match code {
        "full" => {
            format!("il n'y a plus de place ici ({reason}) : deux personnes y parlent déjà.")
        }
        "name" => format!("ce nom ne convient pas au relais ({reason})."),
        "version" => format!(
            "ce relais parle une autre version du protocole ({reason}) : il faut la même version de msg des deux côtés."
        ),
        "line" => format!("le relais refuse une ligne ({reason})."),
        "slow" => format!("le relais a raccroché ({reason})."),
        "replaced" => {
            "cette place a été reprise par une autre connexion : la discussion continue là-bas."
                .to_owned()
        }
        _ => format!("le relais refuse ({reason})."),
    }
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

/// So many messages have not arrived, and may never.
pub fn undelivered(count: usize) -> String {
    match count {
        1 => "1 message n'a pas été remis".to_owned(),
        n => format!("{n} messages n'ont pas été remis"),
    }
}

/// What leaving would lose; nothing where it loses nothing.
pub fn loss(pending: usize, has_draft: bool) -> Option<String> {
    let pending = messages(pending).map(|messages| match messages.starts_with("1 ") {
        true => format!("{messages} n'est pas encore arrivé"),
        false => format!("{messages} ne sont pas encore arrivés"),
    });
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

    #[test]
    fn a_refused_connection_may_be_a_relay_that_is_full() {
        let ending = |reason: &str| {
            ending(&Ending::NoRelay {
                address: "h:1".to_owned(),
                reason: reason.to_owned(),
            })
        };
        assert!(ending("connexion refusée").is_some_and(|told| told.contains("déjà")));
        assert!(ending("délai dépassé").is_some_and(|told| !told.contains("déjà")));
    }

    #[test]
    fn no_ending_speaks_of_options() {
        for code in [
            "full", "name", "version", "line", "slow", "replaced", "proto", "?",
        ] {
            let told = ending(&Ending::Refused {
                code: code.to_owned(),
                reason: "raison".to_owned(),
            });
            assert!(told.is_some_and(|told| !told.contains("--")), "{code}");
        }
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
