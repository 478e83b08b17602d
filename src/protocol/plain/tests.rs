//! The rules of the plain dialect, one by one. All of them at once, against whatever bytes may come, are in `anything`.

mod anything;
mod first_lines;
mod openings;
mod silences;

use super::*;
use crate::protocol::Line;
use crate::protocol::hygiene::Text;
use crate::protocol::session::{Ending, Event, Flow, Session};
use crate::protocol::wire::{Hello, Pid, Token};
use Input::{Named, Nameless, Quit, Said};
use prompt::{PROMPT_INTERVAL, PROMPT_TIMEOUT, SECOND_PROMPT_TIMEOUT};

/// A plain client on a clock of its own.
struct Client {
    plain: Plain,
    now: Millis,
    out: Vec<u8>,
}

impl Client {
    fn new() -> Client {
        Client {
            plain: Plain::new(0),
            now: 0,
            out: Vec::new(),
        }
    }

    /// A client that is called Zoé already.
    fn zoe() -> Client {
        let mut zoe = Client::new();
        assert_eq!(zoe.sends("Zoé\0"), [named("Zoé")]);
        zoe
    }

    fn sends(&mut self, bytes: impl AsRef<[u8]>) -> Vec<Input> {
        self.plain.receive(self.now, bytes.as_ref(), &mut self.out);
        self.heard()
    }

    /// As [`sends`](Client::sends) to a driver that takes messages where they stand, and has enough after `most` of them.
    fn sends_to_taker(&mut self, bytes: &[u8], most: usize) -> Vec<Input> {
        let mut heard = Vec::new();
        let taken = self
            .plain
            .take_messages(bytes, &mut taker(&mut heard, most));
        let rest = &bytes[taken..];
        self.plain.receive(self.now, rest, &mut self.out);
        loop {
            let before = heard.len();
            self.plain
                .take_unread_messages(&mut taker(&mut heard, most));
            heard.extend(self.plain.next_input());
            if heard.len() == before {
                return heard;
            }
        }
    }

    fn waits(&mut self, span: Millis) -> Vec<Input> {
        let until = self.now + span;
        let mut heard = Vec::new();
        while let Some(at) = self.plain.next_timeout()
            && at <= until
        {
            self.now = self.now.max(at);
            self.plain.handle_timeout(self.now, &mut self.out);
            heard.extend(self.heard());
        }
        self.now = until;
        heard
    }

    /// One character after the other, as telnet sends them in character mode.
    fn types(&mut self, text: &str, pause: Millis) -> Vec<Input> {
        let mut heard = Vec::new();
        for key in text.chars() {
            heard.extend(self.sends(key.to_string()));
            heard.extend(self.waits(pause));
        }
        heard
    }

    fn ends(&mut self) -> Vec<Input> {
        self.plain.end_of_stream(&mut self.out);
        self.heard()
    }

    fn heard(&mut self) -> Vec<Input> {
        std::iter::from_fn(|| self.plain.next_input()).collect()
    }

    fn diagnostics(&mut self) -> Vec<Diagnostic> {
        self.plain.take_diagnostics().iter().collect()
    }
}

/// Takes messages, and has enough after `most` of them.
fn taker(heard: &mut Vec<Input>, most: usize) -> impl FnMut(Text<'_>) -> Flow {
    let mut left = most;
    move |text| {
        assert!(left > 0, "it had enough");
        left -= 1;
        heard.push(said(&text));
        Flow::into_room(left > 0)
    }
}

fn named(name: &str) -> Input {
    Named(name.parse().expect("a name"))
}

fn said(text: &str) -> Input {
    Said(text.to_owned())
}

#[test]
fn every_line_ending_ends_a_line_and_blank_lines_are_no_messages() {
    let stream = "Zoé\na\r\nb\rc\r\0d\0e\n\rf\n\n\0\0\0 \t\r\n  g\n";
    let lines = ["a", "b", "c", "d", "e", "f", "  g"];
    let mut expected = vec![named("Zoé")];
    expected.extend(lines.map(said));
    assert_eq!(Client::new().sends(stream), expected);
}

#[test]
fn fixed_records_padded_with_nul_are_one_message_each() {
    let record = |text: &str| {
        let mut record = text.as_bytes().to_vec();
        record.resize(32, 0);
        record
    };
    let mut client = Client::new();
    assert_eq!(client.sends(record("Zoé")), [named("Zoé")]);
    assert_eq!(client.sends(record("Zoé: salut")), [said("salut")]);
    assert_eq!(client.waits(10_000), []);
    let two = [record("un"), record("deux")].concat();
    assert_eq!(client.sends(two), [said("un"), said("deux")]);
    // A record without room for its NUL.
    let full = "x".repeat(32);
    assert_eq!(client.sends(&full), []);
    assert_eq!(client.waits(LINE_TIMEOUT), [Said(full)]);
}

