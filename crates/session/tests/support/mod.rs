//! Two sessions on a simulated network.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test binary uses a part")]

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Path, Rng, SendBatch};
use bytes::Bytes;
use ice::{Candidate, CandidateKind, Protocol};
use session::{
    Action, ActionResult, BindError, ChannelError, ChannelInit, ChannelKey, DtlsPlan, Event, IcePlan,
    Payload, SctpPlan, Session, SessionConfig, SessionPlan, TransportId, TransportPlan,
};
use sim::{Host, LinkConfig, Network, Node, NodeId};

/// A day, in which every certificate of these tests is valid.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The one transport of a pair.
pub const ONE: TransportId = TransportId(0);

/// A session with what it has said.
pub struct Peer {
    pub session: Session,
    pub candidates: BTreeMap<TransportId, Vec<ice::Candidate>>,
    /// Everything but ICE events and messages.
    pub log: Vec<Event>,
    pub ice: Vec<(TransportId, ice::Event)>,
    pub messages: BTreeMap<ChannelKey, VecDeque<Payload>>,
    /// Whether messages are read (and the room given back) as they come.
    pub reads: bool,
    /// Datagrams other than STUN that were sent.
    pub data_sent: usize,
    /// Does as if no STUN request came: answers no checks.
    pub ignores_checks: bool,
}

impl Peer {
    fn new(session: Session) -> Self {
        Peer {
            session,
            candidates: BTreeMap::new(),
            log: Vec::new(),
            ice: Vec::new(),
            messages: BTreeMap::new(),
            reads: true,
            data_sent: 0,
            ignores_checks: false,
        }
    }

    fn take(&mut self, now: Instant, event: Event) {
        match event {
            Event::Ice(id, ice::Event::LocalCandidate(candidate)) => {
                self.candidates.entry(id).or_default().push(*candidate);
            }
            Event::Ice(id, event) => self.ice.push((id, event)),
            Event::ChannelMessage { key, payload } => {
                if self.reads {
                    self.session.grant(now, key, payload.cost());
                }
                self.messages.entry(key).or_default().push_back(payload);
            }
            event => self.log.push(event),
        }
    }

    pub fn is_open(&self, wanted: ChannelKey) -> bool {
        self.log.iter().any(|event| match event {
            Event::ChannelOpen { key, .. } | Event::IncomingChannel { key, .. } => *key == wanted,
            _ => false,
        })
    }

    /// The error of a channel that is closed.
    pub fn closed(&self, wanted: ChannelKey) -> Option<Option<ChannelError>> {
        self.log.iter().find_map(|event| match event {
            Event::ChannelClosed { key, error } if *key == wanted => Some(*error),
            _ => None,
        })
    }

    pub fn incoming(&self) -> Vec<ChannelKey> {
        let key = |event: &Event| match event {
            Event::IncomingChannel { key, .. } => Some(*key),
            _ => None,
        };
        self.log.iter().filter_map(key).collect()
    }

    pub fn received(&self, key: ChannelKey) -> usize {
        self.messages.get(&key).map_or(0, VecDeque::len)
    }

    /// Whether DTLS is connected on all of these.
    pub fn is_secured(&self, ids: &[TransportId]) -> bool {
        let state = |id: &TransportId| self.session.dtls(*id).map(dtls::Endpoint::state);
        ids.iter().all(|id| state(id) == Some(dtls::State::Connected))
    }

    pub fn is_connected(&self) -> bool {
        self.session.stats().sctp == Some(session::SctpState::Connected)
    }
}

impl Node for Peer {
    fn handle_datagram(&mut self, now: Instant, path: Path, datagram: &[u8]) {
        if !(self.ignores_checks && datagram[0] == 0) {
            self.session.handle_datagram(now, path, datagram);
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.session.handle_timeout(now);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.session.poll_timeout()
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut SendBatch) {
        self.session.poll_transmit(now, out);
        self.data_sent += out.datagrams().filter(|(_, datagram)| datagram[0] > 3).count();
    }

    fn settle(&mut self, now: Instant, host: &mut Host) {
        loop {
            while let Some(action) = self.session.poll_action() {
                let result = match action {
                    Action::ListInterfaces => {
                        ActionResult::Interfaces(host.interfaces().iter().map(|ip| (*ip).into()).collect())
                    }
                    Action::BindUdp { socket, address } => {
                        let result = host.bind(socket, address).ok_or(BindError::AddressUnavailable);
                        ActionResult::Bound { socket, result }
                    }
                    Action::Resolve { id, host: name, port } => {
                        ActionResult::Resolved { id, addresses: host.resolve(&name, port) }
                    }
                    Action::CloseSocket { socket } => {
                        host.close(socket);
                        continue;
                    }
                    other => panic!("an action that this test does not know: {other:?}"),
                };
                self.session.handle_action_result(now, result);
            }
            let Some(event) = self.session.poll_event() else { return };
            self.take(now, event);
        }
    }
}

/// The offerer (a: controlling, DTLS server) and the answerer (b: controlled, DTLS client).
pub struct Pair {
    pub network: Network<Peer>,
    pub a: NodeId,
    pub b: NodeId,
    pub plans: [SessionPlan; 2],
    /// Where `agree` puts SCTP.
    pub data: TransportId,
    /// Which DTLS association `agree` plans.
    pub association: u32,
    fingerprints: [dtls::Fingerprint; 2],
    rng: Rng,
}

impl Pair {
    /// Two sessions that have gathered and know nothing of each other.
    pub fn new(seed: u64, link: LinkConfig) -> Pair {
        Pair::configured(seed, link, |_| {})
    }

