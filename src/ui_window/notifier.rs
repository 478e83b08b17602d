//! Calls a person who looks elsewhere: a notification on the desktop, and the window's urgency.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use gtk::gio::{self, SignalSubscription};
use gtk::glib::{self, clone};
use gtk::prelude::*;

use super::actions::{UserAction, UserActions};

/// Calls for attention, and takes the call back.
pub struct Notifier {
    window: gtk::Window,
    /// `None` where there is no desktop to notify.
    desktop: Option<NotificationServer>,
    called: Option<Instant>,
}

/// Whoever shows notifications, by the specification of freedesktop.org.
struct NotificationServer {
    bus: gio::DBusConnection,
    shown: Rc<Shown>,
    /// Clicks, and the token that goes before one.
    _clicks: [SignalSubscription; 2],
}

/// What the desktop has told us. Its answers come while the loop does something else, hence the cells.
#[derive(Default)]
struct Shown {
    /// The notification on the screen; 0 is none.
    id: Cell<u32>,
    /// Lets our window come to the front once.
    token: RefCell<Option<String>>,
    markup: Cell<Markup>,
}

/// Whether the desktop reads the body of a notification as markup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Markup {
    #[default]
    Read,
    Unknown,
}

/// While a person does not come, no sooner is there another notification: a hundred messages make one.
const SELDOM: Duration = Duration::from_secs(5);

/// In characters: more of a message does not stand in a notification.
const LONGEST: usize = 200;

const NOTIFICATIONS: &str = "org.freedesktop.Notifications";

impl Notifier {
    pub fn new(
        window: &gtk::Window,
        bus: Option<gio::DBusConnection>,
        actions: &UserActions,
    ) -> Notifier {
        Notifier {
            window: window.clone(),
            desktop: bus.map(|bus| NotificationServer::new(bus, actions)),
            called: None,
        }
    }

    /// Something came while the window was not in front.
    pub fn call(&mut self, summary: &str, body: &str) {
        self.set_urgent(true);
        let now = Instant::now();
        if self.called.is_none_or(|at| now >= at + SELDOM)
            && let Some(desktop) = &self.desktop
        {
            self.called = Some(now);
            desktop.notify(summary, body);
        }
    }

    /// Somebody looks.
    pub fn take_back(&mut self) {
        self.called = None;
        self.set_urgent(false);
        if let Some(desktop) = &self.desktop {
            desktop.withdraw();
        }
    }

    /// X11's hint. Under Wayland there is nothing of the kind, and the notification has to do.
    fn set_urgent(&self, urgent: bool) {
        let surface = self.window.surface();
        if let Some(surface) = surface.and_downcast_ref::<gdk_x11::X11Surface>() {
            surface.set_urgency_hint(urgent);
        }
    }
}

impl NotificationServer {
    fn new(bus: gio::DBusConnection, actions: &UserActions) -> NotificationServer {
        let shown = Rc::new(Shown::default());
        let subscribe = |member: &str, callback: Box<dyn Fn(u32, String)>| {
            bus.subscribe_to_signal(
                Some(NOTIFICATIONS),
                Some(NOTIFICATIONS),
                Some(member),
                None,
                None,
                gio::DBusSignalFlags::NONE,
                move |signal| {
                    if let Some((id, text)) = signal.parameters.get() {
                        callback(id, text);
                    }
                },
            )
        };
        let token = clone!(
            #[strong]
            shown,
            move |id, token| {
                if id == shown.id.get() {
                    shown.token.replace(Some(token));
                }
            }
        );
        let click = clone!(
            #[strong]
            shown,
            #[strong]
            actions,
            move |id, _| {
                if id == shown.id.get() {
                    actions.ask(UserAction::Present(shown.token.take()));
                }
            }
        );
        let clicks = [
            subscribe("ActivationToken", Box::new(token)),
            subscribe("ActionInvoked", Box::new(click)),
        ];
        let desktop = NotificationServer {
            bus,
            shown,
            _clicks: clicks,
        };
        desktop.ask_for_its_markup();
        desktop
    }

    fn ask_for_its_markup(&self) {
        let shown = self.shown.clone();
        self.call("GetCapabilities", None, move |answer| {
            if let Some((capabilities,)) = answer.get::<(Vec<String>,)>()
                && !capabilities.iter().any(|able| able == "body-markup")
            {
                shown.markup.set(Markup::Unknown);
            }
        });
    }

    fn notify(&self, summary: &str, body: &str) {
        let body: String = body.chars().take(LONGEST).collect();
        let body = match self.shown.markup.get() {
            Markup::Read => glib::markup_escape_text(&body).to_string(),
            Markup::Unknown => body,
        };
        let arguments = (
            "msg",
            self.shown.id.get(),
            "",
            summary,
            body,
            // A click on the notification itself is called this.
            ["default", "Afficher"].as_slice(),
            HashMap::from([("category", "im.received".to_variant())]),
            -1,
        );
        let shown = self.shown.clone();
        self.call("Notify", Some(&arguments.to_variant()), move |answer| {
            if let Some((id,)) = answer.get() {
                shown.id.set(id);
            }
        });
    }

    fn withdraw(&self) {
        let id = self.shown.id.take();
        if id > 0 {
            self.call("CloseNotification", Some(&(id,).to_variant()), |_| {});
        }
    }

    fn call(
        &self,
        method: &str,
        arguments: Option<&glib::Variant>,
        answered: impl FnOnce(glib::Variant) + 'static,
    ) {
        self.bus.call(
            Some(NOTIFICATIONS),
            "/org/freedesktop/Notifications",
            NOTIFICATIONS,
            method,
            arguments,
            None,
            gio::DBusCallFlags::NONE,
            -1,
            gio::Cancellable::NONE,
            // A desktop without notifications refuses: then the window's title says it alone.
            |answer| drop(answer.map(answered)),
        );
    }
}
