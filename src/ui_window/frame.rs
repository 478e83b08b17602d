//! The window itself: who is there and how the link is, the display area, the input area, « Quitter ».

use gtk::gdk;
use gtk::glib::{self, Propagation, clone};
use gtk::prelude::*;

use super::actions::{Action, Actions};
use super::button;
use super::draft::{Draft, Writing};
use super::theme;
use super::view::{Kept, View};

/// A window with all its parts.
pub struct Frame {
    pub window: gtk::Window,
    pub view: View,
    pub draft: Draft,
    /// Who is there.
    title: gtk::Label,
    /// How the link is.
    state: gtk::Label,
    quit: gtk::Button,
}

impl Frame {
    /// Shows an empty window.
    pub fn open(kept: Kept, actions: &Actions) -> Frame {
        let view = View::new(kept, actions);
        let draft = Draft::new(actions, view.follow());
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
            move |_| actions.ask(Action::Quit)
        ));
        let header = gtk::HeaderBar::builder().title_widget(&titles).build();
        header.pack_start(&quit);
        let content = gtk::Box::new(gtk::Orientation::Vertical, 0);
        content.append(view.widget());
        content.append(&gtk::Separator::new(gtk::Orientation::Horizontal));
        content.append(draft.widget());
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
                actions.ask(Action::Close);
                Propagation::Stop
            }
        ));
        window.connect_is_active_notify(clone!(
            #[strong]
            actions,
            move |_| actions.ask(Action::Turned)
        ));
        if let Some(settings) = gtk::Settings::default() {
            let shaded = clone!(
                #[strong]
                actions,
                move |_: &gtk::Settings| actions.ask(Action::Shaded)
            );
            settings.connect_gtk_theme_name_notify(shaded.clone());
            settings.connect_gtk_application_prefer_dark_theme_notify(shaded);
        }
        draft.focus();
        window.present();
        view.shade();
        Frame {
            window,
            view,
            draft,
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
        self.draft.set(writing, hint);
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
fn shortcuts(actions: &Actions) -> gtk::ShortcutController {
    let shortcuts = gtk::ShortcutController::new();
    shortcuts.set_scope(gtk::ShortcutScope::Global);
    let control = gdk::ModifierType::CONTROL_MASK;
    for (key, held, action) in [
        (gdk::Key::q, control, Action::Quit),
        (gdk::Key::w, control, Action::Close),
        (gdk::Key::F1, gdk::ModifierType::empty(), Action::Help),
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
