//! The loop of line mode: waits for what happens, and acts upon it.

use std::future;
use std::future::Future;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_lite::Stream;
use rustix::process::{Signal, kill_current_process_group};
use smol::channel::{Receiver, Sender};
use smol::{Async, Timer};

use super::commands::{Command, HELP, is_farewell};
use super::input::Input;
use super::ledger::Ledger;
use super::plain::Plain;
use super::prompt::Prompt;
use super::signals::Signals;
use super::text::pieces;
use super::{Entry, Face, Intake, Layout, Outcome, Settings, Streams};
use crate::display::{self, Author, Palette};
use crate::peer::{Ending, Event, Handle, Leave};
use crate::protocol::{Line, UnixMillis};
use crate::screen::{Flushed, Screen};

/// A conversation under way.
pub struct Conversation {
    ledger: Ledger,
    phase: Phase,
    /// What is still to be asked of the connection, after all lines.
    parting: Option<Leave>,
    connection: Connection,
    stall: Stall,
    /// When to go, whatever is still owed.
    patience: Option<Instant>,
    signal: Option<Signal>,
    undelivered: Vec<Line>,
    /// How many of those their author has been told of already.
    told: usize,
    /// What was read when the discussion was already over.
    too_late: Vec<Line>,

    face: Face,
    author: LineSource,
    length: LongLines,
    /// `None` at its end.
    input: Option<Input>,
    buffer: Box<[u8]>,
    screen: Screen,
    /// Tells when a full screen has room; files are never full.
    screen_watch: Option<Async<OwnedFd>>,
    /// Tells when a pipe has lost its reader.
    reader_watch: Option<Async<OwnedFd>>,
    output: Output,
    notices: OwnedFd,
    palette: Palette,
    notice_palette: Palette,
    signals: Signals,
    lines: Sender<Line>,
    parting_word: Sender<Leave>,
    events: Pin<Box<Receiver<Event>>>,
}

/// What the connection is to do next.
enum Errand {
    Say(Line),
    Leave(Leave),
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

#[derive(Debug)]
enum Connection {
    Alive,
    Ended(Option<Ending>),
}

/// Whether what is shown still arrives somewhere.
#[derive(Debug)]
enum Output {
    Open,
    /// Nobody reads any more: a quiet end.
    Closed,
    Failed(io::Error),
}

/// Whether our lines wait because the connection takes no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stall {
    None,
    Since(Instant),
    Told,
}

/// Who writes the lines: only a person means `/history` as a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineSource {
    Person,
    Program,
}

/// Whether a program has been told that long lines are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LongLines {
    NoneYet,
    Told,
}

/// What the loop waits for.
enum Wake {
    Signal(Signal),
    /// The connection has taken the next request.
    Taken,
    /// The connection takes no request any more.
    Refused,
    Event(Event),
    NoMoreEvents,
    Writable,
    Unread,
    Input(usize),
    InputFailed(io::Error),
    Late,
}

