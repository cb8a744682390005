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

/// `RTCSessionDescription`: what a slot such as `localDescription` holds. `Debug` leaves out the ICE password.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionDescription {
    /// Its type; never [`SdpType::Rollback`].
    pub kind: SdpType,
    /// Its SDP.
    pub sdp: String,
}

/// `RTCLocalSessionDescriptionInit` and `RTCSessionDescriptionInit`: what the application hands in. `Debug` leaves out
/// the ICE password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SessionDescriptionInit {
    /// Its type. Without one, `set_local_description` chooses the type that the signaling state implies; in
    /// `set_remote_description` it is required.
    pub kind: Option<SdpType>,
    /// Its SDP. Empty in `set_local_description`: what the last `create_offer` or `create_answer` gave.
    pub sdp: String,
}

impl fmt::Debug for SessionDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionDescription")
            .field("kind", &self.kind)
            .field("sdp", &without_secrets(&self.sdp))
            .finish()
    }
}

impl fmt::Debug for SessionDescriptionInit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionDescriptionInit")
            .field("kind", &self.kind)
            .field("sdp", &without_secrets(&self.sdp))
            .finish()
    }
}

/// The text without the values that open a connection to whoever reads them.
fn without_secrets(sdp: &str) -> String {
    let is_secret = |line: &str| line.starts_with("a=ice-pwd:") || line.starts_with("a=crypto:");
    let readable = |line: &str| match line.split_once(':') {
        Some((name, _)) if is_secret(line) => format!("{name}:[redacted]\r\n"),
        _ => line.to_owned(),
    };
    sdp.split_inclusive(['\r', '\n']).map(readable).collect()
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
    /// Legacy ([webrtc-pc, section 4.4.3.4](https://www.w3.org/TR/webrtc/#legacy-configuration-extensions)): whether to
    /// be ready to receive audio, with one more transceiver if none does.
    pub offer_to_receive_audio: Option<bool>,
    /// The same for video.
    pub offer_to_receive_video: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_prints_no_password() {
        let sdp = "a=ice-ufrag:abcd\r\na=ice-pwd:secret\r\na=mid:0\r\n".to_owned();
        let description = SessionDescription { kind: SdpType::Offer, sdp };
        let init = SessionDescriptionInit::from(description.clone());
        for text in [format!("{description:?}"), format!("{init:?}")] {
            assert!(!text.contains("secret") && text.contains("abcd") && text.contains("a=mid:0"), "{text}");
        }
    }
}
