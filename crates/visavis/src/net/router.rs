//! Which socket and which stream is which: those that a connection has for itself, as browsers do, and the sockets of an
//! endpoint that it shares with others.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::ops::Bound;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use base::{Path, SendBatch, SocketId, Transmit};
use session::{ActionResult, BindError, ConnectError, Framing, Interface, Session};

use crate::net::connection::Connection;
use crate::net::counters::COUNTERS;
use crate::net::endpoint::{Endpoint, Place};
use crate::net::routes::Claim;
use crate::net::stream::{Incoming, Stream, StreamBuffer};
use crate::net::tcp;
use crate::net::tls::Trust;
use crate::net::udp::{ReceiveBatch, UdpSocket, bind_error};

/// Where a connection's sockets come from.
#[derive(Default)]
pub(crate) struct Source {
    /// Whose UDP sockets it uses instead of its own.
    pub(crate) endpoint: Option<Arc<Endpoint>>,
    /// The DSCP of those that it has for itself.
    pub(crate) dscp: u8,
    /// Who may vouch for the servers that it speaks TLS with.
    pub(crate) trust: Arc<Trust>,
}

/// The sockets of one connection. How many there are is the session's to bound.
#[derive(Default)]
pub(crate) struct Sockets {
    sockets: BTreeMap<SocketId, Arc<UdpSocket>>,
    attempts: BTreeMap<Path, Attempt>,
    streams: BTreeMap<Path, Stream>,
    shared: Option<Shared>,
    dscp: u8,
    trust: Arc<Trust>,
}

/// What a connection, which has joined an endpoint, has of it. Dropping it takes the connection out of the endpoint's tables.
pub(crate) struct Shared {
    endpoint: Arc<Endpoint>,
    connection: Arc<Connection>,
    places: BTreeMap<SocketId, Place>,
    claims: Vec<Claim>,
}

/// Accepted streams; with those that the connection opens itself, this many.
const MAX_ADOPTED: usize = 32;

/// A stream that is being opened.
type Attempt = Pin<Box<dyn Future<Output = Result<(Stream, SocketAddr), ConnectError>> + Send>>;

/// How far into a batch the system took it: the transmits before, and the bytes of the one under way.
#[derive(Clone, Copy, Default)]
pub(crate) struct Progress {
    pub(crate) transmit: usize,
    pub(crate) bytes: usize,
}

impl Sockets {
    pub(crate) fn new(connection: &Arc<Connection>, Source { endpoint, dscp, trust }: Source) -> Self {
        let shared = endpoint.map(|endpoint| Shared::new(endpoint, Arc::clone(connection)));
        Sockets { shared, dscp, trust, ..Sockets::default() }
    }

    pub(crate) fn are_shared(&self) -> bool {
        self.shared.is_some()
    }

    pub(crate) fn shared(&mut self) -> Option<&mut Shared> {
        self.shared.as_mut()
    }

