//! The loop of the window: waits for what happens, has [`Conversation`] say what that means, and shows it.
//!
//! One conversation after the other takes place in the same window, each with a client of its own.

mod asking;
mod menu_items;
mod wait;

use std::io;
use std::panic;
use std::path::PathBuf;
use std::thread::{self, JoinHandle};

use gtk::gio;
use gtk::prelude::*;
use smol::channel::Receiver;

use super::actions::{UserAction, UserActions};
use super::composer::Writing;
use super::join_form::{Answer, Field};
use super::main_window::MainWindow;
use super::message_list::Kept;
use super::notifier::Notifier;
use super::status_bar::{self, Standing};
use super::{Settings, words};
use crate::clock::{Clock, unix_now};
use crate::conversation::commands::Command;
use crate::conversation::status::ConnectionStatus;
use crate::conversation::{Conversation, LineSource, Outcome, Typed, Update};
use crate::display::{self, Colour, Loss, Notice, Palette, safe, safe_name};
use crate::history::Record;
use crate::options::{ClientDialect, Place};
use crate::output;
use crate::peer::{Client, Event, Shutdown};
use crate::platform::{Signal, Signals};
use crate::protocol::Line;
use crate::relay::{self, HostedRelay};

use asking::Question;
use wait::Wake;

/// A window, and the conversation in it.
pub struct WindowMode {
    conversation: Conversation,
    client: Client,
    /// The relay, where it is ours.
    hosted: Option<HostedRelay>,
    /// One of ours that still tells the other what is owed.
    ending_relay: Option<JoinHandle<io::Result<()>>>,
    call: Answer,
    dialect: ClientDialect,
    history: Option<PathBuf>,
    /// Whether we have left, and as what the connection was then.
    left: Option<ConnectionStatus>,
    /// Whether Enter has been pressed upon a draft that has to wait.
    is_draft_held: bool,
    question: Option<Question>,
    is_form_open: bool,
    closing: Closing,
    signal: Option<Signal>,
    /// What has been told in the window, of this conversation.
    undelivered: Vec<Line>,
    /// What is known of them.
    loss: Loss,
    /// How many lines of the conversations before did not arrive.
    undelivered_before: usize,
    /// Whether the end of the conversation has been told.
    is_end_told: bool,

    main_window: MainWindow,
    notifier: Notifier,
    /// What has come since the window was last in front.
    unseen: usize,
    actions: Receiver<UserAction>,
    asks: UserActions,
    signals: Signals,
    clock: Clock,
}

/// Whether the window is still wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    No,
    /// It closes once all has arrived. What has not is worth a question.
    IfNothingIsLost,
    /// It closes, whatever is lost: its person knows.
    Anyway,
}

/// How many lines of the record are shown at the start.
const RECALLED: usize = 200;

impl WindowMode {
    /// Opens the window.
    ///
    /// # Errors
    /// When the system is out of file descriptors or of randomness.
    pub fn open(settings: Settings, bus: Option<gio::DBusConnection>) -> io::Result<WindowMode> {
        let Settings {
            call,
            dialect,
            record,
            history,
        } = settings;
        let (asks, actions) = UserActions::new();
        let kept = match record {
            Some(_) => Kept::InTheRecord,
            None => Kept::Nowhere,
        };
        let signals = Signals::watch(&[Signal::Interrupt, Signal::Terminate, Signal::HangUp])?;
        let Beginning {
            conversation,
            client,
            hosted,
        } = begin(&call, &dialect, record)?;
        let main_window = MainWindow::open(kept, &asks);
        Ok(WindowMode {
            conversation,
            client,
            hosted,
            ending_relay: None,
            call,
            dialect,
            history,
            left: None,
            is_draft_held: false,
            question: None,
            is_form_open: false,
            closing: Closing::No,
            signal: None,
            undelivered: Vec::new(),
            loss: Loss::Certain,
            undelivered_before: 0,
            is_end_told: false,
            notifier: Notifier::new(&main_window.window, bus, &asks),
            main_window,
            unseen: 0,
            actions,
            asks,
            signals,
            clock: Clock::start(),
        })
    }

    /// Talks until the window is closed and the connection has ended.
    ///
    /// # Errors
    /// When the system fails to wait.
    pub async fn run(mut self) -> io::Result<Outcome> {
        self.conversation.recall(RECALLED);
        loop {
            self.carry_out();
            self.send_held_draft();
            self.tell_the_end();
            self.refresh();
            if self.is_done() {
                return Ok(self.close());
            }
            match self.wait().await? {
                Wake::Signal(signal) => {
                    self.signal = Some(signal);
                    self.note_leaving();
                    self.conversation.signal(self.clock.now(), signal);
                }
                Wake::UserAction(action) => self.act(action),
                Wake::Event(event) => self.take_events(event).await,
                Wake::Timeout => self.conversation.handle_timeout(self.clock.now()),
            }
        }
    }

