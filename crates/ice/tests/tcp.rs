//! Candidates over TCP ([RFC 6544](https://www.rfc-editor.org/rfc/rfc6544)).

mod network;

use ice::{AgentConfig, Candidate, CandidateKind, Protocol, Role, TcpType, TransportState};
use network::{A, B, Network, address, agent, ms};

const LISTENER: &str = "192.0.2.2:3478";

/// A connects, B listens; no UDP at all.
fn over_tcp_alone(a: Role, b: Role) -> Network {
    let mut network = Network::with_roles(a, b);
    network.add_tcp(A, "192.0.2.1:1", TcpType::Active);
    network.add_tcp(B, LISTENER, TcpType::Passive);
    network.complete(A);
    network.complete(B);
    network
}

fn connected() -> Network {
    connected_as(Role::Controlling, Role::Controlled)
}

fn connected_as(a: Role, b: Role) -> Network {
    let mut network = over_tcp_alone(a, b);
    network.signal_all();
    assert!(network.run_until(ms(2000), |network| network.both(TransportState::Completed)));
    network
}

fn announced(network: &Network, node: usize) -> &Candidate {
    &network.nodes[node].announced[0]
}

#[test]
fn candidates_say_who_connects_and_rank_below_udp() {
    let mut network = over_tcp_alone(Role::Controlling, Role::Controlled);
    let active = announced(&network, A).clone();
    assert_eq!((active.protocol, active.tcp_type), (Protocol::Tcp, Some(TcpType::Active)));
    assert_eq!(active.address, address("192.0.2.1:9"));
    let passive = announced(&network, B).clone();
    assert_eq!((passive.protocol, passive.tcp_type), (Protocol::Tcp, Some(TcpType::Passive)));
    assert_eq!(passive.address, address(LISTENER));
    // RFC 6544, section 4.2: of host candidates, active ones come first.
    assert!(active.priority > passive.priority);
    network.nodes[A].announced.clear();
    network.add_host(A, "192.0.2.1:1000");
    let udp = announced(&network, A);
    assert!(udp.priority > active.priority);
    assert_ne!(udp.foundation, active.foundation);
}

#[test]
fn active_connects_to_passive_whoever_controls() {
    for (a, b) in [(Role::Controlling, Role::Controlled), (Role::Controlled, Role::Controlling)] {
        let mut network = connected_as(a, b);
        assert_eq!(network.attempts, [address(LISTENER)]);
        let (local, remote) = network.agent(B).selected_pair().unwrap();
        assert_eq!((local.address, local.tcp_type), (address(LISTENER), Some(TcpType::Passive)));
        // RFC 6544, section 7.2: the address that the stream really came from.
        assert_eq!((remote.kind, remote.tcp_type), (CandidateKind::PeerReflexive, Some(TcpType::Active)));
        assert_eq!((remote.address, remote.protocol), (address("192.0.2.1:50001"), Protocol::Tcp));
        let (local, remote) = network.agent(A).selected_pair().unwrap();
        assert_eq!((local.address, local.tcp_type), (address("192.0.2.1:50001"), Some(TcpType::Active)));
        assert_eq!(remote.address, address(LISTENER));
        // Consent is asked for as over UDP.
        network.run(ms(300_000));
        assert!(network.both(TransportState::Completed));
    }
}

#[test]
fn a_check_in_a_stream_is_sent_once() {
    let mut network = over_tcp_alone(Role::Controlling, Role::Controlled);
    network.delay = ms(3000);
    network.signal_all();
    network.run(ms(2900));
    let requests = network.agent(A).counters().requests_sent;
    assert_eq!(requests, 1);
    assert!(network.run_until(ms(30_000), |network| network.both(TransportState::Completed)));
}

