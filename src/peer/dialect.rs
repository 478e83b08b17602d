//! What a client's two dialects have in common: one end of a conversation, without its connection.

use crate::protocol::session::{Disconnected, Ending, Event, Session};
use crate::protocol::{Line, Millis};

use super::Shutdown;

/// One end of a conversation. [`Session`] has the meaning of each of these; here stands what differs.
pub trait PeerDialect: Send {
    fn connected(&mut self, now: Millis);
    fn disconnected(&mut self, reason: Disconnected);
    /// The other end of the connection sends nothing more.
    fn end_of_stream(&mut self);
    fn received(&mut self, now: Millis, bytes: &[u8]) -> Result<(), Disconnected>;
    fn unsent(&self) -> &[u8];
    fn sent(&mut self, now: Millis, count: usize);
    fn wants_input(&self) -> bool;
    /// Whether the write half of the connection is to be shut down, which [`shut_down`](PeerDialect::shut_down) answers.
    fn has_written_all(&self) -> bool;
    fn shut_down(&mut self, now: Millis);
    fn handle_timeout(&mut self, now: Millis) -> Result<(), Disconnected>;
    fn next_timeout(&self) -> Option<Millis>;
    fn next_event(&mut self) -> Option<Event>;
    fn has_events(&self) -> bool;
    fn hold(&mut self);
    fn has_room(&self) -> bool;
    fn say(&mut self, now: Millis, line: Line);
    fn leave(&mut self, now: Millis, how: Shutdown);
    fn is_live(&self) -> bool;
    fn is_ended(&self) -> bool;
    fn end(&mut self, ending: Ending);
}

impl PeerDialect for Session {
    fn connected(&mut self, now: Millis) {
        self.connected(now);
    }

    fn disconnected(&mut self, reason: Disconnected) {
        self.disconnected(reason);
    }

    fn end_of_stream(&mut self) {
        // It hears of it when the connection is given up.
    }

    fn received(&mut self, now: Millis, bytes: &[u8]) -> Result<(), Disconnected> {
        self.received(now, bytes)
    }

    fn unsent(&self) -> &[u8] {
        self.unsent()
    }

    fn sent(&mut self, now: Millis, count: usize) {
        self.sent(now, count);
    }

    fn wants_input(&self) -> bool {
        self.wants_input()
    }

    fn has_written_all(&self) -> bool {
        // The relay closes first, after both goodbyes.
        false
    }

    fn shut_down(&mut self, _: Millis) {}

    fn handle_timeout(&mut self, now: Millis) -> Result<(), Disconnected> {
        self.handle_timeout(now)
    }

    fn next_timeout(&self) -> Option<Millis> {
        self.next_timeout()
    }

    fn next_event(&mut self) -> Option<Event> {
        self.next_event()
    }

    fn has_events(&self) -> bool {
        self.has_events()
    }

    fn hold(&mut self) {
        self.hold();
    }

    fn has_room(&self) -> bool {
        self.has_room()
    }

    fn say(&mut self, now: Millis, line: Line) {
        self.say(now, &line);
    }

    fn leave(&mut self, now: Millis, how: Shutdown) {
        self.leave(now, how);
    }

    fn is_live(&self) -> bool {
        self.is_live()
    }

    fn is_ended(&self) -> bool {
        self.is_ended()
    }

    fn end(&mut self, ending: Ending) {
        self.end(ending);
    }
}