/// In bytes: while more than this waits to be shown, nothing more that ends up there is taken in.
const SCREENFUL: usize = 64 * 1024;
/// In bytes: a person's lines that may wait because the connection takes no more. Then keys wait, too.
const MOST_WAITING: usize = 64 * 1024;
/// How long lines wait before their author is told. A healthy connection takes a few milliseconds.
const STALLED_AFTER: Duration = Duration::from_millis(500);
/// How long leaving may take once a signal asked for it, or without any progress. The connection gives itself 2 s.
const LAST_PATIENCE: Duration = Duration::from_millis(2500);
/// How long a screen may take for the last words.
const LAST_WORDS: Duration = Duration::from_millis(500);
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
        let screen = Screen::new(&streams.output)?;
        let person = rustix::termios::isatty(&streams.input);
        Ok(Conversation {
            ledger: Ledger::new(settings.name, settings.record),
            phase: Phase::Talking,
            parting: None,
            connection: Connection::Alive,
            stall: Stall::None,
            patience: None,
            signal: None,
            undelivered: Vec::new(),
            told: 0,
            too_late: Vec::new(),
            author: match person {
                true => LineSource::Person,
                false => LineSource::Program,
            },
            length: LongLines::NoneYet,
            input: Some(Input::new(&streams.input)?),
            buffer: vec![0; 64 * 1024].into_boxed_slice(),
            screen_watch: watch(&screen)?,
            reader_watch: match screen.is_pipe() {
                true => watch(&screen)?,
                false => None,
            },
            output: Output::Open,
            palette: Palette::new(streams.colour),
            notice_palette: Palette::new(match streams.layout {
                Layout::Prompt => streams.colour,
                Layout::Plain => streams.notice_colour,
            }),
            signals: Signals::watch(&watched)?,
            lines: connection.lines,
            parting_word: connection.leave,
            events: Box::pin(connection.events),
            // Last of what can fail, because from here on the terminal is raw.
            face: match streams.layout {
                Layout::Prompt => Face::Prompt(Box::new(Prompt::open(&streams.input, &screen)?)),
                Layout::Plain => Face::Plain(Plain::open(&streams.notices)?),
            },
            notices: streams.notices,
            screen,
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
            self.show_all();
            if self.is_done() {
                return Ok(self.close());
            }
            match self.wait().await? {
                Wake::Signal(signal) => self.signalled(signal),
                Wake::Taken => self.errand_done(),
                Wake::Refused => self.discussion_over(),
                Wake::Event(event) => self.handle_all(event),
                Wake::NoMoreEvents => self.connection_ended(None),
                Wake::Writable => {}
                Wake::Unread => self.output_failed(io::ErrorKind::BrokenPipe.into()),
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
            Ok(rows) => rows.iter().for_each(|row| self.tell(row)),
            Err(error) => self.record_failed(&error),
        }
        self.notice("/help : les commandes ; /quit : quitter.");
    }

    // What comes in.

    fn take_input(&mut self, length: usize) {
        self.face.take(&self.buffer[..length]);
        if length == 0 {
            self.input = None;
            if let Face::Prompt(_) = self.face {
                // The terminal has gone away.
                self.leave(Leave::Quit);
            }
        }
    }

    fn input_failed(&mut self, error: &io::Error) {
        let cause = display::cause(&error.to_string());
        self.error(&format!("l'entrée ne peut pas être lue : {cause}."));
        self.take_input(0);
    }

    /// Acts upon what has come in, as long as there is room for what that leads to.
    fn take_entries(&mut self) {
        while let Some(entry) = self.face.next_entry(self.intake()) {
            match entry {
                Entry::Line(line) => self.take_line(&line),
                Entry::Piece(piece) => {
                    self.tell_that_lines_are_cut();
                    self.say(&piece);
                }
                Entry::Full { left_out } => {
                    let bytes = left_out.len();
                    self.error(&format!(
                        "la ligne est pleine : {bytes} octets n'y tiennent pas. Un texte de cette taille s'envoie par \
                         un tube : msg … < fichier"
                    ));
                }
                Entry::End => self.leave(match self.author {
                    LineSource::Person => Leave::Quit,
                    LineSource::Program => Leave::Finish,
                }),
                Entry::Interrupt => self.told_to_leave(Signal::INT),
                // All of a pipeline or script stops with us, as it would by the terminal's own doing.
                Entry::Suspend => {
                    if let Err(error) = kill_current_process_group(Signal::TSTP) {
                        self.error(&format!("impossible de suspendre : {error}."));
                    }
                }
            }
            self.hand_over();
        }
    }

    fn intake(&self) -> Intake {
        let most_waiting = match self.author {
            LineSource::Person => MOST_WAITING,
            LineSource::Program => 1,
        };
        match self.phase {
            Phase::Talking if self.ledger.waiting_bytes() >= most_waiting => Intake::Held,
            Phase::Talking if !self.screen_has_room() => Intake::Held,
            Phase::Talking => Intake::Open,
            Phase::Leaving | Phase::Over | Phase::Gone => Intake::Closed,
        }
    }

    fn take_line(&mut self, line: &str) {
        if self.author == LineSource::Program {
            if is_farewell(line) {
                self.leave(Leave::Finish);
            } else {
                self.say(line);
            }
            return;
        }
        let line = line.strip_suffix('\n').unwrap_or(line);
        if line.contains('\n') {
            // What was pasted is text, and no command.
            line.split('\n').for_each(|line| self.say(line));
            return;
        }
        match Command::of(line) {
            Command::Say("") => {}
            Command::Say(text) => self.say(text),
            Command::Quit => self.leave(Leave::Quit),
            Command::History(count) => match self.ledger.history(&self.notice_palette, count) {
                Ok(rows) if rows.is_empty() => self.notice("rien n'a encore été dit."),
                Ok(rows) => rows.iter().for_each(|row| self.tell(row)),
                Err(error) => self.record_failed(&error),
            },
            Command::Help => HELP.iter().for_each(|row| self.notice(row)),
            Command::Unknown(word) => self.error(&format!(
                "commande inconnue : {word} (/help montre les commandes ; //… envoie un texte qui commence par « / »)."
            )),
            Command::NoNumber(word) => {
                self.error(&format!("/history veut un nombre, et non « {word} »."));
            }
        }
    }

    fn say(&mut self, text: &str) {
        let mut parts = 0;
        for line in lines_of(text) {
            let name = self.ledger.name().to_owned();
            self.show(Author::Own, &name, &line);
            if let Err(error) = self.ledger.say(line) {
                self.record_failed(&error);
            }
            parts += 1;
        }
        if parts > 1 {
            self.tell_that_lines_are_cut();
        }
    }

    // The connection.

    /// Gives the connection what it takes.
    fn hand_over(&mut self) {
        while let Some(errand) = self.next_errand() {
            let outcome = match errand {
                Errand::Say(line) => self
                    .lines
                    .try_send(line)
                    .map_err(|refused| refused.is_full()),
                Errand::Leave(leave) => {
                    let sent = self.parting_word.try_send(leave);
                    sent.map_err(|refused| refused.is_full())
                }
            };
            match outcome {
                Ok(()) => self.errand_done(),
                Err(true) => {
                    if self.stall == Stall::None && self.author == LineSource::Person {
                        self.stall = Stall::Since(Instant::now());
                    }
                    return;
                }
                Err(false) => self.discussion_over(),
            }
        }
        self.stall = Stall::None;
    }

    fn next_errand(&self) -> Option<Errand> {
        if let Phase::Over | Phase::Gone = self.phase {
            return None;
        }
        match self.ledger.waiting() {
            Some(line) => Some(Errand::Say(line.clone())),
            None => self.parting.map(Errand::Leave),
        }
    }

    fn errand_done(&mut self) {
        match self.ledger.waiting() {
            Some(_) => self.ledger.handed_over(),
            None => self.parting = None,
        }
        if let Stall::Since(_) = self.stall {
            // It goes on, if slowly.
            self.stall = Stall::None;
        }
    }

    fn handle_all(&mut self, first: Event) {
        self.handle(first);
        while self.screen_has_room()
            && let Ok(event) = self.events.try_recv()
        {
            self.handle(event);
        }
    }

    fn handle(&mut self, event: Event) {
        if self.phase == Phase::Leaving && self.signal.is_none() && self.patience.is_some() {
            self.patience = Some(Instant::now() + LAST_PATIENCE);
        }
        let sentence = display::sentence(&event);
        match event {
            Event::Received { name, line } => {
                self.show(Author::Other, &name, &line);
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
                    self.tell_undelivered();
                }
            }
            Event::Ended(ending) => self.connection_ended(Some(ending)),
            event => {
                sentence.iter().for_each(|sentence| self.notice(sentence));
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

    fn discussion_over(&mut self) {
        if let (Phase::Talking, Face::Plain(plain)) = (self.phase, &mut self.face) {
            while let Some(Entry::Line(text) | Entry::Piece(text)) = plain.next_entry() {
                self.too_late.extend(lines_of(&text));
            }
        }
        if self.phase != Phase::Gone {
            self.phase = Phase::Over;
        }
    }

    // The way out.

    fn leave(&mut self, leave: Leave) {
        if self.phase != Phase::Talking && self.phase != Phase::Leaving {
            return;
        }
        self.phase = Phase::Leaving;
        if leave == Leave::Quit {
            self.patience = Some(Instant::now() + LAST_PATIENCE);
        }
        self.parting = Some(leave);
    }

    fn signalled(&mut self, signal: Signal) {
        match (signal, &mut self.face) {
            (Signal::WINCH, Face::Prompt(prompt)) => prompt.redraw(),
            (Signal::CONT, Face::Prompt(prompt)) => {
                if let Err(error) = prompt.resume() {
                    self.output_failed(error);
                }
            }
            (Signal::TSTP, Face::Prompt(prompt)) => {
                if let Err(error) = prompt.suspend(&mut self.screen) {
                    self.output_failed(error);
                }
            }
            (Signal::QUIT, _) => {
                self.signal = Some(signal);
                self.phase = Phase::Gone;
            }
            (signal, _) => self.told_to_leave(signal),
        }
    }

    /// The first time politely, the second time at once.
    fn told_to_leave(&mut self, signal: Signal) {
        if self.signal.is_some() {
            self.phase = Phase::Gone;
            return;
        }
        self.leave(Leave::Quit);
        self.signal = Some(signal);
        self.patience = Some(Instant::now() + LAST_PATIENCE);
        if !self.ledger.owes_nothing() {
            self.notice("derniers messages en cours de remise… (Ctrl-C encore une fois : partir tout de suite)");
        }
    }

    fn late(&mut self) {
        let now = Instant::now();
        if self.patience.is_some_and(|end| end <= now) {
            self.phase = Phase::Gone;
        } else if let Stall::Since(_) = self.stall {
            self.stall = Stall::Told;
            let lines = match self.ledger.waiting_lines() {
                // Only the farewell waits.
                0 => return,
                1 => "1 message attend ici et partira de lui-même".to_owned(),
                n => format!("{n} messages attendent ici et partiront d'eux-mêmes"),
            };
            self.notice(&format!("trop de messages sont en route : {lines}."));
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let stall = match self.stall {
            Stall::Since(since) => Some(since + STALLED_AFTER),
            Stall::None | Stall::Told => None,
        };
        self.patience.into_iter().chain(stall).min()
    }

    fn is_done(&self) -> bool {
        let shown = self.screen.pending() == 0 && self.face.pending() == 0;
        let nothing_to_show = shown || !matches!(self.output, Output::Open);
        match self.connection {
            _ if self.phase == Phase::Gone => true,
            Connection::Ended(_) => nothing_to_show,
            Connection::Alive => false,
        }
    }

    /// Leaves the terminal as it was, and says what did not arrive.
    fn close(mut self) -> Outcome {
        if let Face::Prompt(prompt) = &mut self.face
            && !prompt.draft().is_empty()
        {
            let draft = format!("non envoyé : {}", prompt.draft());
            prompt.show(&self.notice_palette.notice(&draft));
        }
        if let Output::Open = self.output {
            self.face.draw(Intake::Closed, &mut self.screen);
            if let Err(error) = self.screen.drain(LAST_WORDS) {
                self.output_failed(error);
            }
        }
        // From here on the terminal is as it was.
        drop(self.face);
        self.undelivered.extend(self.ledger.unsettled());
        self.undelivered.append(&mut self.too_late);
        let untold = &self.undelivered[self.told..];
        print(
            &undelivered_rows(untold, self.ledger.name(), &self.notice_palette),
            &self.notices,
        );
        Outcome {
            ending: match self.connection {
                Connection::Ended(ending) => ending,
                Connection::Alive => None,
            },
            undelivered: self.undelivered,
            signal: self.signal,
            failure: match self.output {
                Output::Failed(error) => Some(error),
                Output::Open | Output::Closed => None,
            },
        }
    }

    // What goes out.

    fn show(&mut self, author: Author, name: &str, line: &Line) {
        if let Output::Open = self.output {
            let row = self.palette.message(author, name, line);
            self.face.show(&row, &mut self.screen);
        }
    }

    fn tell(&mut self, row: &str) {
        if let Face::Plain(_) = self.face {
            // Where rows and notices end up in one place, they stay in their order.
            self.show_all();
        }
        self.face.tell(row);
    }

    fn notice(&mut self, sentence: &str) {
        self.tell(&self.notice_palette.notice(sentence));
    }

    fn error(&mut self, sentence: &str) {
        self.tell(&self.notice_palette.error(sentence));
    }

    fn record_failed(&mut self, error: &io::Error) {
        let cause = display::cause(&error.to_string());
        self.error(&format!("le fichier de --history fait défaut : {cause}."));
    }

    fn tell_that_lines_are_cut(&mut self) {
        if self.length == LongLines::NoneYet || self.author == LineSource::Person {
            self.notice("une ligne trop longue pour un seul message part en plusieurs.");
        }
        self.length = LongLines::Told;
    }

    fn tell_undelivered(&mut self) {
        let untold = &self.undelivered[self.told..];
        let rows = undelivered_rows(untold, self.ledger.name(), &self.notice_palette);
        rows.iter().for_each(|row| self.tell(row));
        self.told = self.undelivered.len();
    }

    fn screen_has_room(&self) -> bool {
        self.screen.pending() + self.face.pending() < SCREENFUL
    }

    fn show_all(&mut self) {
        if !matches!(self.output, Output::Open) {
            return;
        }
        self.face.draw(self.intake(), &mut self.screen);
        if let Err(error) = self.screen.flush() {
            self.output_failed(error);
        }
    }

    fn output_failed(&mut self, error: io::Error) {
        let terminal_is_gone = matches!(self.face, Face::Prompt(_));
        self.output = match error.kind() {
            io::ErrorKind::BrokenPipe => Output::Closed,
            _ if terminal_is_gone => Output::Closed,
            _ => Output::Failed(error),
        };
        self.leave(Leave::Quit);
    }

    // Waiting.

    /// Waits for what comes first. What loses stays where it was: nothing is read or sent before it wins.
    async fn wait(&mut self) -> io::Result<Wake> {
        let takes_events = self.screen_has_room();
        let wants_input = self.face.wants_input(self.intake());
        let (lines, parting_word) = (self.lines.clone(), self.parting_word.clone());
        let errand = self.next_errand();
        let mut sent = pin!(async {
            match errand {
                Some(Errand::Say(line)) => lines.send(line).await.is_ok(),
                Some(Errand::Leave(leave)) => parting_word.send(leave).await.is_ok(),
                None => future::pending().await,
            }
        });
        let mut timer = self.deadline().map(Timer::at);
        future::poll_fn(|context| {
            if let Poll::Ready(signal) = self.signals.poll_next(context)? {
                return Poll::Ready(Ok(Wake::Signal(signal)));
            }
            if let Poll::Ready(sent) = sent.as_mut().poll(context) {
                return Poll::Ready(Ok(if sent { Wake::Taken } else { Wake::Refused }));
            }
            if takes_events
                && let Connection::Alive = self.connection
                && let Poll::Ready(event) = self.events.as_mut().poll_next(context)
            {
                return Poll::Ready(Ok(event.map_or(Wake::NoMoreEvents, Wake::Event)));
            }
            if self.screen.pending() > 0
                && let Some(watch) = &self.screen_watch
                && watch.poll_writable(context)?.is_ready()
            {
                return Poll::Ready(Ok(Wake::Writable));
            }
            if let Some(watch) = &self.reader_watch
                && watch.poll_readable(context)?.is_ready()
            {
                // Once only: what is readable without having lost its reader would be so again and again.
                self.reader_watch = None;
                if self.screen.is_abandoned() {
                    return Poll::Ready(Ok(Wake::Unread));
                }
            }
            if wants_input
                && let Some(input) = &self.input
                && let Poll::Ready(read) = input.poll_read(context, &mut self.buffer)
            {
                return Poll::Ready(Ok(read.map_or_else(Wake::InputFailed, Wake::Input)));
            }
            match &mut timer {
                Some(timer) => Pin::new(timer).poll(context).map(|_| Ok(Wake::Late)),
                None => Poll::Pending,
            }
        })
        .await
    }
}

fn watch(screen: &Screen) -> io::Result<Option<Async<OwnedFd>>> {
    match Async::new_nonblocking(screen.as_fd().try_clone_to_owned()?) {
        Ok(watch) => Ok(Some(watch)),
        // The kernel refuses to wait for a file.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(None),
        Err(error) => Err(error),
    }
}

/// The messages that a text is sent as.
pub(crate) fn lines_of(text: &str) -> impl Iterator<Item = Line> {
    let sent_at = now();
    pieces(text).map(move |piece| Line {
        sent_at,
        text: piece.to_owned(),
    })
}

pub(crate) fn undelivered_rows(lines: &[Line], name: &str, palette: &Palette) -> Vec<String> {
    let lost = Event::Undelivered {
        lines: lines.to_vec(),
    };
    let heading = display::sentence(&lost).map(|sentence| palette.error(&sentence));
    let messages = lines
        .iter()
        .map(|line| palette.message(Author::Own, name, line));
    heading.into_iter().chain(messages).collect()
}

/// Prints some last rows.
pub(crate) fn print(rows: &[String], output: &OwnedFd) {
    let Ok(mut screen) = Screen::new(output) else {
        // Closed on purpose: nobody wants to know.
        return;
    };
    rows.iter()
        .for_each(|row| screen.push(format!("{row}\n").as_bytes()));
    // As for a closed one: a status code says the same once more.
    let _: io::Result<Flushed> = screen.drain(LAST_WORDS);
}

fn now() -> UnixMillis {
    // A clock set before 1970 counts as 1970.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as UnixMillis)
}
