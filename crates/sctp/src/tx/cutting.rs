//! Messages become chunks (RFC 9260, section 6.9; RFC 8260, section 2.2.2).

use std::time::Instant;

use super::{Chunk, Place, Sender, write_data};
use crate::chunk::{DataFlags, MessageNumber};
use crate::packet::PacketWriter;
use crate::stream::{Outgoing, Streams};
use crate::tsn::Tsn;

/// A message that needs several chunks begins or goes on in a packet that has at least so much room left.
const MIN_FRAGMENT: usize = 256;

/// A message that is being sent.
#[derive(Debug)]
pub(super) struct Cutting {
    stream: u16,
    number: MessageNumber,
    pub(super) message: Outgoing,
    offset: usize,
    /// The number of the next fragment.
    fsn: u32,
    /// The last chunk of it so far.
    pub(super) last: Option<Tsn>,
    pub(super) id: u64,
}

impl Cutting {
    /// The bytes that are not in a chunk yet.
    pub(super) fn remaining(&self) -> usize {
        self.message.payload.len() - self.offset
    }

    /// The chunk with the next `length` bytes.
    pub(super) fn chunk(&self, length: usize, packet: u64) -> Chunk {
        let end = self.offset + length;
        let is_last = end == self.message.payload.len();
        let is_unordered = !self.message.delivery.ordered;
        Chunk {
            stream: self.stream,
            number: self.number,
            fsn: self.fsn,
            ppid: self.message.ppid,
            flags: DataFlags::new(self.offset == 0, is_last, is_unordered),
            payload: self.message.payload.slice(self.offset..end),
            message: self.id,
            steps_back: 0,
            steps_on: 0,
            reliability: self.message.delivery.reliability,
            queued_at: self.message.queued_at,
            place: Place::InFlight,
            is_abandoned: false,
            packet,
            sends: 1,
        }
    }
}

impl Sender {
    /// Gives up what would be sent next and whose life is over.
    fn pass_over_expired(&mut self, now: Instant, streams: &mut Streams) {
        while let Some(id) = streams.next_stream() {
            let is_over = |message: &Outgoing| {
                self.forward.is_over(message.delivery.reliability, message.queued_at, now, 0)
            };
            if let Some(cutting) = self.cutting.get(&id) {
                if !is_over(&cutting.message) {
                    return;
                }
                // What follows its last chunk, which may have arrived and be gone, gets the TSN that ends the message.
                let (last, message) = (cutting.last, cutting.id);
                self.abandon_message(id, last, message, streams);
                continue;
            }
            if !streams.front(id).is_some_and(is_over) {
                return;
            }
            // No TSN and no number was given to it.
            let length = streams.begin_message(id).map_or(0, |message| message.payload.len());
            streams.note_sent(id, length);
            streams.release(id, length);
            streams.end_message(id);
        }
    }

    /// Takes the next message of a stream, unless one is being sent.
    fn begin(&mut self, id: u16, streams: &mut Streams) {
        if self.cutting.contains_key(&id) {
            return;
        }
        let Some(message) = streams.begin_message(id) else { return };
        let number = streams.entry(id).take_number(message.delivery.ordered, self.is_interleaved);
        self.messages += 1;
        let cutting =
            Cutting { stream: id, number, message, offset: 0, fsn: 0, last: None, id: self.messages };
        self.cutting.insert(id, cutting);
    }

    /// Writes the next chunk of a message; the place of its flags, or `None` if it does not fit or there is none.
    pub(super) fn write_new(
        &mut self,
        now: Instant,
        limit: usize,
        writer: &mut PacketWriter<'_>,
        streams: &mut Streams,
    ) -> Option<usize> {
        let room = limit.checked_sub(writer.len() + self.overhead)?;
        self.pass_over_expired(now, streams);
        let next = self.next_length(streams)?;
        // What fits into a packet is not cut. What does not is cut to the packet's end, so that packets are of
        // one length.
        let is_whole = next <= self.max_payload();
        let length = if is_whole && next <= room {
            next
        } else if !is_whole && room >= MIN_FRAGMENT {
            room.min(self.shape.chunk - self.overhead) & !3
        } else {
            return None;
        };
        let id = streams.next_stream()?;
        self.begin(id, streams);
        let cutting = self.cutting.get_mut(&id)?;
        let chunk = cutting.chunk(length, self.packets.next_number());
        cutting.offset += length;
        cutting.fsn += 1;
        let (previous, is_last) = (cutting.last, cutting.remaining() == 0);
        let wire = chunk.wire_length();
        self.in_flight += wire;
        self.unacknowledged += length;
        let tsn = self.push(chunk, previous, streams);
        streams.note_sent(id, length);
        streams.note_served(id, wire);
        if is_last {
            self.cutting.remove(&id);
            streams.end_message(id);
        } else if let Some(cutting) = self.cutting.get_mut(&id) {
            cutting.last = Some(tsn);
        }
        let chunk = self.outstanding.get(tsn)?;
        Some(write_data(writer, tsn, chunk))
    }

    /// Gives a chunk its TSN.
    pub(super) fn push(&mut self, chunk: Chunk, previous: Option<Tsn>, streams: &mut Streams) -> Tsn {
        let stream = chunk.stream;
        let is_sent = chunk.place == Place::InFlight;
        let tsn = self.outstanding.push(chunk, previous);
        if is_sent {
            self.packets.push_chunk(tsn);
        }
        streams.entry(stream).last_tsn = Some(tsn);
        tsn
    }
}
