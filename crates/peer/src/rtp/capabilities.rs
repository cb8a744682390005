//! What can be negotiated: codecs and header extensions.

use crate::TransceiverDirection;

use super::{Codec, CodecParameters, MediaKind};

/// `RTCRtpHeaderExtensionCapability`, with what
/// [webrtc-extensions](https://w3c.github.io/webrtc-extensions/#rtp-header-extension-control) adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderExtensionCapability {
    /// `uri`
    pub uri: String,
    /// `direction`: for which direction it is offered, or was negotiated; `stopped` is for none.
    pub direction: TransceiverDirection,
}

/// `RTCRtpCapabilities`
/// ([webrtc-pc, section 5.2.10](https://www.w3.org/TR/webrtc/#dom-rtcrtpcapabilities)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RtpCapabilities {
    /// `codecs`
    pub codecs: Vec<Codec>,
    /// `headerExtensions`
    pub header_extensions: Vec<HeaderExtensionCapability>,
}

/// `RTCRtpSender.getCapabilities()` where `sender`, else `RTCRtpReceiver.getCapabilities()`.
///
/// Both are the same: packets are sent and received in whatever codec, as encoding and decoding is the application's.
pub fn capabilities(kind: MediaKind, _sender: bool) -> RtpCapabilities {
    let mut codecs: Vec<Codec> = Vec::new();
    for known in known_codecs(kind) {
        let mut codec = known.parameters.codec;
        let is_bound = codec.sdp_fmtp_line.as_ref().is_some_and(|_| known.names_payload_types);
        if is_bound {
            // webrtc-pc, RTCRtpCapabilities: a single entry for RTX, without sdpFmtpLine.
            codec.sdp_fmtp_line = None;
        }
        if !codecs.contains(&codec) {
            codecs.push(codec);
        }
    }
    RtpCapabilities { codecs, header_extensions: header_extensions(kind) }
}

/// A codec as it is offered by default.
#[derive(Clone, Debug)]
pub(crate) struct KnownCodec {
    /// Its default payload type, and the codec.
    pub(crate) parameters: CodecParameters,
    /// Whether its format parameters name payload types: those of RTX and RED.
    pub(crate) names_payload_types: bool,
    /// The `a=rtcp-fb` lines that we offer, without the payload type.
    pub(crate) feedback: &'static [&'static str],
}

/// For video that is paced and repaired.
const VIDEO_FEEDBACK: &[&str] = &["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"];
/// For audio.
const AUDIO_FEEDBACK: &[&str] = &["transport-cc"];

/// Name, clock rate, channels, payload type, format parameters.
type AudioRow = (&'static str, u32, u16, u8, Option<&'static str>);

const AUDIO: &[AudioRow] = &[
    ("opus", 48_000, 2, 111, Some("minptime=10;useinbandfec=1")),
    ("red", 48_000, 2, 63, Some("111/111")),
    ("G722", 8_000, 1, 9, None),
    ("PCMU", 8_000, 1, 0, None),
    ("PCMA", 8_000, 1, 8, None),
    ("CN", 8_000, 1, 13, None),
    ("telephone-event", 48_000, 1, 110, None),
    ("telephone-event", 8_000, 1, 126, None),
];

/// Name, payload type, payload type of its RTX, format parameters.
type VideoRow = (&'static str, u8, u8, Option<&'static str>);

const VIDEO: &[VideoRow] = &[
    ("VP8", 96, 97, None),
    ("VP9", 98, 99, Some("profile-id=0")),
    ("VP9", 100, 101, Some("profile-id=2")),
    ("H264", 103, 104, Some("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f")),
    ("H264", 107, 108, Some("level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f")),
    ("H264", 109, 114, Some("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f")),
    ("H264", 115, 116, Some("level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f")),
    ("H264", 117, 118, Some("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f")),
    ("H264", 39, 40, Some("level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=4d001f")),
    ("H264", 119, 120, Some("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f")),
    ("AV1", 45, 46, Some("level-idx=5;profile=0;tier=0")),
    // RFC 7798, section 7.1, in the order of Chromium: Main at level 3.1, as H.264's 1f is.
    ("H265", 49, 50, Some("level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST")),
];

