//! The pair in use stops working, and another one takes over.

mod network;

use std::net::SocketAddr;
use std::time::Duration;

use ice::TransportState;
use network::{A, B, Network, ms};

/// Two networks that both machines are in, and no way from one to the other.
fn two_networks() -> Network {
    let mut network = Network::new();
    for (node, hosts) in [(A, ["10.1.0.1:4000", "10.2.0.1:4000"]), (B, ["10.1.0.2:4000", "10.2.0.2:4000"])] {
        hosts.iter().for_each(|host| network.add_host(node, host));
        network.complete(node);
    }
    network.passes = Box::new(same_network);
    network.signal_all();
    assert!(network.run_until(ms(10_000), |network| network.both(TransportState::Completed)));
    network
}

fn same_network(from: SocketAddr, to: SocketAddr) -> bool {
    first_two(from) == first_two(to)
}

fn first_two(address: SocketAddr) -> String {
    address.ip().to_string().chars().take(5).collect()
}

fn in_use(network: &Network, node: usize) -> SocketAddr {
    network.nodes[node].agent.selected_pair().expect("a pair").0.address
}

/// Sends data from `from` every 20 ms, which the other side answers, until `done` or for `limit`.
fn talk(network: &mut Network, from: usize, limit: Duration, done: impl Fn(&Network) -> bool) -> bool {
    let end = network.now + limit;
    while network.now < end {
        if done(network) {
            return true;
        }
        if send(network, from) {
            send(network, 1 - from);
        }
        network.run(ms(20));
    }
    false
}

/// Sends a datagram of somebody else; whether it arrives.
fn send(network: &mut Network, from: usize) -> bool {
    let now = network.now;
    let Some(path) = network.nodes[from].agent.send_path() else { return false };
    network.agent(from).data_sent(now, path, 1, 1000);
    let (source, to) = (network.nodes[from].sockets[&path.socket], path.remote);
    let other = &network.nodes[1 - from];
    let Some(socket) = other.sockets.iter().find(|(_, at)| **at == to).map(|(id, _)| *id) else {
        return false;
    };
    let arrives = (network.passes)(source, to);
    if arrives {
        network.agent(1 - from).data_received(now, base::Path { socket, remote: source }, 1000);
    }
    arrives
}

fn fails_over(from: usize) {
    let mut network = two_networks();
    assert!(!talk(&mut network, from, ms(5000), |_| false));
    let before = in_use(&network, from);
    let states = [A, B].map(|node| network.states(node).len());
    network.passes = Box::new(move |from, to| same_network(from, to) && first_two(from) != first_two(before));
    let moved = move |network: &Network| {
        [A, B].iter().all(|node| first_two(in_use(network, *node)) != first_two(before))
    };
    assert!(talk(&mut network, from, ms(2000), moved), "within two seconds");
    // It goes on, and no state has told of anything but that there was another choice of pairs.
    assert!(!talk(&mut network, from, ms(60_000), |_| false));
    assert!(moved(&network));
    for (node, count) in [A, B].into_iter().zip(states) {
        let since = network.states(node).split_off(count);
        assert!(
            since.is_empty() || since == [TransportState::Connected, TransportState::Completed],
            "{since:?}"
        );
    }
    assert!(network.both(TransportState::Completed));
}

#[test]
fn when_data_goes_unanswered_another_pair_takes_over_in_two_seconds() {
    fails_over(A);
}

#[test]
fn the_controlled_side_finds_out_too() {
    fails_over(B);
}

#[test]
fn lost_datagrams_make_nobody_leave_a_pair_that_works() {
    let mut network = two_networks();
    let before = in_use(&network, A);
    network.loss = 0.2;
    assert!(!talk(&mut network, A, ms(120_000), |_| false));
    assert_eq!((in_use(&network, A), network.both(TransportState::Completed)), (before, true));
}

#[test]
fn without_data_consent_alone_decides() {
    let mut network = two_networks();
    let before = in_use(&network, A);
    network.passes = Box::new(move |from, to| same_network(from, to) && first_two(from) != first_two(before));
    network.run(ms(3000));
    assert_eq!(in_use(&network, A), before);
    let moved = |network: &Network| first_two(in_use(network, A)) != first_two(before);
    assert!(network.run_until(ms(20_000), moved));
}

#[test]
fn where_there_is_no_other_pair_nothing_changes_before_its_time() {
    let mut network = Network::new();
    network.connect();
    let begun = network.now;
    network.passes = Box::new(|_, _| false);
    let state = |network: &Network| network.nodes[A].agent.state();
    assert!(talk(&mut network, A, ms(20_000), |network| state(network) == TransportState::Disconnected));
    let after = network.now - begun;
    assert!(after >= ms(5000) && after < ms(8000), "{after:?}");
    assert!(talk(&mut network, A, ms(40_000), |network| state(network) == TransportState::Failed));
    let after = network.now - begun;
    assert!(after >= ms(25_000) && after <= ms(36_000), "{after:?}");
}
