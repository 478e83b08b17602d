//! Who is there and how the link is, as the window's header says it.

use crate::display::{messages, safe, safe_name};
use crate::peer::Event;

/// How things stand between the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionStatus {
    /// The relay at this address has not answered yet.
    Calling(String),
    /// Nobody has come yet.
    Waiting,
    /// Lines flow.
    Together(String),
    /// The other's connection is cut.
    Away(String),
    /// Our own is; the other, if anybody, may be there.
    Disconnected(Option<String>),
    Over(Option<String>),
}

impl ConnectionStatus {
    /// How things stand after an event.
    pub fn after(self, event: &Event) -> ConnectionStatus {
        match event {
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
            Event::Left { name } | Event::Lost { name } => {
                ConnectionStatus::Over(Some(name.clone()))
            }
            Event::Ended(_) => self.over(),
            Event::Received { .. } | Event::Delivered { .. } | Event::Undelivered { .. } => self,
        }
    }

    /// How things stand once there is no connection any more.
    pub fn over(self) -> ConnectionStatus {
        ConnectionStatus::Over(self.into_other())
    }

    /// Who is opposite, harmless; the program's own name where nobody is.
    pub fn title(&self) -> String {
        self.other().map_or_else(|| "msg".to_owned(), safe_name)
    }

    /// How the link is, and how many messages wait for it: short, as a header is narrow. Notices say more.
    pub fn sentence(&self, waiting: usize) -> String {
        let state = match self {
            ConnectionStatus::Calling(address) => format!("appel de {}…", safe(address)),
            ConnectionStatus::Waiting => "en attente de l'autre".to_owned(),
            ConnectionStatus::Together(_) => "connecté".to_owned(),
            ConnectionStatus::Away(_) => "ne répond plus".to_owned(),
            ConnectionStatus::Disconnected(_) => "connexion coupée".to_owned(),
            ConnectionStatus::Over(_) => return "discussion terminée".to_owned(),
        };
        match messages(waiting) {
            None => state,
            Some(messages) => format!("{state} – {messages} en attente"),
        }
    }

    fn other(&self) -> Option<&str> {
        match self {
            ConnectionStatus::Together(name) | ConnectionStatus::Away(name) => Some(name),
            ConnectionStatus::Disconnected(name) | ConnectionStatus::Over(name) => name.as_deref(),
            ConnectionStatus::Calling(_) | ConnectionStatus::Waiting => None,
        }
    }

    fn into_other(self) -> Option<String> {
        self.other().map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::Ending;

    fn calling() -> ConnectionStatus {
        ConnectionStatus::Calling("h:1".to_owned())
    }

    fn after(events: &[Event]) -> ConnectionStatus {
        events.iter().fold(calling(), ConnectionStatus::after)
    }

    fn bob() -> String {
        "Bob".to_owned()
    }

    fn cut() -> Event {
        Event::Disconnected {
            reason: String::new(),
            held: 0,
        }
    }

    #[test]
    fn an_outage_is_over_with_whoever_was_there_before() {
        let arrived = Event::Arrived { name: bob() };
        let restored = Event::Restored { delivered: 0 };
        assert_eq!(
            after(std::slice::from_ref(&arrived)),
            ConnectionStatus::Together(bob())
        );
        assert_eq!(
            after(&[arrived.clone(), cut()]),
            ConnectionStatus::Disconnected(Some(bob()))
        );
        assert_eq!(
            after(&[arrived, cut(), restored.clone()]),
            ConnectionStatus::Together(bob())
        );
        assert_eq!(
            after(&[Event::Waiting, cut(), restored]),
            ConnectionStatus::Waiting
        );
    }

    #[test]
    fn the_end_remembers_who_was_there() {
        let arrived = Event::Arrived { name: bob() };
        let ended = Event::Ended(Ending::Over);
        assert_eq!(
            after(&[arrived, ended]),
            ConnectionStatus::Over(Some(bob()))
        );
        assert_eq!(after(&[]).over(), ConnectionStatus::Over(None));
    }

    #[test]
    fn messages_that_wait_are_counted_while_they_can_still_arrive() {
        assert_eq!(
            ConnectionStatus::Waiting.sentence(2),
            "en attente de l'autre – 2 messages en attente"
        );
        assert_eq!(ConnectionStatus::Together(bob()).sentence(0), "connecté");
        assert_eq!(
            ConnectionStatus::Over(None).sentence(3),
            "discussion terminée"
        );
    }

    #[test]
    fn a_hostile_name_is_harmless_in_the_title() {
        let name = "<b>Bob\u{202e}\n".to_owned();
        assert_eq!(ConnectionStatus::Away(name).title(), "<b>Bob\\u{202e}\\n");
    }
}
