//! Rolling back to the stable state (webrtc-pc, set a session description, step 4.5.10).

use ice::Credentials;
use session::SessionPlan;

use super::negotiation::Negotiation;
use crate::SignalingState;

impl Negotiation {
    /// Forgets the pending descriptions; the stable state's plan, to be applied again, if there is one.
    pub(crate) fn rollback(&mut self) -> Option<SessionPlan> {
        self.pending_local = None;
        self.pending_remote = None;
        self.state = SignalingState::Stable;
        self.mark_stale();
        if self.stable_plan.is_none() {
            // There was no transport. What has been gathered belongs to credentials that nobody will see again.
            self.role = None;
            self.first_credentials = Credentials::generate(&mut self.rng);
        }
        let changed = self.plan != self.stable_plan;
        self.plan = self.stable_plan.clone();
        self.plan.clone().filter(|_| changed)
    }
}
