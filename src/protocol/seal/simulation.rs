//! Two sessions that share a code, with a relay between them that is their enemy: it reads, drops, reorders, replays,
//! reflects, forges, changes names, sits down itself and guesses. A seed decides all that happens.
//!
//! `MSG_SIMULATIONS=100000 cargo test --lib enemy -- --nocapture` plays that many conversations; `MSG_SEED=17` plays one.

use std::collections::VecDeque;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::protocol::session::{Disconnected, Ending, Event, Session};
use crate::protocol::wire::{Hello, Lines, Pid, Token, Verb, Welcome};
use crate::protocol::{Line, Millis};

use super::rules::{SealMutation, mutate};
use super::{Code, Seal};

/// What the relay is up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Enemy {
    /// It meddles with boxes and forges verbs in clear once the two have confirmed their keys, and stops in the end: all
    /// it can do is to delay.
    Delaying,
    /// It meddles with everything, at any time. Lines may stay behind; none is forged, doubled or read.
    Hostile,
}

/// What every text has in it, which must not be seen on the way.
const MARK: &str = "TOPSECRET";
const LINES: usize = 12;
const TROUBLE: Millis = 60_000;
const PEACE: Millis = 60_000;

struct Chance(u64);

impl Chance {
    /// SplitMix64, as the other simulations have it.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    fn one_in(&mut self, odds: u64) -> bool {
        self.below(odds) == 0
    }
}

struct Person {
    session: Session,
    hello: Hello,
    /// What the relay has read of this person's connection.
    incoming: Lines,
    connected: bool,
    greeted: bool,
    dials_at: Millis,
    /// What is to be passed on to this person.
    inbox: VecDeque<String>,
    said: Vec<String>,
    heard: Vec<String>,
    delivered: u64,
    ending: Option<Ending>,
    /// The shares of all keys that this person's end has come to.
    agreed: Vec<([u8; 33], [u8; 33])>,
    /// The number of the last box, for each pair of shares that its keys were made of.
    last_box: u64,
    share: String,
}

struct World {
    chance: Chance,
    enemy: Enemy,
    now: Millis,
    people: [Person; 2],
    /// Every line that the relay has read, and whose it was.
    seen: Vec<(usize, String)>,
    /// Somebody who sits down with a guess, in the place of the other.
    guesser: Option<Seal>,
}

fn person(seed: u64, pid: u64, name: &str) -> Person {
    let hello = Hello {
        pid: Pid(pid),
        token: Token(u128::from(pid)),
        salon: None,
        partner: None,
        name: name.parse().unwrap(),
    };
    let mut random = [pid as u8; 32];
    random[..8].copy_from_slice(&seed.to_le_bytes());
    let code = Code::new(Zeroizing::new("tulipe-canard".to_owned()));
    Person {
        session: Session::sealed(hello.clone(), code, Zeroizing::new(random)),
        hello,
        incoming: Lines::default(),
        connected: false,
        greeted: false,
        dials_at: 0,
        inbox: VecDeque::new(),
        said: Vec::new(),
        heard: Vec::new(),
        delivered: 0,
        ending: None,
        agreed: Vec::new(),
        last_box: 0,
        share: String::new(),
    }
}

impl World {
    fn new(seed: u64, enemy: Enemy) -> World {
        World {
            chance: Chance(seed),
            enemy,
            now: 1_000,
            people: [person(seed, 0xa1, "Zoé"), person(seed, 0xb2, "Bob")],
            seen: Vec::new(),
            guesser: None,
        }
    }

    fn run(mut self) -> Result<usize, String> {
        let mut step = 0;
        while self.now < TROUBLE + PEACE {
            self.now += 100 + self.chance.below(900);
            step += 1;
            for who in 0..2 {
                self.live(who, step)?;
            }
            for who in 0..2 {
                self.relay(who)?;
            }
            let done =
                |person: &Person| person.delivered as usize == LINES || person.ending.is_some();
            if self.people.iter().all(done) && self.now > TROUBLE {
                break;
            }
        }
        self.judge()
    }

    fn live(&mut self, who: usize, step: usize) -> Result<(), String> {
        let now = self.now;
        let person = &mut self.people[who];
        if person.ending.is_some() {
            return Ok(());
        }
        if !person.connected && now >= person.dials_at {
            person.connected = true;
            person.greeted = false;
            person.incoming = Lines::default();
            person.inbox.clear();
            person.session.connected(now);
        }
        if step.is_multiple_of(3) && person.said.len() < LINES && person.session.has_room() {
            let text = format!("{MARK} {who} {}", person.said.len());
            person.said.push(text.clone());
            person.session.say(now, &Line { sent_at: now, text });
        }
        if person.session.handle_timeout(now).is_err() {
            self.hang_up(who);
        }
        self.events(who)
    }

