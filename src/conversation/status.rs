//! Who is there and how the link is.

use crate::peer::Event;

/// How things stand between the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionStatus {
    /// The relay has not answered yet.
    Calling,
    /// Nobody has come yet.
    Waiting,
    /// Lines flow.
    Together(String),
    /// The other's connection is cut.
    Away(String),
    /// Our own is; the other, if anybody, may be there.
    Disconnected(Option<String>),
    /// The discussion is over, with whoever was there.
    Over(Option<String>),
}

impl ConnectionStatus {
    /// What an event changes.
    pub fn follow(&mut self, event: &Event) {
        // What is over stays over, whatever the relay still says.
        if matches!(self, ConnectionStatus::Over(_)) {
            return;
        }
        let other = self.other().map(str::to_owned);
        *self = match event {
            Event::Waiting => ConnectionStatus::Waiting,
            Event::Arrived { name } | Event::Back { name, .. } => {
                ConnectionStatus::Together(name.clone())
            }
            Event::Away { name, .. } => ConnectionStatus::Away(name.clone()),
            Event::Disconnected { .. } => ConnectionStatus::Disconnected(other),
            Event::Restored { .. } => {
                other.map_or(ConnectionStatus::Waiting, ConnectionStatus::Together)
            }
            Event::Left { name } | Event::LeftWithoutGoodbye { name } | Event::Lost { name } => {
                ConnectionStatus::Over(Some(name.clone()))
            }
            Event::Ended(_) => ConnectionStatus::Over(other),
            Event::Sealed { .. }
            | Event::Received { .. }
            | Event::Delivered { .. }
            | Event::Undelivered { .. } => return,
        };
    }

    /// Who is opposite, or was.
    pub fn other(&self) -> Option<&str> {
        match self {
            ConnectionStatus::Together(name) | ConnectionStatus::Away(name) => Some(name),
            ConnectionStatus::Disconnected(name) | ConnectionStatus::Over(name) => name.as_deref(),
            ConnectionStatus::Calling | ConnectionStatus::Waiting => None,
        }
    }
}
