//! The floor: relays that do nothing but receive and send. Whatever a relay in user space does costs this much at least.
//!
//! Connections are paired in the order they come. What one of a pair sends goes to the other; where that one does not
//! read, the whole relay waits, which a real one must not.

use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::net::{TcpListener, TcpStream};
use std::thread;

use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::io::Errno;

const READ_AT_ONCE: usize = 64 * 1024;

/// One thread that waits on a level-triggered epoll: three system calls a line.
pub fn on_epoll(listener: TcpListener) -> io::Result<()> {
    const DOOR: u64 = u64::MAX;

    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &listener, EventData::new_u64(DOOR), EventFlags::IN)?;
    let mut sockets: Vec<TcpStream> = Vec::new();
    let mut events = [MaybeUninit::uninit(); 64];
    let mut buffer = vec![0; READ_AT_ONCE];
    loop {
        let (happened, _) = match epoll::wait(&epoll, &mut events, None) {
            Err(Errno::INTR) => continue,
            outcome => outcome?,
        };
        for event in happened {
            if event.data.u64() == DOOR {
                sockets.push(accept(&listener)?);
                if let [first, second] = sockets.as_slice().chunks_exact(2).last().unwrap_or(&[])
                    && sockets.len().is_multiple_of(2)
                {
                    let place = sockets.len() as u64;
                    let (data, other) =
                        (EventData::new_u64(place - 2), EventData::new_u64(place - 1));
                    epoll::add(&epoll, first, data, EventFlags::IN)?;
                    epoll::add(&epoll, second, other, EventFlags::IN)?;
                }
                continue;
            }
            let place = event.data.u64() as usize;
            match (&sockets[place]).read(&mut buffer)? {
                0 => return Ok(()),
                count => (&sockets[place ^ 1]).write_all(&buffer[..count])?,
            }
        }
    }
}

/// Two threads, each blocked on its socket: two system calls a line, and two stacks.
pub fn on_threads(listener: TcpListener) -> io::Result<()> {
    let (first, second) = (accept(&listener)?, accept(&listener)?);
    thread::scope(|scope| {
        let there = scope.spawn(|| copy(&first, &second));
        copy(&second, &first)?;
        there.join().expect("a copy does not panic")
    })
}

fn copy(mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; READ_AT_ONCE];
    loop {
        match from.read(&mut buffer)? {
            0 => return to.shutdown(std::net::Shutdown::Both),
            count => to.write_all(&buffer[..count])?,
        }
    }
}

fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
    let (stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
