//! Relayed through coturn, on loopback: over UDP, TCP and TLS, with nothing else allowed.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use interop::figures::{median, processor_time};
use interop::{missing, target_directory};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::time::Instant;
use visavis::{
    Endpoint, EndpointSettings, Redacted, RtcConfiguration, RtcDataChannel, RtcIceServer,
    RtcIceTransportPolicy, RtcMessage, RtcPeerConnection, RtcPeerConnectionEvent, RtcPeerConnectionEvents,
    RtcPeerConnectionState, Settings,
};

/// No test takes this long unless something hangs: the largest moves 100 MB, unoptimised, on a busy machine.
const GUARD: Duration = Duration::from_secs(300);
const BULK: usize = 100_000_000;
const MESSAGE: usize = 50_000;
/// What goes through each connection of an endpoint.
const ENDPOINT_BULK: usize = 10_000_000;
/// What is under way when a server dies.
const INTERRUPTED: usize = 20_000_000;

async fn guarded<T>(body: impl Future<Output = T>) -> T {
    tokio::time::timeout(GUARD, body).await.expect("the test hangs")
}

/// For what another program does in its own time and says to nobody.
#[allow(
    clippy::disallowed_methods,
    reason = "coturn says neither when it listens nor when a nonce is too old"
)]
async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

/// A running server. Killed when dropped.
struct Coturn {
    child: Child,
    port: u16,
    tls_port: u16,
    certificate: Vec<u8>,
}

impl Coturn {
    /// Serves `user` with `password` on loopback; `None` if it is not installed and that is allowed.
    async fn start(arguments: &[&str]) -> Option<Coturn> {
        Coturn::start_at(free_ports(), arguments).await
    }

