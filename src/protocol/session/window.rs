//! Lines on their way.

use std::collections::VecDeque;

use crate::protocol::Line;
use crate::protocol::wire::Verb;

/// Our lines that the partner has not acknowledged, numbered from `acked + 1`.
#[derive(Debug, Default)]
pub(super) struct Window {
    pub(super) lines: VecDeque<Line>,
    pub(super) bytes: usize,
    pub(super) acked: u64,
    /// The highest number ever sent to this partner: an `ACK` above it is a lie.
    pub(super) sent: u64,
    /// The highest number sent since we last went live.
    pub(super) cursor: u64,
}

impl Window {
    /// Appends every line that has not gone out since we went live.
    pub(super) fn send(&mut self, out: &mut Vec<u8>) {
        let fresh = usize::try_from(self.cursor.saturating_sub(self.acked)).unwrap_or(usize::MAX);
        for line in self.lines.iter().skip(fresh) {
            self.cursor += 1;
            Verb::Say {
                seq: self.cursor,
                sent_at: line.sent_at,
                text: &line.text,
            }
            .encode(out);
        }
        self.sent = self.sent.max(self.cursor);
    }

    /// Forgets what the partner holds; tells how many lines that were.
    pub(super) fn prune(&mut self, through: u64) -> u64 {
        let mut pruned = 0;
        while self.acked + pruned < through
            && let Some(line) = self.lines.pop_front()
        {
            self.bytes -= line.text.len();
            pruned += 1;
        }
        self.acked = self.acked.max(through);
        self.cursor = self.cursor.max(self.acked);
        pruned
    }
}
