//! The loop of the window: waits for what happens, and acts upon it.

use std::future;
use std::io;
use std::time::{Duration, Instant};

use futures_lite::FutureExt;
use gtk::prelude::*;
use gtk::{gio, glib};
use rustix::process::Signal;
use smol::Timer;
use smol::channel::Receiver;

use super::Settings;
use super::actions::{Action, Actions};
use super::attention::Attention;
use super::draft::Writing;
use super::frame::Frame;
use super::standing::Standing;
use super::view::Kept;
use crate::conversation::commands::Command;
use crate::conversation::errands::{Errands, Refused};
use crate::conversation::ledger::Ledger;
use crate::conversation::{Outcome, lines_of, print_undelivered};
use crate::display::{self, Author, Colour, Palette, safe, safe_name};
use crate::peer::{Ending, Event, Handle, Leave};
use crate::protocol::Line;
use crate::signals::Signals;

/// A conversation under way.
pub struct Conversation {
    ledger: Ledger,
    phase: Phase,
    connection: Connection,
    /// Whether Enter has been pressed upon a draft that has to wait.
    enter: Enter,
    /// When to let go of the connection, whatever is still owed.
    patience: Option<Instant>,
    signal: Option<Signal>,
    undelivered: Vec<Line>,

    frame: Frame,
    shutter: Shutter,
    standing: Standing,
    attention: Attention,
    /// What has come since the window was last in front.
    unseen: usize,
    actions: Receiver<Action>,
    asks: Actions,
    signals: Signals,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Talking,
    /// We leave; what is owed is still delivered.
    Leaving,
    /// The discussion is over.
    Over,
}

enum Connection {
    Alive {
        errands: Errands,
        events: Receiver<Event>,
    },
    Ended(Option<Ending>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Enter {
    Up,
    Pressed,
}

/// Whether the window is still to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shutter {
    Open,
    Closed,
}

/// What the loop waits for.
enum Wake {
    Signal(Signal),
    Action(Action),
    /// The connection has taken the next errand, or refused it.
    Given(Result<(), Refused>),
    Event(Event),
    NoMoreEvents,
    Late,
}

/// How long leaving may take without any progress. The connection gives itself 2 s.
const LAST_PATIENCE: Duration = Duration::from_millis(2500);
/// Most events taken up at once: then the screen has its turn.
const EVENTS_AT_ONCE: usize = 64;
/// How many lines of the record are shown at the start.
const RECALLED: usize = 200;

impl Conversation {
    /// Opens the window.
    ///
    /// # Errors
    /// When the system is out of file descriptors.
    pub fn open(
        settings: Settings,
        connection: Handle,
        bus: Option<gio::DBusConnection>,
    ) -> io::Result<Conversation> {
        let (asks, actions) = Actions::new();
        let kept = match settings.record {
            Some(_) => Kept::InTheRecord,
            None => Kept::Nowhere,
        };
        let signals = Signals::watch(&[Signal::INT, Signal::TERM, Signal::HUP])?;
        let frame = Frame::open(kept, &asks);
        Ok(Conversation {
            ledger: Ledger::new(settings.name, settings.record),
            phase: Phase::Talking,
            connection: Connection::Alive {
                errands: Errands::new(connection.lines, connection.leave),
                events: connection.events,
            },
            enter: Enter::Up,
            patience: None,
            signal: None,
            undelivered: Vec::new(),
            attention: Attention::new(&frame.window, bus, &asks),
            frame,
            shutter: Shutter::Open,
            standing: Standing::Calling(settings.address),
            unseen: 0,
            actions,
            asks,
            signals,
        })
    }

    /// Talks until the window is closed and the connection has ended, or nobody waits for that any more.
    ///
    /// # Errors
    /// When the system fails to wait.
    pub async fn run(mut self) -> io::Result<Outcome> {
        self.greet();
        loop {
            self.take_draft();
            self.hand_over();
            self.refresh();
            if self.is_done() {
                return Ok(self.close());
            }
            match self.wait().await? {
                Wake::Signal(signal) => self.told_to_leave(signal),
                Wake::Action(action) => self.act(action),
                Wake::Given(given) => self.given(given),
                Wake::Event(event) => self.handle_all(event).await,
                Wake::NoMoreEvents => self.connection_ended(None),
                Wake::Late => self.late(),
            }
        }
    }

