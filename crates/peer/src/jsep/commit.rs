//! Setting a checked description (webrtc-pc, set a session description, steps 4.7.5 and 4.7.6). Cannot fail.

use session::{SessionPlan, TransportId};

use super::check::Checked;
use super::negotiation::{Mapping, Negotiation};
use super::parsed::Description;
use super::plan::role_after_offer;
use crate::{SdpType, SignalingState};

/// The numbers that our own mids stay below, as each takes an m-section that was negotiated.
const MAX_COUNTED_MID: u32 = 1 << 24;

impl Negotiation {
    /// Moves the description into its slot; the session's new plan, if it has one.
    pub(crate) fn commit(&mut self, remote: bool, checked: Checked) -> Option<SessionPlan> {
        let Checked { description, next_state, mapping, next_transport } = checked;
        let kind = description.public.kind;
        if kind == SdpType::Offer {
            self.next_transport = next_transport;
            let role = role_after_offer(remote, &description, self.is_ice_lite);
            for id in mapping.iter().flatten() {
                self.roles.entry(*id).or_insert(role);
            }
        }
        let plan = if remote {
            self.commit_remote(Box::new(description), mapping)
        } else {
            self.note_local(&description, &mapping);
            self.commit_local(Box::new(description), mapping)
        };
        self.state = next_state;
        self.mark_stale();
        if let Some(plan) = &plan {
            self.plan.clone_from(plan);
        }
        if kind != SdpType::Offer {
            self.note_associations();
        }
        if next_state == SignalingState::Stable {
            self.enter_stable();
        } else if kind == SdpType::Offer && !remote {
            // The offer is what was set just now.
            self.offer_is_stale = false;
        }
        plan
    }

    /// An answer is set.
    fn enter_stable(&mut self) {
        let sections = self.current_local.iter().flat_map(|description| &description.parsed.media);
        // The peer's mids are whatever they are; larger numbers than these are not met by counting.
        let numbers = sections.filter_map(|section| section.mid()?.parse::<u32>().ok());
        let highest = numbers.filter(|&number| number < MAX_COUNTED_MID).max();
        self.next_mid = self.next_mid.max(highest.map_or(0, |number| number + 1));
        self.stable_plan.clone_from(&self.plan);
        self.stable_transports.clone_from(&self.transports);
        self.offered.clear();
        self.fresh_transports.clear();
        // With their memory: there may never be others.
        self.last_offer = String::new();
        self.last_answer = String::new();
        self.offer_owners = Vec::new();
        let plan = &self.plan;
        self.roles.retain(|id, _| plan.transports.contains_key(id));
        self.tls_ids.retain(|id, _| plan.transports.contains_key(id));
        self.associations.retain(|id, _| plan.transports.contains_key(id));
        self.forget_replaced();
    }

    /// What a local description says of transports.
    fn note_local(&mut self, description: &Description, mapping: &Mapping) {
        self.fresh_sections.clear();
        for (index, id) in mapping.iter().enumerate() {
            let own = description.section(index).and_then(|section| section.tls_id());
            if let (Some(id), Some(tls_id)) = (id, own) {
                self.tls_ids.insert(*id, tls_id.to_owned());
            }
        }
    }

    fn commit_local(&mut self, mut description: Box<Description>, mapping: Mapping) -> Option<SessionPlan> {
        description.transports.clone_from(&mapping);
        // What was gathered since the description was created belongs into it: it will not be gathered again.
        let generations: Vec<(usize, TransportId, String)> = description
            .used()
            .filter_map(|(index, section)| {
                Some((index, mapping.get(index).copied()??, section.ice_ufrag()?.to_owned()))
            })
            .collect();
        for (index, id, ufrag) in &generations {
            for line in self.candidates_of(*id, ufrag) {
                description.add_local_attribute(*index, line);
            }
        }
        // RFC 9429, section 3.5.1: cleared by new credentials, in an offer or in an answer.
        let is_known = |id, ufrag: &str| self.locals().any(|local| local.describes(id, ufrag).is_some());
        if generations.iter().any(|(_, id, ufrag)| !is_known(*id, ufrag)) {
            self.needs_ice_restart = false;
        }
        match description.public.kind {
            // Step 4.7.5.1.
            SdpType::Offer => {
                let plan = self.plan_offer(&description, &mapping);
                self.offered = mapping;
                self.pending_local = Some(description);
                Some(plan)
            }
            // Step 4.7.5.3.
            SdpType::PrAnswer => {
                let remote = self.pending_remote.as_ref();
                let plan = remote.map(|remote| self.plan_answer(&description, remote, &mapping, false));
                self.transports = mapping;
                self.pending_local = Some(description);
                plan
            }
            // Step 4.7.5.2.
            _ => {
                let remote = self.pending_remote.take();
                let plan =
                    remote.as_ref().map(|remote| self.plan_answer(&description, remote, &mapping, true));
                self.transports = mapping;
                self.pending_local = None;
                self.current_local = Some(description);
                self.current_remote = remote;
                plan
            }
        }
    }

    fn commit_remote(&mut self, description: Box<Description>, mapping: Mapping) -> Option<SessionPlan> {
        match description.public.kind {
            // Step 4.7.6.1. Nothing flows before the application has answered.
            SdpType::Offer => {
                self.offered = mapping;
                self.pending_remote = Some(description);
                None
            }
            // Step 4.7.6.3.
            SdpType::PrAnswer => {
                let local = self.pending_local.as_ref();
                let plan = local.map(|local| self.plan_answer(local, &description, &mapping, false));
                self.transports = mapping;
                self.pending_remote = Some(description);
                plan
            }
            // Step 4.7.6.2.
            _ => {
                let local = self.pending_local.take();
                let plan = local.as_ref().map(|local| self.plan_answer(local, &description, &mapping, true));
                self.transports = mapping;
                self.pending_remote = None;
                self.current_local = local;
                self.current_remote = Some(description);
                plan
            }
        }
    }

    /// The end of steps 4.7.5.2 and 4.7.6.2: once none of the credentials to replace is in the local description,
    /// nothing remains to be replaced.
    fn forget_replaced(&mut self) {
        let current = self.current_local.as_ref().map(|local| local.all_credentials()).unwrap_or_default();
        if !current.iter().any(|credentials| self.must_replace(credentials)) {
            self.to_replace.clear();
        }
    }
}
