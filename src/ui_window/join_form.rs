//! Two fields that ask for the relay's address and for a name: in the dialog before the first discussion, and in the
//! window before the next one.

use gtk::glib::clone;
use gtk::prelude::*;

use crate::options::{self, Address};
use crate::protocol::name::Name;

/// Whom to call, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub address: Address,
    pub name: Name,
}

/// The fields, and what is wrong with them.
#[derive(Clone)]
pub struct JoinForm {
    widget: gtk::Grid,
    address: gtk::Entry,
    name: gtk::Entry,
    mistake: gtk::Label,
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Address,
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
        let widget = gtk::Grid::builder()
            .row_spacing(12)
            .column_spacing(12)
            .build();
        for (row, (text, entry)) in [("_Relais", &address), ("Votre _nom", &name)]
            .into_iter()
            .enumerate()
        {
            let label = gtk::Label::builder()
                .label(text)
                .use_underline(true)
                .mnemonic_widget(entry)
                .xalign(1.0)
                .build();
            widget.attach(&label, 0, row as i32, 1, 1);
            widget.attach(entry, 1, row as i32, 1, 1);
        }
        widget.attach(&mistake, 0, 2, 2, 1);
        JoinForm {
            widget,
            address,
            name,
            mistake,
        }
    }

    pub fn widget(&self) -> &gtk::Grid {
        &self.widget
    }

    /// Fills it in.
    pub fn fill(&self, address: &str, name: &str) {
        self.address.set_text(address);
        self.name.set_text(name);
        self.mistake.set_visible(false);
    }

    /// Gives a field the keyboard.
    pub fn focus(&self, field: Field) {
        match field {
            Field::Address => self.address.grab_focus(),
            Field::Name => self.name.grab_focus(),
        };
    }

    /// The first field that is empty, or else the last.
    pub fn first_missing(&self) -> Field {
        match self.address.text().is_empty() {
            true => Field::Address,
            false => Field::Name,
        }
    }

    /// What was typed, or nothing if that makes no sense; then the form says why.
    pub fn answer(&self) -> Option<Answer> {
        let address = options::address(&self.address.text());
        let name = self.name.text().parse::<Name>();
        let (mistake, where_it_is) = match (address, name) {
            (Ok(address), Ok(name)) => return Some(Answer { address, name }),
            (Err(mistake), _) => (mistake.to_string(), Field::Address),
            (_, Err(mistake)) => (mistake.to_string(), Field::Name),
        };
        self.mistake.set_text(&mistake);
        self.mistake.set_visible(true);
        self.focus(where_it_is);
        None
    }
}
