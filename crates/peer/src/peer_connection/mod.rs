//! `RTCPeerConnection`: its slots and its methods.

use std::sync::Arc;
use std::time::Instant;

use base::{Path, SendBatch, WallClock};
use session::{Action, ActionResult, Payload};

use crate::{
    ChannelId, ChannelView, Configuration, DataChannelInit, Error, Event, IceCandidateInit,
    IceConnectionState, IceGatheringState, OfferOptions, OperationId, PeerConnectionState, SctpTransport,
    SessionDescription, SessionDescriptionInit, SignalingState, StatsReport,
};

/// The state machine behind an `RTCPeerConnection`.
#[derive(Debug)]
pub struct PeerConnection {
    configuration: Configuration,
    next_operation: u64,
    closed: bool,
}

#[allow(unused_variables, missing_docs)]
impl PeerConnection {
    pub fn new(
        configuration: Configuration,
        identity: Arc<dtls::Certificate>,
        now: Instant,
        clock: WallClock,
        seed: [u8; 32],
    ) -> Result<Self, Error> {
        Ok(PeerConnection { configuration, next_operation: 0, closed: false })
    }

    fn operation(&mut self) -> OperationId {
        self.next_operation += 1;
        OperationId(self.next_operation)
    }

    pub fn create_offer(&mut self, now: Instant, options: OfferOptions) -> OperationId {
        self.operation()
    }
    pub fn create_answer(&mut self, now: Instant) -> OperationId {
        self.operation()
    }
    pub fn set_local_description(
        &mut self,
        now: Instant,
        description: Option<SessionDescriptionInit>,
    ) -> OperationId {
        self.operation()
    }
    pub fn set_remote_description(
        &mut self,
        now: Instant,
        description: SessionDescriptionInit,
    ) -> OperationId {
        self.operation()
    }
    pub fn add_ice_candidate(&mut self, now: Instant, candidate: Option<IceCandidateInit>) -> OperationId {
        self.operation()
    }
    pub fn create_data_channel(
        &mut self,
        now: Instant,
        label: &str,
        init: DataChannelInit,
    ) -> Result<ChannelId, Error> {
        Ok(ChannelId(0))
    }
    pub fn close(&mut self, now: Instant) {
        self.closed = true;
    }
    pub fn restart_ice(&mut self) {}
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }
    pub fn set_configuration(&mut self, configuration: Configuration) -> Result<(), Error> {
        Ok(())
    }
    pub fn signaling_state(&self) -> SignalingState {
        SignalingState::Stable
    }
    pub fn ice_gathering_state(&self) -> IceGatheringState {
        IceGatheringState::New
    }
    pub fn ice_connection_state(&self) -> IceConnectionState {
        IceConnectionState::New
    }
    pub fn connection_state(&self) -> PeerConnectionState {
        PeerConnectionState::New
    }
    pub fn local_description(&self) -> Option<&SessionDescription> {
        None
    }
    pub fn current_local_description(&self) -> Option<&SessionDescription> {
        None
    }
    pub fn pending_local_description(&self) -> Option<&SessionDescription> {
        None
    }
    pub fn remote_description(&self) -> Option<&SessionDescription> {
        None
    }
    pub fn current_remote_description(&self) -> Option<&SessionDescription> {
        None
    }
    pub fn pending_remote_description(&self) -> Option<&SessionDescription> {
        None
    }
    pub fn can_trickle_ice_candidates(&self) -> Option<bool> {
        None
    }
    pub fn sctp(&self) -> Option<SctpTransport> {
        None
    }
    pub fn stats(&self, now: Instant) -> StatsReport {
        StatsReport::default()
    }
    pub fn channel(&self, id: ChannelId) -> Option<ChannelView> {
        None
    }
    pub fn channel_send(&mut self, now: Instant, id: ChannelId, payload: Payload) -> Result<(), Error> {
        Ok(())
    }
    pub fn channel_close(&mut self, now: Instant, id: ChannelId) {}
    pub fn channel_set_buffered_amount_low_threshold(&mut self, id: ChannelId, threshold: usize) {}
    pub fn channel_grant(&mut self, now: Instant, id: ChannelId, bytes: usize) {}
    pub fn handle_datagram(&mut self, now: Instant, path: Path, datagram: &[u8]) {}
    pub fn handle_timeout(&mut self, now: Instant) {}
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }
    pub fn poll_transmit(&mut self, now: Instant, out: &mut SendBatch) {}
    pub fn poll_action(&mut self) -> Option<Action> {
        None
    }
    pub fn handle_action_result(&mut self, now: Instant, result: ActionResult) {}
    pub fn has_task(&self) -> bool {
        false
    }
    pub fn run_task(&mut self, now: Instant) -> bool {
        false
    }
    pub fn poll_event(&mut self) -> Option<Event> {
        None
    }
    pub fn is_finished(&self) -> bool {
        self.closed
    }
}
