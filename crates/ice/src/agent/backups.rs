//! Pairs that work and carry no data are kept open beside the one in use, so that another can take over at once where
//! NATs let in only whom they have lately let out.
//!
//! [RFC 8445, section 11](https://www.rfc-editor.org/rfc/rfc8445#section-11), keeps the pair in use open, and section 8.1.2
//! ends the checks of all others, so that after half a minute no NAT knows of them. With a NAT on both sides a pair is then
//! open to none that begins alone, and the side that receives has no reason to begin. So both sides, as libwebrtc does,
//! check what is left once more when a pair was selected, few times and both at the same time, and then keep the best of
//! what works.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::checks::Purpose;
use super::{Agent, Protocol};
use crate::PairState;
use crate::pair::Pair;

/// Checks that look for a backup at the same time.
const MAX_SEARCHED: usize = 16;
/// How often such a check, and one that keeps a backup open, is sent: at 0, 0.5, 1.5, 3.5 and 7.5 s.
const SENDS: u32 = 5;
/// Then it is waited for so many times `AgentConfig::rto`.
const LAST_WAIT: u32 = 16;

impl Agent {
    /// Whether a pair was selected so long ago that there are no other checks any more, and works.
    fn keeps_backups(&self, now: Instant) -> bool {
        let link = self.link.as_ref().and_then(|link| link.concludes);
        let has_ended = link.is_some_and(|time| now >= time);
        has_ended
            && self.is_concluded()
            && !self.is_idle()
            && !self.config.lite
            && self.config.max_backups > 0
    }

    /// Notes when the next check of a backup is due.
    pub(super) fn plan_backups(&mut self, now: Instant) {
        self.backup_at = self.next_backup(now).map(|(_, due)| due);
    }

    /// Sends it, if it is.
    pub(super) fn run_backups(&mut self, now: Instant) {
        if self.backup_at.is_none_or(|at| now < at) {
            return;
        }
        if let Some((id, _)) = self.next_backup(now).filter(|(_, due)| now >= *due) {
            if let Some(pair) = self.current.checklist.pair_mut(id) {
                pair.searched = true;
            }
            let rto = self.config.rto;
            let purpose = Purpose { use_candidate: false, is_backup: true };
            self.send_check_by(now, id, purpose, (rto, (SENDS, rto * LAST_WAIT)));
            self.next_slot = Some(now + self.config.pacing);
        }
        self.plan_backups(now);
    }

    /// The pair to check next, and when.
    fn next_backup(&self, now: Instant) -> Option<(u64, Instant)> {
        if !self.keeps_backups(now) {
            return None;
        }
        // RFC 8445, section 14.2: all checks keep one pace.
        let slot = self.next_slot.map_or(now, |slot| slot.max(now));
        if let Some(pair) = self.next_searched() {
            return Some((pair.id, slot));
        }
        let interval = self.config.backup_interval;
        let due = |pair: &Pair| (pair.id, pair.checked.map_or(slot, |last| slot.max(last + interval)));
        self.backups().into_iter().map(due).min_by_key(|(_, due)| *due)
    }

    /// Of the pairs whose checks the selection has ended or kept from beginning, the best one.
    fn next_searched(&self) -> Option<&Pair> {
        let pairs = || {
            let in_use = self.link.as_ref().map(|link| link.pair);
            let pairs = self.current.checklist.pairs().iter();
            pairs.filter(move |pair| pair.is_unresolved() && Some(pair.id) != in_use)
        };
        let searched = pairs().filter(|pair| pair.searched).count();
        // No stream is opened for it: that would cost the other side more than a datagram does.
        let may_be_searched =
            |pair: &&Pair| !pair.searched && self.streams.protocol(pair.path.socket) == Protocol::Udp;
        pairs().filter(may_be_searched).max_by_key(|pair| pair.priority).filter(|_| searched < MAX_SEARCHED)
    }

    /// The pairs that are kept open: the best of each local address that the pair in use does not have, then others.
    fn backups(&self) -> Vec<&Pair> {
        let Some(link) = &self.link else { return Vec::new() };
        let works = |pair: &&Pair| pair.id != link.pair && pair.state == PairState::Succeeded;
        let mut working: Vec<_> = self.current.checklist.pairs().iter().filter(works).collect();
        working.sort_by_key(|pair| Reverse(pair.priority));
        let mut sockets = BTreeSet::from([link.path.socket]);
        let (mut chosen, others): (Vec<_>, Vec<_>) =
            working.into_iter().partition(|pair| sockets.insert(pair.path.socket));
        chosen.extend(others);
        chosen.truncate(self.config.max_backups);
        chosen.retain(|pair| !self.current.checklist.has_pending(pair.id));
        chosen
    }

    /// A check came on a pair after the selection. The other side may just have opened its NAT: it is worth checking
    /// again, as a backup. Not more often than that could be news.
    pub(super) fn revive_backup(&mut self, now: Instant, id: u64) {
        let pause: Duration = self.config.rto;
        if !self.keeps_backups(now) {
            return;
        }
        let Some(pair) = self.current.checklist.pair_mut(id) else { return };
        if pair.state != PairState::Succeeded && pair.checked.is_none_or(|last| now >= last + pause) {
            pair.searched = false;
            if pair.state == PairState::Failed {
                pair.state = PairState::Waiting;
            }
        }
    }
}
