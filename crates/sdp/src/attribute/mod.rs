//! Attributes: one variant for each that WebRTC gives a meaning to, and the text of every other one.

mod base64;
mod candidate;
mod candidate_error;
mod direction;
mod extmap;
mod fingerprint;
mod fmtp;
mod getters;
mod rid;
mod rtcp;
mod rtcp_fb;
mod rtpmap;
mod sctpmap;
mod setup;
mod simulcast;
mod ssrc;
mod ssrc_group;

use std::fmt::{self, Write as _};

pub use candidate::{Candidate, CandidateAddress, CandidateType, TcpType};
pub use candidate_error::CandidateError;
pub use direction::Direction;
pub use extmap::Extmap;
pub use fingerprint::Fingerprint;
pub use fmtp::Fmtp;
pub(crate) use getters::attribute_getters;
pub use rid::{Rid, RidDirection};
pub use rtcp::Rtcp;
pub use rtcp_fb::RtcpFb;
pub use rtpmap::Rtpmap;
pub use sctpmap::Sctpmap;
pub use setup::Setup;
pub use simulcast::{Simulcast, SimulcastStream};
pub use ssrc::Ssrc;
pub use ssrc_group::SsrcGroup;

use crate::line::{Line, OneLine, fields, number, write_fields};
use crate::parse_error::{ParseError, ParseErrorKind};

/// An `a=` line, or a line with a letter that SDP does not know.
///
/// `Debug` prints the line but not what is secret in it: `a=ice-pwd`, `a=crypto`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attribute {
    /// `a=mid` ([RFC 5888](https://www.rfc-editor.org/rfc/rfc5888)).
    Mid(String),
    /// `a=group` ([RFC 5888](https://www.rfc-editor.org/rfc/rfc5888)).
    Group {
        /// `BUNDLE`, `LS`, ..
        semantics: String,
        /// The mids of the group.
        mids: Vec<String>,
    },
    /// `a=ice-ufrag` ([RFC 8839](https://www.rfc-editor.org/rfc/rfc8839#section-5.4)).
    IceUfrag(String),
    /// `a=ice-pwd` ([RFC 8839](https://www.rfc-editor.org/rfc/rfc8839#section-5.4)).
    IcePwd(String),
    /// `a=ice-options` ([RFC 8839](https://www.rfc-editor.org/rfc/rfc8839#section-5.6)).
    IceOptions(Vec<String>),
    /// `a=ice-lite` ([RFC 8839](https://www.rfc-editor.org/rfc/rfc8839#section-5.3)).
    IceLite,
    /// `a=ice-mismatch` ([RFC 8839](https://www.rfc-editor.org/rfc/rfc8839#section-5.3)).
    IceMismatch,
    /// `a=ice-pacing` in milliseconds ([RFC 8839](https://www.rfc-editor.org/rfc/rfc8839#section-5.5)).
    IcePacing(u32),
    /// `a=candidate` ([RFC 8839](https://www.rfc-editor.org/rfc/rfc8839#section-5.1)).
    Candidate(Box<Candidate>),
    /// `a=end-of-candidates` ([RFC 8840](https://www.rfc-editor.org/rfc/rfc8840#section-8.2)).
    EndOfCandidates,
    /// `a=fingerprint` ([RFC 8122](https://www.rfc-editor.org/rfc/rfc8122#section-5)).
    Fingerprint(Fingerprint),
    /// `a=setup` ([RFC 4145](https://www.rfc-editor.org/rfc/rfc4145#section-4)).
    Setup(Setup),
    /// `a=tls-id` ([RFC 8842](https://www.rfc-editor.org/rfc/rfc8842#section-4)).
    TlsId(String),
    /// `a=sctp-port` ([RFC 8841](https://www.rfc-editor.org/rfc/rfc8841#section-5)).
    SctpPort(u16),
    /// `a=max-message-size` in bytes, 0 for any ([RFC 8841](https://www.rfc-editor.org/rfc/rfc8841#section-6)).
    MaxMessageSize(u64),
    /// `a=sctp-init`: an SCTP INIT chunk
    /// ([draft-hancke-tsvwg-snap](https://datatracker.ietf.org/doc/draft-hancke-tsvwg-snap/)). What is no base64 is kept
    /// as an unknown line.
    SctpInit(Vec<u8>),
    /// `a=sctpmap`, the form before RFC 8841.
    Sctpmap(Sctpmap),
    /// `a=sendrecv` and its like ([RFC 8866](https://www.rfc-editor.org/rfc/rfc8866#section-6.7)).
    Direction(Direction),
    /// `a=rtcp-mux` ([RFC 5761](https://www.rfc-editor.org/rfc/rfc5761#section-5.1.1)).
    RtcpMux,
    /// `a=rtcp-mux-only` ([RFC 8858](https://www.rfc-editor.org/rfc/rfc8858)).
    RtcpMuxOnly,
    /// `a=rtcp-rsize` ([RFC 5506](https://www.rfc-editor.org/rfc/rfc5506#section-5)).
    RtcpRsize,
    /// `a=rtcp` ([RFC 3605](https://www.rfc-editor.org/rfc/rfc3605)).
    Rtcp(Box<Rtcp>),
    /// `a=bundle-only` ([RFC 9143](https://www.rfc-editor.org/rfc/rfc9143#section-6)).
    BundleOnly,
    /// `a=msid` ([RFC 8830](https://www.rfc-editor.org/rfc/rfc8830)).
    Msid {
        /// The id of the stream; `-` for none.
        stream: String,
        /// The id of the track, from peers before RFC 8829.
        track: Option<String>,
    },
    /// `a=msid-semantic` (drafts of RFC 8830).
    MsidSemantic {
        /// `WMS`
        semantic: String,
        /// The ids of the streams, or `*`.
        streams: Vec<String>,
    },
    /// `a=rtpmap` ([RFC 8866](https://www.rfc-editor.org/rfc/rfc8866#section-6.6)).
    Rtpmap(Rtpmap),
    /// `a=fmtp` ([RFC 8866](https://www.rfc-editor.org/rfc/rfc8866#section-6.15)).
    Fmtp(Fmtp),
    /// `a=rtcp-fb` ([RFC 4585](https://www.rfc-editor.org/rfc/rfc4585#section-4.2)).
    RtcpFb(RtcpFb),
    /// `a=extmap` ([RFC 8285](https://www.rfc-editor.org/rfc/rfc8285#section-5)).
    Extmap(Extmap),
    /// `a=extmap-allow-mixed` ([RFC 8285](https://www.rfc-editor.org/rfc/rfc8285#section-6)).
    ExtmapAllowMixed,
    /// `a=rid` ([RFC 8851](https://www.rfc-editor.org/rfc/rfc8851)).
    Rid(Rid),
    /// `a=simulcast` ([RFC 8853](https://www.rfc-editor.org/rfc/rfc8853)).
    Simulcast(Simulcast),
    /// `a=ssrc` ([RFC 5576](https://www.rfc-editor.org/rfc/rfc5576#section-4.1)).
    Ssrc(Ssrc),
    /// `a=ssrc-group` ([RFC 5576](https://www.rfc-editor.org/rfc/rfc5576#section-4.2)).
    SsrcGroup(SsrcGroup),
    /// Any other attribute, or one of the above with a value that is not understood, as it is.
    Other {
        /// What is before the first `:`.
        name: String,
        /// What is behind the first `:`, if there is one.
        value: Option<String>,
    },
    /// Not an attribute: a line between attributes with a letter that SDP does not know, as it is. A further
    /// `c=` of an m-section is kept so, too.
    Line {
        /// What is before the `=`.
        letter: char,
        /// What is behind the `=`.
        value: String,
    },
}

