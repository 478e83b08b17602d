//! The mind of a user interface: what typed lines, events of the connection, signals and time make of a conversation.
//!
//! Like [`Session`](crate::protocol::session::Session) and [`Hub`](crate::protocol::hub::Hub) it knows no socket, screen,
//! clock or thread. Both interfaces drive it the same way:
//!
//! ```text
//! loop {
//!     while let Some(update) = conversation.next_update() { show it, or give it to the client }
//!     match whatever happens first {
//!         a line was typed        => conversation.line(now, date, text),
//!         the client has an event => conversation.event(now, event),
//!         a signal came           => conversation.signal(now, signal),
//!         next_timeout() is here  => conversation.handle_timeout(now),
//!     }
//! }
//! ```
//!
//! It keeps no line that waits: the session has the only queue of our lines, and says how many have arrived.

pub mod commands;
pub mod status;
#[cfg(test)]
mod tests;
pub mod text;
pub mod transcript;
mod update;

use std::collections::VecDeque;

use crate::display::{Delivery, Loss, Notice, Work, WorkEnds};
use crate::history::Record;
use crate::peer::{Ending, Event, Shutdown};
use crate::platform::Signal;
use crate::protocol::timeouts::{
    CALL_NOTICE_TIMEOUT, GOODBYE_TIMEOUT, LEAVE_NOTICE_TIMEOUT, LEAVE_TIMEOUT, STALL_TIMEOUT,
};
use crate::protocol::{Line, Millis, UnixMillis, earliest};

use commands::{Command, is_farewell};
use status::ConnectionStatus;
use transcript::Transcript;

pub use update::{LineSource, Outcome, Typed, Update};

/// A conversation, as one of the two has it.
#[derive(Debug)]
pub struct Conversation {
    source: LineSource,
    transcript: Transcript,
    phase: ConversationPhase,
    status: ConnectionStatus,
    /// Whether the other has proved to know our code.
    sealed: bool,
    /// When to let go of the connection, whatever is still owed.
    leave_by: Option<Millis>,
    /// When to say that leaving takes time.
    tell_of_leaving_at: Option<Millis>,
    /// When to say that nobody has answered yet.
    tell_of_calling_at: Option<Millis>,
    /// Whether we talk to a server that says neither who is there nor what has arrived.
    server_is_silent: bool,
    /// Whether to go at once, whatever is still owed or not shown.
    hurried: bool,
    stall: Stall,
    signal: Option<Signal>,
    ending: Option<Ending>,
    undelivered: usize,
    /// The line by which a program has ended the discussion.
    farewell: Option<String>,
    /// Whether a program has been told that lines too long for one message are cut.
    told_of_cuts: bool,
    updates: VecDeque<Update>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ConversationPhase {
    Talking,
    /// We leave; what is owed is still delivered.
    Leaving,
    /// The discussion is over: no line is taken. The connection has not ended yet.
    Over,
    /// Nobody waits for anything any more: the connection has a moment for its goodbye.
    LettingGo,
    /// The connection has ended.
    Finished,
}

/// Whether lines that should arrive do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stall {
    /// None is under way, or the link is known to be down.
    None,
    /// Nothing has arrived since then.
    Since(Millis),
    /// And their author has been told.
    Told,
}

impl Conversation {
    pub fn new(name: String, source: LineSource, record: Option<Record>) -> Conversation {
        Conversation {
            source,
            transcript: Transcript::new(name, record),
            phase: ConversationPhase::Talking,
            status: ConnectionStatus::Calling,
            sealed: false,
            leave_by: None,
            tell_of_leaving_at: None,
            tell_of_calling_at: None,
            server_is_silent: false,
            hurried: false,
            stall: Stall::None,
            signal: None,
            ending: None,
            undelivered: 0,
            farewell: None,
            told_of_cuts: false,
            updates: VecDeque::new(),
        }
    }

    /// What the interface does next.
    pub fn next_update(&mut self) -> Option<Update> {
        self.updates.pop_front()
    }

    // What the interface may ask.

    /// Our own name.
    pub fn name(&self) -> &str {
        self.transcript.name()
    }

    /// Whether nobody but the other can read what is said.
    pub fn is_sealed(&self) -> bool {
        self.sealed
    }

    /// Who is there and how the link is.
    pub fn status(&self) -> &ConnectionStatus {
        &self.status
    }

