//! Two connections over a simulated network: connect, talk, restart, close, refuse.

mod stage;

use std::time::Duration;

use bytes::Bytes;
use peer::{
    ChannelEvent, ChannelId, DataChannelInit, DataChannelState, ErrorDetail, ErrorName, Event,
    IceConnectionState, Payload, PeerConnectionState, SignalingState, StatsReport, StatsValue,
};
use stage::network::Call;
use stage::{A, B};

const SOON: Duration = Duration::from_secs(10);

fn text(text: &str) -> Payload {
    Payload { text: true, bytes: Bytes::copy_from_slice(text.as_bytes()) }
}

fn of_kind<'a>(report: &'a StatsReport, kind: &str) -> Vec<&'a StatsValue> {
    report.entries.iter().map(|(_, value)| value).filter(|value| value.kind() == kind).collect()
}

fn is_connected(call: &Call) -> bool {
    [A, B].iter().all(|index| call.peer(*index).pc.connection_state() == PeerConnectionState::Connected)
}

/// A call whose channel "chat" is open on both sides: a's and b's name for it.
fn connected() -> (Call, ChannelId, ChannelId) {
    let mut call = Call::new();
    let ours = call.with(A, |pc, now| pc.create_data_channel(now, "chat", DataChannelInit::default()));
    let ours = ours.expect("a channel");
    call.negotiate(A, B).expect("offer and answer");
    let up = call.run_until(SOON, |call| is_connected(call) && call.peer(B).incoming().is_some());
    assert!(up, "{:?}\n{:?}", call.peer(A).events, call.peer(B).events);
    let theirs = call.peer(B).incoming().expect("a datachannel event");
    let opened = Event::Channel(ours, ChannelEvent::Open);
    assert!(call.run_until(SOON, |call| call.peer(A).saw(&opened)));
    (call, ours, theirs)
}

#[test]
fn connects_with_trickled_candidates_and_carries_data_both_ways() {
    let (mut call, ours, theirs) = connected();
    call.with(A, |pc, now| pc.channel_send(now, ours, text("ping"))).expect("sent");
    let binary = Payload { text: false, bytes: Bytes::from(vec![7; 200_000]) };
    let copy = binary.clone();
    call.with(B, |pc, now| pc.channel_send(now, theirs, copy)).expect("sent");
    assert!(call.run_until(SOON, |call| {
        !call.peer(A).messages().is_empty() && !call.peer(B).messages().is_empty()
    }));
    assert_eq!(call.peer(B).messages(), [text("ping")]);
    assert_eq!(call.peer(A).messages(), [binary]);
    let (a, b) = (&call.peer(A).pc, &call.peer(B).pc);
    let (view, remote) = (a.channel(ours).expect("a view"), b.channel(theirs).expect("a view"));
    assert_eq!((view.label.as_str(), view.id), (remote.label.as_str(), remote.id));
    assert_eq!(a.sctp().and_then(|sctp| sctp.max_message_size), Some(262_144));
    assert!(a.sctp().and_then(|sctp| sctp.max_channels).is_some());
    assert_eq!(a.signaling_state(), SignalingState::Stable);
}

#[test]
fn statistics_name_the_selected_pair_and_both_certificates() {
    let (mut call, ours, _) = connected();
    call.with(A, |pc, now| pc.channel_send(now, ours, text("ping"))).expect("sent");
    let report = call.with(A, |pc, now| pc.stats(now));
    let [StatsValue::Transport(transport)] = of_kind(&report, "transport")[..] else { panic!("{report:?}") };
    let pair = transport.selected_candidate_pair_id.as_ref().expect("a selected pair");
    let Some(StatsValue::CandidatePair(pair)) = report.get(pair) else { panic!("{report:?}") };
    for id in [&pair.local_candidate_id, &pair.remote_candidate_id] {
        assert!(report.get(id).is_some(), "{id} {report:?}");
    }
    let remote = report.get(transport.remote_certificate_id.as_ref().expect("a certificate"));
    let theirs = call.with(B, |pc, now| pc.stats(now));
    let [StatsValue::Transport(transport)] = of_kind(&theirs, "transport")[..] else { panic!("{theirs:?}") };
    let local = theirs.get(transport.local_certificate_id.as_ref().expect("a certificate"));
    assert!(remote.is_some() && remote == local);
    let [StatsValue::DataChannel(channel)] = of_kind(&report, "data-channel")[..] else {
        panic!("{report:?}")
    };
    assert_eq!((channel.messages_sent, channel.bytes_sent), (1, 4));
}

