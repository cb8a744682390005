//! `RTCRtpReceiver`.

use session::TransportId;

use crate::{CodecParameters, HeaderExtensionParameters};

use super::Track;

/// The slots of an `RTCRtpReceiver`.
#[derive(Clone, Debug)]
pub(crate) struct Receiver {
    /// [[ReceiverTrack]]
    pub(crate) track: Track,
    /// `muted` of the track, as the connection sets it.
    pub(crate) muted: bool,
    /// Whether the connection has ended the track.
    pub(crate) ended: bool,
    /// [[ReceiverTransport]]
    pub(crate) transport: Option<TransportId>,
    /// The ids of [[AssociatedRemoteMediaStreams]].
    pub(crate) streams: Vec<String>,
    /// [[ReceiveCodecs]]
    pub(crate) receive_codecs: Vec<CodecParameters>,
    /// The header extensions that the receiver is prepared to receive.
    pub(crate) header_extensions: Vec<HeaderExtensionParameters>,
    /// Whether the receiver is prepared to receive reduced-size RTCP.
    pub(crate) reduced_size: bool,
    /// [[JitterBufferTarget]], in milliseconds.
    pub(crate) jitter_buffer_target: Option<f64>,
}

impl Receiver {
    /// webrtc-pc, create an RTCRtpReceiver.
    pub(crate) fn new(track: Track) -> Self {
        Receiver {
            track,
            muted: true,
            ended: false,
            transport: None,
            streams: Vec::new(),
            receive_codecs: Vec::new(),
            header_extensions: Vec::new(),
            reduced_size: false,
            jitter_buffer_target: None,
        }
    }
}
