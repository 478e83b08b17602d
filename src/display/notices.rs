//! What a person is told, in French: one sentence an event, each with its own words and, where something went wrong,
//! with what to do next.

use std::io;

use super::delivery::{count, messages};
use super::{safe, safe_name};
use crate::platform::{self, PROGRAM};
use crate::protocol::session::{Disconnected, Ending, Event, SystemError};
use crate::protocol::wire::Refusal;

/// What a person is told of a conversation.
#[derive(Debug)]
pub enum Notice {
    /// What happened to the connection, or to the other's.
    Connection(Event),
    /// What `/history` shows follows: so many messages.
    HistoryHeading {
        messages: usize,
    },
    NothingSaid,
    /// A `/` with something that is no command.
    UnknownCommand(String),
    /// `/history` with something that is no number.
    NotANumber(String),
    /// A line was too long for one message.
    LineIsCut,
    /// We leave, and what we have said is being delivered. A second signal ends at once.
    Delivering,
    /// Nobody has answered our call yet.
    Calling,
    /// We leave, and that takes longer than it does on a healthy connection; so many lines are still to be delivered.
    Leaving {
        lines: usize,
    },
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
            Notice::HistoryHeading { messages: 1 } => {
                "dernier message (* : remise non confirmée) :".to_owned()
            }
            Notice::HistoryHeading { messages } => {
                let messages = count(*messages);
                format!("{messages} derniers messages (* : remise non confirmée) :")
            }
            Notice::NothingSaid => "rien n'a encore été dit.".to_owned(),
            Notice::UnknownCommand(word) => format!(
                "commande inconnue : {word} (/help montre les commandes ; //… envoie un texte qui commence par « / »)."
            ),
            Notice::NotANumber(word) => {
                format!("/history veut un nombre à partir de 1, et non « {word} ».")
            }
            Notice::LineIsCut => {
                "une ligne trop longue pour un seul message part en plusieurs.".to_owned()
            }
            Notice::Delivering => {
                "derniers messages en cours de remise… (Ctrl-C encore une fois : partir tout de suite)"
                    .to_owned()
            }
            Notice::Calling => {
                "appel en cours, sans réponse jusqu'ici : ce que vous écrivez attend.".to_owned()
            }
            Notice::Leaving { lines } => {
                let what = messages(*lines).map_or_else(
                    || "l'adieu à l'autre".to_owned(),
                    |lines| format!("la remise de {lines}"),
                );
                format!("départ : {what} prend du temps… (Ctrl-C : partir tout de suite)")
            }
            Notice::Stalled { lines: 1 } => {
                "1 message est en route depuis un moment : il arrivera dès que possible.".to_owned()
            }
            Notice::Stalled { lines } => format!(
                "{lines} messages sont en route depuis un moment : ils arriveront dès que possible."
            ),
            Notice::RecordFailed(error) => format!(
                "le fichier de --history fait défaut : {}.",
                system_error(error)
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
        Event::Received { .. } | Event::Delivered { .. } | Event::Undelivered { .. } => {
            return None;
        }
        Event::Disconnected { reason, held } => {
            let waiting =
                messages(*held).map_or_else(String::new, |lines| format!(", {lines} en attente"));
            format!(
                "connexion coupée ({}) : nouvelle tentative en cours{waiting}…",
                disconnected(reason)
            )
        }
        Event::Restored { delivered } => match messages(*delivered) {
            None => "connexion rétablie.".to_owned(),
            Some(lines) => format!("connexion rétablie : {lines} remis."),
        },
        Event::Away { name, held } => away(name, *held),
        Event::Back { name, delivered } => back(name, *delivered),
        Event::Sealed { .. } => {
            "discussion chiffrée : seul qui connaît le code peut la lire.".to_owned()
        }
        Event::Left { name } => left(name),
        Event::LeftWithoutGoodbye { name } => {
            format!(
                "la connexion de {} s'est terminée sans adieu.",
                quoted(name)
            )
        }
        Event::Lost { name } => lost(name),
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

/// Someone has left: the assignment's sentence, to the letter.
pub fn left(name: &str) -> String {
    format!("le client {} a quitté la discussion.", safe_name(name))
}

/// Someone who had written nothing has freed the seat for another.
pub fn yielded(name: &str) -> String {
    format!("{} n'a rien écrit : sa place est libre.", quoted(name))
}

/// Someone did not come back in time.
pub fn lost(name: &str) -> String {
    format!(
        "{} n'a pas pu revenir à temps : la discussion est terminée.",
        quoted(name)
    )
}

/// A line has come that is as long as a terminal takes one which edits lines itself.
pub const LINE_IS_CUT_BY_TERMINAL: &str = "cette ligne a la plus grande longueur que prend ce terminal (4\u{202f}095 \
     octets) : ce qui la dépassait n'est pas arrivé jusqu'ici. Un texte de cette taille s'envoie par un tube : msg … < \
     fichier";

/// Asks for a name that was not given.
pub const NAME_PROMPT: &str = "votre nom : ";

/// Asks for the code that two people share.
pub const CODE_PROMPT: &str = "code convenu (Entrée pour en tirer un) : ";

/// What was typed cannot be a code.
pub const BAD_CODE: &str = "il faut au moins une lettre ou un chiffre : par exemple tulipe-canard.";

/// A code was drawn.
pub fn drawn_code(code: &str) -> String {
    format!("code : {code} ; dites-le à l'autre de vive voix.")
}

/// On a relay's screen, in place of a message that it cannot read.
pub fn sealed_message(bytes: usize) -> String {
    format!("message chiffré ({bytes} octets)")
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
            let (address, port) = (safe(address), safe(port));
            let why = disconnected(reason);
            match reason {
                Disconnected::UnknownHost => {
                    format!("aucun relais à {address} ({why}) : vérifiez le nom de la machine.")
                }
                // A relay for two stops listening once both have come, and the kernel then refuses as if there were none.
                Disconnected::System(error) if error.kind == io::ErrorKind::ConnectionRefused => {
                    format!(
                        "aucun relais à {address} ({why}) : vérifiez l'adresse, ou lancez-y « msg --relay :{port} » ; \
                         ou deux personnes y discutent déjà."
                    )
                }
                _ => format!(
                    "aucun relais à {address} ({why}) : vérifiez l'adresse, ou lancez-y « msg --relay :{port} »."
                ),
            }
        }
        Ending::HungUp(reason) => {
            format!(
                "le serveur a coupé la connexion ({}).",
                disconnected(reason)
            )
        }
        Ending::Refused { refusal, reason } => refused(*refusal, reason),
        Ending::NotARelay(malformed) => format!(
            "ce qui répond n'est pas un relais msg ({}) : vérifiez l'adresse et le port.",
            quoted_reason(&malformed.to_string())
        ),
        Ending::Protocol(malformed) => format!(
            "impossible de s'entendre avec ce relais ({}) : vérifiez l'adresse et le port.",
            quoted_reason(&malformed.to_string())
        ),
        Ending::WrongCode { name } => format!(
            "le code n'est pas le même chez {} : l'un des deux est mal tapé, ou quelqu'un s'est mis entre vous. Rien \
             n'a été envoyé ; convenez d'un autre code de vive voix, et recommencez.",
            quoted(name)
        ),
        Ending::TooManyGuesses => {
            "trois fois de suite, qui se présentait n'a pas montré qu'il connaît le code : quelqu'un l'essaie \
             peut-être. Rien ne lui a été envoyé ; convenez d'un autre code de vive voix."
                .to_owned()
        }
        Ending::NoCode { name } => format!(
            "{} discute sans code : rien n'a été envoyé. Convenez d'un code de vive voix, et relancez tous deux avec \
             --code (un client de texte brut n'en est pas capable).",
            quoted(name)
        ),
        Ending::CodeWanted { name } => format!(
            "{} ne discute qu'avec un code : demandez-le de vive voix, puis relancez {PROGRAM} avec --code.",
            quoted(name)
        ),
        Ending::Stopped => {
            "le relais a été arrêté : relancez-le, puis reconnectez-vous.".to_owned()
        }
    };
    Some(told)
}