    /// Another conversation, in the same window. What was said before stays to be read.
    fn begin_anew(&mut self, call: Answer) {
        let record = self.history.as_deref().map(Record::open).transpose();
        let record = record.unwrap_or_else(|error| {
            self.tell(&Notice::RecordFailed(error));
            None
        });
        // Its port may be wanted again.
        self.wait_for_ending_relay();
        match begin(&call, &self.dialect, record) {
            Ok(Beginning {
                conversation,
                client,
                hosted,
            }) => {
                self.hosted = hosted;
                self.undelivered_before += self.undelivered.len();
                self.undelivered.clear();
                self.loss = Loss::Certain;
                self.conversation = conversation;
                self.client = client;
                self.call = call;
                self.left = None;
                self.is_end_told = false;
                self.main_window.message_list.begin_anew();
                let place = self.call.place.to_string();
                let sentence = match &self.call.place {
                    Place::Join(_) => format!("nouvel appel de {}.", safe(&place)),
                    Place::Host { .. } => format!("nouvelle discussion, ouverte ici ({place})."),
                };
                self.main_window.message_list.notice(&sentence);
                self.main_window.message_list.autoscroll().to_the_end();
                // What cannot be written into cannot have the keyboard.
                self.refresh();
                self.main_window.composer.focus();
            }
            Err(error) => {
                let cause = display::system_error(&error);
                self.main_window
                    .message_list
                    .error(&format!("impossible d'appeler : {cause}."));
            }
        }
        self.is_form_open = false;
        self.show_what_is_asked();
    }

    // What a person does.

    fn act(&mut self, action: UserAction) {
        match action {
            UserAction::Send => self.send(),
            UserAction::Escape => self.go_back(),
            UserAction::TooLong(bytes) => self.main_window.message_list.error(&format!(
                "{bytes} octets ne tiennent pas dans un texte à écrire ici : envoyez-le en plusieurs fois."
            )),
            UserAction::Quit => self.quit(),
            UserAction::AskToQuit => self.ask_to_quit(),
            UserAction::Close => self.ask_to_close(),
            UserAction::Confirm => self.confirm(),
            UserAction::Rejoin => self.rejoin(),
            UserAction::ChangeName => self.open_form(Field::Name),
            UserAction::ChangeAddress => self.open_form(Field::Address),
            UserAction::ChangeCode => self.open_form(Field::Code),
            UserAction::Join => self.join(),
            UserAction::CopyInvitation => self.copy_invitation(),
            UserAction::Menu(item) => self.choose(item),
            UserAction::FocusChanged => {
                if self.main_window.window.is_active() {
                    self.unseen = 0;
                    self.notifier.take_back();
                }
            }
            UserAction::ThemeChanged => self.main_window.lay_out(),
            UserAction::Present(token) => self.main_window.present(token.as_deref()),
            UserAction::Open(address) => self.ask_to_open(address),
            UserAction::NotOpened(address) => self
                .main_window
                .message_list
                .error(&format!("aucun programme n'ouvre {address}.")),
            UserAction::NotSaved(cause) => self
                .main_window
                .message_list
                .error(&format!("la discussion n'a pas pu être enregistrée : {cause}.")),
        }
    }

    /// Enter was pressed.
    fn send(&mut self) {
        /// In lines: more were hardly typed, and may have been pasted by mistake.
        const MAX_UNASKED: usize = 20;

        if !self.conversation.is_talking() {
            return;
        }
        let text = self.main_window.composer.text();
        let lines = text.split('\n').count();
        if lines > MAX_UNASKED {
            self.ask(Question::SendAll { lines });
        } else if lines == 1 && Command::of(&text) == Command::Quit {
            self.ask(Question::Quit);
        } else {
            self.is_draft_held = true;
        }
    }

    /// Acts upon a draft that Enter was pressed upon, once it need not wait.
    fn send_held_draft(&mut self) {
        if !self.is_draft_held || !self.conversation.is_talking() {
            return;
        }
        let text = self.main_window.composer.text();
        let is_said = text.contains('\n') || matches!(Command::of(&text), Command::Say(_));
        if is_said && !text.trim().is_empty() && !self.client.has_room() {
            return;
        }
        self.is_draft_held = false;
        let typed = self.conversation.line(self.clock.now(), unix_now(), &text);
        match typed {
            Typed::Taken => self.main_window.composer.clear(),
            Typed::Refused => {}
        }
        // Whoever writes or asks wants to see what comes of it.
        self.carry_out();
        self.main_window.message_list.autoscroll().to_the_end();
    }

