//! What the connection is given, what comes from it, and its end.

use std::time::Duration;

use gtk::glib;
use gtk::prelude::*;

use super::{Connection, Conversation, Enter, Phase};
use crate::conversation::errands::Refused;
use crate::conversation::lines_of;
use crate::display::{self, Author, Colour, Palette, safe, safe_name};
use crate::peer::{Ending, Event};
use crate::protocol::Line;
use crate::ui_window::status::ConnectionStatus;

/// Most events taken up at once: then the screen has its turn.
const EVENTS_AT_ONCE: usize = 64;

impl Conversation {
    /// Gives the connection what it takes.
    pub(super) fn hand_over(&mut self) {
        if let Connection::Alive { errands, .. } = &mut self.connection
            && let Err(Refused) = errands.hand_over(&mut self.transcript)
        {
            self.discussion_over();
        }
    }

    pub(super) fn given(&mut self, given: Result<(), Refused>) {
        match (given, &mut self.connection) {
            (Ok(()), Connection::Alive { errands, .. }) => errands.taken(&mut self.transcript),
            _ => self.discussion_over(),
        }
    }

    /// Takes up what has come, and lets the screen have its turn when that was much.
    pub(super) async fn handle_all(&mut self, first: Event) {
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

    pub(super) fn handle(&mut self, event: Event) {
        self.progress();
        let before = std::mem::replace(&mut self.status, ConnectionStatus::Waiting);
        self.status = before.after(&event);
        let sentence = display::sentence(&event);
        match event {
            Event::Received { name, line } => {
                self.main_window.message_list.hear(&name, &line);
                self.call(&safe_name(&name), &safe(&line.text));
                if let Err(error) = self.transcript.hear(name, line) {
                    self.record_failed(&error);
                }
            }
            Event::Delivered { lines } => {
                self.main_window.message_list.settle(lines);
                if let Err(error) = self.transcript.settle(lines) {
                    self.record_failed(&error);
                }
            }
            Event::Undelivered { lines } => {
                self.main_window.message_list.give_up(lines.len());
                self.transcript.give_up(lines.len());
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

    pub(super) fn notice(&mut self, sentence: &str) {
        self.main_window.message_list.notice(sentence);
    }

    /// Something came that a person who looks elsewhere wants to know.
    pub(super) fn call(&mut self, summary: &str, body: &str) {
        if !self.main_window.window.is_active() {
            self.unseen += 1;
            self.notifier.call(summary, body);
        }
    }

    pub(super) fn connection_ended(&mut self, ending: Option<Ending>) {
        if let Connection::Ended(_) = self.connection {
            return;
        }
        let phase = self.phase;
        let last_words = ending
            .clone()
            .and_then(|ending| display::sentence(&Event::Ended(ending)));
        // What nobody waits for any more is let go of with the channels.
        self.connection = Connection::Ended(ending);
        self.status = self.status.clone().over();
        let unsettled = self.transcript.unsettled();
        self.main_window.message_list.give_up(unsettled.len());
        self.tell_undelivered(unsettled);
        self.discussion_over();
        match (last_words, phase) {
            (Some(sentence), _) => self.main_window.message_list.error(&sentence),
            (None, Phase::Leaving) => {
                let sentence = display::left(self.transcript.name());
                self.main_window.message_list.notice(&sentence);
            }
            (None, Phase::Talking) => self
                .main_window
                .message_list
                .error("la connexion a pris fin d'elle-même."),
            (None, Phase::Over) => {}
        }
    }

    pub(super) fn tell_undelivered(&mut self, lines: Vec<Line>) {
        if let Some(heading) = display::undelivered(lines.len()) {
            self.main_window.message_list.error(&heading);
        }
        let palette = Palette::new(Colour::Off);
        for line in &lines {
            let row = palette.message(Author::Own, self.transcript.name(), line);
            self.main_window.message_list.recall(&row);
        }
        self.undelivered.extend(lines);
    }

    pub(super) fn discussion_over(&mut self) {
        if self.phase == Phase::Over {
            return;
        }
        self.phase = Phase::Over;
        if let Connection::Alive { errands, .. } = &mut self.connection {
            errands.end();
        }
        let composer = self.main_window.composer.text();
        if self.enter == Enter::Pressed {
            // Its author has sent it.
            let lines = composer.split('\n').flat_map(lines_of).collect();
            self.tell_undelivered(lines);
            self.main_window.composer.clear();
        } else if !composer.trim().is_empty() {
            let composer = composer.replace('\n', " ⏎ ");
            self.main_window
                .message_list
                .notice(&format!("non envoyé : {composer}"));
        }
        self.enter = Enter::Up;
        self.main_window.message_list.focus();
    }
}
