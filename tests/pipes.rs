//! Line mode between programs: lines in, rows out, notices apart; the real program on pipes and files.

mod support;

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::process::Stdio;

use support::{Program, Relay, peak_memory, wait};

/// A message row without its date.
fn said(row: &str) -> &str {
    row.get(21..).unwrap_or_default()
}

/// Alice and Bob on pipes, sitting opposite each other.
struct Pair {
    relay: Relay,
    alice: Program,
    bob: Program,
}

impl Pair {
    fn start() -> Pair {
        let relay = Relay::start();
        let alice = Program::start(&mut relay.client("Alice"));
        alice.wait_for_error("the relay", |line| line.contains("en attente"));
        let bob = Program::start(&mut relay.client("Bob"));
        alice.wait_for_error("Bob", |line| line == "« Bob » est là.");
        Pair { relay, alice, bob }
    }

    /// Bob ends well, and with him the relay.
    fn ends_well(&mut self) {
        assert_eq!(self.bob.wait().code(), Some(0));
        assert_eq!(self.relay.wait().code(), Some(0));
    }
}

#[test]
fn a_hundred_thousand_lines_arrive_whole_and_in_order() {
    let mut pair = Pair::start();
    let lines: Vec<String> = (0..100_000).map(|n| format!("ligne n° {n}")).collect();
    pair.alice.write(lines.join("\n"));
    pair.alice.end_input();
    for line in &lines {
        let row = pair.bob.wait_for_line("a row", |_| true);
        assert_eq!(said(&row).strip_prefix("Alice  "), Some(line.as_str()));
    }
    let farewell = "le client Alice a quitté la discussion.";
    pair.bob
        .wait_for_error("the farewell", |line| line == farewell);
    assert_eq!(pair.alice.wait().code(), Some(0));
    pair.ends_well();
}

#[test]
fn standard_output_is_the_conversation_and_standard_error_all_else() {
    let mut pair = Pair::start();
    pair.alice.write("bonjour\n");
    pair.bob
        .wait_for_line("Alice", |row| said(row) == "Alice  bonjour");
    pair.bob.write("salut\n/quit\n");
    for expected in ["Alice  bonjour", "Bob  salut"] {
        let row = pair.alice.wait_for_line("a row", |_| true);
        assert_eq!(said(&row), expected);
        assert!(!row.contains('\x1b'));
    }
    let farewell = "le client Bob a quitté la discussion.";
    pair.alice
        .wait_for_error("the farewell", |line| line == farewell);
    assert_eq!(pair.alice.wait().code(), Some(0));
    pair.ends_well();
    assert_eq!(pair.alice.rest(), Vec::<String>::new());
}

#[test]
fn lines_of_any_kind_arrive_as_they_were_meant() {
    let mut pair = Pair::start();
    pair.alice
        .write(b"DOS\r\n\n  blancs  \n\xe9t\xe9 \x80\n\0nul\ttab\r\r\n/etc/passwd\n//deux\n /help \nquitter ?\nsans fin");
    pair.alice.end_input();
    for expected in [
        "DOS",
        "",
        "  blancs  ",
        "été €",
        "\\x00nul\ttab",
        "/etc/passwd",
        "//deux",
        " /help ",
        "quitter ?",
        "sans fin",
    ] {
        let row = pair.bob.wait_for_line("a row", |_| true);
        assert_eq!(said(&row), format!("Alice  {expected}"));
    }
    assert_eq!(pair.alice.wait().code(), Some(0));
    pair.ends_well();
}

#[test]
fn the_word_that_ends_a_conversation_ends_it_in_a_pipe() {
    let mut pair = Pair::start();
    pair.alice.write("dernier mot\n quitter \n\n");
    assert_eq!(pair.alice.wait().code(), Some(0));
    pair.ends_well();
    assert_eq!(pair.bob.rest().len(), 1);
}

