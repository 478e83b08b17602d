//! What two people owe each other, whatever carries it: rules 1, 2, 3 and 5, and the way out.
//!
//! It takes and gives verbs, not bytes. A client of the wire has one behind its connection; the relay has one beside it
//! for each plain client.

use std::collections::VecDeque;

use crate::protocol::hygiene::Text;
use crate::protocol::timeouts::SESSION_LEAVE_TIMEOUT;
use crate::protocol::wire::{Bye, Gone, Pid, Verb};

use crate::protocol::name::Name;
use crate::protocol::{Millis, UnixMillis};

use super::window::{Flow, Window};
use super::{
    ACK_TIMEOUT, Disconnected, Ending, Event, LATE_ACK_TIMEOUT, REPEAT_ACK_INTERVAL, Shutdown,
    Timer, rules,
};

/// Partners remembered after another has taken their place, so that a return doubles nothing.
const FORMER_PARTNERS: usize = 32;

/// One person's side of a conversation.
#[derive(Debug)]
pub struct Exchange {
    phase: ExchangePhase,
    partner: Option<Partner>,
    former: VecDeque<Former>,
    window: Window,
    /// Lines of ours that are settled: see [`Event::Delivered`].
    settled: u64,
    /// Whether our person has been told that our connection is cut, and not that it stands again.
    told_of_outage: bool,
    events: VecDeque<Event>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ExchangePhase {
    Talking,
    /// Our person leaves once every line is acknowledged.
    Finishing {
        how: Shutdown,
        since: Millis,
    },
    /// The other has left; what we still owe may arrive for a moment.
    Over {
        since: Millis,
    },
    /// We say nothing more but `BYE`; the relay's is awaited.
    Parting {
        since: Millis,
        said: bool,
    },
    Ended,
}

/// Who sits opposite.
#[derive(Debug)]
struct Partner {
    pid: Pid,
    name: Name,
    sync: Sync,
    /// When a message of theirs last came.
    heard_at: Millis,
    /// The last message of theirs that was received in order.
    received: u64,
    /// The last of them that our user interface has taken.
    taken: u64,
    /// The last of them that our user interface holds safely: what we acknowledge.
    held: u64,
    /// An acknowledgement must go out with the next verbs.
    ack_due: bool,
    acked_at: Millis,
    /// What to tell our person once the lines that had waited have arrived.
    owed: Option<PendingNews>,
    /// Whether our numbering is known to both: a former partner may hold more of our lines than we know, and says so
    /// with its first `ACK`.
    is_numbered: bool,
}

/// How far we and our partner agree on what each holds (rule 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sync {
    /// Not connected, as far as we know.
    Apart,
    /// Our `ACK` is out, the partner's is awaited.
    Awaiting { since: Millis },
    /// Lines flow. The partner has last acknowledged, or we have begun to wait for that, `since`.
    Live { since: Millis },
}

/// Lines to be delivered before a return is announced with their count.
#[derive(Clone, Copy, Debug)]
struct PendingNews {
    through: u64,
    count: usize,
    news: News,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    Restored,
    Back,
}

/// What a partner whose place another took must be remembered by.
#[derive(Debug)]
struct Former {
    pid: Pid,
    received: u64,
    sent: u64,
}

impl Exchange {
    /// With room for `capacity` bytes of lines on their way.
    pub fn new(capacity: usize) -> Exchange {
        Exchange {
            phase: ExchangePhase::Talking,
            partner: None,
            former: VecDeque::new(),
            window: Window::new(capacity),
            settled: 0,
            told_of_outage: false,
            events: VecDeque::new(),
        }
    }

    // What our person does.

    /// Whether another line may be [said](Exchange::say): the window is not full and nobody has left.
    pub fn has_room(&self) -> bool {
        self.phase == ExchangePhase::Talking && self.window.has_room()
    }

    /// Takes a line to deliver.
    pub fn say(&mut self, sent_at: UnixMillis, text: Text<'_>) {
        self.window.push(sent_at, text);
    }

