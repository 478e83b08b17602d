//! The relay goes away, and comes back or not.

use rustix::process::Signal;

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
        assert!(!talk.display.text().contains("  ✓ reçu"));

        let _relay = Relay::start_at(&place);
        talk.bob_reads("Zoé  pendant la coupure");
        talk.wait_for_state("connecté");
        talk.zoe_reads("  ✓ reçu");
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
        // A MiB is under way at most.
        let many = fill(&talk);

        talk.zoe_types("celle d'après");
        desktop.wait_for("the hint", || waits(&talk).then_some(()));
        assert_eq!(talk.input.text(), "celle d'après");
        desktop.photograph("enter-waits");
        desktop.type_text("rien");
        assert_eq!(talk.input.text(), "celle d'après");
        // It can be taken back, changed, and sent again.
        desktop.press(&["Escape"]);
        desktop.wait_for("the end of the hint", || (!waits(&talk)).then_some(()));
        talk.zoe_types(" encore");
        desktop.wait_for("the hint", || waits(&talk).then_some(()));

        let _relay = Relay::start_at(&place);
        for number in 1..=many {
            talk.bob.wait_for_line("the next", |row| {
                assert!(
                    row.ends_with(&format!("x{number}")),
                    "{row} instead of {number}"
                );
                true
            });
        }
        talk.bob_reads("Zoé  celle d'après encore");
        talk.wait_for_input("");
        talk.wait_for_display("all marks", |shown| {
            shown.matches("  ✓ reçu").count() == many + 1
        });
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
        talk.choose("Quitter");
        talk.is_asked("Quitter la discussion ? 2 messages ne sont pas encore arrivés.");
        desktop.photograph("asked");
        talk.choose("Quitter la discussion");
        let shown = talk.zoe_reads("le client Zoé a quitté la discussion.");
        assert!(shown.contains("2 messages n'ont pas été remis."), "{shown}");
        assert_eq!(shown.matches("  ✗ non remis").count(), 2, "{shown}");
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
fn a_draft_that_waits_and_messages_that_do_are_not_thrown_away_unasked() {
    on_a_desktop("held-draft", |desktop| {
        let mut talk = Talk::begin(desktop);
        talk.relay.program.signal(Signal::KILL);
        talk.relay.wait();
        talk.wait_for_state("connexion coupée");
        let many = fill(&talk);
        talk.zoe_types("la dernière");
        talk.wait_for_input("la dernière");
        desktop.press(&["ctrl+w"]);
        talk.is_asked(&format!(
            "Fermer la fenêtre ? {many} messages ne sont pas encore arrivés, et un texte n'est pas envoyé."
        ));
        talk.choose("Fermer la fenêtre");
        assert_eq!(talk.window.program.wait().code(), Some(75));
        let errors = talk.window.program.all_errors();
        for number in 1..=many {
            let told = errors
                .iter()
                .filter(|row| row.ends_with(&format!("x{number}")));
            assert_eq!(told.count(), 1, "{number}");
        }
    });
}

/// Has Zoé say, while nobody hears her, as much as may be under way: so many messages.
fn fill(talk: &Talk) -> usize {
    const LINES: usize = 15;
    let mut messages = 0;
    loop {
        let text: String = (1..=LINES)
            .map(|line| format!("{}{}\n", "x".repeat(3990), messages + line))
            .collect();
        talk.desktop.copy(&text);
        talk.desktop.press(&["ctrl+v"]);
        talk.wait_for_input(&text);
        talk.desktop.press(&["Return"]);
        let is_taken = talk.desktop.wait_for("what becomes of it", || {
            if waits(talk) {
                return Some(false);
            }
            talk.input.text().is_empty().then_some(true)
        });
        if !is_taken {
            talk.desktop.press(&["Escape", "ctrl+a", "BackSpace"]);
            talk.wait_for_input("");
            return messages;
        }
        messages += LINES;
    }
}

/// Whether the window says that the draft has to wait.
fn waits(talk: &Talk) -> bool {
    let hints = talk.window.part.with_role("status");
    hints.iter().any(|hint| hint.name().contains("Échap"))
}

#[test]
fn thousands_of_lines_go_out_only_when_that_is_meant() {
    on_a_desktop("many-lines", |desktop| {
        let talk = Talk::begin(desktop);
        let many: String = (1..=2000)
            .map(|number| format!("ligne {number}\n"))
            .collect();
        desktop.copy(&many);
        desktop.press(&["ctrl+v"]);
        talk.wait_for_input(&many);
        desktop.press(&["Return"]);
        talk.is_asked("Envoyer ces 2000 lignes ? Chacune part comme un message.");
        desktop.photograph("asked");
        desktop.press(&["Escape"]);
        talk.wait_for_input(&many);
        desktop.press(&["Return"]);
        talk.choose("Envoyer");
        (1..=2000).for_each(|number| talk.bob_reads(&format!("Zoé  ligne {number}")));
        talk.wait_for_input("");
    });
}
