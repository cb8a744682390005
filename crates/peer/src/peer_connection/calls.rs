//! The asynchronous methods: what happens when they are called, when their turn comes, and in their tasks.

use std::time::Instant;

use crate::jsep::OfferInput;
use crate::operations::{Job, Operation};
use crate::transceiver::Transceiver;
use crate::{
    Error, ErrorName, IceCandidateInit, MediaKind, OfferOptions, OperationId, Outcome, SdpType,
    SessionDescription, SessionDescriptionInit, SignalingState, TransceiverDirection,
};

use super::PeerConnection;
use super::identity::asserts_identity;
use super::settle::Task;

/// What the synchronous steps of an operation lead to.
pub(super) enum Started {
    /// Its promise settles now.
    Settled(Result<Outcome, Error>),
    /// It goes on in parallel, and with a task.
    Job(Job),
}

impl PeerConnection {
    /// `createOffer()`. Fulfilled with [`Outcome::Description`].
    ///
    /// Rejected with `InvalidStateError` in another state than stable and have-local-offer.
    pub fn create_offer(&mut self, now: Instant, options: OfferOptions) -> OperationId {
        if !self.is_closed {
            for (kind, wanted) in [
                (MediaKind::Audio, options.offer_to_receive_audio),
                (MediaKind::Video, options.offer_to_receive_video),
            ] {
                wanted.into_iter().for_each(|wanted| self.offer_to_receive(kind, wanted));
            }
        }
        self.chain(now, Operation::CreateOffer(options))
    }

    /// webrtc-pc, legacy: what an option offerToReceiveAudio or offerToReceiveVideo does.
    fn offer_to_receive(&mut self, kind: MediaKind, wanted: bool) {
        self.negotiation.mark_stale();
        let is_meant = |transceiver: &Transceiver| transceiver.kind == kind && !transceiver.stopping;
        if !wanted {
            // Step 3.1.
            for transceiver in self.transceivers.iter_mut().filter(|transceiver| is_meant(transceiver)) {
                transceiver.direction = match transceiver.direction {
                    TransceiverDirection::SendRecv => TransceiverDirection::SendOnly,
                    TransceiverDirection::RecvOnly => TransceiverDirection::Inactive,
                    direction => direction,
                };
            }
            return;
        }
        // Steps 3.2 to 3.5.
        let receives = |transceiver: &Transceiver| is_meant(transceiver) && transceiver.direction.receives();
        if !self.transceivers.iter().any(receives) && !self.transceivers.is_full() {
            self.transceivers.create(kind, None, &[], Vec::new(), TransceiverDirection::RecvOnly);
        }
    }

    /// `createAnswer()`. Fulfilled with [`Outcome::Description`].
    ///
    /// Rejected with `InvalidStateError` in another state than have-remote-offer and have-local-pranswer.
    pub fn create_answer(&mut self, now: Instant) -> OperationId {
        self.chain(now, Operation::CreateAnswer)
    }

    /// `setLocalDescription()`. Without a description, or with one without SDP, the last created one is set, or one is
    /// created.
    ///
    /// Rejected with `InvalidModificationError` if the SDP is not what `create_offer` or `create_answer` gave last, and
    /// with `InvalidStateError` if the type does not fit the signaling state.
    pub fn set_local_description(
        &mut self,
        now: Instant,
        description: Option<SessionDescriptionInit>,
    ) -> OperationId {
        // For setConfiguration(): "has already been called".
        self.local_description_set = true;
        self.chain(now, Operation::SetLocalDescription(description.unwrap_or_default()))
    }

    /// `setRemoteDescription()`. An offer that meets a local offer rolls that back first.
    ///
    /// Rejected with `TypeError` without a type, `InvalidStateError` if the type does not fit the signaling state, an
    /// `RTCError` (sdp-syntax-error, with the line) if the SDP cannot be parsed, and `InvalidAccessError` if its
    /// content cannot be used: no ICE credentials, no fingerprint, other m-sections than before.
    pub fn set_remote_description(
        &mut self,
        now: Instant,
        description: SessionDescriptionInit,
    ) -> OperationId {
        match description.kind {
            Some(kind) => self.chain(now, Operation::SetRemoteDescription { kind, sdp: description.sdp }),
            // WebIDL: the member is required.
            None => self.reject(Error::type_error("the description has no type")),
        }
    }

