//! The loop of line mode: waits for what happens, has [`Conversation`] say what that means, and shows it.

use std::future::{self, Future};
use std::io;
use std::pin::pin;
use std::task::{Poll, ready};

use smol::Timer;

use super::frontend::{Frontend, Intake, LineEntry};
use super::pipe::Unread;
use super::view::{LastWords, OutputState, View};
use super::{Layout, LineSettings, Streams};
use crate::clock::{Clock, unix_now};
use crate::conversation::commands::{HELP, PROMPT_HELP};
use crate::conversation::{Conversation, LineSource, Outcome, Typed, Update};
use crate::display::{self, Loss, Mark};
use crate::options::Farewells;
use crate::peer::{Client, Event, Shutdown};
use crate::platform::{self, InputReader, PROGRAM, Signal, Signals};
use crate::protocol::{Line, Millis};

/// A conversation in a terminal, or in a pipe.
pub struct LineMode {
    conversation: Conversation,
    client: Client,
    view: View,
    source: LineSource,
    /// `None` at its end.
    input: Option<InputReader>,
    buffer: Box<[u8]>,
    /// Whether a terminal has cut a line that is still to be shown.
    is_line_cut: bool,
    signals: Signals,
    clock: Clock,
    /// What did not arrive by the end, told once the terminal is as it was.
    undelivered: Vec<Line>,
    /// What is known of it.
    loss: Loss,
    invitations: Vec<String>,
}

/// What happened.
enum LineWake {
    Signal(Signal),
    Event(Event),
    /// The screen has room again, or has lost its reader.
    Screen,
    /// So many bytes are in the buffer; none at the end.
    Input(usize),
    InputFailed(io::Error),
    /// A time-out has come.
    Timeout,
}

/// Whether this is a line as long as the kernel takes one from a terminal that edits lines itself. What is typed behind
/// that is dropped, and nobody is told.
fn is_cut(read: &[u8]) -> bool {
    const LONGEST: usize = 4095;
    read.len() == LONGEST + 1 && read.last() == Some(&b'\n')
}

/// How many rows of the record are shown at the start.
const RECALLED: usize = 10;

impl LineMode {
    /// # Errors
    /// When a stream cannot be used, or the system is out of file descriptors. The terminal is then as it was.
    pub(super) fn open(
        settings: LineSettings,
        streams: Streams,
        client: Client,
    ) -> io::Result<LineMode> {
        let mut watched = vec![
            Signal::Interrupt,
            Signal::Terminate,
            Signal::HangUp,
            Signal::Quit,
        ];
        if streams.layout == Layout::Prompt {
            watched.extend([Signal::Suspend, Signal::Continue, Signal::Resize]);
        }
        let source = match settings.options.farewells {
            _ if streams.is_typed => LineSource::Person,
            Farewells::End => LineSource::Program,
            Farewells::AreText => LineSource::Text,
        };
        Ok(LineMode {
            conversation: Conversation::new(settings.name, source, settings.record),
            client,
            source,
            input: Some(InputReader::new(&streams.input)?),
            buffer: vec![0; 64 * 1024].into_boxed_slice(),
            is_line_cut: false,
            signals: Signals::watch(&watched)?,
            clock: Clock::start(),
            undelivered: Vec::new(),
            loss: Loss::Certain,
            invitations: settings.invitations,
            // Last of what can fail: the terminal becomes raw here.
            view: View::open(streams, settings.options.calls)?,
        })
    }

    /// Talks until the connection has ended and everything is shown, or nobody waits for that any more.
    ///
    /// # Errors
    /// When the system fails to wait.
    pub(super) async fn run(mut self) -> io::Result<Outcome> {
        self.invite();
        if self.source == LineSource::Person {
            self.conversation.calling(self.clock.now());
            self.conversation.recall(RECALLED);
            self.carry_out();
            self.view.notice("/help : les commandes ; /quit : quitter.");
        }
        loop {
            self.take_entries();
            self.view.show_delivery(self.conversation.delivery());
            self.view.show_progress(self.conversation.work());
            let held = self.intake();
            self.view.show_all(held);
            if held == Intake::Held && self.intake() == Intake::Open {
                // What has just been shown made room for what has come in already.
                continue;
            }
            if self.view.is_lost() {
                self.conversation.output_lost(self.clock.now());
                self.carry_out();
            }
            if self.conversation.is_finished()
                && (self.conversation.is_hurried() || self.view.is_up_to_date())
            {
                return Ok(self.close());
            }
            let wake = self.wait().await?;
            self.take_up(wake);
            self.carry_out();
        }
    }

    /// Says what the other person types to come here.
    fn invite(&mut self) {
        match self.invitations.len() {
            0 => return,
            1 => self.view.notice("pour vous rejoindre, l'autre tape :"),
            _ => self
                .view
                .notice("pour vous rejoindre, l'autre tape l'une de ces lignes :"),
        }
        for line in &self.invitations {
            self.view.tell_command(line);
        }
    }

