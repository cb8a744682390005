//! Nodes, the links between them, and the packets in flight.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use base::{Path, Rng, SendBatch, SocketId};

use crate::clock::Clock;
use crate::host::Host;
use crate::link::{Link, LinkConfig};
use crate::nat::{Nat, NatConfig};
use crate::occupant::{Occupant, Server};
use crate::packet::{Packet, Segment};
use crate::stream::{ConnectFailure, Stream, StreamEvent};
use crate::topology::{Cable, NatId, NatSite, Realm, Topology};
use crate::trace::Trace;

mod delivery;
mod forwarding;

/// What takes part in the network: any sans-IO engine.
pub trait Node {
    /// A datagram, or a frame of a stream, has arrived.
    fn handle_datagram(&mut self, now: Instant, path: Path, datagram: &[u8]);
    /// A stream has changed.
    fn handle_stream(&mut self, now: Instant, event: StreamEvent) {
        let _ = (now, event);
    }
    /// A deadline of [`poll_timeout`](Node::poll_timeout) has passed.
    fn handle_timeout(&mut self, now: Instant);
    /// When the node wants to be called next.
    fn poll_timeout(&self) -> Option<Instant>;
    /// Writes what is to be sent, until the batch is full.
    fn poll_transmit(&mut self, now: Instant, out: &mut SendBatch);
    /// Called after everything above, before sending: the place to bind sockets, answer actions and read events.
    fn settle(&mut self, now: Instant, host: &mut Host);
}

/// Names a node of a [`Network`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeId(usize);

/// Nodes and links on one virtual clock.
#[derive(Debug)]
pub struct Network<N> {
    clock: Clock,
    rng: Rng,
    places: Vec<Place<N>>,
    links: BTreeMap<(NodeId, NodeId), Link>,
    topology: Topology,
    /// Packets on their way, earliest first; equal times in the order of sending.
    in_flight: BinaryHeap<Reverse<Flight>>,
    sent: u64,
    batch: SendBatch,
    trace: Trace,
}

#[derive(Debug)]
struct Place<N> {
    name: String,
    occupant: Occupant<N>,
    host: Host,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Flight {
    arrival: Instant,
    number: u64,
    stop: Stop,
    packet: Packet,
}

/// Where a packet arrives next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stop {
    Node(NodeId),
    /// The middle of a network, from somebody on it.
    Realm(Realm),
    /// The outside of a NAT.
    Nat(NatId),
    /// Nothing arrives: an attempt to connect ends here, from and to its packet's addresses.
    ConnectTimeout(NodeId),
}

