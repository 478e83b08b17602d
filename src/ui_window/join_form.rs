//! Where to talk, and under which name: at a relay that is called, or at one that is opened here. Asked in the dialog
//! before the first discussion, and in the window before the next one.

use std::io;

use gtk::glib::clone;
use gtk::prelude::*;

use super::last_used;
use crate::display;
use crate::options::{self, Place};
use crate::protocol::name::Name;
use crate::relay;

/// Where to talk, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub place: Place,
    pub name: Name,
}

impl Answer {
    /// For the next time that the form is filled in.
    pub fn remember(&self) {
        if let Place::Join(address) = &self.place {
            // Next time the fields are empty: no reason to keep two people from talking.
            drop(last_used::remember(address, &self.name));
        }
    }
}

/// Where the course's relays listen.
const PORT: &str = "5000";

/// The fields, and what is wrong with them.
#[derive(Clone)]
pub struct JoinForm {
    widget: gtk::Grid,
    /// Whether the discussion is to be opened here.
    host: gtk::CheckButton,
    address: gtk::Entry,
    port: gtk::Entry,
    port_label: gtk::Label,
    name: gtk::Entry,
    mistake: gtk::Label,
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Address,
    Port,
    Name,
}

impl JoinForm {
    /// `submitted` is called when Enter is pressed in a field.
    pub fn new(submitted: impl Fn() + Clone + 'static) -> JoinForm {
        let entry = |example: &str| {
            let entry = gtk::Entry::builder()
                .placeholder_text(example)
                .hexpand(true)
                .build();
            entry.connect_activate(clone!(
                #[strong]
                submitted,
                move |_| submitted()
            ));
            entry
        };
        let address = entry("192.168.1.12:5000");
        let name = entry("Zoé");
        let mistake = gtk::Label::builder()
            .wrap(true)
            .xalign(0.0)
            .css_classes(["error"])
            .accessible_role(gtk::AccessibleRole::Alert)
            .visible(false)
            .build();
        let port = entry(PORT);
        port.set_text(PORT);
        // A mnemonic would be read out with its underscore, as that of a button.
        let radio = |label: &str| {
            gtk::CheckButton::builder()
                .label(label)
                .accessible_role(gtk::AccessibleRole::Radio)
                .build()
        };
        let join = radio("Rejoindre");
        let host = radio("Ouvrir ici");
        host.set_group(Some(&join));
        join.set_active(true);
        let choice = gtk::Box::builder().spacing(12).build();
        choice.append(&join);
        choice.append(&host);
        let widget = gtk::Grid::builder()
            .row_spacing(12)
            .column_spacing(12)
            .build();
        let labels = [
            ("_Relais", &address),
            ("_Port", &port),
            ("Votre _nom", &name),
        ]
        .map(|(text, entry)| {
            gtk::Label::builder()
                .label(text)
                .use_underline(true)
                .mnemonic_widget(entry)
                .xalign(1.0)
                .build()
        });
        widget.attach(&choice, 1, 0, 1, 1);
        for (row, (label, entry)) in labels.iter().zip([&address, &port, &name]).enumerate() {
            widget.attach(label, 0, row as i32 + 1, 1, 1);
            widget.attach(entry, 1, row as i32 + 1, 1, 1);
        }
        widget.attach(&mistake, 0, 4, 2, 1);
        let [address_label, port_label, _] = labels;
        // The port is asked for once it is known to be taken.
        port.set_visible(false);
        port_label.set_visible(false);
        host.connect_toggled(clone!(
            #[strong]
            address,
            #[strong]
            address_label,
            #[strong]
            port,
            #[strong]
            port_label,
            #[strong]
            mistake,
            move |host| {
                address.set_visible(!host.is_active());
                address_label.set_visible(!host.is_active());
                if !host.is_active() {
                    port.set_visible(false);
                    port_label.set_visible(false);
                }
                mistake.set_visible(false);
            }
        ));
        JoinForm {
            widget,
            host,
            address,
            port,
            port_label,
            name,
            mistake,
        }
    }

    pub fn widget(&self) -> &gtk::Grid {
        &self.widget
    }

    /// Fills it in.
    pub fn fill(&self, place: Option<&Place>, name: &str) {
        match place {
            Some(Place::Host { port, .. }) => {
                self.host.set_active(true);
                self.port.set_text(&port.to_string());
            }
            Some(Place::Join(address)) => self.address.set_text(&address.to_string()),
            None => {}
        }
        self.name.set_text(name);
        self.mistake.set_visible(false);
    }

    /// Gives a field the keyboard.
    pub fn focus(&self, field: Field) {
        match field {
            Field::Address if self.host.is_active() => self.host.grab_focus(),
            Field::Address => self.address.grab_focus(),
            Field::Port => self.port.grab_focus(),
            Field::Name => self.name.grab_focus(),
        };
    }

    /// The first field that is empty, or else the last.
    pub fn first_missing(&self) -> Field {
        match self.address.text().is_empty() && !self.host.is_active() {
            true => Field::Address,
            false => Field::Name,
        }
    }

    /// What was typed, or nothing if that makes no sense; then the form says why.
    pub fn answer(&self) -> Option<Answer> {
        let place = match self.host.is_active() {
            true => self.opened_here(),
            false => options::address(&self.address.text())
                .map(Place::Join)
                .map_err(|mistake| (mistake.to_string(), Field::Address)),
        };
        let name = self.name.text().parse::<Name>();
        let (mistake, where_it_is) = match (place, name) {
            (Ok(place), Ok(name)) => return Some(Answer { place, name }),
            (Err(mistake), _) => mistake,
            (_, Err(mistake)) => (mistake.to_string(), Field::Name),
        };
        if where_it_is == Field::Port {
            self.port.set_visible(true);
            self.port_label.set_visible(true);
        }
        self.mistake.set_text(&mistake);
        self.mistake.set_visible(true);
        self.focus(where_it_is);
        None
    }

    /// A port of this machine that can be listened at.
    fn opened_here(&self) -> Result<Place, (String, Field)> {
        let text = self.port.text();
        let Ok(port) = text.trim().parse() else {
            let mistake = format!(
                "« {} » n'est pas un port : de 1 à 65535.",
                display::safe(&text)
            );
            return Err((mistake, Field::Port));
        };
        match relay::listen(None, port) {
            // Opened once more when the discussion begins.
            Ok(_) => Ok(Place::Host { host: None, port }),
            Err(error) => {
                let mistake = match error.kind() {
                    io::ErrorKind::AddrInUse => {
                        format!("le port {port} est déjà pris ici : choisissez-en un autre.")
                    }
                    _ => format!(
                        "impossible d'ouvrir ici : {}.",
                        display::system_error(&error)
                    ),
                };
                Err((mistake, Field::Port))
            }
        }
    }
}
