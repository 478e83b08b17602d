//! How conversations end, and what is said about lines that did not arrive.

use super::scene::{End, Scene};
use crate::protocol::hub::RelayMode;
use crate::protocol::session::{Ending, Shutdown};
use crate::protocol::wire::Bye;
use crate::protocol::wire::Refusal;

#[test]
fn whoever_leaves_delivers_everything_first_and_both_end() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.say(zoe, "salut");
    scene.leave(zoe, Shutdown::Quit);
    assert_eq!(scene.told(bob), ["Zoé: salut", "Zoé has left"]);
    assert!(scene.told(zoe).is_empty());
    assert_eq!(scene.delivered(zoe), 1);
    assert_eq!(scene.ending(zoe), Some(&Ending::Over));
    assert_eq!(scene.ending(bob), Some(&Ending::Over));
    scene.wait(2_000);
    assert!(scene.hub.is_over());
}

#[test]
fn a_line_that_crosses_a_goodbye_arrives() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.hold_up(zoe);
    scene.say(zoe, "au revoir");
    scene.leave(bob, Shutdown::Quit);
    scene.let_go(zoe);
    assert_eq!(scene.told(bob), ["Zoé: au revoir"]);
    assert_eq!(scene.told(zoe), ["Bob has left"]);
    assert_eq!(scene.delivered(zoe), 1);
    assert_eq!(scene.ending(zoe), Some(&Ending::Over));
    assert_eq!(scene.ending(bob), Some(&Ending::Over));
}

#[test]
fn a_line_that_the_leaver_acknowledged_before_the_goodbye_counts_as_delivered() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.hold_down(zoe);
    scene.say(zoe, "salut");
    scene.leave(bob, Shutdown::Quit);
    scene.let_go(zoe);
    assert_eq!(scene.told(zoe), ["Bob has left"]);
    assert_eq!(scene.delivered(zoe), 1);
}

#[test]
fn a_line_reaches_whoever_has_just_left_over_a_new_connection_too() {
    let mut scene = Scene::of(RelayMode::Daemon);
    let (zoe, bob) = (scene.join("Zoé"), scene.join("Bob"));
    scene.hold_up(bob);
    scene.say(bob, "attends !");
    scene.cut_unnoticed(bob);
    scene.forget();
    scene.leave(zoe, Shutdown::Quit);
    scene.dial(bob);
    assert_eq!(scene.told(zoe), ["Bob: attends !"]);
    assert_eq!(scene.told(bob), ["restored, 0 delivered", "Zoé has left"]);
    assert_eq!(scene.delivered(bob), 1);
    assert_eq!(scene.ending(zoe), Some(&Ending::Over));
}

#[test]
fn two_who_leave_at_once_both_end() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.hold_up(zoe);
    scene.leave(zoe, Shutdown::Quit);
    scene.leave(bob, Shutdown::Quit);
    scene.let_go(zoe);
    assert_eq!(scene.ending(zoe), Some(&Ending::Over));
    assert_eq!(scene.ending(bob), Some(&Ending::Over));
    scene.wait(2_000);
    assert!(scene.hub.is_over());
}

#[test]
fn leaving_without_a_connection_gives_up_after_two_seconds_and_names_the_lines() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.cut(zoe);
    scene.say(zoe, "un");
    scene.say(zoe, "deux");
    scene.forget();
    scene.leave(zoe, Shutdown::Quit);
    scene.wait(1_999);
    assert_eq!(scene.ending(zoe), None);
    scene.wait(1);
    assert_eq!(scene.told(zoe), ["undelivered: un, deux"]);
    assert_eq!(scene.ending(zoe), Some(&Ending::Over));
    assert_eq!(scene.told(bob), Vec::<String>::new());
}

#[test]
fn leaving_waits_while_lines_go_through_one_by_one() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.screen_stops(bob);
    for text in ["un", "deux", "trois"] {
        scene.say(zoe, text);
    }
    scene.leave(zoe, Shutdown::Quit);
    for _ in 0..3 {
        scene.wait(1_500);
        assert_eq!(scene.ending(zoe), None);
        scene.take_one_event(bob);
    }
    assert_eq!(scene.ending(zoe), Some(&Ending::Over));
    assert_eq!(scene.delivered(zoe), 3);
}

