//! What bytes and pauses must come to.

use super::*;

fn keys_of(bytes: &[u8], piece: usize) -> Vec<Key> {
    let mut decoder = Keys::default();
    let mut keys = VecDeque::new();
    for part in bytes.chunks(piece) {
        decoder.decode(0, part, &mut keys);
    }
    // Text may come in any number of parts.
    let mut joined: Vec<Key> = Vec::new();
    for key in keys {
        match (joined.last_mut(), key) {
            (Some(Key::Text(before)), Key::Text(text))
            | (Some(Key::Pasted(before)), Key::Pasted(text)) => before.push_str(&text),
            (_, key) => joined.push(key),
        }
    }
    joined
}

fn keys(bytes: &[u8]) -> Vec<Key> {
    keys_of(bytes, bytes.len())
}

/// The keys of bytes that come one read after the other, with so many milliseconds before each.
fn keys_in_time(reads: &[(Millis, &[u8])]) -> Vec<Key> {
    let mut decoder = Keys::default();
    let mut keys = VecDeque::new();
    let mut now = 0;
    for (pause, bytes) in reads {
        now += pause;
        decoder.handle_timeout(now, &mut keys);
        decoder.decode(now, bytes, &mut keys);
    }
    while let Some(at) = decoder.next_timeout() {
        decoder.handle_timeout(at, &mut keys);
    }
    keys.into()
}

fn text(text: &str) -> Key {
    Key::Text(text.to_owned())
}

fn pasted(text: &str) -> Key {
    Key::Pasted(text.to_owned())
}

#[test]
fn keys_are_the_same_however_the_bytes_are_cut() {
    let bytes =
        "été 日本 👩‍👩‍👧\x1b[D\x1b[1;5C\x1bOH\x1b[3~\x1b[200~a\r\n\x1b[31mb\r\r\nc\x04 é\x1b[201~\x1bb\
                 \x1b]11;rgb:0/0/0\x1b\\x\x1b[?1;2c\x1b[[Ay\r\x18\x15\x1b[13;3u\x03"
            .as_bytes();
    let whole = keys(bytes);
    assert_eq!(
        whole,
        [
            text("été 日本 👩‍👩‍👧"),
            Key::Left,
            Key::WordRight,
            Key::Home,
            Key::Delete,
            pasted("a\n\x1b[31mb\n\nc\x04 é"),
            Key::WordLeft,
            text("xy"),
            Key::Enter,
            Key::Undo,
            Key::LineBreak,
            Key::Interrupt,
        ]
    );
    for piece in 1..bytes.len() {
        assert_eq!(keys_of(bytes, piece), whole, "in pieces of {piece}");
    }
}

#[test]
fn every_terminals_home_and_end_are_understood() {
    for home in [
        "\x1b[H",
        "\x1bOH",
        "\x1b[1~",
        "\x1b[7~",
        "\x1b[1;2H",
        "\x01",
    ] {
        assert_eq!(keys(home.as_bytes()), [Key::Home], "{home:?}");
    }
    for end in [
        "\x1b[F",
        "\x1bOF",
        "\x1b[4~",
        "\x1b[8~",
        "\x1b[1;6F",
        "\x05",
    ] {
        assert_eq!(keys(end.as_bytes()), [Key::End], "{end:?}");
    }
}

#[test]
fn control_and_alt_arrows_go_by_words_and_shift_arrows_by_characters() {
    for left in [
        "\x1b[1;5D",
        "\x1b[1;3D",
        "\x1b[5D",
        "\x1bO5D",
        "\x1bOd",
        "\x1bb",
    ] {
        assert_eq!(keys(left.as_bytes()), [Key::WordLeft], "{left:?}");
    }
    assert_eq!(keys(b"\x1b[1;2D"), [Key::Left]);
    assert_eq!(keys(b"\x1b\x1b[D"), [Key::Escape, Key::Left]);
}

