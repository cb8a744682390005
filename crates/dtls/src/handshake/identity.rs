//! Who we are, and who the peer must be.

use std::sync::Arc;

use crate::crypto::{KeyKind, PublicKey, Refused, Signer};
use crate::event::{FailureCause, Version};
use crate::message::{Alert, Refusal};
use crate::suite::Scheme;
use crate::{Certificate, Fingerprint, x509};

/// Our certificate and key, and the peer's fingerprints.
pub(crate) struct Identity {
    certificate: Arc<Certificate>,
    signer: Signer,
    fingerprints: Vec<Fingerprint>,
}

impl Identity {
    pub(crate) fn new(
        certificate: Arc<Certificate>,
        fingerprints: Vec<Fingerprint>,
        is_even: bool,
    ) -> Result<Identity, Refused> {
        let signer = certificate.signer(is_even)?;
        Ok(Identity { certificate, signer, fingerprints })
    }

    pub(crate) fn der(&self) -> &[u8] {
        self.certificate.der()
    }

    pub(crate) fn key_kind(&self) -> KeyKind {
        self.signer.kind()
    }

    /// How we sign for a peer that takes `schemes`: by its first choice.
    pub(crate) fn scheme(&self, version: Version, schemes: &[Scheme]) -> Result<Scheme, Refusal> {
        let kind = self.signer.kind();
        let scheme = schemes.iter().copied().find(|scheme| scheme.is_ours(kind, version));
        scheme.ok_or(Alert::HandshakeFailure.into())
    }

    pub(crate) fn sign(&self, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, Refusal> {
        self.signer.sign(scheme, message).map_err(|_| Alert::InternalError.into())
    }

    /// The key of a certificate, whosever it is.
    pub(crate) fn key_of(der: &[u8]) -> Result<PublicKey, Refusal> {
        x509::public_key(der).ok_or(Alert::BadCertificate.into())
    }

    /// RFC 8122, section 5: one supported fingerprint that matches is enough.
    ///
    /// # Errors
    /// It is another one's certificate. The caller has seen a proof that whoever sent it holds its key: an answer that
    /// anybody could have sent must not end a connection.
    pub(crate) fn verify(&self, der: &[u8]) -> Result<(), Refusal> {
        if self.fingerprints.iter().any(|fingerprint| fingerprint.matches(der)) {
            return Ok(());
        }
        Err(Refusal { alert: Alert::BadCertificate, cause: FailureCause::FingerprintMismatch })
    }
}