/// webrtc-stats, RTCDataChannelStats and RTCPeerConnectionStats.
#[test]
fn what_a_channel_has_counted_outlives_it() {
    let (mut call, ours, theirs) = connected();
    call.with(A, |pc, now| pc.channel_send(now, ours, text("ping"))).expect("sent");
    assert!(call.run_until(SOON, |call| call.peer(B).messages().len() == 1));
    let totals = |call: &mut Call, index: usize| {
        let report = call.with(index, |pc, now| pc.stats(now));
        let [StatsValue::PeerConnection(stats)] = of_kind(&report, "peer-connection")[..] else {
            panic!("{report:?}")
        };
        (stats.data_channels_opened, stats.data_channels_closed)
    };
    assert_eq!(totals(&mut call, A), (1, 0));
    call.with(A, |pc, now| pc.channel_close(now, ours));
    assert_eq!(totals(&mut call, A), (1, 1), "it has left the state open");
    let closed = Event::Channel(theirs, ChannelEvent::Close);
    assert!(call.run_until(SOON, |call| call.peer(B).saw(&closed)));
    assert_eq!(totals(&mut call, B), (1, 1));
    for (index, sent, received) in [(A, (1, 4), (0, 0)), (B, (0, 0), (1, 4))] {
        let report = call.with(index, |pc, now| pc.stats(now));
        let [StatsValue::DataChannel(channel)] = of_kind(&report, "data-channel")[..] else {
            panic!("{report:?}")
        };
        assert_eq!(channel.state, DataChannelState::Closed);
        assert_eq!((channel.messages_sent, channel.bytes_sent), sent);
        assert_eq!((channel.messages_received, channel.bytes_received), received);
    }
}

/// webrtc-pc, bufferedAmount: "the slot does not reset to zero once the channel closes".
#[test]
fn closing_the_connection_leaves_the_buffered_amount_as_it_is() {
    let (mut call, ours, _) = connected();
    let large = Payload { text: false, bytes: Bytes::from(vec![7; 200_000]) };
    for _ in 0..4 {
        let payload = large.clone();
        call.with(A, |pc, now| pc.channel_send(now, ours, payload)).expect("sent");
    }
    let pc = &call.peer(A).pc;
    let before = pc.channel_buffered_amount(ours);
    assert!(before.is_some_and(|bytes| bytes > 0));
    assert_eq!(pc.channel_ready_state(ours), Some(DataChannelState::Open));
    call.with(A, |pc, now| pc.close(now));
    let pc = &call.peer(A).pc;
    assert_eq!(pc.channel_buffered_amount(ours), before);
    assert_eq!(pc.channel(ours).map(|view| view.buffered_amount), before);
    assert_eq!(pc.channel_ready_state(ours), Some(DataChannelState::Closed));
}

/// webrtc-pc, bufferedAmount: "the returned value MUST NOT be decreased before the current task yielded".
#[test]
fn the_buffered_amount_falls_in_tasks_alone() {
    let (mut call, ours, theirs) = connected();
    let amount = |call: &Call| call.peer(A).pc.channel_buffered_amount(ours);
    let low = Event::Channel(ours, ChannelEvent::BufferedAmountLow);
    let lows = |call: &Call| call.peer(A).events.iter().filter(|event| **event == low).count();
    call.with(A, |pc, now| {
        pc.channel_set_buffered_amount_low_threshold(ours, 1000);
        for size in [600, 600] {
            let payload = Payload { text: false, bytes: Bytes::from(vec![7; size]) };
            pc.channel_send(now, ours, payload).expect("sent");
        }
        assert_eq!(pc.channel_buffered_amount(ours), Some(1200));
    });
    assert!(call.run_until(SOON, |call| amount(call) == Some(0)));
    assert_eq!(lows(&call), 1);
    // It never was above the threshold.
    call.with(A, |pc, now| {
        pc.channel_send(now, ours, Payload { text: true, bytes: "short".into() }).expect("sent");
        assert_eq!(pc.channel_buffered_amount(ours), Some(5));
    });
    assert!(call.run_until(SOON, |call| amount(call) == Some(0)));
    assert_eq!(lows(&call), 1);
    assert_eq!(call.peer(B).pc.channel_ready_state(theirs), Some(DataChannelState::Open));
}

