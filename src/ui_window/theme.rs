//! How the window looks: the tags of its text, their sizes, and their colours in a light theme and in a dark one.

use gtk::gdk::{self, RGBA};
use gtk::prelude::*;
use gtk::{gio, glib, pango};

use super::bubbles::BubbleView;

/// The names of the tags. A paragraph takes its margins and its background from its first character.
pub mod tag {
    /// Paragraphs of our messages.
    pub const OWN: &str = "own";
    /// Paragraphs of the other person's messages.
    pub const OTHER: &str = "other";
    /// The paragraph with a message's author and date.
    pub const HEADING: &str = "heading";
    /// The same, of a message that follows another one of its author's so soon that its name is not said again.
    pub const FOLLOWING: &str = "following";
    /// The paragraph with a message's text.
    pub const TEXT: &str = "text";
    pub const OWN_NAME: &str = "own-name";
    pub const OTHER_NAME: &str = "other-name";
    /// A date, and what became of a message.
    pub const DETAIL: &str = "detail";
    pub const LINK: &str = "link";
    /// A message of emoji alone.
    pub const EMOJI: &str = "emoji";
    pub const NOTICE: &str = "notice";
    pub const ERROR: &str = "error";
    /// Messages of the record.
    pub const RECALLED: &str = "recalled";
}

/// The CSS class of the display area, whose text is drawn upon bubbles.
pub const BUBBLES: &str = "bubbles";
/// The CSS class of what is less important than the rest, and still to be read: GTK's own `dim-label` is too pale.
pub const FAINT: &str = "faint";
/// The CSS class of a display area whose caret somebody moves by keys.
pub const CARET: &str = "caret";
/// The CSS class of the parts whose text Ctrl + and − change.
pub const SCALED: &str = "scaled";

/// How much smaller a date is than a text.
pub const DETAIL_SCALE: f64 = 0.85;
/// How much larger emoji alone are than a text.
pub const EMOJI_SCALE: f64 = 2.2;

/// Gives every window of the program its looks, where the theme's do not suit. Sizes are in `em`, so that they follow
/// the font.
pub fn dress(display: &gdk::Display) {
    /// The opacity keeps the default theme's text at 4.5:1 or better, in a header and in an input area. An input area
    /// that is disabled keeps its caret otherwise: GTK 4.8 fails where it is hidden between two blinks.
    const STYLE: &str = "
        textview.bubbles > text { background: none; }
        textview.bubbles:not(.caret) { caret-color: transparent; }
        textview:disabled { caret-color: transparent; }
        .faint { opacity: 0.8; }
        .status { padding: 0.4em 0.6em; }
        .status .state { -gtk-icon-size: 1.2em; }
        .status .good { color: @success_color; }
        .status .bad { color: @warning_color; }
        .status .going { color: @theme_selected_bg_color; }
        .question, .banner, .search { padding: 0.6em; border-top: 1px solid alpha(currentColor, 0.15); }
        .banner, .search { border-top: none; border-bottom: 1px solid alpha(currentColor, 0.15); }
        .dialog-form { margin: 1.2em; }
        .composer { padding: 0.6em; }
        .composer .placeholder { margin: 0.95em 0.75em; }
        .ring:focus-within { outline: 2px solid mix(@theme_selected_bg_color, currentColor, 0.3); outline-offset: -2px; }
        .contrast .ring:focus-within { outline-color: currentColor; }
        .shortcuts { padding: 1.2em; }
        .keys { font-weight: bold; }
    ";
    add_style(display, STYLE);
}

/// The style of one more sheet, which may be replaced later.
pub fn add_style(display: &gdk::Display, style: &str) -> gtk::CssProvider {
    let provider = gtk::CssProvider::new();
    provider.load_from_data(style);
    let priority = gtk::STYLE_PROVIDER_PRIORITY_APPLICATION;
    gtk::style_context_add_provider_for_display(display, &provider, priority);
    provider
}

/// The CSS class of a window where the contrast is to be high.
pub const CONTRAST: &str = "contrast";

/// Whether somebody asked their desktop for high contrast.
pub fn is_high_contrast() -> bool {
    let named = |name: &str| name.contains("HighContrast") || name.contains("-hc");
    // GTK obeys the variable, and keeps quiet about it.
    std::env::var("GTK_THEME").is_ok_and(|name| named(&name))
        || gtk::Settings::default()
            .and_then(|settings| settings.gtk_theme_name())
            .is_some_and(|name| named(&name))
}

/// What sizes the parts of a conversation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metrics {
    /// The size of the font, in pixels.
    pub em: f64,
    /// The width of the display area, in pixels.
    pub width: i32,
}

impl Metrics {
    /// Most of the width that a bubble may take, in em.
    const MAX_BUBBLE: f64 = 40.0;

    fn scaled(&self, em: f64) -> i32 {
        (self.em * em).round() as i32
    }

