//! DTLS inside ICE's checks: draft-hancke-webrtc-sped. How much earlier it opens a channel is in `setup_time.rs`.

mod support;

use std::sync::Arc;
use std::time::Duration;

use session::Event;
use sim::LinkConfig;
use support::{ONE, Pair, labelled};

/// A pair of which these sides have DTLS in their checks.
fn pair(seed: u64, link: LinkConfig, embeds: [bool; 2]) -> Pair {
    let sides = std::cell::Cell::new(0);
    Pair::configured(seed, link, |config| {
        Arc::make_mut(&mut config.ice).embedding = embeds[sides.get()];
        sides.set(sides.get() + 1);
    })
}

/// When both sides' associations stand, after both plans were applied at once.
fn time_to_connect(embeds: [bool; 2]) -> Duration {
    let mut pair = pair(1, LinkConfig::default(), embeds);
    let begun = pair.network.now();
    pair.apply();
    assert!(pair.run(10, |a, b| a.is_connected() && b.is_connected()), "{}", pair.describe());
    pair.network.now() - begun
}

#[test]
fn with_a_peer_that_does_not_know_it_nothing_takes_longer() {
    let plain = time_to_connect([false, false]);
    assert_eq!(time_to_connect([true, false]), plain);
    assert_eq!(time_to_connect([false, true]), plain);
    // The path is too short to gain anything: two checks have to come one after the other.
    assert!(time_to_connect([true, true]) <= plain);
}

#[test]
fn hostile_links_only_delay() {
    for seed in 0..8 {
        for embeds in [[true, true], [true, false], [false, true]] {
            let mut pair = pair(seed, LinkConfig::hostile(0.3), embeds).connect();
            let (ours, theirs) = pair.open_both(pair.a, labelled("x"));
            assert!(pair.peer(pair.a).is_open(ours) && pair.peer(pair.b).is_open(theirs));
        }
    }
}

#[test]
fn another_certificate_never_connects() {
    for cheated in [0, 1] {
        let mut pair = pair(4, LinkConfig::default(), [true, true]);
        let wrong = dtls::Fingerprint::of(dtls::HashAlgorithm::Sha256, b"another certificate");
        pair.transport(cheated).dtls.as_mut().unwrap().fingerprints = vec![wrong];
        pair.apply();
        pair.run_for(Duration::from_secs(60));
        let id = [pair.a, pair.b][cheated];
        let is_failure =
            |event: &Event| matches!(event, Event::DtlsFailed(_, dtls::FailureCause::FingerprintMismatch));
        assert!(pair.peer(id).log.iter().any(is_failure), "{}", pair.describe());
        assert!(!pair.peer(pair.a).is_connected() && !pair.peer(pair.b).is_connected());
    }
}

/// Checks stop carrying anything, and what goes on afterwards is as without.
#[test]
fn an_ice_restart_does_not_touch_what_is_above() {
    let mut pair = pair(9, LinkConfig::default(), [true, true]).connect();
    let (ours, theirs) = pair.open_both(pair.a, labelled("x"));
    pair.restart_ice();
    for number in 0..50 {
        pair.send(pair.a, ours, support::text(&number.to_string())).unwrap();
        pair.run_for(Duration::from_millis(50));
    }
    assert!(pair.run(10, |_, b| b.received(theirs) == 50), "{}", pair.describe());
    for id in [pair.a, pair.b] {
        assert!(!pair.peer(id).session.ice(ONE).unwrap().embeds());
    }
}
