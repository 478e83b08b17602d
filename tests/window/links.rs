//! Links are opened, by a click or by Enter.

use std::fs;
use std::os::unix::fs::PermissionsExt;

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
