//! `a=fingerprint:<hash function> <XX:XX:..>`.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use crate::line::{OneLine, fields};
use crate::parse_error::ParseErrorKind;

/// The hash of the certificate that the peer will show
/// ([RFC 8122 section 5](https://www.rfc-editor.org/rfc/rfc8122#section-5)).
///
/// ```
/// let fingerprint: sdp::Fingerprint = "SHA-1 4a:ad:b9:b1:3f:82:18:3b:54:02:12:df:3e:5d:49:6b:19:e5:7c:ab".parse()?;
/// assert_eq!(fingerprint.algorithm, "sha-1");
/// assert_eq!(fingerprint.to_string(), "sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB");
/// # Ok::<(), sdp::ParseErrorKind>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// `sha-256`, .. in lower case. Which are good enough is not decided here.
    pub algorithm: String,
    /// The hash; of the right length if the function is a known one.
    pub value: Vec<u8>,
}

impl Fingerprint {
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let mut fields = fields(value);
        let (algorithm, digits) = (fields.next()?.to_ascii_lowercase(), fields.next()?);
        if fields.next().is_some() {
            return None;
        }
        let value: Vec<u8> = digits.split(':').map(byte).collect::<Option<_>>()?;
        let fits = match algorithm.as_str() {
            "md2" | "md5" => value.len() == 16,
            "sha-1" => value.len() == 20,
            "sha-224" => value.len() == 28,
            "sha-256" => value.len() == 32,
            "sha-384" => value.len() == 48,
            "sha-512" => value.len() == 64,
            _ => true,
        };
        fits.then_some(Self { algorithm, value })
    }
}

/// Two hexadecimal digits; RFC 8122 has them in upper case only, browsers take both.
fn byte(text: &str) -> Option<u8> {
    let is_hex = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hex { u8::from_str_radix(text, 16).ok() } else { None }
}

impl FromStr for Fingerprint {
    type Err = ParseErrorKind;

    fn from_str(value: &str) -> Result<Self, ParseErrorKind> {
        Self::parse(value).ok_or(ParseErrorKind::InvalidFingerprint)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(OneLine(f), "{} ", self.algorithm)?;
        for (index, byte) in self.value.iter().enumerate() {
            write!(f, "{}{byte:02X}", if index == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}
