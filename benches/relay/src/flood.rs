//! As many lines as a relay takes.

use std::io::{self, Write};
use std::net::Shutdown;
use std::thread;
use std::time::{Duration, Instant};

use msg::protocol::session::WINDOW_BYTES;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::client::{Client, Dialect, Heard, Mark};

/// Bytes of lines that a speaker writes at once.
const AT_ONCE: usize = 64 * 1024;
/// What a line costs of a window, beside its text.
const OVERHEAD: usize = 32;

/// A flood to pour.
#[derive(Clone, Copy, Debug)]
pub struct Flood {
    /// Bytes a line, its LF included.
    pub size: usize,
    pub writes: Writes,
    pub ways: Ways,
    /// How long its speakers speak.
    pub lasts: Duration,
}

/// How lines reach the speaker's socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writes {
    /// A write for each.
    OneEach,
    /// As many as the window allows in one write.
    Pipelined,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ways {
    One,
    Both,
}

/// What came of a flood.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Lines that reached the other end, both ways together.
    pub lines: u64,
    /// Until the last was there, and acknowledged in [`Dialect::Wire`].
    pub took: Duration,
}

impl Flood {
    /// Pours it from the first end to the second, or both ways.
    ///
    /// # Errors
    /// When a line is lost, doubled or out of order, or the relay moves nothing any more.
    pub fn pour(&self, [first, second]: &mut [Client; 2]) -> io::Result<Outcome> {
        let begun = Instant::now();
        let until = begun + self.lasts;
        let there = Torrent::new(self, first, Speech::Until(until));
        let back = Torrent::new(
            self,
            second,
            match self.ways {
                Ways::One => Speech::Silent,
                Ways::Both => Speech::Until(until),
            },
        );
        let lines = join(there, back)?;
        Ok(Outcome {
            lines,
            took: begun.elapsed(),
        })
    }

    /// Pours it one way onto an end that does not read for as long as it lasts; tells how many lines the relay and the
    /// kernel took in meanwhile. Then the end reads, and every line must be there.
    ///
    /// # Errors
    /// As [`pour`](Flood::pour).
    pub fn dam(&self, [first, second]: &mut [Client; 2]) -> io::Result<u64> {
        let until = Instant::now() + self.lasts;
        let mut there = Torrent::new(self, first, Speech::Until(until));
        there.run(until)?;
        let taken = there.client.said;
        join(there, Torrent::new(self, second, Speech::Silent))?;
        Ok(taken)
    }
}

/// Runs both ends to their end, each on its own thread; tells how many lines were heard.
fn join(mut there: Torrent<'_>, mut back: Torrent<'_>) -> io::Result<u64> {
    let (there, back) = thread::scope(|scope| {
        let there = scope.spawn(|| there.run_or_hang_up());
        let back = back.run_or_hang_up();
        (there.join().expect("a flood does not panic"), back)
    });
    Ok(there? + back?)
}

/// One end of a flood.
struct Torrent<'a> {
    flood: &'a Flood,
    client: &'a mut Client,
    speech: Speech,
    /// Bytes that its socket has not taken yet: an acknowledgement, then lines.
    unsent: Vec<u8>,
    /// Whether the other end waits to be told what we hold.
    ack_due: bool,
    acked: u64,
    heard: u64,
    other_is_done: bool,
}

/// How much an end still says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speech {
    /// It only listens.
    Silent,
    Until(Instant),
    /// Its last line is said.
    Said,
}

