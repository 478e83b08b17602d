//! What the connection is still to be given: our lines in their order, then the farewell.

use std::future::{self, Future};
use std::time::{Duration, Instant};

use smol::channel::{Sender, TrySendError};

use super::transcript::Transcript;
use crate::peer::Shutdown;
use crate::protocol::Line;

/// Gives the connection the lines that wait in a [`Transcript`], one after the other as it takes them, and at last the
/// farewell.
#[derive(Debug)]
pub struct Errands {
    lines: Sender<Line>,
    farewell: Sender<Shutdown>,
    /// What is to be asked of the connection, after all lines.
    parting: Option<Shutdown>,
    pace: Pace,
}

/// How the connection takes what it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    Steady,
    /// It has taken nothing more since then.
    StalledSince(Instant),
    /// And their author has been told.
    StallTold,
    /// Nothing is given any more, not even what waits.
    Over,
}

/// The connection takes no errand any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// What the connection is to do next.
enum Errand {
    Say(Line),
    Shutdown(Shutdown),
}

/// How long lines wait before their author is told. A healthy connection takes a few milliseconds.
const STALL_TIMEOUT: Duration = Duration::from_millis(500);

impl Errands {
    pub fn new(lines: Sender<Line>, farewell: Sender<Shutdown>) -> Errands {
        Errands {
            lines,
            farewell,
            parting: None,
            pace: Pace::Steady,
        }
    }

    /// Leaves so, once the connection has taken all lines.
    pub fn part(&mut self, leave: Shutdown) {
        self.parting = Some(leave);
    }

    /// Nothing is given any more.
    pub fn end(&mut self) {
        self.pace = Pace::Over;
    }

    /// Gives the connection all that it takes at once.
    ///
    /// # Errors
    /// When it takes nothing any more.
    pub fn hand_over(&mut self, transcript: &mut Transcript) -> Result<(), Refused> {
        while let Some(errand) = self.next(transcript) {
            let sent = match errand {
                Errand::Say(line) => self.lines.try_send(line).map_err(without_errand),
                Errand::Shutdown(leave) => self.farewell.try_send(leave).map_err(without_errand),
            };
            match sent {
                Ok(()) => self.taken(transcript),
                Err(TrySendError::Full(())) => {
                    if self.pace == Pace::Steady {
                        self.pace = Pace::StalledSince(Instant::now());
                    }
                    return Ok(());
                }
                Err(TrySendError::Closed(())) => return Err(Refused),
            }
        }
        if self.pace != Pace::Over {
            self.pace = Pace::Steady;
        }
        Ok(())
    }

    /// Waits until the connection takes the next errand, which is then [`taken`](Errands::taken); for ever when there
    /// is none. What is dropped before has given nothing.
    ///
    /// # Errors
    /// When the connection takes nothing any more.
    pub fn hand_over_next(
        &self,
        transcript: &Transcript,
    ) -> impl Future<Output = Result<(), Refused>> + use<> {
        let (lines, farewell) = (self.lines.clone(), self.farewell.clone());
        let errand = self.next(transcript);
        async move {
            match errand {
                Some(Errand::Say(line)) => lines.send(line).await.map_err(|_| Refused),
                Some(Errand::Shutdown(leave)) => farewell.send(leave).await.map_err(|_| Refused),
                None => future::pending().await,
            }
        }
    }

    /// The connection has taken the next errand.
    pub fn taken(&mut self, transcript: &mut Transcript) {
        match transcript.waiting() {
            Some(_) => transcript.handed_over(),
            None => self.parting = None,
        }
        if let Pace::StalledSince(_) = self.pace {
            // It goes on, if slowly.
            self.pace = Pace::Steady;
        }
    }

    /// When the author of what waits is to be told that it does; `None` while nothing waits, or once that is
    /// [told](Errands::stall_told).
    pub fn overdue_at(&self) -> Option<Instant> {
        match self.pace {
            Pace::StalledSince(since) => Some(since + STALL_TIMEOUT),
            Pace::Steady | Pace::StallTold | Pace::Over => None,
        }
    }

    pub fn is_overdue(&self) -> bool {
        self.overdue_at().is_some_and(|at| at <= Instant::now())
    }

