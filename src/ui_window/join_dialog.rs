//! The dialog that asks for the relay's address and for a name, when the command line leaves them out.

use gtk::gdk;
use gtk::glib::{Propagation, clone};
use gtk::prelude::*;
use smol::channel::TrySendError;

use super::{button, last_used};
use crate::options::{self, Address};
use crate::protocol::wire::Name;

/// Whom to call, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub address: Address,
    pub name: Name,
}

/// What a person does with the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Join,
    Cancel,
}

/// Asks until the answer makes sense; `None` when the dialog is closed instead. Does not ask for what is known.
///
/// Both fields begin with what is known, or else with what was typed the last time.
pub async fn ask(address: Option<Address>, name: Option<Name>) -> Option<Answer> {
    let (address, name) = match (address, name) {
        (Some(address), Some(name)) => return Some(Answer { address, name }),
        some => some,
    };
    let (last_address, last_name) = last_used::recall();
    let address = address.or(last_address);
    let name = name.or(last_name);
    let (choices, choice) = smol::channel::bounded(1);
    let choose = move |choice| {
        // A second one while the first is looked at is the same hand, still on the mouse.
        let _: Result<(), TrySendError<Choice>> = choices.try_send(choice);
    };
    let dialog = Dialog::open(
        &address.map_or_else(String::new, |address| address.to_string()),
        &name.map_or_else(String::new, |name| name.to_string()),
        choose,
    );
    let answer = loop {
        match choice.recv().await {
            Ok(Choice::Join) => match dialog.answer() {
                Some(answer) => break Some(answer),
                None => continue,
            },
            Ok(Choice::Cancel) | Err(_) => break None,
        }
    };
    dialog.window.destroy();
    if let Some(Answer { address, name }) = &answer {
        // Next time the fields are empty: no reason to keep two people from talking.
        drop(last_used::remember(address, name));
    }
    answer
}

struct Dialog {
    window: gtk::Window,
    address: gtk::Entry,
    name: gtk::Entry,
    mistake: gtk::Label,
}

impl Dialog {
    fn open(address: &str, name: &str, choose: impl Fn(Choice) + Clone + 'static) -> Dialog {
        let entry = |text: &str, example: &str| {
            gtk::Entry::builder()
                .text(text)
                .placeholder_text(example)
                .activates_default(true)
                .hexpand(true)
                .build()
        };
        let address = entry(address, "192.168.1.12:5000");
        let name = entry(name, "Zoé");
        let mistake = gtk::Label::builder()
            .wrap(true)
            .xalign(0.0)
            .width_chars(40)
            .css_classes(["error"])
            .accessible_role(gtk::AccessibleRole::Alert)
            .visible(false)
            .build();
        let fields = gtk::Grid::builder()
            .row_spacing(12)
            .column_spacing(12)
            .margin_top(18)
            .margin_bottom(18)
            .margin_start(18)
            .margin_end(18)
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
            fields.attach(&label, 0, row as i32, 1, 1);
            fields.attach(entry, 1, row as i32, 1, 1);
        }
        fields.attach(&mistake, 0, 2, 2, 1);
        let button = |label: &str, choice| {
            let button = button(label);
            button.connect_clicked(clone!(
                #[strong]
                choose,
                move |_| choose(choice)
            ));
            button
        };
        let join = button("R_ejoindre", Choice::Join);
        join.add_css_class("suggested-action");
        let header = gtk::HeaderBar::builder().show_title_buttons(false).build();
        header.pack_start(&button("_Annuler", Choice::Cancel));
        header.pack_end(&join);
        let window = gtk::Window::builder()
            .title("Rejoindre une discussion")
            .titlebar(&header)
            .child(&fields)
            .default_widget(&join)
            .default_width(440)
            .resizable(false)
            .build();
        window.connect_close_request(clone!(
            #[strong]
            choose,
            move |_| {
                choose(Choice::Cancel);
                Propagation::Stop
            }
        ));
        let escape = gtk::EventControllerKey::new();
        escape.connect_key_pressed(move |_, key, _, _| {
            if key != gdk::Key::Escape {
                return Propagation::Proceed;
            }
            choose(Choice::Cancel);
            Propagation::Stop
        });
        window.add_controller(escape);
        // What is missing first has the first key.
        match address.text().is_empty() {
            true => address.grab_focus(),
            false => name.grab_focus(),
        };
        window.present();
        Dialog {
            window,
            address,
            name,
            mistake,
        }
    }

    /// What was typed, or nothing if that makes no sense; then the dialog says why.
    fn answer(&self) -> Option<Answer> {
        let address = options::address(&self.address.text());
        let name = self.name.text().parse::<Name>();
        let (mistake, where_it_is) = match (address, name) {
            (Ok(address), Ok(name)) => return Some(Answer { address, name }),
            (Err(mistake), _) => (mistake.to_string(), &self.address),
            (_, Err(mistake)) => (mistake.to_string(), &self.name),
        };
        self.mistake.set_text(&mistake);
        self.mistake.set_visible(true);
        where_it_is.grab_focus();
        None
    }
}
