//! One m-section: its `m=` line and what follows up to the next one.

use std::fmt;

use crate::attribute::{Attribute, attribute_getters};
use crate::line::{Line, Scanner, fields, number, payload_type, write_fields, write_line};
use crate::parse_error::{ParseError, ParseErrorKind};
use crate::session_line::{Bandwidth, Connection};

/// The first field of `m=`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaKind {
    /// `audio`
    Audio,
    /// `video`
    Video,
    /// `application`: data channels, in WebRTC.
    Application,
    /// Another kind, such as `text` or `message`.
    Other(String),
}

impl MediaKind {
    fn parse(text: &str) -> Self {
        match text {
            "audio" => Self::Audio,
            "video" => Self::Video,
            "application" => Self::Application,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The field as it is printed.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Application => "application",
            Self::Other(other) => other,
        }
    }
}

/// An m-section ([RFC 8866 section 5.14](https://www.rfc-editor.org/rfc/rfc8866#section-5.14)).
///
/// In an m-section `i=`, `c=`, `b=` and `k=` are read wherever they stand, as browsers do, and printed where RFC
/// 8866 wants them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaSection {
    /// What is sent.
    pub kind: MediaKind,
    /// 0 rejects the m-section (unless it is bundle-only); 9 says that the address comes with the candidates.
    pub port: u16,
    /// The number of ports behind `/`; never in WebRTC.
    pub port_count: Option<u16>,
    /// `UDP/DTLS/SCTP`, `UDP/TLS/RTP/SAVPF`, ..
    pub protocol: String,
    /// Payload types, or `webrtc-datachannel`; at least one.
    pub formats: Vec<String>,
    /// `i=`
    pub title: Option<String>,
    /// The first `c=`; further ones are [`Attribute::Line`]s.
    pub connection: Option<Connection>,
    /// `b=`
    pub bandwidths: Vec<Bandwidth>,
    /// `k=` (obsolete), as it is.
    pub key: Option<String>,
    /// The `a=` lines, in order.
    pub attributes: Vec<Attribute>,
}

impl MediaSection {
    /// An m-section with port 9 and `c=IN IP4 0.0.0.0`, as JSEP asks for before candidates are known
    /// ([RFC 8829 section 5.2.1](https://www.rfc-editor.org/rfc/rfc8829#section-5.2.1)).
    pub fn new<F: Into<String>>(
        kind: MediaKind,
        protocol: impl Into<String>,
        formats: impl IntoIterator<Item = F>,
    ) -> Self {
        Self {
            kind,
            port: 9,
            port_count: None,
            protocol: protocol.into(),
            formats: formats.into_iter().map(Into::into).collect(),
            title: None,
            connection: Some(Connection::unspecified()),
            bandwidths: Vec::new(),
            key: None,
            attributes: Vec::new(),
        }
    }

    /// Reads what follows `m=` up to the next one.
    pub(crate) fn parse(line: Line<'_>, scanner: &mut Scanner<'_>) -> Result<Self, ParseError> {
        let mut section = Self::parse_media_line(line.value).map_err(|kind| line.error(kind))?;
        while let Some(line) = scanner.peek()? {
            if line.letter == 'm' {
                break;
            }
            section.parse_line(line)?;
            scanner.next()?;
        }
        section.shrink_to_fit();
        Ok(section)
    }

    /// Gives back memory that nothing is in: descriptions are kept as long as their connections.
    fn shrink_to_fit(&mut self) {
        self.formats.shrink_to_fit();
        self.bandwidths.shrink_to_fit();
        self.attributes.shrink_to_fit();
    }

    fn parse_media_line(value: &str) -> Result<Self, ParseErrorKind> {
        let mut fields = fields(value);
        let mut next = || fields.next().ok_or(ParseErrorKind::InvalidMedia);
        let (kind, ports, protocol) = (next()?, next()?, next()?);
        let formats: Vec<_> = fields.map(str::to_owned).collect();
        if formats.is_empty() {
            return Err(ParseErrorKind::InvalidMedia);
        }
        let (port, count) = match ports.split_once('/') {
            Some((port, count)) => {
                (port, Some(number(count).filter(|&count| count > 0).ok_or(ParseErrorKind::InvalidPort)?))
            }
            None => (ports, None),
        };
        let mut section = Self::new(MediaKind::parse(kind), protocol, formats);
        section.port = number(port).ok_or(ParseErrorKind::InvalidPort)?;
        section.port_count = count;
        section.connection = None;
        if section.is_rtp() && section.formats.iter().any(|format| payload_type(format).is_none()) {
            return Err(ParseErrorKind::InvalidPayloadType);
        }
        Ok(section)
    }