    fn take_up(&mut self, wake: LineWake) {
        let now = self.clock.now();
        if self.client.meets_a_silent_server() {
            self.conversation.taken_by_a_silent_server();
        }
        match wake {
            LineWake::Signal(Signal::Resize) => self.view.resized(),
            LineWake::Signal(Signal::Continue) => self.view.resume(),
            LineWake::Signal(Signal::Suspend) => self.view.suspend(),
            LineWake::Signal(signal) => self.conversation.signal(now, signal),
            LineWake::Event(event) => self.take_events(now, event),
            // The next turn shows what waits.
            LineWake::Screen => {}
            LineWake::Input(length) => self.take_input(now, length),
            LineWake::InputFailed(error) => {
                self.view.error(&display::input_failed(&error));
                self.take_input(now, 0);
            }
            LineWake::Timeout => {
                self.conversation.handle_timeout(now);
                self.view.frontend.handle_key_timeout(now);
            }
        }
    }

    /// Takes up what has happened to the connection, as long as there is room to show it.
    fn take_events(&mut self, now: Millis, first: Event) {
        self.conversation.event(now, first);
        self.carry_out();
        while self.takes_events()
            && let Some(event) = self.client.try_next()
        {
            self.conversation.event(now, event);
            self.carry_out();
        }
    }

    /// Does all that the conversation asks for.
    fn carry_out(&mut self) {
        while let Some(update) = self.conversation.next_update() {
            match update {
                Update::Said(line) => {
                    let name = self.conversation.name();
                    let mark = if self.conversation.must_wait() {
                        Mark::Pending
                    } else {
                        Mark::Delivered
                    };
                    self.view.show_own(mark, name, &line);
                    self.client.say(line);
                }
                Update::Received { name, line } => self.view.show(&name, &line),
                Update::Delivered { .. } => {}
                // At the end, all that is left is told at once.
                Update::Undelivered { lines, loss } if !self.conversation.is_talking() => {
                    self.undelivered.extend(lines);
                    self.loss = self.loss.max(loss);
                }
                Update::Undelivered { lines, loss } => {
                    let name = self.conversation.name();
                    self.view.tell_undelivered(name, &lines, loss);
                }
                Update::Notice(notice) => self.view.tell_notice(&notice),
                Update::Past(rows) => rows.iter().for_each(|row| self.view.tell_past(row)),
                Update::Help => self.help(),
                Update::Leave(how) => self.client.leave(how),
                Update::Over => self.take_what_is_too_late(),
                Update::HangUp => self.client.hang_up(),
            }
        }
    }

    fn help(&mut self) {
        HELP.iter().for_each(|row| self.view.notice(row));
        if let Frontend::Prompt(_) = self.view.frontend {
            PROMPT_HELP.iter().for_each(|row| self.view.notice(row));
        }
    }

    // What comes in.

    fn take_input(&mut self, now: Millis, length: usize) {
        if let Frontend::Pipe(_) = self.view.frontend {
            let is_typed = self.source == LineSource::Person;
            self.is_line_cut |= is_typed && is_cut(&self.buffer[..length]);
        }
        self.view.frontend.take(now, &self.buffer[..length]);
        if length == 0 {
            self.input = None;
            if let Frontend::Prompt(_) = self.view.frontend {
                // The terminal has gone away.
                self.conversation.leave(now, Shutdown::Quit);
            }
        }
    }

    /// Whether lines may come in: not while there is no room for what they lead to.
    fn intake(&self) -> Intake {
        if !self.conversation.is_talking() {
            return Intake::Closed;
        }
        if self.client.has_room() && self.view.has_room() {
            Intake::Open
        } else {
            Intake::Held
        }
    }