#[test]
fn what_stands_at_the_end_of_the_stream_is_a_line() {
    assert_eq!(Client::new().ends(), [Quit]);
    let mut client = Client::new();
    assert_eq!(client.sends("Zoé\nsalut"), [named("Zoé")]);
    assert_eq!(client.ends(), [said("salut"), Quit]);
    assert_eq!(client.diagnostics(), [Diagnostic::EndOfStream]);
    let mut client = Client::new();
    assert_eq!(client.sends("Max"), []);
    assert_eq!(client.ends(), [named("Max"), Quit]);
    assert_eq!(client.sends("encore\n"), []);
}

#[test]
fn a_wire_hello_in_slow_pieces_is_no_plain_client() {
    let mut client = Client::new();
    client.sends("MS");
    client.waits(1_000);
    client.sends("G");
    client.waits(1_000);
    assert_eq!(client.sends("/1 und so"), [Input::Wire]);
    client.sends("\nPING\n");
    assert_eq!(client.plain.into_unread(), b"MSG/1 und so\nPING\n");
}

#[test]
fn backspace_takes_one_character_back_in_either_charset() {
    let mut client = Client::new();
    assert_eq!(client.types("Zoeé\x08\x7fé\r", 200), [named("Zoé")]);
    assert_eq!(client.diagnostics(), [Diagnostic::Erased]);
    assert_eq!(client.sends("\x08\x08a日本\x08\n"), [said("a日")]);
    assert_eq!(client.sends(b"\xe9\xab\x08\xe8\n"), [said("éè")]);
}

#[test]
fn telnet_commands_are_filtered_and_refused_once() {
    let mut client = Client::new();
    // What plink -telnet opens with: WILL NAWS, TSPEED, TTYPE, NEW-ENVIRON, DO ECHO, WILL and DO SUPPRESS-GO-AHEAD.
    let opening =
        b"\xff\xfb\x1f\xff\xfb\x20\xff\xfb\x18\xff\xfb\x27\xff\xfd\x01\xff\xfb\x03\xff\xfd\x03";
    assert_eq!(client.sends(opening), []);
    let refusals =
        b"\xff\xfe\x1f\xff\xfe\x20\xff\xfe\x18\xff\xfe\x27\xff\xfc\x01\xff\xfe\x03\xff\xfc\x03";
    assert_eq!(client.out, refusals);
    client.out.clear();
    assert_eq!(client.waits(PROMPT_TIMEOUT), []);
    assert_eq!(client.out, format!("{PROMPT}\n").as_bytes());
    client.out.clear();
    // WONT and DONT are no requests.
    client.sends(b"\xff\xfc\x01\xff\xfe\x03");
    assert_eq!(client.out, b"");
    assert_eq!(client.sends("Zoé\r\n"), [named("Zoé")]);
    // A subnegotiation, erase character, no operation, a doubled IAC.
    let mixed = b"a\xff\xfa\x18\x00xterm\xff\xff\n\xff\xf0b\xff\xf7c\xff\xf1d\xff\xff\r\0";
    assert_eq!(client.sends(mixed), [said("acdÿ")]);
    assert_eq!(
        client.diagnostics(),
        [
            Diagnostic::Telnet,
            Diagnostic::Windows1252,
            Diagnostic::Erased
        ]
    );
}

#[test]
fn ctrl_c_of_telnet_is_answered_every_time() {
    let mut client = Client::zoe();
    for _ in 0..1_000 {
        client.out.clear();
        assert_eq!(client.sends(b"\xff\xf4\xff\xfd\x06"), []);
        assert_eq!(client.out, b"\xff\xfc\x06");
    }
}

#[test]
fn a_client_that_insists_on_an_option_gets_no_loop() {
    let mut client = Client::zoe();
    for _ in 0..1_000 {
        client.sends(b"\xff\xfd\x01\xff\xfb\x01");
    }
    assert_eq!(client.out.len(), 64 * 3);
}

#[test]
fn an_endless_subnegotiation_gives_the_text_back() {
    let mut client = Client::zoe();
    client.sends(b"\xff\xfa");
    client.sends([b'x'; 2_000]);
    assert_eq!(client.sends("y\n").len(), 1);
}

