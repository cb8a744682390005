//! How channels and connections end.

use serde_json::json;

use super::connect::{Trickle, connected_pair};
use crate::peer::Peer;

/// The offerer closes a channel: everything sent before arrives, both ends see `close`, and the connection stays.
pub async fn channel_closed(mut offerer: Peer, mut answerer: Peer) {
    let (here, there) = connected_pair(&mut offerer, &mut answerer, Trickle::InDescription).await;
    let stays = offerer.channel("stays", json!({})).await;
    let stays_there = answerer.wait_incoming().await["key"].clone();
    offerer.wait_channel("open", stays).await;
    offerer.send(here, "last words").await;
    offerer.call("closeChannel", json!({ "key": here })).await;
    offerer.wait_channel("close", here).await;
    answerer.wait_channel("close", there).await;
    assert_eq!(answerer.receive(there, 1, 0).await.texts, ["last words"]);
    assert_eq!(offerer.describe(here).await["readyState"], "closed");
    assert_eq!(answerer.describe(there).await["readyState"], "closed");
    // W3C has an InvalidStateError here; Firefox drops the message in silence.
    if offerer.name() != "firefox" {
        assert!(offerer.attempt("send", json!({ "key": here, "text": "after" })).await.is_err());
    }

    answerer.call("echo", json!({ "key": stays_there })).await;
    offerer.send(stays, "still here").await;
    assert_eq!(offerer.receive(stays, 1, 0).await.texts, ["still here"]);
}

/// The offerer closes the connection: the answerer sees its channel close, without waiting for a timeout.
pub async fn connection_closed(mut offerer: Peer, mut answerer: Peer) {
    let (_, there) = connected_pair(&mut offerer, &mut answerer, Trickle::InDescription).await;
    offerer.call("close", json!({})).await;
    answerer.wait_channel("close", there).await;
    assert_eq!(answerer.describe(there).await["readyState"], "closed");
    assert_eq!(offerer.call("state", json!({})).await["connection"], "closed");
}

/// The page at the answerer's end reloads in the middle of a transfer: our sender is told, and does not wait for ever.
pub async fn reload_while_sending(mut ours: Peer, mut page: Peer) {
    let (here, there) = connected_pair(&mut ours, &mut page, Trickle::InDescription).await;
    let blast = json!({ "key": here, "bytes": 200_000_000, "size": 64 * 1024 });
    let (sent, ()) = tokio::join!(ours.attempt("blast", blast), async {
        page.receive(there, 0, 1_000_000).await;
        page.as_page().reload().await;
    });
    assert!(sent.is_err(), "200 MB went to a page that was gone");
    ours.wait_channel("close", here).await;
}

/// The page at the offerer's end reloads in the middle of its transfer: our receiver is told.
pub async fn reload_while_receiving(mut page: Peer, mut ours: Peer) {
    let (here, there) = connected_pair(&mut page, &mut ours, Trickle::InDescription).await;
    // Begun, and left to the page.
    let begin = json!({ "key": here, "bytes": 100_000_000, "size": 64 * 1024 });
    let begun = page.as_page().evaluate(&format!("peer.blast({begin}).catch(() => {{}});")).await;
    begun.unwrap_or_else(|error| panic!("{error}"));
    ours.receive(there, 0, 1_000_000).await;
    page.as_page().reload().await;
    ours.wait_channel("close", there).await;
    assert_eq!(ours.describe(there).await["readyState"], "closed");
}
