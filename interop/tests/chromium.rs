//! Chromium and visavis.

use interop::BrowserKind;

mod browser;

const BROWSER: BrowserKind = BrowserKind::Chromium;

/// Not with Firefox: it gives an m-section that it adds payload types that stand for something else in our bundle.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn we_renegotiate_media() {
    browser::with_browser(|browser, ours| interop::bodies::media_renegotiated(ours, browser)).await;
}
