//! A relay that was started anew remembers nobody, and still those find each other again who have talked before.

use std::net::Ipv4Addr;

use super::scene::Scene;
use crate::protocol::hub::{Config, ConnId, Counts, Hub, RelayMode};
use crate::protocol::session::{Ending, Shutdown};
use crate::protocol::wire::Refusal;

const KEPT: u64 = 120_000;

fn is_refused(ending: Option<&Ending>) -> bool {
    matches!(
        ending,
        Some(Ending::Refused {
            refusal: Refusal::Full,
            ..
        })
    )
}

#[test]
fn pairs_without_a_salon_find_each_other_whoever_comes_first_and_whoever_comes_between() {
    let mut scene = Scene::of(RelayMode::Daemon);
    let people = ["Zoé", "Bob", "Ève", "Luc"].map(|name| scene.join(name));
    let [zoe, bob, eve, luc] = people;
    for order in [
        [zoe, eve, bob, luc],
        [luc, bob, eve, zoe],
        [eve, luc, zoe, bob],
    ] {
        scene.restart_relay();
        scene.join("Anne");
        scene.forget();
        for who in order {
            scene.dial(who);
        }
        for (from, to, heard) in [(zoe, bob, "Zoé: salut"), (luc, eve, "Luc: salut")] {
            scene.say(from, "salut");
            assert!(scene.told(to).contains(&heard.to_owned()), "{order:?}");
        }
        let counts = Counts {
            conversations: 2,
            waiting: 1,
        };
        assert_eq!(scene.hub.counts(), counts);
    }
    assert!(people.iter().all(|who| scene.ending(*who).is_none()));
}

#[test]
fn who_is_first_to_return_is_told_that_the_other_is_awaited_and_not_that_nobody_is_there() {
    let mut scene = Scene::of(RelayMode::Daemon);
    let (zoe, bob) = (scene.join("Zoé"), scene.join("Bob"));
    scene.restart_relay();
    scene.say(zoe, "un");
    scene.forget();
    scene.dial(zoe);
    assert_eq!(
        scene.told(zoe),
        ["restored, 0 delivered", "Bob is away, 1 held"]
    );
    scene.dial(bob);
    assert_eq!(scene.told(zoe), ["Bob is back, 1 delivered"]);
}

#[test]
fn who_leaves_before_the_other_is_back_on_a_new_relay_is_still_told_of_and_no_stranger_takes_the_seat()
 {
    for mode in [RelayMode::Single, RelayMode::Daemon] {
        let mut scene = Scene::of(mode);
        let (zoe, bob) = (scene.join("Zoé"), scene.join("Bob"));
        scene.restart_relay();
        scene.forget();
        scene.dial(bob);
        scene.leave(bob, Shutdown::Now);
        let eve = scene.join("Ève");
        if mode == RelayMode::Single {
            assert!(is_refused(scene.ending(eve)));
        }
        scene.forget();
        scene.dial(zoe);
        assert_eq!(scene.told(zoe), ["restored, 0 delivered", "Bob has left"]);
        assert_eq!(scene.ending(zoe), Some(&Ending::Over));
        // Nobody comes for the seat of a second one.
        let mut scene = Scene::of(mode);
        let (_, bob) = (scene.join("Zoé"), scene.join("Bob"));
        scene.restart_relay();
        scene.dial(bob);
        scene.leave(bob, Shutdown::Now);
        scene.wait(KEPT);
        assert_eq!(scene.hub.counts(), Counts::default());
    }
}

#[test]
fn one_who_was_cut_off_before_learning_of_the_other_is_found_all_the_same() {
    for first_back in [0, 1] {
        let mut scene = Scene::of(RelayMode::Daemon);
        let zoe = scene.join("Zoé");
        scene.hold_down(zoe);
        let bob = scene.join("Bob");
        // Bob knows of Zoé; she does not know of Bob.
        scene.restart_relay();
        scene.forget();
        let order = [zoe, bob];
        scene.dial(order[first_back]);
        scene.dial(order[1 - first_back]);
        scene.say(bob, "salut");
        assert_eq!(scene.told(zoe).last().unwrap(), "Bob: salut");
        assert_eq!(scene.hub.counts().conversations, 1);
    }
}

#[test]
fn a_named_salon_is_kept_for_the_two_who_talked_in_it() {
    let mut scene = Scene::of(RelayMode::Daemon);
    let zoe = scene.join_salon("tp3", "Zoé");
    let bob = scene.join_salon("tp3", "Bob");
    scene.restart_relay();
    scene.dial(zoe);
    let third = scene.join_salon("tp3", "Ève");
    assert!(is_refused(scene.ending(third)));
    scene.dial(bob);
    let third = scene.join_salon("tp3", "Ève");
    assert!(is_refused(scene.ending(third)));
    // Even if somebody has taken the name before they are back.
    scene.restart_relay();
    let usurper = scene.join_salon("tp3", "Ève");
    scene.dial(bob);
    scene.dial(zoe);
    scene.say(zoe, "salut");
    assert_eq!(scene.told(bob).last().unwrap(), "Zoé: salut");
    assert_eq!(scene.told(usurper), ["waiting"]);
    scene.leave(zoe, Shutdown::Quit);
    scene.leave(usurper, Shutdown::Quit);
    scene.wait(10_000);
    assert_eq!(scene.hub.counts(), Counts::default());
    scene.join_salon("tp3", "Léa");
    let max = scene.join_salon("tp3", "Max");
    assert_eq!(scene.told(max), ["Léa arrives"]);
}

