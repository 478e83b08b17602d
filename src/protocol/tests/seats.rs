//! Who gets a seat, who is refused one, and how everybody learns about it.

use std::ops::Range;

use super::scene::{End, Scene};
use crate::protocol::hub::RelayMode;
use crate::protocol::session::Ending;
use crate::protocol::wire::Bye;

const HELLO_EVE: &str = "MSG/1 000000000000000e 0000000000000000000000000000000e - Ève\n";

fn is_refused(ending: Option<&Ending>, with: &str) -> bool {
    matches!(ending, Some(Ending::Refused { refusal, .. }) if refusal.code() == with)
}

#[test]
fn a_third_is_refused_and_the_two_go_on() {
    let (mut scene, zoe, bob) = Scene::of_two();
    let third = scene.join("Ève");
    assert!(is_refused(scene.ending(third), "full"));
    scene.say(zoe, "salut");
    assert_eq!(scene.told(bob), ["Zoé: salut"]);
}

#[test]
fn a_seat_kept_for_somebody_away_is_nobody_elses() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.cut(bob);
    assert!(scene.hub.is_open() && scene.hub.is_reserved());
    let third = scene.join("Ève");
    assert!(is_refused(scene.ending(third), "full"));
    scene.dial(bob);
    assert!(!scene.hub.is_open());
    assert_eq!(
        scene.told(zoe),
        ["Bob is away, 0 held", "Bob is back, 0 delivered"]
    );
}

#[test]
fn a_name_is_refused_to_the_second_who_asks_for_it_in_capitals_or_not() {
    let mut scene = Scene::new();
    scene.join("Zoé");
    let namesake = scene.join("ZOÉ");
    assert!(is_refused(scene.ending(namesake), "name"));
    let bob = scene.join("Bob");
    assert_eq!(scene.told(bob), ["Zoé arrives"]);
}

#[test]
fn the_same_client_connecting_again_takes_its_seat_and_the_old_connection_ends_for_good() {
    let (mut scene, zoe, bob) = Scene::of_two();
    let copy = scene.copy_of(zoe);
    scene.dial(copy);
    assert!(is_refused(scene.ending(zoe), "replaced"));
    assert_eq!(scene.told(copy), ["Bob arrives"]);
    scene.say(bob, "qui est là ?");
    assert_eq!(scene.told(copy), ["Bob: qui est là ?"]);
}

#[test]
fn a_connection_that_died_unnoticed_gives_its_seat_to_the_next_of_the_same_client() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.cut_unnoticed(zoe);
    scene.say(bob, "tu m'entends ?");
    scene.forget();
    scene.dial(zoe);
    assert_eq!(
        scene.told(zoe),
        ["restored, 0 delivered", "Bob: tu m'entends ?"]
    );
    assert_eq!(scene.delivered(bob), 1);
    assert_eq!(scene.told(bob), Vec::<String>::new());
}

#[test]
fn a_stolen_token_without_the_whole_hello_takes_no_seat() {
    let (mut scene, _, _) = Scene::of_two();
    let thief = scene.knock([127, 0, 0, 1]);
    scene.write(
        thief,
        "MSG/1 00000000000000ff 00000000000000010000000000000000 - Zoé\n",
    );
    assert!(scene.read(thief)[0].starts_with("ERR proto "));
}

#[test]
fn a_connection_without_a_whole_hello_is_hung_up_on_after_30_seconds() {
    let mut scene = Scene::new();
    let slow = scene.knock([127, 0, 0, 1]);
    scene.write(slow, "MSG/1 00000000");
    scene.wait(15_000);
    scene.write(slow, "00000001 ");
    scene.wait(14_999);
    assert_eq!(scene.read(slow), Vec::<String>::new());
    scene.wait(1);
    assert!(scene.read(slow)[0].starts_with("ERR slow "));
    scene.wait(2_000);
    assert_eq!(scene.relay_end(slow), End::Closed);
}

#[test]
fn of_connections_without_a_hello_the_oldest_goes_first() {
    let mut scene = Scene::new();
    let hands: Vec<_> = (0..66).map(|_| scene.knock([127, 0, 0, 1])).collect();
    for (place, &hand) in hands.iter().enumerate() {
        assert_eq!(
            scene.read(hand).is_empty(),
            place >= 2,
            "connection {place}"
        );
    }
    scene.write(hands[2], HELLO_EVE);
    assert_eq!(scene.read(hands[2]), ["MSG/1 4096 10", "GONE none"]);
}

#[test]
fn one_address_alone_cannot_crowd_the_others_out() {
    let mut scene = Scene::new();
    let owner = scene.knock([192, 0, 2, 1]);
    for _ in 0..100 {
        scene.knock([192, 0, 2, 66]);
    }
    scene.write(owner, HELLO_EVE);
    assert_eq!(scene.read(owner), ["MSG/1 4096 10", "GONE none"]);
}

#[test]
fn whoever_is_alone_and_goes_leaves_the_seat_free() {
    let mut scene = Scene::new();
    let zoe = scene.join("Zoé");
    scene.cut(zoe);
    let (eve, bob) = (scene.join("Ève"), scene.join("Bob"));
    assert_eq!(scene.told(eve), ["waiting", "Bob arrives"]);
    assert_eq!(scene.told(bob), ["Ève arrives"]);
}

