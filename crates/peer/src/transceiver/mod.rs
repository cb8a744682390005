//! `RTCRtpTransceiver`, `RTCRtpSender` and `RTCRtpReceiver`: their slots
//! ([webrtc-pc, section 5](https://www.w3.org/TR/webrtc/#rtp-media-api)).

mod direction;
mod dtmf;
mod init;
mod list;
mod receiver;
mod sender;
mod stable;
mod view;

use crate::{Codec, HeaderExtensionCapability, MediaKind};

pub use direction::TransceiverDirection;
pub(crate) use dtmf::normalize as normalize_tones;
pub use init::{Track, TrackOrKind, TransceiverInit};
pub(crate) use list::Transceivers;
pub(crate) use receiver::Receiver;
pub(crate) use sender::Sender;
pub(crate) use stable::Stable;
pub use view::{DtmfView, ReceiverView, SenderView, TransceiverView};

/// Names a transceiver of one connection, its sender and its receiver. Never reused within the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransceiverId(pub u64);

/// The slots of an `RTCRtpTransceiver`.
#[derive(Clone, Debug)]
pub(crate) struct Transceiver {
    /// Its name.
    pub(crate) id: TransceiverId,
    /// The transceiver kind.
    pub(crate) kind: MediaKind,
    /// [[Mid]]
    pub(crate) mid: Option<String>,
    /// [[JsepMid]]
    pub(crate) jsep_mid: Option<String>,
    /// The m-section that it is associated with (RFC 9429, section 4.1.1), counted from 0.
    pub(crate) m_line: Option<usize>,
    /// [[Direction]]
    pub(crate) direction: TransceiverDirection,
    /// [[CurrentDirection]]
    pub(crate) current_direction: Option<TransceiverDirection>,
    /// [[FiredDirection]]
    pub(crate) fired_direction: Option<TransceiverDirection>,
    /// [[Receptive]]
    pub(crate) receptive: bool,
    /// [[Stopping]]
    pub(crate) stopping: bool,
    /// [[Stopped]]
    pub(crate) stopped: bool,
    /// [[PreferredCodecs]]
    pub(crate) preferred_codecs: Vec<Codec>,
    /// [[HeaderExtensionsToNegotiate]] of webrtc-extensions.
    pub(crate) header_extensions_to_negotiate: Vec<HeaderExtensionCapability>,
    /// [[NegotiatedHeaderExtensions]] of webrtc-extensions.
    pub(crate) negotiated_header_extensions: Vec<HeaderExtensionCapability>,
    /// Whether addTrack() created it, or has used its sender before the offer that created it was answered (RFC 9429,
    /// section 5.10: only such a transceiver is associated with an m-section of a remote offer).
    pub(crate) by_add_track: bool,
    /// Whether a remote description created it (RFC 9429, section 4.1.10.2: rolling that back removes it).
    pub(crate) by_remote: bool,
    /// [[Sender]]
    pub(crate) sender: Sender,
    /// [[Receiver]]
    pub(crate) receiver: Receiver,
    /// What a rollback restores.
    pub(crate) stable: Stable,
}

impl Transceiver {
    /// webrtc-pc, create an RTCRtpTransceiver.
    pub(crate) fn new(
        id: TransceiverId,
        sender: Sender,
        receiver: Receiver,
        direction: TransceiverDirection,
    ) -> Self {
        let kind = receiver.track.kind;
        let known = crate::rtp::header_extensions(kind);
        let stopped = |extension: &HeaderExtensionCapability| HeaderExtensionCapability {
            direction: TransceiverDirection::Stopped,
            ..extension.clone()
        };
        Transceiver {
            id,
            kind,
            mid: None,
            jsep_mid: None,
            m_line: None,
            direction,
            current_direction: None,
            fired_direction: None,
            receptive: false,
            stopping: false,
            stopped: false,
            preferred_codecs: Vec::new(),
            negotiated_header_extensions: known.iter().map(stopped).collect(),
            header_extensions_to_negotiate: known,
            by_add_track: false,
            by_remote: false,
            sender,
            receiver,
            stable: Stable::default(),
        }
    }

    /// Sets [[CurrentDirection]].
    pub(crate) fn set_current_direction(&mut self, direction: Option<TransceiverDirection>) {
        self.current_direction = direction;
        self.sender.has_ever_sent |= direction.is_some_and(TransceiverDirection::sends);
    }

    /// webrtc-pc, stop sending and receiving, without the steps for the track to be ended.
    pub(crate) fn stop_sending_and_receiving(&mut self) {
        // Steps 6 and 7.
        self.direction = TransceiverDirection::Inactive;
        self.stopping = true;
    }

    /// webrtc-pc, stop the RTCRtpTransceiver, steps 3 to 7.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
        self.receptive = false;
        self.current_direction = None;
        self.receiver.streams.clear();
        self.stable.streams.clear();
    }
}
