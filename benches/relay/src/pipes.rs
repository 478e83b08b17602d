//! Two `msg` with pipes at their ends, as scripts use them.

use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;

/// A client that runs; it is ended when this is dropped.
pub struct Client {
    program: Child,
    pub input: Option<ChildStdin>,
    pub rows: io::Lines<BufReader<ChildStdout>>,
}

impl Client {
    fn start(
        msg: &Path,
        address: SocketAddr,
        name: &str,
        code: Option<&str>,
    ) -> io::Result<Client> {
        let mut command = Command::new(msg);
        command
            .args(["--connect", &address.to_string(), "--nom", name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(code) = code {
            command.arg("--code").env("MSG_CODE", code);
        }
        let mut program = command.spawn()?;
        let input = program.stdin.take();
        let output = program.stdout.take().expect("it was asked for");
        Ok(Client {
            program,
            input,
            rows: BufReader::new(output).lines(),
        })
    }

    /// Waits until both know of each other, so that only what follows is timed.
    fn wait_for_the_other(&mut self) -> io::Result<()> {
        let notices = self.program.stderr.take().expect("it was asked for");
        let mut notices = BufReader::new(notices).lines();
        notices
            .find(|line| line.as_ref().is_ok_and(|line| line.contains("est là")))
            .ok_or_else(|| io::Error::other("the two do not meet"))??;
        thread::spawn(move || notices.count());
        Ok(())
    }

    /// Pipes a line into it.
    pub fn say(&mut self, line: &str) -> io::Result<()> {
        let input = self.input.as_mut();
        let input = input.ok_or_else(|| io::Error::other("its input has ended"))?;
        input.write_all(format!("{line}\n").as_bytes())
    }

    /// Reads what is shown, up to a row that ends so.
    pub fn read_until(&mut self, end: &str) -> io::Result<()> {
        for row in &mut self.rows {
            if row?.ends_with(end) {
                return Ok(());
            }
        }
        Err(io::Error::other(format!("« {end} » never came")))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// Zoe and Bob, who have met at these addresses, under a code or in clear.
pub fn meet(
    msg: &Path,
    [zoe, bob]: [SocketAddr; 2],
    code: Option<&str>,
) -> io::Result<[Client; 2]> {
    let mut clients = [
        Client::start(msg, zoe, "Zoe", code)?,
        Client::start(msg, bob, "Bob", code)?,
    ];
    for client in &mut clients {
        client.wait_for_the_other()?;
    }
    Ok(clients)
}