    /// The same, with a configuration of the test's own.
    pub fn configured(seed: u64, link: LinkConfig, configure: impl Fn(&mut SessionConfig)) -> Pair {
        Pair::build(seed, link, 1, configure)
    }

    /// The same with several transports, and the data on the last one.
    pub fn several(seed: u64, link: LinkConfig, count: u32) -> Pair {
        Pair::build(seed, link, count, |_| {})
    }

    fn build(seed: u64, link: LinkConfig, count: u32, configure: impl Fn(&mut SessionConfig)) -> Pair {
        let mut network = Network::new(seed);
        let mut rng = Rng::from_seed(network.seed());
        let mut add = |name, role| add_peer(&mut network, &mut rng, name, (role, count), &configure);
        let (a, plan_a, fingerprint_a) = add("a", ice::Role::Controlling);
        let (b, plan_b, fingerprint_b) = add("b", ice::Role::Controlled);
        network.link(a, b, link);
        let (plans, fingerprints) = ([plan_a, plan_b], [fingerprint_a, fingerprint_b]);
        let data = TransportId(count - 1);
        let mut pair = Pair { network, a, b, plans, data, association: 0, fingerprints, rng };
        pair.agree();
        pair
    }

    /// Fills the plans with what the other side's description would say.
    pub fn agree(&mut self) {
        for (me, role) in [(0, dtls::Role::Server), (1, dtls::Role::Client)] {
            let theirs = self.plans[1 - me].clone();
            for (id, transport) in &mut self.plans[me].transports {
                let local = theirs.transports[id].ice.local.clone();
                transport.ice.remote = Some((local, false));
                let fingerprints = vec![self.fingerprints[1 - me].clone()];
                transport.dtls = Some(DtlsPlan { association: self.association, role, fingerprints });
            }
            let sctp = SctpPlan {
                local_port: 5000,
                remote_port: 5000,
                remote_max_message_size: 262_144,
                local_init: None,
                remote_init: None,
            };
            self.plans[me].sctp = Some((self.data, sctp));
        }
    }

    /// Somebody else takes the place of b, as a new peer, and a is told so without a restart of its own: `b` is the new
    /// one from then on, and who it was is returned.
    pub fn hand_over(&mut self, link: LinkConfig) -> NodeId {
        let count = self.plans[1].transports.len() as u32;
        let role = (ice::Role::Controlled, count);
        let (c, plan, fingerprint) = add_peer(&mut self.network, &mut self.rng, "c", role, &|_| {});
        self.network.link(self.a, c, link);
        self.plans[1] = plan;
        self.fingerprints[1] = fingerprint;
        self.association += 1;
        self.agree();
        std::mem::replace(&mut self.b, c)
    }

    /// Both descriptions have an `a=sctp-init`.
    pub fn signal_inits(&mut self) {
        let mut init = || sctp::InitChunk::generate(SessionConfig::RECEIVE_WINDOW, 65_535, &mut self.rng);
        let inits = [init(), init()];
        for (me, plan) in self.plans.iter_mut().enumerate() {
            let (_, sctp) = plan.sctp.as_mut().unwrap();
            (sctp.local_init, sctp.remote_init) = (Some(inits[me]), Some(inits[1 - me]));
        }
    }

    /// Both plans have only these transports.
    pub fn keep(&mut self, ids: &[TransportId]) {
        self.plans.iter_mut().for_each(|plan| plan.transports.retain(|id, _| ids.contains(id)));
    }

    /// The one transport of a side's plan.
    pub fn transport(&mut self, side: usize) -> &mut TransportPlan {
        self.plans[side].transports.get_mut(&ONE).unwrap()
    }

    /// Applies both plans, and hands over the candidates.
    pub fn apply(&mut self) {
        for (index, id, other) in [(0, self.a, self.b), (1, self.b, self.a)] {
            let plan = self.plans[index].clone();
            let candidates = self.network.node(other).candidates.clone();
            self.network.with(id, |peer, now| {
                peer.session.apply(now, plan.clone());
                for transport in plan.transports.keys() {
                    for candidate in candidates.get(transport).into_iter().flatten() {
                        peer.session.add_remote_candidate(now, *transport, candidate.clone());
                    }
                    peer.session.remote_end_of_candidates(now, *transport);
                }
            });
        }
    }

    /// Two sessions whose associations stand.
    pub fn connected(seed: u64, link: LinkConfig) -> Pair {
        Pair::new(seed, link).connect()
    }

    /// Applies the plans and waits until the associations stand.
    pub fn connect(mut self) -> Pair {
        self.apply();
        assert!(self.run(60, |a, b| a.is_connected() && b.is_connected()), "{}", self.describe());
        self
    }

