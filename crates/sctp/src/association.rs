//! One end of an association.

use std::time::Instant;

use base::Rng;
use bytes::Bytes;

use crate::{Config, Counters, Delivery, Event, Message, Ppid, SendError, State, Stats};

/// One end of one SCTP association.
#[derive(Debug)]
pub struct Association {
    config: Config,
    counters: Counters,
}

impl Association {
    /// A new end, whose INIT is ready at once. Both ends may start, or only one.
    pub fn new(config: Config, now: Instant, rng: Rng) -> Self {
        let _ = (now, rng);
        Association { config, counters: Counters::default() }
    }

    /// Takes one packet in: what one DTLS record carried.
    pub fn handle_packet(&mut self, now: Instant, packet: &[u8]) {
        let _ = (now, packet);
    }

    /// Appends the next packet to `out` and says whether there was one.
    pub fn poll_packet(&mut self, now: Instant, out: &mut Vec<u8>) -> bool {
        let _ = (now, out);
        false
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        let _ = now;
    }

    /// When something is due next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// What happened next.
    pub fn poll_event(&mut self) -> Option<Event> {
        None
    }

    /// Where the association stands.
    pub fn state(&self) -> State {
        State::Connecting
    }

    /// Prepares a stream; `delivery` is that of the channel which uses it. Sending opens a stream by itself.
    pub fn open_stream(&mut self, stream: u16, delivery: Delivery) {
        let _ = (stream, delivery);
    }

    /// Queues a message. Before the association stands, messages wait.
    ///
    /// # Errors
    /// The message cannot be sent, now or ever; see [`SendError`].
    pub fn send(
        &mut self,
        now: Instant,
        stream: u16,
        ppid: Ppid,
        payload: Bytes,
        delivery: Delivery,
    ) -> Result<(), SendError> {
        let _ = (now, stream, ppid, payload, delivery);
        Err(SendError::Closed)
    }

    /// How many bytes of a stream's messages the peer has not acknowledged, queued ones included.
    pub fn buffered_amount(&self, stream: u16) -> usize {
        let _ = stream;
        0
    }

    /// The next message of a stream. Unread messages stay inside and close the receive window.
    pub fn read(&mut self, stream: u16) -> Option<Message> {
        let _ = stream;
        None
    }

    /// Resets our outgoing side of a stream (RFC 6525, section 5.1.2) after all that was sent on it.
    /// [`Event::ResetComplete`] or [`Event::ResetFailed`] follows.
    pub fn reset_stream(&mut self, now: Instant, stream: u16) {
        let _ = (now, stream);
    }

    /// Changes the longest message that may be sent, in bytes.
    pub fn set_max_send_message_size(&mut self, bytes: u32) {
        self.config.max_send_message_size = bytes;
    }

    /// Ends the association after what was sent has been delivered (RFC 9260, section 9.2).
    pub fn shutdown(&mut self, now: Instant) {
        let _ = now;
    }

    /// Ends the association at once; the peer is told by an ABORT (RFC 9260, section 9.1).
    pub fn abort(&mut self, now: Instant) {
        let _ = now;
    }

    /// How the association does.
    pub fn stats(&self) -> Stats {
        Stats::default()
    }

    /// What was counted.
    pub fn counters(&self) -> Counters {
        self.counters
    }
}
