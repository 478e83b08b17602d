//! Tells programs how a daemon is: a page of figures over HTTP, for Prometheus or `curl`. No name and no text is in it.
//!
//! It is served in the relay's own loop, from what the relay counts anyway: a page is made when somebody asks. Whoever asks
//! slowly, or asks for something else, costs a few kibibytes for a few seconds.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::ops::Range;

use super::Relay;
use super::waiter::{Event, Readiness, Waiter};
use crate::protocol::Millis;
use crate::protocol::hub::{Census, Counts, Effect, Traffic};
use crate::protocol::wire::Refusal;

/// Callers at once; one more, and the oldest is hung up on.
const MAX_CALLERS: usize = 8;
/// How long a caller may take.
const CALLER_TIMEOUT: Millis = 5_000;
/// In bytes: more than any browser asks with.
const MAX_REQUEST: usize = 8 * 1024;
const MAX_FIELDS: usize = 64;

/// The keys of the callers, below that of the listener.
const LISTENER: usize = usize::MAX - 4;
const CALLERS: Range<usize> = LISTENER - MAX_CALLERS..LISTENER;
/// Every key of ours.
pub(super) const KEYS: Range<usize> = CALLERS.start..LISTENER + 1;

/// The page, and those who ask for it.
pub(super) struct Metrics {
    listener: TcpListener,
    callers: [Option<Caller>; MAX_CALLERS],
    accepted: u64,
    refused: [u64; Refusal::ALL.len()],
}

struct Caller {
    stream: TcpStream,
    until: Millis,
    phase: Phase,
}

enum Phase {
    /// This much of the request has come.
    Asking(Vec<u8>),
    /// This much of the answer is still to be sent.
    Answering(Vec<u8>),
    /// All is sent. What still comes is thrown away: to close before would take the answer back.
    Leaving,
}

/// What is told of the relay beside what [`Metrics`] counts itself.
pub(super) struct Figures {
    pub(super) counts: Counts,
    pub(super) census: Census,
    pub(super) traffic: Traffic,
}

/// How a page is spelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// Prometheus' text format 0.0.4, which everything reads.
    Text,
    /// OpenMetrics 1.0, for who asks for it.
    OpenMetrics,
}

impl Metrics {
    /// # Errors
    /// When the socket cannot be used.
    pub(super) fn new(listener: TcpListener) -> io::Result<Metrics> {
        listener.set_nonblocking(true)?;
        Ok(Metrics {
            listener,
            callers: Default::default(),
            accepted: 0,
            refused: [0; Refusal::ALL.len()],
        })
    }

    /// Where it is served.
    ///
    /// # Errors
    /// When the socket does not tell.
    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// # Errors
    /// When the socket cannot be watched.
    pub(super) fn open(&self, waiter: &Waiter) -> io::Result<()> {
        waiter.watch(&self.listener, LISTENER, Readiness::READABLE)
    }

    /// The relay let a caller in.
    pub(super) fn accepted(&mut self) {
        self.accepted += 1;
    }

    /// Something happened in the relay.
    pub(super) fn count(&mut self, effect: &Effect) {
        if let Effect::Refused { refusal, .. } = effect {
            let place = Refusal::ALL.iter().position(|known| known == refusal);
            place.inspect(|&place| self.refused[place] += 1);
        }
    }

    /// When a caller has taken too long.
    pub(super) fn next_timeout(&self) -> Option<Millis> {
        self.callers
            .iter()
            .flatten()
            .map(|caller| caller.until)
            .min()
    }

    /// Hangs up on callers who have taken too long.
    pub(super) fn handle_timeout(&mut self, now: Millis, waiter: &Waiter) {
        for place in 0..MAX_CALLERS {
            if self.callers[place]
                .as_ref()
                .is_some_and(|caller| caller.until <= now)
            {
                self.hang_up(waiter, place);
            }
        }
    }

    /// Something happened on a socket of ours. Figures are counted where somebody has asked for them, and not before:
    /// whoever asks byte by byte must not have every connection looked at for each.
    fn happened(
        &mut self,
        now: Millis,
        waiter: &Waiter,
        event: Event,
        figures: impl FnOnce() -> Figures,
    ) {
        if event.key == LISTENER {
            return self.accept(now, waiter);
        }
        let place = event.key - CALLERS.start;
        let Some(caller) = &mut self.callers[place] else {
            return;
        };
        let answer = |asked| match asked {
            Ok(format) => ok(
                format,
                &page(format, &figures(), self.accepted, &self.refused),
            ),
            Err(status) => refusal(status),
        };
        let outcome = caller.go_on(answer).and_then(|()| {
            let interest = match caller.phase {
                Phase::Answering(_) => Readiness::WRITABLE,
                Phase::Asking(_) | Phase::Leaving => Readiness::READABLE,
            };
            waiter.change(&caller.stream, event.key, interest)
        });
        // It is over, one way or the other.
        if outcome.is_err() {
            self.hang_up(waiter, place);
        }
    }

