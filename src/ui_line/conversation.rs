//! The loop of line mode: waits for what happens, and acts upon it.

mod leaving;
mod wait;

use std::io;
use std::pin::Pin;
use std::time::Instant;

use rustix::process::{Signal, kill_current_process_group};
use smol::channel::Receiver;

use super::face::{Entry, Face, Intake};
use super::input::Input;
use super::stage::Stage;
use super::{Layout, Settings, Streams};
use crate::conversation::commands::{Command, HELP, is_farewell};
use crate::conversation::errands::{Errands, Refused};
use crate::conversation::ledger::Ledger;
use crate::conversation::{Outcome, lines_of};
use crate::display::{self, Author};
use crate::peer::{Ending, Event, Handle, Leave};
use crate::protocol::Line;
use crate::signals::Signals;

use wait::Wake;

/// A conversation under way.
pub struct Conversation {
    ledger: Ledger,
    phase: Phase,
    stage: Stage,
    author: LineSource,
    cutting: Cutting,

    /// `None` at its end.
    input: Option<Input>,
    buffer: Box<[u8]>,
    signals: Signals,

    errands: Errands,
    events: Pin<Box<Receiver<Event>>>,
    connection: Connection,

    /// When to go, whatever is still owed.
    patience: Option<Instant>,
    signal: Option<Signal>,
    undelivered: Vec<Line>,
    /// How many of those their author has been told of already.
    told: usize,
    /// What was read when the discussion was already over.
    too_late: Vec<Line>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Talking,
    /// We leave; what is owed is still delivered.
    Leaving,
    /// The discussion is over: no line is taken, not even one that waits.
    Over,
    /// Nobody waits for anything any more.
    Gone,
}

/// Who writes the lines: only a person means `/history` as a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineSource {
    Person,
    Program,
}

/// Whether a program has been told that lines too long for one message are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cutting {
    NotYet,
    Told,
}

#[derive(Debug)]
enum Connection {
    Alive,
    Ended(Option<Ending>),
}

/// In bytes: a person's lines that may wait because the connection takes no more. Then keys wait, too.
const MOST_WAITING: usize = 64 * 1024;
/// How many lines of the record are shown at the start.
const RECALLED: usize = 10;

impl Conversation {
    /// # Errors
    /// When a stream cannot be used, or the system is out of file descriptors. The terminal is then as it was.
    pub(super) fn open(
        settings: Settings,
        streams: Streams,
        connection: Handle,
    ) -> io::Result<Conversation> {
        let mut watched = vec![Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT];
        if streams.layout == Layout::Prompt {
            watched.extend([Signal::TSTP, Signal::CONT, Signal::WINCH]);
        }
        Ok(Conversation {
            ledger: Ledger::new(settings.name, settings.record),
            phase: Phase::Talking,
            author: match rustix::termios::isatty(&streams.input) {
                true => LineSource::Person,
                false => LineSource::Program,
            },
            cutting: Cutting::NotYet,
            input: Some(Input::new(&streams.input)?),
            buffer: vec![0; 64 * 1024].into_boxed_slice(),
            signals: Signals::watch(&watched)?,
            errands: Errands::new(connection.lines, connection.leave),
            events: Box::pin(connection.events),
            connection: Connection::Alive,
            patience: None,
            signal: None,
            undelivered: Vec::new(),
            told: 0,
            too_late: Vec::new(),
            // Last of what can fail: the terminal becomes raw here.
            stage: Stage::open(streams)?,
        })
    }

    /// Talks until the connection has ended and everything is shown, or nobody waits for that any more.
    ///
    /// # Errors
    /// When the system fails to wait.
    pub(super) async fn run(mut self) -> io::Result<Outcome> {
        self.greet();
        loop {
            self.take_entries();
            self.hand_over();
            self.stage.show_all(self.intake());
            if self.stage.is_lost() && self.patience.is_none() {
                self.leave(Leave::Quit);
            }
            if self.is_done() {
                return Ok(self.close());
            }
            match self.wait().await? {
                Wake::Signal(signal) => self.signalled(signal),
                Wake::Given(Ok(())) => self.errands.taken(&mut self.ledger),
                Wake::Given(Err(Refused)) => self.discussion_over(),
                Wake::Event(event) => self.handle_all(event),
                Wake::NoMoreEvents => self.connection_ended(None),
                // The next turn shows what waits.
                Wake::Screen => {}
                Wake::Input(length) => self.take_input(length),
                Wake::InputFailed(error) => self.input_failed(&error),
                Wake::Late => self.late(),
            }
        }
    }

