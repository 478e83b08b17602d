//! The relay as strangers meet it: the real program, spoken to byte by byte.

mod support;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::time::Instant;

use rustix::process::Signal;

use support::process::listens;
use support::wire::{Wire, hello};
use support::{Program, Relay, TIMEOUT, msg};

const ZOE: u64 = 1;
const BOB: u64 = 2;

/// A relay with Zoé and Bob on its seats, introduced to each other.
struct Talk {
    relay: Relay,
    zoe: Wire,
    bob: Wire,
}

impl Talk {
    fn start() -> Talk {
        Talk::at(Relay::start())
    }

    fn at(relay: Relay) -> Talk {
        let mut zoe = Wire::sit(relay.address, ZOE, "Zoé");
        zoe.expect("GONE none");
        let mut bob = Wire::sit(relay.address, BOB, "Bob");
        bob.expect("PEER 0000000000000001 Zoé");
        zoe.expect("PEER 0000000000000002 Bob");
        Talk { relay, zoe, bob }
    }

    /// Both say goodbye, and the relay ends.
    fn end(mut self) {
        self.zoe.send("BYE\n");
        self.bob.expect("GONE left");
        self.bob.send("BYE\n");
        self.bob.expect("BYE");
        self.zoe.expect("BYE");
        self.bob.expect_end();
        self.zoe.expect_end();
        drop((self.zoe, self.bob));
        assert_eq!(self.relay.wait().code(), Some(0));
    }
}

/// Waits until something holds that nothing tells of.
fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::yield_now();
    }
}

#[test]
fn lines_pass_as_they_came_both_ways_and_are_shown_once() {
    let mut talk = Talk::start();
    talk.zoe.send("SAY 1 0 salut, ça  va ?\nSAY 2 0 \n");
    talk.bob.send("ACK 0000000000000001 0\r\nSAY 1 0 日本\r\n");
    talk.bob.send("KEY YWJj\nBOX 1 ZGVm\n");
    talk.bob.expect("SAY 1 0 salut, ça  va ?");
    talk.bob.expect("SAY 2 0 ");
    talk.zoe.expect("ACK 0000000000000001 0");
    talk.zoe.expect("SAY 1 0 日本");
    talk.zoe.expect("KEY YWJj");
    talk.zoe.expect("BOX 1 ZGVm");
    // Sent again, as after a cut: passed on again, and not shown again.
    talk.zoe.send("SAY 1 0 salut, ça  va ?\nSAY 3 0 fin\n");
    talk.bob.expect("SAY 1 0 salut, ça  va ?");
    talk.bob.expect("SAY 3 0 fin");
    talk.zoe.send("BYE\n");
    talk.bob.send("BYE\n");
    let shown = talk.relay.program.rest();
    let ends = ["Zoé  salut, ça  va ?", "Zoé  ", "Bob  日本", "Zoé  fin"];
    for end in ends {
        let rows = shown
            .iter()
            .filter(|row| row.ends_with(&format!("  {end}")));
        assert_eq!(rows.count(), 1, "« {end} » in {shown:#?}");
    }
    assert_eq!(shown.len(), ends.len());
}

#[test]
fn a_goodbye_is_answered_by_one_to_each_and_the_relay_ends() {
    Talk::start().end();
}

#[test]
fn a_ping_is_answered_and_many_at_once_by_one_answer() {
    let mut talk = Talk::start();
    for _ in 0..2 {
        talk.zoe.send("PING\n");
        talk.zoe.expect("PONG");
    }
    talk.zoe.send("PING\n".repeat(3));
    talk.zoe.expect("PONG");
    talk.end();
}

#[test]
fn lines_arrive_whole_when_they_come_byte_by_byte() {
    let mut talk = Talk::start();
    for byte in "SAY 1 0 été\nSAY 2 0 日本\n".bytes() {
        talk.zoe.send([byte]);
    }
    talk.bob.expect("SAY 1 0 été");
    talk.bob.expect("SAY 2 0 日本");
    talk.end();
}

