//! What the application sees of `RTCDtlsTransport` and `RTCIceTransport`
//! ([webrtc-pc, sections 5.5 and 5.6](https://www.w3.org/TR/webrtc/#rtcdtlstransport-interface)).

use base::Redacted;
use session::TransportId;

use crate::{DtlsTransportState, IceCandidate, IceGathererState, IceRole, IceTransportState};

use super::PeerConnection;

/// What the attributes and methods of an `RTCDtlsTransport` say now. Its `iceTransport` has the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DtlsTransportView {
    /// Which it is.
    pub id: TransportId,
    /// `state`
    pub state: DtlsTransportState,
    /// `getRemoteCertificates()`: the peer's certificates (DER), once DTLS has verified them.
    pub remote_certificates: Vec<Vec<u8>>,
}

/// `RTCIceParameters`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IceParameters {
    /// `usernameFragment`
    pub username_fragment: String,
    /// `password`
    pub password: Redacted<String>,
}

/// `RTCIceCandidatePair`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IceCandidatePair {
    /// `local`
    pub local: IceCandidate,
    /// `remote`
    pub remote: IceCandidate,
}

/// What the attributes and methods of an `RTCIceTransport` say now. Its `component` is always "rtp", because RTCP is
/// multiplexed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IceTransportView {
    /// Which it is.
    pub id: TransportId,
    /// `role`
    pub role: IceRole,
    /// `state`
    pub state: IceTransportState,
    /// `gatheringState`
    pub gathering_state: IceGathererState,
    /// `getLocalCandidates()`
    pub local_candidates: Vec<IceCandidate>,
    /// `getRemoteCandidates()`
    pub remote_candidates: Vec<IceCandidate>,
    /// `getSelectedCandidatePair()`
    pub selected_candidate_pair: Option<IceCandidatePair>,
    /// `getLocalParameters()`
    pub local_parameters: Option<IceParameters>,
    /// `getRemoteParameters()`
    pub remote_parameters: Option<IceParameters>,
}

impl PeerConnection {
    /// An `RTCDtlsTransport`. Those that were closed stay readable; the oldest are forgotten beyond 1,024.
    pub fn dtls_transport(&self, id: TransportId) -> Option<DtlsTransportView> {
        let slots = self.transports.get(id)?;
        Some(DtlsTransportView {
            id,
            state: slots.dtls,
            remote_certificates: slots.remote_certificates.clone(),
        })
    }

    /// The `RTCIceTransport` below an `RTCDtlsTransport`.
    pub fn ice_transport(&self, id: TransportId) -> Option<IceTransportView> {
        let slots = self.transports.get(id)?;
        let plan = self.negotiation.plan.transports.get(&id);
        let parameters = |credentials: &ice::Credentials| IceParameters {
            username_fragment: credentials.ufrag.clone(),
            password: credentials.pwd.clone(),
        };
        let remote = plan.and_then(|plan| plan.ice.remote.as_ref()).map(|(remote, _)| remote);
        Some(IceTransportView {
            id,
            role: slots.role.into(),
            state: slots.ice,
            gathering_state: slots.gatherer,
            local_candidates: slots.local_candidates.clone(),
            remote_candidates: slots.remote.candidates.clone(),
            selected_candidate_pair: slots
                .selected_pair
                .clone()
                .map(|(local, remote)| IceCandidatePair { local, remote }),
            local_parameters: plan.map(|plan| parameters(&plan.ice.local)),
            remote_parameters: remote.map(parameters),
        })
    }
}
