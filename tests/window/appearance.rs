//! What the window looks like: narrow and wide, with a large text, in high contrast; and what it remembers of that.

use std::fs;

use crate::accessibility::Part;
use crate::desktop::{Desktop, on_a_desktop};
use crate::talking::Talk;

/// A conversation of some kinds of rows.
fn converse(talk: &mut Talk) {
    talk.bob_says(
        "Salut Zoé, où en es-tu du TP de systèmes et réseaux ? Il faut le rendre demain soir.",
    );
    talk.bob_says("https://exemple.fr/tp");
    talk.zoe_reads("exemple.fr");
    talk.zoe_types("ok");
    talk.zoe_types("Le relais marche : deux places, puis il n'écoute plus.");
    talk.bob_says("👍");
    talk.zoe_reads("👍");
    talk.wait_for_display("both marks", |shown| shown.matches("✓ reçu").count() == 2);
}

/// Has the desktop's text be twice as large.
fn double_text(desktop: &Desktop) {
    desktop.configure("gtk-font-name=Sans 22");
}

/// Whether a part is whole within another one.
fn is_within(inner: &Part, outer: &Part) -> bool {
    let (x, y, width, height) = inner.extents();
    let (left, top, outer_width, outer_height) = outer.extents();
    x >= left && y >= top && x + width <= left + outer_width && y + height <= top + outer_height
}

#[test]
fn a_bubble_is_as_wide_as_its_text_in_a_wide_window() {
    on_a_desktop("wide", |desktop| {
        let mut talk = Talk::begin(desktop);
        talk.window.resize(1600, 800);
        converse(&mut talk);
        talk.bob_says(&"mot ".repeat(300));
        talk.zoe_reads("mot mot");
        talk.wait_until_in_view("mot mot");
        desktop.photograph("wide");
        let is_bubble = |point| talk.window.brightness_at(point) < 0.92;
        // « ok » stands at the right, in a bubble of its heading's width.
        let (left, _, top, bottom) = talk.around("ok");
        let (_, edge, _, _) = talk.edges_of_display();
        let y = (top + bottom) / 2;
        assert!((edge - 500..edge).contains(&left), "{left} of {edge}");
        assert!(is_bubble((left - 2, y)) && is_bubble((edge - 20, y)));
        assert!(!is_bubble((left - 40, y)));
        // The other's short one stands at the left, and so does the long one, which wraps.
        let (left, _, top, bottom) = talk.around("https://exemple");
        assert!(is_bubble((left - 2, (top + bottom) / 2)));
        assert!(!is_bubble((500, (top + bottom) / 2)));
        let (_, _, top, bottom) = talk.around("mot mot");
        assert!(!is_bubble((900, (top + bottom) / 2)));
    });
}

#[test]
fn a_narrow_window_with_a_large_text_shows_every_word() {
    on_a_desktop("narrow", |desktop| {
        double_text(desktop);
        let mut talk = Talk::begin(desktop);
        talk.window.resize(300, 800);
        converse(&mut talk);
        talk.wait_until_in_view("👍");
        desktop.photograph("narrow");
        let window = talk.window.part.extents();
        assert!((280..=330).contains(&window.2), "{window:?}");
        let status = talk.window.find("status", "connecté");
        assert!(is_within(&status, &talk.window.part));
        let quit = talk.window.find("button", "Quitter");
        assert!(is_within(&quit, &talk.window.part));
        let title = talk.window.find("label", "Bob");
        let (_, _, width, _) = title.extents();
        assert!(width > 40, "{width}");
        // One row of placeholder, within its frame.
        let (_, _, width, height) = talk.input.extents();
        assert!(width > 200 && height < 120, "{width} by {height}");
    });
}

#[test]
fn sizes_follow_the_font() {
    on_a_desktop("large", |desktop| {
        double_text(desktop);
        let mut talk = Talk::begin(desktop);
        converse(&mut talk);
        talk.wait_until_in_view("👍");
        desktop.photograph("large");
        let (left, _, _, _) = talk.around("https://exemple");
        // Twice as far from the side as with the usual font.
        assert!((34..50).contains(&left), "{left}");
    });
}

#[test]
fn the_text_grows_and_shrinks_by_keys_and_is_remembered_with_the_windows_size() {
    on_a_desktop("text-size", |desktop| {
        let mut talk = Talk::begin(desktop);
        converse(&mut talk);
        let height = |talk: &Talk| {
            let (_, _, top, bottom) = talk.around("ok");
            bottom - top
        };
        let usual = height(&talk);
        for _ in 0..5 {
            desktop.press(&["ctrl+plus"]);
        }
        desktop.wait_for("a larger text", || {
            (height(&talk) > usual + 5).then_some(())
        });
        let larger = height(&talk);
        talk.wait_until_in_view("👍");
        desktop.photograph("larger");
        talk.window.resize(700, 500);
        desktop.press(&["ctrl+w"]);
        assert!(talk.window.program.wait().success());
        let remembered = desktop.home().join(".local/state/msg/fenetre");
        let text = fs::read_to_string(remembered).expect("it is written");
        assert!(text.ends_with(" 150\n"), "{text}");

        let mut talk = Talk::begin(desktop);
        converse(&mut talk);
        assert_eq!(height(&talk), larger);
        let (_, _, width, height_of_window) = talk.window.part.extents();
        assert!((690..=710).contains(&width), "{width}");
        assert!(
            (460..=510).contains(&height_of_window),
            "{height_of_window}"
        );
        desktop.press(&["ctrl+0"]);
        desktop.wait_for("the usual text", || (height(&talk) == usual).then_some(()));
        desktop.press(&["ctrl+minus", "ctrl+minus"]);
        desktop.wait_for("a smaller text", || (height(&talk) < usual).then_some(()));
    });
}

#[test]
fn emoji_alone_are_larger_than_text() {
    on_a_desktop("emoji", |desktop| {
        let mut talk = Talk::begin(desktop);
        converse(&mut talk);
        talk.bob_says("👍 ok");
        talk.bob_says("🎉🎉");
        talk.zoe_reads("🎉🎉");
        let height = |text: &str| {
            let (_, _, top, bottom) = talk.around(text);
            bottom - top
        };
        let among_text = height("👍 ok");
        desktop.photograph("emoji");
        assert!(height("🎉🎉") > among_text + among_text / 2);
    });
}

#[test]
fn high_contrast_gives_bubbles_an_edge_and_the_keyboard_a_ring() {
    on_a_desktop("high-contrast", |desktop| {
        desktop.configure("gtk-theme-name=HighContrast");
        let mut talk = Talk::begin(desktop);
        converse(&mut talk);
        talk.wait_until_in_view("👍");
        let picture = desktop.photograph("high-contrast");
        // From the inside of a bubble to the outside, one pixel is as dark as the text.
        let (left, _, top, bottom) = talk.around("https://exemple");
        let y = (top + bottom) / 2;
        let darkest = |from: i32| {
            (from - 16..from)
                .map(|x| talk.window.brightness_in(&picture, (x, y)))
                .fold(1.0, f64::min)
        };
        assert!(darkest(left) < 0.3, "{}", darkest(left));
        desktop.services.darken();
        desktop.wait_for("darkness", || {
            (talk.window.brightness_at((left - 30, y)) < 0.3).then_some(())
        });
        desktop.photograph("high-contrast-dark");
    });
}
