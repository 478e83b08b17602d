//! Calls whoever looks elsewhere when a message comes.

use std::time::{Duration, Instant};

use super::keys::Focus;
use crate::display::{safe, safe_name};
use crate::options::Calls;

/// Knows whether somebody looks, and how to call them.
#[derive(Debug)]
pub struct Bell {
    calls: Calls,
    notification: Notification,
    /// `None` until the terminal has said something of it, which not every one does.
    focus: Option<Focus>,
    keyed_at: Instant,
    called_at: Option<Instant>,
}

/// What the terminal understands beside its bell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notification {
    None,
    /// `OSC 9`, a text.
    Text,
    /// `OSC 777`, a title and a text.
    TitleAndText,
}

/// Where a terminal does not tell, somebody who has not typed for so long looks elsewhere.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// A flood calls no more often than this.
const CALL_INTERVAL: Duration = Duration::from_secs(10);
/// In characters: what a notification shows of a message.
const LONGEST: usize = 120;

const RING: &[u8] = b"\x07";

impl Bell {
    /// Somebody is there: they have just started the program.
    pub fn new(calls: Calls, now: Instant) -> Bell {
        Bell {
            calls,
            notification: Notification::of_environment(|name| std::env::var(name).ok()),
            focus: None,
            keyed_at: now,
            called_at: None,
        }
    }

    /// Whether the terminal is to say when its window gains and loses the focus.
    pub fn wants_focus(&self) -> bool {
        self.calls == Calls::On
    }

    /// Something was typed.
    pub fn key(&mut self, now: Instant) {
        self.keyed_at = now;
    }

    /// The terminal's window has gained or lost the focus.
    pub fn focus(&mut self, focus: Focus) {
        self.focus = Some(focus);
        // Whoever has looked is called anew.
        self.called_at = None;
    }

    /// A message has come: what the terminal is sent to call its owner, if they look elsewhere.
    pub fn call(&mut self, now: Instant, name: &str, text: &str) -> Option<Vec<u8>> {
        let looks_elsewhere = match self.focus {
            Some(focus) => focus == Focus::Lost,
            None => now.saturating_duration_since(self.keyed_at) >= IDLE_TIMEOUT,
        };
        let has_just_called = self
            .called_at
            .is_some_and(|at| now.saturating_duration_since(at) < CALL_INTERVAL);
        if self.calls == Calls::Off || !looks_elsewhere || has_just_called {
            return None;
        }
        self.called_at = Some(now);
        Some([RING, &self.notification.spell(name, text)].concat())
    }
}

impl Notification {
    /// By what terminals say of themselves. One terminal within another passes no notification on, and says who it is
    /// last of all.
    fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Notification {
        let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
        if is_set("TMUX") || is_set("STY") {
            return Notification::None;
        }
        let term = variable("TERM").unwrap_or_default();
        if term.starts_with("foot") || term.starts_with("rxvt-unicode") {
            return Notification::TitleAndText;
        }
        match variable("TERM_PROGRAM").as_deref() {
            Some("iTerm.app" | "WezTerm" | "ghostty") => Notification::Text,
            _ if term == "xterm-kitty" || term == "xterm-ghostty" => Notification::Text,
            _ => Notification::None,
        }
    }

    fn spell(self, name: &str, text: &str) -> Vec<u8> {
        // Nothing harmless ends the sequence; a semicolon would only end its title.
        let name = safe_name(name).replace(';', ",");
        let text: String = safe(text).chars().take(LONGEST).collect();
        let spelt = match self {
            Notification::None => String::new(),
            Notification::Text => format!("\x1b]9;{name} : {text}\x1b\\"),
            Notification::TitleAndText => format!("\x1b]777;notify;{name};{text}\x1b\\"),
        };
        spelt.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATER: Duration = Duration::from_secs(60);

    fn bell(now: Instant) -> Bell {
        Bell {
            notification: Notification::None,
            ..Bell::new(Calls::On, now)
        }
    }

    #[test]
    fn where_the_terminal_tells_the_focus_decides() {
        let now = Instant::now();
        let mut bell = bell(now);
        bell.focus(Focus::Gained);
        assert_eq!(bell.call(now + LATER, "Bob", "un"), None);
        bell.focus(Focus::Lost);
        assert_eq!(bell.call(now, "Bob", "un").as_deref(), Some(RING));
    }

    #[test]
    fn where_it_does_not_whoever_has_not_typed_for_long_looks_elsewhere() {
        let now = Instant::now();
        let mut bell = bell(now);
        assert_eq!(bell.call(now + IDLE_TIMEOUT / 2, "Bob", "un"), None);
        bell.key(now + IDLE_TIMEOUT / 2);
        assert_eq!(bell.call(now + IDLE_TIMEOUT, "Bob", "un"), None);
        assert!(bell.call(now + IDLE_TIMEOUT * 2, "Bob", "un").is_some());
    }

    #[test]
    fn a_flood_rings_now_and_then_and_whoever_has_looked_is_called_anew() {
        let now = Instant::now();
        let mut bell = bell(now);
        bell.focus(Focus::Lost);
        assert!(bell.call(now, "Bob", "un").is_some());
        assert_eq!(bell.call(now + CALL_INTERVAL / 2, "Bob", "deux"), None);
        assert!(bell.call(now + CALL_INTERVAL, "Bob", "trois").is_some());
        bell.focus(Focus::Gained);
        bell.focus(Focus::Lost);
        assert!(bell.call(now + CALL_INTERVAL, "Bob", "quatre").is_some());
    }

    #[test]
    fn who_wants_no_calls_gets_none() {
        let now = Instant::now();
        let mut bell = Bell::new(Calls::Off, now);
        assert!(!bell.wants_focus());
        bell.focus(Focus::Lost);
        assert_eq!(bell.call(now + LATER, "Bob", "un"), None);
    }

    #[test]
    fn a_terminal_is_notified_in_the_way_that_it_is_known_to_understand() {
        let of = |given: &[(&str, &str)]| {
            Notification::of_environment(|name| {
                let found = given.iter().find(|(given, _)| *given == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(&[("TERM", "xterm-256color")]), Notification::None);
        assert_eq!(of(&[("TERM", "foot")]), Notification::TitleAndText);
        let wezterm = [("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm")];
        assert_eq!(of(&wezterm), Notification::Text);
        let inside = [("TERM", "foot"), ("TMUX", "/tmp/tmux-0/default,1,0")];
        assert_eq!(of(&inside), Notification::None);
    }

    #[test]
    fn a_hostile_message_cannot_leave_its_notification() {
        let spelt = |kind: Notification| {
            let spelt = kind.spell("B;ob\x07", "un\x1b\\\x07;deux\u{9c}");
            String::from_utf8(spelt).unwrap()
        };
        assert_eq!(
            spelt(Notification::TitleAndText),
            "\x1b]777;notify;B,ob\\x07;un\\x1b\\\\x07;deux\\u{9c}\x1b\\"
        );
        assert!(spelt(Notification::Text).starts_with("\x1b]9;B,ob\\x07 : un"));
        let long = Notification::Text.spell("Bob", &"é".repeat(4_000));
        assert!(long.len() < 300);
    }
}