    /// New credentials on both sides: an ICE restart.
    pub fn restart_ice(&mut self) {
        for transport in self.plans.iter_mut().flat_map(|plan| plan.transports.values_mut()) {
            transport.ice.local = ice::Credentials::generate(&mut self.rng);
        }
        for (index, id) in [(0, self.a), (1, self.b)] {
            let plan = self.plans[index].clone();
            self.network.with(id, |peer, now| {
                peer.candidates.clear();
                peer.session.apply(now, plan.clone());
                plan.transports.keys().for_each(|id| peer.session.gather(now, *id));
            });
        }
        self.agree();
        self.apply();
    }

    /// Runs for at most `seconds` of virtual time; whether `done` came true.
    pub fn run(&mut self, seconds: u64, mut done: impl FnMut(&Peer, &Peer) -> bool) -> bool {
        let (a, b) = (self.a, self.b);
        let limit = Duration::from_secs(seconds);
        self.network.run_until(limit, |network| done(network.node(a), network.node(b)))
    }

    pub fn run_for(&mut self, duration: Duration) {
        self.network.run_for(duration);
    }

    pub fn peer(&self, id: NodeId) -> &Peer {
        self.network.node(id)
    }

    pub fn open(&mut self, id: NodeId, init: ChannelInit) -> ChannelKey {
        self.network.with(id, |peer, _| peer.session.open_channel(init))
    }

    /// Opens a channel on `id`, and waits until the other side has it too: both keys.
    pub fn open_both(&mut self, id: NodeId, init: ChannelInit) -> (ChannelKey, ChannelKey) {
        let other = if id == self.a { self.b } else { self.a };
        let before = self.peer(other).incoming().len();
        let key = self.open(id, init);
        let arrived =
            self.network.run_until(Duration::from_secs(60), |n| n.node(other).incoming().len() > before);
        assert!(arrived, "{}", self.describe());
        (key, *self.peer(other).incoming().last().unwrap())
    }

    pub fn send(&mut self, id: NodeId, key: ChannelKey, payload: Payload) -> Result<(), session::SendError> {
        self.network.with(id, |peer, now| peer.session.send(now, key, payload))
    }

    pub fn close_channel(&mut self, id: NodeId, key: ChannelKey) {
        self.network.with(id, |peer, now| peer.session.close_channel(now, key));
    }

    pub fn describe(&self) -> String {
        let say = |peer: &Peer| {
            let mut text = format!("{:?}\n{:?}\n{:?}\n", peer.log, peer.ice, peer.session.stats());
            for id in peer.session.transports() {
                let ice = peer.session.ice(id).map(|agent| (agent.state(), agent.counters()));
                let dtls = peer.session.dtls(id).map(dtls::Endpoint::counters);
                text.push_str(&format!("{id:?}: ice {ice:?} dtls {dtls:?}\n"));
            }
            text
        };
        format!("a: {}\nb: {}", say(self.peer(self.a)), say(self.peer(self.b)))
    }
}

/// A session that has gathered, its plan so far, and its fingerprint.
fn add_peer(
    network: &mut Network<Peer>,
    rng: &mut Rng,
    name: &str,
    (role, count): (ice::Role, u32),
    configure: &dyn Fn(&mut SessionConfig),
) -> (NodeId, SessionPlan, dtls::Fingerprint) {
    let clock = network.clock();
    let since_epoch = clock.wall_clock().at(clock.now());
    let certificate = dtls::Certificate::generate_for_simulation(since_epoch, LIFETIME).unwrap();
    let fingerprint = certificate.fingerprint(dtls::HashAlgorithm::Sha256);
    let mut config = SessionConfig::new(Arc::new(certificate));
    config.deterministic = true;
    configure(&mut config);
    let session = Session::new(config, clock.now(), clock.wall_clock(), network.seed());
    let address = format!("10.0.0.{}", name.bytes().map(|letter| letter - b'a' + 1).sum::<u8>());
    let id = network.add_node(name, Peer::new(session), &[address.parse::<IpAddr>().unwrap()]);
    let mut plan = SessionPlan::default();
    for transport in (0..count).map(TransportId) {
        let ice = IcePlan {
            role,
            local: ice::Credentials::generate(rng),
            relay_only: false,
            remote: None,
            renomination: false,
        };
        plan.transports.insert(transport, Box::new(TransportPlan { ice, dtls: None }));
    }
    network.with(id, |peer, now| {
        peer.session.apply(now, plan.clone());
        plan.transports.keys().for_each(|id| peer.session.gather(now, *id));
    });
    (id, plan, fingerprint)
}

/// A host candidate of a peer.
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

pub fn text(content: &str) -> Payload {
    Payload { text: true, bytes: Bytes::copy_from_slice(content.as_bytes()) }
}

pub fn binary(content: impl Into<Bytes>) -> Payload {
    Payload { text: false, bytes: content.into() }
}

pub fn labelled(label: &str) -> ChannelInit {
    ChannelInit { label: label.to_owned(), ..ChannelInit::default() }
}
