//! DATA (RFC 9260, section 3.3.1).

use base::Reader;

use super::MessageNumber;
use crate::Ppid;
use crate::packet::CHUNK_HEADER;

/// DATA's flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DataFlags(pub(crate) u8);

impl DataFlags {
    const END: u8 = 1;
    const BEGINNING: u8 = 2;
    const UNORDERED: u8 = 4;
    const IMMEDIATE: u8 = 8;

    /// The flags of a fragment.
    pub(crate) fn new(is_first: bool, is_last: bool, is_unordered: bool) -> Self {
        let flag = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
        DataFlags(
            flag(is_last, Self::END) | flag(is_first, Self::BEGINNING) | flag(is_unordered, Self::UNORDERED),
        )
    }

    /// The same, asking for an answer without delay (RFC 7053).
    pub(crate) fn immediate(self) -> Self {
        DataFlags(self.0 | Self::IMMEDIATE)
    }

    pub(crate) fn is_first(self) -> bool {
        self.0 & Self::BEGINNING != 0
    }

    pub(crate) fn is_last(self) -> bool {
        self.0 & Self::END != 0
    }

    pub(crate) fn is_unordered(self) -> bool {
        self.0 & Self::UNORDERED != 0
    }

    pub(crate) fn is_immediate(self) -> bool {
        self.0 & Self::IMMEDIATE != 0
    }
}

/// One DATA or I-DATA chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Data<'a> {
    pub(crate) flags: DataFlags,
    pub(crate) tsn: u32,
    pub(crate) stream: u16,
    pub(crate) number: MessageNumber,
    /// The fragment's number within its message; DATA has none, and its fragments have TSNs in a row.
    pub(crate) fsn: u32,
    /// Of an I-DATA chunk, only the first fragment has one.
    pub(crate) ppid: Ppid,
    pub(crate) payload: &'a [u8],
}

impl<'a> Data<'a> {
    /// Bytes of a chunk before the user data.
    pub(crate) const fn overhead(is_interleaved: bool) -> usize {
        CHUNK_HEADER + if is_interleaved { 16 } else { 12 }
    }

    /// Reads a DATA chunk's value. One without user data is returned, too: it ends the association.
    pub(crate) fn read(flags: u8, value: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(value);
        Some(Data {
            flags: DataFlags(flags),
            tsn: reader.u32()?,
            stream: reader.u16()?,
            number: MessageNumber::Ssn(reader.u16()?),
            fsn: 0,
            ppid: Ppid(reader.u32()?),
            payload: reader.rest(),
        })
    }
}
