//! Signals, as values that a loop waits for.

/// A signal, or what stands for one where there are none: Windows says that Ctrl-C was pressed, or that the console closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The terminal is gone.
    HangUp,
    Interrupt,
    Quit,
    Terminate,
    /// The terminal's Ctrl-Z.
    Suspend,
    Continue,
    /// The terminal has another size.
    Resize,
}

impl Signal {
    /// As Linux numbers them. Those that a program may end by have the same number everywhere.
    pub fn number(self) -> u8 {
        match self {
            Signal::HangUp => 1,
            Signal::Interrupt => 2,
            Signal::Quit => 3,
            Signal::Terminate => 15,
            Signal::Continue => 18,
            Signal::Suspend => 20,
            Signal::Resize => 28,
        }
    }
}
