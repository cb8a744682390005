//! A second DTLS association on a transport (RFC 8842, section 3.1): the first ends, and nothing of the one reaches the
//! other.

mod support;

use std::time::Duration;

use session::{ChannelError, Event, SctpState};
use sim::LinkConfig;
use support::{ONE, Pair, Peer, labelled, text};

/// What DTLS and SCTP went through.
fn states(peer: &Peer) -> Vec<String> {
    let state = |event: &Event| match event {
        Event::DtlsState(_, state) => Some(format!("dtls {state:?}")),
        Event::SctpState(state) => Some(format!("sctp {state:?}")),
        Event::DtlsFailed(_, cause) => Some(format!("dtls failed: {cause:?}")),
        _ => None,
    };
    peer.log.iter().filter_map(state).collect()
}

const ONCE: [&str; 4] = ["dtls Connecting", "dtls Connected", "sctp Connecting", "sctp Connected"];

fn twice() -> Vec<&'static str> {
    [&ONCE[..], &["sctp Closed", "dtls New"], &ONCE[..]].concat()
}

#[test]
fn somebody_else_takes_over_and_the_one_before_is_told() {
    let mut pair = Pair::connected(1, LinkConfig::default());
    let (ours, theirs) = pair.open_both(pair.a, labelled("first"));
    let former = pair.hand_over(LinkConfig::default());
    pair.apply();
    let local = Some(Some(ChannelError::Association(sctp::CloseCause::Local)));
    assert_eq!(pair.peer(pair.a).closed(ours), local);
    assert!(pair.run(10, |a, b| a.is_connected() && b.is_connected()), "{}", pair.describe());
    assert_eq!(states(pair.peer(pair.a)), twice());
    assert_eq!(states(pair.peer(pair.b)), ONCE);

    let (ours, theirs_too) = pair.open_both(pair.a, labelled("second"));
    pair.send(pair.a, ours, text("hello")).unwrap();
    assert!(pair.run(5, |_, b| b.received(theirs_too) == 1), "{}", pair.describe());
    let certificate = pair.peer(pair.a).session.remote_certificate(ONE).unwrap();
    let fingerprint = dtls::Fingerprint::of(dtls::HashAlgorithm::Sha256, certificate);
    assert_eq!(pair.transport(0).dtls.as_ref().unwrap().fingerprints, [fingerprint]);

    let former = pair.peer(former);
    let abort = Some(Some(ChannelError::Association(sctp::CloseCause::PeerAbort)));
    assert_eq!(former.closed(theirs), abort);
    assert_eq!(states(former), [&ONCE[..], &["sctp Closed", "dtls Closed"]].concat());
}

#[test]
fn the_same_peer_begins_anew_with_a_restart_of_both() {
    let mut pair = Pair::connected(2, LinkConfig::default());
    let (ours, theirs) = pair.open_both(pair.a, labelled("first"));
    pair.association = 1;
    pair.restart_ice();
    assert!(pair.peer(pair.a).closed(ours).is_some() && pair.peer(pair.b).closed(theirs).is_some());
    assert!(pair.run(10, |a, b| a.is_connected() && b.is_connected()), "{}", pair.describe());
    for id in [pair.a, pair.b] {
        assert_eq!(states(pair.peer(id)), twice());
    }
    let (ours, theirs) = pair.open_both(pair.b, labelled("second"));
    pair.send(pair.b, ours, text("hello")).unwrap();
    assert!(pair.run(5, |a, _| a.received(theirs) == 1), "{}", pair.describe());
}

/// Both sides had closed what was there, which is no end for good.
#[test]
fn an_association_that_was_closed_is_followed_by_another() {
    let mut pair = Pair::connected(3, LinkConfig::default());
    let former = pair.b;
    pair.network.with(former, |peer, now| peer.session.close(now));
    pair.run_for(Duration::from_secs(1));
    assert_eq!(pair.peer(pair.a).session.stats().sctp, Some(SctpState::Closed));
    pair.hand_over(LinkConfig::default());
    let waiting = pair.open(pair.a, labelled("too early"));
    assert!(pair.peer(pair.a).closed(waiting).is_some());
    pair.apply();
    let second = pair.open(pair.a, labelled("second"));
    assert!(pair.run(10, |a, b| a.is_open(second) && b.incoming().len() == 1), "{}", pair.describe());
}

#[test]
fn another_certificate_than_the_new_one_s_never_connects() {
    let mut pair = Pair::connected(4, LinkConfig::default());
    let first = pair.transport(0).dtls.clone().unwrap().fingerprints;
    pair.hand_over(LinkConfig::default());
    // The certificate of the first peer is none of the second.
    pair.transport(0).dtls.as_mut().unwrap().fingerprints = first;
    pair.apply();
    let channel = pair.open(pair.a, labelled("never"));
    pair.run_for(Duration::from_secs(60));
    let end =
        ["sctp Closed", "dtls New", "dtls Connecting", "dtls failed: FingerprintMismatch", "dtls Failed"];
    assert_eq!(states(pair.peer(pair.a)), [&ONCE[..], &end].concat());
    assert!(pair.peer(pair.a).incoming().is_empty() && !pair.peer(pair.a).is_open(channel));
}

/// Whatever the first peer still says comes on a path that proves nothing any more.
#[test]
fn nothing_of_the_first_is_delivered_after() {
    let slow = LinkConfig { delay: Duration::from_millis(100), ..LinkConfig::default() };
    let mut pair = Pair::connected(5, slow);
    let (_, theirs) = pair.open_both(pair.a, labelled("first"));
    let former = pair.b;
    for n in 0..20 {
        pair.send(former, theirs, text(&format!("late {n}"))).unwrap();
    }
    // They are under way when the other takes over.
    pair.hand_over(LinkConfig::default());
    pair.apply();
    let before = pair.peer(pair.a).session.counters();
    assert!(pair.run(10, |a, b| a.is_connected() && b.is_connected()), "{}", pair.describe());
    pair.run_for(Duration::from_secs(5));
    let a = pair.peer(pair.a);
    assert_eq!(a.messages.values().map(std::collections::VecDeque::len).sum::<usize>(), 0);
    assert!(a.session.counters().dropped_unvalidated > before.dropped_unvalidated);
    assert!(a.is_connected());
}

#[test]
fn without_a_way_to_the_next_one_nothing_is_sent_to_the_last() {
    let mut pair = Pair::connected(6, LinkConfig::default());
    let former = pair.hand_over(LinkConfig { loss: 1.0, ..LinkConfig::default() });
    pair.apply();
    pair.run_for(Duration::from_secs(1));
    let agent = pair.peer(pair.a).session.ice(ONE).unwrap();
    assert_eq!((agent.send_path(), agent.state()), (None, ice::TransportState::Checking));
    let received = pair.peer(former).session.counters().dtls_received;
    pair.run_for(Duration::from_secs(60));
    assert_eq!(pair.peer(former).session.counters().dtls_received, received);
    assert_eq!(pair.peer(pair.a).session.ice(ONE).unwrap().state(), ice::TransportState::Failed);
}
