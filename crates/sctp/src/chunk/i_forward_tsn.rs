//! I-FORWARD-TSN (RFC 8260, section 2.3.1).

use base::Reader;

use super::{MessageNumber, Skipped};

/// The U flag.
const UNORDERED: u16 = 1;

/// An I-FORWARD-TSN that was received.
#[derive(Clone, Debug)]
pub(crate) struct IForwardTsn<'a> {
    pub(crate) tsn: u32,
    skipped: Reader<'a>,
}

impl<'a> IForwardTsn<'a> {
    /// Reads a chunk's value.
    pub(crate) fn read(value: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(value);
        let tsn = reader.u32()?;
        reader.remaining().is_multiple_of(8).then_some(IForwardTsn { tsn, skipped: reader })
    }

    /// Messages that will not come.
    pub(crate) fn skipped(&self) -> impl Iterator<Item = Skipped> + use<'a> {
        let mut reader = self.skipped.clone();
        std::iter::from_fn(move || {
            let (stream, flags) = (reader.u16()?, reader.u16()?);
            let number = MessageNumber::Mid(reader.u32()?);
            Some(Skipped { stream, is_unordered: flags & UNORDERED != 0, number })
        })
    }
}

impl Skipped {
    /// Appends an entry of a FORWARD TSN or an I-FORWARD-TSN.
    pub(crate) fn write(&self, value: &mut Vec<u8>) {
        value.extend(self.stream.to_be_bytes());
        match self.number {
            MessageNumber::Ssn(ssn) => value.extend(ssn.to_be_bytes()),
            MessageNumber::Mid(mid) => {
                let flags = if self.is_unordered { UNORDERED } else { 0 };
                value.extend(flags.to_be_bytes());
                value.extend(mid.to_be_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let skipped =
            [(3, false, 7), (3, true, u32::MAX), (65_534, true, 0)].map(|(stream, is_unordered, mid)| {
                Skipped { stream, is_unordered, number: MessageNumber::Mid(mid) }
            });
        let mut value = 5_u32.to_be_bytes().to_vec();
        skipped.iter().for_each(|skipped| skipped.write(&mut value));
        let read = IForwardTsn::read(&value).unwrap();
        assert_eq!(read.tsn, 5);
        assert_eq!(read.skipped().collect::<Vec<_>>(), skipped);
        for length in (0..value.len()).filter(|length| *length < 4 || length % 8 != 4) {
            assert!(IForwardTsn::read(&value[..length]).is_none(), "{length}");
        }
    }
}
