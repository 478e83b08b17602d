//! Who is there and how the link is, in an icon, a colour and words; and « Quitter ».

use gtk::glib::clone;
use gtk::prelude::*;

use super::actions::{UserAction, UserActions};
use super::button;
use super::wrap_layout::wrapping_box;
use crate::conversation::status::ConnectionStatus;
use crate::display::{messages, safe, safe_name};

/// The row below the title, or two where they do not fit into one, so that a narrow window and a large text hide no word.
pub struct StatusBar {
    widget: gtk::Box,
    icon: gtk::Image,
    sentence: gtk::Label,
    quit: gtk::Button,
}

/// How things stand.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    pub status: &'a ConnectionStatus,
    /// Where the relay is.
    pub address: &'a str,
    /// How many messages of ours wait.
    pub waiting: usize,
    pub is_sealed: bool,
}

/// How a state looks: an icon of the desktop's theme, and a CSS class for its colour.
type Look = (&'static str, &'static str);

/// Every class of a [`Look`].
const CLASSES: [&str; 4] = ["good", "bad", "going", "over"];

impl StatusBar {
    pub fn new(actions: &UserActions) -> StatusBar {
        let icon = gtk::Image::builder()
            .valign(gtk::Align::Center)
            .accessible_role(gtk::AccessibleRole::Presentation)
            .css_classes(["state"])
            .build();
        let sentence = super::wrapping_label();
        sentence.set_hexpand(true);
        sentence.set_accessible_role(gtk::AccessibleRole::Status);
        let quit = button("_Quitter");
        quit.set_tooltip_text(Some("Quitter la discussion ; la fenêtre reste (Ctrl+Q)"));
        quit.set_valign(gtk::Align::Center);
        quit.set_halign(gtk::Align::End);
        // So it has the focus only when somebody moved it there by keys.
        quit.set_focus_on_click(false);
        quit.connect_clicked(clone!(
            #[strong]
            actions,
            move |quit| actions.ask(if quit.has_focus() {
                UserAction::AskToQuit
            } else {
                UserAction::Quit
            })
        ));
        let state = gtk::Box::builder().spacing(8).build();
        state.append(&icon);
        state.append(&sentence);
        state.set_hexpand(true);
        let widget = wrapping_box(&[state.upcast_ref(), quit.upcast_ref()]);
        widget.add_css_class("status");
        StatusBar {
            widget,
            icon,
            sentence,
            quit,
        }
    }

    pub fn widget(&self) -> &gtk::Box {
        &self.widget
    }

    /// Says how things stand.
    pub fn set(&self, standing: Standing) {
        let look = look(standing.status, standing.waiting);
        self.show(&sentence(standing), look);
    }

    /// Says that plain text goes to and from this address.
    pub fn set_plain(&self, address: &str) {
        let sentence = format!("texte brut avec {}", safe(address));
        self.show(&sentence, ("content-loading-symbolic", "going"));
    }

    fn show(&self, sentence: &str, (icon, colour): Look) {
        if self.sentence.text() == sentence {
            return;
        }
        self.sentence.set_text(sentence);
        self.icon.set_icon_name(Some(icon));
        for class in CLASSES {
            self.icon.remove_css_class(class);
        }
        self.icon.add_css_class(colour);
    }

    /// Whether there is a discussion to quit.
    pub fn set_can_quit(&self, can_quit: bool) {
        self.quit.set_sensitive(can_quit);
    }
}

/// Who is opposite, harmless; the program's own name where nobody is.
pub fn title(status: &ConnectionStatus) -> String {
    status.other().map_or_else(|| "msg".to_owned(), safe_name)
}

fn look(status: &ConnectionStatus, waiting: usize) -> Look {
    match status {
        ConnectionStatus::Calling => ("content-loading-symbolic", "going"),
        ConnectionStatus::Waiting => ("avatar-default-symbolic", "going"),
        ConnectionStatus::Together(_) if waiting > 0 => ("content-loading-symbolic", "bad"),
        ConnectionStatus::Together(_) => ("emblem-ok-symbolic", "good"),
        ConnectionStatus::Away(_) => ("dialog-question-symbolic", "bad"),
        ConnectionStatus::Disconnected(_) => ("network-offline-symbolic", "bad"),
        ConnectionStatus::Over(_) => ("media-playback-stop-symbolic", "over"),
    }
}

/// How the link is, and how many messages wait for it: short, because notices say more.
fn sentence(standing: Standing) -> String {
    let state = match standing.status {
        ConnectionStatus::Calling => format!("appel de {}…", safe(standing.address)),
        ConnectionStatus::Waiting => "en attente de l'autre".to_owned(),
        ConnectionStatus::Together(_) if standing.is_sealed => "connecté, chiffré".to_owned(),
        ConnectionStatus::Together(_) => "connecté".to_owned(),
        ConnectionStatus::Away(_) => "ne répond plus".to_owned(),
        ConnectionStatus::Disconnected(_) => "connexion coupée".to_owned(),
        ConnectionStatus::Over(_) => return "discussion terminée".to_owned(),
    };
    match messages(standing.waiting) {
        None => state,
        Some(messages) => format!("{state} – {messages} en attente"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bob() -> String {
        "Bob".to_owned()
    }

    #[test]
    fn messages_that_wait_are_counted_while_they_can_still_arrive() {
        let told = |status: ConnectionStatus, waiting| {
            sentence(Standing {
                status: &status,
                address: "h:1",
                waiting,
                is_sealed: false,
            })
        };
        assert_eq!(
            told(ConnectionStatus::Waiting, 2),
            "en attente de l'autre – 2 messages en attente"
        );
        assert_eq!(told(ConnectionStatus::Together(bob()), 0), "connecté");
        assert_eq!(told(ConnectionStatus::Over(None), 3), "discussion terminée");
    }

    #[test]
    fn no_two_states_look_alike() {
        let states = [
            (ConnectionStatus::Calling, 0),
            (ConnectionStatus::Waiting, 0),
            (ConnectionStatus::Together(bob()), 0),
            (ConnectionStatus::Together(bob()), 1),
            (ConnectionStatus::Away(bob()), 0),
            (ConnectionStatus::Disconnected(None), 0),
            (ConnectionStatus::Over(None), 0),
        ];
        let mut looks: Vec<Look> = states
            .iter()
            .map(|(status, waiting)| look(status, *waiting))
            .collect();
        looks.sort_unstable();
        looks.dedup();
        assert_eq!(looks.len(), states.len());
        assert!(looks.iter().all(|(_, colour)| CLASSES.contains(colour)));
    }

    #[test]
    fn a_hostile_name_is_harmless_in_the_title() {
        let name = "<b>Bob\u{202e}\n".to_owned();
        assert_eq!(title(&ConnectionStatus::Away(name)), "<b>Bob\\u{202e}\\n");
    }
}
