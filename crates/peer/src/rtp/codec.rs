//! `RTCRtpCodec`.

/// `RTCRtpCodec` ([webrtc-pc, section 5.2.8](https://www.w3.org/TR/webrtc/#dom-rtcrtpcodec)): a codec with its
/// settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codec {
    /// `mimeType`, such as `video/VP8`.
    pub mime_type: String,
    /// `clockRate`, in hertz.
    pub clock_rate: u32,
    /// `channels`: the most channels. Absent for video.
    pub channels: Option<u16>,
    /// `sdpFmtpLine`: the parameters of the codec's `a=fmtp` line.
    pub sdp_fmtp_line: Option<String>,
}

/// `RTCRtpCodecParameters`: a negotiated codec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodecParameters {
    /// `payloadType`
    pub payload_type: u8,
    /// The codec.
    pub codec: Codec,
}

impl Codec {
    /// What is behind the `/` of the MIME type.
    pub(crate) fn name(&self) -> &str {
        self.mime_type.split_once('/').map_or("", |(_, name)| name)
    }

    /// Whether it has this name, in whatever case.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
    }
}
