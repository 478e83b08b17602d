//! The keys of line mode as a person at a terminal meets them: what edits, recalls, searches and completes, and that
//! nothing that was typed is lost by a key that means something else.

mod support;

use std::time::Duration;

use support::process::processor_time;
use support::talk::Talk;

const ALT_BACKSPACE: &str = "\x1b\x7f";
const ALT_ENTER: &str = "\x1b\r";
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const CTRL_J: &str = "\n";
const CTRL_R: &str = "\x12";
const CTRL_U: &str = "\x15";
const CTRL_W: &str = "\x17";
const CTRL_Y: &str = "\x19";
const CTRL_UNDERSCORE: &str = "\x1f";
const CTRL_X: &str = "\x18";
const DELETE: &str = "\x1b[3~";
const DOWN: &str = "\x1b[B";
const ESCAPE: &str = "\x1b";
const HOME: &str = "\x1b[H";
const PASTE: &str = "\x1b[200~";
const PASTE_END: &str = "\x1b[201~";
const UP: &str = "\x1b[A";

impl Talk {
    /// Time passes, and nothing reaches Bob.
    fn says_nothing_for(&self, time: Duration) {
        assert!(self.bob.is_silent_for(time));
    }

    /// Zoé types, and her prompt row becomes that.
    fn types(&mut self, keys: &str, prompt: &str) {
        self.zoe.type_in(keys);
        self.zoe.wait_for_prompt(prompt);
    }

    /// Waits until a lone escape is over: it is when Ctrl-R, whose search it leaves, shows the draft again.
    fn escape(&mut self, prompt: &str) {
        self.types(CTRL_R, &format!("cherche «  » : {}", &prompt[2..]));
        self.types(ESCAPE, prompt);
    }
}

#[test]
fn what_is_typed_after_a_lone_escape_is_text() {
    let mut talk = Talk::start();
    for text in [
        "Pas de souci",
        "Oui, merci",
        "bonjour",
        "[1;5D",
        "]0;titre",
        "Xavier",
        "^^",
        "_a_",
    ] {
        talk.escape("> |");
        talk.types(text, &format!("> {text}|"));
        talk.zoe.type_in("\r");
        talk.bob_sees(text);
    }
    // In one go, as a program that types for somebody does.
    talk.zoe.type_in("\x1bOui, merci\r");
    talk.bob_sees("Oui, merci");
    talk.zoe.type_in("\x1bPas de souci\r");
    talk.bob_sees("Pas de souci");
}

#[test]
fn a_sequence_that_is_cut_off_swallows_nothing_for_ever() {
    let mut talk = Talk::start();
    talk.types("\x1b]11;rgb", "> ]11;rgb|");
    talk.types(&format!("{CTRL_U}\x1b[12"), "> [12|");
}

#[test]
fn a_key_that_means_nothing_with_alt_does_nothing() {
    let mut talk = Talk::start();
    talk.types("a\x1bs\x1bé\x1b9b", "> ab|");
    talk.zoe.type_in("\r");
    talk.bob_sees("ab");
}

#[test]
fn a_paste_whose_end_mark_is_lost_ends_by_itself() {
    let mut talk = Talk::start();
    talk.types(&format!("{PASTE}abc\r"), "> abc⏎|");
    talk.says_nothing_for(Duration::from_millis(1200));
    talk.zoe.type_in("\r");
    talk.bob_sees("abc");
    talk.zoe.wait_for_prompt("> |");
    talk.zoe.type_in("/quit\r");
    assert_eq!(talk.zoe.wait().code(), Some(0));
}

#[test]
fn ctrl_c_ends_a_paste_whose_end_mark_is_lost() {
    let mut talk = Talk::start();
    talk.types(&format!("{PASTE}abc"), "> abc|");
    talk.types(CTRL_C, "> |");
    talk.zoe.wait_for("non envoyé : abc");
    talk.zoe.type_in("suite\r");
    talk.bob_sees("suite");
}

