//! Nothing is lost, and nothing ends, by a key that was meant for something else.

use rustix::process::Signal;

use crate::accessibility::State;
use crate::desktop::on_a_desktop;
use crate::talking::Talk;

#[test]
fn completing_a_name_in_the_midst_of_a_sentence_ends_nothing() {
    on_a_desktop("tab", |desktop| {
        let talk = Talk::begin(desktop);
        desktop.type_text("Salut Bo");
        desktop.press(&["Tab"]);
        desktop.type_text(", tu viens ?");
        talk.wait_for_input("Salut Bo, tu viens ?");
        desktop.photograph("after-tab");
        desktop.press(&["Return"]);
        talk.bob_reads("Zoé  Salut Bo, tu viens ?");
        assert_eq!(talk.state(), "connecté");
    });
}

#[test]
fn keys_upon_the_focused_button_ask_before_they_end_the_discussion() {
    on_a_desktop("key-on-quit", |desktop| {
        let mut talk = Talk::begin(desktop);
        let quit = talk.window.find("button", "Quitter");
        for key in ["space", "Return"] {
            desktop.wait_for("the button's turn", || {
                if quit.is(State::Focused) {
                    return Some(());
                }
                desktop.press(&["Tab"]);
                None
            });
            desktop.press(&[key]);
            talk.is_asked("Quitter la discussion ?");
            desktop.photograph(key);
            desktop.press(&["Escape"]);
            desktop.wait_for("the keyboard", || {
                talk.input.is(State::Focused).then_some(())
            });
        }
        talk.zoe_types("toujours là");
        talk.bob_reads("Zoé  toujours là");
        // Alt+Q is as deliberate as a click.
        desktop.press(&["alt+q"]);
        talk.bob_is_told("le client Zoé a quitté la discussion.");
        assert!(talk.bob.wait().success());
    });
}

#[test]
fn leaving_asks_once_where_a_draft_stands() {
    on_a_desktop("leave-with-draft", |desktop| {
        let mut talk = Talk::begin(desktop);
        desktop.type_text("en cours");
        desktop.press(&["ctrl+q"]);
        talk.is_asked("Quitter la discussion ? Un texte n'est pas envoyé.");
        desktop.press(&["Escape"]);
        talk.zoe_types(" et envoyé");
        talk.bob_reads("Zoé  en cours et envoyé");
        desktop.type_text("un autre");
        desktop.press(&["ctrl+q"]);
        talk.is_asked("Quitter la discussion ? Un texte n'est pas envoyé.");
        // Asked for again, it is meant.
        desktop.press(&["ctrl+q"]);
        talk.bob_is_told("le client Zoé a quitté la discussion.");
        assert!(talk.bob.wait().success());
        talk.wait_for_input("un autre");
    });
}

#[test]
fn what_is_typed_goes_into_the_input_area_wherever_the_keyboard_is() {
    on_a_desktop("typing", |desktop| {
        let mut talk = Talk::begin(desktop);
        talk.bob_says("clique ici");
        talk.zoe_reads("clique ici");
        talk.click_on("clique");
        desktop.wait_for("the conversation's turn", || {
            talk.display.is(State::Focused).then_some(())
        });
        // A dead key, as of « ê », is typed too.
        desktop.type_text("un ");
        desktop.press(&["dead_circumflex", "e"]);
        desktop.type_text("tre");
        talk.wait_for_input("un être");
        desktop.copy(" collé");
        talk.click_on("clique");
        desktop.press(&["ctrl+v"]);
        talk.wait_for_input("un être collé");
        // What selects and copies stays the conversation's.
        talk.click_on("clique");
        desktop.press(&["ctrl+a", "ctrl+c"]);
        desktop.wait_for("the text in the clipboard", || {
            desktop
                .selection("clipboard")
                .contains("clique ici")
                .then_some(())
        });
        desktop.press(&["Return"]);
        talk.wait_for_input("un être collé");
    });
}

#[test]
fn nothing_scrolls_while_a_hand_selects() {
    on_a_desktop("drag", |desktop| {
        let mut talk = Talk::begin(desktop);
        for number in 0..40 {
            talk.bob_says(&format!("message {number}"));
        }
        talk.zoe_reads("message 39");
        talk.wait_until_in_view("message 39");
        let (left, _, top, bottom) = talk.around("message 30");
        let y = (top + bottom) / 2;
        let before = talk.place_of("message 30");
        talk.window.drag((left + 1, y), (left + 60, y));
        // On a busy machine messages may be there before the hand is.
        desktop.wait_for("a hand that selects", || {
            (!desktop.selection("primary").is_empty()).then_some(())
        });
        for number in 40..45 {
            talk.bob_says(&format!("message {number}"));
        }
        talk.zoe_reads("message 44");
        talk.window.find("button", "5 nouveaux ↓");
        assert_eq!(talk.place_of("message 30"), before);
        desktop.photograph("held");
        desktop.release();
        desktop.press(&["ctrl+c"]);
        desktop.wait_for("what was selected", || {
            let selected = desktop.selection("primary");
            (!selected.is_empty() && "message 30".contains(&selected)).then_some(())
        });
        assert_eq!(talk.place_of("message 30"), before);
        talk.bob_says("encore");
        let down = talk.window.find("button", "6 nouveaux ↓");
        talk.window.click(&down);
        talk.wait_until_in_view("encore");
    });
}