#[test]
fn a_hello_that_makes_no_sense_is_refused_with_the_reason_and_takes_no_seat() {
    let relay = Relay::start();
    let fields = "MSG/1 0000000000000009 00000000000000000000000000000009 -";
    let cases: [(&str, Vec<u8>); 8] = [
        ("version", b"MSG/2 0000000000000009 x\n".to_vec()),
        ("proto", b"MSG/1 9 9 - Eve\n".to_vec()),
        ("proto", b"MSG/1\n".to_vec()),
        ("name", format!("{fields} \u{202e}Eve\n").into_bytes()),
        ("name", format!("{fields}  \n").into_bytes()),
        (
            "name",
            format!("{fields} {}\n", "x".repeat(25)).into_bytes(),
        ),
        ("line", [fields.as_bytes(), b" \xff\n"].concat()),
        (
            "line",
            format!("{fields} {}", "x".repeat(5000)).into_bytes(),
        ),
    ];
    for (code, opening) in cases {
        let mut wire = Wire::connect(relay.address);
        wire.send(&opening);
        wire.expect_refusal(code);
    }
    Talk::at(relay).end();
}

#[test]
fn a_line_that_makes_no_sense_ends_its_connection_alone_and_the_seat_is_kept() {
    let mut talk = Talk::start();
    let cases: [(&str, Vec<u8>); 9] = [
        ("proto", b"salut\n".to_vec()),
        ("proto", b"\n".to_vec()),
        ("proto", b"SAY 0 0 x\n".to_vec()),
        ("proto", b"SAY 1 x\n".to_vec()),
        ("proto", b"ACK 1 1\n".to_vec()),
        ("proto", b"PEER 0000000000000001 Ma\n".to_vec()),
        ("proto", b"GONE left\n".to_vec()),
        ("line", b"SAY 1 0 \xff\n".to_vec()),
        ("line", vec![b'x'; 4096]),
    ];
    for (code, line) in cases {
        talk.zoe.send(&line);
        talk.zoe.expect_refusal(code);
        talk.bob.expect("GONE away");
        talk.zoe = Wire::sit_again(talk.relay.address, ZOE, "Zoé");
        talk.zoe.expect("PEER 0000000000000002 Bob");
        talk.bob.expect("PEER 0000000000000001 Zoé");
    }
    talk.end();
}

#[test]
fn once_both_seats_are_taken_nothing_listens_and_a_third_is_refused_by_the_kernel() {
    let talk = Talk::start();
    until("the door is closed", || !listens(talk.relay.address));
    let refused = Wire::try_connect(talk.relay.address)
        .err()
        .expect("it is closed");
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    let third = Program::start(&mut talk.relay.client("Ève")).wait();
    assert_eq!(third.code(), Some(69));
    talk.end();
}

#[test]
fn after_a_loss_the_relay_listens_again_for_the_owner_of_the_seat_alone() {
    let mut talk = Talk::start();
    until("the door is closed", || !listens(talk.relay.address));
    talk.bob.reset();
    talk.zoe.expect("GONE away");
    until("the door is open again", || listens(talk.relay.address));
    let mut eve = Wire::connect(talk.relay.address);
    eve.send(hello(5, "Ève"));
    eve.expect_refusal("full");
    let refused = Program::start(&mut talk.relay.client("Ève")).wait();
    assert_eq!(refused.code(), Some(69));
    talk.bob = Wire::sit(talk.relay.address, BOB, "Bob");
    talk.bob.expect("PEER 0000000000000001 Zoé");
    talk.zoe.expect("PEER 0000000000000002 Bob");
    until("the door is closed", || !listens(talk.relay.address));
    talk.end();
}

#[test]
fn the_same_client_connecting_again_ends_its_older_connection() {
    let relay = Relay::start();
    let mut older = Wire::sit(relay.address, ZOE, "Zoé");
    older.expect("GONE none");
    let mut newer = Wire::sit(relay.address, ZOE, "Zoé");
    newer.expect("GONE none");
    older.expect_refusal("replaced");
}

