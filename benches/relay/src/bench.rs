//! What is measured, and how it is repeated.
//!
//! A repetition measures every relay once, each a process started for it, before the next repetition begins; where lines are
//! paced, all of them in turn, line by line. So whatever else the machine does strikes all of them alike, and ratios within
//! a repetition mean something where the figures themselves drift.

use std::fmt;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use crate::beside::{self, Pourer};
use crate::client::Dialect;
use crate::crowd;
use crate::distance;
use crate::flood::{Flood, Ways, Writes};
use crate::kernel::{self, Trace};
use crate::load::{self, LINE, Load};
use crate::relays::{self, Conversation, Programs, Relay};
use crate::report::{Report, Sample, Setting, Value};
use crate::sealed;
use crate::tell;

/// One kind of measurement, over every relay.
type Scenario = fn(&mut Bench);

/// Every scenario, in the order they are measured.
pub const SCENARIOS: [(&str, Scenario); 11] = [
    ("start", Bench::start),
    ("round-trip", Bench::round_trip),
    ("flood", Bench::flood),
    ("stopped-reader", Bench::stopped_reader),
    ("system-calls", Bench::system_calls),
    ("screen", Bench::screen),
    ("idle", Bench::idle),
    ("crowd", Bench::crowd),
    ("beside", Bench::beside),
    ("distance", Bench::distance),
    ("sealed", Bench::sealed),
];

/// How much time measuring may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Whether everything works: seconds.
    Quick,
    /// Only what the targets are set for: some six minutes.
    Targets,
    /// Figures to rely on: some twenty minutes.
    Full,
}

/// Measures, and reports.
pub struct Bench {
    programs: Programs,
    effort: Effort,
    /// The relays that work here, with each dialect they pass on.
    relays: Vec<(Relay, Dialect)>,
    pub report: Report,
}

/// As people type, but quicker: long enough for everything to fall asleep in between.
const PAUSE: Duration = Duration::from_millis(25);
/// Bytes of the lines of floods, their LF included.
const SIZES: [usize; 3] = [64, 1024, 3072];
/// Scenarios that no target is set for.
const WITHOUT_TARGETS: [&str; 5] = ["start", "stopped-reader", "screen", "idle", "sealed"];
/// Relays that no target looks at.
const WITHOUT_PART: [&str; 2] = ["bare threads", "serveur.py"];

type Measure = fn(&Load, &mut Conversation) -> io::Result<Vec<Value>>;

impl Bench {
    /// Tries every relay, or only the `wanted` and the bare copy, and leaves out those that do not work here.
    ///
    /// # Errors
    /// When `msg` itself does not work.
    pub fn new(programs: Programs, effort: Effort, wanted: &[String]) -> io::Result<Bench> {
        let mut bench = Bench {
            programs,
            effort,
            relays: Vec::new(),
            report: Report::default(),
        };
        for dialect in [Dialect::Wire, Dialect::Plain] {
            let is_wanted = |relay: &Relay| {
                (wanted.is_empty()
                    && !(effort == Effort::Targets && WITHOUT_PART.contains(&relay.name)))
                    || relay.name == relays::FLOOR.name
                    || wanted.iter().any(|name| name == relay.name)
            };
            for relay in relays::ALL.into_iter().filter(is_wanted) {
                match bench.try_out(&relay, dialect) {
                    Ok(()) => bench.relays.push((relay, dialect)),
                    Err(error) if relay.name == relays::MSG.name && dialect == Dialect::Wire => {
                        return Err(error);
                    }
                    Err(error) => {
                        bench.skip(&format!("{} ({dialect} dialect)", relay.name), &error)
                    }
                }
            }
        }
        Ok(bench)
    }

    /// Whether a scenario is measured unless others are asked for.
    pub fn wants(&self, scenario: &str) -> bool {
        self.effort != Effort::Targets || !WITHOUT_TARGETS.contains(&scenario)
    }

    fn try_out(&self, relay: &Relay, dialect: Dialect) -> io::Result<()> {
        let Conversation {
            mut ends,
            mut process,
        } = relay.converse(&self.programs, dialect)?;
        let [first, second] = &mut ends;
        first.round_trip(second, LINE)?;
        if relay.serves_many() {
            process.meet(dialect, 1)?;
        }
        Ok(())
    }

