//! A real window on a real screen, driven as a person does, against a real relay and a partner in line mode.
//!
//! What is asserted is what a screen reader reads, and what the partner got. Each step leaves a picture in
//! `target/tmp/window/`. Needs the Debian packages that `.ci/run` installs; none is ever missing in silence.

mod accessibility;
mod desktop;
mod services;
#[path = "../support/mod.rs"]
mod support;
mod talking;

use std::fs;

use accessibility::State;
use desktop::on_a_desktop;
use support::{Program, Relay};
use talking::Talk;

#[test]
fn both_see_every_message_with_its_date_and_its_mark() {
    on_a_desktop("talk", |desktop| {
        let mut talk = Talk::begin(desktop);
        desktop.photograph("alone-together");
        talk.zoe_types("Bonjour Bob, ça va ? Déjà là, à l'été !");
        talk.bob_reads("Zoé  Bonjour Bob, ça va ? Déjà là, à l'été !");
        talk.bob_says("Été, œuvre, « voilà »");
        talk.bob_says("مرحبا كيف حالك؟");
        talk.bob_says("日本語 中文 한국어 👩‍👩‍👧 👍🏽 ❤️");
        talk.zoe_types("tout arrive");
        let shown = talk.zoe_reads("tout arrive");
        desktop.photograph("every-script");
        let rows: Vec<&str> = shown.lines().collect();
        let is_dated = |row: &str, name: &str, mark: &str| {
            let date = row
                .strip_prefix(name)
                .and_then(|row| row.strip_suffix(mark));
            date.is_some_and(|date| {
                let digits = date.replace(|c: char| c.is_ascii_digit(), "0");
                digits == "  00/00/0000 00:00:00"
            })
        };
        let place = |text: &str| rows.iter().position(|row| *row == text).expect(text);
        for text in [
            "Été, œuvre, « voilà »",
            "مرحبا كيف حالك؟",
            "日本語 中文 한국어 👩‍👩‍👧 👍🏽 ❤️",
        ] {
            assert!(is_dated(rows[place(text) - 1], "Bob", ""), "{shown}");
        }
        talk.wait_for_display("the mark", |shown| shown.matches("  reçu").count() == 2);
        let shown = talk.display.text();
        let rows: Vec<&str> = shown.lines().collect();
        for text in ["Bonjour Bob, ça va ? Déjà là, à l'été !", "tout arrive"] {
            let place = rows.iter().position(|row| *row == text).expect(text);
            assert!(is_dated(rows[place - 1], "Zoé", "  reçu"), "{shown}");
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
        let shown = talk.zoe_reads("le client Zoé a quitté la discussion.");
        assert!(
            shown.ends_with("\nle client Zoé a quitté la discussion."),
            "{shown}"
        );
        desktop.photograph("left");
        assert!(talk.bob.wait().success());
        assert!(talk.relay.wait().success());

        talk.wait_until_disabled();
        assert_eq!(talk.state(), "discussion terminée");
        talk.window.click(&talk.input);
        desktop.type_text("trop tard");
        desktop.press(&["Return"]);
        // The text can still be selected and copied.
        talk.window.click(&talk.display);
        desktop.press(&["ctrl+a", "ctrl+c"]);
        desktop.wait_for("the text in the clipboard", || {
            let copied = desktop.selection("clipboard");
            copied.contains("un texte à garder").then_some(())
        });
        desktop.photograph("selected");
        assert!(!talk.display.text().contains("trop tard"));

        desktop.press(&["alt+F4"]);
        assert!(talk.window.program.wait().success());
        assert_eq!(talk.window.program.all_errors(), [""; 0]);
    });
}

#[test]
fn when_the_other_leaves_the_input_closes_and_the_draft_is_told() {
    on_a_desktop("other-leaves", |desktop| {
        let mut talk = Talk::begin(desktop);
        desktop.type_text("une phrase en cours");
        talk.bob.write("quitter\n");
        let shown = talk.zoe_reads("le client Bob a quitté la discussion.");
        assert!(
            shown.contains("non envoyé : une phrase en cours"),
            "{shown}"
        );
        talk.wait_until_disabled();
        desktop.photograph("the-other-has-left");
        desktop.press(&["ctrl+w"]);
        assert!(talk.window.program.wait().success());
    });
}