#[test]
fn sealed_lines_pass_through_as_they_are() {
    let mut scene = Scene::new();
    let zoe = scene.knock([127, 0, 0, 1]);
    let eve = scene.knock([127, 0, 0, 1]);
    scene.write(
        zoe,
        "MSG/1 0000000000000001 00000000000000000000000000000001 - Zoé\n",
    );
    scene.write(eve, HELLO_EVE);
    scene.read(eve);
    scene.write(zoe, "KEY YWJj\nBOX 1 ZGVm\n");
    assert_eq!(scene.read(eve), ["KEY YWJj", "BOX 1 ZGVm"]);
}

#[test]
fn a_reader_that_stops_is_cut_after_30_seconds_and_holds_back_its_author_before() {
    let mut scene = Scene::new();
    let zoe = scene.knock([127, 0, 0, 1]);
    scene.write(
        zoe,
        "MSG/1 0000000000000001 00000000000000000000000000000001 - Zoé\n",
    );
    let bob = scene.join("Bob");
    scene.hold_down(bob);
    let mut offered = 0;
    let line = format!("SAY 1 0 {}\n", "x".repeat(4000));
    while scene.wants_input(zoe) {
        scene.write(zoe, &line);
        offered += line.len();
    }
    assert!((60_000..80_000).contains(&offered), "{offered} bytes");
    scene.read(zoe);
    for _ in 0..6 {
        scene.wait(5_000);
        scene.write(zoe, "PING\n");
    }
    assert!(scene.read(zoe).contains(&"GONE away".to_owned()));
}

/// Whoever owns a seat may come back as often as it likes: what the other is told each time must not pile up.
#[test]
fn a_client_that_reconnects_without_end_fills_no_memory_and_leaves_no_connection_behind() {
    let (mut scene, _, bob) = Scene::of_two();
    scene.hold_down(bob);
    for _ in 0..4_000 {
        let again = scene.knock([127, 0, 0, 1]);
        scene.write(
            again,
            "MSG/1 0000000000000001 00000000000000010000000000000000 - Zoé\n",
        );
    }
    assert!(
        scene.waiting_for(bob) < 80 * 1024,
        "{} bytes",
        scene.waiting_for(bob)
    );
    assert!(
        scene.open_at_relay() < 200,
        "{} connections",
        scene.open_at_relay()
    );
}

#[test]
fn a_daemon_that_was_told_to_stop_lets_nobody_in_any_more() {
    let mut scene = Scene::of(RelayMode::Daemon);
    scene.join("Zoé");
    scene.stop_relay(Bye::Stop);
    assert!(!scene.hub.is_open());
}

/// No rule makes a plain client read, so only what waits for it can tell.
#[test]
fn a_plain_client_that_does_not_read_is_hung_up_on_before_notices_about_the_other_pile_up() {
    let mut scene = Scene::new();
    let bob = scene.knock([127, 0, 0, 1]);
    scene.write(bob, "Bob\n");
    let zoe = scene.join("Zoé");
    scene.hold_down_hand(bob);
    for _ in 0..20_000 {
        if scene.relay_end(bob) == End::Closed {
            break;
        }
        scene.cut(zoe);
        scene.dial(zoe);
        scene.wait(100);
    }
    assert_eq!(scene.relay_end(bob), End::Closed);
}

#[test]
fn a_plain_client_that_does_not_read_for_now_is_not_hung_up_on_for_what_the_other_says_in_one_read()
{
    const HELLO: &str =
        "MSG/1 0000000000000001 00000000000000000000000000000001 - Zoé de la Tour Carrée\n";

    let mut scene = Scene::new();
    let (zoe, bob) = (scene.knock([127, 0, 0, 1]), scene.knock([127, 0, 0, 1]));
    scene.write(zoe, HELLO);
    scene.write(bob, "Bob\n");
    scene.hold_down_hand(bob);
    // Each byte is shown as four.
    let text = "\x1b".repeat(4_000);
    let lines = |numbers: Range<usize>| -> String {
        numbers
            .map(|number| format!("SAY {number} 0 {text}\n"))
            .collect()
    };
    // Almost too much waits, and then comes as much as a relay reads at once.
    scene.write(zoe, &lines(1..4));
    assert!(scene.wants_input(zoe));
    scene.write(zoe, &lines(4..18));
    assert!(!scene.wants_input(zoe));
    assert!(scene.wants_input(bob));
    scene.reset(zoe);
    let zoe = scene.knock([127, 0, 0, 1]);
    scene.write(zoe, HELLO);
    assert_eq!(scene.relay_end(bob), End::Open);
}

#[test]
fn in_a_daemon_two_by_two_meet_and_a_third_for_a_named_room_is_refused() {
    let mut scene = Scene::of(RelayMode::Daemon);
    let hello = |n: u64, salon: &str| format!("MSG/1 {n:016x} {n:032x} {salon} Nom{n}\n");
    let hands: Vec<_> = (1..=7).map(|_| scene.knock([127, 0, 0, 1])).collect();
    let salons = ["-", "tp-3", "-", "tp-3", "-", "tp-3", "-"];
    for (n, (&hand, salon)) in hands.iter().zip(salons).enumerate() {
        scene.write(hand, &hello(n as u64 + 1, salon));
    }
    let mut opposite = |n: usize| scene.read(hands[n]).pop().unwrap_or_default();
    assert_eq!(opposite(0), "PEER 0000000000000003 Nom3");
    assert_eq!(opposite(1), "PEER 0000000000000004 Nom4");
    assert_eq!(opposite(4), "PEER 0000000000000007 Nom7");
    assert!(opposite(5).starts_with("ERR full "));
}