    fn greet(&mut self) {
        if self.author == LineSource::Program {
            return;
        }
        match self.ledger.recalled(RECALLED) {
            Ok(rows) => rows.iter().for_each(|row| self.stage.tell(row)),
            Err(error) => self.record_failed(&error),
        }
        self.stage
            .notice("/help : les commandes ; /quit : quitter.");
    }

    // What comes in.

    fn take_input(&mut self, length: usize) {
        self.stage.face.take(&self.buffer[..length]);
        if length == 0 {
            self.input = None;
            if let Face::Prompt(_) = self.stage.face {
                // The terminal has gone away.
                self.leave(Leave::Quit);
            }
        }
    }

    fn input_failed(&mut self, error: &io::Error) {
        let cause = display::cause(&error.to_string());
        self.stage
            .error(&format!("l'entrée ne peut pas être lue : {cause}."));
        self.take_input(0);
    }

    /// Whether lines may come in: not while there is no room for what they lead to.
    fn intake(&self) -> Intake {
        let most_waiting = match self.author {
            LineSource::Person => MOST_WAITING,
            LineSource::Program => 1,
        };
        match self.phase {
            Phase::Talking if self.ledger.waiting_bytes() >= most_waiting => Intake::Held,
            Phase::Talking if !self.stage.has_room() => Intake::Held,
            Phase::Talking => Intake::Open,
            Phase::Leaving | Phase::Over | Phase::Gone => Intake::Closed,
        }
    }

    /// Acts upon what has come in.
    fn take_entries(&mut self) {
        while let Some(entry) = self.stage.face.next_entry(self.intake()) {
            match entry {
                Entry::Line(line) => self.take_line(&line),
                Entry::Piece(piece) => {
                    self.tell_that_lines_are_cut();
                    self.say(&piece);
                }
                Entry::Full { left_out } => self.stage.error(&format!(
                    "la ligne est pleine : {} octets n'y tiennent pas. Un texte de cette taille s'envoie par un tube : \
                     msg … < fichier",
                    left_out.len()
                )),
                Entry::End => self.leave(match self.author {
                    LineSource::Person => Leave::Quit,
                    LineSource::Program => Leave::Finish,
                }),
                Entry::Interrupt => self.told_to_leave(Signal::INT),
                // All of a pipeline or script stops with us, as it would by the terminal's own doing.
                Entry::Suspend => {
                    if let Err(error) = kill_current_process_group(Signal::TSTP) {
                        self.stage.error(&format!("impossible de suspendre : {error}."));
                    }
                }
            }
            self.hand_over();
        }
    }

    fn take_line(&mut self, line: &str) {
        if self.author == LineSource::Program {
            return match is_farewell(line) {
                true => self.leave(Leave::Finish),
                false => self.say(line),
            };
        }
        let line = line.strip_suffix('\n').unwrap_or(line);
        if line.contains('\n') {
            // What was pasted is text, and no command.
            return line.split('\n').for_each(|line| self.say(line));
        }
        match Command::of(line) {
            Command::Say("") => {}
            Command::Say(text) => self.say(text),
            Command::Quit => self.leave(Leave::Quit),
            Command::History(count) => self.tell_history(count),
            Command::Help => HELP.iter().for_each(|row| self.stage.notice(row)),
            Command::Unknown(word) => self.stage.error(&format!(
                "commande inconnue : {word} (/help montre les commandes ; //… envoie un texte qui commence par « / »)."
            )),
            Command::NoNumber(word) => self
                .stage
                .error(&format!("/history veut un nombre, et non « {word} ».")),
        }
    }