/// The codecs of a kind in the order in which they are offered. RTX follows the codec that it repairs.
pub(crate) fn known_codecs(kind: MediaKind) -> Vec<KnownCodec> {
    match kind {
        MediaKind::Audio => AUDIO.iter().map(audio).collect(),
        MediaKind::Video => {
            let mut codecs = Vec::new();
            for (name, payload_type, rtx, fmtp) in VIDEO {
                codecs.push(video(name, *payload_type, fmtp.map(str::to_owned), VIDEO_FEEDBACK));
                codecs.push(self::rtx(*rtx, *payload_type));
            }
            codecs.extend([video("red", 123, None, &[]), rtx(124, 123), video("ulpfec", 125, None, &[])]);
            codecs
        }
    }
}

fn audio((name, clock_rate, channels, payload_type, fmtp): &AudioRow) -> KnownCodec {
    let codec = Codec {
        mime_type: format!("audio/{name}"),
        clock_rate: *clock_rate,
        channels: Some(*channels),
        sdp_fmtp_line: fmtp.map(str::to_owned),
    };
    KnownCodec {
        parameters: CodecParameters { payload_type: *payload_type, codec },
        names_payload_types: *name == "red",
        feedback: if *name == "opus" { AUDIO_FEEDBACK } else { &[] },
    }
}

fn video(
    name: &str,
    payload_type: u8,
    sdp_fmtp_line: Option<String>,
    feedback: &'static [&'static str],
) -> KnownCodec {
    let codec =
        Codec { mime_type: format!("video/{name}"), clock_rate: 90_000, channels: None, sdp_fmtp_line };
    KnownCodec { parameters: CodecParameters { payload_type, codec }, names_payload_types: false, feedback }
}

fn rtx(payload_type: u8, repaired: u8) -> KnownCodec {
    let codec = video("rtx", payload_type, Some(format!("apt={repaired}")), &[]);
    KnownCodec { names_payload_types: true, ..codec }
}

use TransceiverDirection::{SendRecv, Stopped};

/// `urn:ietf:params:rtp-hdrext:sdes:mid`, which cannot be stopped (webrtc-extensions; RFC 8843, section 9.2).
pub(crate) const MID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";

const AUDIO_EXTENSIONS: &[(&str, TransceiverDirection)] = &[
    ("urn:ietf:params:rtp-hdrext:ssrc-audio-level", SendRecv),
    ("http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", SendRecv),
    ("http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01", SendRecv),
    (MID_URI, SendRecv),
    ("http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time", Stopped),
];

const VIDEO_EXTENSIONS: &[(&str, TransceiverDirection)] = &[
    ("urn:ietf:params:rtp-hdrext:toffset", SendRecv),
    ("http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", SendRecv),
    ("urn:3gpp:video-orientation", SendRecv),
    ("http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01", SendRecv),
    ("http://www.webrtc.org/experiments/rtp-hdrext/playout-delay", SendRecv),
    ("http://www.webrtc.org/experiments/rtp-hdrext/video-content-type", SendRecv),
    ("http://www.webrtc.org/experiments/rtp-hdrext/video-timing", SendRecv),
    ("http://www.webrtc.org/experiments/rtp-hdrext/color-space", SendRecv),
    (MID_URI, SendRecv),
    ("urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", SendRecv),
    ("urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id", SendRecv),
    ("http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time", Stopped),
    ("https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension", Stopped),
];

/// The header extensions of a kind, with the direction in which they are offered by default. An extension's default
/// id is its place, counted from 1.
pub(crate) fn header_extensions(kind: MediaKind) -> Vec<HeaderExtensionCapability> {
    let table = match kind {
        MediaKind::Audio => AUDIO_EXTENSIONS,
        MediaKind::Video => VIDEO_EXTENSIONS,
    };
    let capability =
        |&(uri, direction): &(&str, _)| HeaderExtensionCapability { uri: uri.to_owned(), direction };
    table.iter().map(capability).collect()
}
