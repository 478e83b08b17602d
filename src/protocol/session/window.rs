//! Lines on their way.

use std::collections::VecDeque;

use crate::protocol::hygiene::Text;
use crate::protocol::wire::Verb;
use crate::protocol::{Line, UnixMillis};

use super::LINE_OVERHEAD;

/// Our lines that the partner has not acknowledged, numbered from `acked + 1`. Their texts stand one behind the other,
/// so that a line takes no allocation of its own.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// How much may be under way, in bytes, and wait here before its author does.
    capacity: usize,
    texts: String,
    /// Where the first line's text begins.
    start: usize,
    lines: VecDeque<Pending>,
    acked: u64,
    /// The highest number ever sent to this partner: an `ACK` above it is a lie.
    sent: u64,
    /// How many of the lines have been sent since we last went live.
    under_way: usize,
    /// Where the text of the next line to send begins.
    next: usize,
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    length: usize,
    is_printable: bool,
    sent_at: UnixMillis,
}

impl Window {
    pub(super) fn new(capacity: usize) -> Window {
        Window {
            capacity,
            ..Window::default()
        }
    }

    /// Whether another line may be pushed. The line that crosses the capacity is the last.
    pub(super) fn has_room(&self) -> bool {
        self.cost(self.texts.len(), self.lines.len()) < self.capacity
    }

    /// What the first `lines` lines cost, whose texts end at `end`.
    fn cost(&self, end: usize, lines: usize) -> usize {
        end - self.start + lines * LINE_OVERHEAD
    }

