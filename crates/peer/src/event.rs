//! What the application hears.

use std::net::SocketAddr;

use session::{Payload, TransportId};

use crate::{
    ChannelId, DtlsTransportState, Error, IceCandidate, IceConnectionState, IceGathererState,
    IceGatheringState, IceTransportState, IdentityAssertion, PeerConnectionState, SctpTransportState,
    SessionDescription, SignalingState, TransceiverId,
};

/// Names the promise of one asynchronous call. Never reused within a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(pub u64);

/// What a fulfilled promise holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// `undefined`.
    Done,
    /// The description of `create_offer` or `create_answer`.
    Description(SessionDescription),
}

/// An `RTCPeerConnectionIceErrorEvent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IceCandidateError {
    /// The local address and port that the server was asked from.
    pub address: Option<SocketAddr>,
    /// The server's URL.
    pub url: String,
    /// The STUN error code, or 701 where the server could not be reached.
    pub error_code: u16,
    /// What went wrong, for people.
    pub error_text: String,
}

/// An event or a settled promise, in W3C's order.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A promise was fulfilled or rejected.
    Settled(OperationId, Result<Outcome, Error>),
    /// `negotiationneeded`.
    NegotiationNeeded,
    /// `signalingstatechange`, with the new state.
    SignalingStateChange(SignalingState),
    /// `icegatheringstatechange`, with the new state.
    IceGatheringStateChange(IceGatheringState),
    /// `iceconnectionstatechange`, with the new state.
    IceConnectionStateChange(IceConnectionState),
    /// `connectionstatechange`, with the new state.
    ConnectionStateChange(PeerConnectionState),
    /// `icecandidate`; `None` once all gathering is complete.
    IceCandidate(Option<Box<IceCandidate>>),
    /// `icecandidateerror`.
    IceCandidateError(IceCandidateError),
    /// `datachannel`: the remote peer opened a channel.
    DataChannel(ChannelId),
    /// An event of a data channel.
    Channel(ChannelId, ChannelEvent),
    /// `statechange` of the SCTP transport, with the new state.
    SctpStateChange(SctpTransportState),
    /// An event of an `RTCIceTransport`.
    IceTransport(TransportId, IceTransportEvent),
    /// An event of an `RTCDtlsTransport`.
    DtlsTransport(TransportId, DtlsTransportEvent),
    /// `track`: the remote peer sends on this transceiver.
    Track {
        /// Its transceiver, receiver and track.
        transceiver: TransceiverId,
        /// The ids of the streams that the track is in.
        streams: Vec<String>,
    },
    /// `mute` of the receiver's track.
    TrackMute(TransceiverId),
    /// `unmute` of the receiver's track.
    TrackUnmute(TransceiverId),
    /// `ended` of the receiver's track.
    TrackEnded(TransceiverId),
    /// `addtrack`: the receiver's track was added to a remote stream.
    StreamAddTrack {
        /// The id of the stream.
        stream: String,
        /// Whose track.
        transceiver: TransceiverId,
    },
    /// `removetrack`: the receiver's track was removed from a remote stream.
    StreamRemoveTrack {
        /// The id of the stream.
        stream: String,
        /// Whose track.
        transceiver: TransceiverId,
    },
    /// The promise `peerIdentity` was settled. When it was rejected, another one takes its place.
    PeerIdentity(Result<IdentityAssertion, Error>),
    /// `tonechange` of the sender's `RTCDTMFSender`.
    ToneChange {
        /// Whose sender.
        transceiver: TransceiverId,
        /// The tone that has just begun; empty once all are played.
        tone: String,
    },
}

/// An event of an `RTCIceTransport`.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IceTransportEvent {
    /// `statechange`, with the new state.
    StateChange(IceTransportState),
    /// `gatheringstatechange`, with the new state.
    GatheringStateChange(IceGathererState),
    /// `selectedcandidatepairchange`.
    SelectedCandidatePairChange,
}

/// An event of an `RTCDtlsTransport`.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DtlsTransportEvent {
    /// `statechange`, with the new state.
    StateChange(DtlsTransportState),
    /// `error`: why it failed.
    Error(Error),
}

/// An event of a data channel.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelEvent {
    /// `open`.
    Open,
    /// `message`.
    Message(Payload),
    /// `bufferedamountlow`.
    BufferedAmountLow,
    /// `closing`.
    Closing,
    /// `close`.
    Close,
    /// `error`.
    Error(Error),
}
