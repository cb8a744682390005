//! Bundle policies, and peers that bundle otherwise, on a simulated network.

mod stage;

use std::collections::BTreeSet;
use std::time::Duration;

use peer::{
    BundlePolicy, ChannelEvent, Configuration, DataChannelInit, DtlsTransportState, ErrorName, Event,
    IceConnectionState, IceTransportState, MediaKind, OfferOptions, Outcome, PeerConnectionState, SdpType,
    SessionDescriptionInit, TrackOrKind, TransceiverInit, TransportId,
};
use stage::network::Call;
use stage::{A, B};

const SOON: Duration = Duration::from_secs(10);

/// A call with audio, video and data on the offerer's side.
fn call(bundle_policy: BundlePolicy) -> Call {
    let mut call = Call::with_configuration(&Configuration { bundle_policy, ..Configuration::default() });
    for kind in [MediaKind::Audio, MediaKind::Video] {
        add_transceiver(&mut call, A, kind);
    }
    call.with(A, |pc, now| pc.create_data_channel(now, "chat", DataChannelInit::default()))
        .expect("a channel");
    call
}

fn add_transceiver(call: &mut Call, index: usize, kind: MediaKind) {
    call.with(index, |pc, _| pc.add_transceiver(TrackOrKind::Kind(kind), TransceiverInit::default()))
        .expect("a transceiver");
}

/// The transports of the transceivers and of SCTP, in order.
fn transports(call: &Call, index: usize) -> Vec<TransportId> {
    let pc = &call.peer(index).pc;
    let of = |id| pc.transceiver(id).and_then(|view| view.sender.transport);
    let media = pc.transceivers().into_iter().filter_map(of);
    media.chain(pc.sctp().map(|sctp| sctp.transport)).collect()
}

fn count(transports: &[TransportId]) -> usize {
    transports.iter().collect::<BTreeSet<_>>().len()
}

fn is_connected(call: &Call) -> bool {
    [A, B].iter().all(|&index| call.peer(index).pc.connection_state() == PeerConnectionState::Connected)
}

fn is_open(call: &Call) -> bool {
    call.peer(A).events.iter().any(|event| matches!(event, Event::Channel(_, ChannelEvent::Open)))
        && call.peer(B).incoming().is_some()
}

fn without_bundle(sdp: String) -> String {
    sdp.lines().filter(|line| !line.starts_with("a=group:")).map(|line| format!("{line}\r\n")).collect()
}

#[test]
fn every_policy_bundles_with_a_peer_that_does() {
    for (policy, offered) in
        [(BundlePolicy::Balanced, 3), (BundlePolicy::MaxCompat, 3), (BundlePolicy::MaxBundle, 1)]
    {
        let mut call = call(policy);
        call.settle(A, |pc, now| pc.set_local_description(now, None)).expect("an offer");
        let before = transports(&call, A);
        assert_eq!(count(&before), offered, "{policy:?}");
        call.negotiate(A, B).expect("offer and answer");
        for index in [A, B] {
            assert_eq!(count(&transports(&call, index)), 1, "{policy:?}");
        }
        assert_eq!(transports(&call, A)[0], before[0], "the first is the one that is kept");
        assert!(call.run_until(SOON, |call| is_connected(call) && is_open(call)), "{policy:?}");
        // Those that are bundled away are closed, and their sockets with them.
        let pc = &call.peer(A).pc;
        for id in before.into_iter().filter(|id| *id != transports(&call, A)[0]) {
            assert_eq!(pc.dtls_transport(id).expect("it is readable").state, DtlsTransportState::Closed);
            assert_eq!(pc.ice_transport(id).expect("it is readable").state, IceTransportState::Closed);
        }
        assert_eq!(pc.session().transports().count(), 1);
    }
}

#[test]
fn a_policy_says_what_is_for_the_bundle_only() {
    let bundle_only = |policy: BundlePolicy| {
        let mut call = call(policy);
        add_transceiver(&mut call, A, MediaKind::Audio);
        let created = call.settle(A, |pc, now| pc.create_offer(now, OfferOptions::default()));
        let Ok(Outcome::Description(offer)) = created else { panic!("{created:?}") };
        let sections: Vec<String> = offer.sdp.split("\r\nm=").skip(1).map(str::to_owned).collect();
        sections.iter().map(|section| section.contains("a=bundle-only")).collect::<Vec<_>>()
    };
    // Audio, video, audio, data.
    assert_eq!(bundle_only(BundlePolicy::Balanced), [false, false, true, false]);
    assert_eq!(bundle_only(BundlePolicy::MaxCompat), [false; 4]);
    assert_eq!(bundle_only(BundlePolicy::MaxBundle), [false, true, true, true]);
}

