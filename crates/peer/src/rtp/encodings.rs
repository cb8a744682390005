//! `RTCRtpEncodingParameters`.

use crate::Priority;

use super::Codec;

/// `RTCResolutionRestriction`
/// ([webrtc-extensions](https://w3c.github.io/webrtc-extensions/#dom-rtcresolutionrestriction)): the largest
/// resolution to send, whichever way the picture is turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResolutionRestriction {
    /// `maxWidth`, in pixels.
    pub max_width: u32,
    /// `maxHeight`, in pixels.
    pub max_height: u32,
}

/// `RTCRtpEncodingParameters`
/// ([webrtc-pc, section 5.2.4](https://www.w3.org/TR/webrtc/#dom-rtcrtpencodingparameters)): how one RTP stream of a
/// sender is encoded. Nothing is encoded here yet: the parameters are checked, negotiated and remembered.
#[derive(Clone, Debug, PartialEq)]
pub struct EncodingParameters {
    /// `rid`: the name of the stream, if there are several. Read-only after `add_transceiver`.
    pub rid: Option<String>,
    /// `active`: whether it is sent.
    pub active: bool,
    /// `codec`: which of the negotiated codecs encodes it.
    pub codec: Option<Codec>,
    /// `maxBitrate`, in bits per second, without the overhead of IP and UDP.
    pub max_bitrate: Option<u32>,
    /// `maxFramerate`, in frames per second. Of video only.
    pub max_framerate: Option<f64>,
    /// `scaleResolutionDownBy`, at least 1.0. Of video only.
    pub scale_resolution_down_by: Option<f64>,
    /// `scaleResolutionDownTo` ([webrtc-extensions](https://w3c.github.io/webrtc-extensions/)). Of video only.
    pub scale_resolution_down_to: Option<ResolutionRestriction>,
    /// `scalabilityMode` ([webrtc-svc](https://www.w3.org/TR/webrtc-svc/)).
    pub scalability_mode: Option<String>,
    /// `priority` ([webrtc-priority](https://www.w3.org/TR/webrtc-priority/)).
    pub priority: Priority,
    /// `networkPriority` ([webrtc-priority](https://www.w3.org/TR/webrtc-priority/)).
    pub network_priority: Option<Priority>,
    /// `ptime`, the preferred duration of a packet in milliseconds
    /// ([webrtc-extensions](https://w3c.github.io/webrtc-extensions/)).
    pub ptime: Option<u32>,
    /// `adaptivePtime` ([webrtc-extensions](https://w3c.github.io/webrtc-extensions/)): whether the duration of a
    /// packet follows the network.
    pub adaptive_ptime: bool,
}

impl Default for EncodingParameters {
    fn default() -> Self {
        EncodingParameters {
            rid: None,
            active: true,
            codec: None,
            max_bitrate: None,
            max_framerate: None,
            scale_resolution_down_by: None,
            scale_resolution_down_to: None,
            scalability_mode: None,
            priority: Priority::Low,
            network_priority: None,
            ptime: None,
            adaptive_ptime: false,
        }
    }
}
