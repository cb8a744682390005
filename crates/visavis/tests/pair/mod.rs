//! Two connections in one process, over loopback.
#![allow(dead_code, reason = "each test file takes what it needs")]

use std::future::Future;
use std::time::Duration;

use visavis::{
    RtcConfiguration, RtcDataChannel, RtcDataChannelEvent, RtcPeerConnection, RtcPeerConnectionEvent,
    RtcPeerConnectionEvents,
};

/// No test takes this long unless something hangs: the largest moves 100 MB, unoptimised, on a busy machine.
const GUARD: Duration = Duration::from_secs(180);

/// Runs a test's body; panics if it hangs.
pub(crate) async fn guarded<T>(body: impl Future<Output = T>) -> T {
    tokio::time::timeout(GUARD, body).await.expect("the test hangs")
}

pub(crate) fn peer() -> RtcPeerConnection {
    RtcPeerConnection::new(RtcConfiguration { include_loopback: true, ..Default::default() }).unwrap()
}

/// Signals every candidate of `from` to `to` until there are no more.
pub(crate) async fn trickle(from: &mut RtcPeerConnectionEvents, to: &RtcPeerConnection) {
    trickle_those(from, to, |_| true).await;
}

/// The same with those candidates alone whose line is wanted.
pub(crate) async fn trickle_those(
    from: &mut RtcPeerConnectionEvents,
    to: &RtcPeerConnection,
    is_wanted: fn(&str) -> bool,
) {
    while let Some(event) = from.next().await {
        if let RtcPeerConnectionEvent::IceCandidate(candidate) = event {
            let last = candidate.is_none();
            if candidate.as_ref().is_none_or(|candidate| is_wanted(&candidate.candidate)) {
                to.add_ice_candidate(candidate.map(Into::into)).await.unwrap();
            }
            if last {
                return;
            }
        }
    }
    panic!("the connection closed before it had gathered");
}

/// Offer and answer, without candidates.
pub(crate) async fn negotiate(a: &RtcPeerConnection, b: &RtcPeerConnection) {
    let offer = a.create_offer(None).await.unwrap();
    a.set_local_description(offer.clone()).await.unwrap();
    b.set_remote_description(offer).await.unwrap();
    let answer = b.create_answer().await.unwrap();
    b.set_local_description(answer.clone()).await.unwrap();
    a.set_remote_description(answer).await.unwrap();
}

/// The next channel that the remote peer opened.
pub(crate) async fn incoming(events: &mut RtcPeerConnectionEvents) -> RtcDataChannel {
    loop {
        let event = events.next().await.expect("the connection closed before it had a channel");
        if let RtcPeerConnectionEvent::DataChannel(channel) = event {
            return channel;
        }
    }
}

/// Waits until the channel is open.
pub(crate) async fn open(channel: &RtcDataChannel) {
    channel.ready().await.unwrap();
}

/// Two connected peers and a channel between them, open at both ends.
pub(crate) struct Pair {
    pub(crate) a: RtcPeerConnection,
    pub(crate) b: RtcPeerConnection,
    pub(crate) channel_a: RtcDataChannel,
    pub(crate) channel_b: RtcDataChannel,
}

pub(crate) async fn connected() -> Pair {
    connect(peer(), peer()).await
}

/// Connects two peers, with a channel between them.
pub(crate) async fn connect(a: RtcPeerConnection, b: RtcPeerConnection) -> Pair {
    let channel_a = a.create_data_channel("channel", None).unwrap();
    negotiate(&a, &b).await;
    let (mut events_a, mut events_b) = (a.events(), b.events());
    let mut channel_b = None;
    let signal_b = async {
        let mut gathered = false;
        while !gathered || channel_b.is_none() {
            match events_b.next().await.expect("b closed") {
                RtcPeerConnectionEvent::IceCandidate(candidate) => {
                    gathered = candidate.is_none();
                    a.add_ice_candidate(candidate.map(Into::into)).await.unwrap();
                }
                RtcPeerConnectionEvent::DataChannel(channel) => channel_b = Some(channel),
                _ => {}
            }
        }
    };
    tokio::join!(trickle(&mut events_a, &b), signal_b);
    let channel_b = channel_b.expect("the loop ends with a channel");
    open(&channel_a).await;
    open(&channel_b).await;
    Pair { a, b, channel_a, channel_b }
}

/// Takes the channel's events until it is closed.
pub(crate) async fn closed(channel: &RtcDataChannel) {
    let mut events = channel.events();
    while let Some(event) = events.next().await {
        if event == RtcDataChannelEvent::Close {
            return;
        }
    }
}
