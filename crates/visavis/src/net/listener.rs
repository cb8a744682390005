//! TCP at an endpoint: one listener for the streams of all its connections.
//!
//! A stream says whose it is with its first frame (RFC 4571), which must be a check for a fragment that one of the
//! connections answers to. Until then it belongs to nobody, and to somebody who may be anybody: so there are only so many
//! of them, from one address and together, each holds one small frame, and none for long.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::{TcpListener, TcpStream};

use crate::net::connection::Bell;
use crate::net::counters::COUNTERS;
use crate::net::drive::Next;
use crate::net::endpoint::Endpoint;
use crate::net::{marked, tcp};

/// Streams that have not said yet whose they are.
const MAX_STRANGERS: usize = 512;
/// Those of one address.
const MAX_STRANGERS_OF_ADDRESS: usize = 32;
/// When they must have said it.
const PATIENCE: Duration = Duration::from_secs(10);
/// What they may say: no check is longer.
const MAX_FIRST_FRAME: usize = 1500;
/// The length before a frame (RFC 4571, section 2).
const HEADER: usize = 2;
/// Streams that one turn accepts.
const MAX_ACCEPTS: usize = 64;
/// Streams that the system has accepted and we have not.
const BACKLOG: i32 = 1024;

/// A listener of an endpoint.
pub(crate) struct Listener {
    socket: TcpListener,
    local: SocketAddr,
    bell: Arc<Bell>,
}

impl Listener {
    /// Listens at an address. What is sent has this DSCP.
    pub(crate) fn bind(address: SocketAddr, dscp: u8, bell: Arc<Bell>) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        // Where this is another thing than it is on Unix, it lets others take the port.
        #[cfg(unix)]
        socket.set_reuse_address(true)?;
        if dscp != 0 {
            marked::mark(&SockRef::from(&socket), address.is_ipv4(), dscp)?;
        }
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        let socket = TcpListener::from_std(socket.into())?;
        let local = socket.local_addr()?;
        Ok(Listener { socket, local, bell })
    }

    pub(crate) fn local(&self) -> SocketAddr {
        self.local
    }

    pub(crate) fn bell(&self) -> &Arc<Bell> {
        &self.bell
    }
}

/// A listener's place on its worker.
pub(crate) struct ListenerSeat {
    endpoint: Weak<Endpoint>,
    index: usize,
    waker: Waker,
    bell: Arc<Bell>,
    /// At most `MAX_STRANGERS`.
    strangers: Vec<Stranger>,
    /// How many of them each address has.
    addresses: BTreeMap<IpAddr, usize>,
}

/// A stream that has not said yet whose it is.
struct Stranger {
    stream: TcpStream,
    remote: SocketAddr,
    until: Instant,
    /// What it has said: the length, and the beginning of its first frame.
    said: Vec<u8>,
}

impl ListenerSeat {
    pub(crate) fn new(endpoint: Weak<Endpoint>, index: usize, bell: Arc<Bell>) -> Self {
        let waker = Waker::from(Arc::clone(&bell));
        ListenerSeat { endpoint, index, waker, bell, strangers: Vec::new(), addresses: BTreeMap::new() }
    }

    pub(crate) fn bell(&self) -> &Bell {
        &self.bell
    }

    /// Accepts streams, and finds out whose they are.
    pub(crate) fn turn(&mut self, now: Instant) -> Next {
        let Some(endpoint) = self.endpoint.upgrade() else { return Next::Finished };
        let Some(listener) = endpoint.listener(self.index) else { return Next::Finished };
        let waker = self.waker.clone();
        let mut cx = Context::from_waker(&waker);
        let accepted_all = self.accept(now, listener, &mut cx);
        for stranger in std::mem::take(&mut self.strangers) {
            self.hear(now, &endpoint, stranger, &mut cx);
        }
        if accepted_all {
            Next::At(self.strangers.iter().map(|stranger| stranger.until).min())
        } else {
            Next::Again
        }
    }

