//! More than one nomination
//! ([draft-thatcher-ice-renomination](https://datatracker.ietf.org/doc/html/draft-thatcher-ice-renomination-01)): where both
//! sides have agreed on it, nominations have numbers, and the controlled side uses the pair of the highest one. So the
//! controlling side can move to a better pair that comes up later, and away from one that went bad, at any time.
//!
//! Without that, [RFC 8445, section 8.1.1](https://www.rfc-editor.org/rfc/rfc8445#section-8.1.1), has one nomination.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use super::Agent;
use super::generation::EarlyCheck;
use crate::Role;
use crate::pair::Pair;

/// The draft, section 4: the three least significant bytes.
const MAX_NOMINATION: u32 = 0xff_ffff;
/// No sequence of nominations makes data jump to and fro faster than this: between two of ours, and between two of the
/// other side's that are followed, unless the pair in use is lost.
const PAUSE: Duration = Duration::from_millis(100);
/// A pair that was in use and went bad is not chosen again, though it be the better one, before this time has passed; else
/// a path that comes and goes would take data along each time, and lose some.
const RETURN_AFTER: Duration = Duration::from_secs(30);

impl Agent {
    /// Whether both sides' descriptions have the ICE option "renomination". Before
    /// [`set_remote_credentials`](Agent::set_remote_credentials), as checks that came earlier are read then. False at first:
    /// numbers of nominations are neither sent nor read.
    pub fn set_renomination(&mut self, renomination: bool) {
        if self.renomination != renomination {
            self.renomination = renomination;
            (self.current.nominee, self.move_at) = (None, None);
        }
    }

    /// Whether a check may nominate, whatever came before it.
    pub(super) fn may_nominate(&self, check: &EarlyCheck) -> bool {
        check.use_candidate || self.number_in(check) > 0
    }

    fn number_in(&self, check: &EarlyCheck) -> u32 {
        if self.renomination { check.nomination & MAX_NOMINATION } else { 0 }
    }

    /// The controlled side: whether a check nominates its pair. Those of older numbers came late, and nominate nothing.
    pub(super) fn is_nomination(&mut self, now: Instant, id: u64, check: &EarlyCheck) -> bool {
        let number = self.number_in(check);
        let nominee = self.current.nominee;
        if number == 0 {
            // The draft, section 4: any value takes precedence over the lack of one.
            return check.use_candidate && nominee.is_none();
        }
        // The same number on two pairs is the controlling side behind a NAT that was restarted: it says again which pair
        // it means, and that looks like another one from here.
        let is_stale = || nominee.is_none_or(|nominee| nominee == id || !self.works(now, nominee));
        let counts = number > self.current.nomination || number == self.current.nomination && is_stale();
        if counts {
            self.current.nomination = number;
            self.current.nominee = Some(id);
        }
        counts
    }

    fn works(&self, now: Instant, id: u64) -> bool {
        self.current.checklist.pair(id).is_some_and(|pair| pair.is_valid(now))
    }

    /// The number that a nomination of this pair carries.
    pub(super) fn number_of(&self, pair: &Pair) -> u32 {
        if self.renomination { pair.nomination } else { 0 }
    }

    /// The controlling side: the first check that nominates a pair, with a number of its own.
    pub(super) fn send_nomination(&mut self, now: Instant, id: u64) {
        if self.renomination {
            let number = self.current.nomination.saturating_add(1).min(MAX_NOMINATION);
            self.current.nomination = number;
            self.moved = Some(now);
            if let Some(pair) = self.current.checklist.pair_mut(id) {
                pair.nomination = number;
            }
        }
        self.send_check(now, id, true);
    }

    /// Whether there is a nomination on its way. With numbers, one of a pair that has stopped to work keeps back no other.
    pub(super) fn is_nominating(&self, now: Instant) -> bool {
        self.current.checklist.nominating().any(|id| !self.renomination || self.works(now, id))
    }

    /// Whether the answer to a nomination selects its pair: not if another one has been nominated since.
    pub(super) fn is_last_nomination(&self, id: u64) -> bool {
        let number = self.current.checklist.pair(id).map(|pair| pair.nomination);
        !self.renomination || number == Some(self.current.nomination)
    }

    /// The pair in use went bad.
    pub(super) fn note_loss(&mut self, now: Instant, id: u64) {
        if let Some(pair) = self.current.checklist.pair_mut(id) {
            pair.lost = Some(now);
        }
    }

    pub(super) fn run_renomination(&mut self, now: Instant) {
        self.move_at = None;
        if !self.renomination || self.is_idle() {
            return;
        }
        match self.role {
            Role::Controlled => self.follow(now),
            Role::Controlling => self.renominate(now),
        }
    }

    /// The controlled side: uses the pair that was nominated last, once it works.
    pub(super) fn follow(&mut self, now: Instant) {
        let Some(id) = self.current.nominee.filter(|id| self.works(now, *id)) else { return };
        let link = self.link.as_ref().filter(|link| link.selected && link.generation == self.current.number);
        if link.is_some_and(|link| link.pair == id) {
            return;
        }
        let waits = link.is_some_and(|link| !link.consent.is_lost());
        let rested = self.moved.map(|moved| moved + PAUSE).filter(|rested| waits && now < *rested);
        if rested.is_some() {
            self.move_at = rested;
            return;
        }
        self.moved = Some(now);
        self.select(now, id);
    }

    /// The controlling side: nominates a pair that works and is better than the one in use.
    fn renominate(&mut self, now: Instant) {
        let Some((id, due)) = self.better_pair(now) else { return };
        if now < due {
            self.move_at = Some(due);
        } else {
            self.send_nomination(now, id);
        }
    }

    /// A pair of higher priority than the one that was selected, and when it may be nominated.
    fn better_pair(&self, now: Instant) -> Option<(u64, Instant)> {
        let link = self.link.as_ref().filter(|_| self.is_concluded())?;
        let checklist = &self.current.checklist;
        if self.is_nominating(now) || self.current.nomination == MAX_NOMINATION {
            return None;
        }
        let rested = self.moved.map_or(now, |moved| moved + PAUSE).max(link.concludes?);
        let better =
            checklist.pairs().iter().filter(|pair| pair.is_valid(now) && pair.priority > link.priority);
        let due = |pair: &Pair| rested.max(pair.lost.map_or(now, |lost| lost + RETURN_AFTER));
        // The soonest, and of those that may be nominated now the best.
        let soonest = better.min_by_key(|pair| (due(pair).max(now), Reverse(pair.priority)));
        soonest.map(|pair| (pair.id, due(pair)))
    }
}
