//! Our certificate.

use std::fmt;
use std::time::Duration;

use base::Redacted;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256,
    RsaKeySize, date_time_ymd,
};

use crate::crypto::{KeyKind, Refused, Signer};
use crate::{Fingerprint, HashAlgorithm};

/// How much earlier than `now` a certificate becomes valid.
const CLOCK_SKEW: Duration = Duration::from_secs(24 * 60 * 60);
/// The last second that X.509 can express: 9999-12-31 23:59:59 (RFC 5280, section 4.1.2.5).
const LAST_SECOND: Duration = Duration::from_secs(253_402_300_799);

/// The length of a simulated certificate, in bytes.
#[cfg(feature = "simulation")]
const SIMULATED_LENGTH: usize = 313;

/// The start of a stored certificate: what it is, and the version of its format.
const STORED: &[u8] = b"visavis-certificate-1\n";

/// What key a certificate is made over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// ECDSA on P-256: made in less than a millisecond, and what everybody uses.
    EcdsaP256,
    /// RSA with a modulus of 2,048 bits: made in a tenth of a second or so.
    Rsa2048,
    /// RSA with 3,072 bits.
    Rsa3072,
    /// RSA with 4,096 bits: made in seconds.
    Rsa4096,
}

/// A self-signed certificate and its private key.
pub struct Certificate {
    der: Vec<u8>,
    kind: KeyKind,
    key: Redacted<Vec<u8>>,
    expires: Duration,
}

impl Certificate {
    /// A new certificate over a new key.
    ///
    /// `now` is the time since the Unix epoch. The certificate is valid from a day before it, for peers whose
    /// clocks differ, until `lifetime` after it. Its name and its serial number are random: nothing in it can be
    /// linked to anybody. The key comes from the operating system's randomness: a driver calls this, never a core.
    ///
    /// # Errors
    /// The crypto library made no key, or the certificate would expire after the year 9999.
    pub fn generate(
        algorithm: KeyAlgorithm,
        now: Duration,
        lifetime: Duration,
    ) -> Result<Self, CertificateError> {
        let expires = now
            .checked_add(lifetime)
            .filter(|expires| *expires <= LAST_SECOND)
            .ok_or(CertificateError::Lifetime)?;
        let expires = Duration::from_millis(u64::try_from(expires.as_millis()).unwrap_or(u64::MAX));
        let rsa = |size| (KeyKind::Rsa, KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, size));
        let (kind, key) = match algorithm {
            KeyAlgorithm::EcdsaP256 => (KeyKind::P256, KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)),
            KeyAlgorithm::Rsa2048 => rsa(RsaKeySize::_2048),
            KeyAlgorithm::Rsa3072 => rsa(RsaKeySize::_3072),
            KeyAlgorithm::Rsa4096 => rsa(RsaKeySize::_4096),
        };
        let key = key.map_err(|_| CertificateError::Key)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, random_name()?);
        let epoch = date_time_ymd(1970, 1, 1);
        params.not_before = epoch + Duration::from_secs(now.saturating_sub(CLOCK_SKEW).as_secs());
        params.not_after = epoch + Duration::from_secs(expires.as_secs());
        let certificate = params.self_signed(&key).map_err(|_| CertificateError::Key)?;
        let (der, key) = (certificate.der().to_vec(), Redacted::new(key.serialize_der()));
        Ok(Certificate { der, kind, key, expires })
    }

    /// A new certificate over a new ECDSA key on P-256.
    ///
    /// # Errors
    /// As [`generate`](Certificate::generate).
    pub fn generate_ecdsa_p256(now: Duration, lifetime: Duration) -> Result<Self, CertificateError> {
        Self::generate(KeyAlgorithm::EcdsaP256, now, lifetime)
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

    /// The certificate with its private key, to be stored. It is as secret as the key.
    pub fn to_stored(&self) -> Redacted<Vec<u8>> {
        let key = self.key.expose_secret();
        let mut stored = Vec::with_capacity(STORED.len() + 12 + self.der.len() + key.len());
        stored.extend_from_slice(STORED);
        let expires = u64::try_from(self.expires.as_millis()).unwrap_or(u64::MAX);
        stored.extend_from_slice(&expires.to_be_bytes());
        stored.extend_from_slice(&u32::try_from(self.der.len()).unwrap_or(u32::MAX).to_be_bytes());
        stored.extend_from_slice(&self.der);
        stored.extend_from_slice(key);
        Redacted::new(stored)
    }

    /// The certificate that was [stored](Certificate::to_stored).
    ///
    /// # Errors
    /// It is none, or its key is another one's.
    pub fn from_stored(stored: &[u8]) -> Result<Self, CertificateError> {
        let parse = || {
            let rest = stored.strip_prefix(STORED)?;
            let (expires, rest) = rest.split_first_chunk()?;
            let (length, rest) = rest.split_first_chunk()?;
            let (der, key) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
            let expires = Duration::from_millis(u64::from_be_bytes(*expires));
            let read = |algorithm| KeyPair::from_pkcs8_der_and_sign_algo(&key.into(), algorithm).ok();
            let (kind, pair) = match read(&PKCS_ECDSA_P256_SHA256) {
                Some(pair) => (KeyKind::P256, pair),
                None => (KeyKind::Rsa, read(&PKCS_RSA_SHA256)?),
            };
            // The certificate says whose it is. Anything else that it says is nothing to a peer.
            let public = pair.public_key_raw();
            let is_its_key = der.windows(public.len()).any(|window| window == public);
            let key = Redacted::new(key.to_vec());
            let certificate = Certificate { der: der.to_vec(), kind, key, expires };
            (is_its_key && expires <= LAST_SECOND).then_some(certificate)
        };
        parse().ok_or(CertificateError::Stored)
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

    /// The private key, to sign with.
    pub(crate) fn signer(&self, is_even: bool) -> Result<Signer, Refused> {
        Signer::new(self.kind, self.key.expose_secret(), is_even)
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
    /// What was stored is no certificate with its key.
    Stored,
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CertificateError::Key => "no key could be made",
            CertificateError::Stored => "it is no certificate with its key",
            CertificateError::Lifetime => "the validity ends too late",
        })
    }
}

