//! Two agents, a STUN server and the links between them, in virtual time.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part of it")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base::{Path, Rng, SendBatch, SocketId};
use ice::{Agent, AgentConfig, Candidate, CandidateKind, Credentials, Event, Protocol, Role, TransportState};
use stun_types::attribute::{RawAttribute, Username, XorMappedAddress};
use stun_types::message::{
    BINDING, IntegrityAlgorithm, Message, MessageClass, MessageType, MessageWriteVec, ShortTermCredentials,
};
use stun_types::prelude::*;

pub const A: usize = 0;
pub const B: usize = 1;
/// The sockets of streams have names from here on.
const FIRST_TCP: u32 = 100;

pub fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// A host candidate over UDP, as a peer signals it.
pub fn host(address: SocketAddr) -> Candidate {
    Candidate {
        foundation: "1".to_owned(),
        component: 1,
        protocol: Protocol::Udp,
        priority: 2_130_706_431,
        address,
        kind: CandidateKind::Host,
        related: None,
        tcp_type: None,
        ufrag: None,
        url: None,
        relay_protocol: None,
        name: None,
    }
}

/// A check to A, with B's name and this password.
pub fn check(network: &Network, id: u128, pwd: Option<&str>, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let [to, from] = [A, B].map(|node| network.nodes[node].agent.local_credentials().ufrag.clone());
    let kind = MessageType::from_class_method(MessageClass::Request, BINDING);
    let mut message = Message::builder(kind, id.into(), MessageWriteVec::new());
    message.add_attribute(&Username::new(&format!("{to}:{from}")).unwrap()).unwrap();
    for (kind, value) in attributes {
        message.add_attribute(&RawAttribute::new((*kind).into(), value)).unwrap();
    }
    if let Some(pwd) = pwd {
        let key = ShortTermCredentials::new(pwd.to_owned()).into();
        message.add_message_integrity(&key, IntegrityAlgorithm::Sha1).unwrap();
    }
    message.add_fingerprint().unwrap();
    message.finish()
}

/// A node's password: whoever has it can authenticate to it.
pub fn password(network: &Network, node: usize) -> String {
    network.nodes[node].agent.local_credentials().pwd.expose_secret().clone()
}

pub fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub struct Node {
    pub agent: Agent,
    pub sockets: BTreeMap<SocketId, SocketAddr>,
    pub events: Vec<Event>,
    /// Candidates that were announced and not yet signalled.
    pub announced: Vec<Candidate>,
}

type Filter = Box<dyn Fn(SocketAddr, SocketAddr) -> bool>;

pub struct Network {
    pub start: Instant,
    pub now: Instant,
    pub nodes: Vec<Node>,
    pub delay: Duration,
    pub loss: f64,
    /// Inside address to outside address: a NAT without filtering.
    pub nat: BTreeMap<SocketAddr, SocketAddr>,
    pub server: Option<SocketAddr>,
    /// What may pass, by source and destination.
    pub passes: Filter,
    /// Every datagram that was sent, with its source and destination.
    pub sent: Vec<(Instant, SocketAddr, SocketAddr, Vec<u8>)>,
    in_flight: BTreeMap<(Instant, u64), (SocketAddr, SocketAddr, Vec<u8>)>,
    /// Who listens for TCP connections where.
    pub listeners: BTreeMap<SocketAddr, (usize, SocketId)>,
    /// Open streams, from each of their ends.
    pub streams: BTreeMap<(usize, Path), (usize, Path)>,
    in_streams: BTreeMap<(Instant, u64), (usize, Path, Vec<u8>)>,
    /// The connections that were asked for.
    pub attempts: Vec<SocketAddr>,
    /// The streams that were to be closed.
    pub disconnected: Vec<(usize, Path)>,
    sequence: u64,
    rng: Rng,
}

pub fn agent(role: Role, seed: u8, config: AgentConfig) -> Agent {
    let mut rng = Rng::from_seed([seed; 32]);
    let local = Credentials::generate(&mut rng);
    Agent::new(config, role, local, rng)
}

impl Network {
    /// Two agents with one socket each, that know nothing of each other.
    pub fn new() -> Network {
        Network::with_roles(Role::Controlling, Role::Controlled)
    }

    pub fn with_roles(a: Role, b: Role) -> Network {
        // So that "completed" tells when the pair was selected.
        let config = AgentConfig { conclusion: Duration::ZERO, ..AgentConfig::default() };
        Network::with(agent(a, 1, config.clone()), agent(b, 2, config))
    }

