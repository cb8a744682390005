//! aiortc and visavis, over real ICE, DTLS and SCTP.

use std::future::Future;

use interop::Peer;
use interop::bodies::{self, Trickle};

/// What aiortc moves in some seconds: its SCTP is Python.
const BULK: u64 = 10_000_000;

async fn with_aiortc<F: Future<Output = ()>>(body: impl FnOnce(Peer, Peer) -> F) {
    if let Some(aiortc) = Peer::aiortc().await {
        body(aiortc, Peer::ours()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offers() {
    with_aiortc(|aiortc, ours| bodies::connect_and_echo(aiortc, ours, Trickle::Each)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_with_trickle() {
    with_aiortc(|aiortc, ours| bodies::connect_and_echo(ours, aiortc, Trickle::Each)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_without_trickle() {
    with_aiortc(|aiortc, ours| bodies::connect_and_echo(ours, aiortc, Trickle::InDescription)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_megabytes_each_way() {
    with_aiortc(|aiortc, ours| bodies::bulk(aiortc, ours, BULK)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousand_messages_in_order() {
    with_aiortc(|aiortc, ours| bodies::numbered(ours, aiortc, 1_000)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn channel_attributes_of_aiortc() {
    with_aiortc(|aiortc, ours| bodies::attributes(aiortc, ours, "ascii")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn channel_attributes_of_ours() {
    with_aiortc(|aiortc, ours| bodies::attributes(ours, aiortc, "ünïcode 通道")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn negotiated_channel() {
    with_aiortc(|aiortc, ours| bodies::negotiated(ours, aiortc)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aiortc_closes_the_channel() {
    with_aiortc(bodies::channel_closed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn we_close_the_channel() {
    with_aiortc(|aiortc, ours| bodies::channel_closed(ours, aiortc)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aiortc_closes_the_connection() {
    with_aiortc(bodies::connection_closed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn we_close_the_connection() {
    with_aiortc(|aiortc, ours| bodies::connection_closed(ours, aiortc)).await;
}
