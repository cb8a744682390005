//! What a client hears, message by message.

use super::*;
use crate::Clock;
use stun_types::attribute::{ErrorCode, Nonce, Realm, Username};

const ALLOCATE: u16 = 0x003;
const REFRESH: u16 = 0x004;
const CREATE_PERMISSION: u16 = 0x008;
const CHANNEL_BIND: u16 = 0x009;
const CHANNEL_NUMBER: u16 = 0x000C;
const LIFETIME: u16 = 0x000D;
const PEER: u16 = 0x0012;
const DATA_VALUE: u16 = 0x0013;
const RELAYED: u16 = 0x0016;
const TRANSPORT: u16 = 0x0019;

struct Bench {
    server: TurnServer,
    host: Host,
    client: Path,
    nonce: String,
    next: u128,
    now: Instant,
}

type Attributes<'a> = &'a [(u16, Vec<u8>)];

impl Bench {
    fn new(faults: TurnFaults) -> Bench {
        let server = TurnServer::new(TurnConfig { faults, ..TurnConfig::default() });
        let mut bench = Bench {
            server,
            host: Host::new(&["198.51.100.1".parse().unwrap()]),
            client: Path { socket: SocketId(0), remote: "203.0.113.1:5000".parse().unwrap() },
            nonce: String::new(),
            next: 1,
            now: Clock::new().now(),
        };
        bench.server.settle(bench.now, &mut bench.host);
        bench
    }

    /// What the server sends when it has got this.
    fn put(&mut self, path: Path, bytes: &[u8]) -> Vec<(Path, Vec<u8>)> {
        self.server.handle_datagram(self.now, path, bytes);
        self.server.settle(self.now, &mut self.host);
        let mut batch = SendBatch::new();
        self.server.poll_transmit(self.now, &mut batch);
        batch.datagrams().map(|(path, bytes)| (path, bytes.to_vec())).collect()
    }

    fn request(&mut self, method: u16, attributes: Attributes<'_>, signed: bool) -> Vec<u8> {
        let id = TransactionId::from(self.next);
        self.next += 1;
        let mut writer = Writer::new(MessageClass::Request, Method::new(method), id);
        for (kind, value) in attributes {
            let kind = AttributeType::new(*kind);
            writer = match value.as_slice() {
                text if kind.value() == PEER => {
                    writer.address(kind, std::str::from_utf8(text).unwrap().parse().unwrap())
                }
                value => writer.raw(kind, value),
            };
        }
        if !signed {
            return writer.finish(None);
        }
        let config = &self.server.config;
        let writer = writer.raw(Username::TYPE, config.username.as_bytes());
        let writer = writer.raw(Realm::TYPE, config.realm.as_bytes());
        writer.raw(Nonce::TYPE, self.nonce.as_bytes()).finish(Some(&self.server.key))
    }

    /// Asks, and takes the nonce of the answer: its code (0: success), and its bytes.
    fn ask(&mut self, method: u16, attributes: Attributes<'_>, signed: bool) -> (u16, Vec<u8>) {
        let request = self.request(method, attributes, signed);
        let answers = self.put(self.client, &request);
        let [(path, bytes)] = &answers[..] else { panic!("{answers:?}") };
        assert_eq!(*path, self.client);
        let message = Message::from_bytes(bytes).unwrap();
        if let Ok(nonce) = message.attribute::<Nonce>() {
            self.nonce = nonce.nonce().to_owned();
        }
        (message.attribute::<ErrorCode>().map_or(0, |error| error.code()), bytes.clone())
    }

    /// An allocation, and its relayed address.
    fn allocate(&mut self) -> (Path, SocketAddr) {
        let udp = [(TRANSPORT, vec![17, 0, 0, 0])];
        assert_eq!(self.ask(ALLOCATE, &udp, false).0, 401);
        let (code, answer) = self.ask(ALLOCATE, &udp, true);
        assert_eq!(code, 0);
        let message = Message::from_bytes(&answer).unwrap();
        assert!(message.validate_integrity_with_key(&self.server.key).is_ok());
        let relayed = stun_message::address(&message, AttributeType::new(RELAYED)).unwrap();
        let relay = self.server.allocations[&self.client].relay;
        (Path { socket: relay, remote: "192.0.2.9:9".parse().unwrap() }, relayed)
    }
}

fn peer() -> (u16, Vec<u8>) {
    (PEER, b"192.0.2.9:9".to_vec())
}

