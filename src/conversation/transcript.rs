//! What has been said: what `/history` shows, and the record on disk.

use std::collections::VecDeque;
use std::io;

use crate::display::{Author, Mark, PastRow};
use crate::history::{Record, RecordEntry};
use crate::protocol::Line;

/// The lines of a conversation, ours and the other's.
#[derive(Debug)]
pub struct Transcript {
    name: String,
    /// How many lines we have said.
    said: u64,
    /// How many of them are settled: the other holds them, or has been found never to.
    settled: u64,
    /// Whether the last line that was settled arrived.
    arrived: bool,
    /// Where the lines that are not settled stand in the record, oldest first. The session, which holds the lines
    /// themselves, bounds their number.
    unsettled: VecDeque<Option<RecordEntry>>,
    memory: Memory,
    record: Option<Record>,
}

/// What was said before.
#[derive(Debug, Default)]
pub struct Past {
    /// The oldest first; headings of earlier conversations among them.
    pub rows: Vec<PastRow>,
    /// How many of them are messages.
    pub messages: usize,
}

/// The end of the conversation: at most [`Memory::LINES`] lines and [`Memory::BYTES`] bytes.
#[derive(Debug, Default)]
struct Memory {
    lines: VecDeque<Spoken>,
    bytes: usize,
}

#[derive(Debug)]
struct Spoken {
    author: Author,
    name: String,
    line: Line,
    /// For a line of ours, its number, from 1.
    number: u64,
    /// Whether it arrived, once it is settled.
    fate: Mark,
}

impl Transcript {
    pub fn new(name: String, record: Option<Record>) -> Transcript {
        Transcript {
            name,
            said: 0,
            settled: 0,
            arrived: false,
            unsettled: VecDeque::new(),
            memory: Memory::default(),
            record,
        }
    }

    /// Our own name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// We say something.
    ///
    /// # Errors
    /// When it cannot be recorded; it is said all the same.
    pub fn say(&mut self, line: &Line) -> io::Result<()> {
        let (entry, outcome) = match self.write(None, line, Mark::Pending) {
            Ok(entry) => (entry, Ok(())),
            Err(error) => (None, Err(error)),
        };
        self.said += 1;
        self.unsettled.push_back(entry);
        self.memory.remember(Spoken {
            author: Author::Own,
            name: self.name.clone(),
            line: line.clone(),
            number: self.said,
            fate: Mark::Delivered,
        });
        outcome
    }

    /// The other says something.
    ///
    /// # Errors
    /// When it cannot be recorded.
    pub fn hear(&mut self, name: &str, line: &Line) -> io::Result<()> {
        let outcome = self.write(Some(name), line, Mark::Delivered);
        self.memory.remember(Spoken {
            author: Author::Other,
            name: name.to_owned(),
            line: line.clone(),
            number: 0,
            fate: Mark::Delivered,
        });
        outcome.map(|_| ())
    }

    fn write(
        &mut self,
        name: Option<&str>,
        line: &Line,
        mark: Mark,
    ) -> io::Result<Option<RecordEntry>> {
        let name = name.unwrap_or(&self.name);
        let record = self.record.as_mut();
        record
            .map(|record| record.write(name, line, mark))
            .transpose()
    }

    /// How many of our lines the other is not known to hold.
    pub fn pending(&self) -> usize {
        self.unsettled.len()
    }

    /// How many of our lines are settled.
    pub fn settled(&self) -> u64 {
        self.settled
    }

    /// Whether something has arrived, and nothing of ours since then is known not to.
    pub fn has_arrived(&self) -> bool {
        self.arrived
    }

    /// Our first `lines` lines have arrived.
    ///
    /// # Errors
    /// When that cannot be recorded.
    pub fn mark_delivered(&mut self, lines: u64) -> io::Result<()> {
        let mut outcome = Ok(());
        while self.settled < lines
            && let Some(entry) = self.unsettled.pop_front()
        {
            self.settled += 1;
            self.arrived = true;
            if let (Some(record), Some(entry)) = (&self.record, &entry) {
                outcome = outcome.and(record.delivered(entry));
            }
        }
        outcome
    }

