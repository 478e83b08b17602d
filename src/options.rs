//! What the command line asks for, checked once: from here on an address has a host and a port, and a name can be shown.
//!
//! argh takes the words apart. What it has to say is English and knows nothing of addresses, so no text of its reaches a
//! person: [`UsageError`] words each error in French, with the command that was meant.

mod address;
mod usage_error;

use std::ffi::OsString;
use std::path::PathBuf;

use argh::FromArgs;

use crate::protocol::hub::{RelayMode, Tracing};
use crate::protocol::seal::Code;
use crate::protocol::wire::{Name, Salon};

use address::{callable, split};

pub use address::{Address, BadAddress};
pub use usage_error::UsageError;

/// What the program is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    Relay(RelayOptions),
    Host(HostOptions),
    Client(ClientOptions),
    Window(WindowOptions),
    /// Print this text, whole lines, to standard output.
    Print(String),
}

/// `msg --relay [HOST]:PORT`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayOptions {
    /// Where to listen; every address of this machine where there is none.
    pub host: Option<String>,
    /// 0 means any free port.
    pub port: u16,
    pub mode: RelayMode,
    /// Whether to show every line that passes.
    pub tracing: Tracing,
}

/// `msg --relay [HOST]:PORT --nom X`: relay and person at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostOptions {
    /// Where to listen, as in [`RelayOptions`].
    pub host: Option<String>,
    pub port: u16,
    pub name: Name,
    pub sealing: Sealing,
    /// The record to keep.
    pub history: Option<PathBuf>,
}

/// `msg --connect HOST:PORT --nom X`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientOptions {
    pub address: Address,
    pub caller: Caller,
    pub sealing: Sealing,
    /// The record to keep.
    pub history: Option<PathBuf>,
}

/// `msg --gui`: a dialog asks for what is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowOptions {
    pub address: Option<Address>,
    pub name: Option<Name>,
    pub dialect: ClientDialect,
    pub sealing: Sealing,
    /// The record to keep.
    pub history: Option<PathBuf>,
}

/// Whether two people talk under a code that both know. It is never an argument: those are public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealing {
    Off,
    On,
}

/// What a client speaks, before it has a name: see [`Caller`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientDialect {
    Wire {
        salon: Option<Salon>,
        code: Option<Code>,
    },
    Plain,
}

impl ClientDialect {
    pub fn spoken_by(self, name: Name) -> Caller {
        match self {
            ClientDialect::Wire { salon, code } => Caller::Wire { name, salon, code },
            ClientDialect::Plain => Caller::Plain(Some(name)),
        }
    }
}

/// What the client speaks, and under which name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// The protocol of `msg`, and the room to ask for where the relay serves several.
    /// With a code, what is said is sealed.
    Wire {
        name: Name,
        salon: Option<Salon>,
        code: Option<Code>,
    },
    /// `--brut`: plain text, with the name as first line if there is one.
    Plain(Option<Name>),
}

impl ClientDialect {
    /// Under this code.
    pub fn with_code(self, code: Code) -> ClientDialect {
        match self {
            ClientDialect::Wire { salon, .. } => ClientDialect::Wire {
                salon,
                code: Some(code),
            },
            ClientDialect::Plain => ClientDialect::Plain,
        }
    }
}

impl Caller {
    /// Under this code.
    pub fn with_code(self, code: Code) -> Caller {
        match self {
            Caller::Wire { name, salon, .. } => Caller::Wire {
                name,
                salon,
                code: Some(code),
            },
            Caller::Plain(name) => Caller::Plain(name),
        }
    }
}

/// Reads the command line, without the program's own name in front.
///
/// # Errors
/// What is wrong first, in words for the person who typed it; worth exit status 64.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Mode, UsageError> {
    let arguments = arguments
        .into_iter()
        .map(|argument| {
            argument
                .into_string()
                .map_err(|given| UsageError::NotUtf8(given.to_string_lossy().into_owned()))
        })
        .collect::<Result<Vec<String>, UsageError>>()?;
    let words = split_at_equals(&arguments);
    match RawArgs::from_args(&["msg"], &words) {
        Ok(asked) => asked.checked(),
        Err(exit) if exit.status.is_ok() => Ok(Mode::Print(HELP.to_owned())),
        Err(_) => diagnose(&words),
    }
}

/// Reads an address that was typed into a dialog rather than after `--connect`.
///
/// # Errors
/// What is wrong, with an address as an example and no option around it.
pub fn address(given: &str) -> Result<Address, UsageError> {
    callable(given).map_err(|why| UsageError::address(IN_A_DIALOG, given, why))
}

