//! Protected records of 1.3 ([RFC 9147, section 4](https://www.rfc-editor.org/rfc/rfc9147#section-4)).

use base::Reader;

use super::plaintext::ContentType;
use crate::crypto::{Aead, AeadKey, MaskKey, Refused, TAG};

/// What a header begins with: 001, no connection id, 16 bits of sequence number, a length.
const FIRST: u8 = 0b0010_1100;
const CONNECTION_ID: u8 = 0b0001_0000;
const SEQUENCE_16: u8 = 0b0000_1000;
const LENGTH: u8 = 0b0000_0100;
const EPOCH: u8 = 0b0000_0011;
/// Bytes of the headers that we write.
const HEADER: usize = 5;
/// Bytes of ciphertext that a mask is made of. A record always has them: its tag alone is as long.
const SAMPLE: usize = 16;

/// One direction's keys in one epoch.
pub(crate) struct ProtectionKeys {
    key: AeadKey,
    iv: [u8; 12],
    mask: MaskKey,
}

/// A protected record, as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sealed13<'a> {
    header: &'a [u8],
    sealed: &'a [u8],
}

impl<'a> Sealed13<'a> {
    /// Whether a record begins like one.
    pub(crate) fn is_one(first: u8) -> bool {
        first >> 5 == 0b001
    }

    /// Takes one off the datagram's front. Connection ids were not offered, so that there is none.
    pub(crate) fn read(datagram: &mut &'a [u8]) -> Option<Sealed13<'a>> {
        let whole = *datagram;
        let mut reader = Reader::new(whole);
        let first = reader.u8().filter(|first| first & CONNECTION_ID == 0)?;
        let sequence = if first & SEQUENCE_16 != 0 { 2 } else { 1 };
        reader.bytes(sequence)?;
        let length = if first & LENGTH != 0 { Some(usize::from(reader.u16()?)) } else { None };
        let header = whole.get(..whole.len() - reader.remaining())?;
        let sealed = reader.bytes(length.unwrap_or(reader.remaining()))?;
        *datagram = reader.rest();
        (sealed.len() >= SAMPLE).then_some(Sealed13 { header, sealed })
    }

    /// The low bits of the record's epoch.
    pub(crate) fn epoch_bits(&self) -> u64 {
        self.header.first().map_or(0, |first| u64::from(first & EPOCH))
    }

    /// How long its content is, with the padding.
    pub(crate) fn content_length(&self) -> usize {
        self.sealed.len().saturating_sub(TAG + 1)
    }

    /// The whole record again.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        [self.header, self.sealed].concat()
    }
}

impl ProtectionKeys {
    /// How much longer a record is than what it carries: a header, the content's type and a tag.
    pub(crate) const OVERHEAD: usize = HEADER + 1 + TAG;

    pub(crate) fn new(aead: Aead, key: &[u8], iv: &[u8], mask: &[u8]) -> Result<Self, Refused> {
        let iv = iv.try_into().map_err(|_| Refused)?;
        Ok(ProtectionKeys { key: AeadKey::new(aead, key)?, iv, mask: MaskKey::new(aead, mask)? })
    }

    /// RFC 8446, section 5.3. The epoch is not part of it: each has keys of its own.
    fn nonce(&self, sequence: u64) -> [u8; 12] {
        let mut nonce = self.iv;
        for (at, byte) in sequence.to_be_bytes().into_iter().enumerate() {
            nonce[4 + at] ^= byte;
        }
        nonce
    }

