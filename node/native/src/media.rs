//! The dictionaries of the RTP media API.

use napi::Env;
use napi_derive::napi;
use peer::{DegradationPreference, Error, MediaKind, Priority, TransceiverDirection};

use crate::error::{OrThrow, invalid};

/// `RTCRtpCodec`.
#[napi(object)]
pub struct Codec {
    /// `mimeType`
    pub mime_type: String,
    /// `clockRate`
    pub clock_rate: u32,
    /// `channels`
    pub channels: Option<u32>,
    /// `sdpFmtpLine`
    pub sdp_fmtp_line: Option<String>,
}

impl From<peer::Codec> for Codec {
    fn from(codec: peer::Codec) -> Self {
        Codec {
            mime_type: codec.mime_type,
            clock_rate: codec.clock_rate,
            channels: codec.channels.map(u32::from),
            sdp_fmtp_line: codec.sdp_fmtp_line,
        }
    }
}

impl Codec {
    pub(crate) fn into_peer(self) -> Result<peer::Codec, Error> {
        Ok(peer::Codec {
            mime_type: self.mime_type,
            clock_rate: self.clock_rate,
            channels: narrow("channels", self.channels)?,
            sdp_fmtp_line: self.sdp_fmtp_line,
        })
    }
}

/// `RTCRtpCodecParameters`.
#[napi(object)]
pub struct CodecParameters {
    /// `payloadType`
    pub payload_type: u32,
    /// `mimeType`
    pub mime_type: String,
    /// `clockRate`
    pub clock_rate: u32,
    /// `channels`
    pub channels: Option<u32>,
    /// `sdpFmtpLine`
    pub sdp_fmtp_line: Option<String>,
}

impl From<peer::CodecParameters> for CodecParameters {
    fn from(parameters: peer::CodecParameters) -> Self {
        let Codec { mime_type, clock_rate, channels, sdp_fmtp_line } = parameters.codec.into();
        let payload_type = u32::from(parameters.payload_type);
        CodecParameters { payload_type, mime_type, clock_rate, channels, sdp_fmtp_line }
    }
}

impl CodecParameters {
    fn into_peer(self) -> Result<peer::CodecParameters, Error> {
        let CodecParameters { payload_type, mime_type, clock_rate, channels, sdp_fmtp_line } = self;
        Ok(peer::CodecParameters {
            payload_type: u8::try_from(payload_type)
                .map_err(|_| invalid("payloadType", &payload_type.to_string()))?,
            codec: Codec { mime_type, clock_rate, channels, sdp_fmtp_line }.into_peer()?,
        })
    }
}

/// `RTCResolutionRestriction`. Its members are optional in W3C's draft; ours has both.
#[napi(object)]
pub struct ResolutionRestriction {
    /// `maxWidth`
    pub max_width: u32,
    /// `maxHeight`
    pub max_height: u32,
}

/// `RTCRtpEncodingParameters`.
#[napi(object)]
pub struct EncodingParameters {
    /// `rid`
    pub rid: Option<String>,
    /// `active`
    pub active: Option<bool>,
    /// `codec`
    pub codec: Option<Codec>,
    /// `maxBitrate`
    pub max_bitrate: Option<u32>,
    /// `maxFramerate`
    pub max_framerate: Option<f64>,
    /// `scaleResolutionDownBy`
    pub scale_resolution_down_by: Option<f64>,
    /// `scaleResolutionDownTo`
    pub scale_resolution_down_to: Option<ResolutionRestriction>,
    /// `scalabilityMode`
    pub scalability_mode: Option<String>,
    /// `priority`
    pub priority: Option<String>,
    /// `networkPriority`
    pub network_priority: Option<String>,
    /// `ptime`
    pub ptime: Option<u32>,
    /// `adaptivePtime`
    pub adaptive_ptime: Option<bool>,
}

impl From<peer::EncodingParameters> for EncodingParameters {
    fn from(encoding: peer::EncodingParameters) -> Self {
        EncodingParameters {
            rid: encoding.rid,
            active: Some(encoding.active),
            codec: encoding.codec.map(Codec::from),
            max_bitrate: encoding.max_bitrate,
            max_framerate: encoding.max_framerate,
            scale_resolution_down_by: encoding.scale_resolution_down_by,
            scale_resolution_down_to: encoding.scale_resolution_down_to.map(|restriction| {
                ResolutionRestriction { max_width: restriction.max_width, max_height: restriction.max_height }
            }),
            scalability_mode: encoding.scalability_mode,
            priority: Some(priority(encoding.priority).to_owned()),
            network_priority: encoding.network_priority.map(|level| priority(level).to_owned()),
            ptime: encoding.ptime,
            adaptive_ptime: Some(encoding.adaptive_ptime),
        }
    }
}

