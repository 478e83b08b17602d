//! Two seals that hear each other, and what comes between them.

use super::*;

fn code(spelling: &str) -> Code {
    Code::new(Zeroizing::new(spelling.to_owned()))
}

fn name(name: &str) -> Name {
    name.parse().unwrap()
}

fn seal(spelling: &str, pid: u64, own: &str) -> Seal {
    let seed = Zeroizing::new([pid as u8; 32]);
    Seal::new(code(spelling), Pid(pid), name(own), seed)
}

const ZOE: u64 = 0xa1;
const BOB: u64 = 0xb2;

fn meet(seal: &mut Seal, pid: u64, other: &str) -> Vec<String> {
    let mut said = Vec::new();
    let mut say = |verb: Verb<'_>| said.push(text(&verb));
    seal.meet(0, Pid(pid), &name(other), &mut say).unwrap();
    said
}

fn text(verb: &Verb<'_>) -> String {
    let Verb::Sealed(line) = verb else {
        panic!("a seal says nothing else");
    };
    (*line).to_owned()
}

fn hear(seal: &mut Seal, line: &str) -> (Result<Progress, SealError>, Vec<String>) {
    let mut said = Vec::new();
    let fields = line.strip_prefix("KEY ").unwrap();
    let outcome = seal.key(0, fields, &mut |verb| said.push(text(&verb)));
    (outcome, said)
}

/// Lets both talk until neither has anything to say; gives what each came to.
fn agree(one: &mut Seal, other: &mut Seal, mut said: [Vec<String>; 2]) -> [Option<SealError>; 2] {
    let mut errors = [None, None];
    while said.iter().any(|lines| !lines.is_empty()) {
        let [by_one, by_other] = std::mem::take(&mut said);
        for line in by_one {
            let (outcome, answer) = hear(other, &line);
            errors[1] = errors[1].or(outcome.err());
            said[1].extend(answer);
        }
        for line in by_other {
            let (outcome, answer) = hear(one, &line);
            errors[0] = errors[0].or(outcome.err());
            said[0].extend(answer);
        }
    }
    errors
}

fn pair() -> (Seal, Seal) {
    let (mut zoe, mut bob) = (
        seal("tulipe-canard", ZOE, "Zoé"),
        seal("tulipe-canard", BOB, "Bob"),
    );
    let said = [meet(&mut zoe, BOB, "Bob"), meet(&mut bob, ZOE, "Zoé")];
    assert_eq!(agree(&mut zoe, &mut bob, said), [None, None]);
    assert!(zoe.is_confirmed() && bob.is_confirmed());
    (zoe, bob)
}

fn agree_on_keys(one: &Seal, other: &Seal) -> bool {
    let swapped = other.agreed().map(|(share, theirs)| (theirs, share));
    one.agreed().is_some() && one.agreed() == swapped
}

fn boxes(seal: &mut Seal, verb: &Verb<'_>) -> Vec<String> {
    let mut said = Vec::new();
    seal.seal(verb, &mut |verb| said.push(text(&verb)));
    said
}

fn open(seal: &mut Seal, line: &str) -> Option<String> {
    let line = seal.open(line.strip_prefix("BOX ").unwrap())?;
    Some(String::from_utf8(line.to_vec()).unwrap())
}

fn say(text: &str) -> Verb<'_> {
    Verb::Say {
        seq: 1,
        sent_at: 1_795_359_751_000,
        text: text.into(),
    }
}

#[test]
fn what_one_seals_the_other_opens_in_both_directions() {
    let (mut zoe, mut bob) = pair();
    for _ in 0..3 {
        let sealed = boxes(&mut zoe, &say("salut")).remove(0);
        assert_eq!(
            open(&mut bob, &sealed).as_deref(),
            Some("SAY 1 1795359751000 salut")
        );
        let sealed = boxes(&mut bob, &say("oui ?")).remove(0);
        assert_eq!(
            open(&mut zoe, &sealed).as_deref(),
            Some("SAY 1 1795359751000 oui ?")
        );
    }
}

