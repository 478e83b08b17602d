//! Dates as people read them.

use super::UnixMillis;

/// Spells dates to the second, and remembers the last one: in a flood nearly all messages are of the same second, and to
/// spell it for each of them was a fifth of what a message cost.
#[derive(Debug)]
pub struct Dates {
    spell: fn(UnixMillis) -> String,
    /// Whose spelling is remembered, in seconds since 1970.
    second: Option<u64>,
    spelt: String,
}

impl Dates {
    /// Dates as `spell` has them, which must not tell apart two of the same second.
    pub fn new(spell: fn(UnixMillis) -> String) -> Dates {
        Dates {
            spell,
            second: None,
            spelt: String::new(),
        }
    }

    /// How a date is shown.
    pub fn of(&mut self, at: UnixMillis) -> &str {
        let second = Some(at / 1_000);
        if self.second != second {
            self.spelt = (self.spell)(at);
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
        let mut dates = Dates::new(spell);
        for at in [0, 999, 1_000, 1_999, 5_000, 4_999, u64::MAX, 0] {
            assert_eq!(dates.of(at), spell(at));
        }
    }
}
