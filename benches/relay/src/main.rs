//! Measures what a relay costs: `cargo run --release -p relay-bench`.
//!
//! Every relay is a real process on the loopback interface: `msg`, what people would use instead, and a bare copy between
//! two sockets, which is the floor. Figures come as medians with their least and most, and as ratios to the bare copy.

mod bare;
mod bench;
mod beside;
mod client;
mod crowd;
mod distance;
mod flood;
mod kernel;
mod load;
mod pipes;
mod plot;
mod processors;
mod relays;
mod report;
mod screens;
mod sealed;
mod targets;

use std::fs;
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use argh::FromArgs;

use crate::bench::{Bench, Effort, SCENARIOS};
use crate::processors::Processors;
use crate::relays::Programs;
use crate::report::{Report, Table};

/// Measures what msg's relay costs, beside a bare copy and beside what people would use instead.
#[derive(FromArgs)]
struct Options {
    /// only try that everything works: a few seconds, and figures that mean nothing
    #[argh(switch)]
    quick: bool,

    /// measure only what the targets are set for, and say which of them hold: nine minutes
    #[argh(switch)]
    targets: bool,

    /// measure only this scenario: start, round-trip, flood, stopped-reader, system-calls, screen, idle, crowd, beside, distance or sealed (may be repeated)
    #[argh(option)]
    only: Vec<String>,

    /// measure only this relay, and the bare copy, by its name in the tables (may be repeated)
    #[argh(option)]
    relay: Vec<String>,

    /// the program to measure (default: msg, built anew)
    #[argh(option)]
    msg: Option<PathBuf>,

    /// folder for report.md, samples.jsonl and crowd.svg (default: target/relay-bench)
    #[argh(option)]
    out: Option<PathBuf>,

    /// be a bare copy, on epoll or on threads: the benchmark starts itself with this
    #[argh(option, hidden_help)]
    bare: Option<String>,

    /// where the bare copy listens
    #[argh(option, hidden_help, default = "0")]
    port: u16,
}

fn main() -> ExitCode {
    let options: Options = argh::from_env();
    let outcome = match &options.bare {
        Some(kind) => bare(kind, options.port),
        None => measure(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn bare(kind: &str, port: u16) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    match kind {
        "epoll" => bare::on_epoll(listener),
        "threads" => bare::on_threads(listener),
        other => Err(io::Error::other(format!("no bare copy on {other}"))),
    }
}

fn measure(options: &Options) -> io::Result<()> {
    let this = std::env::current_exe()?;
    let msg = match &options.msg {
        Some(msg) => msg.clone(),
        None => build_msg(&this)?,
    };
    let effort = if options.quick {
        Effort::Quick
    } else if options.targets {
        Effort::Targets
    } else {
        Effort::Full
    };
    let programs = Programs {
        msg,
        this,
        processors: Processors::take()?,
    };
    let mut bench = Bench::new(programs, effort, &options.relay)?;
    let out = options
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from("target/relay-bench"));
    for (name, run) in SCENARIOS {
        let is_asked_for = options.only.iter().any(|only| only == name);
        if is_asked_for || (options.only.is_empty() && bench.wants(name)) {
            tell(&format!("measuring: {name}"));
            run(&mut bench);
            // Each time, so that a run that is cut short has not been for nothing.
            write(&bench.report, &out)?;
        }
    }
    tell(&format!(
        "report.md, samples.jsonl and crowd.svg are in {}",
        out.display()
    ));
    io::stdout().write_all(page(&bench.report, &bench.report.tables()).as_bytes())?;
    match bench.report.failed.len() {
        0 => Ok(()),
        failures => Err(io::Error::other(format!("{failures} measurements failed"))),
    }
}

/// Writes the report for people, for programs and for the eye.
fn write(report: &Report, out: &Path) -> io::Result<()> {
    fs::create_dir_all(out)?;
    let tables = report.tables();
    fs::write(out.join("report.md"), page(report, &tables))?;
    fs::write(out.join("samples.jsonl"), report.json_lines())?;
    if let Some(picture) = plot::crowd(&tables, &[relays::FLOOR.name, relays::DAEMON.name]) {
        fs::write(out.join("crowd.svg"), picture)?;
    }
    Ok(())
}

fn page(report: &Report, tables: &[Table]) -> String {
    let mut page = String::from("## Targets\n\n");
    page += &targets::verdicts(tables);
    page += "\n";
    page += &targets::beaten_by(tables);
    page += "\n## Figures\n\n";
    for table in tables {
        page += &format!("{table}\n");
    }
    page += "## Relays\n\n";
    for relay in relays::ALL {
        page += &format!("- {}: {}.\n", relay.name, relay.about);
    }
    for (title, lines) in [
        ("Not measured", &report.skipped),
        ("Failed", &report.failed),
    ] {
        if !lines.is_empty() {
            page += &format!("\n## {title}\n\n- {}\n", lines.join("\n- "));
        }
    }
    page
}

/// Builds `msg` as this program was built: its neighbour.
fn build_msg(this: &Path) -> io::Result<PathBuf> {
    let msg = this.with_file_name("msg");
    let profile: &[&str] = if cfg!(debug_assertions) {
        &[]
    } else {
        &["--release"]
    };
    let status = Command::new(env!("CARGO"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .args(["build", "--package", "msg-chat"])
        .args(profile)
        .status()?;
    if status.success() {
        Ok(msg)
    } else {
        Err(io::Error::other(format!("msg does not build: {status}")))
    }
}

/// Tells the person who waits.
fn tell(line: &str) {
    // Where nobody listens, the report is still written.
    let _ = writeln!(io::stderr(), "{line}");
}
