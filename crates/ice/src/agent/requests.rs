//! Checks that come in ([RFC 8445, section 7.3](https://www.rfc-editor.org/rfc/rfc8445#section-7.3)).

use std::sync::Arc;
use std::time::Instant;

use base::Path;
use stun_types::message::Message;

use super::checks::ROLE_CONFLICT;
use super::generation::EarlyCheck;
use super::{Agent, COMPONENT, Outgoing, embed};
use crate::pair::Pair;
use crate::stun::{IceControlled, IceControlling, Nomination, Priority, Side, USE_CANDIDATE};
use crate::{Candidate, CandidateKind, Event, PairState, Role, stun};

/// RFC 8489, section 14.8.
const BAD_REQUEST: u16 = 400;
const UNKNOWN_ATTRIBUTE: u16 = 420;
/// Repairs of role conflicts in one generation. A peer that goes on is answered with errors, and its own errors
/// count as failed checks.
const MAX_ROLE_REPAIRS: u32 = 4;

impl Agent {
    pub(super) fn handle_request(&mut self, now: Instant, path: Path, message: &Message<'_>) {
        if !self.config.remote_addresses.allows(path.remote.ip()) {
            self.counters.dropped_refused += 1;
            return;
        }
        // Without authentication there is no answer, so that nobody can be made to send anything anywhere.
        let Some((side, is_current, remote_ufrag)) = self.authenticate(message) else {
            self.counters.dropped_unauthenticated += 1;
            return;
        };
        self.counters.requests_received += 1;
        // A transport that failed stays so until it is restarted; answering would tell the peer otherwise.
        if self.failed {
            self.counters.dropped_unexpected += 1;
            return;
        }
        if is_current && self.is_barred(path) {
            // An answer would show an address that is not to be known.
            self.counters.dropped_unexpected += 1;
            return;
        }
        let id = message.transaction_id();
        let unknown = stun::unknown_attributes(message);
        if !unknown.is_empty() {
            let datagram = stun::error(id, UNKNOWN_ATTRIBUTE, &unknown, &side);
            self.queue(path, datagram);
            return;
        }
        if !is_current {
            // A restart is under way, and the peer still asks for consent to use the old pair.
            self.respond(path, message, &side);
            return;
        }
        // RFC 8445, section 7.1.1: a check always carries its priority.
        let Ok(Priority(priority)) = message.attribute::<Priority>() else {
            self.queue(path, stun::error(id, BAD_REQUEST, &[], &side));
            return;
        };
        if self.has_role_conflict(message) {
            self.queue(path, stun::error(id, ROLE_CONFLICT, &[], &side));
            return;
        }
        self.take_carried(path, message);
        self.respond(path, message, &side);
        let use_candidate = message.has_attribute(USE_CANDIDATE);
        let nomination = message.attribute::<Nomination>().map_or(0, |Nomination(number)| number);
        let check = EarlyCheck { path, priority, use_candidate, nomination, remote_ufrag };
        if self.current.remote.as_ref().is_some_and(|remote| remote.ufrag() == check.remote_ufrag) {
            self.take_check(now, &check);
        } else {
            self.keep_early(check);
        }
    }

    /// Whose password the request was made with, and the fragment that the sender claims.
    fn authenticate(&self, message: &Message<'_>) -> Option<(Arc<Side>, bool, String)> {
        let (receiver, sender) = stun::username(message)?;
        let current = &self.current.local;
        let older = self.link.as_ref().map(|link| &link.local_side);
        let side = [current].into_iter().chain(older).find(|side| side.ufrag() == receiver)?;
        side.authenticates(message).then(|| (side.clone(), Arc::ptr_eq(side, current), sender))
    }

    fn respond(&mut self, path: Path, message: &Message<'_>, side: &Arc<Side>) {
        let room = embed::room_in_answer(message);
        let answer = Outgoing::Success { id: message.transaction_id(), side: side.clone(), room };
        if self.queue_outgoing(path, answer) {
            self.counters.responses_sent += 1;
            if let Some(pair) = self.current.checklist.by_path_mut(path) {
                pair.traffic.responses_sent += 1;
            }
        }
    }

    /// RFC 8445, section 7.3.1.1: with the same role on both sides, the higher tie-breaker controls. True if
    /// the other side is the one to change.
    fn has_role_conflict(&mut self, message: &Message<'_>) -> bool {
        let theirs = match self.role {
            Role::Controlling => message.attribute::<IceControlling>().map(|IceControlling(value)| value),
            Role::Controlled => message.attribute::<IceControlled>().map(|IceControlled(value)| value),
        };
        let Ok(theirs) = theirs else { return false };
        let ours_wins = self.tie_breaker >= theirs;
        let we_change = ours_wins == (self.role == Role::Controlled);
        !(we_change && self.repair_role(self.role.reversed()))
    }

    /// Takes the other role. Between honest agents once is enough, as tie-breakers do not change; false if it
    /// was done too often.
    pub(super) fn repair_role(&mut self, role: Role) -> bool {
        if self.config.lite || self.current.role_repairs >= MAX_ROLE_REPAIRS {
            return false;
        }
        self.current.role_repairs += 1;
        self.counters.role_conflicts += 1;
        self.take_role(role);
        self.events.push_back(Event::Role(role));
        true
    }

