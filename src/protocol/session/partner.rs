//! What a session knows of whoever sits opposite, and what the two tell each other: rules 1, 2, 3 and 5.

use crate::protocol::wire::{Name, Pid};
use crate::protocol::{Line, Millis};

use super::fault::Fault;
use super::{
    Disconnected, Event, FORMER_PARTNERS, Heartbeat, INBOX_LINES, Outage, Phase, Queued, Session,
    SessionMutation,
};

/// Who sits opposite.
#[derive(Debug)]
pub(super) struct Partner {
    pub(super) pid: Pid,
    pub(super) name: Name,
    pub(super) sync: Sync,
    /// The last message of theirs that was received in order.
    pub(super) received: u64,
    /// The last of them that our user interface has taken.
    pub(super) taken: u64,
    /// The last of them that our user interface holds safely: what we acknowledge.
    pub(super) held: u64,
    /// An acknowledgement must go out with the next bytes.
    pub(super) ack_due: bool,
    pub(super) acked_at: Millis,
    /// What to tell our person once the lines that had waited have arrived.
    pub(super) owed: Option<PendingNews>,
    pub(super) numbering: Numbering,
}

/// Whether we know where our numbering stands with a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbering {
    /// Its first `ACK` will say: it may be a former partner that holds more of our lines than we know.
    Unknown,
    Known,
}

/// How far we and our partner agree on what each holds (rule 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sync {
    /// Not connected, as far as we know.
    Apart,
    /// Our `ACK` is out, the partner's is awaited.
    Awaiting { since: Millis },
    /// Lines flow. `heard_at` is when the partner last acknowledged or we began to wait for it.
    Live { heard_at: Millis },
}

/// Lines to be delivered before a return is announced with their count.
#[derive(Clone, Copy, Debug)]
pub(super) struct PendingNews {
    pub(super) through: u64,
    pub(super) count: usize,
    pub(super) news: News,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    Restored,
    Back,
}

/// What a partner whose place another took must be remembered by.
#[derive(Debug)]
pub(super) struct Former {
    pub(super) pid: Pid,
    pub(super) received: u64,
    pub(super) sent: u64,
}

impl Session {
    /// Rule 1: whoever is opposite, each must learn anew what the other holds.
    pub(super) fn resynchronise(&mut self, now: Millis, pid: Pid, name: Name) {
        self.introduced_by = None;
        let known = self
            .partner
            .as_ref()
            .is_some_and(|partner| partner.pid == pid);
        match known {
            true => self.forget_untaken(),
            false => self.change_partner(pid, name),
        }
        let news = self.news(known);
        let Some(partner) = &mut self.partner else {
            return;
        };
        partner.owed = news.map(|news| PendingNews {
            through: self.window.acked + self.window.lines.len() as u64,
            count: self.window.lines.len(),
            news,
        });
        partner.sync = Sync::Awaiting { since: now };
        partner.ack_due = true;
    }

    /// What our user interface has not taken is not acknowledged, so it comes again; or never, where its author has met
    /// somebody else since and given its number to another line. Either way it must not stand in the way.
    fn forget_untaken(&mut self) {
        if let Some(partner) = &mut self.partner {
            let taken = |&(pid, seq): &(Pid, u64)| pid != partner.pid || seq <= partner.taken;
            self.events
                .retain(|queued| queued.receives.as_ref().is_none_or(taken));
            partner.received = partner.taken;
        }
    }

    /// What a `PEER` means to our person.
    fn news(&mut self, known: bool) -> Option<News> {
        let was_out = std::mem::replace(&mut self.outage, Outage::None) == Outage::Told;
        let partner = self.partner.as_ref()?;
        match (known, was_out, partner.sync) {
            (false, _, _) => {
                let name = partner.name.to_string();
                self.tell(Event::Arrived { name });
                None
            }
            (true, true, _) => Some(News::Restored),
            (true, false, Sync::Apart) => Some(News::Back),
            // Disconnected and back before anybody noticed: an announcement still owed stays owed.
            (true, false, _) => partner.owed.map(|owed| owed.news),
        }
    }

