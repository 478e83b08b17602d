//! What a person is told, in French: one sentence an event, each with its own words and, where something went wrong,
//! with what to do next.

use std::io;

use super::{safe, safe_name};
use crate::protocol::session::{Ending, Event};

/// What a person is told of a conversation.
#[derive(Debug)]
pub enum Notice {
    /// What happened to the connection, or to the other's.
    Connection(Event),
    /// What `/history` shows follows.
    HistoryHeading,
    NothingSaid,
    /// A `/` with something that is no command.
    UnknownCommand(String),
    /// `/history` with something that is no number.
    NotANumber(String),
    /// A line was too long for one message.
    LineIsCut,
    /// We leave, and what we have said is being delivered. A second signal ends at once.
    Delivering,
    /// So many lines of ours have been under way for longer than a healthy connection takes.
    Stalled {
        lines: usize,
    },
    /// The record cannot be written or read.
    RecordFailed(io::Error),
}

impl Notice {
    /// Its words; none for an event that is shown as a message or not at all.
    pub fn sentence(&self) -> Option<String> {
        let told = match self {
            Notice::Connection(event) => return sentence(event),
            Notice::HistoryHeading => "derniers messages (* : pas encore remis) :".to_owned(),
            Notice::NothingSaid => "rien n'a encore été dit.".to_owned(),
            Notice::UnknownCommand(word) => format!(
                "commande inconnue : {word} (/help montre les commandes ; //… envoie un texte qui commence par « / »)."
            ),
            Notice::NotANumber(word) => {
                format!("/history veut un nombre, et non « {word} ».")
            }
            Notice::LineIsCut => {
                "une ligne trop longue pour un seul message part en plusieurs.".to_owned()
            }
            Notice::Delivering => {
                "derniers messages en cours de remise… (Ctrl-C encore une fois : partir tout de suite)"
                    .to_owned()
            }
            Notice::Stalled { lines: 1 } => {
                "1 message est en route depuis un moment : il arrivera dès que possible.".to_owned()
            }
            Notice::Stalled { lines } => format!(
                "{lines} messages sont en route depuis un moment : ils arriveront dès que possible."
            ),
            Notice::RecordFailed(error) => format!(
                "le fichier de --history fait défaut : {}.",
                cause(&error.to_string())
            ),
        };
        Some(told)
    }

    /// Whether something went wrong, or must be put right.
    pub fn is_error(&self) -> bool {
        matches!(
            self,
            Notice::UnknownCommand(_) | Notice::NotANumber(_) | Notice::RecordFailed(_)
        )
    }
}

/// What a person is told of an event; nothing for those that are shown as messages or not at all.
pub fn sentence(event: &Event) -> Option<String> {
    let told = match event {
        Event::Waiting => {
            "en attente de l'autre : ce que vous écrivez lui sera remis à son arrivée.".to_owned()
        }
        Event::Arrived { name } => arrived(name),
        Event::Received { .. } | Event::Delivered { .. } => return None,
        Event::Disconnected { reason, held } => {
            let waiting =
                messages(*held).map_or_else(String::new, |lines| format!(", {lines} en attente"));
            format!(
                "connexion coupée ({}) : nouvelle tentative en cours{waiting}…",
                cause(reason)
            )
        }
        Event::Restored { delivered } => match messages(*delivered) {
            None => "connexion rétablie.".to_owned(),
            Some(lines) => format!("connexion rétablie : {lines} remis."),
        },
        Event::Away { name, held } => away(name, *held),
        Event::Back { name, delivered } => back(name, *delivered),
        Event::Left { name } => left(name),
        Event::Lost { name } => lost(name),
        Event::Undelivered { lines } => return undelivered(lines.len()),
        Event::Ended(ending) => return farewell(ending),
    };
    Some(told)
}

/// Someone sits down.
pub fn arrived(name: &str) -> String {
    format!("{} est là.", quoted(name))
}

/// Someone's connection is cut and the seat is kept; `held` lines wait for them (0 where nobody counts, as on a relay).
pub fn away(name: &str, held: usize) -> String {
    let waiting = match held {
        0 => String::new(),
        1 => ", 1 message l'attend".to_owned(),
        n => format!(", {n} messages l'attendent"),
    };
    format!(
        "{} ne répond plus : sa place est gardée{waiting}.",
        quoted(name)
    )
}

/// Someone takes up the seat again; `delivered` lines that had waited have arrived.
pub fn back(name: &str, delivered: usize) -> String {
    match messages(delivered) {
        None => format!("{} est de retour.", quoted(name)),
        Some(lines) => format!("{} est de retour : {lines} remis.", quoted(name)),
    }
}

/// So many lines did not arrive; those themselves follow.
pub fn undelivered(lines: usize) -> Option<String> {
    match lines {
        0 => None,
        1 => Some("1 message n'a pas été remis :".to_owned()),
        n => Some(format!("{n} messages n'ont pas été remis :")),
    }
}

/// Someone has left: the assignment's sentence, to the letter.
pub fn left(name: &str) -> String {
    format!("le client {} a quitté la discussion.", safe_name(name))
}

