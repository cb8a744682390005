//! The transports: `RTCDtlsTransport` and the `RTCIceTransport` below it, which have one number.

use napi::Env;
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use peer::TransportId;

use crate::descriptions::IceCandidate;
use crate::peer_connection::PeerConnection;

/// `RTCDtlsTransport`'s attributes.
#[napi(object, object_from_js = false)]
pub struct DtlsTransportView {
    /// `state`
    pub state: &'static str,
    /// `getRemoteCertificates()`: in DER.
    pub remote_certificates: Vec<Buffer>,
}

impl From<peer::DtlsTransportView> for DtlsTransportView {
    fn from(view: peer::DtlsTransportView) -> Self {
        let certificates = view.remote_certificates.into_iter();
        DtlsTransportView {
            state: view.state.as_str(),
            remote_certificates: certificates.map(Buffer::from).collect(),
        }
    }
}

/// `RTCIceParameters`.
#[napi(object, object_from_js = false)]
pub struct IceParameters {
    /// `usernameFragment`
    pub username_fragment: String,
    /// `password`
    pub password: String,
}

impl From<peer::IceParameters> for IceParameters {
    fn from(parameters: peer::IceParameters) -> Self {
        IceParameters {
            username_fragment: parameters.username_fragment,
            password: parameters.password.expose_secret().clone(),
        }
    }
}

/// `RTCIceCandidatePair`.
#[napi(object, object_from_js = false)]
pub struct IceCandidatePair {
    /// `local`
    pub local: IceCandidate,
    /// `remote`
    pub remote: IceCandidate,
}

/// `RTCIceTransport`'s attributes, and what its methods answer.
#[napi(object, object_from_js = false)]
pub struct IceTransportView {
    /// `role`
    pub role: &'static str,
    /// `component`
    pub component: &'static str,
    /// `state`
    pub state: &'static str,
    /// `gatheringState`
    pub gathering_state: &'static str,
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

impl From<peer::IceTransportView> for IceTransportView {
    fn from(view: peer::IceTransportView) -> Self {
        let pair = |pair: peer::IceCandidatePair| IceCandidatePair {
            local: pair.local.into(),
            remote: pair.remote.into(),
        };
        IceTransportView {
            role: view.role.as_str(),
            // RTCP is multiplexed, always.
            component: "rtp",
            state: view.state.as_str(),
            gathering_state: view.gathering_state.as_str(),
            local_candidates: view.local_candidates.into_iter().map(Into::into).collect(),
            remote_candidates: view.remote_candidates.into_iter().map(Into::into).collect(),
            selected_candidate_pair: view.selected_candidate_pair.map(pair),
            local_parameters: view.local_parameters.map(Into::into),
            remote_parameters: view.remote_parameters.map(Into::into),
        }
    }
}

#[napi]
impl PeerConnection {
    /// A DTLS transport's attributes; `null` if it is long forgotten.
    #[napi]
    pub fn dtls_transport(&self, env: Env, transport: u32) -> napi::Result<Option<DtlsTransportView>> {
        Ok(self.read(&env, |peer| peer.dtls_transport(TransportId(transport)))?.map(Into::into))
    }

    /// The attributes of the ICE transport below it.
    #[napi]
    pub fn ice_transport(&self, env: Env, transport: u32) -> napi::Result<Option<IceTransportView>> {
        Ok(self.read(&env, |peer| peer.ice_transport(TransportId(transport)))?.map(Into::into))
    }
}
