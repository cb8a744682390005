//! `RTCCertificate`.

use std::sync::Arc;
use std::time::SystemTime;

use base::Redacted;
use peer::{DtlsFingerprint, Error, ErrorName, KeygenAlgorithm};
use tokio::sync::oneshot;

use crate::net::clock;

/// A certificate and its private key, with which one or more connections prove who they are
/// ([webrtc-pc, section 4.9](https://www.w3.org/TR/webrtc/#rtccertificate-interface)). Made by
/// [`RtcPeerConnection::generate_certificate`](crate::RtcPeerConnection::generate_certificate).
///
/// A connection without one makes its own. Share one to keep the same fingerprint over several connections, at
/// the price that they can be recognised as one user's.
///
/// ```
/// use visavis::{RtcConfiguration, RtcKeygenAlgorithm, RtcPeerConnection};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), visavis::Error> {
/// let certificate = RtcPeerConnection::generate_certificate(RtcKeygenAlgorithm::ecdsa_p256()).await?;
/// assert_eq!(certificate.get_fingerprints()[0].algorithm, "sha-256");
/// assert!(certificate.expires() > std::time::SystemTime::now());
/// let configuration = RtcConfiguration { certificates: vec![certificate], ..Default::default() };
/// let pc = RtcPeerConnection::new(configuration)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RtcCertificate(pub(crate) Arc<dtls::Certificate>);

impl RtcCertificate {
    pub(crate) fn generate(algorithm: &KeygenAlgorithm) -> Result<Self, Error> {
        let now = clock::wall().at(clock::now());
        peer::generate_certificate(algorithm, now).map(|certificate| RtcCertificate(Arc::new(certificate)))
    }

    /// The same on a thread of its own where it takes long: no executor waits for RSA.
    pub(crate) async fn generate_aside(algorithm: KeygenAlgorithm) -> Result<Self, Error> {
        if !algorithm.is_slow()? {
            return Self::generate(&algorithm);
        }
        let (sender, receiver) = oneshot::channel();
        let work = move || {
            // Whoever asked may have lost interest.
            let _ = sender.send(Self::generate(&algorithm));
        };
        let failed = |_| Error::new(ErrorName::OperationError, "no thread could make the key");
        std::thread::Builder::new().name("visavis-key".to_owned()).spawn(work).map_err(|_| failed(()))?;
        receiver.await.map_err(|_| failed(()))?
    }

    /// When it expires. No connection can be made with it after that.
    pub fn expires(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.0.expires()
    }

    /// Its fingerprints: one, by SHA-256
    /// ([getFingerprints](https://www.w3.org/TR/webrtc/#dom-rtccertificate-getfingerprints)).
    pub fn get_fingerprints(&self) -> Vec<DtlsFingerprint> {
        peer::certificate_fingerprints(&self.0)
    }

    /// The certificate with its private key, to be stored and read again by
    /// [`deserialize`](RtcCertificate::deserialize). As secret as the key: keep it where nobody else reads.
    ///
    /// ```
    /// # use visavis::{RtcCertificate, RtcKeygenAlgorithm, RtcPeerConnection};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), visavis::Error> {
    /// let certificate = RtcPeerConnection::generate_certificate(RtcKeygenAlgorithm::ecdsa_p256()).await?;
    /// let stored = certificate.serialize();
    /// let again = RtcCertificate::deserialize(stored.expose_secret())?;
    /// assert_eq!(again.get_fingerprints(), certificate.get_fingerprints());
    /// # Ok(())
    /// # }
    /// ```
    pub fn serialize(&self) -> Redacted<Vec<u8>> {
        self.0.to_stored()
    }

    /// The certificate that was [serialized](RtcCertificate::serialize).
    ///
    /// # Errors
    /// `TypeError` if it is none, or its key is another one's.
    pub fn deserialize(stored: &[u8]) -> Result<Self, Error> {
        dtls::Certificate::from_stored(stored)
            .map(|certificate| RtcCertificate(Arc::new(certificate)))
            .map_err(|error| Error::new(ErrorName::TypeError, error.to_string()))
    }

    /// The certificate in DER.
    pub fn der(&self) -> &[u8] {
        self.0.der()
    }
}
