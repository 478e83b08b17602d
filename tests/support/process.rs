//! What the kernel knows about a process: its memory, its descriptors, who listens.

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

/// The resident memory of a process now, in bytes; 0 once it has ended.
pub fn memory(process: u32) -> u64 {
    field(process, "status", "VmRSS:")
}

/// The resident memory that a process has filled itself, in bytes: heap, stacks, variables; 0 once it has ended. Pages of
/// the program and of its libraries are not counted, which the kernel brings in by 64 KiB where code runs for the first
/// time. Counted page by page: what kernels before 6.16 keep in `status` may be off by 32 pages a processor.
pub fn own_memory(process: u32) -> u64 {
    field(process, "smaps_rollup", "Anonymous:")
}

/// The most resident memory that a process ever had, in bytes; 0 once it has ended.
pub fn most_memory(process: u32) -> u64 {
    field(process, "status", "VmHWM:")
}

fn field(process: u32, file: &str, field: &str) -> u64 {
    let fields = fs::read_to_string(format!("/proc/{process}/{file}")).unwrap_or_default();
    let value = fields.lines().find_map(|line| line.strip_prefix(field));
    let kilobytes = value.map(|value| value.trim().trim_end_matches(" kB"));
    kilobytes.map_or(0, |kilobytes| {
        1024 * kilobytes.parse::<u64>().expect("a number")
    })
}

/// The processor time that a process has used, to the hundredth of a second that the kernel counts in.
pub fn processor_time(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("it runs");
    // The program's name stands in parentheses, and may hold anything. User and system time are fields 14 and 15.
    let after_name = stat.rsplit_once(')').expect("it has a name").1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |field: usize| fields[field - 3].parse::<u64>().expect("a number");
    Duration::from_millis(10 * (ticks(14) + ticks(15)))
}

/// How many descriptors a process has open.
pub fn descriptors(process: u32) -> usize {
    let open = fs::read_dir(format!("/proc/{process}/fd")).expect("it runs");
    open.count()
}

/// How many descriptors with a number below `end` a process has open.
pub fn descriptors_below(end: usize, process: u32) -> usize {
    (0..end)
        .filter(|number| fs::symlink_metadata(format!("/proc/{process}/fd/{number}")).is_ok())
        .count()
}

/// Whether the kernel's table shows a socket that listens at this address's port.
pub fn listens(address: SocketAddr) -> bool {
    const LISTEN: &str = "0A";
    let port = format!(":{:04X}", address.port());
    ["/proc/net/tcp", "/proc/net/tcp6"].iter().any(|table| {
        // A kernel without IPv6 has no table of it.
        let table = fs::read_to_string(table).unwrap_or_default();
        table.lines().skip(1).any(|row| {
            let fields: Vec<&str> = row.split_whitespace().collect();
            fields[1].ends_with(&port) && fields[3] == LISTEN
        })
    })
}