    fn hang_up(&mut self, who: usize) {
        self.people[who].connected = false;
        self.people[who].dials_at = self.now + 500;
        self.pass(1 - who, "GONE away".to_owned());
    }

    fn pass(&mut self, to: usize, line: String) {
        if self.people[to].connected && self.people[to].greeted {
            self.people[to].inbox.push_back(line);
        }
    }

    fn events(&mut self, who: usize) -> Result<(), String> {
        while let Some(event) = self.people[who].session.next_event() {
            match event {
                Event::Received { name, line } => {
                    let other = &self.people[1 - who];
                    let expected = other.said.get(self.people[who].heard.len());
                    if expected != Some(&line.text) || name != other.hello.name.as_str() {
                        return Err(format!("{who} heard {:?} of {name}", line.text));
                    }
                    self.people[who].heard.push(line.text);
                }
                Event::Sealed { name } => {
                    let agreed = |who: usize| self.people[who].session.seal()?.agreed();
                    let theirs = agreed(who).map(|(share, theirs)| (theirs, share));
                    let other = &self.people[1 - who];
                    // The other may have begun anew since: it has proved what it knew at that time.
                    let knew = theirs.is_some_and(|shares| other.agreed.contains(&shares));
                    if !knew || name != other.hello.name.as_str() {
                        return Err(format!("{who} believes that it shares keys with {name}"));
                    }
                }
                Event::Delivered { lines } => {
                    self.people[who].delivered = lines;
                    if lines as usize > self.people[1 - who].heard.len() {
                        return Err(format!("{who} believes that {lines} lines were heard"));
                    }
                }
                // The other's hands, or the relay's: the judge looks at what was heard.
                Event::Ended(ending) => self.people[who].ending = Some(ending),
                _ => {}
            }
        }
        self.people[who].session.hold();
        Ok(())
    }

    /// Reads what somebody says, meddles, and hands on what it wants to.
    fn relay(&mut self, who: usize) -> Result<(), String> {
        let person = &mut self.people[who];
        let bytes = person.session.send_all(self.now);
        if !person.connected {
            return Ok(());
        }
        let mut rest = bytes.as_slice();
        let mut lines = Vec::new();
        while let Some(line) = person
            .incoming
            .next(&mut rest)
            .expect("a session spells well")
        {
            lines.push(String::from_utf8(line.to_vec()).unwrap());
        }
        for line in lines {
            self.read(who, line)?;
        }
        let troubled = self.now < TROUBLE;
        if troubled {
            self.meddle(who);
        }
        if troubled
            && self.people[who].inbox.len() > 1
            && self.chance.one_in(12)
            && self.may_meddle()
        {
            let inbox = &mut self.people[who].inbox;
            let last = inbox.len() - 1;
            let at = self.chance.below(last as u64 + 1) as usize;
            // The relay's own word that somebody is away, said after who is there, would hold them up for good.
            let is_box = |at: usize| inbox[at].starts_with("BOX ");
            if self.enemy == Enemy::Hostile || (is_box(at) && is_box(last)) {
                inbox.swap(at, last);
            }
        }
        while let Some(line) = self.people[who].inbox.pop_front() {
            if troubled && self.chance.one_in(4) {
                self.people[who].inbox.push_front(line);
                break;
            }
            let now = self.now;
            let person = &mut self.people[who];
            let outcome = person.session.received(now, format!("{line}\n").as_bytes());
            let agreed = person.session.seal().and_then(Seal::agreed);
            person.agreed.extend(agreed);
            person.agreed.dedup();
            self.events(who)?;
            if outcome.is_err() {
                self.hang_up(who);
                break;
            }
        }
        Ok(())
    }

    /// Whether the enemy does more than passing on.
    fn may_meddle(&self) -> bool {
        let sealed = |person: &Person| person.session.is_live();
        self.enemy == Enemy::Hostile || self.people.iter().all(sealed)
    }