    /// Rule 3: lines meant for one person never reach another.
    fn change_partner(&mut self, pid: Pid, name: Name) {
        if let Some(old) = self.partner.take() {
            if !self.mutated(SessionMutation::LinesForAnybody) {
                self.abandon_lines();
            }
            self.former.truncate(FORMER_PARTNERS - 1);
            self.former.push_front(Former {
                pid: old.pid,
                received: old.received,
                sent: self.window.sent,
            });
        }
        let place = self.former.iter().position(|former| former.pid == pid);
        let before = place.and_then(|place| self.former.remove(place));
        let (received, sent) = before.map_or((0, 0), |former| (former.received, former.sent));
        self.window.acked = 0;
        self.window.sent = sent;
        self.window.cursor = 0;
        self.partner = Some(Partner {
            pid,
            name,
            sync: Sync::Apart,
            received,
            taken: received,
            held: received,
            ack_due: false,
            acked_at: 0,
            owed: None,
            numbering: Numbering::Unknown,
        });
    }

    /// Rule 2.
    pub(super) fn message(&mut self, seq: u64, sent_at: u64, text: &str) {
        let deduplicates = !self.mutated(SessionMutation::NoDeduplication);
        let refuses_gaps = !self.mutated(SessionMutation::GapsAccepted);
        let Some(partner) = &mut self.partner else {
            return;
        };
        if seq <= partner.received && deduplicates {
            partner.ack_due = true;
            return;
        }
        let gap = seq > partner.received + 1;
        let unheld = partner.received.saturating_sub(partner.held);
        if (gap && refuses_gaps) || unheld >= INBOX_LINES as u64 {
            return;
        }
        partner.received = seq;
        self.events.push_back(Queued {
            event: Event::Received {
                name: partner.name.to_string(),
                line: Line {
                    sent_at,
                    text: text.to_owned(),
                },
            },
            receives: Some((partner.pid, seq)),
        });
    }

    pub(super) fn acknowledged(&mut self, now: Millis, through: u64) -> Result<(), Fault> {
        let believes_anything = self.mutated(SessionMutation::AckAboveSentBelieved);
        let window = &mut self.window;
        let Some(partner) = &mut self.partner else {
            return Ok(());
        };
        if partner.sync == Sync::Apart {
            return Ok(());
        }
        if through > window.sent && !believes_anything {
            // Rule 5 cuts whoever passes such a thing on; beside the relay that is nobody, and the lie is not believed.
            if self.heartbeat == Heartbeat::Needless {
                return Ok(());
            }
            let sent = window.sent;
            let reason = Disconnected::ImpossibleAck { through, sent };
            return Err(Fault::Disconnected(reason));
        }
        if partner.numbering == Numbering::Unknown {
            partner.numbering = Numbering::Known;
            window.acked = through;
        }
        let settled = window.prune(through);
        if let Sync::Awaiting { .. } = partner.sync {
            window.cursor = window.acked;
        }
        partner.sync = Sync::Live { heard_at: now };
        let arrived = partner.owed.filter(|owed| window.acked >= owed.through);
        if settled > 0 {
            self.settle(now, settled);
        }
        if let (Some(owed), Some(partner)) = (arrived, &mut self.partner) {
            partner.owed = None;
            let delivered = owed.count;
            let name = partner.name.to_string();
            self.tell(match owed.news {
                News::Restored => Event::Restored { delivered },
                News::Back => Event::Back { name, delivered },
            });
        }
        Ok(())
    }

    /// So many more of our lines are held by our partner's client.
    pub(super) fn settle(&mut self, now: Millis, count: u64) {
        self.settled += count;
        let lines = self.settled;
        match self.events.back_mut() {
            Some(Queued {
                event: Event::Delivered { lines: told },
                ..
            }) => *told = lines,
            _ => self.tell(Event::Delivered { lines }),
        }
        if let Phase::Finishing { since, .. } | Phase::Over { since } = &mut self.phase {
            *since = now;
        }
    }
}
