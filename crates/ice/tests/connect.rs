//! Two agents find each other.

mod network;

use ice::{AgentConfig, CandidateKind, Event, PairState, Role, TransportState};
use network::{A, B, Network, address, agent, ms};

/// ```text
///   A (controlling)                 B (controlled)       one way: 10 ms
///   0    check ------------------->
///        <------------------- check 0
///        <---- success, success --->                     10
///   20   check USE-CANDIDATE ------>                     valid on both sides: data may flow
///        <------------------ success 30                  B: selected
///   40   selected
/// ```
#[test]
fn two_hosts_are_connected_after_one_round_trip_and_selected_after_two() {
    let mut network = Network::new();
    network.add_hosts();
    network.signal_all();
    assert!(
        network
            .run_until(ms(1000), |network| network.nodes.iter().all(|node| node.agent.send_path().is_some()))
    );
    assert_eq!(network.elapsed(), ms(20));
    assert!(network.run_until(ms(1000), |network| network.both(TransportState::Completed)));
    assert_eq!(network.elapsed(), ms(40));
    let states = [TransportState::Checking, TransportState::Connected, TransportState::Completed];
    assert_eq!(network.states(A), states);
    assert_eq!(network.states(B), states);
    for (node, other) in [(A, B), (B, A)] {
        let path = network.agent(node).send_path().unwrap();
        assert!(network.agent(node).is_validated(path));
        let there = *network.nodes[other].sockets.values().next().unwrap();
        assert_eq!(path.remote, there);
        let (local, remote) = network.agent(node).selected_pair().unwrap();
        assert_eq!((local.kind, remote.kind), (CandidateKind::Host, CandidateKind::Host));
        assert_eq!(network.agent(node).rtt(), Some(ms(20)));
        let pairs: Vec<_> = network.agent(node).pairs().collect();
        assert!(pairs.len() == 1 && pairs[0].nominated && pairs[0].selected);
        assert_eq!(pairs[0].state, PairState::Succeeded);
    }
}

/// Whether the pair in use was nominated.
fn is_nominated(network: &Network, node: usize) -> bool {
    network.nodes[node].agent.pairs().any(|pair| pair.selected && pair.nominated)
}

/// RFC 8445, section 8.3; and a program that waits for one side after the other sees both connected.
#[test]
fn checking_ends_three_seconds_after_the_selection() {
    let default = AgentConfig::default;
    let mut network =
        Network::with(agent(Role::Controlling, 1, default()), agent(Role::Controlled, 2, default()));
    network.add_hosts();
    network.signal_all();
    assert!(network.run_until(ms(1000), |network| is_nominated(network, B)));
    let selected = network.elapsed();
    assert!(network.both(TransportState::Connected));
    assert!(
        network.run_until(ms(5000), |network| network.nodes[B].agent.state() == TransportState::Completed)
    );
    assert_eq!(network.elapsed() - selected, ms(3000));
}

#[test]
fn without_the_end_of_candidates_it_stays_connected() {
    let mut network = Network::new();
    network.add_hosts();
    for (from, to) in [(A, B), (B, A)] {
        network.signal_credentials(from, to);
        network.signal_candidates(from, to);
    }
    network.run(ms(2000));
    assert!(network.both(TransportState::Connected));
    network.signal_end(A, B);
    network.signal_end(B, A);
    network.run(ms(10));
    assert!(network.both(TransportState::Completed));
}

#[test]
fn signalling_in_any_order_connects() {
    type Signal = fn(&mut Network);
    let signals: [Signal; 6] = [
        |network| network.signal_credentials(A, B),
        |network| network.signal_credentials(B, A),
        |network| network.signal_candidates(A, B),
        |network| network.signal_candidates(B, A),
        |network| network.signal_end(A, B),
        |network| network.signal_end(B, A),
    ];
    let mut orders = vec![];
    permutations(&mut vec![], &mut orders, signals.len());
    assert_eq!(orders.len(), 720);
    for order in orders {
        let mut network = Network::new();
        network.add_hosts();
        for index in &order {
            signals[*index](&mut network);
            network.run(ms(37));
        }
        assert!(network.run_until(ms(3000), |network| network.both(TransportState::Completed)), "{order:?}");
    }
}

