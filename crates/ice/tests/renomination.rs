//! More than one nomination, where both sides agreed on it
//! ([draft-thatcher-ice-renomination](https://datatracker.ietf.org/doc/html/draft-thatcher-ice-renomination-01)).

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

fn config() -> AgentConfig {
    AgentConfig { conclusion: Duration::ZERO, ..AgentConfig::default() }
}

fn connect(network: &mut Network) {
    network.complete(A);
    network.complete(B);
    network.signal_all();
    assert!(network.run_until(ms(5000), |network| network.both(TransportState::Completed)));
}

fn selected(network: &Network, node: usize) -> SocketAddr {
    network.nodes[node].agent.selected_pair().expect("a pair").1.address
}

fn selections(network: &Network) -> usize {
    let events = network.nodes[A].events.iter();
    events.filter(|event| matches!(event, Event::SelectedPair { .. })).count()
}

/// What a check of B's says of its nomination.
#[derive(Clone, Copy)]
struct Nomination {
    use_candidate: bool,
    number: Option<u32>,
    is_forged: bool,
}

const PLAIN: Nomination = Nomination { use_candidate: true, number: None, is_forged: false };

fn numbered(number: u32) -> Nomination {
    Nomination { number: Some(number), ..PLAIN }
}

/// Such a check reaches A from B's address `from`.
fn nominate(network: &mut Network, from: &str, nomination: Nomination) {
    let number = nomination.number.map(u32::to_be_bytes);
    // PRIORITY, ICE-CONTROLLING, USE-CANDIDATE, NOMINATION.
    let mut attributes: Vec<(u16, &[u8])> = vec![(0x24, &[100, 0, 1, 255]), (0x802a, &[255; 8])];
    attributes.extend(nomination.use_candidate.then_some((0x25, &[][..])));
    attributes.extend(number.as_ref().map(|number| (0xc001, &number[..])));
    let id = u128::from(network.elapsed().as_millis() as u64);
    let password = password(network, if nomination.is_forged { B } else { A });
    let check = check(network, id, Some(&password), &attributes);
    network.deliver(address(from), address(OURS), &check);
}

/// A is controlled and has one socket; B has two, and says nothing by itself any more once it has nominated one.
fn controlled(renomination: bool, lite: bool) -> Network {
    let silent = Duration::from_secs(100_000);
    let b =
        AgentConfig { consent_interval: silent, consent_lifetime: silent * 2, max_backups: 0, ..config() };
    let a = AgentConfig { lite, ..config() };
    let mut network = Network::with(agent(Role::Controlled, 1, a), agent(Role::Controlling, 2, b));
    network.agent(A).set_renomination(renomination);
    network.add_host(A, OURS);
    network.add_host(B, FIRST);
    network.add_host(B, SECOND);
    connect(&mut network);
    network.run(ms(3000));
    assert_eq!((selected(&network, A), selections(&network)), (address(FIRST), 1));
    network
}

/// Where data goes after such a check.
fn after(network: &mut Network, from: &str, nomination: Nomination) -> SocketAddr {
    nominate(network, from, nomination);
    network.run(ms(200));
    selected(network, A)
}

#[test]
fn the_controlled_side_obeys_the_highest_number_at_once() {
    for lite in [false, true] {
        let network = &mut controlled(true, lite);
        let [first, second] = [FIRST, SECOND].map(address);
        assert_eq!(after(network, SECOND, numbered(2)), second);
        // What came late, what another pair has already, and what has no number.
        for old in [numbered(1), numbered(2), numbered(0), PLAIN] {
            assert_eq!(after(network, FIRST, old), second);
        }
        // libwebrtc leaves USE-CANDIDATE out.
        assert_eq!(after(network, FIRST, Nomination { use_candidate: false, ..numbered(3) }), first);
        // The draft, section 4: the three least significant bytes.
        assert_eq!(after(network, SECOND, numbered(0xff00_0002)), first);
        assert_eq!(after(network, SECOND, Nomination { is_forged: true, ..numbered(9) }), first);
        assert_eq!(after(network, SECOND, numbered(0xff00_0004)), second);
        assert_eq!(selections(network), 4);
        assert_eq!(network.states(A).last(), Some(&TransportState::Completed));
    }
}

#[test]
fn numbers_mean_nothing_where_it_was_not_agreed() {
    let network = &mut controlled(false, false);
    for _ in 0..5 {
        assert_eq!(after(network, SECOND, numbered(7)), address(FIRST));
        assert_eq!(after(network, FIRST, PLAIN), address(FIRST));
    }
    assert_eq!(after(network, SECOND, Nomination { use_candidate: false, ..numbered(8) }), address(FIRST));
    assert_eq!(selections(network), 1);
}

/// A9: data does not jump faster than ten times a second, and the last one wins in the end.
#[test]
fn a_storm_of_nominations_is_followed_slowly() {
    let network = &mut controlled(true, false);
    for number in 2..1000 {
        let from = if number % 2 == 0 { SECOND } else { FIRST };
        nominate(network, from, numbered(number));
        network.run(ms(5));
    }
    let moves = selections(network);
    assert!((20..=55).contains(&moves), "{moves}");
    assert_eq!(after(network, SECOND, numbered(1000)), address(SECOND));
}

#[test]
fn a_check_that_came_before_the_credentials_nominates_too() {
    let mut network = Network::with_roles(Role::Controlled, Role::Controlling);
    network.add_host(A, OURS);
    network.add_host(B, FIRST);
    network.add_host(B, SECOND);
    for (from, number) in [(FIRST, 1), (SECOND, 2)] {
        nominate(&mut network, from, numbered(number));
    }
    network.agent(A).set_renomination(true);
    // B answers checks, and sends none.
    network.signal_credentials(B, A);
    network.run(ms(500));
    assert_eq!(selected(&network, A), address(SECOND));
}

