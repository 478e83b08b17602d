//! The words that end a discussion: one table, for `msg` itself and for the clients that courses have written.

use super::hygiene::has_printable_ends;

/// What `msg` takes for the end, to the letter: its command, and the word of the assignment.
const OWN: [&str; 2] = ["/quit", "quitter"];

/// What students have chosen, whether it ends the discussion as a whole line, and whether it does behind the marks that
/// make a command of it: `/bye`, `!exit`, `:q`, `{quit}`, `<leave>`.
const PLAIN: [(&str, Option<EndWord>, Option<EndWord>); 8] = [
    ("quitter", Some(EndWord::Anywhere), Some(EndWord::Anywhere)),
    ("quit", Some(EndWord::Anywhere), Some(EndWord::Anywhere)),
    ("exit", Some(EndWord::Anywhere), Some(EndWord::Anywhere)),
    ("quitte", None, Some(EndWord::Anywhere)),
    ("leave", None, Some(EndWord::Anywhere)),
    ("bye", Some(EndWord::IfLast), Some(EndWord::Anywhere)),
    ("q", Some(EndWord::IfLast), Some(EndWord::Anywhere)),
    ("fin", Some(EndWord::IfLast), None),
];

/// When a line ends the discussion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndWord {
    Anywhere,
    /// Where nothing follows it; else it is a word like any other.
    IfLast,
}

/// Whether a line that is typed in `msg` is one of its own two words.
pub fn is_own(line: &str) -> bool {
    OWN.contains(&line.trim())
}

impl EndWord {
    /// What a whole line of a plain client says, in capitals or not.
    pub fn of_plain(line: &str) -> Option<EndWord> {
        /// In bytes: no end word is longer with what stands around it.
        const LONGEST: usize = 16;

        // So it is with most lines, and quickly told.
        if line.len() > LONGEST && has_printable_ends(line) {
            return None;
        }
        let said = line.trim();
        if said.len() > LONGEST {
            return None;
        }
        let known = |said: &str| {
            PLAIN
                .iter()
                .find(|(word, ..)| word.eq_ignore_ascii_case(said))
        };
        match unmarked(said) {
            Some(command) => known(command)?.2,
            None => known(said)?.1,
        }
    }
}

/// A word without the marks that make it a command.
fn unmarked(said: &str) -> Option<&str> {
    const BRACKETS: [(char, char); 5] =
        [('(', ')'), ('[', ']'), ('{', '}'), ('<', '>'), ('«', '»')];

    if said.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let marked = said.strip_prefix(['/', '!', ':', '\\']);
    let bracketed = || {
        let within = |(open, close)| said.strip_prefix(open)?.strip_suffix(close);
        BRACKETS.into_iter().find_map(within)
    };
    let word = marked.or_else(bracketed)?.trim();
    // One kind of mark within another: `[/quit]`.
    Some(word.strip_prefix('/').unwrap_or(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_it_in_msg_ends_it_in_every_client() {
        for word in OWN {
            assert!(is_own(word), "{word}");
            assert_eq!(EndWord::of_plain(word), Some(EndWord::Anywhere), "{word}");
        }
        // And no other: in msg what is not its own is a message or a mistake.
        for (word, ..) in PLAIN.iter().filter(|(word, ..)| *word != "quitter") {
            assert!(!is_own(word), "{word}");
        }
    }

    #[test]
    fn a_mark_makes_a_command_of_a_word_but_not_of_any() {
        for line in [
            "/leave",
            "!QUIT",
            ":q",
            "[bye]",
            "« quitte »",
            "<exit>",
            "(/quit)",
        ] {
            assert_eq!(EndWord::of_plain(line), Some(EndWord::Anywhere), "{line}");
        }
        for line in ["leave", "quitte", "(fin)", "/fin", "quit !", "q.", "", "/"] {
            assert_eq!(EndWord::of_plain(line), None, "{line}");
        }
        assert_eq!(EndWord::of_plain(" Fin "), Some(EndWord::IfLast));
        for padded in [format!("quit{:20}", ""), format!("{:20}quit", "")] {
            assert_eq!(EndWord::of_plain(&padded), Some(EndWord::Anywhere));
        }
    }
}
