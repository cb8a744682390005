//! What connections cost in memory, counted byte by byte.

mod pair;

use std::net::SocketAddr;

use pair::{guarded, incoming, negotiate, open, trickle};
use peak_alloc::PeakAlloc;
use visavis::{
    Endpoint, InterfaceFilter, IpVersions, RtcConfiguration, RtcDataChannel, RtcMessage, RtcPeerConnection,
    Settings, TcpPolicy,
};

/// Counts what Rust code allocates: the requested bytes, without what the system's allocator adds.
#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

fn configuration() -> RtcConfiguration {
    RtcConfiguration { include_loopback: true, ..Default::default() }
}

/// Somebody who has a socket for himself; like those of an endpoint, without a candidate that connects over TCP, which
/// takes another kilobyte at each end.
fn client() -> RtcPeerConnection {
    let interfaces = InterfaceFilter { only: vec!["lo".into()], ..Default::default() };
    let tcp = TcpPolicy::Off;
    let settings = Settings { interfaces, ip_versions: IpVersions::V4, tcp, ..Settings::default() };
    RtcPeerConnection::with_settings(configuration(), settings).unwrap()
}

/// What an application holds of two peers that talk.
type Pair = ([RtcPeerConnection; 2], [RtcDataChannel; 2]);

async fn connected(endpoint: &Endpoint) -> Pair {
    let (a, b) = (client(), endpoint.new_peer_connection(configuration()).unwrap());
    let channel_a = a.create_data_channel("channel", None).unwrap();
    negotiate(&a, &b).await;
    let (mut events_a, mut events_b) = (a.events(), b.events());
    tokio::join!(trickle(&mut events_a, &b), trickle(&mut events_b, &a));
    let channel_b = incoming(&mut events_b).await;
    open(&channel_a).await;
    open(&channel_b).await;
    for (from, to) in [(&channel_a, &channel_b), (&channel_b, &channel_a)] {
        from.send_text("hello").unwrap();
        assert_eq!(to.recv().await, Some(RtcMessage::Text("hello".into())));
    }
    ([a, b], [channel_a, channel_b])
}

#[tokio::test]
async fn an_idle_connection_takes_less_than_40_kilobytes() {
    const PAIRS: usize = 100;
    guarded(async {
        let endpoint = Endpoint::bind("127.0.0.1:0".parse::<SocketAddr>().unwrap()).unwrap();
        // What all connections share is not counted.
        let first = connected(&endpoint).await;
        let before = PeakAlloc.current_usage();
        let mut pairs = Vec::with_capacity(PAIRS);
        for _ in 0..PAIRS {
            pairs.push(connected(&endpoint).await);
        }
        let each = (PeakAlloc.current_usage() - before) / (2 * PAIRS);
        assert!(each < 40 * 1024, "{each} bytes");
        drop((first, pairs));
    })
    .await;
}
