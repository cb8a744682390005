//! The states of the transports, and the states of the connection that follow from them.

use std::collections::{BTreeMap, BTreeSet};

use session::TransportId;

use crate::transceiver::Transceiver;
use crate::{
    DtlsTransportEvent, DtlsTransportState, Event, IceCandidate, IceConnectionState, IceGathererState,
    IceGatheringState, IceRole, IceTransportEvent, IceTransportState, PeerConnectionState, SctpTransport,
    SctpTransportState,
};

use super::PeerConnection;
use super::candidates::RemoteCandidates;
use super::settle::Task;

/// How many transports that are gone stay readable. A peer that has bundles come and go could otherwise fill the
/// memory.
const MAX_GONE: usize = 1024;

/// The slots of one `RTCIceTransport` and of the `RTCDtlsTransport` over it.
#[derive(Clone, Debug)]
pub(crate) struct TransportSlots {
    /// [[IceTransportState]]
    pub(crate) ice: IceTransportState,
    /// [[IceGathererState]]
    pub(crate) gatherer: IceGathererState,
    /// [[IceRole]]
    pub(crate) role: Option<ice::Role>,
    /// [[SelectedCandidatePair]]
    pub(crate) selected_pair: Option<(IceCandidate, IceCandidate)>,
    /// The set of local candidates, of the generation that is in use.
    pub(crate) local_candidates: Vec<IceCandidate>,
    /// What ICE has been given of the peer's candidates.
    pub(crate) remote: RemoteCandidates,
    /// The ICE generation that gathers, or has.
    pub(crate) gathered_ufrag: Option<String>,
    /// [[DtlsTransportState]]
    pub(crate) dtls: DtlsTransportState,
    /// [[RemoteCertificates]]
    pub(crate) remote_certificates: Vec<Vec<u8>>,
}

impl Default for TransportSlots {
    fn default() -> Self {
        TransportSlots {
            ice: IceTransportState::New,
            gatherer: IceGathererState::New,
            role: None,
            selected_pair: None,
            local_candidates: Vec::new(),
            remote: RemoteCandidates::default(),
            gathered_ufrag: None,
            dtls: DtlsTransportState::New,
            remote_certificates: Vec::new(),
        }
    }
}

/// All transports, and the aggregated states of the connection.
#[derive(Clone, Debug)]
pub(crate) struct Transports {
    /// Boxed, as a map with one entry has room for eleven.
    slots: BTreeMap<TransportId, Box<TransportSlots>>,
    /// [[IceGatheringState]]
    pub(crate) ice_gathering_state: IceGatheringState,
    /// [[IceConnectionState]]
    pub(crate) ice_connection_state: IceConnectionState,
    /// [[ConnectionState]]
    pub(crate) connection_state: PeerConnectionState,
}

impl Default for Transports {
    fn default() -> Self {
        Transports {
            slots: BTreeMap::new(),
            ice_gathering_state: IceGatheringState::New,
            ice_connection_state: IceConnectionState::New,
            connection_state: PeerConnectionState::New,
        }
    }
}

/// `RTCSctpTransport`'s slots.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sctp {
    /// What the application sees.
    pub(crate) attributes: SctpTransport,
    /// [[MaxBufferSize]]; `None` is no limit, or none known yet.
    pub(crate) max_buffer_size: Option<u64>,
}

/// canSendSize: what one channel buffers, at most.
const CAN_SEND_SIZE: u64 = session::SessionConfig::MAX_BUFFERED as u64;

impl Sctp {
    /// webrtc-pc, create an RTCSctpTransport, with the state "connecting".
    pub(crate) fn new(transport: TransportId) -> Self {
        Sctp {
            attributes: SctpTransport {
                transport,
                state: SctpTransportState::Connecting,
                max_message_size: None,
                max_channels: None,
            },
            max_buffer_size: None,
        }
    }

