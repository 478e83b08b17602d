//! What an editor must do, as scripts of keys.

use std::collections::VecDeque;

use super::*;
use crate::ui_line::keys::Keys;

/// Types a script: plain text, and keys by name in angle brackets.
fn type_into(editor: &mut Editor, script: &str) -> Vec<EditOutcome> {
    let mut effects = Vec::new();
    let mut rest = script;
    while !rest.is_empty() {
        let key = if let Some((name, after)) = rest
            .strip_prefix('<')
            .and_then(|named| named.split_once('>'))
        {
            rest = after;
            named(name)
        } else {
            let (text, after) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
            rest = after;
            Key::Text(text.to_owned())
        };
        effects.push(editor.press(key));
    }
    effects
}

fn named(name: &str) -> Key {
    match name {
        "enter" => Key::Enter,
        "left" => Key::Left,
        "right" => Key::Right,
        "home" => Key::Home,
        "end" => Key::End,
        "up" => Key::Up,
        "down" => Key::Down,
        "back" => Key::Backspace,
        "del" => Key::Delete,
        "^d" => Key::EndOrDelete,
        "^w" => Key::KillToSpace,
        "alt-back" => Key::KillWordLeft,
        "alt-u" => Key::ChangeCase(Case::Upper),
        "alt-l" => Key::ChangeCase(Case::Lower),
        "alt-c" => Key::ChangeCase(Case::Capital),
        "alt-enter" => Key::LineBreak,
        "tab" => Key::Tab,
        "esc" => Key::Escape,
        "^c" => Key::Interrupt,
        "^g" => Key::Cancel,
        "^r" => Key::Search,
        "^_" => Key::Undo,
        "^u" => Key::KillToStart,
        "^k" => Key::KillToEnd,
        "^y" => Key::Yank,
        "^t" => Key::Transpose,
        "alt-b" => Key::WordLeft,
        "alt-f" => Key::WordRight,
        "alt-d" => Key::KillWordRight,
        _ => panic!("no key {name}"),
    }
}

/// The line with a bar for the cursor.
fn typed(script: &str) -> String {
    let mut editor = Editor::default();
    type_into(&mut editor, script);
    bar(&editor)
}

fn bar(editor: &Editor) -> String {
    let (before, behind) = editor.draft.parts();
    format!("{before}|{behind}")
}

#[test]
fn graphemes_are_the_unit_of_every_edit() {
    assert_eq!(typed("e\u{301}té<left><left><back>"), "|té");
    assert_eq!(typed("a👩‍👩‍👧b<left><back>"), "a|b");
    assert_eq!(typed("a👩‍👩‍👧b<home><right><del>"), "a|b");
    assert_eq!(typed("日本語<left><back>"), "日|語");
    assert_eq!(typed("🇫🇷🇩🇪<back>"), "🇫🇷|");
    assert_eq!(typed("مرحبا<left><back>"), "مرح|ا");
    assert_eq!(typed("👍🏽<left>x"), "x|👍🏽");
    assert_eq!(typed("né<left><^t>"), "én|");
    assert_eq!(typed("né<^t>"), "én|");
}

#[test]
fn the_cursor_stays_between_graphemes_when_edits_join_them() {
    assert_eq!(typed("e<home>\u{301}x<back>"), "\u{301}|e");
    assert_eq!(typed("\u{301}<home>e"), "e\u{301}|");
    assert_eq!(typed("🇫x🇷<left><back>"), "🇫🇷|");
    let mut editor = Editor::default();
    type_into(&mut editor, "🇫🇷<home>🇩");
    assert_eq!(bar(&editor), "🇩🇫|🇷");
}

#[test]
fn words_and_the_rest_of_the_line_go_and_come_back() {
    assert_eq!(typed("un deux  trois<^w>"), "un deux  |");
    assert_eq!(typed("un deux  trois<^w><^w>"), "un |");
    assert_eq!(typed("voir /tmp/x.rs <^w>"), "voir |");
    assert_eq!(typed("un deux<^u>"), "|");
    assert_eq!(typed("un deux<alt-b><^k>"), "un |");
    assert_eq!(typed("un deux<alt-b><^k><home><^y>"), "deux|un ");
    assert_eq!(typed("l'été, là<home><alt-f><alt-f>"), "l'été|, là");
    assert_eq!(typed("un deux<home><alt-d>"), "| deux");
    assert_eq!(typed("voir /tmp/x.rs<alt-back>"), "voir /tmp/x.|");
    assert_eq!(typed("voir /tmp/x.rs <alt-back><alt-back>"), "voir /tmp/|");
}

