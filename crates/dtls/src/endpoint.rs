//! One end of a connection.

use std::time::Instant;

use base::{Path, Rng, SendBatch};

use crate::{Config, Counters, Event, SealError, State, Version};

/// One end of one DTLS connection.
#[derive(Debug)]
pub struct Endpoint {
    state: State,
    counters: Counters,
}

impl Endpoint {
    /// The most bytes that sealing adds to a plaintext: 13 of the record's header, 8 of the explicit nonce
    /// and 16 of the tag (DTLS 1.2; 1.3 needs less).
    pub const MAX_OVERHEAD: usize = 37;

    /// A new end; a client has its ClientHello ready at once.
    pub fn new(config: Config, now: Instant, rng: Rng) -> Self {
        let _ = (config, now, rng);
        Endpoint { state: State::New, counters: Counters::default() }
    }

    /// Takes one datagram in (RFC 7983: first byte 20..=63). The caller has seen to it that the path it came
    /// by is validated.
    pub fn handle_datagram(&mut self, now: Instant, datagram: &[u8]) {
        let _ = (now, datagram);
    }

    /// The next opened application datagram, in the order of arrival.
    pub fn read(&mut self) -> Option<Vec<u8>> {
        None
    }

    /// Seals one application datagram into `out`.
    ///
    /// # Errors
    /// There is no connection (not yet, or not any more), or the plaintext is too long for a datagram.
    pub fn seal(
        &mut self,
        now: Instant,
        plaintext: &[u8],
        path: Path,
        out: &mut SendBatch,
    ) -> Result<(), SealError> {
        let _ = (now, plaintext, path, out);
        Err(SealError::NotConnected)
    }

    /// Writes what the handshake, the alerts and the acknowledgements have to send, until `out` is full.
    pub fn poll_transmit(&mut self, now: Instant, path: Path, out: &mut SendBatch) {
        let _ = (now, path, out);
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

    /// Closes the connection with a close_notify alert, which the next
    /// [`poll_transmit`](Endpoint::poll_transmit) writes. Idempotent.
    pub fn close(&mut self, now: Instant) {
        let _ = now;
        self.state = State::Closed;
    }

    /// Where the endpoint stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// The peer's certificate in DER, once it was verified.
    pub fn remote_certificate(&self) -> Option<&[u8]> {
        None
    }

    /// The protocol version, once it was agreed on.
    pub fn version(&self) -> Option<Version> {
        None
    }

    /// What was counted.
    pub fn counters(&self) -> Counters {
        self.counters
    }
}
