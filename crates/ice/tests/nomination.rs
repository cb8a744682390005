//! Which of several nominated pairs the controlled side uses
//! ([RFC 8445, section 8.1.1](https://www.rfc-editor.org/rfc/rfc8445#section-8.1.1)).

mod network;

use std::net::SocketAddr;
use std::time::Duration;

use ice::{AgentConfig, Event, Role, TransportState};
use network::{A, B, Network, address, agent, check, ms, password};
use stun_types::message::Message;

const OURS: &str = "192.0.2.1:1000";
/// Its pair has the higher priority.
const FIRST: &str = "192.0.2.2:2000";
const SECOND: &str = "192.0.2.3:2000";

/// A is controlled and has one socket; B has two, and says nothing by itself any more once it has nominated one: what it
/// would say again is that it is this one.
fn network() -> Network {
    let silent = Duration::from_secs(100_000);
    let config = AgentConfig { conclusion: Duration::ZERO, ..AgentConfig::default() };
    let b = AgentConfig {
        consent_interval: silent,
        consent_lifetime: silent * 2,
        max_backups: 0,
        ..config.clone()
    };
    let mut network = Network::with(agent(Role::Controlled, 1, config), agent(Role::Controlling, 2, b));
    network.add_host(A, OURS);
    network.add_host(B, FIRST);
    network.add_host(B, SECOND);
    network.complete(A);
    network.complete(B);
    network.signal_all();
    assert!(network.run_until(ms(2000), |network| network.both(TransportState::Completed)));
    network.run(ms(3000));
    assert_eq!(selected(&network), address(FIRST));
    network
}

fn selected(network: &Network) -> SocketAddr {
    network.nodes[A].agent.selected_pair().unwrap().1.address
}

fn selections(network: &Network) -> usize {
    let events = network.nodes[A].events.iter();
    events.filter(|event| matches!(event, Event::SelectedPair { .. })).count()
}

/// A check with USE-CANDIDATE from B's address `from` reaches A.
fn nominate(network: &mut Network, from: &str) {
    // PRIORITY, ICE-CONTROLLING, USE-CANDIDATE.
    let attributes: [(u16, &[u8]); 3] = [(0x24, &[100, 0, 1, 255]), (0x802a, &[255; 8]), (0x25, &[])];
    let id = u128::from(network.elapsed().as_millis() as u64);
    let check = check(network, id, Some(&password(network, A)), &attributes);
    network.deliver(address(from), address(OURS), &check);
}

#[test]
fn a_controlling_side_that_stays_with_another_pair_is_followed() {
    let mut network = network();
    // Long after the pair's first check, so that its consent has ended.
    network.run(ms(60_000));
    let start = network.now;
    while selected(&network) == address(FIRST) {
        nominate(&mut network, SECOND);
        network.run(ms(900));
        assert!(network.now - start < ms(6000));
    }
    assert!(network.now - start >= ms(3000));
    assert_eq!(network.agent(A).send_path().unwrap().remote, address(SECOND));
    // It stays, whether or not it is nominated further, and data has consent.
    network.run(ms(120_000));
    assert_eq!(selected(&network), address(SECOND));
    assert!(network.states(A).ends_with(&[TransportState::Completed]));
    assert_eq!(selections(&network), 2);
    // And back in the same way.
    for _ in 0..5 {
        nominate(&mut network, FIRST);
        network.run(ms(900));
    }
    assert_eq!(selected(&network), address(FIRST));
}

#[test]
fn one_nomination_of_a_lower_pair_moves_nothing() {
    let mut network = network();
    nominate(&mut network, SECOND);
    network.run(ms(60_000));
    assert_eq!((selected(&network), selections(&network)), (address(FIRST), 1));
}

#[test]
fn a_storm_of_nominations_moves_nothing() {
    let mut network = network();
    for _ in 0..1500 {
        for from in [FIRST, SECOND] {
            nominate(&mut network, from);
            network.run(ms(20));
        }
    }
    assert_eq!((selected(&network), selections(&network)), (address(FIRST), 1));
    // The same, on a pair that was followed to, and with pauses.
    for _ in 0..5 {
        nominate(&mut network, SECOND);
        network.run(ms(900));
    }
    assert_eq!((selected(&network), selections(&network)), (address(SECOND), 2));
    for _ in 0..30 {
        nominate(&mut network, FIRST);
        network.run(ms(1000));
        nominate(&mut network, SECOND);
        network.run(ms(1000));
    }
    assert_eq!((selected(&network), selections(&network)), (address(SECOND), 2));
}

#[test]
fn a_pair_nominated_after_another_was_selected_is_still_checked() {
    let mut network = Network::with_roles(Role::Controlled, Role::Controlling);
    network.add_host(A, OURS);
    network.add_host(B, FIRST);
    network.add_host(B, SECOND);
    network.complete(A);
    network.complete(B);
    let first = address(FIRST);
    network.passes = Box::new(move |from, to| from != first && to != first);
    network.signal_all();
    assert!(network.run_until(ms(5000), |network| network.both(TransportState::Completed)));
    assert_eq!(selected(&network), address(SECOND));
    network.run(ms(60_000));
    // The better pair works from now on, and is nominated, once: nothing else makes A check it again.
    network.passes = Box::new(|_, _| true);
    nominate(&mut network, FIRST);
    network.run(ms(1000));
    assert_eq!((selected(&network), selections(&network)), (address(FIRST), 2));
}

#[test]
fn a_nomination_is_remembered_until_the_pair_in_use_is_lost() {
    let mut network = network();
    nominate(&mut network, SECOND);
    let first = address(FIRST);
    network.passes = Box::new(move |from, to| from != first && to != first);
    let followed = network.run_until(ms(16_000), |network| {
        network.nodes[A].agent.selected_pair().is_some_and(|(_, remote)| remote.address == address(SECOND))
    });
    assert!(followed, "{:?}", network.states(A));
    network.run(ms(1000));
    assert_eq!(network.states(A).last(), Some(&TransportState::Completed));
}

/// Its consent checks say which pair the controlling side has selected, as those of libwebrtc do.
#[test]
fn the_controlling_side_says_again_which_pair_it_is() {
    let mut network = Network::new();
    network.connect();
    network.sent.clear();
    network.run(ms(60_000));
    let nominates = |datagram: &[u8]| Message::from_bytes(datagram).unwrap().has_attribute(0x25.into());
    for (_, from, _, datagram) in network.sent.iter().filter(|(.., datagram)| datagram[0] == 0) {
        assert_eq!(nominates(datagram), *from == address(OURS), "{from}");
    }
}
