//! What a relay shows its own person of a conversation.

use super::scene::Scene;
use crate::protocol::hub::RelayMode;
use crate::protocol::timeouts::YIELD_TIMEOUT;

const HELLO_ZOE: &str = "MSG/1 0000000000000001 00000000000000000000000000000001 - Zoe\n";
const LOCAL: [u8; 4] = [127, 0, 0, 1];

#[test]
fn each_message_is_a_row_behind_the_second_and_the_name_of_its_author() {
    let mut scene = Scene::new();
    let (zoe, bob) = (scene.knock(LOCAL), scene.knock(LOCAL));
    scene.write(zoe, "Zoe\n");
    scene.write(bob, "Bob\n");
    for (date, hand, text, row) in [
        (7_000, zoe, "un\n", "7 Zoe un"),
        (7_100, bob, "deux\n", "7 Bob deux"),
        (7_999, zoe, "trois\n", "7 Zoe trois"),
        (8_000, zoe, "quatre\n", "8 Zoe quatre"),
        (8_000, bob, "cinq\n", "8 Bob cinq"),
    ] {
        scene.hub.set_date(date);
        scene.write(hand, text);
        assert_eq!(scene.shown(), [row]);
    }
}

#[test]
fn what_is_sent_again_is_shown_once() {
    let (mut scene, zoe, bob) = Scene::of_two();
    // The relay passes it on, and it does not arrive.
    scene.hold_down(bob);
    scene.say(zoe, "un");
    scene.cut(bob);
    scene.dial(bob);
    scene.say(zoe, "deux");
    let told = scene.told(bob);
    assert!(told.contains(&"Zoé: un".to_owned()), "{told:?}");
    assert_eq!(scene.shown(), ["0 Zoé un", "0 Zoé deux"]);
}

#[test]
fn rows_of_plain_clients_are_harmless_whatever_they_send() {
    let mut scene = Scene::new();
    let (zoe, _) = (scene.knock(LOCAL), scene.join("Bob"));
    scene.write(zoe, "Zoe\n");
    let long = "x".repeat(600);
    scene.write(zoe, "salut\n");
    // From here on lines are taken where they were read.
    scene.write(
        zoe,
        &format!("rouge \x1b[31m\nl\u{202e}eurre\nété\tici\n{long}\nbref\n"),
    );
    assert_eq!(
        scene.shown(),
        [
            "0 Zoe salut",
            "0 Zoe rouge \\x1b[31m",
            "0 Zoe l\\u{202e}eurre",
            "0 Zoe été    ici",
            &format!("0 Zoe {long}"),
            "0 Zoe bref",
        ]
    );
}

#[test]
fn whoever_takes_a_seat_over_is_shown_under_a_name_of_their_own() {
    let mut scene = Scene::new();
    let silent = scene.knock(LOCAL);
    let bob = scene.knock(LOCAL);
    scene.write(bob, "Bob\n");
    scene.write(bob, "qui est là ?\n");
    scene.write(silent, "Al: salut\n");
    scene.join("Ève");
    scene.wait(YIELD_TIMEOUT);
    let eve = scene.join("Ève");
    scene.say(eve, "bonjour");
    // Bob counts anew for her.
    scene.write(bob, "et toi ?\n");
    // All in one second, as the hub has not been told of another.
    assert_eq!(
        scene.shown(),
        [
            "0 Bob qui est là ?",
            "0 Al salut",
            "0 Ève bonjour",
            "0 Bob et toi ?"
        ]
    );
    let heard = scene.read(bob);
    let heard: Vec<&String> = heard.iter().filter(|row| row.starts_with('[')).collect();
    assert_eq!(heard, ["[0] Al: salut", "[0] Ève: bonjour"]);
}

#[test]
fn a_line_under_way_while_a_seat_changes_hands_keeps_none_of_the_next_from_the_screen() {
    let mut scene = Scene::new();
    let (silent, zoe) = (scene.knock(LOCAL), scene.knock(LOCAL));
    scene.write(silent, "Al\n");
    scene.write(zoe, HELLO_ZOE);
    let said = |numbers: &[u64]| -> String {
        let line = |number| format!("SAY {number} 0 {number}\n");
        numbers.iter().map(line).collect()
    };
    let al = scene.partner_of(zoe);
    scene.write(zoe, &format!("ACK {al} 0\n{}", said(&[1, 2])));
    scene.join("Ève");
    scene.wait(YIELD_TIMEOUT);
    scene.join("Ève");
    // Said before she has read who is there now.
    scene.write(zoe, &said(&[3]));
    let eve = scene.partner_of(zoe);
    scene.write(zoe, &format!("ACK {eve} 0\n{}", said(&[1, 2])));
    let rows = ["1", "2", "3", "1", "2"].map(|text| format!("0 Zoe {text}"));
    assert_eq!(scene.shown(), rows);
}

#[test]
fn the_highest_number_of_all_is_shown_once_like_any() {
    let mut scene = Scene::new();
    let zoe = scene.knock(LOCAL);
    scene.write(zoe, HELLO_ZOE);
    scene.join("Bob");
    let highest = format!("SAY {} 0 un\n", u64::MAX);
    scene.write(zoe, &highest);
    scene.write(zoe, &highest);
    assert_eq!(scene.shown(), ["0 Zoe un"]);
}

#[test]
fn a_relay_of_many_conversations_shows_none() {
    let mut scene = Scene::of(RelayMode::Daemon);
    let (zoe, bob) = (scene.join("Zoé"), scene.join("Bob"));
    scene.say(zoe, "un");
    scene.say(bob, "deux");
    assert!(scene.shown().is_empty());
}
