//! What the pure core must not know of.

use std::fs;
use std::path::{Path, PathBuf};

/// Sockets, clocks, threads, randomness, files and whoever drives the core. An `IpAddr` is only a value.
const FOREIGN: [&str; 14] = [
    "std::net::Tcp",
    "std::net::Udp",
    "std::net::ToSocketAddrs",
    "std::os::",
    "std::fs",
    "std::time",
    "std::thread",
    "std::env",
    "rand::",
    "smol",
    "rustix",
    "crate::peer",
    "crate::display",
    "crate::relay",
];

/// Where the core words something for the wire: refusals, and all that a plain client reads; and the table of
/// Windows-1252 and that of the end words, with the marks around them.
const WORDED: [&str; 7] = [
    "wire.rs",
    "name.rs",
    "hub",
    "plain",
    "plain.rs",
    "charset.rs",
    "end_words.rs",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !matches!(name, "tests" | "simulation") {
            sources(&path, found);
        } else if name.ends_with(".rs") && !matches!(name, "tests.rs" | "simulation.rs") {
            found.push(path);
        }
    }
}

/// Every file of the core with what of it is neither comment nor test.
fn code() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/protocol");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 20, "the core is somewhere else");
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let lines = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        (name, lines.collect::<Vec<_>>().join("\n"))
    };
    files.into_iter().map(read).collect()
}

#[test]
fn the_core_knows_no_socket_clock_thread_or_randomness() {
    for (file, code) in code() {
        // It makes mistakes by the thread, in test builds alone.
        if file.ends_with("mutated_rules.rs") {
            continue;
        }
        for foreign in FOREIGN {
            assert!(!code.contains(foreign), "{file} knows of {foreign}");
        }
    }
}

#[test]
fn the_core_speaks_french_on_the_wire_alone() {
    for (file, code) in code() {
        let is_worded = WORDED
            .iter()
            .any(|worded| file == *worded || file.starts_with(&format!("{worded}/")));
        let french = code.contains(|c: char| "éèêàçùœ«»".contains(c));
        assert!(
            is_worded || file == "hub.rs" || !french,
            "{file} speaks French"
        );
    }
}
