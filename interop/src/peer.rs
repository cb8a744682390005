//! One end of a call, whoever plays it.
//!
//! Operations, with their arguments as a JSON object:
//! `create {configuration}`, `channel {label, init} -> key`, `offer {trickle}` and `answer {trickle}` (create it and set it as the
//! local description; without `trickle`, after gathering) `-> description`, `remote {description}`, `candidate {candidate}`,
//! `echoAll {}` (channels that come send back what they get), `echo {key}`, `send {key, text}`,
//! `numbers {key, count}` (sends "0", "1", ...), `blast {key, bytes, size} -> sha256` (random messages of `size`, with
//! back-pressure), `receive {key, messages, bytes} -> {messages, bytes, sha256, numbered, texts}` (waits for so much and takes it),
//! `describe {key}` (the channel's attributes), `state {}`, `closeChannel {key}`, `close {}`.
//!
//! Of ours alone, in the configuration: `listen` (it is a server's end, at this port, for UDP and TCP), `hideAddresses`.
//!
//! Of ours alone: `progress {key} -> bytes` (those that wait for `receive`).
//!
//! Of ours and of Chromium: `pair {} -> {local, remote}` (the candidate-attributes of the selected pair).
//!
//! Not of aiortc: `transceiver {kind, direction, encodings}`, `addTrack {kind}` (in one stream), `stop {mid}`,
//! `transceivers {} -> [{mid, kind, direction, currentDirection, encodings}]` (how many encodings), and the event
//! `track {mid, kind, streams}` (how many streams).
//!
//! Events: `candidate {candidate}`, `connection {state}`, `ice {state}`, `channel {key, ...attributes}` (one that the other
//! end opened), `open {key}`, `close {key}`, `error {key, text}`.

use std::collections::VecDeque;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use visavis::Endpoint;

use crate::bridge::Bridge;
use crate::browser::{Browser, BrowserKind, Page};
use crate::deadline::{BULK, CALL, within};
use crate::ours::Ours;
use crate::page_server::PageServer;

/// `{type, sdp}`, as the W3C's RTCSessionDescriptionInit.
pub type Description = Value;

/// What [`Peer::receive`] took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// How many messages.
    pub messages: u64,
    /// Their bytes together.
    pub bytes: u64,
    /// The SHA-256 of all messages' bytes, one after the other, in hexadecimal.
    pub sha256: String,
    /// Whether the messages were the texts "0", "1", "2" and so on.
    pub numbered: bool,
    /// The first texts among them, up to 16.
    pub texts: Vec<String>,
}

/// One end of a call: a page of a browser, an aiortc process, or ours, in this process or in one of its own.
pub struct Peer {
    name: &'static str,
    backend: Backend,
    /// Events that came while another was waited for.
    seen: VecDeque<Value>,
}

enum Backend {
    Page(Box<Page>),
    Process(Bridge, mpsc::UnboundedReceiver<Value>),
    Ours(Box<Ours>),
}

impl Peer {
    /// The end in `page`, which has loaded `window.peer`.
    pub fn page(name: &'static str, page: Page) -> Peer {
        Peer { name, backend: Backend::Page(Box::new(page)), seen: VecDeque::new() }
    }

    /// A page of its own in the browser that all tests share; `None` if that is not installed and that is allowed.
    pub async fn browser(kind: BrowserKind, server: &PageServer) -> Option<Peer> {
        Some(Peer::page(kind.name(), Browser::shared(kind).await?.open(&server.url()).await))
    }

    /// An aiortc process; `None` if aiortc is not installed and that is allowed.
    pub async fn aiortc() -> Option<Peer> {
        Some(Peer::process("aiortc", crate::aiortc::start().await?))
    }

    /// visavis in a process of its own, which `command` starts: the program `interop-peer`.
    pub async fn started(command: Command) -> Peer {
        Peer::process("visavis", Bridge::start("visavis", command).await)
    }

    fn process(name: &'static str, bridge: Bridge) -> Peer {
        let events = bridge.events(0);
        Peer { name, backend: Backend::Process(bridge, events), seen: VecDeque::new() }
    }

    /// visavis, in this process.
    pub fn ours() -> Peer {
        Peer { name: "visavis", backend: Backend::Ours(Box::new(Ours::new())), seen: VecDeque::new() }
    }

    /// visavis, in this process, over the sockets of an endpoint.
    pub fn ours_at(endpoint: Endpoint) -> Peer {
        let mut ours = Ours::new();
        ours.endpoint = Some(endpoint);
        Peer { name: "visavis", backend: Backend::Ours(Box::new(ours)), seen: VecDeque::new() }
    }

    /// How messages call this end.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The page that plays this end.
    ///
    /// # Panics
    /// If no page does.
    pub fn as_page(&self) -> &Page {
        match &self.backend {
            Backend::Page(page) => page,
            _ => panic!("{} is not a page", self.name),
        }
    }

