//! Line mode as a person at a terminal meets it: the real program, on a pseudo-terminal, with a real relay and someone
//! real, if on a pipe, at the other end.

mod support;

use rustix::process::Signal;
use std::process::Command;

use support::pty::{Terminal, prompt_row};
use support::talk::Talk;
use support::{Program, Relay};

const LEFT: &str = "\x1b[D";
const UP: &str = "\x1b[A";
const DOWN: &str = "\x1b[B";
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const CTRL_L: &str = "\x0c";
const CTRL_U: &str = "\x15";
const CTRL_Z: &str = "\x1a";

fn prompts(terminal: &Terminal) -> usize {
    let rows = terminal.rows();
    rows.iter().filter(|row| row.starts_with('>')).count()
}

#[test]
fn both_people_see_what_both_say_with_date_time_and_name() {
    let mut talk = Talk::start();
    talk.zoe.type_in("bonjour l'été\r");
    talk.zoe.wait_for("  Zoé  bonjour l'été");
    talk.bob_sees("bonjour l'été");
    talk.bob_says("salut");
    let rows = talk.zoe.rows();
    let row = rows
        .iter()
        .find(|row| row.contains("Zoé  bonjour"))
        .unwrap();
    let (date, _) = row.split_once("  Zoé").unwrap();
    let shape: String = date
        .chars()
        .map(|c| if c.is_ascii_digit() { '9' } else { c })
        .collect();
    assert_eq!(shape, "99/99/9999 99:99:99");
}

#[test]
fn a_half_typed_line_survives_what_arrives() {
    let mut talk = Talk::start();
    talk.zoe.type_in("bonjour à toi");
    talk.zoe.type_in(LEFT.repeat(4));
    for n in 0..30 {
        talk.bob_says(&format!("message {n}"));
        talk.zoe.wait_for_prompt("> bonjour à| toi");
        assert_eq!(prompts(&talk.zoe), 1);
    }
    talk.zoe.type_in(" vous et\r");
    talk.bob_sees("bonjour à vous et toi");
}

#[test]
fn the_cursor_is_where_the_terminal_shows_it_after_characters_of_any_width() {
    let mut talk = Talk::start();
    for (typed, behind) in [
        ("é", "x"),
        ("e\u{301}", "x"),
        ("日本", "語"),
        ("👩‍👩‍👧", "x"),
        ("👍🏽", "👨‍🚀"),
        ("مرحبا", "ا"),
        ("a\tb", "c"),
    ] {
        talk.zoe.type_in(format!("{typed}{behind}"));
        talk.zoe.type_in(LEFT);
        let shown = typed.replace('\t', "    ");
        talk.zoe.wait_for_prompt(&format!("> {shown}|{behind}"));
        talk.zoe.type_in("y");
        talk.zoe.wait_for_prompt(&format!("> {shown}y|{behind}"));
        talk.zoe.type_in("\x7f\x7f");
        let shorter = remove_last_grapheme(&shown);
        talk.zoe.wait_for_prompt(&format!("> {shorter}|{behind}"));
        talk.zoe.type_in(CTRL_U);
        talk.zoe.type_in("\x1b[3~");
        talk.zoe.wait_for_prompt("> |");
    }
}

fn remove_last_grapheme(text: &str) -> &str {
    use unicode_segmentation::UnicodeSegmentation;
    let last = text.graphemes(true).next_back().unwrap();
    &text[..text.len() - last.len()]
}

#[test]
fn a_line_longer_than_the_window_scrolls_sideways_and_arrives_whole() {
    let mut talk = Talk::start();
    let line: String = (0..40).map(|n| format!("mot{n} ")).collect();
    talk.zoe.type_in(&line);
    talk.zoe.wait_until("the end of the line", |screen| {
        prompt_row(screen).ends_with("mot38 mot39 |")
    });
    assert_eq!(prompts(&talk.zoe), 1);
    talk.zoe.type_in("\x1b[H");
    talk.zoe.wait_until("its beginning", |screen| {
        prompt_row(screen).starts_with("> |mot0 mot1 mot2")
    });
    talk.zoe.type_in("\r");
    talk.bob_sees(&line);
}

