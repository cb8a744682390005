//! SACK (RFC 9260, section 3.3.4).

use base::{Reader, Serial32, Writer};

/// A SACK that was received: what it says hangs together.
#[derive(Clone, Debug)]
pub(crate) struct Sack<'a> {
    pub(crate) cumulative: u32,
    pub(crate) window: u32,
    blocks: Reader<'a>,
    duplicates: Reader<'a>,
}

impl<'a> Sack<'a> {
    /// Bytes of the value before the gap ack blocks.
    pub(crate) const HEADER: usize = 12;

    /// Reads a chunk's value. `None` if it is too short, or its blocks are not in order or overlap.
    pub(crate) fn read(value: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(value);
        let (cumulative, window) = (reader.u32()?, reader.u32()?);
        let (blocks, duplicates) = (usize::from(reader.u16()?), usize::from(reader.u16()?));
        let sack = Sack {
            cumulative,
            window,
            blocks: Reader::new(reader.bytes(4 * blocks)?),
            duplicates: Reader::new(reader.bytes(4 * duplicates)?),
        };
        let mut before = 0;
        for (start, end) in sack.blocks() {
            if start <= before || end < start {
                return None;
            }
            before = end;
        }
        Some(sack)
    }

    /// The gap ack blocks, in order: first and last TSN, as distances from the cumulative one.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = (u16, u16)> + use<'a> {
        let mut reader = self.blocks.clone();
        std::iter::from_fn(move || Some((reader.u16()?, reader.u16()?)))
    }

    /// The TSNs that arrived more than once.
    pub(crate) fn duplicates(&self) -> impl Iterator<Item = u32> + use<'a> {
        let mut reader = self.duplicates.clone();
        std::iter::from_fn(move || reader.u32())
    }

    /// The highest TSN that is acknowledged.
    pub(crate) fn highest(&self) -> Serial32 {
        let last = self.blocks().last().map_or(0, |(_, end)| end);
        Serial32(self.cumulative).add(u32::from(last))
    }
}

/// A SACK to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SackParts<'a> {
    pub(crate) cumulative: Serial32,
    pub(crate) window: u32,
    pub(crate) blocks: &'a [(u16, u16)],
    pub(crate) duplicates: &'a [u32],
}

impl SackParts<'_> {
    /// Writes the chunk's value.
    pub(crate) fn write(&self, value: &mut Vec<u8>) {
        let mut writer = Writer::new(value);
        writer.u32(self.cumulative.0).u32(self.window);
        writer.u16(self.blocks.len() as u16).u16(self.duplicates.len() as u16);
        for (start, end) in self.blocks {
            writer.u16(*start).u16(*end);
        }
        for tsn in self.duplicates {
            writer.u32(*tsn);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_and_nonsense_does_not() {
        let write = |blocks: &[(u16, u16)]| {
            let mut value = Vec::new();
            let parts = SackParts { cumulative: Serial32(u32::MAX), window: 9, blocks, duplicates: &[7, 8] };
            parts.write(&mut value);
            value
        };
        let value = write(&[(2, 3), (5, 5)]);
        let sack = Sack::read(&value).unwrap();
        assert_eq!(sack.blocks().collect::<Vec<_>>(), [(2, 3), (5, 5)]);
        assert_eq!(sack.duplicates().collect::<Vec<_>>(), [7, 8]);
        assert_eq!((sack.cumulative, sack.window, sack.highest()), (u32::MAX, 9, Serial32(4)));
        for blocks in [&[(0, 1)][..], &[(3, 2)], &[(2, 4), (4, 5)]] {
            assert!(Sack::read(&write(blocks)).is_none(), "{blocks:?}");
        }
        assert!(Sack::read(&value[..value.len() - 1]).is_none());
    }
}
