//! Pairs as statistics see them.

use std::time::Instant;

use base::Path;

use super::{Agent, COMPONENT, canonical_path};
use crate::pair::Pair;
use crate::{Candidate, CandidateKind, DataTraffic, PairStats};

impl Agent {
    /// Takes note that datagrams of others went over a path.
    pub fn data_sent(&mut self, now: Instant, path: Path, packets: u64, bytes: u64) {
        if let Some((sent, _)) = self.traffic_over(path) {
            sent.add(now, packets, bytes);
        }
        if let Some(link) = self.link.as_mut().filter(|link| link.path == path) {
            link.consent.data_sent(now, &self.config);
        }
    }

    /// Takes note that a datagram of others came over a path.
    pub fn data_received(&mut self, now: Instant, path: Path, bytes: u64) {
        let path = canonical_path(path);
        if let Some((_, received)) = self.traffic_over(path) {
            received.add(now, 1, bytes);
        }
        if let Some(link) = self.link.as_mut().filter(|link| link.path == path) {
            link.consent.heard(now);
        } else if let Some(link) = self.link.as_mut().filter(|link| link.selected) {
            // The other side may have lost the pair in use, and we not know it yet.
            link.consent.suspect_unless_fresh(now, &self.config);
        }
    }

    /// What was sent and received over a path: of the checklist's pair, or of an older pair that is in use.
    fn traffic_over(&mut self, path: Path) -> Option<(&mut DataTraffic, &mut DataTraffic)> {
        if let Some(pair) = self.current.checklist.by_path_mut(path) {
            return Some((&mut pair.traffic.sent, &mut pair.traffic.received));
        }
        let older = self.link.as_mut().filter(|link| link.path == path)?;
        let former = older.former.as_mut()?;
        Some((&mut former.sent, &mut former.received))
    }

    /// The addresses of which authenticated checks came before the other side's credentials did, as the
    /// peer-reflexive candidates that they may become. Their username fragment is what the sender claims.
    pub fn early_candidates(&self) -> impl Iterator<Item = Candidate> + '_ {
        self.current.early.iter().map(|check| Candidate {
            foundation: String::new(),
            component: COMPONENT,
            protocol: self.streams.protocol(check.path.socket),
            priority: check.priority,
            address: check.path.remote,
            name: None,
            kind: CandidateKind::PeerReflexive,
            related: None,
            tcp_type: self.streams.kind(check.path.socket).map(Self::opposite),
            ufrag: Some(check.remote_ufrag.clone()),
            url: None,
            relay_protocol: None,
        })
    }

    pub(super) fn pair_stats(&self) -> impl Iterator<Item = PairStats> + '_ {
        let older = self.link.as_ref().filter(|link| link.generation != self.current.number);
        let current = self.current.checklist.pairs().iter().map(|pair| self.stats_of(pair));
        older.and_then(|link| link.former.as_deref().cloned()).into_iter().chain(current)
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
            selected: in_use.is_some_and(|link| link.pair == pair.id),
            priority: pair.priority,
            current_rtt: pair.traffic.current_rtt,
            total_rtt: pair.traffic.total_rtt,
            requests_sent: pair.traffic.requests_sent,
            requests_received: pair.traffic.requests_received,
            responses_sent: pair.traffic.responses_sent,
            responses_received: pair.traffic.responses_received,
            consent_requests_sent: pair.traffic.consent_requests_sent,
            sent: pair.traffic.sent,
            received: pair.traffic.received,
        }
    }
}
