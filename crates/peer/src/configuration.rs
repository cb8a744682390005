//! `RTCConfiguration`.

use std::sync::Arc;
use std::time::Duration;

use crate::Error;
use crate::ice_server::{IceServer, ServerUrl};

/// The most ICE servers that are used (webrtc-pc, set a configuration, step 5: truncate to the number of supported
/// elements). Each costs transactions on each socket.
const MAX_ICE_SERVERS: usize = 32;

/// `RTCIceTransportPolicy`: which candidates may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IceTransportPolicy {
    /// All.
    #[default]
    All,
    /// Only candidates of relays (TURN).
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
    /// The certificates to present. The first one is offered, as all that there can be are of one kind; the others are
    /// checked and kept. Empty: the identity given to the constructor.
    pub certificates: Vec<Arc<dtls::Certificate>>,
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
    /// Ours, not W3C's: also gather candidates of loopback interfaces.
    pub include_loopback: bool,
}

impl Configuration {
    /// What only the constructor checks (webrtc-pc, RTCPeerConnection constructor, step 5.1). `now` is the time since 1970.
    pub(crate) fn check_certificates(&self, now: Duration) -> Result<(), Error> {
        if self.certificates.iter().any(|certificate| certificate.expires() < now) {
            return Err(Error::invalid_access("a certificate has expired"));
        }
        Ok(())
    }

    /// Whether this may replace `old` (webrtc-pc, set a configuration, step 3). `local_description_set`:
    /// `set_local_description` was called before.
    pub(crate) fn check_modification(&self, old: &Self, local_description_set: bool) -> Result<(), Error> {
        // Steps 3.1 to 3.3: the very same certificates.
        let same_certificates = self.certificates.len() == old.certificates.len()
            && self.certificates.iter().zip(&old.certificates).all(|(new, old)| Arc::ptr_eq(new, old));
        let what = if !same_certificates {
            "certificates"
        } else if self.bundle_policy != old.bundle_policy {
            "bundlePolicy" // Step 3.4.
        } else if self.rtcp_mux_policy != old.rtcp_mux_policy {
            "rtcpMuxPolicy" // Step 3.5.
        } else if self.always_negotiate_data_channels != old.always_negotiate_data_channels {
            "alwaysNegotiateDataChannels" // webrtc-extensions.
        } else if self.peer_identity != old.peer_identity {
            "peerIdentity" // webrtc-identity: once set, it cannot be changed.
        } else if self.ice_candidate_pool_size != old.ice_candidate_pool_size && local_description_set {
            "iceCandidatePoolSize" // Step 3.6.
        } else {
            return Ok(());
        };
        Err(Error::invalid_modification(format!("{what} cannot be changed")))
    }

    /// The servers' URLs, all of them validated (webrtc-pc, set a configuration, steps 5 and 6).
    pub(crate) fn server_urls(&self) -> Result<Vec<ServerUrl>, Error> {
        let mut urls = Vec::new();
        for server in self.ice_servers.iter().take(MAX_ICE_SERVERS) {
            urls.extend(server.validate()?);
        }
        Ok(urls)
    }
}