    fn accept(&mut self, now: Millis, waiter: &Waiter) {
        // Whatever keeps somebody out keeps them waiting; they ask again soon.
        let Ok((stream, _)) = self.listener.accept() else {
            return;
        };
        let free = self.callers.iter().position(Option::is_none);
        let place = free.unwrap_or_else(|| {
            let until = |place: &usize| self.callers[*place].as_ref().map(|caller| caller.until);
            let oldest = (0..MAX_CALLERS).min_by_key(until).unwrap_or_default();
            self.hang_up(waiter, oldest);
            oldest
        });
        let is_watched = stream
            .set_nonblocking(true)
            .and_then(|()| waiter.watch(&stream, CALLERS.start + place, Readiness::READABLE));
        if is_watched.is_ok() {
            self.callers[place] = Some(Caller {
                stream,
                until: now + CALLER_TIMEOUT,
                phase: Phase::Asking(Vec::new()),
            });
        }
    }

    fn hang_up(&mut self, waiter: &Waiter, place: usize) {
        if let Some(caller) = self.callers[place].take() {
            let forgotten = waiter.forget(&caller.stream);
            debug_assert!(forgotten.is_ok(), "a socket that is kept is watched");
        }
    }
}

impl Caller {
    /// Reads on or sends on, as far as that goes at once.
    ///
    /// # Errors
    /// Once nothing is left to do, or the caller is gone.
    fn go_on(
        &mut self,
        answer: impl FnOnce(Result<Format, &'static str>) -> Vec<u8>,
    ) -> io::Result<()> {
        match self.step(answer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            outcome => outcome,
        }
    }

    fn step(
        &mut self,
        answer: impl FnOnce(Result<Format, &'static str>) -> Vec<u8>,
    ) -> io::Result<()> {
        let mut piece = [0; 2048];
        match &mut self.phase {
            Phase::Asking(request) => {
                let count = self.stream.read(&mut piece)?;
                request.extend_from_slice(&piece[..count]);
                if let Some(asked) = asked(request) {
                    self.phase = Phase::Answering(answer(asked));
                } else if count == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            Phase::Answering(answer) => {
                let count = self.stream.write(answer)?;
                answer.drain(..count);
                if answer.is_empty() {
                    self.stream.shutdown(Shutdown::Write)?;
                    self.phase = Phase::Leaving;
                }
            }
            Phase::Leaving => {
                if self.stream.read(&mut piece)? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
        }
        Ok(())
    }
}

impl Relay {
    /// Something happened on a socket of the metrics'.
    #[cold]
    pub(super) fn tell_metrics(&mut self, now: Millis, event: Event) {
        let hub = &self.hub;
        if let Some(metrics) = &mut self.metrics {
            metrics.happened(now, &self.waiter, event, || Figures {
                counts: hub.counts(),
                census: hub.census(),
                traffic: hub.traffic(),
            });
        }
    }
}

/// What a request asks for; nothing while it is not whole.
fn asked(request: &[u8]) -> Option<Result<Format, &'static str>> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut parsed = httparse::Request::new(&mut fields);
    match parsed.parse(request) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) if request.len() < MAX_REQUEST => return None,
        Ok(httparse::Status::Partial) => return Some(Err("431 Request Header Fields Too Large")),
        Err(_) => return Some(Err("400 Bad Request")),
    }
    if parsed.method != Some("GET") {
        return Some(Err("405 Method Not Allowed"));
    }
    let path = parsed.path.unwrap_or_default().split('?').next();
    if path != Some("/metrics") && path != Some("/") {
        return Some(Err("404 Not Found"));
    }
    let accepts_open_metrics = parsed.headers.iter().any(|field| {
        let value = String::from_utf8_lossy(field.value);
        field.name.eq_ignore_ascii_case("accept") && value.contains("application/openmetrics-text")
    });
    Some(Ok(if accepts_open_metrics {
        Format::OpenMetrics
    } else {
        Format::Text
    }))
}

fn ok(format: Format, page: &str) -> Vec<u8> {
    let kind = match format {
        Format::Text => "text/plain; version=0.0.4; charset=utf-8",
        Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
    };
    answer("200 OK", kind, page)
}

fn refusal(status: &str) -> Vec<u8> {
    let page = format!("{status}\nLes mesures sont à /metrics.\n");
    answer(status, "text/plain; charset=utf-8", &page)
}

fn answer(status: &str, kind: &str, page: &str) -> Vec<u8> {
    let length = page.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{page}"
    )
    .into_bytes()
}