    /// webrtc-pc, update the data max message size. `remote` is 0 where the peer takes any size.
    pub(crate) fn update_max_message_size(&mut self, remote: u64) {
        // As canSendSize is never 0, only steps 5 and 6 remain.
        let smaller = if remote == 0 { CAN_SEND_SIZE } else { remote.min(CAN_SEND_SIZE) };
        self.attributes.max_message_size = Some(smaller);
        self.max_buffer_size = Some(remote.max(CAN_SEND_SIZE));
    }
}

impl Transports {
    pub(crate) fn get(&self, id: TransportId) -> Option<&TransportSlots> {
        self.slots.get(&id).map(|slots| &**slots)
    }

    pub(crate) fn get_mut(&mut self, id: TransportId) -> Option<&mut TransportSlots> {
        self.slots.get_mut(&id).map(|slots| &mut **slots)
    }

    /// All that are readable.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (TransportId, &TransportSlots)> {
        self.slots.iter().map(|(id, slots)| (*id, &**slots))
    }

    /// The slots of a transport, which begin now if it is new.
    pub(crate) fn entry(&mut self, id: TransportId) -> &mut TransportSlots {
        self.slots.entry(id).or_default()
    }

    /// All transports close, without an event.
    pub(crate) fn close(&mut self) {
        for slots in self.slots.values_mut() {
            slots.ice = IceTransportState::Closed;
            slots.dtls = DtlsTransportState::Closed;
            slots.selected_pair = None;
        }
        self.ice_connection_state = IceConnectionState::Closed;
        self.connection_state = PeerConnectionState::Closed;
    }

    /// Forgets the oldest of those that are gone, if they are too many.
    fn forget(&mut self, used: &BTreeSet<TransportId>) {
        let is_gone = |(id, slots): &(TransportId, &TransportSlots)| {
            slots.ice == IceTransportState::Closed && !used.contains(id)
        };
        let gone: Vec<TransportId> = self.iter().filter(is_gone).map(|(id, _)| id).collect();
        for id in gone.iter().take(gone.len().saturating_sub(MAX_GONE)) {
            self.slots.remove(id);
        }
    }

    /// The transports that count.
    fn used<'a>(
        &'a self,
        used: &'a BTreeSet<TransportId>,
    ) -> impl Iterator<Item = &'a TransportSlots> + Clone {
        used.iter().filter_map(|id| self.get(*id))
    }

    /// webrtc-pc, RTCIceGatheringState.
    fn derive_gathering(&self, used: &BTreeSet<TransportId>) -> IceGatheringState {
        let mut states = self.used(used).map(|slots| slots.gatherer);
        if states.clone().any(|state| state == IceGathererState::Gathering) {
            IceGatheringState::Gathering
        } else if states.clone().next().is_some() && states.all(|state| state == IceGathererState::Complete) {
            IceGatheringState::Complete
        } else {
            IceGatheringState::New
        }
    }

    /// webrtc-pc, RTCIceConnectionState.
    fn derive_ice(&self, used: &BTreeSet<TransportId>) -> IceConnectionState {
        use IceTransportState::{Checking, Closed, Completed, Disconnected, Failed, New};
        let states = self.used(used).map(|slots| slots.ice);
        let any = |wanted: &[IceTransportState]| states.clone().any(|state| wanted.contains(&state));
        let all = |wanted: &[IceTransportState]| states.clone().all(|state| wanted.contains(&state));
        if any(&[Failed]) {
            IceConnectionState::Failed
        } else if any(&[Disconnected]) {
            IceConnectionState::Disconnected
        } else if all(&[New, Closed]) {
            IceConnectionState::New
        } else if any(&[New, Checking]) {
            IceConnectionState::Checking
        } else if all(&[Completed, Closed]) {
            IceConnectionState::Completed
        } else {
            IceConnectionState::Connected
        }
    }

    /// webrtc-pc, RTCPeerConnectionState. The enumeration asks for an ICE connection state of "connected"; that
    /// "completed" is meant too is what its editors and all browsers hold.
    fn derive_connection(&self, used: &BTreeSet<TransportId>) -> PeerConnectionState {
        use DtlsTransportState::{Closed, Connected, Failed, New};
        let states = self.used(used).map(|slots| slots.dtls);
        let all = |wanted: &[DtlsTransportState]| states.clone().all(|state| wanted.contains(&state));
        let is_ice_up = matches!(
            self.ice_connection_state,
            IceConnectionState::Connected | IceConnectionState::Completed
        );
        match self.ice_connection_state {
            IceConnectionState::Closed => PeerConnectionState::Closed,
            IceConnectionState::Failed => PeerConnectionState::Failed,
            _ if states.clone().any(|state| state == Failed) => PeerConnectionState::Failed,
            IceConnectionState::Disconnected => PeerConnectionState::Disconnected,
            _ if states.clone().next().is_none() => PeerConnectionState::New,
            IceConnectionState::New if all(&[New, Closed]) => PeerConnectionState::New,
            _ if is_ice_up && all(&[Connected, Closed]) => PeerConnectionState::Connected,
            _ => PeerConnectionState::Connecting,
        }
    }
}

