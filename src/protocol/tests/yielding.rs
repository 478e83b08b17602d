//! Who yields a seat to somebody who finds none, and who keeps it.

use super::scene::{End, Hand, Scene, Who};
use crate::protocol::plain::{SEAT_YIELDED, SIGN_OF_LIFE};
use crate::protocol::session::Ending;
use crate::protocol::timeouts::YIELD_TIMEOUT;
use crate::protocol::wire::Refusal;

const LOCAL: [u8; 4] = [127, 0, 0, 1];

/// A client that has said its first line, and Bob.
fn of_one_that_said(first_line: &str) -> (Scene, Hand, Who) {
    let mut scene = Scene::new();
    let silent = scene.knock(LOCAL);
    scene.write(silent, first_line);
    let bob = scene.join("Bob");
    scene.forget();
    (scene, silent, bob)
}

fn is_refused_as_full(scene: &Scene, who: Who) -> bool {
    matches!(
        scene.ending(who),
        Some(Ending::Refused {
            refusal: Refusal::Full,
            ..
        })
    )
}

fn was_asked(scene: &mut Scene, hand: Hand) -> bool {
    scene.read(hand).iter().any(|line| line == SIGN_OF_LIFE)
}

#[test]
fn a_client_of_one_line_that_stays_silent_yields_its_seat_to_whoever_was_refused() {
    for first_line in [
        "stats\n",
        "Zoe: salut\n",
        "ceci n'est le nom de personne, hélas\n",
    ] {
        let (mut scene, silent, bob) = of_one_that_said(first_line);
        assert!(scene.hub.is_open(), "somebody may want the seat");
        scene.wait(60_000);
        assert!(!was_asked(&mut scene, silent), "nobody wanted it so far");
        scene.say(bob, "qui est là ?");
        let eve = scene.join("Ève");
        assert!(is_refused_as_full(&scene, eve));
        assert!(was_asked(&mut scene, silent));
        scene.wait(YIELD_TIMEOUT - 1);
        assert_eq!(scene.read(silent), Vec::<String>::new());
        scene.wait(1);
        assert_eq!(scene.read(silent), [SEAT_YIELDED]);
        scene.forget();
        let eve = scene.join("Ève");
        assert!(!scene.hub.is_open());
        scene.say(eve, "bonjour");
        assert_eq!(scene.told(bob), ["Ève arrives", "Ève: bonjour"]);
        scene.say(bob, "enfin");
        // What was meant for the one before her is not hers to read.
        assert_eq!(scene.told(eve), ["Bob arrives", "Bob: enfin"]);
        scene.wait(2_000);
        assert_eq!(scene.relay_end(silent), End::Closed);
    }
}

#[test]
fn the_one_who_is_left_waits_again_and_keeps_a_seat_through_an_outage() {
    let (mut scene, _, bob) = of_one_that_said("stats\n");
    scene.join("Ève");
    scene.wait(YIELD_TIMEOUT);
    assert_eq!(scene.told(bob), ["waiting"]);
    scene.cut(bob);
    let eve = scene.join("Ève");
    assert_eq!(scene.told(eve), ["Bob arrives", "Bob is away, 0 held"]);
    scene.dial(bob);
    scene.say(bob, "me revoilà");
    assert_eq!(scene.told(eve).last().unwrap(), "Bob: me revoilà");
}

#[test]
fn anything_that_is_sent_keeps_the_seat_and_a_second_line_keeps_it_for_good() {
    let (mut scene, zoe, _) = of_one_that_said("Zoé\n");
    scene.join("Ève");
    assert!(was_asked(&mut scene, zoe));
    scene.wait(YIELD_TIMEOUT - 1);
    scene.write(zoe, "\n");
    scene.wait(60_000);
    assert_eq!(scene.read(zoe), Vec::<String>::new());
    // A blank line says nothing: whoever is refused next asks again.
    scene.join("Ève");
    assert!(was_asked(&mut scene, zoe));
    scene.write(zoe, "je suis là\n");
    assert!(!scene.hub.is_open());
    let eve = scene.join("Ève");
    assert!(is_refused_as_full(&scene, eve));
    scene.wait(60_000);
    assert!(!was_asked(&mut scene, zoe));
    assert_eq!(scene.relay_end(zoe), End::Open);
}

#[test]
fn whoever_has_said_more_than_a_first_line_is_never_asked() {
    for said in ["Zoé\nsalut\n", "Zoé: salut\nça va ?\n"] {
        let (mut scene, zoe, _) = of_one_that_said(said);
        assert!(!scene.hub.is_open());
        scene.join("Ève");
        scene.wait(60_000);
        assert!(!was_asked(&mut scene, zoe));
        assert_eq!(scene.relay_end(zoe), End::Open);
    }
    // Nor is whoever speaks the protocol, however little they say.
    let (mut scene, _, bob) = Scene::of_two();
    scene.join("Ève");
    scene.wait(60_000);
    assert!(scene.is_connected(bob));
}

