//! `getStats()`: the objects of webrtc-stats, when they exist, what they refer to, and what a selector leaves.

mod stage;

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use peer::{
    CandidatePairStats, DataChannelInit, IceCandidateStats, MediaKind, OutboundRtpStats, Payload,
    PeerConnectionState, SetParameterOptions, StatsReport, StatsSelector, StatsValue, Track, TrackOrKind,
    TransceiverInit, TransportStats,
};
use stage::network::Call;
use stage::{A, B, Stage};

const SOON: Duration = Duration::from_secs(10);

fn kinds(report: &StatsReport) -> Vec<&'static str> {
    let mut kinds: Vec<_> = report.entries.iter().map(|(_, value)| value.kind()).collect();
    kinds.sort_unstable();
    kinds
}

fn transports(report: &StatsReport) -> Vec<&TransportStats> {
    let entries = report.entries.iter();
    entries
        .filter_map(|(_, value)| match value {
            StatsValue::Transport(stats) => Some(stats),
            _ => None,
        })
        .collect()
}

fn selected<'a>(report: &'a StatsReport, transport: &TransportStats) -> &'a CandidatePairStats {
    let id = transport.selected_candidate_pair_id.as_ref().expect("a selected pair");
    match report.get(id) {
        Some(StatsValue::CandidatePair(pair)) => pair,
        other => panic!("{other:?}"),
    }
}

fn remotes(report: &StatsReport) -> Vec<&IceCandidateStats> {
    let entries = report.entries.iter();
    entries
        .filter_map(|(_, value)| match value {
            StatsValue::RemoteCandidate(candidate) => Some(candidate),
            _ => None,
        })
        .collect()
}

/// What is referred to is there, and only ids that nobody can guess are.
fn check(report: &StatsReport) {
    let ids: BTreeSet<&str> = report.entries.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids.len(), report.entries.len());
    for (id, value) in &report.entries {
        assert!(id.len() >= 21, "{id}");
        for reference in value.references() {
            assert!(ids.contains(reference), "{id} refers to {reference}: {report:?}");
        }
    }
}

fn connected() -> Call {
    let mut call = Call::new();
    let ours = call.with(A, |pc, now| pc.create_data_channel(now, "chat", DataChannelInit::default()));
    let ours = ours.expect("a channel");
    call.negotiate(A, B).expect("offer and answer");
    let is_up = |call: &Call| {
        [A, B].iter().all(|index| call.peer(*index).pc.connection_state() == PeerConnectionState::Connected)
            && call.peer(B).incoming().is_some()
    };
    assert!(call.run_until(SOON, is_up));
    let payload = Payload { text: false, bytes: Bytes::from(vec![7; 3000]) };
    call.with(A, |pc, now| pc.channel_send(now, ours, payload)).expect("sent");
    assert!(call.run_until(SOON, |call| call.peer(B).messages().len() == 1));
    call
}

/// webrtc-pc, section 8.6, for what there is without media: the members that are options are there.
#[test]
fn the_mandatory_members_are_there_once_data_flows() {
    let mut call = connected();
    let report = call.with(A, |pc, now| pc.stats(now));
    check(&report);
    let transport = transports(&report)[0].clone();
    assert!(transport.bytes_sent > 3000 && transport.bytes_received > 0);
    assert!(transport.packets_sent > 2 && transport.packets_received > 0);
    assert!(transport.remote_certificate_id.is_some() && transport.local_certificate_id.is_some());
    assert_eq!(transport.dtls_role, Some(dtls::Role::Server));
    // DTLS 1.3, and its suite.
    assert_eq!(transport.tls_version, Some("FEFC"));
    assert!(transport.dtls_cipher.is_some_and(|suite| suite.starts_with("TLS_")), "{transport:?}");
    assert!(transport.srtp_cipher.is_some_and(|profile| profile.contains("AES")), "{transport:?}");
    assert_eq!(
        (transport.ice_role, transport.selected_candidate_pair_changes),
        (Some(peer::IceRole::Controlling), 1)
    );

    let pair = selected(&report, &transport);
    assert_eq!((pair.bytes_sent, pair.packets_sent), (transport.bytes_sent, transport.packets_sent));
    assert!(pair.nominated && pair.responses_received > 0 && pair.current_round_trip_time.is_some());
    assert!(pair.last_packet_sent_timestamp.is_some_and(|at| at <= report.timestamp));
    assert!(pair.last_packet_received_timestamp.is_some_and(|at| at > 1.0e12));
    let Some(StatsValue::LocalCandidate(local)) = report.get(&pair.local_candidate_id) else { panic!() };
    assert!(local.address.is_some() && local.foundation.is_some() && local.username_fragment.is_some());
    for remote in remotes(&report) {
        assert!(remote.address.is_some() && remote.url.is_none());
    }
}

