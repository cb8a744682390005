//! Attacks on ICE, and the right answer to each.
//!
//! | | attacker | attack | right answer |
//! |---|---|---|---|
//! | A1 | off the path | checks without the right integrity, as many as the link takes | no answer, no state |
//! | A2 | off the path | malformed STUN | no answer, no state; 420 only to who is authenticated |
//! | A3 | spoofs the peer | answers to nothing, from elsewhere, or not signed | ignored, the pair stays as it is |
//! | A4 | signalling | ten thousand candidates | capped, and what is checked is paced |
//! | A5 | signalling | candidates inside our network | never more than a few paced checks, or none with a filter |
//! | A6 | signalling | a victim as candidate of many sessions | few checks of each session, ever less often |
//! | A7 | the peer | answers no consent check, and goes on sending | we stop within 30 s |
//! | A8 | the peer | checks from ten thousand ports | capped |
//! | A9 | the peer | role conflicts and nominations without end | a few changes, then none |
//! | A11 | off the path | TCP connections that say little, or a lot | few, small and short: `crates/visavis/tests/endpoint.rs` |
//! | A12 | signalling | a TURN server of redirections and challenges without end | few requests, one error: `hostile_turn.rs` |
//! | A14 | a page | looks for our addresses where names hide them | there are none: `crates/peer/tests/hidden_addresses.rs` |
//! | A15 | signalling | a thousand names to look up | few at a time, and only those that can hide an address: the same file |
//!
//! A10 is in `crates/session/tests/attacks.rs`, with A5, A7 and A13 as they look from there. More of the same, by
//! mutation, is in `hostile.rs`.

mod network;

use std::collections::BTreeSet;
use std::net::SocketAddr;

use base::{Path, SocketId};
use ice::{Candidate, Event, PairState, Role, TransportState};
use network::{A, B, Network, address, check, host, ms, password};
use stun_types::attribute::XorMappedAddress;
use stun_types::message::{
    BINDING, IntegrityAlgorithm, Message, MessageClass, MessageType, MessageWriteVec, ShortTermCredentials,
    TransactionId,
};
use stun_types::prelude::*;

const OURS: &str = "192.0.2.1:1000";
const THEIRS: &str = "192.0.2.2:2000";
const STRANGER: &str = "203.0.113.77:7";

/// PRIORITY, which each check must have.
const PRIORITY: (u16, &[u8]) = (0x24, &[0, 0, 1, 255]);
const USE_CANDIDATE: (u16, &[u8]) = (0x25, &[]);
const CONTROLLED: (u16, &[u8]) = (0x8029, &[0; 8]);

/// Nothing is known, nothing is sent, nothing is let in.
fn assert_untouched(network: &mut Network, from: &[SocketAddr]) {
    network.run(ms(100));
    assert!(network.sent.is_empty(), "it was answered");
    let agent = network.agent(A);
    assert_eq!(agent.pairs().count(), 0);
    assert_eq!(agent.remote_candidates().count(), 0);
    assert_eq!((agent.state(), agent.send_path()), (TransportState::New, None));
    for remote in from {
        assert!(!network.agent(A).is_validated(Path { socket: SocketId(0), remote: *remote }));
    }
}

/// A that knows B's credentials and no candidates.
fn waiting() -> Network {
    let mut network = Network::new();
    network.add_hosts();
    network.signal_credentials(B, A);
    network
}

#[test]
fn a1_checks_without_the_right_integrity_get_no_answer_and_leave_nothing() {
    let mut network = waiting();
    let without = check(&network, 1, None, &[PRIORITY, USE_CANDIDATE]);
    let wrong = check(&network, 2, Some("not the password, but long"), &[PRIORITY, USE_CANDIDATE]);
    let sources: Vec<_> =
        (0..1000).map(|port| SocketAddr::new([203, 0, 113, 77].into(), 1024 + port)).collect();
    for round in 0..50 {
        for source in &sources {
            let datagram = if round % 2 == 0 { &without } else { &wrong };
            network.deliver(*source, address(OURS), datagram);
        }
    }
    assert_eq!(network.agent(A).counters().dropped_unauthenticated, 50_000);
    assert_untouched(&mut network, &sources);
}

