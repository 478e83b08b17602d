//! What a conversation waits for: whichever of its sources comes first.

use std::future::{self, Future};
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;

use futures_lite::Stream;
use rustix::process::Signal;
use smol::Timer;

use super::{Connection, Conversation};
use crate::conversation::errands::Refused;
use crate::peer::Event;

/// What happened.
pub(super) enum Wake {
    Signal(Signal),
    /// The connection has taken the next errand, or refused it.
    Given(Result<(), Refused>),
    Event(Event),
    NoMoreEvents,
    /// The screen has room again, or has lost its reader.
    Output,
    /// So many bytes are in the buffer; none at the end.
    InputReader(usize),
    InputFailed(io::Error),
    /// The deadline has come.
    Late,
}

impl Conversation {
    /// Waits for what comes first. What loses stays where it was: nothing is read or sent before it wins.
    ///
    /// One function polls all sources, because each keeps its place in the reactor from one wait to the next: with new
    /// futures for each wait, a steady flood from one source would starve the others.
    pub(super) async fn wait(&mut self) -> io::Result<Wake> {
        let takes_events = self.view.has_room();
        let wants_input = self.view.frontend.wants_input(self.intake());
        let mut given = pin!(self.errands.hand_over_next(&self.transcript));
        let mut timer = self.next_timeout().map(Timer::at);
        future::poll_fn(|context| {
            if let Poll::Ready(signal) = self.signals.poll_next(context)? {
                return Poll::Ready(Ok(Wake::Signal(signal)));
            }
            if let Poll::Ready(given) = given.as_mut().poll(context) {
                return Poll::Ready(Ok(Wake::Given(given)));
            }
            if takes_events
                && let Connection::Alive = self.connection
                && let Poll::Ready(event) = self.events.as_mut().poll_next(context)
            {
                return Poll::Ready(Ok(event.map_or(Wake::NoMoreEvents, Wake::Event)));
            }
            if self.view.poll_change(context)?.is_ready() {
                return Poll::Ready(Ok(Wake::Output));
            }
            if wants_input
                && let Some(input) = &self.input
                && let Poll::Ready(read) = input.poll_read(context, &mut self.buffer)
            {
                return Poll::Ready(Ok(read.map_or_else(Wake::InputFailed, Wake::InputReader)));
            }
            match &mut timer {
                Some(timer) => Pin::new(timer).poll(context).map(|_| Ok(Wake::Late)),
                None => Poll::Pending,
            }
        })
        .await
    }
}
