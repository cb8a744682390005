//! The arguments of addTrack() and addTransceiver().

use crate::{EncodingParameters, MediaKind};

use super::TransceiverDirection;

/// A `MediaStreamTrack` as negotiation knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// `id`: its identity.
    pub id: String,
    /// `kind`
    pub kind: MediaKind,
}

/// What a transceiver is added for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrackOrKind {
    /// A track that will be sent.
    Track(Track),
    /// No track yet.
    Kind(MediaKind),
}

/// `RTCRtpTransceiverInit`
/// ([webrtc-pc, section 5.1](https://www.w3.org/TR/webrtc/#dom-rtcrtptransceiverinit)).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TransceiverInit {
    /// `direction`
    pub direction: TransceiverDirection,
    /// `streams`: the ids of the `MediaStream`s that the remote peer will see the track in.
    pub streams: Vec<String>,
    /// `sendEncodings`: the streams that are sent. Empty is one with the defaults.
    pub send_encodings: Vec<EncodingParameters>,
}
