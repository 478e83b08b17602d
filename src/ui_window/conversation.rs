//! The loop of the window: waits for what happens, and acts upon it.

mod connection;
mod leaving;
mod wait;

use std::io;
use std::time::Instant;

use gtk::gio;
use gtk::prelude::*;
use rustix::process::Signal;
use smol::channel::Receiver;

use super::Settings;
use super::actions::{UserAction, UserActions};
use super::composer::Writing;
use super::main_window::MainWindow;
use super::message_list::Kept;
use super::notifier::Notifier;
use super::status::ConnectionStatus;
use crate::conversation::commands::Command;
use crate::conversation::errands::Errands;
use crate::conversation::transcript::Transcript;
use crate::conversation::{Outcome, lines_of};
use crate::display::{self, Colour, Palette};
use crate::peer::{Ending, Event, Handle};
use crate::protocol::Line;
use crate::signals::Signals;

use wait::Wake;

/// A conversation under way.
pub struct Conversation {
    transcript: Transcript,
    phase: Phase,
    connection: Connection,
    /// Whether Enter has been pressed upon a draft that has to wait.
    enter: Enter,
    /// When to let go of the connection, whatever is still owed.
    patience: Option<Instant>,
    signal: Option<Signal>,
    undelivered: Vec<Line>,

