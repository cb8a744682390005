//! From two plans to an association, and back to nothing.

mod support;

use std::time::Duration;

use session::{ChannelError, ChannelInit, Event, SctpState};
use sim::LinkConfig;
use support::{ONE, Pair, labelled, text};

/// The names of the events that are not about channels, in order.
fn states(log: &[Event]) -> Vec<String> {
    let about_states = |event: &&Event| {
        matches!(
            event,
            Event::DtlsState(..) | Event::DtlsFailed(..) | Event::SctpState(_) | Event::SctpConnected { .. }
        )
    };
    log.iter().filter(about_states).map(|event| format!("{event:?}")).collect()
}

#[test]
fn every_layer_comes_up_in_its_order() {
    let mut pair = Pair::new(1, LinkConfig::default());
    let early = pair.open(pair.a, labelled("early"));
    assert_eq!(pair.peer(pair.a).session.channel(early).unwrap().id, None);
    pair.apply();
    // The role is known, so the identifier is: a is the DTLS server.
    assert_eq!(pair.peer(pair.a).session.channel(early).unwrap().id, Some(1));
    assert!(pair.run(10, |a, b| a.is_open(early) && b.incoming().len() == 1), "{}", pair.describe());
    for id in [pair.a, pair.b] {
        assert_eq!(
            states(&pair.peer(id).log),
            [
                "DtlsState(TransportId(0), Connecting)",
                "DtlsState(TransportId(0), Connected)",
                "SctpState(Connecting)",
                "SctpState(Connected)",
                "SctpConnected { max_channels: 65535 }",
            ]
        );
    }
    assert!(pair.peer(pair.a).session.remote_certificate(ONE).is_some());
    assert!(pair.network.now() - pair.network.clock().now() < Duration::from_secs(1));
}

#[test]
fn a_plan_that_stands_changes_nothing() {
    let mut pair = Pair::connected(2, LinkConfig::default());
    let key = pair.open_both(pair.a, labelled("x")).0;
    let (log, plan) = (pair.peer(pair.a).log.len(), pair.plans[0].clone());
    let ice = pair.peer(pair.a).ice.len();
    pair.network.with(pair.a, |peer, now| peer.session.apply(now, plan));
    pair.run_for(Duration::from_secs(2));
    assert_eq!((pair.peer(pair.a).log.len(), pair.peer(pair.a).ice.len()), (log, ice));
    assert!(pair.send(pair.a, key, text("still there")).is_ok());
}

#[test]
fn hostile_links_only_delay() {
    for seed in 10..14 {
        let pair = Pair::connected(seed, LinkConfig::hostile(0.3));
        assert!(pair.peer(pair.a).is_connected());
    }
}

#[test]
fn what_comes_before_the_fingerprints_waits_and_reaches_no_dtls() {
    let mut pair = Pair::new(3, LinkConfig::default());
    // a, the DTLS server, has the peer's ICE credentials before its fingerprints.
    let dtls = pair.transport(0).dtls.take();
    pair.apply();
    pair.run_for(Duration::from_secs(5));
    let counters = pair.peer(pair.a).session.counters();
    assert_eq!(counters.dtls_received, 0);
    assert!(counters.dropped_early_dtls > 0, "{}", pair.describe());
    assert!(pair.peer(pair.a).session.dtls(ONE).is_none());
    assert_eq!(pair.peer(pair.a).data_sent, 0);

    pair.transport(0).dtls = dtls;
    pair.apply();
    assert!(pair.run(30, |a, b| a.is_connected() && b.is_connected()), "{}", pair.describe());
}