    /// Our person leaves: what is owed is delivered first.
    pub fn leave(&mut self, now: Millis, how: Shutdown) {
        match self.phase {
            ExchangePhase::Parting { .. } | ExchangePhase::Ended => {}
            _ if how == Shutdown::Now => self.part(now),
            ExchangePhase::Talking | ExchangePhase::Finishing { .. } => {
                self.phase = ExchangePhase::Finishing { how, since: now };
            }
            ExchangePhase::Over { .. } => {}
        }
    }

    /// Whether nobody is there who could be told that we leave.
    pub fn is_alone(&self) -> bool {
        self.partner.is_none() && self.window.is_empty()
    }

    /// Ends at once, for a reason that only the caller knows.
    pub fn end(&mut self, ending: Ending) {
        if self.phase == ExchangePhase::Ended {
            return;
        }
        self.phase = ExchangePhase::Ended;
        self.abandon_lines();
        self.tell(Event::Ended(ending));
    }

    // What is told.

    /// The next thing to tell our person.
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Every message taken so far is where it belongs: it is acknowledged with the next verbs.
    pub fn hold(&mut self) {
        if let Some(partner) = &mut self.partner
            && partner.held != partner.taken
        {
            partner.held = partner.taken;
            partner.ack_due = true;
        }
    }

    /// The message numbered `seq` of this partner is taken.
    pub fn take(&mut self, pid: Pid, seq: u64) {
        // A line from before another had the partner's place has been acknowledged since.
        if let Some(partner) = &mut self.partner
            && partner.pid == pid
        {
            partner.taken = partner.taken.max(seq);
        }
    }

    /// Who sits opposite, or sat there last.
    pub fn partner(&self) -> Option<(Pid, &Name)> {
        let partner = self.partner.as_ref()?;
        Some((partner.pid, &partner.name))
    }

    /// Whether lines flow both ways right now.
    pub fn is_live(&self) -> bool {
        let live = |partner: &Partner| matches!(partner.sync, Sync::Live { .. });
        self.partner.as_ref().is_some_and(live)
    }

    /// Whether the conversation is over for good.
    pub fn is_ended(&self) -> bool {
        self.phase == ExchangePhase::Ended
    }

    /// Whether we say nothing more but our goodbye.
    pub fn is_parting(&self) -> bool {
        matches!(self.phase, ExchangePhase::Parting { .. })
    }

    // What the relay and the partner say.

    /// Rule 1: whoever is opposite, each must learn anew what the other holds. What our person has not taken is not
    /// acknowledged, so it comes again, and the caller forgets it: where we have met before this tells the last message
    /// that was taken.
    pub fn meet(&mut self, now: Millis, pid: Pid, name: Name) -> Option<u64> {
        let taken = match self.partner.as_mut().filter(|partner| partner.pid == pid) {
            Some(partner) => {
                partner.received = partner.taken;
                Some(partner.taken)
            }
            None => {
                self.change_partner(pid, name);
                None
            }
        };
        let news = self.news(taken.is_some());
        let (through, count) = (self.window.last(), self.window.len());
        if let Some(partner) = &mut self.partner {
            partner.owed = news.map(|news| PendingNews {
                through,
                count,
                news,
            });
            partner.sync = Sync::Awaiting { since: now };
            partner.ack_due = true;
        }
        taken
    }

