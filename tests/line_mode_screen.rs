//! What line mode shows a person at a terminal: marks, waiting, names that are asked for; the real program on a
//! pseudo-terminal.

mod support;

use std::process::Command;

use support::pty::Terminal;
use support::{Program, Relay, msg};

/// `msg`, with the terminal as its standard streams.
fn at_a_terminal(arguments: &[&str]) -> Terminal {
    let mut command: Command = msg();
    command.args(arguments);
    Terminal::start(&command, 80, 24)
}

#[test]
fn an_address_alone_is_enough_at_a_terminal_which_asks_for_a_name() {
    let relay = Relay::start();
    let mut zoe = at_a_terminal(&[&relay.address.to_string()]);
    zoe.wait_for_prompt("votre nom : |");
    zoe.type_in("\r");
    zoe.wait_for("le nom est vide");
    // The second line is typed ahead, and is line mode's.
    zoe.type_in("Zoé\rbonjour\r");
    zoe.wait_for("Zoé  bonjour");
    let mut bob = Program::start(&mut relay.client("Bob"));
    bob.wait_for_line("a message", |row| row.ends_with("  Zoé  bonjour"));
    zoe.type_in("/quit\r");
    assert_eq!(zoe.wait().code(), Some(0));
    assert_eq!(bob.wait().code(), Some(0));
}

#[test]
fn who_gives_no_name_is_told_the_whole_command() {
    let mut zoe = at_a_terminal(&["127.0.0.1:1"]);
    zoe.wait_for_prompt("votre nom : |");
    zoe.type_in("\x04");
    assert_eq!(zoe.wait().code(), Some(64));
    zoe.wait_for("il manque votre nom : msg --connect 127.0.0.1:1 --nom VOTRE_NOM");
}

#[test]
fn a_whole_text_is_no_business_of_a_persons() {
    let mut zoe = at_a_terminal(&["127.0.0.1:1", "--nom", "Zoé", "--texte"]);
    assert_eq!(zoe.wait().code(), Some(64));
    zoe.wait_for("--texte envoie le texte d'un fichier ou d'un tube : msg … --texte < fichier");
}
