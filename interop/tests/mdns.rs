//! Names in multicast DNS instead of addresses, between two machines on one cable.

use interop::netns::{Namespace, lan, unavailable};
use interop::{Browser, BrowserKind, CONNECT, Peer, missing, within};
use serde_json::{Value, json};

fn machines() -> Option<[Namespace; 2]> {
    if let Some(what) = unavailable() {
        missing(what);
        return None;
    }
    Some(lan())
}

async fn ours(machine: &Namespace) -> Peer {
    Peer::started(machine.command(env!("CARGO_BIN_EXE_interop-peer"))).await
}

/// Connects with candidates that only one of them signals, so that the other one has to resolve what it is told. The
/// offerer's candidates, or the answerer's.
async fn connect(offerer: &mut Peer, answerer: &mut Peer, offerer_signals: bool) -> Vec<String> {
    offerer.channel("data", json!({})).await;
    let offer = offerer.call("offer", json!({ "trickle": true })).await;
    answerer.call("remote", json!({ "description": offer })).await;
    let answer = answerer.call("answer", json!({ "trickle": true })).await;
    offerer.call("remote", json!({ "description": answer })).await;
    let mut candidates = Vec::new();
    let mut states = [Value::Null, Value::Null];
    while states.iter().any(|state| state != "connected") {
        let (is_offerer, event) = tokio::select! {
            event = offerer.next_event() => (true, event),
            event = answerer.next_event() => (false, event),
        };
        if event["type"] == "connection" {
            states[usize::from(!is_offerer)] = event["state"].clone();
        } else if event["type"] == "candidate" && is_offerer == offerer_signals {
            let text = event["candidate"]["candidate"].as_str().unwrap_or_default();
            candidates.extend(Some(text.to_owned()).filter(|text| !text.is_empty()));
            let other = if is_offerer { &mut *answerer } else { &mut *offerer };
            other.call("candidate", json!({ "candidate": event["candidate"] })).await;
        }
    }
    candidates
}

/// All of these are names, and over one of them they are connected.
async fn assert_resolved(candidates: &[String], resolver: &mut Peer) {
    assert!(
        !candidates.is_empty() && candidates.iter().all(|text| text.contains(".local ")),
        "{candidates:?}"
    );
    let pair = resolver.call("pair", json!({})).await;
    let remote = pair["remote"].as_str().expect("a candidate");
    assert!(remote.contains(".local ") && remote.contains(" typ host"), "{pair}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_of_ours_resolve_each_other() {
    let Some([left, right]) = machines() else { return };
    let (mut offerer, mut answerer) = (ours(&left).await, ours(&right).await);
    for peer in [&mut offerer, &mut answerer] {
        peer.call("create", json!({ "configuration": { "hideAddresses": true } })).await;
    }
    let candidates = within(CONNECT, "to connect", connect(&mut offerer, &mut answerer, true)).await;
    assert_resolved(&candidates, &mut answerer).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn we_resolve_chromiums_names() {
    let Some([left, right]) = machines() else { return };
    let Some(browser) = Browser::launch_in(BrowserKind::Chromium, &left).await else { return };
    let mut chromium = Peer::page("chromium", browser.open_file().await);
    let mut ours = ours(&right).await;
    for peer in [&mut chromium, &mut ours] {
        peer.call("create", json!({})).await;
    }
    let candidates = within(CONNECT, "to connect", connect(&mut chromium, &mut ours, true)).await;
    assert_resolved(&candidates, &mut ours).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chromium_resolves_ours() {
    let Some([left, right]) = machines() else { return };
    let Some(browser) = Browser::launch_in(BrowserKind::Chromium, &left).await else { return };
    let mut chromium = Peer::page("chromium", browser.open_file().await);
    let mut ours = ours(&right).await;
    ours.call("create", json!({ "configuration": { "hideAddresses": true } })).await;
    chromium.call("create", json!({})).await;
    let candidates = within(CONNECT, "to connect", connect(&mut ours, &mut chromium, true)).await;
    assert_resolved(&candidates, &mut chromium).await;
}
