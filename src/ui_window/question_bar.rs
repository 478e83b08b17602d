//! What the window asks its person, and what it offers once a discussion is over: in the window itself, above the input
//! area, so that the conversation can still be read.

use gtk::glib::clone;
use gtk::prelude::*;

use super::actions::{UserAction, UserActions};
use super::button;

/// A sentence and the buttons that answer it; hidden where nothing is asked.
pub struct QuestionBar {
    widget: gtk::Box,
    sentence: gtk::Label,
    buttons: gtk::FlowBox,
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
        let sentence = gtk::Label::builder()
            .wrap(true)
            .wrap_mode(gtk::pango::WrapMode::WordChar)
            .xalign(0.0)
            .accessible_role(gtk::AccessibleRole::Alert)
            .build();
        let buttons = gtk::FlowBox::builder()
            .selection_mode(gtk::SelectionMode::None)
            .activate_on_single_click(false)
            .max_children_per_line(4)
            .column_spacing(6)
            .row_spacing(6)
            .build();
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
        let first = self.buttons.child_at_index(0);
        if let Some(button) = first.and_then(|child| child.child()) {
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
            let child = gtk::FlowBoxChild::builder()
                .child(&button)
                .focusable(false)
                .build();
            self.buttons.append(&child);
        }
        self.widget.set_visible(true);
    }

    pub fn clear(&self) {
        self.widget.set_visible(false);
    }
}
