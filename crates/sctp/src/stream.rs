//! What waits on each stream, in both directions.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use base::Serial32;
use bytes::Bytes;

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
///
/// What stands behind this face counts stream sequence numbers on and on, while on the wire they begin at 0
/// again after a reset (RFC 6525, section 5.2.2). The bases are the difference.
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
    pub(crate) last_tsn: Option<Serial32>,
    /// It carried a message that may be given up.
    pub(crate) may_lose: bool,
    out_base: u16,
    out_next: u16,
    in_base: u16,
    in_next: u16,
}

impl Stream {
    /// The wire's sequence number of an outgoing one.
    pub(crate) fn outgoing_ssn(&mut self, inner: u16) -> u16 {
        let next = inner.wrapping_add(1);
        if base::Serial16(next).is_after(base::Serial16(self.out_next)) {
            self.out_next = next;
        }
        inner.wrapping_sub(self.out_base)
    }

    /// The wire's number of a skipped message; `None` if it belongs to the time before the last reset.
    pub(crate) fn skipped_outgoing_ssn(&self, inner: u16) -> Option<u16> {
        let wire = inner.wrapping_sub(self.out_base);
        (wire < 0x8000).then_some(wire)
    }

    /// The inner sequence number of an incoming one.
    pub(crate) fn incoming_ssn(&mut self, wire: u16) -> u16 {
        let inner = wire.wrapping_add(self.in_base);
        let next = inner.wrapping_add(1);
        if base::Serial16(next).is_after(base::Serial16(self.in_next)) {
            self.in_next = next;
        }
        inner
    }

    /// Whether everything that was sent arrived: queues empty, nothing outstanding, and the last TSN within
    /// what the peer acknowledged cumulatively.
    pub(crate) fn is_flushed(&self, acknowledged: Serial32) -> bool {
        self.queued == 0
            && self.outstanding == 0
            && self.last_tsn.is_none_or(|tsn| tsn.distance_from(acknowledged) <= 0)
    }

    /// Our side begins at 0 again.
    pub(crate) fn reset_outgoing(&mut self) {
        self.out_base = self.out_next;
        self.side = OutgoingSide::Open;
        self.may_lose = false;
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
    /// Streams with something outstanding.
    active: BTreeSet<u16>,
    /// Streams whose buffered amount fell, not yet said. At most one entry a stream.
    drained: BTreeSet<u16>,
    /// Messages and resets, not yet said.
    events: VecDeque<Event>,
    unread: usize,
    queued: usize,
    outstanding: usize,
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

    /// The next message to send, one stream after the other. Its bytes are counted as outstanding until
    /// [`set_outstanding`](Streams::set_outstanding) says otherwise.
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
        self.active.insert(id);
        Some((id, message))
    }

    /// Whether a message waits to be sent.
    pub(crate) fn has_message(&self) -> bool {
        !self.turn.is_empty()
    }

    /// The streams with something outstanding.
    pub(crate) fn active(&self) -> Vec<u16> {
        self.active.iter().copied().collect()
    }

    /// Notes how much of a stream is outstanding.
    pub(crate) fn set_outstanding(&mut self, id: u16, bytes: usize) {
        let Some(stream) = self.map.get_mut(&id) else { return };
        if bytes < stream.outstanding {
            self.drained.insert(id);
        }
        self.outstanding = self.outstanding + bytes - stream.outstanding;
        stream.outstanding = bytes;
        // Less than that if messages were given up before they were sent.
        stream.unsent = stream.unsent.min(bytes);
        if bytes == 0 {
            self.active.remove(&id);
        }
    }

    /// Notes that a chunk with so many of a stream's bytes is sent for the first time.
    pub(crate) fn note_sent(&mut self, id: u16, bytes: usize) {
        let Some(stream) = self.map.get_mut(&id) else { return };
        stream.unsent = stream.unsent.saturating_sub(bytes);
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
        self.active.clear();
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

    /// Notes that the peer reset its side.
    pub(crate) fn reset_incoming(&mut self, id: u16) {
        let stream = self.map.entry(id).or_default();
        stream.in_base = stream.in_next;
        stream.is_incoming_reset = true;
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