    main_window: MainWindow,
    shutter: Shutter,
    status: ConnectionStatus,
    notifier: Notifier,
    /// What has come since the window was last in front.
    unseen: usize,
    actions: Receiver<UserAction>,
    asks: UserActions,
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
        let (asks, actions) = UserActions::new();
        let kept = match settings.record {
            Some(_) => Kept::InTheRecord,
            None => Kept::Nowhere,
        };
        let signals = Signals::watch(&[Signal::INT, Signal::TERM, Signal::HUP])?;
        let main_window = MainWindow::open(kept, &asks);
        Ok(Conversation {
            transcript: Transcript::new(settings.name, settings.record),
            phase: Phase::Talking,
            connection: Connection::Alive {
                errands: Errands::new(connection.lines, connection.leave),
                events: connection.events,
            },
            enter: Enter::Up,
            patience: None,
            signal: None,
            undelivered: Vec::new(),
            notifier: Notifier::new(&main_window.window, bus, &asks),
            main_window,
            shutter: Shutter::Open,
            status: ConnectionStatus::Calling(settings.address),
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
                Wake::UserAction(action) => self.act(action),
                Wake::Given(given) => self.given(given),
                Wake::Event(event) => self.handle_all(event).await,
                Wake::NoMoreEvents => self.connection_ended(None),
                Wake::Late => self.late(),
            }
        }
    }

    fn greet(&mut self) {
        match self.transcript.recalled(RECALLED) {
            Ok(rows) => rows
                .iter()
                .for_each(|row| self.main_window.message_list.recall(row)),
            Err(error) => self.record_failed(&error),
        }
    }

    // What a person asks.

    fn act(&mut self, action: UserAction) {
        match action {
            UserAction::Send => self.enter = Enter::Pressed,
            UserAction::TakeBack => self.enter = Enter::Up,
            UserAction::TooLong(bytes) => self.main_window.message_list.error(&format!(
                "{bytes} octets ne tiennent pas dans un message à écrire ici. Un texte de cette taille s'envoie par un \
                 tube : msg … < fichier"
            )),
            UserAction::Help => self.main_window.message_list.help(),
            UserAction::Quit => self.leave(),
            UserAction::Close => {
                self.shutter = Shutter::Closed;
                self.main_window.window.set_visible(false);
                self.leave();
            }
            UserAction::FocusChanged => {
                if self.main_window.window.is_active() {
                    self.unseen = 0;
                    self.notifier.take_back();
                }
            }
            UserAction::ThemeChanged => self.main_window.message_list.shade(),
            UserAction::Present(token) => self.main_window.present(token.as_deref()),
            UserAction::Open(address) => self.browse(&address),
            UserAction::NotOpened(address) => self
                .main_window
                .message_list
                .error(&format!("aucun programme n'ouvre {address}.")),
        }
    }

    /// Acts upon the draft, if Enter has been pressed and it need not wait.
    fn take_draft(&mut self) {
        if self.enter == Enter::Up || self.phase != Phase::Talking {
            return;
        }
        let text = self.main_window.composer.text();
        let command = match text.contains('\n') {
            // What was pasted is text, and no command.
            true => Command::Say(&text),
            false => Command::of(&text),
        };
        match command {
            Command::Say("") => {}
            Command::Say(_) if self.transcript.waiting().is_some() => return,
            Command::Say(text) => text.split('\n').for_each(|line| self.say(line)),
            Command::Quit => self.leave(),
            Command::History(count) => self.recall(count),
            Command::Help => self.main_window.message_list.help(),
            Command::Unknown(word) => return self.refuse(&format!(
                "commande inconnue : {word} (/help montre les commandes ; //… envoie un texte qui commence par « / »)."
            )),
            Command::NoNumber(word) => {
                return self.refuse(&format!("/history veut un nombre, et non « {word} »."));
            }
        }
        self.main_window.composer.clear();
        self.enter = Enter::Up;
    }

    /// The composer stays, to be put right.
    fn refuse(&mut self, why: &str) {
        self.main_window.message_list.error(why);
        self.main_window.message_list.autoscroll().to_the_end();
        self.enter = Enter::Up;
    }

    fn say(&mut self, text: &str) {
        let mut parts = 0;
        for line in lines_of(text) {
            self.main_window
                .message_list
                .say(self.transcript.name(), &line);
            if let Err(error) = self.transcript.say(line) {
                self.record_failed(&error);
            }
            parts += 1;
        }
        if parts > 1 {
            let notice = "une ligne trop longue pour un seul message part en plusieurs.";
            self.main_window.message_list.notice(notice);
        }
    }

    fn recall(&mut self, count: usize) {
        let palette = Palette::new(Colour::Off);
        match self.transcript.history(&palette, count) {
            Ok(rows) if rows.is_empty() => self
                .main_window
                .message_list
                .notice("rien n'a encore été dit."),
            Ok(rows) => {
                self.notice("derniers messages (* : pas encore remis) :");
                rows.iter()
                    .for_each(|row| self.main_window.message_list.recall(row));
            }
            Err(error) => self.record_failed(&error),
        }
        self.main_window.message_list.autoscroll().to_the_end();
    }

    fn record_failed(&mut self, error: &io::Error) {
        let cause = display::system_error(&error);
        self.main_window
            .message_list
            .error(&format!("le fichier de --history fait défaut : {cause}."));
    }

    fn browse(&self, address: &str) {
        let asks = self.asks.clone();
        let failed = UserAction::NotOpened(address.to_owned());
        gtk::show_uri_full(
            Some(&self.main_window.window),
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

    // What is shown.

    /// Shows how things stand.
    fn refresh(&mut self) {
        let waiting = match (&self.status, &self.connection) {
            // On its way, most likely.
            (ConnectionStatus::Together(_), Connection::Alive { errands, .. })
                if !errands.is_stall_told() =>
            {
                0
            }
            _ => self.main_window.message_list.unsettled(),
        };
        let title = self.status.title();
        let state = self.status.sentence(waiting);
        self.main_window.set_title(&title, &state, self.unseen);
        let (writing, hint) = match (self.phase, self.enter) {
            (Phase::Leaving | Phase::Over, _) => (Writing::Over, ""),
            (Phase::Talking, Enter::Up) => (Writing::Open, ""),
            (Phase::Talking, Enter::Pressed) => (
                Writing::Held,
                "trop de messages sont en route : celui-ci partira après eux (Échap : le reprendre).",
            ),
        };
        self.main_window.set_writing(writing, hint);
    }
}