impl Attribute {
    /// Reads a line among attributes. `misplaced` says that its letter must not stand here.
    pub(crate) fn parse_line(line: Line<'_>, misplaced: bool) -> Result<Self, ParseError> {
        match line.letter {
            'a' => Self::parse(line.value).map_err(|kind| line.error(kind)),
            _ if misplaced => Err(line.unexpected()),
            letter => Ok(Self::Line { letter, value: line.value.to_owned() }),
        }
    }

    /// Reads what is behind `a=`. Where no RFC wants a refusal, what is not understood is kept as it is.
    fn parse(text: &str) -> Result<Self, ParseErrorKind> {
        let (name, value) = match text.split_once(':') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let attribute = match value {
            None => Self::parse_flag(name),
            Some(value) => match Self::parse_transport(name, value)? {
                Some(attribute) => Some(attribute),
                None => Self::parse_media(name, value)?,
            },
        };
        if attribute.is_none()
            && let Some(refusal) = refusal(name)
        {
            return Err(refusal);
        }
        let other = || Self::Other { name: name.to_owned(), value: value.map(str::to_owned) };
        Ok(attribute.unwrap_or_else(other))
    }

    fn parse_flag(name: &str) -> Option<Self> {
        Some(match name {
            "ice-lite" => Self::IceLite,
            "ice-mismatch" => Self::IceMismatch,
            "end-of-candidates" => Self::EndOfCandidates,
            "rtcp-mux" => Self::RtcpMux,
            "rtcp-mux-only" => Self::RtcpMuxOnly,
            "rtcp-rsize" => Self::RtcpRsize,
            "bundle-only" => Self::BundleOnly,
            "extmap-allow-mixed" => Self::ExtmapAllowMixed,
            _ => Self::Direction(Direction::parse(name)?),
        })
    }