    /// `addIceCandidate()`. `None` and an empty candidate mean that no more candidates come.
    ///
    /// Rejected with `TypeError` for a candidate without mid and m-line index, `InvalidStateError` without a remote
    /// description, and `OperationError` if there is no such m-section or generation, or if the candidate cannot be
    /// parsed.
    pub fn add_ice_candidate(&mut self, now: Instant, candidate: Option<IceCandidateInit>) -> OperationId {
        let candidate = candidate.unwrap_or_default();
        let names_none = candidate.sdp_mid.is_none() && candidate.sdp_m_line_index.is_none();
        // webrtc-pc, addIceCandidate, step 3.
        if !candidate.candidate.is_empty() && names_none {
            return self.reject(Error::type_error("the candidate has neither sdpMid nor sdpMLineIndex"));
        }
        self.chain(now, Operation::AddIceCandidate(candidate))
    }

    /// webrtc-pc, chain an operation.
    pub(super) fn chain(&mut self, now: Instant, operation: Operation) -> OperationId {
        // Step 2.
        if self.is_closed {
            return self.reject(Error::closed());
        }
        if self.operations.is_full() {
            return self.reject(Error::operation("too many operations wait for their turn"));
        }
        let id = self.operations.new_id();
        // Steps 5 and 6.
        if self.operations.push(id, operation.clone()) {
            match self.start(now, &operation) {
                Started::Settled(result) => self.microtasks.push_back(Task::SettleFirst(result)),
                Started::Job(job) => self.tasks.push_back(Task::Job(job)),
            }
        }
        id
    }

    /// A promise that is rejected before it gets into the chain.
    pub(super) fn reject(&mut self, error: Error) -> OperationId {
        let id = self.operations.new_id();
        self.microtasks.push_back(Task::Reject(id, error));
        id
    }

    /// The synchronous steps of an operation whose turn has come.
    pub(super) fn start(&mut self, _now: Instant, operation: &Operation) -> Started {
        let started = match operation {
            Operation::CreateOffer(options) => {
                self.start_offer().map(|()| Job::CreateOffer { options: *options, then_set: false })
            }
            Operation::CreateAnswer => self.start_answer().map(|()| Job::CreateAnswer { then_set: None }),
            Operation::SetLocalDescription(description) => self.start_set_local(description),
            Operation::SetRemoteDescription { kind, sdp } => self.start_set_remote(*kind, sdp),
            Operation::AddIceCandidate(candidate) => return self.start_add_candidate(candidate),
            Operation::ReplaceTrack(id, track) => self.start_replace_track(*id, track.as_ref()),
        };
        started.map_or_else(|error| Started::Settled(Err(error)), Started::Job)
    }

    /// webrtc-pc, create an offer, step 1.
    fn start_offer(&self) -> Result<(), Error> {
        match self.negotiation.state {
            SignalingState::Stable | SignalingState::HaveLocalOffer => self.check_identity(),
            state => Err(Error::invalid_state(format!("no offer can be created in the state {state}"))),
        }
    }

    /// webrtc-pc, create an answer, step 1.
    fn start_answer(&self) -> Result<(), Error> {
        match self.negotiation.state {
            SignalingState::HaveRemoteOffer | SignalingState::HaveLocalPranswer => self.check_identity(),
            state => Err(Error::invalid_state(format!("no answer can be created in the state {state}"))),
        }
    }

    /// webrtc-pc, setLocalDescription, step 4.
    fn start_set_local(&self, description: &SessionDescriptionInit) -> Result<Job, Error> {
        let negotiation = &self.negotiation;
        // Step 4.1.
        let kind = description.kind.unwrap_or(match negotiation.state {
            SignalingState::Stable | SignalingState::HaveLocalOffer | SignalingState::HaveRemotePranswer => {
                SdpType::Offer
            }
            _ => SdpType::Answer,
        });
        let (last, is_stale) = match kind {
            SdpType::Rollback => {
                // Set a session description, step 2.
                negotiation.state.after(false, kind)?;
                return Ok(Job::SetDescription { remote: false, kind, sdp: String::new() });
            }
            SdpType::Offer => (&negotiation.last_offer, negotiation.offer_is_stale),
            SdpType::PrAnswer | SdpType::Answer => (&negotiation.last_answer, negotiation.answer_is_stale),
        };
        // Steps 4.2 and 4.3.
        if !description.sdp.is_empty() && description.sdp != *last {
            let message = format!("the SDP is not what the last call that created an {kind} gave");
            return Err(Error::new(ErrorName::InvalidModificationError, message));
        }
        // Steps 4.4 and 4.5.
        if !description.sdp.is_empty() || (!last.is_empty() && !is_stale) {
            return Ok(Job::SetDescription { remote: false, kind, sdp: last.clone() });
        }
        if kind == SdpType::Offer {
            self.start_offer()?;
            Ok(Job::CreateOffer { options: OfferOptions::default(), then_set: true })
        } else {
            self.start_answer()?;
            Ok(Job::CreateAnswer { then_set: Some(kind) })
        }
    }