#[test]
fn a_seat_is_kept_for_a_partner_from_before_as_long_as_for_any_other() {
    let mut scene = Scene::of(RelayMode::Daemon);
    let (zoe, _) = (scene.join("Zoé"), scene.join("Bob"));
    scene.restart_relay();
    scene.forget();
    scene.dial(zoe);
    scene.wait(KEPT - 1);
    assert_eq!(
        scene.told(zoe),
        ["restored, 0 delivered", "Bob is away, 0 held"]
    );
    scene.wait(1);
    assert_eq!(scene.told(zoe), ["Bob is lost"]);
    assert_eq!(scene.ending(zoe), Some(&Ending::Over));
    scene.wait(10_000);
    assert_eq!(scene.hub.counts(), Counts::default());
    assert_eq!(scene.hub.next_timeout(), None);
}

#[test]
fn who_is_cut_off_again_while_the_other_is_awaited_keeps_the_seat() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.restart_relay();
    scene.dial(zoe);
    scene.cut(zoe);
    let third = scene.join("Ève");
    assert!(is_refused(scene.ending(third)));
    scene.forget();
    scene.dial(bob);
    scene.dial(zoe);
    scene.say(zoe, "salut");
    assert_eq!(scene.told(bob).last().unwrap(), "Zoé: salut");
    // And if neither comes back, nothing of them stays.
    let mut scene = Scene::of(RelayMode::Daemon);
    let (zoe, _) = (scene.join("Zoé"), scene.join("Bob"));
    scene.restart_relay();
    scene.dial(zoe);
    scene.cut(zoe);
    scene.wait(2 * KEPT);
    assert_eq!(scene.hub.counts(), Counts::default());
    assert_eq!(scene.hub.next_timeout(), None);
}

#[test]
fn nobody_is_paired_with_somebody_by_merely_claiming_to_have_been() {
    let mut scene = Scene::of(RelayMode::Daemon);
    let (zoe, bob) = (scene.join("Zoé"), scene.join("Bob"));
    scene.restart_relay();
    scene.forget();
    // Who sat opposite Zoé once knows her number, and says that she was the last.
    let liar = scene.knock([127, 0, 0, 1]);
    let hello = "MSG/1 000000000000000e 0000000000000000000000000000000e -/0000000000000001 Liar\n";
    scene.write(liar, hello);
    assert_eq!(scene.read(liar)[1..], ["GONE away"]);
    scene.dial(zoe);
    scene.dial(bob);
    scene.say(bob, "salut");
    assert_eq!(scene.told(zoe).last().unwrap(), "Bob: salut");
    assert!(scene.read(liar).is_empty());
}

/// A daemon with as many rooms as it keeps.
struct FullHouse {
    hub: Hub,
    conns: Vec<[ConnId; 2]>,
}

impl FullHouse {
    const ROOMS: u64 = 20_000;

    fn of_pairs() -> FullHouse {
        let hub = Hub::new(Config::without_words(RelayMode::Daemon));
        let mut mode = FullHouse {
            hub,
            conns: Vec::new(),
        };
        for n in 0..FullHouse::ROOMS {
            let pair = [2 * n, 2 * n + 1].map(|client| mode.hello(client, n));
            mode.conns.push(pair);
        }
        assert_eq!(mode.hub.counts().conversations as u64, FullHouse::ROOMS);
        mode
    }

    fn hello(&mut self, client: u64, salon: u64) -> ConnId {
        let conn = self.hub.accepted(0, Ipv4Addr::LOCALHOST.into());
        let hello = format!("MSG/1 {client:016x} {client:032x} s{salon} X{client}\n");
        self.hub.received(0, conn, hello.as_bytes(), |_, _, _| 0);
        conn
    }

    fn answer(&self, conn: ConnId) -> String {
        String::from_utf8_lossy(self.hub.unsent(conn)).into_owned()
    }
}

#[test]
fn a_house_full_of_people_takes_no_more() {
    let mut mode = FullHouse::of_pairs();
    let late = mode.hello(1 << 32, 1 << 32);
    assert!(mode.answer(late).starts_with("ERR full "));
}

#[test]
fn a_house_full_of_empty_rooms_gives_up_those_that_have_been_empty_for_longest() {
    let mut mode = FullHouse::of_pairs();
    for (now, room) in (1_000..).zip([7, 5, 6]) {
        for conn in mode.conns[room] {
            mode.hub.closed(now, conn);
        }
    }
    // Half a conversation is nobody's to clear.
    mode.hub.closed(0, mode.conns[8][0]);
    let late = mode.hello(1 << 32, 1 << 32);
    assert!(mode.answer(late).starts_with("MSG/1 "));
    let back = mode.hello(16, 8);
    assert!(mode.answer(back).contains("PEER "));
    let conversations = mode.hub.counts().conversations as u64;
    assert_eq!(conversations, FullHouse::ROOMS - 3);
}
