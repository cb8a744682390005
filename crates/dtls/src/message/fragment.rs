//! Pieces of handshake messages ([RFC 9147, section 5.2](https://www.rfc-editor.org/rfc/rfc9147#section-5.2)).

use base::{Reader, Writer};

use super::vector::u24;

/// Bytes of a fragment's header.
pub(crate) const HEADER: usize = 12;

/// One piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fragment<'a> {
    pub(crate) kind: u8,
    /// Bytes of the whole message.
    pub(crate) length: usize,
    pub(crate) sequence: u16,
    pub(crate) offset: usize,
    pub(crate) body: &'a [u8],
}

impl<'a> Fragment<'a> {
    /// Takes the first fragment off a record's front. `None`: it lies outside of its message, is empty though the
    /// message is not, or is cut off; what follows in the record is nothing either.
    pub(crate) fn read(record: &mut &'a [u8]) -> Option<Fragment<'a>> {
        let mut reader = Reader::new(record);
        let kind = reader.u8()?;
        let length = u24(&mut reader)?;
        let sequence = reader.u16()?;
        let offset = u24(&mut reader)?;
        let size = u24(&mut reader)?;
        let body = reader.bytes(size)?;
        *record = reader.rest();
        let is_inside = offset + size <= length && (size > 0 || length == 0);
        is_inside.then_some(Fragment { kind, length, sequence, offset, body })
    }

    /// The header in front of the body.
    pub(crate) fn header(&self) -> [u8; HEADER] {
        let mut bytes = Vec::with_capacity(HEADER);
        let three = |value: usize| (value as u32).to_be_bytes();
        Writer::new(&mut bytes)
            .u8(self.kind)
            .bytes(&three(self.length)[1..])
            .u16(self.sequence)
            .bytes(&three(self.offset)[1..])
            .bytes(&three(self.body.len())[1..]);
        let mut header = [0; HEADER];
        header.copy_from_slice(&bytes);
        header
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Option<Fragment<'_>> {
        Fragment::read(&mut &bytes[..])
    }

    #[test]
    fn a_fragment_reads_as_it_was_written() {
        let fragment = Fragment { kind: 11, length: 70_000, sequence: 3, offset: 66_000, body: b"abc" };
        let bytes = [&fragment.header()[..], b"abc", b"rest"].concat();
        let mut rest = &bytes[..];
        assert_eq!(Fragment::read(&mut rest), Some(fragment));
        assert_eq!(rest, b"rest");
        for length in 0..HEADER + 3 {
            assert_eq!(read(&bytes[..length]), None);
        }
    }

    #[test]
    fn impossible_fragments_are_none() {
        let read = |length, offset, body: &[u8]| {
            let fragment = Fragment { kind: 1, length, sequence: 0, offset, body };
            read(&[&fragment.header()[..], body].concat()).is_some()
        };
        assert!(read(3, 0, b"abc") && read(0, 0, b"") && read(9, 6, b"abc"));
        assert!(!read(3, 1, b"abc"), "beyond the end");
        assert!(!read(3, 0, b""), "nothing, for ever");
    }
}
