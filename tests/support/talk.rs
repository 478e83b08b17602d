//! Zoé at a terminal, Bob on a pipe, and the relay between them.

use std::process::Command;

use super::pty::Terminal;
use super::{Program, Relay};

pub struct Talk {
    pub relay: Relay,
    pub zoe: Terminal,
    pub bob: Program,
}

impl Talk {
    /// They have met.
    pub fn start() -> Talk {
        Talk::with(|_| {})
    }

    /// They have met; Zoé's program has further options.
    pub fn with(options: impl FnOnce(&mut Command)) -> Talk {
        let relay = Relay::start();
        let mut command = relay.client("Zoé");
        options(&mut command);
        let mut zoe = Terminal::start(&command, 80, 24);
        zoe.wait_for("en attente");
        let bob = Program::start(&mut relay.client("Bob"));
        zoe.wait_for("« Bob » est là.");
        bob.wait_for_error("Zoé", |line| line.contains("« Zoé » est là."));
        Talk { relay, zoe, bob }
    }

    /// Bob says something, and Zoé sees it.
    pub fn bob_says(&mut self, text: &str) {
        self.bob.write(format!("{text}\n"));
        self.zoe.wait_for(&format!("Bob  {text}"));
    }

    /// What Bob sees next of Zoé is this.
    pub fn bob_sees(&self, text: &str) {
        assert_eq!(next_of_zoe(&self.bob), text);
    }
}

/// They have met, each for itself.
pub fn meet() -> (Relay, Terminal, Program) {
    let Talk { relay, zoe, bob } = Talk::start();
    (relay, zoe, bob)
}

/// The next thing that Bob sees of Zoé.
pub fn next_of_zoe(bob: &Program) -> String {
    let row = bob.wait_for_line("a message", |row| row.contains("  Zoé  "));
    row.split_once("  Zoé  ").unwrap().1.to_owned()
}
