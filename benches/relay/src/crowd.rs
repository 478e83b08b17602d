//! One conversation among many that are silent: what they cost it, and what each takes in memory.

use std::io;
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit};

use crate::client::{Client, Dialect};
use crate::kernel;
use crate::load::Latencies;
use crate::relays::{Programs, Relay};
use crate::report::Value;

/// How many conversations a crowd has.
pub const SIZES: [usize; 4] = [1, 100, 1_000, 10_000];

/// Round trips in one burst.
const BURST: usize = 1_000;
/// A seat on the wire is lost after 30 s of silence.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(10);

/// Most conversations whose sockets fit into one process here.
pub fn most() -> usize {
    const OTHER_FILES: u64 = 64;
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    (files.saturating_sub(OTHER_FILES) / 2) as usize
}

/// Times one conversation among `size`, and the only one of another process of the same relay, in turns. Tells of each
/// burst what it found.
pub fn measure(
    relay: &Relay,
    programs: &Programs,
    size: usize,
    bursts: usize,
) -> io::Result<Vec<Vec<Value>>> {
    let mut alone = relay.converse(programs, Dialect::Wire)?;
    let mut process = relay.start(programs)?;
    let mut rooms = Vec::with_capacity(size);
    let mut pinged = Instant::now();
    for room in 0..size {
        rooms.push(process.meet(Dialect::Wire, room as u64)?);
        keep_alive(relay, &mut rooms, &mut pinged)?;
    }
    let mut found = Vec::new();
    for _ in 0..bursts {
        keep_alive(relay, &mut rooms, &mut pinged)?;
        let by_itself = Latencies::of(&mut alone.ends, BURST, Duration::ZERO)?;
        let among_all = Latencies::of(&mut rooms[size / 2], BURST, Duration::ZERO)?;
        let memory = kernel::resident(process.pid())?;
        let first = kernel::resident(alone.process.pid())?;
        let each = memory.saturating_sub(first) as f64 / (size - 1).max(1) as f64;
        found.push(vec![
            Value::new("p50", "µs", among_all.quantile(0.5)),
            Value::new("p99", "µs", among_all.quantile(0.99)),
            Value::new(
                "p50 / alone",
                "",
                among_all.quantile(0.5) / by_itself.quantile(0.5),
            ),
            Value::new(
                "p99 / alone",
                "",
                among_all.quantile(0.99) / by_itself.quantile(0.99),
            ),
            Value::mebibytes("memory", memory),
            Value::new("a further one", "KiB", each / 1024.0),
        ]);
    }
    Ok(found)
}

/// Has every seat say that it lives, where the relay wants to know.
fn keep_alive(relay: &Relay, rooms: &mut [[Client; 2]], pinged: &mut Instant) -> io::Result<()> {
    if relay.speaks_wire() && pinged.elapsed() > KEEP_ALIVE_EVERY {
        for client in rooms.as_flattened_mut() {
            client.keep_alive()?;
        }
        *pinged = Instant::now();
    }
    Ok(())
}
