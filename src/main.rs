//! The program: options, then one of the modes, then an exit status.

use std::io::{self, IsTerminal, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::Ordering;

use msg::code;
use msg::conversation::Outcome;
use msg::display::{self, Colour, Palette};
use msg::history::Record;
use msg::invitation::Invitation;
use msg::options::{
    self, Address, Caller, ClientOptions, Farewells, HostOptions, LineOptions, Mode,
    NamelessOptions, RelayOptions, Sealing, UsageError, WindowOptions,
};
use msg::peer::{Client, Ending, Event};
use msg::platform::{self, PROGRAM, Signal};
use msg::protocol::hub::{RelayMode, Tracing};
use msg::protocol::seal::Code;
use msg::protocol::wire::Refusal;
use msg::relay::{self, Console, HostedRelay, Listener, Origin, Serving};
use msg::service::{self, Service};
use msg::ui_line::{self, Asked};

/// Exit statuses: those of sysexits.h where it has one, and 128 + n for signal n.
mod status {
    pub const USAGE: u8 = 64;
    pub const UNAVAILABLE: u8 = 69;
    pub const OUTPUT_FAILED: u8 = 74;
    pub const UNDELIVERED: u8 = 75;
    pub const PROTOCOL: u8 = 76;
    pub const WRONG_CODE: u8 = 77;
    pub const SIGNAL: u8 = 128;
}

fn main() -> ExitCode {
    let outcome = match options::parse(std::env::args_os().skip(1)) {
        Ok(Mode::Relay(options)) => relay(options),
        Ok(Mode::Host(options)) => host(options),
        Ok(Mode::Client(options)) => client(options),
        Ok(Mode::Nameless(options)) => nameless(options),
        Ok(Mode::Window(options)) => window(options),
        Ok(Mode::Print(text)) => print(&text),
        Err(mistake) => Err(Failure::new(status::USAGE, mistake.to_string())),
    };
    let status = match outcome {
        Ok(status) => status,
        Err(failure) => {
            failure.sentence.inspect(|sentence| complain(sentence));
            failure.status
        }
    };
    if status < status::SIGNAL {
        platform::let_last_words_be_read();
    }
    ExitCode::from(status)
}

/// What keeps the program from doing its work: the exit status, and a sentence for the person, where it is not the
/// person's own wish.
struct Failure {
    status: u8,
    sentence: Option<String>,
}

impl Failure {
    fn new(status: u8, sentence: String) -> Failure {
        Failure {
            status,
            sentence: Some(sentence),
        }
    }

    /// A signal, or a key that stands for it.
    fn signal(signal: Signal) -> Failure {
        Failure {
            status: status::SIGNAL + signal.number(),
            sentence: None,
        }
    }

    /// Something that the system refuses us.
    fn system(what: &str, error: &io::Error) -> Failure {
        let cause = display::system_error(error);
        Failure::new(status::UNAVAILABLE, format!("{what} : {cause}."))
    }

    fn output(error: &io::Error) -> Failure {
        let cause = display::system_error(error);
        let sentence = format!("impossible d'écrire sur la sortie : {cause}.");
        Failure::new(status::OUTPUT_FAILED, sentence)
    }
}

/// Relays one conversation, or a whole class's with `--daemon`.
fn relay(options: RelayOptions) -> Result<u8, Failure> {
    platform::raise_file_limit();
    let inherited = service::inherited_socket()
        .map_err(|bad| Failure::new(status::UNAVAILABLE, format!("{bad}.")))?;
    let (stop, signal) = platform::stop_on_signals()
        .map_err(|error| Failure::system("impossible d'attendre les signaux", &error))?;
    // Under a supervisor nobody watches, and a log is no place for what people write to each other.
    let supervised = inherited.is_some() || service::has_journal();
    let ended = if supervised || options.mode == RelayMode::Daemon {
        if options.tracing == Tracing::On {
            let sentence = "--trace montre ce que les gens écrivent, un journal ne doit pas : retirez cette option.";
            return Err(Failure::new(status::USAGE, sentence.to_owned()));
        }
        let metrics = options.metrics;
        let metrics = metrics
            .map(|at| listen("--metrics", Some(&at.host), at.port))
            .transpose()?;
        let listener = match inherited {
            Some(socket) => Listener::new(socket, Origin::Inherited),
            None => Listener::new(
                listen("--relay", options.host.as_deref(), options.port)?,
                Origin::Ours,
            ),
        };
        listener.and_then(|listener| {
            let serving = Serving {
                mode: options.mode,
                callers: options.callers,
                metrics,
            };
            relay::serve(listener, serving, Service::from_environment(), stop)
        })
    } else {
        let listener = listen("--relay", options.host.as_deref(), options.port)?;
        let console = Console::new().map_err(|error| Failure::output(&error))?;
        relay::run(listener, console, stop, options.tracing)
    };
    match ended {
        Ok(relay::Ended::Over) => Ok(0),
        Ok(relay::Ended::Stopped) => {
            let signal = signal.load(Ordering::Relaxed) as u8;
            // What a supervisor sends is no accident.
            let is_wanted = signal == Signal::Terminate.number()
                && (supervised || options.mode == RelayMode::Daemon);
            Ok(if is_wanted {
                0
            } else {
                status::SIGNAL + signal
            })
        }
        Ok(relay::Ended::Unshown(error)) => Err(Failure::output(&error)),
        Err(error) => Err(Failure::system("le relais ne peut pas continuer", &error)),
    }
}

/// Listens where an option says.
fn listen(option: &str, host: Option<&str>, port: u16) -> Result<TcpListener, Failure> {
    relay::listen(host, port).map_err(|error| {
        let place = host.unwrap_or_default();
        let cause = display::system_error(&error);
        let advice = match error.kind() {
            io::ErrorKind::AddrInUse => {
                let next = port.checked_add(1).unwrap_or(5000);
                format!("choisissez un autre port, par exemple {option} :{next}")
            }
            io::ErrorKind::PermissionDenied => {
                format!("choisissez un port à partir de 1024, par exemple {option} :5000")
            }
            _ => format!("donnez une adresse de cette machine, ou aucune : {option} :{port}"),
        };
        let sentence = format!("impossible d'écouter à {place}:{port} ({cause}) : {advice}.");
        Failure::new(status::UNAVAILABLE, sentence)
    })
}

/// Is relay and person at once: the relay runs beside the person's client, which calls it as anybody does.
fn host(options: HostOptions) -> Result<u8, Failure> {
    refuse_text_of_a_person(options.line)?;
    let code = shared_code(options.sealing)?;
    platform::raise_file_limit();
    let record = options.history.as_deref().map(record).transpose()?;
    let listener = listen("--relay", options.host.as_deref(), options.port)?;
    let fail = |error: io::Error| Failure::system("le relais ne peut pas continuer", &error);
    let relay = HostedRelay::open(listener).map_err(fail)?;
    let settings = ui_line::LineSettings {
        name: options.name.to_string(),
        record,
        options: options.line,
        invitations: relay
            .invitations()
            .iter()
            .map(|&address| Invitation::new(address, options.sealing).to_string())
            .collect(),
    };
    let caller = Caller::Wire {
        name: options.name,
        salon: None,
        code,
    };
    let outcome = talk(settings, relay.own_address().into(), caller);
    // Whatever became of the client, the other person is told.
    relay.close().map_err(fail)?;
    conclude(outcome?)
}

/// Asks for the name that was not given, where there is a person to ask, and goes on.
fn nameless(options: NamelessOptions) -> Result<u8, Failure> {
    match ui_line::ask_name() {
        Some(name) => client(options.named(name)),
        None => {
            let mistake = UsageError::NoName(options.address);
            Err(Failure::new(status::USAGE, mistake.to_string()))
        }
    }
}

/// Refuses `--texte` where a person types.
fn refuse_text_of_a_person(line: LineOptions) -> Result<(), Failure> {
    if line.farewells == Farewells::AreText && io::stdin().is_terminal() {
        let sentence = format!(
            "--texte envoie le texte d'un fichier ou d'un tube : {PROGRAM} … --texte < fichier"
        );
        return Err(Failure::new(status::USAGE, sentence));
    }
    Ok(())
}

/// Talks as one of two people, in line mode.
fn client(options: ClientOptions) -> Result<u8, Failure> {
    refuse_text_of_a_person(options.line)?;
    let caller = match shared_code(options.sealing)? {
        Some(code) => options.caller.with_code(code),
        None => options.caller,
    };
    let settings = ui_line::LineSettings {
        name: own_name(&caller),
        record: options.history.as_deref().map(record).transpose()?,
        options: options.line,
        invitations: Vec::new(),
    };
    conclude(talk(settings, options.address, caller)?)
}

/// The code of `--code`: the environment's, for programs, or a person's.
fn shared_code(sealing: Sealing) -> Result<Option<Code>, Failure> {
    if sealing == Sealing::Off {
        return Ok(None);
    }
    if let Some(code) = given_code()? {
        return Ok(Some(code));
    }
    match smol::block_on(ui_line::ask_code()) {
        Ok(Asked::Code(code)) => Ok(Some(code)),
        Ok(Asked::Signal(signal)) => Err(Failure::signal(signal)),
        Err(_) => {
            let sentence = "--code : pas de terminal où demander le code ; donnez-le par la variable MSG_CODE.";
            Err(Failure::new(status::USAGE, sentence.to_owned()))
        }
    }
}

/// The code that the environment gives.
fn given_code() -> Result<Option<Code>, Failure> {
    let bad = |_| Failure::new(status::USAGE, format!("MSG_CODE : {}", display::BAD_CODE));
    code::from_environment().map_err(bad)
}

fn talk(
    settings: ui_line::LineSettings,
    address: Address,
    caller: Caller,
) -> Result<Outcome, Failure> {
    Client::new(address, caller)
        .and_then(|client| smol::block_on(ui_line::run(settings, client)))
        .map_err(|error| Failure::system("la discussion ne peut pas continuer", &error))
}

/// Talks as one of two people, in a window.
#[cfg(feature = "gui")]
fn window(options: WindowOptions) -> Result<u8, Failure> {
    use msg::options::ClientDialect;
    use msg::ui_window::{CodeField, Desktop, Known, NoDisplay, Settings};

    let code_field = match (options.sealing, &options.dialect) {
        (Sealing::On, _) => CodeField::Required(given_code()?),
        (Sealing::Off, ClientDialect::Wire { .. }) => CodeField::Optional(None),
        (Sealing::Off, ClientDialect::Plain) => CodeField::Absent,
    };
    let record = options.history.as_deref().map(record).transpose()?;
    let desktop = Desktop::open().map_err(|NoDisplay| {
        let sentence =
            "pas d'écran où ouvrir une fenêtre : lancez msg depuis un bureau, ou sans --gui.";
        Failure::new(status::UNAVAILABLE, sentence.to_owned())
    })?;
    let known = Known {
        place: options.place,
        name: options.name,
        code: code_field,
    };
    let Some(call) = desktop.ask(known) else {
        // Somebody who thought better of it.
        return Ok(0);
    };
    let settings = Settings {
        call,
        dialect: options.dialect,
        record,
        history: options.history,
    };
    let outcome = desktop.talk(settings);
    let fail = |error: io::Error| Failure::system("la discussion ne peut pas continuer", &error);
    conclude(outcome.map_err(fail)?)
}

/// This program was built without the window.
#[cfg(not(feature = "gui"))]
fn window(_: WindowOptions) -> Result<u8, Failure> {
    let sentence = "ce programme a été construit sans fenêtre : « cargo build --release --features gui » lui en donne \
                    une (avec GTK 4 : sous Debian, « apt install libgtk-4-dev »).";
    Err(Failure::new(status::USAGE, sentence.to_owned()))
}

/// Opens the record at the path that `--history` gave.
fn record(path: &Path) -> Result<Record, Failure> {
    Record::open(path).map_err(|error| {
        let cause = display::system_error(&error);
        let path = path.display().to_string();
        let sentence = format!("--history {} : {cause}.", display::safe(&path));
        Failure::new(status::USAGE, sentence)
    })
}

/// The name that one's own messages are shown under.
fn own_name(caller: &Caller) -> String {
    match caller {
        Caller::Wire { name, .. } | Caller::Plain(Some(name)) => name.to_string(),
        Caller::Plain(None) => display::MYSELF.to_owned(),
    }
}

/// The exit status of a conversation, and its last words.
fn conclude(outcome: Outcome) -> Result<u8, Failure> {
    if let Some(signal) = outcome.signal {
        return Err(Failure::signal(signal));
    }
    if let Some(error) = outcome.failure {
        return Err(Failure::output(&error));
    }
    let status = match &outcome.ending {
        Some(
            Ending::WrongCode { .. }
            | Ending::TooManyGuesses
            | Ending::NoCode { .. }
            | Ending::CodeWanted { .. },
        ) => status::WRONG_CODE,
        _ if outcome.undelivered > 0 || outcome.unread > 0 => status::UNDELIVERED,
        None | Some(Ending::Over | Ending::Stopped) => 0,
        Some(Ending::NoRelay { .. } | Ending::HungUp(_)) => status::UNAVAILABLE,
        Some(Ending::Refused { refusal, .. }) => match refusal {
            Refusal::Full => status::UNAVAILABLE,
            Refusal::Name => status::USAGE,
            _ => status::PROTOCOL,
        },
        Some(Ending::NotARelay(_) | Ending::Protocol(_)) => status::PROTOCOL,
    };
    let last_words = outcome
        .ending
        .and_then(|ending| display::sentence(&Event::Ended(ending)));
    match last_words {
        Some(sentence) => Err(Failure::new(status, sentence)),
        None => Ok(status),
    }
}

/// Prints a text that was asked for. A reader that has seen enough is no failure.
fn print(text: &str) -> Result<u8, Failure> {
    let mut output = io::stdout();
    let outcome = output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush());
    match outcome {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::output(&error)),
        _ => Ok(0),
    }
}

/// Tells a person on standard error what went wrong.
fn complain(sentence: &str) {
    let row = if service::has_journal() {
        service::error_line(sentence)
    } else {
        format!(
            "{}\n",
            Palette::new(Colour::choose(&io::stderr())).error(sentence)
        )
    };
    // Where standard error is closed nobody listens; the exit status tells.
    let _ = io::stderr().write_all(row.as_bytes());
}
