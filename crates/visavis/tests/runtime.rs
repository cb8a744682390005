//! Connections that the application's runtime drives.

mod pair;

use pair::{Pair, connect, guarded};
use visavis::{ErrorName, RtcConfiguration, RtcMessage, RtcPeerConnection, RtcPeerConnectionState, Settings};

fn here() -> RtcPeerConnection {
    let configuration = RtcConfiguration { include_loopback: true, ..Default::default() };
    RtcPeerConnection::on_current_runtime(configuration, Settings::default()).unwrap()
}

async fn converse(pair: &Pair) {
    for number in 0..100 {
        for (from, to) in [(&pair.channel_a, &pair.channel_b), (&pair.channel_b, &pair.channel_a)] {
            from.send_text(number.to_string()).unwrap();
            assert_eq!(to.recv().await, Some(RtcMessage::Text(number.to_string())));
        }
    }
}

/// A megabyte each way at the same time, in messages that take several packets.
async fn exchange(pair: &Pair) {
    let (a, b) = (&pair.channel_a, &pair.channel_b);
    let send = async {
        for _ in 0..64 {
            for channel in [a, b] {
                channel.ready().await.unwrap();
                channel.send(vec![7; 16_384]).unwrap();
            }
        }
    };
    let receive = async {
        for _ in 0..64 {
            for channel in [a, b] {
                assert_eq!(channel.recv().await, Some(RtcMessage::Binary(vec![7; 16_384].into())));
            }
        }
    };
    tokio::join!(send, receive);
}

async fn live_and_close(pair: Pair) {
    converse(&pair).await;
    exchange(&pair).await;
    let over = pair.channel_b.clone();
    pair.a.close();
    pair::closed(&over).await;
    assert_eq!(pair.a.connection_state(), RtcPeerConnectionState::Closed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_runtime_of_several_threads_drives_connections() {
    guarded(async { live_and_close(connect(here(), here()).await).await }).await;
}

#[tokio::test]
async fn a_runtime_of_one_thread_drives_connections() {
    guarded(async { live_and_close(connect(here(), pair::peer()).await).await }).await;
}

#[test]
fn outside_a_runtime_there_is_none_to_drive() {
    let error =
        RtcPeerConnection::on_current_runtime(RtcConfiguration::default(), Settings::default()).unwrap_err();
    assert_eq!(error.name, ErrorName::InvalidStateError);
}

#[tokio::test]
async fn a_connection_ends_with_its_runtime() {
    guarded(async {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (pc, pair) =
            runtime.spawn(async { (here(), connect(here(), pair::peer()).await) }).await.unwrap();
        pc.create_offer(None).await.unwrap();
        runtime.shutdown_background();
        // Whoever waits is told.
        assert_eq!(pair.channel_a.recv().await, None);
        pair::closed(&pair.channel_a).await;
        assert_eq!(pair.a.connection_state(), RtcPeerConnectionState::Closed);
        let error = pc.create_offer(None).await.unwrap_err();
        assert!(matches!(error.name, ErrorName::OperationError | ErrorName::InvalidStateError), "{error}");
    })
    .await;
}

#[test]
fn a_runtime_that_has_ended_drives_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let handle = runtime.handle().clone();
    drop(runtime);
    let _entered = handle.enter();
    assert_eq!(here().connection_state(), RtcPeerConnectionState::Closed);
}
