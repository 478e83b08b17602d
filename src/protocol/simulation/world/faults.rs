//! What befalls a world.

use super::{Happening, World};
use crate::protocol::Millis;
use crate::protocol::hub::{Config, Hub, RelayMode};
use crate::protocol::simulation::Story;

impl World {
    pub(super) fn fault(&mut self) {
        self.faults += 1;
        let mut lasts = 0;
        let me = self.chance.below(2) as usize;
        match self.chance.below(7) {
            0 | 1 => self.cut(me),
            2 => self.go_half_open(me),
            3 => {
                lasts = self.chance.below(20_000);
                self.slow_down(me, lasts);
            }
            4 => {
                lasts = match self.story {
                    // Short enough that no seat is given up.
                    Story::Reunion => self.chance.below(90_000).min(100_000 - self.now),
                    Story::Farewell | Story::Stranger => self.chance.below(150_000),
                };
                self.say(|| format!("client {me} stands still for {lasts} ms"));
                let until = self.now + lasts;
                self.clients[me].asleep_until = self.clients[me].asleep_until.max(until);
                self.plan(until, Happening::ClientWakes(me));
            }
            5 => {
                lasts = self.chance.below(40_000);
                self.say(|| format!("the screen of client {me} is stuck for {lasts} ms"));
                self.clients[me].screen_stuck_until = self.now + lasts;
                self.plan(self.now + lasts, Happening::TickClient(me));
            }
            _ => lasts = self.kill_relay(),
        }
        for _ in 0..self.chance.below(4) {
            let at = self.now + self.chance.below(8_000);
            self.plan(at, Happening::Intrude);
        }
        self.last_fault = self.last_fault.max(self.now + lasts);
    }

    /// The connection breaks; both ends notice, sooner or later, and some of what was under way arrives.
    pub(super) fn cut(&mut self, me: usize) {
        let Some(id) = self.clients[me].link else {
            return;
        };
        self.say(|| format!("link {id} is cut"));
        self.lose_bytes(id);
        let ends = [Happening::RelaySeesEnd(id), Happening::ClientSeesEnd(id)];
        for end in ends {
            let at = self.now + self.chance.below(3_000);
            self.plan(at, end);
        }
    }

    /// Nothing passes any more, and neither end is told.
    fn go_half_open(&mut self, me: usize) {
        let Some(id) = self.clients[me].link else {
            return;
        };
        self.say(|| format!("link {id} goes half-open"));
        self.lose_bytes(id);
        if let Some(link) = self.links.get_mut(&id) {
            link.tells_end = false;
        }
    }

    pub(super) fn lose_bytes(&mut self, id: usize) {
        if let Some(link) = self.links.get_mut(&id) {
            for way in [&mut link.up, &mut link.down] {
                let budget = self.chance.below(way.in_flight as u64 + 1) as usize;
                way.budget = Some(budget.min(way.budget.unwrap_or(budget)));
            }
        }
    }

    fn slow_down(&mut self, me: usize, delay: Millis) {
        let until = self.now + delay;
        if let Some(link) = self.clients[me].link.and_then(|id| self.links.get_mut(&id)) {
            link.up.last_arrival = link.up.last_arrival.max(until);
            link.down.last_arrival = link.down.last_arrival.max(until);
        }
        self.say(|| format!("the link of client {me} stalls for {delay} ms"));
    }

    pub(super) fn wake(&mut self, me: usize) {
        if self.now < self.clients[me].asleep_until {
            return;
        }
        let missed = std::mem::take(&mut self.clients[me].missed);
        for happening in missed {
            self.happen(happening);
        }
    }

    pub(super) fn kill_relay(&mut self) -> Millis {
        if self.hub.take().is_none() {
            return 0;
        }
        let down_for = self.chance.below(8_000);
        self.say(|| format!("the relay is killed, and back in {down_for} ms"));
        let links: Vec<usize> = self.links.keys().copied().collect();
        for id in links {
            self.lose_bytes(id);
            let at = self.now + self.chance.below(2_000);
            self.plan(at, Happening::ClientSeesEnd(id));
        }
        self.plan(self.now + down_for, Happening::RelayStarts);
        down_for
    }

    pub(super) fn start_relay(&mut self) {
        self.relay += 1;
        if self.story == Story::Stranger && self.relay > 1 {
            let at = self.now + self.chance.below(3_000);
            self.plan(at, Happening::Dial(2));
        }
        self.hub = Some(Hub::new(Config::without_words(RelayMode::Single)));
    }
}
