//! A machine on the network: its addresses and its open sockets.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use base::SocketId;

/// The addresses and sockets of one node.
#[derive(Debug)]
pub struct Host {
    interfaces: Vec<IpAddr>,
    sockets: BTreeMap<SocketId, SocketAddr>,
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
            names: BTreeMap::new(),
            next_port: Self::FIRST_PORT,
        }
    }

    /// The node's own addresses.
    pub fn interfaces(&self) -> &[IpAddr] {
        &self.interfaces
    }

    /// Opens a socket (port 0: any free one) and returns its address; `None` where the address is not the
    /// host's own or is taken. Binding the same socket to the same address again changes nothing.
    pub fn bind(&mut self, socket: SocketId, address: SocketAddr) -> Option<SocketAddr> {
        if !self.interfaces.contains(&address.ip()) {
            return None;
        }
        let mut bound = address;
        if bound.port() == 0 {
            bound.set_port(self.next_port);
            self.next_port += 1;
        }
        if self.sockets.iter().any(|(other, taken)| *taken == bound && *other != socket) {
            return None;
        }
        self.sockets.insert(socket, bound);
        Some(bound)
    }

    /// Closes a socket; datagrams to it are lost from now on.
    pub fn close(&mut self, socket: SocketId) {
        self.sockets.remove(&socket);
    }

    /// How many sockets are open.
    pub fn open_sockets(&self) -> usize {
        self.sockets.len()
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

    pub(crate) fn address_of(&self, socket: SocketId) -> Option<SocketAddr> {
        self.sockets.get(&socket).copied()
    }

    pub(crate) fn socket_at(&self, address: SocketAddr) -> Option<SocketId> {
        self.sockets.iter().find(|(_, bound)| **bound == address).map(|(socket, _)| *socket)
    }
}
