//! `RTCSessionDescription`.

use peer::{SdpType, SessionDescription, SessionDescriptionInit};

/// A session description: its type and its SDP
/// ([webrtc-pc, section 4.6.2](https://www.w3.org/TR/webrtc/#rtcsessiondescription-class)).
///
/// ```
/// use visavis::{RtcSdpType, RtcSessionDescription};
/// let offer = RtcSessionDescription::new(RtcSdpType::Offer, "v=0\r\n...");
/// assert_eq!(offer.kind.as_str(), "offer");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RtcSessionDescription {
    /// Offer, provisional answer, answer or rollback (W3C's `type`).
    pub kind: SdpType,
    /// The SDP. Empty with rollback.
    pub sdp: String,
}

impl RtcSessionDescription {
    /// A description of this type with this SDP.
    pub fn new(kind: SdpType, sdp: impl Into<String>) -> Self {
        RtcSessionDescription { kind, sdp: sdp.into() }
    }

    /// What cancels the negotiation under way.
    pub fn rollback() -> Self {
        RtcSessionDescription::new(SdpType::Rollback, "")
    }
}

impl From<SessionDescription> for RtcSessionDescription {
    fn from(description: SessionDescription) -> Self {
        RtcSessionDescription { kind: description.kind, sdp: description.sdp }
    }
}

impl From<&SessionDescription> for RtcSessionDescription {
    fn from(description: &SessionDescription) -> Self {
        description.clone().into()
    }
}

impl From<RtcSessionDescription> for SessionDescriptionInit {
    fn from(description: RtcSessionDescription) -> Self {
        SessionDescriptionInit { kind: Some(description.kind), sdp: description.sdp }
    }
}
