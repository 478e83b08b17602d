//! The window itself: who is there and how the link is, the display area, the input area, « Quitter », the menu.

use gtk::gdk::{Key, ModifierType};
use gtk::glib::{self, Propagation, clone};
use gtk::prelude::*;

use super::actions::{UserAction, UserActions};
use super::autoscroll::moves_through_text;
use super::composer::{Composer, Writing};
use super::invitation_bar::InvitationBar;
use super::join_form::JoinForm;
use super::last_used::{self, WindowState};
use super::menu;
use super::message_list::{Kept, MessageList};
use super::question_bar::QuestionBar;
use super::search_bar::SearchBar;
use super::status_bar::StatusBar;
use super::theme;
use super::{on_key, words};

/// A window with all its parts.
pub struct MainWindow {
    pub window: gtk::Window,
    pub status: StatusBar,
    pub invitation: InvitationBar,
    pub search: SearchBar,
    pub message_list: MessageList,
    pub question: QuestionBar,
    pub form: JoinForm,
    pub composer: Composer,
    /// The form and its buttons.
    form_bar: gtk::Box,
    /// Who is there.
    title: gtk::Label,
    /// That nobody else reads it.
    lock: gtk::Image,
    text_size: TextSize,
}

/// The size of the text, beside the desktop's own choice: Ctrl + and −.
struct TextSize {
    percent: u32,
    style: gtk::CssProvider,
}

impl MainWindow {
    /// Shows an empty window.
    pub fn open(kept: Kept, actions: &UserActions) -> MainWindow {
        let message_list = MessageList::new(kept, actions);
        let composer = Composer::new(actions, message_list.autoscroll());
        let status = StatusBar::new(actions);
        let invitation = InvitationBar::new(actions);
        let question = QuestionBar::new(actions);
        let (form, form_bar) = form_bar(actions);
        let back_to_writing = composer.area().clone();
        let search = SearchBar::new(message_list.area(), message_list.autoscroll(), move || {
            back_to_writing.grab_focus();
        });
        let title = gtk::Label::builder()
            .css_classes(["title"])
            .ellipsize(gtk::pango::EllipsizeMode::End)
            .build();
        let header = gtk::HeaderBar::builder().title_widget(&title).build();
        let content = gtk::Box::new(gtk::Orientation::Vertical, 0);
        content.append(status.widget());
        content.append(&gtk::Separator::new(gtk::Orientation::Horizontal));
        content.append(invitation.widget());
        content.append(search.widget());
        content.append(message_list.widget());
        content.append(question.widget());
        content.append(&form_bar);
        content.append(&gtk::Separator::new(gtk::Orientation::Horizontal));
        content.append(composer.widget());
        let state = last_used::window();
        let window = gtk::Window::builder()
            .child(&content)
            .titlebar(&header)
            .default_width(state.width)
            .default_height(state.height)
            .build();
        let lock = gtk::Image::builder()
            .icon_name("channel-secure-symbolic")
            .tooltip_text(words::SEALED)
            .accessible_role(gtk::AccessibleRole::Img)
            .visible(false)
            .build();
        lock.update_property(&[gtk::accessible::Property::Label(words::SEALED)]);
        header.pack_start(&lock);
        header.pack_end(&menu::button(&window, actions));
        window.add_controller(menu::shortcuts(actions));
        follow(&window, actions);
        type_into_the_composer(&window, message_list.area(), composer.area());
        escape(&window, actions);
        let style = theme::add_style(&gtk::prelude::WidgetExt::display(&window), "");
        composer.focus();
        window.present();
        let mut window = MainWindow {
            window,
            status,
            invitation,
            search,
            message_list,
            question,
            form,
            composer,
            form_bar,
            title,
            lock,
            text_size: TextSize {
                percent: state.text_percent,
                style,
            },
        };
        window.scale_text(|percent| percent);
        window
    }

    /// Says who is there, and how many messages came while nobody looked.
    pub fn set_title(&self, title: &str, unseen: usize) {
        self.title.set_text(title);
        let title = match unseen {
            0 => title.to_owned(),
            n => format!("({n}) {title}"),
        };
        if self.window.title().as_deref() != Some(&title) {
            self.window.set_title(Some(&title));
        }
    }

    /// Says whether nobody else can read what is said.
    pub fn set_sealed(&self, is_sealed: bool) {
        self.lock.set_visible(is_sealed);
    }

    /// Says what may be written, and why not, if that is not plain. What can be written can be left.
    pub fn set_writing(&self, writing: Writing, hint: &str) {
        self.composer.set(writing, hint);
        self.status.set_can_quit(writing != Writing::Over);
    }

    pub fn show_form(&self) {
        self.form_bar.set_visible(true);
    }

    pub fn hide_form(&self) {
        self.form_bar.set_visible(false);
    }

    /// Comes to the front, by leave of the token that the desktop gave for it.
    pub fn present(&self, token: Option<&str>) {
        if let Some(token) = token {
            self.window.set_startup_id(token);
        }
        self.window.present();
    }

    /// Makes the text larger or smaller: `change` gives the new percentage for the old one.
    pub fn scale_text(&mut self, change: impl Fn(u32) -> u32) {
        self.text_size.percent = WindowState::text_percent(change(self.text_size.percent));
        let percent = self.text_size.percent;
        let style = format!(".{} {{ font-size: {percent}%; }}", theme::SCALED);
        self.text_size.style.load_from_data(&style);
        self.lay_out();
    }

