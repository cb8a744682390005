//! `a=setup`.

use std::fmt;

/// Who begins the DTLS handshake ([RFC 4145 section 4](https://www.rfc-editor.org/rfc/rfc4145#section-4),
/// [RFC 8842 section 5](https://www.rfc-editor.org/rfc/rfc8842#section-5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// `active`: the maker of the description, as DTLS client.
    Active,
    /// `passive`: the reader of the description; its maker is the DTLS server.
    Passive,
    /// `actpass`: the answerer decides.
    ActPass,
    /// `holdconn`: nobody for now; not used in WebRTC.
    HoldConn,
}

impl Setup {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Passive, Self::ActPass, Self::HoldConn]
            .into_iter()
            .find(|setup| setup.as_str() == text)
    }

    /// The value as it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Passive => "passive",
            Self::ActPass => "actpass",
            Self::HoldConn => "holdconn",
        }
    }
}

impl fmt::Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
