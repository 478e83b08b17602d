//! What the command line asks for, checked once: from here on an address has a host and a port, and a name can be shown.
//!
//! argh takes the words apart. What it has to say is English and knows nothing of addresses, so no text of its reaches a
//! person: [`UsageError`] words each error in French, with the command that was meant.

mod address;
mod diagnosis;
mod help;
mod spec;
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
use diagnosis::{diagnose, with_connect};
use help::help;
use spec::{Side, is_option, is_valued, spec};

pub use address::{Address, BadAddress};
pub use usage_error::UsageError;

/// What the program is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    Relay(RelayOptions),
    Host(HostOptions),
    Client(ClientOptions),
    /// A client whose name is still to be asked for.
    Nameless(NamelessOptions),
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
    pub callers: Callers,
    /// Where to tell programs how the relay is; of this machine alone where no other is given.
    pub metrics: Option<Address>,
}

/// Whose connections a relay accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callers {
    /// The callers' own.
    Direct,
    /// A proxy's, which says in front of each whose it is.
    Proxied,
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
    pub line: LineOptions,
}

/// `msg --connect HOST:PORT --nom X`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientOptions {
    pub address: Address,
    pub caller: Caller,
    pub sealing: Sealing,
    /// The record to keep.
    pub history: Option<PathBuf>,
    pub line: LineOptions,
}

/// `msg HOST:PORT`, of somebody who has not said under which name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamelessOptions {
    pub address: Address,
    dialect: ClientDialect,
    sealing: Sealing,
    history: Option<PathBuf>,
    line: LineOptions,
}

impl NamelessOptions {
    /// Under this name.
    pub fn named(self, name: Name) -> ClientOptions {
        ClientOptions {
            address: self.address,
            caller: self.dialect.spoken_by(name, None),
            sealing: self.sealing,
            history: self.history,
            line: self.line,
        }
    }
}

/// How line mode is to behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineOptions {
    pub farewells: Farewells,
    pub calls: Calls,
}

/// What the two words that end a discussion mean where no person writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewells {
    /// They end it, as the assignment asks.
    End,
    /// They are text, and the end of the text ends it.
    AreText,
}

/// Whether a message calls somebody who looks elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calls {
    On,
    Off,
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
    Wire { salon: Option<Salon> },
    Plain,
}

impl ClientDialect {
    /// Under this name and, where what is spoken can be sealed, this code.
    pub fn spoken_by(self, name: Name, code: Option<Code>) -> Caller {
        match self {
            ClientDialect::Wire { salon } => Caller::Wire { name, salon, code },
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
        Err(_) => match with_connect(&words).map(|words| RawArgs::from_args(&["msg"], &words)) {
            Some(Ok(asked)) => asked.checked(),
            _ => diagnose(&words),
        },
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
    /// attend l'en-tête d'un mandataire
    #[argh(switch)]
    proxy_protocol: bool,
    /// dit comment il va
    #[argh(option)]
    metrics: Option<String>,
    /// parle en texte brut
    #[argh(switch)]
    brut: bool,
    /// chiffre la discussion
    #[argh(switch)]
    code: bool,
    /// envoie un texte en entier
    #[argh(switch)]
    texte: bool,
    /// n'appelle personne
    #[argh(switch)]
    muet: bool,
    /// discute dans une fenêtre
    #[argh(switch)]
    gui: bool,
    /// affiche la version
    #[argh(switch, short = 'V')]
    version: bool,
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
            ("--metrics", &self.metrics),
        ];
        let switches = [
            ("--daemon", self.daemon),
            ("--trace", self.trace),
            ("--proxy-protocol", self.proxy_protocol),
            ("--brut", self.brut),
            ("--gui", self.gui),
            ("--code", self.code),
            ("--texte", self.texte),
            ("--muet", self.muet),
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
        let (relay, connect) = (self.relay.take(), self.connect.take());
        match (relay, connect) {
            (Some(_), Some(_)) => Err(UsageError::TwoModes),
            (Some(address), None) if self.nom.is_some() => self.host(&address),
            (Some(address), None) => self.relay(&address),
            (None, address) => match self.first_of(&[Side::Relay, Side::Daemon]) {
                Some(option) if self.gui || address.is_some() => Err(UsageError::RelayOnly(option)),
                _ => self.client(address),
            },
        }
    }

    /// The first option that only these have a use for, beside the one that tells who it is.
    fn first_of(&self, sides: &[Side]) -> Option<&'static str> {
        let mut given = self.given().filter_map(|(option, _)| spec(option));
        let option = given.find(|option| sides.contains(&option.side))?;
        Some(option.name)
    }

