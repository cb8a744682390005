//! Setting a session description
//! ([webrtc-pc, section 4.4.1.5](https://www.w3.org/TR/webrtc/#set-the-session-description)).

use std::collections::BTreeSet;
use std::time::Instant;

use session::{SessionPlan, TransportId};

use crate::jsep::{TrackChanges, leaving};
use crate::{Error, Event, SdpType, SignalingState};

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
        // Step 4.7.4.
        if kind == SdpType::Offer && state_before == SignalingState::Stable {
            self.stable_sctp = self.sctp.map(|sctp| sctp.attributes.transport);
            self.transceivers.iter_mut().for_each(|transceiver| transceiver.remember_stable_state());
        }
        // Steps 4.7.5 and 4.7.6.
        let plan = self.negotiation.commit(remote, checked);
        // Steps 4.7.7 and 4.7.8.
        self.set_sctp(kind);
        self.refresh_transports();
        // Step 4.7.10.1.
        let is_answer = matches!(kind, SdpType::Answer | SdpType::PrAnswer);
        if is_answer {
            self.update_max_message_size();
        }
        let mut changes = TrackChanges::default();
        match remote {
            false => self.negotiation.set_local_media(&mut self.transceivers, &mut changes),
            true => self.negotiation.set_remote_media(&mut self.transceivers, &mut changes),
        }
        for id in std::mem::take(&mut changes.stop) {
            self.stop_for_good(id);
        }
        // Step 4.7.13.
        if kind == SdpType::Answer {
            self.remove_stopped();
        }
        if let Some(plan) = plan {
            self.apply(now, plan);
        }
        if is_answer {
            // Identifiers that ran out come back as closed channels, with an error event.
            self.channels.refresh_ids(&self.session);
        }
        self.finish_setting(state_before, changes);
        if !remote {
            self.gather(now);
        }
        Ok(())
    }

    /// Steps 4.7.7 and 4.7.8, and the transport of what there is.
    fn set_sctp(&mut self, kind: SdpType) {
        let negotiation = &self.negotiation;
        match kind {
            SdpType::Offer if self.sctp.is_none() => {
                // webrtc-pc, step 4.7.7: the description that was set just now.
                let pending = negotiation.pending_local.as_ref().or(negotiation.pending_remote.as_ref());
                let index = pending.and_then(|offer| offer.data).map(|data| data.index);
                let transport = index.and_then(|index| negotiation.offered.get(index).copied().flatten());
                self.sctp = transport.map(Sctp::new);
            }
            SdpType::Answer if !self.is_data_negotiated() => self.sctp = None,
            SdpType::Answer | SdpType::PrAnswer => {
                // The association stands on the transport that the m-section uses, bundled or not.
                let index = negotiation.local().and_then(|local| local.data).map(|data| data.index);
                let transport = index.and_then(|index| negotiation.transports.get(index).copied().flatten());
                if let (Some(sctp), Some(transport)) = (&mut self.sctp, transport) {
                    sctp.attributes.transport = transport;
                }
            }
            _ => {}
        }
    }

    /// Step 4.7.13.1: transceivers that were stopped and whose m-sections were rejected leave the set.
    fn remove_stopped(&mut self) {
        for id in leaving(&self.negotiation, &self.transceivers) {
            if let Some(transceiver) = self.transceivers.get_mut(id) {
                transceiver.dissociate();
            }
            self.transceivers.detach(id);
        }
    }

    /// Rolls back (step 4.7.12), as an operation's task of its own or before a remote offer.
    pub(super) fn roll_back(&mut self, now: Instant) {
        let state_before = self.negotiation.state;
        // Step 4.7.12.2. The transport of [[LastStableStateSctpTransport]] is `sctp` then, which goes on during a
        // negotiation: a copy of its slots would be out of date.
        match (self.stable_sctp, &mut self.sctp) {
            (Some(transport), Some(sctp)) => sctp.attributes.transport = transport,
            _ => self.sctp = None,
        }
        let mut changes = TrackChanges::default();
        self.roll_back_transceivers(state_before, &mut changes);
        // Step 4.7.12.4.
        let before = self.negotiation.plan.clone();
        if let Some(plan) = self.negotiation.rollback() {
            let restarted: Vec<TransportId> = restarted(&before, &plan).collect();
            self.apply(now, plan);
            // The generations that are back begin anew in ICE, with their sockets.
            restarted.into_iter().for_each(|id| self.session.gather(now, id));
        }
        self.restore_gatherers();
        self.finish_setting(state_before, changes);
    }

    /// Step 4.7.12.3.
    fn roll_back_transceivers(&mut self, state_before: SignalingState, changes: &mut TrackChanges) {
        let mut gone = Vec::new();
        for transceiver in self.transceivers.iter_mut() {
            transceiver.restore_stable_state();
            // Step 4.7.12.3.6.
            if state_before == SignalingState::HaveRemoteOffer {
                let msids = transceiver.stable.streams.clone();
                changes.process(transceiver, transceiver.current_direction, &msids);
            }
            // Step 4.7.12.3.7.
            if transceiver.by_remote && !transceiver.by_add_track {
                gone.push(transceiver.id);
            }
            transceiver.by_remote = false;
        }
        for id in gone {
            self.stop_for_good(id);
            self.transceivers.detach(id);
        }
    }

    /// Steps 4.7.14 to 4.7.21, and what follows for the states of transports that came or went.
    fn finish_setting(&mut self, state_before: SignalingState, changes: TrackChanges) {
        if self.negotiation.state == SignalingState::Stable {
            self.enter_stable();
        }
        // Step 4.7.15.
        if self.negotiation.state != state_before {
            self.events.push_back(Event::SignalingStateChange(self.negotiation.state));
        }
        // Step 4.7.17.
        for id in changes.mute {
            if let Some(transceiver) = self.transceivers.get_mut(id) {
                transceiver.receiver.muted = true;
                self.events.push_back(Event::TrackMute(id));
            }
        }
        // Steps 4.7.18 and 4.7.19.
        for (stream, transceiver) in changes.remove {
            self.events.push_back(Event::StreamRemoveTrack { stream, transceiver });
        }
        for (stream, transceiver) in changes.add {
            self.events.push_back(Event::StreamAddTrack { stream, transceiver });
        }
        // Step 4.7.20.
        for (transceiver, streams) in changes.track {
            self.events.push_back(Event::Track { transceiver, streams });
        }
        self.drop_unused_transports();
        self.update_gathering_state();
        self.update_connection_states();
    }

    /// Step 4.7.14.
    fn enter_stable(&mut self) {
        for transceiver in self.transceivers.iter_mut() {
            // It was there before the next description is set.
            transceiver.by_remote = false;
            transceiver.sender.forget_codecs();
        }
        // Step 4.7.14.3.
        self.negotiation_needed.is_set = false;
        self.update_negotiation_needed();
    }

    /// Step 4.7.10.1: the peer's limit for messages.
    fn update_max_message_size(&mut self) {
        let Some(remote) = self.negotiation.remote().and_then(|remote| remote.data) else { return };
        if let Some(sctp) = &mut self.sctp {
            sctp.update_max_message_size(remote.max_message_size);
        }
    }

    /// Whether both current descriptions have data.
    fn is_data_negotiated(&self) -> bool {
        let has_data = |description: &crate::jsep::Description| description.data.is_some();
        self.negotiation.current_local.as_deref().is_some_and(has_data)
            && self.negotiation.current_remote.as_deref().is_some_and(has_data)
    }

    /// Tells the session how to stand, and the candidates that the remote description brought.
    fn apply(&mut self, now: Instant, plan: SessionPlan) {
        let standing: BTreeSet<TransportId> = self
            .session
            .transports()
            .filter(|id| {
                let agent = self.session.ice(*id).map(ice::Agent::local_credentials);
                let next = plan.transports.get(id).map(|transport| &transport.ice.local);
                next.is_some() && agent != next
            })
            .collect();
        standing.into_iter().for_each(|id| self.close_generation(id));
        self.session.apply(now, plan);
        self.fill_pool(now);
        self.feed_remote_candidates(now);
    }
}

/// The transports that have other credentials in the new plan.
fn restarted<'a>(
    before: &'a SessionPlan,
    after: &'a SessionPlan,
) -> impl Iterator<Item = TransportId> + use<'a> {
    after.transports.iter().filter_map(|(id, transport)| {
        let before = before.transports.get(id).map(|transport| &transport.ice.local);
        (before != Some(&transport.ice.local)).then_some(*id)
    })
}
