//! The relays that are measured: ours, what people would use instead, and the floor.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::client::{Client, Dialect, Greeting, Identity};
use crate::processors::Processors;
use crate::screens::{self, Output, Screen};

/// A kind of relay.
#[derive(Clone, Copy, Debug)]
pub struct Relay {
    /// Its name in tables.
    pub name: &'static str,
    pub about: &'static str,
    make: Make,
    doors: Doors,
    greets: Greets,
    pub output: Output,
}

/// The relay that all others are compared to.
pub const FLOOR: Relay = Relay {
    name: "bare copy",
    about: "only `recv` and `send`, on one thread with epoll: the floor",
    make: Make::Bare("epoll"),
    doors: Doors::One,
    greets: Greets::Never,
    output: Output::Null,
};

/// `msg` as a person starts it, its messages shown on /dev/null.
pub const MSG: Relay = Relay {
    name: "msg",
    about: "`msg --relay`, which also shows each message (on /dev/null here)",
    make: Make::Msg(&[]),
    doors: Doors::One,
    greets: Greets::AsItsDialect,
    output: Output::Null,
};

/// `msg` for a whole class.
pub const DAEMON: Relay = Relay {
    name: "msg --daemon",
    about: "`msg --relay --daemon`, which shows nothing",
    make: Make::Msg(&["--daemon"]),
    doors: Doors::One,
    greets: Greets::AsItsDialect,
    output: Output::Null,
};

/// All that are compared line by line.
pub const ALL: [Relay; 8] = [
    FLOOR,
    Relay {
        name: "bare threads",
        about: "only `recv` and `send`, on two blocked threads",
        make: Make::Bare("threads"),
        ..FLOOR
    },
    MSG,
    DAEMON,
    Relay {
        name: "ncat --chat",
        about: "Nmap's ncat as a chat server: names each line's author",
        make: Make::Ncat("--chat"),
        ..FLOOR
    },
    Relay {
        name: "ncat --broker",
        about: "Nmap's ncat as a connection broker",
        make: Make::Ncat("--broker"),
        ..FLOOR
    },
    Relay {
        name: "socat",
        about: "one listening address joined to another",
        make: Make::Socat,
        doors: Doors::Two,
        ..FLOOR
    },
    Relay {
        name: "serveur.py",
        about: "the assignment's server as courses write it: Python, a thread a direction, each message printed",
        make: Make::Python,
        greets: Greets::Always,
        ..FLOOR
    },
];

/// `msg` with its messages shown where a person may let them be shown.
pub const SHOWN: [Relay; 3] = [
    Relay {
        name: "msg > /dev/null",
        ..MSG
    },
    Relay {
        name: "msg > file",
        about: "messages shown in a file",
        output: Output::File,
        ..MSG
    },
    Relay {
        name: "msg on a terminal",
        about: "messages shown in colour on a pseudo-terminal that is read at once",
        output: Output::Terminal,
        ..MSG
    },
];

#[derive(Clone, Copy, Debug)]
enum Make {
    /// This very program, as one of its bare copies.
    Bare(&'static str),
    Msg(&'static [&'static str]),
    Ncat(&'static str),
    Socat,
    Python,
}

/// How many addresses it listens at: each end has its own, or both the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doors {
    One,
    Two,
}

/// Whether it wants to know who comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Greets {
    Never,
    /// A name, whatever is said afterwards.
    Always,
    /// A hello of the wire, or a name.
    AsItsDialect,
}

/// Where the programs are, and where they run.
pub struct Programs {
    pub msg: PathBuf,
    pub this: PathBuf,
    pub processors: Processors,
}

impl Relay {
    /// Starts one. It may not listen yet.
    ///
    /// # Errors
    /// When its program is not installed.
    pub fn start(&self, programs: &Programs) -> io::Result<Process> {
        let mut ports = free_ports()?;
        if self.doors == Doors::One {
            ports[1] = ports[0];
        }
        let (stdout, screen) = screens::open(self.output)?;
        let mut command = self.command(programs, ports);
        command
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(Stdio::null());
        let spawned = programs.processors.start_relay(|| command.spawn());
        let child = spawned.map_err(|error| {
            let program = command.get_program().to_string_lossy().into_owned();
            io::Error::new(error.kind(), format!("{program}: {error}"))
        })?;
        Ok(Process {
            child,
            relay: *self,
            addresses: ports.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
            _screen: screen,
        })
    }

    /// Whether it relays more than one conversation at once.
    pub fn serves_many(&self) -> bool {
        matches!(self.make, Make::Bare("epoll") | Make::Msg(&["--daemon"]))
    }

