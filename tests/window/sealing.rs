//! Two who share a code: asked for in the form, shown while one waits, and told of for as long as it holds.

use std::process::Command;

use crate::accessibility::State;
use crate::desktop::{Window, on_a_desktop};
use crate::support::{Program, Relay};

const SEALED: &str = "Discussion chiffrée : seul qui connaît le code peut la lire.";

/// A client in line mode under a code.
fn bob(relay: &Relay, code: &str) -> Command {
    let mut command = relay.client("Bob");
    command.arg("--code").env("MSG_CODE", code);
    command
}

/// Waits until a sentence of the display area ends so.
fn shows(window: &Window<'_>, text: &str) -> String {
    let display = window.find("text box", "Discussion");
    window.desktop.wait_for(text, || {
        let shown = display.text();
        shown.contains(text).then_some(shown)
    })
}

#[test]
fn the_code_of_the_form_seals_the_discussion_and_a_lock_says_so() {
    on_a_desktop("sealed", |desktop| {
        let relay = Relay::start();
        let mut bob = Program::start(&mut bob(&relay, "tulipe-canard"));
        let dialog = desktop.open(&["--gui"], "Discuter à deux");
        dialog.click(&dialog.field("Relais"));
        desktop.type_text(&relay.address.to_string());
        dialog.click(&dialog.field("Votre nom"));
        desktop.type_text("Zoé");
        dialog.click(&dialog.field("Code"));
        desktop.type_text("Tulipe Canard");
        desktop.photograph("form");
        desktop.press(&["Return"]);
        let mut window = desktop.wait_for_window(dialog.program, "Bob");
        shows(
            &window,
            "discussion chiffrée : seul qui connaît le code peut la lire.",
        );
        window.find("image", SEALED);
        window.find("status", "connecté, chiffré");
        window.click(&window.find("text box", "Votre message"));
        desktop.type_text("bonjour Bob");
        desktop.press(&["Return"]);
        bob.wait_for_line("Zoé", |row| row.ends_with("  Zoé  bonjour Bob"));
        bob.write("salut Zoé\n");
        shows(&window, "salut Zoé");
        desktop.photograph("sealed");
        bob.write("/quit\n");
        shows(&window, "le client Bob a quitté la discussion.");
        desktop.press(&["ctrl+w"]);
        assert!(window.program.wait().success());
    });
}

#[test]
fn a_code_that_is_drawn_is_shown_for_as_long_as_the_other_is_awaited() {
    on_a_desktop("drawn", |desktop| {
        let relay = Relay::start();
        let address = relay.address.to_string();
        let arguments = ["--gui", "--connect", &address, "--nom", "Zoé", "--code"];
        let dialog = desktop.open(&arguments, "Discuter à deux");
        let code = dialog.field("Code");
        desktop.press(&["Return"]);
        let mistake = dialog.find("alert", "");
        let wanted = "donnez le code convenu de vive voix, ou tirez-en un.";
        desktop.wait_for(wanted, || (mistake.name() == wanted).then_some(()));
        dialog.click(&dialog.find("button", "Tirer un code"));
        let drawn = desktop.wait_for("a code", || {
            Some(code.text()).filter(|code| code.contains('-'))
        });
        desktop.photograph("drawn");
        desktop.press(&["Return"]);
        let mut window = desktop.wait_for_window(dialog.program, "msg");
        let told = format!("Le code, à lui dire de vive voix : {drawn}.");
        let labels = || window.part.with_role("label");
        desktop.wait_for("the code", || {
            labels()
                .iter()
                .any(|label| label.name().contains(&told))
                .then_some(())
        });
        desktop.photograph("awaited");
        let mut bob = Program::start(&mut bob(&relay, &drawn));
        window.find("status", "connecté, chiffré");
        assert!(
            !labels()
                .iter()
                .any(|label| label.is(State::Showing) && label.name().contains(&drawn))
        );
        bob.write("/quit\n");
        shows(&window, "le client Bob a quitté la discussion.");
        desktop.press(&["ctrl+w"]);
        assert!(window.program.wait().success());
    });
}

#[test]
fn another_code_is_given_after_one_that_was_mistyped() {
    on_a_desktop("mistyped", |desktop| {
        let relay = Relay::start();
        let address = relay.address.to_string();
        let arguments = ["--gui", "--connect", &address, "--nom", "Zoé", "--code"];
        let dialog = desktop.open(&arguments, "Discuter à deux");
        dialog.field("Code");
        desktop.type_text("tulipe-canari");
        desktop.press(&["Return"]);
        let mut window = desktop.wait_for_window(dialog.program, "msg");
        let mut first = Program::start(&mut bob(&relay, "tulipe-canard"));
        first.wait_for_error("the verdict", |row| {
            row.starts_with("le code n'est pas le même chez « Zoé »")
        });
        assert_eq!(first.wait().code(), Some(77));
        shows(
            &window,
            "l'un des deux est mal tapé, ou quelqu'un s'est mis entre vous.",
        );
        window.click(&window.find("button", "Changer de code…"));
        let code = window.field("Code");
        desktop.wait_for("the form", || {
            (code.text() == "tulipe-canari").then_some(())
        });
        desktop.press(&["ctrl+a"]);
        desktop.type_text("tulipe-canard");
        let relay = Relay::start_at(&address);
        desktop.press(&["Return"]);
        let mut second = Program::start(&mut bob(&relay, "tulipe-canard"));
        window.find("status", "connecté, chiffré");
        window.find("image", SEALED);
        desktop.photograph("again");
        second.write("/quit\n");
        shows(&window, "le client Bob a quitté la discussion.");
        desktop.press(&["ctrl+w"]);
        assert!(window.program.wait().success());
    });
}
