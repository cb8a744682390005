//! A NAT that forgets, again and again: each time, the other side turns up at an address that nobody has signalled.

mod network;

use ice::{AgentConfig, Role, TcpType, TransportState};
use network::{A, B, Network, address, agent, ms};

const INSIDE: &str = "10.0.0.1:1000";

fn outside(number: usize) -> std::net::SocketAddr {
    address(&format!("203.0.113.1:{}", 20_000 + number))
}

/// More often than there may be peer-reflexive candidates, or paths that were authenticated.
const TIMES: usize = 300;

#[test]
fn a_peer_behind_a_nat_that_forgets_is_found_for_as_long_as_it_lasts() {
    let mut network = Network::new();
    network.nat.insert(address(INSIDE), outside(0));
    network.add_host(A, INSIDE);
    network.add_host(B, "192.0.2.2:2000");
    network.complete(A);
    network.complete(B);
    network.signal_all();
    assert!(network.run_until(ms(5000), |network| network.both(TransportState::Completed)));
    for number in 1..=TIMES {
        network.run(ms(60_000));
        network.nat.insert(address(INSIDE), outside(number));
        let has_moved = |network: &Network| {
            let pair = network.nodes[B].agent.selected_pair();
            pair.is_some_and(|(_, remote)| remote.address == outside(number))
                && network.both(TransportState::Completed)
        };
        assert!(network.run_until(ms(30_000), has_moved), "{number}");
        let path = network.agent(B).send_path().expect("a path");
        assert!(network.agent(B).is_validated(path));
    }
    assert!(network.agent(B).pairs().count() <= 17);
}

#[test]
fn a_stream_that_is_forgotten_is_opened_again_for_as_long_as_it_lasts() {
    let mut network = Network::new();
    network.add_tcp(A, "192.0.2.1:1", TcpType::Active);
    network.add_tcp(B, "192.0.2.2:3478", TcpType::Passive);
    network.complete(A);
    network.complete(B);
    network.signal_all();
    assert!(network.run_until(ms(2000), |network| network.both(TransportState::Completed)));
    for number in 1..=40 {
        network.run(ms(60_000));
        network.forget_streams();
        let has_moved = |network: &Network| {
            network.attempts.len() == 1 + number && network.both(TransportState::Completed)
        };
        assert!(network.run_until(ms(30_000), has_moved), "{number}");
    }
}

/// A8: those that gave way had worked. Who knocks from ten thousand ports, and answers from none, gets sixteen, not again and
/// again.
#[test]
fn addresses_that_never_answered_give_way_to_nobody() {
    let config = AgentConfig { max_peer_reflexive: 2, ..AgentConfig::default() };
    let mut network =
        Network::with(agent(Role::Controlled, 1, config.clone()), agent(Role::Controlling, 2, config));
    network.add_hosts();
    network.signal_all();
    network.passes = Box::new(|from, _| from != address("192.0.2.1:1000"));
    // B's checks reach A from one address after the other, and nothing comes back.
    for number in 1..=5 {
        network.nat.insert(address("192.0.2.2:2000"), outside(number));
        network.run(ms(4000));
    }
    network.run(ms(100_000));
    let asked: std::collections::BTreeSet<_> = network
        .sent
        .iter()
        .filter(|(_, from, ..)| *from == address("192.0.2.1:1000"))
        .map(|(_, _, to, _)| *to)
        .collect();
    assert!(asked.contains(&outside(1)) && asked.contains(&outside(2)), "{asked:?}");
    assert!(network.agent(A).counters().dropped_over_limit > 0);
    let pairs = network.agent(A).pairs().count();
    assert!(pairs <= 3, "{pairs}");
}