    /// Measures each relay as often as asked, in turns. What fails once is not tried again.
    fn repeat(
        &mut self,
        scenario: &'static str,
        load: Load,
        relays: &[(Relay, Dialect)],
        times: usize,
        measure: Measure,
    ) {
        let case = load.to_string();
        let mut relays = relays.to_vec();
        for repetition in 0..times {
            relays.retain(|(relay, dialect)| {
                let setting = Setting::new(scenario, &case, Some(*dialect));
                let outcome = relay
                    .converse(&self.programs, *dialect)
                    .and_then(|mut conversation| measure(&load, &mut conversation));
                let works = outcome.is_ok();
                self.note(setting, relay, repetition, outcome);
                works
            });
        }
    }

    /// Until a process that is started takes a connection.
    fn start(&mut self) {
        for repetition in 0..self.pick(1, 21) {
            for relay in self.each_relay() {
                let begun = Instant::now();
                let outcome = relay.start(&self.programs).and_then(|mut process| {
                    process.connect(0)?;
                    let took = begun.elapsed().as_secs_f64();
                    Ok(vec![Value::new(
                        "takes a connection after",
                        "ms",
                        took * 1e3,
                    )])
                });
                self.note(Setting::new("start", "", None), &relay, repetition, outcome);
            }
        }
    }

    fn round_trip(&mut self) {
        let relays = self.relays.clone();
        let load = self.back_to_back();
        self.repeat("round-trip", load, &relays, self.times(), Load::measure);
        self.typed(relays);
    }

    /// Lines as people type them. Where everything sleeps in between, figures vary most: so all relays take turns, line by
    /// line, and often begin anew.
    fn typed(&mut self, mut relays: Vec<(Relay, Dialect)>) {
        let load = self.paced();
        let case = load.to_string();
        for repetition in 0..self.pick(1, 15) {
            let converse =
                |(relay, dialect): &(Relay, Dialect)| relay.converse(&self.programs, *dialect);
            let outcomes =
                load::type_in_turn(relays.iter().map(converse), self.typed_lines(), PAUSE);
            let measured = std::mem::take(&mut relays).into_iter().zip(outcomes);
            for ((relay, dialect), outcome) in measured {
                if outcome.is_ok() {
                    relays.push((relay, dialect));
                }
                let setting = Setting::new("round-trip", &case, Some(dialect));
                self.note(setting, &relay, repetition, outcome);
            }
        }
    }

    fn flood(&mut self) {
        let relays = self.relays.clone();
        let each = [Writes::OneEach, Writes::Pipelined];
        let both = [Ways::One, Ways::Both];
        let (sizes, writes, ways) = match self.effort {
            Effort::Quick => (&SIZES[..1], &each[..], &both[1..]),
            Effort::Targets => (&SIZES[..2], &each[1..], &both[..]),
            Effort::Full => (&SIZES[..], &each[..], &both[..]),
        };
        for &size in sizes {
            for &writes in writes {
                for &ways in ways {
                    let load = Load::Flood(self.a_flood(size, writes, ways));
                    // With three, one program had between 0.7 and 1.4 times what the bare copy took.
                    let times = self.pick(1, 9);
                    self.repeat("flood", load, &relays, times, Load::measure);
                }
            }
        }
    }

    fn stopped_reader(&mut self) {
        let relays = self.relays.clone();
        let load = Load::Dam(Flood {
            lasts: Duration::from_millis(self.pick(200, 5_000)),
            ..self.a_flood(1024, Writes::Pipelined, Ways::One)
        });
        self.repeat(
            "stopped-reader",
            load,
            &relays,
            self.pick(1, 3),
            Load::measure,
        );
    }

    fn system_calls(&mut self) {
        let may_look_on = relays::FLOOR
            .converse(&self.programs, Dialect::Plain)
            .and_then(|conversation| Trace::attach(conversation.process.pid()));
        if let Err(error) = may_look_on {
            return self.skip("system-calls", &format!("strace: {error}"));
        }
        let mut relays = self.relays.clone();
        if self.effort == Effort::Targets {
            relays.retain(|(relay, _)| !relay.is_a_rival());
        }
        let pipelined =
            [64, 3072].map(|size| Load::Flood(self.a_flood(size, Writes::Pipelined, Ways::One)));
        let loads = [self.back_to_back(), self.paced()];
        for load in loads.into_iter().chain(pipelined) {
            self.repeat("system-calls", load, &relays, 1, Load::trace);
        }
    }