    fn tell_history(&mut self, count: usize) {
        match self.ledger.history(&self.stage.notice_palette(), count) {
            Ok(rows) if rows.is_empty() => self.stage.notice("rien n'a encore été dit."),
            Ok(rows) => self.tell_messages("derniers messages (* : pas encore remis) :", &rows),
            Err(error) => self.record_failed(&error),
        }
    }

    fn tell_messages(&mut self, heading: &str, rows: &[String]) {
        self.stage.notice(heading);
        rows.iter().for_each(|row| self.stage.tell(row));
    }

    fn say(&mut self, text: &str) {
        let mut parts = 0;
        for line in lines_of(text) {
            self.stage.show(Author::Own, self.ledger.name(), &line);
            if let Err(error) = self.ledger.say(line) {
                self.record_failed(&error);
            }
            parts += 1;
        }
        if parts > 1 {
            self.tell_that_lines_are_cut();
        }
    }

    fn tell_that_lines_are_cut(&mut self) {
        if self.cutting == Cutting::NotYet || self.author == LineSource::Person {
            self.stage
                .notice("une ligne trop longue pour un seul message part en plusieurs.");
        }
        self.cutting = Cutting::Told;
    }

    fn record_failed(&mut self, error: &io::Error) {
        let cause = display::cause(&error.to_string());
        self.stage
            .error(&format!("le fichier de --history fait défaut : {cause}."));
    }

    // The connection.

    /// Gives the connection what it takes.
    fn hand_over(&mut self) {
        if let Err(Refused) = self.errands.hand_over(&mut self.ledger) {
            self.discussion_over();
        }
    }

    /// Handles what has happened, as long as there is room to show it.
    fn handle_all(&mut self, first: Event) {
        self.handle(first);
        while self.stage.has_room()
            && let Ok(event) = self.events.try_recv()
        {
            self.handle(event);
        }
    }

    fn handle(&mut self, event: Event) {
        self.progress();
        let sentence = display::sentence(&event);
        match event {
            Event::Received { name, line } => {
                self.stage.show(Author::Other, &name, &line);
                if let Err(error) = self.ledger.hear(name, line) {
                    self.record_failed(&error);
                }
            }
            Event::Delivered { lines } => {
                if let Err(error) = self.ledger.settle(lines) {
                    self.record_failed(&error);
                }
            }
            Event::Undelivered { lines } => {
                self.ledger.give_up(lines.len());
                self.undelivered.extend(lines);
                if self.phase == Phase::Talking {
                    // The conversation goes on, with somebody else. At its end, all that is left is told at once.
                    let untold = &self.undelivered[self.told..];
                    self.stage.tell_undelivered(self.ledger.name(), untold);
                    self.told = self.undelivered.len();
                }
            }
            Event::Ended(ending) => self.connection_ended(Some(ending)),
            event => {
                sentence
                    .iter()
                    .for_each(|sentence| self.stage.notice(sentence));
                if let Event::Left { .. } | Event::Lost { .. } = event {
                    self.discussion_over();
                }
            }
        }
    }

    fn connection_ended(&mut self, ending: Option<Ending>) {
        self.connection = Connection::Ended(ending);
        self.discussion_over();
    }

    /// No line is taken any more; what a program wrote in vain is kept, to be told.
    fn discussion_over(&mut self) {
        if let (Phase::Talking, Face::Plain(plain)) = (self.phase, &mut self.stage.face) {
            while let Some(Entry::Line(text) | Entry::Piece(text)) = plain.next_entry() {
                self.too_late.extend(lines_of(&text));
            }
        }
        self.errands.end();
        if self.phase != Phase::Gone {
            self.phase = Phase::Over;
        }
    }

    /// Tells a person that lines wait, if they have for long.
    fn tell_stall(&mut self) {
        self.errands.stall_told();
        let lines = match self.ledger.waiting_lines() {
            // Only the farewell waits.
            0 => return,
            1 => "1 message attend ici et partira de lui-même".to_owned(),
            n => format!("{n} messages attendent ici et partiront d'eux-mêmes"),
        };
        self.stage
            .notice(&format!("trop de messages sont en route : {lines}."));
    }
}
