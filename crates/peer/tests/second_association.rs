//! A second DTLS association on a transport: another peer takes over, or the same one begins anew.

mod stage;

use std::time::Duration;

use bytes::Bytes;
use peer::{
    ChannelEvent, ChannelId, DataChannelInit, DataChannelState, DtlsTransportEvent, DtlsTransportState,
    ErrorDetail, ErrorName, Event, Payload, PeerConnectionState, SctpTransportState, SdpType, SignalingState,
};
use stage::network::{Call, Peer};
use stage::{A, B};

const SOON: Duration = Duration::from_secs(10);

fn text(text: &str) -> Payload {
    Payload { text: true, bytes: Bytes::copy_from_slice(text.as_bytes()) }
}

fn open(call: &mut Call, index: usize, label: &str) -> ChannelId {
    call.with(index, |pc, now| pc.create_data_channel(now, label, DataChannelInit::default()))
        .expect("a channel")
}

fn is_connected(call: &Call) -> bool {
    [A, B].iter().all(|index| call.peer(*index).pc.connection_state() == PeerConnectionState::Connected)
}

/// A call whose first channel is open: a's name for it.
fn connected() -> (Call, ChannelId) {
    let mut call = Call::new();
    let first = open(&mut call, A, "first");
    call.negotiate(A, B).expect("offer and answer");
    assert!(call.run_until(SOON, |call| is_connected(call) && call.peer(B).incoming().is_some()));
    assert!(call.run_until(SOON, |call| call.peer(A).saw(&Event::Channel(first, ChannelEvent::Open))));
    (call, first)
}

fn dtls_states(peer: &Peer) -> Vec<DtlsTransportState> {
    let state = |event: &Event| match event {
        Event::DtlsTransport(_, DtlsTransportEvent::StateChange(state)) => Some(*state),
        _ => None,
    };
    peer.events.iter().filter_map(state).collect()
}

fn sctp_states(peer: &Peer) -> Vec<SctpTransportState> {
    let state = |event: &Event| match event {
        Event::SctpStateChange(state) => Some(*state),
        _ => None,
    };
    peer.events.iter().filter_map(state).collect()
}

/// A new channel carries a message from a to b.
fn talks(call: &mut Call) {
    let channel = open(call, A, "second");
    assert!(call.run_until(SOON, |call| call.peer(A).saw(&Event::Channel(channel, ChannelEvent::Open))));
    call.with(A, |pc, now| pc.channel_send(now, channel, text("hello again"))).expect("sent");
    assert!(call.run_until(SOON, |call| call.peer(B).messages().contains(&text("hello again"))));
}

#[test]
fn another_callee_takes_over_on_the_same_transport() {
    let (mut call, first) = connected();
    let transport = call.peer(A).pc.sctp().expect("a transport").transport;
    let certificates =
        |call: &Call| call.peer(A).pc.dtls_transport(transport).expect("a transport").remote_certificates;
    let before = certificates(&call);
    let former = call.hand_over();
    call.negotiate(A, B).expect("an offer without a restart, and the answer of somebody else");
    let state = call.peer(A).pc.channel(first).map(|view| view.ready_state);
    assert_eq!(state, Some(DataChannelState::Closed));
    let error = |event: &Event| match event {
        Event::Channel(id, ChannelEvent::Error(error)) if *id == first => error.detail,
        _ => None,
    };
    assert_eq!(call.peer(A).events.iter().find_map(error), Some(ErrorDetail::SctpFailure));
    assert!(call.run_until(SOON, is_connected));
    talks(&mut call);
    assert_eq!(call.peer(A).pc.sctp().expect("a transport").transport, transport);
    assert_ne!(certificates(&call), before);
    use DtlsTransportState::{Connected, Connecting, New};
    assert_eq!(dtls_states(call.peer(A)), [Connecting, Connected, New, Connecting, Connected]);
    use SctpTransportState as S;
    assert_eq!(sctp_states(call.peer(A)), [S::Connected, S::Closed, S::Connecting, S::Connected]);
    // The first one was told.
    let former = call.network.node(former);
    assert_eq!(sctp_states(former), [S::Connected, S::Closed]);
    assert!(former.messages().is_empty());
}

#[test]
fn another_caller_takes_over_on_the_same_transport() {
    let (mut call, _) = connected();
    call.hand_over();
    open(&mut call, B, "theirs");
    call.negotiate(B, A).expect("the offer of somebody else");
    assert!(call.run_until(SOON, |call| is_connected(call) && call.peer(A).incoming().is_some()));
    talks(&mut call);
}

#[test]
fn the_same_peer_begins_anew_by_a_name() {
    let (mut call, first) = connected();
    // What b's first description said, and what its next one is to say.
    call.with(B, |pc, _| pc.restart_ice());
    call.munge = |sdp| {
        let is_offer = sdp.contains("a=setup:actpass");
        let line = |line: &str| match line.starts_with("a=tls-id:") && is_offer {
            true => "a=tls-id:another0123456789another0123456789".to_owned(),
            false => line.to_owned(),
        };
        sdp.lines().map(|text| line(text) + "\r\n").collect()
    };
    call.negotiate(B, A).expect("an offer with another name");
    // a has begun anew, and b, whose own description says nothing of it, sees in a's answer that it is another.
    assert_eq!(call.peer(A).pc.channel(first).map(|view| view.ready_state), Some(DataChannelState::Closed));
    assert!(call.run_until(SOON, is_connected));
    talks(&mut call);
}

