//! `RTCIceServer`, and the syntax of its URLs.

use base::Redacted;

/// `RTCIceServer`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IceServer {
    /// `stun:`, `stuns:`, `turn:` or `turns:` URLs (RFC 7064, RFC 7065).
    pub urls: Vec<String>,
    /// The user name, for TURN.
    pub username: Option<String>,
    /// The password, for TURN.
    pub credential: Option<Redacted<String>>,
}
