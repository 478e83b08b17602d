//! The names of people.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;

use super::hygiene::{is_hidden, is_unseen_alone};

/// The longest name or salon, in characters (Unicode scalar values).
pub const MAX_NAME: usize = 24;

/// The name of a person: 1 to [`MAX_NAME`] characters of any script, spaces inside included, none hidden. Each message
/// that is shown names its author: a copy takes no memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(Arc<str>);

/// Why a text is no [`Name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// Nothing that can be seen.
    Empty,
    /// More than [`MAX_NAME`] characters.
    TooLong,
    /// A character that does not show itself; see [`is_hidden`].
    Hidden(char),
}

impl Name {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether two people could take the one for the other, by Unicode's rules for identifiers that are not told apart by
    /// case (NFKC and full case folding, UAX #31 and the Unicode Standard 3.13), with joiners left out.
    pub fn looks_like(&self, other: &Name) -> bool {
        self.folded().eq(other.folded())
    }

    fn folded(&self) -> impl Iterator<Item = char> {
        let visible = self.0.nfkc().filter(|&c| c == ' ' || !is_unseen_alone(c));
        let folded = visible.default_case_fold().nfkc();
        // « İ » folds to an i with a dot above, which nobody tells from one without.
        let dotless = folded.scan(' ', |before, c| {
            let is_second_dot = *before == 'i' && c == '\u{307}';
            *before = c;
            Some((!is_second_dot).then_some(c))
        });
        dotless.flatten()
    }
}

impl FromStr for Name {
    type Err = NameError;

    /// Takes the name without the white space around it, composed (NFC), so that it is shown and stored in one way.
    fn from_str(text: &str) -> Result<Name, NameError> {
        let text: String = text.trim().nfc().collect();
        if let Some(hidden) = text.chars().find(|&c| is_hidden(c)) {
            return Err(NameError::Hidden(hidden));
        }
        if text.chars().all(is_unseen_alone) {
            return Err(NameError::Empty);
        }
        if text.chars().count() > MAX_NAME {
            return Err(NameError::TooLong);
        }
        Ok(Name(text.into()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NameError::Empty => write!(f, "le nom est vide"),
            NameError::TooLong => write!(f, "le nom dépasse {MAX_NAME} caractères"),
            NameError::Hidden(c) => {
                write!(
                    f,
                    "le nom contient le caractère invisible U+{:04X}",
                    *c as u32
                )
            }
        }
    }
}

impl std::error::Error for NameError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_script_are_names_and_invisible_ones_are_not() {
        for name in [
            "Zoé",
            "Jean-Luc d'Aix",
            "李雷",
            "محمد",
            "می‌خواهم",
            "👩‍👩‍👧",
            "a",
            &"é".repeat(MAX_NAME),
        ] {
            assert_eq!(
                name.parse::<Name>().map(|name| name.to_string()),
                Ok(name.to_string())
            );
        }
        assert_eq!("  Zoé ".parse::<Name>().unwrap().as_str(), "Zoé");
        assert_eq!("".parse::<Name>(), Err(NameError::Empty));
        assert_eq!(" \u{200d}".parse::<Name>(), Err(NameError::Empty));
        assert_eq!("a\tb".parse::<Name>(), Err(NameError::Hidden('\t')));
        assert_eq!(
            "a\u{2066}b".parse::<Name>(),
            Err(NameError::Hidden('\u{2066}'))
        );
        assert_eq!(
            "x".repeat(MAX_NAME + 1).parse::<Name>(),
            Err(NameError::TooLong)
        );
    }

    #[test]
    fn names_that_look_equal_are_equal_and_no_others() {
        let alike = |one: &str, other: &str| {
            let name = |text: &str| text.parse::<Name>().unwrap();
            name(one).looks_like(&name(other))
        };
        for (one, other) in [
            ("ZOÉ", "zoé"),
            ("Zo\u{e9}", "Zoe\u{301}"),
            ("Al\u{200d}ice", "Alice"),
            ("Ａlice", "Alice"),
            ("İnci", "inci"),
            ("Straße", "STRASSE"),
            ("Σωκράτης", "ΣΩΚΡΆΤΗΣ"),
            ("ﬁn", "FIN"),
            ("Jean\u{a0}Paul", "Jean Paul"),
        ] {
            assert!(alike(one, other), "{one} and {other}");
            assert!(alike(other, one), "{other} and {one}");
        }
        for (one, other) in [
            ("Zoe", "Zoé"),
            ("Jean Paul", "JeanPaul"),
            ("a", "b"),
            ("Al", "All"),
        ] {
            assert!(!alike(one, other), "{one} and {other}");
        }
    }

    #[test]
    fn a_name_is_shown_composed() {
        let name: Name = "Zoe\u{301}".parse().unwrap();
        assert_eq!(name.as_str(), "Zo\u{e9}");
        assert!("e\u{301}".repeat(MAX_NAME).parse::<Name>().is_ok());
    }
}