#[test]
fn another_code_is_found_out_by_both() {
    let (mut zoe, mut bob) = (
        seal("tulipe-canard", ZOE, "Zoé"),
        seal("tulipe-cannelle", BOB, "Bob"),
    );
    let said = [meet(&mut zoe, BOB, "Bob"), meet(&mut bob, ZOE, "Zoé")];
    let wrong = Some(SealError::WrongCode);
    assert_eq!(agree(&mut zoe, &mut bob, said), [wrong, wrong]);
    assert!(!zoe.is_confirmed() && !bob.is_confirmed());
    assert!(boxes(&mut zoe, &say("secret")).is_empty());
}

#[test]
fn a_name_that_somebody_changed_on_the_way_is_found_out_by_both() {
    let (mut zoe, mut bob) = (seal("x", ZOE, "Zoé"), seal("x", BOB, "Bob"));
    let said = [meet(&mut zoe, BOB, "Rob"), meet(&mut bob, ZOE, "Zoé")];
    let wrong = Some(SealError::WrongCode);
    assert_eq!(agree(&mut zoe, &mut bob, said), [wrong, wrong]);
}

#[test]
fn a_pid_that_somebody_changed_on_the_way_is_found_out_by_both() {
    let (mut zoe, mut bob) = (seal("x", ZOE, "Zoé"), seal("x", BOB, "Bob"));
    let said = [meet(&mut zoe, 0xc3, "Bob"), meet(&mut bob, ZOE, "Zoé")];
    let wrong = Some(SealError::WrongCode);
    assert_eq!(agree(&mut zoe, &mut bob, said), [wrong, wrong]);
}

#[test]
fn a_replayed_a_reflected_and_a_changed_box_open_nothing() {
    let (mut zoe, mut bob) = pair();
    let first = boxes(&mut zoe, &say("un")).remove(0);
    let second = boxes(&mut zoe, &say("deux")).remove(0);
    assert_eq!(open(&mut zoe, &second), None, "a reflection");
    let renumbered = second.replacen("BOX 2", "BOX 3", 1);
    assert_eq!(open(&mut bob, &renumbered), None, "another number");
    let (head, tail) = second.split_at(second.len() - 9);
    let flipped = if tail.starts_with('A') { 'B' } else { 'A' };
    let changed = format!("{head}{flipped}{}", &tail[1..]);
    assert_eq!(open(&mut bob, &changed), None, "a changed byte");
    assert!(open(&mut bob, &second).is_some());
    assert_eq!(open(&mut bob, &second), None, "a replay");
    assert_eq!(open(&mut bob, &first), None, "one from before");
}

#[test]
fn the_keys_live_on_when_the_two_meet_again_and_numbers_only_grow() {
    let (mut zoe, mut bob) = pair();
    let before = boxes(&mut zoe, &say("un")).remove(0);
    let said = [meet(&mut zoe, BOB, "Bob"), meet(&mut bob, ZOE, "Zoé")];
    assert_eq!(agree(&mut zoe, &mut bob, said), [None, None]);
    let after = boxes(&mut zoe, &say("un")).remove(0);
    assert!(before.starts_with("BOX 1 ") && after.starts_with("BOX 2 "));
    assert!(open(&mut bob, &after).is_some());
    assert_eq!(open(&mut bob, &before), None);
}

#[test]
fn an_exchange_that_a_cut_interrupts_anywhere_goes_on_at_the_next_meeting() {
    for heard in 0..8 {
        let (mut zoe, mut bob) = (seal("x", ZOE, "Zoé"), seal("x", BOB, "Bob"));
        let mut lines: Vec<(bool, String)> = Vec::new();
        lines.extend(meet(&mut zoe, BOB, "Bob").into_iter().map(|l| (true, l)));
        lines.extend(meet(&mut bob, ZOE, "Zoé").into_iter().map(|l| (false, l)));
        for _ in 0..heard {
            if lines.is_empty() {
                break;
            }
            let (by_zoe, line) = lines.remove(0);
            let hearer = if by_zoe { &mut bob } else { &mut zoe };
            let (outcome, answer) = hear(hearer, &line);
            assert!(outcome.is_ok());
            lines.extend(answer.into_iter().map(|l| (!by_zoe, l)));
        }
        let said = [meet(&mut zoe, BOB, "Bob"), meet(&mut bob, ZOE, "Zoé")];
        assert_eq!(agree(&mut zoe, &mut bob, said), [None, None], "{heard}");
        assert!(agree_on_keys(&zoe, &bob) && zoe.is_confirmed() && bob.is_confirmed());
        assert_eq!((zoe.guesses, bob.guesses), (0, 0));
    }
}

