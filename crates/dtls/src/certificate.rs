//! Our certificate.

use std::fmt;
use std::time::Duration;

use base::Redacted;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, date_time_ymd};

use crate::{Fingerprint, HashAlgorithm};

/// How much earlier than `now` a certificate becomes valid.
const CLOCK_SKEW: Duration = Duration::from_secs(24 * 60 * 60);
/// The last second that X.509 can express: 9999-12-31 23:59:59 (RFC 5280, section 4.1.2.5).
const LAST_SECOND: Duration = Duration::from_secs(253_402_300_799);

/// The length of a simulated certificate, in bytes.
#[cfg(feature = "simulation")]
const SIMULATED_LENGTH: usize = 313;

/// A self-signed certificate and its private key.
pub struct Certificate {
    der: Vec<u8>,
    key: Redacted<Vec<u8>>,
    expires: Duration,
}

impl Certificate {
    /// A new certificate over a new ECDSA key on P-256.
    ///
    /// `now` is the time since the Unix epoch. The certificate is valid from a day before it, for peers whose
    /// clocks differ, until `lifetime` after it. Its name and its serial number are random: nothing in it can be
    /// linked to anybody. The key comes from the operating system's randomness: a driver calls this, never a core.
    ///
    /// # Errors
    /// The crypto library made no key, or the certificate would expire after the year 9999.
    pub fn generate_ecdsa_p256(now: Duration, lifetime: Duration) -> Result<Self, CertificateError> {
        let expires = now
            .checked_add(lifetime)
            .filter(|expires| *expires <= LAST_SECOND)
            .ok_or(CertificateError::Lifetime)?;
        let expires = Duration::from_millis(u64::try_from(expires.as_millis()).unwrap_or(u64::MAX));
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|_| CertificateError::Key)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, random_name()?);
        let epoch = date_time_ymd(1970, 1, 1);
        params.not_before = epoch + Duration::from_secs(now.saturating_sub(CLOCK_SKEW).as_secs());
        params.not_after = epoch + Duration::from_secs(expires.as_secs());
        let certificate = params.self_signed(&key).map_err(|_| CertificateError::Key)?;
        Ok(Certificate { der: certificate.der().to_vec(), key: Redacted::new(key.serialize_der()), expires })
    }

    /// For simulations alone: as [`generate_ecdsa_p256`](Certificate::generate_ecdsa_p256), but always of the
    /// same length, so that handshakes have datagrams of the same lengths in every run.
    ///
    /// # Errors
    /// As there.
    #[cfg(feature = "simulation")]
    pub fn generate_for_simulation(now: Duration, lifetime: Duration) -> Result<Self, CertificateError> {
        // Of three lengths the middle one is the most frequent: about half of all certificates.
        const MAX_TRIES: usize = 256;
        let mut certificate = Self::generate_ecdsa_p256(now, lifetime)?;
        for _ in 0..MAX_TRIES {
            if certificate.der.len() == SIMULATED_LENGTH {
                break;
            }
            certificate = Self::generate_ecdsa_p256(now, lifetime)?;
        }
        Ok(certificate)
    }

    /// The certificate in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The end of its validity, as time since the Unix epoch, to the millisecond. X.509 has only the second of it.
    pub fn expires(&self) -> Duration {
        self.expires
    }

    /// Its fingerprint.
    pub fn fingerprint(&self, algorithm: HashAlgorithm) -> Fingerprint {
        Fingerprint::of(algorithm, &self.der)
    }

    /// The private key in PKCS #8.
    pub(crate) fn key(&self) -> &Redacted<Vec<u8>> {
        &self.key
    }
}

/// A common name that says nothing: 16 hexadecimal digits.
fn random_name() -> Result<String, CertificateError> {
    let mut bytes = [0; 8];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| CertificateError::Key)?;
    Ok(format!("{:016x}", u64::from_be_bytes(bytes)))
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("fingerprint", &self.fingerprint(HashAlgorithm::Sha256).to_string())
            .field("expires", &self.expires)
            .field("key", &self.key)
            .finish()
    }
}

/// Why there is no certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateError {
    /// The crypto library could not make the key or sign with it.
    Key,
    /// X.509 cannot express the end of the certificate's validity.
    Lifetime,
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CertificateError::Key => "no key could be made",
            CertificateError::Lifetime => "the validity ends too late",
        })
    }
}

impl std::error::Error for CertificateError {}
