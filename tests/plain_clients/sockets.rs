//! What plain clients and strangers do with a bare socket, against the real relay.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::SOON;
use crate::watched::Watched;

const LEFT: &str = "le client Zoé a quitté la discussion.";

/// A relay, and whoever connects to it.
struct RelayMode {
    relay: Watched,
    port: u16,
}

impl RelayMode {
    fn open() -> RelayMode {
        let mut relay = Watched::start(msg(&["--relay", "127.0.0.1:0"])).expect("msg starts");
        let address = "msg --connect 127.0.0.1:";
        relay.shows(address, SOON).expect("an address");
        relay.shows("--nom", SOON).expect("a whole line");
        let shown = relay.output();
        let port = shown
            .split(address)
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        let port = port.and_then(|port| port.parse().ok()).expect("a port");
        RelayMode { relay, port }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the relay listens");
        stream
            .set_read_timeout(Some(SOON))
            .expect("a timeout is allowed");
        stream
    }

    fn msg(&self, name: &str) -> Watched {
        let address = format!("127.0.0.1:{}", self.port);
        Watched::start(msg(&["--connect", &address, "--nom", name])).expect("msg starts")
    }

    /// The same with its input from a file.
    fn msg_reading(&self, name: &str, input: &str) -> Watched {
        let file = format!("{}/input-{}", env!("CARGO_TARGET_TMPDIR"), self.port);
        std::fs::write(&file, input).expect("cargo's folder for tests can be written");
        let mut command = Command::new("sh");
        let line = format!(
            "exec \"$0\" --connect 127.0.0.1:{} --nom {name} <{file}",
            self.port
        );
        command.args(["-c", &line, env!("CARGO_BIN_EXE_msg")]);
        Watched::start(command).expect("msg starts")
    }

    fn ends(&mut self) {
        self.relay
            .ends_with(0, SOON)
            .expect("the relay ends by itself");
    }
}

fn msg(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_msg"));
    command.args(arguments);
    command
}

/// The next line, without its LF.
fn line(reader: &mut impl BufRead) -> String {
    let mut line = String::new();
    reader.read_line(&mut line).expect("a line in time");
    assert!(line.ends_with('\n'), "the end came after {line:?}");
    line.pop();
    line
}

/// Reads lines until one ends like this.
fn read_until(reader: &mut impl BufRead, end: &str) -> String {
    loop {
        let line = line(reader);
        if line.ends_with(end) {
            return line;
        }
    }
}

#[test]
fn two_plain_clients_talk() {
    let mut house = RelayMode::open();
    let (mut zoe, mut bob) = (house.connect(), house.connect());
    let mut zoe_reads = BufReader::new(zoe.try_clone().expect("few are open"));
    let mut bob_reads = BufReader::new(bob.try_clone().expect("few are open"));
    zoe.write_all("Zoé: salut\r\n".as_bytes()).expect("open");
    read_until(&mut zoe_reads, "\"quitter\" pour finir.");
    bob.write_all(b"Bob").expect("open");
    read_until(&mut bob_reads, "] Zoé: salut");
    bob.write_all(b"bonjour").expect("open");
    read_until(&mut zoe_reads, "] Bob: bonjour");
    zoe.write_all("zoé: quitter\n".as_bytes()).expect("open");
    read_until(&mut bob_reads, LEFT);
    for reader in [&mut zoe_reads, &mut bob_reads] {
        reader.read_to_end(&mut Vec::new()).expect("a clean end");
    }
    house.ends();
}

#[test]
fn the_end_of_the_stream_leaves_once_all_is_read() {
    let mut house = RelayMode::open();
    let mut bob = house.msg("Bob");
    bob.shows("en attente", SOON).expect("a seat");
    let mut zoe = house.connect();
    zoe.write_all("Zoé\nun\ndeux\ntrois sans fin".as_bytes())
        .expect("open");
    zoe.shutdown(Shutdown::Write).expect("open");
    bob.shows("  Zoé  trois sans fin\n", SOON)
        .expect("the last line");
    bob.shows(LEFT, SOON).expect("the sentence");
    zoe.read_to_end(&mut Vec::new()).expect("a clean end");
    bob.ends_with(0, SOON).expect("a polite end");
    house.ends();
}

#[test]
fn a_flood_from_a_plain_client_arrives_whole_and_in_order() {
    const LINES: usize = 20_000;
    let mut house = RelayMode::open();
    let mut bob = house.msg("Bob");
    bob.shows("en attente", SOON).expect("a seat");
    let mut zoe = house.connect();
    let mut flood = "Zoé\n".to_owned();
    (0..LINES).for_each(|n| flood += &format!("ligne {n}\r\n"));
    flood += "quitter\n";
    let mut reads = zoe.try_clone().expect("few are open");
    std::thread::scope(|scope| {
        scope.spawn(|| reads.read_to_end(&mut Vec::new()).expect("a clean end"));
        zoe.write_all(flood.as_bytes()).expect("open");
        bob.shows(LEFT, SOON).expect("the sentence");
        // On standard output, which nothing ties to standard error.
        bob.shows(&format!("ligne {}\n", LINES - 1), SOON)
            .expect("all of it");
    });
    let shown = bob.output();
    let mut lines = shown.lines().filter_map(|row| row.split("  Zoé  ").nth(1));
    for n in 0..LINES {
        assert_eq!(lines.next(), Some(format!("ligne {n}").as_str()));
    }
    assert_eq!(lines.next(), None);
    house.ends();
}

