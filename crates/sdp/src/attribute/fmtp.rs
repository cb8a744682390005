//! `a=fmtp:<format> <parameters>`.

use std::fmt::{self, Write as _};

use crate::line::{OneLine, first_field};

/// Parameters of a format ([RFC 8866 section 6.15](https://www.rfc-editor.org/rfc/rfc8866#section-6.15)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fmtp {
    /// One of the formats of `m=`; a payload type in RTP.
    pub format: String,
    /// What follows, as it is: codecs differ in its form.
    pub parameters: String,
}

impl Fmtp {
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let (format, parameters) = first_field(value);
        if format.is_empty() {
            return None;
        }
        Some(Self { format: format.to_owned(), parameters: parameters.to_owned() })
    }

    /// The payload type, in RTP.
    pub fn payload_type(&self) -> Option<u8> {
        crate::line::payload_type(&self.format)
    }

    /// The parameters in the form `<name>=<value>;..` that most codecs use; a name alone has an empty value.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let parts = self.parameters.split(';').map(str::trim).filter(|part| !part.is_empty());
        parts.map(|part| part.split_once('=').map_or((part, ""), |(name, value)| (name.trim(), value.trim())))
    }
}

impl fmt::Display for Fmtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = OneLine(f);
        f.write_str(&self.format)?;
        if self.parameters.is_empty() { Ok(()) } else { write!(f, " {}", self.parameters) }
    }
}
