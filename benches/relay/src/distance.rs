//! What distance costs: a pipe of lines from one end to the other, over links that take their time.
//!
//! A link passes on whatever it is given, however much, once its delay is over: only the relay and its clients can make a
//! pipe wait.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::client::Dialect;
use crate::pipes::{self, Client};
use crate::relays::Process;

/// What a link takes for each direction, in microseconds.
pub const DELAYS: [u64; 3] = [0, 1_000, 12_500];

/// A door to an address that is `delay` away.
fn link(to: SocketAddr, delay: Duration) -> io::Result<SocketAddr> {
    let door = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = door.local_addr()?;
    thread::spawn(move || -> io::Result<()> {
        // Ends when nobody calls any more, with the program.
        loop {
            let (near, _) = door.accept()?;
            let far = TcpStream::connect(to)?;
            for stream in [&near, &far] {
                stream.set_nodelay(true)?;
            }
            carry(near.try_clone()?, far.try_clone()?, delay);
            carry(far, near, delay);
        }
    });
    Ok(address)
}

/// Carries bytes one way. An end that breaks ends it, as a cable's would.
fn carry(mut from: TcpStream, mut to: TcpStream, delay: Duration) {
    let (sender, receiver) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut buffer = vec![0; 256 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            let due = Instant::now() + delay;
            if sender.send((due, buffer[..count].to_vec())).is_err() {
                return;
            }
        }
    });
    thread::spawn(move || {
        for (due, bytes) in receiver {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                return;
            }
        }
        // The other end may have gone first.
        let _ = to.shutdown(Shutdown::Write);
    });
}

/// How long `lines` lines take from one end to the other through a relay, over links of this delay.
///
/// # Errors
/// When a line is lost, or a program does not run.
pub fn measure(
    process: &mut Process,
    msg: &Path,
    dialect: Dialect,
    lines: usize,
    delay: Duration,
) -> io::Result<Duration> {
    // So that it listens before anybody is given a link to it.
    let doors = process.wait_for_doors()?;
    let mut doors = doors.into_iter().map(|door| link(door, delay));
    let mut next = || doors.next().expect("there are two doors");
    match dialect {
        Dialect::Wire => between_clients(msg, [next()?, next()?], lines),
        Dialect::Plain => between_sockets(process, [next()?, next()?], lines),
    }
}

/// From one `msg` with a pipe to another.
fn between_clients(msg: &Path, doors: [SocketAddr; 2], lines: usize) -> io::Result<Duration> {
    let [mut writer, mut reader] = pipes::meet(msg, doors, None)?;
    pour(&mut writer, &mut reader, lines)
}

/// How long `lines` lines take from the writer's pipe to the reader's.
///
/// # Errors
/// When one is lost.
pub fn pour(writer: &mut Client, reader: &mut Client, lines: usize) -> io::Result<Duration> {
    let mut input = writer.input.take().expect("it is poured into once");
    // What the writer shows of its own lines is nobody's.
    let own = &mut writer.rows;
    thread::scope(|scope| {
        let begun = Instant::now();
        let text = text(lines);
        // Its end ends the writer, so that both threads end.
        scope.spawn(move || input.write_all(&text));
        scope.spawn(move || own.count());
        let heard = reader.rows.by_ref().take(lines).count();
        let took = begun.elapsed();
        if heard == lines {
            Ok(took)
        } else {
            Err(io::Error::other(format!("{heard} of {lines} lines came")))
        }
    })
}

/// From one socket to another, as `nc` does it.
fn between_sockets(
    process: &Process,
    [reader, writer]: [SocketAddr; 2],
    lines: usize,
) -> io::Result<Duration> {
    let mut reader = TcpStream::connect(reader)?;
    let mut writer = TcpStream::connect(writer)?;
    reader.set_read_timeout(Some(Duration::from_secs(60)))?;
    if process.wants_names() {
        reader.write_all(b"Bob\n")?;
        writer.write_all(b"Zoe\n")?;
    }
    let last = format!("ligne {}\n", lines - 1);
    let text = text(lines);
    let begun = Instant::now();
    // Its end comes back with the thread: it stays open until all is read.
    let writing = thread::spawn(move || -> io::Result<TcpStream> {
        writer.write_all(&text)?;
        Ok(writer)
    });
    let mut tail = Vec::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Err(io::Error::other("the relay hung up")),
            count => tail.extend_from_slice(&buffer[..count]),
        }
        if tail.ends_with(last.as_bytes()) {
            let took = begun.elapsed();
            writing.join().expect("it does not panic")?;
            return Ok(took);
        }
        let kept = tail.len().saturating_sub(last.len());
        tail.drain(..kept);
    }
}

fn text(lines: usize) -> Vec<u8> {
    let mut text = Vec::new();
    for n in 0..lines {
        text.extend_from_slice(format!("ligne {n}\n").as_bytes());
    }
    text
}