fn permutations(prefix: &mut Vec<usize>, orders: &mut Vec<Vec<usize>>, count: usize) {
    if prefix.len() == count {
        orders.push(prefix.clone());
    }
    for next in 0..count {
        if !prefix.contains(&next) {
            prefix.push(next);
            permutations(prefix, orders, count);
            prefix.pop();
        }
    }
}

#[test]
fn candidates_trickle_in_after_the_checks_began() {
    let mut network = Network::new();
    network.signal_credentials(A, B);
    network.signal_credentials(B, A);
    network.add_host(A, "192.0.2.1:1000");
    network.signal_candidates(A, B);
    network.run(ms(300));
    assert_eq!(network.agent(B).state(), TransportState::Checking);
    network.add_host(B, "192.0.2.2:2000");
    assert!(network.run_until(ms(1000), |network| network.both(TransportState::Connected)));
}

#[test]
fn a_remote_side_that_signals_no_candidates_is_found_by_its_checks() {
    let mut network = Network::new();
    network.add_hosts();
    network.signal_credentials(A, B);
    network.signal_credentials(B, A);
    network.signal_candidates(A, B);
    network.signal_end(A, B);
    network.signal_end(B, A);
    assert!(network.run_until(ms(1000), |network| network.both(TransportState::Completed)));
    let (_, remote) = network.agent(A).selected_pair().unwrap();
    assert_eq!(remote.kind, CandidateKind::PeerReflexive);
    assert_eq!(network.agent(A).remote_candidates().count(), 0);
    // Its candidate arrives late: the pair stays, under its proper name.
    network.signal_candidates(B, A);
    let (_, remote) = network.agent(A).selected_pair().unwrap();
    assert_eq!(remote.kind, CandidateKind::Host);
    assert_eq!(network.agent(A).pairs().count(), 1);
}

#[test]
fn checks_that_arrive_before_the_answer_are_kept() {
    let mut network = Network::new();
    network.add_hosts();
    // B has the offer and checks; A waits for the answer.
    network.signal_credentials(A, B);
    network.signal_candidates(A, B);
    network.run(ms(30));
    let path = base::Path { socket: base::SocketId(0), remote: address("192.0.2.2:2000") };
    assert!(network.agent(A).is_validated(path));
    assert_eq!(network.agent(A).send_path(), None);
    assert!(network.agent(B).send_path().is_some());
    network.signal_credentials(B, A);
    assert!(network.run_until(ms(21), |network| network.nodes[A].agent.send_path().is_some()));
    assert!(network.run_until(ms(100), |network| network.both(TransportState::Connected)));
}

#[test]
fn thirty_percent_loss_connects() {
    for seed in 0..20 {
        let mut network = Network::with(
            agent(Role::Controlling, seed, AgentConfig::default()),
            agent(Role::Controlled, seed + 100, AgentConfig::default()),
        );
        network.loss = 0.3;
        network.add_hosts();
        network.signal_all();
        let selected =
            |network: &Network| network.nodes.iter().all(|node| node.agent.selected_pair().is_some());
        assert!(network.run_until(ms(30_000), selected), "seed {seed}");
    }
}

#[test]
fn ipv6_connects_and_families_are_not_mixed() {
    let mut network = Network::new();
    network.add_host(A, "[2001:db8::1]:1000");
    network.add_host(A, "192.0.2.1:1000");
    network.add_host(B, "192.0.2.2:2000");
    network.add_host(B, "[2001:db8::2]:2000");
    network.signal_all();
    assert!(network.run_until(ms(1000), |network| network.both(TransportState::Connected)));
    network.run(ms(500));
    assert_eq!(network.agent(A).pairs().count(), 2);
    let (local, _) = network.agent(A).selected_pair().unwrap();
    assert!(local.address.is_ipv6());
}