/// Someone did not come back in time.
pub fn lost(name: &str) -> String {
    format!(
        "{} n'a pas pu revenir à temps : la discussion est terminée.",
        quoted(name)
    )
}

/// What a person is called who has given no name.
pub const MYSELF: &str = "moi";

/// On a relay's screen, once both seats are taken.
pub const SEATS_TAKEN: &str = "les deux places sont prises : le relais n'écoute plus.";

/// On a relay's screen, when all is said.
pub const OVER: &str = "la discussion est terminée.";

/// The last words of a connection, with what to do next; nothing when everybody has had their say.
fn farewell(ending: &Ending) -> Option<String> {
    let told = match ending {
        Ending::Over => return None,
        Ending::NoRelay { address, reason } => {
            let port = address.rsplit(':').next().unwrap_or("5000");
            format!(
                "aucun relais à {} ({}) : vérifiez l'adresse, ou lancez-y « msg --relay :{} ».",
                safe(address),
                cause(reason),
                safe(port)
            )
        }
        Ending::HungUp { reason } => {
            format!("le serveur a coupé la connexion ({}).", cause(reason))
        }
        Ending::Refused { code, reason } => refused(code, reason),
        Ending::Protocol { reason } => {
            format!(
                "impossible de s'entendre avec ce relais ({}) : vérifiez l'adresse et le port.",
                cause(reason)
            )
        }
        Ending::Stopped => {
            "le relais a été arrêté : relancez-le, puis reconnectez-vous.".to_owned()
        }
    };
    Some(told)
}

/// Why a relay refused us, by the code of its `ERR` line: in its words, then what to do.
fn refused(code: &str, reason: &str) -> String {
    let reason = cause(reason);
    match code {
        "full" => {
            format!("le relais refuse ({reason}) : revenez plus tard, ou essayez un autre port.")
        }
        "name" => format!("le relais refuse ce nom ({reason}) : relancez msg avec un autre --nom."),
        "version" => format!(
            "le relais parle une autre version du protocole ({reason}) : installez la même version de msg des deux côtés."
        ),
        "line" => format!(
            "le relais refuse une ligne ({reason}) : reconnectez-vous et écrivez plus court."
        ),
        "slow" => format!("le relais a raccroché ({reason}) : reconnectez-vous."),
        "replaced" => {
            "cette place a été reprise par une autre connexion du même client : continuez là-bas."
                .to_owned()
        }
        "proto" => format!(
            "le relais n'a pas compris ce client ({reason}) : comparez les versions des deux côtés avec « msg --version »."
        ),
        _ => format!(
            "le relais refuse ({} : {reason}) : réessayez plus tard.",
            cause(code)
        ),
    }
}

/// The reason for a failure, in French where the operating system gives the usual ones, and short whoever words it.
pub fn cause(reason: &str) -> String {
    /// In characters: enough for a reason, too little to push the rest of a notice off the screen.
    const LONGEST: usize = 120;

    let number = reason
        .split_once("(os error ")
        .and_then(|(_, end)| end.trim_end_matches(')').parse().ok());
    if let Some(french) =
        number.and_then(|number| system_cause(io::Error::from_raw_os_error(number).kind()))
    {
        return french.to_owned();
    }
    if reason.starts_with("failed to lookup address information") {
        return "machine inconnue".to_owned();
    }
    match safe(reason) {
        reason if reason.is_empty() => "sans raison donnée".to_owned(),
        reason => match reason.char_indices().nth(LONGEST) {
            None => reason.into_owned(),
            Some((end, _)) => format!("{}…", &reason[..end]),
        },
    }
}

fn system_cause(kind: std::io::ErrorKind) -> Option<&'static str> {
    use std::io::ErrorKind;
    Some(match kind {
        ErrorKind::ConnectionRefused => "connexion refusée",
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => {
            "interrompue par l'autre machine"
        }
        ErrorKind::BrokenPipe => "l'autre bout est fermé",
        ErrorKind::TimedOut => "pas de réponse",
        ErrorKind::HostUnreachable => "machine injoignable",
        ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => "réseau injoignable",
        ErrorKind::AddrInUse => "adresse déjà prise",
        ErrorKind::AddrNotAvailable => "adresse étrangère à cette machine",
        ErrorKind::PermissionDenied => "interdit",
        ErrorKind::NotFound => "introuvable",
        ErrorKind::IsADirectory => "c'est un dossier",
        ErrorKind::NotADirectory => "ce chemin passe par un fichier",
        ErrorKind::ReadOnlyFilesystem => "disque en lecture seule",
        ErrorKind::StorageFull => "disque plein",
        ErrorKind::QuotaExceeded => "quota dépassé",
        ErrorKind::FileTooLarge => "fichier trop gros",
        _ => return None,
    })
}

/// « 1 message », « 3 messages »; nothing for none.
pub fn messages(lines: usize) -> Option<String> {
    match lines {
        0 => None,
        1 => Some("1 message".to_owned()),
        n => Some(format!("{n} messages")),
    }
}