/// Why a relay refused us: in its words, then what to do.
fn refused(refusal: Refusal, reason: &str) -> String {
    let reason = quoted_reason(reason);
    match refusal {
        Refusal::Full => {
            format!("le relais refuse ({reason}) : revenez plus tard, ou essayez un autre port.")
        }
        Refusal::Name => {
            format!("le relais refuse ce nom ({reason}) : relancez {PROGRAM} avec un autre --nom.")
        }
        Refusal::Version => format!(
            "le relais parle une autre version du protocole ({reason}) : installez la même version de msg des deux côtés."
        ),
        Refusal::Line => format!(
            "le relais refuse une ligne ({reason}) : reconnectez-vous et écrivez plus court."
        ),
        Refusal::Slow => format!("le relais a raccroché ({reason}) : reconnectez-vous."),
        Refusal::Replaced => {
            "cette place a été reprise par une autre connexion du même client : continuez là-bas."
                .to_owned()
        }
        Refusal::Proto => format!(
            "le relais n'a pas compris ce client ({reason}) : comparez les versions des deux côtés avec « msg --version »."
        ),
    }
}

/// Why a connection is no more, or has never come about.
pub fn disconnected(reason: &Disconnected) -> String {
    let told = match reason {
        Disconnected::Closed => "l'autre bout a raccroché",
        // An address of a kind that this machine has none of; the kernel's words would be a relay's.
        Disconnected::System(error) if error.kind == io::ErrorKind::AddrNotAvailable => {
            "cette machine n'a pas de chemin vers cette adresse"
        }
        Disconnected::System(error) => return system_cause(*error),
        Disconnected::UnknownHost => "machine inconnue",
        Disconnected::NoWelcome => "le relais ne souhaite pas la bienvenue",
        Disconnected::NoIntroduction => "le relais ne dit pas qui est là",
        Disconnected::RelaySilent => "le relais ne répond plus",
        Disconnected::NothingArrives => "les messages ne passent plus",
        Disconnected::NotSynchronised => "l'autre ne se synchronise pas",
        Disconnected::ImpossibleAck { through, sent } => {
            return format!("accusé de réception {through} pour {sent} messages envoyés");
        }
        Disconnected::TooSlow(reason) => return quoted_reason(reason),
        Disconnected::Restart => "le relais redémarre",
        Disconnected::Ended => "la discussion est terminée",
    };
    told.to_owned()
}

