//! Who a line says that it is from.

use memchr::memchr2;

use crate::protocol::name::{MAX_NAME, Name};

use super::Diagnostic;

/// Bytes at the beginning of a line that can hold its time and its author.
const HEAD: usize = 4 * MAX_NAME + 40;

/// What a first line says of its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introduction<'t> {
    pub name: Name,
    /// Its message, if it has one.
    pub said: &'t str,
    pub how: Diagnostic,
}

/// The author that a first line names; not the « http » of an address, the « 14 » of an hour or the `{"type"` of some
/// data.
pub fn introduction(line: &str) -> Option<Introduction<'_>> {
    if let Some(value) = labelled(line) {
        return spoken(value).or_else(|| announced(value.parse().ok()?));
    }
    if let Some(name) = announcement(line) {
        return announced(name);
    }
    spoken(line)
}

/// The author in front of a message.
fn spoken(line: &str) -> Option<Introduction<'_>> {
    let (author, said) = split_author(line)?;
    let is_a_name = is_called(author) && !said.starts_with("//");
    let name = author.parse().ok().filter(|_| is_a_name)?;
    let how = Diagnostic::OwnPrefix;
    Some(Introduction { name, said, how })
}

/// The text after its author, if that is `name` in capitals or not.
pub fn without_author<'t>(text: &'t str, name: &Name) -> Option<&'t str> {
    if !may_have_author(text) {
        return None;
    }
    let (author, said) = split_author(text)?;
    let author: Name = author.parse().ok()?;
    author.looks_like(name).then_some(said)
}

/// Whether an author may stand before a text. Of most texts it is quickly told that none does.
fn may_have_author(text: &str) -> bool {
    let head = &text.as_bytes()[..text.len().min(HEAD)];
    match head.first() {
        // A bracket, or a time of any length.
        Some(b'[' | b'<' | b'(' | b'0'..=b'9') => true,
        _ => memchr2(b':', b'>', head).is_some(),
    }
}

fn announced<'t>(name: Name) -> Option<Introduction<'t>> {
    let how = Diagnostic::Announced;
    Some(Introduction {
        name,
        said: "",
        how,
    })
}

/// Whether somebody may be called so in front of their text.
fn is_called(author: &str) -> bool {
    author.contains(char::is_alphabetic) && author.trim_start().starts_with(char::is_alphanumeric)
}

/// Splits what stands before a text from it: `Zoé: salut`, `Zoé> salut`, `[Zoé] salut`, `<Zoé>: salut`, with the time
/// before it or not.
fn split_author(line: &str) -> Option<(&str, &str)> {
    let line = without_clock(line);
    let bracket = match line.as_bytes().first()? {
        b'[' => Some(']'),
        b'<' => Some('>'),
        b'(' => Some(')'),
        _ => None,
    };
    let head = &line[..line.floor_char_boundary(HEAD)];
    let (author, text) = if let Some(bracket) = bracket {
        let end = head.find(bracket)?;
        let text = &line[end + 1..];
        let colon = text.strip_prefix(':').or_else(|| text.strip_prefix(" : "));
        (&line[1..end], colon.unwrap_or(text))
    } else {
        let end = memchr2(b':', b'>', head.as_bytes())?;
        let text = line[end + 1..].trim_start_matches('>');
        (line[..end].trim_end_matches(['-', '=', ' ']), text)
    };
    Some((
        author,
        text.trim_start_matches([' ', '\t', '\u{a0}', '\u{202f}']),
    ))
}

/// What follows a time, in brackets or not: `[12:30] `, `12:30:05 - `, `[22/11/2026 14:02:31] `.
fn without_clock(line: &str) -> &str {
    let mut rest = line;
    // A date and a time at most.
    for _ in 0..2 {
        let bracketed = || {
            let (inside, after) = rest.strip_prefix(['[', '('])?.split_once([']', ')'])?;
            is_clock(inside).then_some(after)
        };
        let bare = || {
            let (word, after) = rest.split_once(' ')?;
            is_clock(word).then_some(after)
        };
        let after = match rest.as_bytes().first() {
            Some(b'[' | b'(') => bracketed(),
            Some(b'0'..=b'9') => bare(),
            _ => None,
        };
        let Some(after) = after else {
            break;
        };
        rest = after.trim_start_matches([' ', '-']);
    }
    rest
}

