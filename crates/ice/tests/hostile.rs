//! What an attacker sends, and what it gets: nothing.

mod network;

use std::net::SocketAddr;

use base::{Path, SocketId};
use ice::TransportState;
use network::{A, B, Network, address, host, ms};
use proptest::prelude::*;
use stun_types::attribute::{RawAttribute, Username};
use stun_types::message::{
    BINDING, IntegrityAlgorithm, Message, MessageClass, MessageType, MessageWriteVec, ShortTermCredentials,
};
use stun_types::prelude::*;

/// The datagrams of a call, each as it was sent, and the network just before A hears the first.
fn recorded() -> (Network, Vec<(SocketAddr, SocketAddr, Vec<u8>)>) {
    let mut network = Network::new();
    network.add_hosts();
    network.signal_all();
    network.run(ms(12_000));
    let sent = network.sent.iter().map(|(_, from, to, data)| (*from, *to, data.clone())).collect();
    let mut fresh = Network::new();
    fresh.add_hosts();
    fresh.signal_credentials(A, B);
    fresh.signal_credentials(B, A);
    (fresh, sent)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_datagram_creates_nothing(index in any::<prop::sample::Index>(), changes in prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..4), length in any::<prop::sample::Index>(), truncate in any::<bool>()) {
        let (mut network, sent) = recorded();
        let (_, to, mut data) = sent[index.index(sent.len())].clone();
        for (at, change) in &changes {
            let at = at.index(data.len());
            data[at] ^= change;
        }
        if truncate {
            data.truncate(length.index(data.len() + 1));
        }
        prop_assume!(sent.iter().all(|(_, _, original)| *original != data));
        let stranger = address("203.0.113.77:7");
        network.deliver(stranger, to, &data);
        network.run(ms(10));
        for node in &network.nodes {
            prop_assert_eq!(node.agent.pairs().count(), 0);
            prop_assert_eq!(node.agent.local_candidates().count(), 1);
            prop_assert_eq!(node.agent.remote_candidates().count(), 0);
            prop_assert_eq!(node.agent.state(), TransportState::New);
            let path = Path { socket: SocketId(0), remote: stranger };
            prop_assert!(!node.agent.is_validated(path));
        }
        prop_assert!(network.sent.is_empty(), "an unauthenticated datagram was answered");
    }

    #[test]
    fn noise_never_panics(data in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut network = Network::new();
        network.add_hosts();
        network.deliver(address("203.0.113.77:7"), address("192.0.2.1:1000"), &data);
        prop_assert_eq!(network.agent(A).pairs().count(), 0);
    }
}

#[test]
fn every_truncation_is_dropped() {
    let (mut network, sent) = recorded();
    for (_, to, data) in &sent {
        for length in 0..data.len() {
            network.deliver(address("203.0.113.77:7"), *to, &data[..length]);
        }
    }
    network.run(ms(10));
    assert!(network.sent.is_empty());
    assert_eq!(network.agent(A).pairs().count(), 0);
}

#[test]
fn an_answer_that_comes_from_elsewhere_leaves_the_pair_alone() {
    let mut network = Network::new();
    network.add_hosts();
    network.signal_all();
    network.passes = Box::new(|_, _| false);
    network.run(ms(10));
    // B's answer to A's check, replayed from another address.
    let (_, _, _, check) =
        network.sent.iter().find(|(_, from, ..)| *from == address("192.0.2.1:1000")).unwrap().clone();
    network.sent.clear();
    network.deliver(address("192.0.2.1:1000"), address("192.0.2.2:2000"), &check);
    network.run(ms(1));
    let answer = network.sent.iter().find(|(_, _, _, data)| data[0] == 1).unwrap().3.clone();
    network.deliver(address("203.0.113.77:7"), address("192.0.2.1:1000"), &answer);
    assert_eq!(network.agent(A).counters().dropped_asymmetric, 1);
    assert_eq!(network.agent(A).send_path(), None);
    network.deliver(address("192.0.2.2:2000"), address("192.0.2.1:1000"), &answer);
    assert!(network.agent(A).send_path().is_some());
    network.deliver(address("192.0.2.2:2000"), address("192.0.2.1:1000"), &answer);
    assert_eq!(network.agent(A).counters().dropped_unknown_transaction, 1);
}

#[test]
fn no_answer_is_bigger_than_its_question() {
    let mut network = Network::new();
    network.connect();
    network.run(ms(30_000));
    let smallest_question =
        network.sent.iter().filter(|(.., data)| data[0] == 0).map(|(.., data)| data.len()).min();
    let biggest_answer =
        network.sent.iter().filter(|(.., data)| data[0] == 1).map(|(.., data)| data.len()).max();
    assert!(biggest_answer <= smallest_question);
}

