//! Two people talk, and leave.

use rustix::process::Signal;

use crate::accessibility::Part;
use crate::desktop::on_a_desktop;
use crate::talking::Talk;

/// Whether a row is this name, a date and time, and this mark. What follows its author's last has no name.
fn is_heading(row: &str, name: &str, mark: &str) -> bool {
    let date = row
        .strip_prefix(name)
        .and_then(|row| row.strip_suffix(mark));
    date.is_some_and(|date| {
        date.replace(|c: char| c.is_ascii_digit(), "0") == "00/00/0000 00:00:00"
    })
}

#[test]
fn both_see_every_message_with_its_date_and_its_mark() {
    on_a_desktop("talk", |desktop| {
        let mut talk = Talk::begin(desktop);
        talk.zoe_types("Bonjour Bob, ça va ? Déjà là, à l'été !");
        talk.bob_reads("Zoé  Bonjour Bob, ça va ? Déjà là, à l'été !");
        let others = [
            "Été, œuvre, « voilà »",
            "مرحبا كيف حالك؟",
            "日本語 中文 한국어 👩‍👩‍👧 👍🏽 ❤️",
        ];
        others.iter().for_each(|text| talk.bob_says(text));
        talk.zoe_reads(others[2]);
        talk.zoe_types("tout arrive");
        let shown =
            talk.wait_for_display("both marks", |shown| shown.matches("  ✓ reçu").count() == 2);
        desktop.photograph("every-script");
        let rows: Vec<&str> = shown.lines().collect();
        let heading = |text: &str| {
            let place = rows.iter().position(|row| *row == text).expect(text);
            rows[place - 1]
        };
        for text in others {
            // A heading of digits alone would be written from the right after a text that is.
            let name = if text == others[1] { "" } else { "Bob  " };
            assert!(is_heading(heading(text), name, ""), "{shown}");
        }
        for text in ["Bonjour Bob, ça va ? Déjà là, à l'été !", "tout arrive"] {
            assert!(is_heading(heading(text), "Zoé  ", "  ✓ reçu"), "{shown}");
        }
        assert_eq!(talk.state(), "connecté");
    });
}

#[test]
fn the_button_leaves_the_discussion_and_not_the_window() {
    on_a_desktop("quit", |desktop| {
        let mut talk = Talk::begin(desktop);
        talk.bob_says("un texte à garder");
        talk.zoe_reads("un texte à garder");
        let quit = talk.window.find("button", "Quitter");
        talk.window.click(&quit);
        talk.bob_is_told("le client Zoé a quitté la discussion.");
        let shown = talk.zoe_reads("a quitté la discussion.");
        assert!(
            shown.ends_with("\nle client Zoé a quitté la discussion."),
            "{shown}"
        );
        assert!(talk.bob.wait().success());
        assert!(talk.relay.wait().success());
        talk.wait_until_disabled();
        talk.wait_for_state("discussion terminée");
        desktop.photograph("left");

        talk.window.click(&talk.input);
        talk.zoe_types("trop tard");
        // The text can still be selected and copied.
        talk.window.click(&talk.display);
        desktop.press(&["ctrl+a", "ctrl+c"]);
        let copied = desktop.wait_for("the text in the clipboard", || {
            let copied = desktop.selection("clipboard");
            copied.contains("un texte à garder").then_some(copied)
        });
        assert_eq!(copied, shown);
        assert_eq!(talk.display.text(), shown);
        desktop.photograph("selected");

        desktop.press(&["alt+F4"]);
        assert!(talk.window.program.wait().success());
        assert_eq!(talk.window.program.all_errors(), [""; 0]);
    });
}

