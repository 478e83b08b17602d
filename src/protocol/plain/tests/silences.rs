//! Lines that nothing ends, and keys.

use super::*;

#[test]
fn silence_ends_the_lines_of_a_client_that_sends_no_ending() {
    let mut client = Client::new();
    assert_eq!(client.sends("Zoé"), []);
    assert_eq!(client.waits(LINE_TIMEOUT - 1), []);
    assert_eq!(client.waits(1), [named("Zoé")]);
    assert_eq!(client.diagnostics(), [Diagnostic::Silence]);
    assert_eq!(client.sends("bon"), []);
    client.waits(LINE_TIMEOUT - 1);
    assert_eq!(client.sends("jour"), []);
    assert_eq!(client.waits(LINE_TIMEOUT), [said("bonjour")]);
    // By now a single character is a message as well.
    client.sends("k");
    assert_eq!(client.waits(LINE_TIMEOUT), [said("k")]);
}

#[test]
fn messages_pasted_one_after_the_other_stay_apart_where_their_client_puts_its_name_before_them() {
    let mut client = Client::new();
    client.sends("Zoe: un");
    assert_eq!(client.waits(800), [named("Zoe"), said("un")]);
    client.diagnostics();
    client.sends("Zoe: deux");
    client.waits(5);
    assert_eq!(client.sends("Zoe: trois"), [said("deux")]);
    assert_eq!(client.waits(LINE_TIMEOUT), [said("trois")]);
    assert_eq!(
        client.diagnostics(),
        [
            Diagnostic::Silence,
            Diagnostic::Pasted,
            Diagnostic::OwnPrefix
        ]
    );
    // The network put them into one.
    client.sends("Zoe: quatreZoe: cinq !Zoe: six");
    let expected = [said("quatre"), said("cinq !"), said("six")];
    assert_eq!(client.waits(LINE_TIMEOUT), expected);
    client.sends("Zoe: septZoe: quitterZoe: huit");
    assert_eq!(client.waits(LINE_TIMEOUT), [said("sept"), Quit]);

    // What somebody may have written is left alone,
    let mut client = Client::new();
    client.sends("Zoe: un");
    client.waits(LINE_TIMEOUT);
    client.sends("Zoe: Bob a dit Zoe: viens, pas zoe: viens");
    let expected = [said("Bob a dit Zoe: viens, pas zoe: viens")];
    assert_eq!(client.waits(LINE_TIMEOUT), expected);
    // and what ends its lines.
    let mut client = Client::new();
    assert_eq!(client.sends("Zoe: un\n").len(), 2);
    client.sends("Zoe: deux");
    assert_eq!(client.sends("Zoe: trois\n"), [said("deuxZoe: trois")]);
}

#[test]
fn a_client_whose_every_send_was_a_line_sends_a_line_each_time() {
    let spoken = || {
        let mut client = Client::new();
        client.sends("Zoé");
        client.waits(LINE_TIMEOUT);
        client.sends("salut");
        assert_eq!(client.waits(LINE_TIMEOUT), [said("salut")]);
        client
    };
    let mut client = spoken();
    client.sends("un");
    client.waits(5);
    assert_eq!(client.sends("deux"), [said("un")]);
    client.waits(5);
    assert_eq!(client.sends("trois"), [said("deux")]);
    assert_eq!(client.waits(LINE_TIMEOUT), [said("trois")]);

    // A character in two reads, and a text longer than a packet, are one message.
    let mut client = spoken();
    client.sends(b"caf\xc3");
    client.waits(5);
    client.sends(b"\xa9");
    assert_eq!(client.waits(LINE_TIMEOUT), [said("café")]);
    let mut client = spoken();
    let long = "x".repeat(1_448);
    client.sends(&long);
    client.sends("yz");
    assert_eq!(client.waits(LINE_TIMEOUT), [Said(format!("{long}yz"))]);

    // So is what a client sends in pieces, if it has ever sent one so.
    let mut client = Client::new();
    client.sends("Zoé");
    client.waits(LINE_TIMEOUT);
    for _ in 0..3 {
        client.sends("bon");
        client.waits(5);
        client.sends("jour");
        assert_eq!(client.waits(LINE_TIMEOUT), [said("bonjour")]);
    }
    // And the name is as long in coming as ever.
    let mut client = Client::new();
    client.sends("Zoé");
    client.waits(5);
    client.sends(" Martin");
    assert_eq!(client.waits(LINE_TIMEOUT), [named("Zoé Martin")]);
}

#[test]
fn silence_means_nothing_after_the_first_cr_or_lf() {
    let mut client = Client::new();
    client.sends("Zoé");
    assert_eq!(client.waits(LINE_TIMEOUT), [named("Zoé")]);
    assert_eq!(client.sends("bonjour\ndemi-"), [said("bonjour")]);
    assert_eq!(client.waits(600_000), []);
    assert_eq!(client.sends("ligne\r"), [said("demi-ligne")]);
}

#[test]
fn silence_inside_a_character_ends_no_line_until_it_is_long() {
    let mut client = Client::zoe();
    let text = "voilà";
    let (head, tail) = text.as_bytes().split_at(text.len() - 1);
    client.sends(head);
    assert_eq!(client.waits(1_000), []);
    client.sends(tail);
    assert_eq!(client.waits(LINE_TIMEOUT), [said("voilà")]);
    // « voilà » in Windows-1252 ends like the beginning of a UTF-8 character, but only once.
    client.sends(b"voil\xe0");
    assert_eq!(client.waits(WHOLE_LINE_TIMEOUT), [said("voilà")]);
    client.sends(b"voil\xe0");
    assert_eq!(client.waits(LINE_TIMEOUT), [said("voilà")]);
}

#[test]
fn typing_key_by_key_breaks_neither_name_nor_message() {
    let mut client = Client::new();
    assert_eq!(client.types("Zoé Martin", 200), []);
    assert_eq!(client.types("\r", 200), [named("Zoé Martin")]);
    assert_eq!(
        client.types("ça va 日本 ?\r", 3_000),
        [said("ça va 日本 ?")]
    );

    let mut client = Client::new();
    assert_eq!(client.types("Zoé\0", 200), [named("Zoé")]);
    assert_eq!(client.types("bon", 200), []);
    // Two keys that something held up come together.
    client.sends("jo");
    assert_eq!(client.waits(200), []);
    assert_eq!(client.types("ur\r\n", 200), [said("bonjour")]);
}

#[test]
fn a_name_of_one_letter_without_ending_is_understood() {
    let mut client = Client::new();
    client.sends("A");
    assert_eq!(client.waits(1_000), []);
    assert_eq!(client.sends("bonjour"), [named("A")]);
    assert_eq!(client.waits(LINE_TIMEOUT), [said("bonjour")]);

    let mut client = Client::new();
    client.sends("A");
    assert_eq!(client.waits(KEY_INTERVAL), [named("A")]);
}
