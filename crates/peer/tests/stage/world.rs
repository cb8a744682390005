//! An internet in virtual time: two peers, each behind what it is behind, a STUN and a TURN server, and signalling.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use base::{Redacted, WallClock};
use bytes::Bytes;
use peer::{
    ChannelEvent, ChannelId, Configuration, DataChannelInit, Event, IceCandidate, IceCandidateInit,
    IceConnectionState, IceGatheringState, IceServer, Outcome, Payload, PeerConnection,
    SessionDescriptionInit, Settings, TcpPolicy,
};
use sim::{LinkConfig, NatConfig, Network, NodeId, Realm, StunServer, TurnConfig, TurnServer};

use super::network::{Call, Names, Peer};
use super::{A, B, DATE, certificate};

/// From a machine to the middle of its local network.
const LAN: Duration = Duration::from_millis(1);
/// From a NAT, a server or a machine without a NAT to the middle of the internet.
const ACCESS: Duration = Duration::from_millis(10);
/// From one application to the other.
const SIGNALLING: Duration = Duration::from_millis(25);
/// When a connection that does not come up counts as never coming up: longer than `max_patience` of ICE.
const PATIENCE: Duration = Duration::from_secs(150);

pub(crate) const STUN: &str = "stun:stun.test";

/// What a peer is behind.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The NATs, that of the internet first; none: a public address.
    pub(crate) nats: Vec<NatConfig>,
    /// Whether it has an IPv4 address...
    pub(crate) ipv4: bool,
    /// ...and an IPv6 address.
    pub(crate) ipv6: bool,
    /// Its candidates over TCP.
    pub(crate) tcp: TcpPolicy,
    /// The port of its listeners.
    pub(crate) listens_at: u16,
}

impl Place {
    pub(crate) fn public() -> Place {
        Place { nats: Vec::new(), ipv4: true, ipv6: false, tcp: TcpPolicy::Off, listens_at: 0 }
    }

    pub(crate) fn behind(nat: NatConfig) -> Place {
        Place { nats: vec![nat], ..Place::public() }
    }

    /// The same, with these addresses.
    pub(crate) fn with(self, ipv4: bool, ipv6: bool) -> Place {
        Place { ipv4, ipv6, ..self }
    }

    /// The same, as a browser: it connects over TCP to whoever listens.
    pub(crate) fn connecting(self) -> Place {
        Place { tcp: TcpPolicy::Active, ..self }
    }

    /// The same, as a server: it listens for TCP at this port.
    pub(crate) fn listening(self, port: u16) -> Place {
        Place { tcp: TcpPolicy::Passive, listens_at: port, ..self }
    }
}

/// How a connection came up.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    /// From the offerer's `setLocalDescription()` until both sides have an open channel.
    pub(crate) after: Duration,
    /// The offerer's selected pair, when all has settled.
    pub(crate) local: IceCandidate,
    pub(crate) remote: IceCandidate,
}

/// How gathering went on one side.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Gathering {
    pub(crate) began: Option<Instant>,
    pub(crate) ended: Option<Instant>,
}

impl Gathering {
    /// How long it took; none, if it has not ended.
    pub(crate) fn duration(&self) -> Option<Duration> {
        Some(self.ended? - self.began?)
    }
}

pub(crate) struct World {
    pub(crate) call: Call,
    pub(crate) stun: NodeId,
    pub(crate) turn: NodeId,
    pub(crate) gathering: [Gathering; 2],
    /// The offerer's channel.
    pub(crate) channel: Option<ChannelId>,
    signals: VecDeque<(Instant, usize, Signal)>,
}

enum Signal {
    Description(SessionDescriptionInit),
    Candidate(Option<IceCandidateInit>),
}

/// All transports of the TURN server.
pub(crate) fn turn_urls() -> IceServer {
    let urls = ["turn:turn.test", "turn:turn.test?transport=tcp", "turns:turn.test:443?transport=tcp"];
    IceServer {
        urls: urls.map(str::to_owned).to_vec(),
        username: Some("user".to_owned()),
        credential: Some(Redacted::new("password".to_owned())),
    }
}

