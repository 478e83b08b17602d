//! What line mode shows a person at a terminal: marks, waiting, names that are asked for; the real program on a
//! pseudo-terminal.

mod support;

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::process::Command;

use rustix::process::Signal;

use support::pty::{Terminal, mark};
use support::talk::meet;
use support::{Program, Relay, msg};

const CTRL_C: &str = "\x03";

/// `msg`, with the terminal as its standard streams.
fn at_a_terminal(arguments: &[&str]) -> Terminal {
    let mut command: Command = msg();
    command.args(arguments);
    Terminal::start(&command, 80, 24)
}

fn wait_for_mark(zoe: &mut Terminal, wanted: &str) {
    zoe.wait_until(&format!("the mark « {wanted} »"), |screen| {
        mark(screen) == wanted
    });
}

#[test]
fn the_prompt_says_that_what_was_said_is_received() {
    let (_relay, mut zoe, bob) = meet();
    assert_eq!(mark(zoe.screen()), "");
    zoe.type_in("un\r");
    wait_for_mark(&mut zoe, "✓ reçu");
    bob.signal(Signal::STOP);
    zoe.type_in("deux\rtrois\rbrouillon");
    zoe.wait_for_prompt("> brouillon|");
    wait_for_mark(&mut zoe, "2 en route");
    bob.signal(Signal::CONT);
    wait_for_mark(&mut zoe, "✓ reçu");
    zoe.wait_for_prompt("> brouillon|");
    zoe.type_in("\x15quitter\r");
    assert_eq!(zoe.wait().code(), Some(0));
    assert!(!zoe.screen().contents().contains('✓'));
}

#[test]
fn a_mark_makes_room_for_itself_and_a_narrow_terminal_needs_it_for_the_draft() {
    let (_relay, mut zoe, _bob) = meet();
    zoe.type_in("un\r");
    wait_for_mark(&mut zoe, "✓ reçu");
    zoe.type_in(
        "un brouillon bien plus long que la largeur de l'écran, et qui continue, encore et encore",
    );
    zoe.wait_until("the end of the draft", |screen| {
        support::pty::prompt_row(screen).ends_with("encore et encore|")
    });
    assert_eq!(mark(zoe.screen()), "✓ reçu");
    zoe.resize(39, 24);
    zoe.wait_until("a narrow draft", |screen| {
        let row = support::pty::prompt_row(screen);
        row.ends_with("encore et encore|") && mark(screen).is_empty()
    });
}

#[test]
fn what_has_to_wait_says_so_until_it_is_received() {
    let relay = Relay::start();
    let mut zoe = Terminal::start(&relay.client("Zoé"), 80, 24);
    zoe.wait_for("en attente");
    zoe.type_in("un\rdeux\r");
    zoe.wait_for("* Zoé  deux");
    wait_for_mark(&mut zoe, "2 en attente");
    let _bob = Program::start(&mut relay.client("Bob"));
    wait_for_mark(&mut zoe, "✓ reçu");
    zoe.type_in("trois\r");
    zoe.wait_for("  Zoé  trois");
}

#[test]
fn a_server_that_does_not_answer_is_told_of_and_what_is_typed_waits() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let mut zoe = at_a_terminal(&["--connect", &address, "--nom", "Zoé"]);
    zoe.wait_for("appel en cours, sans réponse jusqu'ici : ce que vous écrivez attend.");
    zoe.type_in("allô ?\r");
    zoe.wait_for("* Zoé  allô ?");
    wait_for_mark(&mut zoe, "1 en attente");
    zoe.type_in("/quit\r");
    zoe.wait_for("1 message n'a pas été remis :");
    assert_eq!(zoe.wait().code(), Some(75));
}

#[test]
fn a_line_based_server_that_stays_silent_is_no_call_without_an_answer() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap().to_string();
    let mut zoe = at_a_terminal(&["--connect", &address, "--brut"]);
    let (mut stream, _) = server.accept().unwrap();
    stream.write_all(b"bienvenue\n").unwrap();
    zoe.wait_for("serveur  bienvenue");
    zoe.type_in("allô ?\r");
    zoe.wait_for("  moi  allô ?");
    wait_for_mark(&mut zoe, "✓ envoyé");
}

