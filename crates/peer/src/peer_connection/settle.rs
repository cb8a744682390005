//! The event loop's side: one task at a time. The only place where session events are taken in, the operations
//! chain advances and promises settle.

use std::collections::VecDeque;
use std::time::Instant;

use session::{SctpState, TransportId};

use crate::candidate::described;
use crate::operations::Job;
use crate::{
    ChannelEvent, ChannelId, DtlsTransportState, Error, ErrorDetail, Event, IceCandidate, IceCandidateError,
    IceTransportState, OperationId, Outcome, SctpTransportState, TransceiverId,
};

use super::PeerConnection;
use super::calls::Started;
use super::senders::NewParameters;

/// The most messages that one call of `run_task` delivers.
const MAX_MESSAGES_IN_ONE_TASK: usize = 64;

/// A queued task.
pub(crate) enum Task {
    /// The first operation of the chain settles without having gone in parallel.
    SettleFirst(Result<Outcome, Error>),
    /// The first operation of the chain goes on.
    Job(Job),
    /// A promise that never was in the chain.
    Reject(OperationId, Error),
    /// The identity that a remote description asserts cannot be validated.
    RejectPeerIdentity,
    /// Update the negotiation-needed flag, step 2.
    UpdateNegotiationNeeded,
    /// Announce the data channel as open.
    AnnounceOpen(ChannelId),
    /// What the session said before its ICE generation was replaced.
    Session(Box<session::Event>),
    /// A gathering of candidates began.
    GatheringBegan(TransportId),
    /// No generation of the transport gathers any more after this one.
    GatheringComplete(TransportId, Option<String>),
    /// A transport that never began is over.
    TransportOver(TransportId),
    /// A server gave no candidates.
    CandidateError(IceCandidateError),
    /// The parameters that getParameters() gave count no longer.
    ForgetParameters(TransceiverId),
    /// The encodings of setParameters() take effect, and its promise is fulfilled.
    SetParameters(OperationId, TransceiverId, NewParameters),
    /// The track of a receiver has ended.
    EndTrack(TransceiverId),
    /// The SCTP association has been closed with the connection.
    SctpClosed,
    /// The DTMF playout task steps.
    PlayTone(TransceiverId),
}

impl PeerConnection {
    /// Performs one W3C task: slots change, promises settle, events come out of
    /// [`poll_event`](PeerConnection::poll_event). Returns whether there was one. A run of messages counts as one.
    pub fn run_task(&mut self, now: Instant) -> bool {
        self.run_task_within(now, MAX_MESSAGES_IN_ONE_TASK)
    }

    /// The same, with at most so many messages in a run, for who knows that something else is to come before the next.
    pub fn run_task_within(&mut self, now: Instant, messages: usize) -> bool {
        self.message_limit = messages.min(MAX_MESSAGES_IN_ONE_TASK);
        if self.run_microtask(now) {
            return true;
        }
        let ran = if let Some(task) = self.tasks.pop_front() {
            self.run(now, task);
            if self.tasks.is_empty() {
                // Calls are rare, messages are not among them, and idle connections are many.
                self.tasks = VecDeque::new();
            }
            true
        } else if let Some(event) = self.ahead.take() {
            self.absorb(now, event);
            true
        } else {
            false
        };
        self.look_ahead();
        ran
    }

    /// Settles the promise of a call that failed or succeeded at once, with the promises that follow from it: in W3C's
    /// words "return a promise rejected with", and the reactions to it. Returns whether there was one.
    ///
    /// Where a language has microtasks, this is for the first of them after each call. Elsewhere
    /// [`run_task`](PeerConnection::run_task) does the same before anything else.
    pub fn run_microtask(&mut self, now: Instant) -> bool {
        let Some(microtask) = self.microtasks.pop_front() else { return false };
        self.run(now, microtask);
        if self.microtasks.is_empty() {
            self.microtasks = VecDeque::new();
        }
        self.look_ahead();
        true
    }

    /// Keeps one event of the session at hand, so that `has_task` is true exactly if there is a task.
    pub(super) fn look_ahead(&mut self) {
        if self.is_closed {
            // Every task that they would become aborts.
            self.ahead = None;
            while self.session.poll_event().is_some() {}
        } else if self.ahead.is_none() {
            self.ahead = self.session.poll_event();
        }
    }

