//! What must hold at the end of every story.

use super::World;
use crate::protocol::session::{Event, Shutdown};
use crate::protocol::wire::Pid;

impl World {
    /// Everything has arrived.
    pub(super) fn judge_reunion(&self) -> Result<(), String> {
        for (me, other) in [(0, 1), (1, 0)] {
            if let Some(Event::Ended(ending)) = &self.clients[me].ended {
                return Err(format!("a conversation ended by itself: {ending:?}"));
            }
            let (written, read) = (&self.clients[me].written, &self.clients[other].read);
            if written != read {
                let same = written.iter().zip(read).take_while(|(a, b)| a == b);
                return Err(format!(
                    "client {me} wrote {} lines and {} were read; the first {} are the same",
                    written.len(),
                    read.len(),
                    same.count()
                ));
            }
            if !self.clients[me].to_write.is_empty() {
                return Err(format!("client {me} was never let write all"));
            }
        }
        Ok(())
    }

    /// Whoever leaves ends, and so does whoever was left.
    pub(super) fn judge_farewell(&self) -> Result<(), String> {
        for (me, other) in [(0, 1), (1, 0)] {
            let (leaver, left) = (&self.clients[me], &self.clients[other]);
            let patient = leaver.left == Some(Shutdown::Finish);
            if leaver.left.is_some() && leaver.ended.is_none() && !patient && !leaver.dead {
                return Err(format!("client {me} leaves and leaves"));
            }
            let gone = leaver.dead || leaver.ended.is_some();
            let finds_out = left.met_somebody && !left.dead && !self.relay_is_done;
            if gone && finds_out && left.ended.is_none() {
                return Err(format!("client {other} waits for ever"));
            }
        }
        Ok(())
    }

    /// Whatever happened: lines are read in order, once, by whom they were meant for; and their author was told the truth.
    pub(super) fn judge_lines(&self) -> Result<(), String> {
        for (me, author) in self.clients.iter().enumerate() {
            let mut readers: Vec<Option<Pid>> = vec![None; author.written.len()];
            for reader in &self.clients {
                let mut last = None;
                for place in reader.read.iter().filter_map(|text| place_of(text, me)) {
                    if last >= Some(place) {
                        return Err(format!("client {me}'s line {place} was read late or twice"));
                    }
                    last = Some(place);
                    if readers[place].replace(reader.pid).is_some() {
                        return Err(format!("client {me}'s line {place} was read by two"));
                    }
                    let meant_for = author.addressees[place];
                    if meant_for.is_some_and(|pid| pid != reader.pid) {
                        return Err(format!("client {me}'s line {place} was not for its reader"));
                    }
                }
            }
            let settled = match author.ended {
                None => author.settled as usize,
                Some(_) => author.written.len(),
            };
            for place in (0..settled).filter(|&place| readers[place].is_none()) {
                if !author.dead && !author.undelivered.contains(&author.written[place]) {
                    return Err(format!(
                        "client {me}'s line {place} counts as delivered, unread"
                    ));
                }
            }
        }
        Ok(())
    }
}

/// The place of a line among all that an author wrote, if it is this author's.
fn place_of(text: &str, author: usize) -> Option<usize> {
    let (by, number) = text.split_once(':')?;
    let number: usize = number.parse().ok()?;
    (by == author.to_string()).then_some(number - 1)
}
