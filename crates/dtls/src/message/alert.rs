//! Alerts ([RFC 8446, section 6](https://www.rfc-editor.org/rfc/rfc8446#section-6)), and why a message was refused.

use crate::crypto::Refused;
use crate::event::FailureCause;

/// What an alert says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alert {
    CloseNotify,
    UnexpectedMessage,
    HandshakeFailure,
    BadCertificate,
    IllegalParameter,
    DecodeError,
    DecryptError,
    ProtocolVersion,
    InternalError,
    MissingExtension,
    UnsupportedExtension,
    CertificateRequired,
}

impl Alert {
    pub(crate) const FATAL: u8 = 2;
    const WARNING: u8 = 1;
    pub(crate) const CLOSE_NOTIFY: u8 = 0;
    /// RFC 8446, section 6.1: the one other alert that is no error.
    pub(crate) const USER_CANCELED: u8 = 90;

    /// Level and description.
    pub(crate) fn bytes(self) -> [u8; 2] {
        match self {
            Alert::CloseNotify => [Alert::WARNING, Alert::CLOSE_NOTIFY],
            Alert::UnexpectedMessage => [Alert::FATAL, 10],
            Alert::HandshakeFailure => [Alert::FATAL, 40],
            Alert::BadCertificate => [Alert::FATAL, 42],
            Alert::IllegalParameter => [Alert::FATAL, 47],
            Alert::DecodeError => [Alert::FATAL, 50],
            Alert::DecryptError => [Alert::FATAL, 51],
            Alert::ProtocolVersion => [Alert::FATAL, 70],
            Alert::InternalError => [Alert::FATAL, 80],
            Alert::MissingExtension => [Alert::FATAL, 109],
            Alert::UnsupportedExtension => [Alert::FATAL, 110],
            Alert::CertificateRequired => [Alert::FATAL, 116],
        }
    }
}

/// Why a message, or a flight, was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What the peer is told.
    pub(crate) alert: Alert,
    /// What we say, where it ends the connection.
    pub(crate) cause: FailureCause,
}

impl From<Alert> for Refusal {
    fn from(alert: Alert) -> Refusal {
        Refusal { alert, cause: FailureCause::Handshake }
    }
}

/// The crypto library refuses what a peer sent, nearly always.
impl From<Refused> for Refusal {
    fn from(_: Refused) -> Refusal {
        Alert::IllegalParameter.into()
    }
}

/// The message could not be read.
pub(crate) fn decode<T>(read: Option<T>) -> Result<T, Refusal> {
    read.ok_or(Alert::DecodeError.into())
}
