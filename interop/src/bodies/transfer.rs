//! Much data, and many messages.

use serde_json::json;

use super::connect::{Trickle, connected_pair};
use crate::peer::Peer;

/// What each message of a bulk transfer holds, bytes.
const MESSAGE: u64 = 64 * 1024;

/// `bytes` from the offerer to the answerer, then as many back; the digests agree.
pub async fn bulk(mut offerer: Peer, mut answerer: Peer, bytes: u64) {
    let (here, there) = connected_pair(&mut offerer, &mut answerer, Trickle::InDescription).await;
    one_way(&mut offerer, here, &mut answerer, there, bytes).await;
    one_way(&mut answerer, there, &mut offerer, here, bytes).await;
}

async fn one_way(from: &mut Peer, from_key: u64, to: &mut Peer, to_key: u64, bytes: u64) {
    let blast = json!({ "key": from_key, "bytes": bytes, "size": MESSAGE });
    let (sent, received) = tokio::join!(from.call("blast", blast), to.receive(to_key, 0, bytes));
    assert_eq!(received.bytes, bytes);
    assert_eq!(received.messages, bytes.div_ceil(MESSAGE));
    assert_eq!(sent, received.sha256, "{} to {}", from.name(), to.name());
}

/// `count` small messages each way at once, all there and in order.
pub async fn numbered(mut offerer: Peer, mut answerer: Peer, count: u64) {
    let (here, there) = connected_pair(&mut offerer, &mut answerer, Trickle::Each).await;
    offerer.call("numbers", json!({ "key": here, "count": count })).await;
    answerer.call("numbers", json!({ "key": there, "count": count })).await;
    for (peer, key) in [(&mut offerer, here), (&mut answerer, there)] {
        let received = peer.receive(key, count, 0).await;
        assert_eq!(received.messages, count, "at {}", peer.name());
        assert!(received.numbered, "out of order at {}", peer.name());
    }
}
