//! A daemon tells programs how it is, and whoever asks for that costs nobody a line.

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};

use support::wire::{Wire, hello};
use support::{Program, Relay, TIMEOUT, msg};

/// A daemon, and where it is measured.
fn start() -> (Relay, SocketAddr) {
    let options = [
        "--relay",
        "127.0.0.1:0",
        "--daemon",
        "--metrics",
        "127.0.0.1:0",
    ];
    let relay = Relay::of(Program::start(msg().args(options)));
    let row = relay
        .program
        .wait_for_error("where it is measured", |row| row.contains("mesures à"));
    let (_, address) = row.split_once("http://").expect("an address");
    let (address, _) = address.split_once("/metrics").expect("a path");
    (relay, address.parse().expect("it is one"))
}

fn call(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(TIMEOUT)).expect("it can wait");
    stream
}

/// The head of an answer, and its page.
fn ask(address: SocketAddr, request: &str) -> (String, String) {
    let mut stream = call(address);
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let (head, page) = answer.split_once("\r\n\r\n").expect("a head");
    (head.to_owned(), page.to_owned())
}

const GET: &str = "GET /metrics HTTP/1.1\r\nHost: relay\r\n\r\n";

fn figure(address: SocketAddr, name: &str) -> u64 {
    let (_, page) = ask(address, GET);
    let row = page.lines().find_map(|row| row.strip_prefix(name));
    let number = row.unwrap_or_else(|| panic!("{name}:\n{page}"));
    number.trim().parse().expect("a number")
}

fn two_who_talk(relay: &Relay) -> [Wire; 2] {
    let mut zoe = Wire::sit(relay.address, 1, "Zoé");
    let mut bob = Wire::sit(relay.address, 2, "Bob");
    bob.expect("PEER 0000000000000001 Zoé");
    zoe.expect("GONE none");
    zoe.expect("PEER 0000000000000002 Bob");
    [zoe, bob]
}

#[test]
fn the_figures_tell_what_happens_and_neither_a_name_nor_a_text() {
    let (relay, metrics) = start();
    assert_eq!(figure(metrics, "msg_conversations"), 0);
    let [mut zoe, mut bob] = two_who_talk(&relay);
    zoe.send("SAY 1 1795000000000 rendez-vous\nSAY 2 1795000000000 ici\n");
    bob.expect("SAY 1 1795000000000 rendez-vous");
    bob.expect("SAY 2 1795000000000 ici");
    let mut plain = Wire::connect(relay.address);
    plain.send("Ève\n");
    assert!(plain.line().starts_with("Bienvenue"));
    let mut refused = Wire::connect(relay.address);
    refused.send(hello(3, ""));
    while refused.try_line().is_some() {}
    for (name, number) in [
        ("msg_conversations", 1),
        ("msg_waiting", 1),
        ("msg_clients{dialect=\"wire\"}", 2),
        ("msg_clients{dialect=\"plain\"}", 1),
        ("msg_connections_accepted_total", 4),
        ("msg_lines_total", 2),
        ("msg_text_bytes_total", 14),
        ("msg_outbox_bytes", 0),
    ] {
        assert_eq!(figure(metrics, name), number, "{name}");
    }
    let (head, page) = ask(metrics, GET);
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(
        page.contains("msg_connections_refused_total{reason="),
        "{page}"
    );
    for secret in ["Zoé", "Bob", "Ève", "rendez-vous", "ici"] {
        assert!(!page.contains(secret), "{secret}:\n{page}");
    }
}

#[test]
fn whoever_asks_slowly_or_in_crowds_delays_no_line_and_no_other_answer() {
    let (relay, metrics) = start();
    let [mut zoe, mut bob] = two_who_talk(&relay);
    let mut crowd: Vec<TcpStream> = (0..40).map(|_| call(metrics)).collect();
    for stream in &mut crowd {
        // Whoever was hung up on by now takes nothing.
        drop(stream.write_all(b"GET /metrics HTTP/1.1\r\nX-Slow: "));
    }
    zoe.send("SAY 1 1795000000000 bonjour\n");
    bob.expect("SAY 1 1795000000000 bonjour");
    assert_eq!(figure(metrics, "msg_lines_total"), 1);
    let (head, _) = ask(
        metrics,
        &format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(9_000)),
    );
    assert!(head.starts_with("HTTP/1.1 4"), "{head}");
    let (head, _) = ask(metrics, "MSG/1 00000000000000aa\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
    assert_eq!(figure(metrics, "msg_conversations"), 1);
}

#[test]
fn prometheus_finds_nothing_to_complain_of() {
    if Command::new("promtool").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "promtool is missing");
        println!("skipped: promtool is not installed");
        return;
    }
    let (_relay, metrics) = start();
    let (_, page) = ask(metrics, GET);
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it is there");
    let mut input = promtool.stdin.take().expect("it was asked for");
    input.write_all(page.as_bytes()).expect("it reads");
    drop(input);
    let found = promtool.wait_with_output().expect("it ends");
    assert!(found.status.success(), "{found:?}");
}
