//! Cuts, returns, relays started again, partners that change.

use super::scene::Scene;
use crate::protocol::Line;
use crate::protocol::session::Ending;
use crate::protocol::wire::Refusal;

#[test]
fn lines_said_before_anybody_comes_are_delivered_on_arrival() {
    let mut scene = Scene::new();
    let zoe = scene.join("Zoé");
    scene.say(zoe, "y a-t-il quelqu'un ?");
    assert_eq!(scene.told(zoe), ["waiting"]);
    let bob = scene.join("Bob");
    assert_eq!(
        scene.told(bob),
        ["Zoé arrives", "Zoé: y a-t-il quelqu'un ?"]
    );
    assert_eq!(scene.told(zoe), ["Bob arrives"]);
}

#[test]
fn lines_said_during_an_outage_are_delivered_once_and_counted() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.hold_up(zoe);
    scene.say(zoe, "un");
    scene.cut(zoe);
    scene.say(zoe, "deux");
    assert_eq!(scene.told(zoe), ["cut, 1 held"]);
    assert_eq!(scene.told(bob), ["Zoé is away, 0 held"]);
    scene.dial(zoe);
    assert_eq!(scene.told(zoe), ["restored, 2 delivered"]);
    assert_eq!(
        scene.told(bob),
        ["Zoé is back, 0 delivered", "Zoé: un", "Zoé: deux"]
    );
}

#[test]
fn a_line_whose_acknowledgement_was_lost_is_not_shown_twice() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.hold_down(zoe);
    scene.say(zoe, "un");
    scene.cut(zoe);
    scene.dial(zoe);
    assert_eq!(
        scene.told(bob),
        ["Zoé: un", "Zoé is away, 0 held", "Zoé is back, 0 delivered"]
    );
    assert_eq!(scene.delivered(zoe), 1);
}

#[test]
fn a_relay_killed_and_started_again_loses_nothing() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.hold_up(zoe);
    scene.say(zoe, "un");
    scene.restart_relay();
    scene.say(bob, "deux");
    scene.forget();
    scene.dial(zoe);
    assert_eq!(
        scene.told(zoe),
        ["restored, 0 delivered", "Bob is away, 1 held"]
    );
    scene.dial(bob);
    assert_eq!(scene.told(zoe), ["Bob: deux", "Bob is back, 1 delivered"]);
    assert_eq!(scene.told(bob), ["Zoé: un", "restored, 1 delivered"]);
}

#[test]
fn when_the_window_is_full_the_author_waits_and_nothing_is_dropped() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.screen_stops(bob);
    let mut all = Vec::new();
    while scene.has_room(zoe) {
        let text = format!("{:1000}", all.len());
        scene.say(zoe, &text);
        all.push(format!("Zoé: {text}"));
    }
    assert!(all.len() > 500, "a network far away has room for more");
    scene.screen_moves(bob);
    assert!(scene.has_room(zoe));
    assert_eq!(scene.told(bob), all);
}

#[test]
fn lines_above_a_full_window_wait_until_there_is_room() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.screen_stops(bob);
    let mut all = Vec::new();
    while scene.has_room(zoe) {
        all.push("x".repeat(4000));
        scene.say(zoe, &all[0]);
    }
    // As many lines may be pasted at once, before anybody asks for room again.
    for _ in 0..all.len() {
        scene.say_anyway(zoe, &all[0]);
    }
    scene.screen_moves(bob);
    assert_eq!(scene.told(bob).len(), 2 * all.len());
    assert_eq!(scene.delivered(zoe), 2 * all.len() as u64);
}

#[test]
fn a_screen_that_stands_still_for_an_hour_cuts_nothing() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.screen_stops(bob);
    scene.say(zoe, "un");
    scene.wait(3_600_000);
    assert_eq!(scene.told(zoe), Vec::<String>::new());
    assert_eq!(scene.delivered(zoe), 0);
    scene.screen_moves(bob);
    assert_eq!(scene.told(bob), ["Zoé: un"]);
    assert_eq!(scene.delivered(zoe), 1);
}