#[test]
fn a2_malformed_messages_get_no_answer_and_leave_nothing() {
    let mut network = waiting();
    let good = check(&network, 1, Some(&password(&network, A)), &[PRIORITY]);
    let mut attacks: Vec<Vec<u8>> = (0..good.len()).map(|length| good[..length].to_vec()).collect();
    // Each length field that the header could claim.
    attacks.extend((0..=u16::MAX).step_by(7).filter(|length| usize::from(*length) != good.len() - 20).map(
        |length| {
            let mut datagram = good.clone();
            datagram[2..4].copy_from_slice(&length.to_be_bytes());
            datagram
        },
    ));
    // An attribute that runs over the end, wherever there is one.
    attacks.extend((22..good.len() - 2).step_by(4).map(|at| {
        let mut datagram = good.clone();
        datagram[at..at + 2].copy_from_slice(&[0xff, 0xff]);
        datagram
    }));
    // A wrong FINGERPRINT.
    attacks.extend((good.len() - 4..good.len()).map(|at| {
        let mut datagram = good.clone();
        datagram[at] ^= 1;
        datagram
    }));
    for attack in &attacks {
        network.deliver(address(STRANGER), address(OURS), attack);
    }
    assert_untouched(&mut network, &[address(STRANGER)]);
}

#[test]
fn a2_an_unknown_attribute_is_told_to_who_is_authenticated_and_nobody_else() {
    let mut network = waiting();
    let unknown: [(u16, &[u8]); 8] = std::array::from_fn(|index| (0x7000 + index as u16, &[][..]));
    let attributes = [&[PRIORITY][..], &unknown].concat();
    let stranger = check(&network, 1, Some("not the password, but long"), &attributes);
    network.deliver(address(STRANGER), address(OURS), &stranger);
    assert_untouched(&mut network, &[address(STRANGER)]);
    let peer = check(&network, 2, Some(&password(&network, A)), &attributes);
    network.deliver(address(STRANGER), address(OURS), &peer);
    network.run(ms(1));
    let [(_, _, to, answer)] = &network.sent[..] else { panic!("{:?}", network.sent) };
    assert_eq!((*to, &answer[..2]), (address(STRANGER), &[1, 0x11][..]));
    assert!(answer.len() <= peer.len());
    assert_eq!(network.agent(A).pairs().count(), 0);
}

/// A success response to `id` that says that we are at `mapped`.
fn success(id: TransactionId, mapped: &str, pwd: Option<&str>) -> Vec<u8> {
    let kind = MessageType::from_class_method(MessageClass::Success, BINDING);
    let mut message = Message::builder(kind, id, MessageWriteVec::new());
    message.add_attribute(&XorMappedAddress::new(address(mapped), id)).unwrap();
    if let Some(pwd) = pwd {
        let key = ShortTermCredentials::new(pwd.to_owned()).into();
        message.add_message_integrity(&key, IntegrityAlgorithm::Sha1).unwrap();
    }
    message.add_fingerprint().unwrap();
    message.finish()
}

#[test]
fn a3_answers_to_nothing_from_elsewhere_or_unsigned_change_nothing() {
    let mut network = waiting();
    network.signal_candidates(B, A);
    network.passes = Box::new(|_, _| false);
    network.run(ms(10));
    let (_, _, _, request) = &network.sent[0];
    let id = Message::from_bytes(request).unwrap().transaction_id();
    let pwd = network.nodes[B].agent.local_credentials().pwd.expose_secret().clone();
    let other: TransactionId = 0x1234.into();
    let attacks = [
        (THEIRS, success(other, OURS, Some(&pwd))),
        (STRANGER, success(id, OURS, Some(&pwd))),
        (THEIRS, success(id, OURS, None)),
        (THEIRS, success(id, OURS, Some("not the password, but long"))),
    ];
    let before: Vec<_> = network.agent(A).pairs().collect();
    for (from, attack) in &attacks {
        network.deliver(address(from), address(OURS), attack);
    }
    assert_eq!(network.agent(A).pairs().collect::<Vec<_>>(), before);
    assert_eq!(before[0].state, PairState::InProgress);
    assert_eq!(network.agent(A).send_path(), None);
    let counters = network.agent(A).counters();
    assert_eq!(
        (counters.dropped_unknown_transaction, counters.dropped_asymmetric, counters.dropped_unauthenticated),
        (1, 1, 2)
    );
    network.deliver(address(THEIRS), address(OURS), &success(id, OURS, Some(&pwd)));
    assert!(network.agent(A).send_path().is_some());
}

