//! What waits on each stream, in both directions.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use bytes::Bytes;

use crate::chunk::{Data, MessageNumber, Skipped};
use crate::room::give_back;
use crate::tsn::Tsn;
use crate::{Delivery, Event, Message, Ppid};

mod outgoing;
mod partial;
mod schedule;

pub(crate) use outgoing::Interleaving;
use partial::Partials;
pub(crate) use partial::PieceError;
use schedule::{Schedule, Turn};

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

/// The priority of a stream that has none of its own: RFC 8831's "normal".
const NORMAL_PRIORITY: u16 = 256;

/// One stream.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    pub(crate) side: OutgoingSide,
    /// None stands for [`NORMAL_PRIORITY`].
    pub(crate) priority: Option<u16>,
    /// While there is something to send.
    turn: Option<Turn>,
    /// When the next turn may start.
    earliest: u64,
    /// The bytes of the message of which some were sent, and some not.
    begun: Option<usize>,
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
    /// The numbers of our next ordered and our next unordered message.
    next_out: (u32, u32),
    /// How many ordered messages of the peer were delivered or skipped since the last reset: the lowest bits are
    /// the number of the next.
    next_in: u64,
    /// The last unordered message that the peer has given up, of those that have identifiers.
    skipped_unordered: Option<u32>,
    /// Ordered messages that wait for earlier ones, by their place in `next_in`'s count.
    waiting: BTreeMap<u64, (Message, usize)>,
}

impl Stream {
    /// The number of a message whose first fragment is sent now.
    pub(crate) fn take_number(&mut self, is_ordered: bool, is_interleaved: bool) -> MessageNumber {
        let next = if is_ordered { &mut self.next_out.0 } else { &mut self.next_out.1 };
        let number = *next;
        *next = number.wrapping_add(1);
        match (is_interleaved, is_ordered) {
            (true, _) => MessageNumber::Mid(number),
            // RFC 9260, section 3.3.1: it says nothing.
            (false, false) => MessageNumber::Ssn(0),
            (false, true) => MessageNumber::Ssn(number as u16),
        }
    }

    /// Whether a piece belongs to a message that was delivered or given up.
    fn is_past(&mut self, is_unordered: bool, mid: u32) -> bool {
        if !is_unordered {
            return MessageNumber::Mid(mid).place(self.next_in).is_none();
        }
        let Some(skipped) = self.skipped_unordered else { return false };
        let ahead = mid.wrapping_sub(skipped);
        // Long before the numbers come round, the mark says nothing any more.
        self.skipped_unordered.take_if(|_| (1 << 30..1 << 31).contains(&ahead));
        ahead == 0 || ahead > 1 << 31
    }

    /// Whether everything that was sent arrived: queues empty, nothing outstanding, and the last TSN within
    /// what the peer acknowledged cumulatively.
    pub(crate) fn is_flushed(&self, acknowledged: Tsn) -> bool {
        self.queued == 0 && self.outstanding == 0 && self.last_tsn.is_none_or(|tsn| tsn <= acknowledged)
    }

    /// Our side begins at 0 again (RFC 6525, section 5.2.7; RFC 8260, section 2.3.2).
    pub(crate) fn reset_outgoing(&mut self) {
        self.next_out = (0, 0);
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
    /// Boxed, as a map with one entry has room for eleven.
    map: BTreeMap<u16, Box<Stream>>,
    schedule: Schedule,
    interleaving: Interleaving,
    /// Streams whose buffered amount fell, not yet said. At most one entry a stream.
    drained: BTreeSet<u16>,
    /// Messages and resets, not yet said.
    events: VecDeque<Event>,
    /// Messages that were not read, and their bytes.
    unread: (usize, usize),
    queued: usize,
    outstanding: usize,
    /// Bytes and chunks of messages that wait for earlier ones.
    waiting_bytes: usize,
    waiting_chunks: usize,
    /// Interleaved messages that are not whole.
    partials: Partials,
}

impl Streams {
    /// A stream that was used before.
    pub(crate) fn get(&self, id: u16) -> Option<&Stream> {
        self.map.get(&id).map(|stream| &**stream)
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
        if stream.outstanding == 0 {
            give_back(&mut stream.send);
        }
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
        self.map.get(&id).map_or(0, |stream| stream.buffered())
    }