#[test]
fn udp_is_preferred_and_tcp_takes_over_where_it_does_not_pass() {
    for udp_passes in [true, false] {
        let mut network = over_tcp_alone(Role::Controlling, Role::Controlled);
        network.add_host(A, "192.0.2.1:1000");
        network.add_host(B, "192.0.2.2:2000");
        network.passes = Box::new(move |_, _| udp_passes);
        network.signal_all();
        assert!(network.run_until(ms(20_000), |network| network.both(TransportState::Connected)
            || network.both(TransportState::Completed)));
        network.run(ms(5000));
        let protocol = network.agent(A).selected_pair().unwrap().0.protocol;
        assert_eq!(protocol, if udp_passes { Protocol::Udp } else { Protocol::Tcp });
        let protocol = network.agent(B).selected_pair().unwrap().0.protocol;
        assert_eq!(protocol, if udp_passes { Protocol::Udp } else { Protocol::Tcp });
    }
}

#[test]
fn a_refused_connection_fails_the_pair_at_once() {
    let mut network = over_tcp_alone(Role::Controlling, Role::Controlled);
    network.listeners.clear();
    network.signal_all();
    assert!(
        network.run_until(ms(100), |network| network.states(A).last() == Some(&TransportState::Disconnected))
    );
    // The end is known: both sides have said that no more comes.
    assert!(
        network.run_until(ms(40_000), |network| network.states(A).last() == Some(&TransportState::Failed))
    );
    assert_eq!(network.attempts.len(), 1);
}

#[test]
fn a_stream_that_ends_is_lost_at_once_and_opened_again() {
    let mut network = connected();
    let before = network.agent(B).selected_pair().unwrap().1.address;
    network.end_streams();
    assert_eq!(network.agent(A).send_path(), None);
    assert_eq!(network.agent(B).send_path(), None);
    assert!(network.run_until(ms(2000), |network| network.both(TransportState::Completed)));
    assert_eq!(network.attempts.len(), 2);
    assert_ne!(network.agent(B).selected_pair().unwrap().1.address, before);
}

#[test]
fn what_nobody_waits_at_is_not_paired() {
    let mut network = over_tcp_alone(Role::Controlling, Role::Controlled);
    network.add_tcp(B, "192.0.2.2:1", TcpType::Active);
    let now = network.now;
    network.signal_credentials(B, A);
    let candidate = |tcp_type, port: u16| Candidate {
        foundation: "1".to_owned(),
        component: 1,
        protocol: Protocol::Tcp,
        priority: 1,
        address: ([192, 0, 2, 9], port).into(),
        name: None,
        kind: CandidateKind::Host,
        related: None,
        tcp_type,
        ufrag: None,
        url: None,
        relay_protocol: None,
    };
    for (index, tcp_type) in
        [Some(TcpType::Active), Some(TcpType::SimultaneousOpen), None].into_iter().enumerate()
    {
        network.agent(A).add_remote_candidate(now, candidate(tcp_type, 1000 + index as u16));
    }
    // A UDP candidate that says something of TCP is neither.
    let strange = Candidate { protocol: Protocol::Udp, ..candidate(Some(TcpType::Passive), 2000) };
    network.agent(A).add_remote_candidate(now, strange);
    assert_eq!(network.agent(A).counters().candidates_ignored, 4);
    network.run(ms(1000));
    assert!(network.attempts.is_empty());
    assert_eq!(network.agent(A).pairs().count(), 0);
}

/// A6, A8: however many candidates there are, few streams are opened.
#[test]
fn streams_are_bounded() {
    let mut network = Network::with(
        agent(Role::Controlling, 1, AgentConfig::default()),
        agent(Role::Controlled, 2, AgentConfig::default()),
    );
    for host in 1..=8 {
        network.add_tcp(A, &format!("192.0.2.{host}:1"), TcpType::Active);
    }
    for host in 1..=20 {
        network.add_tcp(B, &format!("198.51.100.{host}:3478"), TcpType::Passive);
    }
    network.signal_all();
    // Nobody answers a check in them.
    network.streams.clear();
    network.delay = ms(1_000_000);
    network.run(ms(30_000));
    assert_eq!(network.attempts.len(), 32);
}

