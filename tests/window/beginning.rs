//! Before the conversation: the dialog, and what keeps a window from opening or a conversation from beginning.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::desktop::on_a_desktop;
use crate::support::{Program, Relay, msg};

#[test]
fn the_dialog_asks_until_the_answer_makes_sense_and_remembers_it() {
    on_a_desktop("dialog", |desktop| {
        let relay = Relay::start();
        let mut dialog = desktop.open(&["--gui"], "Discuter à deux");
        dialog.find("button", "Commencer");
        dialog.find("button", "Annuler");
        let fields = dialog.part.with_role("text box");
        desktop.photograph("empty");
        dialog.click(&dialog.field("Relais"));
        assert_eq!(fields.len(), 3);
        desktop.type_text("salle12");
        desktop.press(&["Return"]);
        let mistake = dialog.find("alert", "");
        desktop.wait_for("the mistake", || {
            (mistake.name() == "il manque le port après la machine : par exemple salle12:5000")
                .then_some(())
        });
        desktop.photograph("mistake");
        desktop.press(&["ctrl+a"]);
        desktop.type_text(&relay.address.to_string());
        desktop.press(&["Return"]);
        desktop.wait_for("the next mistake", || {
            (mistake.name() == "le nom est vide").then_some(())
        });
        desktop.type_text("Zoé");
        desktop.press(&["Return"]);
        let bob = Program::start(&mut relay.client("Bob"));
        let window = desktop.wait_for_window(dialog.program, "Bob");
        desktop.photograph("joined");
        bob.wait_for_error("Zoé", |row| row == "« Zoé » est là.");

        let remembered = desktop.home().join(".local/state/msg/rejoindre");
        let text = fs::read_to_string(&remembered).expect("it is written");
        assert_eq!(text, format!("{}\nZoé\n", relay.address));
        let mode = fs::metadata(&remembered)
            .expect("it is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        drop(window);

        dialog = desktop.open(&["--gui"], "Discuter à deux");
        desktop.wait_for("what was typed", || {
            let texts = [
                dialog.field("Relais").text(),
                dialog.field("Votre nom").text(),
            ];
            (texts == [relay.address.to_string(), "Zoé".to_owned()]).then_some(())
        });
        desktop.press(&["Escape"]);
        assert!(dialog.program.wait().success());
    });
}

#[test]
fn a_relay_that_is_not_there_is_told_and_is_the_status() {
    on_a_desktop("no-relay", |desktop| {
        let mut window = desktop.open(
            &["--gui", "--connect", "127.0.0.1:1", "--nom", "Zoé"],
            "msg",
        );
        let display = window.find("text box", "Discussion");
        let sentence = "personne ne répond à 127.0.0.1:1 (connexion refusée) : deux personnes y parlent peut-être déjà, \
                        ou aucun relais n'y est lancé.";
        desktop.wait_for(sentence, || (display.text() == sentence).then_some(()));
        desktop.photograph("no-relay");
        desktop.press(&["ctrl+w"]);
        assert_eq!(window.program.wait().code(), Some(69));
        let errors = window.program.all_errors();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(errors[0].starts_with("aucun relais à 127.0.0.1:1 (connexion refusée)"));
    });
}

#[test]
fn a_name_that_is_taken_is_told_and_is_the_status() {
    on_a_desktop("taken", |desktop| {
        let relay = Relay::start();
        let address = relay.address.to_string();
        let bob = Program::start(&mut relay.client("Bob"));
        bob.wait_for_error("the wait", |row| row.starts_with("en attente"));
        let mut window = desktop.open(&["--gui", "--connect", &address, "--nom", "bob"], "msg");
        let display = window.find("text box", "Discussion");
        desktop.wait_for("the refusal", || {
            display
                .text()
                .contains("ce nom ne convient pas au relais")
                .then_some(())
        });
        desktop.press(&["ctrl+w"]);
        assert_eq!(window.program.wait().code(), Some(64));
    });
}

#[test]
fn without_a_screen_one_line_says_so() {
    let mut command = msg();
    command
        .args(["--gui", "--connect", "127.0.0.1:1", "--nom", "Zoé"])
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY");
    let mut program = Program::start(&mut command);
    assert_eq!(program.wait().code(), Some(69));
    assert_eq!(
        program.all_errors(),
        ["pas d'écran où ouvrir une fenêtre : lancez msg depuis un bureau, ou sans --gui."]
    );
    assert_eq!(program.rest(), [""; 0]);
}
