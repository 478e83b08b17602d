//! What a relay is made to do while it is looked at.

use std::fmt;
use std::io;
use std::thread;
use std::time::Duration;

use crate::client::Client;
use crate::flood::{Flood, Ways, Writes};
use crate::kernel::{self, Trace, Usage};
use crate::relays::Conversation;
use crate::report::Value;

/// Bytes of the line that people type, its LF included.
pub const LINE: usize = 64;

/// A way to use a conversation.
#[derive(Clone, Copy, Debug)]
pub enum Load {
    /// One line there and one back, `count` times, each after a `pause` in which everything falls asleep.
    RoundTrips { count: usize, pause: Duration },
    /// As many lines as come through.
    Flood(Flood),
    /// A flood onto an end that does not read for as long as it lasts.
    Dam(Flood),
}

/// Latencies of round trips, shortest first.
pub struct Latencies(Vec<Duration>);

/// What a load has come to.
struct Done {
    lines: u64,
    values: Vec<Value>,
}

impl Load {
    /// Puts it on a conversation, and tells what that took.
    pub fn measure(&self, conversation: &mut Conversation) -> io::Result<Vec<Value>> {
        let before = kernel::usage(conversation.process.pid())?;
        let done = self.put_on(conversation)?;
        done.cost(conversation, before)
    }

    /// Puts it on a conversation, and tells which system calls that took. They are slowed down by being looked at, so
    /// nothing else is told.
    pub fn trace(&self, conversation: &mut Conversation) -> io::Result<Vec<Value>> {
        let trace = Trace::attach(conversation.process.pid())?;
        let Done { lines, .. } = self.put_on(conversation)?;
        let calls = trace.finish()?;
        let total: u64 = calls.iter().map(|(_, count)| count).sum();
        let mut values = vec![Value::new("calls/line", "", total as f64 / lines as f64)];
        values.extend(calls.into_iter().map(|(name, count)| {
            let each = count as f64 / lines as f64;
            Value::detail(name, each)
        }));
        Ok(values)
    }

    fn put_on(&self, conversation: &mut Conversation) -> io::Result<Done> {
        match self {
            Load::RoundTrips { count, pause } => {
                let latencies = Latencies::of(&mut conversation.ends, *count, *pause)?;
                Ok(Done {
                    lines: 2 * *count as u64,
                    values: latencies.values(),
                })
            }
            Load::Flood(flood) => {
                let outcome = flood.pour(&mut conversation.ends)?;
                let seconds = outcome.took.as_secs_f64();
                let bytes = outcome.lines as f64 * flood.size as f64;
                let values = vec![
                    Value::new("lines", "k/s", outcome.lines as f64 / seconds / 1e3),
                    Value::new("bytes", "MB/s", bytes / seconds / 1e6),
                ];
                Ok(Done {
                    lines: outcome.lines,
                    values,
                })
            }
            Load::Dam(flood) => {
                let taken = flood.dam(&mut conversation.ends)?;
                let values = vec![Value::mebibytes("taken in", taken * flood.size as u64)];
                Ok(Done {
                    lines: taken,
                    values,
                })
            }
        }
    }
}

impl Done {
    /// What it has come to, and what that took.
    fn cost(self, conversation: &Conversation, before: Usage) -> io::Result<Vec<Value>> {
        let Done { lines, mut values } = self;
        let pid = conversation.process.pid();
        let after = kernel::usage(pid)?;
        let cpu = after.cpu.saturating_sub(before.cpu).as_secs_f64();
        let sleeps = after.sleeps.saturating_sub(before.sleeps) as f64;
        values.push(Value::new("CPU/line", "µs", cpu * 1e6 / lines as f64));
        values.push(Value::new("sleeps/line", "", sleeps / lines as f64));
        values.push(Value::mebibytes("peak memory", kernel::peak_resident(pid)?));
        Ok(values)
    }
}

/// A conversation that is typed in turn with others.
struct Turn {
    conversation: Conversation,
    before: Usage,
    found: Vec<Duration>,
}

impl Turn {
    fn new(conversation: Conversation) -> io::Result<Turn> {
        Ok(Turn {
            before: kernel::usage(conversation.process.pid())?,
            conversation,
            found: Vec::new(),
        })
    }

    /// One line there and one back.
    fn take(mut self) -> io::Result<Turn> {
        let [first, second] = &mut self.conversation.ends;
        self.found.push(first.round_trip(second, LINE)?);
        Ok(self)
    }

    fn cost(self) -> io::Result<Vec<Value>> {
        let done = Done {
            lines: 2 * self.found.len() as u64,
            values: Latencies::new(self.found).values(),
        };
        done.cost(&self.conversation, self.before)
    }
}

/// One line there and one back, `count` times with a `pause` in between, through all of these conversations in turn: so
/// that whatever the machine does between two lines meets all relays alike. Tells of each what that took.
pub fn type_in_turn(
    conversations: impl IntoIterator<Item = io::Result<Conversation>>,
    count: usize,
    pause: Duration,
) -> Vec<io::Result<Vec<Value>>> {
    let begin = |conversation: io::Result<Conversation>| conversation.and_then(Turn::new);
    let mut turns: Vec<_> = conversations.into_iter().map(begin).collect();
    let each = pause / turns.len().max(1) as u32;
    for _ in 0..count {
        let next = |turn: io::Result<Turn>| {
            thread::sleep(each);
            turn.and_then(Turn::take)
        };
        turns = turns.into_iter().map(next).collect();
    }
    turns
        .into_iter()
        .map(|turn| turn.and_then(Turn::cost))
        .collect()
}

impl Latencies {
    fn new(mut found: Vec<Duration>) -> Latencies {
        found.sort_unstable();
        Latencies(found)
    }

    /// Of so many round trips, each after a pause.
    pub fn of(
        [first, second]: &mut [Client; 2],
        count: usize,
        pause: Duration,
    ) -> io::Result<Latencies> {
        let mut found = Vec::with_capacity(count);
        for _ in 0..count {
            if !pause.is_zero() {
                thread::sleep(pause);
            }
            found.push(first.round_trip(second, LINE)?);
        }
        Ok(Latencies::new(found))
    }

    /// The latency that a share of all round trips (0 to 1) does not exceed, in microseconds.
    pub fn quantile(&self, share: f64) -> f64 {
        let last = self.0.len() - 1;
        self.0[(last as f64 * share).round() as usize].as_secs_f64() * 1e6
    }

    fn values(&self) -> Vec<Value> {
        [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)]
            .map(|(name, share)| Value::new(name, "µs", self.quantile(share)))
            .into()
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Load::RoundTrips {
                pause: Duration::ZERO,
                ..
            } => write!(f, "back to back"),
            Load::RoundTrips { pause, .. } => {
                write!(f, "paced, one line per {} ms", pause.as_millis())
            }
            Load::Flood(flood) => {
                let writes = match flood.writes {
                    Writes::OneEach => "one write each",
                    Writes::Pipelined => "pipelined",
                };
                let ways = match flood.ways {
                    Ways::One => "one way",
                    Ways::Both => "both ways",
                };
                write!(f, "{} B, {writes}, {ways}", flood.size)
            }
            Load::Dam(flood) => {
                write!(f, "a reader that stops for {} s", flood.lasts.as_secs_f64())
            }
        }
    }
}
