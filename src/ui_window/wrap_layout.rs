//! Places widgets beside each other, and those that do not fit below: GTK has this only for text, and for lists, which
//! take part in the keyboard's order.

use gtk::glib;
use gtk::prelude::*;

glib::wrapper! {
    /// Gives each widget its natural width. What is left of a row goes to those of its widgets that expand.
    pub struct WrapLayout(ObjectSubclass<imp::WrapLayout>)
        @extends gtk::LayoutManager;
}

/// A box whose children wrap.
pub fn wrapping_box(children: &[&gtk::Widget]) -> gtk::Box {
    let parent = gtk::Box::builder().build();
    parent.set_layout_manager(Some(glib::Object::new::<WrapLayout>()));
    for child in children {
        parent.append(*child);
    }
    parent
}

/// In pixels: between widgets, and between rows.
const SPACING: i32 = 6;

/// Widgets that stand beside each other, and their widths.
type Row = Vec<(gtk::Widget, i32)>;

fn natural_width(child: &gtk::Widget) -> i32 {
    child.measure(gtk::Orientation::Horizontal, -1).1
}

fn children(parent: &gtk::Widget) -> impl Iterator<Item = gtk::Widget> {
    std::iter::successors(parent.first_child(), WidgetExt::next_sibling)
        .filter(WidgetExt::should_layout)
}

/// The rows that fit into a width.
fn rows(parent: &gtk::Widget, width: i32) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut left = 0;
    for child in children(parent) {
        let wanted = natural_width(&child).min(width);
        match rows.last_mut() {
            Some(row) if wanted + SPACING <= left => {
                left -= wanted + SPACING;
                row.push((child, wanted));
            }
            _ => {
                left = width - wanted;
                rows.push(vec![(child, wanted)]);
            }
        }
    }
    for row in &mut rows {
        let taken: i32 = row.iter().map(|(_, width)| width + SPACING).sum();
        let expanding = row.iter_mut().filter(|(child, _)| child.hexpands());
        let mut rest = width - (taken - SPACING);
        for (_, width) in expanding.take(1) {
            *width += rest.max(0);
            rest = 0;
        }
    }
    rows
}

fn height(row: &Row) -> i32 {
    let heights = row
        .iter()
        .map(|(child, width)| child.measure(gtk::Orientation::Vertical, *width).1);
    heights.max().unwrap_or(0)
}

mod imp {
    use super::{SPACING, children, glib, height, natural_width, rows};
    use gtk::prelude::*;
    use gtk::subclass::prelude::*;

    #[derive(Default)]
    pub struct WrapLayout;

    #[glib::object_subclass]
    impl ObjectSubclass for WrapLayout {
        const NAME: &'static str = "MsgWrapLayout";
        type Type = super::WrapLayout;
        type ParentType = gtk::LayoutManager;
    }

    impl ObjectImpl for WrapLayout {}
    impl LayoutManagerImpl for WrapLayout {
        fn request_mode(&self, _: &gtk::Widget) -> gtk::SizeRequestMode {
            gtk::SizeRequestMode::HeightForWidth
        }

        fn measure(
            &self,
            parent: &gtk::Widget,
            orientation: gtk::Orientation,
            for_size: i32,
        ) -> (i32, i32, i32, i32) {
            let (least, natural) = if orientation == gtk::Orientation::Horizontal {
                let least = children(parent).map(|child| child.measure(orientation, -1).0);
                let natural = children(parent).map(|child| natural_width(&child) + SPACING);
                (least.max().unwrap_or(0), natural.sum::<i32>() - SPACING)
            } else {
                let width = match for_size {
                    -1 => i32::MAX / 2,
                    width => width,
                };
                let rows = rows(parent, width);
                let height = rows.iter().map(|row| height(row) + SPACING).sum::<i32>() - SPACING;
                (height, height)
            };
            let least = least.max(0);
            (least, natural.max(least), -1, -1)
        }

        fn allocate(&self, parent: &gtk::Widget, width: i32, _: i32, _: i32) {
            let is_from_the_right = parent.direction() == gtk::TextDirection::Rtl;
            let mut top = 0;
            for row in rows(parent, width) {
                let height = height(&row);
                let mut left = 0;
                for (child, child_width) in row {
                    let x = if is_from_the_right {
                        width - left - child_width
                    } else {
                        left
                    };
                    let place = gtk::Allocation::new(x, top, child_width, height);
                    child.size_allocate(&place, -1);
                    left += child_width + SPACING;
                }
                top += height + SPACING;
            }
        }
    }
}