    /// So many of our oldest lines will never arrive. They keep their mark.
    pub fn give_up(&mut self, lines: usize) {
        self.arrived &= lines == 0;
        let lines = lines.min(self.unsettled.len());
        self.unsettled.drain(..lines);
        let before = self.settled;
        self.settled += lines as u64;
        let given_up = before + 1..=self.settled;
        for spoken in &mut self.memory.lines {
            if given_up.contains(&spoken.number) {
                spoken.fate = Mark::Pending;
            }
        }
    }

    /// The last `count` messages of the record; none without one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn recalled(&self, count: usize) -> io::Result<Past> {
        let Some(record) = &self.record else {
            return Ok(Past::default());
        };
        let tail = record.tail(count)?;
        Ok(Past {
            rows: tail.rows.into_iter().map(PastRow::Recorded).collect(),
            messages: tail.messages,
        })
    }

    /// The last `count` messages: with a record, those of earlier conversations too.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn history(&self, count: usize) -> io::Result<Past> {
        if self.record.is_some() {
            return self.recalled(count);
        }
        let lines = &self.memory.lines;
        let last = lines.iter().skip(lines.len().saturating_sub(count));
        let rows: Vec<PastRow> = last
            .map(|spoken| PastRow::Spoken {
                mark: if spoken.number > self.settled {
                    Mark::Pending
                } else {
                    spoken.fate
                },
                author: spoken.author,
                name: spoken.name.clone(),
                line: spoken.line.clone(),
            })
            .collect();
        Ok(Past {
            messages: rows.len(),
            rows,
        })
    }
}

impl Memory {
    const LINES: usize = 1000;
    const BYTES: usize = 256 * 1024;

    fn remember(&mut self, spoken: Spoken) {
        self.bytes += spoken.line.text.len();
        self.lines.push_back(spoken);
        while self.lines.len() > Memory::LINES || self.bytes > Memory::BYTES {
            let Some(oldest) = self.lines.pop_front() else {
                break;
            };
            self.bytes -= oldest.line.text.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line {
            sent_at: 0,
            text: text.to_owned(),
        }
    }

    fn transcript() -> Transcript {
        Transcript::new("Alice".to_owned(), None)
    }

    /// Each line's mark, name and text.
    fn history(transcript: &Transcript, count: usize) -> Vec<String> {
        let spelt = |row| match row {
            PastRow::Recorded(row) => row,
            PastRow::Spoken {
                mark, name, line, ..
            } => {
                let mark = if mark == Mark::Pending { "*" } else { " " };
                format!("{mark} {name}  {}", line.text)
            }
        };
        let past = transcript.history(count).unwrap();
        past.rows.into_iter().map(spelt).collect()
    }

    #[test]
    fn a_line_is_marked_until_it_is_known_to_have_arrived() {
        let mut transcript = transcript();
        transcript.say(&line("un")).unwrap();
        transcript.hear("Bob", &line("oui")).unwrap();
        transcript.say(&line("deux")).unwrap();
        assert_eq!(
            history(&transcript, 9),
            ["* Alice  un", "  Bob  oui", "* Alice  deux"]
        );
        transcript.mark_delivered(1).unwrap();
        assert_eq!(history(&transcript, 2), ["  Bob  oui", "* Alice  deux"]);
        assert_eq!(history(&transcript, 9)[0], "  Alice  un");
        assert_eq!(transcript.pending(), 1);
    }

    #[test]
    fn a_line_that_was_given_up_stays_marked() {
        let mut transcript = transcript();
        for text in ["un", "deux", "trois"] {
            transcript.say(&line(text)).unwrap();
        }
        transcript.mark_delivered(1).unwrap();
        transcript.give_up(1);
        transcript.mark_delivered(3).unwrap();
        assert_eq!(
            history(&transcript, 9),
            ["  Alice  un", "* Alice  deux", "  Alice  trois"]
        );
        assert_eq!(transcript.pending(), 0);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut transcript = transcript();
        for _ in 0..2 * Memory::LINES {
            transcript.hear("Bob", &line("")).unwrap();
        }
        assert_eq!(history(&transcript, usize::MAX).len(), Memory::LINES);
        for _ in 0..100 {
            let long = line(&"x".repeat(Memory::BYTES / 10));
            transcript.hear("Bob", &long).unwrap();
        }
        assert_eq!(history(&transcript, usize::MAX).len(), 10);
    }
}