impl<'a> Torrent<'a> {
    fn new(flood: &'a Flood, client: &'a mut Client, speech: Speech) -> Torrent<'a> {
        Torrent {
            flood,
            acked: client.said,
            client,
            speech,
            unsent: Vec::new(),
            ack_due: false,
            heard: 0,
            other_is_done: false,
        }
    }

    fn run_or_hang_up(&mut self) -> io::Result<u64> {
        /// A relay that is not through by then is stuck.
        const TIMEOUT: Duration = Duration::from_secs(5);

        let outcome = self.run(Instant::now() + self.flood.lasts + TIMEOUT);
        if outcome.is_err() {
            // So that the other end does not wait for us; it may have hung up first.
            let _ = self.client.stream().shutdown(Shutdown::Both);
        }
        outcome?;
        if self.is_done() {
            Ok(self.heard)
        } else {
            Err(io::Error::other("the relay is stuck"))
        }
    }

    /// Speaks and listens until all is said and heard, or until the deadline.
    fn run(&mut self, deadline: Instant) -> io::Result<()> {
        self.client.stream().set_nonblocking(true)?;
        loop {
            self.compose();
            let left = deadline.saturating_duration_since(Instant::now());
            if self.is_done() || left.is_zero() {
                break;
            }
            let ready = self.wait(left)?;
            if ready.contains(PollFlags::OUT) {
                self.send()?;
            }
            if ready.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR) {
                self.listen()?;
            }
        }
        self.client.stream().set_nonblocking(false)
    }

    fn is_done(&self) -> bool {
        let all_said = match self.speech {
            Speech::Silent => true,
            Speech::Until(_) => false,
            Speech::Said => {
                self.client.dialect() == Dialect::Plain || self.acked == self.client.said
            }
        };
        let all_heard = self.other_is_done || self.other_is_silent();
        all_said && all_heard && self.unsent.is_empty()
    }

    fn other_is_silent(&self) -> bool {
        self.flood.ways == Ways::One && self.speech != Speech::Silent
    }

    /// Puts together what may go out now.
    fn compose(&mut self) {
        if !self.unsent.is_empty() {
            return;
        }
        if std::mem::take(&mut self.ack_due) {
            self.unsent = self.client.ack();
        }
        let Speech::Until(until) = self.speech else {
            return;
        };
        let mark = if Instant::now() < until {
            Mark::More
        } else {
            Mark::Last
        };
        for _ in 0..self.room() {
            self.client.said += 1;
            self.client
                .compose(&mut self.unsent, self.client.said, self.flood.size, mark);
            if mark == Mark::Last {
                self.speech = Speech::Said;
                break;
            }
        }
    }

    /// How many lines may be said before an acknowledgement comes: as many as the window of `msg` holds.
    fn room(&self) -> usize {
        let at_once = AT_ONCE / self.flood.size;
        match self.client.dialect() {
            Dialect::Wire => {
                let under_way = (self.client.said - self.acked) as usize;
                let window = WINDOW_BYTES / (self.flood.size + OVERHEAD);
                at_once.min(window.saturating_sub(under_way))
            }
            Dialect::Plain => at_once,
        }
    }

    fn wait(&self, patience: Duration) -> io::Result<PollFlags> {
        let wanted = if self.unsent.is_empty() {
            PollFlags::IN
        } else {
            PollFlags::IN | PollFlags::OUT
        };
        let mut watched = [PollFd::new(self.client.stream(), wanted)];
        poll(&mut watched, Timespec::try_from(patience).ok().as_ref())?;
        Ok(watched[0].revents())
    }

    fn send(&mut self) -> io::Result<()> {
        let mut sent = 0;
        while sent < self.unsent.len() {
            let unsent = &self.unsent[sent..];
            let piece = match self.flood.writes {
                Writes::Pipelined => unsent.len(),
                Writes::OneEach => first_line(unsent),
            };
            match self.client.stream().write(&unsent[..piece]) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        self.unsent.drain(..sent);
        Ok(())
    }

    fn listen(&mut self) -> io::Result<()> {
        self.client.receive()?;
        while let Some(heard) = self.client.next_heard()? {
            match heard {
                Heard::Message { mark, .. } => {
                    self.heard += 1;
                    self.other_is_done = mark == Mark::Last;
                    self.ack_due = self.client.dialect() == Dialect::Wire;
                }
                Heard::Ack { through } => self.acked = self.acked.max(through),
                Heard::Probe | Heard::Alone | Heard::Peer(_) | Heard::Other => {}
            }
        }
        Ok(())
    }
}

fn first_line(bytes: &[u8]) -> usize {
    use std::io::BufRead;
    let mut rest = bytes;
    rest.skip_until(b'\n').expect("memory can be read")
}
