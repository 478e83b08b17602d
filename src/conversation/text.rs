//! Bytes that somebody typed or piped, as the texts of messages.

use unicode_segmentation::{GraphemeCursor, GraphemeIncomplete};

use crate::protocol::charset::windows_1252;
use crate::protocol::wire::MAX_TEXT;

/// Whether more bytes may follow those at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    MayFollow,
    Nothing,
}

/// UTF-8, and where it is not, Windows-1252: no byte is ever lost. Gives also how many bytes were used: all of them,
/// but for a character that is not whole yet.
pub fn decode(bytes: &[u8], rest: Rest) -> (String, usize) {
    let mut text = String::with_capacity(bytes.len());
    let mut used = 0;
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        used += chunk.valid().len();
        let invalid = chunk.invalid();
        let at_end = used + invalid.len() == bytes.len();
        if at_end && rest == Rest::MayFollow && is_beginning(invalid) {
            break;
        }
        text.extend(invalid.iter().copied().map(windows_1252));
        used += invalid.len();
    }
    (text, used)
}

/// Whether some further bytes would make these a character.
fn is_beginning(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

/// The texts of the messages that a line is sent as: itself, or, when it is longer than [`MAX_TEXT`] bytes, pieces cut
/// between graphemes. An empty line is one empty piece.
pub fn pieces(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let (piece, after) = rest?.split_at(first_piece(rest?));
        rest = Some(after).filter(|after| !after.is_empty());
        Some(piece)
    })
}

/// How many bytes of `line` its first message takes.
pub fn first_piece(line: &str) -> usize {
    if line.len() <= MAX_TEXT {
        return line.len();
    }
    let limit = line.floor_char_boundary(MAX_TEXT);
    let mut cursor = GraphemeCursor::new(limit, line.len(), true);
    let cut = match cursor.is_boundary(line, 0) {
        Ok(true) => Ok(Some(limit)),
        Ok(false) => cursor.prev_boundary(line, 0),
        Err(incomplete) => Err(incomplete),
    };
    match cut {
        Ok(Some(cut)) if cut > 0 => cut,
        // A single grapheme of this length says nothing to anybody; it is cut between characters.
        Ok(_) => limit,
        Err(
            GraphemeIncomplete::PreContext(_)
            | GraphemeIncomplete::PrevChunk
            | GraphemeIncomplete::NextChunk
            | GraphemeIncomplete::InvalidOffset,
        ) => unreachable!("the cursor is given the whole line"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_utf8_is_read_as_windows_1252() {
        let decoded = |bytes| decode(bytes, Rest::Nothing);
        assert_eq!(decoded("été 👍".as_bytes()), ("été 👍".to_owned(), 10));
        assert_eq!(
            decoded(b"\xe9t\xe9 \x80\x9d"),
            ("été €\u{9d}".to_owned(), 6)
        );
        assert_eq!(decoded(b"d\xc3\xa9j\xe0"), ("déjà".to_owned(), 5));
        assert_eq!(decoded(b"a\0b"), ("a\0b".to_owned(), 3));
        assert_eq!(decoded(b"\xf0\x9f\x91"), ("ðŸ‘".to_owned(), 3));
    }

    #[test]
    fn the_beginning_of_a_character_waits_for_its_rest() {
        assert_eq!(
            decode(b"ab\xf0\x9f\x91", Rest::MayFollow),
            ("ab".to_owned(), 2)
        );
        assert_eq!(decode(b"ab\xff", Rest::MayFollow), ("abÿ".to_owned(), 3));
        assert_eq!(decode(b"\xe9t\xc3", Rest::MayFollow), ("ét".to_owned(), 2));
    }

    #[test]
    fn a_long_line_is_cut_between_graphemes() {
        assert_eq!(pieces("").collect::<Vec<_>>(), [""]);
        assert_eq!(pieces("court").collect::<Vec<_>>(), ["court"]);
        let family = "👩‍👩‍👧";
        let line = family.repeat(1000);
        let cut: Vec<&str> = pieces(&line).collect();
        assert_eq!(cut.concat(), line);
        for piece in cut {
            assert!(piece.len() <= MAX_TEXT);
            assert_eq!(piece.len() % family.len(), 0);
        }
        let monster = format!("e{}", "\u{301}".repeat(MAX_TEXT));
        let cut: Vec<&str> = pieces(&monster).collect();
        assert_eq!(cut.concat(), monster);
        assert!(cut.iter().all(|piece| piece.len() <= MAX_TEXT));
    }
}
