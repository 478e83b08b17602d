//! The relay as a plain client's end of the protocol: what the client says becomes a session's lines, and what the
//! session receives becomes lines for the client.
//!
//! So a plain client is a full partner: the hub treats its session like anybody's, and whoever sits opposite notices no
//! difference.

use crate::protocol::dates::Dates;
use crate::protocol::plain::{self, Diagnostics, Foreign, Input, Plain};
use crate::protocol::session::{Event, Patience, Session, WINDOW_BYTES};
use crate::protocol::wire::{Hello, Name, Outbox};
use crate::protocol::{Line, Millis, UnixMillis};

use super::Formatter;

/// Bytes that may wait for a plain client's socket before its session keeps the rest: about as many as may be under way,
/// so that they take one write.
const OUTBOX_ENOUGH: usize = WINDOW_BYTES;
/// How long lines are kept for delivery whose author's stream has ended.
const UNDELIVERED_TTL: Millis = 120_000;

/// A plain client and its end of the protocol.
#[derive(Debug)]
pub(super) struct PlainEnd {
    plain: Plain,
    /// From the name on.
    session: Option<Session>,
    /// Lines of the wire that the hub has sent to the session.
    inbox: Vec<u8>,
    stream: Stream,
    /// When its lines are given up that nobody has come for.
    gives_up_at: Option<Millis>,
}

/// What is left of the client's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    Open,
    /// It sends nothing more, and may still read.
    Ended,
    Gone,
}

/// What a plain client needs of the hub.
#[derive(Debug)]
pub(super) enum Action {
    /// It speaks the wire, and has sent these bytes.
    Wire(Vec<u8>),
    /// A seat under this name, or as a guest.
    Seat(Option<Name>),
    /// Its session says these lines.
    Lines(Vec<u8>),
    Refuse(Foreign),
    /// It leaves without ever having had a seat.
    HangUp,
}

impl PlainEnd {
    pub(super) fn new(now: Millis) -> PlainEnd {
        PlainEnd {
            plain: Plain::new(now),
            session: None,
            inbox: Vec::new(),
            stream: Stream::Open,
            gives_up_at: None,
        }
    }

    pub(super) fn receive(&mut self, now: Millis, bytes: &[u8], outbox: &mut Outbox) {
        self.plain.receive(now, bytes, outbox.tail());
    }

    /// The client sends nothing more.
    pub(super) fn end_of_stream(&mut self, outbox: &mut Outbox) {
        self.stream = Stream::Ended;
        self.plain.end_of_stream(outbox.tail());
    }

    /// The client's socket is gone; what it has said may still be owed.
    pub(super) fn gone(&mut self) {
        let mut nowhere = Vec::new();
        self.plain.end_of_stream(&mut nowhere);
        self.stream = Stream::Gone;
    }

    /// Whether its bytes have shown that it is plain.
    pub(super) fn has_spoken(&self) -> bool {
        self.plain.has_spoken()
    }

    pub(super) fn is_gone(&self) -> bool {
        self.stream == Stream::Gone
    }

    /// A name was found for the client: its session asks for a seat.
    pub(super) fn introduce(&mut self, now: Millis, hello: Hello) {
        let mut session = Session::in_memory(hello);
        session.connected(now);
        self.session = Some(session);
    }

    /// Where the hub sends what is meant for the session.
    pub(super) fn inbox(&mut self) -> &mut Vec<u8> {
        &mut self.inbox
    }

    pub(super) fn take_diagnostics(&mut self) -> Diagnostics {
        self.plain.take_diagnostics()
    }

    /// Whether the client's socket should be read: not while what it has said waits for room.
    pub(super) fn wants_input(&self) -> bool {
        self.stream == Stream::Open && self.session.as_ref().is_none_or(Session::has_room)
    }

    /// Whether more has happened than a client that does not read can be told later.
    pub(super) fn is_overfull(&self) -> bool {
        let session = self.session.as_ref();
        session.is_some_and(|session| !session.wants_input())
    }

    /// What is to be done next on the client's behalf.
    pub(super) fn next_action(&mut self, now: Millis, date: UnixMillis) -> Option<Action> {
        self.hear_from_hub(now);
        while self.session.as_ref().is_none_or(Session::has_room) {
            match (self.plain.next_input(), &mut self.session) {
                (None, _) => break,
                (Some(Input::Wire), _) => {
                    let plain = std::mem::replace(&mut self.plain, Plain::new(now));
                    return Some(Action::Wire(plain.into_unread()));
                }
                (Some(Input::Foreign(foreign)), _) => return Some(Action::Refuse(foreign)),
                (Some(Input::Named(name)), _) => return Some(Action::Seat(Some(name))),
                (Some(Input::Nameless), _) => return Some(Action::Seat(None)),
                (Some(Input::Quit), None) => return Some(Action::HangUp),
                (Some(Input::Said(text)), Some(session)) => {
                    let sent_at = date;
                    session.say(now, Line { sent_at, text });
                }
                (Some(Input::Quit), Some(session)) => {
                    let patience = match self.stream {
                        Stream::Open => Patience::Short,
                        Stream::Ended | Stream::Gone => Patience::Endless,
                    };
                    self.gives_up_at = Some(now + UNDELIVERED_TTL);
                    session.leave(now, patience);
                }
                // A seat comes before the first message.
                (Some(Input::Said(_)), None) => {}
            }
        }
        let lines = self.session.as_mut()?.take_unsent();
        (!lines.is_empty()).then_some(Action::Lines(lines))
    }

    fn hear_from_hub(&mut self, now: Millis) {
        if let Some(session) = &mut self.session {
            let inbox = std::mem::take(&mut self.inbox);
            // Beside its relay nothing is ever cut. An error is the end, which the session's last event tells, and leaves
            // nothing to say.
            let _ = session
                .received(now, &inbox)
                .and(session.handle_timeout(now));
        }
    }

    /// Puts into the outbox what the client is to read; acknowledges what its socket has taken.
    pub(super) fn tell(&mut self, formatter: &Formatter, dates: &mut Dates, outbox: &mut Outbox) {
        let Some(session) = self
            .session
            .as_mut()
            .filter(|_| self.stream != Stream::Gone)
        else {
            return;
        };
        if outbox.is_empty() {
            session.hold();
        }
        while outbox.unsent().len() < OUTBOX_ENOUGH
            && let Some(event) = session.next_event()
        {
            write(&event, formatter, dates, outbox.tail());
        }
    }

    /// Asks for a name, ends a line by silence, gives a legacy up.
    pub(super) fn handle_timeout(&mut self, now: Millis, outbox: &mut Outbox) {
        self.plain.handle_timeout(now, outbox.tail());
        if let Some(session) = &mut self.session
            && self.gives_up_at.is_some_and(|at| now >= at)
        {
            self.gives_up_at = None;
            session.leave(now, Patience::None);
        }
    }

    pub(super) fn next_timeout(&self) -> Option<Millis> {
        let session = self.session.as_ref().and_then(Session::next_timeout);
        let deadlines = [self.plain.next_timeout(), session, self.gives_up_at];
        deadlines.into_iter().flatten().min()
    }
}

/// What a plain client reads of an event.
fn write(event: &Event, formatter: &Formatter, dates: &mut Dates, out: &mut Vec<u8>) {
    if let Event::Received { name, line } = event {
        plain::write_message(out, dates.of(line.sent_at), name, &line.text);
        return;
    }
    if let Some(sentence) = (formatter.sentence)(event) {
        plain::write_notice(out, &sentence);
    }
    if let Event::Undelivered { lines } = event {
        for line in lines {
            plain::write_notice(out, &line.text);
        }
    }
}