    /// Acts upon what has come in.
    fn take_entries(&mut self) {
        if let Some(other) = self.conversation.status().other() {
            self.view.frontend.meet(other);
        }
        loop {
            let (now, intake) = (self.clock.now(), self.intake());
            let Some(entry) = self.view.frontend.next_entry(now, intake) else {
                break;
            };
            match entry {
                LineEntry::Line(line) => {
                    if self.conversation.line(now, unix_now(), &line) == Typed::Refused {
                        self.view.frontend.give_back(line);
                    }
                }
                LineEntry::Piece(piece) => self.conversation.piece(now, unix_now(), &piece),
                LineEntry::Full { left_out } => self.view.error(&format!(
                    "la ligne est pleine : {left_out} octets n'y tiennent pas. Un texte de cette taille s'envoie par un tube : \
                     {PROGRAM} … < fichier"
                )),
                LineEntry::Cleared(draft) => self.view.notice(&format!(
                    "non envoyé : {draft} (Ctrl-Y le rend ; Ctrl-C encore une fois : quitter)"
                )),
                LineEntry::End => self.conversation.leave(
                    now,
                    match self.source {
                        LineSource::Person => Shutdown::Quit,
                        LineSource::Program | LineSource::Text => Shutdown::Finish,
                    },
                ),
                LineEntry::Interrupt => self.conversation.signal(now, Signal::Interrupt),
                // All of a pipeline or script stops with us, as it would by the terminal's own doing.
                LineEntry::Suspend => {
                    if let Err(error) = platform::suspend_job() {
                        self.view
                            .error(&format!("impossible de suspendre : {error}."));
                    }
                }
            }
            self.carry_out();
        }
        if std::mem::take(&mut self.is_line_cut) {
            // Behind its row, which would push it off the screen.
            self.view.error(display::LINE_IS_CUT_BY_TERMINAL);
        }
    }

    /// What a program wrote in vain: it was read when the discussion was already over.
    fn take_what_is_too_late(&mut self) {
        if let Frontend::Pipe(pipe) = &mut self.view.frontend {
            while let Some(LineEntry::Line(text) | LineEntry::Piece(text)) = pipe.next_entry() {
                self.conversation.line(self.clock.now(), unix_now(), &text);
            }
        }
    }

    // The wait, and the end.

    fn takes_events(&self) -> bool {
        self.view.has_room() || self.conversation.is_hurried()
    }

    /// Waits for what comes first. What loses stays where it was: nothing is read or sent before it wins.
    ///
    /// One function polls all sources, because each keeps its place in the reactor from one wait to the next: with new
    /// futures for each wait, a steady flood from one source would starve the others.
    async fn wait(&mut self) -> io::Result<LineWake> {
        let takes_events = self.takes_events();
        let wants_input = self.view.frontend.wants_input(self.intake());
        let keys = self.view.frontend.next_key_timeout(self.intake());
        let timeout = self
            .conversation
            .next_timeout()
            .into_iter()
            .chain(keys)
            .min();
        let timeout = timeout.map(|at| self.clock.instant(at));
        let drawing = self.view.next_timeout();
        let mut timer = pin!(timeout.into_iter().chain(drawing).min().map(Timer::at));
        future::poll_fn(|context| {
            if let Poll::Ready(signal) = self.signals.poll_next(context)? {
                return Poll::Ready(Ok(LineWake::Signal(signal)));
            }
            if !takes_events {
                self.client.poll_drive(context);
            } else if let Poll::Ready(Some(event)) = self.client.poll_next(context) {
                return Poll::Ready(Ok(LineWake::Event(event)));
            }
            if self.view.poll_change(context)?.is_ready() {
                return Poll::Ready(Ok(LineWake::Screen));
            }
            if wants_input
                && let Some(input) = &self.input
                && let Poll::Ready(read) = input.poll_read(context, &mut self.buffer)
            {
                return Poll::Ready(Ok(read.map_or_else(LineWake::InputFailed, LineWake::Input)));
            }
            match timer.as_mut().as_pin_mut() {
                Some(timer) => ready!(timer.poll(context)),
                None => return Poll::Pending,
            };
            // What is there already came in time, even if this program did not look.
            if wants_input
                && let Some(input) = &self.input
                && let Some(read) = input.read_at_hand(&mut self.buffer)
            {
                return Poll::Ready(Ok(read.map_or_else(LineWake::InputFailed, LineWake::Input)));
            }
            Poll::Ready(Ok(LineWake::Timeout))
        })
        .await
    }

    /// What a program still had to say; nothing where somebody wanted it so.
    fn count_unread(&mut self) -> Option<Unread> {
        let is_wanted = self.conversation.is_interrupted() || self.view.is_lost();
        match &mut self.view.frontend {
            Frontend::Pipe(pipe) if self.source != LineSource::Person && !is_wanted => {
                let input = self.input.as_ref();
                Some(pipe.count_unread(|patience| input?.read_within(patience)))
            }
            Frontend::Pipe(_) | Frontend::Prompt(_) => None,
        }
    }

    /// Leaves the terminal as it was, and says what did not arrive.
    fn close(mut self) -> Outcome {
        let unread = self.count_unread();
        let output = self.view.close(LastWords {
            name: self.conversation.name(),
            undelivered: &self.undelivered,
            loss: self.loss,
            unread: unread.and_then(|unread| {
                display::unread(unread.lines, unread.extent, self.conversation.farewell())
            }),
        });
        Outcome {
            unread: unread.map_or(0, |unread| unread.lines),
            failure: match output {
                OutputState::Failed(error) => Some(error),
                OutputState::Open | OutputState::Closed => None,
            },
            ..self.conversation.into_outcome()
        }
    }
}
