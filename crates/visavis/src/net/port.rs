//! One socket of an endpoint, and its seat on the worker that reads it.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};

use crate::net::connection::Bell;
use crate::net::drive::{MAX_DATAGRAMS_IN, Next};
use crate::net::endpoint::{Endpoint, Writers};
use crate::net::udp::{ReceiveBatch, UdpSocket};

/// A socket that connections of all workers send on, and one worker reads.
pub(crate) struct Port {
    socket: UdpSocket,
    local: SocketAddr,
    writers: Writers,
    bell: Arc<Bell>,
}

impl Port {
    pub(crate) fn new(socket: UdpSocket, local: SocketAddr, bell: Arc<Bell>) -> Self {
        Port { socket, local, writers: Writers::default(), bell }
    }

    /// Where it is bound.
    pub(crate) fn local(&self) -> SocketAddr {
        self.local
    }

    pub(crate) fn bell(&self) -> &Arc<Bell> {
        &self.bell
    }

    /// The address that a datagram was sent to. `None` where the system does not say, and the socket has many.
    pub(crate) fn destination(&self, ip: Option<IpAddr>) -> Option<SocketAddr> {
        let bound = Some(self.local.ip()).filter(|ip| !ip.is_unspecified());
        Some(SocketAddr::new(bound.or(ip)?.to_canonical(), self.local.port()))
    }

    /// Sends from one of the socket's addresses; the context's task is woken when there is room again.
    pub(crate) fn poll_send(
        &self,
        cx: &mut Context<'_>,
        (from, to): (IpAddr, SocketAddr),
        payload: &[u8],
        segment_size: usize,
    ) -> Poll<usize> {
        let from = Some(from).filter(|_| self.local.ip().is_unspecified());
        match self.socket.try_send((from, to), payload, segment_size) {
            Some(bytes) => Poll::Ready(bytes),
            None => {
                // A socket wakes one task only: the one that reads it, which wakes the others.
                self.writers.enter(cx.waker());
                self.bell.ring();
                Poll::Pending
            }
        }
    }
}

/// The reader's place on its worker.
pub(crate) struct PortSeat {
    endpoint: Weak<Endpoint>,
    index: usize,
    waker: Waker,
    bell: Arc<Bell>,
}

impl PortSeat {
    pub(crate) fn new(endpoint: Weak<Endpoint>, index: usize, bell: Arc<Bell>) -> Self {
        PortSeat { endpoint, index, waker: Waker::from(Arc::clone(&bell)), bell }
    }

    pub(crate) fn bell(&self) -> &Bell {
        &self.bell
    }

    /// Takes in what the socket has, up to a bound.
    pub(crate) fn turn(&mut self, batch: &mut ReceiveBatch) -> Next {
        let Some(endpoint) = self.endpoint.upgrade() else { return Next::Finished };
        let Some(port) = endpoint.port(self.index) else { return Next::Finished };
        let mut cx = Context::from_waker(&self.waker);
        if !port.writers.is_empty() && port.socket.poll_writable(&mut cx).is_ready() {
            port.writers.wake();
        }
        let mut left = MAX_DATAGRAMS_IN;
        while port.socket.poll_receive(&mut cx, batch).is_ready() {
            // A call that brought nothing was a call, too.
            left = left.saturating_sub(endpoint.route(port, batch).max(1));
            if left == 0 {
                return Next::Again;
            }
        }
        Next::At(None)
    }
}
