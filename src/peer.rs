//! One person's connection: dials, dials again, drives [`Session`].
//!
//! A user interface owns a [`Client`] and waits for its events beside keys and signals; it knows neither socket nor
//! protocol:
//!
//! ```text
//! client.say(line);                       while client.has_room()
//! while let Some(event) = client.next().await { … }
//! client.leave(Shutdown::Quit);           the last event is Event::Ended
//! ```

mod dial;
mod dialect;
mod raw;
#[cfg(test)]
mod tests;

use std::future::{self, Future};
use std::io;
use std::net;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use async_net::TcpStream;
use futures_lite::future::{Boxed, FutureExt};
use futures_lite::{AsyncRead, AsyncWrite};
use smol::Timer;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::options::{Address, Caller};
use crate::protocol::session::Session;
use crate::protocol::wire::{Hello, Pid, Token};
use crate::protocol::{Line, Millis};

use dial::dial;
use dialect::PeerDialect;
use raw::RawSession;

pub use crate::protocol::session::{Disconnected, Ending, Event, Shutdown};

/// The first pause before dialling again; each one doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A connection that stood for so long was a good one, as is any on which lines flowed: the next pause is the first again.
const STABLE_INTERVAL: Duration = Duration::from_secs(10);
/// Bytes read from the socket at once.
const READ_AT_ONCE: usize = 64 * 1024;
/// After so many calls that were taken and came to nothing, it is no relay.
const MAX_HANG_UPS: u32 = 3;

/// One end of a conversation, over however many connections it takes.
///
/// It works only while it is polled: by [`next`](Client::next), or by [`poll_drive`](Client::poll_drive) where an
/// interface has no room for events just now.
pub struct Client {
    dialect: Box<dyn PeerDialect>,
    /// Whether it speaks plain text.
    is_plain: bool,
    address: Address,
    clock: Clock,
    link: CallState,
    /// Whether a relay has ever taken us in. Until then a failure is final: the address may be wrong.
    welcomed: bool,
    /// How often somebody took our call and hung up, as a relay does that is killed just then, or overrun.
    hang_ups: u32,
    /// Before dialling again.
    pause: Duration,
    /// Goes off at the dialect's next time-out, which is this one.
    timer: Timer,
    timer_at: Option<Millis>,
    buffer: Box<[u8]>,
}

enum CallState {
    Dialling(Boxed<Result<TcpStream, Disconnected>>),
    Up {
        stream: TcpStream,
        since: Instant,
        is_shut_down: bool,
    },
    Pausing(Timer),
    /// The conversation has ended.
    Down,
}

/// Whether a call was taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answered {
    No,
    Yes,
}

impl Client {
    /// A client that calls `address` once it is polled.
    ///
    /// # Errors
    /// When the system has no randomness to make this process's secret of.
    pub fn new(address: Address, caller: Caller) -> io::Result<Client> {
        let is_plain = matches!(caller, Caller::Plain(_));
        let dialect: Box<dyn PeerDialect> = match caller {
            Caller::Wire { name, salon, code } => {
                let hello = Hello {
                    pid: Pid(u64::from_ne_bytes(random()?)),
                    token: Token(u128::from_ne_bytes(random()?)),
                    salon,
                    partner: None,
                    name,
                };
                Box::new(match code {
                    None => Session::new(hello),
                    Some(code) => Session::sealed(hello, code, Zeroizing::new(random()?)),
                })
            }
            Caller::Plain(name) => Box::new(RawSession::new(name)),
        };
        Ok(Client {
            dialect,
            is_plain,
            link: CallState::Dialling(dial(address.host.clone(), address.port).boxed()),
            address,
            clock: Clock::start(),
            welcomed: false,
            hang_ups: 0,
            pause: FIRST_PAUSE,
            timer: Timer::never(),
            timer_at: None,
            buffer: vec![0; READ_AT_ONCE].into_boxed_slice(),
        })
    }

    /// Whether a server has taken our call that says neither who is there nor what has arrived.
    pub fn meets_a_silent_server(&self) -> bool {
        self.is_plain && matches!(self.link, CallState::Up { .. })
    }

    /// Whether another line may be [said](Client::say). Changes with [`Event::Delivered`], or when the discussion is over.
    pub fn has_room(&self) -> bool {
        self.dialect.has_room()
    }

    /// Takes a line to deliver. The caller has asked [`has_room`](Client::has_room) before what this line is part of.
    pub fn say(&mut self, line: Line) {
        self.dialect.say(self.clock.now(), line);
    }

    /// Ends the conversation so. The last event tells when it has ended.
    pub fn leave(&mut self, how: Shutdown) {
        self.dialect.leave(self.clock.now(), how);
    }

    /// Ends the conversation without waiting for anybody; the events that are left tell what was not delivered.
    pub fn hang_up(&mut self) {
        self.dialect.end(Ending::Over);
        self.link = CallState::Down;
    }

    /// The next event; `None` after [`Event::Ended`]. Whoever asks for another one holds the ones before, which are
    /// acknowledged then. Nothing is lost when this is dropped before it is ready.
    pub async fn next(&mut self) -> Option<Event> {
        future::poll_fn(|context| self.poll_next(context)).await
    }

    /// As [`next`](Client::next).
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Event>> {
        loop {
            if let Some(event) = self.try_next() {
                return Poll::Ready(Some(event));
            }
            if self.dialect.is_ended() {
                return Poll::Ready(None);
            }
            ready!(self.poll_step(context));
        }
    }