#[test]
fn pairs_are_capped_with_many_sockets() {
    let mut network = Network::new();
    for port in 0..20 {
        network.add_host(A, &format!("192.0.2.1:{}", 1000 + port));
        network.add_host(B, &format!("192.0.2.2:{}", 2000 + port));
    }
    network.signal_all();
    assert_eq!(network.agent(A).pairs().count(), 100);
    assert_eq!(network.agent(A).counters().pairs_over_limit, 300);
    assert!(network.run_until(ms(3000), |network| network.both(TransportState::Connected)));
}

#[test]
fn unusable_addresses_are_ignored() {
    let mut network = Network::new();
    network.add_hosts();
    network.signal_credentials(B, A);
    let now = network.now;
    for text in [
        "0.0.0.0:9",
        "[::]:9",
        "224.0.0.1:9",
        "[ff02::1]:9",
        "255.255.255.255:9",
        "192.0.2.9:0",
        "[::ffff:0.0.0.0]:9",
    ] {
        network.agent(A).add_remote_candidate(now, host(address(text)));
    }
    assert_eq!(network.agent(A).remote_candidates().count(), 0);
    // An IPv4-mapped address is no second name for a host.
    network.agent(A).add_remote_candidate(now, host(address("192.0.2.9:9")));
    network.agent(A).add_remote_candidate(now, host(address("[::ffff:192.0.2.9]:9")));
    assert_eq!(network.agent(A).remote_candidates().count(), 1);
}

#[test]
fn secrets_are_not_printed() {
    let mut network = Network::new();
    network.connect();
    let printed = format!("{:?}", network.agent(A));
    for node in &network.nodes {
        let pwd = node.agent.local_credentials().pwd.expose_secret();
        assert!(!printed.contains(pwd.as_str()));
        assert!(!printed.contains(&format!("{:?}", pwd.as_bytes())));
    }
}

/// A check to A by someone who knows A's password, with further attributes.
fn forged(network: &Network, id: u128, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let to = network.nodes[A].agent.local_credentials();
    let from = network.nodes[B].agent.local_credentials();
    let kind = MessageType::from_class_method(MessageClass::Request, BINDING);
    let mut message = Message::builder(kind, id.into(), MessageWriteVec::new());
    message.add_attribute(&Username::new(&format!("{}:{}", to.ufrag, from.ufrag)).unwrap()).unwrap();
    for (kind, value) in attributes {
        message.add_attribute(&RawAttribute::new((*kind).into(), value)).unwrap();
    }
    let key = ShortTermCredentials::new(to.pwd.expose_secret().clone()).into();
    message.add_message_integrity(&key, IntegrityAlgorithm::Sha1).unwrap();
    message.add_fingerprint().unwrap();
    message.finish()
}

const PRIORITY: (u16, &[u8]) = (0x24, &[0, 0, 1, 255]);

#[test]
fn what_an_authenticated_check_must_not_carry_or_lack_is_an_error() {
    let mut network = Network::new();
    network.add_hosts();
    network.signal_credentials(B, A);
    let stranger = address("203.0.113.77:7");
    let unknown: (u16, &[u8]) = (0x7777, &[]);
    for (id, attributes) in [vec![PRIORITY, unknown], vec![]].iter().enumerate() {
        let check = forged(&network, id as u128, attributes);
        network.deliver(stranger, address("192.0.2.1:1000"), &check);
        network.run(ms(1));
        let (_, _, to, answer) = network.sent.last().unwrap();
        assert_eq!((*to, answer[..2].to_vec()), (stranger, vec![1, 0x11]));
        assert!(answer.len() <= check.len());
    }
    assert_eq!(network.agent(A).pairs().count(), 0);
}

/// MESSAGE-INTEGRITY covers what is before it: whoever records a check can add to its end.
#[test]
fn what_is_appended_behind_the_integrity_is_not_believed() {
    const FINGERPRINT_LENGTH: usize = 8;
    let mut network = Network::with_roles(ice::Role::Controlled, ice::Role::Controlling);
    network.add_hosts();
    network.signal_credentials(B, A);
    let check = forged(&network, 1, &[PRIORITY]);
    let (signed, fingerprint) = check.split_at(check.len() - FINGERPRINT_LENGTH);
    let use_candidate = [0, 0x25, 0, 0];
    for parts in [[signed, &use_candidate, fingerprint], [signed, fingerprint, &use_candidate]] {
        let mut longer = parts.concat();
        let length = (longer.len() - 20) as u16;
        longer[2..4].copy_from_slice(&length.to_be_bytes());
        network.deliver(address("192.0.2.2:2000"), address("192.0.2.1:1000"), &longer);
        assert!(network.agent(A).pairs().all(|pair| !pair.nominated));
    }
    network.deliver(address("192.0.2.2:2000"), address("192.0.2.1:1000"), &check);
    assert_eq!(network.agent(A).pairs().count(), 1);
}