#[test]
fn y_with_diaeresis_in_windows_1252_is_a_letter() {
    let mut client = Client::zoe();
    assert_eq!(
        client.sends(b"L'Ha\xff-les-Roses\n"),
        [said("L'Haÿ-les-Roses")]
    );
    let mut client = Client::zoe();
    client.sends(b"rue de l'Ha\xff");
    assert_eq!(client.waits(LINE_TIMEOUT), [said("rue de l'Haÿ")]);
    client.sends(b"Ha\xff");
    assert_eq!(client.ends(), [said("Haÿ"), Quit]);
}

#[test]
fn what_is_not_utf8_is_windows_1252() {
    let mut client = Client::new();
    assert_eq!(client.sends(b"Zo\xe9\n"), [named("Zoé")]);
    assert_eq!(
        client.sends(b"\x80 \x81\x8d\x8f\x90\x9d \x93\x94 \xc9\xe7\n"),
        [said("€ \u{81}\u{8d}\u{8f}\u{90}\u{9d} “” Éç")]
    );
    assert_eq!(client.diagnostics(), [Diagnostic::Windows1252]);
}

#[test]
fn a_byte_order_mark_goes() {
    let mut client = Client::new();
    assert_eq!(
        client.sends("\u{feff}Zoé\n\u{feff}salut\n\u{feff}\n"),
        [named("Zoé"), said("salut")]
    );
    assert_eq!(client.diagnostics(), [Diagnostic::ByteOrderMark]);
}

#[test]
fn a_long_line_is_several_messages_and_nothing_is_lost() {
    for letter in ["x", "é", "日", "👩"] {
        let text = letter.repeat(5_000);
        let heard = Client::zoe().sends(format!("{text}\n"));
        let mut joined = String::new();
        for message in heard {
            let Said(part) = message else {
                panic!("{message:?}");
            };
            assert!(part.len() <= MAX_TEXT);
            joined += &part;
        }
        assert_eq!(joined, text);
    }
    let heard = Client::zoe().sends([vec![0xe9; 9_000], b"\n".to_vec()].concat());
    let length = heard.iter().map(|heard| match heard {
        Said(text) => text.len(),
        _ => 0,
    });
    assert_eq!(length.sum::<usize>(), 2 * 9_000);
    let exact = "x".repeat(MAX_TEXT);
    assert_eq!(
        Client::zoe().sends(format!("{exact}\ny\n")),
        [Said(exact), said("y")]
    );
}

#[test]
fn openings_of_other_programs_take_no_seat_and_are_told_why() {
    let utf16 = |text: &str, to_bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    };
    let (name, answer) = ("SSH", "");
    let ssh = Foreign::Known { name, answer };
    let openings: [(Foreign, Vec<u8>); 12] = [
        (
            Foreign::Tls,
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        ),
        (
            Foreign::Http,
            b"GET / HTTP/1.1\r\nHost: localhost:5000\r\n\r\n".to_vec(),
        ),
        (
            Foreign::Http,
            b"CONNECT example.org:443 HTTP/1.1\r\n\r\n".to_vec(),
        ),
        (Foreign::Http, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()),
        (Foreign::Http, [&b"GET /"[..], &[b'x'; 5_000]].concat()),
        (ssh, b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n".to_vec()),
        (Foreign::Utf16, utf16("Zoé\r\n", u16::to_le_bytes)),
        (Foreign::Utf16, utf16("Zoé\r\n", u16::to_be_bytes)),
        (Foreign::Utf16, utf16("\u{feff}Zoé\r\n", u16::to_le_bytes)),
        (Foreign::Utf16, utf16("\u{feff}Zoé\r\n", u16::to_be_bytes)),
        (Foreign::Binary, b"\x00\x05Alice\n".to_vec()),
        (Foreign::Oversized, vec![b'x'; MAX_TEXT + 1]),
    ];
    for (foreign, bytes) in openings {
        let mut client = Client::new();
        assert_eq!(client.sends(&bytes), [Input::Foreign(foreign)]);
        assert_eq!(client.sends("Zoé\nsalut\n"), []);
        assert_eq!(client.ends(), []);
        let mut out = Vec::new();
        foreign.answer(&mut out);
        let answer = String::from_utf8_lossy(&out);
        assert!(
            answer.ends_with(&format!("{}\n", foreign.reason())),
            "{answer}"
        );
    }
    assert_eq!(Client::new().sends("GET UP\n"), [named("GET UP")]);
}

