//! Command lines that argh makes no sense of: what was meant all the same, or what is wrong.

use super::address::callable;
use super::help::help;
use super::spec::{OptionSpec, is_option, is_valued, nearest, spec};
use super::{Mode, UsageError};

/// `--connect` before an address that stands alone, where that makes sense of it.
pub(super) fn with_connect<'w>(words: &[&'w str]) -> Option<Vec<&'w str>> {
    let mut explained = Vec::with_capacity(words.len() + 1);
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        match word {
            "--connect" | "--relay" => return None,
            // A second one belongs to no option whatever comes before it.
            _ if callable(word).is_ok() => explained.extend(["--connect", word]),
            _ if is_valued(word) => explained.extend([word, words.next()?]),
            _ => explained.push(word),
        }
    }
    Some(explained)
}

/// What argh could not make sense of: goes through the words as it does, up to the one that it stumbled over.
pub(super) fn diagnose(words: &[&str]) -> Result<Mode, UsageError> {
    let mut seen = Vec::new();
    let mut words = words.iter().copied();
    let mut name = None;
    let mut after_code = false;
    while let Some(word) = words.next() {
        if word == "--help" || word == "-h" {
            return Ok(Mode::Print(help()));
        }
        if let Some(OptionSpec {
            name: option,
            value: Some(_),
            ..
        }) = spec(word)
        {
            let value = words
                .next()
                .filter(|value| !is_option(value))
                .ok_or(UsageError::NoValue(option))?;
            if seen.contains(option) {
                return Err(UsageError::Twice(option));
            }
            seen.push(*option);
            name = (*option == "--nom").then_some(value);
            after_code = false;
        } else if word.starts_with("--code=") {
            return Err(UsageError::CodeShown);
        } else if word == "--code" {
            after_code = true;
            continue;
        } else if after_code && !word.starts_with('-') {
            return Err(UsageError::CodeShown);
        } else if word.len() > 1 && word.starts_with('-') && !is_option(word) {
            return Err(UsageError::Unknown {
                given: word.to_owned(),
                meant: nearest(word),
            });
        } else if let Some(meant) = spec(&format!("--{word}")).filter(|_| name.is_none()) {
            let value = words.next().filter(|_| meant.value.is_some());
            return Err(UsageError::NoDashes {
                meant: meant.name,
                value: value.map(str::to_owned),
            });
        } else if !is_option(word) {
            return Err(match name {
                Some(first) => UsageError::NameInPieces {
                    first: first.to_owned(),
                    second: word.to_owned(),
                },
                None => match words.next().and_then(|port| port.parse().ok()) {
                    Some(port) => UsageError::AddressInPieces {
                        host: word.to_owned(),
                        port,
                    },
                    None => UsageError::Stray(word.to_owned()),
                },
            });
        }
    }
    // argh stumbled over nothing that is known here, so say the least that is true.
    Err(UsageError::NoMode)
}