#[test]
fn of_two_who_are_silent_one_alone_yields() {
    let mut scene = Scene::new();
    let (zoe, bob) = (scene.knock(LOCAL), scene.knock(LOCAL));
    scene.write(zoe, "Zoé\n");
    scene.write(bob, "Bob\n");
    scene.join("Ève");
    scene.wait(60_000);
    let gone = [zoe, bob].map(|hand| scene.relay_end(hand) == End::Closed);
    assert_eq!(gone.iter().filter(|gone| **gone).count(), 1);
    assert!(scene.hub.is_open());
    let eve = scene.join("Ève");
    assert!(!is_refused_as_full(&scene, eve));
}

#[test]
fn whoever_leaves_before_the_time_is_up_leaves_as_ever() {
    let (mut scene, zoe, bob) = of_one_that_said("Zoé\n");
    scene.join("Ève");
    scene.write(zoe, "quitter\n");
    assert_eq!(scene.told(bob), ["Zoé has left"]);
    scene.wait(YIELD_TIMEOUT);
    assert!(!scene.read(zoe).contains(&SEAT_YIELDED.to_owned()));
    assert!(scene.hub.is_over());
}

#[test]
fn a_conversation_that_ends_is_ended_in_peace() {
    let mut scene = Scene::new();
    let (zoe, bob) = (scene.knock(LOCAL), scene.knock(LOCAL));
    scene.write(zoe, "Zoé: salut\n");
    // He acknowledges nothing, so that she has something to wait for once he has left.
    scene.write(
        bob,
        "MSG/1 00000000000000b2 0000000000000000000000000000b2b2 - Bob\n",
    );
    let heard = scene.read(bob);
    let pid = heard.iter().find_map(|line| line.strip_prefix("PEER "));
    let pid = pid.and_then(|peer| peer.split(' ').next()).unwrap();
    scene.write(bob, &format!("ACK {pid} 0\n"));
    scene.join("Ève");
    scene.wait(YIELD_TIMEOUT - 500);
    scene.write(bob, "BYE\n");
    assert!(!scene.hub.is_open());
    scene.wait(1_000);
    assert!(!scene.read(zoe).contains(&SEAT_YIELDED.to_owned()));
    scene.wait(10_000);
    assert_eq!(scene.read(bob).last().unwrap(), "BYE");
}

/// Clients of all manners, their people, and callers at any moment, for as many seeds: nobody loses a seat who has said
/// a second line, or has sent anything within 10 s of being asked.
#[test]
fn nobody_who_gives_a_sign_of_life_ever_loses_a_seat() {
    const MANNERS: [(&str, &str); 6] = [
        ("Zoé\n", "salut\n"),
        ("Zoé\r\n", "salut\r\n"),
        ("Zoé", "salut"),
        ("Zoé: salut\n", "Zoé: ça va ?\n"),
        ("[Zoé] salut", "[Zoé] ça va ?"),
        ("Zoé\0\0\0\0\0\0\0\0", "salut\0\0\0\0\0\0"),
    ];
    let mut yielded = 0;
    for seed in 0..3_000_u64 {
        let mut chance = seed;
        let mut below = |limit: u64| {
            chance = chance.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            (chance >> 33) % limit
        };
        let (first, next) = MANNERS[below(6) as usize];
        let mut scene = Scene::new();
        let zoe = scene.knock(LOCAL);
        scene.write(zoe, first);
        scene.wait(200);
        let bob = scene.join("Bob");
        // When she sends something of her own accord, if she does, and whether it is a line.
        let speaks_at = scene.now + 1 + below(40_000);
        let sends = match below(4) {
            0 => "",
            1 => "\n",
            _ => next,
        };
        let mut asked_at = None;
        let mut spoken = false;
        for _ in 0..40 {
            scene.wait(below(2_000));
            if below(6) == 0 {
                scene.join("Ève");
            }
            let lines = scene.read(zoe);
            if lines.iter().any(|line| line == SIGN_OF_LIFE) {
                assert!(
                    !spoken || sends != next,
                    "seed {seed}: asked though she spoke"
                );
                asked_at.get_or_insert(scene.now);
            }
            if lines.iter().any(|line| line == SEAT_YIELDED) {
                yielded += 1;
                let asked: u64 = asked_at.expect("nobody yields who was not asked");
                // She was asked up to 2 s before this looked.
                assert!(scene.now >= asked + YIELD_TIMEOUT - 2_000, "seed {seed}");
                assert!(!spoken || sends != next, "seed {seed}: she had spoken");
                break;
            }
            if !spoken && !sends.is_empty() && scene.now >= speaks_at {
                spoken = true;
                scene.write(zoe, sends);
                // What nothing ends is a line after a moment.
                scene.wait(200);
                asked_at = None;
            }
        }
        assert!(scene.is_connected(bob), "seed {seed}: and Bob stays");
    }
    assert!((300..2_700).contains(&yielded), "{yielded} yielded");
}