    /// How many of our lines the other is not known to hold.
    pub fn pending(&self) -> usize {
        self.transcript.pending()
    }

    /// Whether what is said now has to wait: for the relay, for the other, or for either to be back.
    pub fn must_wait(&self) -> bool {
        match self.status {
            ConnectionStatus::Together(_) | ConnectionStatus::Over(_) => false,
            ConnectionStatus::Calling => !self.server_is_silent,
            ConnectionStatus::Waiting
            | ConnectionStatus::Away(_)
            | ConnectionStatus::Disconnected(_) => true,
        }
    }

    /// How far what we say has come.
    pub fn work(&self) -> Work {
        Work {
            done: self.transcript.settled(),
            under_way: self.pending(),
            ends: if self.server_is_silent {
                WorkEnds::Sent
            } else {
                WorkEnds::Received
            },
        }
    }

    /// How things stand with what we have said.
    pub fn delivery(&self) -> Delivery {
        match self.pending() {
            0 if !self.transcript.has_arrived() => Delivery::Untold,
            0 if self.server_is_silent => Delivery::Sent,
            0 => Delivery::Received,
            lines if self.must_wait() => Delivery::Waiting(lines),
            lines if self.is_stalled() => Delivery::UnderWay(lines),
            _ => Delivery::Untold,
        }
    }

    /// Whether lines have been under way for longer than a healthy connection takes.
    pub fn is_stalled(&self) -> bool {
        self.stall == Stall::Told
    }

    /// Whether lines are taken.
    pub fn is_talking(&self) -> bool {
        self.phase == ConversationPhase::Talking
    }

    /// Whether we have asked to leave, and lines are still delivered.
    pub fn is_leaving(&self) -> bool {
        self.phase == ConversationPhase::Leaving
    }

    /// Whether nobody waits any more for what is owed or shown.
    pub fn is_hurried(&self) -> bool {
        self.hurried
    }

    /// Whether the connection has ended.
    pub fn is_finished(&self) -> bool {
        self.phase == ConversationPhase::Finished
    }

    /// The connection's own end, once it has come.
    pub fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    /// The line by which a program has ended the discussion, if one did.
    pub fn farewell(&self) -> Option<&str> {
        self.farewell.as_deref()
    }

    /// Whether somebody or something asked us to end before the other did.
    pub fn is_interrupted(&self) -> bool {
        self.signal.is_some()
    }

    /// How it all ended, but for the screen.
    pub fn into_outcome(self) -> Outcome {
        Outcome {
            ending: self.ending,
            undelivered: self.undelivered,
            unread: 0,
            signal: self.signal,
            failure: None,
        }
    }

    // What a person or a program does.

    /// The call has begun; somebody who waits for an answer is told where none comes.
    pub fn calling(&mut self, now: Millis) {
        self.tell_of_calling_at = Some(now + CALL_NOTICE_TIMEOUT);
    }

    /// The call was taken by a server that says neither who is there nor what has arrived.
    pub fn taken_by_a_silent_server(&mut self) {
        self.server_is_silent = true;
        self.tell_of_calling_at = None;
    }

    /// Shows the end of the record, for whoever goes on with an earlier conversation.
    pub fn recall(&mut self, rows: usize) {
        match self.transcript.recalled(rows) {
            Ok(past) => self.updates.push_back(Update::Past(past.rows)),
            Err(error) => self.tell(Notice::RecordFailed(error)),
        }
    }

    /// A line was typed, pasted (with LF between its lines, which makes it text and no command) or piped, at this date.
    ///
    /// Once the discussion is over a program's line counts as undelivered: it was read, and nobody will have it.
    pub fn line(&mut self, now: Millis, date: UnixMillis, text: &str) -> Typed {
        match (self.phase, self.source) {
            (ConversationPhase::Talking, LineSource::Person) => {
                return self.person_line(now, date, text);
            }
            (ConversationPhase::Talking, LineSource::Program) if is_farewell(text) => {
                self.farewell = Some(text.trim().to_owned());
                self.leave(now, Shutdown::Finish);
            }
            (ConversationPhase::Talking, LineSource::Program | LineSource::Text) => {
                self.say(now, date, text);
            }
            (ConversationPhase::Leaving, _) | (_, LineSource::Person) => {}
            (_, LineSource::Program | LineSource::Text) => {
                self.give_up(lines_of(text, date).collect(), Loss::Certain);
            }
        }
        Typed::Taken
    }