    fn read(&mut self, who: usize, line: String) -> Result<(), String> {
        let now = self.now;
        if line.starts_with("MSG/") {
            let mut welcome = Vec::new();
            Welcome {
                max_line: 4096,
                heartbeat_s: 10,
            }
            .encode(&mut welcome);
            self.people[who].greeted = true;
            let outcome = self.people[who].session.received(now, &welcome);
            assert!(outcome.is_ok(), "a welcome is no fault");
            if self
                .people
                .iter()
                .all(|person| person.connected && person.greeted)
            {
                for to in 0..2 {
                    let line = self.introduce(to);
                    self.pass(to, line);
                }
            } else {
                self.pass(who, "GONE none".to_owned());
            }
            return Ok(());
        }
        self.inspect(who, &line)?;
        self.seen.push((who, line.clone()));
        let end_to_end = ["KEY ", "BOX ", "SAY ", "ACK "];
        if line == "PING" {
            self.pass(who, "PONG".to_owned());
        } else if line == "BYE" {
            self.pass(who, "BYE".to_owned());
            self.pass(1 - who, "GONE left".to_owned());
        } else if end_to_end.iter().any(|verb| line.starts_with(verb)) {
            if self.now < TROUBLE && self.may_meddle() && self.chance.one_in(10) {
                return Ok(());
            }
            if let Some(guesser) = &mut self.guesser {
                let mut answers = Vec::new();
                let fields = line.get(4..).unwrap_or_default();
                // It takes what it is told, and never says that it is wrong.
                let _: Result<_, _> =
                    guesser.key(now, fields, &mut |verb| answers.push(spell(&verb)));
                for answer in answers {
                    self.pass(who, answer);
                }
                return Ok(());
            }
            self.pass(1 - who, line);
        }
        Ok(())
    }

    /// What no line may give away.
    fn inspect(&mut self, who: usize, line: &str) -> Result<(), String> {
        let person = &mut self.people[who];
        if line.starts_with("SAY ") || line.starts_with("ACK ") {
            return Err(format!("{who} said in clear: {line}"));
        }
        let fields: Vec<&str> = line.split(' ').collect();
        for field in &fields {
            let plain = STANDARD.decode(field).unwrap_or_default();
            let shows = |bytes: &[u8]| {
                bytes
                    .windows(MARK.len())
                    .any(|window| window == MARK.as_bytes())
            };
            if shows(&plain) || shows(line.as_bytes()) {
                return Err(format!("{who} gave text away: {line}"));
            }
        }
        match fields[..] {
            ["KEY", share, ..] if share != person.share => {
                person.share = share.to_owned();
                person.last_box = 0;
            }
            ["BOX", number, _] => {
                let number: u64 = number.parse().unwrap();
                if number <= person.last_box {
                    return Err(format!("{who} sealed two boxes of number {number}"));
                }
                person.last_box = number;
            }
            _ => {}
        }
        Ok(())
    }

    /// Who sits opposite; an enemy may say something else.
    fn introduce(&mut self, to: usize) -> String {
        let Hello { pid, name, .. } = &self.people[1 - to].hello;
        let (pid, name) = (*pid, name.clone());
        if self.enemy == Enemy::Hostile && self.now < TROUBLE {
            match self.chance.below(24) {
                0 => return format!("PEER {pid} Mallory"),
                1 => return format!("PEER {} {name}", Pid(0xee)),
                _ => {}
            }
        }
        format!("PEER {pid} {name}")
    }

    /// One thing that the relay should not do.
    fn meddle(&mut self, who: usize) {
        if self.chance.one_in(40) && self.people[who].connected {
            self.people[who].session.disconnected(Disconnected::Closed);
            self.hang_up(who);
            return;
        }
        if !self.may_meddle() || !self.chance.one_in(6) {
            return;
        }
        let own = self.people[who].hello.pid;
        let boxes_only = self.enemy == Enemy::Delaying;
        let worth = |line: &String| !boxes_only || line.starts_with("BOX ");
        let pick = self.chance.below(self.seen.len().max(1) as u64) as usize;
        let seen = self.seen.get(pick).cloned().filter(|(_, line)| worth(line));
        match self.chance.below(if boxes_only { 6 } else { 11 }) {
            // A replay, or a reflection, of anything.
            0 | 1 => {
                if let Some((_, line)) = seen {
                    self.pass(who, line);
                }
            }
            2 => {
                if let Some((by, line)) = seen
                    && by == 1 - who
                {
                    let changed = self.changed(line);
                    self.pass(who, changed);
                }
            }
            3 => self.pass(
                who,
                format!("SAY {} 7 {MARK} forged", self.chance.0 % 9 + 1),
            ),
            4 => {
                let through = self.chance.below(4);
                self.pass(who, format!("ACK {own} {through}"));
            }
            5 => self.pass(who, format!("BOX {} AAAA", u64::MAX)),
            6 => self.pass(who, "KEY AAAA".to_owned()),
            7 => {
                // All that somebody says of keys comes back to it.
                let last = self.seen.iter().rev().filter(|(by, _)| *by == who);
                let keys: Vec<String> = last
                    .map(|(_, line)| line.clone())
                    .filter(|line| line.starts_with("KEY "))
                    .take(3)
                    .collect();
                for line in keys.into_iter().rev() {
                    self.pass(who, line);
                }
            }
            8 => {
                let line = self.introduce(who);
                self.pass(who, line);
            }
            9 => self.guesser = None,
            _ => self.guess(who),
        }
    }

