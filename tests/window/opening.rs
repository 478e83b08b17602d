//! What is on the screen when the window opens: the conversation so far, whole or to its last row, wherever the
//! pointer stands.

use std::fmt::Write as _;
use std::fs;

use crate::desktop::{Desktop, on_a_desktop};
use crate::support::{Program, Relay};
use crate::talking::Talk;

/// How many rows there are before the window opens: fewer than it shows, and more.
const ROWS: [usize; 4] = [1, 5, 25, 200];

/// The window opens there.
const INSIDE: (i32, i32) = (850, 450);
/// And does not reach so far.
const OUTSIDE: (i32, i32) = (1690, 890);

#[test]
fn what_waited_is_on_the_screen_when_the_window_opens_under_the_pointer() {
    on_a_desktop("waited-inside", |desktop| what_waited(desktop, INSIDE));
}

#[test]
fn what_waited_is_on_the_screen_when_the_window_opens_beside_the_pointer() {
    on_a_desktop("waited-outside", |desktop| what_waited(desktop, OUTSIDE));
}

#[test]
fn the_record_is_on_the_screen_when_the_window_opens_under_the_pointer() {
    on_a_desktop("record-inside", |desktop| the_record(desktop, INSIDE));
}

#[test]
fn the_record_is_on_the_screen_when_the_window_opens_beside_the_pointer() {
    on_a_desktop("record-outside", |desktop| the_record(desktop, OUTSIDE));
}

#[test]
fn the_last_row_stays_on_the_screen_when_the_window_changes_its_size() {
    on_a_desktop("resized", |desktop| {
        desktop.point_at(OUTSIDE);
        let relay = Relay::start();
        let mut bob = Program::start(&mut relay.client("Bob"));
        let text = (1..=9).fold(String::new(), |text, row| text + &format!("ligne {row}.\n"));
        bob.write(text);
        bob.wait_for_error("the wait", |row| row.starts_with("en attente"));
        let talk = Talk::join(desktop, relay, bob, &[]);
        talk.wait_for_end("the last line", |end| end.ends_with("ligne 9."));
        for (width, height) in [(360, 300), (560, 700), (420, 400), (880, 740)] {
            talk.window.resize(width, height);
            desktop.wait_for("the size", || {
                let (_, right, _, _) = talk.edges_of_display();
                (right >= width - 60 && right <= width + 60).then_some(())
            });
            see(&talk, "« Bob » est là.", "ligne 9.");
            desktop.photograph(&format!("{width}-by-{height}"));
        }
    });
}

/// Bob has written before Zoé comes.
fn what_waited(desktop: &Desktop, pointer: (i32, i32)) {
    desktop.point_at(pointer);
    for rows in ROWS {
        let relay = Relay::start();
        let mut bob = Program::start(&mut relay.client("Bob"));
        let text = (1..=rows).fold(String::new(), |text, row| text + &format!("ligne {row}.\n"));
        bob.write_in_background(text);
        bob.wait_for_error("the wait", |row| row.starts_with("en attente"));
        let talk = Talk::join(desktop, relay, bob, &[]);
        talk.wait_for_end("the last line", |end| {
            end.ends_with(&format!("ligne {rows}."))
        });
        see(&talk, "« Bob » est là.", &format!("ligne {rows}."));
        desktop.photograph(&format!("{rows}-lines"));
    }
}

/// Zoé has talked before.
fn the_record(desktop: &Desktop, pointer: (i32, i32)) {
    desktop.point_at(pointer);
    for rows in ROWS {
        let record = desktop.home().join("journal");
        let mut text = String::new();
        for row in 1..=rows {
            writeln!(text, "22/11/2026 14:02:31  Bob  ligne {row}.").expect("there is memory");
        }
        fs::write(&record, text).expect("it can be written");
        let relay = Relay::start();
        let bob = Program::start(&mut relay.client("Bob"));
        bob.wait_for_error("the wait", |row| row.starts_with("en attente"));
        let path = record.to_str().expect("a plain name");
        let talk = Talk::join(desktop, relay, bob, &["--history", path]);
        talk.zoe_reads("« Bob » est là.");
        see(&talk, "ligne 1.", "« Bob » est là.");
        desktop.photograph(&format!("{rows}-rows"));
    }
}

/// The last row is whole on the screen, and so is the first; where not all fit, nothing below the last is empty.
fn see(talk: &Talk, first: &str, last: &str) {
    /// In pixels: less than a row and its margins.
    const A_ROW: i32 = 48;
    talk.wait_until_in_view(last);
    talk.desktop.wait_for("a full view", || {
        let (_, _, _, bottom) = talk.edges_of_display();
        let (_, _, _, last_bottom) = talk.around(last);
        (talk.is_in_view(first) || bottom - last_bottom < A_ROW).then_some(())
    });
}