#[test]
fn a_text_that_is_cut_by_a_farewell_says_how_much_of_it_was_not_sent() {
    let mut pair = Pair::start();
    let after = (0..100_000)
        .map(|n| format!("ligne {n}\n\n"))
        .collect::<String>();
    pair.alice
        .write(format!("dernier mot\n/quit\n{after}sans fin"));
    pair.alice.end_input();
    pair.alice.wait_for_error("what was cut", |line| {
        line == "100\u{202f}001 lignes n'ont pas été envoyées, car la ligne « /quit » qui les précède termine la \
                 discussion. Pour envoyer un texte entier, quoi qu'il contienne : msg … --texte < fichier"
    });
    assert_eq!(pair.alice.wait().code(), Some(75));
    pair.ends_well();
    assert_eq!(pair.bob.rest().len(), 1);
}

#[test]
fn a_writer_that_goes_on_after_its_farewell_is_not_waited_for() {
    let mut pair = Pair::start();
    pair.alice.write("dernier mot\nquitter\nencore un");
    pair.alice.wait_for_error("what was cut", |line| {
        line.starts_with("au moins 1 ligne n'a pas été envoyée, car la ligne « quitter »")
    });
    assert_eq!(pair.alice.wait().code(), Some(75));
    pair.ends_well();
}

#[test]
fn a_text_is_sent_whole_where_its_words_are_text() {
    let relay = Relay::start();
    let mut alice = Program::start(relay.client("Alice").arg("--texte"));
    let mut bob = Program::start(&mut relay.client("Bob"));
    alice.write("un\nquitter\n/quit\nfin\n");
    alice.end_input();
    assert_eq!(alice.wait().code(), Some(0));
    assert_eq!(bob.wait().code(), Some(0));
    let rows = bob.rest();
    let rows: Vec<&str> = rows.iter().map(|row| said(row)).collect();
    assert_eq!(
        rows,
        ["Alice  un", "Alice  quitter", "Alice  /quit", "Alice  fin"]
    );
}

#[test]
fn what_is_piped_before_the_other_comes_waits_for_them() {
    let relay = Relay::start();
    let mut alice = Program::start(&mut relay.client("Alice"));
    alice.write("un\ndeux\n");
    alice.end_input();
    alice.wait_for_line("her own row", |row| said(row) == "Alice  deux");
    let mut bob = Program::start(&mut relay.client("Bob"));
    assert_eq!(alice.wait().code(), Some(0));
    assert_eq!(bob.wait().code(), Some(0));
    let rows = bob.rest();
    let rows: Vec<&str> = rows.iter().map(|row| said(row)).collect();
    assert_eq!(rows, ["Alice  un", "Alice  deux"]);
}

#[test]
fn a_line_longer_than_a_message_arrives_in_pieces_and_whole() {
    let mut pair = Pair::start();
    let long = "日本語 👩‍👩‍👧 ".repeat(5_000);
    pair.alice.write(&long);
    pair.alice.end_input();
    pair.alice
        .wait_for_error("a word about it", |line| line.contains("part en plusieurs"));
    assert_eq!(pair.alice.wait().code(), Some(0));
    pair.ends_well();
    let rows = pair.bob.rest();
    assert!(rows.iter().all(|row| row.len() < 4_100));
    let arrived: String = rows
        .iter()
        .map(|row| &said(row)["Alice  ".len()..])
        .collect();
    assert!(arrived == long);
}

#[test]
fn a_reader_who_has_seen_enough_ends_it_quietly() {
    let relay = Relay::start();
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut alice = relay
        .client("Alice")
        .stdin(Stdio::piped())
        .stdout(writer)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut bob = Program::start(&mut relay.client("Bob"));
    bob.write("un\n");
    let mut first = [0; 29];
    reader.read_exact(&mut first).unwrap();
    assert!(
        first.ends_with(b"Bob  un\n"),
        "{}",
        String::from_utf8_lossy(&first)
    );
    drop(reader);
    // Nothing more is said, and Alice's input stays open.
    assert_eq!(wait(&mut alice).code(), Some(0));
    let mut told = String::new();
    alice
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut told)
        .unwrap();
    assert!(told.ends_with("« Bob » est là.\n"), "{told}");
    bob.wait_for_error("the farewell", |line| {
        line == "le client Alice a quitté la discussion."
    });
    assert_eq!(bob.wait().code(), Some(0));
}

