//! Connectivity checks: pairs are formed, checked, and their answers read
//! ([RFC 8445, sections 6.1.2 and 7.2](https://www.rfc-editor.org/rfc/rfc8445#section-7.2)).

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use base::Path;
use stun_types::message::{Message, MessageClass, TransactionId};

use super::gather::is_link_local;
use super::{Agent, COMPONENT};
use crate::checklist::PendingCheck;
use crate::pair::{self, Pair, Traffic};
use crate::stun::Check;
use crate::transaction::{Step, Transaction};
use crate::{
    Candidate, CandidateKind, PairState, Protocol, Role, TcpType, TransportState, bad_port, candidate, stun,
};

/// RFC 8445, section 7.3.1.1.
pub(super) const ROLE_CONFLICT: u16 = 487;

/// What a check is for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Purpose {
    /// It nominates its pair.
    pub(super) use_candidate: bool,
    /// It keeps a backup open, or looks for one.
    pub(super) is_backup: bool,
}

impl Agent {
    /// A candidate of the other side, of the current generation. Those that cannot be used are ignored: of
    /// another protocol or component, of another generation, at an address where the peer may not be or, over TCP, at a
    /// port that belongs to something else, twice, or over the limit.
    pub fn add_remote_candidate(&mut self, now: Instant, mut candidate: Candidate) {
        self.seen = Some(now);
        candidate.address = candidate::canonical(candidate.address);
        let other_generation = match (&candidate.ufrag, &self.current.remote) {
            (Some(ufrag), Some(remote)) => ufrag != remote.ufrag(),
            _ => false,
        };
        if self.state == TransportState::Closed
            || other_generation
            || !is_reachable(&candidate)
            || candidate.component != COMPONENT
            || !candidate::is_usable(candidate.address)
        {
            self.counters.candidates_ignored += 1;
            return;
        }
        // webrtc-pc, "administratively prohibited": nobody is told, it is as if the address did not answer.
        let is_prohibited = candidate.protocol == Protocol::Tcp && bad_port::is_bad(candidate.address.port());
        if is_prohibited || !self.config.remote_addresses.allows(candidate.address.ip()) {
            self.counters.candidates_refused += 1;
            return;
        }
        if self.current.remote.is_some() {
            self.take_remote_candidate(candidate);
        } else if self.current.waiting.len() < self.config.max_remote_candidates {
            self.current.waiting.push(candidate);
        } else {
            self.counters.candidates_ignored += 1;
        }
        self.settle(now);
    }

    /// The other side has no more candidates in this generation
    /// ([RFC 8838, section 14](https://www.rfc-editor.org/rfc/rfc8838#section-14)).
    pub fn remote_end_of_candidates(&mut self, now: Instant) {
        self.seen = Some(now);
        self.current.remote_ended = true;
        self.settle(now);
    }

    pub(super) fn take_remote_candidate(&mut self, mut candidate: Candidate) {
        // Only a check makes a candidate peer-reflexive; whoever signals one means what it is to the NAT.
        if candidate.kind == CandidateKind::PeerReflexive {
            candidate.kind = CandidateKind::ServerReflexive;
        }
        let (_, signalled) = self.current.count_remotes();
        match self.current.remote_by_address(candidate.address, candidate.protocol) {
            Some(index) if self.current.remotes[index].kind == CandidateKind::PeerReflexive => {
                // RFC 8838, section 11: now we know what it really is.
                self.current.remotes[index] = candidate;
                self.rank_pairs();
            }
            None if signalled < self.config.max_remote_candidates => {
                self.current.remotes.reserve_exact(1);
                self.current.remotes.push(candidate);
                let remote = self.current.remotes.len() - 1;
                self.pair_remote(remote);
            }
            _ => self.counters.candidates_ignored += 1,
        }
    }

    fn pair_remote(&mut self, remote: usize) {
        // A lite agent has the pairs that the other side nominates.
        let locals = if self.config.lite { 0 } else { self.current.locals.len() };
        for local in 0..locals {
            self.form_pair(local, remote);
        }
    }

