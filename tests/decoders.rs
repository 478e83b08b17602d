//! Whatever reads bytes from the network reads any bytes: no panic, and no buffer above its limit.
//!
//! `MSG_FUZZ=100000000 cargo test --test decoders -- --nocapture` makes up that many inputs for each of them. The
//! fuzzers in `fuzz/` drive the same code.

mod support;

use support::chance::{Chance, number};
use support::decoders::{self, Choices};

/// How many bytes decide one course: some dozens of inputs.
const COURSE: usize = 256;

fn survives(what: &str, drive: impl Fn(&mut Choices<'_>) + Sync) {
    let inputs = number("MSG_FUZZ").unwrap_or(1_000_000);
    // An input takes about four bytes to choose.
    let courses = inputs.div_ceil(COURSE as u64 / 4);
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    std::thread::scope(|scope| {
        for core in 0..cores {
            let drive = &drive;
            scope.spawn(move || {
                for seed in (core..courses).step_by(cores as usize) {
                    let guard = Seed(seed);
                    drive(&mut Choices(&bytes(seed)));
                    std::mem::forget(guard);
                }
            });
        }
    });
    println!("{what}: {inputs} inputs in {courses} courses");
}

fn bytes(seed: u64) -> Vec<u8> {
    let mut chance = Chance(seed);
    let words = std::iter::repeat_with(|| chance.next().to_le_bytes());
    words.take(COURSE / 8).flatten().collect()
}

/// Names the course that fails.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        println!("course {} fails", self.0);
    }
}

#[test]
fn the_wire_survives_whatever_comes() {
    survives("wire", decoders::wire);
}

#[test]
fn a_session_survives_whatever_its_relay_sends() {
    survives("session", decoders::session);
}

#[test]
fn an_opening_that_holds_what_no_terminal_sends_takes_no_seat() {
    survives("opening", decoders::opening);
}

#[test]
fn a_hub_survives_whatever_its_clients_send() {
    survives("hub", decoders::hub);
}