    /// webrtc-pc, setRemoteDescription, step 3.
    fn start_set_remote(&self, kind: SdpType, sdp: &str) -> Result<Job, Error> {
        let state = self.negotiation.state;
        self.check_peer_identity(kind, sdp)?;
        if kind == SdpType::Offer && state.after(true, kind).is_err() {
            // Step 3.1: the polite peer's implicit rollback, which fails on top of a provisional answer.
            state.after(false, SdpType::Rollback)?;
            return Ok(Job::RollbackForOffer { sdp: sdp.to_owned() });
        }
        if kind == SdpType::Rollback {
            // Set a session description, step 2.
            state.after(true, kind)?;
        }
        Ok(Job::SetDescription { remote: true, kind, sdp: sdp.to_owned() })
    }

    /// What an operation does with its task.
    pub(super) fn perform(&mut self, now: Instant, job: Job) {
        let result = match job {
            Job::CreateOffer { options, then_set } => {
                // Final steps to create an offer, steps 3 to 6.
                let always = self.configuration.always_negotiate_data_channels;
                let input = OfferInput {
                    data: always || self.channels.any_created(),
                    data_first: always,
                    ice_restart: options.ice_restart,
                };
                let (sdp, owners) = self.negotiation.create_offer(&self.transceivers, input);
                self.negotiation.last_offer.clone_from(&sdp);
                self.negotiation.offer_owners = owners;
                self.negotiation.offer_is_stale = false;
                if then_set {
                    return self.go_on(Job::SetDescription { remote: false, kind: SdpType::Offer, sdp });
                }
                Ok(Outcome::Description(SessionDescription { kind: SdpType::Offer, sdp }))
            }
            Job::CreateAnswer { then_set } => {
                // Final steps to create an answer, steps 3 to 6.
                let Some(sdp) = self.negotiation.create_answer(&self.transceivers) else {
                    return self.settle_first(now, Err(Error::invalid_state("there is no offer to answer")));
                };
                self.negotiation.last_answer.clone_from(&sdp);
                self.negotiation.answer_is_stale = false;
                if let Some(kind) = then_set {
                    return self.go_on(Job::SetDescription { remote: false, kind, sdp });
                }
                Ok(Outcome::Description(SessionDescription { kind: SdpType::Answer, sdp }))
            }
            Job::RollbackForOffer { sdp } => {
                self.roll_back(now);
                return self.go_on(Job::SetDescription { remote: true, kind: SdpType::Offer, sdp });
            }
            Job::SetDescription { kind: SdpType::Rollback, .. } => {
                self.roll_back(now);
                Ok(Outcome::Done)
            }
            // Set a session description, step 4.7.3: setParameters() first. It settles in a task that is queued already.
            job @ Job::SetDescription { .. } if self.is_setting_parameters() => return self.go_on(job),
            Job::SetDescription { remote, kind, sdp } => {
                let asserts_identity = remote && asserts_identity(&sdp);
                let result = self.set_description(now, remote, kind, sdp);
                if result.is_ok() && asserts_identity {
                    // It is validated then, which does not hold up the promise.
                    self.tasks.push_back(Task::RejectPeerIdentity);
                }
                result.map(|()| Outcome::Done)
            }
            Job::AddIceCandidate(candidate) => self.apply_candidate(now, &candidate).map(|()| Outcome::Done),
            Job::ReplaceTrack(id, track) => return self.finish_replace_track(id, track),
        };
        self.settle_first(now, result);
    }

    /// Whether a promise of setParameters() is not settled yet.
    fn is_setting_parameters(&self) -> bool {
        self.tasks.iter().any(|task| matches!(task, Task::SetParameters(..)))
    }

    /// The next part of the same operation.
    fn go_on(&mut self, job: Job) {
        self.tasks.push_back(Task::Job(job));
    }
}