    /// Pairs a local host candidate with a remote candidate, if they can reach each other
    /// ([RFC 8445, section 6.1.2.2](https://www.rfc-editor.org/rfc/rfc8445#section-6.1.2.2)). What is derived
    /// from a host candidate would be redundant with it (section 6.1.2.4).
    pub(super) fn form_pair(&mut self, local: usize, remote: usize) -> Option<u64> {
        let ours = &self.current.locals[local];
        let host = self.host_socket(ours.socket)?;
        // The candidate may show an external address.
        let base = host.address;
        let theirs = self.current.remotes[remote].address;
        let reachable = base.is_ipv4() == theirs.is_ipv4()
            && (base.is_ipv4() || is_link_local(base.ip()) == is_link_local(theirs.ip()));
        let matching = Self::protocols_match(&ours.candidate, &self.current.remotes[remote]);
        if !ours.candidate.kind.is_base() || !reachable || !matching {
            return None;
        }
        let path = Path { socket: host.socket, remote: scoped(base, theirs) };
        if let Some(known) = self.current.checklist.by_path(path) {
            return Some(known.id);
        }
        let id = self.next_pair;
        self.next_pair += 1;
        let pair = Pair {
            id,
            local,
            mapped: None,
            remote,
            path,
            priority: self.pair_priority(local, remote),
            foundation: self.pair_foundation(local, remote),
            state: PairState::Frozen,
            nominated: false,
            nomination: 0,
            lost: None,
            preferred_since: None,
            consent_until: None,
            checked: None,
            searched: false,
            traffic: Traffic::default(),
        };
        self.counters.pairs_over_limit += self.current.checklist.insert(pair, self.config.max_pairs);
        self.permit(path);
        self.current.checklist.pair(id).map(|pair| pair.id)
    }

    fn pair_priority(&self, local: usize, remote: usize) -> u64 {
        let local = self.current.locals[local].candidate.priority;
        pair::priority(self.role, local, self.current.remotes[remote].priority)
    }

    fn pair_foundation(&self, local: usize, remote: usize) -> String {
        let local = &self.current.locals[local].candidate.foundation;
        format!("{local}:{}", self.current.remotes[remote].foundation)
    }

    /// Computes all priorities again: the role changed, or a candidate turned out to be another.
    pub(super) fn rank_pairs(&mut self) {
        for index in 0..self.current.checklist.pairs().len() {
            let Pair { local, remote, .. } = self.current.checklist.pairs()[index];
            let (priority, foundation) =
                (self.pair_priority(local, remote), self.pair_foundation(local, remote));
            let pair = &mut self.current.checklist.pairs_mut()[index];
            pair.priority = priority;
            pair.foundation = foundation;
        }
        let ranked = self.link_pair().map(|pair| (pair.priority, self.current.remotes[pair.remote].clone()));
        if let (Some(link), Some((priority, remote))) = (&mut self.link, ranked) {
            link.priority = priority;
            link.remote = remote;
        }
    }

    /// The pair that the next slot belongs to.
    pub(super) fn next_check(&self) -> Option<u64> {
        let checklist = &self.current.checklist;
        match self.role {
            _ if self.current.remote.is_none() || self.config.lite => None,
            _ if !self.is_concluded() => checklist.next(),
            // RFC 8445, section 7.3.1.5: what the controlling side nominates is checked even now.
            Role::Controlled => checklist.next_nominated(),
            Role::Controlling => None,
        }
    }

    /// Whether there is a selected pair of this generation that works, so that nothing is left to check
    /// ([RFC 8445, section 8.1.2](https://www.rfc-editor.org/rfc/rfc8445#section-8.1.2)).
    pub(super) fn is_concluded(&self) -> bool {
        self.link.as_ref().is_some_and(|link| {
            link.selected && link.generation == self.current.number && !link.consent.is_lost()
        })
    }

    pub(super) fn send_check(&mut self, now: Instant, pair: u64, use_candidate: bool) {
        let Some(path) = self.current.checklist.pair(pair).map(|pair| pair.path) else { return };
        if !self.has_stream_for(now, pair, path) {
            return;
        }
        let waits = match self.streams.protocol(path.socket) {
            Protocol::Udp => {
                let patience = self.current.checklist.patience(&self.config);
                // One check carries one datagram: the next one follows as soon as Ta allows.
                let wait = if self.has_more_to_carry() { patience.min(self.config.pacing) } else { patience };
                (wait, self.config.check_schedule(wait))
            }
            Protocol::Tcp => (self.stream_patience(pair, path), (1, Duration::ZERO)),
        };
        self.send_check_by(now, pair, Purpose { use_candidate, is_backup: false }, waits);
    }