    fn changed(&mut self, line: String) -> String {
        // Behind its verb: a verb that nobody knows ends everything.
        let at = 4 + self
            .chance
            .below(line.len().saturating_sub(4).max(1) as u64) as usize;
        let mut bytes = line.into_bytes();
        if let Some(byte) = bytes.get_mut(at) {
            *byte = if *byte == b'A' { b'B' } else { b'A' };
        }
        String::from_utf8(bytes).unwrap_or_default()
    }

    /// The relay sits down opposite, in the name of the other, with a code of its own.
    fn guess(&mut self, who: usize) {
        let hello = self.people[who].hello.clone();
        let name = self.people[1 - who].hello.name.clone();
        let pid = Pid(0xee00 + self.chance.below(256));
        let code = Code::new(Zeroizing::new("tulipe-cannelle".to_owned()));
        let mut guesser = Seal::new(code, pid, name.clone(), Zeroizing::new([pid.0 as u8; 32]));
        let mut lines = vec![format!("PEER {pid} {name}")];
        let met = guesser.meet(self.now, hello.pid, &hello.name, &mut |verb| {
            lines.push(spell(&verb))
        });
        assert!(met.is_ok(), "a new guesser has made no guess");
        for line in lines {
            self.pass(who, line);
        }
        self.guesser = Some(guesser);
    }

    fn judge(self) -> Result<usize, String> {
        let [zoe, bob] = &self.people;
        if self.enemy == Enemy::Delaying {
            for (who, person, other) in [("Zoé", zoe, bob), ("Bob", bob, zoe)] {
                if let Some(ending) = &person.ending {
                    return Err(format!("{who} ended: {ending:?}"));
                }
                if person.heard != other.said || other.said.len() != LINES {
                    return Err(format!(
                        "{who} heard {} of {} lines",
                        person.heard.len(),
                        other.said.len()
                    ));
                }
            }
        }
        Ok(zoe.heard.len() + bob.heard.len())
    }
}

fn spell(verb: &Verb<'_>) -> String {
    let mut bytes = Vec::new();
    verb.encode(&mut bytes);
    bytes.pop();
    String::from_utf8(bytes).unwrap()
}

fn converse_many(
    seeds: u64,
    enemy: Enemy,
    mutation: Option<SealMutation>,
) -> Result<usize, String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let run = |core| {
            scope.spawn(move || {
                mutate(mutation);
                let mut lines = 0;
                for seed in (core..seeds).step_by(cores as usize) {
                    lines += World::new(seed, enemy)
                        .run()
                        .map_err(|error| format!("seed {seed}, {enemy:?}: {error}"))?;
                }
                Ok(lines)
            })
        };
        let runs: Vec<_> = (0..cores).map(run).collect();
        let joined = runs
            .into_iter()
            .map(|run| run.join().expect("no conversation panics"));
        joined.collect()
    });
    let lines: Result<Vec<usize>, String> = outcomes.into_iter().collect();
    Ok(lines?.into_iter().sum())
}

fn holds(enemy: Enemy) {
    let number = |variable: &str| std::env::var(variable).ok()?.parse::<u64>().ok();
    if let Some(seed) = number("MSG_SEED") {
        World::new(seed, enemy).run().unwrap();
        return;
    }
    let seeds = number("MSG_SIMULATIONS").unwrap_or(1_000);
    let lines = converse_many(seeds, enemy, None).unwrap_or_else(|error| panic!("{error}"));
    assert!(lines > 0, "something gets through");
    println!("{enemy:?}: {seeds} conversations, {lines} lines: none forged, doubled or read");
}

#[test]
fn an_enemy_that_meddles_with_boxes_can_only_delay_them() {
    holds(Enemy::Delaying);
}

#[test]
fn an_enemy_that_does_what_it_likes_forges_doubles_and_reads_nothing() {
    holds(Enemy::Hostile);
}

/// A simulation that cannot fail proves nothing: each of these mistakes must be caught.
fn catches(mutation: SealMutation) {
    let caught = [Enemy::Hostile, Enemy::Delaying]
        .into_iter()
        .find_map(|enemy| converse_many(1_000, enemy, Some(mutation)).err());
    println!(
        "{mutation:?}: {}",
        caught.expect("this mistake must not go unnoticed")
    );
}

#[test]
fn a_seal_without_confirmation_is_caught() {
    catches(SealMutation::NoConfirmation);
}

#[test]
fn a_seal_that_uses_a_number_twice_is_caught() {
    catches(SealMutation::NonceReused);
}

#[test]
fn a_session_that_believes_what_is_said_in_clear_is_caught() {
    catches(SealMutation::ClearVerbsBelieved);
}

#[test]
fn a_seal_that_binds_no_names_is_caught() {
    catches(SealMutation::NamesUnbound);
}

#[test]
fn a_seal_that_accepts_its_own_reflection_is_caught() {
    catches(SealMutation::ReflectionAccepted);
}
