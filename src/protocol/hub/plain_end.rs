//! The relay as a plain client's end of the protocol: what the client says becomes lines of an [`Exchange`], and what that
//! is told becomes lines for the client.
//!
//! So a plain client is a full partner: the hub passes verbs to and from its end as it does to and from a connection of
//! the wire, and whoever sits opposite notices no difference. Between two plain clients nothing is ever spelt as bytes
//! of the wire.

use crate::protocol::heads::Head;
use crate::protocol::hygiene::Text;
use crate::protocol::name::Name;
use crate::protocol::outbox::Outbox;
use crate::protocol::plain::{self, Diagnostics, Foreign, Input, Plain};
use crate::protocol::session::{Ending, Event, Exchange, Flow, Shutdown, Timer};
use crate::protocol::timeouts::UNDELIVERED_TTL;
use crate::protocol::wire::{Bye, Pid, Verb};
use crate::protocol::{Millis, UnixMillis, earliest};

use super::Formatter;

/// Bytes of lines that may wait for their acknowledgement: the relay keeps them, so they are fewer than a client's own.
const WINDOW_BYTES: usize = 64 * 1024;

/// A plain client and its end of the protocol.
#[derive(Debug)]
pub(super) struct PlainEnd {
    plain: Plain,
    /// From the name on, with the number by which partners know the client.
    seated: Option<(Pid, Exchange)>,
    /// Its name, until it is bidden welcome under it.
    welcome: Option<Name>,
    /// Of the message that its partner was last heard to say.
    head: Head,
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
    Refuse(Foreign),
    /// It leaves without ever having had a seat.
    HangUp,
}

/// How a plain client is told something.
pub(super) struct Teller<'a> {
    pub(super) formatter: &'a Formatter,
    pub(super) outbox: &'a mut Outbox,
}

impl PlainEnd {
    pub(super) fn new(now: Millis) -> PlainEnd {
        PlainEnd {
            plain: Plain::new(now),
            seated: None,
            welcome: None,
            head: Head::default(),
            stream: Stream::Open,
            gives_up_at: None,
        }
    }

