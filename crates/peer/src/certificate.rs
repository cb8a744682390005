//! `generateCertificate()`
//! ([webrtc-pc, section 4.9](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-generatecertificate)).

use std::time::Duration;

use dtls::{Certificate, KeyAlgorithm};

use crate::{Error, ErrorName};

/// How long a certificate is valid that was not asked to be otherwise: 30 days (webrtc-pc, generateCertificate,
/// step 2).
const DEFAULT_EXPIRES: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// The longest that a certificate is valid: 365 days (webrtc-pc, generateCertificate, step 3.4).
const MAX_EXPIRES: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// 65,537: the public exponent that everybody uses.
const RSA_EXPONENT: [u8; 3] = [1, 0, 1];

/// WebCrypto's `AlgorithmIdentifier`, and webrtc-pc's `RTCCertificateExpiration`: what key a certificate is to be made
/// over, and how long it is to be valid.
///
/// An algorithm that W3C writes as a string alone is one with nothing but its name.
///
/// ```
/// use peer::KeygenAlgorithm;
/// let algorithm = KeygenAlgorithm::ecdsa_p256();
/// assert_eq!((algorithm.name.as_str(), algorithm.named_curve.as_deref()), ("ECDSA", Some("P-256")));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeygenAlgorithm {
    /// `name`: `ECDSA` or `RSASSA-PKCS1-v1_5`, in any case. WebCrypto's other algorithms are known, but none can be
    /// used.
    pub name: String,
    /// `namedCurve` of ECDSA: `P-256`.
    pub named_curve: Option<String>,
    /// `modulusLength` of RSA, in bits: 2,048, 3,072 or 4,096.
    pub modulus_length: Option<u32>,
    /// `publicExponent` of RSA, a big-endian number: 65,537.
    pub public_exponent: Option<Vec<u8>>,
    /// `hash` of RSA: `SHA-256`.
    pub hash: Option<String>,
    /// `expires`: how long the certificate is valid from now on, to the millisecond. At most 365 days, whatever this
    /// says. `None`: 30 days.
    pub expires: Option<Duration>,
}

impl KeygenAlgorithm {
    /// ECDSA on the curve P-256, for 30 days.
    pub fn ecdsa_p256() -> Self {
        KeygenAlgorithm {
            name: "ECDSA".to_owned(),
            named_curve: Some("P-256".to_owned()),
            ..KeygenAlgorithm::default()
        }
    }

    /// RSA with 2,048 bits, for 30 days. Such a key takes longer to make, and to sign with.
    pub fn rsa_2048() -> Self {
        KeygenAlgorithm {
            name: "RSASSA-PKCS1-v1_5".to_owned(),
            modulus_length: Some(2048),
            public_exponent: Some(RSA_EXPONENT.to_vec()),
            hash: Some("SHA-256".to_owned()),
            ..KeygenAlgorithm::default()
        }
    }

    /// Whether making a certificate takes so long, a tenth of a second or seconds, that an event loop should not wait.
    ///
    /// # Errors
    /// As [`generate_certificate`].
    pub fn is_slow(&self) -> Result<bool, Error> {
        self.check().map(|algorithm| algorithm != KeyAlgorithm::EcdsaP256)
    }

    /// webrtc-pc, generateCertificate, steps 4 to 6, as far as this is not what a certificate can be made with.
    fn check(&self) -> Result<KeyAlgorithm, Error> {
        let unsupported = |what: &str| Err(Error::new(ErrorName::NotSupportedError, what));
        let missing = |member: &str| Err(Error::type_error(format!("the algorithm has no {member}")));
        match self.name.to_ascii_uppercase().as_str() {
            // WebCrypto, EcKeyGenParams: the member is required.
            "ECDSA" => match self.named_curve.as_deref() {
                None => missing("namedCurve"),
                Some("P-256") => Ok(KeyAlgorithm::EcdsaP256),
                Some(_) => unsupported("certificates are made over the curve P-256 only"),
            },
            // RsaHashedKeyGenParams: so are these.
            "RSASSA-PKCS1-V1_5" => {
                let Some(length) = self.modulus_length else { return missing("modulusLength") };
                let Some(exponent) = &self.public_exponent else { return missing("publicExponent") };
                let Some(hash) = &self.hash else { return missing("hash") };
                let exponent = exponent.iter().skip_while(|byte| **byte == 0);
                if !exponent.eq(&RSA_EXPONENT) || !hash.eq_ignore_ascii_case("SHA-256") {
                    return unsupported("RSA keys have the public exponent 65537 and the hash SHA-256");
                }
                match length {
                    2048 => Ok(KeyAlgorithm::Rsa2048),
                    3072 => Ok(KeyAlgorithm::Rsa3072),
                    4096 => Ok(KeyAlgorithm::Rsa4096),
                    // Fewer bits can be broken.
                    _ => unsupported("RSA keys have 2048, 3072 or 4096 bits"),
                }
            }
            // webrtc-pc, generateCertificate, step 5 (WebCrypto, normalize an algorithm, step 5: not supported) and 6.
            _ => unsupported("certificates are made with ECDSA or RSASSA-PKCS1-v1_5"),
        }
    }
}

