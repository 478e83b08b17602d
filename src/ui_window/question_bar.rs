//! What the window asks its person, and what it offers once a discussion is over: in the window itself, above the input
//! area, so that the conversation can still be read.

use gtk::glib::clone;
use gtk::prelude::*;

use super::actions::{UserAction, UserActions};
use super::wrap_layout::wrapping_box;
use super::{button, wrapping_label};

/// A sentence and the buttons that answer it; hidden where nothing is asked.
pub struct QuestionBar {
    widget: gtk::Box,
    sentence: gtk::Label,
    buttons: gtk::Box,
    actions: UserActions,
}

/// How much a button stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ButtonStyle {
    Plain,
    Suggested,
    Destructive,
}

/// A button: its label, with an underscore before its mnemonic, what it asks for, and its looks.
pub type Choice<'c> = (&'c str, UserAction, ButtonStyle);

impl QuestionBar {
    pub fn new(actions: &UserActions) -> QuestionBar {
        let sentence = wrapping_label();
        sentence.set_accessible_role(gtk::AccessibleRole::Alert);
        let buttons = wrapping_box(&[]);
        let widget = gtk::Box::builder()
            .orientation(gtk::Orientation::Vertical)
            .spacing(8)
            .css_classes(["question"])
            .visible(false)
            .build();
        widget.append(&sentence);
        widget.append(&buttons);
        QuestionBar {
            widget,
            sentence,
            buttons,
            actions: actions.clone(),
        }
    }

    pub fn widget(&self) -> &gtk::Box {
        &self.widget
    }

    /// Asks, instead of whatever was asked before. The first choice has the keyboard, which is to be the one that
    /// changes nothing.
    pub fn ask(&self, sentence: &str, choices: &[Choice]) {
        self.offer(sentence, choices);
        if let Some(button) = self.buttons.first_child() {
            button.grab_focus();
        }
    }

    /// Offers without taking the keyboard.
    pub fn offer(&self, sentence: &str, choices: &[Choice]) {
        self.sentence.set_text(sentence);
        self.sentence.set_visible(!sentence.is_empty());
        while let Some(child) = self.buttons.first_child() {
            self.buttons.remove(&child);
        }
        for (label, action, style) in choices {
            let button = button(label);
            match style {
                ButtonStyle::Plain => {}
                ButtonStyle::Suggested => button.add_css_class("suggested-action"),
                ButtonStyle::Destructive => button.add_css_class("destructive-action"),
            }
            button.connect_clicked(clone!(
                #[strong(rename_to = actions)]
                self.actions,
                #[strong]
                action,
                move |_| actions.ask(action.clone())
            ));
            self.buttons.append(&button);
        }
        self.widget.set_visible(true);
    }

    pub fn clear(&self) {
        self.widget.set_visible(false);
    }
}
