//! What a line that was typed asks for.

use crate::protocol::end_words;

/// A line, understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command<'l> {
    /// A message, or nothing for an empty one.
    Say(&'l str),
    Quit,
    /// So many of the last messages.
    History(usize),
    Help,
    /// A mistake, and what was meant perhaps.
    Unknown(&'l str),
    /// `/history` with something that is no number.
    NoNumber(&'l str),
}

/// What a command begins with, behind its `/`.
pub const NAMES: [&str; 4] = ["quit", "history", "help", "say"];

/// How many messages `/history` shows when no number says.
const HISTORY: usize = 20;

/// The answer to `/help`.
pub const HELP: [&str; 5] = [
    "/quit, quitter     quitter la discussion (Ctrl-D sur une ligne vide aussi)",
    "/history [n]       revoir les n derniers messages (20 sans nombre)",
    "/help              afficher cette aide",
    "//texte            envoyer « /texte »",
    "/say texte         envoyer « texte » tel quel, même « quitter »",
];

/// What `/help` has to add where there is a prompt.
pub const PROMPT_HELP: [&str; 9] = [
    "Haut, Bas          rappeler ce qui a été écrit",
    "Ctrl-R             y chercher ; encore : plus ancien, Échap : le brouillon",
    "Alt-Entrée         passer à la ligne dans le message (Ctrl-J aussi)",
    "Tab                compléter une commande, ou le nom de l'autre",
    "Ctrl-_             annuler la dernière modification (Ctrl-X Ctrl-U aussi)",
    "Ctrl-C             vider la ligne ; sur une ligne vide, quitter",
    "Ctrl-A E W U K Y   comme dans un shell ; Ctrl-L efface l'écran, Ctrl-Z suspend",
    "Alt-B F D U L C    comme dans un shell : aux mots, effacer, changer la casse",
    "* après la date    ce message a dû attendre ; « ✓ reçu » : tout est chez l'autre",
];

impl Command<'_> {
    /// Understands a line. White space around a command does not matter.
    pub fn of(line: &str) -> Command<'_> {
        let trimmed = line.trim();
        if is_farewell(trimmed) {
            return Command::Quit;
        }
        let Some(word) = trimmed.strip_prefix('/') else {
            return Command::Say(if trimmed.is_empty() { "" } else { line });
        };
        if word.starts_with('/') {
            return Command::Say(&line.trim_start()[1..]);
        }
        let (name, argument) = word
            .split_once(char::is_whitespace)
            .map_or((word, ""), |(name, argument)| (name, argument.trim()));
        match (name, argument) {
            ("help", "") => Command::Help,
            // Whatever it is: the other two words would end the discussion.
            ("say", text) if !text.is_empty() => Command::Say(text),
            ("history", "") => Command::History(HISTORY),
            ("history", number) => match counted(number) {
                Some(number) => Command::History(number),
                None => Command::NoNumber(number),
            },
            _ => Command::Unknown(trimmed),
        }
    }
}

/// How many there are to be, at least one. Who asks for more than a number holds asks for all.
fn counted(number: &str) -> Option<usize> {
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let count = number.parse().unwrap_or(usize::MAX);
    (is_number && count > 0).then_some(count)
}

/// Whether a line is one of the two that end a conversation, whoever writes it.
pub fn is_farewell(line: &str) -> bool {
    end_words::is_own(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_words_of_farewell_quit_with_blanks_around_them_and_nothing_else_does() {
        for line in ["/quit", "quitter", "  quitter ", "\t/quit"] {
            assert_eq!(Command::of(line), Command::Quit, "{line:?}");
        }
        for line in ["quitter la ville", "Quitter", "quit", "« quitter »"] {
            assert_eq!(Command::of(line), Command::Say(line));
        }
    }

    #[test]
    fn two_slashes_send_one() {
        assert_eq!(Command::of("//quit"), Command::Say("/quit"));
        assert_eq!(Command::of(" //etc/passwd "), Command::Say("/etc/passwd "));
        assert_eq!(Command::of("//"), Command::Say("/"));
    }

    #[test]
    fn what_is_said_is_never_a_command() {
        assert_eq!(Command::of("/say quitter"), Command::Say("quitter"));
        assert_eq!(Command::of(" /say  /quit "), Command::Say("/quit"));
        assert_eq!(Command::of("/say"), Command::Unknown("/say"));
    }

    #[test]
    fn every_name_is_a_commands() {
        for name in NAMES {
            let line = format!("/{name} 1");
            let alone = format!("/{name}");
            let known = [&line, &alone]
                .iter()
                .any(|line| !matches!(Command::of(line), Command::Unknown(_)));
            assert!(known, "{name}");
        }
    }

    #[test]
    fn an_unknown_word_is_a_mistake_and_not_a_message() {
        for line in [
            "/quiter",
            "/",
            "/etc/passwd",
            "/quit maintenant",
            "/help moi",
        ] {
            assert_eq!(Command::of(line), Command::Unknown(line));
        }
        assert_eq!(Command::of("/history abc"), Command::NoNumber("abc"));
        for number in ["-1", "+1", "0", "000", "1.5"] {
            let line = format!("/history {number}");
            assert_eq!(Command::of(&line), Command::NoNumber(number));
        }
    }

    #[test]
    fn history_takes_a_number() {
        assert_eq!(Command::of("/history"), Command::History(HISTORY));
        assert_eq!(Command::of("/history  3 "), Command::History(3));
        let huge = format!("/history {}", "9".repeat(40));
        assert_eq!(Command::of(&huge), Command::History(usize::MAX));
        assert_eq!(Command::of(" /help"), Command::Help);
    }

    #[test]
    fn an_empty_line_says_nothing_and_blanks_within_a_message_stay() {
        assert_eq!(Command::of(" \t "), Command::Say(""));
        assert_eq!(Command::of("  a  b "), Command::Say("  a  b "));
    }
}
