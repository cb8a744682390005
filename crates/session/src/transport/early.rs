//! DTLS before ICE has a pair: inside its checks
//! ([draft-hancke-webrtc-sped](https://datatracker.ietf.org/doc/draft-hancke-webrtc-sped/)).
//!
//! What checks carry is what DTLS would have sent; it is sent by itself, too, as soon as there is a path. So a peer that
//! does not know of it gets everything that it would have got, and no later.

use std::collections::VecDeque;
use std::time::Instant;

use base::{Path, SendBatch, SocketId};

use super::Transport;
use crate::counters::Counters;

/// Datagrams of a flight that wait for a path, or for room. A flight has fewer.
const MAX_WAITING: usize = 32;

/// What was taken from DTLS and is to be sent beside the checks.
#[derive(Debug, Default)]
pub(super) struct Early {
    /// At most [`MAX_WAITING`].
    waiting: VecDeque<Vec<u8>>,
    had_path: bool,
    batch: SendBatch,
}

impl Early {
    /// Sends what waits.
    pub(super) fn send(&mut self, path: Path, out: &mut SendBatch) {
        while !out.is_full()
            && let Some(datagram) = self.waiting.pop_front()
        {
            out.push(path, &datagram);
        }
    }

    fn wait(&mut self, datagram: &[u8]) {
        if self.waiting.len() < MAX_WAITING {
            self.waiting.push_back(datagram.to_vec());
        }
    }
}

impl Transport {
    /// Whether DTLS can begin although there is no path: checks are about to be sent, and carry it.
    pub(super) fn may_begin_early(&self) -> bool {
        self.agent.embeds() && self.agent.remote_credentials().is_some() && self.security.is_due_early()
    }

    /// Hands over what checks and answers carried, which authenticated it.
    pub(super) fn take_embedded(&mut self, now: Instant, counters: &mut Counters) {
        while let Some((_, datagram)) = self.agent.poll_embedded() {
            self.security.handle_datagram(now, &datagram, counters);
        }
    }

    /// Gives the flight that DTLS has ready to the checks, before these are written.
    pub(super) fn embed_flight(&mut self, now: Instant) {
        let has_path = self.agent.send_path().is_some();
        let had_path = std::mem::replace(&mut self.early.had_path, has_path);
        if has_path && !had_path {
            // Without a path, it went nowhere but into checks, which the peer may not have understood.
            self.agent.unacknowledged().for_each(|datagram| self.early.wait(datagram));
        }
        if !self.agent.embeds() {
            return;
        }
        let Some(endpoint) = self.security.endpoint_mut() else { return };
        // Nobody sends over this path: the datagrams are taken out again.
        let nowhere = Path { socket: SocketId(u32::MAX), remote: ([0, 0, 0, 0], 0).into() };
        self.early.batch.clear();
        endpoint.poll_transmit(now, nowhere, &mut self.early.batch);
        if self.early.batch.is_empty() {
            return;
        }
        let flight: Vec<_> = self.early.batch.datagrams().map(|(_, datagram)| datagram.to_vec()).collect();
        if has_path {
            flight.iter().for_each(|datagram| self.early.wait(datagram));
        }
        self.agent.embed(flight);
    }

    /// DTLS is connected. The side that speaks last goes on until it is heard: the client in 1.3, the server in 1.2.
    pub(super) fn finish_embedding(&mut self) {
        let Some(endpoint) = self.security.endpoint() else { return };
        let is_client = endpoint.role() == dtls::Role::Client;
        let speaks_last = is_client == (endpoint.version() == Some(dtls::Version::Dtls13));
        self.agent.embedding_finished(speaks_last);
    }
}
