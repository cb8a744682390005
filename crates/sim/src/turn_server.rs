//! A TURN server ([RFC 8656]), over UDP and streams: enough for clients that are correct, with faults to switch on.
//!
//! Long-term credentials, allocations of both families, permissions, channels, Send and Data indications, and lifetimes
//! in virtual time. Absent: reservations, even ports, DONT-FRAGMENT, ICMP, mobility, SHA-256.
//!
//! [RFC 8656]: https://www.rfc-editor.org/rfc/rfc8656

mod allocation;
mod requests;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base::{Path, SendBatch, SocketId};
use stun_types::attribute::{AttributeType, XorMappedAddress};
use stun_types::message::{
    BINDING, IntegrityAlgorithm, IntegrityKey, LongTermCredentials, Message, MessageClass, Method,
    TransactionId,
};
use stun_types::prelude::*;

use crate::host::Host;
use crate::network::Node;
use crate::stream::StreamEvent;
use crate::stun_message::{self, Writer};
use allocation::Allocation;

/// RFC 8656, section 17.
const SEND: Method = Method::new(0x006);
const DATA: Method = Method::new(0x007);
/// RFC 8656, section 18.
const XOR_PEER_ADDRESS: AttributeType = AttributeType::new(0x0012);
const DATA_ATTRIBUTE: AttributeType = AttributeType::new(0x0013);

/// Who may use it, and where it is.
#[derive(Clone, Debug)]
pub struct TurnConfig {
    /// The name of its only user.
    pub username: String,
    /// The user's password.
    pub password: String,
    /// Its realm.
    pub realm: String,
    /// Ports for UDP.
    pub udp_ports: Vec<u16>,
    /// Ports for TCP, and for TLS, which look the same from here.
    pub tcp_ports: Vec<u16>,
    /// How long an allocation lives, unless refreshed. A client may ask for less.
    pub lifetime: Duration,
    /// What it does wrong.
    pub faults: TurnFaults,
}

impl Default for TurnConfig {
    /// `user` and `password`; UDP and TCP on 3478, TLS on 5349 and 443; allocations of 10 minutes; no faults.
    fn default() -> Self {
        TurnConfig {
            username: "user".to_owned(),
            password: "password".to_owned(),
            realm: "sim".to_owned(),
            udp_ports: vec![3478],
            tcp_ports: vec![3478, 5349, 443],
            lifetime: Duration::from_secs(600),
            faults: TurnFaults::default(),
        }
    }
}

/// What a server may do wrong.
#[derive(Clone, Debug, Default)]
pub struct TurnFaults {
    /// It gets everything, and answers and relays nothing.
    pub silent: bool,
    /// It refuses every allocation with this code (such as 486, "Allocation Quota Reached").
    pub refuse: Option<u16>,
    /// It refuses every permission with 403, "Forbidden".
    pub forbid_peers: bool,
    /// It takes a nonce for this many requests, and answers the next one with 438, "Stale Nonce"; at 0, each one.
    pub nonce_uses: Option<u32>,
    /// It sends everybody who allocates to this server (300, "Try Alternate").
    pub alternate: Option<SocketAddr>,
    /// It forgets every allocation whose refresh it gets, and answers 437, "Allocation Mismatch".
    pub forget_on_refresh: bool,
}

/// The server.
#[derive(Debug)]
pub struct TurnServer {
    config: TurnConfig,
    key: IntegrityKey,
    inbox: VecDeque<(Path, Vec<u8>)>,
    outbox: VecDeque<(Path, Vec<u8>)>,
    /// By the client's path, which with the server's own socket is the 5-tuple.
    allocations: BTreeMap<Path, Allocation>,
    next_relay: u32,
    nonce: u32,
    nonce_used: u32,
    indications: u64,
}

impl TurnServer {
    /// The first socket of relayed addresses; below are those that clients talk to.
    const FIRST_RELAY: u32 = 1000;

    /// A server without allocations.
    pub fn new(config: TurnConfig) -> Self {
        let credentials = LongTermCredentials::new(config.username.clone(), config.password.clone());
        let credentials = credentials.to_key(config.realm.clone());
        TurnServer {
            key: credentials.make_key(IntegrityAlgorithm::Sha1),
            config,
            inbox: VecDeque::new(),
            outbox: VecDeque::new(),
            allocations: BTreeMap::new(),
            next_relay: Self::FIRST_RELAY,
            nonce: 0,
            nonce_used: 0,
            indications: 0,
        }
    }

    /// Changes what it does wrong.
    pub fn set_faults(&mut self, faults: TurnFaults) {
        self.config.faults = faults;
    }

    /// It is started anew: allocations and nonces are of another life.
    pub fn restart(&mut self) {
        self.allocations.values_mut().for_each(Allocation::end);
        self.nonce += 1;
    }

    /// How many allocations there are.
    pub fn allocations(&self) -> usize {
        self.allocations.len()
    }

    /// How many permissions there are, in all allocations, expired ones included.
    pub fn permissions(&self) -> usize {
        self.allocations.values().map(|allocation| allocation.permissions.len()).sum()
    }

    /// How many datagrams went to or came from clients in indications, and not in channels.
    pub fn indications(&self) -> u64 {
        self.indications
    }

    fn is_relay(socket: SocketId) -> bool {
        socket.0 >= Self::FIRST_RELAY
    }