/// webrtc-pc, set a session description, step 4.7.12.2: [[LastStableStateSctpTransport]] is an object, which goes on
/// during the negotiation, and no copy of its slots.
#[test]
fn a_rollback_does_not_turn_back_an_sctp_transport_that_connected_meanwhile() {
    let mut call = Call::new();
    let ours = call.with(A, |pc, now| pc.create_data_channel(now, "chat", DataChannelInit::default()));
    let opened = Event::Channel(ours.expect("a channel"), ChannelEvent::Open);
    call.negotiate(A, B).expect("offer and answer");
    call.settle(A, |pc, now| pc.set_local_description(now, None)).expect("a second offer");
    assert_eq!(call.peer(A).pc.signaling_state(), SignalingState::HaveLocalOffer);
    assert!(call.run_until(SOON, |call| call.peer(A).saw(&opened)));
    let before = call.peer(A).pc.sctp();
    assert_eq!(before.map(|sctp| sctp.state), Some(peer::SctpTransportState::Connected));
    call.settle(A, |pc, now| pc.set_local_description(now, Some(peer::SdpType::Rollback.into())))
        .expect("back");
    assert_eq!(call.peer(A).pc.sctp(), before);
}

/// RFC 9429, section 5.2.2: the port and the address of the default candidate, once there is one.
#[test]
fn local_descriptions_carry_the_default_candidate() {
    let (mut call, ..) = connected();
    call.network.run_for(Duration::from_secs(1));
    for (index, address) in [(A, "10.0.0.1"), (B, "10.0.0.2")] {
        let sdp = call.peer(index).pc.local_description().expect("a description").sdp.clone();
        let candidate = sdp.lines().find(|line| line.starts_with("a=candidate")).expect("a candidate");
        let port = candidate.split(' ').nth(5).expect("a port");
        assert!(sdp.contains(&format!("m=application {port} UDP/DTLS/SCTP")), "{sdp}");
        assert!(sdp.contains(&format!("c=IN IP4 {address}\r\n")), "{sdp}");
    }
    // And so do those that are created later.
    let created = call.settle(A, |pc, now| pc.create_offer(now, peer::OfferOptions::default()));
    let Ok(peer::Outcome::Description(offer)) = created else { panic!("{created:?}") };
    assert!(offer.sdp.contains("c=IN IP4 10.0.0.1\r\n") && !offer.sdp.contains("m=application 9 "));
}

#[test]
fn an_ice_restart_keeps_the_connection_and_its_channels() {
    let (mut call, ours, _) = connected();
    let ufrag = |call: &Call, index: usize| {
        let sdp = &call.peer(index).pc.local_description().expect("a description").sdp;
        sdp.lines().find(|line| line.starts_with("a=ice-ufrag:")).expect("an ufrag").to_owned()
    };
    let before = [ufrag(&call, A), ufrag(&call, B)];
    call.with(A, |pc, _| pc.restart_ice());
    call.network.run_for(Duration::from_millis(10));
    assert!(call.peer(A).saw(&Event::NegotiationNeeded));
    call.negotiate(A, B).expect("offer and answer");
    let after = [ufrag(&call, A), ufrag(&call, B)];
    assert!(before[A] != after[A] && before[B] != after[B]);
    call.with(A, |pc, now| pc.channel_send(now, ours, text("still there"))).expect("sent");
    assert!(call.run_until(SOON, |call| call.peer(B).messages().len() == 1));
    assert!(call.run_until(SOON, is_connected));
    let dtls_failed =
        |event: &Event| matches!(event, Event::DtlsTransport(_, peer::DtlsTransportEvent::Error(_)));
    assert!(!call.peer(A).events.iter().any(dtls_failed));
}