/// What stands before an example where the command line has its option.
const IN_A_DIALOG: &str = "par exemple";

// argh wants a description of each, for a help that is never shown: HELP is the one a person reads.
/// Deux personnes discutent par écrit, à travers un relais.
#[derive(FromArgs)]
#[argh(help_triggers("--help", "-h"))]
struct RawArgs {
    /// ouvre un relais
    #[argh(option)]
    relay: Option<String>,
    /// rejoint une discussion
    #[argh(option)]
    connect: Option<String>,
    /// votre nom
    #[argh(option)]
    nom: Option<String>,
    /// garde la discussion dans un fichier
    #[argh(option)]
    history: Option<String>,
    /// nomme la paire
    #[argh(option)]
    salon: Option<String>,
    /// sert toute une classe
    #[argh(switch)]
    daemon: bool,
    /// montre chaque ligne qui passe
    #[argh(switch)]
    trace: bool,
    /// parle en texte brut
    #[argh(switch)]
    brut: bool,
    /// chiffre la discussion
    #[argh(switch)]
    code: bool,
    /// discute dans une fenêtre
    #[argh(switch)]
    gui: bool,
    /// affiche la version
    #[argh(switch, short = 'V')]
    version: bool,
}

const HELP: &str = "\
msg : deux personnes discutent par écrit, à travers un relais.

  msg --relay [MACHINE]:PORT --nom NOM [--history FICHIER]
  msg --relay [MACHINE]:PORT [--daemon | --trace]
  msg --connect MACHINE:PORT --nom NOM [--salon SALON] [--history FICHIER] [--gui]
  msg --connect MACHINE:PORT --brut [--nom NOM] [--history FICHIER]

Ouvrir un relais
  --relay [MACHINE]:PORT    accepte deux personnes, puis n'écoute plus ; sans MACHINE, à toutes les adresses
                            de cette machine ; avec le port 0, à un port libre, qui s'affiche
                            avec --nom, on y discute aussi soi-même : l'autre tape la ligne qui s'affiche
  --daemon                  sert sans écran autant de paires que l'on veut, jusqu'à ce qu'on l'arrête ; ne montre
                            et ne garde aucun message (voyez docs/service.md pour systemd)
  --trace                   montre chaque ligne qui passe, octet par octet, pour mettre au point son propre client

Rejoindre une discussion
  --connect MACHINE:PORT    appelle le relais : un nom, une adresse IPv4, ou une adresse IPv6 entre crochets
  --nom NOM                 votre nom, 24 caractères au plus
  --salon SALON             retrouve, sur un relais --daemon, la personne qui donne le même SALON ; sans salon,
                            la prochaine personne qui vient sans salon elle aussi
  --code                    chiffre la discussion sous un code convenu de vive voix, que le programme demande ou tire
                            (ou que donne la variable MSG_CODE) : l'autre le donne aussi, et nul entre vous ne lit
  --history FICHIER         garde la discussion dans FICHIER, à la suite de ce qu'il contient déjà
  --gui                     discute dans une fenêtre, qui demande ce qui n'est pas donné de l'adresse et du nom
  --brut                    parle en texte brut à un serveur qui n'est pas un relais msg : chaque ligne est un message,
                            « quitter » le dernier ; avec --nom, la première ligne est le nom

  --help, -h                affiche cette aide
  --version, -V             affiche la version

Exemples
  msg --relay :5000 --nom Alice
  msg --relay :5000
  msg --connect 192.168.1.12:5000 --nom Zoé
  msg --connect '[2001:db8::7]:5000' --nom 'Jean Paul' --history discussion.txt
  msg --connect salle12:5000 --nom Zoé --salon binôme-3
  msg --gui

Pendant la discussion : Entrée envoie la ligne, /help montre les commandes, /quit ou quitter termine.
";

/// The options that take a value, each with one.
const VALUED: [(&str, &str); 5] = [
    ("--relay", ":5000"),
    ("--connect", EXAMPLE),
    ("--nom", "VOTRE_NOM"),
    ("--history", "discussion.txt"),
    ("--salon", "binôme-3"),
];

const SWITCHES: [&str; 9] = [
    "--daemon",
    "--trace",
    "--code",
    "--brut",
    "--gui",
    "--help",
    "-h",
    "--version",
    "-V",
];