    fn greet(&mut self) {
        match self.ledger.recalled(RECALLED) {
            Ok(rows) => rows.iter().for_each(|row| self.frame.view.recall(row)),
            Err(error) => self.record_failed(&error),
        }
    }

    // What a person asks.

    fn act(&mut self, action: Action) {
        match action {
            Action::Send => self.enter = Enter::Pressed,
            Action::TakeBack => self.enter = Enter::Up,
            Action::TooLong(bytes) => self.frame.view.error(&format!(
                "{bytes} octets ne tiennent pas dans un message à écrire ici. Un texte de cette taille s'envoie par un \
                 tube : msg … < fichier"
            )),
            Action::Help => self.frame.view.help(),
            Action::Quit => self.leave(),
            Action::Close => {
                self.shutter = Shutter::Closed;
                self.frame.window.set_visible(false);
                self.leave();
            }
            Action::Turned => {
                if self.frame.window.is_active() {
                    self.unseen = 0;
                    self.attention.take_back();
                }
            }
            Action::Shaded => self.frame.view.shade(),
            Action::Present(token) => self.frame.present(token.as_deref()),
            Action::Open(address) => self.browse(&address),
            Action::NotOpened(address) => self
                .frame
                .view
                .error(&format!("aucun programme n'ouvre {address}.")),
        }
    }

    /// Acts upon the draft, if Enter has been pressed and it need not wait.
    fn take_draft(&mut self) {
        if self.enter == Enter::Up || self.phase != Phase::Talking {
            return;
        }
        let text = self.frame.draft.text();
        let command = match text.contains('\n') {
            // What was pasted is text, and no command.
            true => Command::Say(&text),
            false => Command::of(&text),
        };
        match command {
            Command::Say("") => {}
            Command::Say(_) if self.ledger.waiting().is_some() => return,
            Command::Say(text) => text.split('\n').for_each(|line| self.say(line)),
            Command::Quit => self.leave(),
            Command::History(count) => self.recall(count),
            Command::Help => self.frame.view.help(),
            Command::Unknown(word) => return self.refuse(&format!(
                "commande inconnue : {word} (/help montre les commandes ; //… envoie un texte qui commence par « / »)."
            )),
            Command::NoNumber(word) => {
                return self.refuse(&format!("/history veut un nombre, et non « {word} »."));
            }
        }
        self.frame.draft.clear();
        self.enter = Enter::Up;
    }

    /// The draft stays, to be put right.
    fn refuse(&mut self, why: &str) {
        self.frame.view.error(why);
        self.enter = Enter::Up;
    }

    fn say(&mut self, text: &str) {
        let mut parts = 0;
        for line in lines_of(text) {
            self.frame.view.say(self.ledger.name(), &line);
            if let Err(error) = self.ledger.say(line) {
                self.record_failed(&error);
            }
            parts += 1;
        }
        if parts > 1 {
            let notice = "une ligne trop longue pour un seul message part en plusieurs.";
            self.frame.view.notice(notice);
        }
    }

    fn recall(&mut self, count: usize) {
        let palette = Palette::new(Colour::Off);
        match self.ledger.history(&palette, count) {
            Ok(rows) if rows.is_empty() => self.frame.view.notice("rien n'a encore été dit."),
            Ok(rows) => {
                self.notice("derniers messages (* : pas encore remis) :");
                rows.iter().for_each(|row| self.frame.view.recall(row));
            }
            Err(error) => self.record_failed(&error),
        }
    }

    fn record_failed(&mut self, error: &io::Error) {
        let cause = display::cause(&error.to_string());
        self.frame
            .view
            .error(&format!("le fichier de --history fait défaut : {cause}."));
    }

    fn browse(&self, address: &str) {
        let asks = self.asks.clone();
        let failed = Action::NotOpened(address.to_owned());
        gtk::show_uri_full(
            Some(&self.frame.window),
            address,
            gtk::gdk::CURRENT_TIME,
            gio::Cancellable::NONE,
            move |outcome| {
                if outcome.is_err() {
                    asks.ask(failed);
                }
            },
        );
    }

    // The connection.

    /// Gives the connection what it takes.
    fn hand_over(&mut self) {
        if let Connection::Alive { errands, .. } = &mut self.connection
            && let Err(Refused) = errands.hand_over(&mut self.ledger)
        {
            self.discussion_over();
        }
    }

    fn given(&mut self, given: Result<(), Refused>) {
        match (given, &mut self.connection) {
            (Ok(()), Connection::Alive { errands, .. }) => errands.taken(&mut self.ledger),
            _ => self.discussion_over(),
        }
    }

