//! Audio and video beside data: what both ends negotiate. No media flows.

use serde_json::{Value, json};

use super::connect::{Trickle, until_both_connected};
use crate::peer::{Peer, key};

/// The keys of one open channel: at the end that offered first, and at the other.
type Keys = (u64, u64);

/// The offerer has audio, video and data; the answerer sends audio too. Everything is negotiated, and data flows.
pub async fn media(mut offerer: Peer, mut answerer: Peer) {
    let keys = connected(&mut offerer, &mut answerer, "balanced", Trickle::Each).await;
    for (peer, kinds) in [(&mut offerer, &["audio"][..]), (&mut answerer, &["audio", "video"])] {
        for kind in kinds {
            let track = peer.wait("a track", |event| event["type"] == "track").await;
            assert_eq!(track["kind"], *kind, "{}: {track}", peer.name());
        }
    }
    texts_go_both_ways(&mut offerer, &mut answerer, keys).await;
}

/// As [`media`], where the ends have this bundle policy.
pub async fn media_policy(mut offerer: Peer, mut answerer: Peer, policy: &str) {
    let keys = connected(&mut offerer, &mut answerer, policy, Trickle::Each).await;
    texts_go_both_ways(&mut offerer, &mut answerer, keys).await;
}

/// The answerer does not bundle, so that audio, video and data have a transport each.
pub async fn media_unbundled(mut offerer: Peer, mut answerer: Peer) {
    let here = begin(&mut offerer, &mut answerer, "max-compat").await;
    let mut offer = offerer.call("offer", json!({ "trickle": true })).await;
    let sdp = offer["sdp"].as_str().expect("descriptions have SDP");
    let lines = sdp.split_inclusive("\r\n").filter(|line| !line.starts_with("a=group:BUNDLE"));
    offer["sdp"] = lines.collect::<String>().into();
    answer(&mut offerer, &mut answerer, &offer, true, &["audio"]).await;
    until_both_connected(&mut offerer, &mut answerer, Trickle::Each).await;
    directions(&mut offerer, &[("audio", "sendrecv"), ("video", "sendonly")]).await;
    directions(&mut answerer, &[("audio", "sendrecv"), ("video", "recvonly")]).await;
    let there = key(&answerer.wait_incoming().await);
    offerer.wait_channel("open", here).await;
    texts_go_both_ways(&mut offerer, &mut answerer, (here, there)).await;
}

/// The offerer would send video in two encodings beside data.
pub async fn simulcast(mut offerer: Peer, mut answerer: Peer) {
    offerer.call("create", json!({})).await;
    answerer.call("create", json!({})).await;
    let here = offerer.channel("data", json!({})).await;
    let encodings = json!([{ "rid": "low", "scaleResolutionDownBy": 2 }, { "rid": "high" }]);
    offerer.call("transceiver", json!({ "kind": "video", "encodings": encodings })).await;
    exchange(&mut offerer, &mut answerer, true, &[]).await;
    until_both_connected(&mut offerer, &mut answerer, Trickle::Each).await;
    directions(&mut offerer, &[("video", "sendonly")]).await;
    directions(&mut answerer, &[("video", "recvonly")]).await;
    let there = key(&answerer.wait_incoming().await);
    offerer.wait_channel("open", here).await;
    texts_go_both_ways(&mut offerer, &mut answerer, (here, there)).await;
}