/// What people type instead, from other programs or in the other language.
const ALIASES: [(&str, &str); 20] = [
    ("--name", "--nom"),
    ("--pseudo", "--nom"),
    ("--user", "--nom"),
    ("--relais", "--relay"),
    ("--server", "--relay"),
    ("--serveur", "--relay"),
    ("--listen", "--relay"),
    ("--client", "--connect"),
    ("--connexion", "--connect"),
    ("--historique", "--history"),
    ("--log", "--history"),
    ("--aide", "--help"),
    ("--room", "--salon"),
    ("--salle", "--salon"),
    ("--démon", "--daemon"),
    ("--service", "--daemon"),
    ("--fenêtre", "--gui"),
    ("--fenetre", "--gui"),
    ("--window", "--gui"),
    ("--gtk", "--gui"),
];

/// An address to stand in an example.
const EXAMPLE: &str = "192.168.1.12:5000";

/// A port to stand in an example.
const PORT: u16 = 5000;

impl RawArgs {
    fn checked(mut self) -> Result<Mode, UsageError> {
        if self.version {
            return Ok(Mode::Print(
                concat!("msg ", env!("CARGO_PKG_VERSION"), "\n").to_owned(),
            ));
        }
        let given = [
            ("--relay", &self.relay),
            ("--connect", &self.connect),
            ("--nom", &self.nom),
            ("--history", &self.history),
            ("--salon", &self.salon),
        ];
        for (option, value) in given {
            if value
                .as_deref()
                .is_some_and(|value| value.is_empty() || is_option(value))
            {
                return Err(UsageError::NoValue(option));
            }
        }
        match (self.relay.take(), self.connect.take()) {
            (Some(_), Some(_)) => Err(UsageError::TwoModes),
            (Some(address), None) if self.nom.is_some() => self.host(&address),
            (Some(_), None) if self.brut => Err(UsageError::ClientOnly("--brut")),
            (Some(_), None) if self.gui => Err(UsageError::ClientOnly("--gui")),
            (Some(_), None) if self.code => Err(UsageError::ClientOnly("--code")),
            (Some(_), None) if self.history.is_some() => Err(UsageError::ClientOnly("--history")),
            (Some(_), None) if self.salon.is_some() => Err(UsageError::ClientOnly("--salon")),
            (Some(_), None) if self.daemon && self.trace => Err(UsageError::TracedDaemon),
            (Some(address), None) => {
                let (host, port) =
                    split(&address).map_err(|why| UsageError::address("--relay", &address, why))?;
                Ok(Mode::Relay(RelayOptions {
                    host: (!host.is_empty()).then_some(host),
                    port,
                    mode: match self.daemon {
                        true => RelayMode::Daemon,
                        false => RelayMode::Single,
                    },
                    tracing: match self.trace {
                        true => Tracing::On,
                        false => Tracing::Off,
                    },
                }))
            }
            (None, address) if self.daemon && (self.gui || address.is_some()) => {
                Err(UsageError::RelayOnly("--daemon"))
            }
            (None, address) if self.trace && (self.gui || address.is_some()) => {
                Err(UsageError::RelayOnly("--trace"))
            }
            (None, address) => self.client(address),
        }
    }

    /// What somebody is to do who is relay and person at once.
    fn host(self, address: &str) -> Result<Mode, UsageError> {
        let refused = [
            ("--daemon", self.daemon),
            ("--trace", self.trace),
            ("--salon", self.salon.is_some()),
            ("--brut", self.brut),
        ];
        if let Some((option, _)) = refused.into_iter().find(|(_, given)| *given) {
            return Err(UsageError::NotForAHost(option));
        }
        let (host, port) =
            split(address).map_err(|why| UsageError::address("--relay", address, why))?;
        Ok(Mode::Host(HostOptions {
            host: (!host.is_empty()).then_some(host),
            port,
            name: self.nom.map(named).transpose()?.ok_or(UsageError::NoMode)?,
            sealing: sealing(self.code),
            history: self.history.map(PathBuf::from),
        }))
    }