    // The connection.

    /// Takes up what has come, and lets the screen have its turn when that was much.
    async fn take_events(&mut self, first: Event) {
        /// Then the screen has its turn.
        const EVENTS_AT_ONCE: usize = 64;

        self.conversation.event(self.clock.now(), first);
        for _ in 1..EVENTS_AT_ONCE {
            self.carry_out();
            match self.client.try_next() {
                Some(event) => self.conversation.event(self.clock.now(), event),
                None => return,
            }
        }
        self.carry_out();
        wait::let_the_screen_draw().await;
    }

    /// Does all that the conversation asks for.
    fn carry_out(&mut self) {
        while let Some(update) = self.conversation.next_update() {
            let message_list = &mut self.main_window.message_list;
            match update {
                Update::Said(line) => {
                    message_list.say(self.conversation.name(), &line);
                    self.client.say(line);
                }
                Update::Received { name, line } => {
                    message_list.hear(&name, &line);
                    self.call_for_attention(&safe_name(&name), &safe(&line.text));
                }
                Update::Delivered { lines } => message_list.settle(lines),
                Update::Undelivered { lines, loss } => self.tell_undelivered(lines, loss),
                Update::Notice(notice) => self.tell(&notice),
                Update::Past(rows) => {
                    let name = self.conversation.name();
                    rows.iter().for_each(|row| message_list.recall(row, name));
                }
                Update::Help => super::menu::show_shortcuts(&self.main_window.window),
                Update::Leave(how) => self.client.leave(how),
                Update::Over => {}
                Update::HangUp => self.client.hang_up(),
            }
        }
    }

    fn tell(&mut self, notice: &Notice) {
        let message_list = &mut self.main_window.message_list;
        let sentence = match notice {
            // The messages' own marks and the status say so.
            Notice::Stalled { .. } | Notice::Calling | Notice::Leaving { .. } => return,
            Notice::HistoryHeading { .. } => "derniers messages :".to_owned(),
            Notice::Delivering => words::DELIVERING.to_owned(),
            // What is awaited stands above the conversation.
            Notice::Connection(Event::Waiting) => return,
            notice => match notice.sentence() {
                Some(sentence) => sentence,
                None => return,
            },
        };
        if notice.is_error() {
            message_list.error(&sentence)
        } else {
            message_list.notice(&sentence)
        }
        if let Notice::Connection(
            Event::Arrived { .. }
            | Event::Left { .. }
            | Event::LeftWithoutGoodbye { .. }
            | Event::Lost { .. },
        ) = notice
        {
            self.call_for_attention("msg", &sentence);
        }
    }

    /// Something came that a person who looks elsewhere wants to know.
    fn call_for_attention(&mut self, summary: &str, body: &str) {
        if !self.main_window.window.is_active() {
            self.unseen += 1;
            self.notifier.call(summary, body);
        }
    }

    /// Each message says so itself, where it stands.
    fn tell_undelivered(&mut self, lines: Vec<Line>, loss: Loss) {
        if lines.is_empty() {
            return;
        }
        let message_list = &mut self.main_window.message_list;
        message_list.give_up(lines.len(), loss);
        if let Some(told) = display::undelivered(lines.len(), loss) {
            message_list.error(&format!("{told}."));
        }
        self.loss = self.loss.max(loss);
        self.undelivered.extend(lines);
    }

    /// Says how the conversation ended, once, and what may be done next.
    fn tell_the_end(&mut self) {
        if self.is_end_told || !self.conversation.is_finished() {
            return;
        }
        self.is_end_told = true;
        self.is_draft_held = false;
        self.end_hosting();
        if let Some(Question::Quit | Question::SendAll { .. }) = self.question {
            // The other has answered it by leaving.
            self.question = None;
        }
        let ending = self.conversation.ending().and_then(words::ending);
        let message_list = &mut self.main_window.message_list;
        match (ending, &self.left) {
            // Nobody had answered who could be told that we leave.
            (_, Some(ConnectionStatus::Calling)) if self.dialect != ClientDialect::Plain => {
                let address = self.call.place.to_string();
                message_list.notice(&words::given_up(&address));
            }
            (Some(sentence), _) => message_list.error(&sentence),
            (None, Some(_)) => message_list.notice(&display::left(self.conversation.name())),
            (None, None) => {}
        }
        if self.closing == Closing::IfNothingIsLost && !self.undelivered.is_empty() {
            // Whoever closes the window wants to know before it is gone.
            self.closing = Closing::No;
            self.ask(Question::Close);
        }
        // After the end the keys are the conversation's, to scroll and to copy.
        self.main_window.message_list.focus();
        self.show_what_is_asked();
    }