#[test]
fn a_screen_that_stands_still_before_a_whole_window_cuts_nothing() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.screen_stops(bob);
    for text in ["", "a line of some length"] {
        while scene.has_room(zoe) {
            scene.say(zoe, text);
        }
        scene.wait(120_000);
        assert!(scene.is_connected(zoe) && scene.is_connected(bob));
        scene.screen_moves(bob);
        scene.wait(1);
        assert!(scene.has_room(zoe), "all has arrived");
        scene.screen_stops(bob);
    }
    assert_eq!(scene.told(zoe), Vec::<String>::new());
}

#[test]
fn a_relay_that_falls_silent_is_left_after_25_seconds() {
    let (mut scene, zoe, _) = Scene::of_two();
    scene.hold_down(zoe);
    scene.wait(24_999);
    assert!(scene.is_connected(zoe));
    scene.wait(1);
    assert!(!scene.is_connected(zoe));
    assert_eq!(scene.told(zoe), ["cut, 0 held"]);
}

#[test]
fn a_client_that_falls_silent_is_away_after_30_seconds() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.hold_up(bob);
    scene.wait(29_999);
    assert_eq!(scene.told(zoe), Vec::<String>::new());
    scene.wait(1);
    assert_eq!(scene.told(zoe), ["Bob is away, 0 held"]);
}

#[test]
fn lines_that_nobody_acknowledges_for_15_seconds_cut_the_connection() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.hold_up(bob);
    scene.say(zoe, "un");
    scene.wait(14_999);
    assert!(scene.is_connected(zoe));
    scene.wait(1);
    assert!(!scene.is_connected(zoe));
    assert_eq!(scene.told(zoe), ["cut, 1 held"]);
}

#[test]
fn messages_that_come_in_their_place_put_that_off_for_45_seconds_in_all() {
    let mut scene = Scene::new();
    let zoe = scene.join("Zoé");
    let bob = scene.knock([127, 0, 0, 1]);
    scene.write(
        bob,
        "MSG/1 0000000000000002 00000000000000000000000000000002 - Bob\n",
    );
    let pid = scene.partner_of(bob);
    scene.write(bob, &format!("ACK {pid} 0\n"));
    scene.say(zoe, "un");
    for number in 1..=4 {
        scene.wait(9_000);
        scene.write(bob, &format!("SAY {number} 0 un long texte\n"));
    }
    scene.wait(8_999);
    assert!(scene.is_connected(zoe));
    scene.wait(1);
    assert!(!scene.is_connected(zoe));
}

#[test]
fn what_else_one_says_does_not_stand_behind_a_whole_window() {
    let (mut scene, zoe, _) = Scene::of_two();
    let now = scene.now;
    let session = scene.session(zoe);
    let line = Line {
        sent_at: 0,
        text: "x".repeat(1_000),
    };
    let mut said = 0;
    while session.has_room() {
        session.say(now, &line);
        said += 1;
    }
    session.received(now, b"PING\n").unwrap();
    assert!(session.unsent().ends_with(b"PONG\n"));
    let before = session.unsent().len();
    assert!(before < 80 * 1024, "{before} bytes go before it");
    // Nothing but room is needed for the rest to follow.
    let sent = session.send_all(now);
    assert_eq!(sent.split(|byte| *byte == b'\n').count(), said + 2);
}

#[test]
fn a_stranger_who_wins_a_seat_never_reads_what_was_meant_for_another() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.hold_up(zoe);
    scene.say(zoe, "pour Bob");
    scene.restart_relay();
    scene.say(zoe, "pour Bob encore");
    scene.forget();
    let eve = scene.join("Ève");
    scene.dial(zoe);
    assert_eq!(
        scene.told(zoe),
        ["undelivered: pour Bob, pour Bob encore", "Ève arrives"]
    );
    scene.say(zoe, "pour Ève");
    assert_eq!(scene.told(eve), ["waiting", "Zoé arrives", "Zoé: pour Ève"]);
    assert_eq!(scene.delivered(zoe), 3);
    scene.dial(bob);
    assert!(matches!(
        scene.ending(bob),
        Some(Ending::Refused {
            refusal: Refusal::Full,
            ..
        })
    ));
}

