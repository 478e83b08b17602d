//! Every client there is, and how its person uses it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::SOON;
use crate::watched::Watched;

/// Between two keys of somebody who types.
const PACE: Duration = Duration::from_millis(200);

/// A client and its person.
pub struct Client {
    pub label: &'static str,
    program: Program,
    pub habit: Habit,
    hand: Hand,
    /// What its person is called.
    pub name: &'static str,
    /// What its person waits for before they type anything.
    question: &'static str,
    /// What it is told first: the name, where it asks for one.
    first_line: Option<&'static str>,
    pub first_words: &'static str,
    pub answer: &'static str,
    pub last_words: &'static str,
    /// What its person pastes after that: lines that come at once.
    pub pasted: &'static [&'static str],
    pub farewell: &'static str,
    /// As much of the sentence as it shows.
    pub sentence: &'static str,
}

/// When a client says who it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// At once, in a line of its own.
    NameFirst,
    /// With its first message.
    NameWithMessage,
    /// At once; and it reads only after it has written.
    TakesTurns,
}

/// How its person types.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hand {
    Lines,
    /// Key after key, and some mistakes taken back.
    Keys,
}

/// What must be run.
#[derive(Clone, Copy)]
enum Program {
    /// A source beside this file, for an interpreter.
    Script(&'static str, &'static str),
    C(&'static str),
    Java(&'static str),
    Go(&'static str),
    /// A command of the system's with these arguments, where `PORT` stands for the port.
    Tool(&'static [&'static str]),
    /// The same on a terminal of its own, after these keys.
    Terminal(&'static str, &'static [&'static str]),
    Window(&'static str),
}

use Program::{C, Go, Java, Script, Terminal, Tool, Window};

const ZOE: Client = Client {
    label: "",
    program: Tool(&[]),
    habit: Habit::NameFirst,
    hand: Hand::Lines,
    name: "Zoé",
    question: "",
    first_line: Some("Zoé"),
    first_words: "ça va ?",
    answer: "très bien, où es-tu ?",
    last_words: "à l'université",
    pasted: &[],
    farewell: "quitter",
    sentence: "le client Bob a quitté la discussion.",
};

/// Somebody whose client knows ASCII only.
const ZOE_IN_ASCII: Client = Client {
    name: "Zoe",
    first_line: Some("Zoe"),
    first_words: "salut",
    answer: "bonjour",
    last_words: "bien",
    ..ZOE
};

pub fn catalogue() -> Vec<Client> {
    let named = |label, program| Client {
        label,
        program,
        ..ZOE
    };
    let prefixed = |label, program| Client {
        label,
        program,
        habit: Habit::NameWithMessage,
        ..ZOE
    };
    vec![
        named("python, threads", Script("python3", "threads_bare.py")),
        Client {
            label: "python, NICK, ascii",
            program: Script("python3", "nickname_prefix.py"),
            habit: Habit::NameWithMessage,
            // The accent of the sentence ends it; the discussion is over anyway.
            sentence: "An error occured!",
            ..ZOE_IN_ASCII
        },
        named("python, select", Script("python3", "select_lines.py")),
        named(
            "python, attend la question",
            Script("python3", "waits_for_prompt.py"),
        ),
        Client {
            habit: Habit::TakesTurns,
            ..named(
                "python, à tour de rôle",
                Script("python3", "half_duplex.py"),
            )
        },
        named("python, tkinter", Window("tkinter_window.py")),
        Client {
            // It takes the relay's UTF-8 for Windows-1252, and so does its person.
            answer: "ok",
            sentence: "le client Bob a quittÃ© la discussion.",
            ..named("python, Windows-1252", Script("python3", "windows_1252.py"))
        },
        named("python, asyncio, BOM", Script("python3", "asyncio_bom.py")),
        Client {
            hand: Hand::Keys,
            // What is typed before would arrive all at once.
            question: "Connecte",
            ..named(
                "python, touche par touche",
                Script("python3", "typed_keys.py"),
            )
        },
        Client {
            name: "invité",
            first_line: None,
            first_words: "Bonjour, je ne dis jamais qui je suis",
            ..named("python, sans nom", Script("python3", "select_lines.py"))
        },
        named("C, 32 octets", C("fixed_records")),
        named("C, nom puis préfixe", C("name_record")),
        prefixed("C, [nom], strlen + 1", C("bracketed_poll")),
        named("java, println", Java("PrintlnClient")),
        prefixed("java, préfixe, octets", Java("PrefixClient")),
        named("go, Fprintf", Go("fprintf_lines")),
        prefixed("go, nom:texte", Go("sprintf_bare")),
        Client {
            question: "Pseudo ?",
            ..named("node, readline", Script("node", "readline_bare.js"))
        },
        named("node, stdin", Script("node", "stdin_chunks.js")),
        named("perl, CR LF", Script("perl", "fork_crlf.pl")),
        named("bash, /dev/tcp", Script("bash", "dev_tcp.sh")),
        Client {
            question: "Nom :",
            farewell: "exit",
            ..named("python, lit deux fois", Script("python3", "reads_twice.py"))
        },
        Client {
            question: "Pseudo ?",
            pasted: &["un", "deux"],
            farewell: "/leave",
            ..named("node, annonce, [heure]", Script("node", "announces.js"))
        },
        Client {
            farewell: "bye",
            ..named("C, USERNAME:", C("labelled"))
        },
        Client {
            pasted: &["un : voilà", "deux", "trois"],
            farewell: "QUIT",
            ..prefixed("perl, [nom]:, colle", Script("perl", "pasted_prefix.pl"))
        },
        named("nc (openbsd)", Tool(&["nc.openbsd", "127.0.0.1", "PORT"])),
        named(
            "nc -C (openbsd)",
            Tool(&["nc.openbsd", "-C", "127.0.0.1", "PORT"]),
        ),
        named("ncat", Tool(&["ncat", "127.0.0.1", "PORT"])),
        named("ncat -C", Tool(&["ncat", "-C", "127.0.0.1", "PORT"])),
        named("socat", Tool(&["socat", "-", "TCP:127.0.0.1:PORT"])),
        named("busybox nc", Tool(&["busybox", "nc", "127.0.0.1", "PORT"])),
        Client {
            // It shows what has come once its person has typed the next line.
            habit: Habit::TakesTurns,
            ..named(
                "curl telnet://",
                Tool(&["curl", "-sN", "telnet://127.0.0.1:PORT"]),
            )
        },
        named(
            "curl -T . telnet://",
            Tool(&["curl", "-sNT.", "telnet://127.0.0.1:PORT"]),
        ),
        named(
            "plink -raw",
            Tool(&["plink", "-batch", "-raw", "-P", "PORT", "127.0.0.1"]),
        ),
        named(
            "plink -telnet",
            Tool(&["plink", "-batch", "-telnet", "-P", "PORT", "127.0.0.1"]),
        ),
        named("telnet", Terminal("inetutils-telnet 127.0.0.1 PORT", &[])),
        Client {
            hand: Hand::Keys,
            ..named(
                "telnet, touche par touche",
                Terminal(
                    "inetutils-telnet 127.0.0.1 PORT",
                    &["\x1d", "mode character\r"],
                ),
            )
        },
        named(
            "busybox telnet",
            Terminal("busybox telnet 127.0.0.1 PORT", &[]),
        ),
        Client {
            hand: Hand::Keys,
            ..named(
                "busybox telnet, touches",
                Terminal("busybox telnet 127.0.0.1 PORT", &["\x1d\r", "c"]),
            )
        },
    ]
}

/// `msg` as a relay on a free port.
pub fn relay() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_msg"));
    command.args(["--relay", "127.0.0.1:0"]);
    command
}

/// `msg` as a client.
pub fn msg(port: u16, name: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_msg"));
    command.args(["--connect", &format!("127.0.0.1:{port}"), "--nom", name]);
    command
}

impl Client {
    /// How to run it against a relay on this port, or why it cannot be run here.
    pub fn command(&self, workshop: &Workshop, port: u16) -> Result<Command, String> {
        let port = port.to_string();
        let place = ["127.0.0.1", &port];
        let mut command = match self.program {
            Script(interpreter, source) => {
                let mut command = tool(interpreter)?;
                command.arg(workshop.source(source)).args(place);
                command
            }
            Window(source) => {
                let mut command = tool("xvfb-run")?;
                // The distribution's interpreter is the one that comes with tkinter.
                let python = "/usr/bin/python3";
                has_tkinter(python)?;
                command
                    .args(["-a", python])
                    .arg(workshop.source(source))
                    .args(place);
                command
            }
            C(source) | Go(source) => {
                let mut command = Command::new(workshop.built(source)?);
                command.args(place);
                command
            }
            Java(class) => {
                let mut command = tool("java")?;
                command
                    .arg("-cp")
                    .arg(workshop.built(class)?)
                    .arg(class)
                    .args(place);
                command
            }
            Tool(line) => {
                let mut command = tool(line[0])?;
                command.args(line[1..].iter().map(|word| word.replace("PORT", &port)));
                command
            }
            Terminal(line, _) => {
                tool(line.split(' ').next().unwrap_or_default())?;
                let mut command = tool("socat")?;
                let line = line.replace("PORT", &port);
                // socat forgets what is left to read when its program ends with another status than 0.
                command.args([
                    "-",
                    &format!("SYSTEM:{line}; true,pty,setsid,ctty,stderr,echo=0"),
                ]);
                command
            }
        };
        command
            .env("PYTHONIOENCODING", "utf-8")
            .env("LC_ALL", "C.UTF-8");
        Ok(command)
    }

    /// Its person starts it and says who they are.
    pub fn sit_down(&self, screen: &mut Watched) -> Result<(), String> {
        if let Terminal(_, keys) = self.program {
            screen.shows("Connected", SOON)?;
            for keys in keys {
                screen.types(keys)?;
                // The terminal changes its mode, and would throw away what comes meanwhile.
                screen.watch(PACE);
            }
        }
        screen.shows(self.question, SOON)?;
        let Some(line) = self.first_line else {
            return Ok(());
        };
        self.types(screen, line)?;
        match self.habit {
            Habit::NameFirst | Habit::TakesTurns => screen.shows("Bienvenue", SOON),
            Habit::NameWithMessage => Ok(()),
        }
    }

    /// Its person types a line.
    pub fn types(&self, screen: &mut Watched, line: &str) -> Result<(), String> {
        let enter = match self.program {
            Terminal(..) => "\r",
            _ => "\n",
        };
        if self.hand == Hand::Keys {
            for key in line.chars() {
                // Every « a » is first mistyped.
                let keys = if key == 'a' {
                    vec!['q', '\x7f', 'a']
                } else {
                    vec![key]
                };
                for key in keys {
                    screen.types(key.encode_utf8(&mut [0; 4]))?;
                    screen.watch(PACE);
                }
            }
            return screen.types(enter);
        }
        screen.types(&format!("{line}{enter}"))
    }
}

/// The clients that had to be compiled.
pub struct Workshop {
    built: BTreeMap<&'static str, Result<PathBuf, String>>,
}

impl Workshop {
    /// Compiles what these clients need, each source once.
    ///
    /// # Panics
    /// When a compiler is there and does not compile.
    pub fn new(clients: &[Client]) -> Workshop {
        let mut workshop = Workshop {
            built: BTreeMap::new(),
        };
        for client in clients {
            if let C(name) | Go(name) | Java(name) = client.program {
                let built = workshop.build(client.program, name);
                workshop.built.insert(name, built);
            }
        }
        workshop
    }

    fn build(&self, program: Program, name: &str) -> Result<PathBuf, String> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plain_clients");
        std::fs::create_dir_all(&folder).expect("cargo's folder for tests can be written");
        let product = folder.join(name);
        let (mut command, product) = match program {
            C(_) => {
                let mut command = tool("cc")?;
                command
                    .args(["-pthread", "-o"])
                    .arg(&product)
                    .arg(self.source(&format!("{name}.c")));
                (command, product)
            }
            Go(_) => {
                let mut command = tool("go")?;
                command
                    .args(["build", "-o"])
                    .arg(&product)
                    .arg(self.source(&format!("{name}.go")));
                (command, product)
            }
            _ => {
                let mut command = tool("javac")?;
                command
                    .arg("-d")
                    .arg(&folder)
                    .arg(self.source(&format!("{name}.java")));
                (command, folder)
            }
        };
        let done = command
            .output()
            .expect("a compiler that was found can be started");
        assert!(
            done.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        Ok(product)
    }

    fn built(&self, name: &str) -> Result<PathBuf, String> {
        self.built
            .get(name)
            .cloned()
            .unwrap_or_else(|| Err(format!("{name} n'est pas compilé")))
    }

    fn source(&self, name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/plain_clients")
            .join(name)
    }
}

/// A command of the system's, or that it is missing.
fn tool(name: &str) -> Result<Command, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
    found
        .then(|| Command::new(name))
        .ok_or_else(|| format!("{name} n'est pas installé"))
}

fn has_tkinter(python: &str) -> Result<(), String> {
    let import = Command::new(python).args(["-c", "import tkinter"]).output();
    match import {
        Ok(done) if done.status.success() => Ok(()),
        _ => Err(format!("{python} n'a pas tkinter")),
    }
}