#[test]
fn a_pipe_that_has_ended_waits_for_its_reader_however_long() {
    let mut scene = Scene::new();
    let zoe = scene.join("Zoé");
    scene.say(zoe, "salut");
    scene.leave(zoe, Shutdown::Finish);
    scene.wait(600_000);
    assert_eq!(scene.ending(zoe), None);
    let bob = scene.join("Bob");
    assert_eq!(
        scene.told(bob),
        ["Zoé arrives", "Zoé: salut", "Zoé has left"]
    );
    assert_eq!(scene.ending(zoe), Some(&Ending::Over));
}

#[test]
fn whoever_is_away_hears_of_the_goodbye_on_coming_back() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.cut(bob);
    scene.say(bob, "attends");
    scene.leave(zoe, Shutdown::Quit);
    assert_eq!(scene.ending(zoe), Some(&Ending::Over));
    scene.forget();
    scene.wait(60_000);
    scene.dial(bob);
    scene.wait(5_000);
    let told = scene.told(bob);
    assert_eq!(
        told,
        [
            "restored, 0 delivered",
            "Zoé has left",
            "undelivered: attends"
        ]
    );
    assert_eq!(scene.ending(bob), Some(&Ending::Over));
    scene.wait(2_000);
    assert!(scene.hub.is_over());
}

#[test]
fn whoever_does_not_come_back_within_two_minutes_is_lost() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.cut(bob);
    scene.say(zoe, "tu es là ?");
    scene.wait(119_999);
    assert_eq!(scene.told(zoe), ["Bob is away, 0 held"]);
    scene.wait(1);
    assert_eq!(scene.told(zoe), ["Bob is lost", "undelivered: tu es là ?"]);
    assert_eq!(scene.ending(zoe), Some(&Ending::Over));
    scene.wait(2_000);
    assert!(scene.hub.is_over());
}

#[test]
fn a_seat_given_up_is_not_given_back() {
    let (mut scene, _, bob) = Scene::of_two();
    scene.cut(bob);
    scene.wait(120_001);
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
fn when_both_stay_away_the_relay_ends_without_them() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.cut(zoe);
    scene.wait(60_000);
    scene.cut(bob);
    scene.wait(119_999);
    assert!(!scene.hub.is_over());
    scene.wait(1);
    assert!(scene.hub.is_over());
}

#[test]
fn whoever_comes_back_to_a_seat_opposite_one_given_up_is_told() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.cut(zoe);
    scene.wait(60_000);
    scene.cut(bob);
    scene.wait(90_000);
    scene.forget();
    scene.dial(bob);
    assert_eq!(scene.told(bob), ["restored, 0 delivered", "Zoé is lost"]);
    assert_eq!(scene.ending(bob), Some(&Ending::Over));
}

#[test]
fn a_goodbye_before_the_relay_has_answered_still_reaches_the_other() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.cut(zoe);
    scene.forget();
    scene.dial_held_up(zoe);
    scene.leave(zoe, Shutdown::Now);
    scene.let_go(zoe);
    assert_eq!(scene.told(bob), ["Zoé has left"]);
    assert_eq!(scene.ending(bob), Some(&Ending::Over));
}

#[test]
fn a_relay_told_to_stop_says_so_to_both() {
    let (mut scene, zoe, bob) = Scene::of_two();
    let silent = scene.knock([127, 0, 0, 1]);
    scene.stop_relay(Bye::Stop);
    assert_eq!(scene.ending(zoe), Some(&Ending::Stopped));
    assert_eq!(scene.ending(bob), Some(&Ending::Stopped));
    scene.wait(2_000);
    assert_eq!(scene.relay_end(silent), End::Closed);
    assert!(scene.hub.is_over());
}

#[test]
fn a_relay_that_stops_before_its_welcome_is_still_understood() {
    let mut scene = Scene::new();
    let zoe = scene.stranger("Zoé");
    scene.dial_held_up(zoe);
    scene.hears(zoe, "BYE stop\n");
    assert_eq!(scene.ending(zoe), Some(&Ending::Stopped));
}

#[test]
fn a_relay_that_starts_again_before_its_welcome_is_just_another_cut() {
    let (mut scene, zoe, _) = Scene::of_two();
    scene.cut(zoe);
    scene.dial_held_up(zoe);
    scene.hears(zoe, "BYE restart\n");
    assert_eq!(scene.ending(zoe), None);
    assert!(!scene.is_connected(zoe));
    scene.dial(zoe);
    assert!(scene.is_connected(zoe));
}

#[test]
fn a_relay_that_starts_again_is_just_another_cut() {
    let (mut scene, zoe, bob) = Scene::of_two();
    scene.stop_relay(Bye::Restart);
    assert_eq!(scene.told(zoe), ["cut, 0 held"]);
    assert_eq!(scene.ending(bob), None);
}
