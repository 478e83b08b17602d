//! A daemon behind a proxy, which tells whose connection it passes on. The real HAProxy does so in `tests/campus/run`.

mod support;

use support::wire::{Wire, hello};
use support::{Program, Relay, msg};

const OPTIONS: [&str; 4] = ["--relay", "127.0.0.1:0", "--daemon", "--proxy-protocol"];

/// Version 2, TCP over IPv4, from 192.0.2.9.
const SECOND: &[u8] =
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x09\x0a\0\0\x01\xab\xcd\x13\x88";

#[test]
fn two_whom_a_proxy_announces_talk_and_the_log_knows_where_they_call_from() {
    let relay = Relay::of(Program::start(msg().args(OPTIONS)));
    let mut zoe = Wire::connect(relay.address);
    zoe.send("PROXY TCP4 192.0.2.7 10.0.0.1 43981 5000\r\n");
    zoe.send(hello(1, "Zoé"));
    assert!(zoe.line().starts_with("MSG/1 "));
    let mut bob = Wire::connect(relay.address);
    // In one segment, and in pieces.
    let (first, rest) = SECOND.split_at(20);
    bob.send(first);
    bob.send([rest, hello(2, "Bob").as_bytes()].concat());
    assert!(bob.line().starts_with("MSG/1 "));
    bob.expect("PEER 0000000000000001 Zoé");
    zoe.send("SAY 1 1795000000000 bonjour\n");
    bob.expect("SAY 1 1795000000000 bonjour");
    for address in ["192.0.2.7", "192.0.2.9"] {
        relay
            .program
            .wait_for_error("the caller", |row| row.contains(address));
    }
}

#[test]
fn whoever_is_not_announced_is_refused_and_told_why() {
    let relay = Relay::of(Program::start(msg().args(OPTIONS)));
    let mut stranger = Wire::connect(relay.address);
    stranger.send(hello(1, "Zoé"));
    stranger.expect_refusal("proto");
    relay
        .program
        .wait_for_error("the reason", |row| row.contains("pas d'en-tête PROXY"));
}

#[test]
fn a_proxy_that_looks_whether_we_live_takes_no_seat_and_fills_no_log() {
    let relay = Relay::of(Program::start(msg().args(OPTIONS)));
    for _ in 0..20 {
        let mut check = Wire::connect(relay.address);
        check.send(b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0");
        check.end_input();
        while check.try_line().is_some() {}
    }
    let mut zoe = Wire::connect(relay.address);
    zoe.send([SECOND, hello(1, "Zoé").as_bytes()].concat());
    assert!(zoe.line().starts_with("MSG/1 "));
    relay
        .program
        .wait_for_error("her", |row| row.contains("192.0.2.9"));
    relay.program.signal(rustix::process::Signal::TERM);
    let rows = relay.program.all_errors();
    assert!(
        !rows.iter().any(|row| row.contains("127.0.0.1 ")),
        "{rows:#?}"
    );
}
