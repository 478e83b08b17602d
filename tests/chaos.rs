//! Real programs over a bad network, killed relays and clients that stand still: not a line is lost, doubled or out of
//! order.
//!
//! On demand: `MSG_CHAOS=500 cargo test --test chaos bad_network -- --nocapture` holds that many conversations, some of
//! whose connections fall silent; `MSG_KILLS=100 … killed` kills the relay that often; `MSG_STOPS=50 … stands_still` stops
//! a client that often for longer than the heartbeat. `MSG_CHAOS_SEED=17` holds one conversation again.

mod support;

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use support::chance::{Chance, number};
use support::proxy::{Proxy, Weather};
use support::{Program, Relay, msg};

/// Conversations held at once: they wait much and work little, and where connections fall silent they do nothing else.
const AT_ONCE: u64 = 6;
const SILENT_AT_ONCE: u64 = 24;

/// How long a line may take where connections fall silent one after the other: 25 s until a client notices, 30 s until
/// the relay does and opens its door, 5 s until the client dials again.
const SILENCES: Duration = Duration::from_secs(180);

/// A conversation over a proxy of its own, and what has come of it.
struct Conversation {
    relay: Relay,
    proxy: Proxy,
    zoe: Program,
    bob: Program,
}

impl Conversation {
    fn start(weather: Weather, seed: u64) -> Conversation {
        let relay = Relay::start();
        let proxy = Proxy::start(relay.address, weather, seed);
        let address = proxy.address.to_string();
        let client = |name| Program::start(msg().args(["--connect", &address, "--nom", name]));
        let zoe = client("Zoé");
        zoe.wait_for_error("a seat", |line| line.contains("en attente"));
        let bob = client("Bob");
        zoe.wait_for_error("Bob", |line| line.contains("« Bob » est là."));
        bob.wait_for_error("Zoé", |line| line.contains("« Zoé » est là."));
        Conversation {
            relay,
            proxy,
            zoe,
            bob,
        }
    }

    /// Both say so many lines, at once; each must read the other's, whole and in order, while `meddle` goes on.
    fn talk(&mut self, lines: u64, meddle: impl FnOnce(&mut Relay, &Proxy, [u32; 2])) {
        let Conversation {
            relay,
            proxy,
            zoe,
            bob,
        } = self;
        let clients = [zoe.id(), bob.id()];
        let mut inputs = [zoe.take_input(), bob.take_input()];
        thread::scope(|scope| {
            for (input, name) in inputs.iter_mut().zip(["Zoé", "Bob"]) {
                scope.spawn(move || {
                    for n in 0..lines {
                        writeln!(input, "{name} dit {n}").expect("the client reads it all");
                    }
                });
            }
            for (reader, name) in [(&mut *zoe, "Bob"), (&mut *bob, "Zoé")] {
                scope.spawn(move || (0..lines).for_each(|n| hears(reader, name, &n.to_string())));
            }
            meddle(relay, proxy, clients);
        });
        // A last line each, when all is well again: after it both know what has arrived.
        proxy.turn_fair();
        for (input, name) in inputs.iter_mut().zip(["Zoé", "Bob"]) {
            writeln!(input, "{name} dit adieu").expect("the client reads it all");
        }
        hears(zoe, "Bob", "adieu");
        hears(bob, "Zoé", "adieu");
    }

    fn end(mut self) -> usize {
        let statuses = [&mut self.zoe, &mut self.bob].map(|it| it.wait().code());
        assert_eq!(statuses, [Some(0); 2], "{:?}", self.zoe.all_errors());
        for (program, other) in [(&self.zoe, "  Bob  "), (&self.bob, "  Zoé  ")] {
            let mut more = program.rest().into_iter();
            assert_eq!(more.find(|row| row.contains(other)), None, "once more");
        }
        assert_eq!(self.relay.wait().code(), Some(0));
        self.proxy.faults()
    }
}

