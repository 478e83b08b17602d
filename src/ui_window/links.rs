//! Addresses of web pages within a text, and how they are opened.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use gtk::glib::{self, Propagation, Unichar, clone};
use gtk::prelude::*;
use gtk::{gdk, gio};

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

/// Opens the tagged address that is clicked in `area`, or that Enter is pressed upon, and offers it in the menu of the
/// right button.
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

    let offered = offer_in_the_menu(area, actions);
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
            let address = address_at(&caret);
            match (key, address) {
                (gdk::Key::Return | gdk::Key::KP_Enter, Some(address)) => {
                    actions.ask(UserAction::Open(address));
                    return Propagation::Stop;
                }
                (gdk::Key::Menu | gdk::Key::F10, address) => offered(&area, address),
                _ => {}
            }
            Propagation::Proceed
        }
    ));
    area.add_controller(keys);
}

/// Adds the address under the pointer to the menu of the right button; gives what adds another one.
fn offer_in_the_menu(
    area: &gtk::TextView,
    actions: &UserActions,
) -> impl Fn(&gtk::TextView, Option<String>) + Clone + 'static {
    let chosen: Rc<RefCell<Option<String>>> = Rc::default();
    let menu = gio::Menu::new();
    menu.append(Some("Copier le lien"), Some("link.copy"));
    menu.append(Some("Ouvrir le lien"), Some("link.open"));
    let group = gio::SimpleActionGroup::new();
    let copy = gio::SimpleAction::new("copy", None);
    copy.connect_activate(clone!(
        #[strong]
        chosen,
        #[weak]
        area,
        move |_, _| {
            if let Some(address) = &*chosen.borrow() {
                area.clipboard().set_text(address);
            }
        }
    ));
    let open = gio::SimpleAction::new("open", None);
    open.connect_activate(clone!(
        #[strong]
        chosen,
        #[strong]
        actions,
        move |_, _| {
            if let Some(address) = &*chosen.borrow() {
                actions.ask(UserAction::Open(address.clone()));
            }
        }
    ));
    group.add_action(&copy);
    group.add_action(&open);
    area.insert_action_group("link", Some(&group));
    let offer = move |area: &gtk::TextView, address: Option<String>| {
        area.set_extra_menu(address.as_ref().map(|_| &menu));
        chosen.replace(address);
    };
    let click = gtk::GestureClick::builder()
        .button(gdk::BUTTON_SECONDARY)
        // Before the text view shows its menu.
        .propagation_phase(gtk::PropagationPhase::Capture)
        .build();
    click.connect_pressed(clone!(
        #[weak]
        area,
        #[strong]
        offer,
        move |_, _, x, y| {
            offer(
                &area,
                iter_at(&area, x, y).and_then(|iter| address_at(&iter)),
            );
        }
    ));
    area.add_controller(click);
    offer
}

/// What a browser is asked to open for an address as it is shown.
pub fn target(address: &str) -> String {
    match scheme(address) {
        Some(scheme) if scheme.contains(':') => address.to_owned(),
        _ => format!("https://{address}"),
    }
}

/// The host that an address really leads to, where it looks like another one: a name before an `@`, or letters of
/// several scripts, which may look alike. Such a host is given in ASCII, as the network spells it.
pub fn real_host(address: &str) -> Option<String> {
    let target = target(address);
    let (_, rest) = target.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user, host_and_port) = match authority.rsplit_once('@') {
        Some((user, rest)) => (Some(user), rest),
        None => (None, authority),
    };
    let host = match host_and_port.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => host_and_port,
    };
    let is_mixed = mixes_scripts(host);
    let host = if is_mixed {
        glib::hostname_to_ascii(host).map_or_else(|| host.to_owned(), String::from)
    } else {
        host.to_owned()
    };
    (is_mixed || user.is_some()).then_some(host)
}

/// Whether the letters of a host are of scripts that no language writes together.
fn mixes_scripts(host: &str) -> bool {
    use glib::UnicodeScript::{Bopomofo, Common, Han, Hangul, Hiragana, Inherited, Katakana};

    let mut scripts: Vec<_> = host.chars().map(|c| c.script()).collect();
    scripts.retain(|script| !matches!(script, Common | Inherited));
    let all = |known: &[glib::UnicodeScript]| scripts.iter().all(|script| known.contains(script));
    let is_one = scripts.windows(2).all(|pair| pair[0] == pair[1]);
    !(is_one || all(&[Han, Hiragana, Katakana]) || all(&[Han, Hangul]) || all(&[Han, Bopomofo]))
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

/// What an address begins with. `www.` stands for a scheme that nobody types.
const SCHEMES: [&str; 3] = ["https://", "http://", "www."];

/// Where a scheme begins next, at or after `from`. A letter before it makes it part of another word.
fn next_start(text: &str, from: usize) -> Option<usize> {
    // Its last letter is followed by one of these, of which a text holds few.
    let ends = text.as_bytes()[from..].iter().enumerate();
    ends.filter(|(_, byte)| matches!(byte, b':' | b'.'))
        .find_map(|(end, _)| {
            let end = from + end;
            let letters = text.as_bytes()[from..end].iter().rev();
            let start = end - letters.take_while(|b| b.is_ascii_alphabetic()).count();
            let before = text[..start].chars().next_back();
            let alone = !before.is_some_and(|c| c.is_alphanumeric() || "./@".contains(c));
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
    fn an_address_without_a_scheme_is_one_if_it_begins_as_people_write_them() {
        assert_eq!(
            found("voir www.exemple.fr/a, ou Www.b.fr."),
            ["www.exemple.fr/a", "Www.b.fr"]
        );
        for text in [
            "www.",
            "www",
            "awww.a.fr",
            "a.www.b.fr",
            "x@www.a.fr",
            "//www.a.fr",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
        assert_eq!(found("https://www.a.fr"), ["https://www.a.fr"]);
        assert_eq!(target("www.a.fr"), "https://www.a.fr");
        assert_eq!(target("http://a.fr"), "http://a.fr");
    }

    #[test]
    fn an_address_that_looks_like_another_ones_names_its_real_host() {
        let doubtful = |address: &str| real_host(address);
        let evil = Some("evil.example".to_owned());
        assert_eq!(doubtful("https://www.banque.fr@evil.example/"), evil);
        assert_eq!(doubtful("https://a:b@evil.example:8080?x"), evil);
        // Cyrillic letters that look like « apple ».
        assert_eq!(
            doubtful("https://www.\u{430}\u{440}\u{440}\u{4cf}\u{435}.com").as_deref(),
            Some("www.xn--80ak6aa92e.com")
        );
        for honest in [
            "https://exemple.fr/a@b",
            "https://été.fr/",
            "https://президент.рф",
            "https://日本語のテスト",
            "http://[::1]:5000/",
            "http://192.168.1.12:5000",
            "www.a.fr",
        ] {
            assert_eq!(doubtful(honest), None, "{honest}");
        }
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