    fn run(&mut self, now: Instant, task: Task) {
        match task {
            Task::SettleFirst(result) => self.settle_first(now, result),
            Task::Job(job) => self.perform(now, job),
            Task::Reject(id, error) => self.events.push_back(Event::Settled(id, Err(error))),
            Task::RejectPeerIdentity => self.reject_peer_identity(),
            Task::UpdateNegotiationNeeded => self.run_update_negotiation_needed(),
            Task::AnnounceOpen(id) => self.announce_open(id),
            Task::Session(event) => self.absorb(now, *event),
            Task::GatheringBegan(id) => self.gathering_began(id),
            Task::GatheringComplete(id, ufrag) => self.gathering_complete(id, ufrag.as_deref()),
            Task::TransportOver(id) => self.change_ice(id, None, Some(IceTransportState::Closed)),
            Task::CandidateError(error) => self.events.push_back(Event::IceCandidateError(error)),
            Task::ForgetParameters(id) => self.forget_parameters(id),
            Task::SetParameters(operation, id, new) => self.finish_set_parameters(operation, id, new),
            Task::EndTrack(id) => self.end_track(id),
            Task::SctpClosed => self.events.push_back(Event::SctpStateChange(SctpTransportState::Closed)),
            Task::PlayTone(id) => self.play_tone(now, id),
        }
    }

    /// webrtc-pc, chain an operation, step 7, for the first of the chain; operations that settle at once
    /// follow in the same task, as microtasks do.
    pub(super) fn settle_first(&mut self, now: Instant, result: Result<Outcome, Error>) {
        let mut settled = Some(result);
        // Bounded by the length of the chain, which nothing in here extends.
        while let Some(result) = settled.take() {
            // Steps 7.2 to 7.4.2.
            let Some((id, _)) = self.operations.pop() else { return };
            self.events.push_back(Event::Settled(id, result));
            // Step 7.4.3.
            if let Some((_, operation)) = self.operations.first().cloned() {
                match self.start(now, &operation) {
                    Started::Settled(result) => settled = Some(result),
                    Started::Job(job) => self.tasks.push_back(Task::Job(job)),
                }
            } else if std::mem::take(&mut self.negotiation_needed.update_on_empty_chain) {
                // Steps 7.4.4 to 7.4.6.
                self.update_negotiation_needed();
            }
        }
    }

    /// webrtc-pc, update the negotiation-needed flag.
    pub(super) fn update_negotiation_needed(&mut self) {
        // Step 1.
        if !self.operations.is_empty() {
            self.negotiation_needed.update_on_empty_chain = true;
        } else if !std::mem::replace(&mut self.negotiation_needed.is_queued, true) {
            self.tasks.push_back(Task::UpdateNegotiationNeeded);
        }
    }

    /// Its step 2.
    fn run_update_negotiation_needed(&mut self) {
        self.negotiation_needed.is_queued = false;
        // Step 2.2.
        if !self.operations.is_empty() {
            self.negotiation_needed.update_on_empty_chain = true;
            return;
        }
        // Step 2.3.
        if self.negotiation.state != crate::SignalingState::Stable {
            return;
        }
        // Steps 2.4 to 2.7.
        let is_needed = self.negotiation.is_needed(&self.transceivers, self.channels.any_created());
        let was_set = std::mem::replace(&mut self.negotiation_needed.is_set, is_needed);
        if is_needed && !was_set {
            self.events.push_back(Event::NegotiationNeeded);
        }
    }

