//! Sockets that many connections share: one UDP port for all of them.
//!
//! A socket is read by one worker, the one that it lives on; its connections live on all of them. What is received is
//! handed over through each connection's mail box, which costs one copy for each run of datagrams of one flow. What is
//! sent goes straight from the connection's worker into the socket.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use base::Path;
use session::{BindError, Interface};

use crate::net::connection::{Connection, ConnectionKey};
use crate::net::counters::COUNTERS;
use crate::net::listener::Listener;
use crate::net::mail::NewStream;
use crate::net::peek;
use crate::net::port::Port;
use crate::net::routes::{Claim, Flow, Routes, Target};
use crate::net::udp::{ReceiveBatch, UdpSocket, bind_error};
use crate::net::workers;

/// Addresses that one endpoint is bound to.
pub(crate) const MAX_PORTS: usize = 16;

/// Ports that the system may choose before there is one that is free at all addresses.
const MAX_ATTEMPTS: usize = 8;

/// The sockets of an endpoint and its connections. Lives as long as its handle or one of its connections.
pub(crate) struct Endpoint {
    ports: Vec<Port>,
    listeners: Vec<Listener>,
    routes: Mutex<Routes>,
    closed: AtomicBool,
}

/// Where a connection's socket really is: a port of the endpoint, and the address of it that the socket stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    port: usize,
    pub(crate) local: SocketAddr,
    /// It stands for the listener there, and nothing is sent from it but on streams.
    pub(crate) is_tcp: bool,
}

impl Endpoint {
    /// Binds a socket to each address, and with `tcp` a listener. Those with port 0 get the port of the first one.
    pub(crate) fn bind(addresses: &[SocketAddr], tcp: bool, dscp: u8) -> io::Result<Arc<Self>> {
        let endpoint = Arc::new(Endpoint::open(addresses, tcp, dscp)?);
        for (index, port) in endpoint.ports.iter().enumerate() {
            workers::adopt_port(port.bell(), Arc::downgrade(&endpoint), index);
        }
        for (index, listener) in endpoint.listeners.iter().enumerate() {
            workers::adopt_listener(listener.bell(), Arc::downgrade(&endpoint), index);
        }
        Ok(endpoint)
    }

