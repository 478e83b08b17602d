//! What has been said: which of our lines are still owed, and what `/history` shows.

use std::collections::VecDeque;
use std::io;

use crate::display::{Author, Mark, Palette};
use crate::history::{Record, RecordEntry};
use crate::protocol::Line;

/// The lines of a conversation, ours and the other's.
#[derive(Debug)]
pub struct Transcript {
    name: String,
    /// Our lines that are not settled, oldest first. Whoever calls [`Transcript::say`] bounds it.
    owed: VecDeque<Owed>,
    /// How many of the owed lines, from the oldest on, the connection has been given.
    handed_over: usize,
    /// The length of the others, each with its line end.
    waiting_bytes: usize,
    /// How many of our lines are settled: the other holds them, or has been found never to.
    settled: u64,
    memory: Memory,
    record: Option<Record>,
}

/// A line of ours, and where it stands in the record.
#[derive(Debug)]
struct Owed {
    line: Line,
    entry: Option<RecordEntry>,
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
            owed: VecDeque::new(),
            handed_over: 0,
            waiting_bytes: 0,
            settled: 0,
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
    pub fn say(&mut self, line: Line) -> io::Result<()> {
        let recorded = self.write(None, &line, Mark::Pending);
        let (entry, outcome) = match recorded {
            Ok(entry) => (entry, Ok(())),
            Err(error) => (None, Err(error)),
        };
        self.memory.remember(Spoken {
            author: Author::Own,
            name: self.name.clone(),
            line: line.clone(),
            number: self.settled + self.owed.len() as u64 + 1,
            fate: Mark::Delivered,
        });
        self.waiting_bytes += length(&line);
        self.owed.push_back(Owed { line, entry });
        outcome
    }

