//! Packets and the chunks in them (RFC 9260, section 3).

use base::{Reader, Writer};

use crate::chunk::{Data, DataFlags, MessageNumber};
use crate::crc32c;

/// Bytes of the common header.
pub(crate) const HEADER: usize = 12;
/// Bytes of a chunk's header.
pub(crate) const CHUNK_HEADER: usize = 4;

/// Chunk types (RFC 9260, section 3.2; RFC 3758; RFC 4820; RFC 6525; RFC 8260).
pub(crate) mod kind {
    pub(crate) const DATA: u8 = 0;
    pub(crate) const INIT: u8 = 1;
    pub(crate) const INIT_ACK: u8 = 2;
    pub(crate) const SACK: u8 = 3;
    pub(crate) const HEARTBEAT: u8 = 4;
    pub(crate) const HEARTBEAT_ACK: u8 = 5;
    pub(crate) const ABORT: u8 = 6;
    pub(crate) const SHUTDOWN: u8 = 7;
    pub(crate) const SHUTDOWN_ACK: u8 = 8;
    pub(crate) const ERROR: u8 = 9;
    pub(crate) const COOKIE_ECHO: u8 = 10;
    pub(crate) const COOKIE_ACK: u8 = 11;
    pub(crate) const SHUTDOWN_COMPLETE: u8 = 14;
    pub(crate) const I_DATA: u8 = 64;
    pub(crate) const RE_CONFIG: u8 = 130;
    pub(crate) const PAD: u8 = 132;
    pub(crate) const FORWARD_TSN: u8 = 192;
    pub(crate) const I_FORWARD_TSN: u8 = 194;
}

/// The common header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) source_port: u16,
    pub(crate) destination_port: u16,
    pub(crate) tag: u32,
    /// Zero stands in the checksum's place (RFC 9653).
    pub(crate) omits_checksum: bool,
}

/// One chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk<'a> {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    /// What follows the chunk's header, without padding.
    pub(crate) value: &'a [u8],
}

/// A packet's chunks. Ends at the first that is malformed, and says so.
#[derive(Clone, Debug)]
pub(crate) struct Chunks<'a> {
    reader: Reader<'a>,
    /// Whether all was well formed so far: lengths, and padding that is there and zero.
    pub(crate) is_canonical: bool,
}

/// Takes a packet apart. The checksum is not looked at.
pub(crate) fn parse(packet: &[u8]) -> Option<(Header, Chunks<'_>)> {
    let mut reader = Reader::new(packet);
    let header = Header {
        source_port: reader.u16()?,
        destination_port: reader.u16()?,
        tag: reader.u32()?,
        omits_checksum: reader.u32()? == 0,
    };
    Some((header, Chunks { reader, is_canonical: true }))
}

/// Whether a packet's checksum is right.
pub(crate) fn has_right_checksum(packet: &[u8]) -> bool {
    packet.get(8..HEADER).is_some_and(|field| field == crc32c::checksum(packet).to_le_bytes())
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        if self.reader.is_empty() {
            return None;
        }
        let chunk = read_chunk(&mut self.reader);
        match chunk {
            Some((chunk, padded)) => {
                self.is_canonical &= padded;
                Some(chunk)
            }
            None => {
                self.is_canonical = false;
                self.reader.rest();
                None
            }
        }
    }
}

fn read_chunk<'a>(reader: &mut Reader<'a>) -> Option<(Chunk<'a>, bool)> {
    let (kind, flags, length) = (reader.u8()?, reader.u8()?, usize::from(reader.u16()?));
    let value = reader.bytes(length.checked_sub(CHUNK_HEADER)?)?;
    let padding = padding(length);
    let padded = match reader.bytes(padding) {
        Some(bytes) => bytes.iter().all(|byte| *byte == 0),
        // The last chunk without its padding: harmless (RFC 9260, section 3.2).
        None => {
            reader.rest();
            false
        }
    };
    Some((Chunk { kind, flags, value }, padded))
}