const NEAR: [&str; 2] = ["10.1.0.1:4000", "10.1.0.2:4000"];
const FAR: [&str; 2] = ["10.2.0.1:4000", "10.2.0.2:4000"];

/// Whether both ends are in the same of the two networks, and in this one of them.
fn within(prefix: &'static str) -> impl Fn(SocketAddr, SocketAddr) -> bool {
    let is_in = move |at: SocketAddr, prefix: &str| at.to_string().starts_with(prefix);
    move |from, to| {
        ["10.1.", "10.2."].iter().any(|one| one.starts_with(prefix) && is_in(from, one) && is_in(to, one))
    }
}

/// Two networks that both sides are in, of which the far one alone works at first; the near one has the higher priority.
fn on_the_far_network(renomination: [bool; 2]) -> Network {
    let mut network = Network::with_roles(Role::Controlling, Role::Controlled);
    for (node, renomination) in [A, B].into_iter().zip(renomination) {
        network.agent(node).set_renomination(renomination);
        network.add_host(node, NEAR[node]);
        network.add_host(node, FAR[node]);
    }
    network.passes = Box::new(within("10.2."));
    connect(&mut network);
    assert_eq!(in_use(&network), [address(FAR[B]), address(FAR[A])]);
    network
}

fn in_use(network: &Network) -> [SocketAddr; 2] {
    [A, B].map(|node| selected(network, node))
}

fn is_near(network: &Network) -> bool {
    in_use(network) == [address(NEAR[B]), address(NEAR[A])]
}

#[test]
fn the_controlling_side_moves_to_a_better_pair_that_comes_up_later() {
    let mut network = on_the_far_network([true; 2]);
    network.run(ms(2000));
    network.passes = Box::new(within("10."));
    assert!(network.run_until(ms(10_000), is_near));
    network.run(ms(120_000));
    assert!(is_near(&network) && network.both(TransportState::Completed));
    assert_eq!(selections(&network), 2);
    // Each nomination had a number of its own.
    let number = |datagram: &[u8]| {
        let message = Message::from_bytes(datagram).unwrap();
        message.raw_attribute(0xc001.into()).map(|value| value.value.to_vec())
    };
    let numbers = network.sent.iter().filter(|(.., datagram)| datagram[0] == 0);
    let numbers = numbers.filter_map(|(_, from, _, datagram)| Some((*from, number(datagram)?)));
    let numbers: std::collections::BTreeSet<_> = numbers.collect();
    let expected = [(address(NEAR[A]), vec![0, 0, 0, 2]), (address(FAR[A]), vec![0, 0, 0, 1])];
    assert_eq!(numbers, expected.into());
}

#[test]
fn it_stays_where_it_is_with_a_peer_that_does_not_have_it() {
    let mut network = on_the_far_network([false; 2]);
    network.run(ms(2000));
    network.passes = Box::new(within("10."));
    network.run(ms(120_000));
    assert_eq!(in_use(&network), [address(FAR[B]), address(FAR[A])]);
    assert!(network.both(TransportState::Completed));
    assert_eq!(selections(&network), 1);
}

#[test]
fn a_pair_that_went_bad_is_left_and_not_taken_again_too_soon() {
    let mut network = on_the_far_network([true; 2]);
    network.run(ms(2000));
    network.passes = Box::new(within("10."));
    assert!(network.run_until(ms(10_000), is_near));
    network.passes = Box::new(within("10.2."));
    let is_far = |network: &Network| in_use(network) == [address(FAR[B]), address(FAR[A])];
    // Nothing is sent, so that consent alone finds out.
    assert!(network.run_until(ms(20_000), is_far));
    let left = network.now;
    network.passes = Box::new(within("10."));
    network.run(ms(25_000));
    assert!(is_far(&network) && network.both(TransportState::Completed));
    assert!(network.run_until(ms(40_000), is_near), "{:?}", network.now - left);
    network.run(ms(60_000));
    assert!(is_near(&network) && network.both(TransportState::Completed));
}

/// The better pair is nominated, and stops to work before it has answered; then the one in use does.
#[test]
fn a_nomination_that_goes_unanswered_keeps_back_no_other() {
    let mut network = on_the_far_network([true; 2]);
    let third = ["10.1.9.1:4000", "10.1.9.2:4000"];
    network.run(ms(2000));
    network.passes = Box::new(within("10."));
    // Its first check is answered; its nomination is not.
    let near = address(NEAR[A]);
    let is_nominated = move |network: &Network| {
        let nominates = |datagram: &[u8]| Message::from_bytes(datagram).unwrap().has_attribute(0x25.into());
        network
            .sent
            .iter()
            .any(|(_, from, _, datagram)| *from == near && datagram[0] == 0 && nominates(datagram))
    };
    assert!(network.run_until(ms(10_000), is_nominated));
    network.passes = Box::new(within("10.2."));
    network.run(ms(100));
    assert_eq!(selected(&network, A), address(FAR[B]));
    network.passes = Box::new(move |from, to| third.iter().all(|one| [from, to].contains(&address(one))));
    for node in [A, B] {
        network.add_host(node, third[node]);
    }
    network.signal_candidates(A, B);
    network.signal_candidates(B, A);
    let is_third = |network: &Network| in_use(network) == [address(third[B]), address(third[A])];
    assert!(network.run_until(ms(20_000), is_third));
    assert!(network.run_until(ms(2000), |network| network.both(TransportState::Completed)));
}