#[test]
fn a4_ten_thousand_candidates_are_capped_and_paced() {
    let mut network = waiting();
    for index in 0..10_000u32 {
        let ip = std::net::Ipv4Addr::from(0x0a00_0000 + index);
        let now = network.now;
        let candidate = host(SocketAddr::new(ip.into(), 9));
        let foundation = index.to_string();
        network.agent(A).add_remote_candidate(now, Candidate { foundation, ..candidate });
    }
    assert_eq!(network.agent(A).remote_candidates().count(), 64);
    assert!(network.agent(A).pairs().count() <= 64);
    assert_eq!(network.agent(A).counters().candidates_ignored, 10_000 - 64);
    network.run(ms(999));
    let targets: BTreeSet<_> = network.sent.iter().map(|(_, _, to, _)| *to).collect();
    assert_eq!(targets.len(), 50, "one in 20 ms");
    assert!(network.sent.len() <= 100, "{}", network.sent.len());
    network.run(ms(600_000));
    assert!(network.sent.len() <= 64 * 7, "{}", network.sent.len());
    assert_eq!(network.agent(A).state(), TransportState::Failed);
}

/// What is never sent to at all, and what is knocked at by nothing but checks; for the filter that keeps these away
/// too, see `addresses.rs`.
#[test]
fn a5_addresses_inside_get_nothing_but_a_few_checks() {
    let mut network = waiting();
    let unusable = ["0.0.0.0:80", "[::]:80", "[::ffff:0.0.0.0]:80", "224.0.0.251:5353", "[ff02::fb]:5353"];
    let inside = ["127.0.0.1:22", "[::ffff:127.0.0.1]:53", "169.254.169.254:80", "10.0.0.1:25", "[::1]:53"];
    let now = network.now;
    for text in unusable.iter().chain(&inside).chain(&["255.255.255.255:9", "10.0.0.2:0"]) {
        network.agent(A).add_remote_candidate(now, host(address(text)));
    }
    network.run(ms(600_000));
    let own = address(THEIRS);
    for (_, _, to, datagram) in network.sent.iter().filter(|(_, _, to, _)| *to != own) {
        assert!(!to.ip().is_unspecified() && !to.ip().is_multicast() && to.port() != 0, "{to}");
        assert_eq!(datagram[..2], [0, 1], "a Binding request");
        assert!(Message::from_bytes(datagram).is_ok());
    }
    for text in inside {
        let to = SocketAddr::new(address(text).ip().to_canonical(), address(text).port());
        let count = network.sent.iter().filter(|(_, _, sent_to, _)| *sent_to == to).count();
        assert!(count <= 10, "{text}: {count}");
    }
}

/// Each session sends its victim nine small datagrams in 13 seconds, and half of them in the first second.
#[test]
fn a6_a_victim_gets_few_checks_of_a_session_and_ever_fewer() {
    let mut network = waiting();
    let now = network.now;
    network.agent(A).add_remote_candidate(now, host(address("198.51.100.1:443")));
    network.run(ms(600_000));
    let times: Vec<_> =
        network.sent.iter().map(|(time, ..)| (*time - network.start).as_millis() as u64).collect();
    assert_eq!(times, [0, 50, 150, 350, 750, 1550, 3150, 6350, 12_750]);
    assert!(network.sent.iter().all(|(.., datagram)| datagram.len() < 150));
    // The same candidate over and over is the same one.
    for _ in 0..1000 {
        let now = network.now;
        network.agent(A).add_remote_candidate(now, host(address("198.51.100.1:443")));
    }
    network.run(ms(60_000));
    assert_eq!(network.sent.len(), 9);
}

/// The peer still asks for our consent and still sends; all the same, it gives none.
#[test]
fn a7_a_peer_that_answers_no_checks_gets_nothing_after_thirty_seconds() {
    let mut network = Network::new();
    network.connect();
    let begun = network.now;
    let pwd = password(&network, A);
    network.passes = Box::new(|_, _| false);
    for id in 0..60 {
        let asks = check(&network, 1000 + id, Some(&pwd), &[PRIORITY, CONTROLLED]);
        network.deliver(address(THEIRS), address(OURS), &asks);
        let (now, path) = (network.now, Path { socket: SocketId(0), remote: address(THEIRS) });
        network.agent(A).data_received(now, path, 1000);
        network.run(ms(1000));
        if network.agent(A).send_path().is_none() {
            break;
        }
    }
    assert!(network.now - begun <= ms(30_000 + 1000), "{:?}", network.now - begun);
    assert_eq!(network.agent(A).state(), TransportState::Failed);
    let sent = network.sent.len();
    network.run(ms(60_000));
    assert_eq!(network.sent.len(), sent);
}

