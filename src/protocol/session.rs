//! One end of a conversation: sequence, acknowledge, resume. Pure: see [`super`].
//!
//! The relay keeps no text, so the promise « not a line lost, doubled or out of order » is kept here, by two sessions
//! between them, whatever happens to connections and relays. The rules, as `docs/protocol.md` numbers them:
//!
//! 1. On `PEER`: resynchronise, send `ACK`; the first `ACK` received goes live and resends from there; nothing new
//!    goes before it.
//! 2. A message one above the last: take it. Lower: acknowledge again. Higher: discard.
//! 3. Unacknowledged lines belong to one partner; another never receives them.
//! 4. `ERR replaced`: never connect again.
//! 5. An `ACK` above what was sent: cut.
//! 6. No `ACK` for 15 s with a line under way: cut and resynchronise.

mod event;
mod fault;
mod partner;
mod window;

use std::collections::VecDeque;

use super::plain::PROMPT;
use super::wire::{Bye, Gone, HEARTBEAT_S, Hello, Lines, MAX_TEXT, Outbox, Pid, Verb, Welcome};
use super::{Line, Millis};

use fault::Fault;
use partner::{Former, News, Partner, Sync};
use window::Window;

pub use event::{Disconnected, Ending, Event, SystemError};

/// Most lines that may wait for their acknowledgement; then the author waits.
pub const WINDOW_LINES: usize = 1024;
/// Most bytes of text that may wait for their acknowledgement; the line that crosses this is the last.
pub const WINDOW_BYTES: usize = 64 * 1024;
/// Most received lines that a slow user interface may leave untaken; more are discarded, and sent again later.
const INBOX_LINES: usize = 2 * WINDOW_LINES;
/// Most events kept for a slow user interface before [`Session::wants_input`] says to stop reading.
const MAX_EVENTS: usize = 128;
/// Silence in either direction after which a `PING` goes out.
const PING_INTERVAL: Millis = HEARTBEAT_S * 1000;
/// Silence after which the relay counts as dead.
const RELAY_TIMEOUT: Millis = 25_000;
/// How long the relay's welcome may take, and then its word on who sits opposite.
const WELCOME_TIMEOUT: Millis = 10_000;
/// How long the partner's acknowledgement may take before the connection is cut and made anew.
const ACK_TIMEOUT: Millis = 15_000;
/// Bytes waiting for a relay that does not read, above which it is not read either. An honest one leaves a window's worth.
const MAX_UNSENT: usize = 4 * WINDOW_BYTES;
/// How often a receiver whose screen stands still repeats its acknowledgement, so that rule 6 does not strike.
const REPEAT_ACK: Millis = 5_000;
/// How long leaving may take without any progress.
const LEAVE_TIMEOUT: Millis = 2_000;
/// Partners remembered after another has taken their place, so that a return doubles nothing.
const FORMER_PARTNERS: usize = 32;

/// How long a person who leaves lets lines be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// No moment longer than it takes to say goodbye.
    None,
    /// As long as each 2 s bring progress.
    Short,
    /// However long it takes.
    Endless,
}

/// One end of a conversation, over however many connections it takes.
///
/// Its driver calls [`connected`](Session::connected), [`received`](Session::received),
/// [`disconnected`](Session::disconnected) and [`handle_timeout`](Session::handle_timeout) as things happen, each with the time, and after
/// each call sends what [`unsent`](Session::unsent) holds and hands on what [`next_event`](Session::next_event) gives.
#[derive(Debug)]
pub struct Session {
    hello: Hello,
    link: Link,
    phase: Phase,
    incoming: Lines,
    outbox: Outbox,
    events: VecDeque<Queued>,
    partner: Option<Partner>,
    former: VecDeque<Former>,
    window: Window,
    /// Lines of ours that are settled: see [`Event::Delivered`].
    settled: u64,
    outage: Outage,
    heartbeat: Heartbeat,
    /// Until when the relay must say who sits opposite, after its welcome.
    introduced_by: Option<Millis>,
    #[cfg(test)]
    pub(super) mutation: Option<SessionMutation>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Down,
    /// Connected; our hello is out and the welcome has not come.
    Greeting {
        since: Millis,
    },
    Up {
        heard_at: Millis,
        spoke_at: Millis,
        pinged_at: Millis,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Talking,
    /// Our person leaves once every line is acknowledged.
    Finishing {
        patience: Patience,
        since: Millis,
    },
    /// The other has left; what we still owe may arrive for a moment.
    Over {
        since: Millis,
    },
    /// Our `BYE` is out; the relay's is awaited.
    Parting {
        since: Millis,
    },
    Ended,
}

/// An event, and the message that is received once it is taken.
#[derive(Debug)]
struct Queued {
    event: Event,
    receives: Option<(Pid, u64)>,
}

/// Whether silence means anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heartbeat {
    Beats,
    Needless,
}