#[test]
fn an_output_that_takes_nothing_is_a_failure_and_the_other_is_told() {
    let relay = Relay::start();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut alice = relay
        .client("Alice")
        .stdin(Stdio::piped())
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut bob = Program::start(&mut relay.client("Bob"));
    bob.write("un\n");
    assert_eq!(wait(&mut alice).code(), Some(74));
    let mut told = String::new();
    alice
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut told)
        .unwrap();
    assert!(told.contains("disque plein"), "{told}");
    bob.wait_for_error("the farewell", |line| {
        line == "le client Alice a quitté la discussion."
    });
    bob.wait();
}

#[test]
fn an_input_that_cannot_be_read_is_told_of_in_french() {
    let relay = Relay::start();
    // As `nohup` leaves it.
    let unreadable = File::options().write(true).open("/dev/null").unwrap();
    let output = relay
        .client("Alice")
        .stdin(unreadable)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = output.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains(
            "l'entrée ne peut pas être lue : elle n'est pas ouverte à la lecture (avec nohup, donnez-en une : msg … < \
             fichier)."
        ),
        "{told}"
    );
}

#[test]
fn who_says_and_hears_nothing_leaves_no_record() {
    let relay = Relay::start();
    let path = format!("{}/no-record", env!("CARGO_TARGET_TMPDIR"));
    let mut alice = Program::start(relay.client("Alice").args(["--history", &path]));
    alice.end_input();
    assert_eq!(alice.wait().code(), Some(0));
    assert!(!std::path::Path::new(&path).exists());
}

#[test]
fn a_file_is_as_good_as_a_pipe() {
    let relay = Relay::start();
    let lines: String = (0..10_000).map(|n| format!("ligne {n}\n")).collect();
    let mut input = file();
    input.write_all(lines.as_bytes()).unwrap();
    input.rewind().unwrap();
    let mut output = file();
    let mut alice = relay
        .client("Alice")
        .stdin(input)
        .stdout(output.try_clone().unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut bob = Program::start(&mut relay.client("Bob"));
    assert_eq!(wait(&mut alice).code(), Some(0));
    assert_eq!(bob.wait().code(), Some(0));
    let mut rows = String::new();
    output.rewind().unwrap();
    output.read_to_string(&mut rows).unwrap();
    let own: String = rows
        .lines()
        .map(|row| format!("{}\n", &said(row)["Alice  ".len()..]))
        .collect();
    assert!(own == lines);
    assert_eq!(bob.rest().len(), 10_000);
}

/// A file without a name.
fn file() -> File {
    let flags = rustix::fs::MemfdFlags::CLOEXEC;
    File::from(rustix::fs::memfd_create("test", flags).unwrap())
}

#[test]
fn a_reader_that_stops_holds_the_other_back_and_costs_no_memory() {
    let relay = Relay::start();
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut alice = relay
        .client("Alice")
        .stdin(Stdio::piped())
        .stdout(writer)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut bob = relay
        .client("Bob")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = bob.stdin.take().unwrap();
    let line = "x".repeat(1000) + "\n";
    let writer = std::thread::spawn(move || {
        for _ in 0..20_000 {
            input.write_all(line.as_bytes()).unwrap();
        }
    });
    // Alice's rows are read only now and then: 20 MB go by, and none of it stays.
    let mut bytes = 0;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = reader.read(&mut buffer).unwrap();
        if read == 0 {
            break;
        }
        bytes += read;
        assert!(
            peak_memory(&alice) < 16 << 20,
            "{} bytes",
            peak_memory(&alice)
        );
        assert!(peak_memory(&bob) < 16 << 20);
    }
    writer.join().unwrap();
    assert_eq!(bytes, 20_000 * (1001 + "22/11/2026 14:02:31  Bob  ".len()));
    assert_eq!(wait(&mut bob).code(), Some(0));
    assert_eq!(wait(&mut alice).code(), Some(0));
}
