//! The window: a person at a desktop talks to one other person.
//!
//! One loop on one thread (`window_mode`), the one that draws, owns all there is to know and the connection as well; what
//! GTK calls back only says what a person asked for.

mod actions;
mod autoscroll;
mod bubbles;
mod composer;
mod emoji;
mod invitation_bar;
mod join_dialog;
mod join_form;
mod last_used;
mod links;
mod main_window;
mod menu;
mod message_list;
mod notifier;
mod question_bar;
mod recorded;
mod search_bar;
mod status_bar;
mod theme;
mod window_mode;
mod words;
mod wrap_layout;

use std::io;
use std::path::PathBuf;

use gtk::gdk::Key;
use gtk::gio;
use gtk::glib::{MainContext, Propagation};
use gtk::prelude::*;

use crate::conversation::Outcome;
use crate::history::Record;
use crate::options::ClientDialect;

pub use join_form::{Answer, CodeField, Known};
use window_mode::WindowMode;

/// What the window needs to know.
#[derive(Debug)]
pub struct Settings {
    /// Who is called, and as whom.
    pub call: Answer,
    pub dialect: ClientDialect,
    /// Where to keep the conversation, if anywhere.
    pub record: Option<Record>,
    /// Where that is, for the next conversation.
    pub history: Option<PathBuf>,
}

/// A desktop to show windows on.
#[derive(Debug)]
pub struct Desktop {
    context: MainContext,
    /// Where notifications are shown and settings told, if anywhere.
    bus: Option<gio::DBusConnection>,
    _shade: Option<gio::SignalSubscription>,
}

/// There is no desktop: no X11 display, no Wayland compositor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoDisplay;

impl Desktop {
    /// Opens the desktop that the environment names. Windows are then this thread's business.
    ///
    /// # Errors
    /// When there is none.
    pub fn open() -> Result<Desktop, NoDisplay> {
        gtk::glib::set_prgname(Some("msg"));
        gtk::glib::set_application_name("msg");
        gtk::init().map_err(|_| NoDisplay)?;
        theme::dress(&gtk::gdk::Display::default().ok_or(NoDisplay)?);
        // GTK has the same connection already, or has failed to get one and says so where it matters.
        let bus = gio::bus_get_sync(gio::BusType::Session, gio::Cancellable::NONE).ok();
        Ok(Desktop {
            context: MainContext::default(),
            _shade: bus.as_ref().map(theme::follow_the_desktop),
            bus,
        })
    }

    /// Asks for what is not known of where to talk, as whom and under which code; `None` when nobody wants to say.
    pub fn ask(&self, known: Known) -> Option<Answer> {
        self.context.block_on(join_dialog::ask(known))
    }

    /// Talks in a window until it is closed and the connection has ended: the outcome is the last conversation's. The
    /// lines that never reached the other, and that nobody was told of in the window, are printed on standard error.
    ///
    /// # Errors
    /// When the system is out of file descriptors or of randomness.
    pub fn talk(&self, settings: Settings) -> io::Result<Outcome> {
        let window = WindowMode::open(settings, self.bus.clone())?;
        self.context.block_on(window.run())
    }
}

/// Calls `deed` when one of these keys is pressed and nothing else has a use for it.
fn on_key(window: &impl IsA<gtk::Widget>, wanted: &'static [Key], deed: impl Fn() + 'static) {
    let keys = gtk::EventControllerKey::new();
    keys.connect_key_pressed(move |_, key, _, _| {
        if !wanted.contains(&key) {
            return Propagation::Proceed;
        }
        deed();
        Propagation::Stop
    });
    window.add_controller(keys);
}

/// A text that takes as many rows as it needs. A hyphen where an address breaks would be read as part of it.
fn wrapping_label() -> gtk::Label {
    let attributes = gtk::pango::AttrList::new();
    attributes.insert(gtk::pango::AttrInt::new_insert_hyphens(false));
    gtk::Label::builder()
        .wrap(true)
        .wrap_mode(gtk::pango::WrapMode::WordChar)
        .attributes(&attributes)
        .xalign(0.0)
        .build()
}

/// A button with a mnemonic. GTK 4.8 would read out its label twice, once with the underscore: one of them is enough.
fn button(label: &str) -> gtk::Button {
    let button = gtk::Button::with_mnemonic(label);
    relabel(&button, label);
    button
}

fn relabel(button: &gtk::Button, label: &str) {
    button.set_label(label);
    button.reset_property(gtk::AccessibleProperty::Label);
}