#[test]
fn relays_for_permitted_peers_in_indications_and_then_in_a_channel() {
    let mut bench = Bench::new(TurnFaults::default());
    let (from_peer, relayed) = bench.allocate();
    assert_eq!(relayed.ip(), "198.51.100.1".parse::<std::net::IpAddr>().unwrap());
    assert_eq!(bench.put(from_peer, b"too early"), []);
    assert_eq!(bench.ask(CREATE_PERMISSION, &[peer()], true).0, 0);
    let inward = bench.put(from_peer, b"hello");
    let message = Message::from_bytes(&inward[0].1).unwrap();
    assert_eq!((message.class(), message.method()), (MessageClass::Indication, DATA));
    assert_eq!(stun_message::address(&message, XOR_PEER_ADDRESS), Some(from_peer.remote));
    assert_eq!(message.raw_attribute(DATA_ATTRIBUTE).unwrap().value.as_ref(), b"hello");

    let id = TransactionId::from(99);
    let send = Writer::new(MessageClass::Indication, SEND, id).address(XOR_PEER_ADDRESS, from_peer.remote);
    let send = send.raw(AttributeType::new(DATA_VALUE), b"reply").finish(None);
    let client = bench.client;
    assert_eq!(bench.put(client, &send), [(from_peer, b"reply".to_vec())]);

    let channel = (CHANNEL_NUMBER, vec![0x40, 0x01, 0, 0]);
    assert_eq!(bench.ask(CHANNEL_BIND, &[channel, peer()], true).0, 0);
    assert_eq!(bench.put(client, b"\x40\x01\x00\x02hi"), [(from_peer, b"hi".to_vec())]);
    assert_eq!(bench.put(from_peer, b"abc"), [(client, b"\x40\x01\x00\x03abc".to_vec())]);
    let other = (CHANNEL_NUMBER, vec![0x40, 0x02, 0, 0]);
    assert_eq!(bench.ask(CHANNEL_BIND, &[other, peer()], true).0, 400, "the peer has a channel");
}

#[test]
fn permissions_and_allocations_end_with_their_time_and_with_a_refresh_of_nothing() {
    let mut bench = Bench::new(TurnFaults::default());
    let (from_peer, _) = bench.allocate();
    assert_eq!(bench.ask(CREATE_PERMISSION, &[peer()], true).0, 0);
    bench.now += Duration::from_secs(299);
    assert_eq!(bench.put(from_peer, b"x").len(), 1);
    bench.now += Duration::from_secs(1);
    assert_eq!(bench.put(from_peer, b"x").len(), 0);
    assert_eq!(bench.ask(REFRESH, &[], true).0, 0);
    bench.now += Duration::from_secs(599);
    assert_eq!(bench.ask(CREATE_PERMISSION, &[peer()], true).0, 0);
    assert_eq!(bench.ask(REFRESH, &[(LIFETIME, vec![0; 4])], true).0, 0);
    assert_eq!((bench.server.allocations(), bench.host.open_sockets()), (0, 1));
    bench.allocate();
    bench.now += Duration::from_secs(600);
    assert_eq!(bench.ask(CREATE_PERMISSION, &[peer()], true).0, 437);
}

#[test]
fn who_is_not_known_gets_401_and_an_old_nonce_438() {
    let mut bench = Bench::new(TurnFaults { nonce_uses: Some(2), ..TurnFaults::default() });
    bench.allocate();
    assert_eq!(bench.ask(REFRESH, &[], true).0, 0);
    assert_eq!(bench.ask(REFRESH, &[], true).0, 438);
    assert_eq!(bench.ask(REFRESH, &[], true).0, 0);
    bench.server.config.username = "somebody else".to_owned();
    let request = bench.request(REFRESH, &[], true);
    bench.server.config.username = "user".to_owned();
    let client = bench.client;
    let answers = bench.put(client, &request);
    let message = Message::from_bytes(&answers[0].1).unwrap();
    assert_eq!(message.attribute::<ErrorCode>().unwrap().code(), 401);
}

#[test]
fn faults_refuse() {
    let udp = [(TRANSPORT, vec![17, 0, 0, 0])];
    let refused = |faults| {
        let mut bench = Bench::new(faults);
        bench.ask(ALLOCATE, &udp, false);
        bench.ask(ALLOCATE, &udp, true).0
    };
    assert_eq!(refused(TurnFaults { refuse: Some(486), ..TurnFaults::default() }), 486);
    assert_eq!(refused(TurnFaults { nonce_uses: Some(0), ..TurnFaults::default() }), 438);
    let alternate = Some("198.51.100.2:3478".parse().unwrap());
    assert_eq!(refused(TurnFaults { alternate, ..TurnFaults::default() }), 300);
    let mut bench = Bench::new(TurnFaults { forbid_peers: true, ..TurnFaults::default() });
    bench.allocate();
    assert_eq!(bench.ask(CREATE_PERMISSION, &[peer()], true).0, 403);
    bench.server.set_faults(TurnFaults { forget_on_refresh: true, ..TurnFaults::default() });
    assert_eq!(bench.ask(REFRESH, &[], true).0, 437);
    bench.server.set_faults(TurnFaults { silent: true, ..TurnFaults::default() });
    let request = bench.request(ALLOCATE, &udp, true);
    let client = bench.client;
    assert_eq!(bench.put(client, &request), []);
}