    /// What it costs `msg` to show the messages.
    fn screen(&mut self) {
        let relays = self
            .relays
            .clone()
            .into_iter()
            .filter_map(|(relay, dialect)| {
                let shown: &[Relay] = match relay.name {
                    name if name == relays::FLOOR.name => &[relays::FLOOR],
                    name if name == relays::MSG.name => &relays::SHOWN,
                    _ => &[],
                };
                (dialect == Dialect::Wire)
                    .then(|| shown.iter().map(|relay| (*relay, Dialect::Wire)))
            });
        let relays: Vec<_> = relays.flatten().collect();
        let pipelined = self.a_flood(64, Writes::Pipelined, Ways::One);
        for load in [self.back_to_back(), self.paced(), Load::Flood(pipelined)] {
            self.repeat("screen", load, &relays, self.times(), Load::measure);
        }
    }

    /// Two are connected and nobody says anything.
    fn idle(&mut self) {
        /// Everything that followed from their meeting is over by then.
        const CALM_TIMEOUT: Duration = Duration::from_secs(1);

        let watched_for = Duration::from_millis(self.pick(200, 8_000));
        let relays = self.relays.iter();
        let conversations: Vec<_> = relays
            .map(|(relay, dialect)| (*relay, *dialect, relay.converse(&self.programs, *dialect)))
            .collect();
        thread::sleep(CALM_TIMEOUT);
        let idle = conversations.into_iter().map(|(relay, dialect, outcome)| {
            let watched = outcome.and_then(|conversation| {
                let usage = kernel::usage(conversation.process.pid())?;
                Ok((conversation, usage))
            });
            (relay, dialect, watched)
        });
        let idle: Vec<_> = idle.collect();
        thread::sleep(watched_for);
        for (relay, dialect, outcome) in idle {
            let setting = Setting::new("idle", "", Some(dialect));
            let outcome = outcome.and_then(|(conversation, before)| {
                let pid = conversation.process.pid();
                let after = kernel::usage(pid)?;
                let cpu = after.cpu.saturating_sub(before.cpu).as_secs_f64();
                let sleeps = (after.sleeps - before.sleeps) as f64;
                Ok(vec![
                    Value::new("wake-ups", "/s", sleeps / watched_for.as_secs_f64()),
                    Value::new("CPU", "µs/s", cpu * 1e6 / watched_for.as_secs_f64()),
                    Value::mebibytes("memory", kernel::resident(pid)?),
                ])
            });
            self.note(setting, &relay, 0, outcome);
        }
    }

    /// One conversation among many that are silent.
    fn crowd(&mut self) {
        let most = crowd::most();
        if most < crowd::SIZES[crowd::SIZES.len() - 1] {
            let why = "their sockets exceed the limit on open files";
            self.skip(&format!("crowd of more than {most} conversations"), &why);
        }
        let sizes = match self.effort {
            Effort::Quick => &crowd::SIZES[..2],
            Effort::Targets => &crowd::SIZES[3..],
            Effort::Full => &crowd::SIZES[..],
        };
        for size in sizes.iter().map(|size| *size.min(&most)) {
            for relay in self.each_relay().filter(Relay::serves_many) {
                let setting = Setting::new("crowd", &format!("{size} conversations"), None);
                match crowd::measure(&relay, &self.programs, size, self.pick(1, 11)) {
                    Ok(bursts) => {
                        for (repetition, values) in bursts.into_iter().enumerate() {
                            self.note(setting.clone(), &relay, repetition, Ok(values));
                        }
                    }
                    Err(error) => self.note(setting, &relay, 0, Err(error)),
                }
            }
        }
    }

    /// One conversation beside another that floods.
    fn beside(&mut self) {
        let pourers = [
            ("a plain flood", Pourer::Pair(Dialect::Plain)),
            ("a flood on the wire", Pourer::Pair(Dialect::Wire)),
            ("a pourer of PING", Pourer::Pings),
        ];
        for (case, pourer) in pourers {
            for repetition in 0..self.times() {
                let daemons = self.each_relay().filter(Relay::serves_many);
                for relay in daemons.filter(Relay::speaks_wire) {
                    let setting = Setting::new("beside", case, None);
                    let outcome = beside::measure(&relay, &self.programs, pourer);
                    self.note(setting, &relay, repetition, outcome);
                }
            }
        }
    }

