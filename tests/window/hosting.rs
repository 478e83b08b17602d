//! One's own window is the relay as well: opened from the dialog, or by the command line.

use std::net::{Ipv6Addr, TcpListener};

use crate::desktop::{Window, on_a_desktop};
use crate::support::{Program, msg};

/// A client in line mode that types the line that a window shows.
fn who_types_the_invitation(window: &Window<'_>, name: &str) -> Program {
    let line = window.desktop.wait_for("an invitation", || {
        let labels = window.part.with_role("label");
        let mut names = labels.iter().map(|label| label.name());
        names.find(|name| name.starts_with("msg --connect "))
    });
    let address = line.split(' ').nth(2).expect("it names an address");
    Program::start(msg().args(["--connect", address.trim_matches('"'), "--nom", name]))
}

/// The two talk, and Bob leaves.
fn talk_to_the_end(window: &mut Window<'_>, bob: &mut Program) {
    let desktop = window.desktop;
    let display = window.find("text box", "Discussion");
    let shows = |text: &str| desktop.wait_for(text, || display.text().contains(text).then_some(()));
    shows("« Bob » est là.");
    window.click(&window.find("text box", "Votre message"));
    desktop.type_text("bonjour Bob");
    desktop.press(&["Return"]);
    bob.wait_for_line("Zoé", |row| row.ends_with("  Zoé  bonjour Bob"));
    bob.write("salut Zoé\n/quit\n");
    shows("salut Zoé");
    shows("le client Bob a quitté la discussion.");
    assert_eq!(bob.wait().code(), Some(0));
}

#[test]
fn a_discussion_is_opened_here_at_a_port_that_is_free() {
    on_a_desktop("host", |desktop| {
        // Whoever holds it already holds it just as well.
        let _taken = TcpListener::bind((Ipv6Addr::UNSPECIFIED, 5000));
        let free = TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)).expect("there is a port");
        let port = free.local_addr().expect("it has one").port().to_string();
        drop(free);
        let dialog = desktop.open(&["--gui"], "Discuter à deux");
        dialog.click(&dialog.find("radio", "Ouvrir ici"));
        desktop.photograph("choice");
        dialog.click(&dialog.field("Votre nom"));
        desktop.type_text("Zoé");
        desktop.press(&["Return"]);
        let mistake = dialog.find("alert", "");
        let taken = "le port 5000 est déjà pris ici : choisissez-en un autre.";
        desktop.wait_for(taken, || (mistake.name() == taken).then_some(()));
        desktop.photograph("taken");
        desktop.press(&["ctrl+a"]);
        desktop.type_text(&port);
        desktop.press(&["Return"]);
        let mut window = desktop.wait_for_window(dialog.program, "msg");
        let mut bob = who_types_the_invitation(&window, "Bob");
        desktop.photograph("together");
        talk_to_the_end(&mut window, &mut bob);
        // And once more, at the same port.
        window.click(&window.find("button", "Réessayer"));
        let mut bob = who_types_the_invitation(&window, "Bob");
        let display = window.find("text box", "Discussion");
        desktop.wait_for("Bob once more", || {
            (display.text().matches("« Bob » est là.").count() == 2).then_some(())
        });
        desktop.press(&["alt+q"]);
        bob.wait_for_error("the sentence", |row| {
            row == "le client Zoé a quitté la discussion."
        });
        assert_eq!(bob.wait().code(), Some(0));
        desktop.press(&["ctrl+w"]);
        assert_eq!(window.program.wait().code(), Some(0));
    });
}

#[test]
fn the_command_line_opens_a_discussion_in_a_window() {
    on_a_desktop("host-at-once", |desktop| {
        let mut window = desktop.open(&["--gui", "--relay", "127.0.0.1:0", "--nom", "Zoé"], "msg");
        let mut bob = who_types_the_invitation(&window, "Bob");
        talk_to_the_end(&mut window, &mut bob);
        desktop.press(&["ctrl+w"]);
        assert_eq!(window.program.wait().code(), Some(0));
    });
}