    /// The same, but that nobody reads what comes.
    pub(crate) fn open(addresses: &[SocketAddr], tcp: bool, dscp: u8) -> io::Result<Self> {
        if addresses.is_empty() || addresses.len() > MAX_PORTS {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "an endpoint has 1 to 16 addresses"));
        }
        let bind = || {
            let ports = bind_ports(addresses, dscp)?;
            let listeners = if tcp { bind_listeners(&ports, dscp)? } else { Vec::new() };
            Ok((ports, listeners))
        };
        let mut bound: io::Result<_> = bind();
        // The port that the system chose at one address may be taken at another.
        let is_free = addresses.iter().all(|address| address.port() == 0);
        for _ in 1..if is_free { MAX_ATTEMPTS } else { 1 } {
            match &bound {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                    bound = bind();
                }
                _ => break,
            }
        }
        let (routes, closed) = (Mutex::default(), AtomicBool::new(false));
        let (ports, listeners) = bound?;
        Ok(Endpoint { ports, listeners, routes, closed })
    }

    /// Where the sockets are bound.
    pub(crate) fn local_addresses(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.ports.iter().map(Port::local)
    }

    pub(crate) fn port(&self, index: usize) -> Option<&Port> {
        self.ports.get(index)
    }

    /// Whether it has listeners.
    pub(crate) fn listens(&self) -> bool {
        !self.listeners.is_empty()
    }

    pub(crate) fn listener(&self, index: usize) -> Option<&Listener> {
        self.listeners.get(index)
    }

    /// Closes all connections; there will be no others.
    pub(crate) fn close(&self) {
        let routes = self.routes();
        self.closed.store(true, Ordering::Release);
        let members: Vec<_> = routes.members().cloned().collect();
        drop(routes);
        members.iter().for_each(|connection| connection.close());
    }

    /// How many connections there are.
    pub(crate) fn connections(&self) -> usize {
        self.routes().len()
    }

    /// Of the machine's addresses those at which this endpoint can be reached.
    pub(crate) fn reachable(&self, interfaces: &[Interface]) -> Vec<Interface> {
        let mut reachable = Vec::new();
        for port in self.ports.iter().map(Port::local) {
            match port.ip() {
                ip if ip.is_unspecified() => {
                    let same = interfaces.iter().filter(|interface| interface.ip.is_ipv4() == ip.is_ipv4());
                    reachable.extend(same.cloned());
                }
                // It is bound, whatever the list says.
                ip => {
                    let listed = interfaces.iter().find(|interface| interface.ip == ip);
                    let name = listed.map_or_else(String::new, |interface| interface.name.clone());
                    reachable.push(Interface { name, ip });
                }
            }
        }
        reachable
    }

    /// The second answer to `Action::BindUdp`: nothing is bound, an address of a port gets a name.
    pub(crate) fn place(&self, address: IpAddr) -> Result<Place, BindError> {
        let reaches = |port: &Port| stands_for(port.local(), address);
        let port = self.ports.iter().position(reaches).ok_or(BindError::AddressUnavailable)?;
        let local = SocketAddr::new(address, self.ports[port].local().port());
        Ok(Place { port, local, is_tcp: false })
    }

    /// The answer to `Action::ListenTcp`: the endpoint listens already.
    pub(crate) fn place_listener(&self, address: IpAddr) -> Result<Place, BindError> {
        let reaches = |listener: &Listener| stands_for(listener.local(), address);
        let port = self.listeners.iter().position(reaches).ok_or(BindError::AddressUnavailable)?;
        let local = SocketAddr::new(address, self.listeners[port].local().port());
        Ok(Place { port, local, is_tcp: true })
    }

    /// Gives a stream that a listener has accepted to the connection that its first datagram is for. False if there is
    /// none, or it has too many.
    pub(crate) fn introduce(
        &self,
        (local, remote): (SocketAddr, SocketAddr),
        stream: std::net::TcpStream,
        first: Vec<u8>,
    ) -> bool {
        let canonical = |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
        let Some(Target { connection, socket }) = self.routes().wanted(canonical(local), &first).cloned()
        else {
            return false;
        };
        let path = Path { socket, remote: canonical(remote) };
        let is_brought = connection.mail.bring(NewStream { path, stream, first });
        connection.bell.ring();
        is_brought
    }

    /// A connection begins. False if there are to be no others.
    pub(crate) fn join(&self, connection: &Arc<Connection>) -> bool {
        // Under the lock: either `close` finds the connection, or this finds it closed.
        let mut routes = self.routes();
        let is_open = !self.closed.load(Ordering::Acquire);
        if is_open {
            routes.join(connection);
        }
        is_open
    }

    pub(crate) fn leave(&self, key: ConnectionKey) {
        self.routes().leave(key);
    }

    /// The fragments that a connection answers to from now on.
    pub(crate) fn claim(&self, key: ConnectionKey, claims: Vec<Claim>) {
        self.routes().claim(key, claims);
    }

    /// A connection has authenticated a path. One that carries another connection's data right now stays with that
    /// one: an address can be forged by whoever has credentials of his own.
    pub(crate) fn admit(&self, connection: &Connection, path: Path, local: SocketAddr) {
        let flow = Flow { local, remote: path.remote };
        let owner = match self.routes().owner(flow) {
            Some(owner) if owner.connection.key == connection.key && owner.socket == path.socket => return,
            owner => owner.filter(|owner| owner.connection.key != connection.key).cloned(),
        };
        // Not under the table's lock, as this is another connection's.
        if let Some(Target { connection: other, socket }) = owner
            && other.uses(Path { socket, ..path })
        {
            COUNTERS.routes_contested.add(1);
            return;
        }
        self.routes().admit(connection.key, path.socket, flow);
    }

    /// Sends datagrams of one length (the last may be shorter) from a place, as [`UdpSocket::poll_send`] does.
    pub(crate) fn poll_send(
        &self,
        cx: &mut Context<'_>,
        (place, remote): (Place, SocketAddr),
        payload: &[u8],
        segment_size: usize,
    ) -> Poll<usize> {
        match self.ports.get(place.port) {
            Some(port) if !place.is_tcp => {
                port.poll_send(cx, (place.local.ip(), remote), payload, segment_size)
            }
            // A stream that has ended.
            _ => Poll::Ready(payload.len()),
        }
    }

    /// Takes note of the requests among datagrams that a connection is about to send.
    pub(crate) fn expect_answers<'a>(
        &self,
        key: ConnectionKey,
        path: Path,
        local: SocketAddr,
        datagrams: impl Iterator<Item = &'a [u8]>,
    ) {
        for id in datagrams.filter_map(peek::request_id) {
            self.routes().expect(key, path.socket, Flow { local, remote: path.remote }, id);
        }
    }

    /// Hands over what a port has received.
    pub(crate) fn route(&self, port: &Port, batch: &ReceiveBatch) -> usize {
        let mut rung: Vec<Arc<Connection>> = Vec::new();
        let (mut count, mut nobody, mut overflowed) = (0, 0, 0);
        let mut routes = self.routes();
        for (meta, run) in batch.runs() {
            let stride = meta.stride.max(1);
            let datagrams = run.len().div_ceil(stride);
            count += datagrams;
            let Some(local) = port.destination(meta.dst_ip) else {
                nobody += datagrams;
                continue;
            };
            let flow = Flow { local, remote: meta.addr };
            nobody += routes.deliver(flow, stride, run, |target, datagrams| {
                let path = Path { socket: target.socket, remote: flow.remote };
                if !target.connection.mail.deliver(path, stride, datagrams) {
                    overflowed += datagrams.len().div_ceil(stride);
                }
                if rung.last().is_none_or(|last| last.key != target.connection.key) {
                    rung.push(Arc::clone(&target.connection));
                }
            });
        }
        drop(routes);
        rung.iter().for_each(|connection| connection.bell.ring());
        COUNTERS.datagrams_received.add(count);
        COUNTERS.datagrams_for_nobody.add(nobody);
        COUNTERS.mail_overflows.add(overflowed);
        count
    }

    fn routes(&self) -> MutexGuard<'_, Routes> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether what is bound to `local` is reached at `address`.
