//! A relay under a supervisor, without one: what it inherits, what it tells, how it ends. `tests/systemd` has the real one.

mod support;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr as UnixAddr, UnixDatagram};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use support::process::listens;
use support::wire::Wire;
use support::{Program, Relay, TIMEOUT, msg};

/// What a supervisor has and does: a socket for its service, and an ear for it.
struct Supervisor {
    socket: TcpListener,
    address: SocketAddr,
    ear: UnixDatagram,
    ear_name: String,
}

impl Supervisor {
    fn new(name: &str) -> Supervisor {
        let socket = TcpListener::bind("127.0.0.1:0").expect("any port");
        let ear_name = format!("msg-test-{name}-{}", std::process::id());
        let ear = UnixAddr::from_abstract_name(&ear_name).expect("it is short");
        let ear = UnixDatagram::bind_addr(&ear).expect("nobody has this name");
        ear.set_read_timeout(Some(TIMEOUT)).expect("it can wait");
        Supervisor {
            address: socket.local_addr().expect("bound"),
            socket,
            ear,
            ear_name,
        }
    }

    /// Starts a relay on the socket. The address that it is told is not one that it could have.
    fn start(&self, options: &[&str]) -> Program {
        let program = self.start_with("LISTEN_FDS=1 LISTEN_FDNAMES=msg", options);
        // One that was there before may have said something more.
        while self.hear() != "READY=1\nSTATUS=aucune conversation\n" {}
        program
    }

    fn start_with(&self, environment: &str, options: &[&str]) -> Program {
        // The socket comes as standard output, and is moved to where sd_listen_fds(3) wants it. The journal is the pipe
        // that standard error is.
        let script = format!(
            "exec 3>&1 >/dev/null; \
             export JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2) {environment} LISTEN_PID=$$; \
             exec \"$0\" --relay 192.0.2.1:1 \"$@\""
        );
        let mut command = Command::new("sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_msg")]);
        command.args(options);
        command.env("NOTIFY_SOCKET", format!("@{}", self.ear_name));
        command.env("WATCHDOG_USEC", "400000");
        let socket = self.socket.try_clone().expect("descriptors are left");
        Program::start_with_output(&mut command, Stdio::from(OwnedFd::from(socket)))
    }

    /// What the service says next, but for its signs of life.
    fn hear(&self) -> String {
        loop {
            let said = self.hear_anything();
            if said != "WATCHDOG=1\n" {
                return said;
            }
        }
    }

    fn hear_anything(&self) -> String {
        let mut said = [0; 256];
        let count = self
            .ear
            .recv(&mut said)
            .expect("the service says something");
        String::from_utf8(said[..count].to_vec()).expect("UTF-8")
    }

    /// A `msg` that calls the socket.
    fn client(&self, name: &str) -> Command {
        let mut command = msg();
        command.args(["--connect", &self.address.to_string(), "--nom", name]);
        command
    }
}

#[test]
fn a_supervisor_hears_of_a_daemon_from_ready_to_stopping() {
    let supervisor = Supervisor::new("hears");
    let mut daemon = supervisor.start(&["--daemon"]);
    for _ in 0..3 {
        assert_eq!(supervisor.hear_anything(), "WATCHDOG=1\n");
    }
    let mut zoe = Wire::sit(supervisor.address, 1, "Zoé");
    zoe.expect("GONE none");
    let status = "STATUS=aucune conversation, 1 personne en attente\n";
    assert_eq!(supervisor.hear(), status);
    let bob = Wire::sit(supervisor.address, 2, "Bob");
    zoe.expect("PEER 0000000000000002 Bob");
    assert_eq!(supervisor.hear(), "STATUS=1 conversation\n");
    daemon.signal(Signal::TERM);
    assert_eq!(supervisor.hear(), "STOPPING=1\nSTATUS=arrêt\n");
    zoe.expect("BYE restart");
    zoe.expect_end();
    drop((zoe, bob));
    assert_eq!(daemon.wait().code(), Some(0));
    assert_eq!(
        daemon.all_errors(),
        [
            format!("<5>à l'écoute sur {}.", supervisor.address).as_str(),
            "<6>« Zoé » est là, de 127.0.0.1.",
            "<6>« Bob » est là, de 127.0.0.1.",
            "<5>arrêt (1 conversation).",
        ]
    );
}

#[test]
fn a_daemon_told_to_stop_waits_a_second_for_who_does_not_hang_up() {
    let supervisor = Supervisor::new("waits");
    let mut daemon = supervisor.start(&["--daemon"]);
    let mut zoe = Wire::sit(supervisor.address, 1, "Zoé");
    let _silent = Wire::connect(supervisor.address);
    daemon.signal(Signal::TERM);
    zoe.expect("GONE none");
    zoe.expect("BYE restart");
    let began = Instant::now();
    assert_eq!(daemon.wait().code(), Some(0));
    let waited = began.elapsed();
    assert!(waited < Duration::from_secs(3), "{waited:?}");
}

#[test]
fn a_new_daemon_on_the_same_socket_loses_nobody_and_no_line() {
    let supervisor = Supervisor::new("loses");
    let mut daemon = supervisor.start(&["--daemon"]);
    let mut zoe = Program::start(&mut supervisor.client("Zoé"));
    zoe.wait_for_error("to be let in", |line| line.contains("en attente"));
    let mut bob = Program::start(&mut supervisor.client("Bob"));
    zoe.wait_for_error("Bob", |line| line.contains("« Bob » est là"));
    for (round, signal) in [Signal::TERM, Signal::KILL].into_iter().enumerate() {
        daemon.signal(signal);
        daemon.wait();
        zoe.write(format!("aller {round}\n"));
        // Who calls while nobody answers waits in the socket.
        let mut late = Program::start(supervisor.client("Luc").args(["--salon", "tard"]));
        daemon = supervisor.start(&["--daemon"]);
        bob.wait_for_line("what was said meanwhile", |line| {
            line.ends_with(&format!("  Zoé  aller {round}"))
        });
        bob.write(format!("retour {round}\n"));
        zoe.wait_for_line("the answer", |line| {
            line.ends_with(&format!("  Bob  retour {round}"))
        });
        late.wait_for_error("to be let in", |line| line.contains("en attente"));
        assert_eq!(late.wait().code(), Some(0));
    }
    assert_eq!(zoe.wait().code(), Some(0));
    bob.wait_for_error("the sentence", |line| {
        line == "le client Zoé a quitté la discussion."
    });
    assert_eq!(bob.wait().code(), Some(0));
}