    /// What a `PEER` means to our person.
    fn news(&mut self, known: bool) -> Option<News> {
        let was_out = std::mem::take(&mut self.told_of_outage);
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
            if !rules::may_inherit(old.pid, pid) {
                self.abandon_lines();
            }
            self.former.truncate(FORMER_PARTNERS - 1);
            self.former.push_front(Former {
                pid: old.pid,
                received: old.received,
                sent: self.window.sent(),
            });
        }
        let place = self.former.iter().position(|former| former.pid == pid);
        let before = place.and_then(|place| self.former.remove(place));
        let (received, sent) = before.map_or((0, 0), |former| (former.received, former.sent));
        self.window.renumber(sent);
        self.partner = Some(Partner {
            pid,
            name,
            sync: Sync::Apart,
            heard_at: 0,
            received,
            taken: received,
            held: received,
            ack_due: false,
            acked_at: 0,
            owed: None,
            is_numbered: false,
        });
    }

    /// Nobody is opposite, or nobody will be any more.
    pub fn gone(&mut self, now: Millis, gone: Gone) {
        let owed = self.partner.as_mut().and_then(|partner| {
            // Whoever has left reads on for a moment, and acknowledges.
            if gone != Gone::Left {
                partner.sync = Sync::Apart;
            }
            partner.owed.take()
        });
        let was_out = std::mem::take(&mut self.told_of_outage);
        if was_out || owed.is_some_and(|owed| owed.news == News::Restored) {
            self.tell(Event::Restored { delivered: 0 });
        }
        let held = self.window.len();
        let name = self
            .partner
            .as_ref()
            .map(|partner| partner.name.to_string());
        self.tell(match (gone, name) {
            (Gone::None, _) | (_, None) => Event::Waiting,
            (Gone::Away, Some(name)) => Event::Away { name, held },
            (Gone::Left, Some(name)) => Event::Left { name },
            (Gone::Lost, Some(name)) => Event::Lost { name },
        });
        match (gone, self.phase) {
            (_, ExchangePhase::Parting { .. } | ExchangePhase::Ended)
            | (Gone::None | Gone::Away, _) => {}
            (Gone::Left, _) => self.phase = ExchangePhase::Over { since: now },
            (Gone::Lost, _) => self.part(now),
        }
    }

    /// Rule 2: whether a message is the next one, and to be taken. One that was received before is acknowledged again, one
    /// after a gap comes again.
    pub fn receive(&mut self, now: Millis, seq: u64) -> bool {
        let Some(partner) = &mut self.partner else {
            return false;
        };
        partner.heard_at = now;
        if rules::is_duplicate(seq, partner.received) {
            partner.ack_due = true;
            return false;
        }
        if rules::is_gap(seq, partner.received) {
            return false;
        }
        partner.received = seq;
        true
    }

    /// The partner holds our messages up to `through`.
    ///
    /// # Errors
    /// Where that cannot be (rule 5); it is not believed.
    pub fn acknowledged(&mut self, now: Millis, through: u64) -> Result<(), Disconnected> {
        let window = &mut self.window;
        let Some(partner) = &mut self.partner else {
            return Ok(());
        };
        if partner.sync == Sync::Apart {
            return Ok(());
        }
        let sent = window.sent();
        if rules::is_impossible(through, sent) {
            return Err(Disconnected::ImpossibleAck { through, sent });
        }
        if !std::mem::replace(&mut partner.is_numbered, true) {
            window.learn(through);
        }
        let settled = window.prune(through);
        if let Sync::Awaiting { .. } = partner.sync {
            window.rewind();
        }
        partner.sync = Sync::Live { since: now };
        let arrived = partner.owed.filter(|owed| window.acked() >= owed.through);
        if settled > 0 {
            self.mark_settled(now, settled);
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
    fn mark_settled(&mut self, now: Millis, count: u64) {
        self.settled += count;
        let lines = self.settled;
        self.tell(Event::Delivered { lines });
        if let ExchangePhase::Finishing { since, .. } | ExchangePhase::Over { since } =
            &mut self.phase
        {
            *since = now;
        }
    }

    /// What is said from here on would not reach the partner, until it is [met](Exchange::meet) again.
    pub fn set_apart(&mut self) {
        if let Some(partner) = &mut self.partner {
            partner.sync = Sync::Apart;
        }
    }

    /// Our connection is gone. Where it was up before, that is an outage, of this cause.
    pub fn disconnected(&mut self, outage: Option<Disconnected>) {
        self.set_apart();
        match self.phase {
            ExchangePhase::Ended => {}
            // The relay may close before its BYE is read: all that mattered is done.
            ExchangePhase::Parting { .. } | ExchangePhase::Over { .. } => self.end(Ending::Over),
            ExchangePhase::Talking | ExchangePhase::Finishing { .. } => {
                if let Some(reason) = outage.filter(|_| !self.told_of_outage) {
                    self.told_of_outage = true;
                    let held = self.window.len();
                    self.tell(Event::Disconnected { reason, held });
                }
            }
        }
    }

    // What we say.

    /// Gives `send` whatever may go out now: an acknowledgement, `lines` if they may, and at last `BYE`. It may have enough
    /// of lines.
    pub fn flush(&mut self, now: Millis, lines: Flow, send: &mut impl FnMut(Verb<'_>) -> Flow) {
        let may_say = !matches!(
            self.phase,
            ExchangePhase::Parting { .. } | ExchangePhase::Ended
        );
        if let Some(partner) = &mut self.partner
            && partner.sync != Sync::Apart
        {
            if std::mem::take(&mut partner.ack_due) {
                partner.acked_at = now;
                let (pid, through) = (partner.pid, partner.held);
                send(Verb::Ack { pid, through });
            }
            if let Sync::Live { since } = &mut partner.sync
                && !self.window.is_under_way()
            {
                *since = now;
            }
            let may_say = may_say && lines == Flow::More;
            if may_say && rules::may_speak(matches!(partner.sync, Sync::Live { .. })) {
                self.window.send(send);
            }
        }
        let leaving = matches!(
            self.phase,
            ExchangePhase::Finishing { .. } | ExchangePhase::Over { .. }
        );
        if leaving && self.window.is_empty() {
            self.part(now);
        }
        if let ExchangePhase::Parting { said, .. } = &mut self.phase
            && !std::mem::replace(said, true)
        {
            send(Verb::Bye(Bye::Over));
        }
    }

    fn part(&mut self, now: Millis) {
        self.phase = ExchangePhase::Parting {
            since: now,
            said: false,
        };
    }

    // Time.

    /// When a timer of ours is due.
    pub fn due(&self, timer: Timer) -> Option<Millis> {
        match timer {
            Timer::Ack => {
                let partner = self.partner.as_ref()?;
                let since = match partner.sync {
                    Sync::Live { since } if self.window.is_under_way() => since,
                    Sync::Awaiting { since } => since,
                    Sync::Live { .. } | Sync::Apart => return None,
                };
                // An acknowledgement may come far behind messages, on a link that is busy with them.
                let silence = since.max(partner.heard_at) + ACK_TIMEOUT;
                Some(silence.min(since + LATE_ACK_TIMEOUT))
            }
            Timer::RepeatAck => {
                let partner = self.partner.as_ref()?;
                let waits = partner.sync != Sync::Apart && partner.received > partner.held;
                waits.then_some(partner.acked_at + REPEAT_ACK_INTERVAL)
            }
            Timer::Leave => match self.phase {
                ExchangePhase::Over { since } | ExchangePhase::Parting { since, .. } => {
                    Some(since + SESSION_LEAVE_TIMEOUT)
                }
                ExchangePhase::Finishing { how, since } => {
                    let is_bounded = how != Shutdown::Finish || self.window.is_empty();
                    is_bounded.then_some(since + SESSION_LEAVE_TIMEOUT)
                }
                ExchangePhase::Talking | ExchangePhase::Ended => None,
            },
            Timer::Welcome | Timer::Introduction | Timer::RelaySilence | Timer::Ping => None,
        }
    }

    /// A timer of ours is due.
    ///
    /// # Errors
    /// When the connection is no good (rule 6).
    pub fn expired(&mut self, now: Millis, timer: Timer) -> Result<(), Disconnected> {
        match timer {
            Timer::Ack if self.is_live() => return Err(Disconnected::NothingArrives),
            Timer::Ack => return Err(Disconnected::NotSynchronised),
            Timer::RepeatAck => {
                if let Some(partner) = &mut self.partner {
                    partner.ack_due = true;
                }
            }
            Timer::Leave if self.is_parting() => self.end(Ending::Over),
            Timer::Leave => self.part(now),
            Timer::Welcome | Timer::Introduction | Timer::RelaySilence | Timer::Ping => {}
        }
        Ok(())
    }

    fn abandon_lines(&mut self) {
        let gone_out = self.window.gone_out();
        let lines = self.window.take();
        if !lines.is_empty() {
            self.settled += lines.len() as u64;
            self.tell(Event::Undelivered { lines, gone_out });
        }
    }

    fn tell(&mut self, event: Event) {
        self.events.push_back(event);
    }
}
