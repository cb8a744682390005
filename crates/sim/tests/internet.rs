//! Datagrams and streams find their way through NATs, and only where there is one.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base::{Path, SendBatch, SocketId};
use sim::{
    ConnectFailure, Host, LinkConfig, NatConfig, NatId, Network, Node, NodeId, Passage, Realm, StreamEvent,
};

/// The port on which everybody listens, for UDP and TCP.
const PORT: u16 = 7;
const UDP: SocketId = SocketId(0);
const LISTENER: SocketId = SocketId(1);
const CLIENT: SocketId = SocketId(2);

/// Says what it is told to, and keeps what it hears.
#[derive(Default)]
struct Machine {
    to_send: Vec<(Path, Vec<u8>)>,
    to_connect: Vec<(Path, u32)>,
    to_close: Vec<SocketId>,
    heard: Vec<(Path, Vec<u8>)>,
    streams: Vec<(Instant, StreamEvent)>,
}

impl Node for Machine {
    fn handle_datagram(&mut self, _: Instant, path: Path, datagram: &[u8]) {
        self.heard.push((path, datagram.to_vec()));
    }
    fn handle_stream(&mut self, now: Instant, event: StreamEvent) {
        self.streams.push((now, event));
    }
    fn handle_timeout(&mut self, _: Instant) {}
    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
    fn poll_transmit(&mut self, _: Instant, out: &mut SendBatch) {
        for (path, bytes) in self.to_send.drain(..) {
            out.push(path, &bytes);
        }
    }
    fn settle(&mut self, _: Instant, host: &mut Host) {
        for ip in host.interfaces().to_vec().iter().take(1) {
            host.bind(UDP, (*ip, PORT).into());
            host.listen(LISTENER, (*ip, PORT).into());
        }
        for (path, round_trips) in self.to_connect.drain(..) {
            host.connect(path, None, round_trips);
        }
        for socket in self.to_close.drain(..) {
            host.close(socket);
        }
    }
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

fn delay(milliseconds: u64) -> LinkConfig {
    LinkConfig { delay: Duration::from_millis(milliseconds), ..LinkConfig::default() }
}

/// A server on the internet, 10 ms away from its middle.
struct World {
    network: Network<Machine>,
    server: NodeId,
}

const SERVER: &str = "198.51.100.1:7";

impl World {
    fn new() -> World {
        let mut network = Network::new(1);
        network.enable_trace();
        let server = network.add_node("server", Machine::default(), &[address(SERVER).ip()]);
        network.attach(server, Realm::Internet, delay(10));
        World { network, server }
    }

    fn nat(&mut self, config: NatConfig, outside: &str, realm: Realm) -> NatId {
        self.network.add_nat(config, &[outside.parse().unwrap()], realm, delay(10))
    }

    fn machine(&mut self, ip: &str, realm: Realm) -> NodeId {
        let id = self.network.add_node(ip, Machine::default(), &[ip.parse().unwrap()]);
        self.network.attach(id, realm, delay(1));
        id
    }

    fn send(&mut self, from: NodeId, to: &str, text: &str) {
        let path = Path { socket: UDP, remote: address(to) };
        self.network.with(from, |node, _| node.to_send.push((path, text.as_bytes().to_vec())));
    }

    fn connect(&mut self, from: NodeId, to: &str, round_trips: u32) -> Path {
        let path = Path { socket: CLIENT, remote: address(to) };
        self.network.with(from, |node, _| node.to_connect.push((path, round_trips)));
        path
    }

