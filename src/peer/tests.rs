//! What a client does with its connections, on real sockets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener};
use std::thread;

use super::{Client, Event, FIRST_PAUSE};
use crate::options::Caller;

/// What a relay says last on each connection.
const LAST_WORDS: [&str; 4] = ["", "BYE restart\n", "", "BYE restart\n"];

/// A relay where Bob sits, that closes each connection as soon as its client is live.
fn close_each_once_live(listener: &TcpListener) {
    for last_word in LAST_WORDS {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut lines = BufReader::new(stream.try_clone().expect("a socket")).lines();
        let hello = lines.next().expect("a hello").expect("text");
        let pid = hello.split(' ').nth(1).expect("a pid");
        let here = format!("MSG/1 4096 10\nPEER 0000000000000002 Bob\nACK {pid} 0\n");
        stream.write_all(here.as_bytes()).expect("a reader");
        let ack = lines.next().expect("an ACK").expect("text");
        assert!(ack.starts_with("ACK "), "{ack}");
        stream.write_all(last_word.as_bytes()).expect("a reader");
        stream.shutdown(Shutdown::Write).expect("a connection");
        // What is unread would make it a reset.
        stream.read_to_end(&mut Vec::new()).ok();
    }
}

#[test]
fn a_connection_that_was_live_and_was_closed_is_dialled_again_after_the_first_pause() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("a port").into();
    let relay = thread::spawn(move || close_each_once_live(&listener));
    let caller = Caller::Wire {
        name: "Zoé".parse().expect("a name"),
        salon: None,
        code: None,
    };
    let mut client = Client::new(address, caller).expect("randomness");
    for last_word in LAST_WORDS {
        while !matches!(
            smol::block_on(client.next()),
            Some(Event::Disconnected { .. })
        ) {}
        assert_eq!(client.pause, 2 * FIRST_PAUSE, "after {last_word:?}");
    }
    drop(client);
    relay.join().expect("the client came each time");
}