impl<N: Node + 'static> Network<N> {
    /// Rounds of one node at one instant before it counts as stuck: a node that always has more to send at the
    /// same instant would stop virtual time.
    const MAX_ROUNDS: usize = 100_000;

    /// An empty network; everything random on it follows from `seed`.
    pub fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        Network {
            clock: Clock::new(),
            rng: Rng::from_seed(bytes),
            places: Vec::new(),
            links: BTreeMap::new(),
            topology: Topology::default(),
            in_flight: BinaryHeap::new(),
            sent: 0,
            batch: SendBatch::new(),
            trace: Trace::default(),
        }
    }

    /// The clock.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// The present.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// A seed for a node, from the network's own.
    pub fn seed(&mut self) -> [u8; 32] {
        self.rng.array()
    }

    /// Starts writing the [trace](Network::trace).
    pub fn enable_trace(&mut self) {
        self.trace.enable();
    }

    /// What has happened since [`enable_trace`](Network::enable_trace): a line per packet and note.
    pub fn trace(&self) -> &str {
        self.trace.text()
    }

    /// Writes a line of the test's own into the trace.
    pub fn note(&mut self, line: &str) {
        self.trace.note(self.clock.elapsed(), format_args!("{line}"));
    }

    /// Adds a node with its own addresses. It reaches those that it has a [link](Network::link) to, and whoever the
    /// network that it is [plugged into](Network::attach) leads to.
    pub fn add_node(&mut self, name: &str, node: N, interfaces: &[IpAddr]) -> NodeId {
        self.add_place(name, Occupant::Node(node), interfaces)
    }

    /// Adds a node of another kind, such as a STUN server, plugged into the internet.
    pub fn add_server(
        &mut self,
        name: &str,
        server: impl Server,
        interfaces: &[IpAddr],
        config: LinkConfig,
    ) -> NodeId {
        let id = self.add_place(name, Occupant::Server(Box::new(server)), interfaces);
        self.attach(id, Realm::Internet, config);
        self.pump(id);
        id
    }

    fn add_place(&mut self, name: &str, occupant: Occupant<N>, interfaces: &[IpAddr]) -> NodeId {
        let id = NodeId(self.places.len());
        self.places.push(Place { name: name.to_owned(), occupant, host: Host::new(interfaces) });
        id
    }

    /// Joins two nodes, with the same behaviour both ways. Joining them again changes the behaviour.
    pub fn link(&mut self, a: NodeId, b: NodeId, config: LinkConfig) {
        self.link_one_way(a, b, config);
        self.link_one_way(b, a, config);
    }

    /// Joins two nodes in one direction only.
    pub fn link_one_way(&mut self, from: NodeId, to: NodeId, config: LinkConfig) {
        self.links
            .entry((from, to))
            .and_modify(|link| link.reconfigure(config))
            .or_insert_with(|| Link::new(config));
    }

    /// Cuts both directions; what is in flight still arrives.
    pub fn unlink(&mut self, a: NodeId, b: NodeId) {
        self.links.remove(&(a, b));
        self.links.remove(&(b, a));
    }

    /// Adds a NAT with addresses of its own in `realm`, where its cable behaves as `cable` says.
    pub fn add_nat(
        &mut self,
        config: NatConfig,
        outside: &[IpAddr],
        realm: Realm,
        cable: LinkConfig,
    ) -> NatId {
        let id = NatId(self.topology.nats.len());
        let nat = Nat::new(config, outside, self.rng.fork("nat"));
        self.topology.nats.push(NatSite { nat, cable: Cable::new(realm, cable) });
        id
    }

    /// Changes how a NAT behaves; its mappings stay.
    pub fn configure_nat(&mut self, id: NatId, config: NatConfig) {
        self.topology.nats[id.0].nat.config = config;
    }

    /// All NATs there are, in the order in which they were added.
    pub fn nats(&self) -> impl Iterator<Item = NatId> + use<N> {
        (0..self.topology.nats.len()).map(NatId)
    }

    /// A NAT loses its mappings.
    pub fn restart_nat(&mut self, id: NatId) {
        self.topology.nats[id.0].nat.restart();
    }

    /// Plugs all interfaces of a node into a network; anew, if they are plugged in already.
    pub fn attach(&mut self, node: NodeId, realm: Realm, config: LinkConfig) {
        for ip in self.host(node).interfaces().to_vec() {
            self.attach_interface(node, ip, realm, config);
        }
    }

    /// Plugs one interface of a node into a network.
    pub fn attach_interface(&mut self, node: NodeId, ip: IpAddr, realm: Realm, config: LinkConfig) {
        self.topology.cables.insert((node, ip), Cable::new(realm, config));
    }

    /// Pulls every cable of a node; what is in flight to it still arrives.
    pub fn detach(&mut self, node: NodeId) {
        self.topology.cables.retain(|(other, _), _| *other != node);
    }

    /// Pulls the cable of one interface.
    pub fn detach_interface(&mut self, node: NodeId, ip: IpAddr) {
        self.topology.cables.remove(&(node, ip));
    }

    /// The node.
    ///
    /// # Panics
    /// If it is a [server](Network::server).
    pub fn node(&self, id: NodeId) -> &N {
        self.places[id.0].occupant.node()
    }

    /// A server of type `S`.
    ///
    /// # Panics
    /// If it is something else.
    pub fn server<S: Server>(&self, id: NodeId) -> &S {
        self.places[id.0].occupant.server()
    }

    /// A server of type `S`, to change it.
    ///
    /// # Panics
    /// If it is something else.
    pub fn server_mut<S: Server>(&mut self, id: NodeId) -> &mut S {
        self.places[id.0].occupant.server_mut()
    }

    /// The node's addresses and sockets.
    pub fn host(&self, id: NodeId) -> &Host {
        &self.places[id.0].host
    }

    /// The node's addresses and sockets, to change them.
    pub fn host_mut(&mut self, id: NodeId) -> &mut Host {
        &mut self.places[id.0].host
    }

    /// Does something with a node and sends what comes of it.
    pub fn with<T>(&mut self, id: NodeId, act: impl FnOnce(&mut N, Instant) -> T) -> T {
        let now = self.clock.now();
        let result = act(self.places[id.0].occupant.node_mut(), now);
        self.pump(id);
        result
    }

    /// Sends a datagram from a node's place as if it came from `from`, spoofed or not.
    pub fn inject(&mut self, via: NodeId, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        self.carry(via, Packet::datagram(from, to, bytes));
    }

    /// Runs until `done`, or until `limit` of virtual time has passed, or nothing more can happen. Returns
    /// whether `done` came true.
    pub fn run_until(&mut self, limit: Duration, mut done: impl FnMut(&Self) -> bool) -> bool {
        let deadline = self.clock.now() + limit;
        for index in 0..self.places.len() {
            self.pump(NodeId(index));
        }
        loop {
            if done(self) {
                return true;
            }
            match self.next_event() {
                Some(at) if at <= deadline => self.step(at),
                _ => {
                    self.clock.advance_to(deadline);
                    return false;
                }
            }
        }
    }

    /// Runs for `duration` of virtual time.
    pub fn run_for(&mut self, duration: Duration) {
        self.run_until(duration, |_| false);
    }

    fn next_event(&self) -> Option<Instant> {
        let arrival = self.in_flight.peek().map(|flight| flight.0.arrival);
        self.places.iter().filter_map(|place| place.occupant.get().poll_timeout()).chain(arrival).min()
    }

    /// One instant: every packet and every timer that is due at `at`.
    fn step(&mut self, at: Instant) {
        self.clock.advance_to(at);
        let now = self.clock.now();
        while let Some(Reverse(flight)) = self.in_flight.peek()
            && flight.arrival <= now
        {
            let Some(Reverse(Flight { stop, packet, .. })) = self.in_flight.pop() else { break };
            match stop {
                Stop::Node(id) => self.deliver(id, packet),
                Stop::Realm(realm) => self.forward(realm, packet),
                Stop::Nat(id) => self.enter_nat(id, packet),
                Stop::ConnectTimeout(id) => self.end_attempt(id, &packet, ConnectFailure::TimedOut),
            }
        }
        for index in 0..self.places.len() {
            let node = self.places[index].occupant.get_mut();
            if node.poll_timeout().is_some_and(|due| due <= now) {
                node.handle_timeout(now);
                self.pump(NodeId(index));
            }
        }
    }

    /// Lets a node settle and sends what it has, until it has nothing more.
    fn pump(&mut self, id: NodeId) {
        let now = self.clock.now();
        for _ in 0..Self::MAX_ROUNDS {
            let mut batch = std::mem::take(&mut self.batch);
            batch.clear();
            let place = &mut self.places[id.0];
            place.occupant.get_mut().settle(now, &mut place.host);
            place.occupant.get_mut().poll_transmit(now, &mut batch);
            let changed = self.send_stream_changes(id);
            for (path, bytes) in batch.datagrams() {
                self.send(id, path, bytes);
            }
            let idle = batch.is_empty() && !changed;
            self.batch = batch;
            if idle {
                return;
            }
        }
        panic!("node {} sends without end at one instant", self.places[id.0].name);
    }

    fn send(&mut self, id: NodeId, path: Path, bytes: &[u8]) {
        let host = &self.places[id.0].host;
        if let Some(Stream { local, .. }) = host.stream(path).filter(|stream| stream.is_open()) {
            let packet =
                Packet { segment: Segment::Frame, from: *local, to: path.remote, bytes: bytes.to_vec() };
            return self.carry(id, packet);
        }
        match host.address_of(path.socket) {
            Some(from) => self.carry(id, Packet::datagram(from, path.remote, bytes)),
            None => self.note_unbound(id, path.socket),
        }
    }

    fn note_unbound(&mut self, id: NodeId, socket: SocketId) {
        let name = &self.places[id.0].name;
        self.trace.note(self.clock.elapsed(), format_args!("{name} sends from {socket}, which is not bound"));
    }
}
