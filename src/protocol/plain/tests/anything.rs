//! The plain dialect against streams of things that clients send, and of things that nobody does.

use super::*;

/// A small seeded generator (splitmix64): a failure names its seed, and the seed replays it.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as usize % limit
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// A conversation of things that clients send, and of things that nobody does.
    fn stream(&mut self) -> Vec<u8> {
        const PIECES: [&[u8]; 41] = [
            b"Zo\xc3\xa9",
            b"Zo\xe9",
            b"Zo\xc3\xa9: ",
            b"zo\xc3\xa9 :",
            b"[Zo\xc3\xa9] ",
            b"bonjour",
            b"a",
            b" ",
            b"\n",
            b"\n",
            b"\r\n",
            b"\r",
            b"\r\0",
            b"\0",
            b"\0\0\0\0",
            b"quitter",
            b"/quit",
            b"bye",
            b"\x08",
            b"\x7f",
            b"\xff",
            b"\xff\xff",
            b"\xff\xfd\x01",
            b"\xff\xfb\x03",
            b"\xff\xfa\x18\x00",
            b"\xff\xf0",
            b"\xff\xf4\xff\xfd\x06",
            b"\xff\xf7",
            b"\xc3",
            b"\xa9",
            b"\xe6\x97\xa5",
            b"\xf0\x9f\x91",
            b"\xef\xbb\xbf",
            b"\x16\x03",
            b"\xff\xfe",
            b"MSG/",
            b"GET / HTTP/1.1",
            b"SSH-2.0-",
            b"\x1b[31m",
            b":",
            b"\x01",
        ];
        let mut stream = Vec::new();
        for _ in 0..self.below(40) {
            match self.below(30) {
                0 => stream.extend((0..self.below(20)).map(|_| self.0 as u8)),
                1 => stream.extend(std::iter::repeat_n(self.pick(b"x\xe9 "), self.below(9_000))),
                2 => stream.push(self.below(256) as u8),
                _ => stream.extend_from_slice(self.pick(&PIECES)),
            }
        }
        stream
    }
}

/// What is heard of a stream that comes in these pieces without a pause, and what is answered.
fn hear_all<'s>(pieces: impl Iterator<Item = &'s [u8]>) -> (Vec<Input>, Vec<u8>) {
    let mut client = Client::new();
    let mut heard = Vec::new();
    for piece in pieces {
        heard.extend(client.sends(piece));
    }
    // The rest of a client of the wire is not this module's to read.
    if heard != [Input::Wire] {
        heard.extend(client.ends());
    }
    (heard, client.out)
}

#[test]
fn the_same_bytes_say_the_same_however_they_are_cut_but_that_the_first_read_may_be_binary() {
    for seed in 0..20_000 {
        let mut dice = Dice(seed);
        let stream = dice.stream();
        let (whole, _) = hear_all([stream.as_slice()].into_iter());
        // How much comes at once tells what is no client: all of it is judged, and nothing that comes later.
        if let [Input::Foreign(Foreign::Binary)] = whole.as_slice() {
            continue;
        }
        let mut rest = stream.as_slice();
        let pieces = std::iter::from_fn(|| {
            let (piece, after) = rest.split_at((1 + dice.below(9)).min(rest.len()));
            rest = after;
            (!piece.is_empty()).then_some(piece)
        });
        assert_eq!(hear_all(pieces).0, whole, "seed {seed}");
        if seed % 16 == 0 {
            assert_eq!(hear_all(stream.chunks(1)).0, whole, "seed {seed}");
        }
    }
}

