//! A relay whose terminal stands still: the two who talk do not notice for long, the relay does not grow, and its person is
//! told afterwards how much was missed.

mod support;

use std::io::{BufRead, BufReader, PipeReader};
use std::process::Command;
use std::thread;

use support::process::{memory, most_memory};
use support::pty::Terminal;
use support::wire::Wire;
use support::{Program, Relay, msg};

/// What a relay may take beyond what it takes at rest.
const LITTLE: u64 = 2 << 20;
/// Messages of a conversation that is more than any terminal keeps for later: 20 MB.
const MANY: u64 = 20_000;

fn relay() -> Command {
    let mut command = msg();
    command.args(["--relay", "127.0.0.1:0"]);
    command
}

/// A relay whose standard output is a pipe that nobody reads yet.
fn relay_on_a_pipe() -> (Relay, PipeReader) {
    let (reader, writer) = std::io::pipe().expect("few are open");
    let relay = Relay::of(Program::start_with_output(&mut relay(), writer));
    (relay, reader)
}

/// Two who have met.
struct Talk {
    zoe: Wire,
    bob: Wire,
    said: u64,
}

impl Talk {
    fn at(address: std::net::SocketAddr) -> Talk {
        let mut zoe = Wire::sit(address, 1, "Zoé");
        zoe.expect("GONE none");
        let mut bob = Wire::sit(address, 2, "Bob");
        bob.expect("PEER 0000000000000001 Zoé");
        zoe.expect("PEER 0000000000000002 Bob");
        Talk { zoe, bob, said: 0 }
    }

    /// Zoé says so many messages, and Bob hears every one.
    fn go_on(&mut self, count: u64) {
        let messages = self.said + 1..=self.said + count;
        let line = |seq: u64| format!("SAY {seq} 0 {}{seq}", "x".repeat(1000));
        let (zoe, bob) = (&mut self.zoe, &mut self.bob);
        thread::scope(|scope| {
            let all = messages.clone();
            scope.spawn(move || all.for_each(|seq| zoe.send(line(seq) + "\n")));
            messages.for_each(|seq| bob.expect(&line(seq)));
        });
        self.said += count;
    }

    /// Both say goodbye.
    fn end(mut self) {
        self.zoe.send("BYE\n");
        self.bob.expect("GONE left");
        self.bob.send("BYE\n");
        self.bob.expect("BYE");
        self.zoe.expect("BYE");
    }
}

/// The number that a message's row ends with.
fn number_of(row: &str) -> Option<u64> {
    row.rsplit('x').next()?.parse().ok()
}

/// How many rows the relay says it did not show.
fn missed(notice: &str) -> u64 {
    let mut words = notice.split_whitespace();
    words
        .find_map(|word| word.parse().ok())
        .expect("it names a number")
}

#[test]
fn a_pipe_that_nobody_reads_stops_no_conversation_and_is_told_how_much_it_missed() {
    let (mut relay, screen) = relay_on_a_pipe();
    let mut talk = Talk::at(relay.address);
    let at_rest = memory(relay.program.id());
    talk.go_on(MANY);
    let held = most_memory(relay.program.id()) - at_rest;
    assert!(held <= LITTLE, "the relay holds {held} bytes");

    let rows = thread::spawn(|| {
        BufReader::new(screen)
            .lines()
            .map_while(Result::ok)
            .collect()
    });
    let notice = relay
        .program
        .wait_for_error("a count", |row| row.contains("n'ont pas été affichées"));
    talk.go_on(1);
    talk.end();
    assert_eq!(relay.wait().code(), Some(0));
    let rows: Vec<String> = rows.join().expect("reading does not panic");
    let shown: Vec<u64> = rows.iter().filter_map(|row| number_of(row)).collect();
    let first = MANY - missed(&notice);
    let expected: Vec<u64> = (1..=first).chain([MANY + 1]).collect();
    assert_eq!(shown, expected);
}

#[test]
fn a_terminal_that_was_stopped_shows_where_it_missed_something() {
    let mut terminal = Terminal::start(&relay(), 80, 24);
    terminal.wait_for("--connect");
    let invitation = terminal.rows().join(" ");
    let address = invitation
        .split_whitespace()
        .find_map(|word| word.parse().ok());
    let mut talk = Talk::at(address.expect("an invitation names an address"));
    let at_rest = terminal.peak_memory();
    // Nobody looks at the screen.
    talk.go_on(MANY);
    let held = terminal.peak_memory() - at_rest;
    assert!(held as u64 <= LITTLE, "the relay holds {held} bytes");

    terminal.wait_for("n'ont pas été affichées");
    talk.go_on(1);
    terminal.wait_for(&format!("x{}", MANY + 1));
    talk.end();
    terminal.wait_for("la discussion est terminée.");
    assert_eq!(terminal.wait().code(), Some(0));
}

#[test]
fn a_conversation_that_is_over_does_not_wait_long_for_a_terminal_that_stands_still() {
    let (mut relay, _screen) = relay_on_a_pipe();
    let mut talk = Talk::at(relay.address);
    talk.go_on(MANY);
    talk.end();
    assert_eq!(relay.wait().code(), Some(0));
}