    /// From where the node heard what.
    fn heard(&mut self, id: NodeId) -> Vec<(String, String)> {
        self.network.run_for(Duration::from_secs(1));
        let heard = self.network.with(id, |node, _| std::mem::take(&mut node.heard));
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        heard.into_iter().map(|(path, bytes)| (path.remote.to_string(), text(bytes))).collect()
    }
}

fn one(from: &str, text: &str) -> Vec<(String, String)> {
    vec![(from.to_owned(), text.to_owned())]
}

#[test]
fn a_question_gets_out_and_its_answer_in_and_nothing_unasked() {
    let mut world = World::new();
    let nat = world.nat(NatConfig::port_restricted(), "203.0.113.1", Realm::Internet);
    let inside = world.machine("192.168.1.2", Realm::Behind(nat));
    let server = world.server;
    world.send(server, "203.0.113.1:7", "unasked");
    assert_eq!(world.heard(inside), []);
    world.send(inside, SERVER, "question");
    assert_eq!(world.heard(server), one("203.0.113.1:7", "question"));
    world.send(server, "203.0.113.1:7", "answer");
    assert_eq!(world.heard(inside), one(SERVER, "answer"));
    world.send(server, "192.168.1.2:7", "private");
    assert_eq!(world.heard(inside), []);
    assert!(world.network.trace().contains("no route"));
}

#[test]
fn two_nats_in_a_row_translate_twice() {
    let mut world = World::new();
    let carrier = world.nat(NatConfig::symmetric(), "203.0.113.1", Realm::Internet);
    let home = world.nat(NatConfig::full_cone(), "100.64.0.2", Realm::Behind(carrier));
    let inside = world.machine("192.168.1.2", Realm::Behind(home));
    let server = world.server;
    world.send(inside, SERVER, "question");
    let (from, _) = world.heard(server).remove(0);
    assert!(from.starts_with("203.0.113.1:"), "{from}");
    world.send(server, &from, "answer");
    assert_eq!(world.heard(inside), one(SERVER, "answer"));
}

#[test]
fn neighbours_meet_directly_unless_isolated_and_hairpinning_is_up_to_the_nat() {
    for (isolated, hairpin) in [(false, false), (true, false), (true, true)] {
        let mut world = World::new();
        let config = NatConfig { isolated, hairpin, ..NatConfig::full_cone() };
        let nat = world.nat(config, "203.0.113.1", Realm::Internet);
        let [a, b] = ["192.168.1.2", "192.168.1.3"].map(|ip| world.machine(ip, Realm::Behind(nat)));
        world.send(a, SERVER, "a mapping");
        world.send(b, "192.168.1.2:7", "direct");
        let direct = world.heard(a);
        assert_eq!(direct, if isolated { vec![] } else { one("192.168.1.3:7", "direct") });
        world.send(b, "203.0.113.1:7", "around");
        let around = world.heard(a);
        assert_eq!(around, if hairpin { one("203.0.113.1:8", "around") } else { vec![] }, "7 is a's already");
    }
}

#[test]
fn a_stream_opens_after_its_round_trips_carries_frames_and_ends() {
    for (round_trips, milliseconds) in [(0, 42), (1, 84)] {
        let mut world = World::new();
        let nat = world.nat(NatConfig::symmetric(), "203.0.113.1", Realm::Internet);
        let inside = world.machine("192.168.1.2", Realm::Behind(nat));
        let (server, start) = (world.server, world.network.now());
        let path = world.connect(inside, SERVER, round_trips);
        world.network.run_for(Duration::from_secs(1));
        let [(opened, StreamEvent::Connected { .. })] = world.network.node(inside).streams[..] else {
            panic!("{:?}", world.network.node(inside).streams)
        };
        assert_eq!(opened - start, Duration::from_millis(milliseconds));
        let [(_, StreamEvent::Accepted { path: theirs })] = world.network.node(server).streams[..] else {
            panic!("{:?}", world.network.node(server).streams)
        };
        world.network.with(inside, |node, _| node.to_send.push((path, b"frame".to_vec())));
        assert_eq!(world.heard(server), one(&theirs.remote.to_string(), "frame"));
        world.network.with(server, |node, _| node.to_send.push((theirs, b"back".to_vec())));
        assert_eq!(world.heard(inside), one(SERVER, "back"));
        world.network.with(inside, |node, _| node.to_close.push(CLIENT));
        world.network.run_for(Duration::from_secs(1));
        assert_eq!(
            world.network.node(server).streams.last().unwrap().1,
            StreamEvent::Closed { path: theirs }
        );
    }
}

#[test]
fn a_stream_fails_where_nobody_listens_and_where_a_port_is_barred() {
    let mut world = World::new();
    let config = NatConfig { tcp: Passage::Only(7), udp: Passage::Closed, ..NatConfig::full_cone() };
    let nat = world.nat(config, "203.0.113.1", Realm::Internet);
    let inside = world.machine("192.168.1.2", Realm::Behind(nat));
    let elsewhere = world.machine("198.51.100.9", Realm::Internet);
    let path = world.connect(inside, "198.51.100.1:8", 0);
    let nobody = world.connect(elsewhere, "198.51.100.1:8", 0);
    world.network.run_for(Duration::from_secs(20));
    let event = |id| world.network.node(id).streams.first().map(|(_, event)| *event);
    assert_eq!(event(inside), Some(StreamEvent::Failed { path, reason: ConnectFailure::TimedOut }));
    assert_eq!(event(elsewhere), Some(StreamEvent::Failed { path: nobody, reason: ConnectFailure::Refused }));
    world.send(inside, SERVER, "udp");
    let server = world.server;
    assert_eq!(world.heard(server), []);
    world.connect(inside, SERVER, 0);
    world.network.run_for(Duration::from_secs(1));
    assert!(matches!(world.network.node(inside).streams.last(), Some((_, StreamEvent::Connected { .. }))));
}

#[test]
fn frames_of_a_stream_survive_loss_in_order() {
    let mut world = World::new();
    let client = world.machine("198.51.100.9", Realm::Internet);
    let lossy = LinkConfig { jitter: Duration::from_millis(30), ..LinkConfig::hostile(0.3) };
    world.network.attach(client, Realm::Internet, lossy);
    let (server, path) = (world.server, world.connect(client, SERVER, 0));
    world.network.run_for(Duration::from_secs(10));
    world.network.with(client, |node, _| {
        node.to_send = (0..200_u8).map(|n| (path, vec![n])).collect();
    });
    world.network.run_for(Duration::from_secs(60));
    let heard = world.network.with(server, |node, _| std::mem::take(&mut node.heard));
    assert_eq!(
        heard.into_iter().map(|(_, bytes)| bytes[0]).collect::<Vec<_>>(),
        (0..200).collect::<Vec<_>>()
    );
}

#[test]
fn whoever_pulls_the_cable_is_gone_and_may_come_back_elsewhere() {
    let mut world = World::new();
    let nat = world.nat(NatConfig::full_cone(), "203.0.113.1", Realm::Internet);
    let inside = world.machine("192.168.1.2", Realm::Behind(nat));
    let server = world.server;
    world.network.detach(inside);
    world.send(inside, SERVER, "lost");
    assert_eq!(world.heard(server), []);
    world.network.attach(inside, Realm::Behind(nat), delay(5));
    world.send(inside, SERVER, "back");
    assert_eq!(world.heard(server), one("203.0.113.1:7", "back"));
    world.network.restart_nat(nat);
    world.send(server, "203.0.113.1:7", "forgotten");
    assert_eq!(world.heard(inside), []);
}

#[test]
fn ipv6_is_routed_to_the_inside_under_its_own_address() {
    let mut world = World::new();
    let server = world.machine("2001:db8:2::7", Realm::Internet);
    let nat = world.nat(NatConfig::port_restricted(), "203.0.113.1", Realm::Internet);
    let inside = world.machine("2001:db8:1::2", Realm::Behind(nat));
    world.send(server, "[2001:db8:1::2]:7", "unasked");
    assert_eq!(world.heard(inside), []);
    world.send(inside, "[2001:db8:2::7]:7", "question");
    assert_eq!(world.heard(server), one("[2001:db8:1::2]:7", "question"));
    world.send(server, "[2001:db8:1::2]:7", "answer");
    assert_eq!(world.heard(inside), one("[2001:db8:2::7]:7", "answer"));
}