    /// Sends a check that waits so long, is sent so often, and waits so long after the last time.
    pub(super) fn send_check_by(
        &mut self,
        now: Instant,
        pair: u64,
        Purpose { use_candidate, is_backup }: Purpose,
        (wait, schedule): (Duration, (u32, Duration)),
    ) {
        let Some((path, id, request)) = self.write_check(now, pair, self.role, use_candidate) else { return };
        // RFC 8445, section 7.3.1.4: a triggered check takes the place of one on its way, whose answer still counts.
        if let Some(check) = self.current.checklist.like(pair, self.role, use_candidate) {
            check.is_backup = is_backup;
            check.transaction.replace(now, id, request);
            check.transaction.begin_again(now, wait, schedule);
            return self.current.checklist.begun(pair);
        }
        let mut transaction = Transaction::new(now, (id, request), path, wait);
        transaction.begin_again(now, wait, schedule);
        self.current.checklist.cancel(pair);
        let role = self.role;
        self.current.checklist.sent(PendingCheck { transaction, pair, role, use_candidate, is_backup });
    }

    /// Writes and sends a check of a pair: where it went, its id and what it was.
    fn write_check(
        &mut self,
        now: Instant,
        pair: u64,
        role: Role,
        use_candidate: bool,
    ) -> Option<(Path, TransactionId, Vec<u8>)> {
        let carried = self.carry_in_check();
        let (pair, remote) = (self.current.checklist.pair(pair)?, self.current.remote.as_ref()?);
        let (id, path) = (stun::transaction_id(&mut self.rng), pair.path);
        let check = Check {
            id,
            local: &self.current.local,
            remote,
            priority: self.reflexive_priority(pair.local),
            role,
            tie_breaker: self.tie_breaker,
            use_candidate,
            nomination: self.number_of(pair),
            carried,
        };
        let (pair, request) = (pair.id, check.write());
        self.send_request(path, request.clone());
        if let Some(pair) = self.current.checklist.pair_mut(pair) {
            pair.traffic.requests_sent += 1;
            pair.checked = Some(now);
        }
        Some((path, id, request))
    }

    fn send_request(&mut self, path: Path, request: Vec<u8>) {
        if self.queue(path, request) {
            self.counters.requests_sent += 1;
        }
    }

    /// RFC 8445, section 7.1.1: the priority of a peer-reflexive candidate that this check would reveal.
    pub(super) fn reflexive_priority(&self, local: usize) -> u32 {
        let local = &self.current.locals[local];
        let (kind, preference) = (CandidateKind::PeerReflexive, local.local_preference);
        match local.candidate.protocol {
            Protocol::Udp => candidate::priority(kind, preference, COMPONENT),
            Protocol::Tcp => candidate::tcp_priority(kind, preference, COMPONENT),
        }
    }

    pub(super) fn run_checks(&mut self, now: Instant) {
        let mut index = 0;
        while let Some(check) = self.current.checklist.pending_mut().get_mut(index) {
            match check.transaction.step(now) {
                Step::Wait => index += 1,
                Step::Resend => {
                    let (pair, role, use_candidate) = (check.pair, check.role, check.use_candidate);
                    if let Some((_, id, request)) = self.write_check(now, pair, role, use_candidate)
                        && let Some(check) = self.current.checklist.pending_mut().get_mut(index)
                    {
                        check.transaction.replace(now, id, request);
                    }
                    index += 1;
                }
                Step::GiveUp => {
                    let check = self.current.checklist.pending_mut().remove(index);
                    if self.check_failed(now, &check) {
                        self.stream_went_silent(now, check.pair, check.transaction.path);
                    }
                }
            }
        }
    }

    /// Whether the pair has failed with it.
    fn check_failed(&mut self, now: Instant, check: &PendingCheck) -> bool {
        // A newer check of the pair may be waiting or on its way: then that one decides.
        if self.current.checklist.has_pending(check.pair) {
            return false;
        }
        let Some(pair) = self.current.checklist.pair_mut(check.pair) else { return false };
        // A pair that is kept open and did not answer for as long as its consent lasts.
        let is_lost = pair.state == PairState::Succeeded && !pair.is_valid(now);
        let has_failed = pair.state == PairState::InProgress || is_lost || check.use_candidate;
        if has_failed {
            pair.state = PairState::Failed;
        }
        has_failed
    }

    pub(super) fn handle_response(&mut self, now: Instant, path: Path, message: &Message<'_>) {
        let id = message.transaction_id();
        if self.gatherer.is_pending(id) {
            self.handle_server_response(now, path, message);
        } else if self.link.as_ref().is_some_and(|link| link.consent.is_outstanding(id)) {
            self.handle_consent_response(now, path, message);
        } else if let Some(check) = self.current.checklist.pending(id) {
            let symmetric = check.transaction.path == path;
            // RFC 8445, section 7.2.5.2.1, would let a response from elsewhere fail the pair. Anyone could
            // send one, so it is ignored, and the pair fails by itself if nothing better comes.
            if !symmetric {
                self.counters.dropped_asymmetric += 1;
            } else if !self.current.remote.as_ref().is_some_and(|remote| remote.authenticates(message)) {
                self.counters.dropped_unauthenticated += 1;
            } else {
                self.handle_check_response(now, message);
            }
        } else {
            self.counters.dropped_unknown_transaction += 1;
        }
    }

