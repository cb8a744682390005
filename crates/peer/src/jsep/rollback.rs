//! Rolling back to the stable state (webrtc-pc, set a session description, step 4.7.12).

use session::SessionPlan;

use super::negotiation::Negotiation;
use crate::SignalingState;

impl Negotiation {
    /// Forgets the pending descriptions; the stable state's plan, to be applied again, if it is another.
    pub(crate) fn rollback(&mut self) -> Option<SessionPlan> {
        self.pending_local = None;
        self.pending_remote = None;
        self.state = SignalingState::Stable;
        self.mark_stale();
        self.offered.clear();
        self.fresh_transports.clear();
        // What has been gathered belongs to credentials that nobody will see again.
        self.fresh_sections.clear();
        self.transports.clone_from(&self.stable_transports);
        let changed = self.plan != self.stable_plan;
        self.plan.clone_from(&self.stable_plan);
        let plan = &self.plan;
        self.roles.retain(|id, _| plan.transports.contains_key(id));
        self.tls_ids.retain(|id, _| plan.transports.contains_key(id));
        self.associations.retain(|id, _| plan.transports.contains_key(id));
        changed.then(|| self.plan.clone())
    }
}
