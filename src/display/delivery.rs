//! What is said of a person's own lines: on their way, received, lost or never read; and how much of them.

use crate::platform::PROGRAM;

/// What is known of lines that were not acknowledged before the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// They never went out to anybody.
    Certain,
    /// They may have arrived: whoever had them could not say so any more.
    Possible,
}

/// So many lines did not arrive, as far as is known.
pub fn undelivered(lines: usize, loss: Loss) -> Option<String> {
    Some(match (lines, loss) {
        (0, _) => return None,
        (1, Loss::Certain) => "1 message n'a pas été remis".to_owned(),
        (n, Loss::Certain) => format!("{n} messages n'ont pas été remis"),
        (1, Loss::Possible) => "remise non confirmée de 1 message".to_owned(),
        (n, Loss::Possible) => format!("remise non confirmée de {n} messages"),
    })
}

/// How things stand with what somebody has written, in the fewest words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Nothing is to be told: nothing was written, or it is on its way and will be there at once.
    Untold,
    /// So many lines are under way for longer than a healthy connection takes.
    UnderWay(usize),
    /// So many wait for the connection, or for the other.
    Waiting(usize),
    /// The other person's client has all of them.
    Received,
    /// All are written to a server that acknowledges nothing.
    Sent,
}

impl Delivery {
    /// A sign before a word, as the window has it; nothing where nothing is to be told.
    pub fn mark(self) -> Option<String> {
        Some(match self {
            Delivery::Untold => return None,
            Delivery::UnderWay(lines) => format!("{} en route", count(lines)),
            Delivery::Waiting(lines) => format!("{} en attente", count(lines)),
            Delivery::Received => "✓ reçu".to_owned(),
            Delivery::Sent => "✓ envoyé".to_owned(),
        })
    }
}

/// Whether a count reached the end of what was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    All,
    /// More may have come, or was too much to count.
    AtLeast,
}

/// So many lines of a pipe were not read, because the discussion was over or this line of the pipe had ended it.
pub fn unread(lines: usize, extent: Extent, farewell: Option<&str>) -> Option<String> {
    let at_least = match extent {
        Extent::All => "",
        Extent::AtLeast => "au moins ",
    };
    let number = count(lines);
    let counted = match lines {
        0 => return None,
        1 => format!("{at_least}1 ligne n'a pas été envoyée"),
        _ => format!("{at_least}{number} lignes n'ont pas été envoyées"),
    };
    Some(match farewell {
        None => format!("{counted} : la discussion était terminée."),
        Some(word) => format!(
            "{counted}, car la ligne « {word} » qui les précède termine la discussion. Pour envoyer un texte entier, quoi \
             qu'il contienne : {PROGRAM} … --texte < fichier"
        ),
    })
}

/// How much of a text has gone where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// In lines.
    pub done: u64,
    pub under_way: usize,
    pub ends: WorkEnds,
}

/// What is known of a line that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkEnds {
    /// The other has it.
    Received,
    /// It is written to a server that acknowledges nothing.
    Sent,
}

/// How far a text has come, at so many lines a second.
pub fn progress(work: Work, speed: usize) -> String {
    let (line, lines) = match work.ends {
        WorkEnds::Received => ("ligne remise", "lignes remises"),
        WorkEnds::Sent => ("ligne envoyée", "lignes envoyées"),
    };
    let done = usize::try_from(work.done).unwrap_or(usize::MAX);
    let noun = if done < 2 { line } else { lines };
    let (done, under_way, speed) = (count(done), count(work.under_way), count(speed));
    format!("{done} {noun}, {under_way} en route, {speed}/s")
}

/// A number as French writes it: 45 210, with spaces that no line is broken at.
pub fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(2 * digits.len());
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push('\u{202f}');
        }
        shown.push(digit);
    }
    shown
}

/// « 1 message », « 3 messages »; nothing for none.
pub fn messages(lines: usize) -> Option<String> {
    match lines {
        0 => None,
        1 => Some("1 message".to_owned()),
        n => Some(format!("{n} messages")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_read_is_counted_with_what_to_do() {
        assert_eq!(unread(0, Extent::AtLeast, Some("quitter")), None);
        assert_eq!(
            unread(1, Extent::All, None).unwrap(),
            "1 ligne n'a pas été envoyée : la discussion était terminée."
        );
        let told = unread(12_345, Extent::AtLeast, Some("quitter")).unwrap();
        assert!(told.starts_with(
            "au moins 12\u{202f}345 lignes n'ont pas été envoyées, car la ligne « quitter »"
        ));
        assert!(told.ends_with("msg … --texte < fichier"));
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(45_210), "45\u{202f}210");
        assert_eq!(count(1_000_000), "1\u{202f}000\u{202f}000");
    }

    #[test]
    fn a_loss_is_certain_or_possible() {
        assert_eq!(undelivered(0, Loss::Possible), None);
        for (loss, one, two) in [
            (
                Loss::Certain,
                "1 message n'a pas été remis",
                "2 messages n'ont pas été remis",
            ),
            (
                Loss::Possible,
                "remise non confirmée de 1 message",
                "remise non confirmée de 2 messages",
            ),
        ] {
            assert_eq!(undelivered(1, loss).unwrap(), one);
            assert_eq!(undelivered(2, loss).unwrap(), two);
        }
    }
}
