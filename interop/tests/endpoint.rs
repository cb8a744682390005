//! Chromium and an endpoint: one port for many pages, full and lite.

use std::net::SocketAddr;

use interop::bodies::{self, Trickle};
use interop::{BrowserKind, PageServer, Peer};
use visavis::{Endpoint, EndpointSettings};

/// All addresses of the machine: Chromium has none of loopback.
fn endpoint(ice_lite: bool) -> Endpoint {
    let mut settings = EndpointSettings::from("0.0.0.0:0".parse::<SocketAddr>().expect("an address"));
    settings.settings.ice_lite = ice_lite;
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
