//! The window itself: who is there and how the link is, the display area, the input area, « Quitter ».

use gtk::gdk;
use gtk::glib::{self, Propagation, clone};
use gtk::prelude::*;

use super::actions::{UserAction, UserActions};
use super::button;
use super::composer::{Composer, Writing};
use super::message_list::{Kept, MessageList};
use super::theme;

/// A window with all its parts.
pub struct MainWindow {
    pub window: gtk::Window,
    pub message_list: MessageList,
    pub composer: Composer,
    /// Who is there.
    title: gtk::Label,
    /// How the link is.
    state: gtk::Label,
    quit: gtk::Button,
}

impl MainWindow {
    /// Shows an empty window.
    pub fn open(kept: Kept, actions: &UserActions) -> MainWindow {
        let message_list = MessageList::new(kept, actions);
        let composer = Composer::new(actions, message_list.autoscroll());
        let title = gtk::Label::builder()
            .css_classes(["title"])
            .ellipsize(gtk::pango::EllipsizeMode::End)
            .build();
        let state = gtk::Label::builder()
            .css_classes([theme::FAINT])
            .ellipsize(gtk::pango::EllipsizeMode::End)
            .accessible_role(gtk::AccessibleRole::Status)
            .build();
        let titles = gtk::Box::builder()
            .orientation(gtk::Orientation::Vertical)
            .valign(gtk::Align::Center)
            .build();
        titles.append(&title);
        titles.append(&state);
        let quit = button("_Quitter");
        quit.set_tooltip_text(Some("Quitter la discussion ; la fenêtre reste (Ctrl+Q)"));
        quit.connect_clicked(clone!(
            #[strong]
            actions,
            move |_| actions.ask(UserAction::Quit)
        ));
        let header = gtk::HeaderBar::builder().title_widget(&titles).build();
        header.pack_start(&quit);
        let content = gtk::Box::new(gtk::Orientation::Vertical, 0);
        content.append(message_list.widget());
        content.append(&gtk::Separator::new(gtk::Orientation::Horizontal));
        content.append(composer.widget());
        let window = gtk::Window::builder()
            .child(&content)
            .titlebar(&header)
            .default_width(560)
            .default_height(640)
            .build();
        window.add_controller(shortcuts(actions));
        window.connect_close_request(clone!(
            #[strong]
            actions,
            move |_| {
                actions.ask(UserAction::Close);
                Propagation::Stop
            }
        ));
        window.connect_is_active_notify(clone!(
            #[strong]
            actions,
            move |_| actions.ask(UserAction::FocusChanged)
        ));
        if let Some(settings) = gtk::Settings::default() {
            let shaded = clone!(
                #[strong]
                actions,
                move |_: &gtk::Settings| actions.ask(UserAction::ThemeChanged)
            );
            settings.connect_gtk_theme_name_notify(shaded.clone());
            settings.connect_gtk_application_prefer_dark_theme_notify(shaded);
        }
        composer.focus();
        window.present();
        message_list.shade();
        MainWindow {
            window,
            message_list,
            composer,
            title,
            state,
            quit,
        }
    }

    /// Says who is there, how the link is, and how many messages came while nobody looked.
    pub fn set_title(&self, title: &str, state: &str, unseen: usize) {
        self.title.set_text(title);
        self.state.set_text(state);
        let title = match unseen {
            0 => title.to_owned(),
            n => format!("({n}) {title}"),
        };
        if self.window.title().as_deref() != Some(&title) {
            self.window.set_title(Some(&title));
        }
    }

    /// Says what may be written, and why not, if that is not plain. What can be written can be left.
    pub fn set_writing(&self, writing: Writing, hint: &str) {
        self.composer.set(writing, hint);
        self.quit.set_sensitive(writing != Writing::Over);
    }

    /// Comes to the front, by leave of the token that the desktop gave for it.
    pub fn present(&self, token: Option<&str>) {
        if let Some(token) = token {
            self.window.set_startup_id(token);
        }
        self.window.present();
    }
}

/// Ctrl+Q leaves the discussion, as « Quitter » does; Ctrl+W closes the window; F1 helps.
fn shortcuts(actions: &UserActions) -> gtk::ShortcutController {
    let shortcuts = gtk::ShortcutController::new();
    shortcuts.set_scope(gtk::ShortcutScope::Global);
    let control = gdk::ModifierType::CONTROL_MASK;
    for (key, held, action) in [
        (gdk::Key::q, control, UserAction::Quit),
        (gdk::Key::w, control, UserAction::Close),
        (gdk::Key::F1, gdk::ModifierType::empty(), UserAction::Help),
    ] {
        let ask = clone!(
            #[strong]
            actions,
            move |_: &gtk::Widget, _: Option<&glib::Variant>| {
                actions.ask(action.clone());
                Propagation::Stop
            }
        );
        let trigger = gtk::KeyvalTrigger::new(key, held);
        shortcuts.add_shortcut(gtk::Shortcut::new(
            Some(trigger),
            Some(gtk::CallbackAction::new(ask)),
        ));
    }
    shortcuts
}