#[test]
fn a_long_paste_that_is_read_late_is_still_one() {
    let mut talk = Talk::start();
    talk.types(&format!("{PASTE}un\r"), "> un⏎|");
    talk.zoe.signal(rustix::process::Signal::STOP);
    // Longer than a paste may pause.
    talk.says_nothing_for(Duration::from_millis(1200));
    talk.zoe.type_in("deux\rtrois");
    talk.zoe.signal(rustix::process::Signal::CONT);
    talk.zoe.wait_for_prompt("> un⏎deux⏎trois|");
    talk.types(PASTE_END, "> un⏎deux⏎trois|");
}

#[test]
fn ctrl_d_that_is_held_to_delete_does_not_end_the_talk() {
    let mut talk = Talk::start();
    talk.types("abc", "> abc|");
    talk.zoe.type_in(format!("{HOME}{}", CTRL_D.repeat(20)));
    talk.zoe.wait_for_prompt("> |");
    talk.zoe.type_in("encore là\r");
    talk.bob_sees("encore là");
    talk.zoe.type_in(CTRL_D);
    assert_eq!(talk.zoe.wait().code(), Some(0));
}

#[test]
fn ctrl_c_clears_a_draft_first_and_ends_with_the_next() {
    let mut talk = Talk::start();
    talk.types("brouillon", "> brouillon|");
    talk.types(CTRL_C, "> |");
    talk.zoe.wait_for("non envoyé : brouillon");
    talk.types(CTRL_Y, "> brouillon|");
    talk.zoe.type_in("\r");
    talk.bob_sees("brouillon");
    talk.zoe.type_in(CTRL_C);
    assert_eq!(talk.zoe.wait().code(), Some(130));
}

#[test]
fn what_was_made_of_a_recalled_line_survives_up_and_down() {
    let mut talk = Talk::start();
    talk.zoe.type_in("un\rdeux\r");
    talk.bob_sees("un");
    talk.types(&format!("brouillon{UP} bis"), "> deux bis|");
    talk.types(UP, "> un|");
    talk.types(DOWN, "> deux bis|");
    talk.types(DOWN, "> brouillon|");
    talk.types(&format!("{UP}\r"), "> brouillon|");
    talk.bob_sees("deux");
    talk.bob_sees("deux bis");
}

#[test]
fn whatever_was_not_sent_is_shown_at_the_end() {
    let mut talk = Talk::start();
    talk.zoe.type_in("un\rdeux\r");
    talk.bob_sees("un");
    talk.types(&format!("brouillon{UP} bis{UP}"), "> un|");
    talk.bob.write("quitter\n");
    assert_eq!(talk.zoe.wait().code(), Some(0));
    let rows = talk.zoe.rows();
    let unsent: Vec<&str> = rows
        .iter()
        .filter_map(|row| row.strip_prefix("non envoyé : "))
        .collect();
    assert_eq!(unsent, ["deux bis", "brouillon"]);
}

#[test]
fn all_that_does_not_fit_is_counted() {
    let mut talk = Talk::start();
    for (before, after) in [(PASTE, PASTE_END), ("", "")] {
        let paste = "x".repeat(200_000);
        talk.zoe.type_in(format!("{CTRL_U}{before}{paste}{after}"));
        talk.zoe
            .wait_for("la ligne est pleine : 134464 octets n'y tiennent pas.");
        talk.zoe.type_in("\x0c");
        talk.zoe.wait_until("a clear screen", |screen| {
            screen.contents().lines().count() == 1
        });
    }
}

#[test]
fn kills_that_follow_each_other_come_back_together() {
    let mut talk = Talk::start();
    talk.types("un deux trois", "> un deux trois|");
    talk.types(&CTRL_W.repeat(2), "> un |");
    talk.types(CTRL_Y, "> un deux trois|");
    talk.types(&format!("{CTRL_U}voir /tmp/x.rs"), "> voir /tmp/x.rs|");
    talk.types(ALT_BACKSPACE, "> voir /tmp/x.|");
    talk.types(CTRL_W, "> voir |");
}

#[test]
fn edits_can_be_undone() {
    let mut talk = Talk::start();
    talk.types("un été 👍🏽", "> un été 👍🏽|");
    talk.types("\x7f", "> un été |");
    talk.types(CTRL_UNDERSCORE, "> un été 👍🏽|");
    talk.types(&CTRL_UNDERSCORE.repeat(2), "> un |");
    talk.types(&format!("{CTRL_X}{CTRL_U}"), "> |");
}

