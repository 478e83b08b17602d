//! What the command line asks for, checked once: from here on an address has a host and a port, and a name can be shown.
//!
//! argh takes the words apart. What it has to say is English and knows nothing of addresses, so no text of its reaches a
//! person: [`UsageError`] words each error in French, with the command that was meant.

mod address;
mod usage_error;

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use argh::FromArgs;

use crate::protocol::hub::{RelayMode, Tracing};
use crate::protocol::name::Name;
use crate::protocol::seal::Code;
use crate::protocol::wire::Salon;

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
    pub place: Option<Place>,
    pub name: Option<Name>,
    pub dialect: ClientDialect,
    pub sealing: Sealing,
    /// The record to keep.
    pub history: Option<PathBuf>,
}

/// Where a discussion takes place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// At a relay that is called.
    Join(Address),
    /// At a relay of one's own, which listens there as [`RelayOptions`] say.
    Host { host: Option<String>, port: u16 },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Join(address) => address.fmt(f),
            Place::Host { host, port } => {
                write!(f, "{}:{port}", host.as_deref().unwrap_or_default())
            }
        }
    }
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
        Err(exit) if exit.status.is_ok() => Ok(Mode::Print(help())),
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

// argh wants a description of each, for a help that is never shown: `help` is the one a person reads.
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

/// An option: all that is known of it, but for what argh needs to take the words apart.
struct OptionSpec {
    name: &'static str,
    /// One letter for it.
    short: Option<&'static str>,
    /// What its value is called in the help, and an example of one; nothing for a switch.
    value: Option<(&'static str, &'static str)>,
    /// Who has a use for it.
    side: Side,
    /// What people type instead, from other programs or in the other language.
    aliases: &'static [&'static str],
    /// What it does, as rows of the help.
    help: &'static [&'static str],
}

/// Who has a use for an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Relay,
    Client,
    /// A client, or a relay whose person talks as well.
    Person,
    Anybody,
}

/// An address to stand in an example.
const EXAMPLE: &str = "192.168.1.12:5000";

/// A port to stand in an example.
const PORT: u16 = 5000;

/// Every option, in the order of the help.
const OPTIONS: [OptionSpec; 12] = [
    OptionSpec {
        name: "--relay",
        short: None,
        value: Some(("[MACHINE]:PORT", ":5000")),
        side: Side::Relay,
        aliases: &["--relais", "--server", "--serveur", "--listen"],
        help: &[
            "accepte deux personnes, puis n'écoute plus ; sans MACHINE, à toutes les adresses",
            "de cette machine ; avec le port 0, à un port libre, qui s'affiche",
            "avec --nom, on y discute aussi soi-même : l'autre tape la ligne qui s'affiche",
        ],
    },
    OptionSpec {
        name: "--daemon",
        short: None,
        value: None,
        side: Side::Relay,
        aliases: &["--démon", "--service"],
        help: &[
            "sert sans écran autant de paires que l'on veut, jusqu'à ce qu'on l'arrête ; ne montre",
            "et ne garde aucun message (voyez docs/service.md pour systemd)",
        ],
    },
    OptionSpec {
        name: "--trace",
        short: None,
        value: None,
        side: Side::Relay,
        aliases: &[],
        help: &[
            "montre chaque ligne qui passe, octet par octet, pour mettre au point son propre client",
        ],
    },
    OptionSpec {
        name: "--connect",
        short: None,
        value: Some(("MACHINE:PORT", EXAMPLE)),
        side: Side::Client,
        aliases: &["--client", "--connexion"],
        help: &["appelle le relais : un nom, une adresse IPv4, ou une adresse IPv6 entre crochets"],
    },
    OptionSpec {
        name: "--nom",
        short: None,
        value: Some(("NOM", "VOTRE_NOM")),
        side: Side::Person,
        aliases: &["--name", "--pseudo", "--user"],
        help: &["votre nom, 24 caractères au plus"],
    },
    OptionSpec {
        name: "--salon",
        short: None,
        value: Some(("SALON", "binôme-3")),
        side: Side::Client,
        aliases: &["--room", "--salle"],
        help: &[
            "retrouve, sur un relais --daemon, la personne qui donne le même SALON ; sans salon,",
            "la prochaine personne qui vient sans salon elle aussi",
        ],
    },
    OptionSpec {
        name: "--code",
        short: None,
        value: None,
        side: Side::Person,
        aliases: &["--chiffre", "--chiffrer", "--secret"],
        help: &[
            "chiffre la discussion sous un code convenu de vive voix, que le programme demande ou tire",
            "(ou que donne la variable MSG_CODE) : l'autre le donne aussi, et nul entre vous ne lit",
        ],
    },
    OptionSpec {
        name: "--history",
        short: None,
        value: Some(("FICHIER", "discussion.txt")),
        side: Side::Person,
        aliases: &["--historique", "--log"],
        help: &["garde la discussion dans FICHIER, à la suite de ce qu'il contient déjà"],
    },
    OptionSpec {
        name: "--gui",
        short: None,
        value: None,
        side: Side::Person,
        aliases: &["--fenêtre", "--fenetre", "--window", "--gtk"],
        help: &[
            "discute dans une fenêtre, qui demande ce qui n'est pas donné de l'adresse et du nom",
        ],
    },
    OptionSpec {
        name: "--brut",
        short: None,
        value: None,
        side: Side::Client,
        aliases: &[],
        help: &[
            "parle en texte brut à un serveur qui n'est pas un relais msg : chaque ligne est un message,",
            "« quitter » le dernier ; avec --nom, la première ligne est le nom",
        ],
    },
    OptionSpec {
        name: "--help",
        short: Some("-h"),
        value: None,
        side: Side::Anybody,
        aliases: &["--aide"],
        help: &["affiche cette aide"],
    },
    OptionSpec {
        name: "--version",
        short: Some("-V"),
        value: None,
        side: Side::Anybody,
        aliases: &[],
        help: &["affiche la version"],
    },
];

