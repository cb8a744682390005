//! Role conflicts ([RFC 8445, section 7.3.1.1](https://www.rfc-editor.org/rfc/rfc8445#section-7.3.1.1)).

mod network;

use ice::{Event, Role, TransportState};
use network::{A, B, Network, ms};

fn conflict(role: Role, first: usize) {
    let mut network = Network::with_roles(role, role);
    network.add_hosts();
    // One side alone starts, so that both ways of finding out are seen.
    let second = 1 - first;
    network.signal_credentials(first, second);
    network.signal_credentials(second, first);
    network.signal_candidates(second, first);
    network.signal_end(A, B);
    network.signal_end(B, A);
    assert!(network.run_until(ms(2000), |network| network.both(TransportState::Completed)));
    let roles = [network.agent(A).role(), network.agent(B).role()];
    assert_ne!(roles[A], roles[B]);
    network.run(ms(60_000));
    assert_eq!([network.agent(A).role(), network.agent(B).role()], roles);
    let changes =
        network.nodes.iter().flat_map(|node| &node.events).filter(|event| matches!(event, Event::Role(_)));
    assert_eq!(changes.count(), 1);
}

#[test]
fn both_controlling() {
    conflict(Role::Controlling, A);
    conflict(Role::Controlling, B);
}

#[test]
fn both_controlled() {
    conflict(Role::Controlled, A);
    conflict(Role::Controlled, B);
}

#[test]
fn a_full_agent_controls_a_lite_one() {
    let mut network = Network::with_roles(Role::Controlled, Role::Controlled);
    network.add_hosts();
    let credentials = network.agent(B).local_credentials().clone();
    let now = network.now;
    network.agent(A).set_remote_credentials(now, credentials, true);
    assert_eq!(network.agent(A).role(), Role::Controlling);
    // A lite agent answers and never asks: B never learns A's credentials.
    network.signal_candidates(B, A);
    network.signal_end(B, A);
    assert!(
        network.run_until(ms(1000), |network| network.nodes[A].agent.state() == TransportState::Completed)
    );
    assert_eq!(network.elapsed(), ms(40));
    assert_eq!(network.agent(B).counters().requests_sent, 0);
    network.run(ms(120_000));
    assert_eq!(network.agent(A).state(), TransportState::Completed);
}
