//! What is asked of a person before something is lost or cannot be undone, and what is offered once all is over.

use gtk::gio;
use gtk::prelude::*;

use super::{Closing, WindowMode};
use crate::conversation::status::ConnectionStatus;
use crate::display::{self, safe};
use crate::invitation::Invitation;
use crate::options::{ClientDialect, Place, Sealing};
use crate::peer::Ending;
use crate::ui_window::actions::UserAction;
use crate::ui_window::join_form::{Answer, CodeField, Field, Known};
use crate::ui_window::question_bar::ButtonStyle::{Destructive, Plain, Suggested};
use crate::ui_window::question_bar::Choice;
use crate::ui_window::{links, words};

/// A question that waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    Quit,
    Close,
    /// So many lines go out at once.
    SendAll {
        lines: usize,
    },
    /// A link that does not lead where it seems to.
    Open {
        address: String,
        host: String,
    },
}

impl WindowMode {
    pub(super) fn ask(&mut self, question: Question) {
        self.question = Some(question);
        self.show_what_is_asked();
    }

    /// The question, the form, or what may be done after the end: one of them at most.
    pub(super) fn show_what_is_asked(&mut self) {
        const CLOSE: &[Choice] = &[
            ("_Revenir", UserAction::Escape, Plain),
            ("Fermer la fenêtre", UserAction::Confirm, Destructive),
        ];

        let bar = &self.main_window.question;
        if self.question.is_none() && self.is_form_open {
            self.main_window.show_form();
        } else {
            self.main_window.hide_form();
        }
        let loss = self.loss();
        let with_loss = |question: &str| match &loss {
            Some(loss) => format!("{question} {loss}"),
            None => question.to_owned(),
        };
        let lost = display::undelivered(self.undelivered.len(), self.loss);
        match &self.question {
            Some(Question::Quit) => bar.ask(
                &with_loss("Quitter la discussion ?"),
                &[
                    ("_Rester", UserAction::Escape, Plain),
                    ("Quitter la discussion", UserAction::Confirm, Destructive),
                ],
            ),
            Some(Question::Close) => match lost.filter(|_| self.conversation.is_finished()) {
                Some(lost) => bar.ask(&format!("{lost} : fermer la fenêtre ?"), CLOSE),
                None => bar.ask(&with_loss("Fermer la fenêtre ?"), CLOSE),
            },
            Some(Question::SendAll { lines }) => bar.ask(
                &format!("Envoyer ces {lines} lignes ? Chacune part comme un message."),
                &[
                    ("_Revenir au texte", UserAction::Escape, Plain),
                    ("_Envoyer", UserAction::Confirm, Suggested),
                ],
            ),
            Some(Question::Open { host, .. }) => bar.ask(
                &format!(
                    "Ce lien ne mène pas où il en a l'air, mais à « {} ».",
                    safe(host)
                ),
                &[
                    ("Ne _pas ouvrir", UserAction::Escape, Plain),
                    ("_Ouvrir quand même", UserAction::Confirm, Destructive),
                ],
            ),
            None if self.conversation.is_finished() && !self.is_form_open => {
                let again = ("_Réessayer", UserAction::Rejoin, Suggested);
                let change = if self.has_failed_by_the_code() {
                    ("_Changer de code…", UserAction::ChangeCode, Plain)
                } else {
                    ("_Changer de nom…", UserAction::ChangeName, Plain)
                };
                let elsewhere = ("_Autre discussion…", UserAction::ChangeAddress, Plain);
                bar.offer("", &[again, change, elsewhere]);
            }
            None => bar.clear(),
        }
    }

    fn has_failed_by_the_code(&self) -> bool {
        matches!(
            self.conversation.ending(),
            Some(
                Ending::WrongCode { .. }
                    | Ending::TooManyGuesses
                    | Ending::NoCode { .. }
                    | Ending::CodeWanted { .. }
            )
        )
    }

    /// What leaving now would lose.
    fn loss(&self) -> Option<String> {
        // The word that asks for the end is no text to send.
        let has_draft = self.main_window.composer.has_draft() && !self.is_farewell_typed();
        if self.conversation.is_finished() {
            return words::loss(0, has_draft);
        }
        let arrives = matches!(self.conversation.status(), ConnectionStatus::Together(_))
            && !self.conversation.is_stalled();
        // What is on its way to somebody who is there is delivered first.
        let pending = if arrives {
            0
        } else {
            self.conversation.pending()
        };
        words::loss(pending, has_draft)
    }

    /// Escape, or the button that changes nothing.
    pub(super) fn go_back(&mut self) {
        if self.question.take().is_none() {
            if self.is_form_open {
                self.is_form_open = false;
            } else {
                self.is_draft_held = false;
            }
        }
        self.show_what_is_asked();
        if self.conversation.is_talking() {
            self.main_window.composer.focus()
        } else {
            self.main_window.message_list.focus()
        }
    }

