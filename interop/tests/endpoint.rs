//! Chromium and an endpoint: one port for many pages, full and lite.

use std::net::SocketAddr;

use interop::bodies::{self, Trickle};
use interop::{BrowserKind, PageServer, Peer};
use serde_json::{Value, json};
use visavis::{Endpoint, EndpointSettings};

/// All addresses of the machine: Chromium has none of loopback.
fn endpoint(ice_lite: bool) -> Endpoint {
    let mut settings = EndpointSettings::from("0.0.0.0:0".parse::<SocketAddr>().expect("an address"));
    settings.settings.ice_lite = ice_lite;
    settings.tcp = true;
    Endpoint::bind(settings).expect("a port")
}

async fn with_chromium<F: Future<Output = ()>>(ice_lite: bool, body: impl FnOnce(Peer, Peer) -> F) {
    let server = PageServer::start().await;
    if let Some(browser) = Peer::browser(BrowserKind::Chromium, &server).await {
        body(browser, Peer::ours_at(endpoint(ice_lite))).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chromium_offers_to_a_lite_endpoint() {
    with_chromium(true, |browser, ours| bodies::connect_and_echo(browser, ours, Trickle::Each)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chromium_answers_a_lite_endpoint() {
    with_chromium(true, |browser, ours| bodies::connect_and_echo(ours, browser, Trickle::InDescription))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chromium_offers_to_a_full_endpoint() {
    with_chromium(false, |browser, ours| bodies::connect_and_echo(browser, ours, Trickle::Each)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_megabytes_each_way_through_a_lite_endpoint() {
    with_chromium(true, |browser, ours| bodies::bulk(ours, browser, 10_000_000)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_closes_its_connection_to_a_lite_endpoint() {
    with_chromium(true, bodies::connection_closed).await;
}

/// A description without the candidates that go over UDP.
fn over_tcp_alone(mut description: Value) -> Value {
    let sdp = description["sdp"].as_str().expect("a description");
    let is_kept = |line: &&str| !line.starts_with("a=candidate:") || line.contains(" tcp ");
    let kept: String = sdp.split_inclusive('\n').filter(is_kept).collect();
    description["sdp"] = json!(kept);
    description
}

/// The endpoint's listener, and whatever Chromium connects from: nobody is told of anything else. Chromium does not
/// name its active candidates where it hides its addresses.
async fn connect_over_tcp(mut browser: Peer, mut ours: Peer) {
    for peer in [&mut browser, &mut ours] {
        peer.call("create", json!({ "configuration": {} })).await;
    }
    ours.call("echoAll", json!({})).await;
    let key = browser.channel("tcp", json!({})).await;
    let offer = over_tcp_alone(browser.call("offer", json!({ "trickle": false })).await);
    ours.call("remote", json!({ "description": offer })).await;
    let answer = over_tcp_alone(ours.call("answer", json!({ "trickle": false })).await);
    assert!(
        answer["sdp"].as_str().is_some_and(|sdp| sdp.contains(" tcp ")),
        "no candidate over TCP: {answer}"
    );
    browser.call("remote", json!({ "description": answer })).await;
    browser.wait_channel("open", key).await;
    browser.send(key, "over TCP").await;
    assert_eq!(browser.receive(key, 1, 0).await.texts, ["over TCP"]);
    let blast = browser.call("blast", json!({ "key": key, "bytes": 2_000_000, "size": 16_384 })).await;
    assert_eq!(json!(browser.receive(key, 0, 2_000_000).await.sha256), blast);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chromium_connects_over_tcp_to_a_full_endpoint() {
    with_chromium(false, connect_over_tcp).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chromium_connects_over_tcp_to_a_lite_endpoint() {
    with_chromium(true, connect_over_tcp).await;
}