    /// What a client is to do, whatever is said of a relay aside.
    fn client(self, address: Option<String>) -> Result<Mode, UsageError> {
        let address = address.as_deref().map(called).transpose()?;
        let name = self.nom.map(named).transpose()?;
        let dialect = match self.salon {
            Some(_) if self.brut => return Err(UsageError::PlainSalon),
            None if self.brut && self.code => return Err(UsageError::PlainCode),
            None if self.brut => ClientDialect::Plain,
            salon => ClientDialect::Wire {
                salon: salon.map(room).transpose()?,
                code: None,
            },
        };
        let sealing = sealing(self.code);
        let history = self.history.map(PathBuf::from);
        if self.gui {
            return Ok(Mode::Window(WindowOptions {
                address,
                name,
                dialect,
                sealing,
                history,
            }));
        }
        let address = address.ok_or(UsageError::NoMode)?;
        let caller = match (dialect, name) {
            (dialect, Some(name)) => dialect.spoken_by(name),
            (ClientDialect::Plain, None) => Caller::Plain(None),
            (ClientDialect::Wire { .. }, None) => return Err(UsageError::NoName(address)),
        };
        Ok(Mode::Client(ClientOptions {
            address,
            caller,
            sealing,
            history,
        }))
    }
}

/// What `--code` asks for.
fn sealing(asked: bool) -> Sealing {
    if asked { Sealing::On } else { Sealing::Off }
}

/// The value of `--connect`.
fn called(given: &str) -> Result<Address, UsageError> {
    callable(given).map_err(|why| UsageError::address("--connect", given, why))
}

/// The value of `--nom`.
fn named(given: String) -> Result<Name, UsageError> {
    given.parse().map_err(|why| UsageError::Name { given, why })
}

/// The value of `--salon`.
fn room(given: String) -> Result<Salon, UsageError> {
    given.trim().parse().map_err(|()| UsageError::Salon(given))
}

/// `--nom=Alice` as the two words that argh knows.
fn split_at_equals(arguments: &[String]) -> Vec<&str> {
    let mut words = Vec::with_capacity(arguments.len());
    for argument in arguments {
        match argument.split_once('=') {
            Some((option, value)) if is_valued(option) => words.extend([option, value]),
            _ => words.push(argument.as_str()),
        }
    }
    words
}

fn example(option: &str) -> &'static str {
    VALUED
        .iter()
        .find(|(name, _)| *name == option)
        .map_or(EXAMPLE, |(_, example)| example)
}

fn is_valued(word: &str) -> bool {
    VALUED.iter().any(|(option, _)| *option == word)
}

fn is_option(word: &str) -> bool {
    is_valued(word) || SWITCHES.contains(&word)
}

/// What argh could not make sense of: goes through the words as it does, up to the one that it stumbled over.
fn diagnose(words: &[&str]) -> Result<Mode, UsageError> {
    let mut seen = Vec::new();
    let mut words = words.iter().copied();
    let mut name = None;
    let mut after_code = false;
    while let Some(word) = words.next() {
        if word == "--help" || word == "-h" {
            return Ok(Mode::Print(HELP.to_owned()));
        }
        if let Some((option, _)) = VALUED.iter().find(|(option, _)| *option == word) {
            let value = words
                .next()
                .filter(|value| !is_option(value))
                .ok_or(UsageError::NoValue(option))?;
            if seen.contains(option) {
                return Err(UsageError::Twice(option));
            }
            seen.push(option);
            name = (*option == "--nom").then_some(value);
            after_code = false;
        } else if word.starts_with("--code=") {
            return Err(UsageError::CodeShown);
        } else if word == "--code" {
            after_code = true;
            continue;
        } else if after_code && !word.starts_with('-') {
            return Err(UsageError::CodeShown);
        } else if word.len() > 1 && word.starts_with('-') && !SWITCHES.contains(&word) {
            return Err(UsageError::Unknown {
                given: word.to_owned(),
                meant: nearest(word),
            });
        } else if !SWITCHES.contains(&word) {
            return Err(match name {
                Some(first) => UsageError::NameInPieces {
                    first: first.to_owned(),
                    second: word.to_owned(),
                },
                None => UsageError::Stray(word.to_owned()),
            });
        }
    }
    // argh stumbled over nothing that is known here, so say the least that is true.
    Err(UsageError::NoMode)
}

/// The option that a person who typed `word` most likely meant.
fn nearest(word: &str) -> Option<&'static str> {
    let word = word.split('=').next().unwrap_or(word).to_lowercase();
    let word = format!("--{}", word.trim_start_matches('-'));
    if let Some((_, option)) = ALIASES.iter().find(|(alias, _)| *alias == word) {
        return Some(option);
    }
    VALUED
        .iter()
        .map(|(option, _)| *option)
        .chain(
            SWITCHES
                .into_iter()
                .filter(|switch| switch.starts_with("--")),
        )
        .map(|option| (distance(&word, option), option))
        .filter(|(distance, option)| {
            *distance <= 2 || (word.len() > 3 && option.starts_with(&word))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, option)| option)
}

/// How many characters to add, drop or change to make one word of the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}