#[test]
fn unknown_sequences_are_swallowed_whole() {
    for unknown in [
        "\x1b[24~",
        "\x1b[15;5~",
        "\x1b[?62;4c",
        "\x1b[>0;115;0c",
        "\x1b[?2026;2$y",
        "\x1bOP",
        "\x1b[[B",
        "\x1b[<0;10;10M",
        "\x1bOa",
        "\x1b[99999999999999;5D\x1b[201~",
        "\x1b]0;titre\x07",
        "\x1bP1$r0m\x1b\\",
    ] {
        let bytes = format!("{unknown}x");
        let keys = keys(bytes.as_bytes());
        assert_eq!(keys.last(), Some(&text("x")), "{unknown:?}");
        assert!(keys.len() == 1 || unknown.ends_with("201~"), "{unknown:?}");
    }
}

#[test]
fn the_terminal_answers_where_the_cursor_is() {
    assert_eq!(
        keys(b"a\x1b[12;40Rb"),
        [text("a"), Key::CursorAt(39), text("b")]
    );
    assert_eq!(keys(b"\x1b[12;0R"), []);
}

#[test]
fn the_terminal_tells_of_its_focus_between_keys() {
    assert_eq!(
        keys(b"a\x1b[O\x1b[Ib"),
        [
            text("a"),
            Key::Focus(Focus::Lost),
            Key::Focus(Focus::Gained),
            text("b")
        ]
    );
}

#[test]
fn a_lone_escape_is_over_after_a_moment_and_loses_nothing() {
    let then = |typed: &'static str| keys_in_time(&[(0, b"\x1b"), (100, typed.as_bytes())]);
    for typed in [
        "Pas de souci",
        "Oui, merci",
        "bonjour",
        "[1;5D",
        "]x",
        "^",
        "_a",
        "X",
    ] {
        assert_eq!(then(typed), [Key::Escape, text(typed)], "{typed}");
    }
    assert_eq!(keys_in_time(&[(0, b"\x1b"), (99, b"[D")]), [Key::Left]);
    assert_eq!(keys_in_time(&[(5, b"\x1b")]), [Key::Escape]);
}

#[test]
fn what_does_not_turn_out_to_be_a_sequence_was_typed() {
    let typed = |typed: &str| [Key::Escape, text(typed), Key::Enter];
    assert_eq!(keys(b"\x1bOui, merci\r"), typed("Oui, merci"));
    assert_eq!(keys("\x1bOù\r".as_bytes()), typed("Où"));
    assert_eq!(keys(b"\x1bPas de souci\r"), typed("Pas de souci"));
    assert_eq!(keys(b"\x1b]un titre\r"), typed("]un titre"));
    assert_eq!(keys(b"\x1b[12\r"), typed("[12"));
    assert_eq!(keys("\x1b[é\r".as_bytes()), typed("[é"));
    assert_eq!(keys(b"\x1b\x03"), [Key::Escape, Key::Interrupt]);
    // Nobody sends the rest.
    let cut = [
        (&b"\x1b[12"[..], "[12"),
        (b"\x1bPas de", "Pas de"),
        (b"\x1b]11;rgb", "]11;rgb"),
    ];
    for (bytes, rest) in cut {
        assert_eq!(keys_in_time(&[(0, bytes)]), [Key::Escape, text(rest)]);
    }
}

#[test]
fn a_key_that_means_nothing_with_alt_does_nothing() {
    for key in ["s", "P", "9", "é", "日", " ", "]", "O", "[", "_"] {
        let bytes = format!("\x1b{key}");
        let after = keys_in_time(&[(0, bytes.as_bytes()), (100, b"x")]);
        assert_eq!(after, [text("x")], "{key}");
    }
    assert_eq!(keys(b"\x1bb\x1bF"), [Key::WordLeft, Key::WordRight]);
    for (key, case) in [("u", Case::Upper), ("l", Case::Lower), ("C", Case::Capital)] {
        let bytes = format!("\x1b{key}");
        assert_eq!(keys(bytes.as_bytes()), [Key::ChangeCase(case)]);
    }
    assert_eq!(keys(b"\x1b\x7f\x17"), [Key::KillWordLeft, Key::KillToSpace]);
}

