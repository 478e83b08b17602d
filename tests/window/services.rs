//! What a desktop offers to programs on its session bus: notifications, and its choice between light and dark.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gtk::gio::{self, DBusConnection, DBusNodeInfo};
use gtk::glib::{self, Variant};
use gtk::prelude::*;

const NOTIFICATIONS: &str = "org.freedesktop.Notifications";
const NOTIFICATIONS_PATH: &str = "/org/freedesktop/Notifications";
const PORTAL: &str = "org.freedesktop.portal.Desktop";
const SETTINGS: &str = "org.freedesktop.portal.Settings";
const PORTAL_PATH: &str = "/org/freedesktop/portal/desktop";

const INTERFACES: &str = r#"
<node>
  <interface name="org.freedesktop.Notifications">
    <method name="GetCapabilities"><arg type="as" direction="out"/></method>
    <method name="Notify">
      <arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
      <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/>
      <arg type="a{sv}" direction="in"/><arg type="i" direction="in"/><arg type="u" direction="out"/>
    </method>
    <method name="CloseNotification"><arg type="u" direction="in"/></method>
  </interface>
  <interface name="org.freedesktop.portal.Settings">
    <method name="Read">
      <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="v" direction="out"/>
    </method>
  </interface>
</node>"#;

/// The services, and what was asked of them.
pub struct Services {
    bus: DBusConnection,
    pub notifications: Rc<RefCell<Vec<Notification>>>,
    pub withdrawn: Rc<RefCell<Vec<u32>>>,
    dark: Rc<Cell<bool>>,
}

/// What a program wanted to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    pub summary: String,
    pub body: String,
}

/// The number of every notification.
const ID: u32 = 7;

impl Services {
    pub fn offer(bus: &DBusConnection) -> Services {
        let services = Services {
            bus: bus.clone(),
            notifications: Rc::default(),
            withdrawn: Rc::default(),
            dark: Rc::default(),
        };
        let interfaces = DBusNodeInfo::for_xml(INTERFACES).expect("it is well formed");
        let (shown, withdrawn) = (services.notifications.clone(), services.withdrawn.clone());
        services.serve(
            &interfaces,
            NOTIFICATIONS,
            NOTIFICATIONS_PATH,
            move |method, asked| match method {
                "GetCapabilities" => (vec!["actions", "body", "body-markup"],).to_variant(),
                "Notify" => {
                    let text = |place| asked.child_value(place).get().expect("it is a text");
                    shown.borrow_mut().push(Notification {
                        summary: text(3),
                        body: text(4),
                    });
                    (ID,).to_variant()
                }
                _ => {
                    let (id,) = asked.get().expect("it is a number");
                    withdrawn.borrow_mut().push(id);
                    ().to_variant()
                }
            },
        );
        let dark = services.dark.clone();
        services.serve(&interfaces, SETTINGS, PORTAL_PATH, move |_, _| {
            let scheme = u32::from(dark.get()).to_variant();
            // The portal wraps its answer twice.
            (scheme.to_variant().to_variant(),).to_variant()
        });
        for name in [NOTIFICATIONS, PORTAL] {
            services.own(name);
        }
        services
    }

    /// Somebody clicks the notification.
    pub fn click(&self) {
        self.tell(
            NOTIFICATIONS,
            NOTIFICATIONS_PATH,
            "ActionInvoked",
            (ID, "default").to_variant(),
        );
    }

    /// Somebody turns the desktop dark.
    pub fn darken(&self) {
        self.dark.set(true);
        let change = (
            "org.freedesktop.appearance",
            "color-scheme",
            1_u32.to_variant(),
        );
        self.tell(SETTINGS, PORTAL_PATH, "SettingChanged", change.to_variant());
    }

    fn tell(&self, interface: &str, path: &str, signal: &str, parameters: Variant) {
        self.bus
            .emit_signal(None, path, interface, signal, Some(&parameters))
            .expect("the bus is there");
    }

    fn serve(
        &self,
        interfaces: &DBusNodeInfo,
        interface: &str,
        path: &str,
        answer: impl Fn(&str, Variant) -> Variant + 'static,
    ) {
        let interface = interfaces
            .lookup_interface(interface)
            .expect("it is among them");
        self.bus
            .register_object(path, &interface)
            .method_call(move |_, _, _, _, method, asked, invocation| {
                invocation.return_value(Some(&answer(method, asked)));
            })
            .build()
            .expect("nobody else serves it");
    }

    fn own(&self, name: &str) {
        self.bus
            .call_sync(
                Some("org.freedesktop.DBus"),
                "/org/freedesktop/DBus",
                "org.freedesktop.DBus",
                "RequestName",
                Some(&(name, 0_u32).to_variant()),
                None::<&glib::VariantTy>,
                gio::DBusCallFlags::NONE,
                -1,
                gio::Cancellable::NONE,
            )
            .expect("nobody else has the name");
    }
}
