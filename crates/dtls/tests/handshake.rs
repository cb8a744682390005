//! Handshakes end well whatever the link does, and only with the right peer.

mod pair;

use std::sync::Arc;
use std::time::Duration;

use dtls::{
    Certificate, Config, Event, FailureCause, Fingerprint, HashAlgorithm, KeyAlgorithm, SealError, State,
    Version, Versions,
};
use pair::{BAD, CLEAN, CLIENT, Link, Pair, SERVER, certificate, configs, path};
use proptest::prelude::*;

const LIMIT: Duration = Duration::from_secs(40);

#[test]
fn every_pair_of_versions_with_one_in_common_connects() {
    use Versions::{Both, Dtls12, Dtls13};
    for (client, server, expected) in [
        (Both, Both, Version::Dtls13),
        (Both, Dtls12, Version::Dtls12),
        (Both, Dtls13, Version::Dtls13),
        (Dtls12, Both, Version::Dtls12),
        (Dtls13, Both, Version::Dtls13),
        (Dtls12, Dtls12, Version::Dtls12),
        (Dtls13, Dtls13, Version::Dtls13),
    ] {
        let [a, b] = configs();
        let configs = [Config { versions: client, ..a }, Config { versions: server, ..b }];
        let expected_certificates = [configs[1].certificate.clone(), configs[0].certificate.clone()];
        let mut pair = Pair::new(configs, 1, CLEAN);
        assert_eq!(pair.ends[SERVER].state(), State::New);
        pair.run(Duration::from_millis(100), Pair::is_connected);
        assert_eq!(pair.events, [[Event::Connected], [Event::Connected]]);
        for (end, certificate) in pair.ends.iter().zip(&expected_certificates) {
            assert_eq!(end.version(), Some(expected), "{client:?} {server:?}");
            assert_eq!(end.remote_certificate(), Some(certificate.der()));
        }
        pair.assert_works();
    }
}

#[test]
fn rsa_and_ecdsa_authenticate_each_other_in_every_version() {
    let day = Duration::from_secs(86_400);
    let rsa = Arc::new(Certificate::generate(KeyAlgorithm::Rsa2048, 20_000 * day, 30 * day).unwrap());
    for versions in [Versions::Dtls12, Versions::Dtls13] {
        for ends in [&[CLIENT][..], &[SERVER], &[CLIENT, SERVER]] {
            let mut configs = configs().map(|config| Config { versions, ..config });
            for end in ends {
                configs[*end].certificate = rsa.clone();
                configs[1 - end].remote_fingerprints = vec![rsa.fingerprint(HashAlgorithm::Sha256)];
            }
            let mut pair = Pair::new(configs, 1, BAD);
            pair.run(LIMIT, Pair::is_connected);
            pair.link = CLEAN;
            pair.run_for(Duration::from_secs(1));
            pair.assert_works();
            let name = pair.ends[CLIENT].cipher_suite().unwrap();
            let is_rsa = ends.contains(&SERVER);
            assert_eq!(name.contains("_RSA_"), is_rsa && versions == Versions::Dtls12, "{name}");
        }
    }
}

#[test]
fn versions_with_nothing_in_common_fail() {
    let [a, b] = configs();
    let configs = [Config { versions: Versions::Dtls12, ..a }, Config { versions: Versions::Dtls13, ..b }];
    let mut pair = Pair::new(configs, 1, CLEAN);
    pair.run(LIMIT + Duration::from_secs(1), |pair| pair.ends.iter().all(|end| end.state() == State::Failed));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Small datagrams make every message fall into pieces, Chrome's ClientHello too.
    #[test]
    fn a_bad_link_only_takes_longer(seed: u8, small: bool, v12: bool) {
        let versions = if v12 { Versions::Dtls12 } else { Versions::Both };
        let mtu = if small { 400 } else { Config::DEFAULT_MTU };
        let mut pair = Pair::new(configs().map(|config| Config { versions, mtu, ..config }), seed, BAD);
        pair.run(LIMIT, Pair::is_connected);
        prop_assert!(pair.sent.iter().all(|(_, datagram)| datagram.len() <= mtu));
        pair.link = CLEAN;
        pair.run_for(Duration::from_secs(1));
        pair.assert_works();
    }
}

#[test]
fn one_matching_fingerprint_among_others_is_enough() {
    let [mut client, server] = configs();
    let der = server.certificate.der().to_vec();
    let wrong = certificate().fingerprint(HashAlgorithm::Sha256);
    client.remote_fingerprints = vec![wrong, Fingerprint::of(HashAlgorithm::Sha512, &der)];
    let mut pair = Pair::new([client, server], 1, CLEAN);
    pair.run(LIMIT, Pair::is_connected);
}

