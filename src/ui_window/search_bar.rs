//! Searches the conversation: Ctrl+F, Enter for the one before, Escape to go back to writing.

use std::rc::Rc;

use gtk::glib::clone;
use gtk::prelude::*;

use super::autoscroll::AutoScroll;
use super::bubbles::BubbleView;

/// An input, what it finds, and two buttons; hidden until it is opened.
#[derive(Clone)]
pub struct SearchBar {
    widget: gtk::Box,
    entry: gtk::SearchEntry,
    result: gtk::Label,
    area: BubbleView,
    autoscroll: Rc<AutoScroll>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Older,
    Newer,
}

impl SearchBar {
    /// Searches the text of `area`; `closed` is called when the person goes back.
    pub fn new(
        area: &BubbleView,
        autoscroll: &Rc<AutoScroll>,
        closed: impl Fn() + 'static,
    ) -> SearchBar {
        let entry = gtk::SearchEntry::builder()
            .hexpand(true)
            .placeholder_text("Rechercher dans la discussion")
            .build();
        entry.update_property(&[gtk::accessible::Property::Label("Rechercher")]);
        let result = gtk::Label::builder()
            .accessible_role(gtk::AccessibleRole::Status)
            .visible(false)
            .build();
        let arrow = |icon: &str, label: &str| {
            let button = gtk::Button::builder()
                .icon_name(icon)
                .tooltip_text(label)
                .build();
            button.update_property(&[gtk::accessible::Property::Label(label)]);
            button
        };
        let older = arrow("go-up-symbolic", "Plus ancien");
        let newer = arrow("go-down-symbolic", "Plus récent");
        let widget = gtk::Box::builder()
            .spacing(6)
            .css_classes(["search"])
            .visible(false)
            .build();
        widget.append(&entry);
        widget.append(&result);
        widget.append(&older);
        widget.append(&newer);
        let search = SearchBar {
            widget,
            entry,
            result,
            area: area.clone(),
            autoscroll: Rc::clone(autoscroll),
        };
        let find = |direction| {
            let search = search.clone();
            move || search.find(direction)
        };
        let on_older = find(Direction::Older);
        older.connect_clicked(clone!(
            #[strong]
            on_older,
            move |_| on_older()
        ));
        let on_newer = find(Direction::Newer);
        newer.connect_clicked(clone!(
            #[strong]
            on_newer,
            move |_| on_newer()
        ));
        search.entry.connect_activate(clone!(
            #[strong]
            on_older,
            move |_| on_older()
        ));
        search.entry.connect_previous_match(move |_| on_older());
        search.entry.connect_next_match(move |_| on_newer());
        let from_the_end = search.clone();
        search.entry.connect_search_changed(move |_| {
            from_the_end.start_at_the_end();
            from_the_end.find(Direction::Older);
        });
        let bar = search.clone();
        search.entry.connect_stop_search(move |_| {
            bar.close();
            closed();
        });
        search
    }

    pub fn widget(&self) -> &gtk::Box {
        &self.widget
    }

    pub fn open(&self) {
        self.widget.set_visible(true);
        self.entry.grab_focus();
    }

    fn close(&self) {
        self.widget.set_visible(false);
        self.entry.set_text("");
    }

    fn start_at_the_end(&self) {
        let buffer = self.area.buffer();
        buffer.place_cursor(&buffer.end_iter());
    }

    /// Selects the next place where the text stands, and brings it into view; begins again at the other end.
    fn find(&self, direction: Direction) {
        const HOW: gtk::TextSearchFlags = gtk::TextSearchFlags::CASE_INSENSITIVE;

        let wanted = self.entry.text();
        if wanted.is_empty() {
            return self.tell("");
        }
        let buffer = self.area.buffer();
        let (start, end) = match buffer.selection_bounds() {
            Some((start, end)) => (start, end),
            None => {
                let caret = buffer.iter_at_mark(&buffer.get_insert());
                (caret, caret)
            }
        };
        let found = match direction {
            Direction::Older => start
                .backward_search(&wanted, HOW, None)
                .or_else(|| buffer.end_iter().backward_search(&wanted, HOW, None)),
            Direction::Newer => end
                .forward_search(&wanted, HOW, None)
                .or_else(|| buffer.start_iter().forward_search(&wanted, HOW, None)),
        };
        let Some((start, end)) = found else {
            return self.tell("introuvable");
        };
        self.tell("");
        buffer.select_range(&start, &end);
        self.autoscroll.hold_here();
        self.area
            .scroll_to_mark(&buffer.get_insert(), 0.1, false, 0.0, 0.0);
    }

    fn tell(&self, result: &str) {
        self.result.set_text(result);
        self.result.set_visible(!result.is_empty());
    }
}
