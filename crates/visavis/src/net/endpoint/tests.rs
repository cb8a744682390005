use base::SocketId;

use super::*;
use crate::{RtcConfiguration, RtcIceGatheringState, RtcMessage, RtcPeerConnection, RtcPeerConnectionEvent};

/// A connection of the endpoint that is connected to a peer of its own, with that peer and its channel.
async fn connected(
    endpoint: &crate::Endpoint,
) -> (RtcPeerConnection, RtcPeerConnection, crate::RtcDataChannel) {
    let configuration = RtcConfiguration { include_loopback: true, ..Default::default() };
    let client = RtcPeerConnection::new(configuration.clone()).unwrap();
    let server = endpoint.new_peer_connection(configuration).unwrap();
    let channel = client.create_data_channel("channel", None).unwrap();
    client.set_local_description(None).await.unwrap();
    server.set_remote_description(client.local_description().unwrap()).await.unwrap();
    server.set_local_description(None).await.unwrap();
    client.set_remote_description(server.local_description().unwrap()).await.unwrap();
    let (mut ours, mut theirs) = (client.events(), server.events());
    for (from, to) in [(&mut ours, &server), (&mut theirs, &client)] {
        while let Some(event) = from.next().await {
            if let RtcPeerConnectionEvent::IceCandidate(candidate) = event {
                let last = candidate.is_none();
                to.add_ice_candidate(candidate.map(Into::into)).await.unwrap();
                if last {
                    break;
                }
            }
        }
    }
    channel.ready().await.unwrap();
    (server, client, channel)
}

fn remote(server: &RtcPeerConnection) -> SocketAddr {
    let transport = server.sctp().unwrap().transport().ice_transport();
    let fields = transport.get_selected_candidate_pair().unwrap().remote.fields.unwrap();
    SocketAddr::new(fields.address.parse().unwrap(), fields.port)
}

/// Whoever has credentials for one connection can put another peer's address on his checks. That must not take the
/// other peer's data away.
#[tokio::test]
async fn a_path_in_use_is_not_taken_over_by_another_connection() {
    let address: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let endpoint = crate::Endpoint::bind(address).unwrap();
    let (server, _client, channel) = connected(&endpoint).await;
    let (other, other_client, _channel) = connected(&endpoint).await;
    let sockets = endpoint.sockets();
    let local = endpoint.local_addresses()[0];
    let victim = remote(&server);
    let path = Path { socket: SocketId(0), remote: victim };

    sockets.admit(other.handle.connection(), path, local);
    channel.send_text("still for the first").unwrap();
    let mut events = server.events();
    let incoming = loop {
        if let Some(RtcPeerConnectionEvent::DataChannel(channel)) = events.next().await {
            break channel;
        }
    };
    assert_eq!(incoming.recv().await, Some(RtcMessage::Text("still for the first".into())));
    assert!(crate::driver_counters().routes_contested > 0);

    // Once that connection is over, the address is free for whoever has it then.
    server.close();
    sockets.admit(other.handle.connection(), path, local);
    let key = |flow| sockets.routes().owner(flow).map(|target| target.connection.key);
    let flow = Flow { local, remote: victim };
    assert_eq!(key(flow), Some(other.handle.key));
    drop(other_client);
}

/// Sends back what comes on the first channel of a connection, until it closes.
async fn echo(connection: RtcPeerConnection) {
    let mut events = connection.events();
    while let Some(event) = events.next().await {
        let RtcPeerConnectionEvent::DataChannel(channel) = event else { continue };
        while let Some(message) = channel.recv().await {
            channel.send_message(message).unwrap();
        }
        return;
    }
}

/// What an endpoint is for: each connection has its own messages, and nothing is left of those that are over.
#[tokio::test]
async fn two_hundred_connections_come_and_go() {
    const COUNT: usize = 200;
    let address: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let endpoint = crate::Endpoint::bind(address).unwrap();
    let mut connections = Vec::new();
    for _ in 0..COUNT {
        let (server, client, channel) = connected(&endpoint).await;
        tokio::spawn(echo(server));
        connections.push((client, channel));
    }
    let (members, claims, paths, _) = endpoint.sockets().routes().entries();
    assert_eq!((members, claims), (COUNT, COUNT));
    assert!(paths >= COUNT, "{paths}");
    // All at once: more than the system holds for a socket is a matter of luck, but it is sent again.
    for (number, (_, channel)) in connections.iter().enumerate() {
        channel.send_text(number.to_string()).unwrap();
    }
    for (number, (_, channel)) in connections.iter().enumerate() {
        assert_eq!(channel.recv().await, Some(RtcMessage::Text(number.to_string())));
    }
    // Their peers hear of it.
    drop(connections);
    while endpoint.sockets().routes().entries() != (0, 0, 0, 0) {
        tokio::task::yield_now().await;
    }
    assert_eq!(endpoint.connections(), 0);
}

/// Whoever is woken can give the description to the peer, whose checks then come.
#[tokio::test]
async fn checks_find_their_connection_before_anybody_is_told_what_they_need() {
    let address: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let endpoint = crate::Endpoint::bind(address).unwrap();
    let connection = endpoint.new_peer_connection(RtcConfiguration::default()).unwrap();
    connection.create_data_channel("channel", None).unwrap();
    let look = Arc::new(Look { endpoint, connection: connection.clone(), found: Mutex::default() });
    let mut events = connection.events();
    woken_by(&look, connection.set_local_description(None).into_future()).await.unwrap();
    while connection.ice_gathering_state() != RtcIceGatheringState::Complete {
        woken_by(&look, events.next()).await;
    }
    let found = look.found.lock().unwrap();
    assert!(found.iter().all(|(is_gathered, claims)| !is_gathered || *claims == 1), "{found:?}");
}

/// Looks, whenever the application is woken, whether the connection has gathered and how many fragments are claimed.
struct Look {
    endpoint: crate::Endpoint,
    connection: RtcPeerConnection,
    found: Mutex<Vec<(bool, usize)>>,
}

/// Wakes a task after a look.
struct LookFirst(Arc<Look>, Waker);

impl std::task::Wake for LookFirst {
    fn wake(self: Arc<Self>) {
        let LookFirst(look, task) = &*self;
        let is_gathered = look.connection.ice_gathering_state() == RtcIceGatheringState::Complete;
        let (_, claims, _, _) = look.endpoint.sockets().routes().entries();
        look.found.lock().unwrap().push((is_gathered, claims));
        task.wake_by_ref();
    }
}

async fn woken_by<T>(look: &Arc<Look>, future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|cx| {
        let waker = Waker::from(Arc::new(LookFirst(Arc::clone(look), cx.waker().clone())));
        future.as_mut().poll(&mut Context::from_waker(&waker))
    })
    .await
}
