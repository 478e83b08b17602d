//! Characters that do not show themselves, and text made harmless.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::{Deref, RangeInclusive};

use unicode_width::UnicodeWidthChar;

use super::search::find_outside;

/// Whether a character may change what surrounds it without showing itself: controls, bidirectional marks,
/// line separators, invisible fillers and tags. Such a character is refused in names and shown escaped on screens.
///
/// Joiners (U+200C, U+200D) and the emoji variation selectors are not: Persian, Indic scripts and emoji need them.
pub fn is_hidden(c: char) -> bool {
    // Most of what is ever asked about, and quickly told.
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// The printable characters of ASCII: none of them is [hidden](is_hidden), and most of what is ever said is of them alone.
pub const PRINTABLE: RangeInclusive<u8> = b' '..=b'~';

/// How many bytes of printable ASCII a text begins with.
pub fn printable_ascii(text: &str) -> usize {
    find_outside(text.as_bytes(), PRINTABLE).unwrap_or(text.len())
}

/// The text of a message, and what is known of it, so that it need not be looked at again.
#[derive(Clone, Copy, Debug)]
pub struct Text<'t> {
    text: &'t str,
    is_printable: bool,
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Text<'_>) -> bool {
        self.text == other.text
    }
}

impl Eq for Text<'_> {}

impl<'t> Text<'t> {
    /// A text of which it is known whether it is [printable ASCII](PRINTABLE) alone; false where it may be.
    pub fn known(text: &'t str, is_printable: bool) -> Text<'t> {
        debug_assert!(
            !is_printable || printable_ascii(text) == text.len(),
            "nothing else is shown unseen"
        );
        Text { text, is_printable }
    }

    /// Whether it is known to be printable ASCII alone.
    pub fn is_printable(self) -> bool {
        self.is_printable
    }

    /// As [`safe`].
    pub fn safe(self) -> Cow<'t, str> {
        if self.is_printable {
            Cow::Borrowed(self.text)
        } else {
            safe(self.text)
        }
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.text
    }
}

/// A text that has still to be looked at.
impl<'t> From<&'t str> for Text<'t> {
    fn from(text: &'t str) -> Text<'t> {
        Text::known(text, false)
    }
}

/// Whether a text begins and ends with printable ASCII that is no space, so that there is nothing to trim: quickly told,
/// and so of most that is ever said.
pub fn has_printable_ends(text: &str) -> bool {
    matches!(text.as_bytes(), [b'!'..=b'~', .., b'!'..=b'~'])
}

/// Hostile text made harmless: what could move the cursor, reorder, hide or forge is shown escaped (`\x1b`, `\u{202e}`),
/// a tab as four spaces, and of a heap of combining marks the first eight, then a cut in brackets.
///
/// Takes time linear in the length of the text, and harmless text comes back as it is; so does what was made harmless.
pub fn safe(text: &str) -> Cow<'_, str> {
    harmless(text, Tabs::AsSpaces)
}

/// As [`safe`], but for tabs, which stay: for what no terminal shows.
pub fn safe_with_tabs(text: &str) -> Cow<'_, str> {
    harmless(text, Tabs::Kept)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tabs {
    AsSpaces,
    Kept,
}

fn harmless(text: &str, tabs: Tabs) -> Cow<'_, str> {
    /// Real writing stacks five at most.
    const MARKS: usize = 8;
    const CUT: &str = "[\u{2026}]";

    // No mark comes before U+0300: the table of widths is asked for no letter of Latin scripts.
    let is_mark = |c: char| c >= '\u{300}' && c.width() == Some(0);
    let harmless = printable_ascii(text);
    if !text[harmless..].contains(|c: char| is_hidden(c) || is_mark(c)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    shown.push_str(&text[..harmless]);
    let mut marks = 0;
    for c in text[harmless..].chars() {
        if c == '\t' && tabs == Tabs::Kept {
            shown.push(c);
            marks = 0;
        } else if is_hidden(c) {
            escape(c, &mut shown);
            marks = 0;
        } else if is_mark(c) {
            marks += 1;
            match marks {
                ..=MARKS => shown.push(c),
                _ if marks == MARKS + 1 => shown.push_str(CUT),
                _ => {}
            }
        } else {
            shown.push(c);
            marks = 0;
        }
    }
    Cow::Owned(shown)
}

fn escape(c: char, shown: &mut String) {
    match c {
        '\t' => shown.push_str("    "),
        '\n' | '\r' => shown.extend(c.escape_default()),
        '\0'..='\x7f' => {
            write!(shown, "\\x{:02x}", u32::from(c)).expect("a String takes everything")
        }
        _ => shown.extend(c.escape_unicode()),
    }
}

/// Allowed beside others, but nothing to see where it stands alone.
pub fn is_unseen_alone(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}' | '\u{2800}'
        )
}
