//! What is installed beside the program says what the program does: its manuals, what each shell offers, and what a desktop
//! and a package manager read.
//!
//! The packages are built and checked by `tests/package/run`, and installed and removed by `tests/systemd/run`.

mod support;

use std::fs;
use std::process::{Command, Output};

use support::msg;
use support::pty::Terminal;

/// Every option that `--help` explains.
fn options() -> Vec<String> {
    let help = run(msg().arg("--help"));
    let heads = help.lines().filter_map(|row| row.strip_prefix("  --"));
    let names = heads.filter_map(|row| row.split([' ', ',']).next());
    let names: Vec<String> = names.map(|name| format!("--{name}")).collect();
    assert!(names.len() > 8, "{names:?}");
    names
}

/// What a program prints, which has to succeed without complaint.
fn run(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let stdout = String::from_utf8_lossy(&stdout);
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{command:?}: {status}\n{stdout}{stderr}");
    assert_eq!(stderr, "", "{command:?}");
    stdout.into_owned()
}

/// Whether a tool that a test needs is there. In CI every one is, so that a skip is a mistake in the list of packages.
fn is_there(tool: &str) -> bool {
    let is_there = Command::new(tool).arg("--version").output().is_ok();
    if !is_there {
        assert!(std::env::var_os("CI").is_none(), "{tool} is missing");
        println!("skipped: {tool} is not installed");
    }
    is_there
}

fn packaging(file: &str) -> String {
    format!("{}/packaging/{file}", env!("CARGO_MANIFEST_DIR"))
}

fn text(file: &str) -> String {
    fs::read_to_string(packaging(file)).expect("it can be read")
}

/// A shell that completes command lines.
#[derive(Clone, Copy, Debug)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Shell {
    /// Those that are installed.
    fn all() -> impl Iterator<Item = Shell> {
        let shells = [Shell::Bash, Shell::Zsh, Shell::Fish];
        shells.into_iter().filter(|shell| is_there(shell.program()))
    }

    fn program(self) -> &'static str {
        match self {
            Shell::Bash => "bash",
            Shell::Zsh => "zsh",
            Shell::Fish => "fish",
        }
    }

    /// What it shows to somebody who types this and then Tab, as words; `last` is the last of them.
    fn offers(self, typed: &str, last: &str) -> Vec<String> {
        let words =
            |row: &str| -> Vec<String> { row.split_whitespace().map(str::to_owned).collect() };
        let (arguments, set_up): (&[&str], String) = match self {
            Shell::Bash => (
                &["--norc", "--noprofile", "-i"],
                format!(
                    "source '{}'; bind 'set show-all-if-ambiguous on'",
                    packaging("completions/msg.bash")
                ),
            ),
            Shell::Zsh => (
                &["-f", "-i"],
                format!(
                    "fpath=('{}' $fpath); autoload -Uz compinit; compinit -u -D",
                    packaging("completions")
                ),
            ),
            // It answers without a terminal, and asks a terminal for more than ours can do.
            Shell::Fish => {
                let script = "source $argv[1]; complete -C $argv[2]";
                let file = packaging("completions/msg.fish");
                let arguments = ["--no-config", "-c", script, &file, typed];
                return words(&run(Command::new("fish").args(arguments)));
            }
        };
        let mut command = Command::new(self.program());
        command.args(arguments).env("TERM", "xterm");
        let mut terminal = Terminal::start(&command, WIDE, 60);
        // In two pieces, so that what is typed is not taken for what is answered.
        terminal.type_in(format!("{set_up}; clear; echo rea''dy\r"));
        terminal.wait_for("ready");
        terminal.type_in(format!("{typed}\t"));
        terminal.wait_for(last);
        terminal.rows().iter().flat_map(|row| words(row)).collect()
    }
}

/// Columns enough for all options in one row: so the last one in it is drawn last.
const WIDE: u16 = 400;

#[test]
fn every_shell_offers_every_option_of_the_help() {
    for shell in Shell::all() {
        let offered = shell.offers("msg --", "--version");
        for option in options() {
            assert!(
                offered.contains(&option),
                "{shell:?}: {option} of {offered:?}"
            );
        }
    }
}

#[test]
fn every_shell_offers_what_goes_with_what_is_typed() {
    let cases = [
        ("msg --connect h:1 --", "--code", Some("--daemon")),
        ("msg --relay :1 --", "--daemon", Some("--salon")),
        ("msg --relay :1 --daemon --", "--trace", Some("--nom")),
        ("msg --gui --", "--connect", Some("--daemon")),
        ("msg h:1 --", "--nom", None),
    ];
    for shell in Shell::all() {
        for (typed, fits, does_not) in cases {
            let offered = shell.offers(typed, "--version");
            let is_offered = |option: &str| offered.iter().any(|word| word == option);
            assert!(is_offered(fits), "{shell:?}, {typed}: {offered:?}");
            let is_wrong = does_not.is_some_and(is_offered);
            assert!(!is_wrong, "{shell:?}, {typed}: {offered:?}");
        }
    }
}

#[test]
fn every_shell_offers_files_for_the_record() {
    let file = packaging("man/msg.fr.1");
    let begun = file.strip_suffix("r.1").expect("so it ends");
    for shell in Shell::all() {
        let offered = shell.offers(&format!("msg --history {begun}"), &file);
        assert!(offered.contains(&file), "{shell:?}: {offered:?}");
    }
}

#[test]
fn every_option_of_the_help_stands_in_both_manuals() {
    for page in ["man/msg.1", "man/msg.fr.1"] {
        let page_text = text(page);
        for option in options() {
            // In mdoc, `.It Fl -help` begins what is said of --help.
            let item = format!(".It Fl {}", &option[1..]);
            let heads = page_text.lines().filter_map(|row| row.strip_prefix(&item));
            let said = heads.filter(|rest| rest.is_empty() || rest.starts_with(' '));
            assert_eq!(said.count(), 1, "{page} on {option}");
        }
    }
}

#[test]
fn both_manuals_are_well_formed() {
    // mandoc knows English names of sections only, so groff alone reads the French page.
    if is_there("mandoc") {
        run(Command::new("mandoc").args(["-T", "lint", "-W", "warning", &packaging("man/msg.1")]));
    }
    if is_there("man") {
        for page in ["man/msg.1", "man/msg.fr.1"] {
            let mut man = Command::new("man");
            man.env("MANROFFSEQ", "").env("LC_ALL", "C.UTF-8");
            let shown = run(man.args(["--warnings", "-l", &packaging(page)]));
            assert!(shown.contains("--relay"), "{shown}");
        }
    }
}

#[test]
fn a_desktop_understands_the_entry_and_the_description() {
    if is_there("desktop-file-validate") {
        let complaints =
            run(Command::new("desktop-file-validate").arg(packaging("window/msg.desktop")));
        assert_eq!(complaints, "");
    }
    if is_there("appstreamcli") {
        let metainfo = packaging("window/org.msg_chat.msg.metainfo.xml");
        run(Command::new("appstreamcli").args(["validate", "--no-net", "--strict", &metainfo]));
    }
}

#[test]
fn the_changelog_and_the_description_tell_of_this_version() {
    let version = env!("CARGO_PKG_VERSION");
    let changelog = text("debian/changelog");
    assert!(
        changelog.starts_with(&format!("msg-chat ({version}-")),
        "{changelog}"
    );
    let metainfo = text("window/org.msg_chat.msg.metainfo.xml");
    assert!(
        metainfo.contains(&format!("<release version=\"{version}\"")),
        "{metainfo}"
    );
}
