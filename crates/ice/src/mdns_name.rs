//! Names that hide addresses
//! ([draft-ietf-mmusic-mdns-ice-candidates](https://datatracker.ietf.org/doc/html/draft-ietf-mmusic-mdns-ice-candidates-03)).

use std::fmt;
use std::str::FromStr;

use base::Rng;

/// The length of a UUID's text.
const UUID_LENGTH: usize = 36;
const SUFFIX: &str = ".local";

/// The name of a host in multicast DNS that says nothing but that: a UUID and `.local`.
///
/// ```
/// let name: ice::MdnsName = "1f4712db-ea17-4bcf-a596-105139dfd8bf.local".parse()?;
/// assert_eq!(name.to_string(), "1f4712db-ea17-4bcf-a596-105139dfd8bf.local");
/// assert!("printer.local".parse::<ice::MdnsName>().is_err());
/// # Ok::<(), ice::MdnsNameError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MdnsName(String);

impl MdnsName {
    /// A new one: a UUID of version 4 ([RFC 9562, section 5.4](https://www.rfc-editor.org/rfc/rfc9562#section-5.4)).
    pub fn generate(rng: &mut Rng) -> MdnsName {
        let mut bytes: [u8; 16] = rng.array();
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let [a, b, c, d, e] = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
        MdnsName(format!("{a}-{b}-{c}-{d}-{e}{SUFFIX}"))
    }

    /// The name in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MdnsName {
    type Err = MdnsNameError;

    /// Takes upper and lower case. Other versions of UUIDs are as good at hiding an address.
    fn from_str(text: &str) -> Result<Self, MdnsNameError> {
        let lower = text.to_ascii_lowercase();
        let uuid =
            lower.strip_suffix(SUFFIX).filter(|uuid| uuid.len() == UUID_LENGTH).ok_or(MdnsNameError)?;
        let fits = |(index, byte): (usize, u8)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        };
        if uuid.bytes().enumerate().all(fits) { Ok(MdnsName(lower)) } else { Err(MdnsNameError) }
    }
}

impl fmt::Display for MdnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MdnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no [`MdnsName`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MdnsNameError;

impl fmt::Display for MdnsNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a UUID followed by .local")
    }
}

impl std::error::Error for MdnsNameError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_uuids_are_names() {
        let name = "1f4712db-ea17-4bcf-a596-105139dfd8bf.local";
        assert_eq!(name.parse::<MdnsName>().unwrap().as_str(), name);
        assert_eq!(name.to_uppercase().parse::<MdnsName>().unwrap().as_str(), name);
        let long = format!("{}.local", "a".repeat(249));
        for other in [
            "",
            ".local",
            "1f4712db-ea17-4bcf-a596-105139dfd8bf",
            "1f4712db-ea17-4bcf-a596-105139dfd8bf.local.",
            "1f4712db-ea17-4bcf-a596-105139dfd8bf.example",
            "1f4712db-ea17-4bcf-a596-105139dfd8bg.local",
            "1f4712dbaea17-4bcf-a596-105139dfd8bf.local",
            "printer.1f4712db-ea17-4bcf-a596-105139dfd8bf.local",
            "ünicode1-ea17-4bcf-a596-105139dfd8bf.local",
            "192.0.2.1",
            &long,
        ] {
            assert_eq!(other.parse::<MdnsName>(), Err(MdnsNameError), "{other}");
        }
    }

    #[test]
    fn generated_ones_are_names_and_differ() {
        let mut rng = Rng::from_seed([4; 32]);
        let (a, b) = (MdnsName::generate(&mut rng), MdnsName::generate(&mut rng));
        assert_eq!(a.as_str().parse(), Ok(a.clone()));
        assert_eq!(&a.as_str()[14..15], "4");
        assert_ne!(a, b);
    }
}
