//! Two who share a code, as real programs, with somebody between them who writes down all that passes.
//!
//! A stranger's client talks with the program in `tests/sealed/run`.

mod support;

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::FileExt;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use support::pty::Terminal;
use support::{Program, Relay, msg};

const CODE: &str = "tulipe-canard";
/// What no one may read on the way.
const TEXT: &str = "rendez-vous a minuit sous le pont";

/// A client under a code.
fn coded(address: SocketAddr, name: &str, code: &str) -> Command {
    let mut command = msg();
    command.args(["--connect", &address.to_string(), "--nom", name, "--code"]);
    command.env("MSG_CODE", code);
    command
}

fn sealed(program: &Program) {
    program.wait_for_error("the seal", |line| {
        line == "discussion chiffrée : seul qui connaît le code peut la lire."
    });
}

/// Passes connections on to a relay, and writes down every byte.
struct Recorder {
    address: SocketAddr,
    record: Arc<Mutex<Vec<u8>>>,
}

impl Recorder {
    fn start(relay: SocketAddr) -> Recorder {
        let listener = TcpListener::bind("127.0.0.1:0").expect("any port");
        let address = listener.local_addr().expect("bound");
        let record = Arc::new(Mutex::new(Vec::new()));
        let written = record.clone();
        // Its threads end with the connections; the one that accepts, with the test's process.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(relay) else {
                    continue;
                };
                for (mut from, mut to) in [
                    (client.try_clone(), server.try_clone()),
                    (Ok(server), Ok(client)),
                ]
                .map(|(from, to)| (from.expect("few"), to.expect("few")))
                {
                    let written = written.clone();
                    thread::spawn(move || {
                        let mut buffer = [0; 4096];
                        while let Ok(read @ 1..) = from.read(&mut buffer) {
                            let mut record = written.lock().expect("nobody panics with it");
                            record.extend_from_slice(&buffer[..read]);
                            drop(record);
                            if to.write_all(&buffer[..read]).is_err() {
                                break;
                            }
                        }
                        // Whoever is gone already needs not be told.
                        drop(to.shutdown(std::net::Shutdown::Write));
                    });
                }
            }
        });
        Recorder { address, record }
    }

    fn record(&self) -> Vec<u8> {
        self.record.lock().expect("nobody panics with it").clone()
    }
}

fn contains(bytes: &[u8], part: &str) -> bool {
    bytes
        .windows(part.len())
        .any(|window| window == part.as_bytes())
}

/// Whether a process has this text anywhere in the memory that it may write to.
fn memory_holds(process: u32, text: &str) -> bool {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).expect("it runs");
    let memory = File::open(format!("/proc/{process}/mem")).expect("it is our child");
    maps.lines().filter(|map| map.contains(" rw")).any(|map| {
        let (range, _) = map.split_once(' ').expect("a range comes first");
        let (start, end) = range.split_once('-').expect("from and to");
        let number = |hex| u64::from_str_radix(hex, 16).expect("a number");
        let (start, end) = (number(start), number(end));
        let mut bytes = vec![0; (end - start) as usize];
        // The kernel's own pages are not for reading.
        memory.read_exact_at(&mut bytes, start).is_ok() && contains(&bytes, text)
    })
}

#[test]
fn nobody_between_two_who_share_a_code_sees_text_or_code() {
    let relay = Relay::start();
    let (for_zoe, for_bob) = (
        Recorder::start(relay.address),
        Recorder::start(relay.address),
    );
    let mut zoe = Program::start(&mut coded(for_zoe.address, "Zoé", "Tulipe CANARD"));
    let mut bob = Program::start(&mut coded(for_bob.address, "Bob", CODE));
    sealed(&zoe);
    sealed(&bob);
    zoe.write(format!("{TEXT}\n"));
    bob.wait_for_line("the text", |line| line.ends_with(TEXT));
    bob.write(format!("{TEXT} ?\n"));
    zoe.wait_for_line("the answer", |line| line.ends_with(&format!("{TEXT} ?")));
    relay.program.wait_for_line("a sealed message", |line| {
        line.ends_with("  Bob  message chiffré (64 octets)")
    });
    assert!(
        !memory_holds(relay.program.id(), TEXT),
        "the relay's memory"
    );
    assert!(
        !memory_holds(relay.program.id(), CODE),
        "the relay's memory"
    );
    // The test sees what it looks for: the name, which is not hidden.
    assert!(memory_holds(relay.program.id(), "Zoé"));
    zoe.end_input();
    let left = "le client Zoé a quitté la discussion.";
    bob.wait_for_error("the goodbye", |line| line == left);
    assert_eq!(bob.wait().code(), Some(0));
    assert_eq!(zoe.wait().code(), Some(0));
    for record in [for_zoe.record(), for_bob.record()] {
        assert!(contains(&record, "BOX 2 ") && contains(&record, "KEY "));
        for hidden in [TEXT, CODE, "Tulipe CANARD", "SAY ", "ACK "] {
            assert!(!contains(&record, hidden), "{hidden}");
        }
    }
}

#[test]
fn two_codes_that_differ_end_both_and_nothing_was_sent() {
    let relay = Relay::start();
    let mut zoe = Program::start(&mut coded(relay.address, "Zoé", CODE));
    let mut bob = Program::start(&mut coded(relay.address, "Bob", "tulipe-cannelle"));
    zoe.write(format!("{TEXT}\n"));
    for (program, other) in [(&zoe, "Bob"), (&bob, "Zoé")] {
        let told = program.wait_for_error("the verdict", |line| line.contains("le code n'est"));
        assert!(told.contains(&format!("« {other} »")), "{told}");
        assert!(!told.contains("tulipe-can"), "{told}");
    }
    assert_eq!(zoe.wait().code(), Some(77));
    assert_eq!(bob.wait().code(), Some(77));
    assert_eq!(bob.rest(), [] as [String; 0]);
}

