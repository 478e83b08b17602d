//! Two programs: one of the two people is the relay as well.

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Instant;

use rustix::process::Signal;

use support::process::listens;
use support::wire::Wire;
use support::{Program, Relay, TIMEOUT, msg};

const ALICE_LEFT: &str = "le client Alice a quitté la discussion.";
const BOB_LEFT: &str = "le client Bob a quitté la discussion.";

/// Alice, who is relay and person at once.
fn alice() -> Relay {
    Relay::of(Program::start(msg().args([
        "--relay",
        "127.0.0.1:0",
        "--nom",
        "Alice",
    ])))
}

/// Alice and Bob, who know of each other.
fn together() -> (Relay, Program) {
    let alice = alice();
    let bob = Program::start(&mut alice.client("Bob"));
    hears(&alice.program, "« Bob » est là.");
    hears(&bob, "« Alice » est là.");
    (alice, bob)
}

/// The relay stops listening, now that both are there.
fn closes(relay: &Relay) {
    let deadline = Instant::now() + TIMEOUT;
    while listens(relay.address) {
        assert!(Instant::now() < deadline, "the door closes at two");
        std::thread::yield_now();
    }
}

fn hears(program: &Program, sentence: &str) {
    program.wait_for_error(sentence, |line| line.contains(sentence));
}

fn reads(program: &Program, name: &str, text: &str) {
    let row = format!("  {name}  {text}");
    program.wait_for_line(text, |line| line.ends_with(&row));
}

#[test]
fn two_commands_are_enough_for_two_people() {
    for alice_leaves in [true, false] {
        let (mut alice, mut bob) = together();
        closes(&alice);
        alice.program.write("bonjour Bob\n");
        reads(&bob, "Alice", "bonjour Bob");
        bob.write("salut Alice\n");
        reads(&alice.program, "Bob", "salut Alice");
        if alice_leaves {
            alice.program.write("à bientôt\n/quit\n");
            reads(&bob, "Alice", "à bientôt");
            hears(&bob, ALICE_LEFT);
        } else {
            bob.write("à bientôt\nquitter\n");
            reads(&alice.program, "Bob", "à bientôt");
            hears(&alice.program, BOB_LEFT);
        }
        assert_eq!(alice.wait().code(), Some(0));
        assert_eq!(bob.wait().code(), Some(0));
    }
}

#[test]
fn the_host_is_told_first_what_the_other_may_type() {
    let host = Program::start(msg().args(["--relay", ":0", "--nom", "Alice"]));
    let first = host.wait_for_error("a heading", |_| true);
    assert!(first.starts_with("pour vous rejoindre, l'autre tape"));
    let line = host.wait_for_error("an invitation", |_| true);
    assert!(line.starts_with("msg --connect ") && line.ends_with(" --nom VOTRE_NOM"));
    hears(&host, "en attente de l'autre");
}

#[test]
fn a_host_who_has_had_enough_of_waiting_leaves_at_once() {
    let mut alice = alice();
    hears(&alice.program, "en attente de l'autre");
    alice.program.write("/quit\n");
    assert_eq!(alice.wait().code(), Some(0));
}

#[test]
fn a_pipe_is_delivered_whole_before_the_host_ends() {
    const LINES: usize = 5_000;
    let (mut alice, mut bob) = together();
    let text: String = (0..LINES).map(|n| format!("ligne {n}\n")).collect();
    alice.program.write_in_background(text);
    for n in 0..LINES {
        let row = bob.wait_for_line("a line", |_| true);
        assert!(row.ends_with(&format!("  Alice  ligne {n}")), "{row}");
    }
    assert_eq!(alice.wait().code(), Some(0));
    hears(&bob, ALICE_LEFT);
    assert_eq!(bob.wait().code(), Some(0));
}

#[test]
fn a_signal_to_the_host_tells_the_guest() {
    let (mut alice, mut bob) = together();
    alice.program.write("dernier mot\n");
    reads(&bob, "Alice", "dernier mot");
    alice.program.signal(Signal::INT);
    hears(&bob, ALICE_LEFT);
    assert_eq!(alice.wait().code(), Some(130));
    assert_eq!(bob.wait().code(), Some(0));
}

#[test]
fn a_guest_outlives_a_host_that_is_killed_and_goes_on_trying() {
    let (alice, bob) = together();
    alice.program.signal(Signal::KILL);
    hears(&bob, "nouvelle tentative en cours");
    bob.signal(Signal::INT);
}

#[test]
fn a_guest_who_is_cut_off_finds_the_seat_kept() {
    let alice = alice();
    hears(&alice.program, "en attente de l'autre");
    let bob = Wire::sit(alice.address, 1, "Bob");
    hears(&alice.program, "« Bob » est là.");
    drop(bob);
    hears(
        &alice.program,
        "« Bob » ne répond plus : sa place est gardée",
    );
    let mut bob = Wire::sit_again(alice.address, 1, "Bob");
    let peer = bob.try_line().unwrap();
    let pid = peer.split(' ').nth(1).unwrap();
    bob.send(format!("ACK {pid} 0\n"));
    hears(&alice.program, "« Bob » est de retour");
}

#[test]
fn a_plain_guest_is_a_full_partner() {
    let mut alice = alice();
    let mut nc = TcpStream::connect(alice.address).unwrap();
    nc.set_read_timeout(Some(TIMEOUT)).unwrap();
    nc.write_all("Zoé\nbonjour\n".as_bytes()).unwrap();
    reads(&alice.program, "Zoé", "bonjour");
    alice.program.write("oui ?\n/quit\n");
    let rows: Vec<String> = BufReader::new(nc).lines().map_while(Result::ok).collect();
    assert!(
        rows.iter().any(|row| row.ends_with("Alice: oui ?")),
        "{rows:?}"
    );
    assert!(rows.iter().any(|row| row.contains(ALICE_LEFT)), "{rows:?}");
    assert_eq!(alice.wait().code(), Some(0));
}

#[test]
fn a_guest_of_the_hosts_name_is_told_why_not() {
    let alice = alice();
    hears(&alice.program, "en attente de l'autre");
    let mut other = Program::start(&mut alice.client("alice"));
    hears(&other, "le relais refuse ce nom");
    assert_eq!(other.wait().code(), Some(64));
}

#[test]
fn a_port_that_is_taken_is_said_with_another() {
    let alice = alice();
    let place = alice.address.to_string();
    let mut second = Program::start(msg().args(["--relay", &place, "--nom", "Zoé"]));
    hears(&second, "adresse déjà prise");
    assert_eq!(second.wait().code(), Some(69));
}

#[test]
fn a_host_with_a_code_invites_with_one() {
    let mut host = msg();
    host.args(["--relay", "127.0.0.1:0", "--nom", "Alice", "--code"]);
    let alice = Relay::of(Program::start(host.env("MSG_CODE", "tulipe-canard")));
    hears(&alice.program, "en attente de l'autre");
    let mut bob = alice.client("Bob");
    let mut bob = Program::start(bob.arg("--code").env("MSG_CODE", "tulipe-canard"));
    hears(&bob, "discussion chiffrée");
    bob.write("chut\n");
    reads(&alice.program, "Bob", "chut");
    let host = Program::start(
        msg()
            .args(["--relay", "127.0.0.1:0", "--nom", "Alice", "--code"])
            .env("MSG_CODE", "tulipe-canard"),
    );
    let line = host.wait_for_error("an invitation", |line| line.starts_with("msg --connect"));
    assert!(line.ends_with(" --nom VOTRE_NOM --code"), "{line}");
}
