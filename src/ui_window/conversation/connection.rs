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
use crate::ui_window::standing::Standing;

/// Most events taken up at once: then the screen has its turn.
const EVENTS_AT_ONCE: usize = 64;

impl Conversation {
    /// Gives the connection what it takes.
    pub(super) fn hand_over(&mut self) {
        if let Connection::Alive { errands, .. } = &mut self.connection
            && let Err(Refused) = errands.hand_over(&mut self.ledger)
        {
            self.discussion_over();
        }
    }

    pub(super) fn given(&mut self, given: Result<(), Refused>) {
        match (given, &mut self.connection) {
            (Ok(()), Connection::Alive { errands, .. }) => errands.taken(&mut self.ledger),
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

    pub(super) fn notice(&mut self, sentence: &str) {
        self.frame.view.notice(sentence);
    }

    /// Something came that a person who looks elsewhere wants to know.
    pub(super) fn call(&mut self, summary: &str, body: &str) {
        if !self.frame.window.is_active() {
            self.unseen += 1;
            self.attention.call(summary, body);
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

    pub(super) fn tell_undelivered(&mut self, lines: Vec<Line>) {
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

    pub(super) fn discussion_over(&mut self) {
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
            let draft = draft.replace('\n', " ⏎ ");
            self.frame.view.notice(&format!("non envoyé : {draft}"));
        }
        self.enter = Enter::Up;
        self.frame.view.focus();
    }
}