/// Either end adds video to a connection, one of them stops it, and its m-section is used again; data goes on.
pub async fn media_renegotiated(mut offerer: Peer, mut answerer: Peer) {
    let keys = connected(&mut offerer, &mut answerer, "balanced", Trickle::InDescription).await;

    answerer.call("transceiver", json!({ "kind": "video" })).await;
    exchange(&mut answerer, &mut offerer, false, &[]).await;
    let first = [("audio", "sendrecv"), ("video", "sendonly"), ("video", "recvonly")];
    directions(&mut offerer, &first).await;
    directions(&mut answerer, &first.map(reversed)).await;
    texts_go_both_ways(&mut offerer, &mut answerer, keys).await;

    let all = offerer.call("transceivers", json!({})).await;
    offerer.call("stop", json!({ "mid": all[1]["mid"] })).await;
    exchange(&mut offerer, &mut answerer, false, &[]).await;
    let second = [("audio", "sendrecv"), ("video", "recvonly")];
    directions(&mut offerer, &second).await;
    directions(&mut answerer, &second.map(reversed)).await;
    texts_go_both_ways(&mut offerer, &mut answerer, keys).await;

    offerer.call("addTrack", json!({ "kind": "video" })).await;
    offerer.call("transceiver", json!({ "kind": "audio", "direction": "recvonly" })).await;
    let offer = exchange(&mut offerer, &mut answerer, false, &[]).await;
    let sdp = offer["sdp"].as_str().expect("descriptions have SDP");
    // Firefox does not use it for another kind.
    if offerer.name() != "firefox" {
        assert_eq!(sdp.matches("\r\nm=").count(), 4, "the stopped m-section is used again: {sdp}");
    }
    let third = [("audio", "sendrecv"), ("video", "sendrecv"), ("audio", "inactive")];
    directions(&mut offerer, &third).await;
    directions(&mut answerer, &third).await;
    texts_go_both_ways(&mut offerer, &mut answerer, keys).await;
}

/// Connects with audio, video and one channel, and looks at the directions.
async fn connected(offerer: &mut Peer, answerer: &mut Peer, policy: &str, trickle: Trickle) -> Keys {
    let here = begin(offerer, answerer, policy).await;
    exchange(offerer, answerer, trickle == Trickle::Each, &["audio"]).await;
    until_both_connected(offerer, answerer, trickle).await;
    directions(offerer, &[("audio", "sendrecv"), ("video", "sendonly")]).await;
    directions(answerer, &[("audio", "sendrecv"), ("video", "recvonly")]).await;
    let there = key(&answerer.wait_incoming().await);
    offerer.wait_channel("open", here).await;
    (here, there)
}

/// Two connections, and a channel, audio and video of the offerer.
async fn begin(offerer: &mut Peer, answerer: &mut Peer, policy: &str) -> u64 {
    for peer in [&mut *offerer, answerer] {
        peer.call("create", json!({ "configuration": { "bundlePolicy": policy } })).await;
    }
    for kind in ["audio", "video"] {
        offerer.call("transceiver", json!({ "kind": kind })).await;
    }
    offerer.channel("data", json!({})).await
}

/// Offer and answer, for which the answerer adds tracks of `kinds`. Answers the offer.
async fn exchange(offerer: &mut Peer, answerer: &mut Peer, trickle: bool, kinds: &[&str]) -> Value {
    let offer = offerer.call("offer", json!({ "trickle": trickle })).await;
    answer(offerer, answerer, &offer, trickle, kinds).await;
    offer
}

async fn answer(offerer: &mut Peer, answerer: &mut Peer, offer: &Value, trickle: bool, kinds: &[&str]) {
    answerer.call("remote", json!({ "description": offer })).await;
    for kind in kinds {
        answerer.call("addTrack", json!({ "kind": kind })).await;
    }
    let answer = answerer.call("answer", json!({ "trickle": trickle })).await;
    offerer.call("remote", json!({ "description": answer })).await;
}

/// The kind and the `currentDirection` of every transceiver of `peer`.
async fn directions(peer: &mut Peer, expected: &[(&str, &str)]) {
    let all = peer.call("transceivers", json!({})).await;
    let text = |value: &Value| value.as_str().unwrap_or("null").to_owned();
    let list = all.as_array().expect("a list").iter();
    let found: Vec<_> = list.map(|each| (text(&each["kind"]), text(&each["currentDirection"]))).collect();
    let expected: Vec<_> = expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    assert_eq!(found, expected, "{}: {all}", peer.name());
}

fn reversed((kind, direction): (&'static str, &'static str)) -> (&'static str, &'static str) {
    let direction = match direction {
        "sendonly" => "recvonly",
        "recvonly" => "sendonly",
        other => other,
    };
    (kind, direction)
}

async fn texts_go_both_ways(offerer: &mut Peer, answerer: &mut Peer, (here, there): Keys) {
    offerer.send(here, "one").await;
    answerer.send(there, "two").await;
    assert_eq!(answerer.receive(there, 1, 0).await.texts, ["one"]);
    assert_eq!(offerer.receive(here, 1, 0).await.texts, ["two"]);
}