/// Where one m-section describes the transport of others, the fingerprint of those stands before them all: browsers
/// reject m-sections without one, or crash.
#[test]
fn every_m_section_has_a_fingerprint() {
    let parts =
        |sdp: &str| sdp.split("\r\nm=").map(|part| part.contains("\r\na=fingerprint:")).collect::<Vec<_>>();
    let offer = |call: &mut Call| {
        let created = call.settle(A, |pc, now| pc.create_offer(now, OfferOptions::default()));
        let Ok(Outcome::Description(offer)) = created else { panic!("{created:?}") };
        parts(&offer.sdp)
    };
    // The session, audio, video, data.
    assert_eq!(offer(&mut call(BundlePolicy::MaxBundle)), [true, true, false, false]);
    let mut call = call(BundlePolicy::Balanced);
    assert_eq!(offer(&mut call), [false, true, true, true], "each has its own");
    call.negotiate(A, B).expect("offer and answer");
    let answer = call.peer(B).pc.local_description().expect("an answer");
    assert_eq!(parts(&answer.sdp), [true, true, false, false]);
    assert!(call.run_until(SOON, |call| is_connected(call) && is_open(call)));
    add_transceiver(&mut call, A, MediaKind::Video);
    assert_eq!(offer(&mut call), [true, true, false, false, false]);
    call.negotiate(A, B).expect("offer and answer");
    assert!(is_connected(&call));
}

/// Firefox rejects an offer without these for an m-section that is bundled already.
#[test]
fn the_only_transport_is_described_for_all_m_sections() {
    let mut call = call(BundlePolicy::Balanced);
    call.negotiate(A, B).expect("offer and answer");
    assert!(call.run_until(SOON, |call| is_connected(call) && is_open(call)));
    let created = call.settle(A, |pc, now| pc.create_offer(now, OfferOptions::default()));
    let Ok(Outcome::Description(offer)) = created else { panic!("{created:?}") };
    let parts: Vec<&str> = offer.sdp.split("\r\nm=").collect();
    let line = |part: &str, name: &str| part.lines().find(|line| line.starts_with(name)).map(str::to_owned);
    for name in ["a=ice-ufrag:", "a=ice-pwd:", "a=setup:"] {
        let session = line(parts[0], name);
        assert!(session.is_some() && session == line(parts[1], name), "{name} {}", offer.sdp);
    }
}

#[test]
fn a_peer_that_does_not_bundle_gets_a_transport_for_each() {
    let mut call = call(BundlePolicy::Balanced);
    call.munge = without_bundle;
    call.negotiate(A, B).expect("offer and answer");
    for index in [A, B] {
        assert_eq!(count(&transports(&call, index)), 3);
    }
    assert!(call.run_until(SOON, |call| is_connected(call) && is_open(call)));
    // An ICE restart restarts them all, and nothing is bundled now either.
    let before: Vec<_> = parameters(&call);
    call.with(A, |pc, _| pc.restart_ice());
    call.negotiate(A, B).expect("offer and answer");
    let after: Vec<_> = parameters(&call);
    assert!(before.iter().zip(&after).all(|(before, after)| before != after), "{before:?} {after:?}");
    let is_up = |call: &Call| {
        let pc = &call.peer(A).pc;
        pc.ice_connection_state() == IceConnectionState::Completed && is_connected(call)
    };
    assert!(call.run_until(SOON, is_up));
    assert_eq!(count(&transports(&call, A)), 3);
}

/// The values of one attribute in every m-section.
fn values(sdp: &str, name: &str) -> Vec<Vec<String>> {
    let of = |section: &str| {
        section.lines().filter_map(|line| line.strip_prefix(name)).map(str::to_owned).collect()
    };
    sdp.split("\r\nm=").skip(1).map(of).collect()
}