/// What our person has been told about our own connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outage {
    /// Never connected so far, or told that all is well.
    None,
    /// Told that it is cut.
    Told,
}

impl Session {
    pub fn new(hello: Hello) -> Session {
        Session {
            hello,
            link: Link::Down,
            phase: Phase::Talking,
            incoming: Lines::default(),
            outbox: Outbox::default(),
            events: VecDeque::new(),
            partner: None,
            former: VecDeque::new(),
            window: Window::default(),
            settled: 0,
            outage: Outage::None,
            heartbeat: Heartbeat::Beats,
            introduced_by: None,
            #[cfg(test)]
            mutation: None,
        }
    }

    /// A session beside its relay, without a connection between them that could fall silent.
    pub fn in_memory(hello: Hello) -> Session {
        Session {
            heartbeat: Heartbeat::Needless,
            ..Session::new(hello)
        }
    }

    /// A connection stands: says hello on it.
    pub fn connected(&mut self, now: Millis) {
        self.link = Link::Greeting { since: now };
        self.incoming = Lines::default();
        self.outbox = Outbox::default();
        self.hello.partner = self.partner.as_ref().map(|partner| partner.pid);
        self.hello.encode(self.outbox.tail());
    }

    /// The connection is gone. What was under way on it is sent again on the next.
    pub fn disconnected(&mut self, reason: Disconnected) {
        let was_up = matches!(self.link, Link::Up { .. });
        self.link = Link::Down;
        self.introduced_by = None;
        self.incoming = Lines::default();
        self.outbox = Outbox::default();
        if let Some(partner) = &mut self.partner {
            partner.sync = Sync::Apart;
        }
        match self.phase {
            Phase::Ended => {}
            // The relay may close before its BYE is read: all that mattered is done.
            Phase::Parting { .. } | Phase::Over { .. } => self.end(Ending::Over),
            Phase::Talking | Phase::Finishing { .. } if was_up && self.outage == Outage::None => {
                self.outage = Outage::Told;
                self.tell(Event::Disconnected {
                    reason,
                    held: self.window.lines.len(),
                });
            }
            Phase::Talking | Phase::Finishing { .. } => {}
        }
    }

    /// Bytes came from the relay. After an error the connection must be closed; the session has taken note of it.
    pub fn received(&mut self, now: Millis, mut bytes: &[u8]) -> Result<(), Disconnected> {
        if let Link::Up { heard_at, .. } = &mut self.link {
            *heard_at = now;
        }
        let mut incoming = std::mem::take(&mut self.incoming);
        let outcome = loop {
            match incoming.next(&mut bytes) {
                Ok(None) => break Ok(()),
                Ok(Some(line)) => {
                    if let Err(fault) = self.line(now, line) {
                        break Err(fault);
                    }
                }
                Err(malformed) => break Err(Fault::from(malformed)),
            }
        };
        self.incoming = incoming;
        match outcome {
            Ok(()) => {
                self.speak(now);
                Ok(())
            }
            Err(Fault::Disconnected(reason)) => Err(self.cut(reason)),
            Err(Fault::End(ending)) => {
                self.end(ending);
                Err(self.cut(Disconnected::Ended))
            }
        }
    }

    /// Takes a line to deliver. The caller has asked [`has_room`](Session::has_room) first.
    pub fn say(&mut self, now: Millis, line: Line) {
        debug_assert!(
            line.text.len() <= MAX_TEXT && !line.text.contains('\n'),
            "the user interface cuts texts into lines that fit"
        );
        self.window.bytes += line.text.len();
        self.window.lines.push_back(line);
        self.speak(now);
    }

    /// Whether another line may be [said](Session::say): the window is not full and nobody has left.
    pub fn has_room(&self) -> bool {
        self.phase == Phase::Talking
            && self.window.lines.len() < WINDOW_LINES
            && self.window.bytes < WINDOW_BYTES
    }

