//! The loop of line mode: waits for what happens, and acts upon it.

mod leaving;
mod wait;

use std::io;
use std::pin::Pin;
use std::time::Instant;

use rustix::process::{Signal, kill_current_process_group};
use smol::channel::Receiver;

use super::frontend::{Frontend, Intake, LineEntry};
use super::input::InputReader;
use super::view::View;
use super::{Layout, Settings, Streams};
use crate::conversation::commands::{Command, HELP, is_farewell};
use crate::conversation::errands::{Errands, Refused};
use crate::conversation::transcript::Transcript;
use crate::conversation::{Outcome, lines_of};
use crate::display::{self, Author};
use crate::peer::{Ending, Event, Handle, Shutdown};
use crate::protocol::Line;
use crate::signals::Signals;

use wait::Wake;

/// A conversation under way.
pub struct Conversation {
    transcript: Transcript,
    phase: Phase,
    view: View,
    author: LineSource,
    cutting: Cutting,

    /// `None` at its end.
    input: Option<InputReader>,
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
const MAX_WAITING: usize = 64 * 1024;
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
            transcript: Transcript::new(settings.name, settings.record),
            phase: Phase::Talking,
            author: match rustix::termios::isatty(&streams.input) {
                true => LineSource::Person,
                false => LineSource::Program,
            },
            cutting: Cutting::NotYet,
            input: Some(InputReader::new(&streams.input)?),
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
            view: View::open(streams)?,
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
            self.view.show_all(self.intake());
            if self.view.is_lost() && self.patience.is_none() {
                self.leave(Shutdown::Quit);
            }
            if self.is_done() {
                return Ok(self.close());
            }
            match self.wait().await? {
                Wake::Signal(signal) => self.signalled(signal),
                Wake::Given(Ok(())) => self.errands.taken(&mut self.transcript),
                Wake::Given(Err(Refused)) => self.discussion_over(),
                Wake::Event(event) => self.handle_all(event),
                Wake::NoMoreEvents => self.connection_ended(None),
                // The next turn shows what waits.
                Wake::Output => {}
                Wake::InputReader(length) => self.take_input(length),
                Wake::InputFailed(error) => self.input_failed(&error),
                Wake::Late => self.late(),
            }
        }
    }

    fn greet(&mut self) {
        if self.author == LineSource::Program {
            return;
        }
        match self.transcript.recalled(RECALLED) {
            Ok(rows) => rows.iter().for_each(|row| self.view.tell(row)),
            Err(error) => self.record_failed(&error),
        }
        self.view.notice("/help : les commandes ; /quit : quitter.");
    }

    // What comes in.

    fn take_input(&mut self, length: usize) {
        self.view.frontend.take(&self.buffer[..length]);
        if length == 0 {
            self.input = None;
            if let Frontend::Prompt(_) = self.view.frontend {
                // The terminal has gone away.
                self.leave(Shutdown::Quit);
            }
        }
    }

    fn input_failed(&mut self, error: &io::Error) {
        let cause = display::cause(&error.to_string());
        self.view
            .error(&format!("l'entrée ne peut pas être lue : {cause}."));
        self.take_input(0);
    }

    /// Whether lines may come in: not while there is no room for what they lead to.
    fn intake(&self) -> Intake {
        let most_waiting = match self.author {
            LineSource::Person => MAX_WAITING,
            LineSource::Program => 1,
        };
        match self.phase {
            Phase::Talking if self.transcript.waiting_bytes() >= most_waiting => Intake::Held,
            Phase::Talking if !self.view.has_room() => Intake::Held,
            Phase::Talking => Intake::Open,
            Phase::Leaving | Phase::Over | Phase::Gone => Intake::Closed,
        }
    }

    /// Acts upon what has come in.
    fn take_entries(&mut self) {
        while let Some(entry) = self.view.frontend.next_entry(self.intake()) {
            match entry {
                LineEntry::Line(line) => self.take_line(&line),
                LineEntry::Piece(piece) => {
                    self.tell_that_lines_are_cut();
                    self.say(&piece);
                }
                LineEntry::Full { left_out } => self.view.error(&format!(
                    "la ligne est pleine : {} octets n'y tiennent pas. Un texte de cette taille s'envoie par un tube : \
                     msg … < fichier",
                    left_out.len()
                )),
                LineEntry::End => self.leave(match self.author {
                    LineSource::Person => Shutdown::Quit,
                    LineSource::Program => Shutdown::Finish,
                }),
                LineEntry::Interrupt => self.told_to_leave(Signal::INT),
                // All of a pipeline or script stops with us, as it would by the terminal's own doing.
                LineEntry::Suspend => {
                    if let Err(error) = kill_current_process_group(Signal::TSTP) {
                        self.view.error(&format!("impossible de suspendre : {error}."));
                    }
                }
            }
            self.hand_over();
        }
    }

    fn take_line(&mut self, line: &str) {
        if self.author == LineSource::Program {
            return match is_farewell(line) {
                true => self.leave(Shutdown::Finish),
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
            Command::Quit => self.leave(Shutdown::Quit),
            Command::History(count) => self.tell_history(count),
            Command::Help => HELP.iter().for_each(|row| self.view.notice(row)),
            Command::Unknown(word) => self.view.error(&format!(
                "commande inconnue : {word} (/help montre les commandes ; //… envoie un texte qui commence par « / »)."
            )),
            Command::NoNumber(word) => self
                .view
                .error(&format!("/history veut un nombre, et non « {word} ».")),
        }
    }

    fn tell_history(&mut self, count: usize) {
        match self.transcript.history(&self.view.notice_palette(), count) {
            Ok(rows) if rows.is_empty() => self.view.notice("rien n'a encore été dit."),
            Ok(rows) => self.tell_messages("derniers messages (* : pas encore remis) :", &rows),
            Err(error) => self.record_failed(&error),
        }
    }

    fn tell_messages(&mut self, heading: &str, rows: &[String]) {
        self.view.notice(heading);
        rows.iter().for_each(|row| self.view.tell(row));
    }

    fn say(&mut self, text: &str) {
        let mut parts = 0;
        for line in lines_of(text) {
            self.view.show(Author::Own, self.transcript.name(), &line);
            if let Err(error) = self.transcript.say(line) {
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
            self.view
                .notice("une ligne trop longue pour un seul message part en plusieurs.");
        }
        self.cutting = Cutting::Told;
    }

    fn record_failed(&mut self, error: &io::Error) {
        let cause = display::cause(&error.to_string());
        self.view
            .error(&format!("le fichier de --history fait défaut : {cause}."));
    }

    // The connection.

    /// Gives the connection what it takes.
    fn hand_over(&mut self) {
        if let Err(Refused) = self.errands.hand_over(&mut self.transcript) {
            self.discussion_over();
        }
    }

    /// Handles what has happened, as long as there is room to show it.
    fn handle_all(&mut self, first: Event) {
        self.handle(first);
        while self.view.has_room()
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
                self.view.show(Author::Other, &name, &line);
                if let Err(error) = self.transcript.hear(name, line) {
                    self.record_failed(&error);
                }
            }
            Event::Delivered { lines } => {
                if let Err(error) = self.transcript.settle(lines) {
                    self.record_failed(&error);
                }
            }
            Event::Undelivered { lines } => {
                self.transcript.give_up(lines.len());
                self.undelivered.extend(lines);
                if self.phase == Phase::Talking {
                    // The conversation goes on, with somebody else. At its end, all that is left is told at once.
                    let untold = &self.undelivered[self.told..];
                    self.view.tell_undelivered(self.transcript.name(), untold);
                    self.told = self.undelivered.len();
                }
            }
            Event::Ended(ending) => self.connection_ended(Some(ending)),
            event => {
                sentence
                    .iter()
                    .for_each(|sentence| self.view.notice(sentence));
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
        if let (Phase::Talking, Frontend::Pipe(plain)) = (self.phase, &mut self.view.frontend) {
            while let Some(LineEntry::Line(text) | LineEntry::Piece(text)) = plain.next_entry() {
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
        let lines = match self.transcript.waiting_lines() {
            // Only the farewell waits.
            0 => return,
            1 => "1 message attend ici et partira de lui-même".to_owned(),
            n => format!("{n} messages attendent ici et partiront d'eux-mêmes"),
        };
        self.view
            .notice(&format!("trop de messages sont en route : {lines}."));
    }
}
