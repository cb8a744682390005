//! Session descriptions and candidates.

use napi_derive::napi;
use peer::{Error, SdpType};

use crate::error::invalid;

/// `RTCSessionDescriptionInit` and `RTCLocalSessionDescriptionInit`.
#[napi(object)]
pub struct SessionDescription {
    /// `RTCSdpType`
    #[napi(js_name = "type")]
    pub kind: Option<String>,
    /// The SDP.
    pub sdp: Option<String>,
}

impl SessionDescription {
    pub(crate) fn into_peer(self) -> Result<peer::SessionDescriptionInit, Error> {
        let parse = |kind: String| kind.parse::<SdpType>().map_err(|_| invalid("RTCSdpType", &kind));
        Ok(peer::SessionDescriptionInit {
            kind: self.kind.map(parse).transpose()?,
            sdp: self.sdp.unwrap_or_default(),
        })
    }

    pub(crate) fn from_peer(description: &peer::SessionDescription) -> Self {
        SessionDescription {
            kind: Some(description.kind.as_str().to_owned()),
            sdp: Some(description.sdp.clone()),
        }
    }
}

/// `RTCOfferOptions`.
#[napi(object)]
pub struct OfferOptions {
    /// `iceRestart`
    pub ice_restart: Option<bool>,
    /// `offerToReceiveAudio`
    pub offer_to_receive_audio: Option<bool>,
    /// `offerToReceiveVideo`
    pub offer_to_receive_video: Option<bool>,
}

impl OfferOptions {
    pub(crate) fn into_peer(self) -> peer::OfferOptions {
        peer::OfferOptions {
            ice_restart: self.ice_restart.unwrap_or_default(),
            offer_to_receive_audio: self.offer_to_receive_audio,
            offer_to_receive_video: self.offer_to_receive_video,
        }
    }
}

/// `RTCIceCandidateInit`.
#[napi(object)]
pub struct IceCandidateInit {
    /// The candidate-attribute.
    pub candidate: Option<String>,
    /// `sdpMid`
    pub sdp_mid: Option<String>,
    /// `sdpMLineIndex`
    #[napi(js_name = "sdpMLineIndex")]
    pub sdp_m_line_index: Option<u32>,
    /// `usernameFragment`
    pub username_fragment: Option<String>,
}

impl IceCandidateInit {
    pub(crate) fn into_peer(self) -> Result<peer::IceCandidateInit, Error> {
        let index =
            |index: u32| u16::try_from(index).map_err(|_| invalid("sdpMLineIndex", &index.to_string()));
        Ok(peer::IceCandidateInit {
            candidate: self.candidate.unwrap_or_default(),
            sdp_mid: self.sdp_mid,
            sdp_m_line_index: self.sdp_m_line_index.map(index).transpose()?,
            username_fragment: self.username_fragment,
        })
    }
}

/// `RTCIceCandidate`: a gathered one, or the end of a generation's (then the candidate is empty).
#[napi(object, object_from_js = false)]
pub struct IceCandidate {
    /// The candidate-attribute.
    pub candidate: String,
    /// `sdpMid`
    pub sdp_mid: Option<String>,
    /// `sdpMLineIndex`
    #[napi(js_name = "sdpMLineIndex")]
    pub sdp_m_line_index: Option<u32>,
    /// `usernameFragment`
    pub username_fragment: Option<String>,
    /// The server that it was gathered from: it is not in the candidate-attribute.
    pub url: Option<String>,
    /// `relayProtocol`
    pub relay_protocol: Option<&'static str>,
}

impl From<peer::IceCandidate> for IceCandidate {
    fn from(candidate: peer::IceCandidate) -> Self {
        IceCandidate {
            candidate: candidate.candidate,
            sdp_mid: candidate.sdp_mid,
            sdp_m_line_index: candidate.sdp_m_line_index.map(u32::from),
            username_fragment: candidate.username_fragment,
            relay_protocol: candidate
                .fields
                .as_ref()
                .and_then(|fields| fields.relay_protocol)
                .map(ice::RelayProtocol::name),
            url: candidate.fields.and_then(|fields| fields.url),
        }
    }
}
