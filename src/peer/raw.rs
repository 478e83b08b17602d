//! `--brut`: plain text with any line-based server. Lines go out, lines come in, `quitter` ends it.
//!
//! Such a server acknowledges nothing: a line counts as delivered once it is written, and a connection that is cut is
//! over. What it sends is understood as leniently as the relay understands plain clients.

use std::collections::VecDeque;

use crate::clock::unix_now;
use crate::protocol::name::Name;
use crate::protocol::outbox::Outbox;
use crate::protocol::plain::{Input, Plain};
use crate::protocol::session::{Disconnected, Ending, Event};
use crate::protocol::timeouts::HANG_UP_TIMEOUT;
use crate::protocol::{Line, Millis, earliest};

use super::{PeerDialect, Shutdown};

/// What a server's lines are shown under.
const SERVER: &str = "serveur";
/// Bytes that wait for a server that does not read, before their author has to.
const OUTBOX_FULL: usize = 64 * 1024;
/// Events that an interface may leave untaken before the server is not read any more.
const MAX_EVENTS: usize = 128;

/// One end of a conversation with a line-based server. It has one connection, and ends with it.
#[derive(Debug)]
pub struct RawSession {
    incoming: Plain,
    outbox: Outbox,
    /// Our lines that are not all written.
    unwritten: Vec<Line>,
    /// How many are.
    written: u64,
    events: VecDeque<Event>,
    phase: RawPhase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RawPhase {
    Talking,
    /// Our last bytes are in the outbox.
    Ending(Shutdown),
    /// They are sent and our side is shut down; the server may still speak.
    Listening {
        until: Option<Millis>,
    },
    Ended,
}

impl RawSession {
    /// With a name, that is the first line: most servers of the assignment want one.
    pub fn new(name: Option<Name>) -> RawSession {
        let mut session = RawSession {
            incoming: Plain::talking(),
            outbox: Outbox::default(),
            unwritten: Vec::new(),
            written: 0,
            events: VecDeque::new(),
            phase: RawPhase::Talking,
        };
        if let Some(name) = name {
            session.push_line(name.as_str());
        }
        session
    }

    fn push_line(&mut self, text: &str) {
        self.outbox.tail().extend_from_slice(text.as_bytes());
        self.outbox.tail().push(b'\n');
    }

    fn take_incoming(&mut self) {
        while let Some(input) = self.incoming.next_input() {
            match input {
                Input::Said(text) => {
                    let sent_at = unix_now();
                    self.events.push_back(Event::Received {
                        name: SERVER.to_owned(),
                        line: Line { sent_at, text },
                    });
                }
                Input::Quit => self.end(Ending::Over),
                // Only an opening can be any of these, and this one is past it.
                Input::Wire | Input::Named(_) | Input::Nameless | Input::Foreign(_) => {}
            }
        }
    }

    /// All that was in the outbox is written.
    fn all_is_written(&mut self) {
        if !self.unwritten.is_empty() {
            self.written += self.unwritten.len() as u64;
            self.unwritten.clear();
            let lines = self.written;
            self.events.push_back(Event::Delivered { lines });
        }
    }
}

impl PeerDialect for RawSession {
    fn connected(&mut self, _: Millis) {}

    fn disconnected(&mut self, reason: Disconnected) {
        self.end(Ending::HungUp(reason));
    }

    fn end_of_stream(&mut self) {
        let mut answers = Vec::new();
        self.incoming.end_of_stream(&mut answers);
        self.take_incoming();
        self.end(Ending::Over);
    }

    fn received(&mut self, now: Millis, bytes: &[u8]) -> Result<(), Disconnected> {
        self.incoming.receive(now, bytes, self.outbox.tail());
        self.take_incoming();
        Ok(())
    }

    fn unsent(&self) -> &[u8] {
        self.outbox.unsent()
    }

    fn sent(&mut self, _: Millis, count: usize) {
        self.outbox.advance(count);
        if self.outbox.is_empty() {
            self.all_is_written();
        }
    }

    fn wants_input(&self) -> bool {
        self.events.len() < MAX_EVENTS
    }

    fn has_written_all(&self) -> bool {
        matches!(self.phase, RawPhase::Ending(_)) && self.outbox.is_empty()
    }

    fn shut_down(&mut self, now: Millis) {
        if let RawPhase::Ending(how) = self.phase {
            self.phase = RawPhase::Listening {
                until: match how {
                    // As `nc -N` does: the server may have much to answer.
                    Shutdown::Finish => None,
                    Shutdown::Quit | Shutdown::Now => Some(now + HANG_UP_TIMEOUT),
                },
            };
        }
    }

    fn handle_timeout(&mut self, now: Millis) -> Result<(), Disconnected> {
        self.incoming.handle_timeout(now, self.outbox.tail());
        self.take_incoming();
        if let RawPhase::Listening { until: Some(until) } = self.phase
            && now >= until
        {
            self.end(Ending::Over);
        }
        Ok(())
    }

    fn next_timeout(&self) -> Option<Millis> {
        let until = match self.phase {
            RawPhase::Listening { until } => until,
            _ => None,
        };
        earliest([self.incoming.next_timeout(), until])
    }

    fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    fn hold(&mut self) {}

    fn has_room(&self) -> bool {
        self.phase == RawPhase::Talking && self.outbox.unsent().len() < OUTBOX_FULL
    }

    fn say(&mut self, _: Millis, line: Line) {
        self.push_line(&line.text);
        self.unwritten.push(line);
    }

    fn leave(&mut self, now: Millis, how: Shutdown) {
        match self.phase {
            RawPhase::Talking => {
                if how != Shutdown::Finish {
                    self.push_line("quitter");
                }
                self.phase = RawPhase::Ending(how);
            }
            RawPhase::Ending(_) => self.phase = RawPhase::Ending(how),
            RawPhase::Listening { .. } => {
                let until = Some(now + HANG_UP_TIMEOUT);
                self.phase = RawPhase::Listening { until };
            }
            RawPhase::Ended => {}
        }
    }

    fn is_live(&self) -> bool {
        false
    }

    fn is_ended(&self) -> bool {
        self.phase == RawPhase::Ended
    }

    fn end(&mut self, ending: Ending) {
        if self.is_ended() {
            return;
        }
        self.phase = RawPhase::Ended;
        let lines = std::mem::take(&mut self.unwritten);
        if !lines.is_empty() {
            // All that is written counts as delivered.
            self.events
                .push_back(Event::Undelivered { lines, gone_out: 0 });
        }
        self.events.push_back(Event::Ended(ending));
    }
}
