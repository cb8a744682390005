//! What waits on each stream, in both directions.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use bytes::Bytes;

use crate::tsn::Tsn;
use crate::{Delivery, Event, Message, Ppid};

/// What an unread message takes of the receive window besides its bytes, so that messages of one byte fill it
/// before they fill the memory.
const MESSAGE_COST: usize = 64;

/// A message that waits to be sent.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) ppid: Ppid,
    pub(crate) payload: Bytes,
    pub(crate) delivery: Delivery,
    pub(crate) queued_at: Instant,
}

/// What a reader finds, in order.
#[derive(Debug)]
enum Incoming {
    Message(Message),
    /// The peer reset its side here.
    Reset,
}

/// Our side of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum OutgoingSide {
    #[default]
    Open,
    /// A reset was asked for; what was sent before is still delivered.
    Resetting,
    /// The peer refused to reset.
    Unusable,
}

/// One stream.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    pub(crate) side: OutgoingSide,
    send: VecDeque<Outgoing>,
    queued: usize,
    outstanding: usize,
    /// What of `outstanding` was not in any packet yet.
    unsent: usize,
    receive: VecDeque<Incoming>,
    /// An [`Event::IncomingReset`] is on its way: what follows it stays unread until it was seen.
    at_reset: bool,
    /// The peer reset its side and has sent nothing since.
    pub(crate) is_incoming_reset: bool,
    /// The last TSN that carried this stream.
    pub(crate) last_tsn: Option<Tsn>,
    /// The sequence number of our next ordered message.
    next_out: u16,
    /// How many ordered messages of the peer were delivered or skipped since the last reset: the low 16 bits are
    /// the sequence number of the next.
    next_in: u64,
    /// Ordered messages that wait for earlier ones, by their place in `next_in`'s count.
    waiting: BTreeMap<u64, (Message, usize)>,
}

impl Stream {
    /// The sequence number of an ordered message whose first fragment is sent now.
    pub(crate) fn take_ssn(&mut self) -> u16 {
        let ssn = self.next_out;
        self.next_out = ssn.wrapping_add(1);
        ssn
    }

    /// The place of a message of the peer's; `None` if it is one of the past.
    fn place(&self, ssn: u16) -> Option<u64> {
        let ahead = ssn.wrapping_sub(self.next_in as u16);
        (ahead < 0x8000).then(|| self.next_in + u64::from(ahead))
    }

    /// Whether everything that was sent arrived: queues empty, nothing outstanding, and the last TSN within
    /// what the peer acknowledged cumulatively.
    pub(crate) fn is_flushed(&self, acknowledged: Tsn) -> bool {
        self.queued == 0 && self.outstanding == 0 && self.last_tsn.is_none_or(|tsn| tsn <= acknowledged)
    }

    /// Our side begins at 0 again (RFC 6525, section 5.2.7).
    pub(crate) fn reset_outgoing(&mut self) {
        self.next_out = 0;
        self.side = OutgoingSide::Open;
    }

    fn buffered(&self) -> usize {
        self.queued + self.outstanding
    }

    fn unsent(&self) -> usize {
        self.queued + self.unsent
    }
}

/// All streams.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    map: BTreeMap<u16, Stream>,
    /// Streams with something to send, in turn.
    turn: VecDeque<u16>,
    /// Streams whose buffered amount fell, not yet said. At most one entry a stream.
    drained: BTreeSet<u16>,
    /// Messages and resets, not yet said.
    events: VecDeque<Event>,
    unread: usize,
    queued: usize,
    outstanding: usize,
    /// Bytes and chunks of messages that wait for earlier ones.
    waiting_bytes: usize,
    waiting_chunks: usize,
}

impl Streams {
    /// A stream that was used before.
    pub(crate) fn get(&self, id: u16) -> Option<&Stream> {
        self.map.get(&id)
    }

    /// A stream, which begins to exist with this.
    pub(crate) fn entry(&mut self, id: u16) -> &mut Stream {
        self.map.entry(id).or_default()
    }

