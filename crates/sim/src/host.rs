//! A machine on the network: its addresses, its open sockets and its streams.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use base::{Path, SocketId};

use crate::packet::Segment;
use crate::stream::{Stream, StreamState};

/// The addresses and sockets of one node.
#[derive(Debug)]
pub struct Host {
    interfaces: Vec<IpAddr>,
    sockets: BTreeMap<SocketId, SocketAddr>,
    listeners: BTreeMap<SocketId, SocketAddr>,
    streams: BTreeMap<Path, Stream>,
    /// Parts of streams to be sent as soon as the node has settled: from, to.
    outgoing: Vec<(Segment, SocketAddr, SocketAddr)>,
    /// Streams that were asked for since; none, where the host has no address for it.
    asked: Vec<(Path, Option<Stream>)>,
    names: BTreeMap<String, Vec<IpAddr>>,
    next_port: u16,
}

impl Host {
    /// The first port given out where none was asked for.
    const FIRST_PORT: u16 = 50_000;

    pub(crate) fn new(interfaces: &[IpAddr]) -> Self {
        Host {
            interfaces: interfaces.to_vec(),
            sockets: BTreeMap::new(),
            listeners: BTreeMap::new(),
            streams: BTreeMap::new(),
            outgoing: Vec::new(),
            asked: Vec::new(),
            names: BTreeMap::new(),
            next_port: Self::FIRST_PORT,
        }
    }

    /// The node's own addresses.
    pub fn interfaces(&self) -> &[IpAddr] {
        &self.interfaces
    }

    /// Adds an address, as when a network is joined. It reaches what the node is plugged into with it.
    pub fn add_interface(&mut self, address: IpAddr) {
        if !self.interfaces.contains(&address) {
            self.interfaces.push(address);
        }
    }

    /// Takes an address away, as when a network is left. Sockets on it stay open, and reach nobody any more.
    pub fn remove_interface(&mut self, address: IpAddr) {
        self.interfaces.retain(|interface| *interface != address);
    }

    /// Opens a UDP socket (port 0: any free one) and returns its address; `None` where the address is not the
    /// host's own or is taken. Binding the same socket to the same address again changes nothing.
    pub fn bind(&mut self, socket: SocketId, address: SocketAddr) -> Option<SocketAddr> {
        let bound = self.choose(address)?;
        if self.sockets.iter().any(|(other, taken)| *taken == bound && *other != socket) {
            return None;
        }
        self.sockets.insert(socket, bound);
        Some(bound)
    }

    /// Listens for TCP, under the same rules as [`bind`](Host::bind). Streams that are accepted are paths of `socket`.
    pub fn listen(&mut self, socket: SocketId, address: SocketAddr) -> Option<SocketAddr> {
        let bound = self.choose(address)?;
        if self.listeners.iter().any(|(other, taken)| *taken == bound && *other != socket) {
            return None;
        }
        self.listeners.insert(socket, bound);
        Some(bound)
    }

    /// Opens a TCP stream from `local`, or from the first address of the remote's family. `extra_round_trips` follow
    /// TCP's own handshake before it counts as open: 1 is TLS 1.3. What comes of it is a
    /// [`StreamEvent`](crate::StreamEvent).
    pub fn connect(&mut self, path: Path, local: Option<IpAddr>, extra_round_trips: u32) {
        let same_family = |ip: &&IpAddr| ip.is_ipv4() == path.remote.is_ipv4();
        let local = local.or_else(|| self.interfaces.iter().find(same_family).copied());
        let own = local.filter(|ip| self.interfaces.contains(ip));
        let stream = own.map(|ip| {
            let local = SocketAddr::new(ip, self.take_port());
            Stream { local, state: StreamState::Connecting { round_trips_left: extra_round_trips } }
        });
        self.asked.push((path, stream));
    }

    /// Closes a UDP socket, a listener with its streams, or all streams of a socket; what comes for them is lost from
    /// now on.
    pub fn close(&mut self, socket: SocketId) {
        self.sockets.remove(&socket);
        self.listeners.remove(&socket);
        self.asked.retain(|(path, _)| path.socket != socket);
        let paths: Vec<_> = self.streams.keys().filter(|path| path.socket == socket).copied().collect();
        paths.into_iter().for_each(|path| self.close_stream(path));
    }

    /// Closes one stream, open or being opened.
    pub fn close_stream(&mut self, path: Path) {
        self.asked.retain(|(asked, _)| *asked != path);
        if let Some(stream) = self.streams.remove(&path) {
            self.outgoing.push((Segment::Close, stream.local, path.remote));
        }
    }

    /// How many UDP sockets are open.
    pub fn open_sockets(&self) -> usize {
        self.sockets.len()
    }

    /// How many streams are open, or being opened.
    pub fn open_streams(&self) -> usize {
        self.streams.len()
    }

    /// Makes `name` resolve to `addresses` on this host.
    pub fn add_name(&mut self, name: &str, addresses: &[IpAddr]) {
        self.names.insert(name.to_owned(), addresses.to_vec());
    }

    /// What `name` resolves to; nothing for an unknown name.
    pub fn resolve(&self, name: &str, port: u16) -> Vec<SocketAddr> {
        if let Ok(ip) = name.parse::<IpAddr>() {
            return vec![(ip, port).into()];
        }
        self.names.get(name).into_iter().flatten().map(|ip| (*ip, port).into()).collect()
    }

    /// The address, with a port, if it is the host's own.
    fn choose(&mut self, mut address: SocketAddr) -> Option<SocketAddr> {
        if !self.interfaces.contains(&address.ip()) {
            return None;
        }
        if address.port() == 0 {
            address.set_port(self.take_port());
        }
        Some(address)
    }

    fn take_port(&mut self) -> u16 {
        let port = self.next_port;
        self.next_port = port.checked_add(1).unwrap_or(Self::FIRST_PORT);
        port
    }

    pub(crate) fn address_of(&self, socket: SocketId) -> Option<SocketAddr> {
        self.sockets.get(&socket).copied()
    }

    pub(crate) fn socket_at(&self, address: SocketAddr) -> Option<SocketId> {
        self.sockets.iter().find(|(_, bound)| **bound == address).map(|(socket, _)| *socket)
    }

    pub(crate) fn listener_at(&self, address: SocketAddr) -> Option<SocketId> {
        self.listeners.iter().find(|(_, bound)| **bound == address).map(|(socket, _)| *socket)
    }

    pub(crate) fn stream(&self, path: Path) -> Option<&Stream> {
        self.streams.get(&path)
    }

    pub(crate) fn streams_mut(&mut self) -> &mut BTreeMap<Path, Stream> {
        &mut self.streams
    }

    /// The stream between two addresses.
    pub(crate) fn stream_at(&self, local: SocketAddr, remote: SocketAddr) -> Option<Path> {
        let is_it = |(path, stream): &(&Path, &Stream)| path.remote == remote && stream.local == local;
        self.streams.iter().find(is_it).map(|(path, _)| *path)
    }

    pub(crate) fn take_asked(&mut self) -> Vec<(Path, Option<Stream>)> {
        std::mem::take(&mut self.asked)
    }

    pub(crate) fn take_outgoing(&mut self) -> Vec<(Segment, SocketAddr, SocketAddr)> {
        std::mem::take(&mut self.outgoing)
    }
}
