//! What a screen reader sees of a program: AT-SPI's tree of parts, each with its role, its name, its text and its state.

use gtk::gio::{self, DBusConnection, DBusConnectionFlags};
use gtk::glib::variant::FromVariant;
use gtk::glib::{Variant, VariantTy};
use gtk::prelude::*;

const ACCESSIBLE: &str = "org.a11y.atspi.Accessible";
const TEXT: &str = "org.a11y.atspi.Text";
const COMPONENT: &str = "org.a11y.atspi.Component";
const ROOT: &str = "/org/a11y/atspi/accessible/root";

/// In milliseconds: a program that is busy with 100,000 messages may take long to answer.
const TIMEOUT: i32 = 60_000;

/// The bus on which programs show themselves.
pub struct Accessibility {
    bus: DBusConnection,
}

/// One part of a program.
#[derive(Clone)]
pub struct Part {
    bus: DBusConnection,
    program: String,
    path: String,
}

/// What a part may be: AT-SPI's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Focused = 12,
    Sensitive = 24,
    Showing = 25,
}

/// Connects to a message bus.
pub fn connect(address: &str) -> DBusConnection {
    let flags =
        DBusConnectionFlags::AUTHENTICATION_CLIENT | DBusConnectionFlags::MESSAGE_BUS_CONNECTION;
    DBusConnection::for_address_sync(address, flags, None, gio::Cancellable::NONE)
        .expect("the bus answers")
}

impl Accessibility {
    /// The bus that belongs to a desktop's session.
    pub fn of(session: &DBusConnection) -> Accessibility {
        let answer = session
            .call_sync(
                Some("org.a11y.Bus"),
                "/org/a11y/bus",
                "org.a11y.Bus",
                "GetAddress",
                None,
                None,
                gio::DBusCallFlags::NONE,
                TIMEOUT,
                gio::Cancellable::NONE,
            )
            .expect("at-spi2-core is installed");
        let (address,) = answer.get::<(String,)>().expect("an address is a text");
        Accessibility {
            bus: connect(&address),
        }
    }

    pub fn bus(&self) -> &DBusConnection {
        &self.bus
    }

    /// Every window of every program.
    pub fn windows(&self) -> Vec<Part> {
        let desktop = Part {
            bus: self.bus.clone(),
            program: "org.a11y.atspi.Registry".to_owned(),
            path: ROOT.to_owned(),
        };
        let programs = desktop.children();
        programs.iter().flat_map(Part::children).collect()
    }
}

impl Part {
    /// Nothing for a part that is gone.
    pub fn children(&self) -> Vec<Part> {
        let children = self.call(ACCESSIBLE, "GetChildren", None);
        let children: Vec<(String, gtk::glib::variant::ObjectPath)> = children
            .and_then(|answer| answer.child_value(0).get())
            .unwrap_or_default();
        children
            .into_iter()
            .map(|(program, path)| Part {
                bus: self.bus.clone(),
                program,
                path: path.to_string(),
            })
            .collect()
    }

    /// This part and all within it.
    pub fn all(&self) -> Vec<Part> {
        let within = self.children().into_iter().flat_map(|part| part.all());
        std::iter::once(self.clone()).chain(within).collect()
    }

    /// The parts of a role. What is hidden is no part of the tree.
    pub fn with_role(&self, role: &str) -> Vec<Part> {
        let mut parts = self.all();
        parts.retain(|part| part.role() == role);
        parts
    }

    pub fn role(&self) -> String {
        let answer = self.call(ACCESSIBLE, "GetRoleName", None);
        answer
            .and_then(|answer| answer.get::<(String,)>())
            .map_or_else(String::new, |(role,)| role)
    }

    pub fn name(&self) -> String {
        self.property(ACCESSIBLE, "Name").unwrap_or_default()
    }

    /// What else it says of itself.
    pub fn attributes(&self) -> String {
        let answer = self.call(ACCESSIBLE, "GetAttributes", None);
        answer.map_or_else(String::new, |answer| answer.to_string())
    }

    /// The text of a part that has one.
    pub fn text(&self) -> String {
        self.text_between(0, i32::MAX)
    }

    /// The last `characters` of that text: all of a long one takes the program as long as showing a hundred messages.
    pub fn end_of_text(&self, characters: i32) -> String {
        let length: i32 = self.property(TEXT, "CharacterCount").unwrap_or_default();
        self.text_between((length - characters).max(0), length)
    }

    fn text_between(&self, from: i32, to: i32) -> String {
        let answer = self.call(TEXT, "GetText", Some((from, to).to_variant()));
        answer
            .and_then(|answer| answer.get::<(String,)>())
            .map_or_else(String::new, |(text,)| text)
    }

    pub fn is(&self, state: State) -> bool {
        let answer = self.call(ACCESSIBLE, "GetState", None);
        let states: Vec<u32> = answer
            .and_then(|answer| answer.child_value(0).get())
            .unwrap_or_default();
        let number = state as usize;
        states
            .get(number / 32)
            .is_some_and(|word| word >> (number % 32) & 1 == 1)
    }

    /// Its left, top, width and height within its window, in pixels.
    pub fn extents(&self) -> (i32, i32, i32, i32) {
        const WITHIN_THE_WINDOW: u32 = 1;
        let arguments = (WITHIN_THE_WINDOW,).to_variant();
        let answer = self.call(COMPONENT, "GetExtents", Some(arguments));
        answer
            .and_then(|answer| answer.child_value(0).get())
            .expect("what is shown has a place")
    }

    /// Where the character at `offset` stands within its window.
    pub fn character_extents(&self, offset: i32) -> (i32, i32, i32, i32) {
        const WITHIN_THE_WINDOW: u32 = 1;
        let arguments = (offset, WITHIN_THE_WINDOW).to_variant();
        let answer = self.call(TEXT, "GetCharacterExtents", Some(arguments));
        answer
            .and_then(|answer| answer.get())
            .expect("a character has a place")
    }

    /// The whole tree, for whoever reads why a test failed.
    pub fn tree(&self) -> String {
        let mut tree = String::new();
        self.describe(0, &mut tree);
        tree
    }

    fn describe(&self, depth: usize, tree: &mut String) {
        let text = self.text();
        tree.push_str(&format!(
            "{:indent$}{} {:?} {:?}\n",
            "",
            self.role(),
            self.name(),
            text.chars().take(2000).collect::<String>(),
            indent = 2 * depth
        ));
        for part in self.children() {
            part.describe(depth + 1, tree);
        }
    }

    fn property<T: FromVariant>(&self, interface: &str, name: &str) -> Option<T> {
        let arguments = (interface, name).to_variant();
        let answer = self.call("org.freedesktop.DBus.Properties", "Get", Some(arguments));
        answer?.child_value(0).as_variant()?.get()
    }

    /// Asks the program; nothing when the part is gone, or has nothing of the kind.
    fn call(&self, interface: &str, method: &str, arguments: Option<Variant>) -> Option<Variant> {
        self.bus
            .call_sync(
                Some(&self.program),
                &self.path,
                interface,
                method,
                arguments.as_ref(),
                None::<&VariantTy>,
                gio::DBusCallFlags::NO_AUTO_START,
                TIMEOUT,
                gio::Cancellable::NONE,
            )
            .ok()
    }
}