impl PeerConnection {
    /// The transports that the set of transceivers and [[SctpTransport]] refer to.
    pub(crate) fn used_transports(&self) -> BTreeSet<TransportId> {
        let of = |transceiver: &Transceiver| [transceiver.sender.transport, transceiver.receiver.transport];
        let media = self.transceivers.iter().flat_map(of).flatten();
        media.chain(self.sctp.map(|sctp| sctp.attributes.transport)).collect()
    }

    /// Derives [[IceConnectionState]] and [[ConnectionState]] anew: slots first, then the events.
    pub(crate) fn update_connection_states(&mut self) {
        let used = self.used_transports();
        let transports = &mut self.transports;
        let before = (transports.ice_connection_state, transports.connection_state);
        transports.ice_connection_state = transports.derive_ice(&used);
        transports.connection_state = transports.derive_connection(&used);
        let after = (transports.ice_connection_state, transports.connection_state);
        if after.0 != before.0 {
            self.events.push_back(Event::IceConnectionStateChange(after.0));
        }
        if after.1 != before.1 {
            self.events.push_back(Event::ConnectionStateChange(after.1));
        }
    }

    /// Derives [[IceGatheringState]] anew; whether it changed.
    pub(crate) fn derive_gathering_state(&mut self) -> bool {
        let state = self.transports.derive_gathering(&self.used_transports());
        std::mem::replace(&mut self.transports.ice_gathering_state, state) != state
    }

    /// The same, with its event, where a description has changed the set of transports.
    pub(crate) fn update_gathering_state(&mut self) {
        if self.derive_gathering_state() {
            let state = self.transports.ice_gathering_state;
            self.events.push_back(Event::IceGatheringStateChange(state));
            if state == IceGatheringState::Complete {
                // What still gathered is gone: nobody else says that it is over.
                self.events.push_back(Event::IceCandidate(None));
            }
        }
    }

    /// Gives new transports their slots and all of them their roles, and forgets who is long gone.
    pub(super) fn refresh_transports(&mut self) {
        let negotiation = &self.negotiation;
        let sctp = self.sctp.map(|sctp| sctp.attributes.transport);
        for (id, role) in &negotiation.roles {
            // What a remote offer proposes is no transport before it is answered, but for that of SCTP.
            if negotiation.plan.transports.contains_key(id) || sctp == Some(*id) {
                self.transports.entry(*id).role = Some(*role);
            }
        }
        let used = self.used_transports();
        self.transports.forget(&used);
    }

