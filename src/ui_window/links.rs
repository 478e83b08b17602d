//! Addresses of web pages within a text, and how they are opened.

use std::ops::Range;

use gtk::gdk;
use gtk::glib::{self, Propagation, clone};
use gtk::prelude::*;

use super::actions::{UserAction, UserActions};
use super::theme::tag;

/// Where the web addresses stand in `text`, as ranges of bytes, in their order.
///
/// An address is shown as it stands and opened as it is shown: nothing hides where it leads.
pub fn links(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = next_start(text, from) {
        let end = start + length(&text[start..]);
        if end > start {
            found.push(start..end);
        }
        from = end.max(start + 1);
    }
    found
}

/// Opens the tagged address that is clicked in `area`, or that Enter is pressed upon.
pub fn open_on_click(area: &gtk::TextView, actions: &UserActions) {
    let click = gtk::GestureClick::builder()
        .button(gdk::BUTTON_PRIMARY)
        .build();
    click.connect_released(clone!(
        #[weak]
        area,
        #[strong]
        actions,
        move |_, _, x, y| {
            // Who selects a text wants to read it.
            if !area.buffer().has_selection()
                && let Some(address) = iter_at(&area, x, y).and_then(|iter| address_at(&iter))
            {
                actions.ask(UserAction::Open(address));
            }
        }
    ));
    area.add_controller(click);

    let pointer = gtk::EventControllerMotion::new();
    pointer.connect_motion(clone!(
        #[weak]
        area,
        move |_, x, y| {
            let over_a_link = iter_at(&area, x, y).is_some_and(|iter| address_at(&iter).is_some());
            area.set_cursor_from_name(Some(if over_a_link { "pointer" } else { "text" }));
        }
    ));
    area.add_controller(pointer);

    let keys = gtk::EventControllerKey::new();
    keys.connect_key_pressed(clone!(
        #[weak]
        area,
        #[strong]
        actions,
        #[upgrade_or]
        Propagation::Proceed,
        move |_, key, _, _| {
            let buffer = area.buffer();
            let caret = buffer.iter_at_mark(&buffer.get_insert());
            match (key, address_at(&caret)) {
                (gdk::Key::Return | gdk::Key::KP_Enter, Some(address)) => {
                    actions.ask(UserAction::Open(address));
                    Propagation::Stop
                }
                _ => Propagation::Proceed,
            }
        }
    ));
    area.add_controller(keys);
}

/// What stands in `area` at a point of its own.
fn iter_at(area: &gtk::TextView, x: f64, y: f64) -> Option<gtk::TextIter> {
    let (x, y) = area.window_to_buffer_coords(gtk::TextWindowType::Widget, x as i32, y as i32);
    area.iter_at_location(x, y)
}

/// The address that the character at `iter` is part of.
fn address_at(iter: &gtk::TextIter) -> Option<String> {
    let link = iter.buffer().tag_table().lookup(tag::LINK)?;
    if !iter.has_tag(&link) {
        return None;
    }
    let (mut start, mut end) = (*iter, *iter);
    if !start.starts_tag(Some(&link)) {
        start.backward_to_tag_toggle(Some(&link));
    }
    end.forward_to_tag_toggle(Some(&link));
    Some(start.slice(&end).to_string())
}

const SCHEMES: [&str; 2] = ["https://", "http://"];

/// Where a scheme begins next, at or after `from`. A letter before it makes it part of another word.
fn next_start(text: &str, from: usize) -> Option<usize> {
    // The colon is searched for, because a text holds few of them.
    let colons = text.as_bytes()[from..].iter().enumerate();
    colons
        .filter(|(_, byte)| **byte == b':')
        .find_map(|(colon, _)| {
            let colon = from + colon;
            let letters = text.as_bytes()[from..colon].iter().rev();
            let start = colon - letters.take_while(|b| b.is_ascii_alphabetic()).count();
            let before = text[..start].chars().next_back();
            let alone = !before.is_some_and(char::is_alphanumeric);
            (alone && scheme(&text[start..]).is_some()).then_some(start)
        })
}

/// The scheme that `text` begins with.
fn scheme(text: &str) -> Option<&'static str> {
    SCHEMES.into_iter().find(|scheme| {
        let start = text.as_bytes().get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme.as_bytes()))
    })
}

/// How many bytes of `text` are the address that it begins with; 0 when nothing follows the scheme.
fn length(text: &str) -> usize {
    let scheme = scheme(text).map_or(0, str::len);
    let belongs =
        |c: char| c.is_alphanumeric() || (c.is_ascii_graphic() && !"<>\"\\^`{|}".contains(c));
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    let mut address = &text[..end];
    // What a sentence puts after an address is none of its business.
    while let Some(last) = address.chars().next_back() {
        let opened = |open| address.matches(open).count() >= address.matches(last).count();
        match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' => {}
            ')' if !opened('(') => {}
            ']' if !opened('[') => {}
            _ => break,
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    let host = address.get(scheme..).and_then(|rest| rest.chars().next());
    match host {
        Some(c) if c.is_alphanumeric() || c == '[' => address.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        links(text).into_iter().map(|link| &text[link]).collect()
    }

    #[test]
    fn addresses_are_found_wherever_they_stand() {
        assert_eq!(
            found("voir https://exemple.fr/été?a=1&b=2#c et HTTP://A.B:80 !"),
            ["https://exemple.fr/été?a=1&b=2#c", "HTTP://A.B:80"]
        );
        assert_eq!(found("http://[::1]:5000/x"), ["http://[::1]:5000/x"]);
        assert_eq!(found("«https://a.fr»"), ["https://a.fr"]);
    }

    #[test]
    fn what_a_sentence_adds_is_no_part_of_an_address() {
        assert_eq!(
            found(
                "(https://a.fr/b), https://a.fr. https://a.fr/?! https://fr.wikipedia.org/wiki/Lyon_(homonymie)"
            ),
            [
                "https://a.fr/b",
                "https://a.fr",
                "https://a.fr/",
                "https://fr.wikipedia.org/wiki/Lyon_(homonymie)"
            ]
        );
    }

    #[test]
    fn nothing_else_is_an_address() {
        for text in [
            "",
            "https://",
            "https:// a",
            "http:///etc/passwd",
            "xhttps://a.fr",
            "éhttps://a.fr",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "ssh://a.fr",
            "a:b:c::",
            "https",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn addresses_in_a_row_are_several() {
        let long = "http://a http://b ".repeat(200);
        assert_eq!(found(&long).len(), 400);
        assert_eq!(found("http://a:http://b"), ["http://a:http://b"]);
        assert_eq!(found(&":".repeat(4000)), [""; 0]);
    }
}
