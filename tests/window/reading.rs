//! The display area: following, scrolling, histories, floods, light and dark.

use std::fs;
use std::time::{Duration, Instant};

use crate::accessibility::Part;
use crate::desktop::on_a_desktop;
use crate::support::process::most_memory;
use crate::talking::Talk;

#[test]
fn the_end_is_followed_until_the_reader_scrolls_up() {
    on_a_desktop("scroll", |desktop| {
        let mut talk = Talk::begin(desktop);
        for number in 0..40 {
            talk.bob_says(&format!("message {number}"));
        }
        talk.zoe_reads("message 39");
        talk.wait_until_in_view("message 39");
        desktop.photograph("forty-messages");

        talk.window.scroll(&talk.display, 30);
        talk.wait_until_in_view("message 0");
        talk.bob_says("nouveau 1");
        talk.window.find("button", "1 nouveau ↓");
        talk.bob_says("nouveau 2");
        let down = talk.window.find("button", "2 nouveaux ↓");
        assert!(talk.is_in_view("message 0"));
        assert!(!talk.is_in_view("nouveau 2"));
        desktop.photograph("two-new");

        talk.window.click(&down);
        talk.wait_until_in_view("nouveau 2");
        desktop.wait_for("no button any more", || {
            let buttons = talk.window.part.with_role("button");
            (!buttons
                .iter()
                .any(|button| button.name().contains("nouveau")))
            .then_some(())
        });
        talk.bob_says("nouveau 3");
        talk.zoe_reads("nouveau 3");
        talk.wait_until_in_view("nouveau 3");

        // Whoever writes sees what is written.
        talk.window.scroll(&talk.display, 30);
        talk.wait_until_in_view("message 0");
        talk.window.click(&talk.input);
        talk.zoe_types("me voici");
        talk.zoe_reads("me voici");
        talk.wait_until_in_view("me voici");

        // And whoever asks, the answer.
        talk.window.scroll(&talk.display, 30);
        talk.wait_until_in_view("message 0");
        talk.zoe_types("/quiter");
        talk.zoe_reads("commande inconnue");
        talk.wait_until_in_view("commande inconnue");
        desktop.press(&["ctrl+a", "BackSpace"]);
        talk.wait_for_input("");

        // What happens is as new as what is said.
        talk.window.scroll(&talk.display, 30);
        talk.wait_until_in_view("message 0");
        talk.bob_says("/quit");
        talk.window.find("button", "1 nouveau ↓");
    });
}

#[test]
fn a_hundred_thousand_messages_leave_the_window_usable() {
    const MESSAGES: usize = 100_000;

    on_a_desktop("flood", |desktop| {
        let record = desktop.home().join("journal");
        let path = record.to_str().expect("a plain name");
        let mut talk = Talk::begin_with(desktop, &["--history", path]);
        let flood: String = (1..=MESSAGES)
            .map(|number| format!("message {number}\n"))
            .collect();
        let begun = Instant::now();
        talk.bob.write_in_background(flood);
        // In the midst of it, what is typed goes out.
        talk.wait_for_end("the first thousands", |end| last_number(end) >= 2000);
        let typed = Instant::now();
        talk.zoe_types("au milieu");
        talk.bob_reads("Zoé  au milieu");
        let answered = typed.elapsed();
        desktop.photograph("in-the-flood");
        // A loaded machine may need long for all of them, but not for each part.
        for number in (1..=10).map(|part| part * MESSAGES / 10) {
            let what = format!("message {number}");
            talk.wait_for_end(&what, |end| last_number(end) >= number);
        }
        let taken = begun.elapsed();
        talk.wait_until_in_view(&format!("message {MESSAGES}"));
        let shown = talk.display.text();
        desktop.photograph("after-the-flood");

        assert!(shown.starts_with(
            "les messages plus anciens ne sont plus affichés ; le fichier de --history les garde tous.\n"
        ));
        let rows = shown
            .lines()
            .filter(|row| row.starts_with("message "))
            .count();
        assert!((8_000..=10_000).contains(&rows), "{rows}");
        let kept = fs::read_to_string(&record).expect("the record is there");
        let mut next = 1;
        for row in kept.lines().filter(|row| row.contains("  Bob  message ")) {
            assert!(row.ends_with(&format!("  Bob  message {next}")), "{row}");
            next += 1;
        }
        assert_eq!(next, MESSAGES + 1);
        let memory = most_memory(talk.window.program.id());
        println!(
            "{MESSAGES} messages in {taken:.1?}, an answer in their midst after {answered:.1?}, {} MiB at most",
            memory >> 20
        );
        assert!(answered < Duration::from_secs(20), "{answered:?}");
        assert!(memory < 400 << 20, "{memory}");
    });
}

