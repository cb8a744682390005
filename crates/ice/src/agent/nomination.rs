//! Which pair data goes over: nomination ([RFC 8445, section 8](https://www.rfc-editor.org/rfc/rfc8445#section-8))
//! and consent ([RFC 7675](https://www.rfc-editor.org/rfc/rfc7675)).

use std::time::{Duration, Instant};

use base::Path;
use stun_types::message::{Message, MessageClass};

use super::Agent;
use super::link::Link;
use crate::consent::Consent;
use crate::embedding::Carried;
use crate::pair::Pair;
use crate::stun::Check;
use crate::{CandidateKind, Event, PairState, Role, stun};

/// A pair over a relay is worth so many times the patience that a direct one is.
const RELAY_PATIENCE: u32 = 10;
/// How long the controlling side must nominate another pair, and never the one in use, to be followed to a pair
/// of lower priority. Chromium nominates its pair again every 0.9 to 2.5 s.
const FOLLOW_AFTER: Duration = Duration::from_secs(3);

impl Agent {
    /// The pair in use, if it belongs to this generation.
    pub(super) fn link_pair(&self) -> Option<&Pair> {
        let link = self.link.as_ref().filter(|link| link.generation == self.current.number)?;
        self.current.checklist.pair(link.pair)
    }

    /// Before a pair is selected, and when the selected one is lost, data goes over the best that works. The other side may
    /// not have noticed yet, and takes data from every pair.
    pub(super) fn refresh_link(&mut self, now: Instant) {
        if self.is_idle() {
            return;
        }
        let Some(best) = self.current.checklist.best_valid(now) else { return };
        let takes = match &self.link {
            None => true,
            // The pair of before the restart carries data until the new one is selected, if it works.
            Some(link) if link.generation != self.current.number => link.consent.is_lost(),
            Some(link) if link.pair == best.id => false,
            Some(link) if link.selected => link.consent.is_lost(),
            Some(link) => best.priority > link.priority || link.consent.is_lost(),
        };
        if takes {
            let id = best.id;
            self.link = self.make_link(now, id, false);
            self.announce_link();
        }
    }

    /// webrtc-pc, selected candidate pair: the one "on which packets are sent", nominated or not yet.
    fn announce_link(&mut self) {
        if let Some(link) = &self.link {
            let (local, remote) = (Box::new(link.local.clone()), Box::new(link.remote.clone()));
            self.events.push_back(Event::SelectedPair { local, remote });
        }
    }

    fn make_link(&mut self, now: Instant, id: u64, selected: bool) -> Option<Link> {
        let pair = self.current.checklist.pair(id)?;
        let remote_side = self.current.remote.clone()?;
        let expires = pair.consent_until.unwrap_or(now + self.config.consent_lifetime);
        Some(Link {
            generation: self.current.number,
            pair: id,
            priority: pair.priority,
            path: pair.path,
            local: self.current.locals[pair.mapped.unwrap_or(pair.local)].candidate.clone(),
            remote: self.current.remotes[pair.remote].clone(),
            local_side: self.current.local.clone(),
            remote_side,
            check_priority: self.reflexive_priority(pair.local),
            selected,
            concludes: selected.then_some(now + self.config.conclusion),
            followed: false,
            former: None,
            consent: Consent::new(now, expires, &self.config, &mut self.rng)
                .with_rtt(pair.traffic.current_rtt),
        })
    }

    /// Regular nomination: the controlling side picks a pair that works and says so in one more check
    /// ([RFC 8445, section 8.1.1](https://www.rfc-editor.org/rfc/rfc8445#section-8.1.1)).
    pub(super) fn nominate(&mut self, now: Instant) {
        self.nominate_at = None;
        let busy = self.is_concluded() || self.is_idle() || self.is_nominating(now);
        if self.role != Role::Controlling || busy {
            return;
        }
        let Some(best) = self.current.checklist.best_valid(now) else { return };
        let (id, kind) = (best.id, self.kind_rank(best));
        let may_improve =
            self.current.checklist.pairs().iter().any(|pair| {
                pair.is_unresolved() && pair.priority > best.priority && self.kind_rank(pair) > kind
            });
        let patience = match kind {
            0 => self.config.nomination_patience * RELAY_PATIENCE,
            _ => self.config.nomination_patience,
        };
        let until = self.current.first_valid.unwrap_or(now) + patience;
        if may_improve && now < until {
            self.nominate_at = Some(until);
            return;
        }
        // Not paced: there is one nomination at a time, to an address that just answered.
        self.send_nomination(now, id);
    }

