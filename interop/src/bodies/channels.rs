//! Channels: their attributes, their number, and those that both ends declare.

use serde_json::{Value, json};

use super::connect::{Trickle, connect, connected_pair, create};
use crate::peer::{Peer, key};

/// Every attribute that travels in DATA_CHANNEL_OPEN (RFC 8832, section 5.1) is the same at both ends.
/// `label` is that of one of the channels: aiortc cuts the labels that it sends where they are not ASCII.
pub async fn attributes(mut offerer: Peer, mut answerer: Peer, label: &str) {
    create(&mut offerer, &mut answerer).await;
    let inits = [
        ("plain", json!({})),
        (label, json!({ "protocol": "chat/2" })),
        ("unordered", json!({ "ordered": false })),
        ("retransmits", json!({ "maxRetransmits": 3 })),
        ("unordered, no retransmits", json!({ "ordered": false, "maxRetransmits": 0, "protocol": "p" })),
        ("lifetime", json!({ "ordered": false, "maxPacketLifeTime": 500 })),
    ];
    let mut keys = Vec::new();
    for (label, init) in &inits {
        keys.push(offerer.channel(label, init.clone()).await);
    }
    connect(&mut offerer, &mut answerer, Trickle::Each).await;
    for _ in &inits {
        let incoming = answerer.wait_incoming().await;
        let at = inits.iter().position(|(label, _)| incoming["label"] == *label).expect("one of ours");
        let (label, init) = &inits[at];
        offerer.wait_channel("open", keys[at]).await;
        for channel in [&incoming, &offerer.describe(keys[at]).await] {
            assert_eq!(
                channel["ordered"],
                *init.get("ordered").unwrap_or(&json!(true)),
                "{label}: {channel}"
            );
            assert_eq!(
                channel["protocol"],
                *init.get("protocol").unwrap_or(&json!("")),
                "{label}: {channel}"
            );
            assert_eq!(channel["maxRetransmits"], init["maxRetransmits"], "{label}: {channel}");
            assert_eq!(channel["maxPacketLifeTime"], init["maxPacketLifeTime"], "{label}: {channel}");
            assert_eq!(channel["negotiated"], json!(false), "{label}: {channel}");
        }
        assert_eq!(incoming["id"], offerer.describe(keys[at]).await["id"]);
        // It carries data, both ways.
        answerer.call("echo", json!({ "key": key(&incoming) })).await;
        offerer.send(keys[at], label).await;
        assert_eq!(offerer.receive(keys[at], 1, 0).await.texts, [*label]);
    }
}

/// A channel that both ends declare with the same id opens without DCEP, and carries data both ways.
pub async fn negotiated(mut offerer: Peer, mut answerer: Peer) {
    create(&mut offerer, &mut answerer).await;
    let init = json!({ "negotiated": true, "id": 17, "protocol": "raw" });
    let here = offerer.channel("here", init.clone()).await;
    let there = answerer.channel("there", init).await;
    connect(&mut offerer, &mut answerer, Trickle::Each).await;
    offerer.wait_channel("open", here).await;
    answerer.wait_channel("open", there).await;
    let channel = offerer.describe(here).await;
    assert_eq!((&channel["id"], &channel["negotiated"]), (&json!(17), &json!(true)));
    offerer.send(here, "one").await;
    answerer.send(there, "two").await;
    assert_eq!(answerer.receive(there, 1, 0).await.texts, ["one"]);
    assert_eq!(offerer.receive(here, 1, 0).await.texts, ["two"]);
}

/// `count` channels from the offerer beside a first one, each with its own message there and back.
pub async fn many_channels(mut offerer: Peer, mut answerer: Peer, count: usize) {
    connected_pair(&mut offerer, &mut answerer, Trickle::InDescription).await;
    answerer.call("echoAll", json!({})).await;
    let mut keys = Vec::with_capacity(count);
    for n in 0..count {
        keys.push(offerer.channel(&format!("channel {n}"), json!({})).await);
    }
    for &key in &keys {
        offerer.wait_channel("open", key).await;
    }
    for (n, &key) in keys.iter().enumerate() {
        offerer.send(key, &format!("over {n}")).await;
    }
    let mut ids = Vec::with_capacity(count);
    for (n, &key) in keys.iter().enumerate() {
        assert_eq!(offerer.receive(key, 1, 0).await.texts, [format!("over {n}")]);
        ids.push(offerer.describe(key).await["id"].as_u64());
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "every channel has its own id");
    let labels = labels_of_incoming(&mut answerer, count).await;
    assert_eq!(labels, (0..count).map(|n| format!("channel {n}")).collect::<Vec<_>>());
}

async fn labels_of_incoming(answerer: &mut Peer, count: usize) -> Vec<String> {
    let mut labels: Vec<(usize, String)> = Vec::with_capacity(count);
    for _ in 0..count {
        let incoming: Value = answerer.wait_incoming().await;
        let label = incoming["label"].as_str().expect("labels are strings").to_owned();
        let number =
            label.rsplit(' ').next().and_then(|n| n.parse().ok()).expect("labels end with their number");
        labels.push((number, label));
    }
    labels.sort_unstable();
    labels.into_iter().map(|(_, label)| label).collect()
}