    /// The task that an event of the session becomes.
    fn absorb(&mut self, now: Instant, event: session::Event) {
        match event {
            session::Event::Ice(id, event) => self.absorb_ice(id, event),
            session::Event::DtlsState(id, state) => self.change_dtls(id, state.into(), None),
            session::Event::DtlsFailed(id, cause) => {
                let (detail, message) = match cause {
                    dtls::FailureCause::FingerprintMismatch => {
                        (ErrorDetail::FingerprintFailure, "the peer's certificate has another fingerprint")
                    }
                    _ => (ErrorDetail::DtlsFailure, "the DTLS connection failed"),
                };
                self.change_dtls(id, DtlsTransportState::Failed, Some(Error::rtc(detail, message)));
            }
            // Of a second association: the first one begins like that.
            session::Event::SctpState(SctpState::Connecting) => {
                self.set_sctp_state(SctpTransportState::Connecting);
            }
            // Part of the task below.
            session::Event::SctpState(SctpState::Connected) => {}
            session::Event::SctpState(SctpState::Closed) => self.set_sctp_state(SctpTransportState::Closed),
            session::Event::SctpConnected { max_channels } => self.sctp_connected(max_channels),
            session::Event::ChannelMessage { key, payload } => self.receive_messages(now, key, payload),
            event => self.absorb_channel(event),
        }
    }

    fn absorb_ice(&mut self, id: TransportId, event: ice::Event) {
        match event {
            ice::Event::TransportState(state) => self.change_ice(id, None, Some(state.into())),
            // Known already: the agent gathers when `gather` tells it to.
            ice::Event::GatheringState(ice::GatheringState::New | ice::GatheringState::Gathering) => {}
            ice::Event::GatheringState(ice::GatheringState::Complete) => {
                // Two tasks; see `generation_complete`.
                let ufrag = self.gathered_ufrag(id);
                self.generation_complete(id, ufrag.clone());
                self.tasks.push_back(Task::GatheringComplete(id, ufrag));
            }
            ice::Event::LocalCandidate(candidate) => self.surface_candidate(id, &candidate),
            ice::Event::CandidateError(error) => {
                self.events.push_back(Event::IceCandidateError(IceCandidateError {
                    address: error.address,
                    url: error.url,
                    error_code: error.code,
                    error_text: error.text,
                }));
            }
            ice::Event::SelectedPair { local, remote } => {
                let pair = Some((self.described(id, &local), self.described(id, &remote)));
                // The pair and the state that goes with it change in one task.
                self.look_ahead();
                let state = match self.ahead.take() {
                    Some(session::Event::Ice(of, ice::Event::TransportState(state))) if of == id => {
                        Some(state.into())
                    }
                    other => {
                        self.ahead = other;
                        None
                    }
                };
                self.change_ice(id, pair, state);
            }
            ice::Event::Role(role) => {
                self.negotiation.set_role(id, role);
                if let Some(slots) = self.transports.get_mut(id) {
                    slots.role = Some(role);
                }
            }
            _ => {}
        }
    }

    /// A candidate of the selected pair.
    fn described(&self, id: TransportId, candidate: &ice::Candidate) -> IceCandidate {
        let ufrag = self.gathered_ufrag(id);
        let place = ufrag.and_then(|ufrag| {
            self.negotiation.locals().find_map(|local| Some((local, local.describes(id, &ufrag)?)))
        });
        let mid = place.and_then(|(local, index)| local.section(index)?.mid().map(str::to_owned));
        described(candidate, mid, place.map(|(_, index)| index))
    }

    /// Delivers a message and those that follow right behind it.
    fn receive_messages(&mut self, now: Instant, key: session::ChannelKey, payload: session::Payload) {
        self.receive_message(now, key, payload);
        for _ in 1..self.message_limit {
            if !self.tasks.is_empty() {
                // Earlier ones may be among them.
                return;
            }
            self.look_ahead();
            match self.ahead.take() {
                Some(session::Event::ChannelMessage { key, payload }) => {
                    self.receive_message(now, key, payload)
                }
                other => {
                    self.ahead = other;
                    return;
                }
            }
        }
    }

    /// An event of a data channel.
    pub(super) fn fire(&mut self, id: ChannelId, event: ChannelEvent) {
        self.events.push_back(Event::Channel(id, event));
    }

    /// Sets [[SctpTransportState]] and fires `statechange` if it is another.
    pub(super) fn set_sctp_state(&mut self, state: SctpTransportState) {
        if let Some(sctp) = self.sctp.as_mut().filter(|sctp| sctp.attributes.state != state) {
            sctp.attributes.state = state;
            self.events.push_back(Event::SctpStateChange(state));
        }
    }
}