fn assert_refused(end: usize, fingerprints: Vec<Fingerprint>) {
    for versions in [Versions::Dtls12, Versions::Dtls13, Versions::Both] {
        let mut configs = configs().map(|config| Config { versions, ..config });
        configs[end].remote_fingerprints = fingerprints.clone();
        let mut pair = Pair::new(configs, 1, CLEAN);
        pair.run(Duration::from_secs(1), |pair| pair.ends[end].state() == State::Failed);
        assert_eq!(pair.events[end], [Event::Failed(FailureCause::FingerprintMismatch)], "{versions:?}");
        assert_eq!(pair.ends[end].remote_certificate(), None);
        let sealed = pair.ends[end].seal(pair.now, b"x", path(), &mut base::SendBatch::new());
        assert_eq!(sealed, Err(SealError::NotConnected));
        assert_eq!(pair.ends[end].read(), None);
        assert_eq!(pair.ends[end].poll_timeout(), None);
        // In 1.2 the last word is the server's; in 1.3 the client's, which is connected until it hears.
        let last = end == SERVER && pair.ends[1 - end].version() == Some(Version::Dtls13);
        pair.run(Duration::from_secs(4), |pair| pair.ends[1 - end].state() == State::Failed);
        let failed = Event::Failed(FailureCause::PeerAlert);
        let expected = if last { vec![Event::Connected, failed] } else { vec![failed] };
        assert_eq!(pair.events[1 - end], expected, "{versions:?}");
    }
}

#[test]
fn any_other_certificate_is_refused_by_either_end() {
    for end in [CLIENT, SERVER] {
        assert_refused(end, vec![certificate().fingerprint(HashAlgorithm::Sha256)]);
        assert_refused(end, Vec::new());
    }
}

#[test]
fn a_refused_peer_hears_of_it_though_alerts_are_lost() {
    for (end, versions) in
        [(CLIENT, Versions::Dtls12), (SERVER, Versions::Dtls12), (SERVER, Versions::Dtls13)]
    {
        let mut configs = configs().map(|config| Config { versions, ..config });
        configs[end].remote_fingerprints = Vec::new();
        let mut pair = Pair::new(configs, 1, CLEAN);
        pair.run(Duration::from_secs(1), |pair| pair.ends[end].state() == State::Failed);
        pair.poll();
        pair.lose_what_is_under_way();
        pair.run(Duration::from_secs(10), |pair| pair.ends[1 - end].state() == State::Failed);
        assert_eq!(pair.events[1 - end].last(), Some(&Event::Failed(FailureCause::PeerAlert)));
        // In 1.2 it is in the clear, as this is where the handshake stands. In 1.3 there are keys, and all that a
        // server says after its flight is of the application's first epoch.
        let first = if versions == Versions::Dtls12 { 21 } else { 0b0010_1111 };
        let is_alert = |datagram: &[u8]| datagram[0] == first && datagram.len() < 40;
        let alerts = pair.sent.iter().filter(|(from, datagram)| *from == end && is_alert(datagram)).count();
        assert!((2..=8).contains(&alerts), "{versions:?}: {alerts}");
    }
}

#[test]
fn a_matching_sha_1_alone_is_refused() {
    let [client, server] = configs();
    let weak = Fingerprint::of(HashAlgorithm::Sha1, server.certificate.der());
    let mut pair = Pair::new([Config { remote_fingerprints: vec![weak], ..client }, server], 1, CLEAN);
    pair.run(LIMIT, |pair| pair.ends[CLIENT].state() == State::Failed);
    assert_eq!(pair.events[CLIENT], [Event::Failed(FailureCause::FingerprintMismatch)]);
}

#[test]
fn a_silent_peer_is_given_up_after_the_handshakes_time() {
    let handshake_timeout = Duration::from_secs(7);
    let configs = configs().map(|config| Config { handshake_timeout, ..config });
    let mut pair = Pair::new(configs, 1, Link { loss: 1.0, ..CLEAN });
    pair.run_for(Duration::from_millis(6999));
    assert_eq!(pair.ends[CLIENT].state(), State::Connecting);
    assert_eq!(pair.ends[SERVER].state(), State::New);
    pair.run_for(Duration::from_millis(2));
    assert_eq!(pair.events[CLIENT], [Event::Failed(FailureCause::Timeout)]);
    // Doubling from 100 ms up to a second: ten ClientHellos, of two datagrams each.
    assert_eq!(pair.sent.len(), 20);
}

#[test]
fn closing_is_told_and_idempotent() {
    for versions in [Versions::Dtls12, Versions::Dtls13] {
        let mut pair = Pair::connected(versions);
        let now = pair.now;
        pair.ends[CLIENT].close(now);
        pair.ends[CLIENT].close(now);
        assert_eq!(pair.ends[CLIENT].state(), State::Closed);
        pair.run_for(Duration::from_secs(1));
        assert_eq!(pair.events, [[Event::Closed], [Event::Closed]], "{versions:?}");
        assert!(pair.ends.iter().all(|end| end.poll_timeout().is_none()));
    }
    // Before the handshake has ended there is nobody to tell.
    let mut pair = Pair::new(configs(), 1, CLEAN);
    let now = pair.now;
    pair.ends[CLIENT].close(now);
    pair.run_for(Duration::from_secs(1));
    assert_eq!((pair.events[CLIENT].len(), pair.sent.len()), (1, 0));
}

