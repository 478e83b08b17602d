//! One conversation beside another that floods: whether anybody waits for somebody else's lines.

use std::io::{self, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::client::Dialect;
use crate::flood::{Flood, Ways, Writes};
use crate::load::Latencies;
use crate::relays::{Programs, Relay};
use crate::report::Value;

/// What pours beside the conversation that is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pourer {
    /// Two who speak this dialect, and pour lines at each other.
    Pair(Dialect),
    /// One who pours `PING`.
    Pings,
}

/// Round trips that are timed.
const COUNT: usize = 2_000;

/// Times a conversation by itself, and beside a pourer.
pub fn measure(relay: &Relay, programs: &Programs, pourer: Pourer) -> io::Result<Vec<Value>> {
    let mut process = relay.start(programs)?;
    let mut ends = process.meet(Dialect::Wire, 0)?;
    let alone = Latencies::of(&mut ends, COUNT, Duration::ZERO)?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut pair = None;
    let mut hose = None;
    match pourer {
        Pourer::Pair(dialect) => pair = Some(process.meet(dialect, 1)?),
        Pourer::Pings => {
            let mut stream = process.connect(0)?;
            stream.write_all(b"MSG/1 00000000000000aa 000000000000000000000000000000aa - Eve\n")?;
            hose = Some(stream);
        }
    }
    let pouring = {
        let stop = Arc::clone(&stop);
        let flood = Flood {
            size: 64,
            writes: Writes::Pipelined,
            ways: Ways::Both,
            lasts: Duration::from_millis(200),
        };
        thread::spawn(move || -> io::Result<()> {
            if let Some(stream) = hose {
                return pour_pings(stream, &stop);
            }
            while let Some(pair) = pair.as_mut().filter(|_| !stop.load(Ordering::Relaxed)) {
                flood.pour(pair)?;
            }
            Ok(())
        })
    };
    let beside = Latencies::of(&mut ends, COUNT, Duration::ZERO);
    stop.store(true, Ordering::Relaxed);
    pouring.join().expect("it does not panic")?;
    let beside = beside?;
    let values = [("p50", 0.5), ("p99", 0.99)].map(|(name, share)| {
        let (beside, alone) = (beside.quantile(share), alone.quantile(share));
        [
            Value::new(name, "µs", beside),
            Value::new(&format!("{name} alone"), "µs", alone),
            Value::new(&format!("{name} / alone"), "", beside / alone),
        ]
    });
    Ok(values.into_iter().flatten().collect())
}

/// Pours until told to stop, and reads what is answered.
fn pour_pings(mut stream: TcpStream, stop: &AtomicBool) -> io::Result<()> {
    let pings = b"PING\n".repeat(8 * 1024);
    let mut answers = stream.try_clone()?;
    let reading = thread::spawn(move || io::copy(&mut answers, &mut io::sink()));
    while !stop.load(Ordering::Relaxed) {
        stream.write_all(&pings)?;
    }
    // The relay is in the middle of its answers: what it still sends may well reset a connection that is gone.
    let _ = stream.shutdown(Shutdown::Both);
    let _ = reading.join().expect("it does not panic");
    Ok(())
}
