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
//! 6. No `ACK` for 15 s with a line under way, and no message either: cut and resynchronise. With messages, for 45 s.
//!
//! A session has two halves: its `Connection`'s affairs, which end with the connection, and the [`Exchange`] with the
//! other person, which outlives it. Between them verbs go in and out, so that what is to happen to verbs alone (a seal,
//! say) has its place there.

mod connection;
mod event;
mod exchange;
mod fault;
#[cfg(not(test))]
mod rules;
#[cfg(test)]
#[path = "session/mutated_rules.rs"]
pub(super) mod rules;
mod timer;
mod window;

use std::collections::VecDeque;

use zeroize::Zeroizing;

use super::name::Name;
use super::plain::PROMPT;
use super::seal::{self, Code, Progress, Seal, SealError};
use super::wire::{Bye, Gone, HEARTBEAT_S, Hello, MAX_TEXT, Pid, Verb, Welcome};
use super::{Line, Millis};

use connection::Connection;
use fault::Fault;

pub use event::{Disconnected, Ending, Event, SystemError};
pub use exchange::Exchange;
pub use timer::Timer;
pub use window::Flow;

/// Bytes of lines, and of what each of them costs besides, that may wait for their acknowledgement; then their author
/// waits. So much goes over 50 ms there and back at 20 MB a second.
pub const WINDOW_BYTES: usize = 1024 * 1024;
/// Events that a slow user interface may leave untaken before [`Session::wants_input`] says to stop reading: more than the
/// messages of a whole window. Who stops reading would take the relay for silent, and be slow in its eyes.
const MAX_EVENTS: usize = 2 * WINDOW_BYTES / LINE_OVERHEAD;
/// What a line costs beside its text, in bytes: on its way, and in the queue of whoever receives it.
const LINE_OVERHEAD: usize = 32;
/// Silence in either direction after which a `PING` goes out.
const PING_INTERVAL: Millis = HEARTBEAT_S * 1000;
/// Silence after which the relay counts as dead.
const RELAY_TIMEOUT: Millis = 25_000;
/// How long the relay's welcome may take.
const WELCOME_TIMEOUT: Millis = 10_000;
/// How long the relay's word on who sits opposite may take, after its welcome.
const INTRODUCTION_TIMEOUT: Millis = 10_000;
/// How long the partner's acknowledgement may take before the connection is cut and made anew, where nothing else comes of
/// the partner's.
const ACK_TIMEOUT: Millis = 15_000;
/// The same where messages come: a whole window of them may stand before it, on a link of 24 KB a second.
const LATE_ACK_TIMEOUT: Millis = 45_000;
/// Bytes waiting for the connection above which lines wait in the window: on a slow link, whatever else we say would else
/// come behind all of that.
const SEND_AHEAD: usize = 64 * 1024;
/// Bytes waiting for a relay that does not read, above which it is not read either: more than lines alone bring about, or
/// two who pour them at each other would wait for each other for ever.
const MAX_UNSENT: usize = 4 * SEND_AHEAD;
/// How often a receiver whose screen stands still repeats its acknowledgement, so that rule 6 does not strike.
const REPEAT_ACK_INTERVAL: Millis = 5_000;

/// How a person leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// Deliver what is owed for as long as that makes progress (2 s without any ends it), then end.
    Quit,
    /// Deliver everything, however long it takes, then end.
    Finish,
    /// Say goodbye, and end.
    Now,
}

/// One end of a conversation, over however many connections it takes.
///
/// Its driver calls [`connected`](Session::connected), [`received`](Session::received),
/// [`disconnected`](Session::disconnected) and [`handle_timeout`](Session::handle_timeout) as things happen, each with the time, and after
/// each call, [`sent`](Session::sent) among them, sends what [`unsent`](Session::unsent) holds and hands on what [`next_event`](Session::next_event) gives.
#[derive(Debug)]
pub struct Session {
    hello: Hello,
    connection: Connection,
    /// Between the connection and the exchange, where the two people share a code.
    seal: Option<Box<Seal>>,
    exchange: Exchange,
    /// Why we leave, where it was not our person who wanted to.
    verdict: Option<Ending>,
    events: VecDeque<Queued>,
    /// What those cost that hold a message.
    queued_bytes: usize,
}

