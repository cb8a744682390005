//! Setting a checked description (webrtc-pc, set a session description, steps 4.5.5 and 4.5.6). Cannot fail.

use ice::Credentials;
use session::SessionPlan;

use super::check::Checked;
use super::negotiation::Negotiation;
use super::parsed::Description;
use super::plan::role_after_offer;
use crate::{SdpType, SignalingState};

impl Negotiation {
    /// Moves the description into its slot; the session's new plan, if it has one.
    pub(crate) fn commit(&mut self, remote: bool, checked: Checked) -> Option<SessionPlan> {
        let Checked { description, next_state } = checked;
        let kind = description.public.kind;
        if kind == SdpType::Offer && description.data.is_some() && self.role.is_none() {
            self.role = Some(role_after_offer(remote, &description));
        }
        let plan = if remote { self.commit_remote(description) } else { self.commit_local(description) };
        self.state = next_state;
        self.mark_stale();
        if let Some(plan) = &plan {
            self.plan = Some(plan.clone());
        }
        if next_state == SignalingState::Stable {
            self.stable_plan = self.plan.clone();
            self.last_offer.clear();
            self.last_answer.clear();
            self.forget_replaced();
        } else if kind == SdpType::Offer && !remote {
            // The offer is what was set just now.
            self.offer_is_stale = false;
        }
        plan
    }

    fn commit_local(&mut self, mut description: Description) -> Option<SessionPlan> {
        // What was gathered since the description was created belongs into it: it will not be gathered again.
        if let Some((index, ufrag)) =
            description.data.as_ref().map(|data| (data.index, data.credentials.ufrag.clone()))
        {
            for line in self.candidates_of(&ufrag) {
                description.add_local_attribute(index, line);
            }
        }
        // RFC 9429, section 3.5.1: cleared by new credentials, in an offer or in an answer.
        if self.local().and_then(Description::ufrag) != description.ufrag() {
            self.needs_ice_restart = false;
        }
        match description.public.kind {
            // Step 4.5.5.1.
            SdpType::Offer => {
                let plan = self.plan_offer(&description);
                self.pending_local = Some(description);
                plan
            }
            // Step 4.5.5.3.
            SdpType::PrAnswer => {
                let plan =
                    self.pending_remote.as_ref().and_then(|remote| self.plan_answer(&description, remote));
                self.pending_local = Some(description);
                plan
            }
            // Step 4.5.5.2.
            _ => {
                let remote = self.pending_remote.take();
                let plan = remote.as_ref().and_then(|remote| self.plan_answer(&description, remote));
                self.pending_local = None;
                self.current_local = Some(description);
                self.current_remote = remote;
                plan
            }
        }
    }

    fn commit_remote(&mut self, description: Description) -> Option<SessionPlan> {
        match description.public.kind {
            // Step 4.5.6.1. Nothing flows before the application has answered.
            SdpType::Offer => {
                self.pending_remote = Some(description);
                None
            }
            // Step 4.5.6.3.
            SdpType::PrAnswer => {
                let plan =
                    self.pending_local.as_ref().and_then(|local| self.plan_answer(local, &description));
                self.pending_remote = Some(description);
                plan
            }
            // Step 4.5.6.2.
            _ => {
                let local = self.pending_local.take();
                let plan = local.as_ref().and_then(|local| self.plan_answer(local, &description));
                self.pending_remote = None;
                self.current_local = local;
                self.current_remote = Some(description);
                plan
            }
        }
    }

    /// The end of steps 4.5.5.2 and 4.5.6.2: once none of the credentials to replace is in the local description,
    /// nothing remains to be replaced.
    fn forget_replaced(&mut self) {
        let current = self.current_local.as_ref().and_then(|description| description.data.as_ref());
        if !current.is_some_and(|data| self.must_replace(&data.credentials)) {
            self.to_replace.clear();
        }
        let accepted = self.current_remote.as_ref().is_some_and(|remote| remote.data.is_some());
        if !accepted || current.is_none() {
            // The next transport is a new one.
            self.first_credentials = Credentials::generate(&mut self.rng);
        }
    }
}