/// How many bytes are missing to whole words.
pub(crate) fn padding(length: usize) -> usize {
    length.wrapping_neg() & 3
}

/// Puts a packet together at the end of a buffer.
#[derive(Debug)]
pub(crate) struct PacketWriter<'a> {
    buffer: &'a mut Vec<u8>,
    start: usize,
    omits_checksum: bool,
}

impl<'a> PacketWriter<'a> {
    /// A packet without chunks.
    pub(crate) fn new(buffer: &'a mut Vec<u8>, header: Header) -> Self {
        let start = buffer.len();
        Writer::new(buffer).u16(header.source_port).u16(header.destination_port).u32(header.tag).u32(0);
        PacketWriter { buffer, start, omits_checksum: header.omits_checksum }
    }

    /// The length so far.
    pub(crate) fn len(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// Whether there is no chunk yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == HEADER
    }

    /// Appends a chunk. One that is longer than a chunk can be is cut; nobody here writes such a one.
    pub(crate) fn chunk(&mut self, kind: u8, flags: u8, value: &[u8]) -> &mut Self {
        let value = &value[..value.len().min(usize::from(u16::MAX) - CHUNK_HEADER)];
        let length = CHUNK_HEADER + value.len();
        Writer::new(self.buffer)
            .u8(kind)
            .u8(flags)
            .u16(length as u16)
            .bytes(value)
            .bytes(&[0; 3][..padding(length)]);
        self
    }

    /// Appends a DATA or an I-DATA chunk; the place of its flags.
    pub(crate) fn data(&mut self, data: &Data<'_>) -> usize {
        let (kind, is_interleaved) = match data.number {
            MessageNumber::Ssn(_) => (kind::DATA, false),
            MessageNumber::Mid(_) => (kind::I_DATA, true),
        };
        let length = Data::overhead(is_interleaved) + data.payload.len();
        let flags = self.buffer.len() + 1;
        let mut writer = Writer::new(self.buffer);
        writer.u8(kind).u8(data.flags.0).u16(length as u16).u32(data.tsn).u16(data.stream);
        match data.number {
            MessageNumber::Ssn(ssn) => writer.u16(ssn).u32(data.ppid.0),
            MessageNumber::Mid(mid) => {
                writer.u16(0).u32(mid).u32(if data.flags.is_first() { data.ppid.0 } else { data.fsn })
            }
        };
        writer.bytes(data.payload).bytes(&[0; 3][..padding(length)]);
        flags
    }

    /// The chunk whose flags are at `place` asks for an answer without delay (RFC 7053).
    pub(crate) fn set_immediate(&mut self, place: usize) {
        if let Some(flags) = self.buffer.get_mut(place) {
            *flags = DataFlags(*flags).immediate().0;
        }
    }

    /// Writes the checksum if there is to be one, and takes the packet back if it has no chunk; whether it has.
    pub(crate) fn finish(self) -> bool {
        let is_empty = self.is_empty();
        if is_empty {
            self.buffer.truncate(self.start);
        } else if !self.omits_checksum {
            set_checksum(&mut self.buffer[self.start..]);
        }
        !is_empty
    }
}

/// Writes the right checksum into a packet.
pub(crate) fn set_checksum(packet: &mut [u8]) {
    let checksum = crc32c::checksum(packet).to_le_bytes();
    if let Some(field) = packet.get_mut(8..HEADER) {
        field.copy_from_slice(&checksum);
    }
}

/// A packet of one chunk.
pub(crate) fn single(header: Header, kind: u8, flags: u8, value: &[u8]) -> Vec<u8> {
    let mut packet = Vec::with_capacity(HEADER + CHUNK_HEADER + value.len() + 3);
    let mut writer = PacketWriter::new(&mut packet, header);
    writer.chunk(kind, flags, value);
    writer.finish();
    packet
}

#[cfg(test)]
mod tests;
