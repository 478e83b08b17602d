use super::*;

fn plain() -> Palette {
    Palette::new(Colour::Off)
}

fn line(text: &str) -> Line {
    Line {
        sent_at: 1_795_000_000_000,
        text: text.to_owned(),
    }
}

#[test]
fn a_message_is_its_date_its_name_and_its_text() {
    let row = plain().message(Author::Own, "Alice", &line("bonjour"));
    assert_eq!(row, format!("{}  Alice  bonjour", date(1_795_000_000_000)));
    let row = plain().marked(Mark::Pending, Author::Own, "Alice", &line("bonjour"));
    assert_eq!(row, format!("{}* Alice  bonjour", date(1_795_000_000_000)));
}

#[test]
fn a_tab_stays_one_where_no_terminal_shows_it() {
    let line = line("a\tb\x1b");
    let row = plain().message(Author::Own, "Alice", &line);
    assert!(row.ends_with("  Alice  a    b\\x1b"), "{row:?}");
    let row = plain().keeping_tabs().message(Author::Own, "A\tb", &line);
    assert!(row.ends_with("  A b  a\tb\\x1b"), "{row:?}");
}

#[test]
fn colours_are_base_colours_and_leave_the_text_alone() {
    let palette = Palette::new(Colour::On);
    let own = palette.message(Author::Own, "Alice", &line("bonjour"));
    let other = palette.message(Author::Other, "Bob", &line("bonjour"));
    assert!(own.ends_with("\x1b[36mAlice\x1b[0m  bonjour"), "{own:?}");
    assert!(
        other.ends_with("\x1b[1;35mBob\x1b[0m  bonjour"),
        "{other:?}"
    );
    assert_eq!(palette.notice("un"), "\x1b[32mun\x1b[0m");
    assert_eq!(palette.error("un"), "\x1b[31mun\x1b[0m");
}

#[test]
fn colour_is_off_where_it_is_unwanted_or_unknown() {
    let choose = |no_color: Option<&str>, term: Option<&str>| {
        Colour::of_environment(no_color.map(OsStr::new), term.map(OsStr::new))
    };
    assert_eq!(choose(None, Some("xterm")), Colour::On);
    assert_eq!(choose(Some(""), Some("xterm")), Colour::On);
    assert_eq!(choose(Some("0"), Some("xterm")), Colour::Off);
    assert_eq!(choose(None, Some("dumb")), Colour::Off);
    assert_eq!(choose(None, None), Colour::Off);
}

#[test]
fn every_hidden_character_is_shown_and_every_other_kept() {
    for c in ('\0'..=char::MAX).filter(|c| is_hidden(*c)) {
        let text = format!("a{c}b");
        let shown = safe(&text);
        assert!(!shown.contains(is_hidden), "{c:?} passes");
        assert!(
            shown.len() >= 4 && shown.starts_with('a') && shown.ends_with('b'),
            "{c:?} vanishes"
        );
    }
    for c in ('\0'..=char::MAX).filter(|c| !is_hidden(*c)) {
        assert_eq!(safe(&format!("a{c}b")), format!("a{c}b"));
    }
}

#[test]
fn what_is_hidden_is_spelt_so_that_one_sees_it() {
    assert_eq!(safe("\x1b[2J\r\n\u{9b}1m"), "\\x1b[2J\\r\\n\\u{9b}1m");
    assert_eq!(
        safe("a\u{202e}b\u{e0041}\u{2028}"),
        "a\\u{202e}b\\u{e0041}\\u{2028}"
    );
    assert_eq!(safe("\x7f\0\ta"), "\\x7f\\x00    a");
}

#[test]
fn writing_of_every_script_is_left_as_it_is() {
    for text in [
        "été, œuvre, « ça »",
        "日本語",
        "👩‍👩‍👧 👍🏽 ❤️",
        "مرحبا می‌خواهم",
        "हिन्दी",
        "שָׁלוֹם",
        "한글",
    ] {
        assert_eq!(safe(text), text);
    }
}

#[test]
fn a_heap_of_combining_marks_is_cut_visibly() {
    let shown = safe("e").into_owned() + &"\u{301}".repeat(8);
    assert_eq!(safe(&shown), shown);
    let heap = format!("Z{}go{}", "\u{301}".repeat(1000), "\u{20dd}".repeat(9));
    assert_eq!(
        safe(&heap),
        format!("Z{}[…]go{}[…]", "\u{301}".repeat(8), "\u{20dd}".repeat(8))
    );
}

#[test]
fn making_harmless_twice_changes_nothing() {
    let hostile: String = ('\0'..'\u{3000}').chain('\u{fe00}'..'\u{ffff}').collect();
    let once = safe(&hostile).into_owned();
    assert_eq!(safe(&once), once);
}

#[test]
fn harmless_text_grows_at_most_fourfold() {
    for c in ('\0'..=char::MAX).filter(|c| is_hidden(*c)) {
        assert!(safe(&c.to_string()).len() <= 4 * c.len_utf8(), "{c:?}");
    }
}

#[test]
fn a_date_is_the_viewers() {
    // Local midnight in whatever zone the test runs.
    let at = Local
        .with_ymd_and_hms(2026, 11, 22, 14, 2, 31)
        .unwrap()
        .timestamp_millis();
    assert_eq!(date(at as UnixMillis + 999), "22/11/2026 14:02:31");
}

#[test]
fn a_day_is_told_in_french_words() {
    let told = |year, month, day| {
        let noon = Local.with_ymd_and_hms(year, month, day, 12, 0, 0);
        super::day(noon.unwrap().timestamp_millis() as UnixMillis)
    };
    assert_eq!(told(2026, 11, 22), "dimanche 22 novembre 2026");
    assert_eq!(told(2027, 2, 1), "lundi 1er février 2027");
    assert_eq!(super::day(u64::MAX), "jour inconnu");
}

#[test]
fn no_date_is_too_far_off() {
    for at in (0..64)
        .map(|bit| u64::MAX >> bit)
        .chain((8_210_266_870_000_000..).step_by(3_600_000).take(100))
    {
        assert!(!date(at).is_empty());
    }
    assert_eq!(date(u64::MAX), "@18446744073709551");
    assert!(
        date(400_000_000_000_000).contains("/14645 "),
        "{}",
        date(400_000_000_000_000)
    );
}

#[test]
fn a_name_ends_where_its_row_says_it_does() {
    let row = plain().message(Author::Other, "Bob  salut\n", &line("non"));
    assert!(row.ends_with("  Bob salut\\n  non"), "{row}");
}
