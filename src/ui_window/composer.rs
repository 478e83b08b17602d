//! The input area: a text that grows by some lines, what Enter does with it, and why it has to wait.

use std::rc::Rc;

use gtk::gdk;
use gtk::glib::{self, Propagation, clone};
use gtk::prelude::*;

use super::actions::{UserAction, UserActions};
use super::autoscroll::AutoScroll;
use super::theme;

/// What a person is writing.
pub struct Composer {
    widget: gtk::Box,
    area: gtk::TextView,
    scroll: gtk::ScrolledWindow,
    buffer: gtk::TextBuffer,
    /// What stands in an empty draft.
    placeholder: gtk::Label,
    /// Why the text waits.
    hint: gtk::Label,
}

/// What may be done to a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// It may be changed and sent.
    Open,
    /// It goes out as it is, later.
    Held,
    /// Never again.
    Over,
}

/// Most bytes in a draft: what goes out at once has to wait somewhere.
const MAX_BYTES: usize = 64 * 1024;

/// What stands in an empty draft.
const INVITATION: &str = "Écrire un message";

/// In em: around a draft.
const MARGIN: f64 = 0.9;
const SIDE_MARGIN: f64 = 0.7;

/// In em: a higher draft scrolls.
const MAX_HEIGHT: f64 = 9.0;

impl Composer {
    /// `display` scrolls by the keys that are of no use in a short text.
    pub fn new(actions: &UserActions, display: &Rc<AutoScroll>) -> Composer {
        let area = gtk::TextView::builder()
            .accepts_tab(false)
            .wrap_mode(gtk::WrapMode::WordChar)
            .build();
        area.update_property(&[
            gtk::accessible::Property::Label("Votre message"),
            gtk::accessible::Property::Placeholder(INVITATION),
        ]);
        area.add_controller(keys(actions, display));
        let buffer = area.buffer();
        refuse_what_is_too_long(&buffer, actions);
        let scroll = gtk::ScrolledWindow::builder()
            .child(&area)
            .hscrollbar_policy(gtk::PolicyType::Never)
            .has_frame(true)
            .propagate_natural_height(true)
            .build();
        scroll.add_css_class("ring");
        let layers = gtk::Overlay::builder().child(&scroll).build();
        let placeholder = placeholder(&buffer);
        layers.add_overlay(&placeholder);
        let hint = gtk::Label::builder()
            .wrap(true)
            .xalign(0.0)
            .margin_start(4)
            .margin_bottom(6)
            .accessible_role(gtk::AccessibleRole::Status)
            .visible(false)
            .build();
        let widget = gtk::Box::builder()
            .orientation(gtk::Orientation::Vertical)
            .css_classes(["composer", theme::SCALED])
            .build();
        widget.append(&hint);
        widget.append(&layers);
        Composer {
            widget,
            area,
            scroll,
            buffer,
            placeholder,
            hint,
        }
    }

    /// Has the margins and the height that suit the size of the font, in pixels.
    pub fn lay_out(&self, em: f64) {
        let (margin, side) = ((em * MARGIN) as i32, (em * SIDE_MARGIN) as i32);
        self.area.set_top_margin(margin);
        self.area.set_bottom_margin(margin);
        self.area.set_left_margin(side);
        self.area.set_right_margin(side);
        self.scroll.set_max_content_height((em * MAX_HEIGHT) as i32);
    }

    /// The text view itself.
    pub fn area(&self) -> &gtk::TextView {
        &self.area
    }

    /// Whether something is written that would be lost.
    pub fn has_draft(&self) -> bool {
        !self.text().trim().is_empty()
    }

    pub fn widget(&self) -> &gtk::Box {
        &self.widget
    }

