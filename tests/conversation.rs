//! Three real processes: a relay and two people's clients on pipes, and how each of them ends.

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use rustix::process::Signal;

use support::process::most_memory;
use support::wire::Wire;
use support::{Program, Relay, TIMEOUT, msg};

/// A relay with Zoé's and Bob's clients.
struct Talk {
    relay: Relay,
    zoe: Program,
    bob: Program,
}

impl Talk {
    fn start() -> Talk {
        let relay = Relay::start();
        let zoe = Program::start(&mut relay.client("Zoé"));
        zoe.wait_for_error("a seat", |line| line.contains("en attente"));
        let bob = Program::start(&mut relay.client("Bob"));
        zoe.wait_for_error("Bob", |line| line.contains("« Bob » est là."));
        bob.wait_for_error("Zoé", |line| line.contains("« Zoé » est là."));
        Talk { relay, zoe, bob }
    }

    fn statuses(&mut self) -> [Option<i32>; 3] {
        [&mut self.zoe, &mut self.bob, &mut self.relay.program].map(|it| it.wait().code())
    }
}

/// The next message on this screen is this one.
fn says(screen: &Program, name: &str, text: &str) {
    let row = screen.wait_for_line("a message", |_| true);
    assert!(row.ends_with(&format!("  {name}  {text}")), "{row}");
}

#[test]
fn a_farewell_reaches_the_other_with_the_sentence_and_all_three_end_well() {
    for farewell in ["quitter", "/quit"] {
        let mut talk = Talk::start();
        talk.zoe.write(format!("salut, ça va ?\n{farewell}\n"));
        says(&talk.bob, "Zoé", "salut, ça va ?");
        says(&talk.relay.program, "Zoé", "salut, ça va ?");
        const SENTENCE: &str = "le client Zoé a quitté la discussion.";
        talk.bob.wait_for_error(SENTENCE, |line| line == SENTENCE);
        assert_eq!(talk.statuses(), [Some(0); 3], "after {farewell}");
    }
}

#[test]
fn a_hundred_thousand_lines_arrive_whole_and_in_order_in_little_memory() {
    const LINES: usize = 100_000;
    let mut talk = Talk::start();
    let mut input = talk.zoe.take_input();
    let writer = thread::spawn(move || {
        for n in 0..LINES {
            writeln!(input, "ligne {n} à garder").expect("the client reads it all");
        }
    });
    for n in 0..LINES {
        says(&talk.bob, "Zoé", &format!("ligne {n} à garder"));
    }
    writer.join().expect("all was written");
    // A release build needs half of that; what matters is that 2 MB of text are not in it.
    for (who, process) in [
        ("the relay", talk.relay.program.id()),
        ("the writer", talk.zoe.id()),
        ("the reader", talk.bob.id()),
    ] {
        let most = most_memory(process);
        assert!(most < 16 << 20, "{who} took {most} bytes");
    }
    assert_eq!(talk.statuses(), [Some(0); 3]);
}

#[test]
fn a_signal_says_goodbye_and_gives_its_status() {
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let mut talk = Talk::start();
        talk.zoe.signal(signal);
        const SENTENCE: &str = "le client Zoé a quitté la discussion.";
        talk.bob.wait_for_error(SENTENCE, |line| line == SENTENCE);
        assert_eq!(talk.statuses(), [Some(status), Some(0), Some(0)]);
    }
}

#[test]
fn a_client_killed_is_told_as_away() {
    let talk = Talk::start();
    talk.zoe.signal(Signal::KILL);
    talk.bob
        .wait_for_error("an absence", |line| line.starts_with("« Zoé »"));
}

#[test]
fn a_relay_told_to_stop_ends_the_clients_well() {
    let mut talk = Talk::start();
    talk.relay.program.signal(Signal::TERM);
    assert_eq!(talk.statuses(), [Some(0), Some(0), Some(143)]);
}

#[test]
fn an_output_that_fails_has_its_status() {
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .expect("a Linux");
    let relay = Relay::start();
    let mut zoe = Program::start_with_output(&mut relay.client("Zoé"), full);
    zoe.write("salut\n");
    assert_eq!(zoe.wait().code(), Some(74));
}