/// Firefox takes other credentials of an m-section for a restart, although it is bundling that changed its transport.
#[test]
fn the_transports_of_an_offer_share_credentials_and_have_their_own_candidates() {
    let mut call = call(BundlePolicy::MaxCompat);
    call.settle(A, |pc, now| pc.set_local_description(now, None)).expect("an offer");
    call.network.run_for(Duration::from_millis(100));
    let offer = call.peer(A).pc.local_description().expect("an offer").sdp.clone();
    let ufrags = values(&offer, "a=ice-ufrag:");
    assert_eq!((ufrags.len(), ufrags.iter().flatten().collect::<BTreeSet<_>>().len()), (3, 1), "{offer}");
    let candidates = values(&offer, "a=candidate:");
    assert!(candidates.iter().all(|section| section.len() == 2), "over UDP and TCP: {offer}");
    let over_udp = candidates.iter().flatten().filter(|candidate| candidate.contains(" udp "));
    assert_eq!(over_udp.collect::<BTreeSet<_>>().len(), 3, "each has a socket");
    // What comes on top has those that stand, and a restart new ones for all.
    call.negotiate(A, B).expect("offer and answer");
    let next = |call: &mut Call, ice_restart| {
        let options = OfferOptions { ice_restart, ..OfferOptions::default() };
        match call.settle(A, |pc, now| pc.create_offer(now, options)) {
            Ok(Outcome::Description(offer)) => values(&offer.sdp, "a=ice-ufrag:").concat(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(next(&mut call, false), ufrags[0]);
    assert_ne!(next(&mut call, true), ufrags[0]);
}

#[test]
fn a_description_has_at_most_64_transports() {
    let mut call = Call::with_configuration(&Configuration {
        bundle_policy: BundlePolicy::MaxCompat,
        ..Configuration::default()
    });
    for _ in 0..65 {
        add_transceiver(&mut call, A, MediaKind::Audio);
    }
    call.settle(A, |pc, now| pc.set_local_description(now, None)).expect("an offer");
    let offer = call.peer(A).pc.local_description().expect("an offer").sdp.clone();
    let own = values(&offer, "a=ice-ufrag:").iter().filter(|section| !section.is_empty()).count();
    assert_eq!((own, offer.matches("a=bundle-only").count()), (64, 1));
    let init = |sdp: String| SessionDescriptionInit { kind: Some(SdpType::Offer), sdp };
    // Of 64 without a bundle, and of one more that has an address, too.
    let unbundled = without_bundle(offer);
    let sections: Vec<&str> = unbundled.split("m=audio").collect();
    let more = format!("{unbundled}m=audio{}", sections[1].replace("a=mid:0", "a=mid:more"));
    let error = call.settle(B, |pc, now| pc.set_remote_description(now, init(more))).expect_err("too many");
    assert_eq!(error.name, ErrorName::OperationError);
    call.settle(B, |pc, now| pc.set_remote_description(now, init(unbundled))).expect("64");
}

/// What restartIce() asks for is left to do where the peer has restarted some of the transports only.
#[test]
fn a_partial_restart_of_the_peer_leaves_the_rest_to_an_offer_of_ours() {
    let mut call = call(BundlePolicy::Balanced);
    call.munge = without_bundle;
    call.negotiate(A, B).expect("offer and answer");
    let ufrags = |call: &Call, index: usize| {
        let sdp = &call.peer(index).pc.local_description().expect("a description").sdp;
        (values(sdp, "a=ice-ufrag:").concat(), values(sdp, "a=ice-pwd:").concat())
    };
    let (ours, _) = ufrags(&call, A);
    let (old_ufrags, old_pwds) = ufrags(&call, B);
    call.with(A, |pc, _| pc.restart_ice());
    call.with(B, |pc, _| pc.restart_ice());
    call.settle(B, |pc, now| pc.set_local_description(now, None)).expect("an offer");
    let offer = call.peer(B).pc.local_description().expect("an offer").sdp.clone();
    let (new_ufrags, new_pwds) = ufrags(&call, B);
    // The first m-section is as it was.
    let offer = offer.replacen(&new_ufrags[0], &old_ufrags[0], 1).replacen(&new_pwds[0], &old_pwds[0], 1);
    let init = SessionDescriptionInit { kind: Some(SdpType::Offer), sdp: without_bundle(offer) };
    call.settle(A, |pc, now| pc.set_remote_description(now, init)).expect("set");
    call.network.with(call.ids[A], |peer, _| peer.events.clear());
    call.settle(A, |pc, now| pc.set_local_description(now, None)).expect("an answer");
    let (answered, _) = ufrags(&call, A);
    assert_eq!((answered.len(), &answered[0]), (3, &ours[0]));
    assert!(answered[1] != ours[1] && answered[2] != ours[2]);
    call.network.run_for(Duration::from_millis(10));
    assert!(call.peer(A).saw(&Event::NegotiationNeeded));
    call.settle(A, |pc, now| pc.set_local_description(now, None)).expect("an offer");
    let (offered, _) = ufrags(&call, A);
    assert!(offered[0] != ours[0], "{offered:?}");
    assert_eq!(offered[1..], answered[1..], "what has restarted stays");
}

/// The username fragments of the offerer's transports.
fn parameters(call: &Call) -> Vec<String> {
    let pc = &call.peer(A).pc;
    let of = |id| pc.ice_transport(id).and_then(|view| view.local_parameters);
    transports(call, A).into_iter().filter_map(of).map(|local| local.username_fragment).collect()
}

#[test]
fn max_bundle_takes_the_first_m_section_of_a_peer_that_does_not_bundle() {
    let mut call = call(BundlePolicy::MaxCompat);
    let created = call.settle(A, |pc, now| pc.create_offer(now, OfferOptions::default()));
    let Ok(Outcome::Description(offer)) = created else { panic!("{created:?}") };
    let configuration = Configuration { bundle_policy: BundlePolicy::MaxBundle, ..Configuration::default() };
    let mut bundling = Call::with_configuration(&configuration);
    let init = SessionDescriptionInit { kind: Some(SdpType::Offer), sdp: without_bundle(offer.sdp) };
    bundling.settle(B, |pc, now| pc.set_remote_description(now, init)).expect("an offer");
    bundling.settle(B, |pc, now| pc.set_local_description(now, None)).expect("an answer");
    let answer = bundling.peer(B).pc.local_description().expect("an answer").sdp.clone();
    let is_rejected = |section: &str| section.split(' ').nth(1) == Some("0");
    let rejected: Vec<bool> = answer.split("\r\nm=").skip(1).map(is_rejected).collect();
    assert_eq!(rejected, [false, true, true], "{answer}");
    assert_eq!(bundling.peer(B).pc.transceivers().len(), 1);
}

#[test]
fn of_max_bundle_a_peer_that_does_not_bundle_takes_the_first_m_section() {
    let mut call = call(BundlePolicy::MaxBundle);
    call.munge = without_bundle;
    call.negotiate(A, B).expect("offer and answer");
    for index in [A, B] {
        let pc = &call.peer(index).pc;
        assert_eq!((pc.transceivers().len(), pc.sctp()), (1, None));
    }
    assert!(call.run_until(SOON, is_connected));
}

#[test]
fn the_transport_goes_on_when_its_first_m_section_is_stopped() {
    let mut call = call(BundlePolicy::Balanced);
    call.negotiate(A, B).expect("offer and answer");
    assert!(call.run_until(SOON, |call| is_connected(call) && is_open(call)));
    let first = transports(&call, A)[0];
    let audio = call.peer(A).pc.transceivers()[0];
    call.with(A, |pc, _| pc.stop_transceiver(audio)).expect("it can");
    call.negotiate(A, B).expect("offer and answer");
    assert_eq!(transports(&call, A), [first, first]);
    let pc = &call.peer(A).pc;
    assert_eq!(pc.dtls_transport(first).expect("the transport").state, DtlsTransportState::Connected);
    assert_eq!(pc.connection_state(), PeerConnectionState::Connected);
    // And when the offer comes from the other side.
    add_transceiver(&mut call, B, MediaKind::Audio);
    call.negotiate(B, A).expect("offer and answer");
    assert_eq!(transports(&call, A), [first, first, first]);
    call.network.run_for(Duration::from_secs(40));
    assert!(is_connected(&call), "consent is still given");
}

#[test]
fn a_rolled_back_offer_leaves_no_transport_behind() {
    let mut call = call(BundlePolicy::MaxCompat);
    call.settle(A, |pc, now| pc.set_local_description(now, None)).expect("an offer");
    call.network.run_for(Duration::from_secs(1));
    assert_eq!(call.peer(A).pc.session().transports().count(), 3);
    let before = transports(&call, A);
    let rollback = SessionDescriptionInit::from(SdpType::Rollback);
    call.settle(A, |pc, now| pc.set_local_description(now, Some(rollback))).expect("rolled back");
    call.network.run_for(Duration::from_secs(1));
    let pc = &call.peer(A).pc;
    assert_eq!(pc.session().transports().count(), 0);
    for id in before {
        assert_eq!(pc.ice_transport(id).expect("it is readable").state, IceTransportState::Closed);
    }
    // The next offer is a new beginning.
    call.network.with(call.ids[A], |peer, _| peer.outbox.clear());
    call.negotiate(A, B).expect("offer and answer");
    assert!(call.run_until(SOON, |call| is_connected(call) && is_open(call)));
}

#[test]
fn the_application_sees_the_pair_and_the_candidates_of_a_transport() {
    let mut call = call(BundlePolicy::Balanced);
    call.negotiate(A, B).expect("offer and answer");
    assert!(call.run_until(SOON, is_connected));
    let id = transports(&call, A)[0];
    let view = call.peer(A).pc.ice_transport(id).expect("the transport");
    let pair = view.selected_candidate_pair.expect("a pair");
    assert!(view.local_candidates.iter().any(|candidate| candidate.fields == pair.local.fields));
    assert_eq!(view.role.as_str(), "controlling");
    assert!(!view.remote_candidates.is_empty());
    assert_eq!(pair.local.sdp_mid.as_deref(), Some("0"));
    let theirs = call.peer(B).pc.ice_transport(transports(&call, B)[0]).expect("the transport");
    assert_eq!(theirs.local_parameters, view.remote_parameters);
    let dtls = call.peer(A).pc.dtls_transport(id).expect("the transport");
    assert_eq!(dtls.remote_certificates.len(), 1);
}
