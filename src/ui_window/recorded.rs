//! Rows of the record, understood: they become bubbles like the messages of today.

use chrono::{Local, NaiveDateTime};

use crate::display::Mark;
use crate::protocol::Line;

/// A message of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedMessage {
    pub mark: Mark,
    pub name: String,
    pub line: Line,
}

/// The message in a row of the record; `None` for a heading, and whatever else somebody has written into the file.
pub fn message(row: &str) -> Option<RecordedMessage> {
    const DATE: &str = "%d/%m/%Y %H:%M:%S";
    const DATE_BYTES: usize = "22/11/2026 14:02:31".len();

    let (date, rest) = row.split_at_checked(DATE_BYTES)?;
    let date = NaiveDateTime::parse_from_str(date, DATE).ok()?;
    // In the hour that comes twice a year, the first one: both are shown alike.
    let sent_at = date.and_local_timezone(Local).earliest()?;
    let (mark, rest) = match rest.strip_prefix(Mark::PENDING) {
        Some(rest) => (Mark::Pending, rest),
        None => (Mark::Delivered, rest.strip_prefix(' ')?),
    };
    // Two spaces end a name: no name holds them.
    let (name, text) = rest.strip_prefix(' ')?.split_once("  ")?;
    Some(RecordedMessage {
        mark,
        name: name.to_owned(),
        line: Line {
            sent_at: sent_at.timestamp_millis().try_into().ok()?,
            text: text.to_owned(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::{Author, Colour, Palette};

    #[test]
    fn what_the_record_writes_is_understood() {
        let line = Line {
            sent_at: 1_795_000_000_000,
            text: "  c'était  hier ".to_owned(),
        };
        for mark in [Mark::Pending, Mark::Delivered] {
            let row = Palette::new(Colour::Off).marked(mark, Author::Own, "Zoé B", &line);
            let name = "Zoé B".to_owned();
            let line = line.clone();
            assert_eq!(message(&row), Some(RecordedMessage { mark, name, line }));
        }
    }

    #[test]
    fn nothing_else_is_a_message() {
        for row in [
            "",
            "— discussion du 22/11/2026 14:02:31",
            "22/11/2026 14:02:31",
            "22/11/2026 14:02:31  Bob",
            "22/11/2026 14:02:31 Bob  texte",
            "99/99/2026 14:02:31  Bob  texte",
            "@1795000000  Bob  texte",
            "été été été été été été  a  b",
        ] {
            assert_eq!(message(row), None, "{row}");
        }
    }
}
