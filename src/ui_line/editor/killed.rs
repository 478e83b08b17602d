//! What was killed last, for Ctrl-Y.

/// The side of the cursor on which text was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Before,
    Behind,
}

/// What Ctrl-Y brings back. Kills that follow each other come back together.
#[derive(Debug, Default)]
pub struct Killed {
    text: String,
    /// Whether the key before killed, too.
    is_going_on: bool,
}

impl Killed {
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Some key was pressed that kills nothing.
    pub fn interrupt(&mut self) {
        self.is_going_on = false;
    }

    /// That was killed, beside what was killed by the key before.
    pub fn add(&mut self, side: Side, text: &str) {
        if !self.is_going_on {
            self.text.clear();
        }
        match side {
            Side::Before => self.text.insert_str(0, text),
            Side::Behind => self.text.push_str(text),
        }
        self.is_going_on = true;
    }
}
