//! Rows that wrap at words, though the terminal does the wrapping. Pure.
//!
//! A row goes out as one line, whatever its length, so that the terminal can lay it out anew in another width and copies
//! it as one line. Where its margin would cut a word, spaces fill the row up to there.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The row, for a terminal of so many columns. Widths are what most terminals make of them: where one disagrees, a gap
/// stands inside a row, or a word is cut as it would be without us.
pub fn at_words(row: &str, columns: usize) -> Cow<'_, str> {
    // No character takes more columns than bytes.
    if row.len() <= columns {
        return Cow::Borrowed(row);
    }
    let mut wrapped = String::with_capacity(row.len() + row.len() / 8);
    let mut column = 0;
    // The space behind a word stays in its row, so that none begins the next.
    for word in row.split_inclusive(' ') {
        let width: usize = widths(word).sum();
        if column > 0 && column + width > columns && width <= columns {
            wrapped.extend(std::iter::repeat_n(' ', columns - column));
            column = 0;
        }
        wrapped.push_str(word);
        for width in widths(word) {
            // What does not fit goes whole into the next row.
            column = if column + width > columns {
                width
            } else {
                column + width
            };
        }
        // A full row: whatever comes next begins another.
        column %= columns;
    }
    Cow::Owned(wrapped)
}

/// How many columns each grapheme takes; those of a colour take none.
fn widths(text: &str) -> impl Iterator<Item = usize> {
    let mut is_colour = false;
    text.graphemes(true).map(move |grapheme| {
        is_colour |= grapheme == "\x1b";
        let width = if is_colour { 0 } else { grapheme.width() };
        is_colour &= grapheme != "m";
        width
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of a terminal of ten columns that shows this.
    fn shown(row: &str) -> Vec<String> {
        let columns = std::num::NonZeroU16::new(10).unwrap();
        let mut terminal = vt100::Parser::new(columns, columns, 0);
        terminal.process(at_words(row, 10).as_bytes());
        let screen = terminal.screen();
        let rows: Vec<String> = screen
            .rows(0, 10)
            .map(|row| row.trim_end().to_owned())
            .collect();
        let used = rows.iter().rposition(|row| !row.is_empty());
        rows[..used.map_or(0, |last| last + 1)].to_vec()
    }

    #[test]
    fn words_are_not_cut() {
        assert_eq!(
            shown("un deux trois quatre"),
            ["un deux", "trois", "quatre"]
        );
        assert_eq!(shown("court"), ["court"]);
        // With its space it fills the row.
        assert_eq!(shown("123456789 un"), ["123456789", "un"]);
        // Its space would begin the next row.
        assert_eq!(shown("12 3456789 un"), ["12", "3456789 un"]);
        assert_eq!(shown("un 12345678 deux"), ["un", "12345678", "deux"]);
        assert_eq!(shown("un 3456789"), ["un 3456789"]);
    }

    #[test]
    fn a_word_longer_than_a_row_begins_where_it_stands() {
        assert_eq!(
            shown("un http://a.b/cdefg deux"),
            ["un http://", "a.b/cdefg", "deux"]
        );
    }

    #[test]
    fn wide_characters_and_colours_are_measured_as_they_are_shown() {
        assert_eq!(shown("été 日本 ok"), ["été 日本", "ok"]);
        assert_eq!(shown("abc 日本語日 b"), ["abc", "日本語日 b"]);
        assert_eq!(
            shown("\x1b[1;35mun\x1b[0m deux trois"),
            ["un deux", "trois"]
        );
        // Nothing between them: the terminal wraps where it must.
        assert_eq!(shown("日本語日本語日本"), ["日本語日本", "語日本"]);
    }

    #[test]
    fn nothing_but_spaces_is_ever_added() {
        let row =
            "22/11/2026 14:02:31  Zoé  un   texte  \x1b[2mavec\x1b[0m des espaces, 👩‍👩‍👧 et tout";
        let without = |text: &str| text.replace(' ', "");
        for columns in 1..200 {
            let wrapped = at_words(row, columns);
            assert_eq!(without(&wrapped), without(row), "{columns}");
            assert!(wrapped.len() >= row.len());
        }
        assert_eq!(at_words(row, 200), row);
    }
}