#[test]
fn ids_stay_counters_grow_and_time_goes_on() {
    let mut call = connected();
    // Until it is known that the path bears no larger packets.
    call.run_until(Duration::from_secs(10), |_| false);
    let before = call.with(A, |pc, now| pc.stats(now));
    call.run_until(Duration::from_secs(20), |_| false);
    let after = call.with(A, |pc, now| pc.stats(now));
    let ids = |report: &StatsReport| report.entries.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&before), ids(&after));
    assert!(after.timestamp > before.timestamp);
    let [before, after] = [&before, &after].map(|report| selected(report, transports(report)[0]).clone());
    // Consent only.
    assert!(after.consent_requests_sent > before.consent_requests_sent);
    assert!(after.responses_received > before.responses_received);
    assert_eq!(after.bytes_sent, before.bytes_sent);
    assert_eq!(after.requests_sent, before.requests_sent);

    // Another connection names the same things otherwise.
    let other = Stage::new();
    let report = other.pcs[B].stats(other.now);
    let mine = call.with(A, |pc, now| pc.stats(now));
    let theirs = ids(&report);
    assert!(!theirs.is_empty() && ids(&mine).iter().all(|id| !theirs.contains(id)));
}

#[test]
fn what_was_there_at_the_end_stays_readable() {
    let mut call = connected();
    let before = call.with(A, |pc, now| pc.stats(now));
    call.with(A, |pc, now| pc.close(now));
    call.run_until(Duration::from_secs(2), |_| false);
    let after = call.with(A, |pc, now| pc.stats(now));
    check(&after);
    assert_eq!(kinds(&before), kinds(&after));
    let transport = transports(&after)[0];
    assert_eq!(transport.dtls_state, peer::DtlsTransportState::Closed);
    assert_eq!(transport.ice_state, peer::IceTransportState::Closed);
    assert!(selected(&after, transport).bytes_sent > 3000);
}

/// webrtc-stats, address: "only remote candidate addresses that the web application has configured".
#[test]
fn an_address_that_nobody_signalled_is_not_shown() {
    let mut call = Call::new();
    call.with(A, |pc, now| pc.create_data_channel(now, "x", DataChannelInit::default())).expect("a channel");
    call.munge = |sdp| {
        let is_theirs = |line: &&str| line.starts_with("a=candidate") && line.contains("10.0.0.2");
        sdp.lines().filter(|line| !is_theirs(line)).map(|line| format!("{line}\r\n")).collect()
    };
    call.negotiate(A, B).expect("offer and answer");
    call.network.with(call.ids[B], |peer, _| peer.outbox.clear());
    let is_up = |call: &Call| call.peer(A).pc.connection_state() == PeerConnectionState::Connected;
    assert!(call.run_until(SOON, is_up));
    let report = call.with(A, |pc, now| pc.stats(now));
    check(&report);
    let remotes = remotes(&report);
    assert!(!remotes.is_empty());
    for remote in remotes {
        assert_eq!((remote.address, remote.candidate_type), (None, ice::CandidateKind::PeerReflexive));
        assert!(remote.username_fragment.is_some() && remote.foundation.is_none());
    }
}