    /// An event that is there already.
    pub fn try_next(&mut self) -> Option<Event> {
        let event = self.dialect.next_event()?;
        self.welcomed = true;
        Some(event)
    }

    /// Keeps the connection alive, and never has anything to say.
    pub fn poll_drive(&mut self, context: &mut Context<'_>) {
        /// So many steps, then whoever polls us has its turn.
        const STEPS: usize = 16;

        for _ in 0..STEPS {
            if self.dialect.is_ended() || self.poll_step(context).is_pending() {
                return;
            }
        }
        context.waker().wake_by_ref();
    }

    /// One step on: ready when something has changed, pending when all there is to do is to wait.
    fn poll_step(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.dialect.hold();
        if let Err(reason) = self.dialect.handle_timeout(self.clock.now()) {
            self.call_ended(Answered::Yes, reason);
            return Poll::Ready(());
        }
        if self.dialect.is_ended() {
            self.link = CallState::Down;
            return Poll::Ready(());
        }
        let moved = match &mut self.link {
            CallState::Dialling(call) => match call.as_mut().poll(context) {
                Poll::Ready(Ok(stream)) => {
                    self.call_answered(stream);
                    Poll::Ready(())
                }
                Poll::Ready(Err(reason)) => {
                    self.call_ended(Answered::No, reason);
                    Poll::Ready(())
                }
                Poll::Pending => Poll::Pending,
            },
            CallState::Pausing(timer) => Pin::new(timer).poll(context).map(|_| {
                let Address { host, port } = self.address.clone();
                self.link = CallState::Dialling(dial(host, port).boxed());
            }),
            CallState::Up { .. } => match self.poll_exchange(context) {
                Poll::Ready(Err(reason)) => {
                    self.call_ended(Answered::Yes, reason);
                    Poll::Ready(())
                }
                Poll::Ready(Ok(())) => Poll::Ready(()),
                Poll::Pending => Poll::Pending,
            },
            CallState::Down => Poll::Pending,
        };
        if moved.is_ready() {
            return moved;
        }
        let at = self.dialect.next_timeout();
        if at != self.timer_at {
            self.timer_at = at;
            self.timer = at.map_or_else(Timer::never, |at| Timer::at(self.clock.instant(at)));
        }
        Pin::new(&mut self.timer).poll(context).map(|_| {
            // It has gone off, and is set anew for whatever is next.
            self.timer_at = None;
        })
    }

    fn call_answered(&mut self, stream: TcpStream) {
        if let Err(error) = stream.set_nodelay(true) {
            return self.call_ended(Answered::Yes, error.into());
        }
        self.dialect.connected(self.clock.now());
        self.link = CallState::Up {
            stream,
            since: Instant::now(),
            is_shut_down: false,
        };
    }

    /// Moves bytes: ready when some have moved.
    fn poll_exchange(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Disconnected>> {
        let CallState::Up {
            stream,
            is_shut_down,
            ..
        } = &mut self.link
        else {
            return Poll::Pending;
        };
        let mut moved = Poll::Pending;
        let unsent = self.dialect.unsent();
        if !unsent.is_empty()
            && let Poll::Ready(written) = Pin::new(&mut *stream).poll_write(context, unsent)?
        {
            self.dialect.sent(self.clock.now(), written);
            moved = Poll::Ready(Ok(()));
        }
        if self.dialect.has_written_all() && !*is_shut_down {
            stream.shutdown(net::Shutdown::Write)?;
            *is_shut_down = true;
            self.dialect.shut_down(self.clock.now());
            moved = Poll::Ready(Ok(()));
        }
        if self.dialect.wants_input()
            && let Poll::Ready(read) = Pin::new(stream).poll_read(context, &mut self.buffer)?
        {
            if read == 0 {
                self.dialect.end_of_stream();
                self.call_ended(Answered::Yes, Disconnected::Closed);
            } else {
                self.dialect
                    .received(self.clock.now(), &self.buffer[..read])?;
                // Now: however it ends, it is not live any more by then.
                if self.dialect.is_live() {
                    self.pause = FIRST_PAUSE;
                }
            }
            moved = Poll::Ready(Ok(()));
        }
        moved
    }

    /// A call came to nothing, or a connection is no more.
    fn call_ended(&mut self, answered: Answered, reason: Disconnected) {
        if let CallState::Up { since, .. } = &self.link {
            if since.elapsed() >= STABLE_INTERVAL {
                self.pause = FIRST_PAUSE;
            }
            self.dialect.disconnected(reason.clone());
        }
        // What it said before it hung up counts.
        self.welcomed |= self.dialect.has_events();
        if !self.welcomed {
            self.hang_ups += 1;
            if answered == Answered::No || self.hang_ups >= MAX_HANG_UPS {
                self.dialect.end(Ending::NoRelay {
                    address: self.address.to_string(),
                    reason,
                });
            }
        }
        self.link = if self.dialect.is_ended() {
            CallState::Down
        } else {
            CallState::Pausing(Timer::after(self.next_pause()))
        };
    }

    /// The pause before dialling again: doubled each time, and jittered so that two clients cut at once do not
    /// come back at once for ever.
    fn next_pause(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST_PAUSE);
        // Without randomness the jitter is lost, not the connection.
        let jitter = random::<1>().map_or(128, |[byte]| u32::from(byte));
        pause / 2 + pause * jitter / 512
    }
}

/// Bytes that nobody can guess.
fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