/// `RTCPeerConnection.generateCertificate()`. `now` is the time since 1970. The key comes from the operating system's
/// randomness: a driver calls this, never a core. It takes less than a millisecond, but for RSA
/// ([`KeygenAlgorithm::is_slow`]).
///
/// # Errors
/// `NotSupportedError`: the algorithm cannot be used. `TypeError`: it lacks a member. `OperationError`: the system
/// gave no randomness.
pub fn generate_certificate(algorithm: &KeygenAlgorithm, now: Duration) -> Result<Certificate, Error> {
    let key = algorithm.check()?;
    // webrtc-pc, generateCertificate, steps 2 and 3.3 to 3.4.
    let expires = algorithm.expires.unwrap_or(DEFAULT_EXPIRES).min(MAX_EXPIRES);
    // Steps 8.1 to 8.8.
    Certificate::generate(key, now, expires).map_err(|error| Error::operation(error.to_string()))
}

/// `RTCDtlsFingerprint` ([webrtc-pc, section 5.5.1](https://www.w3.org/TR/webrtc/#rtcdtlsfingerprint)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DtlsFingerprint {
    /// The hash function, such as `sha-256`.
    pub algorithm: String,
    /// The hash in lower-case hexadecimal, a colon between the bytes.
    pub value: String,
}

/// `RTCCertificate.getFingerprints()`: one, by the hash function of the certificate's signature, SHA-256.
pub fn certificate_fingerprints(certificate: &Certificate) -> Vec<DtlsFingerprint> {
    let fingerprint = certificate.fingerprint(dtls::HashAlgorithm::Sha256);
    vec![DtlsFingerprint {
        algorithm: fingerprint.algorithm.name().to_owned(),
        value: fingerprint.hex().to_ascii_lowercase(),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_millis(1_800_000_000_250);

    fn error(algorithm: &KeygenAlgorithm) -> Option<ErrorName> {
        generate_certificate(algorithm, NOW).err().map(|error| error.name)
    }

    /// How long a certificate is valid that was asked to be so for `expires`.
    fn lifetime(expires: Option<Duration>) -> Duration {
        let algorithm = KeygenAlgorithm { expires, ..KeygenAlgorithm::ecdsa_p256() };
        generate_certificate(&algorithm, NOW).expect("a certificate").expires() - NOW
    }

    #[test]
    fn expires_is_30_days_unless_asked_and_at_most_365() {
        // webrtc-pc, generateCertificate, steps 2, 3.3, 3.4 and 8.4.
        let day = Duration::from_secs(86_400);
        assert_eq!(lifetime(None), 30 * day);
        assert_eq!(lifetime(Some(Duration::from_millis(1_234))), Duration::from_millis(1_234));
        assert_eq!(lifetime(Some(Duration::ZERO)), Duration::ZERO);
        assert_eq!(lifetime(Some(400 * day)), 365 * day);
        assert_eq!(lifetime(Some(Duration::MAX)), 365 * day);
    }

    #[test]
    fn what_cannot_be_used_is_named_as_webcrypto_does() {
        // webrtc-pc, generateCertificate, steps 5 and 6.
        let named = |name: &str| KeygenAlgorithm { name: name.to_owned(), ..KeygenAlgorithm::default() };
        for name in ["invalid-algo", "", "HMAC", "Ed25519", "RSA-PSS"] {
            assert_eq!(error(&named(name)), Some(ErrorName::NotSupportedError), "{name}");
        }
        assert_eq!(error(&named("ECDSA")), Some(ErrorName::TypeError));
        let curve = |curve: &str| KeygenAlgorithm { named_curve: Some(curve.to_owned()), ..named("ecdsa") };
        assert_eq!(error(&curve("P-256")), None, "names are compared without case");
        assert_eq!(error(&curve("P-521")), Some(ErrorName::NotSupportedError));
        assert_eq!(error(&curve("p-256")), Some(ErrorName::NotSupportedError));
        let rsa = KeygenAlgorithm::rsa_2048();
        for other in [
            KeygenAlgorithm { modulus_length: Some(1024), ..rsa.clone() },
            KeygenAlgorithm { modulus_length: Some(16_384), ..rsa.clone() },
            KeygenAlgorithm { public_exponent: Some(vec![3]), ..rsa.clone() },
            KeygenAlgorithm { hash: Some("SHA-1".to_owned()), ..rsa.clone() },
        ] {
            assert_eq!(error(&other), Some(ErrorName::NotSupportedError), "{other:?}");
        }
        for incomplete in [
            KeygenAlgorithm { modulus_length: None, ..rsa.clone() },
            KeygenAlgorithm { public_exponent: None, ..rsa.clone() },
            KeygenAlgorithm { hash: None, ..rsa },
        ] {
            assert_eq!(error(&incomplete), Some(ErrorName::TypeError), "{incomplete:?}");
        }
    }

    #[test]
    fn rsa_is_made_as_the_specification_demands() {
        let exponent = Some(vec![0, 1, 0, 1]);
        let algorithm = KeygenAlgorithm { public_exponent: exponent, ..KeygenAlgorithm::rsa_2048() };
        assert_eq!(algorithm.is_slow(), Ok(true));
        assert_eq!(KeygenAlgorithm::ecdsa_p256().is_slow(), Ok(false));
        let certificate = generate_certificate(&algorithm, NOW).expect("a certificate");
        assert!(certificate.der().len() > 600, "a modulus and a signature of 256 bytes each");
    }

    #[test]
    fn fingerprints_are_lower_case() {
        let certificate = generate_certificate(&KeygenAlgorithm::ecdsa_p256(), NOW).expect("a certificate");
        let [fingerprint] = certificate_fingerprints(&certificate).try_into().expect("one");
        assert_eq!(fingerprint.algorithm, "sha-256");
        assert_eq!(fingerprint.value.len(), 32 * 3 - 1);
        assert_eq!(fingerprint.value, fingerprint.value.to_lowercase());
    }
}