#[test]
fn kills_that_follow_each_other_come_back_together() {
    assert_eq!(typed("un deux trois<^w><^w><^y>"), "un deux trois|");
    assert_eq!(
        typed("un deux trois<alt-b><alt-b><^w><^k><^y>"),
        "un deux trois|"
    );
    assert_eq!(typed("un deux<home><alt-d><alt-d><^y>"), "un deux|");
    // Between them, something else.
    assert_eq!(typed("un deux trois<^w><left><right><^w><^y>"), "un deux |");
    assert_eq!(typed("un deux<^w>x<back><^w><^y>"), "un |");
}

#[test]
fn a_word_changes_its_case() {
    assert_eq!(typed("déjà vu<home><alt-u>"), "DÉJÀ| vu");
    assert_eq!(typed("ÉTÉ 8<home><alt-l><alt-l>"), "été 8|");
    assert_eq!(typed("un éTÉ<home><alt-c><alt-c>"), "Un Été|");
    assert_eq!(typed("un<alt-u><^_>"), "|");
    assert_eq!(typed("un<home><alt-u><^_>"), "|un");
}

#[test]
fn edits_are_undone_word_by_word_and_never_within_a_grapheme() {
    assert_eq!(typed("un deux trois<^_>"), "un deux |");
    assert_eq!(typed("un deux trois<^_><^_><^_>"), "|");
    assert_eq!(typed("un deux<back><back><back><^_>"), "un deux|");
    assert_eq!(
        typed("un deux<back><back><back><back><back><back><^_>"),
        "un |"
    );
    assert_eq!(typed("un deux<home><del><del><del><del><^_>"), "|deux");
    assert_eq!(typed("un deux<^w><^_>"), "un deux|");
    assert_eq!(typed("né<^t><^_>"), "né|");
    assert_eq!(typed("👍🏽<left><del><^_>"), "|👍🏽");
    assert_eq!(typed("e\u{301}te\u{301}<back><^_>"), "e\u{301}te\u{301}|");
    let mut editor = Editor::default();
    assert_eq!(type_into(&mut editor, "<^_>"), [EditOutcome::Refused]);
    type_into(&mut editor, "a");
    for part in ["un\ndeux ", "trois"] {
        editor.press(Key::Pasted(part.to_owned()));
    }
    type_into(&mut editor, "<^_>");
    assert_eq!(bar(&editor), "a|");
}

#[test]
fn everything_that_was_done_to_a_line_can_be_undone() {
    let mut editor = Editor::default();
    type_into(
        &mut editor,
        "un deux<back><^w>e\u{301}<left><del>👍🏽<home>x<alt-u><^k><^y><^t>fin",
    );
    let mut steps = 0;
    while editor.press(Key::Undo) == EditOutcome::Edited {
        steps += 1;
    }
    assert!(steps >= 8, "{steps}");
    assert_eq!(bar(&editor), "|");
}

#[test]
fn ctrl_c_takes_back_one_thing_after_the_other() {
    let mut editor = Editor::default();
    let outcome = type_into(&mut editor, "salut<enter>brouillon<up> toi<^c>");
    assert_eq!(outcome.last(), Some(&EditOutcome::Edited));
    assert_eq!(bar(&editor), "brouillon|");
    assert_eq!(
        editor.press(Key::Interrupt),
        EditOutcome::Cleared("brouillon".to_owned())
    );
    assert_eq!(bar(&editor), "|");
    type_into(&mut editor, "<^y>");
    assert_eq!(bar(&editor), "brouillon|");
    type_into(&mut editor, "<^c><^_>");
    assert_eq!(bar(&editor), "brouillon|");
    type_into(&mut editor, "<^c>");
    assert_eq!(editor.press(Key::Interrupt), EditOutcome::Interrupt);
    type_into(&mut editor, "<up>");
    assert_eq!(bar(&editor), "salut toi|");
}

#[test]
fn a_line_break_can_be_typed() {
    let mut editor = Editor::default();
    let outcome = type_into(&mut editor, "un<alt-enter>deux<enter>");
    assert_eq!(
        outcome.last(),
        Some(&EditOutcome::Entered("un\ndeux".to_owned()))
    );
}

