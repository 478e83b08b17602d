//! Links are opened, by a click or by Enter.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::accessibility::State;
use crate::desktop::{Desktop, on_a_desktop};
use crate::talking::Talk;

/// Makes a browser that writes down what it is to open.
fn install_browser(desktop: &Desktop) {
    let home = desktop.home();
    let applications = home.join(".local/share/applications");
    fs::create_dir_all(&applications).expect("a home of our own");
    let browser = home.join("navigateur");
    let visited = home.join("visites");
    let script = format!("#!/bin/sh\necho \"$1\" >> '{}'\n", visited.display());
    fs::write(&browser, script).expect("a home of our own");
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let entry = format!(
        "[Desktop Entry]\nType=Application\nName=Navigateur\nExec={} %u\nMimeType=x-scheme-handler/https;\n",
        browser.display()
    );
    fs::write(applications.join("navigateur.desktop"), entry).expect("a home of our own");
    let defaults = "[Default Applications]\nx-scheme-handler/https=navigateur.desktop\n";
    fs::write(applications.join("mimeapps.list"), defaults).expect("a home of our own");
}

fn visited(desktop: &Desktop) -> String {
    // Before the first visit there is none.
    fs::read_to_string(desktop.home().join("visites")).unwrap_or_default()
}

#[test]
fn a_link_is_opened_by_a_click_and_by_enter() {
    on_a_desktop("links", |desktop| {
        install_browser(desktop);
        let mut talk = Talk::begin(desktop);
        talk.bob_says("voir https://exemple.fr/a?b=1&c=%20, puis rien");
        talk.zoe_reads("puis rien");
        talk.click_on("exemple.fr");
        let address = "https://exemple.fr/a?b=1&c=%20\n";
        desktop.wait_for("the visit", || (visited(desktop) == address).then_some(()));
        desktop.photograph("clicked");
        talk.click_on("puis rien");
        talk.click_on("exemple.fr");
        desktop.wait_for("the second visit alone", || {
            (visited(desktop) == address.repeat(2)).then_some(())
        });
        // The caret is there now.
        desktop.press(&["Return"]);
        desktop.wait_for("the third visit", || {
            (visited(desktop) == address.repeat(3)).then_some(())
        });
    });
}

#[test]
fn a_link_that_nothing_opens_is_told() {
    on_a_desktop("no-browser", |desktop| {
        let mut talk = Talk::begin(desktop);
        talk.bob_says("http://exemple.fr/");
        talk.zoe_reads("http://exemple.fr/");
        talk.click_on("exemple");
        talk.zoe_reads("aucun programme n'ouvre http://exemple.fr/.");
    });
}

#[test]
fn a_link_that_hides_where_it_leads_is_opened_only_when_that_is_meant() {
    on_a_desktop("hidden-host", |desktop| {
        install_browser(desktop);
        let mut talk = Talk::begin(desktop);
        talk.bob_says("https://www.banque.fr@evil.example/");
        // Cyrillic letters that look like « apple ».
        talk.bob_says("https://www.\u{430}\u{440}\u{440}\u{4cf}\u{435}.com/");
        talk.zoe_reads(".com/");
        talk.click_on("www.banque");
        talk.is_asked("Ce lien ne mène pas où il en a l'air, mais à « evil.example ».");
        desktop.photograph("asked");
        desktop.press(&["Escape"]);
        talk.click_on(".com/");
        talk.is_asked("Ce lien ne mène pas où il en a l'air, mais à « www.xn--80ak6aa92e.com ».");
        assert_eq!(visited(desktop), "");
        talk.choose("Ouvrir quand même");
        desktop.wait_for("the visit", || {
            visited(desktop).ends_with(".com/\n").then_some(())
        });
    });
}

#[test]
fn addresses_as_people_write_them_and_those_of_the_record_are_links_too() {
    on_a_desktop("more-links", |desktop| {
        install_browser(desktop);
        let record = desktop.home().join("journal");
        let row = "22/11/2026 14:02:31  Bob  voir https://exemple.fr/hier\n";
        fs::write(&record, row).expect("it can be written");
        let path = record.to_str().expect("a plain name");
        let mut talk = Talk::begin_with(desktop, &["--history", path]);
        talk.click_on("exemple.fr/hier");
        let hier = "https://exemple.fr/hier\n";
        desktop.wait_for("the first visit", || {
            (visited(desktop) == hier).then_some(())
        });
        talk.bob_says("et www.exemple.fr/demain");
        talk.zoe_reads("demain");
        talk.click_on("exemple.fr/demain");
        let both = format!("{hier}https://www.exemple.fr/demain\n");
        desktop.wait_for("the second visit", || {
            (visited(desktop) == both).then_some(())
        });
    });
}

#[test]
fn a_link_is_copied_from_the_menu_of_the_right_button() {
    on_a_desktop("copy-link", |desktop| {
        let mut talk = Talk::begin(desktop);
        talk.bob_says("voir https://exemple.fr/a, puis rien");
        talk.zoe_reads("puis rien");
        talk.right_click_on("exemple.fr");
        let copy = talk.window.find("menu item", "Copier le lien");
        desktop.photograph("menu");
        desktop.wait_for("the item's turn", || {
            if copy.is(State::Focused) {
                return Some(());
            }
            desktop.press(&["Up"]);
            None
        });
        desktop.press(&["Return"]);
        desktop.wait_for("the link in the clipboard", || {
            (desktop.selection("clipboard") == "https://exemple.fr/a").then_some(())
        });
        talk.right_click_on("puis rien");
        desktop.wait_for("a menu without it", || {
            let items = talk.window.part.with_role("menu item");
            let has = |name: &str| items.iter().any(|item| item.name() == name);
            (!items.is_empty() && !has("Copier le lien")).then_some(())
        });
    });
}
