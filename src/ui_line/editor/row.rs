//! The prompt row: a label, and as much of a text as fits.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::display;

/// Where a row was drawn to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// The column of the cursor, from 0, as far as widths can be known.
    pub column: usize,
}

/// Draws the row, from whichever column the cursor is in, and leaves it between the two `parts` of the text.
///
/// One row that scrolls sideways. The terminal itself puts the cursor back, so that it and we may disagree on widths:
/// what is off is then the right margin, and autowrap is off meanwhile for that reason.
pub fn draw(label: &str, parts: (&str, &str), columns: usize, out: &mut Vec<u8>) -> Drawn {
    // The last column stays free: a cursor behind it has no place of its own.
    let room = columns.saturating_sub(label.width() + 1);
    let (left, right) = visible(parts, room);
    let shown = |part: &str| part.graphemes(true).map(shown).collect::<String>();
    let (left, right) = (shown(left), shown(right));
    out.extend_from_slice(b"\x1b[?7l\r");
    out.extend_from_slice(label.as_bytes());
    out.extend_from_slice(left.as_bytes());
    out.extend_from_slice(b"\x1b7");
    out.extend_from_slice(right.as_bytes());
    out.extend_from_slice(b"\x1b[K\x1b8\x1b[?7h");
    Drawn {
        column: label.width() + left.width(),
    }
}

/// The end of a text that fits into `room` columns, as the row shows it.
pub fn tail(text: &str, room: usize) -> String {
    let fits = fitting(text.graphemes(true).rev(), room);
    let tail = &text[text.len() - fits.bytes..];
    tail.graphemes(true).map(shown).collect()
}

/// The parts of the text before and behind the cursor that fit, together, into `room` columns.
fn visible<'t>((before, behind): (&'t str, &'t str), room: usize) -> (&'t str, &'t str) {
    let all_before = fitting(before.graphemes(true).rev(), room);
    let all_behind = fitting(behind.graphemes(true), room);
    // In the middle of a long line, a third of the row shows what follows.
    let behind_at_most = room
        - all_before
            .columns
            .min(room - all_behind.columns.min(room / 3));
    let fits_behind = fitting(behind.graphemes(true), behind_at_most);
    let fits_before = fitting(before.graphemes(true).rev(), room - fits_behind.columns);
    (
        &before[before.len() - fits_before.bytes..],
        &behind[..fits_behind.bytes],
    )
}

/// How much of some graphemes fits.
struct Fitting {
    bytes: usize,
    columns: usize,
}

fn fitting<'t>(graphemes: impl Iterator<Item = &'t str>, room: usize) -> Fitting {
    let mut fits = Fitting {
        bytes: 0,
        columns: 0,
    };
    // Graphemes without width would fit for ever; a row of real ones has fewer than four a column.
    for grapheme in graphemes.take(4 * room) {
        let columns = fits.columns + columns_at_most(&shown(grapheme));
        if columns > room {
            break;
        }
        fits.columns = columns;
        fits.bytes += grapheme.len();
    }
    fits
}

/// How many columns a grapheme takes where that is most: xterm and screen show a joined emoji, or one with a skin's colour,
/// as its parts, side by side. What is off then is some room at the right.
fn columns_at_most(grapheme: &str) -> usize {
    let parts: usize = grapheme.chars().filter_map(UnicodeWidthChar::width).sum();
    parts.max(grapheme.width())
}

/// A grapheme as the prompt row shows it: harmless, and in one row.
fn shown(grapheme: &str) -> Cow<'_, str> {
    match grapheme {
        "\n" => Cow::Borrowed("⏎"),
        _ => display::safe(grapheme),
    }
}
