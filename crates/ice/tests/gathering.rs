//! Host and server-reflexive candidates.

mod network;

use ice::{CandidateError, CandidateKind, Event, GatheringState, TransportState};
use network::{A, B, Network, address, ms};

const SERVER: &str = "203.0.113.5:3478";
const URL: &str = "stun:stun.example.org";

fn gathering(network: &Network, node: usize) -> Vec<&Event> {
    network.nodes[node].events.iter().filter(|event| !matches!(event, Event::TransportState(_))).collect()
}

#[test]
fn a_stun_server_tells_the_outside_address() {
    let mut network = Network::new();
    network.server = Some(address(SERVER));
    network.nat.insert(address("10.0.0.1:1000"), address("198.51.100.1:4444"));
    let now = network.now;
    network.add_host(A, "10.0.0.1:1000");
    network.agent(A).add_stun_server(now, URL, address(SERVER));
    network.complete(A);
    assert_eq!(network.agent(A).gathering_state(), GatheringState::Gathering);
    network.run(ms(20));
    let [
        Event::GatheringState(GatheringState::Gathering),
        Event::LocalCandidate(host),
        Event::LocalCandidate(reflexive),
        Event::GatheringState(GatheringState::Complete),
    ] = gathering(&network, A)[..]
    else {
        panic!("{:?}", gathering(&network, A));
    };
    assert_eq!((host.kind, host.related, host.url.as_deref()), (CandidateKind::Host, None, None));
    assert_eq!(reflexive.kind, CandidateKind::ServerReflexive);
    assert_eq!(reflexive.address, address("198.51.100.1:4444"));
    assert_eq!(reflexive.related, Some(address("10.0.0.1:1000")));
    assert_eq!(reflexive.url.as_deref(), Some(URL));
    assert!(reflexive.priority < host.priority && reflexive.foundation != host.foundation);
    assert_eq!(host.ufrag.as_deref(), Some(network.nodes[A].agent.local_credentials().ufrag.as_str()));
}

/// RFC 8421, section 4.
#[test]
fn addresses_of_both_families_take_turns() {
    let mut network = Network::new();
    let hosts = [
        "10.0.0.1:1000",
        "10.0.0.2:1000",
        "10.0.0.3:1000",
        "[2001:db8::1]:1000",
        "[2001:db8::2]:1000",
        "[fd00::1]:1000",
        "127.0.0.1:1000",
    ];
    for host in hosts {
        network.add_host(A, host);
    }
    let mut candidates: Vec<_> = network.agent(A).local_candidates().cloned().collect();
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.priority));
    let order: Vec<_> = candidates.iter().map(|candidate| candidate.address.ip().to_string()).collect();
    let expected = ["2001:db8::1", "10.0.0.1", "2001:db8::2", "10.0.0.2", "10.0.0.3", "fd00::1", "127.0.0.1"];
    assert_eq!(order, expected);
    candidates.dedup_by_key(|candidate| candidate.priority);
    assert_eq!(candidates.len(), hosts.len(), "each has its own");
}

#[test]
fn both_behind_nats_connect_over_what_the_server_saw() {
    let mut network = Network::new();
    network.server = Some(address(SERVER));
    network.nat.insert(address("10.0.0.1:1000"), address("198.51.100.1:4444"));
    network.nat.insert(address("10.0.0.2:2000"), address("198.51.100.2:5555"));
    let now = network.now;
    network.add_host(A, "10.0.0.1:1000");
    network.add_host(B, "10.0.0.2:2000");
    for node in [A, B] {
        network.agent(node).add_stun_server(now, URL, address(SERVER));
        network.complete(node);
    }
    network.run(ms(50));
    network.signal_all();
    assert!(network.run_until(ms(3000), |network| network.both(TransportState::Completed)));
    let (local, remote) = network.agent(A).selected_pair().unwrap();
    assert_eq!(local.kind, CandidateKind::ServerReflexive);
    assert_eq!(remote.address, address("198.51.100.2:5555"));
    assert!(network.elapsed() < ms(400), "{:?}", network.elapsed());
}

