use super::*;

fn lines_of(stream: &[u8], piece: usize) -> Result<Vec<Vec<u8>>, Malformed> {
    let mut lines = Lines::default();
    let mut found = Vec::new();
    for mut input in stream.chunks(piece) {
        while let Some(line) = lines.next(&mut input)? {
            found.push(line.to_vec());
        }
    }
    Ok(found)
}

#[test]
fn lines_are_the_same_however_the_stream_is_cut() {
    let stream = "SAY 1 2 été\r\n\nPING\nSAY 2 3 日本\nrest".as_bytes();
    let whole = lines_of(stream, stream.len()).unwrap();
    assert_eq!(whole.len(), 4);
    assert_eq!(whole[0], "SAY 1 2 été".as_bytes());
    for piece in 1..stream.len() {
        assert_eq!(
            lines_of(stream, piece).unwrap(),
            whole,
            "in pieces of {piece}"
        );
    }
}

#[test]
fn a_line_of_4096_bytes_passes_and_a_longer_one_does_not() {
    let mut fits = vec![b'x'; MAX_LINE - 1];
    fits.push(b'\n');
    let mut exceeds = vec![b'x'; MAX_LINE];
    exceeds.push(b'\n');
    for piece in [1, 7, MAX_LINE, MAX_LINE + 1] {
        assert!(lines_of(&fits, piece).is_ok());
        assert_eq!(lines_of(&exceeds, piece), Err(Malformed::TooLong));
        assert_eq!(
            lines_of(&exceeds[..MAX_LINE], piece),
            Err(Malformed::TooLong)
        );
    }
}

#[test]
fn lines_hold_no_memory_between_whole_lines() {
    let mut lines = Lines::default();
    assert_eq!(lines.next(&mut &b"PI"[..]), Ok(None));
    assert_eq!(lines.partial(), b"PI");
    assert_eq!(lines.next(&mut &b"NG\n"[..]), Ok(Some(&b"PING"[..])));
    assert_eq!(lines.next(&mut &b""[..]), Ok(None));
    assert!(!lines.holds_memory());
}

#[test]
fn every_verb_survives_encoding_and_decoding() {
    let pid = Pid(0xfeed);
    let verbs = [
        Verb::Peer {
            pid,
            name: "Zoé d'Aix".parse().unwrap(),
        },
        Verb::Gone(Gone::None),
        Verb::Gone(Gone::Away),
        Verb::Gone(Gone::Left),
        Verb::Gone(Gone::Lost),
        Verb::Say {
            seq: 1,
            sent_at: 0,
            text: "".into(),
        },
        Verb::Say {
            seq: u64::MAX,
            sent_at: u64::MAX,
            text: "  deux  espaces ".into(),
        },
        Verb::Ack { pid, through: 0 },
        Verb::Ping,
        Verb::Pong,
        Verb::Bye(Bye::Over),
        Verb::Bye(Bye::Restart),
        Verb::Bye(Bye::Stop),
        Verb::Err {
            refusal: Refusal::Full,
            reason: "deux personnes sont déjà là",
        },
        Verb::Sealed("BOX 3 YWJj"),
    ];
    for verb in verbs {
        let mut line = Vec::new();
        verb.encode(&mut line);
        assert_eq!(line.pop(), Some(b'\n'));
        assert_eq!(Verb::decode(&line), Ok(verb));
    }
}

#[test]
fn hello_and_welcome_survive_encoding_and_decoding() {
    let salon: Salon = "tp-3".parse().unwrap();
    for (salon, partner, field) in [
        (None, None, " - "),
        (Some(salon.clone()), None, " tp-3 "),
        (None, Some(Pid(0xb0b)), " -/0000000000000b0b "),
        (Some(salon), Some(Pid(0xb0b)), " tp-3/0000000000000b0b "),
    ] {
        let hello = Hello {
            pid: Pid(7),
            token: Token(u128::MAX),
            salon,
            partner,
            name: "Jean Luc".parse().unwrap(),
        };
        let mut line = Vec::new();
        hello.encode(&mut line);
        assert!(String::from_utf8(line.clone()).unwrap().contains(field));
        assert_eq!(Hello::decode(line.strip_suffix(b"\n").unwrap()), Ok(hello));
    }
    let welcome = Welcome {
        max_line: MAX_LINE,
        heartbeat_s: HEARTBEAT_S,
    };
    let mut line = Vec::new();
    welcome.encode(&mut line);
    assert_eq!(line, b"MSG/1 4096 10\n");
    assert_eq!(Welcome::decode(b"MSG/1 4096 10"), Ok(welcome));
}

#[test]
fn the_longest_text_fits_the_longest_line() {
    let text = "x".repeat(MAX_TEXT);
    let mut line = Vec::new();
    Verb::Say {
        seq: u64::MAX,
        sent_at: u64::MAX,
        text: text.as_str().into(),
    }
    .encode(&mut line);
    assert!(line.len() <= MAX_LINE);
}

#[test]
fn what_is_malformed_is_named() {
    let refused = |line: &str| Verb::decode(line.as_bytes()).unwrap_err();
    for line in [
        "",
        "SAY",
        "SAY 1",
        "SAY 1 2",
        "SAY 0 2 x",
        "SAY +1 2 x",
        "SAY 1 -2 x",
        "SAY 1  x",
        "SAY 1x 2 x",
        "ACK 0000000000000001 ",
        "ACK 0000000000000001 3x",
        "SAY 18446744073709551616 0 x",
        "ACK 12 3",
        "ACK 000000000000000g 3",
        "PEER 0000000000000001 ",
        "GONE",
        "GONE fishing",
        "PING 1",
        "ping",
        "ERR",
        "ERR what",
        "MSG/1 4096 10",
        "GET / HTTP/1.1",
    ] {
        assert!(matches!(refused(line), Malformed::Verb(_)), "{line}");
    }
    assert!(matches!(
        refused(&format!("SAY 1 2 {}", "x".repeat(MAX_TEXT + 1))),
        Malformed::Verb(_)
    ));
    assert_eq!(Verb::decode(b"SAY 1 2 \xff"), Err(Malformed::NotUtf8));
    let hello = |line: &str| Hello::decode(line.as_bytes()).unwrap_err().refusal();
    assert_eq!(hello("MSG/2 whatever"), Refusal::Version);
    assert_eq!(hello("MSG/10 whatever"), Refusal::Version);
    assert_eq!(hello("MSG/1 1 2 - Zoé"), Refusal::Proto);
    let fields = "MSG/1 0000000000000001 00000000000000000000000000000002";
    assert_eq!(hello(&format!("{fields} - \u{202e}Zoé")), Refusal::Name);
    for salon in ["a/b", "/0000000000000b0b", "-/", "a/0000000000000b0b/"] {
        assert_eq!(hello(&format!("{fields} {salon} Zoé")), Refusal::Proto);
    }
}
