//! The dialog that asks where to talk and under which name, when the command line leaves that out.

use gtk::gdk::Key;
use gtk::glib::{Propagation, clone};
use gtk::prelude::*;
use smol::channel::TrySendError;

use super::join_form::{Answer, JoinForm, Known};
use super::{button, last_used, on_key};
use crate::options::Place;

/// What a person does with the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Join,
    Cancel,
}

/// Asks until the answer makes sense; `None` when the dialog is closed instead. Does not ask for what is known.
///
/// The fields begin with what is known, or else with what was typed the last time; a code is remembered nowhere.
pub async fn ask(known: Known) -> Option<Answer> {
    if let Some(answer) = known.answer() {
        return Some(answer);
    }
    let (last_address, last_name) = last_used::recall();
    let known = Known {
        place: known.place.or(last_address.map(Place::Join)),
        name: known.name.or(last_name),
        code: known.code,
    };
    let (choices, choice) = smol::channel::bounded(1);
    let choose = move |choice| {
        // A second one while the first is looked at is the same hand, still on the mouse.
        let _: Result<(), TrySendError<Choice>> = choices.try_send(choice);
    };
    let (window, form) = open(known, choose);
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

fn open(known: Known, choose: impl Fn(Choice) + Clone + 'static) -> (gtk::Window, JoinForm) {
    let mut form = JoinForm::new(clone!(
        #[strong]
        choose,
        move || choose(Choice::Join)
    ));
    form.fill(known);
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
    on_key(&window, &[Key::Escape], move || choose(Choice::Cancel));
    // What is missing first has the first key.
    form.focus(form.first_missing());
    window.present();
    (window, form)
}
