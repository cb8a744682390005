//! `RTCRtpTransceiverDirection`.

use std::fmt;

/// `RTCRtpTransceiverDirection`
/// ([webrtc-pc, section 5.1](https://www.w3.org/TR/webrtc/#dom-rtcrtptransceiverdirection)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransceiverDirection {
    /// Both ways.
    #[default]
    SendRecv,
    /// This side only sends.
    SendOnly,
    /// This side only receives.
    RecvOnly,
    /// Neither, for now.
    Inactive,
    /// Neither, for good.
    Stopped,
}

impl TransceiverDirection {
    /// The enumeration's value exactly as W3C has it.
    pub fn as_str(self) -> &'static str {
        match self {
            TransceiverDirection::SendRecv => "sendrecv",
            TransceiverDirection::SendOnly => "sendonly",
            TransceiverDirection::RecvOnly => "recvonly",
            TransceiverDirection::Inactive => "inactive",
            TransceiverDirection::Stopped => "stopped",
        }
    }

    /// The direction that sends and receives so.
    pub fn new(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => TransceiverDirection::SendRecv,
            (true, false) => TransceiverDirection::SendOnly,
            (false, true) => TransceiverDirection::RecvOnly,
            (false, false) => TransceiverDirection::Inactive,
        }
    }

    /// Whether this side sends.
    pub fn sends(self) -> bool {
        matches!(self, TransceiverDirection::SendRecv | TransceiverDirection::SendOnly)
    }

    /// Whether this side receives.
    pub fn receives(self) -> bool {
        matches!(self, TransceiverDirection::SendRecv | TransceiverDirection::RecvOnly)
    }

    /// The same, as the other side sees it.
    pub fn reversed(self) -> Self {
        match self {
            TransceiverDirection::Stopped => self,
            _ => TransceiverDirection::new(self.receives(), self.sends()),
        }
    }
}

impl fmt::Display for TransceiverDirection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<sdp::Direction> for TransceiverDirection {
    fn from(direction: sdp::Direction) -> Self {
        match direction {
            sdp::Direction::SendRecv => TransceiverDirection::SendRecv,
            sdp::Direction::SendOnly => TransceiverDirection::SendOnly,
            sdp::Direction::RecvOnly => TransceiverDirection::RecvOnly,
            sdp::Direction::Inactive => TransceiverDirection::Inactive,
        }
    }
}

impl From<TransceiverDirection> for sdp::Direction {
    /// `stopped` has no attribute of its own: its m-section is inactive, and rejected besides.
    fn from(direction: TransceiverDirection) -> Self {
        match direction {
            TransceiverDirection::SendRecv => sdp::Direction::SendRecv,
            TransceiverDirection::SendOnly => sdp::Direction::SendOnly,
            TransceiverDirection::RecvOnly => sdp::Direction::RecvOnly,
            TransceiverDirection::Inactive | TransceiverDirection::Stopped => sdp::Direction::Inactive,
        }
    }
}