#[test]
fn nobody_at_the_address_has_its_status_and_a_sentence_that_names_it() {
    let closed = TcpListener::bind("127.0.0.1:0").expect("any port");
    let address = closed.local_addr().expect("bound");
    drop(closed);
    let mut zoe = call(address);
    assert_eq!(zoe.wait().code(), Some(69));
    let errors = zoe.all_errors();
    assert!(errors[0].contains(&address.to_string()), "{errors:?}");
    assert_eq!(errors.len(), 1, "{errors:?}");
}

fn call(address: SocketAddr) -> Program {
    let address = address.to_string();
    Program::start(msg().args(["--connect", &address, "--nom", "Zoé"]))
}

/// A relay that says what the test wants, once the hello has come.
fn false_relay(says: &'static str) -> (SocketAddr, JoinHandle<()>) {
    relay_that(move |mut stream, _| {
        stream.write_all(says.as_bytes()).expect("it is connected");
    })
}

/// A relay that does what the test wants with its first connection, after the hello. It then waits for the client to
/// hang up.
fn relay_that(
    acts: impl FnOnce(&TcpStream, &mut BufReader<&TcpStream>) + Send + 'static,
) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("any port");
    let address = listener.local_addr().expect("bound");
    let relay = thread::spawn(move || {
        let (stream, _) = listener.accept().expect("somebody calls");
        stream.set_read_timeout(Some(TIMEOUT)).expect("it stands");
        let mut reader = BufReader::new(&stream);
        let mut hello = String::new();
        reader.read_line(&mut hello).expect("a hello");
        assert!(
            hello.starts_with("MSG/1 ") && hello.ends_with(" - Zoé\n"),
            "{hello}"
        );
        acts(&stream, &mut reader);
        // Whether it ends with a reset or not is the client's business.
        drop(reader.read_to_end(&mut Vec::new()));
    });
    (address, relay)
}

#[test]
fn what_a_relay_answers_decides_the_status() {
    let cases = [
        ("ERR full deux personnes discutent déjà ici\n", 69),
        ("ERR name ce nom est déjà pris\n", 64),
        ("ERR version ici on parle MSG/2\n", 76),
        ("HTTP/1.1 400 Bad Request\r\n\r\n", 76),
        ("SSH-2.0-OpenSSH_9.2\r\n", 76),
        ("MSG/1 4096 10\nGONE none\nsalut\n", 76),
        (
            "MSG/1 4096 10\nGONE none\nERR replaced le même client\n",
            76,
        ),
        ("MSG/1 4096 10\nGONE none\nBYE stop\n", 0),
    ];
    for (says, status) in cases {
        let (address, relay) = false_relay(says);
        assert_eq!(call(address).wait().code(), Some(status), "{says}");
        relay.join().expect("it went as planned");
    }
}

#[test]
fn lines_that_nobody_acknowledged_are_printed_and_have_their_status() {
    let (address, relay) = relay_that(|mut stream, reader| {
        let meets = "MSG/1 4096 10\nPEER 0000000000000002 Bob\n";
        stream.write_all(meets.as_bytes()).expect("it is connected");
        let mut ack = String::new();
        reader.read_line(&mut ack).expect("an ACK");
        assert_eq!(ack, "ACK 0000000000000002 0\n");
        // The client must not speak before it has heard what Bob holds.
        let pid = "0000000000000000";
        stream
            .write_all(format!("ACK {pid} 7\n").as_bytes())
            .expect("it is connected");
        stream.write_all(b"BYE\n").expect("it is connected");
    });
    let mut zoe = call(address);
    zoe.write("perdu\n");
    zoe.wait_for_error("the line", |line| line.ends_with("  Zoé  perdu"));
    assert_eq!(zoe.wait().code(), Some(75));
    relay.join().expect("it went as planned");
}

#[test]
fn a_partner_that_leaves_without_reading_leaves_the_line_undelivered() {
    let relay = Relay::start();
    let mut bob = Wire::sit(relay.address, 2, "Bob");
    bob.expect("GONE none");
    let mut zoe = Program::start(&mut relay.client("Zoé"));
    let peer = bob.line();
    let pid = peer.split(' ').nth(1).expect("a pid");
    bob.expect("ACK 0000000000000002 0");
    bob.send(format!("ACK {pid} 0\n"));
    zoe.write("perdu\n");
    assert!(bob.line().ends_with(" perdu"));
    bob.send("BYE\n");
    drop(bob);
    zoe.wait_for_error("the line", |line| line.ends_with("  Zoé  perdu"));
    assert_eq!(zoe.wait().code(), Some(75));
}
