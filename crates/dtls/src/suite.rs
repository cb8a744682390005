//! What is negotiated: cipher suites, groups, signature schemes, SRTP profiles, and their numbers.

use crate::crypto::{Aead, Hash, KeyKind};
use crate::event::Version;

/// A cipher suite. Those of 1.2 all have ephemeral keys and AEAD (RFC 8827, section 6.5: forward secrecy is required).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suite {
    Aes128GcmSha256,
    Aes256GcmSha384,
    Chacha20Poly1305Sha256,
    EcdheEcdsaAes128GcmSha256,
    EcdheEcdsaAes256GcmSha384,
    EcdheEcdsaChacha20Poly1305,
    EcdheRsaAes128GcmSha256,
    EcdheRsaAes256GcmSha384,
    EcdheRsaChacha20Poly1305,
}

impl Suite {
    /// RFC 8446, appendix B.4, in the order in which we offer.
    pub(crate) const V13: [Suite; 3] =
        [Suite::Aes128GcmSha256, Suite::Aes256GcmSha384, Suite::Chacha20Poly1305Sha256];
    /// RFC 5289 and RFC 7905.
    pub(crate) const V12: [Suite; 6] = [
        Suite::EcdheEcdsaAes128GcmSha256,
        Suite::EcdheRsaAes128GcmSha256,
        Suite::EcdheEcdsaAes256GcmSha384,
        Suite::EcdheRsaAes256GcmSha384,
        Suite::EcdheEcdsaChacha20Poly1305,
        Suite::EcdheRsaChacha20Poly1305,
    ];

    pub(crate) fn from_id(id: u16) -> Option<Suite> {
        Suite::V13.into_iter().chain(Suite::V12).find(|suite| suite.id() == id)
    }

    pub(crate) fn id(self) -> u16 {
        match self {
            Suite::Aes128GcmSha256 => 0x1301,
            Suite::Aes256GcmSha384 => 0x1302,
            Suite::Chacha20Poly1305Sha256 => 0x1303,
            Suite::EcdheEcdsaAes128GcmSha256 => 0xc02b,
            Suite::EcdheEcdsaAes256GcmSha384 => 0xc02c,
            Suite::EcdheEcdsaChacha20Poly1305 => 0xcca9,
            Suite::EcdheRsaAes128GcmSha256 => 0xc02f,
            Suite::EcdheRsaAes256GcmSha384 => 0xc030,
            Suite::EcdheRsaChacha20Poly1305 => 0xcca8,
        }
    }

    /// The name in IANA's registry.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Suite::Aes128GcmSha256 => "TLS_AES_128_GCM_SHA256",
            Suite::Aes256GcmSha384 => "TLS_AES_256_GCM_SHA384",
            Suite::Chacha20Poly1305Sha256 => "TLS_CHACHA20_POLY1305_SHA256",
            Suite::EcdheEcdsaAes128GcmSha256 => "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            Suite::EcdheEcdsaAes256GcmSha384 => "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            Suite::EcdheEcdsaChacha20Poly1305 => "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            Suite::EcdheRsaAes128GcmSha256 => "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            Suite::EcdheRsaAes256GcmSha384 => "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            Suite::EcdheRsaChacha20Poly1305 => "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        }
    }

    pub(crate) fn version(self) -> Version {
        if Suite::V13.contains(&self) { Version::Dtls13 } else { Version::Dtls12 }
    }

    pub(crate) fn aead(self) -> Aead {
        match self {
            Suite::Aes128GcmSha256 | Suite::EcdheEcdsaAes128GcmSha256 | Suite::EcdheRsaAes128GcmSha256 => {
                Aead::Aes128Gcm
            }
            Suite::Aes256GcmSha384 | Suite::EcdheEcdsaAes256GcmSha384 | Suite::EcdheRsaAes256GcmSha384 => {
                Aead::Aes256Gcm
            }
            Suite::Chacha20Poly1305Sha256
            | Suite::EcdheEcdsaChacha20Poly1305
            | Suite::EcdheRsaChacha20Poly1305 => Aead::Chacha20Poly1305,
        }
    }

    pub(crate) fn hash(self) -> Hash {
        match self.aead() {
            Aead::Aes256Gcm => Hash::Sha384,
            Aead::Aes128Gcm | Aead::Chacha20Poly1305 => Hash::Sha256,
        }
    }

    /// Whether a server with a key of that kind can use it. In 1.3 suites say nothing of keys.
    pub(crate) fn suits(self, key: KeyKind) -> bool {
        match self {
            Suite::EcdheEcdsaAes128GcmSha256
            | Suite::EcdheEcdsaAes256GcmSha384
            | Suite::EcdheEcdsaChacha20Poly1305 => key != KeyKind::Rsa,
            Suite::EcdheRsaAes128GcmSha256
            | Suite::EcdheRsaAes256GcmSha384
            | Suite::EcdheRsaChacha20Poly1305 => key == KeyKind::Rsa,
            Suite::Aes128GcmSha256 | Suite::Aes256GcmSha384 | Suite::Chacha20Poly1305Sha256 => true,
        }
    }
}

