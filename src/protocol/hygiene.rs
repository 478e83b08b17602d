//! Characters that do not show themselves.

use super::search::find_byte;

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

/// How many bytes of printable ASCII a text begins with: none of them [hidden](is_hidden), and most of what is ever said.
pub fn printable_ascii(text: &str) -> usize {
    let printable = |byte: u8| matches!(byte, b' '..=b'~');
    find_byte(text.as_bytes(), |byte| !printable(byte)).unwrap_or(text.len())
}

/// Allowed beside others, but nothing to see where it stands alone.
pub fn is_unseen_alone(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}' | '\u{2800}'
        )
}