    // What is shown.

    /// Shows how things stand.
    fn refresh(&mut self) {
        let status = self.conversation.status();
        let waiting = match status {
            // On its way, most likely.
            ConnectionStatus::Together(_) if !self.conversation.is_stalled() => 0,
            _ => self.conversation.pending(),
        };
        if waiting > 0 {
            self.main_window.message_list.tell_on_their_way();
        }
        let address = self.call.place.to_string();
        match (status, &self.dialect) {
            // A server of plain text never says who is there.
            (ConnectionStatus::Calling, ClientDialect::Plain) => {
                self.main_window.status.set_plain(&address);
            }
            _ => self.main_window.status.set(Standing {
                status,
                address: &address,
                waiting,
                is_sealed: self.conversation.is_sealed(),
            }),
        }
        self.main_window.set_sealed(self.conversation.is_sealed());
        let title = status_bar::title(status);
        self.main_window.set_title(&title, self.unseen);
        let is_awaited = matches!(
            status,
            ConnectionStatus::Calling | ConnectionStatus::Waiting
        ) && self.dialect != ClientDialect::Plain;
        if self.conversation.is_talking() && is_awaited {
            self.show_what_is_awaited()
        } else {
            self.main_window.invitation.hide()
        }
        let (writing, hint) = if !self.conversation.is_talking() {
            (Writing::Over, "")
        } else if self.is_draft_held {
            (
                Writing::Held,
                "trop de messages sont en route : celui-ci partira après eux (Échap : le reprendre).",
            )
        } else {
            (Writing::Open, "")
        };
        self.main_window.set_writing(writing, hint);
    }

    // The way out.

    /// Remembers how things stood when we left.
    fn note_leaving(&mut self) {
        if self.conversation.is_talking() {
            self.left = Some(self.conversation.status().clone());
        }
    }

    fn leave(&mut self) {
        if !self.conversation.is_talking() {
            return;
        }
        self.note_leaving();
        self.is_draft_held = false;
        self.conversation.leave(self.clock.now(), Shutdown::Quit);
        if self.conversation.pending() > 0 {
            self.main_window.message_list.notice(words::DELIVERING);
        }
    }

    /// Lets a relay of ours end: the other may still be told something, which takes a few seconds at most.
    fn end_hosting(&mut self) {
        if let Some(relay) = self.hosted.take() {
            self.wait_for_ending_relay();
            self.ending_relay = Some(thread::spawn(|| relay.close()));
        }
    }

    fn wait_for_ending_relay(&mut self) {
        if let Some(relay) = self.ending_relay.take() {
            match relay.join() {
                Ok(Ok(())) => {}
                // The conversation had its own end by then.
                Ok(Err(error)) => self.tell_relay_failed(&error),
                Err(cause) => panic::resume_unwind(cause),
            }
        }
    }

    fn tell_relay_failed(&mut self, error: &io::Error) {
        let cause = display::system_error(error);
        self.main_window
            .message_list
            .error(&format!("le relais ouvert ici a fait défaut : {cause}."));
    }

    fn is_done(&self) -> bool {
        let is_wanted = self.closing == Closing::No && self.signal.is_none();
        !is_wanted && self.conversation.is_finished()
    }

    fn close(mut self) -> Outcome {
        self.main_window.close();
        self.end_hosting();
        self.wait_for_ending_relay();
        let palette = Palette::new(Colour::choose(&io::stderr()));
        // The window that showed them is gone.
        let rows = palette.undelivered(self.conversation.name(), &self.undelivered, self.loss);
        output::print_last_words(&io::stderr(), rows);
        let outcome = self.conversation.into_outcome();
        Outcome {
            undelivered: outcome.undelivered + self.undelivered_before,
            ..outcome
        }
    }
}

/// What a conversation takes.
struct Beginning {
    conversation: Conversation,
    client: Client,
    hosted: Option<HostedRelay>,
}

/// Begins a conversation: at a relay of our own, where that is asked for, which our client calls as anybody does.
fn begin(call: &Answer, dialect: &ClientDialect, record: Option<Record>) -> io::Result<Beginning> {
    let (address, hosted) = match &call.place {
        Place::Join(address) => (address.clone(), None),
        Place::Host { host, port } => {
            let hosted = HostedRelay::open(relay::listen(host.as_deref(), *port)?)?;
            (hosted.own_address().into(), Some(hosted))
        }
    };
    let name = call.name.to_string();
    let client = Client::new(
        address,
        dialect
            .clone()
            .spoken_by(call.name.clone(), call.code.clone()),
    )?;
    Ok(Beginning {
        conversation: Conversation::new(name, LineSource::Person, record),
        client,
        hosted,
    })
}