/// A way to agree on a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// draft-ietf-tls-ecdhe-mlkem: ML-KEM-768 beside X25519, against a future quantum computer. 1.3 alone.
    X25519MlKem768,
    X25519,
    P256,
    P384,
}

impl Group {
    /// In the order of our preference.
    pub(crate) const V13: [Group; 4] = [Group::X25519MlKem768, Group::X25519, Group::P256, Group::P384];
    /// In the order of our preference.
    pub(crate) const V12: [Group; 3] = [Group::X25519, Group::P256, Group::P384];

    pub(crate) fn from_id(id: u16) -> Option<Group> {
        Group::V13.into_iter().find(|group| group.id() == id)
    }

    pub(crate) fn id(self) -> u16 {
        match self {
            Group::X25519MlKem768 => 0x11ec,
            Group::X25519 => 0x001d,
            Group::P256 => 0x0017,
            Group::P384 => 0x0018,
        }
    }
}

/// How something is signed (RFC 8446, section 4.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    EcdsaSha256,
    EcdsaSha384,
    RsaPssSha256,
    /// 1.2 alone: RFC 8446, section 4.2.3 forbids it in CertificateVerify.
    RsaPkcs1Sha256,
}

impl Scheme {
    pub(crate) const V13: [Scheme; 3] = [Scheme::EcdsaSha256, Scheme::EcdsaSha384, Scheme::RsaPssSha256];
    pub(crate) const V12: [Scheme; 4] =
        [Scheme::EcdsaSha256, Scheme::EcdsaSha384, Scheme::RsaPssSha256, Scheme::RsaPkcs1Sha256];

    pub(crate) fn from_id(id: u16) -> Option<Scheme> {
        Scheme::V12.into_iter().find(|scheme| scheme.id() == id)
    }

    pub(crate) fn id(self) -> u16 {
        match self {
            Scheme::EcdsaSha256 => 0x0403,
            Scheme::EcdsaSha384 => 0x0503,
            Scheme::RsaPssSha256 => 0x0804,
            Scheme::RsaPkcs1Sha256 => 0x0401,
        }
    }

    pub(crate) fn of(version: Version) -> &'static [Scheme] {
        match version {
            Version::Dtls12 => &Scheme::V12,
            Version::Dtls13 => &Scheme::V13,
        }
    }

    /// Whether we sign so with a key of that kind: with the hash that is as strong as the curve.
    pub(crate) fn is_ours(self, key: KeyKind, version: Version) -> bool {
        match (self, key) {
            (Scheme::EcdsaSha256, KeyKind::P256) | (Scheme::EcdsaSha384, KeyKind::P384) => true,
            (Scheme::RsaPssSha256, KeyKind::Rsa) => true,
            (Scheme::RsaPkcs1Sha256, KeyKind::Rsa) => version == Version::Dtls12,
            _ => false,
        }
    }
}

/// How media would be protected (RFC 5764, section 4.1.2; RFC 7714, section 14.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SrtpProfile {
    /// `SRTP_AEAD_AES_128_GCM`.
    AeadAes128Gcm,
    /// `SRTP_AEAD_AES_256_GCM`.
    AeadAes256Gcm,
    /// `SRTP_AES128_CM_HMAC_SHA1_80`, which every peer has (RFC 8827, section 6.5).
    Aes128CmHmacSha1_80,
}

impl SrtpProfile {
    /// In the order of our preference.
    pub(crate) const ALL: [SrtpProfile; 3] =
        [SrtpProfile::AeadAes128Gcm, SrtpProfile::AeadAes256Gcm, SrtpProfile::Aes128CmHmacSha1_80];

    pub(crate) fn from_id(id: u16) -> Option<SrtpProfile> {
        SrtpProfile::ALL.into_iter().find(|profile| profile.id() == id)
    }

    pub(crate) fn id(self) -> u16 {
        match self {
            SrtpProfile::AeadAes128Gcm => 0x0007,
            SrtpProfile::AeadAes256Gcm => 0x0008,
            SrtpProfile::Aes128CmHmacSha1_80 => 0x0001,
        }
    }

    /// The name in IANA's registry, without the prefix: as `srtpCipher` has it in statistics.
    pub fn name(self) -> &'static str {
        match self {
            SrtpProfile::AeadAes128Gcm => "AEAD_AES_128_GCM",
            SrtpProfile::AeadAes256Gcm => "AEAD_AES_256_GCM",
            SrtpProfile::Aes128CmHmacSha1_80 => "AES_CM_128_HMAC_SHA1_80",
        }
    }
}