#[test]
fn a_server_on_the_same_side_of_the_nat_adds_nothing() {
    let mut network = Network::new();
    network.server = Some(address(SERVER));
    let now = network.now;
    network.add_host(A, "192.0.2.1:1000");
    network.agent(A).add_stun_server(now, URL, address(SERVER));
    network.complete(A);
    network.run(ms(100));
    assert_eq!(network.agent(A).gathering_state(), GatheringState::Complete);
    assert_eq!(network.agent(A).local_candidates().count(), 1);
}

#[test]
fn a_dead_server_holds_up_nothing_but_the_end_of_gathering() {
    let mut network = Network::new();
    let now = network.now;
    network.agent(A).add_stun_server(now, URL, address(SERVER));
    network.add_hosts();
    network.signal_all();
    let connected = |network: &Network| network.nodes.iter().all(|node| node.agent.selected_pair().is_some());
    assert!(network.run_until(ms(500), connected));
    assert_eq!(network.agent(A).state(), TransportState::Connected);
    network.run(ms(10_000));
    let error = CandidateError {
        address: None,
        url: URL.to_owned(),
        code: 701,
        text: "the STUN server did not answer".to_owned(),
    };
    assert!(network.nodes[A].events.contains(&Event::CandidateError(Box::new(error))));
    assert_eq!(network.agent(A).gathering_state(), GatheringState::Complete);
    assert_eq!(network.agent(A).state(), TransportState::Completed);
    let asked = network.sent.iter().filter(|(_, _, to, _)| *to == address(SERVER)).count();
    assert_eq!(asked, 4);
}

#[test]
fn an_unreachable_url_is_reported_once_for_all_sockets_and_addresses() {
    let mut network = Network::new();
    let now = network.now;
    network.agent(A).add_stun_server(now, URL, address(SERVER));
    network.agent(A).add_stun_server(now, URL, address("203.0.113.6:3478"));
    network.add_host(A, "192.0.2.1:1000");
    network.add_host(A, "192.0.2.1:1001");
    network.complete(A);
    network.run(ms(12_000));
    let errors = network.nodes[A].events.iter().filter(|event| matches!(event, Event::CandidateError(_)));
    assert_eq!(errors.count(), 1);
    assert_eq!(network.agent(A).gathering_state(), GatheringState::Complete);
}

#[test]
fn an_answer_from_elsewhere_or_to_no_request_is_ignored() {
    let mut network = Network::new();
    let now = network.now;
    network.add_host(A, "192.0.2.1:1000");
    network.agent(A).add_stun_server(now, URL, address(SERVER));
    network.run(ms(1));
    let (_, from, _, request) = network.sent[0].clone();
    let mut answer = request.clone();
    answer[0] = 1;
    // Header and XOR-MAPPED-ADDRESS of 198.51.100.9, without FINGERPRINT.
    answer.truncate(20);
    answer[3] = 12;
    answer.extend([0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0x11, 0x11, 0xe7, 0x21, 0xc0, 0x4b]);
    network.deliver(address("203.0.113.66:3478"), from, &answer);
    assert_eq!(network.agent(A).counters().dropped_asymmetric, 1);
    answer[19] ^= 1;
    network.deliver(address(SERVER), from, &answer);
    assert_eq!(network.agent(A).counters().dropped_unknown_transaction, 1);
    assert_eq!(network.agent(A).local_candidates().count(), 1);
    answer[19] ^= 1;
    network.deliver(address(SERVER), from, &answer);
    assert_eq!(network.agent(A).local_candidates().count(), 2);
}

#[test]
fn the_binding_is_kept_open_while_nothing_works() {
    let mut network = Network::new();
    network.server = Some(address(SERVER));
    network.nat.insert(address("10.0.0.1:1000"), address("198.51.100.1:4444"));
    let now = network.now;
    network.add_host(A, "10.0.0.1:1000");
    network.agent(A).add_stun_server(now, URL, address(SERVER));
    network.passes = Box::new(|from, to| from != to);
    network.run(ms(1000));
    network.server = None;
    network.run(ms(49_000));
    let to_server = network.sent.iter().filter(|(_, _, to, _)| *to == address(SERVER)).count();
    assert_eq!(to_server, 1 + 3);
}
