//! Plain clients, for whom the relay speaks, when whoever sits opposite stands still, lies, or crosses their end.

use super::scene::{Hand, Scene};

const LOCAL: [u8; 4] = [127, 0, 0, 1];
const HELLO_BOB: &str = "MSG/1 00000000000000b2 0000000000000000000000000000b2b2 - Bob\n";

/// Zoé in `nc`, and Bob, who speaks the wire by hand and has acknowledged nothing; the pid that stands for Zoé.
fn zoe_and_bob() -> (Scene, Hand, Hand, String) {
    let mut scene = Scene::new();
    let (bob, zoe) = (scene.knock(LOCAL), scene.knock(LOCAL));
    scene.write(bob, HELLO_BOB);
    scene.write(zoe, "Zoé\n");
    let heard = scene.read(bob);
    let peer = heard.iter().find_map(|line| line.strip_prefix("PEER "));
    let (pid, _) = peer.and_then(|peer| peer.split_once(' ')).unwrap();
    let pid = pid.to_owned();
    scene.write(bob, &format!("ACK {pid} 0\n"));
    scene.read(zoe);
    scene.read(bob);
    (scene, zoe, bob, pid)
}

/// The messages that came since the last look.
fn messages(scene: &mut Scene, hand: Hand) -> Vec<String> {
    let mut lines = scene.read(hand);
    lines.retain(|line| line.starts_with('['));
    lines
}

#[test]
fn a_partner_that_stands_still_for_a_while_costs_a_plain_client_nothing() {
    let (mut scene, zoe, bob, pid) = zoe_and_bob();
    scene.write(zoe, "un\n");
    scene.wait(29_000);
    scene.write(bob, &format!("ACK {pid} 1\nSAY 1 0 me revoilà\n"));
    scene.write(zoe, "deux\n");
    assert_eq!(messages(&mut scene, zoe), ["[0] Bob: me revoilà"]);
    let heard = scene.read(bob);
    for said in ["SAY 1 0 un", "ACK 00000000000000b2 1", "SAY 2 0 deux"] {
        assert!(heard.iter().any(|line| line == said), "{said}: {heard:?}");
    }
}

#[test]
fn a_partner_that_lies_about_what_it_holds_costs_a_plain_client_nothing() {
    let (mut scene, zoe, bob, pid) = zoe_and_bob();
    scene.write(bob, &format!("ACK {pid} 999\n"));
    scene.write(zoe, "un\n");
    scene.write(bob, &format!("ACK {pid} 1\nSAY 1 0 bien reçu\n"));
    assert_eq!(scene.read(bob)[0], "SAY 1 0 un");
    assert_eq!(messages(&mut scene, zoe), ["[0] Bob: bien reçu"]);
}

#[test]
fn an_end_that_crosses_an_acknowledgement_for_a_plain_client_that_is_gone_harms_nobody() {
    let (mut scene, zoe, bob, pid) = zoe_and_bob();
    scene.write(zoe, "salut\n");
    scene.reset(zoe);
    // Long enough for the session of the one who is gone to repeat what it holds, together with its goodbye.
    scene.wait(6_000);
    scene.write(bob, &format!("ACK {pid} 1\nSAY 1 0 trop tard\nBYE\n"));
    assert_eq!(scene.read(bob).last().map(String::as_str), Some("BYE"));
}

#[test]
fn a_plain_client_is_read_however_much_waits_for_it() {
    let (mut scene, zoe, bob, _) = zoe_and_bob();
    scene.hold_down_hand(zoe);
    for seq in 1..=32 {
        scene.write(bob, &format!("SAY {seq} 0 {}\n", "x".repeat(4_000)));
    }
    assert!(scene.wants_input(zoe));
}

#[test]
fn a_plain_client_that_reads_nothing_for_minutes_keeps_its_seat_and_loses_nothing() {
    let (mut scene, zoe, bob, _) = zoe_and_bob();
    scene.hold_down_hand(zoe);
    for seq in 1..=3 {
        scene.write(bob, &format!("SAY {seq} 0 {seq}\n"));
    }
    for _ in 0..20 {
        scene.wait(20_000);
        scene.write(bob, "PING\n");
    }
    scene.let_go_hand(zoe);
    assert_eq!(
        messages(&mut scene, zoe),
        ["[0] Bob: 1", "[0] Bob: 2", "[0] Bob: 3"]
    );
}