#[test]
fn a_socket_that_is_inherited_outlives_a_relay_for_one_conversation() {
    let supervisor = Supervisor::new("outlives");
    for _ in 0..2 {
        let mut relay = supervisor.start(&[]);
        let mut zoe = Wire::sit(supervisor.address, 1, "Zoé");
        zoe.expect("GONE none");
        let mut bob = Wire::sit(supervisor.address, 2, "Bob");
        bob.expect("PEER 0000000000000001 Zoé");
        zoe.expect("PEER 0000000000000002 Bob");
        // The kernel cannot refuse a third here; the relay does.
        let mut eve = Wire::connect(supervisor.address);
        eve.send(support::wire::hello(3, "Ève"));
        eve.expect_refusal("full");
        zoe.send("SAY 1 0 un secret\n");
        bob.expect("SAY 1 0 un secret");
        zoe.send("BYE\n");
        bob.expect("GONE left");
        bob.send("BYE\n");
        for wire in [&mut zoe, &mut bob] {
            wire.expect("BYE");
            wire.expect_end();
        }
        drop((zoe, bob, eve));
        assert_eq!(relay.wait().code(), Some(0));
        assert!(listens(supervisor.address));
        let log = relay.all_errors();
        assert!(!log.iter().any(|line| line.contains("secret")), "{log:#?}");
        assert!(log.iter().all(|line| line.starts_with('<')), "{log:#?}");
        while supervisor.hear() != "STOPPING=1\nSTATUS=arrêt\n" {}
        // Callers between two relays wait.
        drop(TcpStream::connect(supervisor.address).expect("the socket listens"));
    }
}

#[test]
fn what_is_handed_over_by_mistake_is_named_and_not_worked_around() {
    let supervisor = Supervisor::new("mistake");
    for (environment, told) in [
        (
            "LISTEN_FDS=1 LISTEN_FDNAMES=http",
            "la socket reçue se nomme « http » : donnez-lui FileDescriptorName=msg.",
        ),
        (
            "LISTEN_FDS=2 LISTEN_FDNAMES=msg",
            "les variables LISTEN_* ne décrivent pas une socket.",
        ),
    ] {
        let mut relay = supervisor.start_with(environment, &["--daemon"]);
        assert_eq!(relay.wait().code(), Some(69));
        assert_eq!(relay.all_errors(), [format!("<3>{told}")]);
    }
}

#[test]
fn a_journal_is_no_place_for_a_trace() {
    let supervisor = Supervisor::new("trace");
    let mut relay = supervisor.start_with("LISTEN_FDS=1 LISTEN_FDNAMES=msg", &["--trace"]);
    assert_eq!(relay.wait().code(), Some(64));
    assert!(relay.all_errors()[0].starts_with("<3>--trace montre"));
}

#[test]
fn without_a_supervisor_a_daemon_dates_its_lines_and_shows_no_text() {
    let mut daemon = Program::start(msg().args(["--relay", "127.0.0.1:0", "--daemon"]));
    let line = daemon.wait_for_error("its address", |line| line.contains("à l'écoute sur "));
    let (date, rest) = line.split_at(19);
    assert!(
        date.ends_with(|c: char| c.is_ascii_digit()) && date.contains('/'),
        "{line}"
    );
    let address = rest
        .trim_start_matches("  à l'écoute sur ")
        .trim_end_matches('.');
    let address: SocketAddr = address.parse().expect("an address");
    let mut zoe = Wire::sit(address, 1, "Zoé");
    let mut bob = Wire::sit(address, 2, "Bob");
    zoe.send("SAY 1 0 un secret\n");
    bob.expect("PEER 0000000000000001 Zoé");
    bob.expect("SAY 1 0 un secret");
    daemon.signal(Signal::INT);
    drop((zoe, bob));
    assert_eq!(daemon.wait().code(), Some(130));
    assert_eq!(daemon.rest(), Vec::<String>::new());
    let log = daemon.all_errors();
    assert!(
        log.iter()
            .all(|line| line.contains('/') && !line.contains("secret")),
        "{log:#?}"
    );
    // On a terminal, or a pipe, a relay for one conversation is a person's, and shows it.
    let relay = Relay::start();
    let mut zoe = Wire::sit(relay.address, 1, "Zoé");
    let mut bob = Wire::sit(relay.address, 2, "Bob");
    zoe.expect("GONE none");
    bob.expect("PEER 0000000000000001 Zoé");
    zoe.send("SAY 1 0 pas un secret\n");
    let shown = |line: &str| line.ends_with("  Zoé  pas un secret");
    relay.program.wait_for_line("the message", shown);
}

#[test]
fn both_units_shut_their_relay_in_alike() {
    let service = |unit: &str| {
        let path = format!("{}/systemd/{unit}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("it is there");
        let (_, service) = text.split_once("[Service]").expect("it is a service");
        let lines = service
            .lines()
            .filter(|line| !line.starts_with("ExecStart="));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(service("msg-relay.service"), service("msg-relay@.service"));
}