#[test]
fn tab_completes_what_it_can_and_else_is_a_tab() {
    let mut editor = Editor::default();
    type_into(&mut editor, "bo<tab>");
    assert_eq!(bar(&editor), "bo\t|");
    editor.meet("Bob");
    type_into(&mut editor, "<^u>et bo<tab>, b<tab>");
    assert_eq!(bar(&editor), "et Bob, Bob|");
    type_into(&mut editor, "<tab><^u>/hi<tab> 3");
    assert_eq!(bar(&editor), "/history 3|");
    type_into(&mut editor, "<^u>/h");
    assert_eq!(editor.press(Key::Tab), EditOutcome::Refused);
    type_into(&mut editor, "<^u>b<tab><^_>");
    assert_eq!(bar(&editor), "b|");
}

#[test]
fn ctrl_r_finds_what_was_entered_as_one_types() {
    let mut editor = Editor::default();
    type_into(
        &mut editor,
        "rendez-vous lundi<enter>oui<enter>Lundi non<enter>",
    );
    type_into(&mut editor, "brouillon<left><^r>lun");
    assert_eq!(
        row(&editor, "> ", 60),
        ("cherche « lun » : ".to_owned(), "Lundi non".to_owned())
    );
    type_into(&mut editor, "<^r>");
    assert_eq!(
        row(&editor, "> ", 60),
        (
            "cherche « lun » : rendez-vous ".to_owned(),
            "lundi".to_owned()
        )
    );
    assert_eq!(editor.press(Key::Search), EditOutcome::Refused);
    let failed = row(&editor, "> ", 60).0;
    assert!(failed.starts_with("introuvable « lun » : "), "{failed}");
    type_into(&mut editor, "<back>");
    assert_eq!(row(&editor, "> ", 60).1, "Lundi non");
    type_into(&mut editor, "<esc>");
    assert_eq!(bar(&editor), "brouillo|n");
    type_into(&mut editor, "<^r>lundi<^r><^g>");
    assert_eq!(bar(&editor), "brouillo|n");
    type_into(&mut editor, "<^r>lundi<^r><end>!");
    assert_eq!(bar(&editor), "rendez-vous lundi!|");
    type_into(&mut editor, "<down><down><down>");
    assert_eq!(bar(&editor), "brouillon|");
    let outcome = type_into(&mut editor, "<^r>non<enter>");
    assert_eq!(
        outcome.last(),
        Some(&EditOutcome::Entered("Lundi non".to_owned()))
    );
    assert_eq!(bar(&editor), "brouillon|");
}

#[test]
fn a_search_that_finds_nothing_sends_nothing() {
    let mut editor = Editor::default();
    let outcome = type_into(&mut editor, "brouillon<^r>absent<enter>");
    assert_eq!(outcome.last(), Some(&EditOutcome::Edited));
    assert_eq!(bar(&editor), "brouillon|");
    editor.press(Key::Search);
    editor.press(Key::Text("x".repeat(10_000)));
    for columns in 0..100 {
        row(&editor, "> ", columns);
    }
}

#[test]
fn a_line_that_was_a_mistake_is_given_back() {
    let mut editor = Editor::default();
    type_into(&mut editor, "salut<enter>/quiter<enter>");
    editor.give_back("/quiter".to_owned());
    assert_eq!(bar(&editor), "/quiter|");
    type_into(&mut editor, "<^u><up>");
    assert_eq!(bar(&editor), "salut|");
    // A draft has come back meanwhile.
    type_into(&mut editor, "<down>brouillon<up><home>/<enter>");
    editor.give_back("/salut".to_owned());
    assert_eq!(bar(&editor), "/salut|");
    type_into(&mut editor, "<down>");
    assert_eq!(bar(&editor), "brouillon|");
}

#[test]
fn up_and_down_keep_the_draft() {
    let mut editor = Editor::default();
    type_into(&mut editor, "un<enter>deux<enter>brouillon<left>");
    assert_eq!(bar(&editor), "brouillo|n");
    type_into(&mut editor, "<up>");
    assert_eq!(bar(&editor), "deux|");
    type_into(&mut editor, "<up><up><up>");
    assert_eq!(bar(&editor), "un|");
    type_into(&mut editor, "<down><down>");
    assert_eq!(bar(&editor), "brouillon|");
    assert_eq!(type_into(&mut editor, "<down>"), [EditOutcome::Refused]);
    assert_eq!(bar(&editor), "brouillon|");
}

