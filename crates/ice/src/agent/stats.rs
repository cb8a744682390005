//! Pairs as statistics see them.

use super::Agent;
use crate::PairStats;
use crate::pair::Pair;

impl Agent {
    pub(super) fn pair_stats(&self) -> impl Iterator<Item = PairStats> + '_ {
        let older = self.link.as_ref().filter(|link| link.generation != self.current.number);
        let current = self.current.checklist.pairs().iter().map(|pair| self.stats_of(pair));
        older.map(|link| link.stats.clone()).into_iter().chain(current)
    }

    pub(super) fn stats_of(&self, pair: &Pair) -> PairStats {
        let in_use = self.link.as_ref().filter(|link| link.generation == self.current.number);
        PairStats {
            id: pair.id,
            path: pair.path,
            local: self.current.locals[pair.mapped.unwrap_or(pair.local)].candidate.clone(),
            remote: self.current.remotes[pair.remote].clone(),
            state: pair.state,
            nominated: pair.nominated,
            selected: in_use.is_some_and(|link| link.selected && link.pair == pair.id),
            priority: pair.priority,
            current_rtt: pair.traffic.current_rtt,
            total_rtt: pair.traffic.total_rtt,
            requests_sent: pair.traffic.requests_sent,
            requests_received: pair.traffic.requests_received,
            responses_sent: pair.traffic.responses_sent,
            responses_received: pair.traffic.responses_received,
            consent_requests_sent: pair.traffic.consent_requests_sent,
        }
    }
}