#[test]
fn closing_a_channel_closes_it_on_both_sides() {
    let (mut call, ours, theirs) = connected();
    call.with(A, |pc, now| pc.channel_close(now, ours));
    assert_eq!(call.peer(A).pc.channel(ours).map(|view| view.ready_state), Some(DataChannelState::Closing));
    let closed = |id| Event::Channel(id, ChannelEvent::Close);
    assert!(
        call.run_until(SOON, |call| call.peer(A).saw(&closed(ours)) && call.peer(B).saw(&closed(theirs)))
    );
    assert!(call.peer(B).saw(&Event::Channel(theirs, ChannelEvent::Closing)));
    assert!(!call.peer(A).saw(&Event::Channel(ours, ChannelEvent::Closing)), "it was our own close()");
    let error = call.with(A, |pc, now| pc.channel_send(now, ours, text("late"))).expect_err("closed");
    assert_eq!(error.name, ErrorName::InvalidStateError);
}

#[test]
fn closing_the_connection_is_all_but_silent_here_and_told_to_the_peer() {
    let (mut call, ours, theirs) = connected();
    let seen = call.peer(A).events.len();
    call.with(A, |pc, now| pc.close(now));
    assert_eq!(call.peer(A).pc.channel(ours).map(|view| view.ready_state), Some(DataChannelState::Closed));
    let closed = Event::Channel(theirs, ChannelEvent::Close);
    assert!(call.run_until(SOON, |call| call.peer(B).saw(&closed) && call.peer(A).pc.is_finished()));
    // webrtc-pc, RTCSctpTransportState, "closed".
    assert_eq!(call.peer(A).events[seen..], [Event::SctpStateChange(peer::SctpTransportState::Closed)]);
    let sctp_failure = call.peer(B).events.iter().any(|event| match event {
        Event::Channel(_, ChannelEvent::Error(error)) => error.detail == Some(ErrorDetail::SctpFailure),
        _ => false,
    });
    assert!(sctp_failure, "an abrupt end is an error for the peer");
    assert_eq!(call.network.host(call.ids[A]).open_sockets(), 0);
}

#[test]
fn a_wrong_fingerprint_never_reaches_connected() {
    let mut call = Call::new();
    call.munge = |sdp| {
        let change = |line: &str| match line.strip_prefix("a=fingerprint:sha-256 ") {
            Some(hex) => format!(
                "a=fingerprint:sha-256 {}{}",
                if hex.starts_with("00") { "11" } else { "00" },
                &hex[2..]
            ),
            None => line.to_owned(),
        };
        sdp.lines().map(|line| change(line) + "\r\n").collect()
    };
    let channel = call.with(A, |pc, now| pc.create_data_channel(now, "chat", DataChannelInit::default()));
    channel.expect("a channel");
    call.negotiate(A, B).expect("offer and answer");
    let failed =
        |call: &Call, index: usize| call.peer(index).pc.connection_state() == PeerConnectionState::Failed;
    assert!(call.run_until(Duration::from_secs(15), |call| failed(call, A) && failed(call, B)));
    for index in [A, B] {
        let connected = Event::ConnectionStateChange(PeerConnectionState::Connected);
        let ice = |event: &Event| {
            matches!(
                event,
                Event::IceConnectionStateChange(
                    IceConnectionState::Connected | IceConnectionState::Completed
                )
            )
        };
        assert!(!call.peer(index).saw(&connected));
        assert!(call.peer(index).events.iter().any(ice), "ICE itself has connected");
        assert!(call.peer(index).incoming().is_none());
    }
    let mismatch = [A, B].iter().flat_map(|index| &call.peer(*index).events).any(|event| match event {
        Event::DtlsTransport(_, peer::DtlsTransportEvent::Error(error)) => {
            error.detail == Some(ErrorDetail::FingerprintFailure)
        }
        _ => false,
    });
    assert!(mismatch);
}

#[test]
fn descriptions_without_ice_or_without_fingerprint_are_refused() {
    fn without(sdp: &str, prefix: &str) -> String {
        sdp.lines().filter(|line| !line.starts_with(prefix)).map(|line| format!("{line}\r\n")).collect()
    }
    let munges: [fn(String) -> String; 5] = [
        |sdp| without(&sdp, "a=ice-ufrag"),
        |sdp| without(&sdp, "a=ice-pwd"),
        |sdp| without(&sdp, "a=fingerprint"),
        |sdp| sdp.replace("sha-256", "sha-999"),
        |sdp| sdp.replace("a=setup:actpass", "a=setup:holdconn"),
    ];
    for munge in munges {
        let mut call = Call::new();
        call.munge = munge;
        let channel = call.with(A, |pc, now| pc.create_data_channel(now, "chat", DataChannelInit::default()));
        channel.expect("a channel");
        let error = call.negotiate(A, B).expect_err("refused");
        assert_eq!(error.name, ErrorName::InvalidAccessError, "{error}");
        assert_eq!(call.peer(B).pc.signaling_state(), SignalingState::Stable);
        assert_eq!(call.peer(B).pc.remote_description(), None);
    }
}