#[test]
fn another_certificate_never_connects() {
    for cheated in [0, 1] {
        let mut pair = Pair::new(4, LinkConfig::default());
        let wrong = dtls::Fingerprint::of(dtls::HashAlgorithm::Sha256, b"another certificate");
        pair.transport(cheated).dtls.as_mut().unwrap().fingerprints = vec![wrong];
        let channel = pair.open(pair.a, labelled("never"));
        pair.apply();
        pair.run_for(Duration::from_secs(60));
        let id = [pair.a, pair.b][cheated];
        let log = states(&pair.peer(id).log);
        assert_eq!(
            log,
            [
                "DtlsState(TransportId(0), Connecting)",
                "DtlsFailed(TransportId(0), FingerprintMismatch)",
                "DtlsState(TransportId(0), Failed)"
            ],
            "{}",
            pair.describe()
        );
        assert_eq!(pair.peer(id).session.stats().sctp, None);
        let other = [pair.b, pair.a][cheated];
        let log = states(&pair.peer(other).log);
        assert!(log.contains(&"DtlsFailed(TransportId(0), PeerAlert)".to_owned()), "{log:?}");
        for id in [pair.a, pair.b] {
            let log = states(&pair.peer(id).log);
            assert!(!log.contains(&"SctpState(Connected)".to_owned()), "{log:?}");
            assert!(!pair.peer(id).is_open(channel));
        }
        assert!(matches!(
            pair.peer(pair.a).closed(channel),
            Some(Some(ChannelError::DtlsFailed(_) | ChannelError::DtlsClosed))
        ));
    }
}

#[test]
fn another_fingerprint_ends_a_connection_that_stands() {
    let mut pair = Pair::connected(4, LinkConfig::default());
    let (ours, theirs) = pair.open_both(pair.a, labelled("x"));
    let mut plan = pair.plans[0].clone();
    let wrong = dtls::Fingerprint::of(dtls::HashAlgorithm::Sha256, b"another certificate");
    plan.transports.get_mut(&ONE).unwrap().dtls.as_mut().unwrap().fingerprints = vec![wrong];
    pair.network.with(pair.a, |peer, now| peer.session.apply(now, plan));
    pair.run_for(Duration::from_secs(1));
    let mismatch = ChannelError::DtlsFailed(dtls::FailureCause::FingerprintMismatch);
    assert_eq!(pair.peer(pair.a).closed(ours), Some(Some(mismatch)));
    assert_eq!(pair.peer(pair.b).closed(theirs), Some(Some(ChannelError::DtlsClosed)));
    assert_eq!(pair.peer(pair.a).session.stats().sctp, Some(SctpState::Closed));
    // The old fingerprint brings nothing back.
    let plan = pair.plans[0].clone();
    pair.network.with(pair.a, |peer, now| peer.session.apply(now, plan));
    pair.run_for(Duration::from_secs(10));
    assert!(!pair.peer(pair.a).is_connected());
}

#[test]
fn no_fingerprint_matches_nothing() {
    let mut pair = Pair::new(5, LinkConfig::default());
    pair.transport(0).dtls.as_mut().unwrap().fingerprints.clear();
    pair.apply();
    pair.run_for(Duration::from_secs(60));
    assert!(!pair.peer(pair.a).is_connected() && !pair.peer(pair.b).is_connected());
}

#[test]
fn only_authenticated_paths_are_looked_at() {
    let mut pair = Pair::connected(6, LinkConfig::default());
    pair.run_for(Duration::from_secs(3));
    let to = pair.peer(pair.b).candidates[&ONE][0].address;
    let before = pair.peer(pair.b).session.counters();
    let mut record = vec![22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 40];
    record.extend([1; 40]);
    for port in 1..=100 {
        pair.network.inject(pair.a, ([203, 0, 113, 9], port).into(), to, &record);
        pair.network.inject(pair.a, ([203, 0, 113, 9], port).into(), to, &[200, 0, 0]);
    }
    pair.run_for(Duration::from_secs(1));
    let after = pair.peer(pair.b).session.counters();
    assert_eq!(after.dropped_unvalidated - before.dropped_unvalidated, 100);
    assert_eq!(after.dropped_unknown - before.dropped_unknown, 100);
    assert_eq!(after.dtls_received, before.dtls_received);
}

