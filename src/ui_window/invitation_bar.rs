//! What is awaited, said at once; and while that is the other person, the line that they type to come.

use gtk::glib::clone;
use gtk::prelude::*;

use super::actions::{UserAction, UserActions};
use super::{button, relabel, wrapping_label};

/// A sentence, a line to type and a button that copies it; hidden once both are there.
pub struct InvitationBar {
    widget: gtk::Box,
    sentence: gtk::Label,
    line: gtk::Label,
    copy: gtk::Button,
}

const COPY: &str = "_Copier la ligne";

impl InvitationBar {
    pub fn new(actions: &UserActions) -> InvitationBar {
        let sentence = wrapping_label();
        let line = wrapping_label();
        line.add_css_class("monospace");
        line.set_selectable(true);
        // It can be selected by the mouse; keys find the button.
        line.set_focusable(false);
        let copy = button(COPY);
        copy.set_halign(gtk::Align::Start);
        copy.connect_clicked(clone!(
            #[strong]
            actions,
            move |_| actions.ask(UserAction::CopyInvitation)
        ));
        let widget = gtk::Box::builder()
            .orientation(gtk::Orientation::Vertical)
            .spacing(6)
            .css_classes(["banner"])
            .visible(false)
            .build();
        widget.append(&sentence);
        widget.append(&line);
        widget.append(&copy);
        InvitationBar {
            widget,
            sentence,
            line,
            copy,
        }
    }

    pub fn widget(&self) -> &gtk::Box {
        &self.widget
    }

    /// Says what is awaited, and the line to type if that helps.
    pub fn show(&self, sentence: &str, line: Option<&str>) {
        if self.widget.is_visible() && self.sentence.text() == sentence {
            return;
        }
        self.sentence.set_text(sentence);
        self.line.set_text(line.unwrap_or_default());
        self.line.set_visible(line.is_some());
        self.copy.set_visible(line.is_some());
        relabel(&self.copy, COPY);
        self.widget.set_visible(true);
    }

    /// The line is in the clipboard.
    pub fn tell_copied(&self) {
        relabel(&self.copy, "Copié");
    }

    pub fn line(&self) -> String {
        self.line.text().into()
    }

    pub fn hide(&self) {
        self.widget.set_visible(false);
    }
}