/// Whether a text is the time of day, a date or both, in figures.
fn is_clock(text: &str) -> bool {
    const LONGEST: usize = 24;
    let is_part = |byte: u8| byte.is_ascii_digit() || b":/-. hT,".contains(&byte);
    text.len() <= LONGEST
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.contains([':', '/', '-', 'h'])
        && text.bytes().all(is_part)
}

/// What stands after the word for a name: `USERNAME:Zoé`, `Nom = Zoé`, `/nick Zoé`.
fn labelled(line: &str) -> Option<&str> {
    const LABELS: [&str; 15] = [
        "user",
        "username",
        "user name",
        "user_name",
        "name",
        "nickname",
        "nick",
        "login",
        "pseudo",
        "pseudonyme",
        "nom",
        "mon nom",
        "votre nom",
        "prenom",
        "prénom",
    ];
    let (label, value) = match line.strip_prefix('/') {
        Some(command) => command.split_once(' ')?,
        None => line.split_once([':', '='])?,
    };
    let label = label
        .trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase();
    let value = value.trim().trim_matches('"');
    (LABELS.contains(&label.as_str()) && !value.is_empty()).then_some(value)
}

/// Who has come, in a line that says so to everybody: `Zoé a rejoint le chat`, `*** Zoe has joined the chat ***`.
fn announcement(line: &str) -> Option<Name> {
    const BEGINNINGS: [&str; 5] = [
        "le client ",
        "client ",
        "l'utilisateur ",
        "utilisateur ",
        "user ",
    ];
    const ARRIVALS: [&str; 20] = [
        "est arrivé",
        "est arrive",
        "est connecté",
        "est connecte",
        "est en ligne",
        "s'est connecté",
        "s'est connecte",
        "a rejoint",
        "vient de rejoindre",
        "vient de se connecter",
        "vient d'arriver",
        "entre dans",
        "est entré",
        "has joined",
        "just joined",
        "joined",
        "has connected",
        "has entered",
        "is connected",
        "is online",
    ];
    /// What has been joined.
    const PLACES: [&str; 26] = [
        "",
        "e",
        "es",
        "le",
        "la",
        "l",
        "au",
        "à",
        "dans",
        "sur",
        "the",
        "to",
        "a",
        "chat",
        "tchat",
        "salon",
        "discussion",
        "conversation",
        "serveur",
        "groupe",
        "canal",
        "room",
        "server",
        "channel",
        "chatroom",
        "now",
    ];
    const LONGEST: usize = 4 * MAX_NAME + 80;

    if line.len() > LONGEST {
        return None;
    }
    let line = line.trim_matches(|c: char| !c.is_alphanumeric() && c != ')');
    let said_so = |at: usize| {
        let tail = line[at..].trim_start().to_lowercase();
        let place = ARRIVALS
            .iter()
            .find_map(|arrival| tail.strip_prefix(arrival))?;
        let mut words = place.split(|c: char| !c.is_alphanumeric());
        words
            .all(|word| PLACES.contains(&word))
            .then_some(&line[..at])
    };
    let author = line.match_indices(' ').find_map(|(at, _)| said_so(at))?;
    let beginning = |beginning: &&str| {
        let head = author.get(..beginning.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(beginning))
    };
    let length = BEGINNINGS
        .iter()
        .find(|text| beginning(text))
        .map_or(0, |text| text.len());
    let author = author[length..].trim_matches(['"', '«', '»', '[', ']', '<', '>', ' ']);
    let is_a_name = is_called(author) && author.split_whitespace().count() <= 3;
    author.parse().ok().filter(|_| is_a_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_author_is_overlooked_at_a_glance() {
        let name: Name = "Zoé".parse().unwrap();
        let far = " ".repeat(HEAD);
        let clocks = ["", "12:30 ", "[12:30:05] ", "(22/11/2026) ", "12h30"];
        let heads = ["Zoé: ", "zoé> ", "Zoé -->", "[Zoé] ", "<Zoé> ", "(Zoé) "];
        for clock in clocks {
            for head in heads {
                for text in [
                    format!("{clock}{head}salut"),
                    format!("{clock}{far}{head}salut"),
                ] {
                    let author = split_author(&text).map(|(author, _)| author.parse::<Name>());
                    let is_she = |author: &Name| author.looks_like(&name);
                    let has_author = matches!(author, Some(Ok(author)) if is_she(&author));
                    assert!(has_author || !clock.ends_with(' '), "{text}");
                    assert!(may_have_author(&text) || !has_author, "{text}");
                }
            }
        }
        assert!(!may_have_author("salut, ça va ?"));
    }
}
