//! Protected records of 1.2.

use base::Writer;

use super::plaintext::{ContentType, HEADER, Headed, MAX_SEQUENCE, write_header};
use crate::crypto::{Aead, AeadKey, Refused, TAG};
use crate::key_schedule::prf12::Keys12;

/// Bytes of the nonce that a record carries with AES-GCM (RFC 5288, section 3).
const EXPLICIT: usize = 8;

/// One direction's protection.
pub(crate) struct Protection12 {
    key: AeadKey,
    iv: [u8; 12],
    /// AES-GCM; without it the whole nonce follows from the record's number (RFC 7905, section 2).
    is_explicit: bool,
}

impl Protection12 {
    /// How many bytes of IV a key of that AEAD takes from the key block.
    pub(crate) fn iv_length(aead: Aead) -> usize {
        if aead == Aead::Chacha20Poly1305 { 12 } else { 4 }
    }

    pub(crate) fn new(aead: Aead, keys: &Keys12) -> Result<Protection12, Refused> {
        let mut iv = [0; 12];
        iv.get_mut(..keys.iv.len()).ok_or(Refused)?.copy_from_slice(&keys.iv);
        let is_explicit = aead != Aead::Chacha20Poly1305;
        Ok(Protection12 { key: AeadKey::new(aead, &keys.key)?, iv, is_explicit })
    }

    /// How much longer a record is than what it carries.
    pub(crate) fn overhead(&self) -> usize {
        HEADER + self.explicit() + TAG
    }

    fn explicit(&self) -> usize {
        if self.is_explicit { EXPLICIT } else { 0 }
    }

    fn nonce(&self, explicit: [u8; EXPLICIT]) -> [u8; 12] {
        let mut nonce = self.iv;
        for (at, byte) in explicit.into_iter().enumerate() {
            // With an explicit nonce the IV is 4 bytes and zeros, so that this puts one behind the other.
            nonce[4 + at] ^= byte;
        }
        nonce
    }

    /// Appends one record with all of `pieces`. The nonce is the record's number, which never comes again under this
    /// key: random ones would repeat themselves.
    pub(crate) fn seal(
        &self,
        kind: ContentType,
        (epoch, sequence): (u16, u64),
        pieces: &[&[u8]],
        out: &mut Vec<u8>,
    ) -> Result<(), Refused> {
        if sequence > MAX_SEQUENCE {
            return Err(Refused);
        }
        let length = pieces.iter().map(|piece| piece.len()).sum::<usize>();
        write_header(out, kind, epoch, sequence, length + self.explicit() + TAG);
        let number = (u64::from(epoch) << 48 | sequence).to_be_bytes();
        if self.is_explicit {
            out.extend_from_slice(&number);
        }
        let start = out.len();
        for piece in pieces {
            out.extend_from_slice(piece);
        }
        let aad = additional_data(number, kind, [0xfe, 0xfd], length);
        let tag = self.key.seal(self.nonce(number), &aad, &mut out[start..])?;
        out.extend_from_slice(&tag);
        Ok(())
    }

    /// How long what the record carries is.
    pub(crate) fn content_length(&self, record: &Headed<'_>) -> usize {
        record.fragment.len().saturating_sub(self.explicit() + TAG)
    }

    /// Appends what the record carries.
    pub(crate) fn open(&self, record: &Headed<'_>, out: &mut Vec<u8>) -> Result<(), Refused> {
        let number = (u64::from(record.epoch) << 48 | record.sequence).to_be_bytes();
        let (explicit, sealed) = if self.is_explicit {
            let (explicit, sealed) = record.fragment.split_first_chunk().ok_or(Refused)?;
            (*explicit, sealed)
        } else {
            (number, record.fragment)
        };
        let length = sealed.len().checked_sub(TAG).ok_or(Refused)?;
        let aad = additional_data(number, record.kind, record.version, length);
        self.key.open(self.nonce(explicit), &aad, sealed, out)
    }
}

/// RFC 5246, section 6.2.3.3, with the epoch in the number (RFC 6347, section 4.1.2.1).
fn additional_data(number: [u8; 8], kind: ContentType, version: [u8; 2], length: usize) -> [u8; 13] {
    let mut aad = [0; 13];
    aad[..8].copy_from_slice(&number);
    aad[8] = kind.to_u8();
    aad[9..11].copy_from_slice(&version);
    aad[11..].copy_from_slice(&(length as u16).to_be_bytes());
    aad
}

/// The body of a ChangeCipherSpec record, which nobody reads: the epoch says what it would
/// (RFC 6347, section 4.1).
pub(crate) fn write_change_cipher_spec(out: &mut Vec<u8>, sequence: u64) {
    write_header(out, ContentType::ChangeCipherSpec, 0, sequence, 1);
    Writer::new(out).u8(1);
}

#[cfg(test)]
mod tests {
    use super::super::plaintext::{Record, next_record};
    use super::*;

    fn protection(aead: Aead) -> Protection12 {
        let keys = Keys12 { key: vec![1; aead.key_length()], iv: vec![2; Protection12::iv_length(aead)] };
        Protection12::new(aead, &keys).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_and_what_was_touched_does_not() {
        for aead in [Aead::Aes128Gcm, Aead::Aes256Gcm, Aead::Chacha20Poly1305] {
            let protection = protection(aead);
            let mut bytes = Vec::new();
            protection.seal(ContentType::Handshake, (1, 9), &[b"ab", b"c"], &mut bytes).unwrap();
            assert_eq!(bytes.len(), 3 + protection.overhead());
            for at in 0..=bytes.len() {
                let mut touched = bytes.clone();
                if let Some(byte) = touched.get_mut(at) {
                    *byte ^= 1;
                }
                let Some(Record::Headed(record)) = next_record(&mut &touched[..]) else { continue };
                let mut out = b"before".to_vec();
                let opened = protection.open(&record, &mut out);
                let whole = at == bytes.len();
                assert_eq!(opened.is_ok(), whole, "{aead:?} {at}");
                assert_eq!(out, if whole { &b"beforeabc"[..] } else { b"before" });
            }
        }
    }

    #[test]
    fn the_explicit_nonce_is_the_records_number() {
        let mut bytes = Vec::new();
        for sequence in [5, 6] {
            bytes.clear();
            let protection = protection(Aead::Aes128Gcm);
            protection.seal(ContentType::ApplicationData, (1, sequence), &[b"x"], &mut bytes).unwrap();
            assert_eq!(bytes[HEADER..HEADER + 8], [0, 1, 0, 0, 0, 0, 0, sequence as u8]);
        }
        let beyond = protection(Aead::Aes128Gcm).seal(
            ContentType::ApplicationData,
            (1, MAX_SEQUENCE + 1),
            &[b"x"],
            &mut bytes,
        );
        assert_eq!(beyond, Err(Refused), "a nonce would come again");
    }
}
