//! FORWARD TSN (RFC 3758, section 3.2).

use base::Reader;

use super::{MessageNumber, Skipped};

/// A FORWARD TSN that was received.
#[derive(Clone, Debug)]
pub(crate) struct ForwardTsn<'a> {
    pub(crate) tsn: u32,
    skipped: Reader<'a>,
}

impl<'a> ForwardTsn<'a> {
    /// Reads a chunk's value.
    pub(crate) fn read(value: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(value);
        let tsn = reader.u32()?;
        reader.remaining().is_multiple_of(4).then_some(ForwardTsn { tsn, skipped: reader })
    }

    /// Ordered messages that will not come.
    pub(crate) fn skipped(&self) -> impl Iterator<Item = Skipped> + use<'a> {
        let mut reader = self.skipped.clone();
        std::iter::from_fn(move || {
            let stream = reader.u16()?;
            Some(Skipped { stream, is_unordered: false, number: MessageNumber::Ssn(reader.u16()?) })
        })
    }
}