    /// The attributes of transports, and of m-sections as such.
    fn parse_transport(name: &str, value: &str) -> Result<Option<Self>, ParseErrorKind> {
        Ok(match name {
            "mid" => Some(value)
                .filter(|mid| !mid.is_empty() && !mid.contains(char::is_whitespace))
                .map(|mid| Self::Mid(mid.to_owned())),
            "group" => split_list(value).map(|(semantics, mids)| Self::Group { semantics, mids }),
            "ice-ufrag" => ice_chars(value, 4).map(Self::IceUfrag),
            "ice-pwd" => ice_chars(value, 22).map(Self::IcePwd),
            "ice-options" => {
                let options: Vec<_> = fields(value).map(str::to_owned).collect();
                (!options.is_empty()).then_some(Self::IceOptions(options))
            }
            "ice-pacing" => number(value).map(Self::IcePacing),
            // RFC 8839 section 5.1: an agent ignores candidates that it does not understand.
            "candidate" => Candidate::parse_value(value).ok().map(Box::new).map(Self::Candidate),
            "fingerprint" => Fingerprint::parse(value).map(Self::Fingerprint),
            "setup" => Setup::parse(value).map(Self::Setup),
            "tls-id" => is_tls_id(value).then(|| Self::TlsId(value.to_owned())),
            "sctp-port" => number(value).map(Self::SctpPort),
            "max-message-size" => number(value).map(Self::MaxMessageSize),
            "sctp-init" => base64::decode(value).map(Self::SctpInit),
            "sctpmap" => Sctpmap::parse(value).map(Self::Sctpmap),
            _ => None,
        })
    }

    /// The attributes of RTP.
    fn parse_media(name: &str, value: &str) -> Result<Option<Self>, ParseErrorKind> {
        Ok(match name {
            "rtpmap" => Some(Self::Rtpmap(Rtpmap::parse(value)?)),
            "fmtp" => Fmtp::parse(value).map(Self::Fmtp),
            "rtcp-fb" => RtcpFb::parse(value)?.map(Self::RtcpFb),
            "rtcp" => Rtcp::parse(value).map(Box::new).map(Self::Rtcp),
            "extmap" => Extmap::parse(value).map(Self::Extmap),
            "msid" => {
                let mut fields = fields(value);
                let (stream, track) = (fields.next(), fields.next().map(str::to_owned));
                let stream = stream.filter(|_| fields.next().is_none());
                stream.map(|stream| Self::Msid { stream: stream.to_owned(), track })
            }
            "msid-semantic" => {
                split_list(value).map(|(semantic, streams)| Self::MsidSemantic { semantic, streams })
            }
            "rid" => Rid::parse(value).map(Self::Rid),
            "simulcast" => Simulcast::parse(value).map(Self::Simulcast),
            "ssrc" => Ssrc::parse(value).map(Self::Ssrc),
            "ssrc-group" => SsrcGroup::parse(value).map(Self::SsrcGroup),
            _ => None,
        })
    }

    /// Writes the line with its CRLF.
    pub(crate) fn write_line(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}\r\n")
    }
}

/// What a malformed value of the attribute means for the description: JSEP refuses it (RFC 8829 section 5.8)
/// where a connection would otherwise be made with something other than what the peer wanted.
fn refusal(name: &str) -> Option<ParseErrorKind> {
    Some(match name {
        "mid" => ParseErrorKind::InvalidMid,
        "ice-ufrag" => ParseErrorKind::InvalidIceUfrag,
        "ice-pwd" => ParseErrorKind::InvalidIcePwd,
        "fingerprint" => ParseErrorKind::InvalidFingerprint,
        "setup" => ParseErrorKind::InvalidSetup,
        "sctp-port" => ParseErrorKind::InvalidSctpPort,
        "max-message-size" => ParseErrorKind::InvalidMaxMessageSize,
        "rtpmap" => ParseErrorKind::InvalidRtpmap,
        "extmap" => ParseErrorKind::InvalidExtmap,
        _ => return None,
    })
}

/// RFC 8839 section 5.4: `least` to 256 ice-chars. As Chromium does, `-`, `_`, `=` and `#`, which are none, are
/// let pass for the peers that send them.
fn ice_chars(value: &str, least: usize) -> Option<String> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_=#".contains(&byte);
    ((least..=256).contains(&value.len()) && value.bytes().all(known)).then(|| value.to_owned())
}

