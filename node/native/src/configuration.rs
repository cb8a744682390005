//! `RTCConfiguration`.

use base::Redacted;
use napi_derive::napi;
use peer::{BundlePolicy, Error, IceTransportPolicy, RtcpMuxPolicy};

use crate::error::invalid;

/// `RTCIceServer`.
#[napi(object)]
pub struct IceServer {
    /// `stun:` and `turn:` URLs.
    pub urls: Vec<String>,
    /// The user name, for TURN.
    pub username: Option<String>,
    /// The password, for TURN.
    pub credential: Option<String>,
}

/// `RTCConfiguration` but for its certificates.
#[napi(object)]
pub struct Configuration {
    /// STUN and TURN servers.
    pub ice_servers: Option<Vec<IceServer>>,
    /// `RTCIceTransportPolicy`
    pub ice_transport_policy: Option<String>,
    /// `RTCBundlePolicy`
    pub bundle_policy: Option<String>,
    /// `RTCRtcpMuxPolicy`
    pub rtcp_mux_policy: Option<String>,
    /// `iceCandidatePoolSize`
    pub ice_candidate_pool_size: Option<u32>,
    /// `alwaysNegotiateDataChannels` of webrtc-extensions.
    pub always_negotiate_data_channels: Option<bool>,
    /// `peerIdentity` of webrtc-identity.
    pub peer_identity: Option<String>,
    /// Ours: also gather candidates of the loopback interface.
    pub include_loopback: Option<bool>,
}

impl Configuration {
    /// As the state machine has it, without certificates.
    pub(crate) fn into_peer(self) -> Result<peer::Configuration, Error> {
        let ice_transport_policy = match self.ice_transport_policy.as_deref() {
            None | Some("all") => IceTransportPolicy::All,
            Some("relay") => IceTransportPolicy::Relay,
            Some(other) => return Err(invalid("RTCIceTransportPolicy", other)),
        };
        let bundle_policy = match self.bundle_policy.as_deref() {
            None | Some("balanced") => BundlePolicy::Balanced,
            Some("max-compat") => BundlePolicy::MaxCompat,
            Some("max-bundle") => BundlePolicy::MaxBundle,
            Some(other) => return Err(invalid("RTCBundlePolicy", other)),
        };
        let rtcp_mux_policy = match self.rtcp_mux_policy.as_deref() {
            None | Some("require") => RtcpMuxPolicy::Require,
            Some(other) => return Err(invalid("RTCRtcpMuxPolicy", other)),
        };
        let pool_size = self.ice_candidate_pool_size.unwrap_or_default();
        Ok(peer::Configuration {
            ice_servers: self.ice_servers.unwrap_or_default().into_iter().map(IceServer::into_peer).collect(),
            ice_transport_policy,
            bundle_policy,
            rtcp_mux_policy,
            certificates: Vec::new(),
            ice_candidate_pool_size: u8::try_from(pool_size)
                .map_err(|_| invalid("iceCandidatePoolSize", &pool_size.to_string()))?,
            always_negotiate_data_channels: self.always_negotiate_data_channels.unwrap_or_default(),
            peer_identity: self.peer_identity,
            include_loopback: self.include_loopback.unwrap_or_default(),
        })
    }

    /// As JavaScript has it.
    pub(crate) fn from_peer(configuration: &peer::Configuration) -> Self {
        Configuration {
            ice_servers: Some(configuration.ice_servers.iter().map(IceServer::from_peer).collect()),
            ice_transport_policy: Some(
                match configuration.ice_transport_policy {
                    IceTransportPolicy::All => "all",
                    IceTransportPolicy::Relay => "relay",
                }
                .to_owned(),
            ),
            bundle_policy: Some(
                match configuration.bundle_policy {
                    BundlePolicy::Balanced => "balanced",
                    BundlePolicy::MaxCompat => "max-compat",
                    BundlePolicy::MaxBundle => "max-bundle",
                }
                .to_owned(),
            ),
            rtcp_mux_policy: Some("require".to_owned()),
            ice_candidate_pool_size: Some(u32::from(configuration.ice_candidate_pool_size)),
            always_negotiate_data_channels: Some(configuration.always_negotiate_data_channels),
            peer_identity: configuration.peer_identity.clone(),
            include_loopback: Some(configuration.include_loopback),
        }
    }
}

impl IceServer {
    fn into_peer(self) -> peer::IceServer {
        peer::IceServer {
            urls: self.urls,
            username: self.username,
            credential: self.credential.map(Redacted::new),
        }
    }

    fn from_peer(server: &peer::IceServer) -> Self {
        IceServer {
            urls: server.urls.clone(),
            username: server.username.clone(),
            credential: server.credential.as_ref().map(|credential| credential.expose_secret().clone()),
        }
    }
}