    /// How far a bubble stands from its author's side of the window.
    pub fn near(&self) -> i32 {
        self.scaled(0.7)
    }

    /// From a bubble's edge to its text.
    pub fn padding(&self) -> i32 {
        self.scaled(0.7)
    }

    /// How far a bubble stands from the other side, at least: less in a narrow window.
    pub fn far(&self) -> i32 {
        let margin = self.scaled(4.0).min(self.width / 8);
        margin.max(self.width - self.near() - self.scaled(Metrics::MAX_BUBBLE))
    }

    /// Above the bubble of a message, within its heading's paragraph.
    pub fn gap(&self) -> i32 {
        self.scaled(0.5)
    }

    /// The same, of one that follows its author's last.
    pub fn small_gap(&self) -> i32 {
        self.scaled(0.15)
    }
}

/// How many tags there are for the widths of our own messages. Each is half an em wider than the one before.
const WIDTHS: usize = 80;

/// The name of the tag for a paragraph of ours whose widest line has this width, in em. A text that is laid out from the
/// left, as it is to be read, stands at the right of the window only if its margin is as wide as what it leaves.
pub fn width_tag(em: f64) -> String {
    // One more, for what the layout rounds.
    let halves = (2.0 * em).ceil() as usize + 1;
    format!("width-{}", halves.min(WIDTHS))
}

/// The tags, without sizes and colours: those are the font's and the theme's, see [`lay_out`] and [`shade`].
pub fn tags() -> gtk::TextTagTable {
    const BOLD: i32 = 700;

    // A hyphen where a long word breaks, or an address, would be read as part of it.
    let named = |name: &str| gtk::TextTag::builder().name(name).insert_hyphens(false);
    let table = gtk::TextTagTable::new();
    for tag in [
        named(tag::OWN),
        named(tag::OTHER),
        named(tag::HEADING),
        named(tag::FOLLOWING),
        named(tag::TEXT),
        // A name keeps its colour: the last tag of a table wins.
        named(tag::RECALLED),
        named(tag::OWN_NAME).weight(BOLD),
        named(tag::OTHER_NAME).weight(BOLD),
        named(tag::DETAIL).scale(DETAIL_SCALE),
        named(tag::LINK).underline(pango::Underline::Single),
        named(tag::EMOJI).scale(EMOJI_SCALE),
        named(tag::NOTICE).justification(gtk::Justification::Center),
        named(tag::ERROR),
    ] {
        table.add(&tag.build());
    }
    for halves in 1..=WIDTHS {
        table.add(&named(&format!("width-{halves}")).build());
    }
    table
}

/// Gives the tags the sizes that suit the font and the window.
pub fn lay_out(table: &gtk::TextTagTable, metrics: Metrics) {
    let near = metrics.near() + metrics.padding();
    let far = metrics.far() + metrics.padding();
    let aside = metrics.scaled(0.6);
    let set = |name: &str, sizes: &[(&str, i32)]| {
        if let Some(tag) = table.lookup(name) {
            for (property, pixels) in sizes {
                // Setting a size lays out all text of that tag, even where it is the same size.
                if tag.property::<i32>(property) != *pixels {
                    tag.set_property(property, pixels);
                }
            }
        }
    };
    set(tag::OWN, &[("left-margin", far), ("right-margin", near)]);
    set(tag::OTHER, &[("left-margin", near), ("right-margin", far)]);
    let above = metrics.scaled(0.4);
    set(
        tag::HEADING,
        &[("pixels-above-lines", metrics.gap() + above)],
    );
    set(
        tag::FOLLOWING,
        &[("pixels-above-lines", metrics.small_gap() + above)],
    );
    set(
        tag::TEXT,
        &[("pixels-above-lines", 1), ("pixels-below-lines", above)],
    );
    for name in [tag::NOTICE, tag::ERROR] {
        set(
            name,
            &[
                ("left-margin", near),
                ("right-margin", near),
                ("pixels-above-lines", aside),
                ("pixels-below-lines", aside),
            ],
        );
    }
    for halves in 1..=WIDTHS {
        let text = metrics.scaled(halves as f64 / 2.0);
        let left = metrics.width - near - text;
        set(
            &format!("width-{halves}"),
            &[("left-margin", left.max(far))],
        );
    }
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
    let border = is_high_contrast().then_some(text);
    if border.is_some() {
        for name in [tag::DETAIL, tag::NOTICE, tag::RECALLED] {
            set(name, text);
        }
    } else {
        set(tag::DETAIL, faint(0.7));
        set(tag::NOTICE, faint(0.8));
        set(tag::RECALLED, faint(0.8));
    }
    let own = colour(0x1a5fb4, 0x99c1f1);
    area.shade(own.with_alpha(0.15), faint(0.09), border);
    set(tag::OWN_NAME, own);
    set(tag::OTHER_NAME, colour(0x813d9c, 0xdc8add));
    set(tag::LINK, own);
    set(tag::ERROR, colour(0xb0101c, 0xff938c));
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
