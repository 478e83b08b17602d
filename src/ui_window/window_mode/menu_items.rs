//! What the items of the menu do.

use std::fs;

use gtk::glib::clone;
use gtk::prelude::*;

use super::WindowMode;
use crate::display;
use crate::ui_window::actions::{MenuItem, UserAction};
use crate::ui_window::menu;

impl WindowMode {
    pub(super) fn choose(&mut self, item: MenuItem) {
        /// In percent, at a time.
        const STEP: u32 = 10;

        let main_window = &mut self.main_window;
        match item {
            MenuItem::CopyAll => main_window
                .window
                .clipboard()
                .set_text(&main_window.message_list.text()),
            MenuItem::Save => self.save(),
            MenuItem::Search => main_window.search.open(),
            MenuItem::LargerText => main_window.scale_text(|percent| percent + STEP),
            MenuItem::SmallerText => main_window.scale_text(|percent| percent.saturating_sub(STEP)),
            MenuItem::NormalText => main_window.scale_text(|_| 100),
            MenuItem::Shortcuts => menu::show_shortcuts(&main_window.window),
            MenuItem::About => menu::show_about(&main_window.window),
        }
    }

    /// Asks for a file, and writes what the window shows into it.
    fn save(&self) {
        let text = format!("{}\n", self.main_window.message_list.text());
        let chooser = gtk::FileChooserNative::new(
            Some("Enregistrer la discussion"),
            Some(&self.main_window.window),
            gtk::FileChooserAction::Save,
            Some("_Enregistrer"),
            Some("_Annuler"),
        );
        chooser.set_current_name("discussion.txt");
        let asks = self.asks.clone();
        // It lives for as long as the closure holds it, which is until it is answered.
        chooser.connect_response(clone!(
            #[strong]
            chooser,
            move |_, response| {
                if response == gtk::ResponseType::Accept
                    && let Some(path) = chooser.file().and_then(|file| file.path())
                    && let Err(error) = fs::write(path, &text)
                {
                    let cause = display::system_error(&error);
                    asks.ask(UserAction::NotSaved(cause));
                }
                chooser.destroy();
            }
        ));
        chooser.show();
    }
}
