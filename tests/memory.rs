//! What strangers can make a relay hold: little, whatever they do.
//!
//! On demand: `MSG_OFFERED_MIB=1024 MSG_ABORTS=10000 cargo test --test memory -- --nocapture`.

mod support;

use std::io::{ErrorKind, Write};
use std::ops::Range;
use std::time::{Duration, Instant};

use support::chance::{Chance, number};
use support::process::{descriptors, memory, most_memory};
use support::wire::{Wire, hello};
use support::{Relay, TIMEOUT};

/// What a relay may take beyond what it takes at rest.
const LITTLE: u64 = 2 << 20;

#[test]
fn a_reader_that_stops_costs_the_relay_little_however_much_is_offered() {
    let offered = number("MSG_OFFERED_MIB").unwrap_or(64) << 20;
    let relay = Relay::start();
    let zoe = Wire::sit(relay.address, 1, "Zoé");
    let mut bob = Wire::sit(relay.address, 2, "Bob");
    bob.expect("PEER 0000000000000001 Zoé");
    let at_rest = memory(relay.program.id());
    let line = format!("SAY 1 0 {}\n", "x".repeat(4000));
    let stuck = offer(&zoe, &line, 0..offered);
    assert!(stuck < offered, "all of {offered} bytes went somewhere");
    let held = most_memory(relay.program.id()) - at_rest;
    assert!(held <= LITTLE, "the relay holds {held} bytes");
    // Bob goes: what is still offered finds nobody, and is read and dropped.
    drop(bob);
    assert_eq!(offer(&zoe, &line, stuck..offered), offered);
    let held = most_memory(relay.program.id()) - at_rest;
    assert!(held <= LITTLE, "the relay held {held} bytes");
    println!(
        "{} MiB offered: the relay held {} KiB",
        offered >> 20,
        held >> 10
    );
}

/// Writes that part of an endless stream of one line, until nothing goes for a moment; tells where it stopped.
fn offer(wire: &Wire, line: &str, part: Range<u64>) -> u64 {
    let stream = line.repeat(32);
    let mut socket = wire.stream();
    let moment = Some(Duration::from_secs(1));
    socket.set_write_timeout(moment).expect("it stands");
    let mut at = part.start;
    while at < part.end {
        let next = &stream.as_bytes()[(at % line.len() as u64) as usize..];
        let most = next.len().min((part.end - at) as usize);
        match socket.write(&next[..most]) {
            Ok(count) => at += count as u64,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => panic!("{error}"),
        }
    }
    at
}

#[test]
fn connections_that_come_and_break_leave_nothing_behind() {
    let cycles = number("MSG_ABORTS").unwrap_or(1_000);
    let relay = Relay::start();
    let process = relay.program.id();
    let at_rest = descriptors(process);
    let mut chance = Chance(cycles);
    for _ in 0..200 {
        come_and_break(&relay, &mut chance);
    }
    let before = memory(process);
    for _ in 0..cycles {
        come_and_break(&relay, &mut chance);
    }
    // It is none the worse for it; and who is taken in tells that everybody before was accepted.
    let mut zoe = Wire::sit(relay.address, 1, "Zoé");
    zoe.expect("GONE none");
    let deadline = Instant::now() + TIMEOUT;
    while descriptors(process) > at_rest + 1 && Instant::now() < deadline {
        std::thread::yield_now();
    }
    let open = descriptors(process) - 1;
    let grown = memory(process).saturating_sub(before);
    println!(
        "{cycles} connections: {open} descriptors after {at_rest}, {} KiB more",
        grown >> 10
    );
    assert_eq!(open, at_rest);
    assert!(grown <= LITTLE / 4, "{grown} bytes more");
}

/// One connection of a kind that strangers make, ended by a reset or politely.
fn come_and_break(relay: &Relay, chance: &mut Chance) {
    let mut wire = Wire::connect(relay.address);
    match chance.below(5) {
        0 => {}
        1 => wire.send("MSG/1 0000"),
        2 => wire.send("GET / HTTP/1.1\r\n"),
        3 => wire.send(hello(7, "Ève")),
        _ => {
            wire.send(hello(7, "Ève"));
            wire.expect("MSG/1 4096 10");
        }
    }
    match chance.below(2) {
        0 => wire.reset(),
        _ => drop(wire),
    }
}
