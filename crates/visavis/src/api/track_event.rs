//! `RTCTrackEvent`.

use crate::{MediaStream, MediaStreamTrack, RtcRtpReceiver, RtcRtpTransceiver};

/// The remote peer sends on a transceiver
/// ([webrtc-pc, section 5.7](https://www.w3.org/TR/webrtc/#rtctrackevent)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RtcTrackEvent {
    /// The transceiver's receiver.
    pub receiver: RtcRtpReceiver,
    /// The receiver's track.
    pub track: MediaStreamTrack,
    /// The streams of the remote peer that the track is in.
    pub streams: Vec<MediaStream>,
    /// The transceiver.
    pub transceiver: RtcRtpTransceiver,
}
