//! A client of the relay's that is spoken by hand, line by line.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Instant;

use super::TIMEOUT;

/// One connection.
pub struct Wire {
    stream: BufReader<TcpStream>,
}

/// The hello of the `n`th made-up client.
pub fn hello(n: u64, name: &str) -> String {
    format!("MSG/1 {n:016x} {n:032x} - {name}\n")
}

impl Wire {
    pub fn connect(address: SocketAddr) -> Wire {
        Wire::try_connect(address).expect("the relay listens")
    }

    pub fn try_connect(address: SocketAddr) -> std::io::Result<Wire> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        stream.set_nodelay(true)?;
        Ok(Wire {
            stream: BufReader::new(stream),
        })
    }

    /// Takes a seat as the `n`th made-up client.
    pub fn sit(address: SocketAddr, n: u64, name: &str) -> Wire {
        let mut wire = Wire::connect(address);
        wire.send(hello(n, name));
        wire.expect("MSG/1 4096 10");
        wire
    }

    /// Connects and says hello until the relay takes the hello: while the seats are taken the kernel refuses, and a relay
    /// that has just opened its door may need a moment.
    pub fn sit_again(address: SocketAddr, n: u64, name: &str) -> Wire {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if let Ok(mut wire) = Wire::try_connect(address) {
                wire.send(hello(n, name));
                if wire.try_line().as_deref() == Some("MSG/1 4096 10") {
                    return wire;
                }
            }
            assert!(Instant::now() < deadline, "the relay takes nobody in");
            std::thread::yield_now();
        }
    }

    /// Connects once the door is open.
    pub fn connect_when_open(address: SocketAddr) -> Wire {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if let Ok(wire) = Wire::try_connect(address) {
                return wire;
            }
            assert!(Instant::now() < deadline, "nobody listens at {address}");
            std::thread::yield_now();
        }
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let mut socket = self.stream.get_ref();
        // A relay that has hung up is noticed by what it said before.
        drop(socket.write_all(bytes.as_ref()));
    }

    /// The next line.
    pub fn line(&mut self) -> String {
        self.try_line().expect("the relay says something more")
    }

    /// The next line, or nothing at the end.
    pub fn try_line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(line.trim_end_matches('\n').to_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => None,
            Err(error) => panic!("waited for a line: {error}"),
        }
    }

    pub fn expect(&mut self, line: &str) {
        assert_eq!(self.line(), line);
    }

    /// The relay has said all, and hangs up without destroying anything of it.
    pub fn expect_end(&mut self) {
        let mut rest = String::new();
        let outcome = self.stream.read_to_string(&mut rest);
        assert!(outcome.is_ok() && rest.is_empty(), "{outcome:?}, {rest:?}");
    }

    /// Refuses what is said with this code, and hangs up.
    pub fn expect_refusal(&mut self, code: &str) {
        let line = self.line();
        let reason = line.strip_prefix(&format!("ERR {code} "));
        assert!(reason.is_some_and(|reason| !reason.is_empty()), "{line}");
        self.expect_end();
    }

    /// Sends nothing more, and still reads.
    pub fn end_input(&mut self) {
        let socket = self.stream.get_ref();
        socket.shutdown(Shutdown::Write).expect("it stands");
    }

    /// Closes with a reset, as a machine does that was switched off and comes back.
    pub fn reset(self) {
        let socket = self.stream.into_inner();
        rustix::net::sockopt::set_socket_linger(&socket, Some(std::time::Duration::ZERO))
            .expect("every socket can");
    }

    pub fn stream(&self) -> &TcpStream {
        self.stream.get_ref()
    }
}