fn stands_for(local: SocketAddr, address: IpAddr) -> bool {
    if local.ip().is_unspecified() { local.is_ipv4() == address.is_ipv4() } else { local.ip() == address }
}

/// A listener beside each port.
fn bind_listeners(ports: &[Port], dscp: u8) -> io::Result<Vec<Listener>> {
    let bind = |port: &Port| {
        let (bell, runtime) = workers::place_port()?;
        let _entered = runtime.enter();
        Listener::bind(port.local(), dscp, bell)
    };
    ports.iter().map(bind).collect()
}

fn bind_ports(addresses: &[SocketAddr], dscp: u8) -> io::Result<Vec<Port>> {
    let mut ports: Vec<Port> = Vec::new();
    let mut missing = None;
    for address in addresses {
        let (bell, runtime) = workers::place_port()?;
        let _entered = runtime.enter();
        let mut wanted = *address;
        if wanted.port() == 0
            && let Some(first) = ports.first()
        {
            wanted.set_port(first.local().port());
        }
        match UdpSocket::bind(wanted, dscp) {
            Ok((socket, local)) => ports.push(Port::new(socket, local, bell)),
            // "All addresses" of a family that the machine does not have are none.
            Err(error)
                if wanted.ip().is_unspecified() && bind_error(&error) == BindError::AddressUnavailable =>
            {
                missing = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    match missing {
        Some(error) if ports.is_empty() => Err(error),
        _ => Ok(ports),
    }
}

impl Drop for Endpoint {
    /// The sockets' readers hold nothing: they find the endpoint gone.
    fn drop(&mut self) {
        self.ports.iter().for_each(|port| port.bell().ring());
        self.listeners.iter().for_each(|listener| listener.bell().ring());
    }
}

/// Who waits for room in a socket.
#[derive(Default)]
pub(crate) struct Writers {
    /// By the address of what they wake, which they keep alive: thousands may wait.
    waiting: Mutex<BTreeMap<usize, Waker>>,
}

impl Writers {
    /// At most one for each connection.
    pub(crate) fn enter(&self, waker: &Waker) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.entry(waker.data().addr()).or_insert_with(|| waker.clone());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    pub(crate) fn wake(&self) {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        waiting.into_values().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests;
