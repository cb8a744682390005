//! A lite agent and a full one ([RFC 8445, section 2.5](https://www.rfc-editor.org/rfc/rfc8445#section-2.5)).

mod network;

use ice::{AgentConfig, CandidateKind, Role, TransportState};
use network::{A, B, Network, address, agent, ms};

const FULL: &str = "192.0.2.1:1000";
const LITE: &str = "192.0.2.2:2000";

/// A is full, B is lite.
fn network(full: Role) -> Network {
    let config = AgentConfig { conclusion: ms(0), ..AgentConfig::default() };
    let lite = AgentConfig { lite: true, ..config.clone() };
    Network::with(agent(full, 1, config), agent(Role::Controlling, 2, lite))
}

/// `a=ice-lite` reaches the full agent if `told`.
fn signal(network: &mut Network, told: bool) {
    network.add_hosts();
    let now = network.now;
    let credentials = network.agent(B).local_credentials().clone();
    network.agent(A).set_remote_credentials(now, credentials, told);
    network.signal_credentials(A, B);
    for (from, to) in [(A, B), (B, A)] {
        network.signal_candidates(from, to);
        network.signal_end(from, to);
    }
}

fn connected() -> Network {
    let mut network = network(Role::Controlling);
    signal(&mut network, true);
    assert!(network.run_until(ms(5000), |network| network.both(TransportState::Completed)));
    network
}

/// The STUN requests that the lite agent has sent.
fn requests_of_lite(network: &Network) -> usize {
    let from_lite = network.sent.iter().filter(|(_, from, ..)| *from == address(LITE));
    from_lite.filter(|(.., data)| data[..2] == [0, 1]).count()
}

#[test]
fn the_full_agent_controls_and_checks_and_the_lite_one_only_answers() {
    for role in [Role::Controlling, Role::Controlled] {
        let mut network = network(role);
        signal(&mut network, true);
        assert!(network.run_until(ms(5000), |network| network.both(TransportState::Completed)));
        assert_eq!(network.agent(A).role(), Role::Controlling);
        assert_eq!(network.agent(B).role(), Role::Controlled);
        let pair = network.agent(B).selected_pair().map(|(local, remote)| (local.address, remote.address));
        assert_eq!(pair, Some((address(LITE), address(FULL))));
        network.run(ms(300_000));
        assert!(network.both(TransportState::Completed), "consent lasts");
        assert_eq!(requests_of_lite(&network), 0);
    }
}

#[test]
fn whoever_does_not_know_that_it_controls_is_told() {
    let mut network = network(Role::Controlled);
    signal(&mut network, false);
    assert!(network.run_until(ms(5000), |network| network.both(TransportState::Completed)));
    assert_eq!(network.agent(A).role(), Role::Controlling);
    assert_eq!(network.agent(B).role(), Role::Controlled);
    assert_eq!(network.agent(B).counters().role_conflicts, 0);
}

#[test]
fn a_full_agent_behind_a_nat_is_found_where_its_checks_come_from() {
    let mut network = network(Role::Controlling);
    network.nat.insert(address(FULL), address("198.51.100.7:40000"));
    signal(&mut network, true);
    assert!(network.run_until(ms(5000), |network| network.both(TransportState::Completed)));
    let (_, remote) = network.agent(B).selected_pair().unwrap();
    assert_eq!((remote.address, remote.kind), (address("198.51.100.7:40000"), CandidateKind::PeerReflexive));
}

#[test]
fn before_the_nomination_nothing_is_sent_and_candidates_make_no_pairs() {
    let mut network = network(Role::Controlling);
    signal(&mut network, true);
    assert_eq!(network.agent(B).pairs().count(), 0);
    assert_eq!(network.agent(B).poll_timeout().map(|at| at > network.now), Some(true));
    // Nothing of the other side gets through: what it signalled moves the lite agent to nothing.
    network.passes = Box::new(|from, _| from != address(FULL));
    network.run(ms(30_000));
    assert!(network.agent(B).send_path().is_none());
    assert_eq!(requests_of_lite(&network), 0);
    network.run(ms(20_000));
    assert_eq!(network.agent(B).state(), TransportState::Failed);
}

#[test]
fn silence_disconnects_then_fails_and_data_stops_within_thirty_seconds() {
    let mut network = connected();
    network.run(ms(20_000));
    let cut = network.now;
    network.passes = Box::new(|_, _| false);
    let disconnected = |network: &Network| network.nodes[B].agent.state() == TransportState::Disconnected;
    assert!(network.run_until(ms(16_000), disconnected));
    assert!(network.agent(B).send_path().is_some(), "a transient loss does not stop data");
    assert!(network.run_until(ms(30_000), |network| network.nodes[B].agent.send_path().is_none()));
    assert!(network.now - cut <= ms(30_000));
    assert_eq!(network.agent(B).state(), TransportState::Failed);
    network.run(ms(600_000));
    assert_eq!(network.agent(B).poll_timeout(), None);
}

#[test]
fn it_recovers_from_disconnected_by_itself() {
    let mut network = connected();
    network.passes = Box::new(|_, _| false);
    assert!(network.run_until(ms(20_000), |network| network.both(TransportState::Disconnected)));
    network.passes = Box::new(|_, _| true);
    assert!(network.run_until(ms(10_000), |network| network.both(TransportState::Completed)));
}

#[test]
fn it_restarts_with_the_full_agent() {
    let mut network = connected();
    let now = network.now;
    let before = network.agent(B).local_credentials().clone();
    for (node, seed) in [(A, 31), (B, 32)] {
        let fresh = ice::Credentials::generate(&mut base::Rng::from_seed([seed; 32]));
        network.agent(node).restart(now, fresh);
        network.complete(node);
    }
    assert_ne!(*network.agent(B).local_credentials(), before);
    network.signal_credentials(A, B);
    let credentials = network.agent(B).local_credentials().clone();
    network.agent(A).set_remote_credentials(now, credentials, true);
    for (from, to) in [(A, B), (B, A)] {
        network.signal_candidates(from, to);
        network.signal_end(from, to);
    }
    assert!(network.agent(B).send_path().is_some(), "the old pair carries data meanwhile");
    assert!(network.run_until(ms(5000), |network| network.both(TransportState::Completed)));
    assert_eq!(requests_of_lite(&network), 0);
}
