//! Nodes, the links between them, and the datagrams in flight.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use base::{Path, Rng, SendBatch, SocketId};

use crate::clock::Clock;
use crate::host::Host;
use crate::link::{Fate, Link, LinkConfig};
use crate::trace::Trace;

/// What takes part in the network: any sans-IO engine.
pub trait Node {
    /// A datagram has arrived.
    fn handle_datagram(&mut self, now: Instant, path: Path, datagram: &[u8]);
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
    nodes: Vec<Place<N>>,
    links: BTreeMap<(NodeId, NodeId), Link>,
    /// Datagrams on their way, earliest first; equal times in the order of sending.
    in_flight: BinaryHeap<Reverse<Flight>>,
    sent: u64,
    batch: SendBatch,
    trace: Trace,
}

#[derive(Debug)]
struct Place<N> {
    name: String,
    node: N,
    host: Host,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Flight {
    arrival: Instant,
    number: u64,
    to_node: NodeId,
    from: SocketAddr,
    to: SocketAddr,
    bytes: Vec<u8>,
}

impl<N: Node> Network<N> {
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
            nodes: Vec::new(),
            links: BTreeMap::new(),
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

    /// What has happened since [`enable_trace`](Network::enable_trace): a line per datagram and note.
    pub fn trace(&self) -> &str {
        self.trace.text()
    }

    /// Writes a line of the test's own into the trace.
    pub fn note(&mut self, line: &str) {
        self.trace.note(self.clock.elapsed(), format_args!("{line}"));
    }

    /// Adds a node with its own addresses. Nodes without a [link](Network::link) do not reach each other.
    pub fn add_node(&mut self, name: &str, node: N, interfaces: &[IpAddr]) -> NodeId {
        let id = NodeId(self.nodes.len());
        self.nodes.push(Place { name: name.to_owned(), node, host: Host::new(interfaces) });
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

    /// The node.
    pub fn node(&self, id: NodeId) -> &N {
        &self.nodes[id.0].node
    }

    /// The node's addresses and sockets.
    pub fn host(&self, id: NodeId) -> &Host {
        &self.nodes[id.0].host
    }

    /// The node's addresses and sockets, to change them.
    pub fn host_mut(&mut self, id: NodeId) -> &mut Host {
        &mut self.nodes[id.0].host
    }

    /// Does something with a node and sends what comes of it.
    pub fn with<T>(&mut self, id: NodeId, act: impl FnOnce(&mut N, Instant) -> T) -> T {
        let now = self.clock.now();
        let result = act(&mut self.nodes[id.0].node, now);
        self.pump(id);
        result
    }

    /// Puts a datagram on the link from one node to another as if it came from `from`, spoofed or not.
    pub fn inject(&mut self, via: NodeId, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        self.carry(via, from, to, bytes);
    }

    /// Runs until `done`, or until `limit` of virtual time has passed, or nothing more can happen. Returns
    /// whether `done` came true.
    pub fn run_until(&mut self, limit: Duration, mut done: impl FnMut(&Self) -> bool) -> bool {
        let deadline = self.clock.now() + limit;
        for index in 0..self.nodes.len() {
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
        self.nodes.iter().filter_map(|place| place.node.poll_timeout()).chain(arrival).min()
    }

    /// One instant: every datagram and every timer that is due at `at`.
    fn step(&mut self, at: Instant) {
        self.clock.advance_to(at);
        let now = self.clock.now();
        while let Some(Reverse(flight)) = self.in_flight.peek()
            && flight.arrival <= now
        {
            let Some(Reverse(flight)) = self.in_flight.pop() else { break };
            self.deliver(now, flight);
        }
        for index in 0..self.nodes.len() {
            if self.nodes[index].node.poll_timeout().is_some_and(|due| due <= now) {
                self.nodes[index].node.handle_timeout(now);
                self.pump(NodeId(index));
            }
        }
    }

    fn deliver(&mut self, now: Instant, flight: Flight) {
        let place = &mut self.nodes[flight.to_node.0];
        let Some(socket) = place.host.socket_at(flight.to) else {
            self.trace.datagram(self.clock.elapsed(), flight.from, flight.to, &flight.bytes, "no socket");
            return;
        };
        place.node.handle_datagram(now, Path { socket, remote: flight.from }, &flight.bytes);
        self.trace.datagram(self.clock.elapsed(), flight.from, flight.to, &flight.bytes, "arrived");
        self.pump(flight.to_node);
    }

    /// Lets a node settle and sends what it has, until it has nothing more.
    fn pump(&mut self, id: NodeId) {
        let now = self.clock.now();
        for _ in 0..Self::MAX_ROUNDS {
            let mut batch = std::mem::take(&mut self.batch);
            batch.clear();
            let place = &mut self.nodes[id.0];
            place.node.settle(now, &mut place.host);
            place.node.poll_transmit(now, &mut batch);
            for (path, bytes) in batch.datagrams() {
                match self.nodes[id.0].host.address_of(path.socket) {
                    Some(from) => self.carry(id, from, path.remote, bytes),
                    None => self.note_unbound(id, path.socket),
                }
            }
            let idle = batch.is_empty();
            self.batch = batch;
            if idle {
                return;
            }
        }
        panic!("node {} sends without end at one instant", self.nodes[id.0].name);
    }

    fn note_unbound(&mut self, id: NodeId, socket: SocketId) {
        let name = &self.nodes[id.0].name;
        self.trace.note(self.clock.elapsed(), format_args!("{name} sends from {socket}, which is not bound"));
    }

    fn carry(&mut self, from_node: NodeId, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        let at = self.clock.elapsed();
        let target =
            self.nodes.iter().position(|place| place.host.interfaces().contains(&to.ip())).map(NodeId);
        let Some((to_node, link)) =
            target.and_then(|to_node| Some((to_node, self.links.get_mut(&(from_node, to_node))?)))
        else {
            return self.trace.datagram(at, from, to, bytes, "no route");
        };
        let fate = link.carry(self.clock.now(), bytes.len(), &mut self.rng);
        let (arrivals, text) = match fate {
            Fate::Arrives(arrival) => ([Some(arrival), None], "sent"),
            Fate::ArrivesTwice(first, second) => ([Some(first), Some(second)], "sent twice"),
            Fate::Lost => ([None, None], "lost"),
            Fate::TooLong => ([None, None], "too long"),
            Fate::QueueFull => ([None, None], "queue full"),
        };
        self.trace.datagram(at, from, to, bytes, text);
        for arrival in arrivals.into_iter().flatten() {
            self.sent += 1;
            let flight = Flight { arrival, number: self.sent, to_node, from, to, bytes: bytes.to_vec() };
            self.in_flight.push(Reverse(flight));
        }
    }
}
