//! Consent freshness ([RFC 7675](https://www.rfc-editor.org/rfc/rfc7675)) and what becomes of a lost pair.

mod network;

use base::SocketId;
use ice::TransportState;
use network::{A, B, Network, address, ms};

#[test]
fn checks_go_on_every_four_to_six_seconds() {
    let mut network = Network::new();
    network.connect();
    network.sent.clear();
    network.run(ms(120_000));
    assert!(network.both(TransportState::Completed));
    let from_a =
        network.sent.iter().filter(|(_, from, _, data)| *from == address("192.0.2.1:1000") && data[0] == 0);
    let times: Vec<_> = from_a.map(|(time, ..)| *time).collect();
    assert!((20..=30).contains(&times.len()), "{}", times.len());
    for gap in times.windows(2).map(|pair| pair[1] - pair[0]) {
        assert!((ms(4000)..=ms(6000)).contains(&gap), "{gap:?}");
    }
}

#[test]
fn silence_disconnects_then_fails_and_data_stops_within_thirty_seconds() {
    let mut network = Network::new();
    network.connect();
    network.run(ms(20_000));
    let cut = network.now;
    network.passes = Box::new(|_, _| false);
    let disconnected = |network: &Network| network.nodes[A].agent.state() == TransportState::Disconnected;
    assert!(network.run_until(ms(13_000), disconnected));
    assert!(network.now - cut >= ms(5000));
    // Consent still holds: a transient loss does not stop data.
    assert!(network.agent(A).send_path().is_some());
    assert!(network.run_until(ms(30_000), |network| network.nodes[A].agent.send_path().is_none()));
    assert!(network.now - cut <= ms(30_000));
    assert_eq!(network.agent(A).state(), TransportState::Failed);
    network.run(ms(10_000));
    network.sent.clear();
    network.run(ms(600_000));
    assert_eq!(network.sent.len(), 0);
}

#[test]
fn it_recovers_from_disconnected_by_itself() {
    let mut network = Network::new();
    network.connect();
    network.passes = Box::new(|_, _| false);
    assert!(network.run_until(ms(15_000), |network| network.both(TransportState::Disconnected)));
    network.passes = Box::new(|_, _| true);
    assert!(network.run_until(ms(7000), |network| network.both(TransportState::Completed)));
}

#[test]
fn one_lost_check_changes_nothing() {
    let mut network = Network::new();
    network.connect();
    let states = network.states(A).len();
    for _ in 0..10 {
        // Everything is lost for four seconds: at most one consent check of each side.
        network.passes = Box::new(|_, _| false);
        network.run(ms(3900));
        network.passes = Box::new(|_, _| true);
        network.run(ms(15_000));
    }
    assert_eq!(network.states(A).len(), states);
}

#[test]
fn a_peer_that_stops_answering_loses_consent_though_it_still_asks() {
    let mut network = Network::new();
    network.connect();
    // What A asks is lost; B's checks and A's answers to them arrive.
    network.run(ms(1));
    let (a, b) = (address("192.0.2.1:1000"), address("192.0.2.2:2000"));
    let cut = network.now;
    let mut checks = 0;
    while network.agent(A).send_path().is_some() {
        network.passes = Box::new(move |from, _| from != a);
        network.run(ms(100));
        checks = network.sent.iter().filter(|(time, from, ..)| *from == b && *time > cut).count();
        assert!(network.now - cut <= ms(31_000));
    }
    assert!(checks > 3);
    assert_eq!(network.agent(A).state(), TransportState::Failed);
}

#[test]
fn another_pair_takes_over_when_the_socket_of_the_selected_one_closes() {
    let mut network = Network::new();
    network.add_host(A, "192.0.2.1:1000");
    network.add_host(A, "192.0.2.11:1000");
    network.add_host(B, "192.0.2.2:2000");
    network.complete(A);
    network.complete(B);
    network.signal_all();
    assert!(network.run_until(ms(1000), |network| network.both(TransportState::Completed)));
    let path = network.agent(A).send_path().unwrap();
    let now = network.now;
    network.agent(A).socket_closed(now, path.socket);
    network.nodes[A].sockets.remove(&path.socket);
    assert!(!network.agent(A).is_validated(path));
    let other = SocketId(1 - path.socket.0);
    assert!(network.run_until(ms(3000), |network| {
        network.nodes[A].agent.send_path().is_some_and(|path| path.socket == other)
            && network.nodes[A].agent.selected_pair().is_some()
    }));
    // B follows once it has noticed, or at once if the new pair has the higher priority.
    assert!(network.run_until(ms(20_000), |network| {
        network.nodes[B].agent.send_path().is_some_and(|path| path.remote == address("192.0.2.11:1000"))
    }));
    network.run(ms(20_000));
    assert!(network.both(TransportState::Completed), "{:?} {:?}", network.states(A), network.states(B));
}

#[test]
fn a_pair_whose_consent_is_nearly_over_takes_over_without_failing() {
    for age in [27_000, 29_000, 29_900] {
        let mut network = Network::new();
        network.add_host(A, "192.0.2.1:1000");
        network.add_host(A, "192.0.2.11:1000");
        network.add_host(B, "192.0.2.2:2000");
        network.complete(A);
        network.complete(B);
        network.signal_all();
        network.run(ms(age));
        let now = network.now;
        let path = network.agent(A).send_path().unwrap();
        network.agent(A).socket_closed(now, path.socket);
        network.nodes[A].sockets.remove(&path.socket);
        network.run(ms(30_000));
        assert!(!network.states(A).contains(&TransportState::Failed), "{age}: {:?}", network.states(A));
        assert_eq!(network.agent(A).state(), TransportState::Completed, "{age}");
    }
}

#[test]
fn without_another_pair_a_closed_socket_disconnects_and_fails() {
    let mut network = Network::new();
    network.connect();
    let now = network.now;
    network.agent(A).socket_closed(now, SocketId(0));
    assert_eq!(network.agent(A).state(), TransportState::Disconnected);
    assert_eq!(network.agent(A).send_path(), None);
    network.run(ms(31_000));
    assert_eq!(network.agent(A).state(), TransportState::Failed);
}