#[test]
fn a_certificate_does_not_change_without_new_ice_credentials() {
    let (mut call, first) = connected();
    let answer = call.peer(A).pc.remote_description().expect("an answer").sdp.clone();
    let fingerprint = answer.lines().find(|line| line.starts_with("a=fingerprint:")).expect("a fingerprint");
    let other = format!("a=fingerprint:sha-256 {}", ["AB"; 32].join(":"));
    call.settle(A, |pc, now| pc.set_local_description(now, None)).expect("an offer");
    let init = |sdp: String| peer::SessionDescriptionInit { kind: Some(SdpType::Answer), sdp };
    let munged = init(answer.replace(fingerprint, &other));
    let error = call.settle(A, |pc, now| pc.set_remote_description(now, munged)).expect_err("refused");
    assert_eq!(error.name, ErrorName::InvalidAccessError);
    call.settle(A, |pc, now| pc.set_remote_description(now, init(answer))).expect("the same as before");
    assert_eq!(call.peer(A).pc.channel(first).map(|view| view.ready_state), Some(DataChannelState::Open));
}

#[test]
fn an_offer_of_somebody_else_that_is_rolled_back_leaves_the_call_as_it_was() {
    let (mut call, first) = connected();
    let former = call.hand_over();
    open(&mut call, B, "theirs");
    call.settle(B, |pc, now| pc.set_local_description(now, None)).expect("an offer");
    let offer = call.peer(B).pc.local_description().expect("an offer").clone();
    call.settle(A, |pc, now| pc.set_remote_description(now, offer.into())).expect("set");
    call.settle(A, |pc, now| pc.create_answer(now)).expect("an answer that nobody sets");
    call.settle(A, |pc, now| pc.set_remote_description(now, SdpType::Rollback.into())).expect("back");
    assert_eq!(call.peer(A).pc.signaling_state(), SignalingState::Stable);
    call.network.run_for(Duration::from_secs(1));
    call.with(A, |pc, now| pc.channel_send(now, first, text("still there"))).expect("sent");
    call.network.run_for(Duration::from_secs(1));
    assert_eq!(call.network.node(former).messages(), [text("still there")]);
    use DtlsTransportState::{Connected, Connecting};
    assert_eq!(dtls_states(call.peer(A)), [Connecting, Connected]);
}

/// The peer has left the transport without a word of signalling, and has another one when the m-section is back: its
/// tls-id says that it is another association, with the certificate of before.
#[test]
fn a_transport_that_the_peer_has_left_is_revived_by_a_restart() {
    let mut call = Call::new();
    let audio = peer::TrackOrKind::Kind(peer::MediaKind::Audio);
    call.with(A, |pc, _| pc.add_transceiver(audio, peer::TransceiverInit::default())).expect("audio");
    call.negotiate(A, B).expect("offer and answer");
    assert!(call.run_until(SOON, is_connected));
    let stale = call.peer(B).pc.local_description().expect("an answer").clone();
    call.settle(A, |pc, now| pc.set_local_description(now, None)).expect("an offer");
    let offer = call.peer(A).pc.local_description().expect("an offer").clone();
    let ports = offer.sdp.lines().find(|line| line.starts_with("m=audio ")).expect("audio").to_owned();
    let rejected = offer.sdp.replace(&ports, "m=audio 0 UDP/TLS/RTP/SAVPF 111").replace("BUNDLE", "BUNGLE");
    let init = peer::SessionDescriptionInit { kind: Some(SdpType::Offer), sdp: rejected };
    call.settle(B, |pc, now| pc.set_remote_description(now, init)).expect("a rejection");
    call.settle(B, |pc, now| pc.set_local_description(now, None)).expect("an answer");
    call.settle(A, |pc, now| pc.set_remote_description(now, stale.into())).expect("an answer of before");
    use peer::IceConnectionState::Disconnected;
    assert!(call.run_until(SOON, |call| call.peer(A).pc.ice_connection_state() == Disconnected));
    call.with(A, |pc, _| pc.restart_ice());
    call.negotiate(A, B).expect("offer and answer");
    assert!(call.run_until(SOON, is_connected), "{:?}", call.peer(A).events);
    use DtlsTransportState::{Closed, Connected, Connecting, New};
    assert_eq!(dtls_states(call.peer(A)), [Connecting, Connected, Closed, New, Connecting, Connected]);
}

/// Two answer one offer, the one provisionally: the final answer may be the other's.
#[test]
fn the_final_answer_may_be_somebody_else_s() {
    let mut call = Call::new();
    open(&mut call, A, "first");
    call.settle(A, |pc, now| pc.set_local_description(now, None)).expect("an offer");
    let offer = call.peer(A).pc.local_description().expect("an offer").clone();
    for kind in [SdpType::PrAnswer, SdpType::Answer] {
        if kind == SdpType::Answer {
            call.hand_over();
        }
        let offer = offer.clone();
        call.settle(B, |pc, now| pc.set_remote_description(now, offer.into())).expect("set");
        call.settle(B, |pc, now| pc.set_local_description(now, Some(kind.into()))).expect("an answer");
        let answer = call.peer(B).pc.local_description().expect("an answer").clone();
        call.settle(A, |pc, now| pc.set_remote_description(now, answer.into())).expect("set");
        assert!(call.run_until(SOON, is_connected), "{kind}");
    }
    talks(&mut call);
}
