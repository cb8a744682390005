//! A datagram's records, and the header that those of 1.2, and those in the clear of 1.3, have
//! ([RFC 6347, section 4.1](https://www.rfc-editor.org/rfc/rfc6347#section-4.1)).

use base::{Reader, Writer};

use super::ciphertext13::Sealed13;

/// Bytes of a header.
pub(crate) const HEADER: usize = 13;
/// The longest record: 2^14 bytes of plaintext, and what protection adds (RFC 5246, section 6.2.3).
const MAX_FRAGMENT: usize = (1 << 14) + 2048;
/// The largest sequence number of 48 bits.
pub(crate) const MAX_SEQUENCE: u64 = (1 << 48) - 1;
/// The version that headers say, whatever was agreed on (RFC 9147, section 4).
const VERSION: [u8; 2] = [0xfe, 0xfd];

/// What a record carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContentType {
    ChangeCipherSpec,
    Alert,
    Handshake,
    ApplicationData,
    /// RFC 9147, section 7.
    Ack,
}

impl ContentType {
    pub(crate) fn from_u8(value: u8) -> Option<ContentType> {
        match value {
            20 => Some(ContentType::ChangeCipherSpec),
            21 => Some(ContentType::Alert),
            22 => Some(ContentType::Handshake),
            23 => Some(ContentType::ApplicationData),
            26 => Some(ContentType::Ack),
            _ => None,
        }
    }

    pub(crate) fn to_u8(self) -> u8 {
        match self {
            ContentType::ChangeCipherSpec => 20,
            ContentType::Alert => 21,
            ContentType::Handshake => 22,
            ContentType::ApplicationData => 23,
            ContentType::Ack => 26,
        }
    }
}

/// A record with a whole header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Headed<'a> {
    pub(crate) kind: ContentType,
    pub(crate) version: [u8; 2],
    pub(crate) epoch: u16,
    pub(crate) sequence: u64,
    pub(crate) fragment: &'a [u8],
}

impl Headed<'_> {
    /// Appends the whole record again.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let number = u64::from(self.epoch) << 48 | self.sequence;
        let length = self.fragment.len() as u16;
        let mut writer = Writer::new(out);
        writer.u8(self.kind.to_u8()).bytes(&self.version).u64(number).u16(length).bytes(self.fragment);
    }
}

/// One record, as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Record<'a> {
    Headed(Headed<'a>),
    Sealed13(Sealed13<'a>),
    /// Of a kind, or a version, that we do not know; what follows it may be good.
    Unknown,
}

/// Takes the first record off a datagram. `None`: what is left is none.
pub(crate) fn next_record<'a>(datagram: &mut &'a [u8]) -> Option<Record<'a>> {
    let first = *datagram.first()?;
    if Sealed13::is_one(first) {
        return Sealed13::read(datagram).map(Record::Sealed13);
    }
    let mut reader = Reader::new(datagram);
    let kind = reader.u8()?;
    let version = reader.array()?;
    let epoch = reader.u16()?;
    let [a, b, c, d, e, f] = reader.array()?;
    let length = usize::from(reader.u16()?);
    let fragment = reader.bytes(length)?;
    *datagram = reader.rest();
    let sequence = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
    let is_one = version[0] == 0xfe && length <= MAX_FRAGMENT;
    let kind = ContentType::from_u8(kind).filter(|_| is_one);
    Some(
        kind.map_or(Record::Unknown, |kind| {
            Record::Headed(Headed { kind, version, epoch, sequence, fragment })
        }),
    )
}

/// Appends a header for `length` bytes.
pub(crate) fn write_header(
    buffer: &mut Vec<u8>,
    kind: ContentType,
    epoch: u16,
    sequence: u64,
    length: usize,
) {
    let number = u64::from(epoch) << 48 | sequence & MAX_SEQUENCE;
    Writer::new(buffer).u8(kind.to_u8()).bytes(&VERSION).u64(number).u16(length as u16);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_header_reads_as_it_was_written() {
        let mut bytes = Vec::new();
        write_header(&mut bytes, ContentType::Ack, 7, 0x0102_0304_0506, 2);
        assert_eq!(bytes.len(), HEADER);
        bytes.extend(b"abrest");
        let mut rest = &bytes[..];
        let expected = Headed {
            kind: ContentType::Ack,
            version: VERSION,
            epoch: 7,
            sequence: 0x0102_0304_0506,
            fragment: b"ab",
        };
        assert_eq!(next_record(&mut rest), Some(Record::Headed(expected)));
        assert_eq!(rest, b"rest");
    }

    #[test]
    fn what_has_no_whole_header_or_another_protocols_version_is_none() {
        let mut bytes = Vec::new();
        write_header(&mut bytes, ContentType::Alert, 0, 0, 2);
        bytes.extend([2, 40]);
        for length in 0..bytes.len() {
            assert_eq!(next_record(&mut &bytes[..length]), None, "{length}");
        }
        bytes[1] = 3;
        assert_eq!(next_record(&mut &bytes[..]), Some(Record::Unknown));
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let before = rest.len();
                if next_record(&mut rest).is_none() {
                    break;
                }
                prop_assert!(rest.len() < before);
            }
        }
    }
}
