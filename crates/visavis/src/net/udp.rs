//! UDP sockets: batches in, batches out.

use std::io::{self, ErrorKind, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, ready};

use quinn_udp::{RecvMeta, UdpSockRef, UdpSocketState};
use session::BindError;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::io::Interest;

use crate::net::counters::COUNTERS;
use crate::net::marked;

/// What the system may hold of one socket's datagrams, each way, if it allows: at a gigabit per second, 16 ms.
const KERNEL_BUFFER: usize = 2 * 1024 * 1024;

/// A socket that fails to receive this often in a row is not asked again.
const MAX_ERRORS: u32 = 64;

/// A bound socket.
pub(crate) struct UdpSocket {
    socket: tokio::net::UdpSocket,
    state: UdpSocketState,
    errors: AtomicU32,
    /// What it sends has a DSCP other than 0.
    is_marked: bool,
    /// Segments in one call were refused while it was marked.
    one_by_one: AtomicBool,
    /// Tokio looks at its sockets on the thread that receives, and nowhere else.
    is_sole_reader: bool,
}

impl UdpSocket {
    /// Binds a socket and says where. What it sends has this DSCP.
    pub(crate) fn bind(address: SocketAddr, dscp: u8) -> io::Result<(Self, SocketAddr)> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_nonblocking(true)?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        // The system may grant less; then that will have to do.
        let _ = socket.set_recv_buffer_size(KERNEL_BUFFER);
        let _ = socket.set_send_buffer_size(KERNEL_BUFFER);
        if dscp != 0 {
            marked::mark(&SockRef::from(&socket), address.is_ipv4(), dscp)?;
        }
        socket.bind(&address.into())?;
        let socket = tokio::net::UdpSocket::from_std(socket.into())?;
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        let local = socket.local_addr()?;
        COUNTERS.sockets.add(1);
        let (errors, one_by_one) = (AtomicU32::new(0), AtomicBool::new(!marked::CAN_SEGMENT));
        let flavor = tokio::runtime::Handle::current().runtime_flavor();
        let is_sole_reader = flavor == tokio::runtime::RuntimeFlavor::CurrentThread;
        Ok((UdpSocket { socket, state, errors, is_marked: dscp != 0, one_by_one, is_sole_reader }, local))
    }

    /// Receives what is there, up to a batch. Wakes the context's task if nothing is.
    pub(crate) fn poll_receive(&self, cx: &mut Context<'_>, batch: &mut ReceiveBatch) -> Poll<()> {
        batch.received = 0;
        while self.errors.load(Ordering::Relaxed) < MAX_ERRORS {
            if ready!(self.socket.poll_recv_ready(cx)).is_err() {
                break;
            }
            let mut buffers = batch.storage.chunks_mut(ReceiveBatch::BUFFER);
            let mut slices: [IoSliceMut<'_>; ReceiveBatch::BUFFERS] =
                std::array::from_fn(|_| IoSliceMut::new(buffers.next().unwrap_or_default()));
            let receive = || self.state.recv(UdpSockRef::from(&self.socket), &mut slices, &mut batch.metas);
            match self.socket.try_io(Interest::READABLE, receive) {
                Ok(received) => {
                    self.errors.store(0, Ordering::Relaxed);
                    batch.received = received;
                    if self.is_sole_reader && received < ReceiveBatch::BUFFERS.min(quinn_udp::BATCH_SIZE) {
                        // The system has no more: this spares the call that would say so. What comes from now on
                        // is news to tokio, which does not look at its sockets before we wait.
                        let _ = self.socket.try_io(Interest::READABLE, || -> io::Result<()> {
                            Err(ErrorKind::WouldBlock.into())
                        });
                    }
                    return Poll::Ready(());
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // An earlier datagram did not arrive (an ICMP message, which Windows reports here). Anybody may
                // provoke these, and they say nothing about the socket.
                Err(error)
                    if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused) =>
                {
                    COUNTERS.receive_errors.add(1);
                    return Poll::Ready(());
                }
                Err(error) => {
                    tracing::debug!(%error, "a socket fails to receive");
                    COUNTERS.receive_errors.add(1);
                    self.errors.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        Poll::Pending
    }

    /// Sends datagrams of `segment_size` bytes (the last one may be shorter) to one address, and says how many
    /// bytes are done with: sent, or refused by the system. Wakes the context's task when more can be.
    pub(crate) fn poll_send(
        &self,
        cx: &mut Context<'_>,
        remote: SocketAddr,
        payload: &[u8],
        segment_size: usize,
    ) -> Poll<usize> {
        loop {
            if ready!(self.socket.poll_send_ready(cx)).is_err() {
                return Poll::Ready(payload.len());
            }
            if let Some(bytes) = self.try_send((None, remote), payload, segment_size) {
                return Poll::Ready(bytes);
            }
        }
    }

    /// Whether the socket takes datagrams. Wakes the context's task when it does.
    pub(crate) fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<()> {
        // On an error, whoever tries to send finds out.
        self.socket.poll_send_ready(cx).map(|_| ())
    }

    /// The same as [`poll_send`](Self::poll_send) and wakes nobody: `None` if the system takes nothing now. `from`: the
    /// address to send from, where the socket has several.
    pub(crate) fn try_send(
        &self,
        (from, remote): (Option<IpAddr>, SocketAddr),
        payload: &[u8],
        segment_size: usize,
    ) -> Option<usize> {
        let segment_size = segment_size.max(1);
        loop {
            let segments = self.max_segments();
            let contents = &payload[..payload.len().min(segments.saturating_mul(segment_size))];
            let datagrams = contents.len().div_ceil(segment_size);
            let send = || self.send_now((from, remote), contents, segment_size);
            match self.socket.try_io(Interest::WRITABLE, send) {
                Ok(()) => {
                    COUNTERS.datagrams_sent.add(datagrams);
                    return Some(contents.len());
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
                // The network card cannot segment after all: from now on one by one.
                Err(_) if self.max_segments() < datagrams => {}
                Err(_) if self.is_marked && datagrams > 1 => self.one_by_one.store(true, Ordering::Relaxed),
                Err(error) => {
                    tracing::trace!(%error, %remote, "the system refuses to send");
                    COUNTERS.sends_refused.add(datagrams);
                    return Some(contents.len());
                }
            }
        }
    }
}

impl UdpSocket {
    fn max_segments(&self) -> usize {
        let one_by_one = self.is_marked && self.one_by_one.load(Ordering::Relaxed);
        if one_by_one { 1 } else { self.state.max_gso_segments() }
    }

    fn send_now(
        &self,
        (from, to): (Option<IpAddr>, SocketAddr),
        contents: &[u8],
        segment_size: usize,
    ) -> io::Result<()> {
        if self.is_marked {
            return marked::send(&SockRef::from(&self.socket), (from, to), contents, segment_size);
        }
        let transmit = quinn_udp::Transmit {
            destination: to,
            ecn: None,
            contents,
            segment_size: (contents.len() > segment_size).then_some(segment_size),
            src_ip: from,
        };
        self.state.try_send(UdpSockRef::from(&self.socket), &transmit)
    }
}

impl Drop for UdpSocket {
    fn drop(&mut self) {
        COUNTERS.sockets.subtract(1);
    }
}

/// What a session is told of it.
pub(crate) fn bind_error(error: &io::Error) -> BindError {
    tracing::debug!(%error, "no socket");
    match error.kind() {
        ErrorKind::AddrNotAvailable | ErrorKind::Unsupported => BindError::AddressUnavailable,
        ErrorKind::AddrInUse => BindError::InUse,
        ErrorKind::PermissionDenied => BindError::Refused,
        // EAFNOSUPPORT has no kind of its own.
        ErrorKind::InvalidInput => BindError::AddressUnavailable,
        _ => BindError::Exhausted,
    }
}

/// Room for what one system call receives, used again and again.
pub(crate) struct ReceiveBatch {
    storage: Vec<u8>,
    metas: [RecvMeta; Self::BUFFERS],
    received: usize,
}

impl ReceiveBatch {
    /// How many buffers a call fills at most. Each takes a run of datagrams where the system joins them.
    const BUFFERS: usize = 8;
    /// No datagram, and no run of joined ones, is longer.
    const BUFFER: usize = 65_536;

    pub(crate) fn new() -> Self {
        ReceiveBatch {
            storage: vec![0; Self::BUFFERS * Self::BUFFER],
            metas: std::array::from_fn(|_| RecvMeta::default()),
            received: 0,
        }
    }

    /// The datagrams of the last call, in order.
    pub(crate) fn datagrams(&self) -> impl Iterator<Item = (SocketAddr, &[u8])> {
        self.runs()
            .flat_map(|(meta, run)| run.chunks(meta.stride.max(1)).map(|datagram| (meta.addr, datagram)))
    }

    /// The same, those together that the system joined: of one flow, and of one length but for the last.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (&RecvMeta, &[u8])> {
        let filled = self.metas.iter().zip(self.storage.chunks(Self::BUFFER)).take(self.received);
        filled.map(|(meta, buffer)| (meta, buffer.get(..meta.len).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests;
