//! What the relay is to keep to, and whether it does.

use std::fmt::Write as _;

use crate::relays::{DAEMON, MSG};
use crate::report::Table;

/// A figure that the relay must keep to wherever a setting's name begins with `setting`.
struct Target {
    what: &'static str,
    setting: &'static str,
    /// Parts of the setting's name.
    within: &'static [&'static str],
    figure: &'static str,
    bound: Bound,
    /// Who must keep to it.
    relays: &'static [&'static str],
}

#[derive(Clone, Copy)]
enum Bound {
    AtMost(f64),
    /// Of the bare copy's.
    RatioAtMost(f64),
    RatioAtLeast(f64),
    /// Of this rival's.
    RivalAtMost(&'static str, f64),
    RivalAtLeast(&'static str, f64),
}

const TARGETS: [Target; 25] = [
    target(
        "round trip, p50",
        "round-trip: back to back",
        &[],
        "p50",
        Bound::RatioAtMost(1.10),
    ),
    target(
        "round trip, p99",
        "round-trip: back to back",
        &[],
        "p99",
        Bound::RatioAtMost(1.15),
    ),
    target(
        "round trip, CPU a line",
        "round-trip: back to back",
        &[],
        "CPU/line",
        Bound::RatioAtMost(1.15),
    ),
    target(
        "paced, p50",
        "round-trip: paced",
        &[],
        "p50",
        Bound::RatioAtMost(1.10),
    ),
    target(
        "paced, p99",
        "round-trip: paced",
        &[],
        "p99",
        Bound::RatioAtMost(1.15),
    ),
    target(
        "paced, CPU a line",
        "round-trip: paced",
        &[],
        "CPU/line",
        Bound::RatioAtMost(1.4),
    ),
    target(
        "pipelined flood, acknowledged",
        "flood",
        &["pipelined", "wire"],
        "bytes",
        Bound::RatioAtLeast(1.0),
    ),
    target(
        "paced, CPU a line",
        "round-trip: paced",
        &[],
        "CPU/line",
        Bound::RivalAtMost(CHAT, 1.0),
    ),
    target(
        "paced, CPU a line",
        "round-trip: paced",
        &[],
        "CPU/line",
        Bound::RivalAtMost(SOCAT, 1.0),
    ),
    target(
        "pipelined flood, plain, 64 B",
        "flood: 64 B",
        &["pipelined", "plain"],
        "lines",
        Bound::RivalAtLeast(CHAT, 1.5),
    ),
    target(
        "pipelined flood, plain, 64 B, CPU a line",
        "flood: 64 B",
        &["pipelined", "plain"],
        "CPU/line",
        Bound::RivalAtMost(CHAT, 1.0),
    ),
    target(
        "pipelined flood, plain, 1 KiB",
        "flood: 1024 B",
        &["pipelined", "plain"],
        "lines",
        Bound::RivalAtLeast(SOCAT, 1.0),
    ),
    target(
        "pipelined flood, plain, 64 B",
        "flood: 64 B",
        &["pipelined", "plain"],
        "lines",
        Bound::RatioAtLeast(0.25),
    ),
    target(
        "pipelined flood, plain, 1 KiB",
        "flood: 1024 B",
        &["pipelined", "plain"],
        "lines",
        Bound::RatioAtLeast(0.6),
    ),
    target(
        "pipelined flood, plain, 1 KiB, CPU a line",
        "flood: 1024 B",
        &["pipelined", "plain"],
        "CPU/line",
        Bound::RatioAtMost(3.0),
    ),
    target(
        "distance, 50 ms beyond 1.2 × 0 ms, s",
        "distance",
        &[],
        "far beyond 1.2 × near",
        Bound::AtMost(0.1),
    ),
    target(
        "beside a flood / alone, p50",
        "beside",
        &["flood"],
        "p50 / alone",
        Bound::AtMost(4.0),
    ),
    target(
        "beside a pourer of PING / alone, p50",
        "beside",
        &["PING"],
        "p50 / alone",
        Bound::AtMost(4.0),
    ),
    Target {
        relays: &[DAEMON.name],
        // What a timer that went off adds once is less than the rest.
        ..target(
            "system calls a line",
            "system-calls: back to back",
            &[],
            "calls/line",
            Bound::AtMost(3.05),
        )
    },
    Target {
        relays: &[MSG.name],
        ..target(
            "system calls a line, with the screen's",
            "system-calls: back to back",
            &[],
            "calls/line",
            Bound::AtMost(4.05),
        )
    },
    Target {
        relays: &[DAEMON.name],
        // A plain line grows on its way, by its date and its author.
        ..target(
            "system calls a line, pipelined",
            "system-calls",
            &["pipelined", "wire"],
            "calls/line",
            Bound::RatioAtMost(1.05),
        )
    },
    target(
        "wake-ups when idle",
        "idle",
        &[],
        "wake-ups",
        Bound::AtMost(0.0),
    ),
    target("peak memory", "", &[], "peak memory", Bound::AtMost(4.0)),
    target(
        "memory of a further conversation, KiB",
        "crowd",
        &[],
        "a further one",
        Bound::AtMost(1.2),
    ),
    target(
        "latency in a crowd / alone",
        "crowd",
        &[],
        "p50 / alone",
        Bound::AtMost(1.2),
    ),
];

const fn target(
    what: &'static str,
    setting: &'static str,
    within: &'static [&'static str],
    figure: &'static str,
    bound: Bound,
) -> Target {
    Target {
        what,
        setting,
        within,
        figure,
        bound,
        relays: &[MSG.name, DAEMON.name],
    }
}

const CHAT: &str = "ncat --chat";
const SOCAT: &str = "socat";

/// What people would use instead: behind `msg` in each row, they should be.
const RIVALS: [&str; 4] = [CHAT, "ncat --broker", SOCAT, "serveur.py"];

/// Every target with the worst figure found, as Markdown.
pub fn verdicts(tables: &[Table]) -> String {
    let mut rows = String::from(
        "| target | bound | relay | worst | where | held |\n|---|---:|---|---:|---|---|\n",
    );
    for target in &TARGETS {
        for relay in target.relays {
            if let Some((worst, place)) = target.worst(tables, relay) {
                let held = if target.bound.holds(worst) {
                    "yes"
                } else {
                    "**no**"
                };
                let (what, bound) = (target.what, target.bound.shown());
                writeln!(
                    rows,
                    "| {what} | {bound} | {relay} | {worst:.2} | {place} | {held} |"
                )
                .expect("a String takes everything");
            }
        }
    }
    rows
}

/// Where a rival is clearly ahead of `msg`, as Markdown.
pub fn beaten_by(tables: &[Table]) -> String {
    let (mut compared, mut behind) = (0, 0);
    let mut rows = String::new();
    for table in tables {
        for column in table.columns().filter(|column| !column.contains("alone")) {
            for relay in [MSG.name, DAEMON.name] {
                for rival in RIVALS {
                    let (Some(own), Some(theirs)) =
                        (table.cell(relay, column), table.cell(rival, column))
                    else {
                        continue;
                    };
                    compared += 1;
                    behind += usize::from(is_ahead(column, theirs.median, own.median));
                    // Every repetition of theirs against every one of ours.
                    if is_ahead(column, theirs.least, own.most)
                        && is_ahead(column, theirs.most, own.least)
                    {
                        let setting = &table.setting;
                        writeln!(
                            rows,
                            "| {setting} | {column} | {relay}: {own} | {rival}: {theirs} |"
                        )
                        .expect("a String takes everything");
                    }
                }
            }
        }
    }
    let clearly = rows.lines().count();
    let mut text = format!(
        "Of {compared} comparisons with a rival, `msg` is behind in {behind} by the median, and in {clearly} of them by every repetition.\n"
    );
    if clearly > 0 {
        text += "\n| setting | figure | `msg` | rival |\n|---|---|---:|---:|\n";
        text += &rows;
    }
    text
}

fn is_ahead(column: &str, one: f64, other: f64) -> bool {
    match column {
        "lines" | "bytes" => one > other,
        _ => one < other,
    }
}

impl Target {
    /// The relay's worst figure, and where it was found.
    fn worst(&self, tables: &[Table], relay: &str) -> Option<(f64, String)> {
        let mut worst: Option<(f64, String)> = None;
        for table in tables {
            let place = table.setting.to_string();
            let is_within = self.within.iter().all(|part| place.contains(part));
            if !place.starts_with(self.setting) || !is_within {
                continue;
            }
            let Some(number) = self.bound.of(table, relay, self.figure) else {
                continue;
            };
            if worst
                .as_ref()
                .is_none_or(|(known, _)| self.bound.is_worse(number, *known))
            {
                worst = Some((number, place));
            }
        }
        worst
    }
}

impl Bound {
    /// What is to be judged: the figure itself, or what it is of another's.
    fn of(self, table: &Table, relay: &str, figure: &str) -> Option<f64> {
        match self {
            Bound::AtMost(_) => Some(table.cell(relay, figure)?.median),
            Bound::RatioAtMost(_) | Bound::RatioAtLeast(_) => table.cell(relay, figure)?.ratio,
            Bound::RivalAtMost(rival, _) | Bound::RivalAtLeast(rival, _) => {
                table.ratio(relay, rival, figure)
            }
        }
    }

    fn holds(self, number: f64) -> bool {
        match self {
            Bound::AtMost(bound) | Bound::RatioAtMost(bound) | Bound::RivalAtMost(_, bound) => {
                number <= bound
            }
            Bound::RatioAtLeast(bound) | Bound::RivalAtLeast(_, bound) => number >= bound,
        }
    }

    fn is_worse(self, number: f64, known: f64) -> bool {
        match self {
            Bound::AtMost(_) | Bound::RatioAtMost(_) | Bound::RivalAtMost(..) => number > known,
            Bound::RatioAtLeast(_) | Bound::RivalAtLeast(..) => number < known,
        }
    }

    fn shown(self) -> String {
        match self {
            Bound::AtMost(bound) => format!("≤ {bound}"),
            Bound::RatioAtMost(bound) => format!("≤ {bound:.2}×"),
            Bound::RatioAtLeast(bound) => format!("≥ {bound:.2}×"),
            Bound::RivalAtMost(rival, bound) => format!("≤ {bound:.2}× {rival}"),
            Bound::RivalAtLeast(rival, bound) => format!("≥ {bound:.2}× {rival}"),
        }
    }
}
