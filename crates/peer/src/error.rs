//! Errors as W3C names them.

use std::fmt;

/// The name of a `DOMException` or of a JavaScript error type.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorName {
    /// The object is in a state in which the operation makes no sense.
    InvalidStateError,
    /// The object does not support the operation or the argument.
    InvalidAccessError,
    /// The configuration cannot be changed in that way.
    InvalidModificationError,
    /// A string does not have the expected syntax.
    SyntaxError,
    /// A string has a character that is not allowed.
    InvalidCharacterError,
    /// The operation failed for a reason of its own.
    OperationError,
    /// The operation is not supported.
    NotSupportedError,
    /// The transport failed.
    NetworkError,
    /// Something timed out.
    TimeoutError,
    /// The operation was aborted.
    AbortError,
    /// A number lies outside of its range (JavaScript's `RangeError`).
    RangeError,
    /// An argument has the wrong shape (JavaScript's `TypeError`).
    TypeError,
    /// The operation failed for an unknown reason.
    UnknownError,
}

impl ErrorName {
    /// The name exactly as a browser has it.
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorName::InvalidStateError => "InvalidStateError",
            ErrorName::InvalidAccessError => "InvalidAccessError",
            ErrorName::InvalidModificationError => "InvalidModificationError",
            ErrorName::SyntaxError => "SyntaxError",
            ErrorName::InvalidCharacterError => "InvalidCharacterError",
            ErrorName::OperationError => "OperationError",
            ErrorName::NotSupportedError => "NotSupportedError",
            ErrorName::NetworkError => "NetworkError",
            ErrorName::TimeoutError => "TimeoutError",
            ErrorName::AbortError => "AbortError",
            ErrorName::RangeError => "RangeError",
            ErrorName::TypeError => "TypeError",
            ErrorName::UnknownError => "UnknownError",
        }
    }
}

impl fmt::Display for ErrorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an `RTCError` adds to its name
/// ([webrtc-pc, RTCErrorDetailType](https://www.w3.org/TR/webrtc/#rtcerrordetailtype-enum)).
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorDetail {
    /// The data channel failed.
    DataChannelFailure,
    /// The DTLS handshake or connection failed.
    DtlsFailure,
    /// The remote certificate does not match the fingerprint in the description.
    FingerprintFailure,
    /// The code of an identity provider could not be loaded
    /// ([webrtc-identity](https://www.w3.org/TR/webrtc-identity/#sec.idp-error-handling)).
    IdpLoadFailure,
    /// The SCTP association failed.
    SctpFailure,
    /// The session description could not be parsed.
    SdpSyntaxError,
}

impl ErrorDetail {
    /// The enumeration's value exactly as W3C has it.
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorDetail::DataChannelFailure => "data-channel-failure",
            ErrorDetail::DtlsFailure => "dtls-failure",
            ErrorDetail::FingerprintFailure => "fingerprint-failure",
            ErrorDetail::IdpLoadFailure => "idp-load-failure",
            ErrorDetail::SctpFailure => "sctp-failure",
            ErrorDetail::SdpSyntaxError => "sdp-syntax-error",
        }
    }
}

/// A failed call, or what made an object fail: a `DOMException`, an `RTCError` (then [`detail`](Error::detail)
/// is set and the name is `OperationError`) or a JavaScript error type.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The name.
    pub name: ErrorName,
    /// What went wrong, for people.
    pub message: String,
    /// `errorDetail` of an `RTCError`.
    pub detail: Option<ErrorDetail>,
    /// `sdpLineNumber` of an `RTCError`: the offending line of the description, counted from 1.
    pub sdp_line_number: Option<u32>,
    /// `sctpCauseCode` of an `RTCError`.
    pub sctp_cause_code: Option<u16>,
}

impl Error {
    /// An error with a name and a message.
    pub fn new(name: ErrorName, message: impl Into<String>) -> Self {
        Error { name, message: message.into(), detail: None, sdp_line_number: None, sctp_cause_code: None }
    }

    /// An `RTCError` (its name is `OperationError`).
    pub fn rtc(detail: ErrorDetail, message: impl Into<String>) -> Self {
        Error { detail: Some(detail), ..Error::new(ErrorName::OperationError, message) }
    }

    pub(crate) fn sdp_syntax(line: Option<u32>, message: impl Into<String>) -> Self {
        Error { sdp_line_number: line, ..Error::rtc(ErrorDetail::SdpSyntaxError, message) }
    }

    pub(crate) fn closed() -> Self {
        Error::new(ErrorName::InvalidStateError, "the connection is closed")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.message)?;
        if let Some(line) = self.sdp_line_number {
            write!(f, " (line {line})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

macro_rules! constructors {
    ($($function:ident => $name:ident),* $(,)?) => {
        impl Error {
            $(pub(crate) fn $function(message: impl Into<String>) -> Self {
                Error::new(ErrorName::$name, message)
            })*
        }
    };
}

constructors! {
    invalid_state => InvalidStateError,
    invalid_access => InvalidAccessError,
    invalid_modification => InvalidModificationError,
    syntax => SyntaxError,
    operation => OperationError,
    type_error => TypeError,
}