    fn parse_line(&mut self, line: Line<'_>) -> Result<(), ParseError> {
        match line.letter {
            'i' if self.title.is_none() => self.title = Some(line.value.to_owned()),
            'k' if self.key.is_none() => self.key = Some(line.value.to_owned()),
            'c' => {
                let connection = Connection::parse(line.value);
                let connection = connection.ok_or(line.error(ParseErrorKind::InvalidConnection))?;
                if self.connection.is_none() {
                    self.connection = Some(connection);
                } else {
                    self.attributes.push(Attribute::parse_line(line, false)?);
                }
            }
            'b' => {
                let bandwidth = Bandwidth::parse(line.value);
                self.bandwidths.push(bandwidth.ok_or(line.error(ParseErrorKind::InvalidBandwidth))?);
            }
            letter => {
                let attribute = Attribute::parse_line(line, "vosuepiktrz".contains(letter))?;
                if let Attribute::Fmtp(fmtp) = &attribute
                    && self.is_rtp()
                    && payload_type(&fmtp.format).is_none()
                {
                    return Err(line.error(ParseErrorKind::InvalidPayloadType));
                }
                self.attributes.push(attribute);
            }
        }
        Ok(())
    }

    /// Whether the protocol is one of RTP, so that the formats are payload types.
    pub fn is_rtp(&self) -> bool {
        self.protocol.split('/').any(|part| part == "RTP")
    }

    /// Whether the m-section is rejected: port 0 without `a=bundle-only`
    /// ([RFC 9143 section 6](https://www.rfc-editor.org/rfc/rfc9143#section-6)).
    pub fn is_rejected(&self) -> bool {
        self.port == 0 && !self.is_bundle_only()
    }

    /// Whether `a=bundle-only` is there.
    pub fn is_bundle_only(&self) -> bool {
        self.attributes.contains(&Attribute::BundleOnly)
    }

    /// Whether the m-section is one for data channels: `m=application`, SCTP over DTLS, and
    /// `webrtc-datachannel` as its format or, before RFC 8841, in `a=sctpmap`.
    pub fn is_data_channel(&self) -> bool {
        let over_dtls = matches!(self.protocol.as_str(), "UDP/DTLS/SCTP" | "TCP/DTLS/SCTP" | "DTLS/SCTP");
        let name = "webrtc-datachannel";
        let is_mapped = self.attributes.iter().any(|attribute| match attribute {
            Attribute::Sctpmap(sctpmap) => sctpmap.application == name,
            _ => false,
        });
        let is_named = self.formats.iter().any(|format| format == name);
        self.kind == MediaKind::Application && over_dtls && (is_named || is_mapped)
    }

    /// The SCTP port: `a=sctp-port`, or what `m=application 9 DTLS/SCTP 5000`, the form before RFC 8841, says.
    pub fn sctp_port(&self) -> Option<u16> {
        let explicit = self.attributes.iter().find_map(|attribute| match attribute {
            Attribute::SctpPort(port) => Some(*port),
            _ => None,
        });
        explicit.or_else(|| match self.formats.as_slice() {
            [format] if self.protocol == "DTLS/SCTP" => number(format),
            _ => None,
        })
    }

    /// `a=sctp-init`
    pub fn sctp_init(&self) -> Option<&[u8]> {
        self.attributes.iter().find_map(|attribute| match attribute {
            Attribute::SctpInit(chunk) => Some(chunk.as_slice()),
            _ => None,
        })
    }

    /// `a=max-message-size` in bytes; 0 stands for any size
    /// ([RFC 8841 section 6.1](https://www.rfc-editor.org/rfc/rfc8841#section-6.1)).
    pub fn max_message_size(&self) -> Option<u64> {
        self.attributes.iter().find_map(|attribute| match attribute {
            Attribute::MaxMessageSize(size) => Some(*size),
            _ => None,
        })
    }
}

attribute_getters!(MediaSection);

impl fmt::Display for MediaSection {
    /// The lines of the m-section.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_line(f, 'm', &MediaLine(self))?;
        self.title.iter().try_for_each(|value| write_line(f, 'i', value))?;
        self.connection.iter().try_for_each(|value| write_line(f, 'c', value))?;
        self.bandwidths.iter().try_for_each(|value| write_line(f, 'b', value))?;
        self.key.iter().try_for_each(|value| write_line(f, 'k', value))?;
        self.attributes.iter().try_for_each(|attribute| attribute.write_line(f))
    }
}

struct MediaLine<'a>(&'a MediaSection);

impl fmt::Display for MediaLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.kind.as_str(), self.0.port)?;
        self.0.port_count.iter().try_for_each(|count| write!(f, "/{count}"))?;
        write!(f, " {}", self.0.protocol)?;
        write_fields(f, &self.0.formats)
    }
}
