//! What one connection says reaches the other whole and in order, however much of it that one takes at once.

use std::net::Ipv4Addr;

use crate::protocol::hub::{Config, ConnId, Hub, RelayMode};
use crate::protocol::wire::MAX_LINE;

/// A relay between two connections of the wire, who have read all that it has said.
struct Pair {
    hub: Hub,
    zoe: ConnId,
    bob: ConnId,
}

impl Pair {
    fn new() -> Pair {
        let mut hub = Hub::new(Config::without_words(RelayMode::Single));
        let [zoe, bob] = [(1, "Zoé"), (2, "Bob")].map(|(number, name)| {
            let conn = hub.accepted(0, Ipv4Addr::LOCALHOST.into());
            let hello = format!("MSG/1 {number:016x} {number:032x} - {name}\n");
            hub.received(0, conn, hello.as_bytes(), |_, _, _| 0);
            conn
        });
        let mut pair = Pair { hub, zoe, bob };
        pair.read(zoe);
        pair.read(bob);
        pair
    }

    /// Zoé says this, and a socket takes `room` bytes at once, if it is asked to. Tells what it took.
    fn says(&mut self, text: &str, room: usize) -> String {
        let mut taken = String::new();
        self.hub
            .received(0, self.zoe, text.as_bytes(), |there, before, run| {
                assert_eq!(there, self.bob);
                let both = [before, run].concat();
                let count = room.min(both.len());
                taken = String::from_utf8_lossy(&both[..count]).into_owned();
                count
            });
        taken
    }

    fn read(&mut self, conn: ConnId) -> String {
        let unsent = String::from_utf8_lossy(self.hub.unsent(conn)).into_owned();
        self.hub.sent(0, conn, unsent.len());
        unsent
    }
}

#[test]
fn lines_pass_in_order_however_much_of_them_a_socket_takes_at_once() {
    const FIRST: &str = "SAY 1 7 un\nSAY 2 7 deux\n";
    const THEN: &str = "SAY 3 7 trois\nACK 0000000000000002 0\nBOX 1 x\n";
    // Every line that is passed on ends in LF alone.
    for (first, then) in [
        ("AY 1 7 un\nSAY 2 7 deux\r\n", THEN),
        ("AY 1 7 un\r\nSAY 2 7 deux\n", THEN),
    ] {
        for room in 0..=FIRST.len() + THEN.len() {
            let mut pair = Pair::new();
            assert_eq!(pair.says("S", room), "", "half a line goes nowhere");
            let taken = pair.says(&format!("{first}{then}SAY 4 7 qua"), room);
            assert_eq!(taken.len(), room);
            let waits = pair.read(pair.bob);
            assert_eq!(taken + &waits, format!("{FIRST}{THEN}"));
            assert_eq!(
                pair.says("tre\n", 0) + &pair.read(pair.bob),
                "SAY 4 7 quatre\n"
            );
        }
    }
}

#[test]
fn nothing_overtakes_what_waits_already() {
    let mut pair = Pair::new();
    assert_eq!(pair.says("SAY 1 7 un\n", 4), "SAY ");
    assert_eq!(pair.says("SAY 2 7 deux\n", 100), "");
    assert_eq!(pair.read(pair.bob), "1 7 un\nSAY 2 7 deux\n");
}

#[test]
fn what_goes_at_once_stays_behind_what_was_said_before_it() {
    let mut pair = Pair::new();
    assert_eq!(
        pair.says("SAY 1 7 un\nPING\nSAY 2 7 deux\n", 100),
        "SAY 1 7 un\nSAY 2 7 deux\n"
    );
    assert_eq!(pair.read(pair.zoe), "PONG\n");
    // Whoever has said goodbye says nothing more, and before it nothing is lost.
    assert_eq!(pair.says("SAY 3 7 trois\nBYE\nSAY 4 7 quatre\n", 100), "");
    assert_eq!(pair.read(pair.bob), "SAY 3 7 trois\nGONE left\n");
}

#[test]
fn a_line_that_makes_no_sense_ends_a_connection_after_those_before_it() {
    let mut pair = Pair::new();
    assert_eq!(pair.says("SAY 1 7 un\nHELO\nSAY 2 7 deux\n", 100), "");
    assert!(pair.read(pair.bob).starts_with("SAY 1 7 un\n"));
    assert!(pair.read(pair.zoe).starts_with("ERR proto"));
}

#[test]
fn lines_pass_alike_wherever_reads_cut_them() {
    // The last one, cut in two, ends in what could be a line by itself.
    const SAID: &str =
        "SAY 1 7 l'été\nACK 0000000000000002 0\nPING\nSAY 2 7 là\r\nBOX 1 é\nSAY 3 7 SAY 4 7 ça\n";
    const PASSED: &str =
        "SAY 1 7 l'été\nACK 0000000000000002 0\nSAY 2 7 là\nBOX 1 é\nSAY 3 7 SAY 4 7 ça\n";
    // No text: it ends the connection where it stands, and not before.
    let said = [SAID.as_bytes(), b"SAY 4 7 \xff\nSAY 5 7 non\n"].concat();
    for first in 0..said.len() {
        for second in first..said.len() {
            let mut pair = Pair::new();
            let mut passed = Vec::new();
            for read in [&said[..first], &said[first..second], &said[second..]] {
                let take = |_: ConnId, before: &[u8], run: &[u8]| {
                    passed.extend([before, run].concat());
                    before.len() + run.len()
                };
                pair.hub.received(0, pair.zoe, read, take);
                passed.extend_from_slice(pair.read(pair.bob).as_bytes());
            }
            let passed = String::from_utf8(passed).unwrap();
            assert!(passed.starts_with(PASSED), "{first} {second}: {passed}");
            assert!(!passed[PASSED.len()..].contains("SAY"), "{passed}");
            assert!(pair.read(pair.zoe).contains("PONG\nERR line"));
        }
    }
}

#[test]
fn the_longest_line_passes_and_a_longer_one_ends_the_connection() {
    let longest = format!("BOX {}\n", "x".repeat(MAX_LINE - "BOX \n".len()));
    let mut pair = Pair::new();
    assert_eq!(pair.says(&longest, usize::MAX), longest);
    assert_eq!(
        pair.says(&format!("BOX x{}", &longest[4..]), usize::MAX),
        ""
    );
    assert!(pair.read(pair.zoe).starts_with("ERR line"));
}