/// What somebody else gives as a reason: harmless, and short.
pub fn quoted_reason(reason: &str) -> String {
    /// In characters: enough for a reason, too little to push the rest of a notice off the screen.
    const LONGEST: usize = 120;

    match safe(reason) {
        reason if reason.is_empty() => "sans raison donnée".to_owned(),
        reason => match reason.char_indices().nth(LONGEST) {
            None => reason.into_owned(),
            Some((end, _)) => format!("{}…", &reason[..end]),
        },
    }
}

/// Why something failed: our own words where we gave some, else the operating system's reason.
pub fn system_error(error: &io::Error) -> String {
    match error.get_ref() {
        Some(own) => quoted_reason(&own.to_string()),
        None => system_cause(SystemError::from(error)),
    }
}

/// Why what somebody writes cannot be read.
pub fn input_failed(error: &io::Error) -> String {
    let cause = if platform::is_not_for_reading(error) {
        "elle n'est pas ouverte à la lecture (avec nohup, donnez-en une : msg … < fichier)"
            .to_owned()
    } else {
        system_error(error)
    };
    format!("l'entrée ne peut pas être lue : {cause}.")
}

/// The operating system's reason: in French where it is a usual one.
fn system_cause(error: SystemError) -> String {
    use io::ErrorKind;

    let french = match error.kind {
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
        kind => {
            return match error.code {
                // The system's own words, in its language: better than a bare number.
                Some(code) => io::Error::from_raw_os_error(code).to_string(),
                None => kind.to_string(),
            };
        }
    };
    french.to_owned()
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
mod tests;
