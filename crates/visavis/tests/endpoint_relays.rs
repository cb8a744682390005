//! The sockets that connections of an endpoint have for TURN servers. Alone in its process, whose sockets it counts.

mod pair;

use std::collections::BTreeSet;
use std::net::SocketAddr;

use pair::guarded;
use tokio::net::UdpSocket;
use visavis::{Endpoint, Redacted, RtcConfiguration, RtcIceServer, RtcIceTransportPolicy, driver_counters};

#[tokio::test]
async fn each_connection_has_a_socket_for_a_turn_server_until_it_closes() {
    guarded(async {
        // It never answers.
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let configuration = RtcConfiguration {
            ice_servers: vec![RtcIceServer {
                urls: vec![format!("turn:{}", server.local_addr().unwrap())],
                username: Some("user".to_owned()),
                credential: Some(Redacted::new("password".to_owned())),
            }],
            ice_transport_policy: RtcIceTransportPolicy::Relay,
            include_loopback: true,
            ..RtcConfiguration::default()
        };
        let endpoint = Endpoint::bind("127.0.0.1:0".parse::<SocketAddr>().unwrap()).unwrap();
        let shared = driver_counters().sockets;
        let mut connections = Vec::new();
        for _ in 0..3 {
            let connection = endpoint.new_peer_connection(configuration.clone()).unwrap();
            connection.create_data_channel("channel", None).unwrap();
            connection.set_local_description(None).await.unwrap();
            connections.push(connection);
        }
        let (mut clients, mut buffer) = (BTreeSet::new(), [0; 2000]);
        while clients.len() < connections.len() {
            let (_, client) = server.recv_from(&mut buffer).await.unwrap();
            assert_ne!(client, endpoint.local_addresses()[0]);
            clients.insert(client);
        }
        assert_eq!(driver_counters().sockets, shared + connections.len() as u64);
        connections.iter().for_each(|connection| connection.close());
        while driver_counters().sockets > shared {
            tokio::task::yield_now().await;
        }
        assert_eq!(driver_counters().sockets, shared);
    })
    .await;
}