    /// Which of the machine's addresses the connection can use.
    pub(crate) fn filter(&self) -> impl FnOnce(Vec<Interface>) -> Vec<Interface> + Send + 'static {
        let endpoint = self.shared.as_ref().map(|shared| Arc::clone(&shared.endpoint));
        move |interfaces| match endpoint {
            Some(endpoint) => endpoint.reachable(&interfaces),
            None => interfaces,
        }
    }

    /// Binds a socket, or gives a name to one of the endpoint's.
    pub(crate) fn bind(&mut self, id: SocketId, address: SocketAddr) -> Result<SocketAddr, BindError> {
        match &mut self.shared {
            Some(shared) => shared.bind(id, address),
            None => self.bind_own(id, address),
        }
    }

    /// Binds a socket that is the connection's own.
    pub(crate) fn bind_own(&mut self, id: SocketId, address: SocketAddr) -> Result<SocketAddr, BindError> {
        let (socket, local) = UdpSocket::bind(address, self.dscp).map_err(|error| bind_error(&error))?;
        self.sockets.insert(id, Arc::new(socket));
        Ok(local)
    }

    /// The answer to `Action::ListenTcp`.
    pub(crate) fn listen(&mut self, id: SocketId, address: SocketAddr) -> Result<SocketAddr, BindError> {
        self.shared.as_mut().ok_or(BindError::Refused)?.listen(id, address)
    }

    /// Takes a stream that a listener has accepted. False if there are too many, or the system does not want to.
    pub(crate) fn adopt(&mut self, path: Path, stream: TcpStream) -> bool {
        let stream = match tokio::net::TcpStream::from_std(stream) {
            Ok(stream) if self.streams.len() < MAX_ADOPTED => stream,
            _ => return false,
        };
        self.streams.insert(path, Stream::new(stream, None, Framing::Rfc4571));
        true
    }

    /// Closes one stream, open or being opened.
    pub(crate) fn drop_stream(&mut self, path: Path) {
        self.attempts.remove(&path);
        self.streams.remove(&path);
    }

    #[cfg(test)]
    pub(crate) fn insert(&mut self, id: SocketId, socket: UdpSocket) {
        self.sockets.insert(id, Arc::new(socket));
    }

    /// A UDP socket that is the connection's own.
    pub(crate) fn own(&self, id: SocketId) -> Option<&Arc<UdpSocket>> {
        self.sockets.get(&id)
    }

    pub(crate) fn dscp(&self) -> u8 {
        self.dscp
    }

    pub(crate) fn trust(&self) -> Arc<Trust> {
        Arc::clone(&self.trust)
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
        if let Some(shared) = &mut self.shared {
            shared.places.remove(&id);
        }
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
            if let Some(stream) = self.streams.get_mut(&transmit.path) {
                stream.send(cx, transmit.payload, transmit.segment_size);
                *progress = Progress { transmit: progress.transmit + 1, bytes: 0 };
                continue;
            }
            if progress.bytes == 0
                && let Some(shared) = &self.shared
            {
                shared.expect_answers(&transmit);
            }
            while let Some(payload) = transmit.payload.get(progress.bytes..).filter(|rest| !rest.is_empty()) {
                match self.poll_send_one(cx, transmit.path, payload, transmit.segment_size) {
                    Poll::Ready(bytes) => progress.bytes += bytes,
                    Poll::Pending => return Poll::Pending,
                }
            }
            *progress = Progress { transmit: progress.transmit + 1, bytes: 0 };
        }
        Poll::Ready(())
    }

    fn poll_send_one(
        &self,
        cx: &mut Context<'_>,
        Path { socket, remote }: Path,
        payload: &[u8],
        segment_size: usize,
    ) -> Poll<usize> {
        if let Some(own) = self.sockets.get(&socket) {
            return own.poll_send(cx, remote, payload, segment_size);
        }
        if let Some(shared) = &self.shared
            && let Some(place) = shared.places.get(&socket)
        {
            return shared.endpoint.poll_send(cx, (*place, remote), payload, segment_size);
        }
        COUNTERS.sends_without_socket.add(payload.len().div_ceil(segment_size.max(1)));
        Poll::Ready(payload.len())
    }
}

impl Shared {
    fn new(endpoint: Arc<Endpoint>, connection: Arc<Connection>) -> Self {
        Shared { endpoint, connection, places: BTreeMap::new(), claims: Vec::new() }
    }

    /// Gives a name to an address of the endpoint.
    pub(crate) fn bind(&mut self, socket: SocketId, address: SocketAddr) -> Result<SocketAddr, BindError> {
        let place = self.endpoint.place(address.ip())?;
        self.places.insert(socket, place);
        Ok(place.local)
    }

    /// Gives a name to the endpoint's listener at an address.
    fn listen(&mut self, socket: SocketId, address: SocketAddr) -> Result<SocketAddr, BindError> {
        let place = self.endpoint.place_listener(address.ip())?;
        self.places.insert(socket, place);
        Ok(place.local)
    }

    /// A path was authenticated: what comes on it is for this connection.
    pub(crate) fn admit(&self, path: Path) {
        if let Some(place) = self.places.get(&path.socket).filter(|place| !place.is_tcp) {
            self.endpoint.admit(&self.connection, path, place.local);
        }
    }

    /// Tells the endpoint which fragments the session answers to, if that has changed.
    pub(crate) fn update_claims(&mut self, session: &Session) {
        let place = |socket| self.places.get(&socket);
        let known = self.claims.iter().map(|claim| (claim.socket, claim.ufrag.as_str()));
        if known.eq(session.claims()) {
            return;
        }
        let claims = session.claims().filter_map(|(socket, ufrag)| {
            place(socket).map(|place| {
                let (local, is_tcp) = (place.local, place.is_tcp);
                Claim { ufrag: ufrag.to_owned(), socket, local, is_tcp }
            })
        });
        self.claims = claims.collect();
        self.endpoint.claim(self.connection.key, self.claims.clone());
    }

    fn expect_answers(&self, transmit: &Transmit<'_>) {
        if let Some(place) = self.places.get(&transmit.path.socket).filter(|place| !place.is_tcp) {
            let key = self.connection.key;
            self.endpoint.expect_answers(key, transmit.path, place.local, transmit.datagrams());
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.endpoint.leave(self.connection.key);
    }
}