#[test]
fn leaving_over_a_dead_link_says_what_takes_time_and_can_be_cut_short() {
    let (relay, mut zoe, mut bob) = meet();
    // From here on lines go out at once.
    bob.write("oui\n");
    zoe.wait_for("Bob  oui");
    relay.program.signal(Signal::STOP);
    zoe.type_in("un\r");
    zoe.wait_for("  Zoé  un");
    zoe.type_in("/quit\r");
    zoe.wait_for("départ : la remise de 1 message prend du temps… (Ctrl-C : partir tout de suite)");
    zoe.type_in(CTRL_C);
    assert_eq!(zoe.wait().code(), Some(130));
    zoe.wait_for("remise non confirmée de 1 message :");
    relay.program.signal(Signal::CONT);
}

#[test]
fn what_never_went_out_is_known_not_to_have_arrived() {
    let (mut relay, mut zoe, _bob) = meet();
    relay.program.signal(Signal::KILL);
    relay.wait();
    zoe.wait_for("connexion coupée");
    zoe.type_in("un\r/quit\r");
    zoe.wait_for("1 message n'a pas été remis :");
    assert_eq!(zoe.wait().code(), Some(75));
}

#[test]
fn a_file_that_takes_what_is_wrong_gets_no_colours() {
    let errors = format!("{}/line-mode-errors", env!("CARGO_TARGET_TMPDIR"));
    let relay = Relay::start();
    let client = relay.client("Zoé");
    let mut words = vec![client.get_program()];
    words.extend(client.get_args());
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(format!("exec \"$@\" 2>{errors}"))
        .arg("sh")
        .args(words);
    shell.env("TERM", "xterm");
    let mut zoe = Terminal::start(&shell, 80, 24);
    zoe.wait_for("en attente");
    zoe.type_in("un\r");
    zoe.wait_for("Zoé  un");
    zoe.type_in(CTRL_C);
    zoe.type_in(CTRL_C);
    assert_eq!(zoe.wait().code(), Some(130));
    let told = fs::read_to_string(&errors).unwrap();
    assert!(
        told.starts_with("1 message n'a pas été remis :\n"),
        "{told:?}"
    );
    assert!(!told.contains('\x1b'), "{told:?}");
}

#[test]
fn history_counts_messages_and_takes_any_number_of_them_but_none() {
    let (_relay, mut zoe, _bob) = meet();
    zoe.type_in("un\rdeux\r/history 1\r");
    zoe.wait_for("dernier message (* : remise non confirmée) :");
    zoe.type_in("/history 99999999999999999999999999\r");
    zoe.wait_for("2 derniers messages (* : remise non confirmée) :");
    zoe.type_in("/history 0\r");
    zoe.wait_for("/history veut un nombre à partir de 1, et non « 0 ».");
}

#[test]
fn help_tells_of_keys_only_where_there_is_a_prompt() {
    let (_relay, mut zoe, _bob) = meet();
    zoe.type_in("/help\r");
    zoe.wait_for("Ctrl-Z suspend");
    let relay = Relay::start();
    let mut dumb = relay.client("Zoé");
    dumb.env("TERM", "dumb");
    let mut zoe = Terminal::start(&dumb, 80, 24);
    zoe.wait_for("en attente");
    zoe.type_in("/help\r/nimporte\r");
    zoe.wait_for("commande inconnue");
    let shown = zoe.screen().contents();
    assert!(shown.contains("/history [n]"), "{shown}");
    assert!(!shown.contains("Ctrl-Z"), "{shown}");
}

#[test]
fn a_terminal_that_cuts_a_line_is_told_on() {
    let relay = Relay::start();
    let mut dumb = relay.client("Zoé");
    dumb.env("TERM", "dumb");
    let mut zoe = Terminal::start(&dumb, 80, 24);
    zoe.wait_for("en attente");
    let line = "x".repeat(4_094);
    zoe.type_in(format!("{line}\r"));
    zoe.wait_for("Zoé  xxx");
    zoe.type_in("un\r");
    zoe.wait_for("Zoé  un");
    let told = "cette ligne a la plus grande longueur que prend ce terminal";
    assert!(!zoe.screen().contents().contains(told));
    zoe.type_in(format!("{line}yz et la suite\r"));
    zoe.wait_for(told);
}

