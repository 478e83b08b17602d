//! The table of openings: what each kind of first bytes becomes.

use super::*;

/// What becomes of an opening that comes in one read.
fn opened(bytes: impl AsRef<[u8]>) -> Vec<Input> {
    let mut client = Client::new();
    let mut heard = client.sends(bytes);
    if heard.is_empty() {
        heard = client.waits(KEY_INTERVAL);
    }
    heard
}

/// The name of the protocol by which an opening is refused.
fn refused_as(bytes: impl AsRef<[u8]>) -> String {
    match opened(bytes).as_slice() {
        [Input::Foreign(Foreign::Known { name, .. })] => (*name).to_owned(),
        [Input::Foreign(foreign)] => format!("{foreign:?}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn openings_of_other_protocols_take_no_seat_and_are_called_by_their_name() {
    for (name, opening) in [
        ("Http", "get / http/1.1\r\n\r\n"),
        (
            "Http",
            "GET /nice%20ports%2C/Tri%6Eity.txt%2ebak HTTP/1.0\r\n\r\n",
        ),
        ("Http", "PROPFIND / HTTP/1.1\r\n\r\n"),
        ("Http", "HTTP/1.1 200 OK\r\n\r\n"),
        ("RTSP", "OPTIONS * RTSP/1.0\r\n\r\n"),
        ("SIP", "OPTIONS sip:nm SIP/2.0\r\nVia: x\r\n"),
        ("SSH", "ssh-2.0-Go\r\n"),
        ("SMTP", "EHLO x.y\r\n"),
        ("SMTP", "ehlo\r\n"),
        ("SMTP", "HELO example.org\r\n"),
        ("FTP", "USER anonymous\r\n"),
        ("FTP", "AUTH TLS\r\n"),
        ("POP3", "APOP zoe 0123\r\n"),
        ("IRC", "NICK zoe\r\nUSER zoe 0 * :Zoe\r\n"),
        ("IRC", "USER zoe 0 * :Zoe\r\n"),
        ("IRC", "CAP LS 302\r\n"),
        ("SMTP", "helo x.y\r\n"),
        ("IMAP", "a1 CAPABILITY\r\n"),
        ("IMAP", "a001 CAPABILITY\r\n"),
        ("NNTP", "MODE READER\r\n"),
        ("VNC", "RFB 003.008\n"),
        ("rsync", "@RSYNCD: 31.0\n"),
        ("Redis", "*1\r\n$4\r\nPING\r\n"),
        ("memcached", "set cle 0 900 5\r\nabcde\r\n"),
        ("PROXY", "PROXY TCP4 10.0.0.1 10.0.0.2 4000 5000\r\nZoe\r\n"),
        ("PROXY", "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"),
        ("XML", "<?xml version=\"1.0\"?>"),
        ("XML", "<stream:stream to='x'>"),
        ("HTML", "<!DOCTYPE html>\n"),
        (
            "JSON-RPC",
            "{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"id\":1}\n",
        ),
        ("JSON-RPC", "{\"id\":1,\"method\":\"mining.subscribe\"}\n"),
        ("NATS", "CONNECT {\"verbose\":false}\r\n"),
        ("STOMP", "STOMP\naccept-version:1.2\n"),
        ("JDWP", "JDWP-Handshake"),
        ("T3", "t3 12.1.2\nAS:2048\n"),
        ("Git", "0033git-upload-pack /x\0host=localhost\0"),
        ("Subversion", "( 2 ( edit-pipeline ) )"),
        ("LSP", "Content-Length: 52\r\n\r\n{}"),
        ("ManageSieve", "AUTHENTICATE \"PLAIN\" \"\"\r\n"),
        ("Gnutella", "GNUTELLA CONNECT/0.6\r\n"),
    ] {
        assert_eq!(refused_as(opening), name, "{opening:?}");
    }
}

#[test]
fn a_client_of_another_protocol_is_told_why_in_its_manner() {
    let mut out = Vec::new();
    let [Input::Foreign(smtp)] = opened("EHLO x.y\r\n")[..] else {
        panic!("no seat");
    };
    smtp.answer(&mut out);
    let reason = "client SMTP : msg n'en est pas un serveur, utilisez « msg --connect » ou « nc »";
    assert_eq!(smtp.reason(), reason);
    assert_eq!(String::from_utf8(out), Ok(format!("554 {reason}\n")));
}

#[test]
fn binary_in_any_part_of_the_first_read_takes_no_seat() {
    let smb = b"\0\0\0\x2f\xffSMBr\0\0\0\0\x08\x01\xc8\0\0\0\0\0\0\0\0\x02NT LM 0.12\0";
    let mongo = b":\0\0\0\x01\0\0\0\0\0\0\0\xd4\x07\0\0admin.$cmd\0";
    for opening in [
        &smb[..],
        &mongo[..],
        b"AMQP\0\0\x09\x01",
        b"JRMI\0\x02K",
        b"\0\0\0\x08\x04\xd2\x16\x2f",
        b"\x03\0\0\x13\x0e\xe0",
        b"\x05\x01\0",
        b"Zo\xc3\xa9\nsalut\n\x01\n",
        b"Zoe\0\0\0\x02",
        b"\0\0\0Zoe\0",
        b"Zo\x9d\n",
        b"Zoe\nsal\x81ut\n",
        // Taken back by what happens to be a key.
        b"\xe7\x15\x08wD\n",
        b"\xa6\xb1\xd7\xa4$\n",
    ] {
        assert_eq!(refused_as(opening), "Binary", "{opening:?}");
    }
    // Neither a record's padding, nor half a character, nor a colour is binary.
    assert_eq!(opened("Zoe\n\0\0\0"), [named("Zoe")]);
    assert_eq!(opened(b"Zoe\nsal\xc3"), [named("Zoe")]);
    assert_eq!(opened(b"Zoe\n\xe6\x9d"), [named("Zoe")]);
    assert_eq!(opened("Zoe\n\x1b[31m\n").len(), 2);
    assert_eq!(opened(b"Zo\x82\n"), [named("Zo‚")]);
    // Only the first read is judged.
    let mut client = Client::new();
    assert_eq!(client.sends("Zoe\n"), [named("Zoe")]);
    assert_eq!(client.sends("\x01\n"), [said("\x01")]);
}

#[test]
fn random_bytes_take_no_seat() {
    for seed in 0..800 {
        let mut dice = anything::Dice(seed);
        let length = 16 + dice.below(1_000);
        let opening: Vec<u8> = (0..length).map(|_| dice.below(256) as u8).collect();
        let heard = opened(&opening);
        let seats = heard
            .iter()
            .filter(|heard| matches!(heard, Named(_) | Nameless));
        assert!(seats.count() == 0, "seed {seed}: {heard:?}");
    }
}

#[test]
fn what_a_person_may_have_typed_is_a_name() {
    for name in [
        "help",
        "stats",
        "PING",
        "INFO",
        "version",
        "GET UP",
        "helo toi",
        "user zoe",
        "MS",
        "CONNECT",
        "Nick",
        "User",
        "Get",
        "a1",
        "François",
        "李雷",
        "Proxy",
        "a1 b2",
        "Gitane",
        "*",
        "XML",
        "Redis",
    ] {
        assert_eq!(opened(format!("{name}\n")), [named(name)], "{name}");
    }
}