#[test]
fn a_paste_of_several_lines_is_one_edit_and_goes_line_by_line() {
    let mut talk = Talk::start();
    talk.zoe
        .type_in("> \x1b[200~un\rquitter\r\r/help \x03\x04\x1b[A\rfin\x1b[201~");
    talk.zoe
        .wait_for_prompt("> > un⏎quitter⏎⏎/help \\x03\\x04\\x1b[A⏎fin|");
    talk.zoe.type_in("\r");
    for line in ["> un", "quitter", "", "/help \\x03\\x04\\x1b[A", "fin"] {
        talk.bob_sees(line);
    }
    talk.zoe.wait_for_prompt("> |");
}

#[test]
fn typed_faster_than_the_program_starts_nothing_is_lost() {
    let relay = Relay::start();
    let mut zoe = Terminal::start(&relay.client("Zoé"), 80, 24);
    zoe.type_in("un\rdeux\rtro");
    zoe.wait_for("Zoé  deux");
    zoe.wait_for_prompt("> tro|");
}

#[test]
fn the_window_may_change_its_size_at_any_time() {
    let mut talk = Talk::start();
    talk.zoe
        .type_in("un brouillon assez long pour être coupé en deux ou en trois");
    talk.zoe
        .wait_until("the draft", |screen| prompt_row(screen).ends_with("trois|"));
    for columns in [40, 20, 9, 3, 1, 30, 120] {
        talk.zoe.resize(columns, 24);
        talk.bob.write(format!("à {columns}\n"));
        let prompt = if columns < 9 { "" } else { "> " };
        talk.zoe.wait_until("a prompt", |screen| {
            let row = prompt_row(screen);
            row.starts_with(prompt) && row.ends_with('|')
        });
    }
    talk.zoe
        .wait_for_prompt("> un brouillon assez long pour être coupé en deux ou en trois|");
    talk.zoe.type_in("\r");
    talk.bob_sees("un brouillon assez long pour être coupé en deux ou en trois");
}

#[test]
fn a_narrower_window_eats_no_message() {
    let mut talk = Talk::start();
    talk.bob_says("avant");
    talk.zoe
        .type_in("0123456789 0123456789 0123456789 0123456789 0123456789");
    talk.zoe
        .wait_until("the draft", |screen| prompt_row(screen).ends_with("789|"));
    talk.zoe.resize(25, 24);
    talk.zoe.wait_until("the narrow prompt", |screen| {
        prompt_row(screen) == ">  0123456789 0123456789|"
    });
    assert!(talk.zoe.screen().contents().contains("Bob  avant"));
    assert_eq!(prompts(&talk.zoe), 1);
}

#[test]
fn every_way_out_leaves_the_terminal_as_it_was() {
    type WayOut = fn(&mut Terminal);
    let ways: [(&str, WayOut, i32); 9] = [
        ("/quit", |zoe| zoe.type_in("/quit\r"), 0),
        ("quitter", |zoe| zoe.type_in(" quitter \r"), 0),
        ("Ctrl-D", |zoe| zoe.type_in(CTRL_D), 0),
        ("Ctrl-C", |zoe| zoe.type_in(CTRL_C), 130),
        (
            "a draft and Ctrl-C twice",
            |zoe| zoe.type_in("brouillon\x03\x03"),
            130,
        ),
        ("SIGINT", |zoe| zoe.signal(Signal::INT), 130),
        ("SIGTERM", |zoe| zoe.signal(Signal::TERM), 143),
        ("SIGHUP", |zoe| zoe.signal(Signal::HUP), 129),
        ("SIGQUIT", |zoe| zoe.signal(Signal::QUIT), 131),
    ];
    for (name, way, code) in ways {
        let relay = Relay::start();
        let command = relay.client("Zoé");
        let mut zoe = Terminal::start(&command, 80, 24);
        zoe.wait_for("en attente");
        zoe.wait_for_prompt("> |");
        assert!(zoe.is_raw(), "{name}");
        assert!(zoe.screen().bracketed_paste(), "{name}");
        assert!(!zoe.is_nonblocking(), "{name}");
        way(&mut zoe);
        let status = zoe.wait();
        assert_eq!(status.code(), Some(code), "{name}");
        assert_as_it_was(&mut zoe, name);
        let draft_is_shown = zoe
            .rows()
            .iter()
            .any(|row| row.contains("non envoyé : brouillon"));
        assert_eq!(draft_is_shown, name == "a draft and Ctrl-C twice", "{name}");
    }
}