/// The options of each part of the help.
const PARTS: [(&str, &[&str]); 3] = [
    ("Ouvrir un relais", &["--relay", "--daemon", "--trace"]),
    (
        "Rejoindre une discussion",
        &[
            "--connect",
            "--nom",
            "--salon",
            "--code",
            "--history",
            "--gui",
            "--brut",
        ],
    ),
    ("", &["--help", "--version"]),
];

/// The answer to `--help`.
fn help() -> String {
    /// Where what an option does begins.
    const COLUMN: usize = 28;

    let mut help = "\
msg : deux personnes discutent par écrit, à travers un relais.

  msg --relay [MACHINE]:PORT --nom NOM [--history FICHIER] [--gui]
  msg --relay [MACHINE]:PORT [--daemon | --trace]
  msg --connect MACHINE:PORT --nom NOM [--salon SALON] [--history FICHIER] [--gui]
  msg --connect MACHINE:PORT --brut [--nom NOM] [--history FICHIER]

"
    .to_owned();
    for (title, names) in PARTS {
        if !title.is_empty() {
            help += &format!("{title}\n");
        }
        for option in names.iter().filter_map(|name| spec(name)) {
            let mut head = format!("  {}", option.name);
            if let Some(short) = option.short {
                head += &format!(", {short}");
            }
            if let Some((value, _)) = option.value {
                head += &format!(" {value}");
            }
            for row in option.help {
                help += &format!("{head:COLUMN$}{row}\n");
                head.clear();
            }
        }
        help.push('\n');
    }
    help += "\
Exemples
  msg --relay :5000 --nom Alice
  msg --relay :5000
  msg --connect 192.168.1.12:5000 --nom Zoé
  msg --connect '[2001:db8::7]:5000' --nom 'Jean Paul' --history discussion.txt
  msg --connect salle12:5000 --nom Zoé --salon binôme-3
  msg --gui

Pendant la discussion : Entrée envoie la ligne, /help montre les commandes, /quit ou quitter termine.
";
    help
}

/// What is known of the option that is typed so.
fn spec(word: &str) -> Option<&'static OptionSpec> {
    OPTIONS
        .iter()
        .find(|option| option.name == word || option.short == Some(word))
}

impl RawArgs {
    /// What was given, each with its value; nothing for a switch.
    fn given(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let values = [
            ("--relay", &self.relay),
            ("--connect", &self.connect),
            ("--nom", &self.nom),
            ("--history", &self.history),
            ("--salon", &self.salon),
        ];
        let switches = [
            ("--daemon", self.daemon),
            ("--trace", self.trace),
            ("--brut", self.brut),
            ("--gui", self.gui),
            ("--code", self.code),
        ];
        let values = values
            .into_iter()
            .filter_map(|(option, value)| Some((option, value.as_deref()?)));
        let switches = switches.into_iter().filter(|(_, given)| *given);
        values.chain(switches.map(|(option, _)| (option, "")))
    }

