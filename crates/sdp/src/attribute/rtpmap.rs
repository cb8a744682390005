//! `a=rtpmap:<payload type> <encoding>/<clock rate>[/<parameters>]`.

use std::fmt::{self, Write as _};

use crate::line::{OneLine, fields, number, payload_type};
use crate::parse_error::ParseErrorKind;

/// What a payload type stands for ([RFC 8866 section 6.6](https://www.rfc-editor.org/rfc/rfc8866#section-6.6)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rtpmap {
    /// 0 to 127.
    pub payload_type: u8,
    /// The codec, `opus`, `VP8`, ..: compare without regard to case.
    pub encoding: String,
    /// Hertz.
    pub clock_rate: u32,
    /// For audio the number of channels.
    pub parameters: Option<String>,
}

impl Rtpmap {
    pub(crate) fn parse(value: &str) -> Result<Self, ParseErrorKind> {
        let mut fields = fields(value);
        let format = fields.next().ok_or(ParseErrorKind::InvalidRtpmap)?;
        let payload_type = payload_type(format).ok_or(ParseErrorKind::InvalidPayloadType)?;
        let codec = fields.next().filter(|_| fields.next().is_none());
        let mut parts = codec.ok_or(ParseErrorKind::InvalidRtpmap)?.splitn(3, '/');
        let encoding = parts.next().filter(|encoding| !encoding.is_empty());
        let clock_rate = parts.next().and_then(number);
        let (Some(encoding), Some(clock_rate)) = (encoding, clock_rate) else {
            return Err(ParseErrorKind::InvalidRtpmap);
        };
        let parameters = parts.next().map(str::to_owned);
        Ok(Self { payload_type, encoding: encoding.to_owned(), clock_rate, parameters })
    }

    /// The number of channels: 1 unless the parameters say more.
    pub fn channels(&self) -> u32 {
        self.parameters.as_deref().and_then(number).unwrap_or(1)
    }
}

impl fmt::Display for Rtpmap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = OneLine(f);
        write!(f, "{} {}/{}", self.payload_type, self.encoding, self.clock_rate)?;
        self.parameters.iter().try_for_each(|parameters| write!(f, "/{parameters}"))
    }
}