    /// One operation; its error is what the other end's language threw.
    pub async fn attempt(&mut self, operation: &str, arguments: Value) -> Result<Value, String> {
        let limit = match operation {
            "blast" | "numbers" | "receive" => BULK,
            _ => CALL,
        };
        let what = format!("{}.{operation}", self.name);
        within(limit, &what, async {
            match &mut self.backend {
                Backend::Page(page) => {
                    page.evaluate(&format!("return await peer.{operation}({arguments});")).await
                }
                Backend::Process(bridge, _) => bridge.request(operation, arguments).await,
                Backend::Ours(ours) => {
                    ours.perform(operation, &arguments).await.map_err(|error| error.to_string())
                }
            }
        })
        .await
    }

    /// One operation that must succeed.
    ///
    /// # Panics
    /// With the other end's error.
    pub async fn call(&mut self, operation: &str, arguments: Value) -> Value {
        match self.attempt(operation, arguments).await {
            Ok(value) => value,
            Err(error) => panic!("{}.{operation}: {error}", self.name),
        }
    }

    /// The next event that came or comes.
    pub async fn next_event(&mut self) -> Value {
        if let Some(event) = self.seen.pop_front() {
            return event;
        }
        self.fresh_event().await
    }

    /// The first event, among those that came and those that come, that `wanted` is true for; the others stay.
    ///
    /// # Panics
    /// After [`CALL`].
    pub async fn wait(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.seen.iter().position(&wanted) {
            return self.seen.remove(at).expect("position is inside");
        }
        let what = format!("{what} at {}", self.name);
        within(CALL, &what, async {
            loop {
                let event = self.fresh_event().await;
                if wanted(&event) {
                    return event;
                }
                self.seen.push_back(event);
            }
        })
        .await
    }

    /// The events that have come so far and that nobody has waited for.
    pub async fn events_so_far(&mut self) -> &VecDeque<Value> {
        while let Ok(event) = tokio::time::timeout(Duration::ZERO, self.fresh_event()).await {
            self.seen.push_back(event);
        }
        &self.seen
    }

    /// Keeps `event` for a later [`Peer::wait`].
    pub fn keep(&mut self, event: Value) {
        self.seen.push_back(event);
    }

    async fn fresh_event(&mut self) -> Value {
        let event = match &mut self.backend {
            Backend::Page(page) => page.next_event().await,
            Backend::Process(_, events) => events.recv().await,
            Backend::Ours(ours) => ours.next_event().await,
        };
        let event = event.unwrap_or_else(|| panic!("{} has ended", self.name));
        assert_ne!(event["type"], "uncaught", "{}: {}", self.name, event["text"]);
        event
    }

    /// Waits for the event `kind` of channel `key`.
    pub async fn wait_channel(&mut self, kind: &str, key: u64) {
        self.wait(&format!("{kind} of channel {key}"), |event| event["type"] == kind && event["key"] == key)
            .await;
    }

    /// Waits for a channel that the other end opened, and answers its attributes.
    pub async fn wait_incoming(&mut self) -> Value {
        self.wait("an incoming channel", |event| event["type"] == "channel").await
    }

    /// Waits until `connectionState` changes to `state`.
    pub async fn wait_connection(&mut self, state: &str) {
        self.wait(&format!("connectionState {state}"), |event| {
            event["type"] == "connection" && event["state"] == state
        })
        .await;
    }

    /// Creates a data channel.
    pub async fn channel(&mut self, label: &str, init: Value) -> u64 {
        key(&self.call("channel", json!({ "label": label, "init": init })).await)
    }

    /// The channel's attributes now.
    pub async fn describe(&mut self, key: u64) -> Value {
        self.call("describe", json!({ "key": key })).await
    }

    /// Sends one text.
    pub async fn send(&mut self, key: u64, text: &str) {
        self.call("send", json!({ "key": key, "text": text })).await;
    }

    /// Waits for at least so many messages and bytes, and takes all that came.
    pub async fn receive(&mut self, key: u64, messages: u64, bytes: u64) -> Received {
        let taken = self.call("receive", json!({ "key": key, "messages": messages, "bytes": bytes })).await;
        let texts = taken["texts"].as_array().expect("texts is a list");
        Received {
            messages: taken["messages"].as_u64().expect("messages is a number"),
            bytes: taken["bytes"].as_u64().expect("bytes is a number"),
            sha256: taken["sha256"].as_str().expect("sha256 is a string").to_owned(),
            numbered: taken["numbered"].as_bool().expect("numbered is a boolean"),
            texts: texts.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect(),
        }
    }
}

/// A channel's key in an answer or an event.
pub(crate) fn key(value: &Value) -> u64 {
    value.as_u64().or_else(|| value["key"].as_u64()).expect("channels have numbers as keys")
}