/// A name within a sentence. The guillemets keep « Bob a quitté la discussion » from being read as part of it, so
/// the name's own are shown escaped.
pub fn quoted(name: &str) -> String {
    format!(
        "« {} »",
        safe_name(name)
            .replace('«', "\\u{ab}")
            .replace('»', "\\u{bb}")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Line;
    use crate::protocol::wire::is_hidden;

    fn names(name: &str) -> String {
        name.to_owned()
    }

    fn told(event: Event) -> String {
        sentence(&event).unwrap()
    }

    #[test]
    fn a_name_cannot_forge_a_notice() {
        let name = names("Bob » est là. « Zoé");
        assert_eq!(
            told(Event::Arrived { name }),
            "« Bob \\u{bb} est là. \\u{ab} Zoé » est là."
        );
        let name = names("Bob\nle client Zoé");
        assert_eq!(
            told(Event::Left { name }),
            "le client Bob\\nle client Zoé a quitté la discussion."
        );
    }

    #[test]
    fn leaving_is_told_in_the_words_of_the_assignment() {
        assert_eq!(
            told(Event::Left { name: names("X") }),
            "le client X a quitté la discussion."
        );
    }

    #[test]
    fn counts_agree_with_their_nouns() {
        let back = |delivered| {
            told(Event::Back {
                name: names("Bob"),
                delivered,
            })
        };
        assert_eq!(back(0), "« Bob » est de retour.");
        assert_eq!(back(1), "« Bob » est de retour : 1 message remis.");
        assert_eq!(back(2), "« Bob » est de retour : 2 messages remis.");
        let away = |held| {
            told(Event::Away {
                name: names("Bob"),
                held,
            })
        };
        assert_eq!(away(0), "« Bob » ne répond plus : sa place est gardée.");
        assert_eq!(
            away(1),
            "« Bob » ne répond plus : sa place est gardée, 1 message l'attend."
        );
        assert_eq!(
            away(2),
            "« Bob » ne répond plus : sa place est gardée, 2 messages l'attendent."
        );
        let restored = |delivered| told(Event::Restored { delivered });
        assert_eq!(restored(0), "connexion rétablie.");
        assert_eq!(restored(1), "connexion rétablie : 1 message remis.");
        let undelivered = |n| {
            sentence(&Event::Undelivered {
                lines: vec![
                    Line {
                        sent_at: 0,
                        text: names("a")
                    };
                    n
                ],
            })
        };
        assert_eq!(undelivered(0), None);
        assert_eq!(undelivered(1).unwrap(), "1 message n'a pas été remis :");
        assert_eq!(undelivered(2).unwrap(), "2 messages n'ont pas été remis :");
    }

    #[test]
    fn a_cut_says_why_and_what_waits() {
        let cut = |held| {
            told(Event::Disconnected {
                reason: "Connection reset by peer (os error 104)".to_owned(),
                held,
            })
        };
        assert_eq!(
            cut(0),
            "connexion coupée (interrompue par l'autre machine) : nouvelle tentative en cours…"
        );
        assert_eq!(
            cut(1),
            "connexion coupée (interrompue par l'autre machine) : nouvelle tentative en cours, 1 message en attente…"
        );
    }

    #[test]
    fn an_absent_relay_comes_with_what_to_do() {
        let reason = "Connection refused (os error 111)".to_owned();
        let told = told(Event::Ended(Ending::NoRelay {
            address: "salle12:5000".to_owned(),
            reason,
        }));
        assert_eq!(
            told,
            "aucun relais à salle12:5000 (connexion refusée) : vérifiez l'adresse, ou lancez-y « msg --relay :5000 »."
        );
    }

    #[test]
    fn each_refusal_has_its_own_words_and_a_remedy() {
        use std::collections::HashSet;
        let codes = [
            "full",
            "name",
            "version",
            "line",
            "slow",
            "replaced",
            "proto",
            "inédit\x1b[2J",
        ];
        let told: HashSet<String> = codes
            .iter()
            .map(|code| Ending::Refused {
                code: (*code).to_owned(),
                reason: "a\nb".to_owned(),
            })
            .map(|ending| told(Event::Ended(ending)))
            .collect();
        assert_eq!(told.len(), codes.len());
        assert!(
            told.iter()
                .all(|told| told.contains(" : ") && told.ends_with('.'))
        );
        assert!(!told.iter().any(|told| told.contains(is_hidden)));
    }

    #[test]
    fn causes_are_french_where_they_are_known_and_short_anyway() {
        assert_eq!(
            cause("Connection refused (os error 111)"),
            "connexion refusée"
        );
        assert_eq!(
            cause("failed to lookup address information: Name or service not known"),
            "machine inconnue"
        );
        assert_eq!(cause("le nom est pris"), "le nom est pris");
        assert_eq!(cause("\x1b"), "\\x1b");
        assert_eq!(cause(""), "sans raison donnée");
        assert_eq!(
            cause("odd (os error 99999999999999)"),
            "odd (os error 99999999999999)"
        );
        assert_eq!(cause(&"é".repeat(4000)).chars().count(), 121);
    }
}
