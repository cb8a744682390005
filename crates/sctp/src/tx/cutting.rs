//! Messages become chunks (RFC 9260, section 6.9).

use std::time::Instant;

use super::{Chunk, DATA_OVERHEAD, Place, Sender, write_data};
use crate::chunk::DataFlags;
use crate::packet::PacketWriter;
use crate::stream::{Outgoing, Streams};
use crate::tsn::Tsn;

/// A message that needs several chunks begins or goes on in a packet that has at least so much room left.
const MIN_FRAGMENT: usize = 256;

/// The message that is being sent.
#[derive(Debug)]
pub(super) struct Cutting {
    pub(super) stream: u16,
    ssn: u16,
    pub(super) message: Outgoing,
    offset: usize,
    number: u64,
}

impl Cutting {
    /// The bytes that are not in a chunk yet.
    pub(super) fn remaining(&self) -> usize {
        self.message.payload.len() - self.offset
    }

    /// Whether a chunk of it was sent.
    pub(super) fn has_begun(&self) -> bool {
        self.offset > 0
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The chunk with the next `length` bytes.
    pub(super) fn chunk(&self, length: usize, packet: u64) -> Chunk {
        let end = self.offset + length;
        let is_last = end == self.message.payload.len();
        let is_unordered = !self.message.delivery.ordered;
        Chunk {
            stream: self.stream,
            ssn: self.ssn,
            ppid: self.message.ppid,
            flags: DataFlags::new(self.offset == 0, is_last, is_unordered),
            payload: self.message.payload.slice(self.offset..end),
            message: self.number,
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
    /// Takes the next message that is worth sending.
    fn begin(&mut self, now: Instant, streams: &mut Streams) {
        while self.cutting.is_none()
            && let Some((stream, message)) = streams.next_message()
        {
            if self.forward.is_over(message.delivery.reliability, message.queued_at, now, 0) {
                // Its life has ended in the queue: no TSN and no sequence number was given to it.
                streams.note_sent(stream, message.payload.len());
                streams.release(stream, message.payload.len());
                continue;
            }
            let ssn = if message.delivery.ordered { streams.entry(stream).take_ssn() } else { 0 };
            self.messages += 1;
            self.cutting = Some(Cutting { stream, ssn, message, offset: 0, number: self.messages });
        }
    }

    /// Writes the next chunk of a message; the place of its flags, or `None` if it does not fit or there is none.
    pub(super) fn write_new(
        &mut self,
        now: Instant,
        writer: &mut PacketWriter<'_>,
        streams: &mut Streams,
    ) -> Option<usize> {
        let room = self.max_packet_size.checked_sub(writer.len() + DATA_OVERHEAD)?;
        let next = self.next_length(streams)?;
        // What fits into a packet is not cut. What does not is cut to the packet's end, so that packets are of
        // one length.
        let length = if next <= room {
            next
        } else if next > self.max_payload() && room >= MIN_FRAGMENT {
            room & !3
        } else {
            return None;
        };
        self.give_up_rest(now, streams);
        self.begin(now, streams);
        let cutting = self.cutting.as_mut()?;
        let length = length.min(cutting.remaining());
        let chunk = cutting.chunk(length, self.packets.next_number());
        cutting.offset += length;
        let stream = cutting.stream;
        if cutting.remaining() == 0 {
            self.cutting = None;
        }
        self.in_flight += chunk.wire_length();
        self.unacknowledged += length;
        streams.note_sent(stream, length);
        let tsn = self.push(chunk, streams);
        let chunk = self.outstanding.get(tsn)?;
        Some(write_data(writer, tsn, chunk))
    }

    /// Gives a chunk its TSN.
    pub(super) fn push(&mut self, chunk: Chunk, streams: &mut Streams) -> Tsn {
        let stream = chunk.stream;
        let is_sent = chunk.place == Place::InFlight;
        let tsn = self.outstanding.push(chunk);
        if is_sent {
            self.packets.push_chunk(tsn);
        }
        streams.entry(stream).last_tsn = Some(tsn);
        tsn
    }
}
