//! What is sent next.

use super::{NORMAL_PRIORITY, Outgoing, Streams};

/// Whether messages are sent in pieces that take turns, and how many at one time.
///
/// A receiver holds every message that is not whole, and its window does not open before they are: so the messages that
/// have begun must fit into a part of it, or nobody would go on.
#[derive(Debug, Default)]
pub(crate) struct Interleaving {
    /// Otherwise a message that has begun is sent to its end (RFC 9260, section 6.9: TSNs in a row).
    is_on: bool,
    /// The most bytes of messages that may have begun, over all streams, unless it is only one message.
    allowance: usize,
    /// A message of up to so many bytes is sent at once, and counts as nothing.
    whole: usize,
    /// Bytes of messages that have begun and not ended.
    pub(super) begun: usize,
    /// Without interleaving: the stream whose message has begun, and what was sent of it, with headers. Its turn lasts
    /// until the message ends.
    held: Option<u16>,
    served: usize,
}

impl Interleaving {
    fn allows(&self, length: usize) -> bool {
        self.begun == 0 || length <= self.whole || self.begun + length <= self.allowance
    }
}

impl Streams {
    /// Messages are interleaved from now on, or are not.
    pub(crate) fn set_interleaving(&mut self, is_on: bool) {
        self.interleaving.is_on = is_on;
        self.settle();
    }

    /// The peer has shown a window of so many bytes, and a packet takes messages of so many.
    pub(crate) fn note_window(&mut self, window: usize, whole: usize) {
        self.interleaving.whole = whole;
        if window / 2 > self.interleaving.allowance {
            self.interleaving.allowance = window / 2;
            self.unpark();
            self.settle();
        }
    }

    /// Queues a message.
    pub(crate) fn push(&mut self, id: u16, message: Outgoing) {
        let length = message.payload.len();
        let stream = self.map.entry(id).or_default();
        stream.queued += length;
        stream.send.push_back(message);
        if stream.turn.is_none() {
            stream.turn = Some(self.schedule.add(id, stream.earliest));
        }
        self.queued += length;
        self.settle();
    }

    /// The stream that sends next.
    pub(crate) fn next_stream(&self) -> Option<u16> {
        self.interleaving.held.or_else(|| self.schedule.first())
    }

    /// The message that a stream begins next.
    pub(crate) fn front(&self, id: u16) -> Option<&Outgoing> {
        self.map.get(&id)?.send.front()
    }

    /// Takes the message that a stream begins with now. Its bytes count as outstanding, and as not sent, until
    /// [`note_sent`](Streams::note_sent) and [`release`](Streams::release) say otherwise. It has begun until
    /// [`end_message`](Streams::end_message).
    pub(crate) fn begin_message(&mut self, id: u16) -> Option<Outgoing> {
        let stream = self.map.get_mut(&id)?;
        let message = stream.send.pop_front()?;
        let length = message.payload.len();
        stream.queued -= length;
        stream.outstanding += length;
        stream.unsent += length;
        stream.begun = Some(length);
        self.queued -= length;
        self.outstanding += length;
        self.interleaving.begun += length;
        if !self.interleaving.is_on {
            self.interleaving.held = Some(id);
        }
        self.unpark();
        Some(message)
    }

    /// A stream was served with a chunk of so many bytes. The next turn may be another's.
    pub(crate) fn note_served(&mut self, id: u16, bytes: usize) {
        if self.interleaving.held == Some(id) {
            self.interleaving.served += bytes;
        } else {
            self.end_turn(id, bytes);
            self.settle();
        }
    }

    /// A stream's message is in chunks to its end, or was given up.
    pub(crate) fn end_message(&mut self, id: u16) {
        let Some(stream) = self.map.get_mut(&id) else { return };
        self.interleaving.begun -= stream.begun.take().unwrap_or_default();
        if stream.send.is_empty()
            && self.interleaving.held != Some(id)
            && let Some(turn) = stream.turn.take()
        {
            self.schedule.remove(turn);
        }
        if self.interleaving.held.take_if(|held| *held == id).is_some() {
            let served = std::mem::take(&mut self.interleaving.served);
            self.end_turn(id, served);
        }
        self.unpark();
        self.settle();
    }

    fn end_turn(&mut self, id: u16, bytes: usize) {
        let Some(stream) = self.map.get_mut(&id) else { return };
        let Some(turn) = stream.turn.take() else { return };
        let priority = stream.priority.unwrap_or(NORMAL_PRIORITY);
        stream.earliest = self.schedule.charge(turn, bytes, priority);
        if stream.begun.is_some() || !stream.send.is_empty() {
            stream.turn = Some(self.schedule.add(id, stream.earliest));
        }
    }

    fn may_begin(&self, id: u16) -> bool {
        let Some(stream) = self.map.get(&id) else { return true };
        let next = stream.send.front().map_or(0, |message| message.payload.len());
        stream.begun.is_some() || self.interleaving.allows(next)
    }

    /// Sets streams aside that may not begin their message, so that the first of the rest may send.
    fn settle(&mut self) {
        while self.interleaving.is_on
            && let Some(id) = self.schedule.first()
            && !self.may_begin(id)
        {
            self.schedule.park_first();
        }
    }

    /// Lets the first of those in again, if it may begin by now. The next follows when this one has begun.
    fn unpark(&mut self) {
        if let Some(id) = self.schedule.first_parked()
            && self.may_begin(id)
        {
            self.schedule.unpark_first();
        }
    }
}
