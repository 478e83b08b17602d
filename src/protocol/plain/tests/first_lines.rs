//! Names, and words that end: what single lines mean.

use super::*;

#[test]
fn a_first_line_with_an_author_gives_name_and_message() {
    for first in [
        "Zoé: salut\n",
        "Zoé:salut\n",
        "Zoé : salut\n",
        "[Zoé] salut\n",
        "[Zoé]: salut\n",
        "[Zoé] : salut\n",
        "<Zoé> salut\n",
        "<Zoé>: salut\n",
        "(Zoé) salut\n",
        "Zoé> salut\n",
        "Zoé >> salut\n",
        "Zoé -> salut\n",
        "[12:30] Zoé: salut\n",
        "[12:30:05] <Zoé> salut\n",
        "(12h30) [Zoé] salut\n",
        "12:30 - Zoé : salut\n",
        "22/11/2026 14:02:31 Zoé: salut\n",
        "[22/11/2026 14:02:31] Zoé: salut\n",
        "[2026-11-22T14:02:31] [Zoé] salut\n",
    ] {
        let mut client = Client::new();
        assert_eq!(
            client.sends(first),
            [named("Zoé"), said("salut")],
            "{first}"
        );
        for next in [
            "Zoé: ça va\n",
            "zoé :ça va\n",
            "ZOÉ:  ça va\n",
            "[Zoé] ça va\n",
            "[Zoé]: ça va\n",
            "<zoé> ça va\n",
            "[12:31] Zoé: ça va\n",
        ] {
            assert_eq!(client.sends(next), [said("ça va")], "{next}");
        }
        assert_eq!(client.diagnostics(), [Diagnostic::OwnPrefix]);
        assert_eq!(client.sends("Zoé:\n"), []);
        for text in [
            "Bob: ça va",
            "[12:30] Bob: ça va",
            "12:30 ça va",
            "[Bob] ça va",
            "a > b",
        ] {
            assert_eq!(client.sends(format!("{text}\n")), [said(text)], "{text}");
        }
        assert_eq!(client.sends("[Zoé] :)\n"), [said(":)")]);
    }
    let mut client = Client::new();
    assert_eq!(client.sends("Zoé:\nsalut\n"), [named("Zoé"), said("salut")]);
}

#[test]
fn a_first_line_that_announces_gives_the_name_alone() {
    for first in [
        "Zoé est arrivé(e) !!!",
        "Zoé est arrivée.",
        "Zoé a rejoint le chat",
        "Zoé a rejoint la conversation !",
        "*** Zoé a rejoint le salon ***",
        "[Zoé] a rejoint le chat",
        "Le client Zoé est connecté.",
        "Zoé vient de se connecter",
        "Zoé s'est connecté(e) au serveur",
        "Zoé has joined the chat",
        "-> Zoé JOINED",
        "USERNAME:Zoé",
        "name: Zoé",
        "Pseudo : Zoé",
        "Nom = Zoé",
        "[NICK] = \"Zoé\"",
        "/nick Zoé",
    ] {
        let mut client = Client::new();
        assert_eq!(
            client.sends(format!("{first}\nsalut\n")),
            [named("Zoé"), said("salut")],
            "{first}"
        );
        assert_eq!(client.diagnostics(), [Diagnostic::Announced], "{first}");
    }
    let mut client = Client::new();
    let expected = [named("Zoé"), said("salut")];
    assert_eq!(client.sends("Nom: Zoé: salut\n"), expected);
    assert_eq!(client.sends("Nom: Zoé\n"), [said("Nom: Zoé")]);
    for sentence in [
        "Zoé a rejoint Bob au parc hier soir",
        "La voiture de mon voisin est arrivée",
        "Tu es arrivé à quelle heure hier, finalement ?",
    ] {
        let expected = [Nameless, said(sentence)];
        assert_eq!(
            Client::new().sends(format!("{sentence}\n")),
            expected,
            "{sentence}"
        );
    }
    assert_eq!(Client::new().sends("Nom:\n"), [named("Nom")]);
}

#[test]
fn a_first_line_that_is_no_name_is_a_message_of_a_guest() {
    for first in [
        "Bonjour à tous, je suis là !",
        "{\"type\": \"join\", \"name\": \"Zoé\"}",
        "https://example.org/une/page",
        "\u{1b}[31mrouge",
        "un nom beaucoup, beaucoup trop long: salut",
    ] {
        let expected = [Nameless, said(first)];
        assert_eq!(
            Client::new().sends(format!("{first}\n")),
            expected,
            "{first}"
        );
    }
    assert!(GUEST.parse::<Name>().is_ok());
}