/// The modes are a new terminal's, pasting and wrapping are as a shell wants them, and the cursor is on an empty row.
fn assert_as_it_was(zoe: &mut Terminal, what: &str) {
    let fresh = Terminal::start(&Command::new("true"), 80, 24).modes();
    let modes = zoe.modes();
    assert_eq!(modes.local_modes, fresh.local_modes, "{what}");
    assert_eq!(modes.input_modes, fresh.input_modes, "{what}");
    assert_eq!(modes.output_modes, fresh.output_modes, "{what}");
    assert_eq!(modes.control_modes, fresh.control_modes, "{what}");
    assert!(!zoe.is_nonblocking(), "{what}");
    assert!(!zoe.screen().bracketed_paste(), "{what}");
    assert_eq!(prompt_row(zoe.screen()), "|", "{what}");
    assert_eq!(prompts(zoe), 0, "{what}");
    let last_wrap = String::from_utf8_lossy(&zoe.written)
        .rfind("\x1b[?7")
        .map(|at| zoe.written[at + 4]);
    assert_eq!(last_wrap, Some(b'h'), "{what}");
}

#[test]
fn the_others_farewell_is_shown_to_the_letter_and_ends_everything_well() {
    let mut talk = Talk::start();
    talk.zoe.type_in("brouillon");
    talk.zoe.wait_for_prompt("> brouillon|");
    talk.bob.write("au revoir\nquitter\n");
    assert_eq!(talk.zoe.wait().code(), Some(0));
    assert_eq!(talk.bob.wait().code(), Some(0));
    assert_eq!(talk.relay.wait().code(), Some(0));
    let rows = talk.zoe.rows();
    let end = &rows[rows.len() - 3..];
    assert!(end[0].ends_with("  Bob  au revoir"), "{rows:#?}");
    assert_eq!(end[1], "le client Bob a quitté la discussion.");
    assert_eq!(end[2], "non envoyé : brouillon");
    assert_as_it_was(&mut talk.zoe, "the other left");
}

#[test]
fn a_closed_window_ends_the_program_and_the_other_is_told() {
    let mut talk = Talk::start();
    talk.zoe.hang_up();
    talk.zoe.wait();
    talk.bob.wait_for_error("the farewell", |line| {
        line == "le client Zoé a quitté la discussion."
    });
    assert_eq!(talk.bob.wait().code(), Some(0));
}

#[test]
fn a_second_interrupt_does_not_wait_for_what_is_owed() {
    let mut talk = Talk::start();
    // From here on lines go out at once.
    talk.bob_says("oui");
    talk.bob.signal(Signal::STOP);
    talk.zoe.type_in("tu es là ?\r");
    talk.zoe.wait_for("Zoé  tu es là ?");
    talk.zoe.type_in(CTRL_C);
    talk.zoe.wait_for("derniers messages en cours de remise");
    talk.zoe.type_in(CTRL_C);
    assert_eq!(talk.zoe.wait().code(), Some(130));
    talk.zoe.wait_for("remise non confirmée de 1 message :");
    talk.zoe.wait_for("Zoé  tu es là ?");
    assert_as_it_was(&mut talk.zoe, "twice Ctrl-C");
    talk.bob.signal(Signal::CONT);
}