pub(crate) fn stun_url(url: &str) -> IceServer {
    IceServer { urls: vec![url.to_owned()], ..IceServer::default() }
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn link(delay: Duration) -> LinkConfig {
    LinkConfig { delay, ..LinkConfig::default() }
}

impl World {
    /// Each peer behind NATs of its own.
    pub(crate) fn apart(places: [&Place; 2], configuration: &Configuration) -> World {
        let mut network = Network::new(11);
        let mut realms = Vec::new();
        for (index, place) in places.into_iter().enumerate() {
            realms.push(nest(&mut network, index, &place.nats));
        }
        World::build(network, [realms[A], realms[B]], places, configuration)
    }

    /// Both peers in one network behind `shared`; or, with `own`, each behind a NAT of its own in that network.
    pub(crate) fn together(
        shared: NatConfig,
        own: Option<NatConfig>,
        configuration: &Configuration,
    ) -> World {
        let mut network = Network::new(11);
        let realm = nest(&mut network, A, &[shared]);
        let realms = [A, B].map(|index| match own {
            Some(own) => {
                let outside = ip(&format!("100.64.0.{}", index + 1));
                Realm::Behind(network.add_nat(own, &[outside], realm, link(ACCESS)))
            }
            None => realm,
        });
        let place = Place::behind(shared);
        World::build(network, realms, [&place, &place], configuration)
    }

    fn build(
        mut network: Network<Peer>,
        realms: [Realm; 2],
        places: [&Place; 2],
        configuration: &Configuration,
    ) -> World {
        let [stun_ips, turn_ips] =
            [["198.51.100.1", "2001:db8:f::1"], ["198.51.100.2", "2001:db8:f::2"]].map(|ips| ips.map(ip));
        let stun = network.add_server("stun", StunServer::new(), &stun_ips, link(ACCESS));
        let turn =
            network.add_server("turn", TurnServer::new(TurnConfig::default()), &turn_ips, link(ACCESS));
        let mut ids = Vec::new();
        for (index, place) in places.into_iter().enumerate() {
            let (v4, v6) = match place.nats.len() {
                0 => (format!("203.0.113.{}", index + 1), format!("2001:db8:{index}::2")),
                _ => (format!("192.168.{index}.2"), format!("2001:db8:{index}::2")),
            };
            let own = [(place.ipv4, v4), (place.ipv6, v6)];
            let own: Vec<_> = own.into_iter().filter(|(has, _)| *has).map(|(_, text)| ip(&text)).collect();
            let settings = Settings { tcp: place.tcp, ..Settings::default() };
            let pc = connection(&mut network, configuration.clone(), settings);
            let peer = Peer { listens_at: place.listens_at, ..Peer::new(pc, &Names::default()) };
            let id = network.add_node(["a", "b"][index], peer, &own);
            network.attach(id, realms[index], link(if place.nats.is_empty() { ACCESS } else { LAN }));
            network.host_mut(id).add_name("stun.test", &stun_ips);
            network.host_mut(id).add_name("turn.test", &turn_ips);
            ids.push(id);
        }
        let call = Call { network, ids: [ids[A], ids[B]], munge: |sdp| sdp };
        World { call, stun, turn, gathering: Default::default(), channel: None, signals: VecDeque::new() }
    }

    /// Connects; `None` where the connection fails.
    pub(crate) fn connect(&mut self) -> Option<Opened> {
        let begin = self.call.network.now();
        let ours =
            self.call.with(A, |pc, now| pc.create_data_channel(now, "data", DataChannelInit::default()));
        let ours = ours.expect("a channel");
        self.channel = Some(ours);
        let opened = Event::Channel(ours, ChannelEvent::Open);
        self.describe(A);
        let [a, b] = self.call.ids;
        let is_open =
            |network: &Network<Peer>| network.node(a).saw(&opened) && network.node(b).incoming().is_some();
        let has_failed = |network: &Network<Peer>| {
            let failed = |id| network.node(id).pc.ice_connection_state() == IceConnectionState::Failed;
            failed(a) && failed(b)
        };
        self.run(PATIENCE, |network| is_open(network) || has_failed(network));
        if !is_open(&self.call.network) {
            assert!(has_failed(&self.call.network), "it neither opens nor fails");
            return None;
        }
        let after = self.call.network.now() - begin;
        // A better pair may still be nominated, and gathering may still go on.
        self.run(Duration::from_secs(20), |_| false);
        let pc = &self.call.peer(A).pc;
        let sctp = pc.sctp().expect("an SCTP transport");
        let transport = pc.ice_transport(sctp.transport).expect("its ICE transport");
        let pair = transport.selected_candidate_pair.expect("a selected pair");
        Some(Opened { after, local: pair.local, remote: pair.remote })
    }

    /// The offerer restarts ICE.
    pub(crate) fn restart_ice(&mut self) {
        self.call.with(A, |pc, _| pc.restart_ice());
        self.describe(A);
    }

    /// Every NAT loses its mappings.
    pub(crate) fn restart_nats(&mut self) {
        let network = &mut self.call.network;
        network.nats().for_each(|nat| network.restart_nat(nat));
    }

    /// Sends a text from the offerer to the answerer; how long it takes, if it arrives within `limit`.
    pub(crate) fn send(&mut self, text: &str, limit: Duration) -> Option<Duration> {
        self.send_from(A, text, limit)
    }

    /// The same, from one of them to the other.
    pub(crate) fn send_from(&mut self, from: usize, text: &str, limit: Duration) -> Option<Duration> {
        let channel = if from == A { self.channel } else { self.call.peer(B).incoming() };
        let channel = channel.expect("a channel");
        let payload = Payload { text: true, bytes: Bytes::copy_from_slice(text.as_bytes()) };
        let expected = payload.clone();
        self.call.with(from, |pc, now| pc.channel_send(now, channel, payload)).expect("an open channel");
        let (begin, to) = (self.call.network.now(), self.call.ids[1 - from]);
        self.run(limit, |network| network.node(to).messages().contains(&expected))
            .then(|| self.call.network.now() - begin)
    }

    /// Sets a local description, and sends it.
    fn describe(&mut self, index: usize) {
        self.gathering[index].began = Some(self.call.network.now());
        let result = self.call.settle(index, |pc, now| pc.set_local_description(now, None));
        assert_eq!(result, Ok(Outcome::Done));
        let description = self.call.peer(index).pc.local_description().expect("a description").clone();
        let init = SessionDescriptionInit { kind: Some(description.kind), sdp: description.sdp };
        self.post(1 - index, Signal::Description(init));
    }

    fn post(&mut self, to: usize, signal: Signal) {
        self.signals.push_back((self.call.network.now() + SIGNALLING, to, signal));
    }

    /// Runs with signalling both ways until `done`, for at most `limit`; whether `done` came true.
    pub(crate) fn run(&mut self, limit: Duration, done: impl Fn(&Network<Peer>) -> bool) -> bool {
        let end = self.call.network.now() + limit;
        loop {
            self.collect();
            self.deliver();
            let now = self.call.network.now();
            if done(&self.call.network) || now >= end {
                return done(&self.call.network);
            }
            let next = self.signals.front().map_or(end, |(due, ..)| (*due).min(end));
            let (ids, gathering) = (self.call.ids, &mut self.gathering);
            self.call.network.run_until(next - now, |network| {
                for (id, gathering) in ids.iter().zip(gathering.iter_mut()) {
                    let state = network.node(*id).pc.ice_gathering_state();
                    if state == IceGatheringState::Complete && gathering.ended.is_none() {
                        gathering.ended = Some(network.now());
                    }
                }
                done(network) || ids.iter().any(|id| !network.node(*id).outbox.is_empty())
            });
        }
    }

    fn collect(&mut self) {
        for (from, to) in [(A, B), (B, A)] {
            let id = self.call.ids[from];
            let candidates = self.call.network.with(id, |peer, _| std::mem::take(&mut peer.outbox));
            for candidate in candidates {
                self.post(to, Signal::Candidate(candidate));
            }
        }
    }

    fn deliver(&mut self) {
        while self.signals.front().is_some_and(|(due, ..)| *due <= self.call.network.now()) {
            let Some((_, to, signal)) = self.signals.pop_front() else { return };
            let result = match signal {
                Signal::Description(init) => {
                    let result = self.call.settle(to, |pc, now| pc.set_remote_description(now, init));
                    if to == B {
                        self.describe(B);
                    }
                    result
                }
                Signal::Candidate(candidate) => {
                    self.call.settle(to, |pc, now| pc.add_ice_candidate(now, candidate))
                }
            };
            assert_eq!(result, Ok(Outcome::Done));
        }
    }
}

/// The NATs of one side, one behind the other; the innermost network.
fn nest(network: &mut Network<Peer>, index: usize, nats: &[NatConfig]) -> Realm {
    let mut realm = Realm::Internet;
    for (depth, nat) in nats.iter().enumerate() {
        let outside = match depth {
            0 => format!("203.0.113.{}", index + 1),
            depth => format!("100.64.{depth}.{}", index + 1),
        };
        let id = network.add_nat(*nat, &[ip(&outside)], realm, link(ACCESS));
        realm = Realm::Behind(id);
    }
    realm
}

/// Lives on the network's own clock, so that every run is the same.
fn connection(
    network: &mut Network<Peer>,
    configuration: Configuration,
    settings: Settings,
) -> PeerConnection {
    let (now, seed) = (network.now(), network.seed());
    let clock = WallClock::new(now, DATE);
    let made = (configuration, settings);
    PeerConnection::with_settings(made, certificate(), now, clock, seed).expect("a connection")
}
