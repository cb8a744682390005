//! Headless browsers, driven through `js/bridge.mjs`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::bridge::Bridge;
use crate::deadline::{CALL, within};
use crate::missing::{missing, repository, target_directory};
use crate::netns::Namespace;
use crate::page_server::PageServer;

/// The browsers that the tests know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrowserKind {
    /// Debian's chromium.
    Chromium,
    /// Debian's firefox-esr.
    Firefox,
}

impl BrowserKind {
    /// How the tests call it.
    pub fn name(self) -> &'static str {
        match self {
            BrowserKind::Chromium => "chromium",
            BrowserKind::Firefox => "firefox",
        }
    }

    /// Its executable: `VISAVIS_CHROMIUM` or `VISAVIS_FIREFOX`, else where Debian has it.
    pub fn executable(self) -> PathBuf {
        let (variable, default) = match self {
            BrowserKind::Chromium => ("VISAVIS_CHROMIUM", "/usr/bin/chromium"),
            BrowserKind::Firefox => ("VISAVIS_FIREFOX", "/usr/bin/firefox-esr"),
        };
        std::env::var_os(variable).map_or_else(|| PathBuf::from(default), PathBuf::from)
    }
}

/// A browser with a new, empty profile. Ends when it and all its pages are dropped, a shared one with this process.
#[derive(Clone)]
pub struct Browser {
    running: Arc<Running>,
}

struct Running {
    bridge: Bridge,
    /// The bridge removes it when the browser has ended.
    profile: PathBuf,
}

/// The browser that the tests of this process share, of each kind.
static SHARED: [tokio::sync::Mutex<Option<Browser>>; 2] = [const { tokio::sync::Mutex::const_new(None) }; 2];

impl Browser {
    /// The browser of this kind that all tests of this process use, each with a page of its own: to start one takes
    /// longer than most tests. One that has ended is replaced.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn shared(kind: BrowserKind) -> Option<Browser> {
        let mut shared = SHARED[kind as usize].lock().await;
        if !shared.as_ref().is_some_and(|browser| browser.running.bridge.runs()) {
            *shared = Browser::launch(kind).await;
        }
        shared.clone()
    }

    /// Starts a browser; `None` if it is not installed and that is allowed (see [`missing`]).
    ///
    /// # Panics
    /// If it does not start.
    pub async fn launch(kind: BrowserKind) -> Option<Browser> {
        Browser::launch_by(kind, Command::new("node")).await
    }

    /// The same, in a network namespace.
    pub async fn launch_in(kind: BrowserKind, namespace: &Namespace) -> Option<Browser> {
        Browser::launch_by(kind, namespace.command("node")).await
    }

    /// A new page with `window.peer` that comes from a file: a namespace has no way to a [`PageServer`] outside of it.
    pub async fn open_file(&self) -> Page {
        let file = self.running.profile.join("peer.html");
        std::fs::write(&file, PageServer::document()).expect("target/ is writable");
        self.open(&format!("file://{}", file.display())).await
    }

    async fn launch_by(kind: BrowserKind, mut node: Command) -> Option<Browser> {
        static LAUNCHED: AtomicU32 = AtomicU32::new(0);
        if !kind.executable().exists() {
            missing(&format!("{} at {}", kind.name(), kind.executable().display()));
            return None;
        }
        if !repository().join("interop/node_modules/puppeteer-core").exists() {
            missing("puppeteer-core (npm ci in interop/)");
            return None;
        }
        let number = LAUNCHED.fetch_add(1, Ordering::Relaxed);
        let directory = target_directory().join(format!(
            "interop/profiles/{}-{}-{number}",
            kind.name(),
            std::process::id()
        ));
        std::fs::create_dir_all(&directory).expect("target/ is writable");
        node.arg(repository().join("interop/js/bridge.mjs"))
            .arg(kind.name())
            .arg(kind.executable())
            .arg(&directory);
        let bridge = Bridge::start(kind.name(), node).await;
        Some(Browser { running: Arc::new(Running { bridge, profile: directory }) })
    }

    /// A new page that has loaded `url`.
    pub async fn open(&self, url: &str) -> Page {
        let opened =
            self.request("open", json!({ "url": url })).await.unwrap_or_else(|error| panic!("{error}"));
        let number = opened.as_u64().expect("pages are numbered");
        Page { browser: self.clone(), number, events: self.running.bridge.events(number) }
    }

    async fn request(&self, operation: &str, arguments: Value) -> Result<Value, String> {
        self.running.bridge.request(operation, arguments).await
    }
}