#[test]
fn hostile_text_changes_nothing_on_the_screen() {
    let mut talk = Talk::start();
    talk.zoe.type_in("brouillon");
    talk.bob.write(
        "\x1b[2J\x1b[H\x1b]0;titre\x07\x1b[31mrouge\x1b[?1049h\x1bc\r22/11/2026 10:00:00  Zoé  faux\u{202e}\u{9b}2J\
         \u{2028}\u{e0041}\0\x08\x7f\x0c\x0e fin\n",
    );
    talk.zoe.wait_for("fin");
    talk.zoe.wait_for_prompt("> brouillon|");
    let before = talk.zoe.written.len();
    talk.bob_says("suite");
    let rows = talk.zoe.rows();
    assert!(rows.iter().any(|row| row.contains("/help")), "{rows:#?}");
    assert!(!rows.iter().any(|row| row.starts_with("22/11/2026 10")));
    assert!(!talk.zoe.screen().alternate_screen());
    let written = String::from_utf8_lossy(&talk.zoe.written[..before]).into_owned();
    for raw in [
        "\x1b[2J", "\x1b]", "\x1bc", "\x0e", "\0", "\u{202e}", "\u{9b}", "\u{2028}",
    ] {
        assert!(!written.contains(raw), "{raw:?}");
    }
}

#[test]
fn colours_are_off_when_they_are_not_wanted() {
    let mut coloured = Talk::start();
    coloured.zoe.type_in("bonjour\r");
    coloured.bob_says("salut");
    assert!(colours(&coloured.zoe.written));
    let mut plain = Talk::with(|command| {
        command.env("NO_COLOR", "1");
    });
    plain.zoe.type_in("bonjour\r/nimporte\r");
    plain.bob_says("salut");
    plain.zoe.wait_for("commande inconnue");
    assert!(!colours(&plain.zoe.written));
}

/// Whether some escape sequence sets a colour or a style.
fn colours(written: &[u8]) -> bool {
    let text = String::from_utf8_lossy(written);
    text.split("\x1b[").skip(1).any(|sequence| {
        let end = sequence.find(|c: char| c.is_ascii_alphabetic());
        end.is_some_and(|end| sequence[end..].starts_with('m'))
    })
}

#[test]
fn commands_do_what_help_says_and_mistakes_can_be_taken_back() {
    let mut talk = Talk::start();
    talk.zoe.type_in("/help\r");
    talk.zoe.wait_for("/history [n]");
    talk.zoe.type_in("//quit\r");
    talk.bob_sees("/quit");
    talk.zoe.type_in("/quiter\r");
    talk.zoe.wait_for("commande inconnue : /quiter");
    talk.zoe.wait_for_prompt("> /quiter|");
    talk.zoe.type_in("\x15brouillon");
    talk.zoe.type_in([UP, UP, DOWN].concat());
    talk.zoe.wait_for_prompt("> //quit|");
    talk.zoe.type_in(DOWN);
    talk.zoe.wait_for_prompt("> brouillon|");
    talk.zoe.type_in(format!("{CTRL_U}\r   \r{CTRL_L}"));
    talk.zoe.wait_until("a clear screen", |screen| {
        prompt_row(screen) == "> |" && screen.contents().lines().count() == 1
    });
    talk.zoe.type_in("un\r/history 2\r");
    talk.zoe.wait_until("the last two", |screen| {
        let rows = screen.contents();
        rows.matches("Zoé  /quit").count() == 1 && rows.matches("Zoé  un").count() == 2
    });
    talk.zoe.type_in("/history deux\r");
    talk.zoe.wait_for("/history veut un nombre");
    talk.bob_sees("un");
}

#[test]
fn history_marks_what_the_other_does_not_hold_yet() {
    let mut talk = Talk::start();
    talk.zoe.type_in("un\r");
    talk.bob_sees("un");
    // What Bob says goes out behind his acknowledgement.
    talk.bob_says("reçu");
    talk.bob.signal(Signal::STOP);
    talk.zoe.type_in("deux\r/history\r");
    talk.zoe.wait_for("* Zoé  deux");
    talk.bob.signal(Signal::CONT);
    talk.bob_sees("deux");
    assert!(!talk.zoe.rows().iter().any(|row| row.contains("* Zoé  un")));
}