#[test]
fn somebody_who_comes_back_after_another_had_the_place_is_agreed_with_anew() {
    let (mut zoe, mut bob) = pair();
    meet(&mut zoe, 0xc3, "Ève");
    let said = [meet(&mut zoe, BOB, "Bob"), meet(&mut bob, ZOE, "Zoé")];
    assert_eq!(agree(&mut zoe, &mut bob, said), [None, None]);
    assert!(agree_on_keys(&zoe, &bob) && zoe.is_confirmed() && bob.is_confirmed());
}

#[test]
fn whoever_guesses_has_three_guesses_for_ever() {
    let mut zoe = seal("tulipe-canard", ZOE, "Zoé");
    for (guess, pid) in (0..3).zip(0xe0..) {
        // A guesser that is told whether it was right, and says nothing of what it came to itself.
        let mut eve = seal("un-essai", pid, "Bob");
        let hello = meet(&mut zoe, pid, "Bob").remove(0);
        meet(&mut eve, ZOE, "Zoé");
        let answer = hear(&mut eve, &hello).1.remove(0);
        let (outcome, proof) = hear(&mut zoe, &answer);
        assert_eq!(
            (outcome, proof.len()),
            (Ok(Progress::Waiting), 1),
            "{guess}"
        );
        assert_eq!(hear(&mut eve, &proof[0]).0, Err(SealError::WrongCode));
    }
    let fourth = zoe.meet(0, Pid(0xef), &name("Bob"), &mut |_| {
        panic!("it says nothing")
    });
    assert_eq!(fourth, Err(SealError::TooManyGuesses));
}

#[test]
fn a_second_share_in_one_exchange_is_no_second_guess() {
    let mut zoe = seal("tulipe-canard", ZOE, "Zoé");
    let hello = meet(&mut zoe, BOB, "Bob").remove(0);
    for (guess, expected) in [("un", 1), ("deux", 0), ("trois", 0)] {
        let mut eve = seal(guess, BOB, "Bob");
        eve.seed = Zeroizing::new([guess.len() as u8; 32]);
        meet(&mut eve, ZOE, "Zoé");
        let answer = hear(&mut eve, &hello).1.remove(0);
        assert_eq!(hear(&mut zoe, &answer).1.len(), expected, "{guess}");
    }
    assert_eq!(zoe.guesses, 1);
}

#[test]
fn our_own_share_and_what_makes_no_sense_get_no_answer() {
    let mut zoe = seal("x", ZOE, "Zoé");
    let own = meet(&mut zoe, BOB, "Bob").remove(0);
    let share = own.strip_prefix("KEY ").unwrap();
    let zeros = handshake::spell(&[0; 33]);
    for line in [
        own.clone(),
        format!("KEY {share} {share}"),
        "KEY ".to_owned(),
        "KEY abc".to_owned(),
        format!("KEY {share} {share} {share} {share}"),
        format!("KEY {zeros} {share}"),
    ] {
        assert_eq!(
            hear(&mut zoe, &line),
            (Ok(Progress::Waiting), vec![]),
            "{line}"
        );
    }
    assert_eq!(zoe.guesses, 0);
    assert!(meet(&mut seal("x", ZOE, "Zoé"), ZOE, "Bob").is_empty());
}