    /// Part of a line that is too long for one message was piped.
    pub fn piece(&mut self, now: Millis, date: UnixMillis, text: &str) {
        if self.is_talking() {
            self.tell_of_cuts();
            self.say(now, date, text);
        }
    }

    fn person_line(&mut self, now: Millis, date: UnixMillis, text: &str) -> Typed {
        let text = text.strip_suffix('\n').unwrap_or(text);
        if text.contains('\n') {
            for line in text.split('\n') {
                self.say(now, date, line);
            }
            return Typed::Taken;
        }
        match Command::of(text) {
            Command::Say("") => {}
            Command::Say(text) => self.say(now, date, text),
            Command::Quit => self.leave(now, Shutdown::Quit),
            Command::History(count) => self.tell_history(count),
            Command::Help => self.updates.push_back(Update::Help),
            Command::Unknown(word) => {
                self.tell(Notice::UnknownCommand(word.to_owned()));
                return Typed::Refused;
            }
            Command::NoNumber(word) => {
                self.tell(Notice::NotANumber(word.to_owned()));
                return Typed::Refused;
            }
        }
        Typed::Taken
    }

    fn say(&mut self, now: Millis, date: UnixMillis, text: &str) {
        let mut parts = 0;
        for line in lines_of(text, date) {
            if let Err(error) = self.transcript.say(&line) {
                self.tell(Notice::RecordFailed(error));
            }
            self.updates.push_back(Update::Said(line));
            parts += 1;
        }
        if parts > 1 {
            self.tell_of_cuts();
        }
        self.watch_for_stalls(now, false);
    }

    fn tell_of_cuts(&mut self) {
        if !self.told_of_cuts || self.source == LineSource::Person {
            self.tell(Notice::LineIsCut);
        }
        self.told_of_cuts = true;
    }

    fn tell_history(&mut self, count: usize) {
        match self.transcript.history(count) {
            Ok(past) if past.rows.is_empty() => self.tell(Notice::NothingSaid),
            Ok(past) => {
                self.tell(Notice::HistoryHeading {
                    messages: past.messages,
                });
                self.updates.push_back(Update::Past(past.rows));
            }
            Err(error) => self.tell(Notice::RecordFailed(error)),
        }
    }

    // The way out.

    /// Leaves: `Quit` for a person who has had enough, or whom nobody can hear any more, `Finish` at the end of a
    /// program's input. What is owed is delivered first.
    pub fn leave(&mut self, now: Millis, how: Shutdown) {
        if !matches!(
            self.phase,
            ConversationPhase::Talking | ConversationPhase::Leaving
        ) {
            return;
        }
        self.phase = ConversationPhase::Leaving;
        self.updates.push_back(Update::Leave(how));
        if how == Shutdown::Quit {
            self.leave_by = Some(now + LEAVE_TIMEOUT);
            let is_watched = self.source == LineSource::Person;
            self.tell_of_leaving_at = is_watched.then_some(now + LEAVE_NOTICE_TIMEOUT);
        }
    }

    /// Whoever reads what is shown is gone: nobody is kept waiting for that.
    pub fn output_lost(&mut self, now: Millis) {
        if self.leave_by.is_none() {
            self.leave(now, Shutdown::Quit);
        }
    }

    /// A signal asks for the end: the first time politely, the second time at once, as QUIT does at any time.
    pub fn signal(&mut self, now: Millis, signal: Signal) {
        let is_first = self.signal.replace(signal).is_none();
        let is_impatient = self.is_leaving() && self.leave_by.is_some();
        if signal == Signal::Quit || !is_first || is_impatient {
            return self.let_go(now);
        }
        self.leave(now, Shutdown::Quit);
        self.leave_by = Some(now + LEAVE_TIMEOUT);
        self.tell_of_leaving_at = None;
        if self.pending() > 0 {
            self.tell(Notice::Delivering);
        }
    }

    fn let_go(&mut self, now: Millis) {
        if matches!(
            self.phase,
            ConversationPhase::LettingGo | ConversationPhase::Finished
        ) {
            return;
        }
        self.phase = ConversationPhase::LettingGo;
        self.hurried = true;
        self.leave_by = Some(now + GOODBYE_TIMEOUT);
        self.updates.push_back(Update::Leave(Shutdown::Now));
    }

    // The connection.