    /// The client sends this at `date`.
    pub(super) fn receive(
        &mut self,
        now: Millis,
        date: UnixMillis,
        bytes: &[u8],
        outbox: &mut Outbox,
    ) {
        let taken = match &mut self.seated {
            Some((_, exchange)) if exchange.has_room() => {
                let say = &mut |text: Text<'_>| say(exchange, date, text);
                self.plain.take_messages(bytes, say)
            }
            _ => 0,
        };
        self.plain.receive(now, &bytes[taken..], outbox.tail());
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

    /// Whether the client is there and has said nothing but its first line, as a program does that calls by mistake.
    pub(super) fn is_provisional(&self) -> bool {
        self.stream == Stream::Open
            && self.gives_up_at.is_none()
            && !self.plain.is_past_first_line()
    }

    pub(super) fn is_gone(&self) -> bool {
        self.stream == Stream::Gone
    }

    /// A name was found for the client, which asks for a seat.
    pub(super) fn introduce(&mut self, pid: Pid, name: Name) {
        self.welcome = Some(name);
        self.seated = Some((pid, Exchange::new(WINDOW_BYTES)));
    }

    pub(super) fn take_diagnostics(&mut self) -> Diagnostics {
        self.plain.take_diagnostics()
    }

    fn has_room(&self) -> bool {
        let seated = self.seated.as_ref();
        seated.is_none_or(|(_, exchange)| exchange.has_room())
    }

    /// Whether the client's socket should be read: not while what it has said waits for room.
    pub(super) fn wants_input(&self) -> bool {
        self.stream == Stream::Open && self.has_room()
    }

    /// What the client asks of the hub next. Its messages join those under way on the way.
    pub(super) fn next_action(&mut self, now: Millis, date: UnixMillis) -> Option<Action> {
        while self.has_room_after_messages(date) {
            match (self.plain.next_input()?, &mut self.seated) {
                (Input::Wire, _) => {
                    let plain = std::mem::replace(&mut self.plain, Plain::new(now));
                    return Some(Action::Wire(plain.into_unread()));
                }
                (Input::Foreign(foreign), _) => return Some(Action::Refuse(foreign)),
                (Input::Named(name), _) => return Some(Action::Seat(Some(name))),
                (Input::Nameless, _) => return Some(Action::Seat(None)),
                (Input::Quit, None) => return Some(Action::HangUp),
                (Input::Said(text), Some((_, exchange))) => {
                    exchange.say(date, text.as_str().into())
                }
                (Input::Quit, Some((_, exchange))) => {
                    let how = match self.stream {
                        Stream::Open => Shutdown::Quit,
                        Stream::Ended | Stream::Gone => Shutdown::Finish,
                    };
                    self.gives_up_at = Some(now + UNDELIVERED_TTL);
                    exchange.leave(now, how);
                }
                // A seat comes before the first message.
                (Input::Said(_), None) => {}
            }
        }
        None
    }

    /// Takes the messages that have waited unread. Tells whether there is room for what follows.
    fn has_room_after_messages(&mut self, date: UnixMillis) -> bool {
        match &mut self.seated {
            Some((_, exchange)) if exchange.has_room() => {
                let say = &mut |text: Text<'_>| say(exchange, date, text);
                self.plain.take_unread_messages(say);
                exchange.has_room()
            }
            seated => seated.is_none(),
        }
    }

    /// The relay, or whoever sits opposite, says this; the client is told what it means.
    pub(super) fn hear(&mut self, now: Millis, verb: &Verb<'_>, mut teller: Teller<'_>) {
        let Some((own, exchange)) = &mut self.seated else {
            return;
        };
        match verb {
            Verb::Say { seq, sent_at, text } => {
                // Whoever is gone takes nothing: its author is told so in the end.
                if self.stream != Stream::Gone
                    && exchange.receive(now, *seq)
                    && let Some((pid, name)) = exchange.partner()
                {
                    teller.message(&mut self.head, name, *sent_at, *text);
                    exchange.take(pid, *seq);
                }
            }
            // A lie is not believed. Nobody is cut for it here, beside the relay (rule 5).
            Verb::Ack { pid, through } if pid == own => {
                let _: Result<(), _> = exchange.acknowledged(now, *through);
            }
            Verb::Peer { pid, name } => {
                self.head = Head::default();
                exchange.meet(now, *pid, name.clone());
            }
            Verb::Gone(gone) => exchange.gone(now, *gone),
            Verb::Bye(Bye::Over) => exchange.end(Ending::Over),
            Verb::Bye(Bye::Stop | Bye::Restart) => exchange.end(Ending::Stopped),
            // What was sealed is for whoever has the code, and a plain client has none. Whoever wants one learns that
            // from the clear verbs of this end, and leaves.
            Verb::Sealed(line) if line.starts_with("KEY ") && !exchange.is_live() => {
                if let Some((_, name)) = exchange.partner()
                    && self.stream != Stream::Gone
                {
                    let name = name.to_string();
                    teller.event(&Event::Ended(Ending::CodeWanted { name }));
                }
            }
            Verb::Ack { .. } | Verb::Sealed(_) | Verb::Ping | Verb::Pong | Verb::Err { .. } => {}
        }
        self.tell(teller);
    }

    /// Tells the client what has happened.
    fn tell(&mut self, mut teller: Teller<'_>) {
        let Some((_, exchange)) = &mut self.seated else {
            return;
        };
        while let Some(event) = exchange.next_event() {
            // There is nobody to tell, or nothing.
            if self.stream == Stream::Gone || matches!(event, Event::Delivered { .. }) {
                continue;
            }
            // The first event tells who is opposite.
            match self.welcome.take() {
                Some(name) => plain::write_welcome(teller.outbox.tail(), &name, &event),
                None => teller.event(&event),
            }
        }
    }

    /// The client's socket has taken all that it was sent.
    pub(super) fn all_is_sent(&mut self) {
        if let Some((_, exchange)) = &mut self.seated {
            exchange.hold();
        }
    }

    /// Gives `send` what the client's end says. It may have enough of messages.
    pub(super) fn flush(&mut self, now: Millis, send: &mut impl FnMut(Verb<'_>) -> Flow) {
        if let Some((_, exchange)) = &mut self.seated {
            exchange.flush(now, Flow::More, send);
        }
    }

    /// Asks for a name, ends a line by silence, gives up what nobody has come for.
    pub(super) fn handle_timeout(&mut self, now: Millis, teller: Teller<'_>) {
        self.plain.handle_timeout(now, teller.outbox.tail());
        let Some((_, exchange)) = &mut self.seated else {
            return;
        };
        if self.gives_up_at.is_some_and(|at| now >= at) {
            self.gives_up_at = None;
            exchange.leave(now, Shutdown::Now);
        }
        for timer in TIMERS {
            if exchange.due(timer).is_some_and(|at| now >= at) {
                // None of these finds fault with a connection.
                let _: Result<(), _> = exchange.expired(now, timer);
            }
        }
        self.tell(teller);
    }

    pub(super) fn next_timeout(&self) -> Option<Millis> {
        let due = |timer| self.seated.as_ref()?.1.due(timer);
        let timers = earliest(TIMERS.map(due));
        earliest([self.plain.next_timeout(), self.gives_up_at, timers])
    }
}

/// What is waited for beside the relay: no rule of a connection's, for there is none that could be made anew. The hub
/// itself finds out who is dead.
const TIMERS: [Timer; 2] = [Timer::RepeatAck, Timer::Leave];

/// Says a line of the client's.
fn say(exchange: &mut Exchange, date: UnixMillis, text: Text<'_>) -> Flow {
    exchange.say(date, text);
    Flow::into_room(exchange.has_room())
}

impl Teller<'_> {
    fn message(&mut self, head: &mut Head, name: &Name, sent_at: UnixMillis, text: Text<'_>) {
        let spell = || plain::head(&(self.formatter.date)(sent_at), name);
        let head = head.of(sent_at, spell);
        plain::write_message(self.outbox.tail(), head, text);
    }

    fn event(&mut self, event: &Event) {
        let out = self.outbox.tail();
        if let Some(sentence) = (self.formatter.sentence)(event) {
            plain::write_notice(out, &sentence);
        }
        if let Event::Undelivered { lines, .. } = event {
            for line in lines {
                plain::write_notice(out, &line.text);
            }
        }
    }
}
