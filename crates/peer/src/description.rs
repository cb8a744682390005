//! Session descriptions as the application hands them in and out.

use std::fmt;
use std::str::FromStr;

/// `RTCSdpType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SdpType {
    /// An offer.
    Offer,
    /// A provisional answer.
    PrAnswer,
    /// A final answer.
    Answer,
    /// Cancels the negotiation under way.
    Rollback,
}

impl SdpType {
    /// The enumeration's value exactly as W3C has it.
    pub fn as_str(self) -> &'static str {
        match self {
            SdpType::Offer => "offer",
            SdpType::PrAnswer => "pranswer",
            SdpType::Answer => "answer",
            SdpType::Rollback => "rollback",
        }
    }
}

impl fmt::Display for SdpType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A string that is no `RTCSdpType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownSdpType;

impl fmt::Display for UnknownSdpType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("neither offer, pranswer, answer nor rollback")
    }
}

impl std::error::Error for UnknownSdpType {}

impl FromStr for SdpType {
    type Err = UnknownSdpType;

    fn from_str(text: &str) -> Result<Self, UnknownSdpType> {
        [SdpType::Offer, SdpType::PrAnswer, SdpType::Answer, SdpType::Rollback]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(UnknownSdpType)
    }
}

/// `RTCSessionDescription`: what a slot such as `localDescription` holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionDescription {
    /// Its type; never [`SdpType::Rollback`].
    pub kind: SdpType,
    /// Its SDP.
    pub sdp: String,
}

/// `RTCLocalSessionDescriptionInit` and `RTCSessionDescriptionInit`: what the application hands in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionDescriptionInit {
    /// Its type. Without one, `set_local_description` chooses the type that the signaling state implies; in
    /// `set_remote_description` it is required.
    pub kind: Option<SdpType>,
    /// Its SDP. Empty in `set_local_description`: what the last `create_offer` or `create_answer` gave.
    pub sdp: String,
}

impl From<SessionDescription> for SessionDescriptionInit {
    fn from(description: SessionDescription) -> Self {
        SessionDescriptionInit { kind: Some(description.kind), sdp: description.sdp }
    }
}

impl From<SdpType> for SessionDescriptionInit {
    fn from(kind: SdpType) -> Self {
        SessionDescriptionInit { kind: Some(kind), sdp: String::new() }
    }
}

/// `RTCOfferOptions`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OfferOptions {
    /// Offer new ICE credentials, so that ICE restarts.
    pub ice_restart: bool,
}
