//! A browser and visavis, over real ICE, DTLS and SCTP: the same tests for each browser.

use std::future::Future;

use interop::bodies::{self, Trickle};
use interop::{PageServer, Peer};

use super::BROWSER;

/// A label whose UTF-8 is longer than its characters.
const UNICODE: &str = "ünïcode 通道";

pub(crate) async fn with_browser<F: Future<Output = ()>>(body: impl FnOnce(Peer, Peer) -> F) {
    let server = PageServer::start().await;
    if let Some(browser) = Peer::browser(BROWSER, &server).await {
        body(browser, Peer::ours()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offers_with_trickle() {
    with_browser(|browser, ours| bodies::connect_and_echo(browser, ours, Trickle::Each)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offers_without_trickle() {
    with_browser(|browser, ours| bodies::connect_and_echo(browser, ours, Trickle::InDescription)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_with_trickle() {
    with_browser(|browser, ours| bodies::connect_and_echo(ours, browser, Trickle::Each)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_without_trickle() {
    with_browser(|browser, ours| bodies::connect_and_echo(ours, browser, Trickle::InDescription)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundred_megabytes_each_way() {
    with_browser(|browser, ours| bodies::bulk(ours, browser, 100_000_000)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_messages_in_order() {
    with_browser(|browser, ours| bodies::numbered(browser, ours, 10_000)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousand_channels_of_the_browser() {
    with_browser(|browser, ours| bodies::many_channels(browser, ours, 1_000)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousand_channels_of_ours() {
    with_browser(|browser, ours| bodies::many_channels(ours, browser, 1_000)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn channel_attributes_of_the_browser() {
    with_browser(|browser, ours| bodies::attributes(browser, ours, UNICODE)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn channel_attributes_of_ours() {
    with_browser(|browser, ours| bodies::attributes(ours, browser, UNICODE)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn negotiated_channel() {
    with_browser(bodies::negotiated).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_closes_the_channel() {
    with_browser(bodies::channel_closed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn we_close_the_channel() {
    with_browser(|browser, ours| bodies::channel_closed(ours, browser)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_closes_the_connection() {
    with_browser(bodies::connection_closed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn we_close_the_connection() {
    with_browser(|browser, ours| bodies::connection_closed(ours, browser)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn page_reloads_while_we_send() {
    with_browser(|browser, ours| bodies::reload_while_sending(ours, browser)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn page_reloads_while_it_sends() {
    with_browser(bodies::reload_while_receiving).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_offers_media() {
    with_browser(bodies::media).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn we_offer_media() {
    with_browser(|browser, ours| bodies::media(ours, browser)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_offers_simulcast() {
    with_browser(bodies::simulcast).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn we_offer_simulcast() {
    with_browser(|browser, ours| bodies::simulcast(ours, browser)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_renegotiates_media() {
    with_browser(bodies::media_renegotiated).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn we_renegotiate_media() {
    with_browser(|browser, ours| bodies::media_renegotiated(ours, browser)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_offers_media_max_compat() {
    with_browser(|browser, ours| bodies::media_policy(browser, ours, "max-compat")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn we_offer_media_max_compat() {
    with_browser(|browser, ours| bodies::media_policy(ours, browser, "max-compat")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_offers_media_max_bundle() {
    with_browser(|browser, ours| bodies::media_policy(browser, ours, "max-bundle")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn we_offer_media_max_bundle() {
    with_browser(|browser, ours| bodies::media_policy(ours, browser, "max-bundle")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_offers_media_unbundled() {
    with_browser(bodies::media_unbundled).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn we_offer_media_unbundled() {
    with_browser(|browser, ours| bodies::media_unbundled(ours, browser)).await;
}
