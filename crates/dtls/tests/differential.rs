//! An implementation by others understands us, and we it.

mod foreign;

use std::time::Duration;

use dimpl::NamedGroup;
use dtls::{Config, Role, State, Version, Versions};
use foreign::{BAD, Mixed, Theirs};
use proptest::prelude::*;

const ROLES: [Role; 2] = [Role::Client, Role::Server];

fn expected(ours: Versions, theirs: Theirs) -> Version {
    match (ours, theirs) {
        (Versions::Dtls12, _) | (_, Theirs::Only12) => Version::Dtls12,
        _ => Version::Dtls13,
    }
}

#[test]
fn every_pair_of_versions_connects_in_either_role() {
    for role in ROLES {
        for (ours, theirs) in [
            (Versions::Both, Theirs::Both),
            (Versions::Both, Theirs::Only12),
            (Versions::Both, Theirs::Only13),
            (Versions::Dtls12, Theirs::Both),
            (Versions::Dtls12, Theirs::Only12),
            (Versions::Dtls13, Theirs::Both),
            (Versions::Dtls13, Theirs::Only13),
        ] {
            let mut pair = Mixed::new(role, theirs, 1, |config| config.versions = ours, |builder| builder);
            pair.connect();
            assert_eq!(pair.ours.version(), Some(expected(ours, theirs)), "{role:?} {ours:?} {theirs:?}");
            assert_eq!(pair.ours.max_plaintext(), None, "it does not know of limits");
            assert_eq!(pair.theirs.certificate.as_deref(), Some(pair.our_certificate.der()));
            pair.run_for(Duration::from_secs(2));
            pair.assert_works();
        }
    }
}

#[test]
fn both_export_the_same_keys_for_srtp() {
    for role in ROLES {
        for theirs in [Theirs::Only12, Theirs::Only13] {
            let mut pair = Mixed::new(role, theirs, 1, |_| {}, |builder| builder);
            pair.connect();
            let keys = pair.theirs.keys.clone().unwrap();
            let ours = pair.ours.export_keying_material("EXTRACTOR-dtls_srtp", keys.len()).unwrap();
            assert_eq!(ours.expose_secret(), &keys);
            assert!(pair.ours.srtp_profile().is_some());
        }
    }
}

#[test]
fn every_suite_and_group_is_understood() {
    use dimpl::crypto::{Dtls12CipherSuite as V12, Dtls13CipherSuite as V13};
    for role in ROLES {
        for group in [NamedGroup::X25519, NamedGroup::Secp256r1, NamedGroup::Secp384r1] {
            for (suite, name) in [
                (V13::AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256"),
                (V13::AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384"),
                (V13::CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256"),
            ] {
                let mut pair = Mixed::new(
                    role,
                    Theirs::Only13,
                    1,
                    |_| {},
                    |builder| builder.dtls13_cipher_suites(&[suite]).kx_groups(&[group]),
                );
                pair.connect();
                assert_eq!(pair.ours.cipher_suite(), Some(name));
                pair.assert_works();
            }
            for (suite, name) in [
                (V12::ECDHE_ECDSA_AES128_GCM_SHA256, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
                (V12::ECDHE_ECDSA_AES256_GCM_SHA384, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
                (V12::ECDHE_ECDSA_CHACHA20_POLY1305_SHA256, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
            ] {
                let mut pair = Mixed::new(
                    role,
                    Theirs::Only12,
                    1,
                    |_| {},
                    |builder| builder.dtls12_cipher_suites(&[suite]).kx_groups(&[group]),
                );
                pair.connect();
                assert_eq!(pair.ours.cipher_suite(), Some(name));
                pair.assert_works();
            }
        }
    }
}

#[test]
fn a_client_obeys_a_server_that_asks_for_a_cookie() {
    for theirs in [Theirs::Only12, Theirs::Only13] {
        let mut pair = Mixed::new(Role::Client, theirs, 1, |_| {}, |builder| builder.use_server_cookie(true));
        pair.connect();
        pair.assert_works();
    }
}

#[test]
fn keys_that_they_change_are_followed() {
    for role in ROLES {
        let limit = 64;
        let mut pair =
            Mixed::new(role, Theirs::Only13, 1, |_| {}, |builder| builder.aead_encryption_limit(limit));
        pair.connect();
        for round in 0..10 * limit as u32 {
            pair.hear(&round.to_be_bytes());
            pair.say(&round.to_be_bytes());
            pair.run_for(Duration::from_millis(25));
            assert_eq!(pair.ours.read(), Some(&round.to_be_bytes()[..]), "{round}");
        }
        assert_eq!(pair.theirs.data.len(), 10 * limit as usize);
        pair.assert_works();
    }
}

#[test]
fn closing_is_told_in_both_directions() {
    for role in ROLES {
        for theirs in [Theirs::Only12, Theirs::Only13] {
            let mut pair = Mixed::new(role, theirs, 1, |_| {}, |builder| builder);
            pair.connect();
            pair.ours.close(pair.now);
            pair.run_for(Duration::from_millis(100));
            assert!(pair.theirs.is_closed);
            let mut pair = Mixed::new(role, theirs, 1, |_| {}, |builder| builder);
            pair.connect();
            pair.close_theirs();
            pair.run_for(Duration::from_millis(100));
            assert_eq!(pair.ours.state(), State::Closed);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// It loses, repeats, reorders and cuts off.
    #[test]
    fn a_bad_link_only_takes_longer(seed: u8, v12: bool, client: bool, small: bool) {
        let theirs = if v12 { Theirs::Only12 } else { Theirs::Both };
        let role = if client { Role::Client } else { Role::Server };
        // As a client of 1.3 it does not take what follows a ServerHello that it has in the same datagram, and so gets
        // stuck where a flight of ours has several.
        let mtu = if small && (client || v12) { 400 } else { Config::DEFAULT_MTU };
        let adjust = |config: &mut Config| config.mtu = mtu;
        let mut pair = Mixed::new(role, theirs, seed, adjust, |builder| builder.mtu(mtu));
        pair.link = BAD;
        pair.connect();
        pair.link = foreign::CLEAN;
        pair.run_for(Duration::from_secs(3));
        pair.assert_works();
    }
}