#[test]
fn sealing_adds_no_more_than_it_says_and_refuses_what_cannot_fit() {
    for versions in [Versions::Dtls12, Versions::Dtls13] {
        let mut pair = Pair::connected(versions);
        for length in [1, 100, 1163, dtls::Endpoint::MAX_PLAINTEXT] {
            let plaintext = vec![7; length];
            let sealed = pair.seal(CLIENT, &plaintext);
            assert_eq!(sealed.len(), length + pair.ends[CLIENT].overhead());
            assert!(sealed.len() <= length + dtls::Endpoint::MAX_OVERHEAD);
            pair.ends[SERVER].handle_datagram(pair.now, &sealed);
            assert_eq!(pair.ends[SERVER].read(), Some(&plaintext[..]));
        }
        let too_long = [0; dtls::Endpoint::MAX_PLAINTEXT + 1];
        let refused = pair.ends[CLIENT].seal(pair.now, &too_long, path(), &mut base::SendBatch::new());
        assert_eq!(refused, Err(SealError::TooLarge));
        pair.assert_works();
    }
}

/// What protected records carry, in bytes, of those that an end has sent: in 1.3 with the type, as RFC 8449 counts.
fn protected_lengths(pair: &Pair, from: usize) -> Vec<usize> {
    let mut lengths = Vec::new();
    for (_, datagram) in pair.sent.iter().filter(|(sender, _)| *sender == from) {
        let mut rest = &datagram[..];
        while let Some(first) = rest.first() {
            // 1.3 has headers of 5 bytes and tags of 16; 1.2 headers of 13, and AES-GCM's nonces of 8 beside.
            let is_13 = first >> 5 == 1;
            let header = if is_13 { 5 } else { 13 };
            let length = usize::from(u16::from_be_bytes([rest[header - 2], rest[header - 1]]));
            if is_13 || rest[4] > 0 {
                lengths.push(length - if is_13 { 16 } else { 24 });
            }
            rest = &rest[header + length..];
        }
    }
    lengths
}

/// RFC 8449: each end keeps to what the other one takes, in the handshake, too.
#[test]
fn limits_of_records_are_kept_to() {
    for (versions, client, server) in [
        (Versions::Dtls12, 64, 16_385),
        (Versions::Dtls12, 1_000, 64),
        (Versions::Dtls13, 64, 16_385),
        (Versions::Dtls13, 1_000, 64),
        (Versions::Both, 65_535, 300),
        (Versions::Both, 0, 0),
    ] {
        let mut configs = configs().map(|config| Config { versions, ..config });
        configs[CLIENT].record_size_limit = Some(client);
        configs[SERVER].record_size_limit = Some(server);
        let mut pair = Pair::new(configs, 1, CLEAN);
        pair.run(Duration::from_secs(1), Pair::is_connected);
        pair.run_for(Duration::from_secs(5));
        let is_13 = pair.ends[CLIENT].version() == Some(Version::Dtls13);
        for (from, limit) in [(CLIENT, server), (SERVER, client)] {
            let limit = usize::from(limit).clamp(64, if is_13 { 16_385 } else { 16_384 });
            let longest = protected_lengths(&pair, from).into_iter().max().unwrap();
            assert!(longest <= limit, "{longest} of {limit} in {versions:?}");
            let content = limit - usize::from(is_13);
            assert_eq!(pair.ends[from].max_plaintext(), Some(content));
            let plaintext = vec![7; content];
            assert_eq!(pair.pass(from, &plaintext), Some(plaintext));
            let too_long = vec![7; content + 1];
            let refused = pair.ends[from].seal(pair.now, &too_long, path(), &mut base::SendBatch::new());
            assert_eq!(refused, Err(SealError::TooLarge));
        }
        let dropped = pair.ends.each_ref().map(|end| end.counters().dropped_too_long);
        assert_eq!(dropped, [0, 0]);
        pair.assert_works();
    }
}

#[test]
fn an_end_that_says_nothing_is_told_nothing() {
    for versions in [Versions::Dtls12, Versions::Dtls13] {
        for silent in [CLIENT, SERVER] {
            let mut configs = configs().map(|config| Config { versions, ..config });
            configs[silent].record_size_limit = None;
            let mut pair = Pair::new(configs, 1, CLEAN);
            pair.run(Duration::from_secs(1), Pair::is_connected);
            assert_eq!(pair.ends.each_ref().map(dtls::Endpoint::max_plaintext), [None, None]);
            let plaintext = vec![7; dtls::Endpoint::MAX_PLAINTEXT];
            assert_eq!(pair.pass(CLIENT, &plaintext), Some(plaintext));
        }
    }
}

#[test]
fn limits_of_records_stand_a_bad_link() {
    for versions in [Versions::Dtls12, Versions::Dtls13] {
        for seed in 0..8 {
            let configs = configs().map(|config| Config { versions, record_size_limit: Some(64), ..config });
            let mut pair = Pair::new(configs, seed, BAD);
            pair.run(LIMIT, Pair::is_connected);
            pair.link = CLEAN;
            pair.run_for(Duration::from_secs(5));
            pair.assert_works();
        }
    }
}