#[test]
fn one_code_alone_ends_both_and_each_is_told_why() {
    let relay = Relay::start();
    let mut zoe = Program::start(&mut coded(relay.address, "Zoé", CODE));
    let mut bob = Program::start(&mut relay.client("Bob"));
    zoe.write(format!("{TEXT}\n"));
    zoe.wait_for_error("why", |line| {
        line.contains("« Bob » discute sans code : rien n'a été envoyé.")
    });
    bob.wait_for_error("how to get one", |line| {
        line.contains("« Zoé » ne discute qu'avec un code") && line.contains("--code")
    });
    assert_eq!(zoe.wait().code(), Some(77));
    assert_eq!(bob.wait().code(), Some(77));
    assert_eq!(bob.rest(), [] as [String; 0]);
}

#[test]
fn a_plain_client_is_told_that_it_has_no_code() {
    let relay = Relay::start();
    let mut zoe = Program::start(&mut coded(relay.address, "Zoé", CODE));
    zoe.wait_for_error("a seat", |line| line.starts_with("en attente"));
    let mut bob = TcpStream::connect(relay.address).expect("it listens");
    bob.set_read_timeout(Some(support::TIMEOUT))
        .expect("not zero");
    bob.write_all(b"Bob\nsalut\n").expect("it is read");
    zoe.wait_for_error("why", |line| line.contains("« Bob » discute sans code"));
    let mut told = String::new();
    bob.read_to_string(&mut told).expect("the relay hangs up");
    assert!(
        told.contains("\"Zoe\" ne discute qu'avec un code")
            || told.contains("\"Zoé\" ne discute qu'avec un code"),
        "{told}"
    );
    assert_eq!(zoe.wait().code(), Some(77));
    assert_eq!(zoe.rest(), [] as [String; 0]);
}

#[test]
fn a_person_draws_a_code_and_the_other_types_it_with_tab() {
    let relay = Relay::start();
    let place = relay.address.to_string();
    let mut command = msg();
    command.args(["--connect", &place, "--nom", "Zoé", "--code"]);
    command.env_remove("MSG_CODE");
    let mut zoe = Terminal::start(&command, 100, 24);
    zoe.wait_for("code convenu (Entrée pour en tirer un) :");
    zoe.type_in("\r");
    zoe.wait_for("dites-le à l'autre de vive voix.");
    let rows = zoe.rows().join("\n");
    let (_, drawn) = rows.split_once("\ncode : ").expect("it is shown");
    let (code, _) = drawn.split_once(' ').expect("and said what for");
    let (first, second) = code.split_once('-').expect("two words");
    let begun = |word: &str| word.chars().take(4).collect::<String>();

    let mut bob = msg();
    bob.args(["--connect", &place, "--nom", "Bob", "--code"]);
    bob.env_remove("MSG_CODE");
    let mut bob = Terminal::start(&bob, 100, 24);
    bob.wait_for("code convenu (Entrée pour en tirer un) :");
    bob.type_in(format!(
        "{}\t {}\t",
        begun(first).to_uppercase(),
        begun(second)
    ));
    bob.wait_for(second);
    bob.type_in("\r");
    for screen in [&mut zoe, &mut bob] {
        screen.wait_for("discussion chiffrée : seul qui connaît le code peut la lire.");
    }
    bob.type_in("c'est moi\r");
    zoe.wait_for("Bob  c'est moi");
    // Whatever scrolls by, the row to type in says so.
    for screen in [&mut zoe, &mut bob] {
        screen.type_in("brouillon");
        screen.wait_for("chiffré > brouillon");
    }
}

#[test]
fn whoever_thinks_better_of_a_code_finds_the_terminal_as_it_was() {
    let relay = Relay::start();
    let mut command = relay.client("Zoé");
    command.arg("--code").env_remove("MSG_CODE");
    let mut zoe = Terminal::start(&command, 80, 24);
    zoe.wait_for("code convenu");
    assert!(zoe.is_raw());
    zoe.type_in("tul\x03");
    assert_eq!(zoe.wait().code(), Some(130));
    assert!(!zoe.is_raw());
    let mut zoe = Terminal::start(&command, 80, 24);
    zoe.wait_for("code convenu");
    zoe.signal(rustix::process::Signal::TERM);
    assert_eq!(zoe.wait().code(), Some(143));
    assert!(!zoe.is_raw());
}

#[test]
fn a_code_is_no_argument_and_no_error_repeats_it() {
    for arguments in [
        vec!["--code", "tulipe-canard"],
        vec!["--code=tulipe-canard"],
    ] {
        let mut program = msg();
        program.args(["--connect", "127.0.0.1:1", "--nom", "Zoé"]);
        let mut program = Program::start(program.args(arguments));
        assert_eq!(program.wait().code(), Some(64));
        let told = program.all_errors().join("\n");
        assert!(
            told.contains("MSG_CODE") && !told.contains("tulipe"),
            "{told}"
        );
    }
    let mut program = Program::start(&mut coded(([127, 0, 0, 1], 1).into(), "Zoé", " - "));
    assert_eq!(program.wait().code(), Some(64));
}
