//! What a session waits for.

/// A point in time at which a session must be looked at. [`Session`](super::Session) asks for each of them when it is
/// due, and one loop acts on those that are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// The relay's welcome.
    Welcome,
    /// The relay's word, after its welcome, on who sits opposite.
    Introduction,
    /// Any sign of life of the relay's.
    RelaySilence,
    /// The partner's acknowledgement (rules 1 and 6).
    Ack,
    /// Our own acknowledgement, which a receiver repeats whose screen stands still.
    RepeatAck,
    /// Whoever leaves has waited for long enough.
    Leave,
    /// A sign of life of ours.
    Ping,
}

impl Timer {
    pub const ALL: [Timer; 7] = [
        Timer::Welcome,
        Timer::Introduction,
        Timer::RelaySilence,
        Timer::Ack,
        Timer::RepeatAck,
        Timer::Leave,
        Timer::Ping,
    ];
}
