//! ICE restart ([RFC 8445, section 9](https://www.rfc-editor.org/rfc/rfc8445#section-9)).

mod network;

use base::Rng;
use ice::{Credentials, Event, GatheringState, TransportState};
use network::{A, B, Network, ms};

fn restart(network: &mut Network, node: usize, seed: u8) {
    let now = network.now;
    let credentials = Credentials::generate(&mut Rng::from_seed([seed; 32]));
    network.agent(node).restart(now, credentials);
}

#[test]
fn the_old_pair_carries_data_until_the_new_one_is_selected() {
    let mut network = Network::new();
    network.connect();
    let old = network.agent(A).send_path();
    network.nodes[A].events.clear();
    restart(&mut network, A, 31);
    network.collect(A);
    let ufrag = network.agent(A).local_credentials().ufrag.clone();
    assert_eq!(network.nodes[A].events.len(), 4);
    assert!(network.nodes[A].events.contains(&Event::GatheringState(GatheringState::Gathering)));
    assert!(network.nodes[A].announced.iter().all(|candidate| candidate.ufrag.as_ref() == Some(&ufrag)));
    // The answer takes its time: A keeps its consent under the old credentials on both sides.
    network.run(ms(60_000));
    assert_eq!(network.agent(A).send_path(), old);
    assert_eq!(network.agent(A).state(), TransportState::Connected);
    assert_eq!(network.agent(B).state(), TransportState::Completed);
    assert!(network.agent(A).is_validated(old.unwrap()));

    restart(&mut network, B, 32);
    network.collect(B);
    network.nodes[A].events.clear();
    network.signal_all();
    let start = network.now;
    let always = |network: &Network| network.nodes.iter().all(|node| node.agent.send_path().is_some());
    let selected = |network: &Network| {
        network.nodes[A].events.iter().any(|event| matches!(event, Event::SelectedPair { .. }))
    };
    while !selected(&network) {
        assert!(always(&network));
        network.run(ms(1));
        assert!(network.now - start < ms(1000));
    }
    network.run(ms(100));
    assert!(network.both(TransportState::Completed));
    assert!(network.agent(A).is_validated(old.unwrap()));
    network.run(ms(60_000));
    assert!(network.both(TransportState::Completed));
}

#[test]
fn checks_of_the_new_generation_that_come_before_its_answer_are_kept() {
    let mut network = Network::new();
    network.connect();
    restart(&mut network, A, 31);
    restart(&mut network, B, 32);
    network.collect(A);
    network.collect(B);
    network.signal_credentials(A, B);
    network.signal_candidates(A, B);
    network.run(ms(200));
    network.signal_credentials(B, A);
    network.signal_end(A, B);
    network.signal_end(B, A);
    assert!(network.run_until(ms(300), |network| network.both(TransportState::Completed)));
}

#[test]
fn a_restart_revives_a_failed_transport() {
    let mut network = Network::new();
    network.connect();
    network.passes = Box::new(|_, _| false);
    network.run(ms(60_000));
    assert!(network.both(TransportState::Failed));
    network.passes = Box::new(|_, _| true);
    restart(&mut network, A, 31);
    restart(&mut network, B, 32);
    assert!(network.both(TransportState::Checking));
    network.collect(A);
    network.collect(B);
    network.signal_all();
    assert!(network.run_until(ms(1000), |network| network.both(TransportState::Completed)));
}

#[test]
fn a_restart_while_disconnected_goes_back_to_checking() {
    let mut network = Network::new();
    network.connect();
    network.passes = Box::new(|_, _| false);
    assert!(network.run_until(ms(15_000), |network| network.both(TransportState::Disconnected)));
    restart(&mut network, A, 31);
    assert_eq!(network.agent(A).state(), TransportState::Checking);
}

#[test]
fn candidates_of_the_old_generation_are_ignored() {
    let mut network = Network::new();
    network.connect();
    let old = network.agent(A).remote_candidates().next().unwrap().clone();
    restart(&mut network, A, 31);
    restart(&mut network, B, 32);
    let now = network.now;
    network.agent(A).add_remote_candidate(now, old.clone());
    network.signal_credentials(B, A);
    assert_eq!(network.agent(A).remote_candidates().count(), 0);
    network.agent(A).add_remote_candidate(now, old);
    assert_eq!(network.agent(A).remote_candidates().count(), 0);
    assert_eq!(network.agent(A).counters().candidates_ignored, 2);
}

/// Somebody answers an offer again, with credentials of their own: our side stays as it is.
#[test]
fn the_other_side_alone_restarts_and_its_old_pair_can_be_left() {
    for leaves in [false, true] {
        let mut network = Network::new();
        network.connect();
        let old = network.agent(A).send_path().unwrap();
        let ours = network.agent(A).local_candidates().count();
        let now = network.now;
        network.agent(A).set_remote_credentials(
            now,
            Credentials::generate(&mut Rng::from_seed([31; 32])),
            false,
        );
        assert_eq!(network.agent(A).local_candidates().count(), ours);
        assert_eq!(network.agent(A).send_path(), Some(old));
        assert!(network.agent(A).is_validated(old));
        if leaves {
            network.agent(A).leave_former_generations(now);
            assert_eq!((network.agent(A).send_path(), network.agent(A).is_validated(old)), (None, false));
            assert_eq!(network.agent(A).state(), TransportState::Checking);
        }
    }
}

#[test]
fn leaving_what_was_before_takes_nothing_of_what_is() {
    let mut network = Network::new();
    network.connect();
    let now = network.now;
    let path = network.agent(A).send_path();
    network.agent(A).leave_former_generations(now);
    assert_eq!(network.agent(A).send_path(), path);
    assert!(network.agent(A).is_validated(path.unwrap()));
    assert_eq!(network.agent(A).state(), TransportState::Completed);
}
