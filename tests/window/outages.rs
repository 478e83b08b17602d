//! The relay goes away, and comes back or not.

use rustix::process::Signal;

use crate::accessibility::Part;
use crate::desktop::on_a_desktop;
use crate::support::Relay;
use crate::talking::Talk;

#[test]
fn what_is_written_during_an_outage_arrives_after_it() {
    on_a_desktop("outage", |desktop| {
        let mut talk = Talk::begin(desktop);
        let place = talk.relay.address.to_string();
        talk.relay.program.signal(Signal::KILL);
        talk.relay.wait();
        talk.wait_for_state("connexion coupée");
        talk.zoe_types("pendant la coupure");
        talk.wait_for_state("connexion coupée – 1 message en attente");
        desktop.photograph("cut");
        assert!(!talk.display.text().contains("  reçu"));

        let _relay = Relay::start_at(&place);
        talk.bob_reads("Zoé  pendant la coupure");
        talk.wait_for_state("connecté");
        talk.zoe_reads("  reçu");
        desktop.photograph("back");
    });
}

#[test]
fn when_too_much_is_under_way_enter_waits_and_nothing_is_lost() {
    on_a_desktop("full", |desktop| {
        let mut talk = Talk::begin(desktop);
        let place = talk.relay.address.to_string();
        talk.relay.program.signal(Signal::KILL);
        talk.relay.wait();
        talk.wait_for_state("connexion coupée");
        let many: String = (1..=50).map(|number| format!("ligne {number}\n")).collect();
        desktop.copy(&many);
        desktop.press(&["ctrl+v"]);
        talk.wait_for_input(&many);
        desktop.press(&["Return"]);
        talk.wait_for_state("connexion coupée – 50 messages en attente");

        talk.zoe_types("celle d'après");
        let hint = || {
            let hints = talk.window.part.with_role("status");
            let mut hints = hints.iter().map(Part::name);
            hints.find(|hint| hint.contains("Échap"))
        };
        desktop.wait_for("the hint", hint);
        assert_eq!(talk.input.text(), "celle d'après");
        desktop.photograph("enter-waits");
        desktop.type_text("rien");
        assert_eq!(talk.input.text(), "celle d'après");
        // It can be taken back, changed, and sent again.
        desktop.press(&["Escape"]);
        desktop.wait_for("the end of the hint", || hint().is_none().then_some(()));
        talk.zoe_types(" encore");
        desktop.wait_for("the hint", hint);

        let _relay = Relay::start_at(&place);
        for number in 1..=50 {
            talk.bob.wait_for_line("the next", |row| {
                assert!(
                    row.ends_with(&format!("Zoé  ligne {number}")),
                    "{row} instead of {number}"
                );
                true
            });
        }
        talk.bob_reads("Zoé  celle d'après encore");
        talk.wait_for_input("");
        talk.wait_for_display("all marks", |shown| shown.matches("  reçu").count() == 51);
        desktop.photograph("all-arrived");
    });
}

#[test]
fn what_never_arrives_is_told_in_the_window_and_in_the_terminal() {
    on_a_desktop("undelivered", |desktop| {
        let mut talk = Talk::begin(desktop);
        talk.relay.program.signal(Signal::KILL);
        talk.relay.wait();
        talk.wait_for_state("connexion coupée");
        talk.zoe_types("perdue en route");
        talk.zoe_types("et celle-ci");
        talk.wait_for_display("both", |shown| shown.contains("et celle-ci"));
        let quit = talk.window.find("button", "Quitter");
        talk.window.click(&quit);
        let shown = talk.zoe_reads("le client Zoé a quitté la discussion.");
        assert!(
            shown.contains("2 messages n'ont pas été remis :"),
            "{shown}"
        );
        assert_eq!(shown.matches("  non remis").count(), 2, "{shown}");
        talk.wait_until_disabled();
        desktop.photograph("undelivered");
        desktop.press(&["alt+F4"]);
        assert_eq!(talk.window.program.wait().code(), Some(75));
        let errors = talk.window.program.all_errors();
        assert_eq!(errors.len(), 3, "{errors:?}");
        assert_eq!(errors[0], "2 messages n'ont pas été remis :");
        assert!(errors[1].ends_with("  Zoé  perdue en route"));
        assert!(errors[2].ends_with("  Zoé  et celle-ci"));
    });
}

#[test]
fn a_draft_that_enter_was_pressed_upon_counts_as_not_delivered() {
    on_a_desktop("held-draft", |desktop| {
        let mut talk = Talk::begin(desktop);
        talk.relay.program.signal(Signal::KILL);
        talk.relay.wait();
        talk.wait_for_state("connexion coupée");
        let many: String = (1..=40).map(|number| format!("ligne {number}\n")).collect();
        desktop.copy(&many);
        desktop.press(&["ctrl+v"]);
        talk.wait_for_input(&many);
        desktop.press(&["Return"]);
        talk.wait_for_state("connexion coupée – 40 messages en attente");
        talk.zoe_types("la dernière");
        talk.wait_for_input("la dernière");
        desktop.press(&["ctrl+w"]);
        assert_eq!(talk.window.program.wait().code(), Some(75));
        let errors = talk.window.program.all_errors();
        let told = |text: &str| errors.iter().filter(|row| row.ends_with(text)).count();
        for number in 1..=40 {
            assert_eq!(told(&format!("  Zoé  ligne {number}")), 1, "{errors:#?}");
        }
        assert_eq!(told("  Zoé  la dernière"), 1, "{errors:#?}");
    });
}
