//! The candidate attribute.
//!
//! ```text
//! candidate:<foundation> <component> <transport> <priority> <address> <port> typ <type>
//!           [raddr <address> rport <port>] [tcptype <type>] *(<extension name> <extension value>)
//! ```

use std::fmt::{self, Write as _};
use std::net::IpAddr;
use std::str::FromStr;

use super::candidate_error::CandidateError;
use crate::line::{MAX_LINE_LEN, OneLine, fields, number};

/// Where a candidate is: an address, or a name that hides one (mDNS).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CandidateAddress {
    /// An IP address.
    Ip(IpAddr),
    /// A name, such as `5f2a0c5e-....local`. Letters, digits, `-`, `_` and `.`; up to 255 bytes.
    Name(String),
}

impl CandidateAddress {
    /// An address or a name; `None` for what can be neither.
    fn parse(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse() {
            return Some(Self::Ip(address));
        }
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let is_name = (1..=255).contains(&text.len()) && text.bytes().all(known);
        // A name whose last label is a number is a malformed address (RFC 3696 section 2).
        let last = text.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
        let is_number = last.bytes().all(|byte| byte.is_ascii_digit());
        (is_name && !is_number).then(|| Self::Name(text.to_owned()))
    }
}

impl fmt::Display for CandidateAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Name(name) => OneLine(f).write_str(name),
        }
    }
}

/// `typ`: how a candidate was found ([RFC 8445 section 5.1.1](https://www.rfc-editor.org/rfc/rfc8445)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidateType {
    /// `host`
    Host,
    /// `srflx`: server-reflexive.
    Srflx,
    /// `prflx`: peer-reflexive.
    Prflx,
    /// `relay`
    Relay,
}

impl CandidateType {
    /// The value as it is printed; also that of W3C's `RTCIceCandidateType`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Srflx => "srflx",
            Self::Prflx => "prflx",
            Self::Relay => "relay",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Host, Self::Srflx, Self::Prflx, Self::Relay].into_iter().find(|typ| typ.as_str() == text)
    }
}

impl fmt::Display for CandidateType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `tcptype`: which end connects ([RFC 6544 section 4.5](https://www.rfc-editor.org/rfc/rfc6544#section-4.5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpType {
    /// `active`
    Active,
    /// `passive`
    Passive,
    /// `so`: simultaneous open.
    SimultaneousOpen,
}

impl TcpType {
    /// The value as it is printed; also that of W3C's `RTCIceTcpCandidateType`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Passive => "passive",
            Self::SimultaneousOpen => "so",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Passive, Self::SimultaneousOpen].into_iter().find(|typ| typ.as_str() == text)
    }
}