    /// Whether it is somebody else's: its failures are its own.
    pub fn is_a_rival(&self) -> bool {
        matches!(self.make, Make::Ncat(_) | Make::Socat | Make::Python)
    }

    /// Whether it reads what the two say.
    pub fn speaks_wire(&self) -> bool {
        matches!(self.make, Make::Msg(_))
    }

    /// Starts one and lets two ends meet on it.
    pub fn converse(&self, programs: &Programs, dialect: Dialect) -> io::Result<Conversation> {
        let mut process = self.start(programs)?;
        let ends = process.meet(dialect, 0)?;
        Ok(Conversation { process, ends })
    }

    fn greeting(&self, dialect: Dialect) -> Greeting {
        match (self.greets, dialect) {
            (Greets::Never, _) => Greeting::Nothing,
            (Greets::AsItsDialect, Dialect::Wire) => Greeting::Hello,
            (Greets::Always, _) | (Greets::AsItsDialect, Dialect::Plain) => Greeting::Name,
        }
    }

    fn command(&self, programs: &Programs, [port, second]: [u16; 2]) -> Command {
        const SERVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/serveur.py");

        let port = port.to_string();
        let mut command;
        match self.make {
            Make::Bare(kind) => {
                command = Command::new(&programs.this);
                command.args(["--bare", kind, "--port", &port]);
            }
            Make::Msg(options) => {
                command = Command::new(&programs.msg);
                command
                    .args(["--relay", &format!("127.0.0.1:{port}")])
                    .args(options);
            }
            Make::Ncat(kind) => {
                command = Command::new("ncat");
                command.args(["--listen", "127.0.0.1", &port, kind]);
            }
            Make::Socat => {
                let door =
                    |port: &str| format!("TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,nodelay");
                command = Command::new("socat");
                command.args([door(&port), door(&second.to_string())]);
            }
            Make::Python => {
                command = Command::new("python3");
                command.args([SERVER, &port]);
            }
        }
        command
    }
}

/// A relay that runs. Ended when it is dropped.
pub struct Process {
    child: Child,
    relay: Relay,
    /// Where the first and the second end connect.
    addresses: [SocketAddr; 2],
    _screen: Screen,
}

/// A relay that runs, and two ends that have met on it.
pub struct Conversation {
    pub ends: [Client; 2],
    pub process: Process,
}

impl Process {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Connects two more ends, and waits until they hear each other.
    pub fn meet(&mut self, dialect: Dialect, room: u64) -> io::Result<[Client; 2]> {
        let greeting = self.relay.greeting(dialect);
        let mut join = |side: u64| {
            let stream = self.connect(side as usize)?;
            Client::greet(stream, dialect, greeting, Identity { room, side })
        };
        let (mut first, mut second) = (join(0)?, join(1)?);
        Client::meet(greeting, &mut first, &mut second)?;
        Ok([first, second])
    }

    /// Where the two ends connect, once the relay listens.
    pub fn wait_for_doors(&mut self) -> io::Result<[SocketAddr; 2]> {
        // Whoever calls and goes again takes no seat of a relay that reads what callers say.
        if self.relay.speaks_wire() {
            drop(self.connect(0)?);
        } else {
            thread::sleep(Duration::from_millis(100));
        }
        Ok(self.addresses)
    }

    /// Whether it wants a name from whoever speaks plainly.
    pub fn wants_names(&self) -> bool {
        self.relay.greeting(Dialect::Plain) == Greeting::Name
    }

    /// Connects one end as soon as the relay listens.
    pub fn connect(&mut self, side: usize) -> io::Result<TcpStream> {
        const LISTEN_TIMEOUT: Duration = Duration::from_secs(5);
        const TRY_EVERY: Duration = Duration::from_micros(50);

        let deadline = Instant::now() + LISTEN_TIMEOUT;
        loop {
            match TcpStream::connect(self.addresses[side]) {
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    if let Some(status) = self.child.try_wait()? {
                        return Err(io::Error::other(format!("it ended at once: {status}")));
                    }
                    if Instant::now() > deadline {
                        return Err(error);
                    }
                    thread::sleep(TRY_EVERY);
                }
                outcome => return outcome,
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Two ports that nobody listens at. They are free again before a relay takes them: rivals cannot be handed a socket.
fn free_ports() -> io::Result<[u16; 2]> {
    let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let (first, second) = (bind()?, bind()?);
    Ok([first.local_addr()?.port(), second.local_addr()?.port()])
}