impl EncodingParameters {
    pub(crate) fn into_peer(self) -> Result<peer::EncodingParameters, Error> {
        let default = peer::EncodingParameters::default();
        let level = |text: Option<String>| text.as_deref().map(parse_priority).transpose();
        Ok(peer::EncodingParameters {
            rid: self.rid,
            active: self.active.unwrap_or(default.active),
            codec: self.codec.map(Codec::into_peer).transpose()?,
            max_bitrate: self.max_bitrate,
            max_framerate: self.max_framerate,
            scale_resolution_down_by: self.scale_resolution_down_by,
            scale_resolution_down_to: self.scale_resolution_down_to.map(|restriction| {
                peer::ResolutionRestriction {
                    max_width: restriction.max_width,
                    max_height: restriction.max_height,
                }
            }),
            scalability_mode: self.scalability_mode,
            priority: level(self.priority)?.unwrap_or(default.priority),
            network_priority: level(self.network_priority)?,
            ptime: self.ptime,
            adaptive_ptime: self.adaptive_ptime.unwrap_or(default.adaptive_ptime),
        })
    }
}

/// `RTCRtpHeaderExtensionParameters`.
#[napi(object)]
pub struct HeaderExtensionParameters {
    /// `uri`
    pub uri: String,
    /// `id`
    pub id: u32,
    /// `encrypted`
    pub encrypted: Option<bool>,
}

impl From<peer::HeaderExtensionParameters> for HeaderExtensionParameters {
    fn from(extension: peer::HeaderExtensionParameters) -> Self {
        let peer::HeaderExtensionParameters { uri, id, encrypted } = extension;
        HeaderExtensionParameters { uri, id: u32::from(id), encrypted: Some(encrypted) }
    }
}

impl HeaderExtensionParameters {
    fn into_peer(self) -> Result<peer::HeaderExtensionParameters, Error> {
        let HeaderExtensionParameters { uri, id, encrypted } = self;
        let id = u16::try_from(id).map_err(|_| invalid("id", &id.to_string()))?;
        Ok(peer::HeaderExtensionParameters { uri, id, encrypted: encrypted.unwrap_or_default() })
    }
}

/// `RTCRtpHeaderExtensionCapability`, with its direction.
#[napi(object)]
pub struct HeaderExtensionCapability {
    /// `uri`
    pub uri: String,
    /// `direction`
    pub direction: Option<String>,
}

impl From<peer::HeaderExtensionCapability> for HeaderExtensionCapability {
    fn from(extension: peer::HeaderExtensionCapability) -> Self {
        let direction = Some(extension.direction.as_str().to_owned());
        HeaderExtensionCapability { uri: extension.uri, direction }
    }
}

impl HeaderExtensionCapability {
    pub(crate) fn into_peer(self) -> Result<peer::HeaderExtensionCapability, Error> {
        let direction = parse_direction(self.direction.as_deref().unwrap_or("sendrecv"))?;
        Ok(peer::HeaderExtensionCapability { uri: self.uri, direction })
    }
}

/// `RTCRtcpParameters`.
#[napi(object)]
pub struct RtcpParameters {
    /// `cname`
    pub cname: Option<String>,
    /// `reducedSize`
    pub reduced_size: Option<bool>,
}

impl From<peer::RtcpParameters> for RtcpParameters {
    fn from(rtcp: peer::RtcpParameters) -> Self {
        RtcpParameters { cname: rtcp.cname, reduced_size: Some(rtcp.reduced_size) }
    }
}

/// `RTCRtpSendParameters`.
#[napi(object)]
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
    pub degradation_preference: Option<String>,
}

impl From<peer::SendParameters> for SendParameters {
    fn from(parameters: peer::SendParameters) -> Self {
        let degradation_preference = parameters.degradation_preference.map(|preference| match preference {
            DegradationPreference::MaintainFramerate => "maintain-framerate",
            DegradationPreference::MaintainResolution => "maintain-resolution",
            DegradationPreference::Balanced => "balanced",
        });
        SendParameters {
            transaction_id: parameters.transaction_id,
            encodings: parameters.encodings.into_iter().map(Into::into).collect(),
            header_extensions: parameters.header_extensions.into_iter().map(Into::into).collect(),
            rtcp: parameters.rtcp.into(),
            codecs: parameters.codecs.into_iter().map(Into::into).collect(),
            degradation_preference: degradation_preference.map(str::to_owned),
        }
    }
}