    /// The author of what waits has been told.
    pub fn stall_told(&mut self) {
        if let Pace::StalledSince(_) = self.pace {
            self.pace = Pace::StallTold;
        }
    }

    /// Whether what waits is told of, and still waits.
    pub fn is_stall_told(&self) -> bool {
        self.pace == Pace::StallTold
    }

    fn next(&self, transcript: &Transcript) -> Option<Errand> {
        if self.pace == Pace::Over {
            return None;
        }
        match transcript.waiting() {
            Some(line) => Some(Errand::Say(line.clone())),
            None => self.parting.map(Errand::Shutdown),
        }
    }
}

/// Why it was not sent; the errand itself still waits in its transcript.
fn without_errand<T>(error: TrySendError<T>) -> TrySendError<()> {
    match error {
        TrySendError::Full(_) => TrySendError::Full(()),
        TrySendError::Closed(_) => TrySendError::Closed(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer;

    fn transcript(texts: &[&str]) -> Transcript {
        let mut transcript = Transcript::new("Alice".to_owned(), None);
        for text in texts {
            let text = (*text).to_owned();
            transcript.say(Line { sent_at: 0, text }).unwrap();
        }
        transcript
    }

    fn errands() -> (Errands, peer::Ends) {
        let (handle, ends) = peer::channels();
        (Errands::new(handle.lines, handle.leave), ends)
    }

    #[test]
    fn the_farewell_comes_after_the_last_line() {
        let (mut errands, ends) = errands();
        let mut transcript = transcript(&["un", "deux"]);
        errands.part(Shutdown::Quit);
        errands.hand_over(&mut transcript).unwrap();
        assert_eq!(ends.lines.try_recv().unwrap().text, "un");
        assert!(ends.leave.is_empty());
        errands.hand_over(&mut transcript).unwrap();
        assert_eq!(ends.lines.try_recv().unwrap().text, "deux");
        assert_eq!(ends.leave.try_recv(), Ok(Shutdown::Quit));
        errands.hand_over(&mut transcript).unwrap();
        assert!(ends.leave.is_empty());
    }

    #[test]
    fn a_stall_is_told_once_and_is_over_when_nothing_waits() {
        let (mut errands, ends) = errands();
        let mut transcript = transcript(&["un", "deux", "trois"]);
        assert_eq!(errands.overdue_at(), None);
        errands.hand_over(&mut transcript).unwrap();
        let overdue = errands.overdue_at();
        assert!(overdue.is_some());
        errands.hand_over(&mut transcript).unwrap();
        assert_eq!(errands.overdue_at(), overdue);
        errands.stall_told();
        assert_eq!(errands.overdue_at(), None);
        for _ in 0..2 {
            assert!(errands.is_stall_told());
            ends.lines.try_recv().unwrap();
            errands.hand_over(&mut transcript).unwrap();
        }
        assert!(!errands.is_stall_told());
    }

    #[test]
    fn what_is_dropped_while_it_waits_has_given_nothing() {
        let (mut errands, ends) = errands();
        let mut transcript = transcript(&["un", "deux"]);
        errands.hand_over(&mut transcript).unwrap();
        let given = smol::block_on(async {
            let dropped = errands.hand_over_next(&transcript);
            assert!(smol::future::poll_once(dropped).await.is_none());
            ends.lines.recv().await.unwrap();
            errands.hand_over_next(&transcript).await
        });
        assert_eq!(given, Ok(()));
        errands.taken(&mut transcript);
        assert_eq!(ends.lines.try_recv().unwrap().text, "deux");
        assert_eq!(transcript.waiting(), None);
    }

    #[test]
    fn once_it_is_over_not_even_what_waits_is_given() {
        let (mut errands, ends) = errands();
        let mut transcript = transcript(&["un"]);
        errands.part(Shutdown::Quit);
        errands.end();
        assert_eq!(errands.hand_over(&mut transcript), Ok(()));
        assert!(ends.lines.is_empty() && ends.leave.is_empty());
    }

    #[test]
    fn a_connection_that_is_gone_refuses() {
        let (mut errands, ends) = errands();
        drop(ends);
        assert_eq!(errands.hand_over(&mut transcript(&["un"])), Err(Refused));
        let given = smol::block_on(errands.hand_over_next(&transcript(&["un"])));
        assert_eq!(given, Err(Refused));
    }
}
