//! What the configuration says about addresses: where the peer may be, and what ours is outside.

mod network;

use ice::{AddressFilter, AgentConfig, CandidateKind, ExternalAddress, ExternalMode, Role, TransportState};
use network::{A, B, Network, address, agent, ms};

fn network(a: AgentConfig) -> Network {
    Network::with(agent(Role::Controlling, 1, a), agent(Role::Controlled, 2, AgentConfig::default()))
}

fn external(mode: ExternalMode, internal: Option<&str>) -> AgentConfig {
    let external_addresses = vec![ExternalAddress {
        external: "198.51.100.1".parse().unwrap(),
        internal: internal.map(|ip| ip.parse().unwrap()),
        mode,
    }];
    AgentConfig { external_addresses, ..AgentConfig::default() }
}

fn sent_to(network: &Network, to: &str) -> usize {
    network.sent.iter().filter(|(_, _, destination, _)| *destination == address(to)).count()
}

#[test]
fn nothing_is_ever_sent_to_where_the_peer_may_not_be() {
    let remote_addresses = AddressFilter::default().deny("10.0.0.0/8".parse().unwrap());
    let mut network = network(AgentConfig { remote_addresses, ..AgentConfig::default() });
    network.add_host(A, "192.0.2.1:1000");
    network.add_host(B, "10.0.0.2:2000");
    network.complete(A);
    network.complete(B);
    // B's candidate is refused, and so are B's checks, which come from there, although they are authentic.
    network.signal_all();
    network.run(ms(10_000));
    assert_eq!(sent_to(&network, "10.0.0.2:2000"), 0);
    assert!(sent_to(&network, "192.0.2.1:1000") > 5, "B does try");
    let counters = network.agent(A).counters();
    assert_eq!(counters.candidates_refused, 1);
    assert!(counters.dropped_refused > 5);
    assert_eq!(network.agent(A).pairs().count(), 0);
    // Elsewhere it may be.
    network.add_host(B, "192.0.2.2:2000");
    network.signal_all();
    assert!(network.run_until(ms(2000), |network| network.both(TransportState::Connected)));
    assert_eq!(network.agent(A).selected_pair().unwrap().1.address, address("192.0.2.2:2000"));
    assert_eq!(sent_to(&network, "10.0.0.2:2000"), 0);
}

#[test]
fn an_external_address_replaces_the_hosts_and_connects() {
    let mut network = network(external(ExternalMode::Replace, Some("10.0.0.1")));
    network.nat.insert(address("10.0.0.1:1000"), address("198.51.100.1:1000"));
    network.add_host(A, "10.0.0.1:1000");
    network.add_host(A, "10.0.0.3:1000");
    network.add_host(B, "203.0.113.2:2000");
    network.complete(A);
    network.complete(B);
    let shown: Vec<_> = network.agent(A).local_candidates().map(|one| (one.kind, one.address)).collect();
    let host = |at: &str| (CandidateKind::Host, address(at));
    assert_eq!(shown, [host("198.51.100.1:1000"), host("10.0.0.3:1000")]);
    // The peer can send to the outside address only.
    network.passes = Box::new(|_, to| to != address("10.0.0.1:1000"));
    network.signal_all();
    assert!(network.run_until(ms(2000), |network| network.both(TransportState::Connected)));
    assert_eq!(network.agent(A).selected_pair().unwrap().0.address, address("198.51.100.1:1000"));
    assert!(network.agent(A).pairs().all(|pair| pair.local.address != address("10.0.0.1:1000")));
}

#[test]
fn an_external_address_beside_the_hosts_is_server_reflexive() {
    let mut network = network(external(ExternalMode::Add, None));
    network.add_host(A, "10.0.0.1:1000");
    network.add_host(A, "[2001:db8::1]:1000");
    network.complete(A);
    let shown: Vec<_> = network.agent(A).local_candidates().cloned().collect();
    let [host, outside, v6] = &shown[..] else { panic!("{shown:?}") };
    assert_eq!((host.kind, host.address), (CandidateKind::Host, address("10.0.0.1:1000")));
    assert_eq!(
        (outside.kind, outside.address),
        (CandidateKind::ServerReflexive, address("198.51.100.1:1000"))
    );
    assert_eq!(outside.related, Some(host.address));
    assert!(outside.priority < host.priority && outside.foundation != host.foundation);
    assert_eq!(v6.kind, CandidateKind::Host);
}