impl std::error::Error for CertificateError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> Certificate {
        let day = Duration::from_secs(86_400);
        Certificate::generate_ecdsa_p256(20_000 * day, Duration::from_millis(1_234)).unwrap()
    }

    #[test]
    fn a_stored_certificate_comes_back() {
        let certificate = certificate();
        let stored = certificate.to_stored();
        assert!(!format!("{stored:?}").contains("45"), "its bytes are not printed");
        let back = Certificate::from_stored(stored.expose_secret()).unwrap();
        assert_eq!((back.der(), back.expires()), (certificate.der(), certificate.expires()));
        assert_eq!(back.key.expose_secret(), certificate.key.expose_secret());
    }

    #[test]
    fn one_over_an_rsa_key_is_stored_too_and_signs() {
        use crate::suite::Scheme;
        let day = Duration::from_secs(86_400);
        let certificate = Certificate::generate(KeyAlgorithm::Rsa2048, 20_000 * day, day).unwrap();
        let back = Certificate::from_stored(certificate.to_stored().expose_secret()).unwrap();
        assert_eq!((back.der(), back.kind), (certificate.der(), KeyKind::Rsa));
        let key = crate::x509::public_key(back.der()).unwrap();
        for scheme in [Scheme::RsaPssSha256, Scheme::RsaPkcs1Sha256] {
            let signed = back.signer(false).unwrap().sign(scheme, b"message").unwrap();
            assert_eq!(key.verify(scheme, false, b"message", &signed), Ok(()));
            assert!(key.verify(scheme, false, b"massage", &signed).is_err());
            assert_eq!(key.verify(scheme, true, b"message", &signed).is_ok(), scheme == Scheme::RsaPssSha256);
        }
    }

    #[test]
    fn what_is_not_stored_whole_is_no_certificate() {
        let (one, other) = (certificate(), certificate());
        let stored = one.to_stored().expose_secret().clone();
        for length in (0..stored.len()).step_by(7) {
            assert_eq!(Certificate::from_stored(&stored[..length]).err(), Some(CertificateError::Stored));
        }
        let keyless = &stored[..stored.len() - one.key.expose_secret().len()];
        let foreign = [keyless, other.key.expose_secret()].concat();
        assert_eq!(Certificate::from_stored(&foreign).err(), Some(CertificateError::Stored), "another's key");
        let mut mutated = stored.clone();
        for at in 0..stored.len() {
            mutated[at] ^= 0x80;
            // Whatever it says, it does not panic.
            let _ = Certificate::from_stored(&mutated);
            mutated[at] ^= 0x80;
        }
    }
}
