//! Where to talk, under which name and under which code: at a relay that is called, or at one that is opened here. Asked in the dialog
//! before the first discussion, and in the window before the next one.

use std::io;

use gtk::glib::clone;
use gtk::prelude::*;

use super::{button, last_used};
use crate::code;
use crate::display;
use crate::options::{self, Place};
use crate::protocol::name::Name;
use crate::protocol::seal::Code;
use crate::relay;

/// Where to talk, as whom, and under which code, if any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub place: Place,
    pub name: Name,
    pub code: Option<Code>,
}

/// What is known of an answer before anybody is asked.
#[derive(Clone, Debug)]
pub struct Known {
    pub place: Option<Place>,
    pub name: Option<Name>,
    pub code: CodeField,
}

/// Whether a code is asked for, and the one that is known.
#[derive(Clone, Debug)]
pub enum CodeField {
    /// Plain text cannot be sealed.
    Absent,
    Optional(Option<Code>),
    /// As `--code` asks for.
    Required(Option<Code>),
}

impl CodeField {
    fn known(&self) -> Option<&Code> {
        match self {
            CodeField::Absent => None,
            CodeField::Optional(code) | CodeField::Required(code) => code.as_ref(),
        }
    }

    fn is_required(&self) -> bool {
        matches!(self, CodeField::Required(_))
    }
}

impl Known {
    /// The answer, where nothing has to be asked.
    pub fn answer(&self) -> Option<Answer> {
        let code = self.code.known().cloned();
        if code.is_none() && self.code.is_required() {
            return None;
        }
        Some(Answer {
            place: self.place.clone()?,
            name: self.name.clone()?,
            code,
        })
    }
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
    code: CodeEntry,
    mistake: gtk::Label,
}

/// The field of the code, with the button that draws one.
#[derive(Clone)]
struct CodeEntry {
    label: gtk::Label,
    entry: gtk::Entry,
    draw: gtk::Button,
    is_required: bool,
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Address,
    Port,
    Name,
    Code,
}

impl CodeEntry {
    fn new(entry: gtk::Entry, mistake: &gtk::Label) -> CodeEntry {
        // Memory that is wiped, and written to no disk.
        entry.set_buffer(&gtk::PasswordEntryBuffer::new());
        let draw = button("_Tirer un code");
        draw.set_tooltip_text(Some(
            "Deux mots tirés au sort, à dire à l'autre de vive voix",
        ));
        draw.connect_clicked(clone!(
            #[strong]
            entry,
            #[strong]
            mistake,
            move |_| {
                match code::draw_anew() {
                    Ok(code) => {
                        entry.set_text(code.reveal());
                        mistake.set_visible(false);
                    }
                    Err(error) => tell(&mistake, &display::system_error(&error)),
                }
                entry.grab_focus();
            }
        ));
        CodeEntry {
            label: label("_Code", &entry),
            entry,
            draw,
            is_required: false,
        }
    }

    fn fill(&mut self, known: &CodeField) {
        let is_shown = !matches!(known, CodeField::Absent);
        self.label.set_visible(is_shown);
        self.entry.set_visible(is_shown);
        self.draw.set_visible(is_shown);
        self.is_required = known.is_required();
        self.entry.set_placeholder_text(Some(if self.is_required {
            "convenu de vive voix"
        } else {
            "aucun : discussion en clair"
        }));
        self.entry
            .set_text(known.known().map_or("", |code| code.reveal()));
    }

    /// What was typed, or why that is no code.
    fn code(&self) -> Result<Option<Code>, &'static str> {
        let typed = self.entry.text();
        if typed.trim().is_empty() {
            return if self.is_required {
                Err("donnez le code convenu de vive voix, ou tirez-en un.")
            } else {
                Ok(None)
            };
        }
        code::read(&typed).map(Some).map_err(|_| display::BAD_CODE)
    }
}

fn label(text: &str, field: &gtk::Entry) -> gtk::Label {
    gtk::Label::builder()
        .label(text)
        .use_underline(true)
        .mnemonic_widget(field)
        .xalign(1.0)
        .build()
}

fn tell(mistake: &gtk::Label, sentence: &str) {
    mistake.set_text(sentence);
    mistake.set_visible(true);
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
        let code = CodeEntry::new(entry(""), &mistake);
        let code_row = gtk::Box::builder().spacing(6).build();
        code_row.append(&code.entry);
        code_row.append(&code.draw);
        let address_label = label("_Relais", &address);
        let port_label = label("_Port", &port);
        let rows: [(&gtk::Label, &gtk::Widget); 4] = [
            (&address_label, address.upcast_ref()),
            (&port_label, port.upcast_ref()),
            (&label("Votre _nom", &name), name.upcast_ref()),
            (&code.label, code_row.upcast_ref()),
        ];
        widget.attach(&choice, 1, 0, 1, 1);
        for (row, (label, field)) in (1..).zip(rows) {
            widget.attach(label, 0, row, 1, 1);
            widget.attach(field, 1, row, 1, 1);
        }
        widget.attach(&mistake, 0, 5, 2, 1);
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
            code,
            mistake,
        }
    }

    pub fn widget(&self) -> &gtk::Grid {
        &self.widget
    }

    /// Fills it in.
    pub fn fill(&mut self, known: Known) {
        match &known.place {
            Some(Place::Host { port, .. }) => {
                self.host.set_active(true);
                self.port.set_text(&port.to_string());
            }
            Some(Place::Join(address)) => self.address.set_text(&address.to_string()),
            None => {}
        }
        let name = known.name.map(|name| name.to_string());
        self.name.set_text(&name.unwrap_or_default());
        self.code.fill(&known.code);
        self.mistake.set_visible(false);
    }

    /// Gives a field the keyboard.
    pub fn focus(&self, field: Field) {
        match field {
            Field::Address if self.host.is_active() => self.host.grab_focus(),
            Field::Address => self.address.grab_focus(),
            Field::Port => self.port.grab_focus(),
            Field::Name => self.name.grab_focus(),
            Field::Code => self.code.entry.grab_focus(),
        };
    }

    /// The first field that is empty, or else the last.
    pub fn first_missing(&self) -> Field {
        if self.address.text().is_empty() && !self.host.is_active() {
            Field::Address
        } else if self.code.is_required && !self.name.text().is_empty() {
            Field::Code
        } else {
            Field::Name
        }
    }

    /// What was typed, or nothing if that makes no sense; then the form says why.
    pub fn answer(&self) -> Option<Answer> {
        let place = if self.host.is_active() {
            self.opened_here()
        } else {
            options::address(&self.address.text())
                .map(Place::Join)
                .map_err(|mistake| (mistake.to_string(), Field::Address))
        };
        let name = self.name.text().parse::<Name>();
        let (mistake, where_it_is) = match (place, name, self.code.code()) {
            (Ok(place), Ok(name), Ok(code)) => return Some(Answer { place, name, code }),
            (Err(mistake), ..) => mistake,
            (_, Err(mistake), _) => (mistake.to_string(), Field::Name),
            (.., Err(mistake)) => (mistake.to_owned(), Field::Code),
        };
        if where_it_is == Field::Port {
            self.port.set_visible(true);
            self.port_label.set_visible(true);
        }
        tell(&self.mistake, &mistake);
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