    /// Takes up what has come, and lets the screen have its turn when that was much.
    async fn handle_all(&mut self, first: Event) {
        self.handle(first);
        for _ in 1..EVENTS_AT_ONCE {
            let Connection::Alive { events, .. } = &self.connection else {
                return;
            };
            match events.try_recv() {
                Ok(event) => self.handle(event),
                Err(_) => return,
            }
        }
        glib::timeout_future_with_priority(glib::Priority::DEFAULT_IDLE, Duration::ZERO).await;
    }

    fn handle(&mut self, event: Event) {
        if self.phase == Phase::Leaving && self.signal.is_none() {
            self.patience = Some(Instant::now() + LAST_PATIENCE);
        }
        let before = std::mem::replace(&mut self.standing, Standing::Waiting);
        self.standing = before.after(&event);
        let sentence = display::sentence(&event);
        match event {
            Event::Received { name, line } => {
                self.frame.view.hear(&name, &line);
                self.call(&safe_name(&name), &safe(&line.text));
                if let Err(error) = self.ledger.hear(name, line) {
                    self.record_failed(&error);
                }
            }
            Event::Delivered { lines } => {
                self.frame.view.settle(lines);
                if let Err(error) = self.ledger.settle(lines) {
                    self.record_failed(&error);
                }
            }
            Event::Undelivered { lines } => {
                self.frame.view.give_up(lines.len());
                self.ledger.give_up(lines.len());
                self.tell_undelivered(lines);
            }
            Event::Ended(ending) => self.connection_ended(Some(ending)),
            Event::Left { .. } | Event::Lost { .. } => {
                self.discussion_over();
                sentence.iter().for_each(|sentence| self.notice(sentence));
                sentence
                    .iter()
                    .for_each(|sentence| self.call("msg", sentence));
            }
            Event::Arrived { .. } => {
                sentence.iter().for_each(|sentence| self.notice(sentence));
                sentence
                    .iter()
                    .for_each(|sentence| self.call("msg", sentence));
            }
            _ => sentence.iter().for_each(|sentence| self.notice(sentence)),
        }
    }

    fn notice(&mut self, sentence: &str) {
        self.frame.view.notice(sentence);
    }

    /// Something came that a person who looks elsewhere wants to know.
    fn call(&mut self, summary: &str, body: &str) {
        if !self.frame.window.is_active() {
            self.unseen += 1;
            self.attention.call(summary, body);
        }
    }

    fn connection_ended(&mut self, ending: Option<Ending>) {
        if let Connection::Ended(_) = self.connection {
            return;
        }
        let phase = self.phase;
        let last_words = ending
            .clone()
            .and_then(|ending| display::sentence(&Event::Ended(ending)));
        // What nobody waits for any more is let go of with the channels.
        self.connection = Connection::Ended(ending);
        self.standing = self.standing.clone().over();
        let unsettled = self.ledger.unsettled();
        self.frame.view.give_up(unsettled.len());
        self.tell_undelivered(unsettled);
        self.discussion_over();
        match (last_words, phase) {
            (Some(sentence), _) => self.frame.view.error(&sentence),
            (None, Phase::Leaving) => {
                let sentence = display::left(self.ledger.name());
                self.frame.view.notice(&sentence);
            }
            (None, Phase::Talking) => self
                .frame
                .view
                .error("la connexion a pris fin d'elle-même."),
            (None, Phase::Over) => {}
        }
    }

    fn tell_undelivered(&mut self, lines: Vec<Line>) {
        if let Some(heading) = display::undelivered(lines.len()) {
            self.frame.view.error(&heading);
        }
        let palette = Palette::new(Colour::Off);
        for line in &lines {
            let row = palette.message(Author::Own, self.ledger.name(), line);
            self.frame.view.recall(&row);
        }
        self.undelivered.extend(lines);
    }

    fn discussion_over(&mut self) {
        if self.phase == Phase::Over {
            return;
        }
        self.phase = Phase::Over;
        if let Connection::Alive { errands, .. } = &mut self.connection {
            errands.end();
        }
        let draft = self.frame.draft.text();
        if self.enter == Enter::Pressed {
            // Its author has sent it.
            let lines = draft.split('\n').flat_map(lines_of).collect();
            self.tell_undelivered(lines);
            self.frame.draft.clear();
        } else if !draft.trim().is_empty() {
            self.frame.view.notice(&format!("non envoyé : {draft}"));
        }
        self.enter = Enter::Up;
        self.frame.view.focus();
    }