    /// Something happened to the connection, or came over it.
    pub fn event(&mut self, now: Millis, event: Event) {
        if self.phase == ConversationPhase::Leaving
            && self.leave_by.is_some()
            && self.signal.is_none()
        {
            // Progress is worth some more patience.
            self.leave_by = Some(now + LEAVE_TIMEOUT);
        }
        self.status.follow(&event);
        self.sealed |= matches!(event, Event::Sealed { .. });
        let is_over = matches!(
            event,
            Event::Left { .. } | Event::LeftWithoutGoodbye { .. } | Event::Lost { .. }
        );
        let settles = matches!(event, Event::Delivered { .. } | Event::Undelivered { .. });
        match event {
            Event::Received { name, line } => {
                if let Err(error) = self.transcript.hear(&name, &line) {
                    self.tell(Notice::RecordFailed(error));
                }
                self.updates.push_back(Update::Received { name, line });
            }
            Event::Delivered { lines } => {
                if let Err(error) = self.transcript.mark_delivered(lines) {
                    self.tell(Notice::RecordFailed(error));
                }
                self.updates.push_back(Update::Delivered { lines });
            }
            Event::Undelivered { lines, gone_out } => {
                self.transcript.give_up(lines.len());
                let loss = if gone_out > 0 {
                    Loss::Possible
                } else {
                    Loss::Certain
                };
                self.give_up(lines, loss);
            }
            Event::Ended(ending) => {
                self.discussion_over();
                self.phase = ConversationPhase::Finished;
                self.leave_by = None;
                self.ending = Some(ending);
            }
            event => self.tell(Notice::Connection(event)),
        }
        if is_over {
            self.discussion_over();
        }
        self.watch_for_stalls(now, settles);
    }

    fn give_up(&mut self, lines: Vec<Line>, loss: Loss) {
        self.undelivered += lines.len();
        self.updates.push_back(Update::Undelivered { lines, loss });
    }

    fn discussion_over(&mut self) {
        if self.phase == ConversationPhase::Talking {
            self.updates.push_back(Update::Over);
        }
        if let ConversationPhase::Talking | ConversationPhase::Leaving = self.phase {
            self.phase = ConversationPhase::Over;
        }
    }

    // Time.

    /// When [`handle_timeout`](Conversation::handle_timeout) must be called next.
    pub fn next_timeout(&self) -> Option<Millis> {
        let stall = match self.stall {
            Stall::Since(since) => Some(since + STALL_TIMEOUT),
            Stall::None | Stall::Told => None,
        };
        earliest([
            self.leave_by,
            self.tell_of_leaving_at,
            self.tell_of_calling_at,
            stall,
        ])
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Millis) {
        if self.leave_by.is_some_and(|at| now >= at) {
            if self.phase == ConversationPhase::LettingGo {
                self.leave_by = None;
                self.updates.push_back(Update::HangUp);
            } else {
                self.let_go(now);
            }
        }
        if self.tell_of_leaving_at.is_some_and(|at| now >= at) {
            self.tell_of_leaving_at = None;
            if self.is_leaving() {
                let lines = self.pending();
                self.tell(Notice::Leaving { lines });
            }
        }
        if self.tell_of_calling_at.is_some_and(|at| now >= at) {
            self.tell_of_calling_at = None;
            if self.is_talking() && self.status == ConnectionStatus::Calling {
                self.tell(Notice::Calling);
            }
        }
        if let Stall::Since(since) = self.stall
            && now >= since + STALL_TIMEOUT
        {
            self.stall = Stall::Told;
            let lines = self.pending();
            self.tell(Notice::Stalled { lines });
        }
    }

    /// A stall may begin, go on or, where lines were `settled`, be over.
    fn watch_for_stalls(&mut self, now: Millis, settled: bool) {
        let lines_flow = matches!(self.status, ConnectionStatus::Together(_));
        let person_waits = self.source == LineSource::Person && self.pending() > 0;
        if !(self.is_talking() && lines_flow && person_waits) {
            self.stall = Stall::None;
        } else if settled || self.stall == Stall::None {
            self.stall = Stall::Since(now);
        }
    }

    fn tell(&mut self, notice: Notice) {
        self.updates.push_back(Update::Notice(notice));
    }
}

/// The messages that a text without line breaks is sent as.
pub fn lines_of(text: &str, sent_at: UnixMillis) -> impl Iterator<Item = Line> {
    text::pieces(text).map(move |piece| Line {
        sent_at,
        text: piece.to_owned(),
    })
}
