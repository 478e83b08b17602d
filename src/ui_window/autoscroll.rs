//! Keeps a scrolled text at its end until its reader scrolls up, and counts what then arrives below.

use std::cell::Cell;
use std::rc::Rc;

use gtk::gdk::{self, EventType, Key, ModifierType};
use gtk::glib::{self, Propagation, clone};
use gtk::prelude::*;

/// Where the reader of a scrolled text is.
///
/// The text view moves by itself while it lays out what is new, and says so exactly as when its reader moves it. So a
/// movement counts as the reader's only if a hand was on the area since the last row came. While a hand holds a mouse
/// button, nothing scrolls but by that hand.
///
/// The signal handlers own it together with whoever made it, hence the cells; all of them run on one thread.
pub struct AutoScroll {
    adjustment: gtk::Adjustment,
    /// Leads down to what is new.
    button: gtk::Button,
    reader: Cell<Reader>,
    hand: Cell<Grip>,
    is_button_held: Cell<bool>,
    unread: Cell<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    AtTheEnd,
    Above,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grip {
    On,
    Off,
}

/// In pixels: so near the end is at the end.
const NEAR: f64 = 32.0;

impl AutoScroll {
    /// Follows the text that `scroll` scrolls.
    pub fn new(scroll: &gtk::ScrolledWindow) -> Rc<AutoScroll> {
        let autoscroll = Rc::new(AutoScroll {
            adjustment: scroll.vadjustment(),
            button: gtk::Button::builder()
                .halign(gtk::Align::Center)
                .valign(gtk::Align::End)
                .margin_bottom(12)
                .css_classes(["suggested-action"])
                .visible(false)
                .build(),
            reader: Cell::new(Reader::AtTheEnd),
            hand: Cell::new(Grip::Off),
            is_button_held: Cell::new(false),
            unread: Cell::new(0),
        });
        autoscroll.button.connect_clicked(clone!(
            #[weak]
            autoscroll,
            move |_| autoscroll.to_the_end()
        ));
        let resized = clone!(
            #[weak]
            autoscroll,
            move |_: &gtk::Adjustment| autoscroll.keep_to_the_end()
        );
        autoscroll.adjustment.connect_changed(resized);
        let moved = clone!(
            #[weak]
            autoscroll,
            move |_: &gtk::Adjustment| autoscroll.moved()
        );
        autoscroll.adjustment.connect_value_changed(moved);
        let hands = gtk::EventControllerLegacy::new();
        hands.set_propagation_phase(gtk::PropagationPhase::Capture);
        hands.connect_event(clone!(
            #[weak]
            autoscroll,
            #[upgrade_or]
            Propagation::Proceed,
            move |_, event| {
                autoscroll.touched(event);
                Propagation::Proceed
            }
        ));
        scroll.add_controller(hands);
        autoscroll
    }

    /// The button that says how much is new and leads to it; shown only while there is something.
    pub fn button(&self) -> &gtk::Button {
        &self.button
    }

    /// A row has come at the end.
    pub fn row(&self) {
        if self.is_button_held.get() {
            // What is being selected stays where it is, and what has come is counted.
            self.reader.set(Reader::Above);
            return;
        }
        self.hand.set(Grip::Off);
        self.keep_to_the_end();
    }

    /// It was something that its reader does not know yet.
    pub fn news(&self) {
        if self.reader.get() == Reader::Above {
            self.count(self.unread.get() + 1);
        }
    }

    /// Brings the end into view, and keeps it there.
    pub fn to_the_end(&self) {
        self.reader.set(Reader::AtTheEnd);
        self.hand.set(Grip::Off);
        self.count(0);
        self.keep_to_the_end();
    }

    /// Something is about to be brought into view: what arrives does not move it away.
    pub fn hold_here(&self) {
        self.reader.set(Reader::Above);
        self.hand.set(Grip::On);
    }

    /// Scrolls by so many windows, up when negative.
    pub fn page(&self, windows: f64) {
        self.hand.set(Grip::On);
        let to = self.adjustment.value() + windows * self.adjustment.page_increment();
        self.adjustment.set_value(to);
    }

    /// Something was done to the area.
    fn touched(&self, event: &gdk::Event) {
        let is_held = event.modifier_state().contains(ModifierType::BUTTON1_MASK);
        match event.event_type() {
            // The pointer that only passes moves nothing. One that comes back without the button has let go elsewhere.
            EventType::MotionNotify if !is_held => self.let_go(),
            EventType::MotionNotify => {}
            EventType::ButtonPress => {
                self.is_button_held.set(true);
                self.hand.set(Grip::On);
            }
            EventType::ButtonRelease => self.let_go(),
            // A letter that is typed, and ends up in the input area, moves nothing either.
            EventType::KeyPress => {
                let key = event.downcast_ref().map(gdk::KeyEvent::keyval);
                if key.is_some_and(moves_through_text) {
                    self.hand.set(Grip::On);
                }
            }
            EventType::KeyRelease => {}
            _ => self.hand.set(Grip::On),
        }
    }

    fn let_go(&self) {
        if self.is_button_held.replace(false) && self.is_near_the_end() {
            self.to_the_end();
        }
    }

    fn keep_to_the_end(&self) {
        // Before the window has a size, the end of the text would become its first row in view, with the rest above the
        // upper edge, and a text that fits is never scrolled back.
        let has_a_size = self.adjustment.page_size() > 0.0;
        if self.reader.get() == Reader::AtTheEnd && has_a_size && !self.is_button_held.get() {
            self.adjustment.set_value(self.end());
        }
    }

    fn moved(&self) {
        let near_the_end = self.is_near_the_end();
        match (self.hand.get(), self.reader.get()) {
            (Grip::On, Reader::Above) if near_the_end => self.to_the_end(),
            (Grip::On, Reader::AtTheEnd) if !near_the_end => self.reader.set(Reader::Above),
            // The text view keeps in view what was there before; the reader wants to see the end.
            (Grip::Off, Reader::AtTheEnd) => self.keep_to_the_end(),
            _ => {}
        }
    }

    fn is_near_the_end(&self) -> bool {
        self.adjustment.value() >= self.end() - NEAR
    }

    fn end(&self) -> f64 {
        self.adjustment.upper() - self.adjustment.page_size()
    }

    fn count(&self, unread: usize) {
        self.unread.set(unread);
        let label = match unread {
            1 => "1 nouveau ↓".to_owned(),
            n => format!("{n} nouveaux ↓"),
        };
        self.button.set_label(&label);
        self.button.set_visible(unread > 0);
    }
}

/// Whether a key is one that scrolls a text, or moves its caret.
pub fn moves_through_text(key: Key) -> bool {
    matches!(
        key,
        Key::Up
            | Key::Down
            | Key::Left
            | Key::Right
            | Key::Home
            | Key::End
            | Key::Page_Up
            | Key::Page_Down
            | Key::KP_Up
            | Key::KP_Down
            | Key::KP_Left
            | Key::KP_Right
            | Key::KP_Home
            | Key::KP_End
            | Key::KP_Page_Up
            | Key::KP_Page_Down
    )
}