    /// The question is answered with yes.
    pub(super) fn confirm(&mut self) {
        match self.question.take() {
            Some(Question::Quit) => {
                if self.is_farewell_typed() {
                    self.main_window.composer.clear();
                }
                self.leave();
            }
            Some(Question::Close) => {
                self.closing = Closing::Anyway;
                self.hide_if_nothing_is_under_way();
                self.leave();
            }
            Some(Question::SendAll { .. }) => {
                self.is_draft_held = true;
                self.main_window.composer.focus();
            }
            Some(Question::Open { address, .. }) => {
                self.browse(&address);
                self.main_window.composer.focus();
            }
            None => {}
        }
        self.show_what_is_asked();
    }

    /// « Quitter »: at once, unless something would be lost. Pressed again while it is asked, it is meant.
    pub(super) fn quit(&mut self) {
        if !self.conversation.is_talking() {
            return;
        }
        if self.question == Some(Question::Quit) {
            self.confirm();
        } else if self.loss().is_some() {
            self.ask(Question::Quit);
        } else {
            self.question = None;
            self.leave();
            self.show_what_is_asked();
        }
    }

    /// « Quitter », perhaps by mistake.
    pub(super) fn ask_to_quit(&mut self) {
        if self.conversation.is_talking() {
            self.ask(Question::Quit);
        }
    }

    /// The window is to close: at once, unless something would be lost; closed again while that is asked, it is meant.
    pub(super) fn ask_to_close(&mut self) {
        if self.question == Some(Question::Close) {
            self.confirm();
        } else if self.loss().is_some() {
            self.ask(Question::Close);
        } else {
            self.closing = Closing::IfNothingIsLost;
            self.hide_if_nothing_is_under_way();
            self.leave();
        }
    }

    /// What is under way may still fail, and the window is where that is told.
    fn hide_if_nothing_is_under_way(&self) {
        if self.conversation.pending() == 0 || self.closing == Closing::Anyway {
            self.main_window.window.set_visible(false);
        }
    }

    fn is_farewell_typed(&self) -> bool {
        crate::conversation::commands::is_farewell(&self.main_window.composer.text())
    }

    // The next conversation.

    pub(super) fn rejoin(&mut self) {
        if self.conversation.is_finished() {
            self.begin_anew(self.call.clone());
        }
    }

    pub(super) fn open_form(&mut self, field: Field) {
        let Answer { place, name, code } = self.call.clone();
        self.main_window.form.fill(Known {
            place: Some(place),
            name: Some(name),
            code: match self.dialect {
                ClientDialect::Wire { .. } => CodeField::Optional(code),
                ClientDialect::Plain => CodeField::Absent,
            },
        });
        self.is_form_open = true;
        self.show_what_is_asked();
        self.main_window.form.focus(field);
    }

    pub(super) fn join(&mut self) {
        if !self.is_form_open || !self.conversation.is_finished() {
            return;
        }
        if let Some(call) = self.main_window.form.answer() {
            // As after the dialog at the start.
            call.remember();
            self.begin_anew(call);
        }
    }

    // While one waits.

    pub(super) fn show_what_is_awaited(&self) {
        let bar = &self.main_window.invitation;
        match self.invitation() {
            Some(invitation) => bar.show(
                &words::invited(self.call.code.as_ref()),
                Some(&invitation.to_string()),
            ),
            None => bar.show(&words::awaited(&self.call.place.to_string()), None),
        }
    }

    /// What the other types to come, once that would lead here.
    fn invitation(&self) -> Option<Invitation> {
        let ClientDialect::Wire { salon } = &self.dialect else {
            return None;
        };
        let sealing = if self.call.code.is_some() {
            Sealing::On
        } else {
            Sealing::Off
        };
        let hosted = self.hosted.as_ref();
        if let Some(address) = hosted.and_then(|relay| relay.invitations().first()) {
            return Some(Invitation::new(*address, sealing));
        }
        match (&self.call.place, self.conversation.status()) {
            (Place::Join(address), ConnectionStatus::Waiting) => {
                Some(Invitation::to_relay(address, salon.clone(), sealing))
            }
            _ => None,
        }
    }

    pub(super) fn copy_invitation(&self) {
        let bar = &self.main_window.invitation;
        self.main_window.window.clipboard().set_text(&bar.line());
        bar.tell_copied();
    }

    // Links.

    pub(super) fn ask_to_open(&mut self, address: String) {
        match links::real_host(&address) {
            Some(host) => self.ask(Question::Open { address, host }),
            None => self.browse(&address),
        }
    }

    fn browse(&self, address: &str) {
        let asks = self.asks.clone();
        let failed = UserAction::NotOpened(address.to_owned());
        gtk::show_uri_full(
            Some(&self.main_window.window),
            &links::target(address),
            gtk::gdk::CURRENT_TIME,
            gio::Cancellable::NONE,
            move |outcome| {
                if outcome.is_err() {
                    asks.ask(failed);
                }
            },
        );
    }
}
