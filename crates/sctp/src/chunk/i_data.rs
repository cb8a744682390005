//! I-DATA (RFC 8260, section 2.1).

use base::Reader;

use super::{Data, DataFlags, MessageNumber};
use crate::Ppid;

impl<'a> Data<'a> {
    /// Reads an I-DATA chunk's value. One without user data is returned, too: it ends the association.
    pub(crate) fn read_interleaved(flags: u8, value: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(value);
        let flags = DataFlags(flags);
        let (tsn, stream) = (reader.u32()?, reader.u16()?);
        reader.u16()?;
        let number = MessageNumber::Mid(reader.u32()?);
        // The first fragment's number is 0, and its place is the PPID's.
        let ppid_or_fsn = reader.u32()?;
        let (ppid, fsn) = if flags.is_first() { (ppid_or_fsn, 0) } else { (0, ppid_or_fsn) };
        Some(Data { flags, tsn, stream, number, fsn, ppid: Ppid(ppid), payload: reader.rest() })
    }
}