#[test]
fn a_nat_between_gives_peer_reflexive_candidates_on_both_sides() {
    let mut network = Network::new();
    network.nat.insert(address("10.0.0.1:1000"), address("198.51.100.1:4444"));
    network.add_host(A, "10.0.0.1:1000");
    network.add_host(B, "192.0.2.2:2000");
    network.signal_all();
    assert!(network.run_until(ms(2000), |network| {
        network.nodes.iter().all(|node| node.agent.selected_pair().is_some())
    }));
    let (local, _) = network.agent(A).selected_pair().unwrap();
    assert_eq!((local.kind, local.address), (CandidateKind::PeerReflexive, address("198.51.100.1:4444")));
    assert_eq!(local.related, Some(address("10.0.0.1:1000")));
    let (_, remote) = network.agent(B).selected_pair().unwrap();
    assert_eq!((remote.kind, remote.address), (CandidateKind::PeerReflexive, address("198.51.100.1:4444")));
    // Peer-reflexive candidates are never announced.
    let announced = network.nodes[A].events.iter().filter(|event| matches!(event, Event::LocalCandidate(_)));
    assert_eq!(announced.count(), 1);
}

/// The times at which one pair is checked that nobody answers on, and when its agent gives up.
fn lonely_checks(pairs: u8) -> (Vec<u64>, Network) {
    let mut network = Network::new();
    network.passes = Box::new(|_, _| false);
    network.add_host(A, "192.0.2.1:1000");
    network.complete(A);
    network.signal_credentials(B, A);
    for port in 1..=pairs {
        network.add_host(B, &format!("192.0.2.{}:2000", 10 + port));
    }
    network.signal_candidates(B, A);
    network.signal_end(B, A);
    network.run(ms(23_000));
    let first = address("192.0.2.11:2000");
    let times = network.sent.iter().filter(|(_, _, to, _)| *to == first);
    (times.map(|(time, ..)| (*time - network.start).as_millis() as u64).collect(), network)
}

#[test]
fn a_pair_is_checked_ever_less_often_and_each_check_is_another() {
    let (times, network) = lonely_checks(1);
    assert_eq!(times, [0, 50, 150, 350, 750, 1550, 3150, 6350, 12_750]);
    let mut ids: Vec<_> = network.sent.iter().map(|(.., check)| check[8..20].to_vec()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 9);
}

/// RFC 8445, section 14.3: every pair is checked once before any is again.
#[test]
fn checks_are_paced_and_many_pairs_wait_longer() {
    let (times, mut network) = lonely_checks(5);
    assert_eq!(times, [0, 100, 300, 700, 1500, 3100, 6300, 12_700]);
    assert_eq!(network.agent(A).state(), TransportState::Checking);
    let first: Vec<_> = network.sent.iter().take(5).map(|(time, ..)| *time - network.start).collect();
    assert_eq!(first, [ms(0), ms(20), ms(40), ms(60), ms(80)]);
    network.run(ms(60_000));
    assert_eq!(network.agent(A).state(), TransportState::Failed);
    assert_eq!(network.sent.len(), 5 * 8);
    assert_eq!(network.agent(A).send_path(), None);
    network.run(ms(600_000));
    assert_eq!(network.sent.len(), 5 * 8);
}

/// The answer to any of the checks of a pair counts, and measures the path.
#[test]
fn the_round_trip_is_known_although_checks_were_lost() {
    let mut network = Network::new();
    network.delay = ms(150);
    network.add_hosts();
    network.signal_all();
    assert!(network.run_until(ms(5000), |network| network.both(TransportState::Completed)));
    assert_eq!(network.elapsed(), ms(600));
    assert_eq!(network.agent(A).rtt(), Some(ms(300)));
    let mut network = Network::new();
    network.add_hosts();
    network.passes = Box::new(|_, _| false);
    network.signal_all();
    network.run(ms(100));
    network.passes = Box::new(|_, _| true);
    assert!(network.run_until(ms(5000), |network| network.both(TransportState::Completed)));
    assert_eq!((network.elapsed(), network.agent(A).rtt()), (ms(190), Some(ms(20))));
}

#[test]
fn without_the_end_of_candidates_failure_takes_longer_and_a_late_candidate_saves_it() {
    let mut network = Network::new();
    network.passes = Box::new(|_, to| to.port() != 1);
    network.add_host(A, "192.0.2.1:1000");
    network.complete(A);
    network.add_host(B, "192.0.2.2:1");
    network.signal_credentials(B, A);
    network.signal_candidates(B, A);
    network.run(ms(45_000));
    assert_eq!(network.agent(A).state(), TransportState::Disconnected);
    network.signal_credentials(A, B);
    network.add_host(B, "192.0.2.2:2");
    network.signal_candidates(B, A);
    network.run(ms(1000));
    assert_eq!(
        network.states(A),
        [
            TransportState::Checking,
            TransportState::Disconnected,
            TransportState::Checking,
            TransportState::Connected
        ]
    );
}

