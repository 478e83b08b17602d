//! A text view that draws a bubble behind each message: the writer's side of the window and its colour say whose it is.

use gtk::gdk::{RGBA, Rectangle};
use gtk::graphene::{Point, Rect};
use gtk::gsk::RoundedRect;
use gtk::prelude::*;
use gtk::subclass::prelude::*;
use gtk::{glib, pango};

use super::theme::{self, Metrics, tag};

glib::wrapper! {
    /// Shows messages, each a paragraph with the tag `heading` or `following` and the paragraph after it, as bubbles
    /// that are as wide as their text.
    pub struct BubbleView(ObjectSubclass<imp::BubbleView>)
        @extends gtk::TextView, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Scrollable;
}

/// A bubble's colours, and how far above its top its heading's paragraph begins.
struct Bubble {
    colour: RGBA,
    gap: i32,
    is_own: bool,
}

impl BubbleView {
    pub fn new(buffer: &gtk::TextBuffer) -> BubbleView {
        glib::Object::builder()
            .property("buffer", buffer)
            .property("editable", false)
            .property("accepts-tab", false)
            .property("wrap-mode", gtk::WrapMode::WordChar)
            .property("top-margin", 8)
            .property("bottom-margin", 12)
            .property("css-classes", [theme::BUBBLES].as_slice())
            .build()
    }

    /// Gives the bubbles their colours, and a border where the contrast is to be high.
    pub fn shade(&self, own: RGBA, other: RGBA, border: Option<RGBA>) {
        self.imp().own.set(Some(own));
        self.imp().other.set(Some(other));
        self.imp().border.set(border);
        self.queue_draw();
    }

    /// The size of the font, in pixels.
    pub fn em(&self) -> f64 {
        /// Where nothing says.
        const USUAL: f64 = 15.0;
        let size = self
            .pango_context()
            .font_description()
            .map(|font| f64::from(font.size()) / f64::from(pango::SCALE));
        size.filter(|size| *size >= 1.0).unwrap_or(USUAL)
    }

    fn metrics(&self, width: i32) -> Metrics {
        Metrics {
            em: self.em(),
            width,
        }
    }

    /// Draws the bubbles that are in view.
    fn draw(&self, snapshot: &gtk::Snapshot) {
        let view = self.visible_rect();
        let (x, y) = self.buffer_to_window_coords(gtk::TextWindowType::Widget, 0, 0);
        snapshot.save();
        snapshot.translate(&Point::new(x as f32, y as f32));
        self.draw_within(&view, snapshot);
        snapshot.restore();
    }

    /// Draws the bubbles that are within `view`, all in the coordinates of the text.
    fn draw_within(&self, view: &Rectangle, snapshot: &gtk::Snapshot) {
        let metrics = self.metrics(view.width());
        let (mut line, _) = self.line_at_y(view.y());
        // The bubble that is cut by the upper edge may begin above it.
        line.backward_line();
        loop {
            let (top, _) = self.line_yrange(&line);
            if top > view.y() + view.height() {
                return;
            }
            let mut text = line;
            let has_text = text.forward_line();
            if has_text && let Some(bubble) = self.bubble(&line, &metrics) {
                let (text_top, text_height) = self.line_yrange(&text);
                let (left, right) = self.sides(&line, &text, &bubble, &metrics);
                let y = (top + bubble.gap) as f32;
                let height = (text_top + text_height) as f32 - y;
                let edge = Rect::new(left as f32, y, (right - left) as f32, height);
                self.draw_bubble(&edge, &bubble, &metrics, snapshot);
            }
            if !has_text {
                return;
            }
            line = text;
        }
    }

    fn draw_bubble(
        &self,
        edge: &Rect,
        bubble: &Bubble,
        metrics: &Metrics,
        snapshot: &gtk::Snapshot,
    ) {
        let outline = RoundedRect::from_rect(*edge, metrics.padding() as f32);
        snapshot.push_rounded_clip(&outline);
        snapshot.append_color(&bubble.colour, edge);
        snapshot.pop();
        if let Some(border) = self.imp().border.get() {
            snapshot.append_border(&outline, &[1.0; 4], &[border; 4]);
        }
    }