#[test]
fn a_name_that_is_taken_is_refused_whatever_its_capitals() {
    let relay = Relay::start();
    let _zoe = Wire::sit(relay.address, ZOE, "Zoé");
    let mut second = Wire::connect(relay.address);
    second.send(hello(BOB, "ZOÉ"));
    second.expect_refusal("name");
    let mut client = Program::start(&mut relay.client("zoé"));
    client.wait_for_error("the reason", |line| line.contains("nom"));
    assert_eq!(client.wait().code(), Some(64));
}

#[test]
fn a_last_line_arrives_although_its_reader_left_much_unread_by_the_relay() {
    let mut talk = Talk::start();
    talk.zoe.send("SAY 1 0 au revoir\nPING\nBYE\n");
    talk.zoe.expect("PONG");
    // Bob has not read that yet, and says goodbye in the middle of a flood that nobody wants any more.
    let flood = "SAY 1 0 attends\n".repeat(10_000);
    talk.bob.send(format!("BYE\n{flood}"));
    talk.bob.expect("SAY 1 0 au revoir");
    talk.bob.expect("GONE left");
    talk.bob.expect("BYE");
    talk.bob.expect_end();
    drop((talk.zoe, talk.bob));
    assert_eq!(talk.relay.wait().code(), Some(0));
}

#[test]
fn every_address_means_ipv6_and_ipv4_on_one_socket() {
    let relay = Relay::start_at(":0");
    let port = relay.address.port();
    assert_ne!(port, 0);
    let mut zoe = Wire::sit(SocketAddr::from(([127, 0, 0, 1], port)), ZOE, "Zoé");
    zoe.expect("GONE none");
    let six = SocketAddr::from(([0u16, 0, 0, 0, 0, 0, 0, 1], port));
    let Ok(mut bob) = Wire::try_connect(six) else {
        assert!(
            !has_ipv6(),
            "the machine has IPv6, and the relay does not answer"
        );
        return;
    };
    bob.send(hello(BOB, "Bob"));
    bob.expect("MSG/1 4096 10");
    zoe.expect("PEER 0000000000000002 Bob");
}

#[test]
fn an_ipv6_address_is_listened_at_and_shown_in_brackets() {
    if !has_ipv6() {
        return;
    }
    let relay = Relay::start_at("[::1]:0");
    assert!(relay.address.is_ipv6());
    let mut zoe = Program::start(&mut relay.client("Zoé"));
    zoe.wait_for_error("a seat", |line| line.contains("en attente"));
    zoe.end_input();
    assert_eq!(zoe.wait().code(), Some(0));
}

fn has_ipv6() -> bool {
    TcpListener::bind("[::1]:0").is_ok()
}

#[test]
fn a_relay_told_to_stop_tells_both_and_ends_with_the_signals_status() {
    for (signal, status) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let mut talk = Talk::start();
        talk.relay.program.signal(signal);
        talk.zoe.expect("BYE stop");
        talk.bob.expect("BYE stop");
        talk.zoe.expect_end();
        drop((talk.zoe, talk.bob));
        assert_eq!(talk.relay.wait().code(), Some(status));
    }
}

#[test]
fn a_second_signal_ends_the_relay_although_a_client_stays() {
    let mut talk = Talk::start();
    talk.relay.program.signal(Signal::TERM);
    talk.zoe.expect("BYE stop");
    talk.relay.program.signal(Signal::TERM);
    assert_eq!(talk.relay.wait().code(), Some(143));
}

#[test]
fn a_relay_whose_output_fails_still_relays_and_says_so_at_the_end() {
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .expect("a Linux");
    let mut command = msg();
    command.args(["--relay", "127.0.0.1:0"]);
    let program = Program::start_with_output(&mut command, full);
    let mut talk = Talk::at(Relay::of(program));
    talk.zoe.send("SAY 1 0 salut\n");
    talk.bob.expect("SAY 1 0 salut");
    talk.zoe.send("BYE\n");
    talk.bob.send("BYE\n");
    talk.bob.expect("GONE left");
    talk.bob.expect("BYE");
    drop((talk.zoe, talk.bob));
    assert_eq!(talk.relay.wait().code(), Some(74));
}