#[test]
fn lines_sent_are_short_whole_and_harmless() {
    let head = head("22/11/2026 14:02:31", &"Zoé".parse().unwrap());
    let mut out = Vec::new();
    write_message(&mut out, &head, "salut".into());
    assert_eq!(out, "[22/11/2026 14:02:31] Zoé: salut\n".as_bytes());
    out.clear();
    let text = "日本\u{1b}]0;x\u{7}\r\u{202e}\t👩".repeat(100);
    write_message(&mut out, &head, text.as_str().into());
    let sent = String::from_utf8(out).expect("whole characters");
    for line in sent.split_inclusive('\n') {
        assert!(line.len() <= 500 && line.ends_with('\n'));
        assert!(line.starts_with("[22/11/2026 14:02:31] Zoé: "), "{line}");
        assert!(
            !line
                .trim_end_matches('\n')
                .contains(crate::protocol::hygiene::is_hidden)
        );
    }
    // A heap of marks would cover the lines around it.
    let mut out = Vec::new();
    write_notice(&mut out, &format!("Z{}", "\u{301}".repeat(1_000)));
    assert_eq!(out, format!("Z{}[…]\n", "\u{301}".repeat(8)).into_bytes());
    let mut out = Vec::new();
    write_notice(&mut out, "");
    assert_eq!(out, b"\n");
}

#[test]
fn what_the_relay_says_itself_is_ascii_but_for_the_assignment_s_sentence() {
    let name = || "Bob".to_owned();
    let events = [
        Event::Waiting,
        Event::Arrived { name: name() },
        Event::Away {
            name: name(),
            held: 2,
        },
        Event::Back {
            name: name(),
            delivered: 2,
        },
        Event::Lost { name: name() },
        Event::Undelivered {
            lines: vec![Line {
                sent_at: 0,
                text: String::new(),
            }],
            gone_out: 0,
        },
        Event::Ended(Ending::Stopped),
    ];
    for event in events {
        let told = sentence(&event).expect("people want to know");
        assert!(told.is_ascii(), "{told}");
    }
    let left = Event::Left { name: name() };
    assert_eq!(
        sentence(&left).as_deref(),
        Some("le client Bob a quitté la discussion.")
    );
    assert!(PROMPT.is_ascii());
    let welcome = |event: &Event| {
        let mut out = Vec::new();
        write_welcome(&mut out, &"Zoe".parse().unwrap(), event);
        assert!(out.is_ascii());
        String::from_utf8(out)
    };
    assert_eq!(
        welcome(&Event::Waiting).as_deref(),
        Ok(
            "Bienvenue, Zoe ! En attente de l'autre personne ; vos messages l'attendent. \
             Une ligne, un message ; \"quitter\" pour finir.\n"
        )
    );
    assert_eq!(
        welcome(&Event::Arrived { name: name() }).as_deref(),
        Ok("Bienvenue, Zoe ! \"Bob\" est la. Une ligne, un message ; \"quitter\" pour finir.\n")
    );
    assert!(SIGN_OF_LIFE.is_ascii() && SEAT_YIELDED.is_ascii());
    let forged = Event::Arrived {
        name: "Bob\" est de retour. \"".to_owned(),
    };
    assert_eq!(
        sentence(&forged).as_deref(),
        Some("\"Bob' est de retour. '\" vient d'arriver.")
    );
}

#[test]
fn nothing_is_kept_while_nothing_is_said() {
    let mut client = Client::zoe();
    client.sends("salut\nça va\n");
    assert_eq!(client.plain.unread.capacity(), 0);
    assert_eq!(client.plain.line.capacity(), 0);
    assert_eq!(client.plain.heard.capacity(), 0);
    assert!(size_of::<Plain>() <= 256, "{}", size_of::<Plain>());
}

#[test]
fn what_is_not_asked_for_waits() {
    let mut client = Client::zoe();
    client.plain.receive(0, b"a\nb\nrest", &mut client.out);
    assert_eq!(client.plain.next_input(), Some(said("a")));
    assert_eq!(client.plain.next_timeout(), None);
    let mut nothing = |text: Text<'_>| panic!("{} was taken first", &*text);
    assert_eq!(client.plain.take_messages(b"\nc\n", &mut nothing), 0);
    assert_eq!(client.plain.next_input(), Some(said("b")));
    assert_eq!(client.plain.next_input(), None);
    assert_eq!(client.ends(), [said("rest"), Quit]);
}
