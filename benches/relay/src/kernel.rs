//! What the kernel has counted of a process.

use std::fs;
use std::io;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Counts since a process began, of all its threads that live.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Time spent on a processor, from the scheduler's nanoseconds; the ticks of `/proc/PID/stat` are too coarse.
    pub cpu: Duration,
    /// How often a thread went to sleep, and so was woken.
    pub sleeps: u64,
}

/// Reads the counts of a process.
pub fn usage(pid: u32) -> io::Result<Usage> {
    let mut usage = Usage::default();
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let task = task?.path();
        let schedstat = fs::read_to_string(task.join("schedstat"))?;
        let nanoseconds = schedstat
            .split(' ')
            .next()
            .and_then(|field| field.parse().ok());
        usage.cpu += Duration::from_nanos(nanoseconds.ok_or_else(unreadable)?);
        let status = fs::read_to_string(task.join("status"))?;
        usage.sleeps += number_after(&status, "\nvoluntary_ctxt_switches:")?;
    }
    Ok(usage)
}

/// Bytes of memory that a process has in use now.
pub fn resident(pid: u32) -> io::Result<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    Ok(1024 * number_after(&rollup, "\nRss:")?)
}

/// Most bytes of memory that a process ever had in use.
pub fn peak_resident(pid: u32) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    Ok(1024 * number_after(&status, "\nVmHWM:")?)
}

/// The system calls of a process while `strace` looks on.
pub struct Trace {
    strace: Child,
    summary: std::path::PathBuf,
}

/// How often each system call was made, most often first.
pub type Calls = Vec<(String, u64)>;

impl Trace {
    /// Begins to count.
    ///
    /// # Errors
    /// Where there is no strace, or it may not look on.
    pub fn attach(pid: u32) -> io::Result<Trace> {
        let summary =
            std::env::temp_dir().join(format!("relay-bench-{}-{pid}", std::process::id()));
        let strace = Command::new("strace")
            .args(["-f", "-c", "-U", "name,calls", "-o"])
            .arg(&summary)
            .args(["-p", &pid.to_string()])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let trace = Trace { strace, summary };
        trace.wait_until_attached(pid)?;
        Ok(trace)
    }

    /// Ends counting.
    pub fn finish(mut self) -> io::Result<Calls> {
        let strace = rustix::process::Pid::from_child(&self.strace);
        rustix::process::kill_process(strace, rustix::process::Signal::INT)?;
        self.strace.wait()?;
        let mut calls: Calls = fs::read_to_string(&self.summary)?
            .lines()
            .filter_map(|row| row.trim().split_once(char::is_whitespace))
            .filter_map(|(name, count)| Some((name.to_owned(), count.trim().parse().ok()?)))
            .filter(|(name, _)| name != "total")
            .collect();
        calls.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Ok(calls)
    }

    fn wait_until_attached(&self, pid: u32) -> io::Result<()> {
        let deadline = Instant::now() + Duration::from_secs(5);
        for task in fs::read_dir(format!("/proc/{pid}/task"))? {
            let status = task?.path().join("status");
            while number_after(&fs::read_to_string(&status)?, "\nTracerPid:")? == 0 {
                if Instant::now() > deadline {
                    return Err(io::Error::other("strace did not attach"));
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        Ok(())
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        // After `finish` it has gone already, and a file that stays behind harms nobody.
        let _ = self.strace.kill();
        let _ = self.strace.wait();
        let _ = fs::remove_file(&self.summary);
    }
}

fn number_after(text: &str, label: &str) -> io::Result<u64> {
    let rest = text.split_once(label).map(|(_, rest)| rest.trim_start());
    let digits = rest.and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
    digits
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(unreadable)
}

fn unreadable() -> io::Error {
    io::Error::other("/proc is not as proc(5) has it")
}