/// RFC 8842 section 4: 20 to 255 characters.
fn is_tls_id(value: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte);
    (20..=255).contains(&value.len()) && value.bytes().all(known)
}

/// A word and a list of words.
fn split_list(value: &str) -> Option<(String, Vec<String>)> {
    let mut fields = fields(value).map(str::to_owned);
    Some((fields.next()?, fields.collect()))
}

impl fmt::Display for Attribute {
    /// The line without its CRLF, such as `a=mid:0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = OneLine(f);
        match self {
            Self::Mid(mid) => write!(f, "a=mid:{mid}"),
            Self::Group { semantics, mids } => {
                write!(f, "a=group:{semantics}")?;
                write_fields(&mut f, mids)
            }
            Self::IceUfrag(ufrag) => write!(f, "a=ice-ufrag:{ufrag}"),
            Self::IcePwd(pwd) => write!(f, "a=ice-pwd:{pwd}"),
            Self::IceOptions(options) => write!(f, "a=ice-options:{}", options.join(" ")),
            Self::IceLite => f.write_str("a=ice-lite"),
            Self::IceMismatch => f.write_str("a=ice-mismatch"),
            Self::IcePacing(milliseconds) => write!(f, "a=ice-pacing:{milliseconds}"),
            Self::Candidate(candidate) => write!(f, "a={candidate}"),
            Self::EndOfCandidates => f.write_str("a=end-of-candidates"),
            Self::Fingerprint(fingerprint) => write!(f, "a=fingerprint:{fingerprint}"),
            Self::Setup(setup) => write!(f, "a=setup:{setup}"),
            Self::TlsId(id) => write!(f, "a=tls-id:{id}"),
            Self::SctpPort(port) => write!(f, "a=sctp-port:{port}"),
            Self::MaxMessageSize(bytes) => write!(f, "a=max-message-size:{bytes}"),
            Self::SctpInit(chunk) => write!(f, "a=sctp-init:{}", base64::encode(chunk)),
            Self::Sctpmap(sctpmap) => write!(f, "a=sctpmap:{sctpmap}"),
            Self::Direction(direction) => write!(f, "a={direction}"),
            Self::RtcpMux => f.write_str("a=rtcp-mux"),
            Self::RtcpMuxOnly => f.write_str("a=rtcp-mux-only"),
            Self::RtcpRsize => f.write_str("a=rtcp-rsize"),
            Self::Rtcp(rtcp) => write!(f, "a=rtcp:{rtcp}"),
            Self::BundleOnly => f.write_str("a=bundle-only"),
            Self::Msid { stream, track } => {
                write!(f, "a=msid:{stream}")?;
                track.iter().try_for_each(|track| write!(f, " {track}"))
            }
            Self::MsidSemantic { semantic, streams } => {
                // The space is in the drafts' examples and in what Chromium sends.
                write!(f, "a=msid-semantic: {semantic}")?;
                write_fields(&mut f, streams)
            }
            Self::Rtpmap(rtpmap) => write!(f, "a=rtpmap:{rtpmap}"),
            Self::Fmtp(fmtp) => write!(f, "a=fmtp:{fmtp}"),
            Self::RtcpFb(rtcp_fb) => write!(f, "a=rtcp-fb:{rtcp_fb}"),
            Self::Extmap(extmap) => write!(f, "a=extmap:{extmap}"),
            Self::ExtmapAllowMixed => f.write_str("a=extmap-allow-mixed"),
            Self::Rid(rid) => write!(f, "a=rid:{rid}"),
            Self::Simulcast(simulcast) => write!(f, "a=simulcast:{simulcast}"),
            Self::Ssrc(ssrc) => write!(f, "a=ssrc:{ssrc}"),
            Self::SsrcGroup(group) => write!(f, "a=ssrc-group:{group}"),
            Self::Other { name, value: None } => write!(f, "a={name}"),
            Self::Other { name, value: Some(value) } => write!(f, "a={name}:{value}"),
            Self::Line { letter, value } => write!(f, "{letter}={value}"),
        }
    }
}

impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IcePwd(_) => f.write_str("a=ice-pwd:[redacted]"),
            Self::Other { name, .. } if name == "crypto" => f.write_str("a=crypto:[redacted]"),
            // The obsolete k= and a misplaced secret are nothing that belongs into a log either.
            Self::Line { letter: 'k', .. } => f.write_str("k=[redacted]"),
            _ => fmt::Display::fmt(self, f),
        }
    }
}

#[cfg(test)]
mod tests;
