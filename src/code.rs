//! The code that two people share: drawn, typed in any spelling, completed word by word.
//!
//! A drawn code is two words of the 2,048 French ones of BIP-39 (crate `bip39`, CC0-1.0): easy to say and to spell, and no
//! two of them share their first four letters. That is one of 4,194,304 codes, 22 bits. People may agree on any other code.

use std::io;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use zeroize::Zeroizing;

use crate::protocol::seal::Code;

/// In bytes, as typed: what nobody can say aloud is no code.
pub const MAX_CODE: usize = 256;
const WORDS: usize = 2;

/// Why a text is no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadCode {
    /// No letter or digit.
    Empty,
    TooLong,
}

/// Makes a code of what somebody typed: capitals, accents and what stands between words make no difference.
///
/// # Errors
/// When nothing is left, or too much was typed.
pub fn read(typed: &str) -> Result<Code, BadCode> {
    if typed.len() > MAX_CODE {
        return Err(BadCode::TooLong);
    }
    let mut spelling = Zeroizing::new(String::with_capacity(4 * MAX_CODE));
    for c in bare(typed) {
        if c.is_alphanumeric() {
            spelling.push(c);
        } else if !spelling.is_empty() && !spelling.ends_with('-') {
            spelling.push('-');
        }
    }
    let length = spelling.trim_end_matches('-').len();
    spelling.truncate(length);
    if spelling.is_empty() {
        return Err(BadCode::Empty);
    }
    Ok(Code::new(spelling))
}

/// Draws a code, with randomness from the caller: two words.
pub fn draw(random: [u8; 2 * WORDS]) -> Code {
    let words = bip39::Language::French.word_list();
    let mut spelling = Zeroizing::new(String::with_capacity(64));
    for bytes in random.chunks(2) {
        // 2,048 divides 65,536, so every word is as likely as any other.
        let number = usize::from(u16::from_le_bytes([bytes[0], bytes[1]]));
        if !spelling.is_empty() {
            spelling.push('-');
        }
        spelling.extend(bare(words[number % words.len()]));
    }
    Code::new(spelling)
}

/// The code in the environment variable `MSG_CODE`, for programs.
///
/// # Errors
/// When it is no code.
pub fn from_environment() -> Result<Option<Code>, BadCode> {
    let Some(typed) = std::env::var_os("MSG_CODE") else {
        return Ok(None);
    };
    let typed = Zeroizing::new(typed.to_string_lossy().into_owned());
    read(&typed).map(Some)
}

/// Draws a code with the system's randomness.
///
/// # Errors
/// When the system has none.
pub fn draw_anew() -> io::Result<Code> {
    let mut random = Zeroizing::new([0; 2 * WORDS]);
    getrandom::fill(&mut random[..])?;
    Ok(draw(*random))
}

/// What Tab appends to a code under way: the rest of its last word, where only one word begins so, or else as much as all
/// that do have in common.
pub fn completion(typed: &str) -> String {
    let last = typed.rsplit(['-', ' ']).next().unwrap_or_default();
    let begun: String = bare(last).collect();
    if begun.is_empty() {
        return String::new();
    }
    let words = bip39::Language::French.word_list().iter();
    let mut rests = words.filter_map(|word| {
        let word: String = bare(word).collect();
        word.strip_prefix(&begun).map(str::to_owned)
    });
    let Some(first) = rests.next() else {
        return String::new();
    };
    rests.fold(first, |common, rest| {
        let same = common.chars().zip(rest.chars()).take_while(|(a, b)| a == b);
        same.map(|(c, _)| c).collect()
    })
}

/// In small letters, without accents.
fn bare(text: &str) -> impl Iterator<Item = char> + '_ {
    text.nfkd()
        .filter(|&c| !is_combining_mark(c))
        .flat_map(char::to_lowercase)
        .flat_map(|c| match c {
            'œ' => ['o', 'e'].into_iter().take(2),
            'æ' => ['a', 'e'].into_iter().take(2),
            c => [c, c].into_iter().take(1),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelt(typed: &str) -> String {
        read(typed).unwrap().reveal().to_owned()
    }

    #[test]
    fn capitals_accents_and_what_stands_between_words_make_no_difference() {
        for typed in [
            "éléphant-tulipe",
            "Éléphant Tulipe",
            "e\u{301}le\u{301}phant – TULIPE\n",
            "  elephant_tulipe. ",
        ] {
            assert_eq!(spelt(typed), "elephant-tulipe");
        }
        assert_eq!(spelt("Cœur d'ALENÇON 7"), "coeur-d-alencon-7");
        assert_eq!(read(" - "), Err(BadCode::Empty));
        assert_eq!(read(&"a".repeat(MAX_CODE + 1)), Err(BadCode::TooLong));
    }

    #[test]
    fn the_list_has_2048_words_that_four_letters_tell_apart() {
        let words = bip39::Language::French.word_list();
        let mut begun: Vec<String> = words
            .iter()
            .map(|word| bare(word).take(4).collect())
            .collect();
        begun.sort();
        begun.dedup();
        assert_eq!(begun.len(), 2048);
        assert!(
            words
                .iter()
                .all(|word| bare(word).all(|c| c.is_ascii_lowercase()))
        );
    }

    #[test]
    fn a_drawn_code_is_two_words_and_reads_as_it_is_shown() {
        let code = draw([0, 0, 0xff, 0xff]);
        assert_eq!(code.reveal(), "abaisser-zoologie");
        assert_eq!(read(code.reveal()), Ok(code));
        assert_ne!(draw([1, 0, 0, 0]), draw([0, 0, 1, 0]));
    }

    #[test]
    fn tab_completes_the_word_under_way() {
        assert_eq!(completion("tuli"), "pe");
        assert_eq!(completion("Tuli"), "pe");
        assert_eq!(completion("tulipe-zool"), "ogie");
        assert_eq!(completion("éléph"), "ant");
        assert_eq!(completion("tulipe-"), "");
        assert_eq!(completion("xyz"), "");
    }

    #[test]
    fn no_debug_text_shows_a_code() {
        assert_eq!(format!("{:?}", read("tulipe-canard")), "Ok(Code(…))");
    }
}