#[test]
fn another_certificate_in_a_renegotiation_is_refused() {
    let (mut call, ..) = connected();
    call.munge = |sdp| {
        let change = |line: &str| match line.strip_prefix("a=fingerprint:sha-256 ") {
            Some(_) => format!("a=fingerprint:sha-256 {}", vec!["AB"; 32].join(":")),
            None => line.to_owned(),
        };
        sdp.lines().map(|line| change(line) + "\r\n").collect()
    };
    let error = call.negotiate(A, B).expect_err("refused");
    assert_eq!(error.name, ErrorName::InvalidAccessError);
}

#[test]
fn two_offers_that_meet_connect_by_the_polite_peer_s_rollback() {
    let mut call = Call::new();
    let mut channels = Vec::new();
    for index in [A, B] {
        let channel =
            call.with(index, |pc, now| pc.create_data_channel(now, "mine", DataChannelInit::default()));
        channels.push(channel.expect("a channel"));
        call.settle(index, |pc, now| pc.set_local_description(now, None)).expect("an offer");
    }
    // B's candidates of the offer that nobody will see get lost with it.
    call.network.run_for(Duration::from_millis(50));
    call.network.with(call.ids[B], |peer, _| peer.outbox.clear());
    let offer = call.peer(A).pc.local_description().expect("an offer").clone();
    call.settle(B, |pc, now| pc.set_remote_description(now, offer.into())).expect("rolled back and set");
    call.settle(B, |pc, now| pc.set_local_description(now, None)).expect("an answer");
    let answer = call.peer(B).pc.local_description().expect("an answer").clone();
    call.settle(A, |pc, now| pc.set_remote_description(now, answer.into())).expect("set");
    assert!(call.run_until(SOON, |call| {
        [A, B].iter().all(|index| {
            let opened = Event::Channel(channels[*index], ChannelEvent::Open);
            call.peer(*index).saw(&opened) && call.peer(*index).incoming().is_some()
        })
    }));
}

#[test]
fn an_ice_restart_that_is_rolled_back_leaves_the_call_as_it_was() {
    let (mut call, ours, _) = connected();
    call.run_until(Duration::from_secs(1), |_| false);
    let before = call.peer(A).pc.local_description().cloned();
    let seen = call.peer(A).events.len();
    call.with(A, |pc, _| pc.restart_ice());
    call.settle(A, |pc, now| pc.set_local_description(now, None)).expect("an offer");
    assert_ne!(call.peer(A).pc.local_description().cloned(), before);
    call.network.run_for(Duration::from_millis(200));
    call.settle(A, |pc, now| pc.set_local_description(now, Some(peer::SdpType::Rollback.into())))
        .expect("back");
    assert_eq!(call.peer(A).pc.local_description().cloned(), before);
    call.network.with(call.ids[A], |peer, _| peer.outbox.clear());
    call.network.run_for(Duration::from_secs(3));
    assert_eq!(call.peer(A).pc.ice_gathering_state(), peer::IceGatheringState::Complete);
    assert_eq!(call.peer(A).pc.connection_state(), PeerConnectionState::Connected);
    let again =
        call.peer(A).events[seen..].iter().filter(|event| matches!(event, Event::NegotiationNeeded)).count();
    assert_eq!(again, 2, "once for restartIce(), and again as the rollback leaves it to be done");
    call.with(A, |pc, now| pc.channel_send(now, ours, text("still there"))).expect("sent");
    assert!(call.run_until(SOON, |call| call.peer(B).messages().len() == 1));
    call.negotiate(A, B).expect("the restart, at last");
    assert!(call.run_until(SOON, is_connected));
}

