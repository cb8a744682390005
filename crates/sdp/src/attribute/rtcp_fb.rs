//! `a=rtcp-fb:<payload type or *> <kind>[ <parameter>]`.

use std::fmt::{self, Write as _};

use crate::line::{OneLine, first_field, payload_type};
use crate::parse_error::ParseErrorKind;

/// RTCP feedback for a payload type ([RFC 4585 section 4.2](https://www.rfc-editor.org/rfc/rfc4585#section-4.2)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RtcpFb {
    /// The payload type; `None` for `*`, all of them.
    pub payload_type: Option<u8>,
    /// `nack`, `ccm`, `transport-cc`, ..
    pub kind: String,
    /// `pli`, `fir`, .. as it is.
    pub parameter: Option<String>,
}

impl RtcpFb {
    /// `Ok(None)` without a kind.
    pub(crate) fn parse(value: &str) -> Result<Option<Self>, ParseErrorKind> {
        let (format, rest) = first_field(value);
        let payload_type = match format {
            "*" => None,
            format => Some(payload_type(format).ok_or(ParseErrorKind::InvalidPayloadType)?),
        };
        let (kind, parameter) = first_field(rest);
        if kind.is_empty() {
            return Ok(None);
        }
        let parameter = (!parameter.is_empty()).then(|| parameter.to_owned());
        Ok(Some(Self { payload_type, kind: kind.to_owned(), parameter }))
    }
}

impl fmt::Display for RtcpFb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = OneLine(f);
        match self.payload_type {
            Some(payload_type) => write!(f, "{payload_type} {}", self.kind)?,
            None => write!(f, "* {}", self.kind)?,
        }
        self.parameter.iter().try_for_each(|parameter| write!(f, " {parameter}"))
    }
}