#[test]
fn no_candidates_on_our_side_fails_at_once() {
    let mut network = Network::new();
    network.complete(A);
    network.add_host(B, "192.0.2.2:2000");
    network.signal_credentials(B, A);
    network.signal_candidates(B, A);
    assert_eq!(network.agent(A).state(), TransportState::Checking);
    network.signal_end(B, A);
    assert_eq!(network.agent(A).state(), TransportState::Failed);
}

#[test]
fn the_same_seeds_give_the_same_datagrams() {
    let trace = || {
        let mut network = Network::new();
        network.loss = 0.2;
        network.connect();
        network.run(ms(30_000));
        let start = network.start;
        network
            .sent
            .into_iter()
            .map(|(time, from, to, data)| (time - start, from, to, data))
            .collect::<Vec<_>>()
    };
    assert_eq!(trace(), trace());
}

#[test]
fn closing_ends_everything() {
    let mut network = Network::new();
    network.connect();
    let before: Vec<_> = network.agent(A).pairs().collect();
    network.agent(A).close();
    assert_eq!(network.agent(A).state(), TransportState::Closed);
    assert_eq!(network.agent(A).poll_timeout(), None);
    assert_eq!(network.agent(A).send_path(), None);
    network.run(ms(60_000));
    // For statistics, all stays as it was.
    assert_eq!(network.agent(A).pairs().collect::<Vec<_>>(), before);
    assert_eq!(network.agent(B).state(), TransportState::Failed);
}

/// B is reached through a relay at once; directly only when the first retransmission gets through.
fn relay_and_host(direct_after: u64) -> Network {
    let mut network = Network::new();
    network.add_host(A, "192.0.2.1:1000");
    network.add_host(B, "192.0.2.2:2000");
    network.add_host(B, "203.0.113.9:9");
    network.collect(B);
    for candidate in &mut network.nodes[B].announced {
        if candidate.address == address("203.0.113.9:9") {
            candidate.kind = CandidateKind::Relayed;
            candidate.priority = 255;
            candidate.foundation = "relay".to_owned();
        }
    }
    network.signal_all();
    let direct = address("192.0.2.2:2000");
    network.passes = Box::new(move |from, to| from != direct && to != direct);
    network.run(ms(direct_after));
    // Data does not wait for the decision.
    assert_eq!(network.agent(A).send_path().unwrap().remote, address("203.0.113.9:9"));
    assert!(!is_nominated(&network, A));
    network
}

#[test]
fn a_working_relay_waits_a_second_for_a_direct_path() {
    let mut network = relay_and_host(400);
    network.passes = Box::new(|_, _| true);
    assert!(network.run_until(ms(700), |network| is_nominated(network, A)));
    assert_eq!(network.agent(A).selected_pair().unwrap().1.address, address("192.0.2.2:2000"));
    assert_eq!(network.agent(A).send_path().unwrap().remote, address("192.0.2.2:2000"));
}

#[test]
fn and_not_longer() {
    let mut network = relay_and_host(1000);
    assert!(network.run_until(ms(120), |network| is_nominated(network, A)));
    assert_eq!(network.agent(A).selected_pair().unwrap().1.address, address("203.0.113.9:9"));
}

/// RFC 8445, section 6.1.4.2, would leave the second pair frozen until the first has failed. Some servers give all their
/// candidates one foundation.
#[test]
fn a_foundation_that_all_candidates_share_delays_nothing() {
    let mut network = Network::new();
    network.add_host(A, "192.0.2.1:1000");
    for ip in ["192.0.2.2:2000", "192.0.2.3:2000", "192.0.2.4:2000"] {
        network.add_host(B, ip);
    }
    network.collect(B);
    network.nodes[B].announced.iter_mut().for_each(|candidate| candidate.foundation = "1".to_owned());
    network.signal_candidates(B, A);
    network.signal_credentials(A, B);
    network.signal_credentials(B, A);
    network.passes = Box::new(|from, to| [from, to].contains(&address("192.0.2.4:2000")));
    assert!(network.run_until(ms(5000), |network| network.nodes[A].agent.send_path().is_some()));
    assert!(network.elapsed() < ms(250), "{:?}", network.elapsed());
}
