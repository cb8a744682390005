//! `RTCCertificate`.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use peer::{Error, ErrorName};

use crate::net::clock;

/// How long a certificate is valid that the application did not ask for (webrtc-pc, section 4.9: the default
/// is 30 days).
const LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A certificate and its private key, with which one or more connections prove who they are
/// ([webrtc-pc, section 4.9](https://www.w3.org/TR/webrtc/#sec.cert-mgmt)).
///
/// A connection without one makes its own. Share one to keep the same fingerprint over several connections, at
/// the price that they can be recognised as one user's.
///
/// ```
/// use visavis::{RtcCertificate, RtcConfiguration, RtcPeerConnection};
/// # fn main() -> Result<(), visavis::Error> {
/// let certificate = RtcCertificate::generate()?;
/// let configuration = RtcConfiguration { certificates: vec![certificate.clone()], ..Default::default() };
/// let pc = RtcPeerConnection::new(configuration)?;
/// assert!(certificate.fingerprint().starts_with("sha-256 "));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RtcCertificate(pub(crate) Arc<dtls::Certificate>);

impl RtcCertificate {
    /// A new certificate over a new ECDSA key on P-256, valid for 30 days.
    ///
    /// # Errors
    /// `OperationError` if the system gives no randomness.
    pub fn generate() -> Result<Self, Error> {
        Self::generate_for(LIFETIME)
    }

    /// As [`generate`](RtcCertificate::generate), valid for as long as `lifetime` says.
    ///
    /// # Errors
    /// `OperationError` if the system gives no randomness or the lifetime ends too late for X.509.
    pub fn generate_for(lifetime: Duration) -> Result<Self, Error> {
        let now = clock::wall().at(clock::now());
        dtls::Certificate::generate_ecdsa_p256(now, lifetime)
            .map(|certificate| RtcCertificate(Arc::new(certificate)))
            .map_err(|error| Error::new(ErrorName::OperationError, error.to_string()))
    }

    /// When it expires.
    pub fn expires(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.0.expires()
    }

    /// Its SHA-256 fingerprint as in SDP: `sha-256 AB:CD:...`.
    pub fn fingerprint(&self) -> String {
        self.0.fingerprint(dtls::HashAlgorithm::Sha256).to_string()
    }

    /// The certificate in DER.
    pub fn der(&self) -> &[u8] {
        self.0.der()
    }
}
