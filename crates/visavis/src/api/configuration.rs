//! `RTCConfiguration`.

use peer::{BundlePolicy, Configuration, IceServer, IceTransportPolicy, RtcpMuxPolicy};

use crate::RtcCertificate;

/// How a connection is made
/// ([webrtc-pc, section 4.2.1](https://www.w3.org/TR/webrtc/#rtcconfiguration-dictionary)).
///
/// ```
/// use visavis::{RtcConfiguration, RtcIceServer};
/// let configuration = RtcConfiguration {
///     ice_servers: vec![RtcIceServer { urls: vec!["stun:stun.example.org".into()], ..Default::default() }],
///     ..Default::default()
/// };
/// # assert!(!configuration.include_loopback);
/// ```
#[derive(Clone, Debug, Default)]
pub struct RtcConfiguration {
    /// STUN servers, which tell a connection its address as others see it.
    pub ice_servers: Vec<IceServer>,
    /// Which candidates may be used.
    pub ice_transport_policy: IceTransportPolicy,
    /// How media is bundled if the remote peer does not bundle.
    pub bundle_policy: BundlePolicy,
    /// Whether RTP and RTCP share a transport.
    pub rtcp_mux_policy: RtcpMuxPolicy,
    /// The certificates to present. The first one is offered, as all that there can be are of one kind; the others are
    /// checked and kept. Empty: a new one for this connection.
    pub certificates: Vec<RtcCertificate>,
    /// For how many transports candidates are gathered before a description asks for them
    /// ([RFC 9429, section 3.5.4](https://www.rfc-editor.org/rfc/rfc9429#section-3.5.4)); at most 16. They are told when a
    /// local description has their transport. What the first answer leaves of the pool is given up.
    pub ice_candidate_pool_size: u8,
    /// Whether each offer has an m-section for data, before those of audio and video, also without a data channel
    /// ([webrtc-extensions](https://w3c.github.io/webrtc-extensions/#always-negotiating-datachannels)). A channel
    /// that is created later needs no negotiation then.
    pub always_negotiate_data_channels: bool,
    /// Who the remote peer has to prove to be
    /// ([webrtc-identity](https://www.w3.org/TR/webrtc-identity/#dom-rtcconfiguration-peeridentity)). As no identity
    /// provider can be loaded here, nobody can, and every remote description is rejected.
    pub peer_identity: Option<String>,
    /// Ours, not W3C's: also gather candidates of the loopback interface, to reach peers on the same machine
    /// without any other network.
    pub include_loopback: bool,
}

impl From<RtcConfiguration> for Configuration {
    fn from(configuration: RtcConfiguration) -> Self {
        Configuration {
            ice_servers: configuration.ice_servers,
            ice_transport_policy: configuration.ice_transport_policy,
            bundle_policy: configuration.bundle_policy,
            rtcp_mux_policy: configuration.rtcp_mux_policy,
            certificates: configuration.certificates.into_iter().map(|certificate| certificate.0).collect(),
            ice_candidate_pool_size: configuration.ice_candidate_pool_size,
            always_negotiate_data_channels: configuration.always_negotiate_data_channels,
            peer_identity: configuration.peer_identity,
            include_loopback: configuration.include_loopback,
        }
    }
}

impl From<Configuration> for RtcConfiguration {
    fn from(configuration: Configuration) -> Self {
        RtcConfiguration {
            ice_servers: configuration.ice_servers,
            ice_transport_policy: configuration.ice_transport_policy,
            bundle_policy: configuration.bundle_policy,
            rtcp_mux_policy: configuration.rtcp_mux_policy,
            certificates: configuration.certificates.into_iter().map(RtcCertificate).collect(),
            ice_candidate_pool_size: configuration.ice_candidate_pool_size,
            always_negotiate_data_channels: configuration.always_negotiate_data_channels,
            peer_identity: configuration.peer_identity,
            include_loopback: configuration.include_loopback,
        }
    }
}
