//! What the hub does with what clients of the wire say: most of it goes on to whoever sits opposite, as it came.

use crate::protocol::Millis;
use crate::protocol::wire::{Hello, Refusal, Verb, leading_text, lines_with_lf};

use super::refusing::RefusalReason;
use super::state::{ConnState, Dialect, Passage, Presence, Seat};
use super::{ConnId, Hub};

impl Hub {
    /// Understands what has come on a connection that speaks the wire.
    pub(super) fn wire_bytes(
        &mut self,
        now: Millis,
        id: ConnId,
        mut bytes: &[u8],
        send: impl FnOnce(ConnId, &[u8], &[u8]) -> usize,
    ) {
        let Some(Dialect::Wire(incoming)) = self.conns.get_mut(id).map(|conn| &mut conn.dialect)
        else {
            return;
        };
        let mut incoming = std::mem::take(incoming);
        let nothing_waits = |passage: Passage| self.unsent(passage.there).is_empty();
        let is_free = self.passage(id).is_some_and(nothing_waits);
        // Of what is left, read once for all lines that may go on as they came.
        let mut text: Option<&str> = None;
        loop {
            let passage = self.passage(id);
            let mut run: &[u8] = &[];
            if let Some(passage) = passage
                && incoming.partial().is_empty()
            {
                let lines = text.unwrap_or_else(|| leading_text(bytes));
                let length = self.passing(passage.seat, lines);
                (run, bytes) = bytes.split_at(length);
                text = Some(&lines[length..]);
            }
            let before = bytes.len();
            let next = incoming.next(&mut bytes);
            match passage {
                Some(Passage { there, .. }) if is_free && next == Ok(None) => {
                    self.send_on(now, there, run, send);
                    break;
                }
                _ => self.pass_on(now, passage, run),
            }
            let outcome = match next {
                Ok(None) => break,
                Ok(Some(line)) => self.line(now, id, line),
                Err(malformed) => Err(RefusalReason::from(malformed)),
            };
            if let Err(refused) = outcome {
                self.refuse(now, id, refused);
            }
            if self.is_closing(id) {
                break;
            }
            text = text.and_then(|text| text.get(before - bytes.len()..));
        }
        if let Some(conn) = self.conns.get_mut(id) {
            conn.dialect = Dialect::Wire(incoming);
        }
    }

    /// Where what a connection says goes as it came: both ends speak the wire, and neither has left.
    pub(super) fn passage(&self, id: ConnId) -> Option<Passage> {
        let ConnState::Seated(seat) = self.conns.get(id)?.state else {
            return None;
        };
        let there = self.member(seat.opposite())?.presence.conn()?;
        let is_wire = matches!(self.conns[there].dialect, Dialect::Wire(_));
        (is_wire && self.is_here(seat)).then_some(Passage { seat, there })
    }

    /// How many bytes those lines take at the beginning of a text that go on as they came: what the two people say to each
    /// other. Has them shown.
    fn passing(&mut self, seat: Seat, text: &str) -> usize {
        let mut length = 0;
        for line in lines_with_lf(text) {
            match Verb::read(line) {
                Ok(verb @ (Verb::Say { .. } | Verb::Ack { .. } | Verb::Sealed(_))) => {
                    self.traffic.count(&verb);
                    self.show(seat, &verb);
                }
                _ => break,
            }
            length += line.len() + 1;
        }
        length
    }

    /// Has a message shown that is passed on, where messages are shown.
    fn show(&mut self, seat: Seat, verb: &Verb<'_>) {
        if let Some(member) = self.rooms[seat.room].members[seat.side].as_mut() {
            let (formatter, effects) = (&self.config.formatter, &mut self.effects);
            member.says(seat.side, verb, self.date, formatter, effects);
        }
    }

    fn is_here(&self, seat: Seat) -> bool {
        matches!(self.presence(seat), Some(Presence::Here(_)))
    }

    /// Appends lines to what waits for whoever sits opposite.
    fn pass_on(&mut self, now: Millis, passage: Option<Passage>, run: &[u8]) {
        if let Some(Passage { there, .. }) = passage
            && !run.is_empty()
        {
            self.outgoing(now, there).extend_from_slice(run);
        }
    }

    /// Sends lines at once; what the connection does not take waits.
    fn send_on(
        &mut self,
        now: Millis,
        there: ConnId,
        run: &[u8],
        send: impl FnOnce(ConnId, &[u8], &[u8]) -> usize,
    ) {
        if run.is_empty() {
            return;
        }
        let waiting = self.unsent(there);
        let count = send(there, waiting, run);
        let before = count.min(waiting.len());
        let rest = &run[count - before..];
        self.sent(now, there, before);
        if count > 0 && !rest.is_empty() {
            // It is full: whoever drives us waits for it.
            let outbox = &mut self.conns[there].outbox;
            outbox.adopt(&mut self.spare);
            outbox.tail().extend_from_slice(rest);
        } else if !rest.is_empty() {
            self.outgoing(now, there).extend_from_slice(rest);
        }
    }

    fn line(&mut self, now: Millis, id: ConnId, line: &[u8]) -> Result<(), RefusalReason> {
        match self.conns.get(id).map(|conn| conn.state) {
            Some(ConnState::Pending) => self.seat(now, id, Hello::decode(line)?),
            Some(ConnState::Seated(seat)) => self.verb(now, id, seat, line),
            // What a plain client's session says after its goodbye, where nobody is left to be hung up on.
            None | Some(ConnState::Closing { .. }) => Ok(()),
        }
    }

    fn verb(
        &mut self,
        now: Millis,
        id: ConnId,
        seat: Seat,
        line: &[u8],
    ) -> Result<(), RefusalReason> {
        let verb = Verb::decode(line)?;
        match verb {
            // Whoever has left says nothing more.
            Verb::Say { .. } if !self.is_here(seat) => {}
            Verb::Say { .. } | Verb::Ack { .. } | Verb::Sealed(_) => {
                if self.forward(now, seat, line, &verb) {
                    self.traffic.count(&verb);
                    self.show(seat, &verb);
                }
            }
            Verb::Ping => self.pong(now, id),
            Verb::Pong => {}
            Verb::Bye(_) => self.leave(now, id, seat),
            Verb::Peer { .. } | Verb::Gone(_) | Verb::Err { .. } => {
                return Err(Refusal::Proto.because("seul le relais envoie PEER, GONE et ERR"));
            }
        }
        Ok(())
    }

    /// Passes a line of the wire on; tells whether anybody is connected opposite.
    fn forward(&mut self, now: Millis, seat: Seat, line: &[u8], verb: &Verb<'_>) -> bool {
        let there = self.member(seat.opposite());
        let Some(id) = there.and_then(|member| member.presence.conn()) else {
            return false;
        };
        if let Dialect::Plain(_) = self.conns[id].dialect {
            self.post(now, id, verb);
            return true;
        }
        // As it came.
        let outbox = self.outgoing(now, id);
        outbox.reserve(line.len() + 1);
        outbox.extend_from_slice(line);
        outbox.push(b'\n');
        true
    }

    /// Answers a `PING`, or several: one sign of life that waits is as good as many.
    fn pong(&mut self, now: Millis, id: ConnId) {
        const PONG: &[u8] = b"PONG\n";
        if !self.unsent(id).ends_with(PONG) {
            self.post(now, id, &Verb::Pong);
        }
    }
}
