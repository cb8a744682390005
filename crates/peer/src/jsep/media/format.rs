//! The formats of an m-section: payload types, codecs and feedback, as SDP writes them.

use sdp::{Attribute, Fmtp, MediaSection, RtcpFb, Rtpmap};

use crate::{Codec, CodecParameters, MediaKind};

/// A payload type of an m-section, and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    /// The payload type, and the codec.
    pub(crate) parameters: CodecParameters,
    /// The `a=rtcp-fb` lines, without the payload type.
    pub(crate) feedback: Vec<String>,
}

/// RFC 3551, section 6: the payload types that need no `a=rtpmap`, as far as WebRTC has a use for them.
const STATIC: [(u8, &str, u32); 4] =
    [(0, "PCMU", 8_000), (8, "PCMA", 8_000), (9, "G722", 8_000), (13, "CN", 8_000)];

impl Format {
    /// The formats of an m-section in their order; payload types that nothing is known of are left out.
    pub(crate) fn of(section: &MediaSection, kind: MediaKind) -> Vec<Format> {
        let number = |format: &String| format.parse::<u8>().ok();
        section.formats.iter().filter_map(number).filter_map(|pt| Format::read(section, kind, pt)).collect()
    }

    fn read(section: &MediaSection, kind: MediaKind, payload_type: u8) -> Option<Format> {
        let rtpmap = section.attributes.iter().find_map(|attribute| match attribute {
            Attribute::Rtpmap(rtpmap) if rtpmap.payload_type == payload_type => Some(rtpmap),
            _ => None,
        });
        let (name, clock_rate, channels) = match rtpmap {
            Some(rtpmap) => (rtpmap.encoding.as_str(), rtpmap.clock_rate, rtpmap.channels()),
            None => STATIC.iter().find(|row| row.0 == payload_type).map(|row| (row.1, row.2, 1))?,
        };
        let sdp_fmtp_line = section.attributes.iter().find_map(|attribute| match attribute {
            Attribute::Fmtp(fmtp) if fmtp.payload_type() == Some(payload_type) => {
                Some(fmtp.parameters.clone()).filter(|parameters| !parameters.is_empty())
            }
            _ => None,
        });
        let codec = Codec {
            mime_type: format!("{kind}/{name}"),
            clock_rate,
            channels: match kind {
                MediaKind::Audio => Some(u16::try_from(channels).unwrap_or(u16::MAX)),
                MediaKind::Video => None,
            },
            sdp_fmtp_line,
        };
        let feedback = section.attributes.iter().filter_map(|attribute| match attribute {
            Attribute::RtcpFb(feedback) if feedback.payload_type.is_none_or(|pt| pt == payload_type) => {
                Some(match &feedback.parameter {
                    Some(parameter) => format!("{} {parameter}", feedback.kind),
                    None => feedback.kind.clone(),
                })
            }
            _ => None,
        });
        Some(Format { parameters: CodecParameters { payload_type, codec }, feedback: feedback.collect() })
    }

    /// Its payload type.
    pub(crate) fn payload_type(&self) -> u8 {
        self.parameters.payload_type
    }

    /// Its codec.
    pub(crate) fn codec(&self) -> &Codec {
        &self.parameters.codec
    }

    /// The `a=rtpmap`, `a=fmtp` and `a=rtcp-fb` lines.
    pub(crate) fn lines(&self) -> Vec<Attribute> {
        let payload_type = self.payload_type();
        let codec = self.codec();
        let mut lines = vec![Attribute::Rtpmap(Rtpmap {
            payload_type,
            encoding: codec.name().to_owned(),
            clock_rate: codec.clock_rate,
            // RFC 8866, section 6.6: of audio, and left out for one channel.
            parameters: codec.channels.filter(|&channels| channels > 1).map(|channels| channels.to_string()),
        })];
        for feedback in &self.feedback {
            let (kind, parameter) = match feedback.split_once(' ') {
                Some((kind, parameter)) => (kind, Some(parameter.to_owned())),
                None => (feedback.as_str(), None),
            };
            let payload_type = Some(payload_type);
            lines.push(Attribute::RtcpFb(RtcpFb { payload_type, kind: kind.to_owned(), parameter }));
        }
        lines.extend(
            codec
                .sdp_fmtp_line
                .clone()
                .map(|parameters| Attribute::Fmtp(Fmtp { format: payload_type.to_string(), parameters })),
        );
        lines
    }
}

/// Whether a codec carries no media of its own: it repairs, protects or accompanies another.
pub(crate) fn is_auxiliary(codec: &Codec) -> bool {
    ["rtx", "red", "ulpfec", "flexfec-03", "CN", "telephone-event"].iter().any(|name| codec.is_named(name))
}

/// A parameter of an `a=fmtp` line in the form that most codecs use, by its name.
pub(crate) fn parameter<'a>(codec: &'a Codec, name: &str) -> Option<&'a str> {
    let line = codec.sdp_fmtp_line.as_deref()?;
    let parts = line.split(';').filter_map(|part| part.split_once('='));
    parts
        .map(|(key, value)| (key.trim(), value.trim()))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// The payload type that RTX repairs (RFC 4588, section 8.6).
pub(crate) fn repaired(codec: &Codec) -> Option<u8> {
    parameter(codec, "apt")?.parse().ok()
}