#[test]
fn end_words_end_the_discussion_as_whole_lines_only() {
    for word in [
        "quitter",
        "quit",
        "exit",
        "/quit",
        "/quitter",
        "/exit",
        "/bye",
        "/q",
        ":q",
        ":quit",
        "!quit",
        "!leave",
        "{quit}",
        "{ Exit }",
        "(quit)",
        "[quitte]",
        "[/quit]",
        "<bye>",
        "« bye »",
        "QUITTER",
        " Quitter ",
    ] {
        assert_eq!(Client::zoe().sends(format!("{word}\n")), [Quit], "{word}");
        assert_eq!(
            Client::zoe().sends(format!("zoé: {word}\n")),
            [Quit],
            "{word}"
        );
        assert_eq!(Client::new().sends(format!("{word}\r\n")), [Quit], "{word}");
        let first = format!("Zoé: {word}\nencore\n");
        assert_eq!(Client::new().sends(first), [named("Zoé"), Quit], "{word}");
        let mut client = Client::zoe();
        client.sends(word);
        assert_eq!(client.waits(LINE_TIMEOUT), [Quit], "{word}");
    }
    assert_eq!(
        Client::zoe().sends("je dois quitter\n"),
        [said("je dois quitter")]
    );
    for text in [
        "quittez",
        "(quit",
        "leave",
        "quitte",
        "/quit now",
        "!",
        "()",
    ] {
        assert_eq!(
            Client::zoe().sends(format!("{text}\n")),
            [said(text)],
            "{text}"
        );
    }
    let long = "x".repeat(MAX_TEXT);
    let expected = [Said(long.clone()), said("quitter")];
    assert_eq!(Client::zoe().sends(format!("{long}quitter\n")), expected);
}

#[test]
fn a_word_of_parting_ends_the_discussion_only_where_the_stream_ends_right_after() {
    for word in ["bye", "Fin", "q"] {
        let mut client = Client::zoe();
        assert_eq!(client.sends(format!("{word}\n")), []);
        assert_eq!(client.ends(), [Quit], "{word}");

        let mut client = Client::zoe();
        client.sends(word);
        assert_eq!(client.ends(), [Quit], "{word}");

        let mut client = Client::zoe();
        assert_eq!(client.sends(format!("{word}\n")), []);
        assert_eq!(client.waits(FAREWELL_TIMEOUT - 1), []);
        assert_eq!(client.waits(1), [said(word)]);
        assert_eq!(client.ends(), [Quit]);

        let mut client = Client::zoe();
        let text = format!("{word}\n{word}\n\nencore\n{word}\nquitter\n");
        let expected = [said(word), said(word), said("encore"), said(word), Quit];
        assert_eq!(client.sends(text), expected);

        // Nobody's goodbye comes before their name.
        assert_eq!(Client::new().sends(format!("{word}\n")), [named(word)]);
    }
}

#[test]
fn a_silent_connection_is_asked_for_its_name_again_and_then_seldom() {
    let prompt = format!("{PROMPT}\n");
    let mut client = Client::new();
    client.waits(PROMPT_TIMEOUT - 1);
    assert_eq!(client.out, b"");
    client.waits(1);
    assert_eq!(client.out, prompt.as_bytes());
    client.waits(SECOND_PROMPT_TIMEOUT - 1);
    assert_eq!(client.out, prompt.as_bytes());
    client.waits(1);
    assert_eq!(client.out, prompt.repeat(2).as_bytes());
    client.waits(PROMPT_INTERVAL - 1);
    // Who presses Enter has seen it, and will see it again after as long a silence.
    client.sends("\n");
    client.waits(PROMPT_INTERVAL - 1);
    assert_eq!(client.out, prompt.repeat(2).as_bytes());
    client.waits(1);
    assert_eq!(client.out, prompt.repeat(3).as_bytes());
    client.waits(PROMPT_INTERVAL);
    assert_eq!(client.out, prompt.repeat(4).as_bytes());

    // Who has answered is not asked again.
    let mut client = Client::new();
    client.waits(PROMPT_TIMEOUT);
    assert_eq!(client.sends("Zoé\n"), [named("Zoé")]);
    client.waits(60_000);
    assert_eq!(client.out, prompt.as_bytes());

    // Who speaks by himself is not asked,
    let mut client = Client::new();
    client.sends("Z");
    client.waits(60_000);
    assert_eq!(client.out, b"");
    let mut client = Client::new();
    client.sends(b"\0\0\0\0");
    client.waits(60_000);
    assert_eq!(client.out, b"");
    // but who only presses Enter is, at once.
    let mut client = Client::new();
    client.sends("\r\n");
    client.waits(0);
    assert_eq!(client.out, prompt.as_bytes());
}

#[test]
fn a_client_of_the_wire_whose_hello_is_late_is_not_confused_by_the_prompt() {
    let hello = Hello {
        partner: None,
        pid: Pid(1),
        token: Token(1),
        salon: None,
        name: "Zoé".parse().unwrap(),
    };
    let mut late = Client::new();
    late.waits(PROMPT_TIMEOUT);
    let mut session = Session::new(hello);
    session.connected(0);
    assert_eq!(late.sends(session.unsent()), [Input::Wire]);
    assert_eq!(late.out, format!("{PROMPT}\n").as_bytes());
    session
        .received(0, &late.out)
        .expect("the prompt is passed over");
    session
        .received(0, b"MSG/1 4096 10\nGONE none\n")
        .expect("a relay's welcome");
    assert_eq!(session.next_event(), Some(Event::Waiting));
}

#[test]
fn ones_own_name_before_a_message_is_taken_off_however_it_is_written() {
    for line in [
        "Zoé: salut",
        "Zoé:salut",
        "Zoé : salut",
        "[Zoé] salut",
        "[Zoé]: salut",
        "<Zoé> salut",
        "[12:30] Zoé: salut",
    ] {
        assert_eq!(
            Client::zoe().sends(format!("{line}\n")),
            [said("salut")],
            "{line}"
        );
    }
    for line in ["12:30 déjà", "[12:30] déjà", "Bob: salut", "[note] ceci"] {
        assert_eq!(
            Client::zoe().sends(format!("{line}\n")),
            [said(line)],
            "{line}"
        );
    }
}
