//! `RTCIceTransport`.

use std::sync::Arc;

use peer::{
    IceCandidate, IceCandidatePair, IceGathererState, IceParameters, IceRole, IceTransportEvent,
    IceTransportState, IceTransportView, TransportId,
};

use crate::RtcEventStream;
use crate::net::connection::Handle;

/// `RTCIceComponent`: what of a media line a transport carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RtcIceComponent {
    /// RTP, or everything where RTCP is multiplexed with it, as it always is.
    Rtp,
    /// RTCP alone. Not with us.
    Rtcp,
}

impl RtcIceComponent {
    /// The enumeration's value exactly as W3C has it.
    pub fn as_str(self) -> &'static str {
        match self {
            RtcIceComponent::Rtp => "rtp",
            RtcIceComponent::Rtcp => "rtcp",
        }
    }
}

/// The path that packets take
/// ([webrtc-pc, section 5.6](https://www.w3.org/TR/webrtc/#rtcicetransport)).
///
/// A handle: clones are the same transport, and two handles are equal if they are of the same one. It keeps its
/// connection open.
///
/// ```
/// # use visavis::{RtcConfiguration, RtcIceRole, RtcPeerConnection};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), visavis::Error> {
/// let pc = RtcPeerConnection::new(RtcConfiguration::default())?;
/// let _channel = pc.create_data_channel("chat", None)?;
/// pc.set_local_description(None).await?;
/// let transport = pc.sctp().expect("it is offered").transport().ice_transport();
/// assert_eq!(transport.role(), RtcIceRole::Controlling, "who offers first controls");
/// assert!(transport.get_local_parameters().is_some());
/// assert!(transport.get_selected_candidate_pair().is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RtcIceTransport {
    handle: Arc<Handle>,
    id: TransportId,
}

impl RtcIceTransport {
    pub(crate) fn new(handle: &Arc<Handle>, id: TransportId) -> Self {
        RtcIceTransport { handle: Arc::clone(handle), id }
    }

    fn view(&self) -> Option<IceTransportView> {
        self.handle.with(|shared| shared.ice_transport(self.id))
    }

    /// Which side chooses the candidate pair.
    pub fn role(&self) -> IceRole {
        self.view().map_or(IceRole::Unknown, |view| view.role)
    }

    /// What it carries: [`RtcIceComponent::Rtp`], as RTCP is multiplexed.
    pub fn component(&self) -> RtcIceComponent {
        RtcIceComponent::Rtp
    }

    /// Its state.
    pub fn state(&self) -> IceTransportState {
        self.view().map_or(IceTransportState::Closed, |view| view.state)
    }

    /// Whether candidates are being gathered for it.
    pub fn gathering_state(&self) -> IceGathererState {
        self.view().map_or(IceGathererState::Complete, |view| view.gathering_state)
    }

    /// The candidates gathered for it so far, without those of a generation before
    /// ([getLocalCandidates](https://www.w3.org/TR/webrtc/#dom-rtcicetransport-getlocalcandidates)).
    pub fn get_local_candidates(&self) -> Vec<IceCandidate> {
        self.view().map(|view| view.local_candidates).unwrap_or_default()
    }

    /// The remote peer's candidates for it so far
    /// ([getRemoteCandidates](https://www.w3.org/TR/webrtc/#dom-rtcicetransport-getremotecandidates)).
    pub fn get_remote_candidates(&self) -> Vec<IceCandidate> {
        self.view().map(|view| view.remote_candidates).unwrap_or_default()
    }

    /// The pair of candidates that packets go between
    /// ([getSelectedCandidatePair](https://www.w3.org/TR/webrtc/#dom-rtcicetransport-getselectedcandidatepair)).
    pub fn get_selected_candidate_pair(&self) -> Option<IceCandidatePair> {
        self.view()?.selected_candidate_pair
    }

    /// This side's credentials
    /// ([getLocalParameters](https://www.w3.org/TR/webrtc/#dom-rtcicetransport-getlocalparameters)).
    pub fn get_local_parameters(&self) -> Option<IceParameters> {
        self.view()?.local_parameters
    }

    /// The remote peer's credentials
    /// ([getRemoteParameters](https://www.w3.org/TR/webrtc/#dom-rtcicetransport-getremoteparameters)).
    pub fn get_remote_parameters(&self) -> Option<IceParameters> {
        self.view()?.remote_parameters
    }

    /// Its events, from the first one that was not taken yet.
    pub fn events(&self) -> RtcEventStream<IceTransportEvent> {
        let source = self.handle.with(|shared| shared.ice_events(self.id));
        RtcEventStream::new(source, Some(Arc::clone(&self.handle)))
    }
}

impl PartialEq for RtcIceTransport {
    fn eq(&self, other: &Self) -> bool {
        (self.handle.key, self.id) == (other.handle.key, other.id)
    }
}

impl Eq for RtcIceTransport {}

impl std::fmt::Debug for RtcIceTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RtcIceTransport")
            .field("id", &self.id.0)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