#[test]
fn the_last_sentence_is_whole_on_the_screen_whatever_is_typed_after_the_end() {
    on_a_desktop("keys-after-the-end", |desktop| {
        let mut talk = Talk::begin(desktop);
        for number in 0..40 {
            talk.bob_says(&format!("message {number}"));
        }
        talk.zoe_reads("message 39");
        // She is in the midst of a sentence when he leaves.
        talk.bob_says("/quit");
        desktop.type_text(&"a ".repeat(60));
        talk.zoe_reads("le client Bob a quitté la discussion.");
        talk.wait_until_disabled();
        let draft = talk.input.text();
        let sentence = "le client Bob a quitté";
        talk.wait_until_in_view(sentence);
        let place = talk.place_of(sentence);
        for keys in [
            "a",
            "space",
            "Return",
            "BackSpace",
            "Down",
            "Right",
            "Left",
            "ctrl+v",
            "End",
            "shift+End",
        ] {
            desktop.press(&[keys]);
        }
        desktop.type_text("trop tard");
        talk.wait_until_in_view(sentence);
        desktop.photograph("after-keys");
        assert_eq!(talk.place_of(sentence), place);
        assert_eq!(talk.input.text(), draft);
        let (_, _, _, end) = talk.edges_of_display();
        let (_, _, _, bottom) = talk.around(sentence);
        assert!(bottom < end, "{bottom} of {end}");
    });
}

#[test]
fn messages_that_wait_for_their_answer_say_that_they_are_on_their_way() {
    on_a_desktop("stalled", |desktop| {
        let talk = Talk::begin(desktop);
        talk.bob.signal(Signal::STOP);
        talk.zoe_types("tu m'entends ?");
        talk.zoe_reads("  🕓 en route");
        talk.wait_for_state("connecté – 1 message en attente");
        desktop.photograph("on-its-way");
        talk.bob.signal(Signal::CONT);
        talk.wait_for_display("the mark", |shown| {
            shown.contains("  ✓ reçu") && !shown.contains("en route")
        });
        talk.wait_for_state("connecté");
    });
}

#[test]
fn closing_asks_where_messages_have_not_arrived() {
    on_a_desktop("close-undelivered", |desktop| {
        let mut talk = Talk::begin(desktop);
        // Bob hears nothing any more, and nobody knows yet.
        talk.bob.signal(Signal::STOP);
        talk.zoe_types("dans le vide");
        talk.zoe_reads("dans le vide");
        desktop.press(&["ctrl+w"]);
        // The window stays until it is known what became of the message.
        talk.is_asked("remise non confirmée de 1 message : fermer la fenêtre ?");
        desktop.photograph("asked");
        talk.zoe_reads("  🕓 remise non confirmée");
        talk.choose("Fermer la fenêtre");
        assert_eq!(talk.window.program.wait().code(), Some(75));
        talk.bob.signal(Signal::CONT);
    });
}

#[test]
fn a_question_that_the_other_answers_by_leaving_is_asked_no_more() {
    on_a_desktop("moot", |desktop| {
        let mut talk = Talk::begin(desktop);
        desktop.type_text("en cours");
        desktop.press(&["ctrl+q"]);
        talk.is_asked("Quitter la discussion ? Un texte n'est pas envoyé.");
        talk.bob_says("/quit");
        talk.window.find("button", "Réessayer");
        assert!(talk.window.part.with_role("alert").is_empty());
        talk.wait_for_input("en cours");
    });
}

#[test]
fn a_caret_stands_in_the_conversation_only_for_who_moves_it() {
    on_a_desktop("caret", |desktop| {
        let mut talk = Talk::begin(desktop);
        talk.bob_says("un mot");
        talk.zoe_reads("un mot");
        // At the end of the row.
        let (_, right, top, bottom) = talk.around("t");
        talk.window.click_at((right + 40, (top + bottom) / 2), "1");
        desktop.wait_for("the conversation's turn", || {
            talk.display.is(State::Focused).then_some(())
        });
        desktop.press(&["Shift_L"]);
        // Right of the last letter, where the window's edge moves it by some pixels.
        let is_drawn = || {
            let (_, right, top, _) = talk.around("t");
            let picture = desktop.photograph("caret");
            let mut points = (right + 2..right + 8).map(|x| (x, top + 8));
            points.any(|point| talk.window.brightness_in(&picture, point) < 0.5)
        };
        assert!(!is_drawn());
        desktop.press(&["Left", "Right"]);
        desktop.wait_for("the caret", || is_drawn().then_some(()));
    });
}
