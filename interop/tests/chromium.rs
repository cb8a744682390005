//! Chromium and visavis.

use interop::{BrowserKind, bodies};

mod browser;

const BROWSER: BrowserKind = BrowserKind::Chromium;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chromium_numbers_its_nominations() {
    browser::with_browser(|browser, ours| bodies::renomination(browser, ours, false)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chromium_follows_numbered_nominations() {
    browser::with_browser(|browser, ours| bodies::renomination(ours, browser, true)).await;
}