fn track(id: &str, kind: MediaKind) -> Track {
    Track { id: id.to_owned(), kind }
}

#[test]
fn a_track_has_a_source_as_soon_as_a_sender_has_it() {
    let mut stage = Stage::new();
    let pc = &mut stage.pcs[A];
    let added = pc.add_track(track("mic", MediaKind::Audio), &[]).expect("a sender");
    let kind = TrackOrKind::Kind(MediaKind::Video);
    let empty = pc.add_transceiver(kind, TransceiverInit::default()).expect("a transceiver");
    let report = pc.stats(stage.now);
    assert_eq!(kinds(&report), ["media-source", "peer-connection"]);
    // No stream was negotiated, so there is nothing to select.
    for id in [added, empty] {
        for selector in [StatsSelector::Sender(id), StatsSelector::Receiver(id)] {
            let report = pc.selected_stats(stage.now, &selector).expect("a report");
            assert!(report.entries.is_empty() && report.timestamp > 0.0);
        }
    }
}

fn outbound(report: &StatsReport) -> Vec<&OutboundRtpStats> {
    let entries = report.entries.iter();
    entries
        .filter_map(|(_, value)| match value {
            StatsValue::OutboundRtp(stats) => Some(stats),
            _ => None,
        })
        .collect()
}

/// webrtc-stats, the lifetime of RTP monitored objects, and the stats selection algorithm.
#[test]
fn what_is_sent_is_there_from_negotiation_until_the_transceiver_stops() {
    let mut stage = Stage::new();
    let mic = stage.pcs[A].add_track(track("mic", MediaKind::Audio), &[]).expect("a sender");
    stage.pcs[A].add_track(track("cam", MediaKind::Video), &[]).expect("a sender");
    stage.channel(A);
    stage.run();
    stage.set_local(A);
    stage.run();
    assert!(outbound(&stage.pcs[A].stats(stage.now)).is_empty());
    stage.signal(A, B);
    stage.run();
    stage.set_local(B);
    stage.run();
    stage.signal(B, A);
    stage.run();

    let report = stage.pcs[A].stats(stage.now);
    check(&report);
    let mut sent = outbound(&report);
    sent.sort_by_key(|stats| stats.kind.as_str());
    let [audio, video] = sent[..] else { panic!("{report:?}") };
    assert_ne!(audio.ssrc, video.ssrc);
    assert!(audio.active && audio.mid.as_deref() == Some("0") && audio.encoding_index == 0);
    let codec = |stats: &OutboundRtpStats| match report.get(stats.codec_id.as_deref()?) {
        Some(StatsValue::Codec(codec)) => Some((codec.mime_type.clone(), codec.clock_rate, codec.channels)),
        _ => None,
    };
    assert_eq!(codec(audio), Some(("audio/opus".to_owned(), 48_000, Some(2))));
    assert_eq!(codec(video).map(|(_, rate, channels)| (rate, channels)), Some((90_000, None)));

    let selected = stage.pcs[A].selected_stats(stage.now, &StatsSelector::Track("mic".to_owned()));
    let selected = selected.expect("a report");
    check(&selected);
    assert_eq!(kinds(&selected), ["certificate", "codec", "media-source", "outbound-rtp", "transport"]);
    assert_eq!(
        selected,
        stage.pcs[A].selected_stats(stage.now, &StatsSelector::Sender(mic)).expect("a report")
    );
    // The answerer only receives, and nothing has come.
    assert!(outbound(&stage.pcs[B].stats(stage.now)).is_empty());

    let mut parameters = stage.pcs[A].sender_parameters(mic).expect("parameters");
    parameters.encodings[0].active = false;
    let set = stage.pcs[A].set_parameters(mic, parameters, &SetParameterOptions::default());
    assert!(set.is_ok());
    while stage.pcs[A].run_task(stage.now) {}
    while stage.pcs[A].poll_event().is_some() {}
    let report = stage.pcs[A].selected_stats(stage.now, &StatsSelector::Sender(mic)).expect("a report");
    assert!(!outbound(&report)[0].active);

    stage.pcs[A].stop_transceiver(mic).expect("stopped");
    stage.run();
    assert_eq!(outbound(&stage.pcs[A].stats(stage.now)).len(), 2);
    stage.negotiate(A, B);
    let report = stage.pcs[A].stats(stage.now);
    assert_eq!(outbound(&report).iter().map(|stats| stats.kind).collect::<Vec<_>>(), [MediaKind::Video]);
    stage.pcs[A].close(stage.now);
    assert!(outbound(&stage.pcs[A].stats(stage.now)).is_empty());
}