    /// The same, at these ports.
    async fn start_at([port, tls_port]: [u16; 2], arguments: &[&str]) -> Option<Coturn> {
        let directory = target_directory().join(format!("interop/turn-{port}"));
        fs::create_dir_all(&directory).expect("a directory");
        let (certificate, files) = certificate(&directory);
        let mut command = Command::new("turnserver");
        command.args(["-n", "--no-cli", "--lt-cred-mech", "--realm", "interop", "--user", "user:password"]);
        command.args(["--allow-loopback-peers", "--no-dtls", "--log-file", "stdout", "-L", "127.0.0.1"]);
        command.args(["-L", "::1", "--listening-port", &port.to_string()]);
        command.args(["--tls-listening-port", &tls_port.to_string()]).args(arguments);
        for (option, file) in ["--cert", "--pkey", "--pidfile", "--userdb"].into_iter().zip(files) {
            command.arg(option).arg(file);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let Ok(child) = command.spawn() else {
            missing("turnserver (Debian's coturn)");
            return None;
        };
        let server = Coturn { child, port, tls_port, certificate };
        for address in ["127.0.0.1", "::1"] {
            for port in [port, tls_port] {
                guarded(async {
                    while tokio::net::TcpStream::connect((address, port)).await.is_err() {
                        pause(Duration::from_millis(50)).await;
                    }
                })
                .await;
            }
        }
        Some(server)
    }

    fn url(&self, host: &str, transport: &str) -> String {
        match transport {
            "tls" => format!("turns:{host}:{}", self.tls_port),
            transport => format!("turn:{host}:{}?transport={transport}", self.port),
        }
    }

    fn peer(&self, url: &str, password: &str) -> RtcPeerConnection {
        self.peer_of(&[url], password)
    }

    /// A peer that knows several servers.
    fn peer_of(&self, urls: &[&str], password: &str) -> RtcPeerConnection {
        RtcPeerConnection::with_settings(relayed(urls, password), self.settings()).expect("a connection")
    }

    fn settings(&self) -> Settings {
        let tls_roots = vec![self.certificate.clone()];
        Settings { include_loopback: true, tls_roots, ..Settings::default() }
    }

    /// An endpoint whose connections can use it.
    fn endpoint(&self) -> Endpoint {
        let mut settings = EndpointSettings::from("127.0.0.1:0".parse::<SocketAddr>().expect("an address"));
        settings.settings = self.settings();
        Endpoint::bind(settings).expect("an endpoint")
    }
}

impl Drop for Coturn {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Over these servers or not at all.
fn relayed(urls: &[&str], password: &str) -> RtcConfiguration {
    RtcConfiguration {
        ice_servers: vec![RtcIceServer {
            urls: urls.iter().map(|url| (*url).to_owned()).collect(),
            username: Some("user".to_owned()),
            credential: Some(Redacted::new(password.to_owned())),
        }],
        ice_transport_policy: RtcIceTransportPolicy::Relay,
        ..RtcConfiguration::default()
    }
}

/// Ports that nobody listens on at this moment.
fn free_ports() -> [u16; 2] {
    let listeners = [0, 1].map(|_| TcpListener::bind("127.0.0.1:0").expect("a port"));
    listeners.map(|listener| listener.local_addr().map(|address: SocketAddr| address.port()).expect("a port"))
}

/// A certificate for loopback (DER), and the files that a server needs.
fn certificate(directory: &std::path::Path) -> (Vec<u8>, [PathBuf; 4]) {
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).expect("a certificate");
    let files = ["cert.pem", "key.pem", "pid", "users"].map(|name| directory.join(name));
    fs::write(&files[0], cert.pem()).expect("a file");
    fs::write(&files[1], signing_key.serialize_pem()).expect("a file");
    (cert.der().to_vec(), files)
}

/// Waits until all candidates are in the description.
async fn gathered(events: &mut RtcPeerConnectionEvents) {
    while let Some(event) = events.next().await {
        if matches!(event, RtcPeerConnectionEvent::IceCandidate(None)) {
            return;
        }
    }
}

/// Negotiates with all candidates in the descriptions.
async fn negotiate(a: &RtcPeerConnection, b: &RtcPeerConnection) {
    let (mut events_a, mut events_b) = (a.events(), b.events());
    a.set_local_description(a.create_offer(None).await.unwrap()).await.unwrap();
    gathered(&mut events_a).await;
    b.set_remote_description(a.local_description().unwrap()).await.unwrap();
    b.set_local_description(b.create_answer().await.unwrap()).await.unwrap();
    gathered(&mut events_b).await;
    a.set_remote_description(b.local_description().unwrap()).await.unwrap();
}

struct Pair {
    a: RtcPeerConnection,
    b: RtcPeerConnection,
    channel_a: RtcDataChannel,
    channel_b: RtcDataChannel,
}

async fn connected(server: &Coturn, urls: [&str; 2]) -> Pair {
    connected_peers(urls.map(|url| server.peer(url, "password"))).await
}

async fn connected_peers([a, b]: [RtcPeerConnection; 2]) -> Pair {
    let pair = connected_by(a, b).await;
    for pc in [&pair.a, &pair.b] {
        let sdp = pc.local_description().unwrap().sdp;
        let candidates: Vec<_> = sdp.lines().filter(|line| line.starts_with("a=candidate")).collect();
        assert!(
            !candidates.is_empty() && candidates.iter().all(|line| line.contains(" typ relay raddr ")),
            "{sdp}"
        );
    }
    pair
}

async fn connected_by(a: RtcPeerConnection, b: RtcPeerConnection) -> Pair {
    let channel_a = a.create_data_channel("relayed", None).unwrap();
    let mut events = b.events();
    negotiate(&a, &b).await;
    let channel_b = loop {
        if let RtcPeerConnectionEvent::DataChannel(channel) = events.next().await.expect("a channel") {
            break channel;
        }
    };
    channel_a.ready().await.unwrap();
    channel_b.ready().await.unwrap();
    Pair { a, b, channel_a, channel_b }
}

fn message(number: usize) -> Vec<u8> {
    (0..MESSAGE).map(|place| (number.wrapping_mul(31) ^ place ^ (place >> 8)) as u8).collect()
}

/// Sends 100 MB and compares what was sent with what came.
async fn bulk(pair: &Pair) {
    transfer(pair, BULK, || {}).await;
}

/// The same for so many bytes; when a quarter of them has come, `interrupt` is called. The longest time in which nothing
/// came.
async fn transfer(pair: &Pair, bulk: usize, interrupt: impl FnOnce()) -> Duration {
    let send = async {
        let mut sent = Context::new(&SHA256);
        for number in 0..bulk / MESSAGE {
            let message = message(number);
            sent.update(&message);
            pair.channel_a.ready().await.unwrap();
            pair.channel_a.send(message).unwrap();
        }
        sent.finish()
    };
    let receive = async {
        let (mut received, mut bytes) = (Context::new(&SHA256), 0);
        let (mut interrupt, mut longest, mut last) = (Some(interrupt), Duration::ZERO, Instant::now());
        while bytes < bulk {
            let Some(RtcMessage::Binary(message)) = pair.channel_b.recv().await else { panic!("it closed") };
            longest = longest.max(last.elapsed());
            last = Instant::now();
            received.update(&message);
            bytes += message.len();
            if let Some(interrupt) = interrupt.take_if(|_| bytes >= bulk / 4) {
                interrupt();
            }
        }
        (received.finish(), longest)
    };
    let (sent, (received, longest)) = tokio::join!(send, receive);
    assert_eq!(sent.as_ref(), received.as_ref());
    longest
}

/// How the state of a connection has changed so far.
async fn states(events: &mut RtcPeerConnectionEvents) -> Vec<RtcPeerConnectionState> {
    let mut states = Vec::new();
    while let Ok(Some(event)) = tokio::time::timeout(Duration::ZERO, events.next()).await {
        if let RtcPeerConnectionEvent::ConnectionStateChange(state) = event {
            states.push(state);
        }
    }
    states
}

/// The server whose relayed address data goes from.
fn server_in_use(pc: &RtcPeerConnection) -> String {
    let sctp = pc.sctp().expect("an SCTP transport");
    let pair = sctp.transport().ice_transport().get_selected_candidate_pair().expect("a pair");
    pair.local.fields.and_then(|fields| fields.url).expect("a relayed candidate")
}

async fn hundred_megabytes(transport: &str) {
    let Some(server) = Coturn::start(&[]).await else { return };
    let url = server.url("127.0.0.1", transport);
    guarded(async { bulk(&connected(&server, [&url, &url]).await).await }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundred_megabytes_over_udp() {
    hundred_megabytes("udp").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundred_megabytes_over_tcp() {
    hundred_megabytes("tcp").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundred_megabytes_over_tls() {
    hundred_megabytes("tls").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connects_over_ipv6_and_from_one_transport_to_another() {
    let Some(server) = Coturn::start(&[]).await else { return };
    for (host, transports) in
        [("[::1]", ["udp", "tcp"]), ("[::1]", ["tls", "tls"]), ("localhost", ["tls", "udp"])]
    {
        let urls = transports.map(|transport| server.url(host, transport));
        guarded(connected(&server, [&urls[0], &urls[1]])).await;
    }
}

/// TURN servers know a client by its address, which all connections of an endpoint share: they have others for this.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_of_one_endpoint_have_a_relay_each() {
    let Some(server) = Coturn::start(&[]).await else { return };
    let endpoint = server.endpoint();
    let urls = ["udp", "udp", "tcp", "tls"].map(|transport| server.url("127.0.0.1", transport));
    let mut pairs = Vec::new();
    for url in &urls {
        let ours = endpoint.new_peer_connection(relayed(&[url], "password")).unwrap();
        pairs.push(guarded(connected_peers([ours, server.peer(&urls[0], "password")])).await);
    }
    let [one, two, three, four] = &pairs[..] else { unreachable!("there are four") };
    guarded(async {
        tokio::join!(
            transfer(one, ENDPOINT_BULK, || {}),
            transfer(two, ENDPOINT_BULK, || {}),
            transfer(three, ENDPOINT_BULK, || {}),
            transfer(four, ENDPOINT_BULK, || {})
        )
    })
    .await;
    let used: Vec<_> = pairs.iter().map(|pair| server_in_use(&pair.a)).collect();
    assert_eq!(used, urls);
    assert_eq!(endpoint.connections(), 4);
    for pair in &pairs {
        pair.a.close();
    }
    guarded(async {
        while endpoint.connections() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// The errors of gathering.
async fn errors(pc: &RtcPeerConnection) -> Vec<(u16, String)> {
    let mut events = pc.events();
    pc.create_data_channel("none", None).unwrap();
    pc.set_local_description(pc.create_offer(None).await.unwrap()).await.unwrap();
    let mut errors = Vec::new();
    loop {
        match events.next().await.expect("gathering ends") {
            RtcPeerConnectionEvent::IceCandidateError(error) => {
                errors.push((error.error_code, error.error_text))
            }
            RtcPeerConnectionEvent::IceCandidate(None) => return errors,
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_wrong_is_told() {
    let Some(server) = Coturn::start(&[]).await else { return };
    for transport in ["udp", "tcp", "tls"] {
        let pc = server.peer(&server.url("127.0.0.1", transport), "wrong");
        let errors = guarded(errors(&pc)).await;
        assert!(!errors.is_empty() && errors.iter().all(|(code, _)| *code == 401), "{transport} {errors:?}");
    }
    // Nobody listens there.
    let [free, _] = free_ports();
    for url in [format!("turn:127.0.0.1:{free}?transport=tcp"), format!("turns:127.0.0.1:{free}")] {
        let errors = guarded(errors(&server.peer(&url, "password"))).await;
        assert_eq!(errors.iter().map(|(code, _)| *code).collect::<Vec<_>>(), [701], "{url} {errors:?}");
    }
    let stranger = RtcPeerConnection::with_settings(
        RtcConfiguration {
            ice_servers: vec![RtcIceServer {
                urls: vec![server.url("127.0.0.1", "tls")],
                username: Some("user".to_owned()),
                credential: Some(Redacted::new("password".to_owned())),
            }],
            ..RtcConfiguration::default()
        },
        Settings { include_loopback: true, ..Settings::default() },
    );
    let errors = guarded(errors(&stranger.unwrap())).await;
    assert_eq!(errors, [(701, "the server's certificate is not trusted".to_owned())]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nonce_may_go_stale() {
    let Some(server) = Coturn::start(&["--stale-nonce=1"]).await else { return };
    let url = server.url("127.0.0.1", "udp");
    let [a, b] = [&url, &url].map(|url| server.peer(url, "password"));
    let channel = a.create_data_channel("relayed", None).unwrap();
    let mut events = a.events();
    a.set_local_description(a.create_offer(None).await.unwrap()).await.unwrap();
    guarded(gathered(&mut events)).await;
    // The server's clock decides: its nonces live a second.
    pause(Duration::from_millis(2500)).await;
    let mut events = b.events();
    b.set_remote_description(a.local_description().unwrap()).await.unwrap();
    b.set_local_description(b.create_answer().await.unwrap()).await.unwrap();
    guarded(gathered(&mut events)).await;
    a.set_remote_description(b.local_description().unwrap()).await.unwrap();
    guarded(channel.ready()).await.unwrap();
}

/// Data that was on its way through a server that is killed goes over another one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_relay_takes_over_from_one_that_dies() {
    let (Some(one), Some(two)) = (Coturn::start(&[]).await, Coturn::start(&[]).await) else { return };
    let urls = [&one, &two].map(|server| server.url("127.0.0.1", "udp"));
    let peers = [(), ()].map(|()| one.peer_of(&[&urls[0], &urls[1]], "password"));
    let pair = guarded(connected_peers(peers)).await;
    let mut events = [pair.a.events(), pair.b.events()];
    let mut servers = [Some(one), Some(two)];
    let used = server_in_use(&pair.a);
    let dies = urls.iter().position(|url| *url == used).expect("one of the two");
    let longest = guarded(transfer(&pair, INTERRUPTED, || drop(servers[dies].take()))).await;
    // 1.4 s; the rest is for a busy machine.
    assert!(longest < Duration::from_secs(3), "{longest:?}");
    assert_ne!(server_in_use(&pair.a), used);
    for events in &mut events {
        let states = states(events).await;
        let is_well = |state: &RtcPeerConnectionState| {
            matches!(state, RtcPeerConnectionState::Connecting | RtcPeerConnectionState::Connected)
        };
        assert!(states.iter().all(is_well), "{states:?}");
    }
}

/// The only server is killed and started anew: it knows nothing of the allocations, and the restart gets new ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_brings_back_what_a_relay_that_died_has_lost() {
    let ports = free_ports();
    let Some(server) = Coturn::start_at(ports, &[]).await else { return };
    let url = server.url("127.0.0.1", "udp");
    let pair = guarded(connected(&server, [&url, &url])).await;
    let (killed, told) = tokio::sync::oneshot::channel();
    let again = async {
        told.await.expect("a quarter of it comes");
        let server = Coturn::start_at(ports, &[]).await.expect("it was there before");
        pair.a.restart_ice();
        negotiate(&pair.a, &pair.b).await;
        server
    };
    let interrupt = || {
        drop(server);
        killed.send(()).expect("somebody waits");
    };
    guarded(async { tokio::join!(transfer(&pair, INTERRUPTED, interrupt), again) }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_dies_disconnects() {
    for transport in ["udp", "tcp"] {
        let Some(server) = Coturn::start(&[]).await else { return };
        let url = server.url("127.0.0.1", transport);
        let pair = guarded(connected(&server, [&url, &url])).await;
        drop(server);
        for pc in [&pair.a, &pair.b] {
            let mut events = pc.events();
            guarded(async {
                while pc.connection_state() == RtcPeerConnectionState::Connected {
                    events.next().await.expect("an event");
                }
            })
            .await;
            let state = pc.connection_state();
            let is_down =
                matches!(state, RtcPeerConnectionState::Disconnected | RtcPeerConnectionState::Failed);
            assert!(is_down, "{transport} {state:?}");
        }
    }
}

/// What the benchmark sends each time, and how often each way has its turn.
const FLOOD: usize = 64 * 1024 * 1024;
const ROUNDS: usize = 5;

/// Sends as fast as it goes, and looks at nothing.
async fn flood(pair: &Pair) {
    let message = vec![7; 16 * 1024];
    let send = async {
        for _ in 0..FLOOD / message.len() {
            pair.channel_a.ready().await.unwrap();
            pair.channel_a.send(message.clone()).unwrap();
        }
    };
    let receive = async {
        let mut bytes = 0;
        while bytes < FLOOD {
            bytes += pair.channel_b.recv().await.expect("it is open").len();
        }
    };
    tokio::join!(send, receive);
}

/// What a relay costs: `cargo test --release -p visavis-interop --test turn -- --ignored --nocapture`. One side behind the
/// relay and the other not, which is how relays are mostly used; the ways take turns, and medians are printed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a benchmark: half a minute, and its figures want a quiet machine"]
#[allow(clippy::print_stdout, reason = "the figures are what it is for")]
async fn relays_beside_the_direct_way() {
    let Some(server) = Coturn::start(&[]).await else { return };
    let ways = ["direct", "udp", "tcp", "tls"];
    let mut figures = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        for (way, figures) in ways.iter().zip(&mut figures) {
            let direct = || {
                let settings = Settings { include_loopback: true, ..Settings::default() };
                RtcPeerConnection::with_settings(RtcConfiguration::default(), settings).expect("a connection")
            };
            let a = match *way {
                "direct" => direct(),
                transport => server.peer(&server.url("127.0.0.1", transport), "password"),
            };
            let pair = guarded(connected_by(a, direct())).await;
            let relay = format!("{}/stat", server.child.id());
            let (ours, theirs, begun) = (processor_time("self/stat"), processor_time(&relay), Instant::now());
            guarded(flood(&pair)).await;
            let megabytes = FLOOD as f64 / 1e6;
            figures.push([
                megabytes / begun.elapsed().as_secs_f64(),
                (processor_time("self/stat") - ours) / megabytes * 1e3,
                (processor_time(&relay) - theirs) / megabytes * 1e3,
            ]);
        }
    }
    println!(
        "| way | MB/s | x direct | our CPU s/GB | x direct | coturn's CPU s/GB |\n|---|---:|---:|---:|---:|---:|"
    );
    let of = |way: usize, figure: usize| median(figures[way].iter().map(|figures| figures[figure]).collect());
    for (way, name) in ways.iter().enumerate() {
        let [rate, ours, theirs] = [0, 1, 2].map(|figure| of(way, figure));
        let (rates, costs) = (rate / of(0, 0), ours / of(0, 1));
        println!("| {name} | {rate:.1} | {rates:.2} | {ours:.2} | {costs:.2} | {theirs:.2} |");
    }
}