#[test]
fn a_plain_client_that_stops_reading_loses_nothing_and_costs_the_relay_little() {
    const LINES: usize = 20_000;
    let mut house = RelayMode::open();
    let mut zoe = house.connect();
    zoe.write_all("Zoé\n".as_bytes()).expect("open");
    let mut reads = BufReader::new(zoe.try_clone().expect("few are open"));
    read_until(&mut reads, "\"quitter\" pour finir.");
    let before = house.relay.memory();
    let flood: String = (0..LINES)
        .map(|n| format!("{n} {}\n", "x".repeat(1_000)))
        .collect();
    let mut bob = house.msg_reading("Bob", &flood);
    // By then the sockets are full, and Bob's msg waits.
    house.relay.watch(Duration::from_secs(1));
    let after = house.relay.memory();
    assert!(after < before + 2048, "{before} KiB, then {after} KiB");
    for n in 0..LINES {
        let first = read_until(&mut reads, "xxx");
        assert!(
            first.contains(&format!("] Bob: {n} x")),
            "{n}: {}",
            &first[..60]
        );
        // Three lines of at most 500 bytes hold it.
        read_until(&mut reads, "xxx");
        read_until(&mut reads, "xxx");
    }
    read_until(&mut reads, "le client Bob a quitté la discussion.");
    bob.ends_with(0, SOON).expect("all was delivered");
    house.ends();
}

#[test]
fn strangers_are_told_why_and_take_no_seat() {
    let utf16: Vec<u8> = "Zoé\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let openings: [(&[u8], &str); 5] = [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "TLS"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "SSH"),
        (&utf16, "UTF-16"),
        (b"\x00\x03Zoe\n", "octets"),
    ];
    let mut house = RelayMode::open();
    for (opening, reason) in openings {
        let mut stranger = house.connect();
        stranger.write_all(opening).expect("open");
        let mut answer = Vec::new();
        stranger.read_to_end(&mut answer).expect("a clean end");
        let answer = String::from_utf8_lossy(&answer);
        let last = answer.lines().last().unwrap_or_default();
        assert!(last.contains(reason), "{reason}: {answer:?}");
    }
    // Both seats are free still.
    let (mut zoe, mut bob) = (house.msg("Zoé"), house.msg("Bob"));
    bob.shows("est là", SOON).expect("a partner");
    zoe.types("quitter\n").expect("open");
    bob.shows(LEFT, SOON).expect("the sentence");
    house.ends();
}

#[test]
fn web_and_tls_clients_understand_the_refusal() {
    let house = RelayMode::open();
    let url = format!("127.0.0.1:{}", house.port);
    let curl = |scheme: &str| {
        let address = format!("{scheme}://{url}/");
        Command::new("curl")
            .args([
                "-sS",
                "-k",
                "--max-time",
                "20",
                "-w",
                "%{http_code}",
                &address,
            ])
            .output()
    };
    let (Ok(http), Ok(https)) = (curl("http"), curl("https")) else {
        println!("skipped: curl n'est pas installé");
        return;
    };
    let page = String::from_utf8_lossy(&http.stdout);
    assert!(
        page.contains("requête HTTP") && page.ends_with("400"),
        "{page}"
    );
    let complaint = String::from_utf8_lossy(&https.stderr);
    assert!(complaint.contains("alert"), "{complaint}");
}

#[test]
fn a_relay_whose_screen_stands_still_stops_nobody() {
    // Nobody reads what it shows: a terminal after Ctrl-S, `msg --relay | less`.
    let mut relay = msg(&["--relay", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("msg starts");
    let mut first = String::new();
    let told = BufReader::new(relay.stderr.take().expect("it has one")).read_line(&mut first);
    told.expect("an address");
    let port = first
        .split(':')
        .nth(1)
        .and_then(|rest| rest.split(' ').next());
    let address = format!("127.0.0.1:{}", port.expect("a port"));
    let mut bob =
        Watched::start(msg(&["--connect", &address, "--nom", "Bob"])).expect("msg starts");
    bob.shows("en attente", SOON).expect("a seat");
    let mut zoe = TcpStream::connect(&address).expect("the relay listens");
    let mut reads = zoe.try_clone().expect("few are open");
    let mut flood = "Zoé\n".to_owned();
    (0..20_000).for_each(|n| flood += &format!("ligne {n}\n"));
    std::thread::scope(|scope| {
        // The relay is killed in the end: however the stream ends is right.
        scope.spawn(|| reads.read_to_end(&mut Vec::new()).ok());
        zoe.write_all(flood.as_bytes()).expect("open");
        let all = bob.shows("  Zoé  ligne 19999\n", SOON);
        relay.kill().expect("it runs");
        relay.wait().expect("it is ours");
        all.expect("all of it");
    });
}
