//! One person's connection: dial, dial again, drive `protocol::session`.
//!
//! A user interface meets it in two enums on bounded channels and knows neither socket nor protocol.

use crate::protocol::Line;

pub use crate::protocol::session::{Ending, Event};

/// What a user interface asks of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Send this line. It stays in the channel while the window of unacknowledged lines is full:
    /// a full channel is how a user interface learns that it must wait.
    Say(Line),
    /// Leave: deliver what is owed for as long as that makes progress (2 s without any ends it), then end.
    Quit,
    /// End of piped input: deliver everything, however long it takes, then end.
    Finish,
}
