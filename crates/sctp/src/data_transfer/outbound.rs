//! What is put right in the library's packets on their way out.
//!
//! DATA and FORWARD TSN get the wire's stream sequence numbers, SACK the window that counts unread messages
//! too, FORWARD TSN a fixed order of streams (the library's is that of a hash map); and no packet leaves that
//! is longer than the path allows (the library forgets headers and padding when it bundles).

use std::time::Instant;

use base::{Reader, Serial32, Writer};

use super::DataTransfer;
use crate::packet::{CHUNK_HEADER, Chunk, HEADER, PacketWriter, kind, parse};
use crate::stream::Streams;

/// Bytes of a DATA chunk's value before the user data.
const DATA_HEADER: usize = 12;
/// Bytes of a SACK's value before the gap ack blocks.
const SACK_HEADER: usize = 12;
const UNORDERED: u8 = 4;
/// The I bit: the peer answers without its delay (RFC 7053).
pub(super) const IMMEDIATE: u8 = 8;

/// Whether a packet of the library's carries user data.
pub(super) fn carries_data(packet: &[u8]) -> bool {
    packet.get(HEADER) == Some(&kind::DATA)
}

impl DataTransfer {
    /// Makes one or more packets of one of the library's. The last one of a burst with user data asks for an
    /// answer at once: nothing follows that would bring it.
    pub(super) fn look_over(&mut self, now: Instant, packet: &[u8], ends_burst: bool, streams: &mut Streams) {
        let Some((_, chunks)) = parse(packet) else { return };
        let mut is_changed = ends_burst || packet.len() > self.max_packet_size;
        let immediate = if ends_burst { IMMEDIATE } else { 0 };
        let mut writer = PacketWriter::new(self.header);
        for chunk in chunks {
            let changed = match chunk.kind {
                kind::DATA => self.look_over_data(now, &chunk, streams),
                kind::SACK => self.look_over_sack(&chunk, streams),
                kind::FORWARD_TSN => self.look_over_forward_tsn(&chunk, streams),
                _ => Some(Vec::new()),
            };
            is_changed |= changed.is_some();
            let value = changed.as_deref().unwrap_or(chunk.value);
            if value.is_empty() {
                continue;
            }
            let flags = if chunk.kind == kind::DATA { chunk.flags | immediate } else { chunk.flags };
            let chunk = Chunk { flags, value, ..chunk };
            self.push_chunk(&mut writer, &chunk);
        }
        if !is_changed {
            self.ready.push_back(packet.to_vec());
        } else if !writer.is_empty() {
            self.ready.push_back(writer.finish());
        }
    }

    /// The DATA chunk's new value, if it changes.
    fn look_over_data(&mut self, now: Instant, chunk: &Chunk<'_>, streams: &mut Streams) -> Option<Vec<u8>> {
        let mut reader = Reader::new(chunk.value);
        let (tsn, id, inner) = (Serial32(reader.u32()?), reader.u16()?, reader.u16()?);
        if tsn.is_after(self.highest_sent) {
            self.highest_sent = tsn;
        }
        let stream = streams.entry(id);
        if stream.last_tsn.is_none_or(|last| tsn.is_after(last)) {
            stream.last_tsn = Some(tsn);
            streams.note_sent(id, chunk.value.len().saturating_sub(DATA_HEADER));
        }
        let stream = streams.entry(id);
        let mut changed = None;
        if chunk.flags & UNORDERED == 0 {
            let wire = stream.outgoing_ssn(inner);
            changed = (wire != inner).then(|| with_ssn(chunk.value, wire));
        }
        let value = changed.as_deref().unwrap_or(chunk.value);
        self.recovery.note_sent(now, tsn, chunk.flags, value, !stream.may_lose);
        changed
    }

    /// The SACK's new value, if it changes.
    fn look_over_sack(&mut self, chunk: &Chunk<'_>, streams: &Streams) -> Option<Vec<u8>> {
        let mut reader = Reader::new(chunk.value);
        let (cumulative, credit) = (Serial32(reader.u32()?), reader.u32()?);
        let (gaps, duplicates) = (usize::from(reader.u16()?), reader.u16()?);
        self.credit = credit as usize;
        let blocks: Vec<_> = std::iter::from_fn(|| Some((reader.u16()?, reader.u16()?))).take(gaps).collect();
        // RFC 9260, section 6.2: what does not fit into a packet is left out, duplicates first.
        let fit = (self.max_packet_size - HEADER - CHUNK_HEADER - SACK_HEADER) / 4;
        let kept = gaps.min(fit);
        let length = SACK_HEADER + 4 * kept;
        let window = self.window(streams);
        self.advertised = window;
        let mut value = chunk.value.get(..length)?.to_vec();
        set_window(&mut value, window);
        value[8..SACK_HEADER].copy_from_slice(&[(kept >> 8) as u8, kept as u8, 0, 0]);
        self.acked_to_peer = Some((cumulative, blocks));
        self.last_sack = Some(value.clone());
        if kept + usize::from(duplicates) <= fit {
            if window == credit as usize {
                return None;
            }
            value = chunk.value.to_vec();
            set_window(&mut value, window);
        }
        Some(value)
    }

    /// The FORWARD TSN's new value.
    fn look_over_forward_tsn(&mut self, chunk: &Chunk<'_>, streams: &mut Streams) -> Option<Vec<u8>> {
        let mut reader = Reader::new(chunk.value);
        let tsn = Serial32(reader.u32()?);
        if tsn.is_after(self.highest_sent) {
            self.highest_sent = tsn;
        }
        let mut skipped = Vec::new();
        while let (Some(id), Some(inner)) = (reader.u16(), reader.u16()) {
            let wire = streams.get(id).and_then(|stream| stream.skipped_outgoing_ssn(inner));
            skipped.extend(wire.map(|wire| (id, wire)));
        }
        skipped.sort_unstable();
        let mut value = Vec::with_capacity(chunk.value.len());
        let mut writer = Writer::new(&mut value);
        writer.u32(tsn.0);
        for (id, wire) in skipped {
            writer.u16(id).u16(wire);
        }
        Some(value)
    }
}

/// A DATA chunk's value with another stream sequence number.
pub(crate) fn with_ssn(value: &[u8], ssn: u16) -> Vec<u8> {
    let mut value = value.to_vec();
    if let Some(field) = value.get_mut(6..8) {
        field.copy_from_slice(&ssn.to_be_bytes());
    }
    debug_assert!(value.len() >= DATA_HEADER);
    value
}

/// Writes a window into a SACK's value.
pub(super) fn set_window(value: &mut [u8], window: usize) {
    let window = u32::try_from(window).unwrap_or(u32::MAX);
    if let Some(field) = value.get_mut(4..8) {
        field.copy_from_slice(&window.to_be_bytes());
    }
}