#[test]
fn closing_tells_the_peer_and_leaves_nothing() {
    let mut pair = Pair::connected(7, LinkConfig::default());
    let (ours, theirs) = pair.open_both(pair.a, labelled("x"));
    pair.network.with(pair.a, |peer, now| peer.session.close(now));
    let a = pair.peer(pair.a);
    assert!(a.session.is_closed() && a.session.is_drained());
    assert_eq!(a.session.poll_timeout(), None);
    assert_eq!(pair.network.host(pair.a).open_sockets(), 0);
    assert_eq!(a.closed(ours), Some(Some(ChannelError::SessionClosed)));

    assert!(pair.run(1, |_, b| b.closed(theirs).is_some()), "{}", pair.describe());
    let b = pair.peer(pair.b);
    let error = ChannelError::Association(sctp::CloseCause::PeerAbort);
    assert_eq!(b.closed(theirs), Some(Some(error)));
    pair.run_for(Duration::from_secs(1));
    let log = states(&pair.peer(pair.b).log);
    assert!(
        log.ends_with(&["SctpState(Closed)".to_owned(), "DtlsState(TransportId(0), Closed)".to_owned()]),
        "{log:?}"
    );
    let late = pair.open(pair.b, ChannelInit::default());
    assert_eq!(pair.peer(pair.b).closed(late), Some(Some(error)));

    // What still comes is counted, and does nothing.
    let counters = pair.peer(pair.a).session.counters();
    let path = base::Path { socket: base::SocketId(0), remote: ([10, 0, 0, 2], 1).into() };
    pair.network.with(pair.a, |peer, now| peer.session.handle_datagram(now, path, &[22; 100]));
    assert_eq!(pair.peer(pair.a).session.counters().dropped_closed, counters.dropped_closed + 1);
}

#[test]
fn a_session_without_a_plan_closes_at_once() {
    let mut pair = Pair::new(8, LinkConfig::default());
    pair.network.with(pair.a, |peer, now| peer.session.close(now));
    assert!(pair.peer(pair.a).session.is_drained());
    assert_eq!(pair.network.host(pair.a).open_sockets(), 0);
    pair.apply();
    pair.run_for(Duration::from_secs(3));
    assert_eq!(pair.peer(pair.a).session.stats().sctp, None);
    assert_eq!(pair.peer(pair.a).session.poll_timeout(), None);
}

#[test]
fn an_ice_restart_does_not_touch_what_is_above() {
    let mut pair = Pair::connected(9, LinkConfig::default());
    let (ours, theirs) = pair.open_both(pair.a, labelled("x"));
    let log = states(&pair.peer(pair.a).log);
    pair.restart_ice();
    for number in 0..100 {
        pair.send(pair.a, ours, text(&number.to_string())).unwrap();
        pair.run_for(Duration::from_millis(50));
    }
    assert!(pair.run(10, |_, b| b.received(theirs) == 100), "{}", pair.describe());
    assert_eq!(states(&pair.peer(pair.a).log), log);
    assert_eq!(pair.peer(pair.a).closed(ours), None);
    assert_eq!(pair.peer(pair.a).session.stats().sctp, Some(SctpState::Connected));
}

#[test]
fn a_peer_that_vanishes_is_noticed_and_closing_does_not_wait_for_it() {
    let mut pair = Pair::connected(20, LinkConfig::default());
    let (ours, _) = pair.open_both(pair.a, labelled("x"));
    let theirs = pair.open_both(pair.b, labelled("y")).0;
    pair.network.unlink(pair.a, pair.b);
    pair.send(pair.a, ours, text("to nobody")).unwrap();
    pair.run_for(Duration::from_secs(60));
    let state = |pair: &Pair| pair.peer(pair.a).session.ice(ONE).unwrap().state();
    assert_eq!(state(&pair), ice::TransportState::Failed, "{}", pair.describe());
    // An ICE restart could still bring the peer back, so the channel waits, but not for ever.
    assert_eq!(pair.peer(pair.a).closed(ours), None);
    assert!(pair.run(600, |a, _| a.closed(ours).is_some()), "{}", pair.describe());
    let error = ChannelError::Association(sctp::CloseCause::Timeout);
    assert_eq!(pair.peer(pair.a).closed(ours), Some(Some(error)));

    pair.network.with(pair.b, |peer, now| peer.session.close(now));
    let b = pair.peer(pair.b);
    assert!(b.session.is_drained() && b.closed(theirs).is_some());
    assert_eq!(pair.network.host(pair.b).open_sockets(), 0);
}

#[test]
fn a_restart_brings_back_a_peer_that_was_lost() {
    let mut pair = Pair::connected(21, LinkConfig::default());
    let (ours, theirs) = pair.open_both(pair.a, labelled("x"));
    pair.network.unlink(pair.a, pair.b);
    pair.send(pair.a, ours, text("late")).unwrap();
    pair.run_for(Duration::from_secs(60));
    pair.network.link(pair.a, pair.b, LinkConfig::default());
    pair.restart_ice();
    assert!(pair.run(30, |_, b| b.received(theirs) == 1), "{}", pair.describe());
}