#[test]
fn when_the_other_leaves_the_input_closes_and_the_draft_stays() {
    on_a_desktop("other-leaves", |desktop| {
        let mut talk = Talk::begin(desktop);
        desktop.type_text("une phrase");
        desktop.press(&["shift+Return"]);
        desktop.type_text("en cours");
        talk.wait_for_input("une phrase\nen cours");
        talk.bob.write("quitter\n");
        let shown = talk.zoe_reads("le client Bob a quitté la discussion.");
        assert!(!shown.contains("une phrase"), "{shown}");
        talk.wait_until_disabled();
        talk.wait_for_input("une phrase\nen cours");
        desktop.photograph("the-other-has-left");
        // It is not thrown away unasked.
        desktop.press(&["ctrl+w"]);
        talk.is_asked("Fermer la fenêtre ? Un texte n'est pas envoyé.");
        desktop.photograph("asked");
        talk.choose("Fermer la fenêtre");
        assert!(talk.window.program.wait().success());
    });
}

#[test]
fn closing_the_window_leaves_politely() {
    on_a_desktop("close", |desktop| {
        let mut talk = Talk::begin(desktop);
        talk.zoe_types("une dernière chose");
        desktop.press(&["alt+F4"]);
        talk.bob_reads("Zoé  une dernière chose");
        talk.bob_is_told("le client Zoé a quitté la discussion.");
        assert!(talk.window.program.wait().success());
        assert_eq!(talk.window.program.all_errors(), [""; 0]);
        assert!(talk.bob.wait().success());
    });
}

#[test]
fn a_signal_leaves_politely_and_closes_the_window() {
    on_a_desktop("signal", |desktop| {
        for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129)] {
            let mut talk = Talk::begin(desktop);
            talk.window.program.signal(signal);
            talk.bob_is_told("le client Zoé a quitté la discussion.");
            assert_eq!(talk.window.program.wait().code(), Some(code));
            assert!(talk.bob.wait().success());
        }
    });
}

#[test]
fn hostile_text_is_shown_and_does_nothing() {
    on_a_desktop("hostile", |desktop| {
        let mut talk = Talk::begin(desktop);
        talk.bob_says("<span size='xx-large'>gros</span> <b>gras &amp; &lt;");
        talk.bob_says("a\u{1b}[2Jb\u{202e}c\u{2028}d\u{2029}e\u{e0041}f\tg\rh\u{85}i\u{7f}");
        talk.bob_says(&format!("Z{}go", "\u{301}".repeat(500)));
        talk.bob_says("le client Bob a quitté la discussion.");
        talk.bob_says("");
        talk.bob_says("fin");
        let shown = talk.zoe_reads("\nfin");
        desktop.photograph("hostile");
        let rows: Vec<&str> = shown.lines().collect();
        assert!(rows.contains(&"<span size='xx-large'>gros</span> <b>gras &amp; &lt;"));
        assert!(
            rows.contains(
                &"a\\x1b[2Jb\\u{202e}c\\u{2028}d\\u{2029}e\\u{e0041}f    g\\rh\\u{85}i\\x7f"
            ),
            "{shown}"
        );
        assert!(
            rows.iter()
                .any(|row| row.starts_with('Z') && row.ends_with("[…]go"))
        );
        // Each message keeps its heading, the empty one too, so that none passes for a notice.
        let headings = |name| rows.iter().filter(move |row| is_heading(row, name, ""));
        assert_eq!(headings("Bob  ").count(), 1, "{shown}");
        assert_eq!(headings("").count(), 5, "{shown}");
        assert_eq!(talk.state(), "connecté");
    });
}

#[test]
fn every_part_has_a_name_and_a_role() {
    on_a_desktop("parts", |desktop| {
        let talk = Talk::begin(desktop);
        let named = |role: &str| -> Vec<String> {
            let parts = talk.window.part.with_role(role);
            parts.iter().map(Part::name).collect()
        };
        assert_eq!(named("window"), ["Bob"]);
        assert_eq!(named("text box"), ["Discussion", "Votre message"]);
        assert_eq!(named("status"), ["connecté"]);
        assert!(named("button").contains(&"Quitter".to_owned()));
        assert!(talk.input.attributes().contains("Écrire un message"));
    });
}