    /// The looks of a message's bubble, if `line` is its heading.
    fn bubble(&self, line: &gtk::TextIter, metrics: &Metrics) -> Option<Bubble> {
        let table = self.buffer().tag_table();
        let has = |name| table.lookup(name).is_some_and(|tag| line.has_tag(&tag));
        let gap = if has(tag::HEADING) {
            metrics.gap()
        } else if has(tag::FOLLOWING) {
            metrics.small_gap()
        } else {
            return None;
        };
        let is_own = has(tag::OWN);
        let colour = if is_own {
            self.imp().own.get()?
        } else {
            self.imp().other.get()?
        };
        Some(Bubble {
            colour,
            gap,
            is_own,
        })
    }

    /// The left and the right of a bubble: its author's side is straight, the other one hugs the text.
    fn sides(
        &self,
        heading: &gtk::TextIter,
        text: &gtk::TextIter,
        bubble: &Bubble,
        metrics: &Metrics,
    ) -> (i32, i32) {
        let (heading_left, heading_right) = self.extent(heading);
        let (text_left, text_right) = self.extent(text);
        let padding = metrics.padding();
        if bubble.is_own {
            let left = heading_left.min(text_left) - padding;
            (left, metrics.width - metrics.near())
        } else {
            let right = heading_right.max(text_right) + padding;
            (metrics.near(), right)
        }
    }

    /// The left and the right of a paragraph's widest lines.
    fn extent(&self, paragraph: &gtk::TextIter) -> (i32, i32) {
        let mut left = i32::MAX;
        let mut right = i32::MIN;
        let mut at = *paragraph;
        let mut include = |at: &gtk::TextIter| {
            let place = self.iter_location(at);
            left = left.min(place.x());
            right = right.max(place.x() + place.width());
        };
        loop {
            include(&at);
            let mut end = at;
            if !end.ends_line() {
                self.forward_display_line_end(&mut end);
            }
            if end > at && !end.ends_line() {
                // The end of a line that wraps is the start of the next one for GTK: the character before it is not.
                let mut last = end;
                last.backward_char();
                include(&last);
            } else {
                include(&end);
            }
            if end.ends_line() || !self.forward_display_line(&mut at) || at <= *paragraph {
                return (left, right);
            }
        }
    }
}

mod imp {
    use std::cell::Cell;

    use super::{Metrics, RGBA, glib, theme};
    use gtk::prelude::*;
    use gtk::subclass::prelude::*;

    #[derive(Default)]
    pub struct BubbleView {
        pub own: Cell<Option<RGBA>>,
        pub other: Cell<Option<RGBA>>,
        pub border: Cell<Option<RGBA>>,
        pub metrics: Cell<Option<Metrics>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for BubbleView {
        const NAME: &'static str = "MsgBubbleView";
        type Type = super::BubbleView;
        type ParentType = gtk::TextView;
    }

    impl ObjectImpl for BubbleView {}
    impl WidgetImpl for BubbleView {
        /// A new width, or a new font, which comes with an allocation too, sizes the margins anew.
        fn size_allocate(&self, width: i32, height: i32, baseline: i32) {
            let metrics = self.obj().metrics(width);
            if self.metrics.replace(Some(metrics)) != Some(metrics) {
                theme::lay_out(&self.obj().buffer().tag_table(), metrics);
            }
            self.parent_size_allocate(width, height, baseline);
        }

        /// The text is drawn first and shown last: drawing it lays out what is new, which may scroll, and only then is
        /// it known where the bubbles stand.
        fn snapshot(&self, snapshot: &gtk::Snapshot) {
            let text = gtk::Snapshot::new();
            self.parent_snapshot(&text);
            self.obj().draw(snapshot);
            if let Some(text) = text.to_node() {
                snapshot.append_node(&text);
            }
        }
    }
    impl TextViewImpl for BubbleView {}
}