/// An event, and the message that is received once it is taken.
#[derive(Debug)]
struct Queued {
    event: Event,
    receives: Option<(Pid, u64)>,
}

impl Session {
    pub fn new(hello: Hello) -> Session {
        Session {
            hello,
            connection: Connection::default(),
            seal: None,
            exchange: Exchange::new(WINDOW_BYTES),
            verdict: None,
            events: VecDeque::new(),
            queued_bytes: 0,
        }
    }

    /// As [`new`](Session::new), for two who share a code: what they say is sealed. Nobody may be able to guess the seed.
    pub fn sealed(hello: Hello, code: Code, seed: Zeroizing<[u8; 32]>) -> Session {
        let seal = Seal::new(code, hello.pid, hello.name.clone(), seed);
        Session {
            seal: Some(Box::new(seal)),
            ..Session::new(hello)
        }
    }

    /// A connection stands: says hello on it.
    pub fn connected(&mut self, now: Millis) {
        self.hello.partner = self.exchange.partner().map(|(pid, _)| pid);
        self.connection.open(now, &self.hello);
    }

    /// The connection is gone. What was under way on it is sent again on the next.
    pub fn disconnected(&mut self, reason: Disconnected) {
        let outage = self.connection.close().then_some(reason);
        if let Some(seal) = &mut self.seal {
            seal.part();
        }
        self.exchange.disconnected(outage);
        self.collect();
    }

