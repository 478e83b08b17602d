//! The menu in the header, the keys that stand for its items, and the windows that it opens.

use gtk::gdk::{Key, ModifierType};
use gtk::gio;
use gtk::glib::{self, Propagation, clone};
use gtk::prelude::*;

use super::actions::{MenuItem, UserAction, UserActions};
use super::on_key;

/// An item: its name within the program, its label, its key as GTK spells it, and what it asks for.
type Item = (&'static str, &'static str, &'static str, MenuItem);

const SECTIONS: [&[Item]; 3] = [
    &[
        ("search", "Rechercher…", "<Control>f", MenuItem::Search),
        (
            "copy",
            "Tout copier",
            "<Control><Shift>c",
            MenuItem::CopyAll,
        ),
        ("save", "Enregistrer…", "<Control>s", MenuItem::Save),
    ],
    &[
        (
            "larger",
            "Texte plus grand",
            "<Control>plus",
            MenuItem::LargerText,
        ),
        (
            "smaller",
            "Texte plus petit",
            "<Control>minus",
            MenuItem::SmallerText,
        ),
        (
            "normal",
            "Taille normale",
            "<Control>0",
            MenuItem::NormalText,
        ),
    ],
    &[
        ("shortcuts", "Raccourcis", "F1", MenuItem::Shortcuts),
        ("about", "À propos de msg", "", MenuItem::About),
    ],
];

/// The button that opens the menu; its items are actions of `window`.
pub fn button(window: &gtk::Window, actions: &UserActions) -> gtk::MenuButton {
    let menu = gio::Menu::new();
    let group = gio::SimpleActionGroup::new();
    for items in SECTIONS {
        let section = gio::Menu::new();
        for (name, label, key, item) in items {
            let entry = gio::MenuItem::new(Some(label), Some(&format!("msg.{name}")));
            entry.set_attribute_value("accel", Some(&key.to_variant()));
            section.append_item(&entry);
            let action = gio::SimpleAction::new(name, None);
            action.connect_activate(clone!(
                #[strong]
                actions,
                move |_, _| actions.ask(UserAction::Menu(*item))
            ));
            group.add_action(&action);
        }
        menu.append_section(None, &section);
    }
    window.insert_action_group("msg", Some(&group));
    let button = gtk::MenuButton::builder()
        .icon_name("open-menu-symbolic")
        .menu_model(&menu)
        .primary(true)
        .tooltip_text("Menu (F10)")
        .build();
    button.update_property(&[gtk::accessible::Property::Label("Menu")]);
    button
}

/// Ctrl+Q leaves the discussion, as « Quitter » does; Ctrl+W closes the window; and the keys of the menu.
pub fn shortcuts(actions: &UserActions) -> gtk::ShortcutController {
    const CONTROL: ModifierType = ModifierType::CONTROL_MASK;

    let shortcuts = gtk::ShortcutController::new();
    shortcuts.set_scope(gtk::ShortcutScope::Global);
    let mut keys = vec![
        (Key::q, CONTROL, UserAction::Quit),
        (Key::w, CONTROL, UserAction::Close),
        // Where there is no Shift between the person and the sign, or another keyboard.
        (Key::equal, CONTROL, UserAction::Menu(MenuItem::LargerText)),
        (Key::KP_Add, CONTROL, UserAction::Menu(MenuItem::LargerText)),
        (
            Key::KP_Subtract,
            CONTROL,
            UserAction::Menu(MenuItem::SmallerText),
        ),
        (Key::KP_0, CONTROL, UserAction::Menu(MenuItem::NormalText)),
    ];
    for (_, _, accelerator, item) in SECTIONS.into_iter().flatten() {
        if let Some((key, held)) = gtk::accelerator_parse(*accelerator) {
            keys.push((key, held, UserAction::Menu(*item)));
        }
    }
    for (key, held, action) in keys {
        let ask = clone!(
            #[strong]
            actions,
            move |_: &gtk::Widget, _: Option<&glib::Variant>| {
                actions.ask(action.clone());
                Propagation::Stop
            }
        );
        shortcuts.add_shortcut(gtk::Shortcut::new(
            Some(gtk::KeyvalTrigger::new(key, held)),
            Some(gtk::CallbackAction::new(ask)),
        ));
    }
    shortcuts
}

/// What keys and typed commands do.
const HELP: [(&str, &str); 17] = [
    ("Entrée", "envoyer"),
    (
        "Maj+Entrée",
        "passer à la ligne ; chaque ligne part comme un message",
    ),
    (
        "Échap",
        "répondre non, ou reprendre un texte qui attend de partir",
    ),
    ("Page préc., suiv.", "parcourir la discussion"),
    ("Ctrl+.", "choisir un emoji"),
    ("Ctrl+F", "rechercher dans la discussion"),
    ("Ctrl+Maj+C", "copier toute la discussion"),
    ("Ctrl+S", "enregistrer la discussion dans un fichier"),
    (
        "Ctrl+plus, moins, 0",
        "texte plus grand, plus petit, normal",
    ),
    ("F10", "ouvrir le menu"),
    ("F1", "afficher ces raccourcis"),
    ("Ctrl+Q, Alt+Q", "quitter la discussion ; la fenêtre reste"),
    (
        "Ctrl+W",
        "fermer la fenêtre, après avoir quitté la discussion",
    ),
    (
        "/history [n]",
        "revoir les n derniers messages (20 sans nombre)",
    ),
    ("/help", "afficher ces raccourcis"),
    ("//texte", "envoyer « /texte »"),
    ("/say texte", "envoyer « texte » tel quel, même « quitter »"),
];

/// Shows what keys and typed commands do, in a window that Escape closes.
pub fn show_shortcuts(parent: &gtk::Window) {
    let rows = gtk::Grid::builder()
        .row_spacing(8)
        .column_spacing(18)
        .css_classes(["shortcuts"])
        .build();
    for (row, (keys, deed)) in HELP.iter().enumerate() {
        let cell = |text: &str, class: &[&str]| {
            gtk::Label::builder()
                .label(text)
                .wrap(true)
                .xalign(0.0)
                .yalign(0.0)
                .css_classes(class)
                .build()
        };
        rows.attach(&cell(keys, &["keys"]), 0, row as i32, 1, 1);
        let deed = cell(deed, &[]);
        deed.set_hexpand(true);
        rows.attach(&deed, 1, row as i32, 1, 1);
    }
    let scroll = gtk::ScrolledWindow::builder()
        .child(&rows)
        .hscrollbar_policy(gtk::PolicyType::Never)
        .propagate_natural_height(true)
        .max_content_height(640)
        .build();
    let window = gtk::Window::builder()
        .title("Raccourcis")
        .transient_for(parent)
        .modal(true)
        .destroy_with_parent(true)
        .default_width(460)
        .child(&scroll)
        .build();
    let close = clone!(
        #[weak]
        window,
        move || window.close()
    );
    on_key(&window, &[Key::Escape, Key::F1], close);
    window.present();
}

/// Says what this program is.
pub fn show_about(parent: &gtk::Window) {
    gtk::AboutDialog::builder()
        .transient_for(parent)
        .modal(true)
        .destroy_with_parent(true)
        .program_name("msg")
        .version(env!("CARGO_PKG_VERSION"))
        .comments("Deux personnes se parlent par écrit, à travers un relais.")
        .license_type(gtk::License::Apache20)
        .logo_icon_name("user-available-symbolic")
        .build()
        .present();
}