#[test]
fn words_change_their_case() {
    let mut talk = Talk::start();
    talk.types(&format!("un été àÉÉ Bon{HOME}"), "> |un été àÉÉ Bon");
    talk.types("\x1bu\x1bc\x1bl", "> UN Été àéé| Bon");
}

#[test]
fn a_message_may_have_several_lines() {
    let mut talk = Talk::start();
    talk.types(
        &format!("un{ALT_ENTER}deux{CTRL_J}trois"),
        "> un⏎deux⏎trois|",
    );
    talk.zoe.type_in("\r");
    for line in ["un", "deux", "trois"] {
        talk.bob_sees(line);
    }
}

#[test]
fn a_terminal_that_tells_all_keys_apart_is_understood() {
    let mut talk = Talk::start();
    talk.types("été\x1b[13;2uA\x1b[98;3u\x1b[27;5;97~", "> |été⏎A");
    talk.types("\x1b[99;5u", "> |");
    talk.zoe.type_in("\x1b[99;5u");
    assert_eq!(talk.zoe.wait().code(), Some(130));
}

#[test]
fn ctrl_r_finds_what_was_sent() {
    let mut talk = Talk::start();
    talk.zoe.type_in("rendez-vous lundi\roui\rlundi non\r");
    talk.types("brouillon", "> brouillon|");
    talk.types(&format!("{CTRL_R}lun"), "cherche « lun » : |lundi non");
    talk.types(CTRL_R, "cherche « lun » : rendez-vous |lundi");
    talk.types("x", "introuvable « lunx » : rendez-vous |lundi");
    talk.types(ESCAPE, "> brouillon|");
    talk.types(&format!("{CTRL_R}rendez\x07"), "> brouillon|");
    talk.zoe.type_in(format!("{CTRL_R}rendez\r"));
    for line in ["rendez-vous lundi", "oui", "lundi non", "rendez-vous lundi"] {
        talk.bob_sees(line);
    }
    talk.zoe.wait_for_prompt("> brouillon|");
}

#[test]
fn tab_completes_commands_and_the_others_name() {
    let mut talk = Talk::start();
    talk.types("/hi\t 2", "> /history 2|");
    talk.types(&format!("{CTRL_U}merci b\t !"), "> merci Bob !|");
    talk.types(&format!("{CTRL_U}a\tb"), "> a    b|");
    talk.zoe.type_in(format!("{CTRL_U}/q\t\r"));
    assert_eq!(talk.zoe.wait().code(), Some(0));
}

#[test]
fn a_command_that_was_a_mistake_stays_to_be_put_right() {
    let mut talk = Talk::start();
    talk.zoe.type_in("/hlp\r");
    talk.zoe.wait_for("commande inconnue : /hlp");
    talk.zoe.wait_for_prompt("> /hlp|");
    talk.zoe.type_in(format!("\x1b[D\x1b[De{DELETE}l\r"));
    talk.zoe.wait_for("afficher cette aide");
    talk.zoe.wait_for_prompt("> |");
}

#[test]
fn quitter_can_be_said() {
    let mut talk = Talk::start();
    talk.zoe.type_in("/help\r");
    talk.zoe.wait_for("/say texte");
    talk.zoe.type_in("/say quitter\r");
    talk.bob_sees("quitter");
    talk.zoe.type_in("toujours là\r");
    talk.bob_sees("toujours là");
}

#[test]
fn keys_that_wait_for_their_rest_cost_nothing() {
    let mut talk = Talk::start();
    talk.types(&format!("{PASTE}abc"), "> abc|");
    talk.zoe.type_in(ESCAPE);
    let before = processor_time(talk.zoe.id());
    talk.says_nothing_for(Duration::from_millis(2000));
    let used = processor_time(talk.zoe.id()) - before;
    assert!(used <= Duration::from_millis(50), "{used:?}");
    talk.zoe.wait_for_prompt("> abc\\x1b|");
}
