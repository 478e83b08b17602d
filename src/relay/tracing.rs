//! Every line that crosses the relay, shown to whoever looks for a mistake in a client of their own.

use crate::clock::unix_now;
use crate::display::CrossingDirection;
use crate::protocol::hub::{ConnId, Tracing};

use super::Relay;
use super::observer::Observer;

impl Relay {
    pub(super) fn trace_occurrence(&mut self, id: ConnId, what: &str) {
        if self.tracing == Tracing::Off {
            return;
        }
        let who = self.who(id);
        if let Observer::Console(console) = &mut self.observer {
            let row = console.notice_palette().occurrence(unix_now(), &who, what);
            console.aside(&row);
        }
    }

    pub(super) fn trace_bytes(&mut self, id: ConnId, direction: CrossingDirection, bytes: &[u8]) {
        if self.tracing == Tracing::Off {
            return;
        }
        let who = self.who(id);
        if let Observer::Console(console) = &mut self.observer {
            let palette = *console.notice_palette();
            for row in palette.crossing(unix_now(), direction, &who, bytes) {
                console.aside(&row);
            }
        }
    }

    /// A connection's person, or its address while it has none.
    fn who(&self, id: ConnId) -> String {
        if let Some(name) = self.hub.name(id) {
            return name.to_string();
        }
        let socket = self.sockets.get(id).and_then(Option::as_ref);
        let address = socket.and_then(|socket| socket.stream.peer_addr().ok());
        address.map_or_else(|| "?".to_owned(), |address| address.to_string())
    }
}
