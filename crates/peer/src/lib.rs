//! The W3C [`RTCPeerConnection`](https://www.w3.org/TR/webrtc/#rtcpeerconnection-interface) as a pure state
//! machine over `session` (packets and plans) and `sdp` (grammar): slots, the operations chain, events in W3C's
//! order. No socket, no thread, no clock.
//!
//! Whoever drives a [`PeerConnection`] hands in datagrams, timeouts and the results of actions, sends what
//! [`PeerConnection::poll_transmit`] writes, and plays the event loop: while [`PeerConnection::has_task`] says
//! so, [`PeerConnection::run_task`] performs one W3C task, after which [`PeerConnection::poll_event`] gives what
//! happened in it.
//!
//! Invariants: W3C state advances only in [`PeerConnection::run_task`] and in the synchronous methods; promises
//! settle only in tasks; the network never causes an `Err`.
#![forbid(unsafe_code)]

mod candidate;
mod certificate;
mod configuration;
mod counters;
mod data_channel;
mod description;
mod error;
mod event;
mod ice_server;
mod jsep;
mod negotiation_needed;
mod operations;
mod peer_connection;
mod rtp;
mod settings;
mod signaling_state;
mod states;
mod stats;
mod task_counts;
mod transceiver;

pub use candidate::{CandidateFields, IceCandidate, IceCandidateInit};
pub use certificate::{DtlsFingerprint, KeygenAlgorithm, certificate_fingerprints, generate_certificate};
pub use configuration::{BundlePolicy, Configuration, IceTransportPolicy, RtcpMuxPolicy};
pub use counters::Counters;
pub use data_channel::{ChannelId, ChannelView, DataChannelInit, DataChannelState, Priority};
pub use description::{OfferOptions, SdpType, SessionDescription, SessionDescriptionInit, UnknownSdpType};
pub use error::{Error, ErrorDetail, ErrorName};
pub use event::{
    ChannelEvent, DtlsTransportEvent, Event, IceCandidateError, IceTransportEvent, OperationId, Outcome,
};
pub use ice::{AddressFilter, AddressRange, AddressRangeError, ExternalAddress, ExternalMode};
pub use ice_server::IceServer;
pub use peer_connection::{
    DtlsTransportView, IceCandidatePair, IceParameters, IceTransportView, IdentityAssertion,
    IdentityProviderOptions, PeerConnection,
};
pub use rtp::{
    Codec, CodecParameters, DegradationPreference, EncodingOptions, EncodingParameters,
    HeaderExtensionCapability, HeaderExtensionParameters, MediaKind, ReceiveParameters,
    ResolutionRestriction, RtcpParameters, RtpCapabilities, RtpSource, SendParameters, SetParameterOptions,
    capabilities,
};
pub use session::{InterfaceFilter, IpVersions, Payload, TcpPolicy, TransportId};
pub use settings::Settings;
pub use states::{
    DtlsTransportState, IceConnectionState, IceGathererState, IceGatheringState, IceRole, IceTransportState,
    PeerConnectionState, SctpTransport, SctpTransportState, SignalingState,
};
pub use stats::{
    CandidatePairStats, CertificateStats, CodecStats, DataChannelStats, IceCandidateStats, MediaSourceStats,
    OutboundRtpStats, PeerConnectionStats, StatsReport, StatsSelector, StatsValue, TransportStats,
};
pub use task_counts::TaskCounts;
pub use transceiver::{
    DtmfView, ReceiverView, SenderView, Track, TrackOrKind, TransceiverDirection, TransceiverId,
    TransceiverInit, TransceiverView,
};
