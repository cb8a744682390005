//! Another `iceTransportPolicy`: the next offer restarts ICE for it (RFC 9429, section 4.1.18).

mod stage;

use std::time::Duration;

use bytes::Bytes;
use peer::{
    ChannelEvent, ChannelId, Configuration, DataChannelInit, Event, IceConnectionState, IceGatheringState,
    IceTransportPolicy, Payload, PeerConnectionState, SdpType,
};
use stage::network::Call;
use stage::{A, B};

const SOON: Duration = Duration::from_secs(10);
/// RFC 8863: that long a peer that has not said a candidate may still show up.
const PATIENCE: Duration = Duration::from_secs(45);

fn relay() -> Configuration {
    Configuration { ice_transport_policy: IceTransportPolicy::Relay, ..Configuration::default() }
}

fn set(call: &mut Call, index: usize, configuration: Configuration) {
    call.with(index, |pc, now| pc.set_configuration(now, configuration)).expect("another configuration");
}

fn ufrag(call: &Call, index: usize) -> String {
    let sdp = &call.peer(index).pc.local_description().expect("a description").sdp;
    sdp.lines().find(|line| line.starts_with("a=ice-ufrag:")).expect("an ufrag").to_owned()
}

fn candidates(call: &Call, index: usize) -> usize {
    let is_one = |event: &&Event| matches!(event, Event::IceCandidate(Some(candidate)) if !candidate.candidate.is_empty());
    call.peer(index).events.iter().filter(is_one).count()
}

fn all_are(call: &Call, state: IceConnectionState) -> bool {
    [A, B].iter().all(|index| call.peer(*index).pc.ice_connection_state() == state)
}

fn is_connected(call: &Call) -> bool {
    [A, B].iter().all(|index| call.peer(*index).pc.connection_state() == PeerConnectionState::Connected)
}

/// A call whose channel is open: a's name for it.
fn connected() -> (Call, ChannelId) {
    let mut call = Call::new();
    let channel = call.with(A, |pc, now| pc.create_data_channel(now, "x", DataChannelInit::default()));
    let channel = channel.expect("a channel");
    call.negotiate(A, B).expect("offer and answer");
    let opened = Event::Channel(channel, ChannelEvent::Open);
    assert!(call.run_until(SOON, |call| is_connected(call) && call.peer(A).saw(&opened)));
    assert!(call.run_until(SOON, |call| {
        [A, B].iter().all(|index| call.peer(*index).pc.ice_gathering_state() == IceGatheringState::Complete)
    }));
    (call, channel)
}

#[test]
fn from_all_to_relay_without_a_relay_fails_and_shows_no_address() {
    let (mut call, _) = connected();
    let (before, shown) = (ufrag(&call, A), candidates(&call, A));
    set(&mut call, A, relay());
    call.network.run_for(Duration::from_secs(1));
    assert!(is_connected(&call), "nothing happens before the next offer");
    call.negotiate(A, B).expect("offer and answer");
    assert_ne!(ufrag(&call, A), before);
    let failed = |call: &Call| all_are(call, IceConnectionState::Failed);
    assert!(call.run_until(PATIENCE, failed), "{:?}\n{:?}", call.peer(A).events, call.peer(B).events);
    assert_eq!(candidates(&call, A), shown);
    assert!(!call.peer(A).pc.local_description().expect("an offer").sdp.contains("a=candidate"));

    set(&mut call, A, Configuration::default());
    call.negotiate(A, B).expect("offer and answer");
    assert!(call.run_until(SOON, is_connected));
    assert!(candidates(&call, A) > shown);
}

#[test]
fn from_relay_to_all_connects() {
    let mut call = Call::with_configuration(&relay());
    set(&mut call, B, Configuration::default());
    call.with(A, |pc, now| pc.create_data_channel(now, "x", DataChannelInit::default())).expect("a channel");
    call.negotiate(A, B).expect("offer and answer");
    assert!(call.run_until(PATIENCE, |call| all_are(call, IceConnectionState::Failed)));
    assert_eq!((candidates(&call, A), call.network.host(call.ids[A]).open_sockets()), (0, 0));
    let before = ufrag(&call, A);
    set(&mut call, A, Configuration::default());
    call.negotiate(A, B).expect("offer and answer");
    assert!(call.run_until(SOON, is_connected), "{:?}\n{:?}", call.peer(A).events, call.peer(B).events);
    assert_ne!(ufrag(&call, A), before);
}

#[test]
fn the_answerer_s_policy_waits_for_a_restart() {
    let (mut call, channel) = connected();
    let before = ufrag(&call, B);
    set(&mut call, B, relay());
    call.negotiate(A, B).expect("offer and answer");
    assert_eq!(ufrag(&call, B), before);
    call.with(A, |pc, now| {
        pc.channel_send(now, channel, Payload { text: true, bytes: Bytes::from_static(b"there?") })
    })
    .expect("sent");
    assert!(call.run_until(SOON, |call| call.peer(B).messages().len() == 1));
    // There is no candidate of b in a restart that a begins.
    call.with(A, |pc, _| pc.restart_ice());
    call.negotiate(A, B).expect("offer and answer");
    assert!(call.run_until(PATIENCE, |call| all_are(call, IceConnectionState::Failed)));
}

#[test]
fn a_rollback_brings_the_policy_of_the_generation_back() {
    let (mut call, channel) = connected();
    set(&mut call, A, relay());
    call.settle(A, |pc, now| pc.set_local_description(now, None)).expect("an offer");
    call.network.run_for(Duration::from_millis(100));
    call.settle(A, |pc, now| pc.set_local_description(now, Some(SdpType::Rollback.into()))).expect("back");
    // What the application was told of the generation that is gone.
    call.network.with(call.ids[A], |peer, _| peer.outbox.clear());
    call.run_until(Duration::from_secs(60), |_| false);
    assert!(is_connected(&call));
    assert!(call.peer(A).pc.local_description().expect("an offer").sdp.contains("a=candidate"));
    call.with(A, |pc, now| {
        pc.channel_send(now, channel, Payload { text: true, bytes: Bytes::from_static(b"there?") })
    })
    .expect("sent");
    assert!(call.run_until(SOON, |call| call.peer(B).messages().len() == 1));
}
