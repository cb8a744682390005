//! What checks and their answers carry for the layer above
//! ([draft-hancke-webrtc-sped](https://datatracker.ietf.org/doc/draft-hancke-webrtc-sped/)).

use base::Path;
use stun_types::message::Message;

use super::{Agent, Outgoing};
use crate::embedding::{Carried, MAX_DATAGRAM};
use crate::stun;

/// An answer is at most so many times as long as its question, as in QUIC (RFC 9000, section 8): the question is
/// authenticated, but its source may be a lie.
const MAX_AMPLIFICATION: usize = 3;
/// What an answer has beside the data that it carries: header, XOR-MAPPED-ADDRESS of IPv6, acknowledgements, the header
/// and the padding of the data, MESSAGE-INTEGRITY, FINGERPRINT.
const ANSWER_OVERHEAD: usize = 20 + 24 + 20 + 4 + 3 + 24 + 8;

impl Agent {
    /// The longest datagram that [`embed`](Agent::embed) takes, in bytes.
    pub const MAX_EMBEDDED: usize = MAX_DATAGRAM;

    /// Whether checks and answers carry anything: it is wanted, and the peer has not shown that it does not know how.
    pub fn embeds(&self) -> bool {
        self.embedding.as_ref().is_some_and(|embedding| embedding.is_open())
    }

    /// Has the datagrams of a handshake carried by the checks and answers that are sent from now on, one by each, until
    /// the peer has acknowledged them. They take the place of those before. Longer ones than
    /// [`MAX_EMBEDDED`](Agent::MAX_EMBEDDED) are not carried, and without
    /// [`AgentConfig::embedding`](crate::AgentConfig::embedding) none is.
    pub fn embed(&mut self, flight: impl IntoIterator<Item = Vec<u8>>) {
        if let Some(embedding) = self.embedding.as_mut().filter(|embedding| embedding.is_open()) {
            embedding.embed(flight.into_iter());
        }
    }

    /// Of the datagrams of [`embed`](Agent::embed) those that the peer has not acknowledged.
    pub fn unacknowledged(&self) -> impl Iterator<Item = &[u8]> {
        self.embedding.iter().flat_map(|embedding| embedding.pending())
    }

    /// The next datagram that an authenticated check or answer carried, and the path on which it came.
    pub fn poll_embedded(&mut self) -> Option<(Path, Vec<u8>)> {
        self.embedding.as_mut()?.poll()
    }

    /// The handshake has ended here. `is_last_flight_ours`: the peer's end waits for our last flight, which is still
    /// carried until it is acknowledged.
    pub fn embedding_finished(&mut self, is_last_flight_ours: bool) {
        if let Some(embedding) = &mut self.embedding {
            embedding.finish(is_last_flight_ours);
        }
    }

    pub(super) fn take_carried(&mut self, path: Path, message: &Message<'_>) {
        if let Some(embedding) = &mut self.embedding {
            embedding.take(path, message);
        }
    }

    pub(super) fn carry_in_check(&mut self) -> Carried {
        self.embedding.as_mut().map(|embedding| embedding.carry(MAX_DATAGRAM)).unwrap_or_default()
    }

    /// Whether another datagram waits for a check beside the one that was carried last.
    pub(super) fn has_more_to_carry(&self) -> bool {
        self.embeds() && self.unacknowledged().nth(1).is_some()
    }

    pub(super) fn finish_outgoing(&mut self, path: Path, outgoing: Outgoing) -> Vec<u8> {
        match outgoing {
            Outgoing::Datagram(datagram) => datagram,
            Outgoing::Success { id, side, room } => {
                let carried = match &mut self.embedding {
                    // A question without the attributes is not answered with them.
                    Some(embedding) if room > 0 => embedding.carry(room),
                    _ => Carried::default(),
                };
                stun::success(id, path.remote, &side, &carried)
            }
        }
    }
}

/// How much data the answer to `question` may carry.
pub(super) fn room_in_answer(question: &Message<'_>) -> usize {
    let carries = question.has_attribute(crate::embedding::DATA)
        || question.has_attribute(crate::embedding::ACKNOWLEDGEMENT);
    if !carries {
        return 0;
    }
    let allowed = question.as_bytes().len() * MAX_AMPLIFICATION;
    allowed.saturating_sub(ANSWER_OVERHEAD).min(MAX_DATAGRAM)
}
