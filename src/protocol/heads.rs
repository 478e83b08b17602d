//! What stands before a message wherever it is shown.

use super::UnixMillis;

/// How the rows of one person begin: with a date, to the second, and a name. The last beginning is remembered: in a flood
/// nearly all messages are of the same second, and to spell it for each was a fifth of what a message cost.
#[derive(Debug, Default)]
pub struct Head {
    /// In seconds since 1970.
    second: Option<u64>,
    spelt: String,
}

impl Head {
    /// How the row begins of what this person sends at this date, as `spell` has it, which must not tell apart two dates
    /// of the same second.
    pub fn of(&mut self, sent_at: UnixMillis, spell: impl FnOnce() -> String) -> &str {
        let second = Some(sent_at / 1_000);
        if self.second != second {
            self.spelt = spell();
            self.second = second;
        }
        &self.spelt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_second_is_spelt_as_it_would_be_alone() {
        let spell = |at: UnixMillis| format!("t{}", at / 1_000);
        let mut head = Head::default();
        for at in [0, 999, 1_000, 1_999, 5_000, 4_999, u64::MAX, 0] {
            assert_eq!(head.of(at, || spell(at)), spell(at));
        }
    }
}
