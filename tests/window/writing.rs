//! The input area: keys, pastes, commands.

use crate::accessibility::State;
use crate::desktop::on_a_desktop;
use crate::talking::Talk;

#[test]
fn several_lines_go_out_one_by_one() {
    on_a_desktop("lines", |desktop| {
        let talk = Talk::begin(desktop);
        desktop.type_text("un");
        desktop.press(&["shift+Return"]);
        desktop.type_text("deux");
        talk.wait_for_input("un\ndeux");
        desktop.photograph("two-lines");
        desktop.press(&["Return"]);
        talk.bob_reads("Zoé  un");
        talk.bob_reads("Zoé  deux");
        talk.wait_for_input("");

        // What is pasted is text, and no command.
        desktop.copy("trois\r\n  quatre\n\n/quit\ncinq\n");
        desktop.press(&["ctrl+v"]);
        talk.wait_for_input("trois\r\n  quatre\n\n/quit\ncinq\n");
        desktop.photograph("pasted");
        desktop.press(&["Return"]);
        for row in [
            "Zoé  trois",
            "Zoé    quatre",
            "Zoé  ",
            "Zoé  /quit",
            "Zoé  cinq",
        ] {
            talk.bob_reads(row);
        }
        talk.zoe_reads("\ncinq");
    });
}

#[test]
fn commands_are_understood_and_mistakes_stay_to_be_put_right() {
    on_a_desktop("commands", |desktop| {
        let mut talk = Talk::begin(desktop);
        talk.zoe_types("//bonjour");
        talk.bob_reads("Zoé  /bonjour");
        talk.zoe_types("   ");
        talk.wait_for_display("the mark", |shown| shown.contains("  ✓ reçu"));
        talk.zoe_types("/history");
        talk.wait_for_display("the message again", |shown| {
            shown.matches("/bonjour").count() == 2
        });
        talk.zoe_types("/quiter");
        talk.zoe_reads("commande inconnue : /quiter");
        talk.wait_for_input("/quiter");
        desktop.photograph("mistake");
        desktop.press(&["ctrl+a"]);
        talk.zoe_types(" quitter ");
        talk.is_asked("Quitter la discussion ?");
        desktop.press(&["Escape"]);
        talk.wait_for_input(" quitter ");
        desktop.press(&["Return"]);
        talk.choose("Quitter la discussion");
        talk.bob_is_told("le client Zoé a quitté la discussion.");
        talk.wait_until_disabled();
        assert!(talk.bob.wait().success());
    });
}

#[test]
fn help_comes_by_a_key_as_well_and_leaves_the_draft_alone() {
    on_a_desktop("help", |desktop| {
        let talk = Talk::begin(desktop);
        desktop.type_text("une phrase en cours");
        let before = talk.display.text();
        let help = || {
            let windows = desktop.windows();
            let mut windows = windows.into_iter();
            windows.find(|window| window.name() == "Raccourcis")
        };
        for key in ["F1", "Return"] {
            desktop.press(&[key]);
            let window = desktop.wait_for("the help", help);
            desktop.wait_for("its rows", || {
                let rows = window.with_role("label");
                rows.iter()
                    .any(|row| row.name() == "Maj+Entrée")
                    .then_some(())
            });
            desktop.photograph("help");
            desktop.press(&["Escape"]);
            desktop.wait_for("its end", || help().is_none().then_some(()));
            talk.wait_for_input(if key == "F1" {
                "une phrase en cours"
            } else {
                ""
            });
            desktop.press(&["ctrl+a"]);
            desktop.type_text("/help");
        }
        assert_eq!(talk.display.text(), before);
    });
}

#[test]
fn a_long_line_goes_out_in_pieces_and_a_longer_one_not_at_all() {
    on_a_desktop("long", |desktop| {
        let talk = Talk::begin(desktop);
        let long = "é".repeat(3000);
        desktop.copy(&long);
        desktop.press(&["ctrl+v", "Return"]);
        talk.bob_reads(&format!("Zoé  {}", "é".repeat(2000)));
        talk.bob_reads(&format!("Zoé  {}", "é".repeat(1000)));
        talk.zoe_reads("une ligne trop longue pour un seul message part en plusieurs.");

        desktop.type_text("reste");
        desktop.copy(&"x".repeat(70_000));
        desktop.press(&["ctrl+v"]);
        talk.zoe_reads("70000 octets ne tiennent pas");
        talk.wait_for_input("reste");
    });
}

#[test]
fn the_keyboard_alone_suffices() {
    on_a_desktop("keyboard", |desktop| {
        let mut talk = Talk::begin(desktop);
        for number in 0..40 {
            talk.bob_says(&format!("message {number}"));
        }
        talk.zoe_reads("message 39");
        talk.wait_until_in_view("message 39");
        // From the input area the pages of what was said turn.
        let last = talk.place_of("message 39");
        desktop.press(&["Page_Up"]);
        desktop.wait_for("the page before", || {
            (talk.place_of("message 39") > last + 100).then_some(())
        });
        desktop.press(&["Page_Down"]);
        desktop.wait_for("the last page", || {
            (talk.place_of("message 39") == last).then_some(())
        });
        // Back to the text, which is selected and copied.
        desktop.press(&["shift+Tab"]);
        desktop.wait_for("the display area's turn", || {
            talk.display.is(State::Focused).then_some(())
        });
        desktop.press(&["ctrl+End", "shift+Home", "ctrl+c"]);
        desktop.wait_for("the last line in the clipboard", || {
            (desktop.selection("clipboard") == "message 39").then_some(())
        });
        // And on to « Quitter ».
        let quit = talk.window.find("button", "Quitter");
        desktop.wait_for("the button's turn", || {
            if quit.is(State::Focused) {
                return Some(());
            }
            desktop.press(&["Tab"]);
            None
        });
        desktop.photograph("on-the-button");
        desktop.press(&["space"]);
        talk.is_asked("Quitter la discussion ?");
        let sure = talk.window.find("button", "Quitter la discussion");
        desktop.wait_for("the next button's turn", || {
            if sure.is(State::Focused) {
                return Some(());
            }
            desktop.press(&["Tab"]);
            None
        });
        desktop.press(&["space"]);
        talk.bob_is_told("le client Zoé a quitté la discussion.");
        talk.wait_until_disabled();
        assert!(talk.bob.wait().success());
    });
}

#[test]
fn ctrl_q_is_the_button() {
    on_a_desktop("ctrl-q", |desktop| {
        let mut talk = Talk::begin(desktop);
        desktop.press(&["ctrl+q"]);
        talk.bob_is_told("le client Zoé a quitté la discussion.");
        talk.wait_until_disabled();
        assert!(talk.bob.wait().success());
    });
}
