//! What the window waits for: whichever of its sources comes first.

use std::future::{self, Future};
use std::io;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use gtk::glib;
use smol::Timer;

use super::WindowMode;
use crate::peer::Event;
use crate::platform::Signal;
use crate::ui_window::actions::UserAction;

/// What happened.
pub enum Wake {
    Signal(Signal),
    UserAction(UserAction),
    Event(Event),
    Timeout,
}

impl WindowMode {
    /// Waits for what comes first. What loses stays where it was: nothing is received or sent before it wins.
    ///
    /// The connection is polled last of all, and on this thread: what a person does goes before a flood, and the window
    /// takes in no more than it has shown.
    pub(super) async fn wait(&mut self) -> io::Result<Wake> {
        let timeout = self.conversation.next_timeout();
        let mut timer = pin!(timeout.map(|at| Timer::at(self.clock.instant(at))));
        let mut action = pin!(self.actions.recv());
        future::poll_fn(|context| {
            if let Poll::Ready(signal) = self.signals.poll_next(context)? {
                return Poll::Ready(Ok(Wake::Signal(signal)));
            }
            // It never fails: we hold a sender ourselves.
            if let Poll::Ready(Ok(action)) = action.as_mut().poll(context) {
                return Poll::Ready(Ok(Wake::UserAction(action)));
            }
            if let Some(timer) = timer.as_mut().as_pin_mut()
                && timer.poll(context).is_ready()
            {
                return Poll::Ready(Ok(Wake::Timeout));
            }
            match self.client.poll_next(context) {
                Poll::Ready(Some(event)) => Poll::Ready(Ok(Wake::Event(event))),
                // The conversation has ended: there is nothing more to come.
                Poll::Ready(None) | Poll::Pending => Poll::Pending,
            }
        })
        .await
    }
}

/// Returns once GTK has drawn what has changed.
pub async fn let_the_screen_draw() {
    glib::timeout_future_with_priority(glib::Priority::DEFAULT_IDLE, Duration::ZERO).await;
}