    /// Relayed, through a NAT, on the same network.
    fn kind_rank(&self, pair: &Pair) -> u8 {
        if self.current.locals[pair.local].candidate.kind == CandidateKind::Relayed {
            return 0;
        }
        match self.current.remotes[pair.remote].kind {
            CandidateKind::Relayed => 0,
            CandidateKind::ServerReflexive | CandidateKind::PeerReflexive => 1,
            CandidateKind::Host => 2,
        }
    }

    /// The controlled side: a check with USE-CANDIDATE came on this pair.
    pub(super) fn note_nomination(&mut self, now: Instant, id: u64) {
        // Where nominations have numbers, the last one alone counts.
        if self.current.nominee.is_some() {
            return;
        }
        let is_in_use = self.link_pair().is_some_and(|pair| pair.id == id);
        if is_in_use {
            self.forget_preferences();
            return;
        }
        if let Some(pair) = self.current.checklist.pair_mut(id) {
            pair.preferred_since.get_or_insert(now);
        }
        // It may have lost the pair in use, and we not know it yet.
        if let Some(link) = self.link.as_mut().filter(|link| link.selected) {
            link.consent.suspect(now, &self.config);
        }
    }

    fn forget_preferences(&mut self) {
        for pair in self.current.checklist.pairs_mut() {
            pair.preferred_since = None;
        }
    }

    /// Whether the pair in use, or one that answered so lately that its consent outlasts the next check.
    pub(super) fn has_recent_answer(&self, now: Instant, id: u64) -> bool {
        let age_limit = self.config.consent_lifetime.saturating_sub(self.config.consent_interval);
        let pair = self.current.checklist.pair(id);
        self.link_pair().is_some_and(|pair| pair.id == id)
            || pair.and_then(|pair| pair.consent_until).is_some_and(|until| now + age_limit < until)
    }

    /// The controlled side: the pair works and was nominated.
    ///
    /// Of several nominated pairs the one with the highest priority is selected (RFC 8445, section 8.1.1). But
    /// a controlling side may have its own reasons, such as the cost of a network, and nominate the pair of
    /// its choice again and again: then it is followed, slowly enough that no sequence of nominations makes
    /// data jump to and fro.
    pub(super) fn consider_nominated(&mut self, now: Instant, id: u64) {
        if self.current.nominee.is_some() {
            return self.follow(now);
        }
        let Some(pair) = self.current.checklist.pair(id) else { return };
        let selected =
            self.link.as_ref().filter(|link| link.selected && link.generation == self.current.number);
        let Some(link) = selected.filter(|link| link.pair != id && !link.consent.is_lost()) else {
            return self.select(now, id);
        };
        let is_preferred = pair.preferred_since.is_some_and(|since| now >= since + FOLLOW_AFTER);
        let is_higher = pair.priority > link.priority;
        if is_preferred || is_higher && !link.followed {
            self.select(now, id);
            if let Some(link) = &mut self.link {
                link.followed = !is_higher;
            }
        }
    }

    pub(super) fn select(&mut self, now: Instant, id: u64) {
        let Some(pair) = self.current.checklist.pair_mut(id) else { return };
        pair.nominated = true;
        let in_use =
            self.link.as_mut().filter(|link| link.pair == id && link.generation == self.current.number);
        match in_use {
            Some(link) if link.selected => return,
            Some(link) => {
                link.selected = true;
                link.concludes = Some(now + self.config.conclusion);
            }
            None => {
                self.link = self.make_link(now, id, true);
                self.announce_link();
            }
        }
        self.forget_preferences();
        self.current.checklist.cancel_all_but_nominated();
    }