    pub(super) fn push(&mut self, sent_at: UnixMillis, text: Text<'_>) {
        self.texts.push_str(&text);
        self.lines.push_back(Pending {
            length: text.len(),
            is_printable: text.is_printable(),
            sent_at,
        });
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The number of the last line that the partner is known to hold.
    pub(super) fn acked(&self) -> u64 {
        self.acked
    }

    /// The number of the last line.
    pub(super) fn last(&self) -> u64 {
        self.acked + self.lines.len() as u64
    }

    /// The highest number ever sent to this partner.
    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    /// How many of the lines have ever gone out to this partner, which may hold them.
    pub(super) fn gone_out(&self) -> usize {
        let gone_out = self.sent.saturating_sub(self.acked);
        // No more than there are lines.
        (gone_out as usize).min(self.lines.len())
    }

    /// Whether lines are sent and not acknowledged.
    pub(super) fn is_under_way(&self) -> bool {
        self.under_way > 0
    }

    /// Gives `send` every line that has not gone out since we went live, until as much is under way as the partner takes
    /// in, or `send` wants no more.
    pub(super) fn send(&mut self, send: &mut impl FnMut(Verb<'_>) -> Flow) {
        while let Some(line) = self.lines.get(self.under_way)
            && self.cost(self.next, self.under_way) < self.capacity
        {
            let end = self.next + line.length;
            let flow = send(Verb::Say {
                seq: self.acked + self.under_way as u64 + 1,
                sent_at: line.sent_at,
                text: Text::known(&self.texts[self.next..end], line.is_printable),
            });
            self.next = end;
            self.under_way += 1;
            if flow == Flow::Enough {
                break;
            }
        }
        self.sent = self.sent.max(self.acked + self.under_way as u64);
    }

    /// Every line is to be sent again.
    pub(super) fn rewind(&mut self) {
        self.under_way = 0;
        self.next = self.start;
    }

    /// Another partner: its numbering goes on where it was.
    pub(super) fn renumber(&mut self, sent: u64) {
        self.acked = 0;
        self.sent = sent;
        self.rewind();
    }

    /// The partner holds more than we knew: a former one, whose numbering we have forgotten.
    pub(super) fn learn(&mut self, acked: u64) {
        self.acked = acked;
    }

    /// Forgets what the partner holds; tells how many lines that were.
    pub(super) fn prune(&mut self, through: u64) -> u64 {
        let mut pruned = 0;
        while self.acked + pruned < through
            && let Some(line) = self.lines.pop_front()
        {
            self.start += line.length;
            pruned += 1;
        }
        self.under_way = self.under_way.saturating_sub(pruned as usize);
        self.next = self.next.max(self.start);
        self.acked = self.acked.max(through);
        self.make_room();
        pruned
    }

    /// Forgets all lines, and gives them out.
    pub(super) fn take(&mut self) -> Vec<Line> {
        let mut at = self.start;
        let lines = self.lines.drain(..);
        let taken = lines
            .map(|line| {
                let text = self.texts[at..at + line.length].to_owned();
                at += line.length;
                Line {
                    sent_at: line.sent_at,
                    text,
                }
            })
            .collect();
        self.texts = String::new();
        self.start = 0;
        self.rewind();
        taken
    }

    /// Gives memory back, or moves what is left to its beginning.
    fn make_room(&mut self) {
        /// In bytes: what an empty window may keep.
        const KEPT: usize = 256;

        if self.lines.is_empty() {
            self.texts.clear();
            self.texts.shrink_to(KEPT);
            self.lines.shrink_to(KEPT / size_of::<Pending>());
            self.start = 0;
            self.next = 0;
        } else if self.start > self.texts.len() / 2 {
            self.texts.drain(..self.start);
            self.next -= self.start;
            self.start = 0;
        }
    }
}

/// Whether whoever takes verbs takes more of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    More,
    Enough,
}

impl Flow {
    /// More where there is room for it.
    pub fn into_room(has_room: bool) -> Flow {
        if has_room { Flow::More } else { Flow::Enough }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(window: &mut Window) -> Vec<(u64, String)> {
        let mut sent = Vec::new();
        window.send(&mut |verb| {
            if let Verb::Say { seq, text, .. } = verb {
                sent.push((seq, str::to_owned(&text)));
            }
            Flow::More
        });
        sent
    }

    fn pairs(from: u64, texts: &[&str]) -> Vec<(u64, String)> {
        (from..)
            .zip(texts.iter().map(|text| (*text).to_owned()))
            .collect()
    }

    #[test]
    fn lines_are_sent_once_and_again_after_a_rewind() {
        let mut window = Window::new(1024);
        for text in ["un", "", "trois"] {
            window.push(7, text.into());
        }
        assert_eq!(sent(&mut window), pairs(1, &["un", "", "trois"]));
        assert_eq!(sent(&mut window), []);
        assert_eq!(window.prune(2), 2);
        window.push(7, "quatre".into());
        assert_eq!(sent(&mut window), pairs(4, &["quatre"]));
        window.rewind();
        assert_eq!(sent(&mut window), pairs(3, &["trois", "quatre"]));
        let left: Vec<String> = window.take().into_iter().map(|line| line.text).collect();
        assert_eq!(left, ["trois", "quatre"]);
        assert!(window.is_empty());
    }

    #[test]
    fn no_more_is_under_way_than_the_partner_takes_in() {
        let mut window = Window::new(4 * (LINE_OVERHEAD + 10));
        for _ in 0..6 {
            window.push(7, "0123456789".into());
        }
        assert!(!window.has_room());
        assert_eq!(sent(&mut window).len(), 4);
        window.prune(1);
        assert_eq!(sent(&mut window).len(), 1);
        window.prune(5);
        assert!(window.has_room());
        assert_eq!(sent(&mut window).len(), 1);
    }

    #[test]
    fn empty_lines_cost_something_too() {
        let mut window = Window::new(1024);
        let mut pushed = 0;
        while window.has_room() {
            window.push(7, "".into());
            pushed += 1;
        }
        assert_eq!(pushed, 1024 / LINE_OVERHEAD);
    }

    #[test]
    fn whoever_takes_verbs_may_have_enough() {
        let mut window = Window::new(1024);
        window.push(7, "un".into());
        window.push(7, "deux".into());
        window.send(&mut |_| Flow::Enough);
        assert!(window.is_under_way());
        assert_eq!(sent(&mut window), pairs(2, &["deux"]));
    }
}
