//! The window: a person at a desktop talks to one other person.
//!
//! One loop on one thread (`conversation`), the one that draws, owns all there is to know; what GTK calls back only
//! says what a person asked for. The connection lives in another thread, at the other end of `peer`'s channels.

mod actions;
mod ask;
mod attention;
mod bubbles;
mod conversation;
mod draft;
mod follow;
mod frame;
mod links;
mod remembered;
mod standing;
mod theme;
mod view;

use std::io;

use gtk::gio;
use gtk::glib::MainContext;

use crate::display::{Colour, Palette};
use crate::history::Record;
use crate::options::Address;
use crate::peer::Handle;
use crate::protocol::Line;
use crate::protocol::wire::Name;
use crate::ui_line::Outcome;
use crate::ui_line::conversation::{print, undelivered_rows};

pub use ask::Answer;
use conversation::Conversation;

/// What the window needs to know.
#[derive(Debug)]
pub struct Settings {
    /// One's own name.
    pub name: String,
    /// Who is called.
    pub address: String,
    /// Where to keep the conversation, if anywhere.
    pub record: Option<Record>,
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
        // GTK has the same connection already, or has failed to get one and says so where it matters.
        let bus = gio::bus_get_sync(gio::BusType::Session, gio::Cancellable::NONE).ok();
        Ok(Desktop {
            context: MainContext::default(),
            _shade: bus.as_ref().map(theme::follow_the_desktop),
            bus,
        })
    }

    /// Asks for what is not known of whom to call and as whom; `None` when nobody wants to say.
    pub fn ask(&self, address: Option<Address>, name: Option<Name>) -> Option<Answer> {
        self.context.block_on(ask::ask(address, name))
    }

    /// Talks in a window until it is closed and the connection has ended.
    ///
    /// The lines that never reached the other are printed on standard error as well.
    ///
    /// # Errors
    /// When the system is out of file descriptors.
    pub fn talk(&self, settings: Settings, connection: Handle) -> io::Result<Outcome> {
        self.context
            .block_on(Conversation::open(settings, connection, self.bus.clone())?.run())
    }
}

/// Prints the lines that never reached the other: the window that showed them is gone.
fn last_words(undelivered: &[Line], name: &str) {
    if undelivered.is_empty() {
        return;
    }
    let palette = Palette::new(Colour::choose(&io::stderr()));
    let rows = undelivered_rows(undelivered, name, &palette);
    use std::os::fd::AsFd;
    print(&rows, &io::stderr().as_fd().try_clone_to_owned().unwrap());
}