    /// Takes over the colours and the sizes of the theme.
    pub fn lay_out(&self) {
        if theme::is_high_contrast() {
            self.window.add_css_class(theme::CONTRAST)
        } else {
            self.window.remove_css_class(theme::CONTRAST)
        }
        self.message_list.shade();
        self.composer.lay_out(self.message_list.area().em());
    }

    /// Closes it, and remembers its size for the next one.
    pub fn close(&self) {
        let (width, height) = self.window.default_size();
        // The next one has the usual size then: no reason to keep anybody from going.
        drop(last_used::remember_window(&WindowState {
            width,
            height,
            text_percent: self.text_size.percent,
        }));
        self.window.destroy();
    }
}

/// Tells what happens to the window.
fn follow(window: &gtk::Window, actions: &UserActions) {
    window.connect_close_request(clone!(
        #[strong]
        actions,
        move |_| {
            actions.ask(UserAction::Close);
            Propagation::Stop
        }
    ));
    window.connect_is_active_notify(clone!(
        #[strong]
        actions,
        move |_| actions.ask(UserAction::FocusChanged)
    ));
    if let Some(settings) = gtk::Settings::default() {
        let changed = clone!(
            #[strong]
            actions,
            move |_: &gtk::Settings| actions.ask(UserAction::ThemeChanged)
        );
        settings.connect_gtk_theme_name_notify(changed.clone());
        settings.connect_gtk_application_prefer_dark_theme_notify(changed.clone());
        settings.connect_gtk_font_name_notify(changed.clone());
        settings.connect_gtk_xft_dpi_notify(changed);
    }
}

/// What is typed goes into the input area wherever the keyboard is: in the conversation, which nobody can write into,
/// before it sees the key; anywhere else, once a button or a field has made nothing of it.
fn type_into_the_composer(
    window: &gtk::Window,
    conversation: &impl IsA<gtk::Widget>,
    composer: &gtk::TextView,
) {
    let in_the_conversation = gtk::EventControllerKey::new();
    in_the_conversation.set_propagation_phase(gtk::PropagationPhase::Capture);
    let elsewhere = gtk::EventControllerKey::new();
    for controller in [&in_the_conversation, &elsewhere] {
        controller.connect_key_pressed(clone!(
            #[weak]
            composer,
            #[upgrade_or]
            Propagation::Proceed,
            move |keys, key, _, held| {
                if composer.has_focus() || !composer.is_editable() || !is_typing(key, held) {
                    return Propagation::Proceed;
                }
                composer.grab_focus();
                if keys.forward(&composer) {
                    Propagation::Stop
                } else {
                    Propagation::Proceed
                }
            }
        ));
    }
    // The caret is of use to whoever moves it, and blinks for nobody else.
    in_the_conversation.connect_key_pressed(|keys, key, _, _| {
        if let Some(area) = keys.widget()
            && moves_through_text(key)
        {
            area.add_css_class(theme::CARET);
        }
        Propagation::Proceed
    });
    let focus = gtk::EventControllerFocus::new();
    focus.connect_leave(|focus| {
        if let Some(area) = focus.widget() {
            area.remove_css_class(theme::CARET);
        }
    });
    conversation.add_controller(focus);
    conversation.add_controller(in_the_conversation);
    window.add_controller(elsewhere);
}

/// Whether a key writes something, or begins to, as a dead key does; pasting is writing too.
fn is_typing(key: Key, held: ModifierType) -> bool {
    let is_control = held.contains(ModifierType::CONTROL_MASK);
    if is_control && matches!(key, Key::v | Key::V) {
        return true;
    }
    if is_control || held.intersects(ModifierType::ALT_MASK | ModifierType::SUPER_MASK) {
        return false;
    }
    let writes = key.to_unicode().is_some_and(|c| !c.is_control());
    let composes =
        key == Key::Multi_key || key.name().is_some_and(|name| name.starts_with("dead_"));
    writes || composes
}

/// Escape goes back from what is asked, wherever the keyboard is.
fn escape(window: &gtk::Window, actions: &UserActions) {
    let actions = actions.clone();
    on_key(window, &[Key::Escape], move || {
        actions.ask(UserAction::Escape)
    });
}

/// The form that asks for another address or name, with its buttons; hidden.
fn form_bar(actions: &UserActions) -> (JoinForm, gtk::Box) {
    let join = clone!(
        #[strong]
        actions,
        move || actions.ask(UserAction::Join)
    );
    let form = JoinForm::new(join.clone());
    let buttons = gtk::Box::builder()
        .spacing(6)
        .halign(gtk::Align::End)
        .build();
    let cancel = super::button("_Annuler");
    cancel.connect_clicked(clone!(
        #[strong]
        actions,
        move |_| actions.ask(UserAction::Escape)
    ));
    let submit = super::button("Commenc_er");
    submit.add_css_class("suggested-action");
    submit.connect_clicked(move |_| join());
    buttons.append(&cancel);
    buttons.append(&submit);
    let bar = gtk::Box::builder()
        .orientation(gtk::Orientation::Vertical)
        .spacing(12)
        .css_classes(["question"])
        .visible(false)
        .build();
    bar.append(form.widget());
    bar.append(&buttons);
    (form, bar)
}