#[test]
fn messages_that_are_taken_where_they_stand_are_those_that_would_be_heard() {
    const FIRST_LINES: [&str; 4] = ["Zoé\n", "moi aussi !\r\n", "Zoé\0", "Zoé"];
    let mut taken = 0;
    for seed in 0..20_000 {
        let mut dice = Dice(seed);
        let mut listener = Client::new();
        let mut taker = Client::new();
        for client in [&mut listener, &mut taker] {
            client.sends(FIRST_LINES[seed as usize % FIRST_LINES.len()]);
            client.waits(1_000);
        }
        for _ in 0..dice.below(8) {
            let (stream, most) = (dice.stream(), 1 + dice.below(4));
            let heard = listener.sends(&stream);
            let took = taker.sends_to_taker(&stream, most);
            assert_eq!(took, heard, "seed {seed}");
            taken += took.len();
            let due = [&taker, &listener].map(|client| client.plain.next_timeout());
            assert_eq!(due[0], due[1], "seed {seed}");
            let pause = dice.pick(&[0, 100, 200, 500, 10_000]);
            assert_eq!(taker.waits(pause), listener.waits(pause), "seed {seed}");
        }
        assert_eq!(taker.ends(), listener.ends(), "seed {seed}");
        assert_eq!(taker.diagnostics(), listener.diagnostics(), "seed {seed}");
        assert_eq!(taker.out, listener.out, "seed {seed}");
    }
    assert!(taken > 100_000, "{taken}");
}

#[test]
fn whatever_comes_is_harmless() {
    for seed in 0..5_000 {
        let mut dice = Dice(seed);
        let mut client = Client::new();
        let mut heard = Vec::new();
        let mut received = 0;
        for _ in 0..dice.below(12) {
            let stream = dice.stream();
            received += stream.len();
            heard.extend(client.sends(stream));
            heard.extend(client.waits(dice.pick(&[0, 100, 200, 500, 10_000])));
            assert!(client.plain.line.len() <= MAX_TEXT, "seed {seed}");
        }
        heard.extend(client.ends());
        assert!(
            client.out.len() <= received + 16 * (PROMPT.len() + 1),
            "seed {seed}"
        );
        assert_eq!(client.ends(), [], "seed {seed}");
        for (at, heard) in heard.iter().enumerate() {
            match heard {
                Said(text) => {
                    assert!(!text.is_empty() && text.len() <= MAX_TEXT, "seed {seed}");
                    assert!(!text.contains(['\n', '\r', '\0']), "seed {seed}");
                    assert!(at > 0, "seed {seed}: a message before a seat");
                }
                Named(_) | Nameless => assert_eq!(at, 0, "seed {seed}"),
                Input::Wire | Input::Foreign(_) => assert_eq!(at, 0, "seed {seed}"),
                Quit => {}
            }
        }
    }
}

#[test]
fn lines_with_any_ending_arrive_whole_and_in_order() {
    const TEXTS: [&str; 6] = ["salut", "ça va ?", "日本語", "a: b", "👩‍👩‍👧", "  deux mots"];
    const ENDINGS: [&str; 5] = ["\n", "\r\n", "\r", "\r\0", "\0"];
    for seed in 0..10_000 {
        let mut dice = Dice(seed);
        let mut stream = format!("Zoé{}", dice.pick(&ENDINGS));
        let mut expected = vec![named("Zoé")];
        for _ in 0..dice.below(30) {
            let text = dice.pick(&TEXTS);
            stream += text;
            stream += dice.pick(&ENDINGS);
            expected.push(said(text));
        }
        expected.push(Quit);
        let size = 1 + dice.below(12);
        let (heard, _) = hear_all(stream.as_bytes().chunks(size));
        assert_eq!(heard, expected, "seed {seed}");
    }
}

#[test]
fn a_connection_that_is_cut_inside_its_hello_never_becomes_a_plain_client() {
    for beginning in ["M", "MS", "MSG"] {
        let mut client = Client::new();
        assert_eq!(client.sends(beginning), []);
        assert_eq!(client.waits(60_000), []);
        assert_eq!(client.ends(), [Quit]);
    }
    assert_eq!(Client::new().sends("MS\n"), [named("MS")]);
}