    /// Our person leaves: what is owed is delivered first.
    pub fn leave(&mut self, now: Millis, patience: Patience) {
        if patience == Patience::None && !self.is_parting() {
            return self.part(now);
        }
        if let Phase::Talking | Phase::Finishing { .. } = self.phase {
            self.phase = Phase::Finishing {
                patience,
                since: now,
            };
            self.speak(now);
            let nobody_to_tell = self.partner.is_none() && self.window.lines.is_empty();
            if patience == Patience::Short && nobody_to_tell && self.link == Link::Down {
                self.end(Ending::Over);
            }
        }
    }

    /// Time has passed. After an error the connection must be closed; the session has taken note of it.
    pub fn handle_timeout(&mut self, now: Millis) -> Result<(), Disconnected> {
        if self.phase_deadline().is_some_and(|at| now >= at) {
            match self.phase {
                Phase::Parting { .. } => self.end(Ending::Over),
                _ => self.part(now),
            }
        }
        match self.link {
            Link::Greeting { since } if now >= since + WELCOME_TIMEOUT => {
                return Err(self.cut(Disconnected::NoWelcome));
            }
            Link::Up { .. } if self.dead_at().is_some_and(|at| now >= at) => {
                return Err(self.cut(Disconnected::RelaySilent));
            }
            _ => {}
        }
        if self.introduced_by.is_some_and(|at| now >= at) {
            return Err(self.cut(Disconnected::NoIntroduction));
        }
        if self.stuck_at().is_some_and(|at| now >= at) {
            let reason = match self.is_live() {
                true => Disconnected::NothingArrives,
                false => Disconnected::NotSynchronised,
            };
            return Err(self.cut(reason));
        }
        if let Some(partner) = &mut self.partner
            && partner.received > partner.held
            && now >= partner.acked_at + REPEAT_ACK
        {
            partner.ack_due = true;
        }
        self.speak(now);
        if self.ping_at().is_some_and(|at| now >= at)
            && let Link::Up { pinged_at, .. } = &mut self.link
        {
            *pinged_at = now;
            Verb::Ping.encode(self.outbox.tail());
            self.spoke(now);
        }
        Ok(())
    }