/// A page of a [`Browser`]. Closed when dropped.
pub struct Page {
    browser: Browser,
    number: u64,
    events: mpsc::UnboundedReceiver<Value>,
}

impl Page {
    /// Runs `code`, the body of an async function, and answers the value that it returns, or the error that it throws.
    pub async fn evaluate(&self, code: &str) -> Result<Value, String> {
        self.browser.request("evaluate", json!({ "page": self.number, "code": code })).await
    }

    /// The next value given to `window.emit`, across reloads; `None` when the browser has ended.
    pub async fn next_event(&mut self) -> Option<Value> {
        self.events.recv().await
    }

    /// The errors that the page did not catch, among the events so far; the other events are dropped.
    pub fn uncaught(&mut self) -> Vec<String> {
        let mut found = Vec::new();
        while let Ok(event) = self.events.try_recv() {
            if event["type"] == "uncaught" {
                found.push(event["text"].to_string());
            }
        }
        found
    }

    /// Evaluates `condition`, an expression, until it is true. The page waits, not the test.
    ///
    /// # Panics
    /// After [`CALL`], with what `shown`, another expression, was then.
    pub async fn until(&self, condition: &str, shown: &str) {
        let code = format!(
            "for (let n = 0; n < {}; n += 1) {{ if ({condition}) return null; \
             await new Promise((resolve) => setTimeout(resolve, 100)); }} return JSON.stringify({shown});",
            CALL.as_secs() * 10
        );
        let end =
            within(CALL * 2, condition, self.evaluate(&code)).await.unwrap_or_else(|error| panic!("{error}"));
        assert!(end.is_null(), "never came true: {condition}; at the end: {end}");
    }

    /// Loads the page anew.
    pub async fn reload(&self) {
        self.perform("reload", json!({})).await;
    }

    /// Loads `url` in place of what is there.
    pub async fn goto(&self, url: &str) {
        self.perform("goto", json!({ "url": url })).await;
    }

    /// Closes the page, as a user closes a tab, and waits until it is.
    pub async fn close(self) {
        self.perform("close", json!({})).await;
    }

    /// Gives the file `path` to the `<input type=file>` at `selector`.
    pub async fn upload(&self, selector: &str, path: &Path) {
        self.perform("upload", json!({ "selector": selector, "path": path })).await;
    }

    /// Clicks the element at `selector`.
    pub async fn click(&self, selector: &str) {
        self.perform("click", json!({ "selector": selector })).await;
    }

    /// Types `text` into the element at `selector`.
    pub async fn type_text(&self, selector: &str, text: &str) {
        self.perform("type", json!({ "selector": selector, "text": text })).await;
    }

    /// Saves what the page shows, 1280 by 900 pixels, as PNG under `target/screenshots`.
    pub async fn screenshot(&self, name: &str) -> PathBuf {
        let directory = target_directory().join("screenshots");
        std::fs::create_dir_all(&directory).expect("target/ is writable");
        let path = directory.join(format!("{name}.png"));
        self.perform("screenshot", json!({ "path": path, "width": 1280, "height": 900 })).await;
        path
    }

    async fn perform(&self, operation: &str, mut arguments: Value) {
        arguments["page"] = json!(self.number);
        within(CALL, operation, self.browser.request(operation, arguments))
            .await
            .unwrap_or_else(|error| panic!("{operation}: {error}"));
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // One that was closed already is so still.
        self.browser.running.bridge.tell("close", json!({ "page": self.number }));
    }
}