#[test]
fn a_partner_who_returns_after_another_goes_on_where_both_stood() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.say(zoe, "un");
    scene.say(bob, "deux");
    scene.restart_relay();
    let eve = scene.join("Ève");
    scene.dial(zoe);
    scene.say(eve, "bonjour");
    scene.say(zoe, "pour Ève");
    scene.restart_relay();
    scene.forget();
    scene.dial(bob);
    scene.dial(zoe);
    scene.say(zoe, "trois");
    scene.say(bob, "quatre");
    assert_eq!(
        scene.told(bob),
        [
            "restored, 0 delivered",
            "Zoé is away, 0 held",
            "Zoé is back, 0 delivered",
            "Zoé: trois"
        ]
    );
    assert_eq!(scene.told(zoe), ["Bob arrives", "Bob: quatre"]);
}

/// What a stuck screen has not taken is not acknowledged; its author, who has met somebody else since, gives its number
/// to another line. Both claims must not meet.
#[test]
fn a_partner_who_returns_to_a_screen_that_stands_still_loses_no_line() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.say(zoe, "un");
    scene.screen_stops(bob);
    scene.say(zoe, "deux");
    scene.restart_relay();
    scene.join("Ève");
    scene.dial(zoe);
    scene.restart_relay();
    scene.forget();
    scene.dial(bob);
    scene.dial(zoe);
    scene.say(zoe, "trois");
    scene.screen_moves(bob);
    assert_eq!(
        scene.told(bob),
        [
            "cut, 0 held",
            "restored, 0 delivered",
            "Zoé is away, 0 held",
            "Zoé is back, 0 delivered",
            "Zoé: trois"
        ]
    );
    assert_eq!(scene.delivered(zoe), 3);
}

#[test]
fn what_a_stuck_screen_takes_late_takes_back_no_acknowledgement() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.screen_stops(bob);
    scene.say(zoe, "un");
    scene.say(zoe, "deux");
    // Bob meets Ève, then Zoé again, and his screen stands still all the while.
    scene.restart_relay();
    scene.join("Ève");
    scene.dial(bob);
    scene.restart_relay();
    scene.dial(zoe);
    scene.dial(bob);
    scene.take_one_event(bob);
    // Zoé meets Ève, then Bob again: his word on what he holds is all she knows.
    scene.restart_relay();
    scene.join("Anne");
    scene.dial(zoe);
    scene.restart_relay();
    scene.dial(bob);
    scene.dial(zoe);
    scene.say(zoe, "trois");
    scene.screen_moves(bob);
    let told = scene.told(bob);
    let lines: Vec<&String> = told
        .iter()
        .filter(|words| words.starts_with("Zoé:"))
        .collect();
    assert_eq!(lines, ["Zoé: un", "Zoé: deux", "Zoé: trois"]);
}

#[test]
fn a_relay_that_claims_what_was_never_sent_is_cut_off() {
    let (mut scene, zoe, _) = Scene::of_two();
    let now = scene.now;
    let outcome = scene
        .session(zoe)
        .received(now, b"ACK 0000000000000001 7\n");
    assert!(outcome.is_err());
}

#[test]
fn a_relay_that_asks_again_and_again_and_reads_nothing_fills_no_memory() {
    let (mut scene, zoe, _) = Scene::of_two();
    scene.hold_up(zoe);
    for _ in 0..16 {
        scene.say(zoe, &"x".repeat(4000));
    }
    let now = scene.now;
    let session = scene.session(zoe);
    let mut most = 0;
    for _ in 0..10_000 {
        if !session.wants_input() {
            break;
        }
        let again = b"PEER 0000000000000002 Bob\nACK 0000000000000001 0\nPING\n";
        session.received(now, again).unwrap();
        most = most.max(session.unsent().len());
    }
    assert!(most < 512 * 1024, "{most} bytes");
}

#[test]
fn a_hello_so_late_that_the_relay_asks_for_a_name_is_still_a_hello() {
    let mut scene = Scene::new();
    let zoe = scene.stranger("Zoé");
    scene.dial_held_up(zoe);
    scene.wait(1_000);
    scene.let_go(zoe);
    assert_eq!(scene.told(zoe), ["waiting"]);
}
