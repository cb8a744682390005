//! `a=rtcp:<port>[ <network type> <address type> <address>]`.

use std::fmt::{self, Write as _};

use crate::line::{OneLine, first_field, number};
use crate::session_line::Connection;

/// Where RTCP goes without `a=rtcp-mux` ([RFC 3605](https://www.rfc-editor.org/rfc/rfc3605#section-2.1)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rtcp {
    /// The port.
    pub port: u16,
    /// The address, if not that of the m-section.
    pub address: Option<Connection>,
}

impl Rtcp {
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let (port, address) = first_field(value);
        let port = number(port)?;
        let address = if address.is_empty() { None } else { Some(Connection::parse(address)?) };
        Some(Self { port, address })
    }
}

impl fmt::Display for Rtcp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = OneLine(f);
        write!(f, "{}", self.port)?;
        self.address.iter().try_for_each(|address| write!(f, " {address}"))
    }
}