impl SendParameters {
    pub(crate) fn into_peer(self) -> Result<peer::SendParameters, Error> {
        let extensions = self.header_extensions.into_iter().map(HeaderExtensionParameters::into_peer);
        Ok(peer::SendParameters {
            transaction_id: self.transaction_id,
            encodings: self
                .encodings
                .into_iter()
                .map(EncodingParameters::into_peer)
                .collect::<Result<_, _>>()?,
            header_extensions: extensions.collect::<Result<_, _>>()?,
            rtcp: peer::RtcpParameters {
                cname: self.rtcp.cname,
                reduced_size: self.rtcp.reduced_size.unwrap_or_default(),
            },
            codecs: self.codecs.into_iter().map(CodecParameters::into_peer).collect::<Result<_, _>>()?,
            degradation_preference: match self.degradation_preference.as_deref() {
                None => None,
                Some("maintain-framerate") => Some(DegradationPreference::MaintainFramerate),
                Some("maintain-resolution") => Some(DegradationPreference::MaintainResolution),
                Some("balanced") => Some(DegradationPreference::Balanced),
                Some(other) => return Err(invalid("RTCDegradationPreference", other)),
            },
        })
    }
}

/// `RTCRtpReceiveParameters`.
#[napi(object, object_from_js = false)]
pub struct ReceiveParameters {
    /// `headerExtensions`
    pub header_extensions: Vec<HeaderExtensionParameters>,
    /// `rtcp`
    pub rtcp: RtcpParameters,
    /// `codecs`
    pub codecs: Vec<CodecParameters>,
}

impl From<peer::ReceiveParameters> for ReceiveParameters {
    fn from(parameters: peer::ReceiveParameters) -> Self {
        ReceiveParameters {
            header_extensions: parameters.header_extensions.into_iter().map(Into::into).collect(),
            rtcp: parameters.rtcp.into(),
            codecs: parameters.codecs.into_iter().map(Into::into).collect(),
        }
    }
}

/// `RTCEncodingOptions`.
#[napi(object, object_to_js = false)]
pub struct EncodingOptions {
    /// `keyFrame`
    pub key_frame: Option<bool>,
}

/// `RTCSetParameterOptions`.
#[napi(object, object_to_js = false)]
pub struct SetParameterOptions {
    /// `encodingOptions`
    pub encoding_options: Option<Vec<EncodingOptions>>,
}

impl SetParameterOptions {
    pub(crate) fn into_peer(self) -> peer::SetParameterOptions {
        let options = self.encoding_options.unwrap_or_default().into_iter();
        peer::SetParameterOptions {
            encoding_options: options
                .map(|options| peer::EncodingOptions { key_frame: options.key_frame.unwrap_or_default() })
                .collect(),
        }
    }
}

/// `RTCRtpCapabilities`.
#[napi(object, object_from_js = false)]
pub struct Capabilities {
    /// `codecs`
    pub codecs: Vec<Codec>,
    /// `headerExtensions`
    pub header_extensions: Vec<HeaderExtensionCapability>,
}

/// `RTCRtpSender.getCapabilities(kind)`, or that of `RTCRtpReceiver`.
#[napi]
pub fn capabilities(env: Env, kind: String, sender: bool) -> napi::Result<Capabilities> {
    let capabilities = peer::capabilities(parse_kind(&kind).or_throw(&env)?, sender);
    Ok(Capabilities {
        codecs: capabilities.codecs.into_iter().map(Into::into).collect(),
        header_extensions: capabilities.header_extensions.into_iter().map(Into::into).collect(),
    })
}

/// A 16-bit member.
fn narrow(what: &str, value: Option<u32>) -> Result<Option<u16>, Error> {
    value.map(|value| u16::try_from(value).map_err(|_| invalid(what, &value.to_string()))).transpose()
}

/// `RTCPriorityType`.
pub(crate) fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::VeryLow => "very-low",
        Priority::Low => "low",
        Priority::Medium => "medium",
        Priority::High => "high",
    }
}

pub(crate) fn parse_priority(text: &str) -> Result<Priority, Error> {
    [Priority::VeryLow, Priority::Low, Priority::Medium, Priority::High]
        .into_iter()
        .find(|level| priority(*level) == text)
        .ok_or_else(|| invalid("RTCPriorityType", text))
}

pub(crate) fn parse_kind(text: &str) -> Result<MediaKind, Error> {
    [MediaKind::Audio, MediaKind::Video]
        .into_iter()
        .find(|kind| kind.as_str() == text)
        .ok_or_else(|| invalid("kind", text))
}

pub(crate) fn parse_direction(text: &str) -> Result<TransceiverDirection, Error> {
    use TransceiverDirection::{Inactive, RecvOnly, SendOnly, SendRecv, Stopped};
    [SendRecv, SendOnly, RecvOnly, Inactive, Stopped]
        .into_iter()
        .find(|direction| direction.as_str() == text)
        .ok_or_else(|| invalid("RTCRtpTransceiverDirection", text))
}