    pub(super) fn take_role(&mut self, role: Role) {
        self.role = role;
        self.nominate_at = None;
        self.current.nominee = None;
        // A nomination under the other role means nothing any more; its answer still proves the pair.
        for check in self.current.checklist.pending_mut() {
            check.use_candidate = false;
        }
        self.rank_pairs();
    }

    fn keep_early(&mut self, check: EarlyCheck) {
        if let Some(known) = self.current.early.iter_mut().find(|known| known.is_repeated_by(&check)) {
            let use_candidate = known.use_candidate || check.use_candidate;
            let nomination = known.nomination.max(check.nomination);
            *known = EarlyCheck { use_candidate, nomination, ..check };
        } else if self.current.early.len() < self.config.max_early_checks {
            self.current.validate(check.path);
            self.current.early.push(check);
        } else {
            self.counters.dropped_over_limit += 1;
        }
    }

    /// RFC 8445, sections 7.3.1.3 to 7.3.1.5.
    pub(super) fn take_check(&mut self, now: Instant, check: &EarlyCheck) {
        self.streams.note(check.path);
        if self.config.lite {
            return self.take_check_as_lite(now, check);
        }
        let pair = self.current.checklist.by_path(check.path).map(|pair| pair.id);
        let Some(id) = pair.or_else(|| self.learn_remote(now, check)) else {
            self.counters.dropped_over_limit += 1;
            return;
        };
        self.current.validate(check.path);
        let concluded = self.is_concluded();
        // USE-CANDIDATE from a controlled agent has no meaning.
        let nominated = self.role == Role::Controlled && self.is_nomination(now, id, check);
        let Some(pair) = self.current.checklist.pair_mut(id) else { return };
        pair.traffic.requests_received += 1;
        pair.nominated |= nominated;
        let state = pair.state;
        if nominated {
            self.note_nomination(now, id);
        }
        match state {
            PairState::Succeeded if nominated && self.has_recent_answer(now, id) => {
                self.consider_nominated(now, id);
            }
            PairState::Succeeded if !nominated => {}
            _ if concluded && !nominated => self.revive_backup(now, id),
            _ => {
                self.current.checklist.cancel(id);
                self.current.checklist.trigger(id);
            }
        }
    }

    /// RFC 8445, section 7.3.1.3: the source of an authenticated check is a candidate.
    pub(super) fn learn_remote(&mut self, now: Instant, check: &EarlyCheck) -> Option<u64> {
        let local = self.current.host(check.path.socket)?;
        let address = check.path.remote;
        let protocol = self.streams.protocol(check.path.socket);
        if let Some(remote) = self.current.remote_by_address(address, protocol) {
            return self.form_pair(local, remote);
        }
        let (reflexive, _) = self.current.count_remotes();
        let has_room = reflexive < self.config.max_peer_reflexive;
        let former = if has_room { None } else { Some(self.take_former_remote(now)?) };
        let remote = former.unwrap_or(self.current.remotes.len());
        let candidate = Candidate {
            // Different from every foundation that can be signalled: "." is no ice-char.
            foundation: format!(".{remote}"),
            component: COMPONENT,
            protocol,
            priority: check.priority,
            address,
            name: None,
            kind: CandidateKind::PeerReflexive,
            related: None,
            tcp_type: self.streams.kind(check.path.socket).map(Self::opposite),
            ufrag: Some(check.remote_ufrag.clone()),
            url: None,
            relay_protocol: None,
        };
        match self.current.remotes.get_mut(remote) {
            Some(former) => *former = candidate,
            None => self.current.remotes.push(candidate),
        }
        self.form_pair(local, remote)
    }

    /// The peer-reflexive candidate that has been out of use for the longest time, without its pairs: one where the other
    /// side was, and is not any more. A NAT that forgets makes another one each time, for as long as a connection lasts.
    /// What never answered is not among them, so that checks from everywhere gain nothing.
    fn take_former_remote(&mut self, now: Instant) -> Option<usize> {
        let in_use = self.link_pair().map(|pair| pair.id);
        let checklist = &self.current.checklist;
        let is_over =
            |pair: &Pair| !pair.is_valid(now) && Some(pair.id) != in_use && !checklist.has_pending(pair.id);
        let last_checked = |remote: usize| {
            let pairs = || checklist.pairs().iter().filter(move |pair| pair.remote == remote);
            let was_there = pairs().any(|pair| pair.traffic.current_rtt.is_some());
            let checked = pairs().map(|pair| pair.checked).max().flatten();
            checked.filter(|_| was_there && pairs().all(is_over))
        };
        let reflexive = self.current.remotes.iter().enumerate();
        let reflexive = reflexive.filter(|(_, remote)| remote.kind == CandidateKind::PeerReflexive);
        let former = reflexive.filter_map(|(index, _)| Some((last_checked(index)?, index)));
        let (_, index) = former.min()?;
        self.current.remove_pairs_with(index);
        Some(index)
    }
}
