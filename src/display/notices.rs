//! What a person is told, in French: one sentence an event, each with its own words and, where something went wrong,
//! with what to do next.

use std::io;

use super::{safe, safe_name};
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

/// What is known of lines that were not acknowledged before the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// They never went out to anybody.
    Certain,
    /// They may have arrived: whoever had them could not say so any more.
    Possible,
}

/// So many lines did not arrive, as far as is known.
pub fn undelivered(lines: usize, loss: Loss) -> Option<String> {
    Some(match (lines, loss) {
        (0, _) => return None,
        (1, Loss::Certain) => "1 message n'a pas été remis".to_owned(),
        (n, Loss::Certain) => format!("{n} messages n'ont pas été remis"),
        (1, Loss::Possible) => "remise non confirmée de 1 message".to_owned(),
        (n, Loss::Possible) => format!("remise non confirmée de {n} messages"),
    })
}

/// How things stand with what somebody has written, in the fewest words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Nothing is to be told: nothing was written, or it is on its way and will be there at once.
    Untold,
    /// So many lines are under way for longer than a healthy connection takes.
    UnderWay(usize),
    /// So many wait for the connection, or for the other.
    Waiting(usize),
    /// The other person's client has all of them.
    Received,
    /// All are written to a server that acknowledges nothing.
    Sent,
}

impl Delivery {
    /// A sign before a word, as the window has it; nothing where nothing is to be told.
    pub fn mark(self) -> Option<String> {
        Some(match self {
            Delivery::Untold => return None,
            Delivery::UnderWay(lines) => format!("{} en route", count(lines)),
            Delivery::Waiting(lines) => format!("{} en attente", count(lines)),
            Delivery::Received => "✓ reçu".to_owned(),
            Delivery::Sent => "✓ envoyé".to_owned(),
        })
    }
}

/// Whether a count reached the end of what was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    All,
    /// More may have come, or was too much to count.
    AtLeast,
}

/// So many lines of a pipe were not read, because the discussion was over or this line of the pipe had ended it.
pub fn unread(lines: usize, extent: Extent, farewell: Option<&str>) -> Option<String> {
    let at_least = match extent {
        Extent::All => "",
        Extent::AtLeast => "au moins ",
    };
    let number = count(lines);
    let counted = match lines {
        0 => return None,
        1 => format!("{at_least}1 ligne n'a pas été envoyée"),
        _ => format!("{at_least}{number} lignes n'ont pas été envoyées"),
    };
    Some(match farewell {
        None => format!("{counted} : la discussion était terminée."),
        Some(word) => format!(
            "{counted}, car la ligne « {word} » qui les précède termine la discussion. Pour envoyer un texte entier, quoi \
             qu'il contienne : msg … --texte < fichier"
        ),
    })
}

/// How much of a text has gone where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// In lines.
    pub done: u64,
    pub under_way: usize,
    pub ends: WorkEnds,
}

/// What is known of a line that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkEnds {
    /// The other has it.
    Received,
    /// It is written to a server that acknowledges nothing.
    Sent,
}

/// How far a text has come, at so many lines a second.
pub fn progress(work: Work, speed: usize) -> String {
    let (line, lines) = match work.ends {
        WorkEnds::Received => ("ligne remise", "lignes remises"),
        WorkEnds::Sent => ("ligne envoyée", "lignes envoyées"),
    };
    let done = usize::try_from(work.done).unwrap_or(usize::MAX);
    let noun = if done < 2 { line } else { lines };
    let (done, under_way, speed) = (count(done), count(work.under_way), count(speed));
    format!("{done} {noun}, {under_way} en route, {speed}/s")
}

