//! Keeps a scrolled text at its end until its reader scrolls up, and counts what then arrives below.

use std::cell::Cell;
use std::rc::Rc;

use gtk::glib::{self, clone};
use gtk::prelude::*;

use super::set_label;

/// Where the reader of a scrolled text is.
///
/// The signal handlers own it together with whoever made it, hence the cells; all of them run on one thread.
pub struct Follow {
    adjustment: gtk::Adjustment,
    /// Leads down to what is new.
    button: gtk::Button,
    reader: Cell<Reader>,
    /// The size of the text and of its window, when the end was last brought into view: while both stay, only the
    /// reader moves it.
    shown: Cell<(f64, f64)>,
    unread: Cell<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    AtTheEnd,
    Above,
}

/// In pixels: so near the end is at the end.
const NEAR: f64 = 4.0;

impl Follow {
    /// Follows the text of `area`.
    pub fn new(area: &gtk::ScrolledWindow) -> Rc<Follow> {
        let follow = Rc::new(Follow {
            adjustment: area.vadjustment(),
            button: gtk::Button::builder()
                .halign(gtk::Align::Center)
                .valign(gtk::Align::End)
                .margin_bottom(12)
                .css_classes(["suggested-action", "pill"])
                .visible(false)
                .build(),
            reader: Cell::new(Reader::AtTheEnd),
            shown: Cell::new((0.0, 0.0)),
            unread: Cell::new(0),
        });
        let size_changed = clone!(
            #[weak]
            follow,
            move |_: &gtk::Adjustment| follow.size_changed()
        );
        follow.adjustment.connect_changed(size_changed);
        let moved = clone!(
            #[weak]
            follow,
            move |_: &gtk::Adjustment| follow.moved()
        );
        follow.adjustment.connect_value_changed(moved);
        follow.button.connect_clicked(clone!(
            #[weak]
            follow,
            move |_| follow.to_the_end()
        ));
        follow
    }

    /// The button that says how much is new and leads to it; shown only while there is something.
    pub fn button(&self) -> &gtk::Button {
        &self.button
    }

    /// A message has arrived at the end.
    pub fn arrived(&self) {
        if self.reader.get() == Reader::Above {
            self.unread.set(self.unread.get() + 1);
            self.refresh();
        }
    }

    /// Brings the end into view, and keeps it there.
    pub fn to_the_end(&self) {
        self.reader.set(Reader::AtTheEnd);
        self.unread.set(0);
        self.refresh();
        self.pin();
    }

    /// Scrolls by so many windows, up when negative.
    pub fn page(&self, windows: f64) {
        let to = self.adjustment.value() + windows * self.adjustment.page_increment();
        self.adjustment.set_value(to);
    }

    fn size_changed(&self) {
        if self.reader.get() == Reader::AtTheEnd {
            self.pin();
        }
    }

    fn pin(&self) {
        self.shown.set(self.size());
        self.adjustment.set_value(self.end());
    }

    fn moved(&self) {
        let near_the_end = self.adjustment.value() >= self.end() - NEAR;
        match self.reader.get() {
            Reader::Above if near_the_end => self.to_the_end(),
            Reader::AtTheEnd if !near_the_end && self.shown.get() == self.size() => {
                self.reader.set(Reader::Above);
            }
            // The text itself has moved, and says so next.
            Reader::AtTheEnd | Reader::Above => {}
        }
    }

    fn size(&self) -> (f64, f64) {
        (self.adjustment.upper(), self.adjustment.page_size())
    }

    fn end(&self) -> f64 {
        self.adjustment.upper() - self.adjustment.page_size()
    }

    fn refresh(&self) {
        let unread = self.unread.get();
        let label = match unread {
            1 => "1 nouveau ↓".to_owned(),
            n => format!("{n} nouveaux ↓"),
        };
        set_label(&self.button, &label);
        self.button.set_visible(unread > 0);
    }
}
