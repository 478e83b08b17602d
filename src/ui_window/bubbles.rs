//! A text view that draws a bubble behind each message: the writer's side of the window and its colour say whose it is.

use gtk::gdk::{RGBA, Rectangle};
use gtk::glib;
use gtk::graphene::{Point, Rect};
use gtk::gsk::RoundedRect;
use gtk::prelude::*;
use gtk::subclass::prelude::*;

use super::theme::{self, tag};

glib::wrapper! {
    /// Shows messages, each a paragraph with the tag `heading` and the paragraph after it, as bubbles.
    pub struct BubbleView(ObjectSubclass<imp::BubbleView>)
        @extends gtk::TextView, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Scrollable;
}

/// In pixels: how far a bubble stands from the side of the window that is not its author's.
pub const FAR: i32 = 64;
/// In pixels: how far from its author's.
pub const NEAR: i32 = 10;
/// In pixels: from a bubble's edge to its text.
pub const PADDING: i32 = 10;
/// In pixels: above a bubble, within the heading's paragraph.
pub const GAP: i32 = 6;

const RADIUS: f32 = 10.0;

impl BubbleView {
    pub fn new(buffer: &gtk::TextBuffer) -> BubbleView {
        glib::Object::builder()
            .property("buffer", buffer)
            .property("editable", false)
            .property("accepts-tab", false)
            .property("wrap-mode", gtk::WrapMode::WordChar)
            .property("top-margin", 8)
            .property("bottom-margin", 12)
            .property("css-classes", ["message_list", theme::BUBBLES].as_slice())
            .build()
    }

    /// Gives the bubbles their colours.
    pub fn shade(&self, own: RGBA, other: RGBA) {
        self.imp().own.set(Some(own));
        self.imp().other.set(Some(other));
        self.queue_draw();
    }

    /// Draws the bubbles that are in view.
    fn draw(&self, snapshot: &gtk::Snapshot) {
        let message_list = self.visible_rect();
        let (x, y) = self.buffer_to_window_coords(gtk::TextWindowType::Widget, 0, 0);
        snapshot.save();
        snapshot.translate(&Point::new(x as f32, y as f32));
        self.draw_within(&message_list, snapshot);
        snapshot.restore();
    }

    /// Draws the bubbles that are within `view`, all in the coordinates of the text.
    fn draw_within(&self, message_list: &Rectangle, snapshot: &gtk::Snapshot) {
        let (mut line, _) = self.line_at_y(message_list.y());
        // The bubble that is cut by the upper edge may begin above it.
        line.backward_line();
        loop {
            let (top, _) = self.line_yrange(&line);
            if top > message_list.y() + message_list.height() {
                return;
            }
            let mut text = line;
            let has_text = text.forward_line();
            if has_text && let Some((colour, left, right)) = self.side(&line) {
                let (text_top, text_height) = self.line_yrange(&text);
                let bottom = text_top + text_height;
                let (y, width) = (top + GAP, message_list.width() - left - right);
                let edge = Rect::new(left as f32, y as f32, width as f32, (bottom - y) as f32);
                snapshot.push_rounded_clip(&RoundedRect::from_rect(edge, RADIUS));
                snapshot.append_color(&colour, &edge);
                snapshot.pop();
            }
            if !has_text {
                return;
            }
            line = text;
        }
    }

    /// The colour of a message's bubble, and how far it is from the left and from the right, if `line` is its heading.
    fn side(&self, line: &gtk::TextIter) -> Option<(RGBA, i32, i32)> {
        let table = self.buffer().tag_table();
        let has = |name| table.lookup(name).is_some_and(|tag| line.has_tag(&tag));
        match has(tag::HEADING) {
            true if has(tag::OWN) => Some((self.imp().own.get()?, FAR, NEAR)),
            true => Some((self.imp().other.get()?, NEAR, FAR)),
            false => None,
        }
    }
}

mod imp {
    use std::cell::Cell;

    use super::{RGBA, glib};
    use gtk::prelude::*;
    use gtk::subclass::prelude::*;

    #[derive(Default)]
    pub struct BubbleView {
        pub own: Cell<Option<RGBA>>,
        pub other: Cell<Option<RGBA>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for BubbleView {
        const NAME: &'static str = "MsgBubbleView";
        type Type = super::BubbleView;
        type ParentType = gtk::TextView;
    }

    impl ObjectImpl for BubbleView {}
    impl WidgetImpl for BubbleView {
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