    /// When [`handle_timeout`](Session::handle_timeout) must be called next.
    pub fn next_timeout(&self) -> Option<Millis> {
        let link = match self.link {
            Link::Down => None,
            Link::Greeting { since } => Some(since + WELCOME_TIMEOUT),
            Link::Up { .. } => self.dead_at(),
        };
        let repeat = self
            .partner
            .as_ref()
            .filter(|partner| partner.sync != Sync::Apart && partner.received > partner.held)
            .map(|partner| partner.acked_at + REPEAT_ACK);
        [
            self.introduced_by,
            self.phase_deadline(),
            link,
            self.stuck_at(),
            repeat,
            self.ping_at(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Bytes for the connection.
    pub fn unsent(&self) -> &[u8] {
        self.outbox.unsent()
    }

    /// All of them at once, where there is no connection that could take less.
    pub fn take_unsent(&mut self) -> Vec<u8> {
        self.outbox.take()
    }

    /// The connection took the first `count` of them.
    pub fn sent(&mut self, count: usize) {
        self.outbox.advance(count);
    }

    /// Whether the connection should be read: not while a user interface leaves too much untaken, nor while a relay that
    /// asks for more and more takes nothing.
    pub fn wants_input(&self) -> bool {
        self.events.len() < MAX_EVENTS && self.outbox.unsent().len() < MAX_UNSENT
    }

    /// The next thing to tell the user interface.
    pub fn next_event(&mut self) -> Option<Event> {
        let Queued { event, receives } = self.events.pop_front()?;
        if let (Some((pid, seq)), Some(partner)) = (receives, &mut self.partner)
            && partner.pid == pid
        {
            // A line from before another had the partner's place has been acknowledged since.
            partner.taken = partner.taken.max(seq);
        }
        Some(event)
    }

    /// Whether [`next_event`](Session::next_event) has something to tell.
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// Every message taken so far is where it belongs: it is acknowledged, with the next [`handle_timeout`](Session::handle_timeout) or
    /// sooner.
    pub fn hold(&mut self) {
        if let Some(partner) = &mut self.partner
            && partner.held != partner.taken
        {
            partner.held = partner.taken;
            partner.ack_due = true;
        }
    }

    /// Whether the conversation is over for good.
    pub fn is_ended(&self) -> bool {
        self.phase == Phase::Ended
    }

    /// Whether our goodbye is said.
    pub fn is_parting(&self) -> bool {
        matches!(self.phase, Phase::Parting { .. } | Phase::Ended)
    }

    /// Whether lines flow both ways right now.
    pub fn is_live(&self) -> bool {
        let live = |partner: &Partner| matches!(partner.sync, Sync::Live { .. });
        self.partner.as_ref().is_some_and(live)
    }

    /// Who sits opposite, or sat there last.
    #[cfg(test)]
    pub(super) fn partner(&self) -> Option<Pid> {
        self.partner.as_ref().map(|partner| partner.pid)
    }

    /// Ends at once, for a reason that only the driver knows.
    pub fn end(&mut self, ending: Ending) {
        if self.phase == Phase::Ended {
            return;
        }
        self.phase = Phase::Ended;
        self.abandon_lines();
        self.tell(Event::Ended(ending));
    }

    fn line(&mut self, now: Millis, line: &[u8]) -> Result<(), Fault> {
        if let Link::Greeting { .. } = self.link {
            return self.greeting(now, line);
        }
        match Verb::decode(line)? {
            Verb::Peer { pid, name } => self.resynchronise(now, pid, name),
            Verb::Gone(gone) => self.gone(now, gone),
            Verb::Say { seq, sent_at, text } => self.message(seq, sent_at, text),
            Verb::Ack { pid, through } if pid == self.hello.pid => {
                self.acknowledged(now, through)?;
            }
            // Meant for whoever sat here before us, or under a code that we do not have.
            Verb::Ack { .. } | Verb::Sealed(_) => {}
            Verb::Ping => Verb::Pong.encode(self.outbox.tail()),
            Verb::Pong => {}
            Verb::Bye(bye) => return Err(Fault::from(bye)),
            Verb::Err { refusal, reason } => return Err(Fault::refused(refusal, reason)),
        }
        Ok(())
    }

    fn greeting(&mut self, now: Millis, line: &[u8]) -> Result<(), Fault> {
        // On a slow network our hello reaches the relay after it has asked the silent newcomer for a name.
        if line == PROMPT.as_bytes() {
            return Ok(());
        }
        match Verb::decode(line) {
            Ok(Verb::Err { refusal, reason }) => return Err(Fault::refused(refusal, reason)),
            Ok(Verb::Bye(bye)) => return Err(Fault::from(bye)),
            _ => {}
        }
        Welcome::decode(line).map_err(|malformed| Fault::End(Ending::NotARelay(malformed)))?;
        self.link = Link::Up {
            heard_at: now,
            spoke_at: now,
            pinged_at: now,
        };
        self.introduced_by = Some(now + WELCOME_TIMEOUT);
        Ok(())
    }

    fn gone(&mut self, now: Millis, gone: Gone) {
        self.introduced_by = None;
        let owed = self.partner.as_mut().and_then(|partner| {
            // Whoever has left reads on for a moment, and acknowledges.
            if gone != Gone::Left {
                partner.sync = Sync::Apart;
            }
            partner.owed.take()
        });
        let was_out = std::mem::replace(&mut self.outage, Outage::None) == Outage::Told;
        if was_out || owed.is_some_and(|owed| owed.news == News::Restored) {
            self.tell(Event::Restored { delivered: 0 });
        }
        let held = self.window.lines.len();
        self.tell(match (gone, &self.partner) {
            (Gone::None, _) | (_, None) => Event::Waiting,
            (Gone::Away, Some(partner)) => Event::Away {
                name: partner.name.to_string(),
                held,
            },
            (Gone::Left, Some(partner)) => Event::Left {
                name: partner.name.to_string(),
            },
            (Gone::Lost, Some(partner)) => Event::Lost {
                name: partner.name.to_string(),
            },
        });
        match (gone, self.phase) {
            (_, Phase::Parting { .. } | Phase::Ended) | (Gone::None | Gone::Away, _) => {}
            (Gone::Left, _) => self.phase = Phase::Over { since: now },
            (Gone::Lost, _) => self.part(now),
        }
    }

    /// Puts on the connection whatever may go out now.
    fn speak(&mut self, now: Millis) {
        if !matches!(self.link, Link::Up { .. }) {
            return;
        }
        let before = self.outbox.unsent().len();
        let speaks_early = self.mutated(SessionMutation::SpeaksBeforeAck);
        let may_say = !matches!(self.phase, Phase::Parting { .. } | Phase::Ended);
        if let Some(partner) = &mut self.partner {
            if partner.sync != Sync::Apart && std::mem::take(&mut partner.ack_due) {
                partner.acked_at = now;
                let (pid, through) = (partner.pid, partner.held);
                Verb::Ack { pid, through }.encode(self.outbox.tail());
            }
            match &mut partner.sync {
                Sync::Live { heard_at } => {
                    if self.window.cursor == self.window.acked {
                        *heard_at = now;
                    }
                    if may_say {
                        self.window.send(self.outbox.tail());
                    }
                }
                Sync::Awaiting { .. } if speaks_early => self.window.send(self.outbox.tail()),
                Sync::Awaiting { .. } | Sync::Apart => {}
            }
        }
        if self.mutated(SessionMutation::PrunedOnSend) {
            let settled = self.window.prune(self.window.cursor);
            self.settle(now, settled);
        }
        let leaving = matches!(self.phase, Phase::Finishing { .. } | Phase::Over { .. });
        if leaving && self.window.lines.is_empty() {
            self.part(now);
        }
        if self.outbox.unsent().len() > before {
            self.spoke(now);
        }
    }

    /// Says `BYE`: from here on we send no message, and await the relay's own `BYE`.
    fn part(&mut self, now: Millis) {
        match self.link {
            // Before the welcome, too: a seat taken back by the hello is given up by the line after it.
            Link::Up { .. } | Link::Greeting { .. } => {
                Verb::Bye(Bye::Over).encode(self.outbox.tail());
                self.spoke(now);
                self.phase = Phase::Parting { since: now };
            }
            Link::Down => self.end(Ending::Over),
        }
    }

    /// When waiting to leave is over.
    fn phase_deadline(&self) -> Option<Millis> {
        match self.phase {
            Phase::Over { since } | Phase::Parting { since } => Some(since + LEAVE_TIMEOUT),
            Phase::Finishing { patience, since } => {
                let bounded = patience != Patience::Endless || self.window.lines.is_empty();
                bounded.then_some(since + LEAVE_TIMEOUT)
            }
            Phase::Talking | Phase::Ended => None,
        }
    }

    fn spoke(&mut self, now: Millis) {
        if let Link::Up { spoke_at, .. } = &mut self.link {
            *spoke_at = now;
        }
    }

    /// When rule 6 strikes: never beside the relay, where no connection could be made anew. There the hub finds out by
    /// itself who is dead.
    fn stuck_at(&self) -> Option<Millis> {
        if self.heartbeat == Heartbeat::Needless {
            return None;
        }
        match self.partner.as_ref()?.sync {
            Sync::Live { heard_at } if self.window.cursor > self.window.acked => {
                Some(heard_at + ACK_TIMEOUT)
            }
            Sync::Awaiting { since } => Some(since + ACK_TIMEOUT),
            Sync::Live { .. } | Sync::Apart => None,
        }
    }

    fn dead_at(&self) -> Option<Millis> {
        match self.link {
            Link::Up { heard_at, .. } if self.heartbeat == Heartbeat::Beats => {
                Some(heard_at + RELAY_TIMEOUT)
            }
            _ => None,
        }
    }

    fn ping_at(&self) -> Option<Millis> {
        match self.link {
            _ if self.heartbeat == Heartbeat::Needless => None,
            Link::Up {
                heard_at,
                spoke_at,
                pinged_at,
            } => Some((heard_at.max(pinged_at) + PING_INTERVAL).min(spoke_at + PING_INTERVAL)),
            _ => None,
        }
    }

    fn abandon_lines(&mut self) {
        let lines: Vec<Line> = self.window.lines.drain(..).collect();
        self.window.bytes = 0;
        if !lines.is_empty() {
            self.settled += lines.len() as u64;
            self.tell(Event::Undelivered { lines });
        }
    }

    fn tell(&mut self, event: Event) {
        self.events.push_back(Queued {
            event,
            receives: None,
        });
    }

    fn cut(&mut self, reason: Disconnected) -> Disconnected {
        self.disconnected(reason.clone());
        reason
    }

    #[cfg(test)]
    fn mutated(&self, mutation: SessionMutation) -> bool {
        self.mutation == Some(mutation)
    }

    #[cfg(not(test))]
    const fn mutated(&self, _: SessionMutation) -> bool {
        false
    }
}

/// The mistakes that the simulation switches on, to prove that it would catch them. Compiled out of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SessionMutation {
    NoDeduplication,
    GapsAccepted,
    PrunedOnSend,
    SpeaksBeforeAck,
    AckAboveSentBelieved,
    /// Lines that one partner has not acknowledged go to the next.
    LinesForAnybody,
}