    /// Bytes of one stream that were accepted and never sent.
    pub(crate) fn unsent(&self, id: u16) -> usize {
        self.map.get(&id).map_or(0, |stream| stream.unsent())
    }

    /// Forgets what waits to be sent.
    pub(crate) fn clear_outgoing(&mut self) {
        for stream in self.map.values_mut() {
            stream.send.clear();
            stream.turn = None;
            stream.begun = None;
            stream.queued = 0;
            stream.outstanding = 0;
            stream.unsent = 0;
        }
        self.schedule = Schedule::default();
        self.interleaving.begun = 0;
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
        self.unread.0 += 1;
        self.unread.1 += message.payload.len();
        stream.receive.push_back(Incoming::Message(message));
    }

    /// Takes in a piece of a message of at most so many bytes.
    pub(crate) fn take_piece(&mut self, data: &Data<'_>, most: usize) -> Result<(), PieceError> {
        let is_unordered = data.flags.is_unordered();
        let stream = self.map.entry(data.stream).or_default();
        if matches!(data.number, MessageNumber::Mid(mid) if stream.is_past(is_unordered, mid)) {
            return Ok(());
        }
        let Some(whole) = self.partials.insert(data, most)? else { return Ok(()) };
        let message = Message { stream: data.stream, ppid: whole.ppid, payload: whole.payload };
        if is_unordered {
            self.deliver(message);
        } else {
            self.deliver_in_order(data.number, message, whole.chunks);
        }
        Ok(())
    }

    /// Takes in an ordered message of so many chunks, and delivers what was waiting for it.
    pub(crate) fn deliver_in_order(&mut self, number: MessageNumber, message: Message, chunks: usize) {
        let stream = self.map.entry(message.stream).or_default();
        let Some(place) = number.place(stream.next_in) else { return };
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

    /// Messages of a stream were given up; ordered ones that are whole are delivered (RFC 3758, section 3.6; RFC 8260,
    /// section 2.3.1).
    pub(crate) fn skip(&mut self, skipped: Skipped) {
        let Skipped { stream: id, is_unordered, number } = skipped;
        let stream = self.map.entry(id).or_default();
        if let MessageNumber::Mid(mid) = number {
            if stream.is_past(is_unordered, mid) {
                return;
            }
            self.partials.skip(id, is_unordered, mid);
            if is_unordered {
                // Pieces that were on their way have to find nothing to join.
                stream.skipped_unordered = Some(mid);
                return;
            }
        }
        let Some(place) = number.place(stream.next_in) else { return };
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

    /// Bytes of messages that wait for earlier ones, or, interleaved, for the rest of themselves.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.waiting_bytes + self.partials.bytes()
    }

    /// Chunks of them.
    pub(crate) fn waiting_chunks(&self) -> usize {
        self.waiting_chunks + self.partials.chunks()
    }

    /// Notes that the peer reset its side.
    pub(crate) fn reset_incoming(&mut self, id: u16) {
        let stream = self.map.entry(id).or_default();
        stream.next_in = 0;
        stream.skipped_unordered = None;
        stream.is_incoming_reset = true;
        self.partials.reset(id);
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
        give_back(&mut stream.receive);
        self.unread.0 = self.unread.0.saturating_sub(1);
        self.unread.1 = self.unread.1.saturating_sub(message.payload.len());
        Some(message)
    }

    /// How much of the receive window unread messages take.
    pub(crate) fn unread(&self) -> usize {
        self.unread.1 + self.unread.0 * MESSAGE_COST
    }

    /// The bytes of unread messages alone.
    pub(crate) fn unread_bytes(&self) -> usize {
        self.unread.1
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