#[test]
fn the_length_of_a_box_tells_the_length_of_its_text_in_steps_alone() {
    let (mut zoe, _) = pair();
    let mut length = |text: &str| {
        let line = boxes(&mut zoe, &say(text)).remove(0);
        text_bytes(line.strip_prefix("BOX ").unwrap())
    };
    assert_eq!(length("oui"), Some(64));
    assert_eq!(length("non, pas encore maintenant"), Some(64));
    assert_eq!(length(&"x".repeat(60)), Some(128));
    let ack = Verb::Ack {
        pid: Pid(BOB),
        through: u64::MAX,
    };
    let line = boxes(&mut zoe, &ack).remove(0);
    assert_eq!(text_bytes(line.strip_prefix("BOX ").unwrap()), None);
}

#[test]
fn the_longest_text_goes_in_two_boxes_that_fit_the_wire_and_both_must_come() {
    let (mut zoe, mut bob) = pair();
    let long = "é".repeat(crate::protocol::wire::MAX_TEXT / 2);
    let verb = Verb::Say {
        seq: u64::MAX,
        sent_at: u64::MAX,
        text: long.as_str().into(),
    };
    let parts = boxes(&mut zoe, &verb);
    assert_eq!(parts.len(), 2);
    // With the longest number, and the line's end.
    let fits = |part: &String| part.len() - 1 + 20 < crate::protocol::wire::MAX_LINE;
    assert!(parts.iter().all(fits));
    assert_eq!(open(&mut bob, &parts[0]), None);
    assert!(open(&mut bob, &parts[1]).unwrap().ends_with(&long));
    let lost = boxes(&mut zoe, &verb);
    let rest = open(&mut bob, &lost[1]);
    assert!(rest.is_none_or(|rest| Verb::decode(rest.as_bytes()).is_err()));
    assert!(open(&mut bob, &boxes(&mut zoe, &say("après"))[0]).is_some());
}

#[test]
fn a_goodbye_counts_under_the_seal_alone() {
    let (mut zoe, mut bob) = pair();
    assert!(!bob.heard_goodbye());
    let bye = boxes(&mut zoe, &Verb::Bye(crate::protocol::wire::Bye::Over)).remove(0);
    open(&mut bob, &bye);
    assert!(bob.heard_goodbye());
}

#[test]
fn nothing_of_a_seal_is_shown_by_its_debug_text() {
    let (zoe, _) = pair();
    assert_eq!(
        format!("{zoe:?}"),
        "Seal { is_confirmed: true, guesses: 0, .. }"
    );
}

/// The lines that `docs/protocol.md` gives to whoever writes another client.
#[test]
fn the_test_vectors_of_the_protocol_are_what_seals_say() {
    let (mut zoe, mut bob) = (
        seal("tulipe-canard", ZOE, "Zoé"),
        seal("tulipe-canard", BOB, "Bob"),
    );
    let hello = meet(&mut zoe, BOB, "Bob").remove(0);
    let mut said = vec![format!("Zoé: {hello}")];
    let bob_hello = meet(&mut bob, ZOE, "Zoé").remove(0);
    said.push(format!("Bob: {bob_hello}"));
    let echo = hear(&mut bob, &hello).1.remove(0);
    said.push(format!("Bob: {echo}"));
    let proof = hear(&mut zoe, &echo).1.remove(0);
    said.push(format!("Zoé: {proof}"));
    let bob_proof = hear(&mut bob, &proof).1.remove(0);
    said.push(format!("Bob: {bob_proof}"));
    assert_eq!(hear(&mut zoe, &bob_proof).0, Ok(Progress::Confirmed));
    let ack = Verb::Ack {
        pid: Pid(BOB),
        through: 0,
    };
    said.push(format!("Zoé: {}", boxes(&mut zoe, &ack)[0]));
    said.push(format!(
        "Zoé: {}",
        boxes(&mut zoe, &say("salut, ça va ?"))[0]
    ));
    said.push(format!("Bob: {}", boxes(&mut bob, &say("oui"))[0]));
    let protocol = include_str!("../../../docs/protocol.md");
    let (_, rest) = protocol
        .split_once("```sealed\n")
        .expect("there are vectors");
    let (vectors, _) = rest.split_once("```").unwrap();
    assert_eq!(vectors.trim_end(), said.join("\n"));
}
