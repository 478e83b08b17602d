//! The window: a person at a desktop talks to one other person.
//!
//! One loop on one thread (`conversation`), the one that draws, owns all there is to know; what GTK calls back only
//! says what a person asked for. The connection lives in another thread, at the other end of `peer`'s channels.

mod actions;
mod autoscroll;
mod bubbles;
mod composer;
mod conversation;
mod join_dialog;
mod last_used;
mod links;
mod main_window;
mod message_list;
mod notifier;
mod status;
mod theme;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::panic;
use std::thread;
use std::time::Duration;

use futures_lite::FutureExt;
use gtk::gio;
use gtk::glib::MainContext;
use gtk::prelude::*;
use smol::Timer;

use crate::conversation::Outcome;
use crate::history::Record;
use crate::options::Address;
use crate::peer::Handle;
use crate::protocol::wire::Name;

use conversation::Conversation;
pub use join_dialog::Answer;

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
        theme::dress(&gtk::gdk::Display::default().ok_or(NoDisplay)?);
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
        self.context.block_on(join_dialog::ask(address, name))
    }

    /// Talks in a window until it is closed and the connection has ended.
    ///
    /// `connection` is held in a thread of its own; when nobody waits for it any more, it has a last `moment`. The lines
    /// that never reached the other are printed on standard error.
    ///
    /// # Errors
    /// Those of the connection, and when the system is out of file descriptors or threads.
    pub fn talk<F: Future<Output = io::Result<()>>>(
        &self,
        settings: Settings,
        handle: Handle,
        connection: impl FnOnce() -> F + Send + 'static,
        moment: Duration,
    ) -> io::Result<Outcome> {
        let conversation = Conversation::open(settings, handle, self.bus.clone())?;
        // Nothing is ever sent here: dropping one end tells the other that nobody waits for the connection any more.
        let (waiting, alone) = smol::channel::bounded::<Infallible>(1);
        let thread = thread::Builder::new().name("connexion".to_owned());
        let connection = thread.spawn(move || {
            let moment = async {
                let Err(_) = alone.recv().await;
                Timer::after(moment).await;
                Ok(())
            };
            // Whichever ends first ends the thread. A connection that loses hangs up.
            smol::block_on(connection().or(moment))
        })?;
        let outcome = self.context.block_on(conversation.run());
        drop(waiting);
        match connection.join() {
            Ok(ended) => ended?,
            Err(cause) => panic::resume_unwind(cause),
        }
        outcome
    }
}

/// A button with a mnemonic. GTK 4.8 would read out its label twice, once with the underscore: one of them is enough.
fn button(label: &str) -> gtk::Button {
    let button = gtk::Button::with_mnemonic(label);
    button.reset_property(gtk::AccessibleProperty::Label);
    button
}
