//! How the window looks: the tags of its text, in a light theme and in a dark one.

use gtk::gdk::{self, RGBA};
use gtk::prelude::*;
use gtk::{gio, glib, pango};

use super::bubbles::{self, BubbleView};

/// The names of the tags. A paragraph takes its margins and its background from its first character.
pub mod tag {
    /// Paragraphs of our messages.
    pub const OWN: &str = "own";
    /// Paragraphs of the other person's messages.
    pub const OTHER: &str = "other";
    /// The paragraph with a message's author and date.
    pub const HEADING: &str = "heading";
    /// The paragraph with a message's text.
    pub const TEXT: &str = "text";
    pub const OWN_NAME: &str = "own-name";
    pub const OTHER_NAME: &str = "other-name";
    /// A date, and « reçu ».
    pub const DETAIL: &str = "detail";
    pub const LINK: &str = "link";
    pub const NOTICE: &str = "notice";
    pub const ERROR: &str = "error";
    /// Rows with a tab between two columns.
    pub const HELP: &str = "help";
    /// Rows of the record.
    pub const RECALLED: &str = "recalled";
}

/// The CSS class of the display area, whose text is drawn upon bubbles.
pub const BUBBLES: &str = "bubbles";
/// The CSS class of what is less important than the rest, and still to be read: GTK's own `dim-label` is too pale.
pub const FAINT: &str = "faint";

/// Gives every window of the program its looks, where the theme's do not suit.
pub fn dress(display: &gdk::Display) {
    /// The opacity keeps the default theme's text at 4.5:1 or better, in a header and in an input area. An input area
    /// that is disabled keeps its caret otherwise: GTK 4.8 fails where it is hidden between two blinks.
    const STYLE: &str = "
        textview.bubbles > text { background: none; }
        textview:disabled { caret-color: transparent; }
        .faint { opacity: 0.8; }
        headerbar label.faint { font-size: smaller; }
    ";
    let style = gtk::CssProvider::new();
    style.load_from_data(STYLE);
    let priority = gtk::STYLE_PROVIDER_PRIORITY_APPLICATION;
    gtk::style_context_add_provider_for_display(display, &style, priority);
}

/// The tags, without their colours: those are the theme's, see [`shade`].
pub fn tags() -> gtk::TextTagTable {
    const FAR: i32 = bubbles::FAR + bubbles::PADDING;
    const NEAR: i32 = bubbles::NEAR + bubbles::PADDING;
    const BOLD: i32 = 700;
    /// In pixels: the first of the two columns of the help.
    const COLUMN: i32 = 170;

    // A hyphen where a long word breaks, or an address, would be read as part of it.
    let named = |name| gtk::TextTag::builder().name(name).insert_hyphens(false);
    let aside = |name| {
        named(name)
            .left_margin(NEAR)
            .right_margin(NEAR)
            .pixels_above_lines(8)
            .pixels_below_lines(8)
    };
    let mut column = pango::TabArray::new(1, true);
    column.set_tab(0, pango::TabAlign::Left, COLUMN);
    let table = gtk::TextTagTable::new();
    for tag in [
        named(tag::OWN).left_margin(FAR).right_margin(NEAR),
        named(tag::OTHER).left_margin(NEAR).right_margin(FAR),
        named(tag::HEADING).pixels_above_lines(bubbles::GAP + 5),
        named(tag::TEXT).pixels_above_lines(1).pixels_below_lines(6),
        named(tag::OWN_NAME).weight(BOLD),
        named(tag::OTHER_NAME).weight(BOLD),
        named(tag::DETAIL).scale(0.85),
        named(tag::LINK).underline(pango::Underline::Single),
        aside(tag::NOTICE).justification(gtk::Justification::Center),
        aside(tag::ERROR),
        named(tag::HELP)
            .left_margin(NEAR)
            .right_margin(NEAR)
            .indent(-COLUMN)
            .tabs(&column)
            .pixels_above_lines(4),
        named(tag::RECALLED).left_margin(NEAR).right_margin(NEAR),
    ] {
        table.add(&tag.build());
    }
    table
}

/// Gives the tags the colours that suit the theme of `area`. Each is legible on its background at 4.5:1 or better.
pub fn shade(area: &BubbleView) {
    let table = area.buffer().tag_table();
    let text = area.style_context().color();
    let is_dark = luminance(&text) > 0.5;
    let colour = |light: u32, dark: u32| opaque(if is_dark { dark } else { light });
    let faint = |alpha| RGBA::new(text.red(), text.green(), text.blue(), alpha);
    let set = |name: &str, colour: RGBA| {
        if let Some(tag) = table.lookup(name) {
            tag.set_foreground_rgba(Some(&colour));
        }
    };
    let own = colour(0x1a5fb4, 0x99c1f1);
    area.shade(own.with_alpha(0.15), faint(0.09));
    set(tag::OWN_NAME, own);
    set(tag::OTHER_NAME, colour(0x813d9c, 0xdc8add));
    set(tag::DETAIL, faint(0.7));
    set(tag::LINK, own);
    set(tag::NOTICE, faint(0.8));
    set(tag::HELP, faint(0.8));
    set(tag::ERROR, colour(0xb0101c, 0xff938c));
    set(tag::RECALLED, faint(0.7));
}

/// Follows the desktop's choice between light and dark for as long as it is kept.
///
/// GTK 4.8 knows only its own setting; desktops tell theirs through a portal, and say when it changes.
pub fn follow_the_desktop(bus: &gio::DBusConnection) -> gio::SignalSubscription {
    const PORTAL: &str = "org.freedesktop.portal.Desktop";
    const SETTINGS: &str = "org.freedesktop.portal.Settings";
    const PATH: &str = "/org/freedesktop/portal/desktop";
    const APPEARANCE: &str = "org.freedesktop.appearance";
    const SCHEME: &str = "color-scheme";

    bus.call(
        Some(PORTAL),
        PATH,
        SETTINGS,
        "Read",
        Some(&(APPEARANCE, SCHEME).to_variant()),
        None,
        gio::DBusCallFlags::NONE,
        -1,
        gio::Cancellable::NONE,
        |answer| {
            // Many desktops have no portal: GTK's own setting stands.
            if let Ok(answer) = answer {
                prefer(&answer.child_value(0));
            }
        },
    );
    bus.subscribe_to_signal(
        Some(PORTAL),
        Some(SETTINGS),
        Some("SettingChanged"),
        Some(PATH),
        Some(APPEARANCE),
        gio::DBusSignalFlags::NONE,
        |signal| {
            if signal.parameters.n_children() == 3
                && signal.parameters.child_value(1).str() == Some(SCHEME)
            {
                prefer(&signal.parameters.child_value(2));
            }
        },
    )
}

/// Takes over a `color-scheme`, in however many wrappings it comes: 1 is dark.
fn prefer(scheme: &glib::Variant) {
    let mut scheme = scheme.clone();
    while scheme.is_type(glib::VariantTy::VARIANT) {
        scheme = scheme.child_value(0);
    }
    if let (Some(scheme), Some(settings)) = (scheme.get::<u32>(), gtk::Settings::default()) {
        settings.set_gtk_application_prefer_dark_theme(scheme == 1);
    }
}

fn opaque(rgb: u32) -> RGBA {
    let part = |shift: u32| (rgb >> shift & 0xff) as f32 / 255.0;
    RGBA::new(part(16), part(8), part(0), 1.0)
}

fn luminance(colour: &RGBA) -> f32 {
    0.2126 * colour.red() + 0.7152 * colour.green() + 0.0722 * colour.blue()
}