    /// From a peer, to the client of the allocation.
    fn relay_inward(&mut self, now: Instant, path: Path, datagram: &[u8]) {
        let owner = self.allocations.iter().find(|(_, allocation)| allocation.relay == path.socket);
        let Some((client, allocation)) = owner.filter(|(_, allocation)| allocation.is_alive(now)) else {
            return;
        };
        if !allocation.permits(now, path.remote.ip()) {
            return;
        }
        let bytes = match allocation.channel_of(now, path.remote) {
            Some(channel) => channel_data(channel, datagram),
            None => {
                self.indications += 1;
                let id = TransactionId::from(u128::from(self.indications));
                let indication = Writer::new(MessageClass::Indication, DATA, id);
                let indication = indication.address(XOR_PEER_ADDRESS, path.remote);
                indication.raw(DATA_ATTRIBUTE, datagram).finish(None)
            }
        };
        self.outbox.push_back((*client, bytes));
    }

    /// RFC 8656, section 12.6.
    fn handle_channel_data(&mut self, now: Instant, client: Path, bytes: &[u8]) {
        let [a, b, c, d, data @ ..] = bytes else { return };
        let (channel, length) = (u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d]));
        let Some(allocation) = self.allocations.get(&client).filter(|one| one.is_alive(now)) else {
            return;
        };
        if let (Some(peer), Some(data)) = (allocation.peer_of(now, channel), data.get(..usize::from(length)))
        {
            let path = Path { socket: allocation.relay, remote: peer };
            self.outbox.push_back((path, data.to_vec()));
        }
    }

    /// RFC 8656, section 11.2.
    fn handle_send(&mut self, now: Instant, client: Path, message: &Message<'_>) {
        let Some(allocation) = self.allocations.get(&client).filter(|one| one.is_alive(now)) else {
            return;
        };
        let peer = stun_message::address(message, XOR_PEER_ADDRESS);
        if let (Some(peer), Some(data)) = (peer, message.raw_attribute(DATA_ATTRIBUTE))
            && allocation.permits(now, peer.ip())
        {
            self.indications += 1;
            self.outbox.push_back((Path { socket: allocation.relay, remote: peer }, data.value.to_vec()));
        }
    }

    fn handle_message(&mut self, now: Instant, path: Path, bytes: &[u8], host: &mut Host) {
        if self.config.faults.silent {
            return;
        }
        if matches!(bytes.first(), Some(64..=79)) {
            return self.handle_channel_data(now, path, bytes);
        }
        let Ok(message) = Message::from_bytes(bytes) else { return };
        match (message.class(), message.method()) {
            (MessageClass::Request, BINDING) => {
                let answer = Writer::answer(&message, MessageClass::Success);
                let answer = answer.address(XorMappedAddress::TYPE, path.remote);
                self.outbox.push_back((path, answer.finish(None)));
            }
            (MessageClass::Request, _) => {
                let answer = self.handle_request(now, path, &message, host);
                self.outbox.push_back((path, answer));
            }
            (MessageClass::Indication, SEND) => self.handle_send(now, path, &message),
            _ => {}
        }
    }
}

/// RFC 8656, section 12.4. The padding of section 12.5 is part of a stream's framing, which is not seen here.
fn channel_data(channel: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("datagrams are shorter than 65,536 bytes");
    [&channel.to_be_bytes(), &length.to_be_bytes(), data].concat()
}

impl Node for TurnServer {
    fn handle_datagram(&mut self, now: Instant, path: Path, datagram: &[u8]) {
        if !Self::is_relay(path.socket) {
            self.inbox.push_back((path, datagram.to_vec()));
        } else if !self.config.faults.silent {
            self.relay_inward(now, path, datagram);
        }
    }

    fn handle_stream(&mut self, _: Instant, event: StreamEvent) {
        // RFC 8656, section 5: an allocation goes with its stream. Its socket is closed when all is settled.
        if let StreamEvent::Closed { path } = event
            && let Some(allocation) = self.allocations.get_mut(&path)
        {
            allocation.end();
        }
    }

    fn handle_timeout(&mut self, _: Instant) {}

    /// Lifetimes are looked at when they matter.
    fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    fn poll_transmit(&mut self, _: Instant, out: &mut SendBatch) {
        while !out.is_full()
            && let Some((path, bytes)) = self.outbox.pop_front()
        {
            out.push(path, &bytes);
        }
    }

    fn settle(&mut self, now: Instant, host: &mut Host) {
        let mut sockets = 0..;
        for ip in host.interfaces().to_vec() {
            for (port, socket) in self.config.udp_ports.iter().zip(&mut sockets) {
                host.bind(SocketId(socket), (ip, *port).into());
            }
            for (port, socket) in self.config.tcp_ports.iter().zip(&mut sockets) {
                host.listen(SocketId(socket), (ip, *port).into());
            }
        }
        let ended: Vec<_> =
            self.allocations.iter().filter(|(_, one)| !one.is_alive(now)).map(|(path, _)| *path).collect();
        for path in ended {
            self.remove(path, host);
        }
        while let Some((path, bytes)) = self.inbox.pop_front() {
            self.handle_message(now, path, &bytes, host);
        }
    }
}

#[cfg(test)]
mod tests;
