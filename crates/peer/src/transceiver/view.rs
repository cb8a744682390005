//! What the application sees of a transceiver.

use session::TransportId;

use crate::MediaKind;

use super::{Receiver, Sender, Track, Transceiver, TransceiverDirection, TransceiverId};

/// What the attributes of an `RTCRtpTransceiver` say now.
#[derive(Clone, Debug, PartialEq)]
pub struct TransceiverView {
    /// Which it is.
    pub id: TransceiverId,
    /// The transceiver kind: its receiver's track's.
    pub kind: MediaKind,
    /// `mid`
    pub mid: Option<String>,
    /// `direction`; "stopped" once it is stopping.
    pub direction: TransceiverDirection,
    /// `currentDirection`; "stopped" once it is stopped.
    pub current_direction: Option<TransceiverDirection>,
    /// Whether it is still in the connection's set of transceivers.
    pub is_attached: bool,
    /// `sender`
    pub sender: SenderView,
    /// `receiver`
    pub receiver: ReceiverView,
}

/// What the attributes of an `RTCRtpSender` say now.
#[derive(Clone, Debug, PartialEq)]
pub struct SenderView {
    /// `track`
    pub track: Option<Track>,
    /// The ids of the associated streams.
    pub streams: Vec<String>,
    /// `transport`
    pub transport: Option<TransportId>,
    /// `dtmf`: there for audio.
    pub dtmf: Option<DtmfView>,
}

/// What the attributes of an `RTCDTMFSender` say now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DtmfView {
    /// `canInsertDTMF`
    pub can_insert_dtmf: bool,
    /// `toneBuffer`
    pub tone_buffer: String,
}

/// What the attributes of an `RTCRtpReceiver` say now.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceiverView {
    /// `track`
    pub track: Track,
    /// `muted` of the track.
    pub muted: bool,
    /// Whether the track has ended because the transceiver was stopped or the connection closed.
    pub ended: bool,
    /// The ids of the associated remote streams.
    pub streams: Vec<String>,
    /// `transport`
    pub transport: Option<TransportId>,
    /// `jitterBufferTarget`, in milliseconds.
    pub jitter_buffer_target: Option<f64>,
}

impl Transceiver {
    /// What the application sees.
    pub(crate) fn view(&self, is_attached: bool, dtmf: Option<DtmfView>) -> TransceiverView {
        let stopped = TransceiverDirection::Stopped;
        TransceiverView {
            id: self.id,
            kind: self.kind,
            mid: self.mid.clone(),
            direction: if self.stopping { stopped } else { self.direction },
            current_direction: if self.stopped { Some(stopped) } else { self.current_direction },
            is_attached,
            sender: self.sender.view(dtmf),
            receiver: self.receiver.view(),
        }
    }
}

impl Sender {
    fn view(&self, dtmf: Option<DtmfView>) -> SenderView {
        SenderView {
            track: self.track.clone(),
            streams: self.streams.clone(),
            transport: self.transport,
            dtmf,
        }
    }
}

impl Receiver {
    fn view(&self) -> ReceiverView {
        ReceiverView {
            track: self.track.clone(),
            muted: self.muted,
            ended: self.ended,
            streams: self.streams.clone(),
            transport: self.transport,
            jitter_buffer_target: self.jitter_buffer_target,
        }
    }
}
