//! Signatures: ours, and those of peers.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self, EcdsaKeyPair, RsaKeyPair, UnparsedPublicKey, VerificationAlgorithm};

use super::Refused;
use crate::suite::Scheme;

/// The length of half of all ECDSA P-256 signatures in DER; the others are a byte longer or shorter.
const COMMON_LENGTH: usize = 71;
/// More tries than this do not happen: each succeeds with probability one half.
const MAX_TRIES: usize = 256;

/// A kind of signing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyKind {
    P256,
    P384,
    Rsa,
}

/// A peer's key: for RSA an RSAPublicKey in DER, else a point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicKey {
    pub(crate) kind: KeyKind,
    pub(crate) bytes: Vec<u8>,
}

impl PublicKey {
    /// Whether the holder of the key signed `message`. In 1.3 the scheme names the curve; in 1.2 the hash alone
    /// (RFC 8446, section 4.2.3). RSA keys have 2,048 to 8,192 bits, and from 1,024 on with PKCS #1 padding, which is
    /// what old peers have.
    pub(crate) fn verify(
        &self,
        scheme: Scheme,
        is_13: bool,
        message: &[u8],
        signed: &[u8],
    ) -> Result<(), Refused> {
        let algorithm: &'static dyn VerificationAlgorithm = match (scheme, self.kind) {
            (Scheme::EcdsaSha256, KeyKind::P256) => &signature::ECDSA_P256_SHA256_ASN1,
            (Scheme::EcdsaSha384, KeyKind::P384) => &signature::ECDSA_P384_SHA384_ASN1,
            (Scheme::EcdsaSha384, KeyKind::P256) if !is_13 => &signature::ECDSA_P256_SHA384_ASN1,
            (Scheme::EcdsaSha256, KeyKind::P384) if !is_13 => &signature::ECDSA_P384_SHA256_ASN1,
            (Scheme::RsaPssSha256, KeyKind::Rsa) => &signature::RSA_PSS_2048_8192_SHA256,
            (Scheme::RsaPkcs1Sha256, KeyKind::Rsa) if !is_13 => {
                &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY
            }
            _ => return Err(Refused),
        };
        Ok(UnparsedPublicKey::new(algorithm, &self.bytes).verify(message, signed)?)
    }
}

/// Our key.
pub(crate) struct Signer {
    key: Key,
    /// Simulations alone: signatures are of one length.
    is_even: bool,
}

enum Key {
    P256(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Signer {
    /// The key in PKCS #8.
    pub(crate) fn new(kind: KeyKind, pkcs8: &[u8], is_even: bool) -> Result<Signer, Refused> {
        let key = match kind {
            KeyKind::P256 => Key::P256(
                EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8)
                    .map_err(|_| Refused)?,
            ),
            KeyKind::Rsa => Key::Rsa(RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| Refused)?),
            KeyKind::P384 => return Err(Refused),
        };
        Ok(Signer { key, is_even })
    }

    pub(crate) fn kind(&self) -> KeyKind {
        match self.key {
            Key::P256(_) => KeyKind::P256,
            Key::Rsa(_) => KeyKind::Rsa,
        }
    }

    pub(crate) fn sign(&self, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, Refused> {
        let random = SystemRandom::new();
        match (&self.key, scheme) {
            (Key::P256(key), Scheme::EcdsaSha256) => {
                let mut signed = key.sign(&random, message)?;
                for _ in 0..MAX_TRIES {
                    if !self.is_even || signed.as_ref().len() == COMMON_LENGTH {
                        break;
                    }
                    signed = key.sign(&random, message)?;
                }
                Ok(signed.as_ref().to_vec())
            }
            (Key::Rsa(key), Scheme::RsaPssSha256 | Scheme::RsaPkcs1Sha256) => {
                let encoding: &'static dyn signature::RsaEncoding = match scheme {
                    Scheme::RsaPssSha256 => &signature::RSA_PSS_SHA256,
                    _ => &signature::RSA_PKCS1_SHA256,
                };
                let mut signed = vec![0; key.public_modulus_len()];
                key.sign(encoding, &random, message, &mut signed)?;
                Ok(signed)
            }
            _ => Err(Refused),
        }
    }
}