    /// webrtc-pc, the steps to change the selected candidate pair and state.
    pub(super) fn change_ice(
        &mut self,
        id: TransportId,
        pair: Option<(IceCandidate, IceCandidate)>,
        state: Option<IceTransportState>,
    ) {
        let Some(slots) = self.transports.get_mut(id) else { return };
        let has_pair = pair.is_some();
        if has_pair {
            slots.selected_pair = pair;
        }
        let state = state.filter(|state| *state != slots.ice);
        slots.ice = state.unwrap_or(slots.ice);
        // getSelectedCandidatePair(): null in the states "new" and "closed".
        if matches!(slots.ice, IceTransportState::New | IceTransportState::Closed) {
            slots.selected_pair = None;
        }
        if has_pair {
            self.events.push_back(Event::IceTransport(id, IceTransportEvent::SelectedCandidatePairChange));
        }
        if let Some(state) = state {
            self.events.push_back(Event::IceTransport(id, IceTransportEvent::StateChange(state)));
            self.update_connection_states();
        }
        if state == Some(IceTransportState::Closed) {
            self.change_dtls(id, DtlsTransportState::Closed, None);
        }
    }

    /// webrtc-pc, RTCDtlsTransport: its state changed, with the error of one that failed.
    pub(super) fn change_dtls(
        &mut self,
        id: TransportId,
        state: DtlsTransportState,
        error: Option<crate::Error>,
    ) {
        let certificate = self.session.remote_certificate(id).map(<[u8]>::to_vec);
        let Some(slots) = self.transports.get_mut(id) else { return };
        if slots.dtls == state {
            return;
        }
        slots.dtls = state;
        match state {
            DtlsTransportState::Connected => slots.remote_certificates = certificate.into_iter().collect(),
            DtlsTransportState::New | DtlsTransportState::Connecting => slots.remote_certificates.clear(),
            _ => {}
        }
        if let Some(error) = error {
            self.events.push_back(Event::DtlsTransport(id, DtlsTransportEvent::Error(error)));
        }
        self.events.push_back(Event::DtlsTransport(id, DtlsTransportEvent::StateChange(state)));
        self.update_connection_states();
    }

    /// A transport that the session never had is over.
    pub(super) fn drop_unused_transports(&mut self) {
        let used = self.used_transports();
        let (plan, roles) = (&self.negotiation.plan, &self.negotiation.roles);
        let is_over = |(id, slots): &(TransportId, &TransportSlots)| {
            slots.ice != IceTransportState::Closed
                && !used.contains(id)
                && !plan.transports.contains_key(id)
                && !roles.contains_key(id)
                && self.session.ice(*id).is_none()
        };
        let over: Vec<TransportId> = self.transports.iter().filter(is_over).map(|(id, _)| id).collect();
        self.tasks.extend(over.into_iter().map(Task::TransportOver));
    }
}

impl From<ice::TransportState> for IceTransportState {
    fn from(state: ice::TransportState) -> Self {
        match state {
            ice::TransportState::New => IceTransportState::New,
            ice::TransportState::Checking => IceTransportState::Checking,
            ice::TransportState::Connected => IceTransportState::Connected,
            ice::TransportState::Completed => IceTransportState::Completed,
            ice::TransportState::Disconnected => IceTransportState::Disconnected,
            ice::TransportState::Failed => IceTransportState::Failed,
            ice::TransportState::Closed => IceTransportState::Closed,
        }
    }
}

impl From<dtls::State> for DtlsTransportState {
    fn from(state: dtls::State) -> Self {
        match state {
            dtls::State::New => DtlsTransportState::New,
            dtls::State::Connecting => DtlsTransportState::Connecting,
            dtls::State::Connected => DtlsTransportState::Connected,
            dtls::State::Closed => DtlsTransportState::Closed,
            dtls::State::Failed => DtlsTransportState::Failed,
        }
    }
}

impl From<Option<ice::Role>> for IceRole {
    fn from(role: Option<ice::Role>) -> Self {
        match role {
            None => IceRole::Unknown,
            Some(ice::Role::Controlling) => IceRole::Controlling,
            Some(ice::Role::Controlled) => IceRole::Controlled,
        }
    }
}

#[cfg(test)]
mod tests;