/// The next message of this author's is this one, and no other.
fn hears(reader: &Program, author: &str, what: &str) {
    let by_author = format!("  {author}  ");
    let row = reader.wait_long_for_line(SILENCES, "a message", |row| row.contains(&by_author));
    let expected = format!("{by_author}{author} dit {what}");
    assert!(row.ends_with(&expected), "{row:?} came, not {expected:?}");
}

/// Holds conversations, several at once; the seed of one that fails is printed.
fn hold(count: u64, at_once: u64, conversation: impl Fn(u64) + Sync) {
    let seeds = match number("MSG_CHAOS_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..count,
    };
    let next = AtomicU64::new(seeds.start);
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= seeds.end {
                        return;
                    }
                    let work = std::panic::AssertUnwindSafe(|| conversation(seed));
                    if std::panic::catch_unwind(work).is_err() {
                        failed.lock().expect("nobody panics with it").push(seed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("nobody panics with it");
    assert!(failed.is_empty(), "these seeds failed: {failed:?}");
}

#[test]
fn not_a_line_is_lost_doubled_or_out_of_order_over_a_bad_network() {
    let (count, at_once, weather) = match number("MSG_CHAOS") {
        Some(count) => (count, SILENT_AT_ONCE, Weather::Stormy),
        None => (20, AT_ONCE, Weather::Rough),
    };
    let faults = AtomicU64::new(0);
    hold(count, at_once, |seed| {
        let mut conversation = Conversation::start(weather, seed);
        conversation.talk(200, |_, proxy, _| proxy.turn_bad());
        faults.fetch_add(conversation.end() as u64, Ordering::SeqCst);
    });
    let faults = faults.into_inner();
    println!("{count} conversations, {faults} faults: 0 lines lost, doubled or out of order");
    assert!(faults >= count, "only {faults} faults");
}

#[test]
fn a_relay_killed_in_mid_conversation_loses_nothing() {
    let kills = number("MSG_KILLS").unwrap_or(5);
    // Enough lines that some are always on their way.
    let lines = 2_000 * kills;
    let mut conversation = Conversation::start(Weather::Fair, 0);
    let mut done = 0;
    conversation.talk(lines, |relay, proxy, _| {
        while done < kills {
            // A little of the conversation has been relayed.
            for _ in 0..100 {
                relay.program.wait_for_line("a message", |_| true);
            }
            relay.program.signal(Signal::KILL);
            *relay = Relay::start();
            proxy.lead_to(relay.address);
            done += 1;
        }
    });
    conversation.end();
    println!(
        "{done} relays killed, {} lines: 0 lost, doubled or out of order",
        2 * lines
    );
}

/// On demand alone: a client must stand still for longer than the heartbeat.
#[test]
fn a_client_that_stands_still_for_longer_than_the_heartbeat_loses_nothing() {
    const LONGER: Duration = Duration::from_secs(32);
    let stops = number("MSG_STOPS").unwrap_or(0);
    let each = stops.div_ceil(AT_ONCE);
    hold(stops.min(AT_ONCE), AT_ONCE, |seed| {
        let mut chance = Chance(seed);
        let mut conversation = Conversation::start(Weather::Fair, seed);
        // More than can be said in the meantime by whoever goes on.
        conversation.talk(5_000 * each, |relay, _, clients| {
            for _ in 0..each {
                for _ in 0..1_000 {
                    let relayed = &relay.program;
                    relayed.wait_long_for_line(SILENCES, "a message", |_| true);
                }
                let client = clients[chance.below(2) as usize];
                let process = rustix::process::Pid::from_raw(client as i32).expect("it runs");
                let send = |signal| {
                    rustix::process::kill_process(process, signal).expect("it runs");
                };
                send(Signal::STOP);
                thread::sleep(LONGER);
                send(Signal::CONT);
            }
        });
        conversation.end();
    });
    if stops > 0 {
        println!(
            "{stops} times a client stood still for {LONGER:?}: 0 lines lost, doubled or out of order"
        );
    }
}
