//! No end is a dead end: the next discussion begins in the same window.

use std::io::Read;
use std::net::TcpListener;

use crate::desktop::on_a_desktop;
use crate::support::{Program, Relay};
use crate::talking::Talk;

#[test]
fn a_relay_that_was_not_there_is_called_again() {
    on_a_desktop("again", |desktop| {
        let mut relay = Relay::start();
        let address = relay.address.to_string();
        relay.program.signal(rustix::process::Signal::KILL);
        relay.wait();
        let mut window = desktop.open(&["--gui", "--connect", &address, "--nom", "Zoé"], "msg");
        let display = window.find("text box", "Discussion");
        let again = window.find("button", "Réessayer");
        let shown = display.text();
        assert!(
            shown.contains("deux personnes y parlent peut-être déjà"),
            "{shown}"
        );
        assert!(!shown.contains("--"), "{shown}");
        desktop.photograph("no-relay");

        let relay = Relay::start_at(&address);
        window.click(&again);
        let bob = Program::start(&mut relay.client("Bob"));
        let talk = Talk::of(desktop, relay, window, bob);
        let shown = talk.zoe_reads("« Bob » est là.");
        // What was said before can still be read.
        assert!(shown.contains("peut-être déjà"), "{shown}");
        talk.zoe_types("me voici");
        talk.bob_reads("Zoé  me voici");
        talk.zoe_reads("  ✓ reçu");
        desktop.photograph("called-again");
        window = talk.window;
        desktop.press(&["ctrl+w"]);
        // The last conversation is what counts.
        assert!(window.program.wait().success());
    });
}

#[test]
fn a_name_that_is_taken_is_changed() {
    on_a_desktop("rename", |desktop| {
        let relay = Relay::start();
        let bob = Program::start(&mut relay.client("Bob"));
        bob.wait_for_error("the wait", |row| row.starts_with("en attente"));
        let address = relay.address.to_string();
        let window = desktop.open(&["--gui", "--connect", &address, "--nom", "bob"], "msg");
        let rename = window.find("button", "Changer de nom…");
        desktop.photograph("taken");
        window.click(&rename);
        let name = window.field("Votre nom");
        desktop.wait_for("the form", || (name.text() == "bob").then_some(()));
        assert_eq!(window.field("Relais").text(), address);
        desktop.photograph("form");
        desktop.press(&["ctrl+a"]);
        desktop.type_text("Zoé");
        desktop.press(&["Return"]);
        let talk = Talk::of(desktop, relay, window, bob);
        talk.zoe_reads("« Bob » est là.");
        talk.bob_is_told("« Zoé » est là.");
        talk.zoe_types("bonjour");
        talk.bob_reads("Zoé  bonjour");
    });
}

#[test]
fn another_discussion_begins_where_one_has_ended_and_the_draft_goes_along() {
    on_a_desktop("another", |desktop| {
        let mut talk = Talk::begin(desktop);
        talk.bob_says("la première");
        talk.zoe_reads("la première");
        desktop.type_text("pas encore dit");
        talk.bob_says("/quit");
        talk.zoe_reads("le client Bob a quitté la discussion.");
        talk.wait_until_disabled();

        talk.choose("Autre discussion…");
        let field = talk.window.field("Relais");
        desktop.photograph("form");
        // Escape goes back to what is offered.
        desktop.press(&["Escape"]);
        talk.choose("Autre discussion…");
        let relay = Relay::start();
        let eve = Program::start(&mut relay.client("Ève"));
        desktop.wait_for("the address", || {
            (field.text() == talk.relay.address.to_string()).then_some(())
        });
        desktop.press(&["ctrl+a"]);
        desktop.type_text("ailleurs");
        desktop.press(&["Return"]);
        talk.is_asked("il manque le port après la machine : par exemple ailleurs:5000");
        desktop.press(&["ctrl+a"]);
        desktop.type_text(&relay.address.to_string());
        desktop.press(&["Return"]);
        talk.zoe_reads("« Ève » est là.");
        talk.wait_for_input("pas encore dit");
        desktop.press(&["Return"]);
        eve.wait_for_line("the draft", |row| row.ends_with("Zoé  pas encore dit"));
        let shown = talk.zoe_reads("  ✓ reçu");
        assert!(shown.contains("la première"), "{shown}");
        desktop.photograph("another");
    });
}

#[test]
fn a_server_that_says_nothing_is_awaited_aloud_and_left_truthfully() {
    on_a_desktop("silent", |desktop| {
        let silent = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        let address = silent.local_addr().expect("it is bound").to_string();
        let window = desktop.open(&["--gui", "--connect", &address, "--nom", "Zoé"], "msg");
        let awaited = format!("Appel de {address} : aucun relais n'a encore répondu.");
        window.find("label", &awaited);
        window.find("status", &format!("appel de {address}…"));
        let (mut call, _) = silent.accept().expect("it calls");
        desktop.photograph("awaited");
        let quit = window.find("button", "Quitter");
        window.click(&quit);
        let display = window.find("text box", "Discussion");
        let told = format!("appel abandonné : aucun relais n'a répondu à {address}.");
        desktop.wait_for(&told, || (display.text() == told).then_some(()));
        window.find("button", "Réessayer");
        desktop.photograph("given-up");
        // And the call is over.
        let mut said = Vec::new();
        drop(call.read_to_end(&mut said));
    });
}

#[test]
fn who_waits_is_shown_the_line_that_brings_the_other() {
    on_a_desktop("invitation", |desktop| {
        let relay = Relay::start();
        let address = relay.address.to_string();
        let window = desktop.open(&["--gui", "--connect", &address, "--nom", "Zoé"], "msg");
        let line = format!("msg --connect {address} --nom VOTRE_NOM");
        window.find("label", &line);
        let copy = window.find("button", "Copier la ligne");
        desktop.photograph("waiting");
        window.click(&copy);
        window.find("button", "Copié");
        assert_eq!(desktop.selection("clipboard"), line);
        let bob = Program::start(&mut relay.client("Bob"));
        let talk = Talk::of(desktop, relay, window, bob);
        talk.zoe_reads("« Bob » est là.");
        desktop.wait_for("no invitation any more", || {
            let labels = talk.window.part.with_role("label");
            (!labels.iter().any(|label| label.name() == line)).then_some(())
        });
    });
}