    /// The streams that a reset of all streams resets: those used since their last one.
    pub(crate) fn resettable(&self) -> impl Iterator<Item = u16> + '_ {
        self.map.iter().filter(|(_, stream)| !stream.is_incoming_reset).map(|(id, _)| *id)
    }

    /// The streams whose outgoing side is to be reset.
    pub(crate) fn resetting(&self) -> impl Iterator<Item = u16> + '_ {
        self.map.iter().filter(|(_, stream)| stream.side == OutgoingSide::Resetting).map(|(id, _)| *id)
    }

    /// Queues a message.
    pub(crate) fn push(&mut self, id: u16, message: Outgoing) {
        let length = message.payload.len();
        let stream = self.map.entry(id).or_default();
        if stream.send.is_empty() {
            self.turn.push_back(id);
        }
        stream.queued += length;
        stream.send.push_back(message);
        self.queued += length;
    }

    /// The next message to send, one stream after the other. Its bytes count as outstanding, and as not sent,
    /// until [`note_sent`](Streams::note_sent) and [`release`](Streams::release) say otherwise.
    pub(crate) fn next_message(&mut self) -> Option<(u16, Outgoing)> {
        let id = self.turn.pop_front()?;
        let stream = self.map.get_mut(&id)?;
        let message = stream.send.pop_front()?;
        if !stream.send.is_empty() {
            self.turn.push_back(id);
        }
        let length = message.payload.len();
        stream.queued -= length;
        stream.outstanding += length;
        stream.unsent += length;
        self.queued -= length;
        self.outstanding += length;
        Some((id, message))
    }

    /// The bytes of the message that [`next_message`](Streams::next_message) would give.
    pub(crate) fn next_length(&self) -> Option<usize> {
        Some(self.map.get(self.turn.front()?)?.send.front()?.payload.len())
    }

    /// A chunk with so many of a stream's bytes is sent for the first time.
    pub(crate) fn note_sent(&mut self, id: u16, bytes: usize) {
        let Some(stream) = self.map.get_mut(&id) else { return };
        stream.unsent = stream.unsent.saturating_sub(bytes);
        self.drained.insert(id);
    }

    /// So many of a stream's bytes have arrived, or were given up.
    pub(crate) fn release(&mut self, id: u16, bytes: usize) {
        let Some(stream) = self.map.get_mut(&id) else { return };
        let bytes = bytes.min(stream.outstanding);
        stream.outstanding -= bytes;
        self.outstanding -= bytes;
        self.drained.insert(id);
    }

    /// Bytes handed over and not acknowledged.
    pub(crate) fn outstanding(&self) -> usize {
        self.outstanding
    }

    /// Bytes accepted and not acknowledged.
    pub(crate) fn total_buffered(&self) -> usize {
        self.queued + self.outstanding
    }

    /// The same of one stream.
    pub(crate) fn buffered(&self, id: u16) -> usize {
        self.map.get(&id).map_or(0, Stream::buffered)
    }

    /// Bytes of one stream that were accepted and never sent.
    pub(crate) fn unsent(&self, id: u16) -> usize {
        self.map.get(&id).map_or(0, Stream::unsent)
    }

    /// Forgets what waits to be sent.
    pub(crate) fn clear_outgoing(&mut self) {
        for stream in self.map.values_mut() {
            stream.send.clear();
            stream.queued = 0;
            stream.outstanding = 0;
            stream.unsent = 0;
        }
        self.turn.clear();
        self.drained.clear();
        self.queued = 0;
        self.outstanding = 0;
    }

    /// Takes in a message for the reader.
    pub(crate) fn deliver(&mut self, message: Message) {
        let id = message.stream;
        let stream = self.map.entry(id).or_default();
        if stream.receive.is_empty() && !stream.at_reset {
            self.events.push_back(Event::Readable { stream: id });
        }
        self.unread += message.payload.len() + MESSAGE_COST;
        stream.receive.push_back(Incoming::Message(message));
    }

    /// Takes in an ordered message of so many chunks, and delivers what was waiting for it.
    pub(crate) fn deliver_in_order(&mut self, ssn: u16, message: Message, chunks: usize) {
        let stream = self.map.entry(message.stream).or_default();
        let Some(place) = stream.place(ssn) else { return };
        if place == stream.next_in {
            stream.next_in += 1;
            let id = message.stream;
            self.deliver(message);
            return self.deliver_waiting(id);
        }
        self.waiting_bytes += message.payload.len();
        self.waiting_chunks += chunks;
        // A peer that numbers two messages alike loses the first.
        if let Some((message, chunks)) = stream.waiting.insert(place, (message, chunks)) {
            self.forget_waiting(&message, chunks);
        }
    }

    /// A stream's ordered messages up to `ssn` were given up; those that are whole are delivered (RFC 3758,
    /// section 3.6).
    pub(crate) fn skip_in_order(&mut self, id: u16, ssn: u16) {
        let stream = self.map.entry(id).or_default();
        let Some(place) = stream.place(ssn) else { return };
        stream.next_in = place + 1;
        while let Some(stream) = self.map.get_mut(&id)
            && let Some(entry) = stream.waiting.first_entry()
            && *entry.key() <= place
        {
            let (message, chunks) = entry.remove();
            self.forget_waiting(&message, chunks);
            self.deliver(message);
        }
        self.deliver_waiting(id);
    }

    fn deliver_waiting(&mut self, id: u16) {
        while let Some(stream) = self.map.get_mut(&id)
            && let Some((message, chunks)) = stream.waiting.remove(&stream.next_in)
        {
            stream.next_in += 1;
            self.forget_waiting(&message, chunks);
            self.deliver(message);
        }
    }

    fn forget_waiting(&mut self, message: &Message, chunks: usize) {
        self.waiting_bytes -= message.payload.len();
        self.waiting_chunks -= chunks;
    }

    /// Bytes of messages that wait for earlier ones.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    /// Chunks of them.
    pub(crate) fn waiting_chunks(&self) -> usize {
        self.waiting_chunks
    }

    /// Notes that the peer reset its side.
    pub(crate) fn reset_incoming(&mut self, id: u16) {
        let stream = self.map.entry(id).or_default();
        stream.next_in = 0;
        stream.is_incoming_reset = true;
        // All that was sent before has arrived: what still waits, waits for what was never sent.
        for (message, chunks) in std::mem::take(&mut stream.waiting).into_values() {
            self.forget_waiting(&message, chunks);
        }
        let stream = self.map.entry(id).or_default();
        match stream.receive.back() {
            None if stream.at_reset => {}
            None => {
                stream.at_reset = true;
                self.events.push_back(Event::IncomingReset { stream: id });
            }
            // Two resets with nothing between them are one to the reader, who has not seen the first.
            Some(Incoming::Reset) => {}
            Some(Incoming::Message(_)) => stream.receive.push_back(Incoming::Reset),
        }
    }

    /// The next message for the reader of a stream.
    pub(crate) fn read(&mut self, id: u16) -> Option<Message> {
        let stream = self.map.get_mut(&id).filter(|stream| !stream.at_reset)?;
        let Some(Incoming::Message(message)) = stream.receive.pop_front() else { return None };
        if let Some(Incoming::Reset) = stream.receive.front() {
            stream.receive.pop_front();
            stream.at_reset = true;
            self.events.push_back(Event::IncomingReset { stream: id });
        }
        self.unread = self.unread.saturating_sub(message.payload.len() + MESSAGE_COST);
        Some(message)
    }

    /// How much of the receive window unread messages take.
    pub(crate) fn unread(&self) -> usize {
        self.unread
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Streams::default();
    }

    /// What happened next.
    pub(crate) fn poll_event(&mut self) -> Option<Event> {
        if let Some(event) = self.events.pop_front() {
            if let Event::IncomingReset { stream: id } = event
                && let Some(stream) = self.map.get_mut(&id)
            {
                stream.at_reset = false;
                if !stream.receive.is_empty() {
                    self.events.push_back(Event::Readable { stream: id });
                }
            }
            return Some(event);
        }
        self.drained.pop_first().map(|stream| Event::BufferDrained { stream })
    }
}
