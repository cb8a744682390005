//! `RTCConfiguration`.

use std::sync::Arc;

use crate::ice_server::IceServer;

/// `RTCIceTransportPolicy`: which candidates may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IceTransportPolicy {
    /// All.
    #[default]
    All,
    /// Only candidates of relays (TURN). As there is no TURN client yet, there are none, and nothing connects.
    Relay,
}

/// `RTCBundlePolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BundlePolicy {
    /// One transport for each kind of media, if the remote peer does not bundle.
    #[default]
    Balanced,
    /// One transport for each m-section, if the remote peer does not bundle.
    MaxCompat,
    /// One transport, whatever the remote peer does.
    MaxBundle,
}

/// `RTCRtcpMuxPolicy`. W3C has no other any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RtcpMuxPolicy {
    /// RTP and RTCP share a transport.
    #[default]
    Require,
}

/// `RTCConfiguration`
/// ([webrtc-pc, section 4.2.1](https://www.w3.org/TR/webrtc/#rtcconfiguration-dictionary)).
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// STUN and TURN servers.
    pub ice_servers: Vec<IceServer>,
    /// Which candidates may be used.
    pub ice_transport_policy: IceTransportPolicy,
    /// How media is bundled if the remote peer does not bundle.
    pub bundle_policy: BundlePolicy,
    /// Whether RTP and RTCP share a transport.
    pub rtcp_mux_policy: RtcpMuxPolicy,
    /// The certificates to present. Empty: the identity given to the constructor.
    pub certificates: Vec<Arc<dtls::Certificate>>,
    /// How many sets of candidates may be gathered before they are needed. The pool is a hint; ours gathers
    /// when a description is set, whatever this says.
    pub ice_candidate_pool_size: u8,
    /// Ours, not W3C's: also gather candidates of loopback interfaces.
    pub include_loopback: bool,
}
