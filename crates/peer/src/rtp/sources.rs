//! `RTCRtpContributingSource` and `RTCRtpSynchronizationSource`
//! ([webrtc-pc, section 5.3](https://www.w3.org/TR/webrtc/#dom-rtcrtpcontributingsource)).

/// `RTCRtpContributingSource`, and `RTCRtpSynchronizationSource`, which has the same members.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RtpSource {
    /// `timestamp`: when its media was delivered to the track last, in milliseconds since 1970.
    pub timestamp: f64,
    /// `source`: the CSRC or SSRC.
    pub source: u32,
    /// `audioLevel`, from 0 (silence) to 1, if the packets tell it.
    pub audio_level: Option<f64>,
    /// `rtpTimestamp` of that media.
    pub rtp_timestamp: u32,
}