    #[allow(clippy::disallowed_methods, reason = "an arbitrary start; only differences matter")]
    pub fn with(a: Agent, b: Agent) -> Network {
        let node =
            |agent| Node { agent, sockets: BTreeMap::new(), events: Vec::new(), announced: Vec::new() };
        let start = Instant::now();
        Network {
            start,
            now: start,
            nodes: vec![node(a), node(b)],
            delay: ms(10),
            loss: 0.0,
            nat: BTreeMap::new(),
            server: None,
            passes: Box::new(|_, _| true),
            sent: Vec::new(),
            in_flight: BTreeMap::new(),
            listeners: BTreeMap::new(),
            streams: BTreeMap::new(),
            in_streams: BTreeMap::new(),
            attempts: Vec::new(),
            disconnected: Vec::new(),
            sequence: 0,
            rng: Rng::from_seed([9; 32]),
        }
    }

    pub fn agent(&mut self, node: usize) -> &mut Agent {
        &mut self.nodes[node].agent
    }

    pub fn add_host(&mut self, node: usize, at: &str) {
        let socket = SocketId(self.nodes[node].sockets.len() as u32);
        self.nodes[node].sockets.insert(socket, address(at));
        let now = self.now;
        self.agent(node).start_gathering();
        self.agent(node).add_host(now, socket, address(at));
        self.collect(node);
    }

    /// One host each, gathering complete.
    pub fn add_hosts(&mut self) {
        self.add_host(A, "192.0.2.1:1000");
        self.add_host(B, "192.0.2.2:2000");
        self.complete(A);
        self.complete(B);
    }

    pub fn complete(&mut self, node: usize) {
        let now = self.now;
        self.agent(node).sources_complete(now);
        self.collect(node);
    }

    /// `from`'s credentials reach `to`.
    pub fn signal_credentials(&mut self, from: usize, to: usize) {
        let credentials = self.nodes[from].agent.local_credentials().clone();
        let now = self.now;
        self.agent(to).set_remote_credentials(now, credentials, false);
    }

    /// What `from` announced reaches `to`.
    pub fn signal_candidates(&mut self, from: usize, to: usize) {
        self.collect(from);
        let now = self.now;
        for candidate in std::mem::take(&mut self.nodes[from].announced) {
            self.agent(to).add_remote_candidate(now, candidate);
        }
    }

    pub fn signal_end(&mut self, from: usize, to: usize) {
        let _ = from;
        let now = self.now;
        self.agent(to).remote_end_of_candidates(now);
    }

    /// Everything, both ways.
    pub fn signal_all(&mut self) {
        for (from, to) in [(A, B), (B, A)] {
            self.signal_credentials(from, to);
            self.signal_candidates(from, to);
            self.signal_end(from, to);
        }
    }

    pub fn connect(&mut self) {
        self.add_hosts();
        self.signal_all();
        assert!(self.run_until(ms(5000), |network| network.both(TransportState::Completed)));
    }

    pub fn both(&self, state: TransportState) -> bool {
        self.nodes.iter().all(|node| node.agent.state() == state)
    }

    pub fn states(&self, node: usize) -> Vec<TransportState> {
        let states = self.nodes[node].events.iter().filter_map(|event| match event {
            Event::TransportState(state) => Some(*state),
            _ => None,
        });
        states.collect()
    }

    pub fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    pub fn run(&mut self, time: Duration) {
        assert!(!self.run_until(time, |_| false));
    }

    /// Runs until `done`, or for `limit`. Whether it was done.
    pub fn run_until(&mut self, limit: Duration, done: impl Fn(&Network) -> bool) -> bool {
        let end = self.now + limit;
        for _ in 0..1_000_000 {
            self.flush();
            if done(self) {
                return true;
            }
            let timers = self.nodes.iter().filter_map(|node| node.agent.poll_timeout());
            let arrival = self.in_flight.keys().next().map(|(time, _)| *time);
            let in_stream = self.in_streams.keys().next().map(|(time, _)| *time);
            let Some(next) = timers.chain(arrival).chain(in_stream).min().filter(|next| *next <= end) else {
                self.now = end;
                return false;
            };
            self.now = self.now.max(next);
            self.advance();
        }
        panic!("the agents keep each other busy without time passing");
    }

    fn advance(&mut self) {
        let now = self.now;
        while let Some(entry) = self.in_flight.first_entry()
            && entry.key().0 <= now
        {
            let (from, to, datagram) = entry.remove();
            self.deliver(from, to, &datagram);
        }
        while let Some(entry) = self.in_streams.first_entry()
            && entry.key().0 <= now
        {
            let (node, path, datagram) = entry.remove();
            // What is in a stream when it ends does not arrive.
            if self.streams.contains_key(&(node, path)) {
                self.agent(node).handle_datagram(now, path, &datagram);
            }
        }
        for node in &mut self.nodes {
            if node.agent.poll_timeout().is_some_and(|deadline| deadline <= now) {
                node.agent.handle_timeout(now);
                let left = node.agent.poll_timeout();
                assert!(left.is_none_or(|deadline| deadline > now), "a timer that was handled is still due");
            }
        }
    }