#[test]
fn a_restart_leaves_the_stream_and_checks_over_it() {
    let mut network = connected();
    let now = network.now;
    for (node, seed) in [(A, 31), (B, 32)] {
        let fresh = ice::Credentials::generate(&mut base::Rng::from_seed([seed; 32]));
        network.agent(node).restart(now, fresh);
        network.complete(node);
    }
    network.signal_all();
    assert!(network.agent(A).send_path().is_some(), "the old pair carries data meanwhile");
    assert!(network.run_until(ms(2000), |network| network.both(TransportState::Completed)));
    assert_eq!(network.attempts.len(), 1, "the stream is there already");
}

/// A NAT on the way has forgotten the connection, and drops what belongs to it: TCP would go on for a quarter of an hour.
#[test]
fn a_stream_that_went_silent_is_closed_and_another_one_opened() {
    for (a, b) in [(Role::Controlling, Role::Controlled), (Role::Controlled, Role::Controlling)] {
        let mut network = connected_as(a, b);
        for round in 1..=3 {
            let before = network.agent(B).selected_pair().unwrap().1.address;
            network.run(ms(60_000));
            network.forget_streams();
            let forgotten = network.now;
            let has_moved = |network: &Network| {
                network.nodes[B].agent.selected_pair().is_some_and(|(_, remote)| remote.address != before)
                    && network.both(TransportState::Completed)
            };
            // Nothing is sent, so that the checks for consent alone find out: the second one that goes unanswered, and one
            // more.
            assert!(network.run_until(ms(18_000), has_moved), "{:?}", network.now - forgotten);
            assert_eq!(network.attempts.len(), 1 + round);
            network.run(ms(60_000));
            assert!(network.both(TransportState::Completed));
            assert_eq!(network.attempts.len(), 1 + round, "once");
            // Each side has closed its end of the old one.
            let closed =
                |node: usize| network.disconnected.iter().filter(|(other, _)| *other == node).count();
            assert_eq!([closed(A), closed(B)], [round; 2]);
        }
        for node in [A, B] {
            assert!(!network.states(node).contains(&TransportState::Failed));
        }
    }
}

/// With data on the way it takes a second and a quarter to doubt, and two more to give the stream up.
#[test]
fn data_that_goes_unanswered_hurries() {
    let mut network = connected();
    network.run(ms(60_000));
    network.forget_streams();
    let now = network.now;
    let path = network.agent(A).send_path().unwrap();
    network.agent(A).data_sent(now, path, 1, 1000);
    assert!(network.run_until(ms(3500), |network| network.attempts.len() == 2));
    assert!(network.now - now >= ms(3000));
    assert!(network.run_until(ms(100), |network| network.nodes[A].agent.send_path().is_some()));
}

#[test]
fn a_network_that_is_gone_for_a_while_costs_no_more_than_a_stream() {
    let mut network = connected();
    network.run(ms(60_000));
    network.forget_streams();
    let listeners = std::mem::take(&mut network.listeners);
    assert!(network.run_until(ms(20_000), |network| network.attempts.len() == 2));
    network.run(ms(5500));
    assert_eq!(network.attempts.len(), 7, "once a second");
    network.listeners = listeners;
    assert!(network.run_until(ms(2000), |network| network.both(TransportState::Completed)));
    assert!(!network.states(A).contains(&TransportState::Failed));
}

#[test]
fn what_failed_leaves_no_stream_behind() {
    let mut network = connected();
    network.listeners.clear();
    network.forget_streams();
    assert!(network.run_until(ms(60_000), |network| network.both(TransportState::Failed)));
    let attempts = network.attempts.len();
    assert!((20..=40).contains(&attempts), "{attempts}");
    network.run(ms(100_000));
    assert_eq!(network.attempts.len(), attempts, "it has failed");
    let closed = |node: usize| network.disconnected.iter().filter(|(other, _)| *other == node).count();
    assert_eq!([closed(A), closed(B)], [1, 1]);
}