#[test]
fn a_provisional_answer_is_enough_to_connect() {
    let mut call = Call::new();
    let ours = call.with(A, |pc, now| pc.create_data_channel(now, "chat", DataChannelInit::default()));
    ours.expect("a channel");
    call.settle(A, |pc, now| pc.set_local_description(now, None)).expect("an offer");
    let offer = call.peer(A).pc.local_description().expect("an offer").clone();
    call.settle(B, |pc, now| pc.set_remote_description(now, offer.into())).expect("set");
    let provisional = peer::SdpType::PrAnswer;
    call.settle(B, |pc, now| pc.set_local_description(now, Some(provisional.into()))).expect("a pranswer");
    let answer = call.peer(B).pc.local_description().expect("a pranswer").clone();
    assert_eq!(answer.kind, provisional);
    call.settle(A, |pc, now| pc.set_remote_description(now, answer.into())).expect("set");
    assert!(call.run_until(SOON, |call| is_connected(call) && call.peer(B).incoming().is_some()));
    assert_eq!(call.peer(A).pc.signaling_state(), SignalingState::HaveRemotePranswer);
    call.settle(B, |pc, now| pc.set_local_description(now, None)).expect("an answer");
    let answer = call.peer(B).pc.local_description().expect("an answer").clone();
    call.settle(A, |pc, now| pc.set_remote_description(now, answer.into())).expect("set");
    assert!(call.run_until(SOON, is_connected));
    assert_eq!(call.peer(A).pc.signaling_state(), SignalingState::Stable);
}

#[test]
fn data_connects_behind_a_rejected_m_section_that_carries_the_bundle_s_transport() {
    let mut call = Call::new();
    // The peer bundles audio (GSM, which we do not know) and data, offers the transport's attributes and candidates with the audio only, and
    // reads our answer as data alone.
    call.munge = |sdp| {
        if sdp.contains("a=setup:actpass") {
            let (session, data) = sdp.split_once("m=application").expect("data");
            let is_transport = |line: &&str| {
                ["a=ice-ufrag", "a=ice-pwd", "a=fingerprint", "a=setup", "a=candidate", "a=end-of"]
                    .iter()
                    .any(|prefix| line.starts_with(prefix))
            };
            let lines = |wanted: bool| {
                let lines = data.lines().skip(1).filter(move |line| is_transport(line) == wanted);
                lines.map(|line| format!("{line}\r\n")).collect::<String>()
            };
            let session = session.replace("BUNDLE 0", "BUNDLE a 0");
            let audio = "m=audio 9 UDP/TLS/RTP/SAVPF 3\r\nc=IN IP4 0.0.0.0\r\na=mid:a\r\na=rtcp-mux\r\n";
            let bundled = "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\na=bundle-only\r\n";
            format!("{session}{audio}{}{bundled}{}", lines(true), lines(false))
        } else {
            let (session, rest) = sdp.split_once("m=audio").expect("the rejected section");
            let (_, data) = rest.split_once("m=application").expect("data");
            format!("{session}m=application{data}")
        }
    };
    let channel = call.with(A, |pc, now| pc.create_data_channel(now, "chat", DataChannelInit::default()));
    channel.expect("a channel");
    call.settle(A, |pc, now| pc.set_local_description(now, None)).expect("an offer");
    call.network.run_for(Duration::from_millis(100));
    for candidate in call.network.with(call.ids[A], |peer, _| std::mem::take(&mut peer.outbox)) {
        assert!(candidate.is_some(), "they are in the description by now");
    }
    call.negotiate(A, B).expect("offer and answer");
    assert!(call.run_until(SOON, |call| is_connected(call) && call.peer(B).incoming().is_some()));
}

#[test]
fn candidates_stay_in_the_description_when_an_older_text_is_set() {
    let mut call = Call::new();
    let channel = call.with(A, |pc, now| pc.create_data_channel(now, "chat", DataChannelInit::default()));
    channel.expect("a channel");
    let created = call.settle(A, |pc, now| pc.create_offer(now, peer::OfferOptions::default()));
    let Ok(peer::Outcome::Description(offer)) = created else { panic!("{created:?}") };
    for _ in 0..2 {
        let init = offer.clone().into();
        call.settle(A, |pc, now| pc.set_local_description(now, Some(init))).expect("an offer");
        call.network.run_for(Duration::from_millis(100));
    }
    let local = call.peer(A).pc.local_description().expect("an offer").sdp.clone();
    assert!(!offer.sdp.contains("a=candidate"));
    assert_eq!(local.matches("a=candidate").count(), 2, "over UDP and TCP: {local}");
    assert_eq!(local.matches("a=end-of-candidates").count(), 1, "{local}");
}
