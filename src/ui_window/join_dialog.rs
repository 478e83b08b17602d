//! The dialog that asks where to talk and under which name, when the command line leaves that out.

use gtk::gdk;
use gtk::glib::{Propagation, clone};
use gtk::prelude::*;
use smol::channel::TrySendError;

use super::join_form::{Answer, JoinForm};
use super::{button, last_used};
use crate::options::Place;
use crate::protocol::name::Name;

/// What a person does with the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Join,
    Cancel,
}

/// Asks until the answer makes sense; `None` when the dialog is closed instead. Does not ask for what is known.
///
/// Both fields begin with what is known, or else with what was typed the last time.
pub async fn ask(place: Option<Place>, name: Option<Name>) -> Option<Answer> {
    let (place, name) = match (place, name) {
        (Some(place), Some(name)) => return Some(Answer { place, name }),
        some => some,
    };
    let (last_address, last_name) = last_used::recall();
    let place = place.or(last_address.map(Place::Join));
    let name = name.or(last_name);
    let (choices, choice) = smol::channel::bounded(1);
    let choose = move |choice| {
        // A second one while the first is looked at is the same hand, still on the mouse.
        let _: Result<(), TrySendError<Choice>> = choices.try_send(choice);
    };
    let text = |known: Option<String>| known.unwrap_or_default();
    let (window, form) = open(
        place.as_ref(),
        &text(name.map(|name| name.to_string())),
        choose,
    );
    let answer = loop {
        match choice.recv().await {
            Ok(Choice::Join) => match form.answer() {
                Some(answer) => break Some(answer),
                None => continue,
            },
            Ok(Choice::Cancel) | Err(_) => break None,
        }
    };
    window.destroy();
    if let Some(answer) = &answer {
        answer.remember();
    }
    answer
}

fn open(
    place: Option<&Place>,
    name: &str,
    choose: impl Fn(Choice) + Clone + 'static,
) -> (gtk::Window, JoinForm) {
    let form = JoinForm::new(clone!(
        #[strong]
        choose,
        move || choose(Choice::Join)
    ));
    form.fill(place, name);
    form.widget().add_css_class("dialog-form");
    let button = |label: &str, choice| {
        let button = button(label);
        button.connect_clicked(clone!(
            #[strong]
            choose,
            move |_| choose(choice)
        ));
        button
    };
    let join = button("Commenc_er", Choice::Join);
    join.add_css_class("suggested-action");
    let header = gtk::HeaderBar::builder().show_title_buttons(false).build();
    header.pack_start(&button("_Annuler", Choice::Cancel));
    header.pack_end(&join);
    let window = gtk::Window::builder()
        .title("Discuter à deux")
        .titlebar(&header)
        .child(form.widget())
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
    form.focus(form.first_missing());
    window.present();
    (window, form)
}