/// Audio, video and data from a to b, and a message.
fn talk(call: &mut Call) {
    for (id, kind) in [("mic", MediaKind::Audio), ("cam", MediaKind::Video)] {
        call.with(A, |pc, _| pc.add_track(track(id, kind), &[])).expect("a sender");
    }
    let ours = call.with(A, |pc, now| pc.create_data_channel(now, "x", DataChannelInit::default()));
    let ours = ours.expect("a channel");
    call.negotiate(A, B).expect("offer and answer");
    let is_up = |call: &Call| {
        [A, B].iter().all(|index| call.peer(*index).pc.connection_state() == PeerConnectionState::Connected)
            && call.peer(B).incoming().is_some()
    };
    assert!(call.run_until(SOON, is_up), "{:?}\n{:?}", call.peer(A).events, call.peer(B).events);
    let payload = Payload { text: false, bytes: Bytes::from(vec![7; 50_000]) };
    call.with(A, |pc, now| pc.channel_send(now, ours, payload)).expect("sent");
    assert!(call.run_until(SOON, |call| call.peer(B).messages().len() == 1));
}

#[test]
fn a_peer_that_bundles_leaves_one_transport_and_one_socket() {
    let mut call = Call::new();
    talk(&mut call);
    for index in [A, B] {
        assert_eq!(call.network.host(call.ids[index]).open_sockets(), 1);
        let report = call.with(index, |pc, now| pc.stats(now));
        check(&report);
        assert_eq!(transports(&report).len(), 1);
    }
}

/// Without BUNDLE each m-section has its transport, which counts for itself.
#[test]
fn a_peer_that_does_not_bundle_has_a_transport_for_each_section() {
    let mut call = Call::new();
    call.munge = |sdp| {
        let lines = sdp.lines().filter(|line| !line.starts_with("a=group:BUNDLE"));
        lines.map(|line| format!("{line}\r\n")).collect()
    };
    talk(&mut call);
    for index in [A, B] {
        let report = call.with(index, |pc, now| pc.stats(now));
        check(&report);
        let transports = transports(&report);
        assert_eq!(transports.len(), 3);
        let of_data = transports.iter().filter(|stats| stats.bytes_sent + stats.bytes_received > 50_000);
        assert_eq!(of_data.count(), 1, "{transports:?}");
        for transport in &transports {
            assert_eq!(transport.dtls_state, peer::DtlsTransportState::Connected);
            assert!(transport.remote_certificate_id.is_some());
            assert_eq!(selected(&report, transport).bytes_sent, transport.bytes_sent);
        }
        let certificates = kinds(&report).into_iter().filter(|kind| *kind == "certificate").count();
        assert_eq!(certificates, 2);
    }
    // Each stream is on a transport of its own.
    let report = call.with(A, |pc, now| pc.stats(now));
    let streams: BTreeSet<_> = outbound(&report).iter().map(|stats| stats.transport_id.clone()).collect();
    assert_eq!(streams.len(), 2);
}
