//! Two agents meet while somebody who hears everything, and has no password, sends both what he makes of it.

use ice::TransportState;
use network::{A, B, Network, address, ms};

use crate::source::Source;

#[path = "../../crates/ice/tests/network/mod.rs"]
mod network;

pub(crate) fn run(source: &mut Source<'_>) {
    let mut network = Network::new();
    let renomination = source.chance(128);
    for agent in [A, B] {
        network.agent(agent).set_renomination(renomination);
    }
    network.add_hosts();
    network.signal_all();
    while !source.is_empty() {
        network.run(ms(source.below(200) as u64));
        if network.sent.is_empty() {
            continue;
        }
        let (_, from, to, mut data) = network.sent[source.below(network.sent.len())].clone();
        let other = network.sent[source.below(network.sent.len())].3.clone();
        let original = data.clone();
        source.mutate(&mut data, 0, &other);
        // A copy from where it came from is no rubbish; a changed one is none of the peer's.
        let from = if source.chance(128) { address("203.0.113.77:7") } else { from };
        if data == original {
            continue;
        }
        network.deliver(from, to, &data);
        for node in &network.nodes {
            assert!(node.agent.pairs().count() <= 2, "{}", node.agent.pairs().count());
            assert!(node.agent.remote_candidates().count() <= 2);
        }
        network.sent.truncate(500);
    }
    network.run(ms(10_000));
    for agent in [A, B] {
        let state = network.agent(agent).state();
        assert!(matches!(state, TransportState::Connected | TransportState::Completed), "{state:?}");
    }
}
