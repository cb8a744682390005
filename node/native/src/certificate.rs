//! `RTCCertificate`.

use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::{AsyncTask, Uint8Array};
use napi::{Env, Task};
use napi_derive::napi;
use visavis::binding;

use crate::error::OrThrow;

/// A certificate with its private key.
#[napi]
pub struct Certificate {
    pub(crate) certificate: Arc<dtls::Certificate>,
}

/// `RTCDtlsFingerprint`.
#[napi(object, object_from_js = false)]
pub struct Fingerprint {
    /// The hash function.
    pub algorithm: String,
    /// The hash in lower-case hexadecimal, its bytes separated by colons.
    pub value: String,
}

/// A WebCrypto algorithm with webrtc-pc's `RTCCertificateExpiration`.
#[napi(object, object_to_js = false)]
pub struct KeygenAlgorithm {
    /// Its name.
    pub name: String,
    /// Of ECDSA.
    pub named_curve: Option<String>,
    /// Of RSA, in bits.
    pub modulus_length: Option<u32>,
    /// Of RSA.
    pub public_exponent: Option<Uint8Array>,
    /// Of RSA: the hash function's name.
    pub hash: Option<String>,
    /// In milliseconds.
    pub expires: Option<f64>,
}

impl KeygenAlgorithm {
    fn into_peer(self) -> peer::KeygenAlgorithm {
        // What is too long for this type is shortened anyway.
        let duration =
            |expires: f64| Duration::try_from_secs_f64(expires.max(0.0) / 1000.0).unwrap_or(Duration::MAX);
        peer::KeygenAlgorithm {
            name: self.name,
            named_curve: self.named_curve,
            modulus_length: self.modulus_length,
            public_exponent: self.public_exponent.map(|exponent| exponent.to_vec()),
            hash: self.hash,
            expires: self.expires.map(duration),
        }
    }
}

#[napi]
impl Certificate {
    /// When it expires, in milliseconds since 1970.
    #[napi]
    pub fn expires(&self) -> f64 {
        self.certificate.expires().as_millis() as f64
    }

    /// Its fingerprints.
    #[napi]
    pub fn fingerprints(&self) -> Vec<Fingerprint> {
        peer::certificate_fingerprints(&self.certificate)
            .into_iter()
            .map(|fingerprint| Fingerprint { algorithm: fingerprint.algorithm, value: fingerprint.value })
            .collect()
    }

    /// The certificate in DER.
    #[napi]
    pub fn der(&self) -> Uint8Array {
        Uint8Array::from(self.certificate.der())
    }
}

/// Whether [`generate_certificate`] takes so long that JavaScript should not wait for it.
#[napi]
pub fn is_slow_to_generate(env: Env, algorithm: KeygenAlgorithm) -> napi::Result<bool> {
    algorithm.into_peer().is_slow().or_throw(&env)
}

/// A certificate that another thread makes.
pub struct Generation {
    algorithm: peer::KeygenAlgorithm,
}

impl Task for Generation {
    type Output = Arc<dtls::Certificate>;
    type JsValue = Certificate;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        binding::generate_certificate(&self.algorithm)
            .map_err(|error| napi::Error::from_reason(error.to_string()))
    }

    fn resolve(&mut self, _env: Env, certificate: Self::Output) -> napi::Result<Certificate> {
        Ok(Certificate { certificate })
    }
}

/// `RTCPeerConnection.generateCertificate()`, on a thread of Node.js's pool. The algorithm was checked before: what fails
/// is the system.
#[napi]
pub fn generate_certificate_aside(algorithm: KeygenAlgorithm) -> AsyncTask<Generation> {
    AsyncTask::new(Generation { algorithm: algorithm.into_peer() })
}

/// `RTCPeerConnection.generateCertificate()`, at once.
#[napi]
pub fn generate_certificate(env: Env, algorithm: KeygenAlgorithm) -> napi::Result<Certificate> {
    let certificate = binding::generate_certificate(&algorithm.into_peer()).or_throw(&env)?;
    Ok(Certificate { certificate })
}
