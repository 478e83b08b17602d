//! What a conversation waits for: whichever of its sources comes first.

use std::future;
use std::io;

use futures_lite::FutureExt;
use rustix::process::Signal;
use smol::Timer;

use super::{Connection, Conversation};
use crate::conversation::errands::Refused;
use crate::peer::Event;
use crate::ui_window::actions::UserAction;

/// What happened.
pub(super) enum Wake {
    Signal(Signal),
    UserAction(UserAction),
    /// The connection has taken the next errand, or refused it.
    Given(Result<(), Refused>),
    Event(Event),
    NoMoreEvents,
    Late,
}

impl Conversation {
    /// Waits for what comes first. What loses stays where it was: nothing is received or sent before it wins.
    pub(super) async fn wait(&mut self) -> io::Result<Wake> {
        let deadline = self.next_timeout();
        let (given, events) = match &self.connection {
            Connection::Alive { errands, events } => {
                (Some(errands.hand_over_next(&self.transcript)), Some(events))
            }
            Connection::Ended(_) => (None, None),
        };
        let signals = &mut self.signals;
        let signal = async {
            let signal = future::poll_fn(|context| signals.poll_next(context)).await;
            signal.map(Wake::Signal)
        };
        let action = async {
            match self.actions.recv().await {
                Ok(action) => Ok(Wake::UserAction(action)),
                // Never: we hold a sender ourselves.
                Err(_) => future::pending().await,
            }
        };
        let given = async {
            match given {
                Some(given) => Ok(Wake::Given(given.await)),
                None => future::pending().await,
            }
        };
        let event = async {
            match events {
                Some(events) => Ok(events.recv().await.map_or(Wake::NoMoreEvents, Wake::Event)),
                None => future::pending().await,
            }
        };
        let late = async {
            match deadline {
                Some(at) => Timer::at(at).await,
                None => future::pending().await,
            };
            Ok(Wake::Late)
        };
        signal.or(action).or(given).or(event).or(late).await
    }
}