    /// The other says something.
    ///
    /// # Errors
    /// When it cannot be recorded.
    pub fn hear(&mut self, name: String, line: Line) -> io::Result<()> {
        let outcome = self.write(Some(&name), &line, Mark::Delivered);
        self.memory.remember(Spoken {
            author: Author::Other,
            name,
            line,
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

    /// The oldest of our lines that the connection has not been given.
    pub fn waiting(&self) -> Option<&Line> {
        self.owed.get(self.handed_over).map(|owed| &owed.line)
    }

    /// How many bytes the connection has not been given.
    pub fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    /// How many lines the connection has not been given.
    pub fn waiting_lines(&self) -> usize {
        self.owed.len() - self.handed_over
    }

    /// The connection has been given the oldest waiting line.
    pub fn handed_over(&mut self) {
        if let Some(line) = self.waiting() {
            self.waiting_bytes -= length(line);
            self.handed_over += 1;
        }
    }

    /// Our first `lines` lines are settled.
    ///
    /// # Errors
    /// When that cannot be recorded.
    pub fn settle(&mut self, lines: u64) -> io::Result<()> {
        let mut outcome = Ok(());
        while self.settled < lines
            && let Some(owed) = self.next_settled()
        {
            if let (Some(record), Some(entry)) = (&self.record, &owed.entry) {
                outcome = outcome.and(record.delivered(entry));
            }
        }
        outcome
    }

    /// So many of our oldest lines will never arrive. They keep their mark.
    pub fn give_up(&mut self, lines: usize) {
        let before = self.settled;
        for _ in 0..lines {
            self.next_settled();
        }
        let given_up = before + 1..=self.settled;
        for spoken in &mut self.memory.lines {
            if given_up.contains(&spoken.number) {
                spoken.fate = Mark::Pending;
            }
        }
    }

    fn next_settled(&mut self) -> Option<Owed> {
        if self.handed_over == 0 {
            self.handed_over();
        }
        let owed = self.owed.pop_front()?;
        self.handed_over -= 1;
        self.settled += 1;
        Some(owed)
    }

    /// Whether the other is known to hold all that we said.
    pub fn owes_nothing(&self) -> bool {
        self.owed.is_empty()
    }

    /// Takes all lines that are still owed.
    pub fn unsettled(&mut self) -> Vec<Line> {
        self.handed_over = 0;
        self.waiting_bytes = 0;
        self.owed.drain(..).map(|owed| owed.line).collect()
    }

    /// The last `count` lines of the record, as rows; none without one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn recalled(&self, count: usize) -> io::Result<Vec<String>> {
        self.record
            .as_ref()
            .map_or_else(|| Ok(Vec::new()), |record| record.tail(count))
    }

    /// The last `count` lines as rows: with a record, those of earlier conversations too.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn history(&self, palette: &Palette, count: usize) -> io::Result<Vec<String>> {
        if let Some(record) = &self.record {
            return record.tail(count);
        }
        let lines = &self.memory.lines;
        let rows = lines.iter().skip(lines.len().saturating_sub(count));
        Ok(rows
            .map(|spoken| {
                let mark = match spoken.number > self.settled {
                    true => Mark::Pending,
                    false => spoken.fate,
                };
                palette.marked(mark, spoken.author, &spoken.name, &spoken.line)
            })
            .collect())
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

/// A line's share of what may wait: it has one even when it is empty.
fn length(line: &Line) -> usize {
    line.text.len() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::Colour;

    fn line(text: &str) -> Line {
        Line {
            sent_at: 0,
            text: text.to_owned(),
        }
    }

    fn transcript() -> Transcript {
        Transcript::new("Alice".to_owned(), None)
    }

    /// Each line's mark and text.
    fn history(transcript: &Transcript, count: usize) -> Vec<String> {
        let rows = transcript
            .history(&Palette::new(Colour::Off), count)
            .unwrap();
        rows.iter().map(|row| row[19..].to_owned()).collect()
    }

    #[test]
    fn a_line_is_marked_until_it_is_known_to_have_arrived() {
        let mut transcript = transcript();
        transcript.say(line("un")).unwrap();
        transcript.hear("Bob".to_owned(), line("oui")).unwrap();
        transcript.say(line("deux")).unwrap();
        assert_eq!(
            history(&transcript, 9),
            ["* Alice  un", "  Bob  oui", "* Alice  deux"]
        );
        transcript.handed_over();
        transcript.settle(1).unwrap();
        assert_eq!(history(&transcript, 2), ["  Bob  oui", "* Alice  deux"]);
        assert_eq!(history(&transcript, 9)[0], "  Alice  un");
    }

    #[test]
    fn a_line_that_was_given_up_stays_marked() {
        let mut transcript = transcript();
        for text in ["un", "deux", "trois"] {
            transcript.say(line(text)).unwrap();
            transcript.handed_over();
        }
        transcript.settle(1).unwrap();
        transcript.give_up(1);
        transcript.settle(3).unwrap();
        assert_eq!(
            history(&transcript, 9),
            ["  Alice  un", "* Alice  deux", "  Alice  trois"]
        );
        assert!(transcript.owes_nothing());
    }

    #[test]
    fn lines_wait_until_they_are_handed_over_and_are_owed_until_they_are_settled() {
        let mut transcript = transcript();
        for text in ["un", "deux", "trois"] {
            transcript.say(line(text)).unwrap();
        }
        transcript.handed_over();
        assert_eq!(transcript.waiting(), Some(&line("deux")));
        assert_eq!(
            (transcript.waiting_lines(), transcript.waiting_bytes()),
            (2, 11)
        );
        transcript.settle(1).unwrap();
        assert_eq!(transcript.waiting(), Some(&line("deux")));
        assert_eq!(transcript.unsettled(), [line("deux"), line("trois")]);
        assert_eq!(
            (transcript.waiting_lines(), transcript.waiting_bytes()),
            (0, 0)
        );
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut transcript = transcript();
        for _ in 0..2 * Memory::LINES {
            transcript.hear("Bob".to_owned(), line("")).unwrap();
        }
        assert_eq!(history(&transcript, usize::MAX).len(), Memory::LINES);
        for _ in 0..100 {
            let long = line(&"x".repeat(Memory::BYTES / 10));
            transcript.hear("Bob".to_owned(), long).unwrap();
        }
        assert_eq!(history(&transcript, usize::MAX).len(), 10);
    }
}