    fn checked(mut self) -> Result<Mode, UsageError> {
        if self.version {
            return Ok(Mode::Print(
                concat!("msg ", env!("CARGO_PKG_VERSION"), "\n").to_owned(),
            ));
        }
        if let Some((option, _)) = self
            .given()
            .find(|(option, value)| is_valued(option) && (value.is_empty() || is_option(value)))
        {
            return Err(UsageError::NoValue(option));
        }
        let misused = |useless: &[Side]| {
            let sides = self.given().filter_map(|(option, _)| spec(option));
            let mut useless = sides.filter(|option| useless.contains(&option.side));
            useless.next().map(|option| option.name)
        };
        let client_only =
            misused(&[Side::Client, Side::Person]).filter(|name| *name != "--connect");
        let relay_only = misused(&[Side::Relay]).filter(|name| *name != "--relay");
        match (self.relay.take(), self.connect.take()) {
            (Some(_), Some(_)) => Err(UsageError::TwoModes),
            (Some(address), None) if self.nom.is_some() => self.host(&address),
            (Some(_), None) if self.daemon && self.trace => Err(UsageError::TracedDaemon),
            (Some(address), None) => {
                if let Some(option) = client_only {
                    return Err(UsageError::ClientOnly(option));
                }
                let (host, port) = listening(&address)?;
                Ok(Mode::Relay(RelayOptions {
                    host,
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
            (None, address) => match relay_only.filter(|_| self.gui || address.is_some()) {
                Some(option) => Err(UsageError::RelayOnly(option)),
                None => self.client(address),
            },
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
        let (host, port) = listening(address)?;
        let name = self.nom.map(named).transpose()?.ok_or(UsageError::NoMode)?;
        let sealing = sealing(self.code);
        let history = self.history.map(PathBuf::from);
        if self.gui {
            return Ok(Mode::Window(WindowOptions {
                place: Some(Place::Host { host, port }),
                name: Some(name),
                dialect: ClientDialect::Wire {
                    salon: None,
                    code: None,
                },
                sealing,
                history,
            }));
        }
        Ok(Mode::Host(HostOptions {
            host,
            port,
            name,
            sealing,
            history,
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
                place: address.map(Place::Join),
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

/// The value of `--relay`: where to listen, with a number alone as the port.
fn listening(given: &str) -> Result<(Option<String>, u16), UsageError> {
    if let Ok(port) = given.parse() {
        return Ok((None, port));
    }
    let (host, port) = split(given).map_err(|why| UsageError::address("--relay", given, why))?;
    Ok(((!host.is_empty()).then_some(host), port))
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
    let value = spec(option).and_then(|option| option.value);
    value.map_or(EXAMPLE, |(_, example)| example)
}

fn is_valued(word: &str) -> bool {
    spec(word).is_some_and(|option| option.value.is_some())
}

fn is_option(word: &str) -> bool {
    spec(word).is_some()
}

/// What argh could not make sense of: goes through the words as it does, up to the one that it stumbled over.
fn diagnose(words: &[&str]) -> Result<Mode, UsageError> {
    let mut seen = Vec::new();
    let mut words = words.iter().copied();
    let mut name = None;
    let mut after_code = false;
    while let Some(word) = words.next() {
        if word == "--help" || word == "-h" {
            return Ok(Mode::Print(help()));
        }
        if let Some(OptionSpec {
            name: option,
            value: Some(_),
            ..
        }) = spec(word)
        {
            let value = words
                .next()
                .filter(|value| !is_option(value))
                .ok_or(UsageError::NoValue(option))?;
            if seen.contains(option) {
                return Err(UsageError::Twice(option));
            }
            seen.push(*option);
            name = (*option == "--nom").then_some(value);
            after_code = false;
        } else if word.starts_with("--code=") {
            return Err(UsageError::CodeShown);
        } else if word == "--code" {
            after_code = true;
            continue;
        } else if after_code && !word.starts_with('-') {
            return Err(UsageError::CodeShown);
        } else if word.len() > 1 && word.starts_with('-') && !is_option(word) {
            return Err(UsageError::Unknown {
                given: word.to_owned(),
                meant: nearest(word),
            });
        } else if let Some(meant) = spec(&format!("--{word}")).filter(|_| name.is_none()) {
            return Err(UsageError::Unknown {
                given: word.to_owned(),
                meant: Some(meant.name),
            });
        } else if !is_option(word) {
            return Err(match name {
                Some(first) => UsageError::NameInPieces {
                    first: first.to_owned(),
                    second: word.to_owned(),
                },
                None => match words.next().and_then(|port| port.parse().ok()) {
                    Some(port) => UsageError::AddressInPieces {
                        host: word.to_owned(),
                        port,
                    },
                    None => UsageError::Stray(word.to_owned()),
                },
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
    let is_alias = |option: &&OptionSpec| option.aliases.contains(&word.as_str());
    if let Some(option) = OPTIONS.iter().find(is_alias) {
        return Some(option.name);
    }
    OPTIONS
        .iter()
        .map(|option| option.name)
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
