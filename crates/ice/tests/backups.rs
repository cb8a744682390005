//! Pairs that are kept open beside the one in use.

mod network;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use ice::{PairState, TransportState};
use network::{A, B, Network, address, host, ms};

const IN_USE: &str = "192.0.2.1:1000";

/// B has one address, and A six; the first of them is in use.
fn many_addresses() -> Network {
    let mut network = Network::new();
    for last in 1..=6 {
        network.add_host(A, &format!("192.0.2.{last}:1000"));
    }
    network.add_host(B, "192.0.2.100:2000");
    network.complete(A);
    network.complete(B);
    network.signal_all();
    assert!(network.run_until(ms(5000), |network| network.both(TransportState::Completed)));
    assert_eq!(network.agent(A).selected_pair().unwrap().0.address, address(IN_USE));
    // The search, which begins three seconds after the selection, is over as well.
    network.run(ms(30_000));
    network.sent.clear();
    network
}

/// Requests of A by where they come from.
fn requests(network: &Network) -> BTreeMap<SocketAddr, usize> {
    let mut counts = BTreeMap::new();
    for (_, from, to, datagram) in &network.sent {
        if *to == address("192.0.2.100:2000") && datagram[0] == 0 {
            *counts.entry(*from).or_default() += 1;
        }
    }
    counts
}

#[test]
fn four_are_checked_every_25_seconds() {
    let mut network = many_addresses();
    network.run(ms(500_000));
    let mut counts = requests(&network);
    let consent = counts.remove(&address(IN_USE)).unwrap();
    assert!((80..=125).contains(&consent), "{consent}");
    assert_eq!(counts.into_values().collect::<Vec<_>>(), [20; 4]);
    assert!(network.both(TransportState::Completed));
}

#[test]
fn one_that_goes_silent_is_given_up_and_another_is_kept_instead() {
    let mut network = many_addresses();
    let silent = address("192.0.2.2:1000");
    network.passes = Box::new(move |from, to| from != silent && to != silent);
    network.run(ms(100_000));
    let given_up = requests(&network)[&silent];
    assert!(given_up <= 5, "{given_up}");
    let pairs: Vec<_> = network.agent(A).pairs().collect();
    let state = |at: SocketAddr| pairs.iter().find(|pair| pair.local.address == at).map(|pair| pair.state);
    assert_eq!(state(silent), Some(PairState::Failed));
    network.sent.clear();
    network.run(ms(500_000));
    let mut counts = requests(&network);
    counts.remove(&address(IN_USE));
    assert_eq!(counts.len(), 4, "{counts:?}");
    assert!(!counts.contains_key(&silent));
    // It comes back when the other side's checks do, which has given it up too: when all are checked again.
    assert_eq!(network.agent(A).state(), TransportState::Completed);
}

/// The selection ends the checks that are on their way, and those that did not begin: a few more follow, and then none.
#[test]
fn what_the_selection_left_over_is_checked_a_few_times() {
    let mut network = Network::new();
    network.add_hosts();
    network.signal_credentials(B, A);
    network.signal_credentials(A, B);
    network.signal_candidates(A, B);
    network.signal_candidates(B, A);
    let nobody: Vec<SocketAddr> =
        (1..=40).map(|last| SocketAddr::new([198, 51, 100, last].into(), 9)).collect();
    for candidate in &nobody {
        let now = network.now;
        network.agent(A).add_remote_candidate(now, host(*candidate));
    }
    network.signal_end(B, A);
    network.signal_end(A, B);
    assert!(network.run_until(ms(5000), |network| network.both(TransportState::Completed)));
    network.sent.clear();
    let count = |network: &Network| network.sent.iter().filter(|(_, _, to, _)| nobody.contains(to)).count();
    network.run(ms(1000));
    assert!(count(&network) <= 32, "sixteen at a time: {}", count(&network));
    network.run(ms(120_000));
    let total = count(&network);
    // The first may have gone in the moment of the selection.
    assert!((5 * 40 - 1..=5 * 40).contains(&total), "{total}");
    network.run(ms(600_000));
    assert_eq!(count(&network), total);
    assert!(network.both(TransportState::Completed));
}

#[test]
fn checks_of_backups_keep_the_pace() {
    let mut network = many_addresses();
    network.run(ms(200_000));
    let mut last: Option<Duration> = None;
    for (time, from, _, datagram) in &network.sent {
        let is_backup = datagram[0] == 0 && *from != address(IN_USE) && from.port() == 1000;
        if is_backup {
            let time = *time - network.start;
            assert!(last.is_none_or(|last| time - last >= ms(20)), "{last:?} {time:?}");
            last = Some(time);
        }
    }
    assert!(last.is_some());
}
