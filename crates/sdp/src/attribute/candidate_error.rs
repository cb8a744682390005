//! Why a candidate was refused.

use std::fmt;

/// What is wrong with a candidate attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CandidateError {
    /// It does not begin with `candidate:` or `a=candidate:`.
    NoCandidate,
    /// It is longer than [`MAX_LINE_LEN`](crate::MAX_LINE_LEN).
    TooLong,
    /// It holds a control character.
    ControlCharacter,
    /// It has fewer than eight fields.
    TooFewFields,
    /// The foundation is not 1 to 32 visible characters.
    InvalidFoundation,
    /// The component is not a number from 1 to 256.
    InvalidComponent,
    /// The priority is not a number below 2^32.
    InvalidPriority,
    /// The address is neither an IP address nor a name.
    InvalidAddress,
    /// The port is not a number up to 65535.
    InvalidPort,
    /// The seventh field is not `typ`.
    NoType,
    /// The type is none of RFC 8839.
    UnknownType,
}

impl fmt::Display for CandidateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCandidate => "the candidate does not begin with candidate:",
            Self::TooLong => "the candidate is too long",
            Self::ControlCharacter => "the candidate holds a control character",
            Self::TooFewFields => "the candidate has fewer than eight fields",
            Self::InvalidFoundation => "the candidate's foundation is malformed",
            Self::InvalidComponent => "the candidate's component is not a number from 1 to 256",
            Self::InvalidPriority => "the candidate's priority is not a number below 2^32",
            Self::InvalidAddress => "the candidate's address is neither an IP address nor a name",
            Self::InvalidPort => "the candidate's port is not a number up to 65535",
            Self::NoType => "the candidate has no typ",
            Self::UnknownType => "the candidate's type is unknown",
        })
    }
}

impl std::error::Error for CandidateError {}
