//! Messages of emoji alone, which are shown larger.

use unicode_properties::UnicodeEmoji;
use unicode_properties::emoji::{EmojiStatus, is_emoji_presentation_selector};
use unicode_segmentation::UnicodeSegmentation;

/// Whether a message is some emoji and blanks, and nothing else; more than a few are a picture of their own.
pub fn is_emoji_alone(text: &str) -> bool {
    const MAX_EMOJI: usize = 6;

    // Nearly every message ends here, at its first character.
    if !text.chars().next().is_some_and(UnicodeEmoji::is_emoji_char) {
        return false;
    }
    let mut emoji = text
        .graphemes(true)
        .filter(|grapheme| !grapheme.trim().is_empty());
    let first = emoji.by_ref().take(MAX_EMOJI);
    first.into_iter().all(is_emoji) && emoji.next().is_none()
}

/// Whether a character, as its reader sees it, is shown as a picture.
fn is_emoji(grapheme: &str) -> bool {
    let Some(first) = grapheme.chars().next() else {
        return false;
    };
    let is_picture = matches!(
        first.emoji_status(),
        EmojiStatus::EmojiPresentation
            | EmojiStatus::EmojiPresentationAndModifierBase
            | EmojiStatus::EmojiPresentationAndEmojiComponent
            | EmojiStatus::EmojiPresentationAndModifierAndEmojiComponent
    );
    // Digits and some old symbols become pictures by what follows them.
    is_picture || first.is_emoji_char() && grapheme.chars().any(is_emoji_presentation_selector)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_emoji_are_alone() {
        for text in [
            "👍",
            "👍🏽",
            "👩‍👩‍👧",
            "❤️",
            "🇫🇷",
            "1️⃣",
            "👍 🎉 🎉",
            "🙂🙂🙂🙂🙂🙂",
        ] {
            assert!(is_emoji_alone(text), "{text}");
        }
    }

    #[test]
    fn text_digits_and_many_emoji_are_not() {
        for text in [
            "",
            " ",
            "1",
            "42",
            "#",
            "ok 👍",
            "👍 ok",
            "❤",
            "©",
            "🙂🙂🙂🙂🙂🙂🙂",
            "👍.",
        ] {
            assert!(!is_emoji_alone(text), "{text}");
        }
    }
}
