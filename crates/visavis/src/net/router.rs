//! Which socket and which stream is which, and which connection a datagram is for.
//!
//! At present every connection has sockets of its own, as browsers do: the socket says it all. A socket that
//! many connections share belongs beside this table, as a second answer to `Action::BindUdp`: it would look up
//! the remote address, which an authenticated check has entered, and else the ufrag in a STUN request.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::Bound;
use std::pin::Pin;
use std::task::{Context, Poll};

use base::{Path, SendBatch, SocketId};
use session::{ActionResult, ConnectError};

use crate::net::counters::COUNTERS;
use crate::net::stream::{Incoming, Stream, StreamBuffer};
use crate::net::tcp;
use crate::net::udp::{ReceiveBatch, UdpSocket};

/// The sockets of one connection. How many there are is the session's to bound.
#[derive(Default)]
pub(crate) struct Sockets {
    sockets: BTreeMap<SocketId, UdpSocket>,
    attempts: BTreeMap<Path, Attempt>,
    streams: BTreeMap<Path, Stream>,
}

/// A stream that is being opened.
type Attempt = Pin<Box<dyn Future<Output = Result<(Stream, SocketAddr), ConnectError>> + Send>>;

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

    /// Begins to open a stream. It goes on in [`poll_connect`](Sockets::poll_connect).
    pub(crate) fn connect(&mut self, path: Path, request: tcp::Request) {
        self.attempts.insert(path, Box::pin(tcp::connect(request)));
    }

    /// Closes a UDP socket, or the streams of this name.
    pub(crate) fn remove(&mut self, id: SocketId) {
        self.sockets.remove(&id);
        self.attempts.retain(|path, _| path.socket != id);
        self.streams.retain(|path, _| path.socket != id);
    }

    /// A stream that could be opened, or could not. Wakes the context's task if there is none.
    pub(crate) fn poll_connect(&mut self, cx: &mut Context<'_>) -> Poll<ActionResult> {
        let poll = |(path, attempt): (&Path, &mut Attempt)| match attempt.as_mut().poll(cx) {
            Poll::Ready(result) => Some((*path, result)),
            Poll::Pending => None,
        };
        let Some((path, result)) = self.attempts.iter_mut().find_map(poll) else { return Poll::Pending };
        self.attempts.remove(&path);
        let result = result.map(|(stream, local)| {
            self.streams.insert(path, stream);
            local
        });
        Poll::Ready(ActionResult::Connected { path, result })
    }

    /// The stream after this one, or the first.
    pub(crate) fn stream_after(&self, path: Option<Path>) -> Option<Path> {
        match path {
            None => self.streams.keys().next().copied(),
            Some(path) => {
                self.streams.range((Bound::Excluded(path), Bound::Unbounded)).next().map(|(path, _)| *path)
            }
        }
    }

    /// Receives from one stream. One that has ended is gone.
    pub(crate) fn poll_stream(
        &mut self,
        path: Path,
        cx: &mut Context<'_>,
        buffer: &mut StreamBuffer,
    ) -> Poll<Incoming> {
        let Some(stream) = self.streams.get_mut(&path) else { return Poll::Pending };
        let incoming = stream.poll_receive(cx, buffer);
        if incoming == Poll::Ready(Incoming::Closed) {
            self.streams.remove(&path);
        }
        incoming
    }

    /// Bytes that wait in a stream.
    #[cfg(test)]
    pub(crate) fn queued(&self, path: Path) -> usize {
        self.streams.get(&path).map_or(0, Stream::queued)
    }

    /// Gives the system what waits in streams, as far as it takes it.
    pub(crate) fn flush(&mut self, cx: &mut Context<'_>) {
        for stream in self.streams.values_mut() {
            stream.flush(cx);
        }
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
        &mut self,
        cx: &mut Context<'_>,
        batch: &SendBatch,
        progress: &mut Progress,
    ) -> Poll<()> {
        for transmit in batch.transmits().skip(progress.transmit) {
            let Path { socket, remote } = transmit.path;
            if let Some(stream) = self.streams.get_mut(&transmit.path) {
                stream.send(cx, transmit.payload, transmit.segment_size);
                *progress = Progress { transmit: progress.transmit + 1, bytes: 0 };
                continue;
            }
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
