//! Every line that crosses the relay, shown to whoever looks for a mistake in a client of their own.

use std::net::SocketAddr;

use crate::clock::unix_now;
use crate::display::CrossingDirection;
use crate::protocol::hub::{ConnId, Tracing};

use super::Relay;
use super::observer::Observer;

impl Relay {
    #[cold]
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

    #[cold]
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

    /// A connection that is traced has this address.
    pub(super) fn label(&mut self, id: ConnId, peer: SocketAddr) {
        if self.tracing == Tracing::On {
            if self.labels.len() <= id {
                self.labels.resize_with(id + 1, String::new);
            }
            self.labels[id] = peer.to_string();
        }
    }

    /// A connection's person, or its address while nobody has sat there: what happens after a goodbye is somebody's, too.
    fn who(&mut self, id: ConnId) -> String {
        let Some(label) = self.labels.get_mut(id) else {
            return String::new();
        };
        if let Some(name) = self.hub.name(id) {
            label.replace_range(.., name.as_str());
        }
        label.clone()
    }
}
