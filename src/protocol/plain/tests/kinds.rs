//! Kinds of clients and of scanners, and what becomes of each.

use super::*;

/// A first read, and what becomes of it.
#[test]
fn openings_of_other_protocols_take_no_seat_and_are_called_by_name() {
    for (opening, name) in [
        ("EHLO mail.example.org\r\n", "SMTP"),
        ("helo x.y\r\n", "SMTP"),
        ("USER anonymous\r\n", "FTP"),
        ("AUTH TLS\r\n", "FTP"),
        ("NICK zoe\r\nUSER zoe 0 * :Zoe\r\n", "IRC"),
        ("USER zoe 0 * :Zoe\r\n", "IRC"),
        ("CAP LS 302\r\n", "IRC"),
        ("a1 CAPABILITY\r\n", "IMAP"),
        ("OPTIONS sip:nm SIP/2.0\r\nVia: SIP/2.0/TCP nm\r\n", "SIP"),
        ("RFB 003.008\n", "VNC"),
        ("@RSYNCD: 31.0\n", "rsync"),
        ("*1\r\n$4\r\nPING\r\n", "Redis"),
        ("<?xml version='1.0'?><stream:stream to='x'>", "XML"),
        (
            "{\"jsonrpc\": \"2.0\", \"method\": \"x\", \"id\": 1}\n",
            "JSON-RPC",
        ),
        ("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "PROXY"),
        ("\r\n\r\n\0\r\nQUIT\n\u{21}\u{11}", "PROXY"),
        ("0032git-upload-pack /x.git\0host=y\0", "Git"),
    ] {
        let mut client = Client::new();
        let mut heard = client.sends(opening);
        heard.extend(client.waits(WHOLE_LINE_TIMEOUT));
        let [Input::Foreign(Foreign::Known(protocol))] = heard.as_slice() else {
            panic!("{opening:?}: {heard:?}");
        };
        assert_eq!(protocol.name, name, "{opening:?}");
    }
    for request in ["get / http/1.1\r\n", "GET /x HTTP/1.0\r\n"] {
        let heard = Client::new().sends(request);
        assert_eq!(heard, [Input::Foreign(Foreign::Http)], "{request:?}");
    }
}

#[test]
fn binary_anywhere_in_the_first_read_takes_no_seat() {
    for opening in [
        &b"\0\0\0\x54\xffSMBr\0\0\0\0"[..],
        b"\x3a\0\0\0\xa7\x41\0\0\0\0\0\0\xd4\x07\0\0admin.$cmd\0",
        b"Zo\xe9\n\x01\x02",
        b"salut\n\x90\x81\n",
        b"AMQP\0\0\x09\x01",
        b"\x03\0\0\x13\x0e\xe0",
    ] {
        let mut client = Client::new();
        let mut heard = client.sends(opening);
        heard.extend(client.waits(WHOLE_LINE_TIMEOUT));
        assert!(matches!(heard.as_slice(), [Input::Foreign(_)]), "{heard:?}");
    }
    // Three hundred that nobody made up.
    let mut state = 88_172_645_463_325_252_u64;
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    for seed in 0..300 {
        let opening: Vec<u8> = (0..64).map(|_| byte()).collect();
        let mut client = Client::new();
        let mut heard = client.sends(opening);
        heard.extend(client.waits(WHOLE_LINE_TIMEOUT));
        let sits = heard
            .iter()
            .any(|heard| matches!(heard, Named(_) | Nameless));
        assert!(!sits, "opening {seed}: {heard:?}");
    }
}

#[test]
fn what_a_person_may_have_typed_is_still_a_name() {
    for name in [
        "help",
        "stats",
        "PING",
        "Nick",
        "User",
        "a1",
        "Get",
        "proxy",
        "François",
        "李雷",
    ] {
        assert_eq!(Client::new().sends(format!("{name}\n")), [named(name)]);
    }
    // Latin-1, which is not UTF-8; and a colour.
    assert_eq!(Client::new().sends(b"Zo\xe9\n"), [named("Zoé")]);
}

#[test]
fn the_kind_of_word_that_ends_a_discussion_is_known() {
    for word in [
        "quit",
        "exit",
        "quitter",
        "EXIT",
        "/exit",
        "/bye",
        "!quit",
        ":q",
        ":quit",
        "[quit]",
        "{bye}",
        "(exit)",
        "<leave>",
        "«quitter»",
        "/quitte",
    ] {
        assert_eq!(Client::zoe().sends(format!("{word}\n")), [Quit], "{word}");
    }
    for word in [
        "bye",
        "fin",
        "q",
        "leave",
        "quitte",
        "exit !",
        "/etc/passwd",
        "[12:30]",
    ] {
        assert_eq!(
            Client::zoe().sends(format!("{word}\n")),
            [said(word)],
            "{word}"
        );
    }
    for word in ["bye", "fin", "q"] {
        let mut client = Client::zoe();
        assert_eq!(client.sends(word), []);
        assert_eq!(client.ends(), [Quit], "{word}");
    }
}

#[test]
fn a_first_line_that_announces_or_labels_gives_the_name_alone() {
    for line in [
        "Zoe est arrivé(e) !!!",
        "Zoe a rejoint le chat",
        "Zoe has joined the chat",
        "*** Zoe has joined",
        "USERNAME:Zoe",
        "name: Zoe",
        "Pseudo : Zoe",
        "Nom = Zoe",
    ] {
        assert_eq!(
            Client::new().sends(format!("{line}\n")),
            [named("Zoe")],
            "{line}"
        );
    }
    assert_eq!(
        Client::new().sends("Zoe: name: x\n"),
        [named("Zoe"), said("name: x")]
    );
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

#[test]
fn messages_that_come_at_once_are_told_apart_by_the_name_before_each() {
    // In two reads, 5 ms apart.
    let mut client = Client::new();
    assert_eq!(client.sends("Zoe: un"), []);
    assert_eq!(client.waits(800), [named("Zoe"), said("un")]);
    assert_eq!(client.sends("Zoe: deux"), []);
    assert_eq!(client.waits(5), []);
    assert_eq!(client.sends("Zoe: trois"), [said("deux")]);
    assert_eq!(client.waits(LINE_TIMEOUT), [said("trois")]);
    // In one.
    assert_eq!(client.sends("Zoe: quatreZoe: cinq"), []);
    assert_eq!(client.waits(LINE_TIMEOUT), [said("quatre"), said("cinq")]);
    // Whoever ends lines means the name where it stands.
    let mut client = Client::zoe();
    let quoted = "Zoé: elle a dit Zoé: non\n";
    assert_eq!(client.sends(quoted), [said("elle a dit Zoé: non")]);
}
