//! Which socket is which, and which connection a datagram is for.
//!
//! At present every connection has sockets of its own, as browsers do: the socket says it all. A socket that
//! many connections share belongs beside this table, as a second answer to `Action::BindUdp`: it would look up
//! the remote address, which an authenticated check has entered, and else the ufrag in a STUN request.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::task::{Context, Poll};

use base::{Path, SendBatch, SocketId};

use crate::net::counters::COUNTERS;
use crate::net::udp::{ReceiveBatch, UdpSocket};

/// The sockets of one connection.
#[derive(Default)]
pub(crate) struct Sockets {
    sockets: BTreeMap<SocketId, UdpSocket>,
}

/// How far into a batch the system took it: the transmits before, and the bytes of the one under way.
#[derive(Clone, Copy, Default)]
pub(crate) struct Progress {
    transmit: usize,
    bytes: usize,
}

impl Sockets {
    pub(crate) fn insert(&mut self, id: SocketId, socket: UdpSocket) {
        self.sockets.insert(id, socket);
    }

    pub(crate) fn remove(&mut self, id: SocketId) {
        self.sockets.remove(&id);
    }

    /// The socket after this one, or the first.
    pub(crate) fn after(&self, id: Option<SocketId>) -> Option<SocketId> {
        match id {
            None => self.sockets.keys().next().copied(),
            Some(id) => self.sockets.range((Bound::Excluded(id), Bound::Unbounded)).next().map(|(id, _)| *id),
        }
    }

    /// Receives a batch from one socket.
    pub(crate) fn poll_receive(
        &mut self,
        id: SocketId,
        cx: &mut Context<'_>,
        batch: &mut ReceiveBatch,
    ) -> Poll<()> {
        match self.sockets.get_mut(&id) {
            Some(socket) => socket.poll_receive(cx, batch),
            None => Poll::Pending,
        }
    }

    /// Sends a batch from where it stands. Pending if the system takes no more now.
    pub(crate) fn poll_send(
        &self,
        cx: &mut Context<'_>,
        batch: &SendBatch,
        progress: &mut Progress,
    ) -> Poll<()> {
        for transmit in batch.transmits().skip(progress.transmit) {
            let Path { socket, remote } = transmit.path;
            match self.sockets.get(&socket) {
                Some(socket) => {
                    while let Some(payload) =
                        transmit.payload.get(progress.bytes..).filter(|rest| !rest.is_empty())
                    {
                        match socket.poll_send(cx, remote, payload, transmit.segment_size) {
                            Poll::Ready(bytes) => progress.bytes += bytes,
                            Poll::Pending => return Poll::Pending,
                        }
                    }
                }
                None => COUNTERS.sends_without_socket.add(transmit.datagrams().count()),
            }
            *progress = Progress { transmit: progress.transmit + 1, bytes: 0 };
        }
        Poll::Ready(())
    }
}
