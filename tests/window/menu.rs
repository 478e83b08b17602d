//! The menu: search, copy, save, and the windows that it opens.

use std::fs;

use crate::accessibility::State;
use crate::desktop::on_a_desktop;
use crate::talking::Talk;

#[test]
fn a_text_is_searched_and_brought_into_view() {
    on_a_desktop("search", |desktop| {
        let mut talk = Talk::begin(desktop);
        for number in 0..60 {
            talk.bob_says(&format!("message {number}"));
        }
        talk.bob_says("une Aiguille");
        for number in 60..120 {
            talk.bob_says(&format!("message {number}"));
        }
        talk.zoe_reads("message 119");
        talk.wait_until_in_view("message 119");
        desktop.press(&["ctrl+f"]);
        desktop.type_text("aiguille");
        talk.wait_until_in_view("une Aiguille");
        desktop.photograph("found");
        let selected = || desktop.selection("primary");
        desktop.wait_for("the selection", || (selected() == "Aiguille").then_some(()));
        // What arrives does not move it away.
        talk.bob_says("encore");
        talk.window.find("button", "1 nouveau ↓");
        assert!(talk.is_in_view("une Aiguille"));

        desktop.press(&["ctrl+a"]);
        desktop.type_text("message 1");
        talk.wait_until_in_view("message 119");
        desktop.press(&["Return"]);
        talk.wait_until_in_view("message 118");
        desktop.press(&["ctrl+a"]);
        desktop.type_text("botte de foin");
        talk.window.find("status", "introuvable");
        desktop.photograph("not-found");
        desktop.press(&["Escape"]);
        desktop.wait_for("the keyboard", || {
            talk.input.is(State::Focused).then_some(())
        });
    });
}

#[test]
fn all_is_copied_and_saved() {
    on_a_desktop("keep", |desktop| {
        let mut talk = Talk::begin(desktop);
        talk.bob_says("à garder");
        let shown = talk.zoe_reads("à garder");
        desktop.press(&["ctrl+shift+c"]);
        desktop.wait_for("the text in the clipboard", || {
            (desktop.selection("clipboard") == shown).then_some(())
        });
        desktop.press(&["ctrl+s"]);
        let window = || {
            let windows = desktop.windows();
            let mut windows = windows.into_iter();
            windows.find(|window| window.name() == "Enregistrer la discussion")
        };
        desktop.wait_for("the dialog", window);
        desktop.photograph("save");
        desktop.press(&["ctrl+a"]);
        let file = desktop.home().join("gardee.txt");
        desktop.type_text(file.to_str().expect("a plain name"));
        desktop.press(&["Return"]);
        desktop.wait_for("the file", || {
            let text = fs::read_to_string(&file).unwrap_or_default();
            (text == format!("{shown}\n")).then_some(())
        });
    });
}

#[test]
fn the_menu_opens_by_a_key_and_shows_the_keys() {
    on_a_desktop("menu", |desktop| {
        let talk = Talk::begin(desktop);
        desktop.press(&["F10"]);
        for item in ["Rechercher…", "Tout copier", "Enregistrer…", "Raccourcis"] {
            talk.window.find("menu item", item);
        }
        desktop.photograph("menu");
        desktop.press(&["Escape", "F1"]);
        let help = || {
            let windows = desktop.windows();
            let mut windows = windows.into_iter();
            windows.find(|window| window.name() == "Raccourcis")
        };
        desktop.wait_for("the shortcuts", help);
        desktop.photograph("shortcuts");
    });
}