    pub(super) fn run_consent(&mut self, now: Instant) {
        let Some(link) = &mut self.link else { return };
        if now >= link.consent.expires() {
            // RFC 7675, section 5.1: without consent, nothing is sent any more.
            // One that was never selected has only stood in for a better one, which may still be found.
            let is_final = link.generation == self.current.number && link.selected;
            self.lose_link(now);
            self.refresh_link(now);
            self.failed |= is_final && self.link.is_none();
            return;
        }
        let is_lost = link.consent.update(now, &self.config) && link.generation == self.current.number;
        if is_lost && !self.config.lite {
            let id = link.pair;
            self.current.checklist.recheck(None, self.role);
            self.note_loss(now, id);
        }
    }

    pub(super) fn ask_for_consent(&mut self, now: Instant) {
        let Some(link) = self.link.as_mut().filter(|link| link.consent.is_check_due(now, &self.config))
        else {
            return;
        };
        let id = stun::transaction_id(&mut self.rng);
        let is_current = link.generation == self.current.number;
        let pair = self.current.checklist.pair(link.pair).filter(|_| is_current && self.renomination);
        let nomination = pair.map_or(0, |pair| pair.nomination);
        // It says again which pair it is, as libwebrtc does: a NAT that was restarted may have made another one of it in
        // the eyes of the other side.
        let is_ours = self.role == Role::Controlling && link.selected;
        let check = Check {
            id,
            local: &link.local_side,
            remote: &link.remote_side,
            priority: link.check_priority,
            role: self.role,
            tie_breaker: self.tie_breaker,
            use_candidate: is_ours && is_current,
            nomination,
            carried: Carried::default(),
        };
        let (path, request) = (link.path, check.write());
        link.consent.sent(now, id, &self.config, &mut self.rng);
        if let Some(former) = &mut link.former {
            former.consent_requests_sent += 1;
        }
        if self.queue(path, request) {
            self.counters.requests_sent += 1;
            self.update_link_pair(|pair| pair.traffic.consent_requests_sent += 1);
        }
    }

    pub(super) fn handle_consent_response(&mut self, now: Instant, path: Path, message: &Message<'_>) {
        let Some(link) = &mut self.link else { return };
        if link.path != path {
            self.counters.dropped_asymmetric += 1;
            return;
        }
        if !link.remote_side.authenticates(message) {
            self.counters.dropped_unauthenticated += 1;
            return;
        }
        self.counters.responses_received += 1;
        // An error is no consent. RFC 8445 has none for a consent check but a late role conflict, which the
        // peer's own checks repair.
        if message.class() != MessageClass::Success {
            return;
        }
        let rtt = link.consent.answered(now, message.transaction_id(), &self.config);
        let until = link.consent.expires();
        if let Some(former) = &mut link.former {
            former.current_rtt = rtt;
        }
        self.update_link_pair(|pair| {
            pair.traffic.answered(rtt);
            pair.consent_until = Some(until);
            pair.state = PairState::Succeeded;
        });
    }

    fn update_link_pair(&mut self, update: impl FnOnce(&mut Pair)) {
        let Some(id) = self.link_pair().map(|pair| pair.id) else { return };
        if let Some(pair) = self.current.checklist.pair_mut(id) {
            update(pair);
        }
    }

    /// The pair in use is gone: whatever else works takes over, and everything is checked again.
    pub(super) fn lose_link(&mut self, now: Instant) {
        let Some(link) = self.link.take() else { return };
        // Whoever has opened it opens another one.
        let may_return = self.give_up_stream(link.path);
        // If a restart is under way, its own patience decides.
        if link.generation != self.current.number {
            let pair = self.current.checklist.by_path(link.path).filter(|_| may_return).map(|pair| pair.id);
            pair.into_iter().for_each(|id| self.current.checklist.trigger(id));
            return;
        }
        self.lost_since.get_or_insert(now);
        if let Some(pair) = self.current.checklist.pair_mut(link.pair) {
            pair.consent_until = None;
            pair.nominated = false;
            pair.lost = Some(now);
            pair.state = PairState::Failed;
        }
        self.refresh_link(now);
        let in_use = self.link.as_ref().map(|link| link.pair);
        self.current.checklist.recheck(in_use, self.role);
    }
}