    /// Bytes came from the relay. After an error the connection must be closed; the session has taken note of it.
    ///
    /// # Errors
    /// When the connection is no good, or the conversation has ended.
    pub fn received(&mut self, now: Millis, mut bytes: &[u8]) -> Result<(), Disconnected> {
        self.connection.heard(now);
        let mut incoming = std::mem::take(&mut self.connection.incoming);
        let outcome = loop {
            let outcome = match incoming.next(&mut bytes) {
                Ok(None) => break Ok(()),
                Ok(Some(line)) => self.line(now, line),
                Err(malformed) => Err(Fault::from(malformed)),
            };
            if outcome.is_err() {
                break outcome;
            }
        };
        self.connection.incoming = incoming;
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

    fn line(&mut self, now: Millis, line: &[u8]) -> Result<(), Fault> {
        if self.connection.is_greeting() {
            return self.greeting(now, line);
        }
        let verb = Verb::decode(line)?;
        match verb {
            Verb::Sealed(line) => self.opaque(now, line)?,
            Verb::Say { .. } | Verb::Ack { .. } => match &self.seal {
                None => self.partner_says(now, &verb)?,
                Some(_) if seal::believes_in_clear() => self.partner_says(now, &verb)?,
                Some(seal) if !seal.is_confirmed() => {
                    let name = seal.partner().map(|(_, name)| name.to_string());
                    self.give_up(now, |_| Ending::NoCode {
                        name: name.unwrap_or_default(),
                    });
                }
                // Whoever has proved to know the code seals what it says: this is a forgery.
                Some(_) => {}
            },
            Verb::Peer { pid, name } => {
                self.connection.introduced();
                self.peer(now, pid, name);
            }
            Verb::Gone(gone) => {
                self.connection.introduced();
                if let Some(seal) = &mut self.seal
                    && gone != Gone::Left
                {
                    seal.part();
                }
                self.exchange.gone(now, gone);
            }
            Verb::Ping => self.connection.speak(now, |out| Verb::Pong.encode(out)),
            Verb::Pong => {}
            Verb::Bye(bye) => return Err(Fault::from(bye)),
            Verb::Err { refusal, reason } => return Err(Fault::refused(refusal, reason)),
        }
        self.collect();
        Ok(())
    }

    /// What the person opposite says, in a box or, where there is no code, in clear.
    fn partner_says(&mut self, now: Millis, verb: &Verb<'_>) -> Result<(), Fault> {
        match *verb {
            Verb::Say { seq, sent_at, text } => self.message(now, seq, sent_at, &text),
            // An ACK for another was meant for whoever sat here before us.
            Verb::Ack { pid, through } if pid == self.hello.pid => {
                self.exchange.acknowledged(now, through)?;
            }
            // The seal has taken note of a goodbye; nothing else belongs in a box.
            _ => {}
        }
        Ok(())
    }

    /// This partner is opposite. Under a seal it is met only once it has proved to know the code.
    fn peer(&mut self, now: Millis, pid: Pid, name: Name) {
        let Some(seal) = &mut self.seal else {
            return self.meet(now, pid, name);
        };
        let connection = &mut self.connection;
        let met = seal.meet(now, pid, &name, &mut |verb| {
            connection.speak(now, |out| verb.encode(out));
        });
        match met {
            Ok(Progress::Resumed) => self.meet(now, pid, name),
            Ok(_) => self.exchange.set_apart(),
            Err(error) => self.give_up(now, |name| error.ending(name)),
        }
    }

    fn meet(&mut self, now: Millis, pid: Pid, name: Name) {
        if let Some(taken) = self.exchange.meet(now, pid, name) {
            self.forget_untaken(pid, taken);
        }
    }

    /// A `KEY` or a `BOX` came.
    fn opaque(&mut self, now: Millis, line: &str) -> Result<(), Fault> {
        let (verb, fields) = line.split_once(' ').unwrap_or((line, ""));
        let Some(seal) = &mut self.seal else {
            // Whoever wants a code never goes live without one; in a conversation that flows this is somebody's joke.
            if verb == "KEY" && !self.exchange.is_live() {
                self.give_up(now, |name| Ending::CodeWanted { name });
            }
            return Ok(());
        };
        if verb == "BOX" {
            let Some(line) = seal.open(fields) else {
                return Ok(());
            };
            return match Verb::decode(&line) {
                Ok(verb) => self.partner_says(now, &verb),
                Err(_) => Ok(()),
            };
        }
        let connection = &mut self.connection;
        let progress = seal.key(now, fields, &mut |verb| {
            connection.speak(now, |out| verb.encode(out));
        });
        let partner = seal.partner().map(|(pid, name)| (pid, name.clone()));
        match (progress, partner) {
            (Ok(Progress::Confirmed), Some((pid, name))) => {
                self.queue(Event::Sealed {
                    name: name.to_string(),
                });
                self.meet(now, pid, name);
            }
            // What is said now would be sealed with keys that the partner has no more.
            (Ok(Progress::BegunAnew), _) => self.exchange.set_apart(),
            (Ok(_), _) => {}
            (Err(error), _) => self.give_up(now, |name| error.ending(name)),
        }
        Ok(())
    }

    /// Nothing can be said to whoever is opposite: we leave, and tell our person why.
    fn give_up(&mut self, now: Millis, verdict: impl FnOnce(String) -> Ending) {
        if self.verdict.is_some() || self.exchange.is_parting() || self.exchange.is_ended() {
            return;
        }
        let sealed = self.seal.as_ref().and_then(|seal| seal.partner());
        let name = sealed.or(self.exchange.partner()).map(|(_, name)| name);
        self.verdict = Some(verdict(name.map_or_else(String::new, Name::to_string)));
        self.exchange.leave(now, Shutdown::Now);
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
        self.connection.welcomed(now);
        Ok(())
    }

    fn message(&mut self, now: Millis, seq: u64, sent_at: u64, text: &str) {
        // An honest partner has no more than a window under way, so none of its messages is turned away here.
        if self.queued_bytes >= WINDOW_BYTES || !self.exchange.receive(now, seq) {
            return;
        }
        if let Some((pid, name)) = self.exchange.partner() {
            let name = name.to_string();
            let text = text.to_owned();
            self.queued_bytes += cost(&text);
            self.events.push_back(Queued {
                event: Event::Received {
                    name,
                    line: Line { sent_at, text },
                },
                receives: Some((pid, seq)),
            });
        }
    }

    /// What our user interface has not taken is not acknowledged, so it comes again; or never, where its author has met
    /// somebody else since and given its number to another line. Either way it must not stand in the way.
    fn forget_untaken(&mut self, from: Pid, taken: u64) {
        let stands = |&(pid, seq): &(Pid, u64)| pid != from || seq <= taken;
        self.events
            .retain(|queued| queued.receives.as_ref().is_none_or(stands));
        self.queued_bytes = self.events.iter().map(Queued::cost).sum();
    }

    /// Queues what the exchange has to tell behind what is queued already.
    fn collect(&mut self) {
        while let Some(event) = self.exchange.next_event() {
            let Some(event) = self.judged(event) else {
                continue;
            };
            if let (Event::Delivered { lines }, Some(Queued { event, .. })) =
                (&event, self.events.back_mut())
                && let Event::Delivered { lines: told } = event
            {
                *told = *lines;
                continue;
            }
            self.queue(event);
        }
    }

    fn queue(&mut self, event: Event) {
        self.events.push_back(Queued {
            event,
            receives: None,
        });
    }

    /// What an event of the exchange means, given what the seal knows.
    fn judged(&mut self, event: Event) -> Option<Event> {
        let goodbye = self.seal.as_ref().is_none_or(|seal| seal.heard_goodbye());
        match event {
            Event::Ended(ending) => Some(Event::Ended(self.verdict.take().unwrap_or(ending))),
            // Why we leave says it all.
            Event::Left { .. } | Event::Waiting if self.verdict.is_some() => None,
            Event::Left { name } if !goodbye => Some(Event::LeftWithoutGoodbye { name }),
            event => Some(event),
        }
    }

    /// Takes a line to deliver. The caller has asked [`has_room`](Session::has_room) first.
    pub fn say(&mut self, now: Millis, line: &Line) {
        debug_assert!(
            line.text.len() <= MAX_TEXT && !line.text.contains('\n'),
            "the user interface cuts texts into lines that fit"
        );
        self.exchange.say(line.sent_at, line.text.as_str().into());
        self.speak(now);
    }

    /// Whether another line may be [said](Session::say): the window is not full and nobody has left.
    pub fn has_room(&self) -> bool {
        self.exchange.has_room()
    }

    /// Our person leaves: what is owed is delivered first.
    pub fn leave(&mut self, now: Millis, how: Shutdown) {
        self.exchange.leave(now, how);
        let nobody_to_tell = how == Shutdown::Quit && self.exchange.is_alone();
        if nobody_to_tell && self.connection.is_down() {
            self.end(Ending::Over);
        }
        self.speak(now);
    }

    /// Time has passed. After an error the connection must be closed; the session has taken note of it.
    ///
    /// # Errors
    /// When the connection is no good.
    pub fn handle_timeout(&mut self, now: Millis) -> Result<(), Disconnected> {
        for timer in Timer::ALL {
            if self.due(timer).is_some_and(|at| now >= at) {
                let outcome = self
                    .connection
                    .expired(now, timer)
                    .and(self.exchange.expired(now, timer));
                self.collect();
                outcome.map_err(|reason| self.cut(reason))?;
            }
        }
        self.speak(now);
        Ok(())
    }

    /// When [`handle_timeout`](Session::handle_timeout) must be called next.
    pub fn next_timeout(&self) -> Option<Millis> {
        Timer::ALL
            .into_iter()
            .filter_map(|timer| self.due(timer))
            .min()
    }

    fn due(&self, timer: Timer) -> Option<Millis> {
        let seal = self.seal.as_ref().filter(|_| timer == Timer::Ack);
        self.connection
            .due(timer)
            .or(self.exchange.due(timer))
            .or(seal.and_then(|seal| seal.due()))
    }

    /// Bytes for the connection.
    pub fn unsent(&self) -> &[u8] {
        self.connection.unsent()
    }

    /// The connection took the first `count` of them.
    pub fn sent(&mut self, now: Millis, count: usize) {
        self.connection.sent(count);
        self.speak(now);
    }

    /// Whether the connection should be read: not while a relay that says more and more, or asks for it, is nobody's to
    /// follow. A user interface that leaves a whole window untaken is no reason.
    pub fn wants_input(&self) -> bool {
        self.events.len() < MAX_EVENTS && self.unsent().len() < MAX_UNSENT
    }

    /// The next thing to tell the user interface.
    pub fn next_event(&mut self) -> Option<Event> {
        let queued = self.events.pop_front()?;
        self.queued_bytes -= queued.cost();
        if let Some((pid, seq)) = queued.receives {
            self.exchange.take(pid, seq);
        }
        Some(queued.event)
    }

    /// Whether [`next_event`](Session::next_event) has something to tell.
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// Every message taken so far is where it belongs: it is acknowledged, with the next
    /// [`handle_timeout`](Session::handle_timeout) or sooner.
    pub fn hold(&mut self) {
        self.exchange.hold();
    }

    /// Whether the conversation is over for good.
    pub fn is_ended(&self) -> bool {
        self.exchange.is_ended()
    }

    /// Whether lines flow both ways right now.
    pub fn is_live(&self) -> bool {
        self.exchange.is_live()
    }

    /// All that may go out now, by a connection that takes it.
    #[cfg(test)]
    pub(super) fn send_all(&mut self, now: Millis) -> Vec<u8> {
        let mut all = Vec::new();
        while !self.unsent().is_empty() {
            all.extend_from_slice(self.unsent());
            self.sent(now, self.unsent().len());
        }
        all
    }

    /// Who sits opposite, or sat there last.
    #[cfg(test)]
    pub(super) fn partner(&self) -> Option<Pid> {
        self.exchange.partner().map(|(pid, _)| pid)
    }

    #[cfg(test)]
    pub(super) fn seal(&self) -> Option<&Seal> {
        self.seal.as_deref()
    }

    /// Ends at once, for a reason that only the driver knows.
    pub fn end(&mut self, ending: Ending) {
        self.exchange.end(ending);
        self.collect();
    }

    /// Puts on the connection whatever may go out now.
    fn speak(&mut self, now: Millis) {
        if self.connection.is_down() {
            if self.exchange.is_parting() {
                self.end(Ending::Over);
            }
            return;
        }
        // Before the welcome there is nobody to say anything to but the relay: a seat that was taken back by the hello
        // is given up by the line after it.
        let (exchange, seal) = (&mut self.exchange, &mut self.seal);
        let behind = |waiting: usize| Flow::into_room(waiting < SEND_AHEAD);
        let lines = behind(self.connection.unsent().len());
        self.connection.speak(now, |out| {
            exchange.flush(now, lines, &mut |verb| {
                if let Some(seal) = seal {
                    seal.seal(&verb, &mut |sealed| sealed.encode(out));
                }
                // The relay must hear a goodbye, too.
                if seal.is_none() || verb == Verb::Bye(Bye::Over) {
                    verb.encode(out);
                }
                behind(out.len())
            });
        });
    }

    fn cut(&mut self, reason: Disconnected) -> Disconnected {
        self.disconnected(reason.clone());
        reason
    }
}

impl SealError {
    fn ending(self, name: String) -> Ending {
        match self {
            SealError::WrongCode => Ending::WrongCode { name },
            SealError::TooManyGuesses => Ending::TooManyGuesses,
        }
    }
}

impl Queued {
    fn cost(&self) -> usize {
        match &self.event {
            Event::Received { line, .. } => cost(&line.text),
            _ => 0,
        }
    }
}

fn cost(text: &str) -> usize {
    text.len() + LINE_OVERHEAD
}
