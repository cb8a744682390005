//! Setting a session description
//! ([webrtc-pc, section 4.4.1.5](https://www.w3.org/TR/webrtc/#set-the-session-description)).

use std::time::Instant;

use session::SessionPlan;

use crate::jsep::{TRANSPORT, transport_of};
use crate::{Error, Event, IceTransportPolicy, SdpType, SignalingState};

use super::PeerConnection;
use super::transports::Sctp;

impl PeerConnection {
    /// The steps from 4.4 on, in one task. On an error, nothing has changed.
    pub(super) fn set_description(
        &mut self,
        now: Instant,
        remote: bool,
        kind: SdpType,
        sdp: String,
    ) -> Result<(), Error> {
        let checked = self.negotiation.check(remote, kind, sdp)?;
        let state_before = self.negotiation.state;
        // Step 4.5.4.
        if kind == SdpType::Offer && state_before == SignalingState::Stable {
            self.had_sctp_when_stable = self.sctp.is_some();
        }
        let has_data = checked.description.data.is_some();
        // Steps 4.5.5 and 4.5.6.
        let plan = self.negotiation.commit(remote, checked);
        // Steps 4.5.7 and 4.5.8.
        match kind {
            SdpType::Offer if has_data && self.sctp.is_none() => self.sctp = Some(Sctp::new()),
            SdpType::Answer if !self.is_data_negotiated() => self.sctp = None,
            _ => {}
        }
        if let Some(plan) = plan {
            self.apply(now, plan);
        }
        // Step 4.5.9.
        if matches!(kind, SdpType::Answer | SdpType::PrAnswer) {
            self.answer_was_set();
        }
        self.finish_setting(state_before);
        if !remote {
            self.gather(now);
        }
        Ok(())
    }

    /// Rolls back (step 4.5.10), as an operation's task of its own or before a remote offer.
    pub(super) fn roll_back(&mut self, now: Instant) {
        let state_before = self.negotiation.state;
        // Step 4.5.10.2.
        if !self.had_sctp_when_stable {
            self.sctp = None;
        }
        // Step 4.5.10.4.
        let credentials =
            |plan: &SessionPlan| transport_of(plan).map(|transport| transport.ice.local.clone());
        let abandoned = self.negotiation.plan.as_ref().and_then(credentials);
        if let Some(plan) = self.negotiation.rollback() {
            let is_restart = abandoned != credentials(&plan);
            self.apply(now, plan);
            if is_restart && self.configuration.ice_transport_policy == IceTransportPolicy::All {
                // The generation that is back begins anew in ICE, with its sockets.
                self.session.gather(now, TRANSPORT);
            }
        }
        self.restore_gatherer();
        self.finish_setting(state_before);
    }

    /// Steps 4.5.12 and 4.5.13, and what follows for the states of a transport that came or went.
    fn finish_setting(&mut self, state_before: SignalingState) {
        if self.negotiation.state == SignalingState::Stable {
            // Step 4.5.12.3.
            self.negotiation_needed.is_set = false;
            self.update_negotiation_needed();
        }
        if self.negotiation.state != state_before {
            self.events.push_back(Event::SignalingStateChange(self.negotiation.state));
        }
        self.update_gathering_state();
        self.update_connection_states();
    }

    /// Step 4.5.9: the peer's limit for messages, and identifiers for the channels that have none.
    fn answer_was_set(&mut self) {
        let negotiation = &self.negotiation;
        let Some(remote) = negotiation.remote().and_then(|remote| remote.data.as_ref()) else { return };
        if let Some(sctp) = &mut self.sctp {
            sctp.update_max_message_size(remote.max_message_size);
        }
        // Identifiers that ran out come back as closed channels, with an error event.
        self.channels.refresh_ids(&self.session);
    }

    /// Whether both current descriptions have data.
    fn is_data_negotiated(&self) -> bool {
        let has_data = |description: &crate::jsep::Description| description.data.is_some();
        self.negotiation.current_local.as_ref().is_some_and(has_data)
            && self.negotiation.current_remote.as_ref().is_some_and(has_data)
    }

    /// Tells the session how to stand, and the candidates that the remote description brought.
    fn apply(&mut self, now: Instant, plan: SessionPlan) {
        let next = transport_of(&plan).map(|transport| &transport.ice.local);
        let is_restart = |agent: &ice::Agent| Some(agent.local_credentials()) != next;
        if self.session.ice(TRANSPORT).is_some_and(is_restart) {
            self.close_generation();
        }
        self.session.apply(now, plan);
        self.feed_remote_candidates(now);
    }
}
