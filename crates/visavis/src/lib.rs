//! The W3C [`RTCPeerConnection`](https://www.w3.org/TR/webrtc/), exactly, in Rust.
//!
//! Names are W3C's in Rust's case. What is synchronous there is a plain `fn` here; what returns a promise is an
//! `async fn`; events are streams from which nothing is lost. [`RtcPeerConnection`] and [`RtcDataChannel`] are
//! handles: cheap to clone, usable from any thread and any executor (the connections live on a few threads of
//! their own). A connection ends with [`RtcPeerConnection::close`], or when its last handle is dropped.
//!
//! Two peers in one program, which signal to each other by calling each other. Between two machines the
//! descriptions and candidates go through whatever channel there is.
//!
//! ```
//! use visavis::{
//!     Error, RtcConfiguration, RtcMessage, RtcPeerConnection, RtcPeerConnectionEvent, RtcPeerConnectionEvents,
//! };
//!
//! /// Signals each candidate as it is found.
//! async fn trickle(from: &mut RtcPeerConnectionEvents, to: &RtcPeerConnection) -> Result<(), Error> {
//!     while let Some(event) = from.next().await {
//!         if let RtcPeerConnectionEvent::IceCandidate(candidate) = event {
//!             let last = candidate.is_none();
//!             to.add_ice_candidate(candidate.map(Into::into)).await?;
//!             if last {
//!                 break;
//!             }
//!         }
//!     }
//!     Ok(())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Error> {
//!     let configuration = RtcConfiguration { include_loopback: true, ..Default::default() };
//!     let alice = RtcPeerConnection::new(configuration.clone())?;
//!     let bob = RtcPeerConnection::new(configuration)?;
//!     let (mut alice_events, mut bob_events) = (alice.events(), bob.events());
//!
//!     let channel = alice.create_data_channel("chat", None)?;
//!     alice.set_local_description(None).await?;
//!     bob.set_remote_description(alice.local_description().expect("an offer is set")).await?;
//!     bob.set_local_description(None).await?;
//!     alice.set_remote_description(bob.local_description().expect("an answer is set")).await?;
//!
//!     let (to_bob, to_alice) = tokio::join!(trickle(&mut alice_events, &bob), trickle(&mut bob_events, &alice));
//!     to_bob?;
//!     to_alice?;
//!
//!     channel.ready().await?;
//!     channel.send_text("hello")?;
//!     while let Some(event) = bob_events.next().await {
//!         if let RtcPeerConnectionEvent::DataChannel(channel) = event {
//!             assert_eq!(channel.recv().await, Some(RtcMessage::Text("hello".into())));
//!             break;
//!         }
//!     }
//!     Ok(())
//! }
//! ```
#![forbid(unsafe_code)]

mod api;
pub mod binding;
pub mod legacy;
mod net;

/// Compiles the README's examples.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

pub use api::{
    Endpoint, EndpointSettings, MediaStream, MediaStreamEvent, MediaStreamTrack, MediaStreamTrackEvent,
    MediaStreamTrackState, RtcCertificate, RtcConfiguration, RtcDataChannel, RtcDataChannelEvent,
    RtcDataChannelEvents, RtcDtlsTransport, RtcDtmfSender, RtcDtmfToneChangeEvent, RtcEventStream,
    RtcIceComponent, RtcIceTransport, RtcMessage, RtcPeerConnection, RtcPeerConnectionEvent,
    RtcPeerConnectionEvents, RtcRtpReceiver, RtcRtpSender, RtcRtpTransceiver, RtcRtpTransceiverInit,
    RtcSctpTransport, RtcSctpTransportEvent, RtcSessionDescription, RtcTrackEvent, RtcTrackOrKind,
};
pub use base::Redacted;
pub use bytes::Bytes;
pub use ice::RelayProtocol as RtcIceServerTransportProtocol;
pub use ice::{CandidateKind as RtcIceCandidateType, PairState as RtcStatsIceCandidatePairState};
pub use ice::{Protocol as RtcIceProtocol, TcpType as RtcIceTcpCandidateType};
pub use net::counters::{DriverCounters, driver_counters};
pub use peer::{
    AddressFilter, AddressRange, AddressRangeError, ExternalAddress, ExternalMode, InterfaceFilter,
    IpVersions, Settings, TcpPolicy,
};
pub use peer::{
    BundlePolicy as RtcBundlePolicy, CandidateFields as RtcIceCandidateFields,
    CandidatePairStats as RtcIceCandidatePairStats, CertificateStats as RtcCertificateStats,
    Codec as RtcRtpCodec, CodecParameters as RtcRtpCodecParameters, DataChannelInit as RtcDataChannelInit,
    DataChannelState as RtcDataChannelState, DataChannelStats as RtcDataChannelStats,
    DegradationPreference as RtcDegradationPreference, DtlsFingerprint as RtcDtlsFingerprint,
    DtlsTransportEvent as RtcDtlsTransportEvent, DtlsTransportState as RtcDtlsTransportState,
    EncodingOptions as RtcEncodingOptions, EncodingParameters as RtcRtpEncodingParameters, Error,
    ErrorDetail as RtcErrorDetailType, ErrorName,
    HeaderExtensionCapability as RtcRtpHeaderExtensionCapability,
    HeaderExtensionParameters as RtcRtpHeaderExtensionParameters, IceCandidate as RtcIceCandidate,
    IceCandidateError as RtcIceCandidateError, IceCandidateInit as RtcIceCandidateInit,
    IceCandidatePair as RtcIceCandidatePair, IceCandidateStats as RtcIceCandidateStats,
    IceConnectionState as RtcIceConnectionState, IceGathererState as RtcIceGathererState,
    IceGatheringState as RtcIceGatheringState, IceParameters as RtcIceParameters, IceRole as RtcIceRole,
    IceServer as RtcIceServer, IceTransportEvent as RtcIceTransportEvent,
    IceTransportPolicy as RtcIceTransportPolicy, IceTransportState as RtcIceTransportState,
    IdentityAssertion as RtcIdentityAssertion, IdentityProviderOptions as RtcIdentityProviderOptions,
    KeygenAlgorithm as RtcKeygenAlgorithm, MediaKind as RtcMediaKind, OfferOptions as RtcOfferOptions,
    PeerConnectionState as RtcPeerConnectionState, PeerConnectionStats as RtcPeerConnectionStats,
    Priority as RtcPriorityType, ReceiveParameters as RtcRtpReceiveParameters,
    ResolutionRestriction as RtcResolutionRestriction, RtcpMuxPolicy as RtcRtcpMuxPolicy,
    RtcpParameters as RtcRtcpParameters, RtpCapabilities as RtcRtpCapabilities,
    RtpSource as RtcRtpContributingSource, RtpSource as RtcRtpSynchronizationSource,
    SctpTransportState as RtcSctpTransportState, SdpType as RtcSdpType,
    SendParameters as RtcRtpSendParameters, SetParameterOptions as RtcSetParameterOptions,
    SignalingState as RtcSignalingState, StatsReport as RtcStatsReport, StatsValue as RtcStats,
    TransceiverDirection as RtcRtpTransceiverDirection, TransportStats as RtcTransportStats,
};
pub use peer::{
    CodecStats as RtcCodecStats, MediaSourceStats as RtcMediaSourceStats,
    OutboundRtpStats as RtcOutboundRtpStreamStats,
};
