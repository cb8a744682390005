//! From two new peers to an open channel.

use std::time::Duration;

use serde_json::{Value, json};

use crate::deadline::{CONNECT, within};
use crate::peer::{Peer, key};

/// How candidates reach the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trickle {
    /// One by one, as they are found, and their end.
    Each,
    /// In the descriptions, which wait for the end of gathering.
    InDescription,
}

/// Creates both connections. Before [`connect`]; between the two, the offerer creates its channels.
pub(super) async fn create(offerer: &mut Peer, answerer: &mut Peer) {
    offerer.call("create", json!({})).await;
    answerer.call("create", json!({})).await;
}

/// Offers and answers, and waits until both ends say "connected".
pub async fn connect(offerer: &mut Peer, answerer: &mut Peer, trickle: Trickle) {
    describe_each_other(offerer, answerer, trickle == Trickle::Each).await;
    until_both_connected(offerer, answerer, trickle).await;
}

/// Offers and answers between two ends that are created; whether both say "connected" within `limit`.
pub async fn try_connect(offerer: &mut Peer, answerer: &mut Peer, limit: Duration) -> bool {
    describe_each_other(offerer, answerer, true).await;
    let mut kept = [Vec::new(), Vec::new()];
    let connected =
        tokio::time::timeout(limit, until_connected(offerer, answerer, true, &mut kept)).await.is_ok();
    keep(offerer, answerer, kept);
    connected
}

async fn describe_each_other(offerer: &mut Peer, answerer: &mut Peer, trickle: bool) {
    let offer = offerer.call("offer", json!({ "trickle": trickle })).await;
    assert_eq!(offer["type"], "offer");
    answerer.call("remote", json!({ "description": offer })).await;
    let answer = answerer.call("answer", json!({ "trickle": trickle })).await;
    assert_eq!(answer["type"], "answer");
    offerer.call("remote", json!({ "description": answer })).await;
}

/// Waits until both ends say "connected", and carries their candidates until then.
pub(super) async fn until_both_connected(offerer: &mut Peer, answerer: &mut Peer, trickle: Trickle) {
    let each = trickle == Trickle::Each;
    let what = format!("{} and {} to connect", offerer.name(), answerer.name());
    let mut kept = [Vec::new(), Vec::new()];
    within(CONNECT, &what, until_connected(offerer, answerer, each, &mut kept)).await;
    keep(offerer, answerer, kept);
}

fn keep(offerer: &mut Peer, answerer: &mut Peer, kept: [Vec<Value>; 2]) {
    for (peer, events) in [offerer, answerer].into_iter().zip(kept) {
        events.into_iter().for_each(|event| peer.keep(event));
    }
}

/// Carries the candidates of each end to the other, if `trickle`, until both are connected. Other events go into `kept`.
async fn until_connected(offerer: &mut Peer, answerer: &mut Peer, trickle: bool, kept: &mut [Vec<Value>; 2]) {
    let mut states = [Value::Null, Value::Null];
    while states.iter().any(|state| state != "connected") {
        let (side, event) = tokio::select! {
            event = offerer.next_event() => (0, event),
            event = answerer.next_event() => (1, event),
        };
        if event["type"] == "candidate" {
            if trickle {
                let other = if side == 0 { &mut *answerer } else { &mut *offerer };
                other.call("candidate", json!({ "candidate": event["candidate"] })).await;
            }
        } else if event["type"] == "connection" {
            assert_ne!(event["state"], "failed", "side {side}");
            states[side] = event["state"].clone();
        } else {
            kept[side].push(event);
        }
    }
}

/// Two connected peers with one open channel of the offerer: its key there, and its key at the answerer.
pub async fn connected_pair(offerer: &mut Peer, answerer: &mut Peer, trickle: Trickle) -> (u64, u64) {
    create(offerer, answerer).await;
    let here = offerer.channel("data", json!({})).await;
    connect(offerer, answerer, trickle).await;
    let there = key(&answerer.wait_incoming().await);
    offerer.wait_channel("open", here).await;
    (here, there)
}

/// Connects two that number their nominations (draft-thatcher-ice-renomination). Ours, which is one of them, tells whether a
/// pair was selected: its state is "completed" then.
pub async fn renomination(mut offerer: Peer, mut answerer: Peer, we_offer: bool) {
    for peer in [&mut offerer, &mut answerer] {
        peer.call("create", json!({ "configuration": { "renomination": true } })).await;
    }
    let here = offerer.channel("data", json!({})).await;
    let offer = offerer.call("offer", json!({ "trickle": false })).await;
    answerer.call("remote", json!({ "description": offer })).await;
    let answer = answerer.call("answer", json!({ "trickle": false })).await;
    offerer.call("remote", json!({ "description": answer })).await;
    for description in [&offer, &answer] {
        let sdp = description["sdp"].as_str().expect("a description");
        assert!(sdp.contains(" renomination\r\n"), "{sdp}");
    }
    until_both_connected(&mut offerer, &mut answerer, Trickle::InDescription).await;
    offerer.wait_channel("open", here).await;
    let ours = if we_offer { &mut offerer } else { &mut answerer };
    // Descriptions of browsers do not say that there are no more.
    ours.call("candidate", json!({ "candidate": null })).await;
    let is_completed = |event: &Value| event["type"] == "ice" && event["state"] == "completed";
    ours.wait("a selected pair", is_completed).await;
    offerer.call("close", json!({})).await;
    answerer.call("close", json!({})).await;
}

/// Connects, and one text goes there and back.
pub async fn connect_and_echo(mut offerer: Peer, mut answerer: Peer, trickle: Trickle) {
    let (here, there) = connected_pair(&mut offerer, &mut answerer, trickle).await;
    answerer.call("echo", json!({ "key": there })).await;
    offerer.send(here, "grüße, 世界").await;
    assert_eq!(offerer.receive(here, 1, 0).await.texts, ["grüße, 世界"]);
    offerer.call("close", json!({})).await;
    answerer.call("close", json!({})).await;
}