    /// Appends one record with all of `pieces`.
    pub(crate) fn seal(
        &self,
        kind: ContentType,
        (epoch, sequence): (u64, u64),
        pieces: &[&[u8]],
        out: &mut Vec<u8>,
    ) -> Result<(), Refused> {
        let length = pieces.iter().map(|piece| piece.len()).sum::<usize>() + 1 + TAG;
        let low = (sequence as u16).to_be_bytes();
        let length_bytes = u16::try_from(length).map_err(|_| Refused)?.to_be_bytes();
        let header = [FIRST | (epoch as u8 & EPOCH), low[0], low[1], length_bytes[0], length_bytes[1]];
        let start = out.len();
        out.extend_from_slice(&header);
        for piece in pieces {
            out.extend_from_slice(piece);
        }
        out.push(kind.to_u8());
        // The header as it was before its number was hidden is what the tag covers.
        let tag = self.key.seal(self.nonce(sequence), &header, &mut out[start + HEADER..])?;
        out.extend_from_slice(&tag);
        let mask = self.mask.mask(&out[start + HEADER..])?;
        out[start + 1] ^= mask[0];
        out[start + 2] ^= mask[1];
        Ok(())
    }

    /// The record's number, read by these keys, when `next` would be the next one (RFC 9147, section 4.2.2). Nothing
    /// is proven by it yet.
    pub(crate) fn number(&self, record: &Sealed13<'_>, next: u64) -> Result<u64, Refused> {
        let mask = self.mask.mask(record.sealed)?;
        match *record.header {
            [first, high, low, ..] if first & SEQUENCE_16 != 0 => {
                let low = u16::from_be_bytes([high ^ mask[0], low ^ mask[1]]);
                Ok(nearest(next, u64::from(low), 16))
            }
            [_, low, ..] => Ok(nearest(next, u64::from(low ^ mask[0]), 8)),
            _ => Err(Refused),
        }
    }

    /// Appends what the record of that number carries, and tells its type.
    pub(crate) fn open(
        &self,
        record: &Sealed13<'_>,
        sequence: u64,
        out: &mut Vec<u8>,
    ) -> Result<ContentType, Refused> {
        let mut header = [0; HEADER];
        let header = header.get_mut(..record.header.len()).ok_or(Refused)?;
        header.copy_from_slice(record.header);
        match header {
            [first, high, low, ..] if *first & SEQUENCE_16 != 0 => {
                [*high, *low] = (sequence as u16).to_be_bytes();
            }
            [_, low, ..] => *low = sequence as u8,
            _ => return Err(Refused),
        }
        let start = out.len();
        self.key.open(self.nonce(sequence), header, record.sealed, out)?;
        // RFC 8446, section 5.4: zeros behind the type are padding.
        let inner = &out[start..];
        let at = inner.iter().rposition(|byte| *byte != 0);
        let kind = at.and_then(|at| ContentType::from_u8(inner[at]));
        match (kind, at) {
            // RFC 9147, section 5: there is no ChangeCipherSpec in 1.3.
            (Some(kind), Some(at)) if kind != ContentType::ChangeCipherSpec => {
                out.truncate(start + at);
                Ok(kind)
            }
            _ => {
                out.truncate(start);
                Err(Refused)
            }
        }
    }
}

