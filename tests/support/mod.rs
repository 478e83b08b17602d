//! What the tests that run the real program share.

#![allow(
    dead_code,
    reason = "each test file is a program of its own, and none uses all of it"
)]

pub mod chance;
pub mod decoders;
pub mod process;
pub mod proxy;
pub mod pty;
pub mod talk;
pub mod wire;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long anything may take before a test fails: long, because a loaded machine is slow, and short of what a person
/// who runs the tests would wait.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// The program under test.
pub fn msg() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_msg"));
    command.env_remove("NO_COLOR").env("TERM", "xterm-256color");
    command
}

/// A relay of its own, on a free port of this machine.
pub struct Relay {
    pub program: Program,
    pub address: SocketAddr,
}

impl Relay {
    pub fn start() -> Relay {
        Relay::start_at("127.0.0.1:0")
    }

    /// A relay at an address of the test's choice, which the first invitation names.
    pub fn start_at(place: &str) -> Relay {
        Relay::of(Program::start(msg().args(["--relay", place])))
    }

    /// A relay that runs already: one for two invites, a daemon says where it listens.
    pub fn of(program: Program) -> Relay {
        let invitation = program.wait_for_error("an invitation", |line| {
            line.contains("--connect") || line.contains("à l'écoute sur")
        });
        let mut words = invitation.split_whitespace();
        let address = words.find_map(|word| word.trim_matches(['"', '.']).parse().ok());
        Relay {
            address: address.expect("an invitation names an address"),
            program,
        }
    }

    /// A client that is to meet the others at this relay.
    pub fn client(&self, name: &str) -> Command {
        let mut command = msg();
        command.args(["--connect", &self.address.to_string(), "--nom", name]);
        command
    }

    pub fn wait(&mut self) -> ExitStatus {
        self.program.wait()
    }
}

/// A program on pipes, whose output lines are kept as they come.
pub struct Program {
    child: Child,
    input: Option<ChildStdin>,
    /// Keeps the input open that is written in the background.
    input_held: Option<mpsc::Sender<()>>,
    lines: Receiver<String>,
    errors: Receiver<String>,
}

impl Program {
    pub fn start(command: &mut Command) -> Program {
        Program::start_with_output(command, Stdio::piped())
    }

    /// A program whose standard output goes elsewhere.
    pub fn start_with_output(command: &mut Command, output: impl Into<Stdio>) -> Program {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        Program {
            input: child.stdin.take(),
            input_held: None,
            lines: match child.stdout.take() {
                Some(output) => lines(output),
                None => mpsc::channel().1,
            },
            errors: lines(child.stderr.take().expect("it was asked for")),
            child,
        }
    }

    /// Writes to its standard input. A program that has ended takes nothing, which the test will notice elsewhere.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        if let Some(input) = &mut self.input {
            drop(input.write_all(bytes.as_ref()));
        }
    }

    /// Writes more to its standard input than it may take for now; the input then stays open.
    pub fn write_in_background(&mut self, bytes: impl Into<Vec<u8>>) {
        let (bytes, mut input) = (bytes.into(), self.input.take().expect("it is still open"));
        let (held, holder) = mpsc::channel();
        self.input_held = Some(held);
        thread::spawn(move || {
            // A program that has ended takes no more.
            drop(input.write_all(&bytes));
            // Nothing is ever sent: this ends with the test, by an error.
            let _ = holder.recv();
        });
    }

    /// Reads its standard output until nothing comes for a moment.
    pub fn wait_for_silence(&self) {
        while self.lines.recv_timeout(Duration::from_millis(500)).is_ok() {}
    }

    /// Its standard input, for somebody else to write to.
    pub fn take_input(&mut self) -> ChildStdin {
        self.input.take().expect("nobody has it yet")
    }

    /// Ends its standard input.
    pub fn end_input(&mut self) {
        self.input = None;
        self.input_held = None;
    }

    /// The next line of standard output of which `wanted` holds; those before it are dropped.
    pub fn wait_for_line(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        next(&self.lines, TIMEOUT, what, wanted)
    }

    /// Whether no line comes to its standard output for so long.
    pub fn is_silent_for(&self, time: Duration) -> bool {
        self.lines.recv_timeout(time).is_err()
    }

    /// As [`wait_for_line`](Program::wait_for_line), where that may take its time.
    pub fn wait_long_for_line(
        &self,
        patience: Duration,
        what: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> String {
        next(&self.lines, patience, what, wanted)
    }

    /// The next line of standard error of which `wanted` holds.
    pub fn wait_for_error(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        next(&self.errors, TIMEOUT, what, wanted)
    }

    /// What is left of its standard output, up to its end.
    pub fn rest(&self) -> Vec<String> {
        self.lines.iter().collect()
    }

    pub fn signal(&self, signal: Signal) {
        signal_child(&self.child, signal);
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Every line of standard error until its end.
    pub fn all_errors(&self) -> Vec<String> {
        self.errors.iter().collect()
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        self.end_input();
        wait(&mut self.child)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Reads lines in the background, until the end of the stream.
fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

fn next(
    lines: &Receiver<String>,
    patience: Duration,
    what: &str,
    wanted: impl Fn(&str) -> bool,
) -> String {
    let deadline = Instant::now() + patience;
    let mut before = Vec::new();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match lines.recv_timeout(left) {
            Ok(line) if wanted(&line) => return line,
            Ok(line) => before.push(line),
            Err(error) => panic!("waited for {what}: {error}; there was only {before:#?}"),
        }
    }
}

/// The most memory that a program has ever used, in bytes; 0 once it has ended.
pub fn peak_memory(program: &Child) -> usize {
    process::most_memory(program.id()) as usize
}

pub fn signal_child(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).expect("it has not been waited for");
}

/// Waits for a child's end, for as long as [`TIMEOUT`] lasts.
pub fn wait(child: &mut Child) -> ExitStatus {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{PidfdFlags, pidfd_open};

    let pidfd = pidfd_open(Pid::from_child(child), PidfdFlags::empty()).expect("a kernel of today");
    let mut watched = [PollFd::new(&pidfd, PollFlags::IN)];
    let timeout = Timespec::try_from(TIMEOUT).expect("it is short");
    let ended = poll(&mut watched, Some(&timeout)).expect("one file is watched");
    assert_eq!(ended, 1, "the program does not end");
    child.wait().expect("it has not been waited for")
}

/// Leaves no process behind, whatever a test came to.
pub fn end(child: &mut Child) {
    // It may have ended long ago, and that is what is wanted.
    drop(child.kill());
    drop(child.wait());
}