    fn accept(&mut self, now: Instant, listener: &Listener, cx: &mut Context<'_>) -> bool {
        for _ in 0..MAX_ACCEPTS {
            let (stream, remote) = match listener.socket.poll_accept(cx) {
                Poll::Ready(Ok(accepted)) => accepted,
                // One that went away meanwhile; or no descriptors are left, which the next one finds out again.
                Poll::Ready(Err(error)) => {
                    tracing::debug!(%error, "a stream was not accepted");
                    COUNTERS.streams_refused.add(1);
                    continue;
                }
                Poll::Pending => return true,
            };
            let same = self.addresses.entry(remote.ip().to_canonical()).or_default();
            if self.strangers.len() >= MAX_STRANGERS || *same >= MAX_STRANGERS_OF_ADDRESS {
                COUNTERS.streams_refused.add(1);
                if *same == 0 {
                    self.addresses.remove(&remote.ip().to_canonical());
                }
                continue;
            }
            *same += 1;
            self.strangers.push(Stranger { stream, remote, until: now + PATIENCE, said: Vec::new() });
        }
        false
    }

    /// Reads on. A stream that stays a stranger for now is kept.
    fn hear(&mut self, now: Instant, endpoint: &Endpoint, mut stranger: Stranger, cx: &mut Context<'_>) {
        match stranger.poll_first_frame(cx) {
            Poll::Pending if now < stranger.until => self.strangers.push(stranger),
            Poll::Ready(Ok(())) => {
                self.forget(stranger.remote);
                let taken = stranger.introduce(endpoint);
                COUNTERS.streams_refused.add(usize::from(!taken));
            }
            Poll::Pending | Poll::Ready(Err(_)) => {
                self.forget(stranger.remote);
                COUNTERS.streams_refused.add(1);
            }
        }
    }

    fn forget(&mut self, remote: SocketAddr) {
        let ip = remote.ip().to_canonical();
        if let Some(count) = self.addresses.get_mut(&ip) {
            *count -= 1;
            if *count == 0 {
                self.addresses.remove(&ip);
            }
        }
    }
}

impl Stranger {
    /// Reads the first frame and no byte more.
    fn poll_first_frame(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut buffer = [0; HEADER + MAX_FIRST_FRAME];
        loop {
            let wanted = match self.said.first_chunk::<HEADER>() {
                None => HEADER,
                Some(length) => HEADER + usize::from(u16::from_be_bytes(*length)),
            };
            if wanted > buffer.len() {
                return Poll::Ready(Err(ErrorKind::InvalidData.into()));
            }
            if self.said.len() >= wanted && wanted > HEADER {
                return Poll::Ready(Ok(()));
            }
            // A frame of nothing is none of ICE's.
            let missing = wanted.saturating_sub(self.said.len());
            if missing == 0 {
                return Poll::Ready(Err(ErrorKind::InvalidData.into()));
            }
            std::task::ready!(self.stream.poll_read_ready(cx))?;
            match self.stream.try_read(&mut buffer[..missing]) {
                Ok(0) => return Poll::Ready(Err(ErrorKind::UnexpectedEof.into())),
                Ok(read) => self.said.extend_from_slice(&buffer[..read]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    /// Gives the stream to whom it wants, if there is such a one.
    fn introduce(self, endpoint: &Endpoint) -> bool {
        let Stranger { stream, remote, mut said, .. } = self;
        let Ok(local) = stream.local_addr() else { return false };
        // Its next worker registers it anew.
        let stream = stream.into_std();
        let prepared = stream.and_then(|stream| tcp::configure(&SockRef::from(&stream)).map(|()| stream));
        match prepared {
            Ok(stream) => endpoint.introduce((local, remote), stream, said.split_off(HEADER)),
            Err(_) => false,
        }
    }
}

#[cfg(test)]
mod tests;
