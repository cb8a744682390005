//! Many connections over one port.

mod pair;

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pair::{guarded, incoming, negotiate, open, trickle, trickle_those};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::watch;
use visavis::{
    Endpoint, EndpointSettings, ErrorName, InterfaceFilter, IpVersions, RtcConfiguration, RtcDataChannel,
    RtcIceCandidateInit, RtcIceProtocol, RtcIceRole, RtcIceTcpCandidateType, RtcMessage, RtcPeerConnection,
    RtcPeerConnectionEvent, Settings, TcpPolicy, driver_counters,
};

fn configuration() -> RtcConfiguration {
    RtcConfiguration { include_loopback: true, ..Default::default() }
}

fn loopback() -> Endpoint {
    Endpoint::bind("127.0.0.1:0".parse::<SocketAddr>().unwrap()).unwrap()
}

/// A connected peer of a connection of an endpoint, with a channel.
struct Client {
    client: RtcPeerConnection,
    server: RtcPeerConnection,
    to_server: RtcDataChannel,
    to_client: RtcDataChannel,
}

async fn connect(client: RtcPeerConnection, server: RtcPeerConnection) -> Client {
    connect_by(client, server, |_| true).await
}

/// By those candidates alone whose line is wanted.
async fn connect_by(
    client: RtcPeerConnection,
    server: RtcPeerConnection,
    is_wanted: fn(&str) -> bool,
) -> Client {
    let to_server = client.create_data_channel("channel", None).unwrap();
    negotiate(&client, &server).await;
    let (mut client_events, mut server_events) = (client.events(), server.events());
    tokio::join!(
        trickle_those(&mut client_events, &server, is_wanted),
        trickle_those(&mut server_events, &client, is_wanted)
    );
    let to_client = incoming(&mut server_events).await;
    open(&to_server).await;
    open(&to_client).await;
    Client { client, server, to_server, to_client }
}

async fn client_of(endpoint: &Endpoint) -> Client {
    let client = RtcPeerConnection::new(configuration()).unwrap();
    connect(client, endpoint.new_peer_connection(configuration()).unwrap()).await
}

impl Client {
    /// Sends something there and back.
    async fn talk(&self, text: &str) {
        self.to_server.send_text(text).unwrap();
        assert_eq!(self.to_client.recv().await, Some(RtcMessage::Text(text.into())));
        self.to_client.send_text(text).unwrap();
        assert_eq!(self.to_server.recv().await, Some(RtcMessage::Text(text.into())));
    }

    /// Where the client sends to.
    fn remote(&self) -> SocketAddr {
        let transport = self.client.sctp().unwrap().transport().ice_transport();
        let fields = transport.get_selected_candidate_pair().unwrap().remote.fields.unwrap();
        SocketAddr::new(fields.address.parse().unwrap(), fields.port)
    }
}

