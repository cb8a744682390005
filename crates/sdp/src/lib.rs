//! SDP grammar: parse and print typed descriptions; knows no offer or answer.
//!
//! [`SessionDescription::parse`] reads a session description ([RFC 8866]) with the attributes that WebRTC
//! ([RFC 8829], JSEP) gives a meaning to as typed values ([`Attribute`]); its `Display` prints it again.
//! [`Candidate`] is the candidate attribute on its own ([RFC 8839]), as it travels in trickle ICE, and
//! [`fragment`] is the `application/trickle-ice-sdpfrag` body ([RFC 8840]).
//!
//! ```
//! let text = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
//!             m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n\
//!             a=mid:0\r\na=sctp-port:5000\r\na=x-unknown:kept as it is\r\n";
//! let description = sdp::SessionDescription::parse(text)?;
//! assert_eq!(description.media[0].mid(), Some("0"));
//! assert_eq!(description.media[0].sctp_port(), Some(5000));
//! assert_eq!(description.to_string(), text);
//! # Ok::<(), sdp::ParseError>(())
//! ```
//!
//! # What survives
//! `parse(print(x)) == x` for every `x` that was parsed, as long as the print is within the limits. Unknown
//! attributes, known attributes with a value that is not understood and need not be refused
//! ([`Attribute::Other`]) and lines with an unknown letter ([`Attribute::Line`]) are kept verbatim and in
//! place. Typed values are printed in their canonical form: single spaces, CRLF, upper-case fingerprints.
//!
//! # What is refused
//! A line that is not `<letter>=<value>`, a session part that is not in the order of RFC 8866 section 5, a bare
//! CR, a NUL, and malformed values of what a connection cannot do without: see [`ParseErrorKind`]. The limits
//! are [`MAX_INPUT_LEN`], [`MAX_LINES`], [`MAX_LINE_LEN`] and [`MAX_MEDIA_SECTIONS`]; reading takes one pass and
//! stops at the first error.
//!
//! # Printing is safe
//! CR, LF and NUL that an application put into a value are **left out** by every `Display` here, so that a value
//! can never become a second line. Nothing else is escaped, because SDP has no escapes.
//!
//! [RFC 8866]: https://www.rfc-editor.org/rfc/rfc8866
//! [RFC 8829]: https://www.rfc-editor.org/rfc/rfc8829
//! [RFC 8839]: https://www.rfc-editor.org/rfc/rfc8839
//! [RFC 8840]: https://www.rfc-editor.org/rfc/rfc8840
#![forbid(unsafe_code)]

mod attribute;
pub mod fragment;
mod line;
mod media_section;
mod parse_error;
mod session_description;
mod session_line;

pub use attribute::{
    Attribute, Candidate, CandidateAddress, CandidateError, CandidateType, Direction, Extmap, Fingerprint,
    Fmtp, Rid, RidDirection, Rtcp, RtcpFb, Rtpmap, Sctpmap, Setup, Simulcast, SimulcastStream, Ssrc,
    SsrcGroup, TcpType,
};
pub use fragment::Fragment;
pub use line::{MAX_INPUT_LEN, MAX_LINE_LEN, MAX_LINES, MAX_MEDIA_SECTIONS};
pub use media_section::{MediaKind, MediaSection};
pub use parse_error::{ParseError, ParseErrorKind};
pub use session_description::SessionDescription;
pub use session_line::{Bandwidth, Connection, Origin, Timing};