#[test]
fn a_recalled_line_can_be_changed_and_entered() {
    let mut editor = Editor::default();
    type_into(&mut editor, "salut<enter>");
    let effects = type_into(&mut editor, "brouillon<up>!<enter>");
    assert_eq!(
        effects.last(),
        Some(&EditOutcome::Entered("salut!".to_owned()))
    );
    assert_eq!(bar(&editor), "brouillon|");
    type_into(&mut editor, "<up><up>");
    assert_eq!(bar(&editor), "salut|");
}

#[test]
fn what_was_made_of_a_recalled_line_survives_looking_at_others() {
    let mut editor = Editor::default();
    type_into(&mut editor, "un<enter>deux<enter>brouillon<up> bis<up> ter");
    assert_eq!(bar(&editor), "un ter|");
    type_into(&mut editor, "<down>");
    assert_eq!(bar(&editor), "deux bis|");
    type_into(&mut editor, "<down>");
    assert_eq!(bar(&editor), "brouillon|");
    type_into(&mut editor, "<up><up>");
    assert_eq!(bar(&editor), "un ter|");
    // Entered as another line, it is what it was again.
    type_into(&mut editor, "<enter><up><up><up>");
    assert_eq!(bar(&editor), "un|");
}

#[test]
fn what_was_typed_and_not_entered_is_known_wherever_it_is() {
    let unsent = |script: &str| {
        let mut editor = Editor::default();
        type_into(&mut editor, script);
        editor.unsent().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(unsent("un<enter>"), [""; 0]);
    assert_eq!(unsent("un<enter><up>"), [""; 0]);
    assert_eq!(unsent("un<enter>deux"), ["deux"]);
    assert_eq!(unsent("un<enter>deux<up>"), ["deux"]);
    assert_eq!(
        unsent("un<enter>deux<enter>trois<up> bis<up> ter"),
        ["un ter", "deux bis", "trois"]
    );
    assert_eq!(unsent("un<enter>deux<^r>un"), ["deux"]);
}

#[test]
fn ctrl_d_ends_on_an_empty_line_only() {
    let mut editor = Editor::default();
    assert_eq!(type_into(&mut editor, "<^d>"), [EditOutcome::End]);
    assert_eq!(
        type_into(&mut editor, "ab<home><^d>").last(),
        Some(&EditOutcome::Edited)
    );
    assert_eq!(bar(&editor), "|b");
    assert_eq!(
        type_into(&mut editor, "<end><^d>").last(),
        Some(&EditOutcome::Refused)
    );
}

#[test]
fn ctrl_d_that_is_held_to_delete_does_not_end() {
    let mut editor = Editor::default();
    let held = type_into(&mut editor, "ab<home><^d><^d><^d><^d>");
    assert_eq!(held[4..], [EditOutcome::Refused, EditOutcome::Refused]);
    assert_eq!(type_into(&mut editor, "<left><^d>")[1], EditOutcome::End);
}

#[test]
fn a_paste_of_several_lines_is_one_edit() {
    let mut editor = Editor::default();
    editor.press(Key::Text("> ".to_owned()));
    editor.press(Key::Pasted("un\n\ndeux\n".to_owned()));
    assert_eq!(
        row(&editor, "", 40),
        ("> un⏎⏎deux⏎".to_owned(), String::new())
    );
    assert_eq!(
        editor.press(Key::Enter),
        EditOutcome::Entered("> un\n\ndeux\n".to_owned())
    );
}

#[test]
fn a_line_has_an_end_and_what_does_not_fit_is_given_back() {
    let mut editor = Editor::default();
    editor.press(Key::Text("x".repeat(Editor::LONGEST - 1)));
    let effect = editor.press(Key::Pasted("éa".to_owned()));
    assert_eq!(effect, EditOutcome::Full { left_out: 3 });
    assert_eq!(editor.press(Key::Text("a".to_owned())), EditOutcome::Edited);
    assert_eq!(editor.text().len(), Editor::LONGEST);
}

#[test]
fn what_was_entered_is_remembered_up_to_a_bound() {
    let mut editor = Editor::default();
    for n in 0..3 * Recall::MAX_LINES {
        type_into(&mut editor, &format!("{n}<enter>"));
    }
    assert_eq!(editor.recall.len(), Recall::MAX_LINES);
    type_into(&mut editor, " <enter><enter>");
    assert_eq!(editor.recall.len(), Recall::MAX_LINES);
    type_into(&mut editor, "<up>");
    assert_eq!(bar(&editor), "299|");
}

/// What the row shows before and behind the cursor.
fn row(editor: &Editor, prompt: &str, columns: usize) -> (String, String) {
    let mut out = Vec::new();
    let drawn = editor.draw(prompt, columns, &mut out);
    let out = String::from_utf8(out).unwrap();
    let out = out.strip_prefix("\x1b[?7l\r").unwrap();
    let out = out.strip_suffix("\x1b[K\x1b8\x1b[?7h").unwrap();
    let (before, behind) = out.split_once("\x1b7").unwrap();
    assert_eq!(drawn.column, before.width());
    assert!(before.width() + behind.width() < columns.max(1));
    assert!(!out.replace("\x1b7", "").contains(char::is_control));
    (before.to_owned(), behind.to_owned())
}

#[test]
fn a_long_line_scrolls_sideways_with_the_cursor_in_sight() {
    let mut editor = Editor::default();
    type_into(&mut editor, "0123456789abcdefghij");
    assert_eq!(
        row(&editor, "> ", 12),
        ("> bcdefghij".to_owned(), String::new())
    );
    type_into(&mut editor, "<left><left><left><left><left><left>");
    assert_eq!(
        row(&editor, "> ", 12),
        ("> 89abcd".to_owned(), "efg".to_owned())
    );
    type_into(&mut editor, "<home>");
    assert_eq!(
        row(&editor, "> ", 12),
        ("> ".to_owned(), "012345678".to_owned())
    );
}

#[test]
fn a_row_of_any_width_holds_any_text() {
    let texts = [
        "été à l'œuvre",
        "日本語日本語日本語",
        "👩‍👩‍👧👍🏽🇫🇷",
        "مرحبا بالعالم",
        "a\0b\x1b[31mc\u{202e}d\u{e0041}\u{9b}e\tf",
        &format!("x{}y", "\u{301}".repeat(500)),
        &"\u{200d}".repeat(2000),
    ];
    for text in texts {
        let mut editor = Editor::default();
        editor.press(Key::Pasted(text.to_owned()));
        loop {
            for columns in 0..40 {
                row(&editor, "> ", columns);
            }
            if editor.press(Key::Left) == EditOutcome::Refused {
                break;
            }
        }
    }
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // Xorshift, by Marsaglia.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}

#[test]
fn no_bytes_at_all_bring_an_editor_out_of_order() {
    const PARTS: [&[u8]; 43] = [
        b"\x12",
        b"\x07",
        b"\x1f",
        b"\x1bu",
        b"\x1bc",
        b"\x1b\x7f",
        b"\x1b\r",
        b"\x03",
        b"\x1b",
        b"/",
        b"/h\t",
        b"a",
        b" ",
        b"\r",
        b"\x1b[D",
        b"\x1b[C",
        b"\x1b[1;5D",
        b"\x1b[1;5C",
        b"\x1b[A",
        b"\x1b[B",
        b"\x7f",
        b"\x1b[3~",
        b"\x17",
        b"\x19",
        b"\x14",
        b"\x1bd",
        b"\x1b[200~",
        b"\x1b[201~",
        b"\n",
        b"\x01",
        b"\x0b",
        b"\xf0\x9f",
        b"\xff",
        b"\0",
        b"\xcc\x81",
        b"\xf0\x9f\x87\xab",
        b"\xe2\x80\x8d",
        b"\xf0\x9f\x91\xa9",
        b"\xf0\x9f\x8f\xbd",
        b"\xe1\x84\x80\xe1\x85\xa1",
        b"\xd9\x85",
        b"\xe0\xa4\x95\xe0\xa5\x8d",
        b"\xe2\x80\xae",
    ];
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let (mut decoder, mut keys) = (Keys::default(), VecDeque::new());
    let mut editor = Editor::default();
    let mut now = 0;
    for _ in 0..30_000 {
        now += 30;
        decoder.handle_timeout(now, &mut keys);
        decoder.decode(now, PARTS[dice.roll(PARTS.len())], &mut keys);
        while let Some(key) = keys.pop_front() {
            editor.press(key);
            let mut boundaries = editor.text().grapheme_indices(true).map(|(at, _)| at);
            let at_end = editor.draft.cursor() == editor.text().len();
            assert!(
                at_end || boundaries.any(|at| at == editor.draft.cursor()),
                "{}",
                bar(&editor)
            );
        }
        row(&editor, "> ", dice.roll(60));
        if editor.text().len() > 200 {
            editor.press(Key::End);
            editor.press(Key::KillToStart);
        }
    }
}
