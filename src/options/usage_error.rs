//! What may be wrong with a command line, and what to type instead.

use std::fmt;

use crate::display::safe;
use crate::platform::PROGRAM;
use crate::protocol::name::{MAX_NAME, NameError};

use super::address::{Address, BadAddress};
use super::spec::{EXAMPLE, PORT, example};

/// Why a command line makes no sense. Shown on one line: what is wrong, then what to type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsageError {
    NotUtf8(String),
    Unknown {
        given: String,
        meant: Option<&'static str>,
    },
    /// An option without the two dashes, and the word that follows it.
    NoDashes {
        meant: &'static str,
        value: Option<String>,
    },
    NoValue(&'static str),
    Twice(&'static str),
    /// A word that belongs to no option.
    Stray(String),
    /// A host and a port apart, as other programs take them.
    AddressInPieces {
        host: String,
        port: u16,
    },
    /// A second word after the name, which has to be quoted.
    NameInPieces {
        first: String,
        second: String,
    },
    NoMode,
    TwoModes,
    NoName(Address),
    /// An option that a relay has no use for.
    ClientOnly(&'static str),
    /// An option that makes no sense where one of the two people is the relay as well.
    NotForAHost(&'static str),
    /// An option that a client has no use for.
    RelayOnly(&'static str),
    /// An option of a relay that serves many.
    DaemonOnly(&'static str),
    /// A trace shows what people write, which is nobody's business in a daemon.
    TracedDaemon,
    Address {
        option: &'static str,
        given: String,
        why: BadAddress,
    },
    Name {
        given: String,
        why: NameError,
    },
    Salon(String),
    /// Plain text has no way to ask for a room.
    PlainSalon,
    /// A server of plain text knows no other end than the words that would be text.
    PlainText,
    /// An option that a window has no use for.
    NotInAWindow(&'static str),
    /// Plain text cannot be sealed.
    PlainCode,
    /// A code stands on the command line, where everybody on this machine reads it. It is not repeated.
    CodeShown,
}

impl UsageError {
    pub(super) fn address(option: &'static str, given: &str, why: BadAddress) -> UsageError {
        UsageError::Address {
            option,
            given: given.to_owned(),
            why,
        }
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UsageError::NotUtf8(given) => write!(
                f,
                "« {} » n'est pas de l'UTF-8 : retapez cet argument",
                safe(given)
            ),
            UsageError::Unknown {
                given,
                meant: Some(meant),
            } => {
                write!(f, "option inconnue « {} » : est-ce {meant} ?", safe(given))
            }
            UsageError::Unknown { given, meant: None } => {
                write!(
                    f,
                    "option inconnue « {} » : voyez « {PROGRAM} --help »",
                    safe(given)
                )
            }
            UsageError::NoDashes { meant, value } => {
                write!(f, "une option commence par deux tirets : {PROGRAM} {meant}")?;
                match value {
                    Some(value) => write!(f, " {}", safe(value)),
                    None => Ok(()),
                }
            }
            UsageError::NoValue(option) => {
                write!(
                    f,
                    "{option} attend une valeur : {option} {}",
                    example(option)
                )
            }
            UsageError::Twice(option) => write!(f, "{option} est donné deux fois : gardez-en un"),
            UsageError::AddressInPieces { host, port } => write!(
                f,
                "une adresse s'écrit d'un seul mot : {PROGRAM} --connect {}:{port} --nom VOTRE_NOM",
                safe(host)
            ),
            UsageError::Stray(given) if given.contains(':') => {
                write!(
                    f,
                    "que faire de « {0} » ? Pour l'appeler : {PROGRAM} --connect {0} --nom VOTRE_NOM",
                    safe(given)
                )
            }
            UsageError::Stray(given) => {
                write!(
                    f,
                    "que faire de « {} » ? Voyez « {PROGRAM} --help »",
                    safe(given)
                )
            }
            UsageError::NameInPieces { first, second } => {
                write!(
                    f,
                    "un nom avec une espace se met entre guillemets : --nom \"{} {}\"",
                    safe(first),
                    safe(second)
                )
            }
            UsageError::NoMode => write!(
                f,
                "que faire ? Ouvrir un relais : {PROGRAM} --relay :{PORT}, \
                 ou rejoindre une discussion : {PROGRAM} --connect {EXAMPLE} --nom VOTRE_NOM"
            ),
            UsageError::TwoModes => write!(
                f,
                "--relay et --connect ne vont pas ensemble : ouvrez le relais dans un terminal, le client dans un autre"
            ),
            UsageError::NoName(address) => write!(
                f,
                "il manque votre nom : {PROGRAM} --connect {address} --nom VOTRE_NOM"
            ),
            UsageError::ClientOnly(option) => {
                write!(
                    f,
                    "{option} ne sert pas à un relais : donnez cette option avec --connect, ou dites --nom pour y discuter aussi"
                )
            }
            UsageError::NotForAHost(option) => {
                let why = match *option {
                    "--daemon" => "--daemon sert toute une classe, sans personne devant",
                    "--trace" => "--trace montre l'écran d'un relais à part",
                    "--salon" => "un relais pour deux n'a pas de salons",
                    _ => "un relais et sa personne se parlent dans le protocole de msg",
                };
                write!(
                    f,
                    "{option} ne va pas avec --relay et --nom ensemble, car {why} : retirez cette option, ou --nom"
                )
            }
            UsageError::RelayOnly(option) => {
                write!(
                    f,
                    "{option} ne sert qu'à un relais : donnez cette option avec --relay"
                )
            }
            UsageError::DaemonOnly(option) => write!(
                f,
                "{option} est pour un relais qui sert tout le monde : ajoutez --daemon"
            ),
            UsageError::TracedDaemon => write!(
                f,
                "--trace montre ce que les gens écrivent, un --daemon jamais : gardez l'un ou l'autre"
            ),
            UsageError::Address { option, given, why } => why.explain(f, option, given),
            UsageError::Name { given, why } => write!(f, "--nom « {} » : {why}", safe(given)),
            UsageError::PlainSalon => {
                write!(f, "--salon ne va pas avec --brut, qui parle sans protocole")
            }
            UsageError::PlainText => {
                write!(
                    f,
                    "--texte ne va pas avec --brut : un serveur de texte brut prend « quitter » pour la fin"
                )
            }
            UsageError::NotInAWindow(option) => {
                write!(
                    f,
                    "{option} ne sert qu'en mode ligne : retirez cette option, ou --gui"
                )
            }
            UsageError::PlainCode => {
                write!(f, "--code ne va pas avec --brut, qui parle en texte brut")
            }
            UsageError::CodeShown => write!(
                f,
                "--code ne prend pas de valeur, car une ligne de commande est publique : convenez d'un autre code, que \
                 le programme demandera, ou que donnera la variable MSG_CODE"
            ),
            UsageError::Salon(given) => write!(
                f,
                "--salon « {} » : un salon se nomme de lettres, chiffres, « - », « _ » et « . », {MAX_NAME} au plus : --salon {}",
                safe(given),
                example("--salon")
            ),
        }
    }
}

impl std::error::Error for UsageError {}
