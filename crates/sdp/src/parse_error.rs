//! Why a description was refused, and where.

use std::fmt;

/// A description was refused: the first line that is wrong, and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The line, counted from 1, empty lines included. Where a line is missing at the end of the input, the
    /// number that it would have had.
    pub line: u32,
    /// What is wrong.
    pub kind: ParseErrorKind,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SDP line {}: {}", self.line, self.kind)
    }
}

impl std::error::Error for ParseError {}

/// What is wrong with a line. The letters are line types of RFC 8866 section 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The input is longer than [`MAX_INPUT_LEN`](crate::MAX_INPUT_LEN).
    TooLong,
    /// The input has more than [`MAX_LINES`](crate::MAX_LINES) lines.
    TooManyLines,
    /// The line is longer than [`MAX_LINE_LEN`](crate::MAX_LINE_LEN).
    LineTooLong,
    /// There are more than [`MAX_MEDIA_SECTIONS`](crate::MAX_MEDIA_SECTIONS) m-sections.
    TooManyMediaSections,
    /// The line holds a NUL or a CR that does not end it.
    ForbiddenCharacter,
    /// The line is not `<letter>=<value>`.
    NotALine,
    /// A line of this type must stand here.
    Expected(char),
    /// A line of this type must not stand here.
    Unexpected(char),
    /// `v=` is not 0.
    InvalidVersion,
    /// `o=` is not six fields, or its session id or version is not a number below 2^64.
    InvalidOrigin,
    /// `c=` is not three fields.
    InvalidConnection,
    /// `b=` is not `<type>:<number>`.
    InvalidBandwidth,
    /// `t=` is not two numbers.
    InvalidTiming,
    /// `m=` has fewer than four fields.
    InvalidMedia,
    /// The port of `m=` is not a number up to 65535, or its count not a number from 1 on.
    InvalidPort,
    /// An RTP payload type, in `m=` or in an attribute, is not a number up to 127.
    InvalidPayloadType,
    /// `a=mid` is empty or has white space.
    InvalidMid,
    /// `a=ice-ufrag` is not 4 to 256 ice-chars.
    InvalidIceUfrag,
    /// `a=ice-pwd` is not 22 to 256 ice-chars.
    InvalidIcePwd,
    /// `a=fingerprint` is not a hash function and as many bytes as it has.
    InvalidFingerprint,
    /// `a=setup` is none of the four values of RFC 4145.
    InvalidSetup,
    /// `a=sctp-port` is not a number up to 65535.
    InvalidSctpPort,
    /// `a=max-message-size` is not a number below 2^64.
    InvalidMaxMessageSize,
    /// `a=rtpmap` is not `<payload type> <encoding>/<clock rate>[/<parameters>]`.
    InvalidRtpmap,
    /// `a=extmap` is not `<id>[/<direction>] <URI> [..]`.
    InvalidExtmap,
}

impl fmt::Display for ParseErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::TooLong => "the description is longer than 1 MiB",
            Self::TooManyLines => "the description has too many lines",
            Self::LineTooLong => "the line is too long",
            Self::TooManyMediaSections => "the description has too many m= lines",
            Self::ForbiddenCharacter => "the line holds a NUL or a stray CR",
            Self::NotALine => "the line is not of the form <letter>=<value>",
            Self::Expected(letter) => return write!(f, "a line {letter}= is expected here"),
            Self::Unexpected(letter) => return write!(f, "a line {letter}= cannot stand here"),
            Self::InvalidVersion => "v= is not 0",
            Self::InvalidOrigin => "o= is malformed",
            Self::InvalidConnection => "c= is malformed",
            Self::InvalidBandwidth => "b= is malformed",
            Self::InvalidTiming => "t= is malformed",
            Self::InvalidMedia => "m= has too few fields",
            Self::InvalidPort => "the port of m= is not a number from 0 to 65535",
            Self::InvalidPayloadType => "the payload type is not a number from 0 to 127",
            Self::InvalidMid => "a=mid is malformed",
            Self::InvalidIceUfrag => "a=ice-ufrag is not 4 to 256 ice-chars",
            Self::InvalidIcePwd => "a=ice-pwd is not 22 to 256 ice-chars",
            Self::InvalidFingerprint => "a=fingerprint is malformed",
            Self::InvalidSetup => "a=setup is none of active, passive, actpass, holdconn",
            Self::InvalidSctpPort => "a=sctp-port is not a number from 0 to 65535",
            Self::InvalidMaxMessageSize => "a=max-message-size is not a number",
            Self::InvalidRtpmap => "a=rtpmap is malformed",
            Self::InvalidExtmap => "a=extmap is malformed",
        };
        f.write_str(text)
    }
}
