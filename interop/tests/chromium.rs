//! Chromium and visavis.

use interop::BrowserKind;

mod browser;

const BROWSER: BrowserKind = BrowserKind::Chromium;