/// The number nearest to `next` whose low `bits` bits are `low`.
fn nearest(next: u64, low: u64, bits: u32) -> u64 {
    let window = 1_u64 << bits;
    let candidate = next & !(window - 1) | low;
    if candidate + window / 2 <= next && candidate <= u64::MAX - window {
        candidate + window
    } else if candidate > next.saturating_add(window / 2) && candidate >= window {
        candidate - window
    } else {
        candidate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AEADS: [Aead; 3] = [Aead::Aes128Gcm, Aead::Aes256Gcm, Aead::Chacha20Poly1305];

    fn keys(aead: Aead) -> ProtectionKeys {
        ProtectionKeys::new(aead, &vec![1; aead.key_length()], &[2; 12], &vec![3; aead.key_length()]).unwrap()
    }

    fn open(keys: &ProtectionKeys, bytes: &[u8], next: u64) -> Option<(u64, ContentType, Vec<u8>)> {
        let mut rest = bytes;
        let record = Sealed13::read(&mut rest)?;
        let number = keys.number(&record, next).ok()?;
        let mut out = Vec::new();
        let kind = keys.open(&record, number, &mut out).ok()?;
        Some((number, kind, out))
    }

    #[test]
    fn what_is_sealed_opens_and_what_was_touched_does_not() {
        for aead in AEADS {
            let keys = keys(aead);
            let mut bytes = Vec::new();
            keys.seal(ContentType::Alert, (3, 70_000), &[b"ab", b"c"], &mut bytes).unwrap();
            assert_eq!(bytes.len(), 3 + ProtectionKeys::OVERHEAD);
            assert_eq!(open(&keys, &bytes, 69_999), Some((70_000, ContentType::Alert, b"abc".to_vec())));
            for at in 0..bytes.len() {
                let mut touched = bytes.clone();
                touched[at] ^= 1;
                assert_eq!(open(&keys, &touched, 69_999), None, "{aead:?} {at}");
            }
        }
    }

    /// RFC 9147, section 4.2.3: AES-ECB over the ciphertext's first 16 bytes, with FIPS 197's own example (appendix
    /// B): the sample 3243f6a8885a308d313198a2e0370734 under 2b7e151628aed2a6abf7158809cf4f3c gives 3925841d...
    #[test]
    fn the_mask_is_one_block_of_aes() {
        let key = 0x2b7e_1516_28ae_d2a6_abf7_1588_09cf_4f3c_u128.to_be_bytes();
        let sample = 0x3243_f6a8_885a_308d_3131_98a2_e037_0734_u128.to_be_bytes();
        let mask = MaskKey::new(Aead::Aes128Gcm, &key).unwrap().mask(&sample);
        assert_eq!(mask, Ok([0x39, 0x25]));
        assert!(MaskKey::new(Aead::Aes128Gcm, &key).unwrap().mask(&sample[1..]).is_err());
    }

    /// RFC 9001, appendix A.5: the same with ChaCha20.
    #[test]
    fn the_mask_is_one_block_of_chacha20() {
        let key: Vec<u8> = [
            0x25a2_82b9_e82f_06f2_1f48_8917_a4fc_8f1b_u128.to_be_bytes(),
            0x7357_3685_6085_97d0_efcb_076b_0ab7_a7a4_u128.to_be_bytes(),
        ]
        .concat();
        let sample = 0x5e5c_d55c_41f6_9080_575d_7999_c25a_5bfb_u128.to_be_bytes();
        let mask = MaskKey::new(Aead::Chacha20Poly1305, &key).unwrap().mask(&sample);
        assert_eq!(mask, Ok([0xae, 0xfe]));
    }

    #[test]
    fn numbers_are_completed_to_the_nearest() {
        for (next, low, bits, expected) in [
            (0, 0, 16, 0),
            (0, 0xffff, 16, 0xffff),
            (70_000, 70_000 & 0xffff, 16, 70_000),
            (65_536, 0xffff, 16, 65_535),
            (65_535, 0, 16, 65_536),
            (255, 1, 8, 257),
            (256, 255, 8, 255),
            (300, 43, 8, 299),
            (u64::MAX, 0, 16, u64::MAX - 0xffff),
        ] {
            assert_eq!(nearest(next, low, bits), expected, "{next} {low}");
        }
    }

    #[test]
    fn headers_of_every_form_are_read_and_connection_ids_are_not() {
        let sealed = [9; 20];
        let read = |header: &[u8]| {
            let bytes = [header, &sealed].concat();
            let mut rest = &bytes[..];
            let read = Sealed13::read(&mut rest).is_some();
            (read, rest.len())
        };
        assert_eq!(read(&[0b0010_0000, 1]), (true, 0));
        assert_eq!(read(&[0b0010_1000, 1, 2]), (true, 0));
        assert_eq!(read(&[0b0010_1111, 1, 2, 0, 18]), (true, 2));
        assert_eq!(read(&[0b0010_0111, 1, 0, 18]), (true, 2));
        assert!(!read(&[0b0011_1111, 1, 2, 0, 18]).0, "a connection id");
        assert!(!read(&[0b0010_1111, 1, 2, 0, 15]).0, "shorter than a tag");
        assert!(!read(&[0b0010_1111, 1, 2, 0, 21]).0, "longer than the datagram");
    }
}