#[tokio::test]
async fn many_connections_share_one_port_and_each_gets_its_own_messages() {
    guarded(async {
        let endpoint = loopback();
        let address = endpoint.local_addresses()[0];
        let mut clients = Vec::new();
        for _ in 0..20 {
            let client = client_of(&endpoint).await;
            assert_eq!(client.remote(), address);
            clients.push(client);
        }
        assert_eq!(endpoint.connections(), 20);
        for (number, client) in clients.iter().enumerate() {
            client.talk(&format!("number {number}")).await;
        }
        // What is larger than a few datagrams: in runs, both ways at once.
        let large = vec![7; 200_000];
        for client in &clients {
            client.to_server.send(large.clone()).unwrap();
            client.to_client.send(large.clone()).unwrap();
        }
        for client in &clients {
            for channel in [&client.to_server, &client.to_client] {
                assert_eq!(channel.recv().await, Some(RtcMessage::Binary(large.clone().into())));
            }
        }
        // Those that end leave the others alone, and leave nothing.
        for client in clients.drain(..10) {
            client.client.close();
        }
        for client in &clients {
            client.talk("still here").await;
        }
        drop(clients);
        while endpoint.connections() > 10 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn all_addresses_of_the_machine_are_candidates_at_the_same_port() {
    guarded(async {
        let endpoint = Endpoint::bind(EndpointSettings::port(0)).unwrap();
        let ports: BTreeSet<u16> = endpoint.local_addresses().iter().map(SocketAddr::port).collect();
        assert_eq!(ports.len(), 1);
        let client = client_of(&endpoint).await;
        client.talk("hello").await;
        let sdp = client.server.local_description().unwrap().sdp;
        let candidates: Vec<(IpAddr, u16)> = sdp
            .lines()
            .filter_map(|line| line.strip_prefix("a=candidate:"))
            .map(|line| line.split(' ').collect::<Vec<_>>())
            .map(|words| (words[4].parse().unwrap(), words[5].parse().unwrap()))
            .collect();
        assert!(candidates.iter().any(|(ip, _)| ip.is_loopback()), "{sdp}");
        assert!(candidates.iter().all(|(_, port)| ports.contains(port)), "{sdp}");
        let addresses: BTreeSet<IpAddr> = candidates.iter().map(|(ip, _)| *ip).collect();
        assert_eq!(addresses.len(), candidates.len(), "{sdp}");
        // The answer to a check comes from the address that was asked, or the client would not have taken it.
        assert!(addresses.contains(&client.remote().ip()));
    })
    .await;
}

#[tokio::test]
async fn two_endpoints_connect() {
    guarded(async {
        let (one, other) = (loopback(), loopback());
        let offering = one.new_peer_connection(configuration()).unwrap();
        let client = connect(offering, other.new_peer_connection(configuration()).unwrap()).await;
        client.talk("hello").await;
        assert_eq!(client.remote(), other.local_addresses()[0]);
    })
    .await;
}

#[tokio::test]
async fn ice_restarts_find_their_way() {
    guarded(async {
        let endpoint = loopback();
        let client = client_of(&endpoint).await;
        client.client.restart_ice();
        negotiate(&client.client, &client.server).await;
        let (mut client_events, mut server_events) = (client.client.events(), client.server.events());
        tokio::join!(
            trickle(&mut client_events, &client.server),
            trickle(&mut server_events, &client.client)
        );
        client.talk("after the restart").await;
    })
    .await;
}

fn lite() -> Endpoint {
    let mut settings = EndpointSettings::from("127.0.0.1:0".parse::<SocketAddr>().unwrap());
    settings.settings.ice_lite = true;
    Endpoint::bind(settings).unwrap()
}

fn role(connection: &RtcPeerConnection) -> RtcIceRole {
    connection.sctp().unwrap().transport().ice_transport().role()
}

#[tokio::test]
async fn a_lite_endpoint_answers_and_offers_and_never_controls() {
    guarded(async {
        let endpoint = lite();
        let full = || RtcPeerConnection::new(configuration()).unwrap();
        let ours = || endpoint.new_peer_connection(configuration()).unwrap();
        let answering = connect(full(), ours()).await;
        let offering = connect(ours(), full()).await;
        for (full, lite) in [(&answering.client, &answering.server), (&offering.server, &offering.client)] {
            assert_eq!(role(full), RtcIceRole::Controlling);
            assert_eq!(role(lite), RtcIceRole::Controlled);
            let sdp = lite.local_description().unwrap().sdp;
            let session = sdp.split("m=").next().unwrap();
            assert!(session.contains("\r\na=ice-lite\r\n"), "{sdp}");
            assert!(!full.local_description().unwrap().sdp.contains("ice-lite"));
        }
        answering.talk("to the answerer").await;
        offering.talk("to the offerer").await;
    })
    .await;
}

/// The fragment of a description.
fn ufrag(sdp: &str) -> String {
    sdp.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).unwrap().to_owned()
}

/// A binding request to a fragment, with an integrity that is none.
fn forged_check(ufrag: &str) -> Vec<u8> {
    let mut attributes = Vec::new();
    let username = format!("{ufrag}:me");
    for (kind, value) in [(0x0006_u16, username.as_bytes()), (0x0024, &[1; 4]), (0x0008, &[1; 20])] {
        attributes.extend(kind.to_be_bytes());
        attributes.extend((value.len() as u16).to_be_bytes());
        attributes.extend(value);
        attributes.resize(attributes.len().next_multiple_of(4), 0);
    }
    let mut message = vec![0, 1];
    message.extend((attributes.len() as u16).to_be_bytes());
    message.extend([0x21, 0x12, 0xa4, 0x42]);
    message.extend([3; 12]);
    message.extend(attributes);
    message
}

/// A1, A2, A8, A10 against a port that many share: nobody is answered, and nothing is kept.
#[tokio::test]
async fn strangers_get_no_answer_and_disturb_nobody() {
    guarded(async {
        let endpoint = loopback();
        let client = client_of(&endpoint).await;
        let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        stranger.connect(endpoint.local_addresses()[0]).await.unwrap();
        let known = ufrag(&client.server.local_description().unwrap().sdp);
        let check = forged_check(&known);
        let before = driver_counters().datagrams_for_nobody;
        for round in 0..200 {
            // For nobody: data, an unknown fragment, an answer, truncations, garbage.
            for datagram in [
                &[22; 100][..],
                &forged_check("unknown"),
                &[1, 1, 0, 0],
                &check[..round % check.len()],
                &[0; 20],
            ] {
                let _ = stranger.send(datagram).await;
            }
            // For the connection, which finds it forged.
            let _ = stranger.send(&check).await;
            client.talk("undisturbed").await;
        }
        assert!(driver_counters().datagrams_for_nobody > before);
        let mut buffer = [0; 2000];
        assert!(stranger.try_recv(&mut buffer).is_err(), "a stranger was answered");
    })
    .await;
}

#[tokio::test]
async fn closing_an_endpoint_closes_its_connections_and_there_are_no_others() {
    guarded(async {
        let endpoint = loopback();
        let client = client_of(&endpoint).await;
        let mut events = client.server.events();
        endpoint.close();
        while let Some(event) = events.next().await {
            drop::<RtcPeerConnectionEvent>(event);
        }
        let mut channel = client.to_server.events();
        while channel.next().await.is_some() {}
        let error = endpoint.new_peer_connection(configuration()).unwrap_err();
        assert_eq!(error.name, ErrorName::InvalidStateError);
        while endpoint.connections() > 0 {
            tokio::task::yield_now().await;
        }
        let address = endpoint.local_addresses()[0];
        drop((endpoint, client));
        // The port is free again, once the last one has let go of it.
        while UdpSocket::bind(address).await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[test]
fn what_cannot_be_bound_is_an_error() {
    assert_eq!(Endpoint::bind(Vec::new()).unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
    let taken = loopback();
    let again = Endpoint::bind(taken.local_addresses()).unwrap_err();
    assert_eq!(again.kind(), std::io::ErrorKind::AddrInUse);
    assert!(Endpoint::bind("192.0.2.1:0".parse::<SocketAddr>().unwrap()).is_err());
}

/// An endpoint that also listens for TCP.
fn listening() -> Endpoint {
    let mut settings = EndpointSettings::from("127.0.0.1:0".parse::<SocketAddr>().unwrap());
    settings.tcp = true;
    Endpoint::bind(settings).unwrap()
}

/// A client that knows nothing but the listener.
async fn connect_over_tcp(endpoint: &Endpoint) -> Client {
    let settings = Settings { tcp: TcpPolicy::Active, ..Settings::default() };
    let client = RtcPeerConnection::with_settings(configuration(), settings).unwrap();
    let server = endpoint.new_peer_connection(configuration()).unwrap();
    connect_by(client, server, |line| line.contains(" tcp ")).await
}

#[tokio::test]
async fn where_udp_does_not_pass_connections_share_a_tcp_listener() {
    guarded(async {
        let endpoint = listening();
        let mut clients = Vec::new();
        for _ in 0..5 {
            clients.push(connect_over_tcp(&endpoint).await);
        }
        let large = vec![7; 200_000];
        for (number, client) in clients.iter().enumerate() {
            assert_eq!(client.remote(), endpoint.local_addresses()[0]);
            let transport = client.client.sctp().unwrap().transport().ice_transport();
            let pair = transport.get_selected_candidate_pair().unwrap();
            let kinds = [pair.local, pair.remote].map(|candidate| {
                let fields = candidate.fields.unwrap();
                (fields.protocol, fields.tcp_type)
            });
            assert_eq!(kinds[0], (RtcIceProtocol::Tcp, Some(RtcIceTcpCandidateType::Active)));
            assert_eq!(kinds[1], (RtcIceProtocol::Tcp, Some(RtcIceTcpCandidateType::Passive)));
            client.talk(&format!("number {number}")).await;
        }
        for client in &clients {
            client.to_server.send(large.clone()).unwrap();
            client.to_client.send(large.clone()).unwrap();
        }
        for client in &clients {
            for channel in [&client.to_server, &client.to_client] {
                assert_eq!(channel.recv().await, Some(RtcMessage::Binary(large.clone().into())));
            }
        }
    })
    .await;
}

/// Between a client and a server; it can forget the streams that go through it: it passes on nothing more, and tells nobody.
struct Nat {
    address: SocketAddr,
    forgets: watch::Sender<()>,
    streams: Arc<AtomicUsize>,
}

impl Nat {
    async fn before(server: SocketAddr) -> Nat {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (forgets, streams) = (watch::Sender::new(()), Arc::new(AtomicUsize::new(0)));
        let (forgotten, count) = (forgets.subscribe(), Arc::clone(&streams));
        tokio::spawn(async move {
            while let Ok((mut inside, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                let mut forgotten = forgotten.clone();
                tokio::spawn(async move {
                    forgotten.mark_unchanged();
                    let mut outside = TcpStream::connect(server).await.unwrap();
                    tokio::select! {
                        _ = copy_bidirectional(&mut inside, &mut outside) => {}
                        _ = forgotten.changed() => std::future::pending().await,
                    }
                });
            }
        });
        Nat { address, forgets, streams }
    }

    fn streams(&self) -> usize {
        self.streams.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn a_stream_that_a_nat_has_forgotten_is_opened_again() {
    guarded(async {
        let endpoint = listening();
        let nat = Nat::before(endpoint.local_addresses()[0]).await;
        // One address, so that there is one pair.
        let interfaces = InterfaceFilter { only: vec!["lo".into()], ..Default::default() };
        let settings = Settings {
            tcp: TcpPolicy::Active,
            interfaces,
            ip_versions: IpVersions::V4,
            ..Settings::default()
        };
        let client = RtcPeerConnection::with_settings(configuration(), settings).unwrap();
        let server = endpoint.new_peer_connection(configuration()).unwrap();
        let to_server = client.create_data_channel("channel", None).unwrap();
        negotiate(&client, &server).await;
        let mut server_events = server.events();
        let port = nat.address.port();
        let candidate = format!("candidate:1 1 tcp 1518280447 127.0.0.1 {port} typ host tcptype passive");
        let sdp_mid = Some("0".to_owned());
        let candidate = RtcIceCandidateInit { candidate, sdp_mid, ..Default::default() };
        client.add_ice_candidate(Some(candidate)).await.unwrap();
        let to_client = incoming(&mut server_events).await;
        open(&to_server).await;
        let client = Client { client, server, to_server, to_client };
        client.talk("before").await;
        assert_eq!(nat.streams(), 1);
        nat.forgets.send_replace(());
        client.talk("after").await;
        assert_eq!(nat.streams(), 2);
    })
    .await;
}

/// Whether the other side closes the stream without having said anything.
async fn is_closed(mut stream: TcpStream) -> bool {
    let mut said = Vec::new();
    // A reset is an end, too.
    let _ = stream.read_to_end(&mut said).await;
    said.is_empty()
}

/// A11: streams of strangers are few, small and short, whatever they say.
#[tokio::test]
async fn a11_strangers_at_the_listener_are_turned_away() {
    guarded(async {
        let endpoint = listening();
        let client = connect_over_tcp(&endpoint).await;
        let address = endpoint.local_addresses()[0];
        let known = ufrag(&client.server.local_description().unwrap().sdp);
        let framed = |check: Vec<u8>| [&(check.len() as u16).to_be_bytes()[..], &check].concat();
        // The longest frame there can be, an empty one, no STUN, a check for nobody, and one that is forged.
        let says = [
            vec![0xff, 0xff],
            vec![0, 0],
            framed(vec![22; 100]),
            framed(forged_check("unknown")),
            framed(forged_check(&known)),
        ];
        for says in says {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(&says).await.unwrap();
            assert!(is_closed(stream).await, "{says:?}");
        }
        // Those that say nothing wait, but not all of them.
        let mut silent = Vec::new();
        for _ in 0..40 {
            silent.push(TcpStream::connect(address).await.unwrap());
        }
        for stream in silent.split_off(32) {
            assert!(is_closed(stream).await);
        }
        client.talk("undisturbed").await;
    })
    .await;
}

#[test]
fn listening_takes_an_endpoint() {
    let settings = Settings { tcp: TcpPolicy::Passive, ..Settings::default() };
    let error = RtcPeerConnection::with_settings(configuration(), settings).unwrap_err();
    assert_eq!(error.name, ErrorName::TypeError);
}
