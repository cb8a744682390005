//! The last words of a DTLS association that another one takes the place of
//! ([RFC 8842, section 3.1](https://www.rfc-editor.org/rfc/rfc8842#section-3.1)).

use std::time::Instant;

use base::{Path, SendBatch};
use dtls::Endpoint;
use sctp::Association;

/// An endpoint that hears nothing any more, and tells its peer that it is over: the next one's peer may be somebody
/// else.
#[derive(Debug)]
pub(super) struct Farewell {
    endpoint: Box<Endpoint>,
    /// SCTP, with its ABORT to send.
    association: Option<Box<Association>>,
    /// Where the peer was.
    path: Path,
    scratch: Vec<u8>,
}

impl Farewell {
    /// `None` if there is nothing to say, because nobody was connected.
    pub(super) fn new(
        endpoint: Box<Endpoint>,
        association: Option<Box<Association>>,
        path: Path,
    ) -> Option<Self> {
        let is_connected = endpoint.state() == dtls::State::Connected;
        is_connected.then_some(Farewell { endpoint, association, path, scratch: Vec::new() })
    }

    /// Writes what there is to say; whether all is said.
    pub(super) fn poll_transmit(&mut self, now: Instant, out: &mut SendBatch) -> bool {
        if out.is_full() {
            return false;
        }
        if let Some(mut association) = self.association.take() {
            // The first packet of an aborted association is its ABORT, and there is no other.
            if association.poll_packet(now, &mut self.scratch) {
                let _ = self.endpoint.seal(now, &self.scratch, self.path, out);
            }
        }
        self.endpoint.close(now);
        self.endpoint.poll_transmit(now, self.path, out);
        true
    }
}
