//! Certificate fingerprints (RFC 8122, section 5).

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;

/// A hash function that a fingerprint may name (RFC 8122, section 5, by the names of RFC 4055's registry).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashAlgorithm {
    /// Read, and never enough to trust a certificate.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256: what everybody sends.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl HashAlgorithm {
    const ALL: [HashAlgorithm; 5] = [
        HashAlgorithm::Sha1,
        HashAlgorithm::Sha224,
        HashAlgorithm::Sha256,
        HashAlgorithm::Sha384,
        HashAlgorithm::Sha512,
    ];

    /// The name in a fingerprint attribute, such as `sha-256`.
    pub fn name(self) -> &'static str {
        match self {
            HashAlgorithm::Sha1 => "sha-1",
            HashAlgorithm::Sha224 => "sha-224",
            HashAlgorithm::Sha256 => "sha-256",
            HashAlgorithm::Sha384 => "sha-384",
            HashAlgorithm::Sha512 => "sha-512",
        }
    }

    /// The algorithm of that name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
    }

    /// The length of a hash, in bytes.
    pub fn length(self) -> usize {
        self.function().output_len()
    }

    /// Whether a match proves anything: false for SHA-1, whose collisions can be bought.
    pub fn is_trusted(self) -> bool {
        self != HashAlgorithm::Sha1
    }

    fn function(self) -> &'static digest::Algorithm {
        match self {
            HashAlgorithm::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            HashAlgorithm::Sha224 => &digest::SHA224,
            HashAlgorithm::Sha256 => &digest::SHA256,
            HashAlgorithm::Sha384 => &digest::SHA384,
            HashAlgorithm::Sha512 => &digest::SHA512,
        }
    }
}

impl fmt::Display for HashAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The hash of a certificate.
///
/// ```
/// # use dtls::{Fingerprint, HashAlgorithm};
/// let fingerprint = Fingerprint::of(HashAlgorithm::Sha224, b"a certificate");
/// assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint {
    /// The hash function.
    pub algorithm: HashAlgorithm,
    /// Its result.
    pub value: Vec<u8>,
}

impl Fingerprint {
    /// The fingerprint of a certificate in DER.
    pub fn of(algorithm: HashAlgorithm, der: &[u8]) -> Self {
        Fingerprint { algorithm, value: digest::digest(algorithm.function(), der).as_ref().to_vec() }
    }

    /// Whether this fingerprint vouches for the certificate.
    pub fn matches(&self, der: &[u8]) -> bool {
        self.algorithm.is_trusted() && *self == Fingerprint::of(self.algorithm, der)
    }

    /// The value as `AA:BB:..`.
    pub fn hex(&self) -> String {
        let mut hex = String::with_capacity(self.value.len() * 3);
        for byte in &self.value {
            if !hex.is_empty() {
                hex.push(':');
            }
            hex.push_str(&format!("{byte:02X}"));
        }
        hex
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.algorithm, self.hex())
    }
}

/// Why a text is no fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FingerprintError {
    /// The text is not `name HH:HH:..`.
    Malformed,
    /// The hash function is none that we know.
    UnknownAlgorithm,
    /// The value has not the length of the function's result.
    WrongLength,
}

impl fmt::Display for FingerprintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FingerprintError::Malformed => "not a fingerprint",
            FingerprintError::UnknownAlgorithm => "unknown hash function",
            FingerprintError::WrongLength => "wrong length for the hash function",
        })
    }
}

impl std::error::Error for FingerprintError {}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let (name, hex) = text.split_once(' ').ok_or(FingerprintError::Malformed)?;
        let value: Vec<u8> =
            hex.split(':').map(byte).collect::<Option<_>>().ok_or(FingerprintError::Malformed)?;
        let algorithm = HashAlgorithm::from_name(name).ok_or(FingerprintError::UnknownAlgorithm)?;
        if value.len() != algorithm.length() {
            return Err(FingerprintError::WrongLength);
        }
        Ok(Fingerprint { algorithm, value })
    }
}

/// Two hexadecimal digits, in any case (RFC 8122 asks for upper case and some peers send lower).
fn byte(digits: &str) -> Option<u8> {
    let [high, low] = digits.as_bytes() else { return None };
    let digit = |digit: u8| char::from(digit).to_digit(16);
    Some((digit(*high)? << 4 | digit(*low)?) as u8)
}

#[cfg(test)]
mod tests;
