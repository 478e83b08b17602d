//! A process with a person before it: what it shows is collected, what is typed goes in.

use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// A running process, killed with all its descendants when dropped.
pub struct Watched {
    child: Child,
    keyboard: Option<ChildStdin>,
    screen: Receiver<Vec<u8>>,
    output: Vec<u8>,
}

impl Watched {
    pub fn start(mut command: Command) -> Result<Watched, String> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| format!("{:?} : {error}", command.get_program()))?;
        // Its screen takes whatever it shows, at once.
        let (sender, screen) = channel();
        collect(child.stdout.take(), sender.clone());
        collect(child.stderr.take(), sender);
        Ok(Watched {
            keyboard: child.stdin.take(),
            child,
            screen,
            output: Vec::new(),
        })
    }

    /// What it has shown so far.
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&self.output).replace('\r', "")
    }

    /// Waits until it has shown this.
    pub fn shows(&mut self, text: &str, within: Duration) -> Result<(), String> {
        let until = Instant::now() + within;
        while !self.output().contains(text) {
            self.look(until)
                .map_err(|_| format!("{text:?} ne vient pas après {:?}", tail(&self.output())))?;
        }
        Ok(())
    }

    /// Looks on for a while.
    pub fn watch(&mut self, span: Duration) {
        let until = Instant::now() + span;
        while self.look(until).is_ok() {}
    }

    /// A process that is gone already takes nothing more: what it shows tells.
    pub fn types(&mut self, keys: &str) -> Result<(), String> {
        match &mut self.keyboard {
            Some(keyboard) => keyboard
                .write_all(keys.as_bytes())
                .map_err(|error| format!("{error} : {:?}", tail(&self.output()))),
            None => Ok(()),
        }
    }

    pub fn end_of_input(&mut self) {
        self.keyboard = None;
    }

    /// Waits until it ends, and gives its status: `None` if a signal ended it.
    pub fn ends(&mut self, within: Duration) -> Result<Option<i32>, String> {
        let until = Instant::now() + within;
        loop {
            if let Some(status) = self.child.try_wait().map_err(|error| error.to_string())? {
                return Ok(status.code());
            }
            // Its output ends with it, but for descendants that hold it open.
            let soon = Instant::now() + Duration::from_millis(20);
            if self.look(until.min(soon)).is_err() && Instant::now() >= until {
                return Err(format!("ne se termine pas : {:?}", tail(&self.output())));
            }
        }
    }

    /// Its resident memory, in KiB.
    pub fn memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
        number
            .and_then(|number| number.parse().ok())
            .expect("the kernel's own format")
    }

    pub fn ends_with(&mut self, status: i32, within: Duration) -> Result<(), String> {
        match self.ends(within)? {
            Some(found) if found == status => Ok(()),
            found => Err(format!("statut {found:?} : {:?}", tail(&self.output()))),
        }
    }

    /// Takes what it shows next.
    fn look(&mut self, until: Instant) -> Result<(), ()> {
        let left = until.saturating_duration_since(Instant::now());
        match self.screen.recv_timeout(left) {
            Ok(shown) => {
                self.output.extend(shown);
                Ok(())
            }
            Err(RecvTimeoutError::Timeout) => Err(()),
            Err(RecvTimeoutError::Disconnected) => {
                // Nothing more will show, but the process may still run.
                std::thread::park_timeout(left.min(Duration::from_millis(20)));
                Err(())
            }
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let group = Pid::from_child(&self.child);
        // It may be gone already, and then there is nothing to kill.
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
    }
}

fn collect(source: Option<impl Read + Send + 'static>, sender: Sender<Vec<u8>>) {
    let mut source = source.expect("the process was started with pipes");
    // Ends with the process group, which the owner of the other end kills.
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = source.read(&mut buffer) {
            if sender.send(buffer[..length].to_vec()).is_err() {
                return;
            }
        }
    });
}

/// The end of what was shown, short enough for a table.
fn tail(output: &str) -> &str {
    let start = output.char_indices().rev().nth(300).map_or(0, |(at, _)| at);
    &output[start..]
}