    /// A pipe of lines over links that take their time.
    fn distance(&mut self) {
        let lines = self.pick(1_000, 20_000);
        let relays = self.relays.clone();
        let relays = relays.into_iter().filter(|(relay, dialect)| {
            // The bare copy carries no client of the wire.
            relay.speaks_wire() || (relay.name == relays::FLOOR.name && *dialect == Dialect::Plain)
        });
        for (relay, dialect) in relays {
            for repetition in 0..self.times() {
                let setting = Setting::new("distance", &format!("{lines} lines"), Some(dialect));
                let outcome = self.far_and_near(&relay, dialect, lines);
                self.note(setting, &relay, repetition, outcome);
            }
        }
    }

    fn far_and_near(
        &self,
        relay: &Relay,
        dialect: Dialect,
        lines: usize,
    ) -> io::Result<Vec<Value>> {
        let mut values = Vec::new();
        let mut times = Vec::new();
        for delay in distance::DELAYS {
            let mut process = relay.start(&self.programs)?;
            let delay = Duration::from_micros(delay);
            let took = distance::measure(&mut process, &self.programs.msg, dialect, lines, delay)?;
            let there_and_back = 4.0 * delay.as_secs_f64() * 1e3;
            let name = format!("over {there_and_back} ms");
            values.push(Value::new(&name, "s", took.as_secs_f64()));
            times.push(took.as_secs_f64());
        }
        if let [near, .., far] = times[..] {
            values.push(Value::new("far beyond 1.2 × near", "s", far - 1.2 * near));
        }
        Ok(values)
    }

    /// Two who share a code.
    fn sealed(&mut self) {
        let lines = self.pick(1_000, 20_000);
        let relays: Vec<Relay> = self.each_relay().filter(Relay::speaks_wire).collect();
        for repetition in 0..self.times() {
            for relay in &relays {
                let setting = Setting::new("sealed", &format!("{lines} lines"), None);
                let start = || relay.start(&self.programs);
                let outcome = sealed::measure(start, &self.programs.msg, lines);
                self.note(setting, relay, repetition, outcome);
            }
        }
    }

    /// Takes note of what was found, or of why nothing was.
    fn note(
        &mut self,
        setting: Setting,
        relay: &Relay,
        repetition: usize,
        outcome: io::Result<Vec<Value>>,
    ) {
        match outcome {
            Ok(values) => self.report.add(Sample {
                setting,
                relay: relay.name,
                repetition,
                values,
            }),
            Err(error) if relay.is_a_rival() => {
                self.skip(&format!("{}, {setting}", relay.name), &error);
            }
            Err(error) => {
                let failure = format!("{}, {setting}: {error}", relay.name);
                tell(&format!("failed: {failure}"));
                self.report.failed.push(failure);
            }
        }
    }

    /// Takes note of what cannot be measured here.
    fn skip(&mut self, what: &str, why: &dyn fmt::Display) {
        tell(&format!("skipped: {what}: {why}"));
        self.report.skipped.push(format!("{what}: {why}"));
    }

    fn each_relay(&self) -> impl Iterator<Item = Relay> + use<> {
        let relays: Vec<Relay> = self
            .relays
            .iter()
            .filter(|(_, dialect)| *dialect == Dialect::Wire)
            .map(|(relay, _)| *relay)
            .collect();
        relays.into_iter()
    }

    fn back_to_back(&self) -> Load {
        Load::RoundTrips {
            count: self.pick(200, 10_000),
            pause: Duration::ZERO,
        }
    }

    fn paced(&self) -> Load {
        Load::RoundTrips {
            count: self.typed_lines(),
            pause: PAUSE,
        }
    }

    fn typed_lines(&self) -> usize {
        self.pick(4, 100)
    }

    fn a_flood(&self, size: usize, writes: Writes, ways: Ways) -> Flood {
        let lasts = Duration::from_millis(self.pick(30, 300));
        Flood {
            size,
            writes,
            ways,
            lasts,
        }
    }

    fn pick<T>(&self, quick: T, full: T) -> T {
        match self.effort {
            Effort::Quick => quick,
            Effort::Targets | Effort::Full => full,
        }
    }

    /// How often most things are measured.
    fn times(&self) -> usize {
        match self.effort {
            Effort::Quick => 1,
            Effort::Targets => 3,
            Effort::Full => 5,
        }
    }
}