    // The way out.

    fn leave(&mut self) {
        if self.phase == Phase::Talking
            && let Connection::Alive { errands, .. } = &mut self.connection
        {
            self.phase = Phase::Leaving;
            errands.part(Leave::Quit);
            self.patience = Some(Instant::now() + LAST_PATIENCE);
            if !self.ledger.owes_nothing() {
                self.frame
                    .view
                    .notice("derniers messages en cours de remise…");
            }
        }
    }

    /// The first time politely, the second time at once.
    fn told_to_leave(&mut self, signal: Signal) {
        self.leave();
        if self.signal.replace(signal).is_some() {
            self.connection_ended(None);
        }
        self.patience = Some(Instant::now() + LAST_PATIENCE);
    }

    fn late(&mut self) {
        let now = Instant::now();
        if self.patience.is_some_and(|end| end <= now) {
            // Letting go of the connection ends it.
            self.connection_ended(None);
        } else if let Connection::Alive { errands, .. } = &mut self.connection
            && errands.is_overdue()
        {
            // The header counts what waits from now on.
            errands.stall_told();
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match &self.connection {
            Connection::Alive { errands, .. } => {
                self.patience.into_iter().chain(errands.overdue_at()).min()
            }
            Connection::Ended(_) => None,
        }
    }

    fn is_done(&self) -> bool {
        let nobody_looks = self.shutter == Shutter::Closed || self.signal.is_some();
        nobody_looks && matches!(self.connection, Connection::Ended(_))
    }

    fn close(self) -> Outcome {
        self.frame.window.destroy();
        let palette = Palette::new(Colour::choose(&io::stderr()));
        // The window that showed them is gone.
        print_undelivered(
            self.ledger.name(),
            &self.undelivered,
            &palette,
            &io::stderr(),
        );
        Outcome {
            ending: match self.connection {
                Connection::Ended(ending) => ending,
                Connection::Alive { .. } => None,
            },
            undelivered: self.undelivered,
            signal: self.signal,
            failure: None,
        }
    }

    // What is shown.

    /// Shows how things stand.
    fn refresh(&mut self) {
        let waiting = match (&self.standing, &self.connection) {
            // On its way, most likely.
            (Standing::Together(_), Connection::Alive { errands, .. })
                if !errands.is_stall_told() =>
            {
                0
            }
            _ => self.frame.view.unsettled(),
        };
        let title = self.standing.title();
        let state = self.standing.sentence(waiting);
        self.frame.set_title(&title, &state, self.unseen);
        let (writing, hint) = match (self.phase, self.enter) {
            (Phase::Leaving | Phase::Over, _) => (Writing::Over, ""),
            (Phase::Talking, Enter::Up) => (Writing::Open, ""),
            (Phase::Talking, Enter::Pressed) => (
                Writing::Held,
                "trop de messages sont en route : celui-ci partira après eux (Échap : le reprendre).",
            ),
        };
        self.frame.set_writing(writing, hint);
    }

    // Waiting.

    /// Waits for what comes first. What loses stays where it was: nothing is received or sent before it wins.
    async fn wait(&mut self) -> io::Result<Wake> {
        let deadline = self.deadline();
        let (given, events) = match &self.connection {
            Connection::Alive { errands, events } => {
                (Some(errands.hand_over_next(&self.ledger)), Some(events))
            }
            Connection::Ended(_) => (None, None),
        };
        let signals = &mut self.signals;
        let signal = async {
            let signal = future::poll_fn(|context| signals.poll_next(context)).await;
            signal.map(Wake::Signal)
        };
        let action = async {
            match self.actions.recv().await {
                Ok(action) => Ok(Wake::Action(action)),
                // Never: we hold a sender ourselves.
                Err(_) => future::pending().await,
            }
        };
        let given = async {
            match given {
                Some(given) => Ok(Wake::Given(given.await)),
                None => future::pending().await,
            }
        };
        let event = async {
            match events {
                Some(events) => Ok(events.recv().await.map_or(Wake::NoMoreEvents, Wake::Event)),
                None => future::pending().await,
            }
        };
        let late = async {
            match deadline {
                Some(at) => Timer::at(at).await,
                None => future::pending().await,
            };
            Ok(Wake::Late)
        };
        signal.or(action).or(given).or(event).or(late).await
    }
}