impl fmt::Display for TcpType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `a=candidate` ([RFC 8839 section 5.1](https://www.rfc-editor.org/rfc/rfc8839#section-5.1)).
///
/// `FromStr` takes it with or without `a=`, and with or without the line end, as it comes from a
/// description or from `RTCIceCandidate.candidate`; `Display` gives it without `a=`.
///
/// ```
/// use sdp::{Candidate, CandidateType};
/// let text = "candidate:1 1 udp 1686052607 203.0.113.7 61000 typ srflx raddr 10.0.0.2 rport 5000 ufrag Rv3b";
/// let candidate: Candidate = text.parse()?;
/// assert_eq!((candidate.typ, candidate.port, candidate.ufrag()), (CandidateType::Srflx, 61000, Some("Rv3b")));
/// assert_eq!(candidate.to_string(), text);
/// # Ok::<(), sdp::CandidateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The same for candidates of one kind, base and server.
    pub foundation: String,
    /// 1 for RTP and for data, 2 for RTCP.
    pub component: u16,
    /// `udp` or `tcp`, in upper or lower case.
    pub transport: String,
    /// Higher is better.
    pub priority: u32,
    /// The address or its name.
    pub address: CandidateAddress,
    /// The port; 9 for active TCP.
    pub port: u16,
    /// How it was found.
    pub typ: CandidateType,
    /// `raddr` and `rport`: its base, or what the server saw.
    pub related: Option<(CandidateAddress, u16)>,
    /// `tcptype`, for TCP.
    pub tcp_type: Option<TcpType>,
    /// Everything else, in order, such as `generation`, `ufrag`, `network-id`, `network-cost`. A last name
    /// without a value has an empty one.
    pub extensions: Vec<(String, String)>,
}

impl Candidate {
    /// The value of an extension.
    pub fn extension(&self, name: &str) -> Option<&str> {
        self.extensions.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The extension `ufrag`: which ICE generation the candidate belongs to.
    pub fn ufrag(&self) -> Option<&str> {
        self.extension("ufrag")
    }

    /// Whether `transport` is UDP.
    pub fn is_udp(&self) -> bool {
        self.transport.eq_ignore_ascii_case("udp")
    }

    /// Whether `transport` is TCP.
    pub fn is_tcp(&self) -> bool {
        self.transport.eq_ignore_ascii_case("tcp")
    }

    /// Reads what is behind `candidate:`.
    pub(crate) fn parse_value(value: &str) -> Result<Self, CandidateError> {
        if value.chars().any(char::is_control) {
            return Err(CandidateError::ControlCharacter);
        }
        let mut fields = fields(value).peekable();
        let mut next = || fields.next().ok_or(CandidateError::TooFewFields);
        let (foundation, component, transport, priority) = (next()?, next()?, next()?, next()?);
        let (address, port, keyword, typ) = (next()?, next()?, next()?, next()?);
        if foundation.len() > 32 {
            return Err(CandidateError::InvalidFoundation);
        }
        if keyword != "typ" {
            return Err(CandidateError::NoType);
        }
        let component = number(component).filter(|id| (1..=256).contains(id));
        let mut candidate = Self {
            foundation: foundation.to_owned(),
            component: component.ok_or(CandidateError::InvalidComponent)?,
            transport: transport.to_owned(),
            priority: number(priority).ok_or(CandidateError::InvalidPriority)?,
            address: CandidateAddress::parse(address).ok_or(CandidateError::InvalidAddress)?,
            port: number(port).ok_or(CandidateError::InvalidPort)?,
            typ: CandidateType::parse(typ).ok_or(CandidateError::UnknownType)?,
            related: None,
            tcp_type: None,
            extensions: Vec::new(),
        };
        while let Some(name) = fields.next() {
            let value = fields.next().unwrap_or_default();
            candidate.extensions.push((name.to_owned(), value.to_owned()));
        }
        candidate.take_related();
        candidate.take_tcp_type();
        Ok(candidate)
    }

    /// `raddr` and `rport` count right behind the type, as the grammar has them; elsewhere, or one without the
    /// other, they stay among the extensions.
    fn take_related(&mut self) {
        let [(raddr, address), (rport, port), ..] = self.extensions.as_slice() else { return };
        if raddr == "raddr"
            && rport == "rport"
            && let Some(address) = CandidateAddress::parse(address)
            && let Some(port) = number(port)
        {
            self.related = Some((address, port));
            self.extensions.drain(..2);
        }
    }

    fn take_tcp_type(&mut self) {
        let typed =
            |(name, value): &(String, String)| (name == "tcptype").then(|| TcpType::parse(value)).flatten();
        if let Some(position) = self.extensions.iter().position(|extension| typed(extension).is_some()) {
            self.tcp_type = typed(&self.extensions.remove(position));
        }
    }
}

impl FromStr for Candidate {
    type Err = CandidateError;

    fn from_str(text: &str) -> Result<Self, CandidateError> {
        if text.len() > MAX_LINE_LEN {
            return Err(CandidateError::TooLong);
        }
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        let text = text.strip_prefix("a=").unwrap_or(text);
        Self::parse_value(text.strip_prefix("candidate:").ok_or(CandidateError::NoCandidate)?)
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = OneLine(f);
        let Self { foundation, component, transport, priority, address, port, typ, .. } = self;
        write!(f, "candidate:{foundation} {component} {transport} {priority} {address} {port} typ {typ}")?;
        if let Some((address, port)) = &self.related {
            write!(f, " raddr {address} rport {port}")?;
        }
        if let Some(tcp_type) = self.tcp_type {
            write!(f, " tcptype {tcp_type}")?;
        }
        for (name, value) in &self.extensions {
            write!(f, " {name}")?;
            if !value.is_empty() {
                write!(f, " {value}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