#[test]
fn a_port_that_is_taken_is_said_to_be() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("any port");
    let address = taken.local_addr().expect("bound").to_string();
    let mut second = Program::start(msg().args(["--relay", &address]));
    assert_eq!(second.wait().code(), Some(69));
    let errors = second.all_errors();
    assert!(
        errors.iter().any(|line| line.contains(&address)),
        "{errors:?}"
    );
}

#[test]
fn a_trace_calls_a_client_by_its_name_until_its_connection_is_closed() {
    let program = Program::start(msg().args(["--relay", "127.0.0.1:0", "--trace"]));
    let mut relay = Relay::of(program);
    let mut zoe = Wire::connect(relay.address);
    let address = zoe.stream().local_addr().expect("connected").to_string();
    zoe.send("Zoé\n");
    assert!(zoe.line().starts_with("Bienvenue"));
    let mut bob = Wire::sit(relay.address, BOB, "Bob");
    zoe.send("salut\nquitter\n");
    bob.send("BYE\n");
    while zoe.try_line().is_some() {}
    // What is left on its way after that is thrown away, and its end is an abrupt one.
    zoe.send("encore\n");
    zoe.reset();
    while bob.try_line().is_some() {}
    drop(bob);
    let rows = relay.program.all_errors();
    assert_eq!(relay.wait().code(), Some(0));
    let hers: Vec<&String> = rows
        .iter()
        .filter(|row| row.contains(&address) || row.contains("  Zoé  "))
        .collect();
    let named = |row: &&String| row.contains("  Zoé  ");
    let first = hers.iter().position(named).expect("she has a name");
    assert!(hers[first..].iter().all(named), "{rows:#?}");
    assert!(hers.last().unwrap().contains("RST"), "{rows:#?}");
    assert!(!rows.iter().any(|row| row.contains("  ?  ")), "{rows:#?}");
}

#[test]
fn a_scanner_that_holds_a_seat_yields_it_to_a_person_who_was_refused() {
    let mut relay = Relay::start();
    let mut scanner = Wire::connect(relay.address);
    scanner.send("stats\r\n");
    assert!(scanner.line().starts_with("Bienvenue, stats"));
    let mut zoe = Wire::sit(relay.address, ZOE, "Zoé");
    let mut bob = Wire::connect(relay.address);
    bob.send(hello(BOB, "Bob"));
    bob.expect_refusal("full");
    while scanner.try_line().is_some() {}
    let mut bob = Wire::connect(relay.address);
    bob.send(hello(BOB, "Bob"));
    assert!(bob.line().starts_with("MSG/1"));
    bob.expect("PEER 0000000000000001 Zoé");
    until("nobody else is listened to", || !listens(relay.address));
    drop(scanner);
    for wire in [&mut zoe, &mut bob] {
        wire.send("BYE\n");
    }
    drop((zoe, bob));
    assert_eq!(relay.wait().code(), Some(0));
}

/// What `docs/protocol.md` shows of the wire is what happens, line by line.
#[test]
fn the_conversation_in_the_protocol_document_takes_place() {
    let document = include_str!("../docs/protocol.md");
    let example = document
        .split("```conversation\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("the document has an example");
    let mut relay = Relay::start();
    let mut wires: BTreeMap<&str, Wire> = BTreeMap::new();
    let mut steps = 0;
    for row in example.lines().filter(|row| !row.is_empty()) {
        let (who, rest) = row.split_once(' ').expect("a name");
        let (what, line) = rest.split_once(' ').unwrap_or((rest, ""));
        if what == "⟳" || !wires.contains_key(who) {
            wires.insert(who, Wire::connect_when_open(relay.address));
        }
        let wire = wires.get_mut(who).expect("it is connected");
        match what {
            "⟳" => {}
            "→" => wire.send(format!("{line}\n")),
            "←" => wire.expect(line),
            "∎" => wire.expect_end(),
            "×" => drop(wires.remove(who)),
            other => panic!("« {other} » in {row}"),
        }
        steps += 1;
    }
    assert!(steps > 40, "{steps} steps");
    wires.clear();
    assert_eq!(relay.wait().code(), Some(0));
}
