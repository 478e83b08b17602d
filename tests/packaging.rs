//! What is installed beside the program says what the program does: its manual, and what each shell offers.
//!
//! The package itself is built, checked, installed and removed by `tests/systemd/run`.

use std::fs;
use std::process::{Command, Output};

/// Every option that `--help` explains.
fn options() -> Vec<String> {
    let help = run(Command::new(env!("CARGO_BIN_EXE_msg")).arg("--help"));
    let heads = help.lines().filter_map(|row| row.strip_prefix("  --"));
    let names = heads.filter_map(|row| row.split([' ', ',']).next());
    let names: Vec<String> = names.map(|name| format!("--{name}")).collect();
    assert!(names.len() > 8, "{names:?}");
    names
}

/// What a program prints, which has to succeed.
fn run(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; .ci/run installs it"));
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{command:?}: {status}\n{stderr}");
    assert_eq!(stderr, "", "{command:?}");
    String::from_utf8_lossy(&stdout).into_owned()
}

fn packaging(file: &str) -> String {
    format!("{}/packaging/{file}", env!("CARGO_MANIFEST_DIR"))
}

fn assert_offers_all(shell: &str, offered: &str) {
    for option in options() {
        let is_offered = offered.split_whitespace().any(|word| word == option);
        assert!(
            is_offered,
            "{shell} does not offer {option}, but:\n{offered}"
        );
    }
}

#[test]
fn every_option_of_the_help_stands_in_both_manuals() {
    for page in ["man/msg.1", "man/msg.fr.1"] {
        let text = fs::read_to_string(packaging(page)).expect("it can be read");
        for option in options() {
            // In mdoc, `.It Fl -help` begins what is said of --help.
            let item = format!(".It Fl {}", &option[1..]);
            let stands = text
                .lines()
                .filter_map(|row| row.strip_prefix(&item))
                .any(|rest| rest.is_empty() || rest.starts_with(' '));
            assert!(stands, "{page} says nothing of {option}");
        }
    }
}

#[test]
fn both_manuals_are_well_formed() {
    // mandoc knows English names of sections only, so groff reads the French page.
    run(Command::new("mandoc").args(["-T", "lint", "-W", "warning", &packaging("man/msg.1")]));
    for page in ["man/msg.1", "man/msg.fr.1"] {
        run(Command::new("man")
            .env("MANROFFSEQ", "")
            .env("LC_ALL", "C.UTF-8")
            .args(["--warnings", "-l", &packaging(page)]));
    }
}

#[test]
fn bash_offers_every_option() {
    let script = r#"source "$0"; COMP_WORDS=(msg --); COMP_CWORD=1; _msg; echo "${COMPREPLY[@]}""#;
    let offered =
        run(Command::new("bash").args(["-c", script, &packaging("completions/msg.bash")]));
    assert_offers_all("bash", &offered);
}

#[test]
fn bash_offers_a_client_nothing_of_a_relay() {
    let script = r#"source "$0"; COMP_WORDS=(msg --connect h:1 --); COMP_CWORD=3; _msg; echo "${COMPREPLY[@]}""#;
    let offered =
        run(Command::new("bash").args(["-c", script, &packaging("completions/msg.bash")]));
    assert_eq!(offered, "--nom --salon --history --gui --brut\n");
}

#[test]
fn fish_offers_every_option() {
    let script = r#"source $argv[1]; complete -C "msg --""#;
    let offered = run(Command::new("fish").args([
        "--no-config",
        "-c",
        script,
        &packaging("completions/msg.fish"),
    ]));
    assert_offers_all("fish", &offered);
}

#[test]
fn zsh_offers_every_option() {
    // zsh completes at a terminal only, so it is given one.
    let script = r#"
        zmodload zsh/zpty
        zpty shell "stty columns 200 rows 100; PS1= zsh -f -i"
        zpty -w shell "fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D; echo RE''ADY"
        zpty -r -m shell ready '*READY*'
        zpty -n -w shell $'msg --\t'
        zpty -r -m shell offered '*--version*'
        setopt extendedglob
        print -r -- "${offered//$'\e'\[[0-9;?]#[a-zA-Z]/ }"
    "#;
    let offered = run(Command::new("timeout").args([
        "20",
        "zsh",
        "-f",
        "-c",
        script,
        "zsh",
        &packaging("completions"),
    ]));
    assert_offers_all("zsh", &offered);
}
