//! The typed lines other than `m=` and `a=`: origin, connection, bandwidth and timing.

use std::fmt::{self, Write as _};

use crate::line::{OneLine, fields, number};

/// `o=`: who made the description, and which version of it this is
/// ([RFC 8866 section 5.2](https://www.rfc-editor.org/rfc/rfc8866#section-5.2)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// `-` in WebRTC.
    pub username: String,
    /// Stays for the life of a connection.
    pub session_id: u64,
    /// Grows by one with each description that differs from the one before.
    pub session_version: u64,
    /// `IN`.
    pub network_type: String,
    /// `IP4` or `IP6`.
    pub address_type: String,
    /// The address; says nothing in WebRTC.
    pub address: String,
}

impl Origin {
    /// `o=- <id> <version> IN IP4 127.0.0.1`, as browsers print it
    /// ([RFC 8829 section 5.2.1](https://www.rfc-editor.org/rfc/rfc8829#section-5.2.1)).
    pub fn new(session_id: u64, session_version: u64) -> Self {
        Self {
            username: "-".to_owned(),
            session_id,
            session_version,
            network_type: "IN".to_owned(),
            address_type: "IP4".to_owned(),
            address: "127.0.0.1".to_owned(),
        }
    }

    pub(crate) fn parse(value: &str) -> Option<Self> {
        let mut fields = fields(value);
        let origin = Self {
            username: fields.next()?.to_owned(),
            session_id: number(fields.next()?)?,
            session_version: number(fields.next()?)?,
            network_type: fields.next()?.to_owned(),
            address_type: fields.next()?.to_owned(),
            address: fields.next()?.to_owned(),
        };
        fields.next().is_none().then_some(origin)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { username, session_id, session_version, network_type, address_type, address } = self;
        write!(
            OneLine(f),
            "{username} {session_id} {session_version} {network_type} {address_type} {address}"
        )
    }
}

/// `c=`, and the tail of `a=rtcp`: an address
/// ([RFC 8866 section 5.7](https://www.rfc-editor.org/rfc/rfc8866#section-5.7)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// `IN`.
    pub network_type: String,
    /// `IP4` or `IP6`.
    pub address_type: String,
    /// The address with its TTL and count, or a name.
    pub address: String,
}

impl Connection {
    /// `IN IP4 0.0.0.0`: no default address is known yet
    /// ([RFC 8840 section 4.1.1](https://www.rfc-editor.org/rfc/rfc8840#section-4.1.1)).
    pub fn unspecified() -> Self {
        Self { network_type: "IN".to_owned(), address_type: "IP4".to_owned(), address: "0.0.0.0".to_owned() }
    }

    pub(crate) fn parse(value: &str) -> Option<Self> {
        let mut fields = fields(value);
        let connection = Self {
            network_type: fields.next()?.to_owned(),
            address_type: fields.next()?.to_owned(),
            address: fields.next()?.to_owned(),
        };
        fields.next().is_none().then_some(connection)
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(OneLine(f), "{} {} {}", self.network_type, self.address_type, self.address)
    }
}

/// `b=`: a limit ([RFC 8866 section 5.8](https://www.rfc-editor.org/rfc/rfc8866#section-5.8)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bandwidth {
    /// `AS`, `TIAS`, ..
    pub kind: String,
    /// In the unit of `kind`: kbit/s for `AS`, bit/s for `TIAS`.
    pub value: u64,
}

impl Bandwidth {
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let (kind, value) = value.split_once(':')?;
        if kind.is_empty() {
            return None;
        }
        Some(Self { kind: kind.to_owned(), value: number(value)? })
    }
}

impl fmt::Display for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(OneLine(f), "{}:{}", self.kind, self.value)
    }
}

/// `t=` with the `r=` and `z=` lines that follow it
/// ([RFC 8866 section 5.9](https://www.rfc-editor.org/rfc/rfc8866#section-5.9)). `0 0` in WebRTC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Seconds of NTP time; 0 for no start.
    pub start: u64,
    /// Seconds of NTP time; 0 for no end.
    pub stop: u64,
    /// `r=` values, as they are.
    pub repeats: Vec<String>,
    /// `z=` value, as it is.
    pub zone: Option<String>,
}

impl Timing {
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let mut fields = fields(value);
        let (start, stop) = (number(fields.next()?)?, number(fields.next()?)?);
        fields.next().is_none().then_some(Self { start, stop, ..Self::default() })
    }
}
