//! The W3C [`RTCPeerConnection`](https://www.w3.org/TR/webrtc/), exactly, in Rust.
//!
//! Names are W3C's in Rust's case; what is a promise there is an `async fn` here; events are streams that lose
//! nothing. Connections work on a few threads of their own, so that handles can be used from any executor.
#![forbid(unsafe_code)]

mod api;
mod net;

pub use api::{
    RtcCertificate, RtcConfiguration, RtcDataChannel, RtcDataChannelEvent, RtcDataChannelEvents, RtcMessage,
    RtcPeerConnection, RtcPeerConnectionEvent, RtcPeerConnectionEvents, RtcSessionDescription,
};
pub use base::Redacted;
pub use bytes::Bytes;
pub use ice::TransportState as RtcIceTransportState;
pub use ice::{CandidateKind as RtcIceCandidateType, PairState as RtcStatsIceCandidatePairState};
pub use ice::{Protocol as RtcIceProtocol, Role as RtcIceRole, TcpType as RtcIceTcpCandidateType};
pub use peer::{
    BundlePolicy as RtcBundlePolicy, CandidateFields as RtcIceCandidateFields,
    CandidatePairStats as RtcIceCandidatePairStats, CertificateStats as RtcCertificateStats,
    DataChannelInit as RtcDataChannelInit, DataChannelState as RtcDataChannelState,
    DataChannelStats as RtcDataChannelStats, DtlsTransportState as RtcDtlsTransportState, Error,
    ErrorDetail as RtcErrorDetail, ErrorName, IceCandidate as RtcIceCandidate,
    IceCandidateError as RtcIceCandidateError, IceCandidateInit as RtcIceCandidateInit,
    IceCandidateStats as RtcIceCandidateStats, IceConnectionState as RtcIceConnectionState,
    IceGatheringState as RtcIceGatheringState, IceServer as RtcIceServer,
    IceTransportPolicy as RtcIceTransportPolicy, OfferOptions as RtcOfferOptions,
    PeerConnectionState as RtcPeerConnectionState, PeerConnectionStats as RtcPeerConnectionStats,
    Priority as RtcPriority, RtcpMuxPolicy as RtcRtcpMuxPolicy, SctpTransport as RtcSctpTransport,
    SctpTransportState as RtcSctpTransportState, SdpType as RtcSdpType, SignalingState as RtcSignalingState,
    StatsReport as RtcStatsReport, StatsValue as RtcStats, TransportStats as RtcTransportStats,
};