/// The number of the message that a text ends with; 0 when it ends otherwise.
fn last_number(text: &str) -> usize {
    let last = text
        .lines()
        .next_back()
        .and_then(|row| row.strip_prefix("message "));
    last.and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[test]
fn bubbles_stand_behind_their_messages_however_the_text_scrolls() {
    on_a_desktop("bubbles", |desktop| {
        let mut talk = Talk::begin(desktop);
        for number in 0..12 {
            talk.bob_says(&format!(
                "message {number}, {}",
                "assez long ".repeat(number)
            ));
        }
        talk.zoe_reads("message 11");
        talk.wait_until_in_view("message 11");
        talk.wait_until_in_view("message 11");
        let mut before = desktop.signature();
        for number in 12..=16 {
            let last = format!("message {}", number.min(15));
            if number < 16 {
                talk.bob_says(&format!("{last}, {}", "assez long ".repeat(9)));
            } else {
                // A row and less height for all come in one frame.
                desktop.press(&["ctrl+q"]);
            }
            desktop.wait_for_another_screen(&before);
            let picture = desktop.photograph("scrolled");
            before = desktop.signature();
            let is_bubble = |point| talk.window.brightness_in(&picture, point) < 0.92;
            // Left of the last message, and in the place below it.
            let (left, _, top, bottom) = talk.around(&last);
            let (_, _, _, end) = talk.edges_of_display();
            assert!(is_bubble((left - 2, (top + bottom) / 2)), "{picture}");
            assert!(!is_bubble((left - 2, end - 4)), "{picture}");
        }
        let (left, _, top, bottom) = talk.around("le client Zoé a quitté");
        assert!(talk.window.brightness_at((left - 2, (top + bottom) / 2)) > 0.92);
    });
}

#[test]
fn the_record_is_shown_at_the_start_and_kept() {
    on_a_desktop("history", |desktop| {
        let record = desktop.home().join("journal");
        fs::write(&record, "22/11/2026 14:02:31  Bob  c'était hier\n").expect("it can be written");
        let path = record.to_str().expect("a plain name");
        let mut talk = Talk::begin_with(desktop, &["--history", path]);
        let shown = talk.zoe_reads("« Bob » est là.");
        assert!(
            shown
                .starts_with("dimanche 22 novembre 2026\nBob  22/11/2026 14:02:31\nc'était hier\n"),
            "{shown}"
        );
        talk.bob_says("de Bob");
        talk.zoe_types("de Zoe");
        talk.zoe_reads("  ✓ reçu");
        desktop.photograph("history");
        desktop.press(&["alt+F4"]);
        assert!(talk.window.program.wait().success());
        let kept = fs::read_to_string(&record).expect("the record is there");
        let rows: Vec<&str> = kept.lines().skip(1).collect();
        assert!(rows[0].starts_with("— discussion du "), "{kept}");
        assert!(
            rows.iter().any(|row| row.ends_with("  Bob  de Bob")),
            "{kept}"
        );
        assert!(
            rows.iter().any(|row| row.ends_with("  Zoé  de Zoe")),
            "{kept}"
        );
    });
}

#[test]
fn the_window_turns_dark_with_the_desktop() {
    on_a_desktop("dark", |desktop| {
        let mut talk = Talk::begin(desktop);
        talk.bob_says("Été, œuvre, « voilà » : https://exemple.fr/");
        talk.zoe_types("oui");
        talk.zoe_reads("  ✓ reçu");
        let (x, y, width, height) = talk.display.extents();
        let corner = (x + width - 30, y + height - 30);
        let light = talk.window.brightness_at(corner);
        assert!(light > 0.9, "{light}");
        desktop.photograph("light");
        desktop.services.darken();
        desktop.wait_for("darkness", || {
            (talk.window.brightness_at(corner) < 0.3).then_some(())
        });
        desktop.photograph("dark");
    });
}

#[test]
fn a_day_is_told_once() {
    on_a_desktop("days", |desktop| {
        let mut talk = Talk::begin(desktop);
        talk.bob_says("un");
        talk.bob_says("deux");
        let shown = talk.zoe_reads("\ndeux");
        // A test that runs at midnight sees two days.
        let months = [
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ];
        let days = shown.lines().filter(|row| {
            let words: Vec<&str> = row.split(' ').collect();
            words.len() == 4 && months.contains(&words[2])
        });
        assert!((1..=2).contains(&days.count()), "{shown}");
    });
}

#[test]
fn the_parts_of_a_window_do_not_grow_with_the_conversation() {
    on_a_desktop("parts-stay", |desktop| {
        let mut talk = Talk::begin(desktop);
        let before = talk.window.part.all().len();
        (0..50).for_each(|number| talk.bob_says(&number.to_string()));
        talk.zoe_reads("\n49");
        let after: Vec<Part> = talk.window.part.all();
        assert_eq!(after.len(), before);
    });
}