    fn handle_check_response(&mut self, now: Instant, message: &Message<'_>) {
        let id = message.transaction_id();
        let mapped = stun::mapped_address(message).map(candidate::canonical);
        match (message.class(), mapped) {
            (MessageClass::Success, Some(mapped)) => {
                let Some(check) = self.current.checklist.take_pending(id) else { return };
                self.counters.responses_received += 1;
                self.take_carried(check.transaction.path, message);
                self.check_succeeded(now, &check, check.transaction.rtt(now, id), mapped);
            }
            (MessageClass::Success, None) => self.counters.dropped_malformed += 1,
            _ => {
                let Some(check) = self.current.checklist.take_pending(id) else { return };
                self.counters.responses_received += 1;
                let code = stun::error_code(message).map_or(0, |(code, _)| code);
                // RFC 8445, section 7.2.5.1: take the other role than the request had, and try again.
                let repaired = code == ROLE_CONFLICT
                    && (check.role != self.role || self.repair_role(check.role.reversed()));
                if repaired {
                    self.current.checklist.trigger(check.pair);
                } else {
                    self.check_failed(now, &check);
                }
            }
        }
    }

    /// RFC 8445, section 7.2.5.3.
    fn check_succeeded(
        &mut self,
        now: Instant,
        check: &PendingCheck,
        rtt: Option<Duration>,
        mapped: SocketAddr,
    ) {
        let until = now + self.config.consent_lifetime;
        let Some(pair) = self.current.checklist.pair_mut(check.pair) else { return };
        pair.state = PairState::Succeeded;
        pair.consent_until = Some(until);
        pair.traffic.answered(rtt);
        let (id, path, nominated, foundation) = (pair.id, pair.path, pair.nominated, pair.foundation.clone());
        self.current.checklist.untrigger(id);
        self.current.checklist.cancel(id);
        self.current.checklist.unfreeze(&foundation);
        self.current.validate(path);
        self.current.first_valid.get_or_insert(now);
        self.learn_mapped(id, mapped);
        if let Some(link) = &mut self.link
            && link.generation == self.current.number
            && link.pair == id
        {
            link.consent.renew(now, &self.config);
        }
        if check.use_candidate && check.role == self.role && self.is_last_nomination(id) {
            self.select(now, id);
        } else if nominated && !check.is_backup {
            self.consider_nominated(now, id);
        }
    }

    /// RFC 8445, section 7.2.5.3.1: what the peer sees may be a new, peer-reflexive candidate of ours.
    fn learn_mapped(&mut self, id: u64, mapped: SocketAddr) {
        let Some(pair) = self.current.checklist.pair(id) else { return };
        let (local, path) = (pair.local, pair.path);
        let base = &self.current.locals[local].candidate;
        let index = match self.current.local_by_address(path.socket, mapped) {
            Some(index) => Some(index),
            None if same_but_scope(base.address, mapped) => Some(local),
            None => self.host_socket(path.socket).copied().and_then(|host| {
                let foundation = format!("p{}", self.current.locals.len());
                let kind = CandidateKind::PeerReflexive;
                let mut candidate = self.local_candidate(host, kind, mapped, foundation);
                candidate.related = self.related(host.address);
                self.over_tcp(&mut candidate, host);
                self.add_local(host, candidate)
            }),
        };
        if let Some(pair) = self.current.checklist.pair_mut(id) {
            pair.mapped = index;
        }
    }
}

/// Whether checks can be sent to a candidate: over TCP, if it waits for somebody to connect.
fn is_reachable(candidate: &Candidate) -> bool {
    match candidate.protocol {
        Protocol::Udp => candidate.tcp_type.is_none(),
        Protocol::Tcp => candidate.tcp_type == Some(TcpType::Passive),
    }
}

/// A link-local address is reached through the interface of the socket.
fn scoped(base: SocketAddr, remote: SocketAddr) -> SocketAddr {
    match (base, remote) {
        (SocketAddr::V6(base), SocketAddr::V6(mut remote)) => {
            if is_link_local(IpAddr::V6(*remote.ip())) && remote.scope_id() == 0 {
                remote.set_scope_id(base.scope_id());
            }
            remote.into()
        }
        _ => remote,
    }
}

fn same_but_scope(one: SocketAddr, other: SocketAddr) -> bool {
    one.ip() == other.ip() && one.port() == other.port()
}