    fn sealing(&self) -> Sealing {
        if self.code { Sealing::On } else { Sealing::Off }
    }

    fn line(&self) -> LineOptions {
        LineOptions {
            farewells: if self.texte {
                Farewells::AreText
            } else {
                Farewells::End
            },
            calls: if self.muet { Calls::Off } else { Calls::On },
        }
    }

    /// Refuses what a window has no use for.
    fn refused_by_a_window(&self) -> Result<(), UsageError> {
        match self.first_of(&[Side::Line]) {
            Some(option) if self.gui => Err(UsageError::NotInAWindow(option)),
            _ => Ok(()),
        }
    }

    /// What a relay is to do.
    fn relay(self, address: &str) -> Result<Mode, UsageError> {
        if self.daemon && self.trace {
            return Err(UsageError::TracedDaemon);
        }
        if let Some(option) = self.first_of(&[Side::Client, Side::Person, Side::Line]) {
            return Err(UsageError::ClientOnly(option));
        }
        if let Some(option) = self.first_of(&[Side::Daemon]).filter(|_| !self.daemon) {
            return Err(UsageError::DaemonOnly(option));
        }
        let (host, port) = listening("--relay", address)?;
        let metrics = self.metrics.map(|given| listening("--metrics", &given));
        Ok(Mode::Relay(RelayOptions {
            host,
            port,
            mode: if self.daemon {
                RelayMode::Daemon
            } else {
                RelayMode::Single
            },
            tracing: if self.trace {
                Tracing::On
            } else {
                Tracing::Off
            },
            callers: if self.proxy_protocol {
                Callers::Proxied
            } else {
                Callers::Direct
            },
            metrics: metrics.transpose()?.map(|(host, port)| Address {
                host: host.unwrap_or_else(|| "localhost".to_owned()),
                port,
            }),
        }))
    }

    /// What somebody is to do who is relay and person at once.
    fn host(self, address: &str) -> Result<Mode, UsageError> {
        if let Some(option) = self.first_of(&[Side::Relay, Side::Daemon, Side::Client]) {
            return Err(UsageError::NotForAHost(option));
        }
        self.refused_by_a_window()?;
        let (host, port) = listening("--relay", address)?;
        let (sealing, line) = (self.sealing(), self.line());
        let name = self.nom.map(named).transpose()?.ok_or(UsageError::NoMode)?;
        let history = self.history.map(PathBuf::from);
        if self.gui {
            return Ok(Mode::Window(WindowOptions {
                place: Some(Place::Host { host, port }),
                name: Some(name),
                dialect: ClientDialect::Wire { salon: None },
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
            line,
        }))
    }

    /// What a client is to do, whatever is said of a relay aside.
    fn client(self, address: Option<String>) -> Result<Mode, UsageError> {
        self.refused_by_a_window()?;
        let address = address.as_deref().map(called).transpose()?;
        let (sealing, line) = (self.sealing(), self.line());
        let name = self.nom.map(named).transpose()?;
        let dialect = match self.salon {
            Some(_) if self.brut => return Err(UsageError::PlainSalon),
            None if self.brut && self.code => return Err(UsageError::PlainCode),
            None if self.brut && self.texte => return Err(UsageError::PlainText),
            None if self.brut => ClientDialect::Plain,
            salon => ClientDialect::Wire {
                salon: salon.map(room).transpose()?,
            },
        };
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
            (dialect, Some(name)) => dialect.spoken_by(name, None),
            (ClientDialect::Plain, None) => Caller::Plain(None),
            (dialect @ ClientDialect::Wire { .. }, None) => {
                return Ok(Mode::Nameless(NamelessOptions {
                    address,
                    dialect,
                    sealing,
                    history,
                    line,
                }));
            }
        };
        Ok(Mode::Client(ClientOptions {
            address,
            caller,
            sealing,
            history,
            line,
        }))
    }
}

/// A value that says where to listen: a number alone is the port.
fn listening(option: &'static str, given: &str) -> Result<(Option<String>, u16), UsageError> {
    if let Ok(port) = given.parse() {
        return Ok((None, port));
    }
    let (host, port) = split(given).map_err(|why| UsageError::address(option, given, why))?;
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