#[test]
fn a8_checks_from_ten_thousand_ports_make_sixteen_candidates() {
    for is_early in [false, true] {
        let mut network = Network::new();
        network.add_hosts();
        if !is_early {
            network.signal_credentials(B, A);
        }
        let pwd = password(&network, A);
        for port in 1..10_000u16 {
            let datagram = check(&network, port.into(), Some(&pwd), &[PRIORITY]);
            network.deliver(SocketAddr::new([203, 0, 113, 77].into(), port), address(OURS), &datagram);
        }
        network.signal_credentials(B, A);
        assert_eq!(network.agent(A).pairs().count(), 16);
        let validated = (1..10_000).filter(|port| {
            let remote = SocketAddr::new([203, 0, 113, 77].into(), *port);
            network.nodes[A].agent.is_validated(Path { socket: SocketId(0), remote })
        });
        assert_eq!(validated.count(), 16);
    }
}

#[test]
fn a9_role_conflicts_without_end_change_the_role_a_few_times() {
    let mut network = waiting();
    let pwd = password(&network, A);
    for id in 0..1000 {
        let role: (u16, &[u8]) = if id % 2 == 0 { (0x802a, &[255; 8]) } else { (0x8029, &[0; 8]) };
        let conflict = check(&network, id, Some(&pwd), &[PRIORITY, role]);
        network.deliver(address(THEIRS), address(OURS), &conflict);
    }
    network.collect(A);
    let changes = network.nodes[A].events.iter().filter(|event| matches!(event, Event::Role(_)));
    assert_eq!(changes.count(), 4);
}

#[test]
fn a9_nominations_by_the_controlled_side_select_nothing() {
    let mut network = waiting();
    network.passes = Box::new(|_, _| false);
    let pwd = password(&network, A);
    for id in 0..1000 {
        let nominates = check(&network, id, Some(&pwd), &[PRIORITY, CONTROLLED, USE_CANDIDATE]);
        network.deliver(address(THEIRS), address(OURS), &nominates);
    }
    assert!(network.agent(A).pairs().all(|pair| !pair.nominated));
    assert_eq!(network.agent(A).selected_pair(), None);
}

/// Two pairs that work, nominated in turn a thousand times.
#[test]
fn a9_a_storm_of_nominations_does_not_move_data_to_and_fro() {
    let mut network = Network::with_roles(Role::Controlled, Role::Controlling);
    network.add_host(A, OURS);
    network.add_host(B, THEIRS);
    network.add_host(B, "192.0.2.3:2000");
    network.complete(A);
    network.complete(B);
    network.signal_all();
    assert!(network.run_until(ms(2000), |network| network.both(TransportState::Completed)));
    let pwd = password(&network, A);
    let controlling: (u16, &[u8]) = (0x802a, &[255; 8]);
    for id in 0..500 {
        for (side, from) in [THEIRS, "192.0.2.3:2000"].into_iter().enumerate() {
            let id = 10_000 + 2 * id + side as u128;
            let nominates = check(&network, id, Some(&pwd), &[PRIORITY, controlling, USE_CANDIDATE]);
            network.deliver(address(from), address(OURS), &nominates);
            network.run(ms(20));
        }
    }
    let selections =
        network.nodes[A].events.iter().filter(|event| matches!(event, Event::SelectedPair { .. }));
    assert!(selections.count() <= 2);
}

/// Whatever is asked, the answer is not longer.
#[test]
fn no_answer_is_longer_than_its_question() {
    let mut network = waiting();
    let pwd = password(&network, A);
    let unknown: (u16, &[u8]) = (0x7777, &[]);
    let conflict: (u16, &[u8]) = (0x802a, &[0; 8]);
    let questions =
        [vec![PRIORITY], vec![], vec![PRIORITY, unknown], vec![PRIORITY, conflict], vec![unknown]];
    for (id, attributes) in questions.iter().enumerate() {
        let question = check(&network, id as u128, Some(&pwd), attributes);
        network.sent.clear();
        network.passes = Box::new(|_, _| false);
        network.deliver(address(STRANGER), address(OURS), &question);
        network.run(ms(1));
        let answers = network.sent.iter().filter(|(.., datagram)| datagram[0] == 1);
        let lengths: Vec<_> = answers.map(|(.., datagram)| datagram.len()).collect();
        assert!(lengths.len() == 1 && lengths[0] <= question.len(), "{attributes:?}: {lengths:?}");
    }
}