/// A number as French writes it: 45 210, with spaces that no line is broken at.
pub fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(2 * digits.len());
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push('\u{202f}');
        }
        shown.push(digit);
    }
    shown
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
            "{} ne discute qu'avec un code : demandez-le de vive voix, puis relancez msg avec --code.",
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
            format!("le relais refuse ce nom ({reason}) : relancez msg avec un autre --nom.")
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
    // What `nohup` makes of a terminal's input, so that whoever reads it is told.
    let is_closed = error.raw_os_error() == Some(rustix::io::Errno::BADF.raw_os_error());
    let cause = if is_closed {
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
    use crate::protocol::hygiene::is_hidden;

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
        assert_eq!(undelivered(0, Loss::Possible), None);
        for (loss, one, two) in [
            (
                Loss::Certain,
                "1 message n'a pas été remis",
                "2 messages n'ont pas été remis",
            ),
            (
                Loss::Possible,
                "remise non confirmée de 1 message",
                "remise non confirmée de 2 messages",
            ),
        ] {
            assert_eq!(undelivered(1, loss).unwrap(), one);
            assert_eq!(undelivered(2, loss).unwrap(), two);
        }
    }

    #[test]
    fn a_cut_says_why_and_what_waits() {
        let cut = |held| {
            told(Event::Disconnected {
                reason: Disconnected::System(SystemError {
                    kind: io::ErrorKind::ConnectionReset,
                    code: Some(104),
                }),
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
    fn what_was_not_read_is_counted_with_what_to_do() {
        assert_eq!(unread(0, Extent::AtLeast, Some("quitter")), None);
        assert_eq!(
            unread(1, Extent::All, None).unwrap(),
            "1 ligne n'a pas été envoyée : la discussion était terminée."
        );
        let told = unread(12_345, Extent::AtLeast, Some("quitter")).unwrap();
        assert!(told.starts_with(
            "au moins 12\u{202f}345 lignes n'ont pas été envoyées, car la ligne « quitter »"
        ));
        assert!(told.ends_with("msg … --texte < fichier"));
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(45_210), "45\u{202f}210");
        assert_eq!(count(1_000_000), "1\u{202f}000\u{202f}000");
    }

    fn no_relay(reason: Disconnected) -> String {
        told(Event::Ended(Ending::NoRelay {
            address: "salle12:5000".to_owned(),
            reason,
        }))
    }

    #[test]
    fn an_absent_relay_comes_with_what_to_do() {
        let system = |kind| Disconnected::System(SystemError { kind, code: None });
        assert_eq!(
            no_relay(system(io::ErrorKind::TimedOut)),
            "aucun relais à salle12:5000 (pas de réponse) : vérifiez l'adresse, ou lancez-y « msg --relay :5000 »."
        );
        assert_eq!(
            no_relay(system(io::ErrorKind::ConnectionRefused)),
            "aucun relais à salle12:5000 (connexion refusée) : vérifiez l'adresse, ou lancez-y « msg --relay :5000 » ; \
             ou deux personnes y discutent déjà."
        );
        assert_eq!(
            no_relay(Disconnected::UnknownHost),
            "aucun relais à salle12:5000 (machine inconnue) : vérifiez le nom de la machine."
        );
    }

    #[test]
    fn each_refusal_has_its_own_words_and_a_remedy() {
        use std::collections::HashSet;
        let refusals = [
            Refusal::Full,
            Refusal::Name,
            Refusal::Version,
            Refusal::Line,
            Refusal::Slow,
            Refusal::Replaced,
            Refusal::Proto,
        ];
        let told: HashSet<String> = refusals
            .iter()
            .map(|&refusal| Ending::Refused {
                refusal,
                reason: "a\nb\x1b[2J".to_owned(),
            })
            .map(|ending| told(Event::Ended(ending)))
            .collect();
        assert_eq!(told.len(), refusals.len());
        assert!(
            told.iter()
                .all(|told| told.contains(" : ") && told.ends_with('.'))
        );
        assert!(!told.iter().any(|told| told.contains(is_hidden)));
    }

    #[test]
    fn reasons_are_french_where_they_are_known_and_short_anyway() {
        let refused = io::Error::from_raw_os_error(111);
        assert_eq!(system_error(&refused), "connexion refusée");
        let own = io::Error::other("ce n'est pas un fichier ordinaire");
        assert_eq!(system_error(&own), "ce n'est pas un fichier ordinaire");
        assert_eq!(quoted_reason("\x1b"), "\\x1b");
        assert_eq!(quoted_reason(""), "sans raison donnée");
        assert_eq!(quoted_reason(&"é".repeat(4000)).chars().count(), 121);
    }
}
