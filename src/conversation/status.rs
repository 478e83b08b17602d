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
    /// How things stand after an event.
    pub fn after(self, event: &Event) -> ConnectionStatus {
        match event {
            // What is over stays over, whatever the relay still says.
            _ if matches!(self, ConnectionStatus::Over(_)) => self,
            Event::Waiting => ConnectionStatus::Waiting,
            Event::Arrived { name } | Event::Back { name, .. } => {
                ConnectionStatus::Together(name.clone())
            }
            Event::Away { name, .. } => ConnectionStatus::Away(name.clone()),
            Event::Disconnected { .. } => ConnectionStatus::Disconnected(self.into_other()),
            Event::Restored { .. } => match self.into_other() {
                Some(name) => ConnectionStatus::Together(name),
                None => ConnectionStatus::Waiting,
            },
            Event::Left { name } | Event::LeftWithoutGoodbye { name } | Event::Lost { name } => {
                ConnectionStatus::Over(Some(name.clone()))
            }
            Event::Ended(_) => self.over(),
            Event::Sealed { .. }
            | Event::Received { .. }
            | Event::Delivered { .. }
            | Event::Undelivered { .. } => self,
        }
    }

    /// How things stand once there is no connection any more.
    pub fn over(self) -> ConnectionStatus {
        ConnectionStatus::Over(self.into_other())
    }

    /// Who is opposite, or was.
    pub fn other(&self) -> Option<&str> {
        match self {
            ConnectionStatus::Together(name) | ConnectionStatus::Away(name) => Some(name),
            ConnectionStatus::Disconnected(name) | ConnectionStatus::Over(name) => name.as_deref(),
            ConnectionStatus::Calling | ConnectionStatus::Waiting => None,
        }
    }

    fn into_other(self) -> Option<String> {
        match self {
            ConnectionStatus::Together(name) | ConnectionStatus::Away(name) => Some(name),
            ConnectionStatus::Disconnected(name) | ConnectionStatus::Over(name) => name,
            ConnectionStatus::Calling | ConnectionStatus::Waiting => None,
        }
    }
}