    /// Hands a datagram to whoever owns `to`.
    pub fn deliver(&mut self, from: SocketAddr, to: SocketAddr, datagram: &[u8]) {
        let now = self.now;
        if Some(to) == self.server {
            let answer = answer(from, datagram);
            self.send(to, from, answer);
            return;
        }
        let inside = self.nat.iter().find(|(_, outside)| **outside == to).map(|(inside, _)| *inside);
        let target = inside.unwrap_or(to);
        for node in &mut self.nodes {
            if let Some(socket) =
                node.sockets.iter().find(|(_, at)| **at == target).map(|(socket, _)| *socket)
            {
                node.agent.handle_datagram(now, Path { socket, remote: from }, datagram);
            }
        }
    }

    fn flush(&mut self) {
        for index in 0..self.nodes.len() {
            let mut batch = SendBatch::new();
            loop {
                batch.clear();
                let now = self.now;
                self.nodes[index].agent.poll_transmit(now, &mut batch);
                self.disconnect_streams(index);
                let has_connected = self.connect_streams(index);
                if batch.is_empty() && !has_connected {
                    break;
                }
                let datagrams: Vec<_> = batch.datagrams().map(|(path, data)| (path, data.to_vec())).collect();
                for (path, datagram) in datagrams {
                    if let Some((node, path)) = self.streams.get(&(index, path)).copied() {
                        self.sequence += 1;
                        let at = (self.now + self.delay, self.sequence);
                        self.in_streams.insert(at, (node, path, datagram));
                        continue;
                    }
                    // Into a stream that nobody knows any more.
                    if path.socket.0 >= FIRST_TCP {
                        continue;
                    }
                    let Some(from) = self.nodes[index].sockets.get(&path.socket).copied() else { continue };
                    self.send(from, path.remote, datagram);
                }
            }
            self.collect(index);
        }
    }

    /// A TCP socket: one that listens, or one that others' listeners are connected to from.
    pub fn add_tcp(&mut self, node: usize, at: &str, kind: ice::TcpType) -> SocketId {
        let socket = SocketId(FIRST_TCP + self.nodes[node].sockets.len() as u32);
        self.nodes[node].sockets.insert(socket, address(at));
        if kind == ice::TcpType::Passive {
            self.listeners.insert(address(at), (node, socket));
        }
        let now = self.now;
        self.agent(node).start_gathering();
        self.agent(node).add_tcp_host(now, socket, address(at), kind);
        self.collect(node);
        socket
    }

    fn connect_streams(&mut self, index: usize) -> bool {
        let now = self.now;
        let before = self.attempts.len();
        while let Some((path, from)) = self.agent(index).poll_connect() {
            self.attempts.push(path.remote);
            let listener = self.listeners.get(&path.remote).copied();
            if let Some((node, socket)) = listener {
                let from = SocketAddr::new(from.ip(), 50_000 + self.attempts.len() as u16);
                let other = (node, Path { socket, remote: from });
                self.streams.insert((index, path), other);
                self.streams.insert(other, (index, path));
            }
            self.agent(index).tcp_opened(now, path, listener.is_some());
        }
        self.attempts.len() > before
    }

    fn disconnect_streams(&mut self, index: usize) {
        let now = self.now;
        while let Some(path) = self.agent(index).poll_disconnect() {
            self.disconnected.push((index, path));
            if let Some((other, theirs)) = self.streams.remove(&(index, path)) {
                self.streams.remove(&(other, theirs));
                self.agent(other).tcp_closed(now, theirs);
            }
        }
    }

    /// All streams are dead, and nobody is told.
    pub fn forget_streams(&mut self) {
        self.streams.clear();
    }

    /// Ends all streams, and tells both sides.
    pub fn end_streams(&mut self) {
        let now = self.now;
        for ((node, path), _) in std::mem::take(&mut self.streams) {
            self.agent(node).tcp_closed(now, path);
        }
    }

    pub fn collect(&mut self, index: usize) {
        let node = &mut self.nodes[index];
        while let Some(event) = node.agent.poll_event() {
            if let Event::LocalCandidate(candidate) = &event {
                node.announced.push((**candidate).clone());
            }
            node.events.push(event);
        }
    }

    fn send(&mut self, from: SocketAddr, to: SocketAddr, datagram: Vec<u8>) {
        self.sent.push((self.now, from, to, datagram.clone()));
        // An inside address is reached through its NAT only.
        let unreachable = self.nat.contains_key(&to);
        if unreachable || !(self.passes)(from, to) || self.rng.chance(self.loss) {
            return;
        }
        let from = self.nat.get(&from).copied().unwrap_or(from);
        self.sequence += 1;
        self.in_flight.insert((self.now + self.delay, self.sequence), (from, to, datagram));
    }
}

fn answer(from: SocketAddr, request: &[u8]) -> Vec<u8> {
    let request = Message::from_bytes(request).unwrap();
    let id = request.transaction_id();
    let kind = MessageType::from_class_method(MessageClass::Success, BINDING);
    let mut message = Message::builder(kind, id, MessageWriteVec::new());
    message.add_attribute(&XorMappedAddress::new(from, id)).unwrap();
    message.finish()
}
