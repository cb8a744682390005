//! The bridges themselves: other stacks with each other, without us. What fails here is not ours.

use interop::bodies::{Trickle, connect_and_echo};
use interop::{BrowserKind, PageServer, Peer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chromium_calls_firefox() {
    let server = PageServer::start().await;
    let (Some(chromium), Some(firefox)) = (
        Peer::browser(BrowserKind::Chromium, &server).await,
        Peer::browser(BrowserKind::Firefox, &server).await,
    ) else {
        return;
    };
    connect_and_echo(chromium, firefox, Trickle::Each).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn firefox_calls_aiortc() {
    let server = PageServer::start().await;
    let (Some(firefox), Some(aiortc)) =
        (Peer::browser(BrowserKind::Firefox, &server).await, Peer::aiortc().await)
    else {
        return;
    };
    connect_and_echo(firefox, aiortc, Trickle::Each).await;
}
