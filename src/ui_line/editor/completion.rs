//! What Tab makes of what was typed before the cursor.

use super::recall::starts_with;
use crate::conversation::commands;

/// What a tab comes to.
#[derive(Debug, PartialEq, Eq)]
pub enum Completion {
    /// The last so many bytes become this.
    Replace { length: usize, with: String },
    /// It was to complete something, and there is nothing to say.
    Nothing,
    /// There is nothing to complete: it is a tab like any other.
    Tab,
}

/// Completes a command at the beginning of a line, and else the name of the other from its first letters on.
pub fn complete(before: &str, behind: &str, other: &str) -> Completion {
    if behind.starts_with(char::is_alphanumeric) {
        return Completion::Tab;
    }
    if let Some(command) = before.strip_prefix('/')
        && !command.starts_with('/')
        && !command.contains(char::is_whitespace)
    {
        return complete_command(command);
    }
    let start = before.rfind(|c: char| !c.is_alphanumeric() && !"-_.".contains(c));
    let word = match start {
        Some(at) => before[at..].trim_start_matches(|c: char| !c.is_alphanumeric()),
        None => before,
    };
    let lower: String = word.chars().flat_map(char::to_lowercase).collect();
    if word.is_empty() || word == other || !starts_with(other, &lower) {
        return Completion::Tab;
    }
    Completion::Replace {
        length: word.len(),
        with: other.to_owned(),
    }
}

/// As far as all commands go that begin so.
fn complete_command(typed: &str) -> Completion {
    let mut candidates = commands::NAMES
        .iter()
        .filter(|name| name.starts_with(typed));
    let Some(first) = candidates.next() else {
        return Completion::Nothing;
    };
    let common = candidates.fold(first.len(), |common, name| {
        let same = first.bytes().zip(name.bytes());
        common.min(same.take_while(|(a, b)| a == b).count())
    });
    if common == typed.len() {
        return Completion::Nothing;
    }
    Completion::Replace {
        length: typed.len(),
        with: first[..common].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(before: &str) -> Option<String> {
        match complete(before, "", "Élodie B.") {
            Completion::Replace { length, with } => {
                Some(format!("{}{with}", &before[..before.len() - length]))
            }
            Completion::Nothing => Some(before.to_owned()),
            Completion::Tab => None,
        }
    }

    #[test]
    fn a_command_is_completed_where_a_command_may_stand() {
        assert_eq!(completed("/q").as_deref(), Some("/quit"));
        assert_eq!(completed("/h").as_deref(), Some("/h"));
        assert_eq!(completed("/hi").as_deref(), Some("/history"));
        assert_eq!(completed("/x").as_deref(), Some("/x"));
        assert_eq!(completed("//q"), None);
        assert_eq!(completed("/history 3"), None);
        assert_eq!(completed("dans /q"), None);
    }

    #[test]
    fn the_name_of_the_other_is_completed_from_its_first_letter_on() {
        assert_eq!(completed("é").as_deref(), Some("Élodie B."));
        assert_eq!(completed("et d'éLO").as_deref(), Some("et d'Élodie B."));
        for nothing in ["", " ", "elo", "Élodie B.", "été", "é "] {
            assert_eq!(completed(nothing), None, "{nothing:?}");
        }
        assert_eq!(complete("é", "lan", "Élodie"), Completion::Tab);
        assert_eq!(complete("é", "", ""), Completion::Tab);
    }
}