#[test]
fn a_message_calls_whoever_looks_elsewhere() {
    const BELL: u8 = 0x07;
    let (_relay, mut zoe, mut bob) = meet();
    let written = String::from_utf8_lossy(&zoe.written).into_owned();
    assert!(written.contains("\x1b[?1004h"));
    let mut heard = |zoe: &mut Terminal, focus: &str, text: &str| {
        zoe.type_in(focus);
        // Shown only once what was typed before is understood.
        zoe.type_in(text);
        zoe.wait_for_prompt(&format!("> {text}|"));
        zoe.type_in("\x15");
        let before = zoe.written.len();
        bob.write(format!("{text}\n"));
        zoe.wait_for(&format!("Bob  {text}"));
        zoe.written[before..].contains(&BELL)
    };
    assert!(!heard(&mut zoe, "", "il regarde"));
    assert!(heard(&mut zoe, "\x1b[O", "il est parti"));
    assert!(!heard(&mut zoe, "\x1b[I", "il est revenu"));
    assert!(heard(&mut zoe, "\x1b[O", "encore"));
    assert!(!heard(&mut zoe, "", "tout de suite après"));
    zoe.type_in("/quit\r");
    assert_eq!(zoe.wait().code(), Some(0));
    let written = String::from_utf8_lossy(&zoe.written).into_owned();
    assert!(written.rfind("\x1b[?1004l") > written.rfind("\x1b[?1004h"));
}

#[test]
fn whoever_wants_no_calls_is_not_asked_where_they_look() {
    let relay = Relay::start();
    let mut zoe = Terminal::start(relay.client("Zoé").arg("--muet"), 80, 24);
    zoe.wait_for("en attente");
    let mut bob = Program::start(&mut relay.client("Bob"));
    zoe.wait_for("« Bob » est là.");
    zoe.type_in("\x1b[Oun brouillon");
    zoe.wait_for_prompt("> un brouillon|");
    bob.write("un\n");
    zoe.wait_for("Bob  un");
    assert!(!zoe.written.contains(&0x07));
    assert!(!String::from_utf8_lossy(&zoe.written).contains("\x1b[?1004h"));
}

#[test]
fn words_and_addresses_are_not_cut_at_the_margin_and_a_message_stays_one_line() {
    let (_relay, mut zoe, mut bob) = meet();
    let address = "https://example.org/un/chemin/assez/long?avec=des&parametres=oui";
    bob.write(format!(
        "l'adresse dont je parlais hier : {address} à copier, et la suite\n"
    ));
    zoe.wait_for("suite");
    let rows = zoe.rows();
    let at = rows.iter().position(|row| row.contains("hier")).unwrap();
    assert!(
        rows[at]
            .trim_end()
            .ends_with("Bob  l'adresse dont je parlais hier :")
    );
    assert!(
        rows[at + 1].starts_with(&format!("{address} à copier,")),
        "{rows:#?}"
    );
    // The terminal knows that both rows are one line, which it lays out anew and copies whole.
    assert!(zoe.screen().row_wrapped(at as u16));
}

/// A shell in which Zoé sends a text of 5,000 lines, out of a file of that name, with this behind her command.
fn sends_a_long_text(relay: &Relay, name: &str, behind: &str) -> Command {
    let text = format!("{}/{name}", env!("CARGO_TARGET_TMPDIR"));
    fs::write(&text, "une ligne\n".repeat(5_000)).unwrap();
    let client = relay.client("Zoé");
    let mut words = vec![client.get_program()];
    words.extend(client.get_args());
    let mut shell = Command::new("sh");
    shell.arg("-c");
    shell.arg(format!("exec \"$@\" <{text} {behind}"));
    shell.arg("sh").args(words);
    shell
}

#[test]
fn where_rows_go_to_the_terminal_too_the_progress_stands_below_them() {
    let relay = Relay::start();
    let mut bob = Program::start(&mut relay.client("Bob"));
    bob.wait_for_error("the relay", |line| line.contains("en attente"));
    let mut shell = sends_a_long_text(&relay, "long-text-among-rows", "");
    shell.env("TERM", "xterm");
    bob.signal(Signal::STOP);
    let mut zoe = Terminal::start(&shell, 80, 24);
    zoe.wait_until("the progress", |screen| {
        let row = support::pty::prompt_row(screen);
        row.starts_with("0 ligne remise, 5\u{202f}000 en route, 0/s")
    });
    bob.signal(Signal::CONT);
    bob.write("salut\n");
    assert_eq!(zoe.wait().code(), Some(0));
    let shown = zoe.rows();
    assert!(
        shown.iter().all(|row| !row.contains("en route")),
        "{shown:#?}"
    );
    let ends = ["  Zoé  une ligne", "  Bob  salut", "« Bob » est là."];
    assert!(
        shown
            .iter()
            .all(|row| ends.iter().any(|end| row.ends_with(end))),
        "{shown:#?}"
    );
}