#[test]
fn a_paste_whose_end_mark_never_comes_ends_by_itself() {
    let start = b"\x1b[200~abc";
    assert_eq!(
        keys_in_time(&[(0, start), (999, b"\rd"), (1000, b"\r")]),
        [pasted("abc"), pasted("\nd"), Key::Enter]
    );
    assert_eq!(
        keys_in_time(&[(0, start), (10, b"\x1b[20"), (1000, b"x")]),
        [pasted("abc"), pasted("\x1b[20"), text("x")]
    );
    // The end mark that comes at last means nothing.
    assert_eq!(
        keys_in_time(&[(0, start), (1000, b"\x1b[201~x")]),
        [pasted("abc"), text("x")]
    );
}

#[test]
fn ctrl_c_alone_ends_a_paste_at_once() {
    assert_eq!(
        keys_in_time(&[(0, b"\x1b[200~abc"), (1, b"\x03"), (1, b"d\r")]),
        [pasted("abc"), Key::Interrupt, text("d"), Key::Enter]
    );
    assert_eq!(
        keys_in_time(&[(0, b"\x1b[200~abc"), (1, b"d\x03")]),
        [pasted("abc"), pasted("d\x03")]
    );
}

#[test]
fn nothing_wakes_whoever_waits_while_nothing_is_under_way() {
    let mut decoder = Keys::default();
    let mut keys = VecDeque::new();
    for bytes in [
        &b""[..],
        b"abc\r",
        b"\x1b[D",
        b"\x1b[200~a\x1b[201~",
        b"\x18\x18",
        b"\xc3",
    ] {
        decoder.decode(0, bytes, &mut keys);
        assert_eq!(decoder.next_timeout(), None, "{bytes:?}");
    }
}

#[test]
fn terminals_that_tell_all_keys_apart_are_understood() {
    let all = [
        ("\x1b[99;5u", Key::Interrupt),
        ("\x1b[27;5;99~", Key::Interrupt),
        ("\x1b[100;5u", Key::EndOrDelete),
        ("\x1b[97;69u", Key::Home),
        ("\x1b[13u", Key::Enter),
        ("\x1b[13;2u", Key::LineBreak),
        ("\x1b[27;2;13~", Key::LineBreak),
        ("\x1b[13;3u", Key::LineBreak),
        ("\x1b[106;5u", Key::LineBreak),
        ("\x1b[27u", Key::Escape),
        ("\x1b[91;5u", Key::Escape),
        ("\x1b[9u", Key::Tab),
        ("\x1b[127;5u", Key::KillWordLeft),
        ("\x1b[127;2u", Key::Backspace),
        ("\x1b[98;3u", Key::WordLeft),
        ("\x1b[45;6u", Key::Undo),
        ("\x1b[95;6u", Key::Undo),
        ("\x1b[233u", text("é")),
        ("\x1b[233;2u", text("É")),
        ("\x1b[49:33;2u", text("!")),
        ("\x1b[27;2;65~", text("A")),
        ("\x1b[1;5:1D", Key::WordLeft),
    ];
    for (bytes, key) in all {
        assert_eq!(keys(bytes.as_bytes()), [key], "{bytes:?}");
    }
    // A key that is let go of, one that is no character, and nonsense.
    for nothing in [
        "\x1b[97;1:3u",
        "\x1b[57358u",
        "\x1b[u",
        "\x1b[99999999999u",
        "\x1b[1;1:3D",
    ] {
        assert_eq!(keys(nothing.as_bytes()), [], "{nothing:?}");
    }
}

#[test]
fn a_terminal_that_speaks_latin_1_is_understood() {
    assert_eq!(keys(b"d\xe9j\xe0 vu\r"), [text("déjà vu"), Key::Enter]);
}

#[test]
fn what_is_kept_for_later_is_bounded() {
    let mut decoder = Keys::default();
    let mut keys = VecDeque::new();
    for beginning in [&b"\x1b["[..], b"\x1b]", b"\x1b[200~"] {
        decoder.decode(0, beginning, &mut keys);
        for _ in 0..10_000 {
            decoder.decode(0, b"1", &mut keys);
            assert!(decoder.pending.len() <= LONGEST_SEQUENCE + 1);
        }
        decoder.decode(0, b"\x07\x1b[201~", &mut keys);
        keys.clear();
    }
}
