//! Line mode where it hurts: floods, endless lines, a terminal that stands still, a link that goes down.

mod support;

use rustix::process::Signal;
use support::pty::prompt_row;
use support::talk::{meet, next_of_zoe};

#[test]
fn thousands_of_lines_typed_at_once_arrive_in_order() {
    let (_relay, mut zoe, bob) = meet();
    let lines: Vec<String> = (0..5_000).map(|n| format!("ligne {n}")).collect();
    zoe.type_in(lines.join("\r") + "\r");
    zoe.wait_for("ligne 4999");
    zoe.wait_for_prompt("> |");
    for line in &lines {
        assert_eq!(&next_of_zoe(&bob), line);
    }
}

#[test]
fn a_message_that_is_too_long_goes_in_several() {
    let (_relay, mut zoe, bob) = meet();
    let long = "été 👩‍👩‍👧 ".repeat(1_000);
    zoe.type_in(format!("\x1b[200~{long}\x1b[201~\r"));
    zoe.wait_for("une ligne trop longue pour un seul message part en plusieurs.");
    let mut arrived = String::new();
    while arrived.len() < long.len() {
        arrived.push_str(&next_of_zoe(&bob));
    }
    assert!(arrived == long);
}

#[test]
fn a_paste_of_a_megabyte_is_cut_loudly_and_hurts_nothing() {
    let (_relay, mut zoe, _bob) = meet();
    let mut paste = b"\x1b[200~".to_vec();
    paste.extend((0..1 << 20).map(|n| if n % 50 == 0 { b'\r' } else { b'x' }));
    paste.extend(b"\x1b[201~");
    zoe.type_in(&paste);
    zoe.wait_for("la ligne est pleine");
    zoe.wait_until("a full row", |screen| prompt_row(screen).ends_with("x|"));
    zoe.type_in("\x15encore là");
    zoe.wait_for_prompt("> encore là|");
    assert!(zoe.written.contains(&0x07));
}

#[test]
fn a_paste_that_never_ends_can_be_left() {
    let (_relay, mut zoe, _bob) = meet();
    zoe.type_in("\x1b[200~coupé net\r\x04");
    zoe.wait_for_prompt("> coupé net⏎\\x04|");
    zoe.signal(Signal::TERM);
    assert_eq!(zoe.wait().code(), Some(143));
}

#[test]
fn a_terminal_that_stands_still_costs_no_memory_and_can_be_left() {
    let (_relay, mut zoe, mut bob) = meet();
    // Nobody looks at the terminal while Bob says as much as he can.
    bob.write_in_background(("x".repeat(999) + "\n").repeat(10_000));
    bob.wait_for_silence();
    assert!(zoe.peak_memory() < 12 << 20, "{}", zoe.peak_memory());
    zoe.signal(Signal::TERM);
    assert_eq!(zoe.wait_unseen().code(), Some(143));
    assert!(!zoe.is_raw());
}

#[test]
fn a_flood_leaves_the_draft_alone() {
    let (_relay, mut zoe, mut bob) = meet();
    zoe.type_in("brouillon");
    let flood: String = (0..20_000).map(|n| format!("vague {n}\n")).collect();
    bob.write_in_background(flood);
    zoe.wait_for("vague 19999");
    zoe.wait_for_prompt("> brouillon|");
    zoe.type_in(" sauf\r");
    assert_eq!(next_of_zoe(&bob), "brouillon sauf");
}

#[test]
fn a_window_that_never_keeps_its_size_loses_nothing() {
    let (_relay, mut zoe, mut bob) = meet();
    for round in 0..40u16 {
        zoe.type_in(format!("{} ", round % 10));
        bob.write(format!("tour {round}\n"));
        zoe.resize(20 + round * 37 % 80, 10 + round * 7 % 20);
    }
    zoe.resize(120, 60);
    zoe.wait_for("tour 39");
    let draft: String = (0..40).map(|round| format!("{} ", round % 10)).collect();
    zoe.wait_for_prompt(&format!("> {draft}|"));
}

#[test]
fn a_stop_that_cannot_be_prepared_for_is_survived() {
    let (_relay, mut zoe, mut bob) = meet();
    zoe.type_in("brouillon");
    zoe.wait_for_prompt("> brouillon|");
    zoe.signal(Signal::STOP);
    bob.write("pendant l'arrêt\n");
    bob.wait_for_line("his own row", |row| row.ends_with("pendant l'arrêt"));
    zoe.signal(Signal::CONT);
    zoe.wait_for("Bob  pendant l'arrêt");
    zoe.wait_for_prompt("> brouillon|");
}
