//! A message that no other waits before leaves on the thread that sends it.
//!
//! To wake the worker takes longer than all else that one message of a conversation needs. Where messages follow one another
//! the worker takes over: then one wake-up is for many, and datagrams leave by the batch.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use base::{SendBatch, SocketId};
use peer::{ChannelId, Error, Payload};

use crate::net::connection::{Fate, Shared};
use crate::net::counters::COUNTERS;
use crate::net::router::Progress;
use crate::net::udp::UdpSocket;

/// Messages up to this many bytes, one datagram with it, leave at once. Longer ones are work that the worker should do.
const LONGEST: usize = 1024;

/// What a connection's handles need to send by themselves.
#[derive(Default)]
pub(crate) struct Direct {
    /// The connection's own UDP sockets.
    sockets: BTreeMap<SocketId, Arc<UdpSocket>>,
    /// What the system did not take: the worker sends it before anything else.
    unsent: Option<(SendBatch, Progress)>,
    /// When the worker looks at the connection again, if nothing happens before.
    next_turn: Option<Instant>,
}

impl Direct {
    /// A socket that is open now.
    pub(crate) fn add(&mut self, id: SocketId, socket: &Arc<UdpSocket>) {
        self.sockets.insert(id, Arc::clone(socket));
    }

    /// A socket that is closed now.
    pub(crate) fn remove(&mut self, id: SocketId) {
        self.sockets.remove(&id);
    }

    /// The worker has done its part: no socket outlives it.
    pub(crate) fn clear(&mut self) {
        *self = Direct::default();
    }

    /// What the worker has to send first.
    pub(crate) fn take_unsent(&mut self) -> Option<(SendBatch, Progress)> {
        self.unsent.take()
    }

    /// A turn ends: the next one comes at `deadline`, or when an earlier one is over that the worker still waits for.
    pub(crate) fn note_rest(&mut self, now: Instant, deadline: Option<Instant>) {
        let armed = self.next_turn.filter(|armed| *armed > now);
        self.next_turn = [armed, deadline].into_iter().flatten().min();
    }

    /// Sends a batch; what the system does not take is kept.
    fn send(&mut self, batch: SendBatch) -> bool {
        let mut progress = Progress::default();
        for transmit in batch.transmits() {
            let Some(socket) = self.sockets.get(&transmit.path.socket) else { break };
            while let Some(rest) = transmit.payload.get(progress.bytes..).filter(|rest| !rest.is_empty()) {
                let to = (None, transmit.path.remote);
                match socket.try_send(to, rest, transmit.segment_size) {
                    Some(bytes) => progress.bytes += bytes,
                    None => break,
                }
            }
            if progress.bytes < transmit.payload.len() {
                break;
            }
            progress = Progress { transmit: progress.transmit + 1, bytes: 0 };
        }
        let is_sent = batch.transmits().nth(progress.transmit).is_none();
        if !is_sent {
            self.unsent = Some((batch, progress));
        }
        is_sent
    }
}

impl Shared {
    /// Queues a message, and sends it if it need not wait for others. Whether the worker has to look at the connection.
    ///
    /// # Errors
    /// Those of the channel.
    pub(crate) fn send(
        &mut self,
        now: Instant,
        id: ChannelId,
        payload: Payload,
    ) -> (Result<(), Error>, bool) {
        let is_alone = payload.bytes.len() <= LONGEST && self.peer.channel_buffered_amount(id) == Some(0);
        let result = self.peer.channel_send(now, id, payload);
        let is_done = is_alone && result.is_ok() && self.transmit_now(now);
        (result, !is_done)
    }

    /// Sends what there is to send. False if the worker has to do something, be it to look earlier than it would.
    fn transmit_now(&mut self, now: Instant) -> bool {
        if self.fate != Fate::Open || self.direct.sockets.is_empty() || self.direct.unsent.is_some() {
            return false;
        }
        let mut batch = SendBatch::new();
        self.peer.poll_transmit(now, &mut batch);
        if batch.is_empty() {
            return false;
        }
        COUNTERS.direct_sends.add(1);
        // Before the peer can have it: that it has left comes before any task that answers it.
        self.note_tasks();
        let was_full = batch.is_full();
        if !self.direct.send(batch) || was_full || (self.peer.has_task() && !self.has_loop()) {
            return false;
        }
        let next_turn = self.direct.next_turn;
        self.peer.poll_timeout().is_none_or(|due| next_turn.is_some_and(|turn| turn <= due))
    }
}