fn page(
    format: Format,
    figures: &Figures,
    accepted: u64,
    refused: &[u64; Refusal::ALL.len()],
) -> String {
    // OpenMetrics names a counter without what its samples end in, and says where the page does.
    let (total, end) = match format {
        Format::Text => ("_total", ""),
        Format::OpenMetrics => ("", "# EOF\n"),
    };
    let (counts, census, traffic) = (figures.counts, figures.census, figures.traffic);
    let of_reason = |(refusal, count): (&Refusal, &u64)| {
        let reason = refusal.code();
        format!("msg_connections_refused_total{{reason=\"{reason}\"}} {count}\n")
    };
    let refused: String = Refusal::ALL.iter().zip(refused).map(of_reason).collect();
    format!(
        "\
# HELP msg_conversations Conversations en cours.
# TYPE msg_conversations gauge
msg_conversations {}
# HELP msg_waiting Personnes seules, qui attendent.
# TYPE msg_waiting gauge
msg_waiting {}
# HELP msg_clients Clients assis, par ce qu'ils parlent.
# TYPE msg_clients gauge
msg_clients{{dialect=\"wire\"}} {}
msg_clients{{dialect=\"plain\"}} {}
# HELP msg_pending Connexions qui n'ont pas encore dit qui elles sont.
# TYPE msg_pending gauge
msg_pending {}
# HELP msg_outbox_bytes Octets qui attendent que leurs destinataires les lisent.
# TYPE msg_outbox_bytes gauge
msg_outbox_bytes {}
# HELP msg_connections_accepted{total} Connexions acceptées.
# TYPE msg_connections_accepted{total} counter
msg_connections_accepted_total {accepted}
# HELP msg_connections_refused{total} Connexions refusées, par raison.
# TYPE msg_connections_refused{total} counter
{refused}# HELP msg_lines{total} Lignes transmises.
# TYPE msg_lines{total} counter
msg_lines_total {}
# HELP msg_text_bytes{total} Octets de texte transmis.
# TYPE msg_text_bytes{total} counter
msg_text_bytes_total {}
{end}",
        counts.conversations,
        counts.waiting,
        census.wire,
        census.plain,
        census.pending,
        census.outbox_bytes,
        traffic.lines,
        traffic.bytes,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_understood_once_it_is_whole() {
        let request = b"GET /metrics HTTP/1.1\r\nHost: h\r\nAccept: application/openmetrics-text;version=1.0.0\r\n\r\n";
        for length in 0..request.len() {
            assert_eq!(asked(&request[..length]), None, "{length}");
        }
        assert_eq!(asked(request), Some(Ok(Format::OpenMetrics)));
        assert_eq!(asked(b"GET / HTTP/1.0\r\n\r\n"), Some(Ok(Format::Text)));
        assert_eq!(
            asked(b"GET /metrics?x=1 HTTP/1.1\r\n\r\n"),
            Some(Ok(Format::Text))
        );
    }

    #[test]
    fn whatever_else_is_asked_has_its_status() {
        let long = [&b"GET / HTTP/1.1\r\nX: "[..], &[b'x'; MAX_REQUEST]].concat();
        for (request, status) in [
            (&b"GET /secret HTTP/1.1\r\n\r\n"[..], "404 Not Found"),
            (b"POST /metrics HTTP/1.1\r\n\r\n", "405 Method Not Allowed"),
            (b"MSG/1 00000000000000aa\n", "400 Bad Request"),
            (&long, "431 Request Header Fields Too Large"),
        ] {
            assert_eq!(asked(request), Some(Err(status)));
        }
    }

    #[test]
    fn a_page_is_spelt_as_its_reader_wants_it() {
        let figures = Figures {
            counts: Counts {
                conversations: 2,
                waiting: 1,
            },
            census: Census {
                wire: 4,
                plain: 1,
                pending: 3,
                outbox_bytes: 17,
            },
            traffic: Traffic {
                lines: 5,
                bytes: 99,
            },
        };
        let page = |format| page(format, &figures, 12, &[1, 0, 0, 0, 0, 0, 2]);
        let text = page(Format::Text);
        for line in [
            "msg_conversations 2",
            "msg_clients{dialect=\"plain\"} 1",
            "# TYPE msg_lines_total counter",
            "msg_lines_total 5",
            "msg_connections_refused_total{reason=\"full\"} 1",
        ] {
            assert!(text.lines().any(|row| row == line), "{line}:\n{text}");
        }
        let open = page(Format::OpenMetrics);
        assert!(
            open.contains("# TYPE msg_lines counter\nmsg_lines_total 5\n"),
            "{open}"
        );
        assert!(open.ends_with("\n# EOF\n"));
    }
}
