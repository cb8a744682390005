//! ACK ([RFC 9147, section 7](https://www.rfc-editor.org/rfc/rfc9147#section-7)).

use base::{Reader, Writer};

use super::vector::{vector16, whole};
use crate::record::RecordNumber;

/// Record numbers of one ACK that are read or written: those of the longest flight.
pub(crate) const MAX_NUMBERS: usize = 64;

/// Appends an ACK's body.
pub(crate) fn write(numbers: &[RecordNumber], out: &mut Vec<u8>) {
    let mut writer = Writer::new(out);
    writer.u16((numbers.len() * 16) as u16);
    for number in numbers {
        writer.u64(number.epoch).u64(number.sequence);
    }
}

/// The records that an ACK names; of too many, the first ones.
pub(crate) fn read(body: &[u8]) -> Option<impl Iterator<Item = RecordNumber> + '_> {
    let bytes = whole(body, vector16).filter(|bytes| bytes.len().is_multiple_of(16))?;
    let mut reader = Reader::new(bytes);
    let next = move || Some(RecordNumber { epoch: reader.u64()?, sequence: reader.u64()? });
    Some(std::iter::from_fn(next).take(MAX_NUMBERS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ack_reads_as_it_was_written_and_parts_of_one_are_none() {
        let numbers: Vec<_> = (0..3).map(|n| RecordNumber { epoch: 2, sequence: n << 40 }).collect();
        let mut bytes = Vec::new();
        write(&numbers, &mut bytes);
        assert_eq!(read(&bytes).unwrap().collect::<Vec<_>>(), numbers);
        for length in 0..bytes.len() {
            assert!(read(&bytes[..length]).is_none());
        }
        assert!(read(&[0, 1, 7]).is_none());
    }
}
