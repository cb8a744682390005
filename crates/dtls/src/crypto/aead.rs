//! Authenticated encryption, and the masks of record numbers.

use aws_lc_rs::aead::{self, Aad, LessSafeKey, Nonce, UnboundKey, quic};

use super::Refused;

/// Bytes of a tag, in every AEAD that we know.
pub(crate) const TAG: usize = 16;

/// An AEAD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aead {
    Aes128Gcm,
    Aes256Gcm,
    Chacha20Poly1305,
}

impl Aead {
    /// Bytes of a key.
    pub(crate) fn key_length(self) -> usize {
        match self {
            Aead::Aes128Gcm => 16,
            Aead::Aes256Gcm | Aead::Chacha20Poly1305 => 32,
        }
    }

    fn algorithm(self) -> &'static aead::Algorithm {
        match self {
            Aead::Aes128Gcm => &aead::AES_128_GCM,
            Aead::Aes256Gcm => &aead::AES_256_GCM,
            Aead::Chacha20Poly1305 => &aead::CHACHA20_POLY1305,
        }
    }

    fn mask_algorithm(self) -> &'static quic::Algorithm {
        match self {
            Aead::Aes128Gcm => &quic::AES_128,
            Aead::Aes256Gcm => &quic::AES_256,
            Aead::Chacha20Poly1305 => &quic::CHACHA20,
        }
    }
}

/// A key of an AEAD. Whoever holds it sees to it that a nonce is used once.
pub(crate) struct AeadKey(LessSafeKey);

impl AeadKey {
    pub(crate) fn new(aead: Aead, key: &[u8]) -> Result<AeadKey, Refused> {
        Ok(AeadKey(LessSafeKey::new(UnboundKey::new(aead.algorithm(), key)?)))
    }

    /// Encrypts in place, and gives the tag.
    pub(crate) fn seal(&self, nonce: [u8; 12], aad: &[u8], data: &mut [u8]) -> Result<[u8; TAG], Refused> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self.0.seal_in_place_separate_tag(nonce, Aad::from(aad), data)?;
        tag.as_ref().try_into().map_err(|_| Refused)
    }

    /// Decrypts a ciphertext with its tag behind what `out` holds. What is not authentic leaves nothing there.
    pub(crate) fn open(
        &self,
        nonce: [u8; 12],
        aad: &[u8],
        sealed: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Refused> {
        let length = sealed.len().checked_sub(TAG).ok_or(Refused)?;
        let (ciphertext, tag) = sealed.split_at(length);
        let start = out.len();
        out.resize(start + length, 0);
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.0.open_separate_gather(nonce, Aad::from(aad), ciphertext, tag, &mut out[start..]).map_err(|_| {
            out.truncate(start);
            Refused
        })
    }
}

/// The key that hides record numbers in 1.3.
///
/// RFC 9147, section 4.2.3 takes them as QUIC does (RFC 9001, section 5.4): one AES block over 16 bytes of ciphertext,
/// or the ChaCha20 block whose counter and nonce these are.
pub(crate) struct MaskKey(quic::HeaderProtectionKey);

impl MaskKey {
    pub(crate) fn new(aead: Aead, key: &[u8]) -> Result<MaskKey, Refused> {
        Ok(MaskKey(quic::HeaderProtectionKey::new(aead.mask_algorithm(), key)?))
    }

    /// The mask for a record whose ciphertext begins with `sample`.
    pub(crate) fn mask(&self, sample: &[u8]) -> Result<[u8; 2], Refused> {
        let mask = self.0.new_mask(sample.get(..16).ok_or(Refused)?)?;
        Ok([mask[0], mask[1]])
    }
}