#[test]
fn when_too_much_is_under_way_lines_wait_and_none_is_lost() {
    let mut talk = Talk::start();
    talk.bob.signal(Signal::STOP);
    let lines: Vec<String> = (0..100).map(|n| format!("ligne {n}")).collect();
    talk.zoe.type_in(lines.join("\r") + "\rbrouillon");
    talk.zoe.wait_for("100 messages sont en route");
    talk.zoe.wait_for_prompt("> brouillon|");
    talk.zoe.type_in("\x15/help\r");
    talk.zoe.wait_for("afficher cette aide");
    talk.bob.signal(Signal::CONT);
    for line in &lines {
        talk.bob_sees(line);
    }
    talk.zoe.type_in("/quit\r");
    assert_eq!(talk.zoe.wait().code(), Some(0));
}

#[test]
fn leaving_while_lines_wait_says_which_did_not_arrive() {
    let mut talk = Talk::start();
    // From here on lines go out at once.
    talk.bob_says("oui");
    talk.bob.signal(Signal::STOP);
    let lines: Vec<String> = (0..50).map(|n| format!("ligne {n}")).collect();
    talk.zoe.type_in(lines.join("\r") + "\r");
    talk.zoe.wait_for("ligne 49");
    talk.zoe.type_in("/quit\r");
    assert_eq!(talk.zoe.wait().code(), Some(75));
    let written = String::from_utf8_lossy(&talk.zoe.written).into_owned();
    let (_, report) = written
        .split_once("remise non confirmée de 50 messages :")
        .unwrap();
    for line in &lines {
        assert!(report.contains(&format!("  {line}\r\n")), "{line}");
    }
    talk.bob.signal(Signal::CONT);
}

#[test]
fn a_terminal_that_can_do_nothing_gets_plain_lines() {
    let mut talk = Talk::with(|command| {
        command.env("TERM", "dumb");
    });
    assert!(!talk.zoe.is_raw());
    talk.zoe.type_in("bonjour\r");
    talk.bob_sees("bonjour");
    talk.bob_says("salut");
    talk.zoe.type_in("/nimporte\r");
    talk.zoe.wait_for("commande inconnue");
    assert!(!talk.zoe.written.contains(&0x1b));
    talk.zoe.type_in("/quit\r");
    assert_eq!(talk.zoe.wait().code(), Some(0));
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_fg_goes_on_where_it_was() {
    let relay = Relay::start();
    let mut shell = Command::new("bash");
    shell.args(["--norc", "--noprofile", "-i"]).env("PS1", "$ ");
    let mut zoe = Terminal::start(&shell, 80, 24);
    zoe.wait_for_prompt("$ |");
    let client = relay.client("Zoé");
    let words: Vec<&str> = std::iter::once(client.get_program())
        .chain(client.get_args())
        .map(|word| word.to_str().unwrap())
        .collect();
    zoe.type_in(format!("TERM=xterm {}\r", words.join(" ")));
    zoe.wait_for("en attente");
    zoe.type_in("brouillon");
    zoe.wait_for_prompt("> brouillon|");
    let mut bob = Program::start(&mut relay.client("Bob"));
    zoe.wait_for("est là");
    for _ in 0..3 {
        zoe.type_in(CTRL_Z);
        zoe.wait_for_prompt("$ |");
        bob.write("pendant ce temps\n");
        zoe.type_in(format!("{CTRL_L}stty -a\r"));
        zoe.wait_for(" icanon");
        zoe.wait_for(" echo ");
        zoe.type_in("fg\r");
        zoe.wait_for("Bob  pendant ce temps");
        zoe.wait_for_prompt("> brouillon|");
        assert!(zoe.is_raw());
    }
    zoe.type_in("\r/quit\r");
    zoe.wait_for_prompt("$ |");
    bob.wait_for_line("the message", |line| line.ends_with("Zoé  brouillon"));
    assert_eq!(bob.wait().code(), Some(0));
}

#[test]
fn where_nobody_could_let_it_go_on_ctrl_z_does_nothing() {
    let mut talk = Talk::start();
    talk.zoe.type_in("brou");
    talk.zoe.type_in(CTRL_Z);
    talk.zoe.type_in("illon");
    talk.zoe.wait_for_prompt("> brouillon|");
    assert!(talk.zoe.is_raw());
    talk.zoe.type_in("\r");
    talk.bob_sees("brouillon");
}