#[test]
fn long_work_shows_how_far_it_is_and_leaves_nothing_behind() {
    let relay = Relay::start();
    let bob = Program::start(&mut relay.client("Bob"));
    bob.wait_for_error("the relay", |line| line.contains("en attente"));
    let mut shell = sends_a_long_text(&relay, "long-text-apart", ">/dev/null");
    shell.env("TERM", "xterm");
    bob.signal(Signal::STOP);
    let mut zoe = Terminal::start(&shell, 80, 24);
    zoe.wait_for("0 ligne remise, 5\u{202f}000 en route, 0/s");
    bob.signal(Signal::CONT);
    assert_eq!(zoe.wait().code(), Some(0));
    let shown = zoe.screen().contents();
    assert!(!shown.contains("en route"), "{shown}");
    assert!(
        shown.ends_with("« Bob » est là.\n") || shown.ends_with("« Bob » est là."),
        "{shown}"
    );
}

#[test]
fn emoji_that_a_terminal_shows_in_parts_push_no_draft_over_the_margin() {
    let (_relay, mut zoe, _bob) = meet();
    for emoji in ["👩\u{200d}👩\u{200d}👧", "👍🏽"] {
        // As in xterm and screen, each takes more columns than where it is joined.
        zoe.type_in(format!("{}fin", emoji.repeat(30)));
        zoe.wait_until("the whole end of the draft", |screen| {
            let row = support::pty::prompt_row(screen);
            row.starts_with("> ") && row.ends_with("fin|")
        });
        zoe.type_in("\x15");
        zoe.wait_for_prompt("> |");
    }
}

const DRAFT: &str = "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789";

#[test]
fn a_terminal_that_cuts_rows_loses_no_message_when_it_becomes_narrower() {
    let (_relay, mut zoe, mut bob) = meet();
    bob.write("avant\n");
    zoe.wait_for("Bob  avant");
    zoe.type_in(DRAFT);
    zoe.wait_for_prompt(&format!("> {DRAFT}|"));
    for columns in [60, 40, 30] {
        zoe.resize_and_cut(columns, 24);
        zoe.wait_until("a narrower prompt", |screen| {
            let row = support::pty::prompt_row(screen);
            row.starts_with("> ") && row.ends_with("789|") && row.len() == usize::from(columns)
        });
        zoe.wait_for("Bob  avan");
        assert_eq!(
            zoe.rows().iter().filter(|row| row.contains("> ")).count(),
            1
        );
    }
}

#[test]
fn a_terminal_that_lays_rows_out_anew_keeps_no_ghosts_wherever_the_cursor_was() {
    for (keys, behind) in [("", 0), ("\x1b[H", DRAFT.len()), ("\x1b[1;5D\x1b[1;5D", 21)] {
        let (_relay, mut zoe, mut bob) = meet();
        bob.write("avant\n");
        zoe.wait_for("Bob  avant");
        zoe.type_in(DRAFT);
        zoe.type_in(keys);
        let (left, right) = DRAFT.split_at(DRAFT.len() - behind);
        zoe.wait_for_prompt(&format!("> {left}|{right}"));
        zoe.resize(30, 24);
        zoe.type_in("x");
        zoe.wait_until("the draft", |screen| {
            let row = support::pty::prompt_row(screen);
            row.starts_with("> ") && row.contains("x|")
        });
        let shown = zoe.screen().contents();
        assert_eq!(shown.matches("Bob  avant").count(), 1, "{shown}");
        let row = zoe.rows().iter().position(|row| row.starts_with("> "));
        assert_eq!(row, Some(zoe.rows().len() - 1), "{shown}");
        let draft = zoe
            .rows()
            .iter()
            .filter(|row| row.contains("0123456789"))
            .count();
        assert_eq!(draft, 1, "{shown}");
    }
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