    /// The text, with LF between its lines and none at its end.
    pub fn text(&self) -> String {
        let (start, end) = self.buffer.bounds();
        let text = self.buffer.text(&start, &end, true);
        // What is pasted brings line breaks of every kind.
        let text = text.replace("\r\n", "\n").replace(['\r', '\u{2029}'], "\n");
        text.strip_suffix('\n').unwrap_or(&text).to_owned()
    }

    /// Takes the text away; undoing does not bring it back.
    pub fn clear(&self) {
        self.buffer.begin_irreversible_action();
        self.buffer.set_text("");
        self.buffer.end_irreversible_action();
    }

    /// Says what may be done, and why, if that is not plain.
    pub fn set(&self, writing: Writing, hint: &str) {
        self.area.set_editable(writing == Writing::Open);
        self.area.set_sensitive(writing != Writing::Over);
        match writing {
            Writing::Held => self.area.add_css_class(theme::FAINT),
            Writing::Open | Writing::Over => self.area.remove_css_class(theme::FAINT),
        }
        self.placeholder.set_text(match writing {
            Writing::Open | Writing::Held => INVITATION,
            Writing::Over => "La discussion est terminée",
        });
        self.hint.set_text(hint);
        self.hint.set_visible(!hint.is_empty());
    }

    pub fn focus(&self) {
        self.area.grab_focus();
    }
}

/// Enter sends, and with Shift breaks the line; Page Up and Page Down turn the pages of what was said.
fn keys(actions: &UserActions, display: &Rc<AutoScroll>) -> gtk::EventControllerKey {
    use gdk::{Key, ModifierType};

    let keys = gtk::EventControllerKey::new();
    keys.connect_key_pressed(clone!(
        #[strong]
        actions,
        #[weak]
        display,
        #[upgrade_or]
        Propagation::Proceed,
        move |keys, key, _, held| {
            let area = keys.widget().and_downcast::<gtk::TextView>();
            if let (Some(area), Some(event)) = (area, keys.current_event())
                && area.im_context_filter_keypress(&event)
            {
                // Part of a character that is being composed, be it Enter.
                return Propagation::Stop;
            }
            let held = held
                & (ModifierType::SHIFT_MASK | ModifierType::CONTROL_MASK | ModifierType::ALT_MASK);
            match key {
                Key::Return | Key::KP_Enter | Key::ISO_Enter if held.is_empty() => {
                    actions.ask(UserAction::Send);
                }
                Key::Escape => actions.ask(UserAction::Escape),
                Key::Page_Up | Key::KP_Page_Up if held.is_empty() => display.page(-1.0),
                Key::Page_Down | Key::KP_Page_Down if held.is_empty() => display.page(1.0),
                _ => return Propagation::Proceed,
            }
            Propagation::Stop
        }
    ));
    keys
}

/// Keeps a draft within [`MAX_BYTES`]: what does not fit is left out whole, and said.
fn refuse_what_is_too_long(buffer: &gtk::TextBuffer, actions: &UserActions) {
    buffer.connect_insert_text(clone!(
        #[strong]
        actions,
        move |buffer, _, text| {
            let (start, end) = buffer.bounds();
            if text.len() + buffer.slice(&start, &end, true).len() > MAX_BYTES {
                buffer.stop_signal_emission_by_name("insert-text");
                actions.ask(UserAction::TooLong(text.len()));
            }
        }
    ));
}

/// Invites to write as long as nothing is written.
fn placeholder(buffer: &gtk::TextBuffer) -> gtk::Label {
    let placeholder = gtk::Label::builder()
        .label(INVITATION)
        .css_classes([theme::FAINT, "placeholder"])
        .ellipsize(gtk::pango::EllipsizeMode::End)
        .halign(gtk::Align::Start)
        .valign(gtk::Align::Start)
        .can_target(false)
        .accessible_role(gtk::AccessibleRole::Presentation)
        .build();
    buffer
        .bind_property("text", &placeholder, "visible")
        .transform_to(|_, text: &str| Some(text.is_empty()))
        .sync_create()
        .build();
    placeholder
}
