//! `RTCRtpSendParameters`, `RTCRtpReceiveParameters` and what they are made of
//! ([webrtc-pc, section 5.2](https://www.w3.org/TR/webrtc/#rtcrtpparameters)).

use super::{CodecParameters, EncodingParameters};

/// `RTCRtpHeaderExtensionParameters`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderExtensionParameters {
    /// `uri`
    pub uri: String,
    /// `id`: what names the extension in packets.
    pub id: u16,
    /// `encrypted`
    pub encrypted: bool,
}

/// `RTCRtcpParameters`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RtcpParameters {
    /// `cname`. Absent for a receiver.
    pub cname: Option<String>,
    /// `reducedSize`
    pub reduced_size: bool,
}

/// `RTCDegradationPreference` ([mst-content-hint](https://www.w3.org/TR/mst-content-hint/)): what gives way first
/// where bandwidth or processor do not suffice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DegradationPreference {
    /// `maintain-framerate`: the resolution.
    MaintainFramerate,
    /// `maintain-resolution`: the frame rate.
    MaintainResolution,
    /// `balanced`: some of both.
    Balanced,
}

/// `RTCRtpSendParameters`
#[derive(Clone, Debug, PartialEq)]
pub struct SendParameters {
    /// `transactionId`
    pub transaction_id: String,
    /// `encodings`
    pub encodings: Vec<EncodingParameters>,
    /// `headerExtensions`
    pub header_extensions: Vec<HeaderExtensionParameters>,
    /// `rtcp`
    pub rtcp: RtcpParameters,
    /// `codecs`
    pub codecs: Vec<CodecParameters>,
    /// `degradationPreference`
    pub degradation_preference: Option<DegradationPreference>,
}

/// `RTCRtpReceiveParameters`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiveParameters {
    /// `headerExtensions`
    pub header_extensions: Vec<HeaderExtensionParameters>,
    /// `rtcp`
    pub rtcp: RtcpParameters,
    /// `codecs`
    pub codecs: Vec<CodecParameters>,
}

/// `RTCEncodingOptions` ([webrtc-extensions](https://w3c.github.io/webrtc-extensions/)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EncodingOptions {
    /// `keyFrame`: begin with a key frame. Nothing is encoded here yet, so that it is checked and forgotten.
    pub key_frame: bool,
}

/// `RTCSetParameterOptions`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetParameterOptions {
    /// `encodingOptions` ([webrtc-extensions](https://w3c.github.io/webrtc-extensions/)), one for each encoding, or
    /// none at all.
    pub encoding_options: Vec<EncodingOptions>,
}
