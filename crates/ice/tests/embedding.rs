//! What checks carry for the layer above: draft-hancke-webrtc-sped.

mod network;

use std::net::SocketAddr;

use base::{Path, SocketId};
use ice::{Agent, AgentConfig, Role, TransportState};
use network::{A, B, Network, address, agent, ms};
use stun_types::message::{Message, MessageClass};

const DATA: u16 = 0xc070;
const ACKNOWLEDGEMENT: u16 = 0xc071;

fn network(embeds: [bool; 2]) -> Network {
    let config = |embedding| AgentConfig { embedding, ..AgentConfig::default() };
    let mut network = Network::with(
        agent(Role::Controlling, 1, config(embeds[A])),
        agent(Role::Controlled, 2, config(embeds[B])),
    );
    network.add_hosts();
    network
}

/// A datagram that looks like DTLS.
fn record(number: u8, length: usize) -> Vec<u8> {
    let mut record = vec![number; length];
    record[0] = 22;
    record
}

fn arrived(network: &mut Network, node: usize) -> Vec<Vec<u8>> {
    std::iter::from_fn(|| network.agent(node).poll_embedded()).map(|(_, datagram)| datagram).collect()
}

/// An attribute's value, if it is in the message.
fn value(datagram: &[u8], kind: u16) -> Option<Vec<u8>> {
    let message = Message::from_bytes(datagram).ok()?;
    message.raw_attribute(kind.into()).map(|raw| raw.value.to_vec())
}

#[test]
fn a_flight_comes_with_the_first_check_and_its_answer_with_the_answer() {
    let mut network = network([true, true]);
    network.agent(B).embed([record(1, 400)]);
    network.agent(A).embed([record(2, 900)]);
    network.signal_credentials(A, B);
    network.signal_candidates(A, B);
    // A does not know B's credentials yet: it is B's check that is authenticated.
    assert!(network.run_until(ms(15), |network| network.nodes[A].agent.counters().requests_received == 1));
    assert_eq!(network.elapsed(), ms(10));
    assert_eq!(arrived(&mut network, A), [record(1, 400)]);
    network.run(ms(10));
    assert_eq!(arrived(&mut network, B), [record(2, 900)]);
    assert_eq!(network.agent(B).unacknowledged().count(), 0, "the answer has acknowledged it");
    assert!(network.agent(B).send_path().is_some());
}

#[test]
fn what_is_not_acknowledged_comes_again_in_turn() {
    let mut network = network([true, true]);
    let flight = [record(1, 400), record(2, 400), record(3, 400)];
    network.agent(B).embed(flight.clone());
    network.passes = Box::new(|_, _| false);
    network.signal_all();
    network.run(ms(1000));
    let from_b = network.sent.iter().filter(|(_, from, ..)| *from == address("192.0.2.2:2000"));
    let carried: Vec<_> = from_b.filter_map(|(.., datagram)| value(datagram, DATA)).collect();
    let expected: Vec<_> = flight.iter().cycle().take(carried.len()).cloned().collect();
    assert!(carried.len() >= 4);
    assert_eq!(carried, expected);
    network.passes = Box::new(|_, _| true);
    network.run(ms(2000));
    let all = arrived(&mut network, A);
    let left: Vec<_> = network.agent(B).unacknowledged().map(<[u8]>::to_vec).collect();
    // Once the pair works, there are no more checks, and the layer above sends the rest.
    assert!(
        !all.is_empty() && flight.iter().all(|datagram| all.contains(datagram) || left.contains(datagram))
    );
    let mut once = all.clone();
    once.dedup();
    assert_eq!(once.len(), all.len(), "each once, whatever came again");
}

#[test]
fn a_peer_that_does_not_know_it_connects_as_ever_and_is_not_bothered_further() {
    for knows in [A, B] {
        let mut network = network([knows == A, knows == B]);
        network.agent(knows).embed([record(1, 400)]);
        network.signal_all();
        assert!(network.run_until(ms(1000), |network| network.both(TransportState::Connected)));
        network.run(ms(100));
        assert!(!network.agent(knows).embeds());
        assert_eq!(arrived(&mut network, 1 - knows), [] as [Vec<u8>; 0]);
        let before = network.sent.len();
        network.run(ms(30_000));
        let later = &network.sent[before..];
        assert!(!later.is_empty());
        assert!(later.iter().all(|(.., datagram)| value(datagram, ACKNOWLEDGEMENT).is_none()));
        // What does not carry the attributes is not answered with them.
        let other = if knows == A { "192.0.2.1:1000" } else { "192.0.2.2:2000" };
        let answers = network.sent.iter().filter(|(_, from, _, datagram)| {
            *from == address(other)
                && Message::from_bytes(datagram).is_ok_and(|message| message.class() == MessageClass::Success)
        });
        assert!(answers.into_iter().all(|(.., datagram)| value(datagram, DATA).is_none()));
    }
}

#[test]
fn it_ends_when_both_have_finished() {
    let mut network = network([true, true]);
    network.agent(A).embed([record(1, 100)]);
    network.signal_all();
    network.run(ms(15));
    network.agent(A).embedding_finished(false);
    network.agent(B).embedding_finished(false);
    network.run(ms(30_000));
    assert!(network.nodes.iter().all(|node| !node.agent.embeds()));
    assert!(network.both(TransportState::Completed));
}

#[test]
fn nothing_is_taken_from_who_is_not_authenticated() {
    let mut network = network([true, true]);
    network.agent(B).embed([record(1, 400)]);
    network.signal_all();
    network.passes = Box::new(|_, _| false);
    network.run(ms(10));
    let from_b = network.sent.iter().find(|(_, from, ..)| *from == address("192.0.2.2:2000"));
    let (_, _, to, check) = from_b.unwrap().clone();
    let data = check.windows(4).position(|window| window[..2] == [0xc0, 0x70]).unwrap();
    for at in data..data + 404 {
        let mut changed = check.clone();
        changed[at] ^= 0x40;
        // With the right FINGERPRINT, so that the integrity alone is wrong.
        changed.truncate(check.len() - 8);
        let crc = stun_types::attribute::Fingerprint::compute(&[&changed]);
        let fingerprint = u32::from_be_bytes(crc) ^ 0x5354_554e;
        changed.extend([0x80, 0x28, 0, 4]);
        changed.extend(fingerprint.to_be_bytes());
        network.deliver(address("192.0.2.2:2000"), to, &changed);
    }
    assert_eq!(arrived(&mut network, A), [] as [Vec<u8>; 0]);
    network.deliver(address("192.0.2.2:2000"), to, &check);
    assert_eq!(arrived(&mut network, A), [record(1, 400)]);
}

/// A peer may say anything; what is kept of it is bounded.
#[test]
fn what_nobody_takes_is_dropped() {
    let mut network = network([true, true]);
    network.signal_all();
    for number in 0..100 {
        network.agent(B).embed([record(number, 400)]);
        network.run(ms(60));
    }
    assert!(arrived(&mut network, A).len() <= 8);
}

#[test]
fn an_answer_is_at_most_three_times_its_question() {
    let mut network = network([true, true]);
    network.agent(A).embed([record(1, Agent::MAX_EMBEDDED)]);
    network.signal_credentials(A, B);
    network.signal_candidates(A, B);
    network.run(ms(12));
    let question = network.sent.iter().find(|(.., datagram)| datagram[0] == 0).unwrap().3.len();
    let answer = network.sent.iter().find(|(.., datagram)| datagram[0] == 1).unwrap().3.clone();
    assert!(answer.len() <= 3 * question, "{} for {question}", answer.len());
    assert_eq!(value(&answer, DATA), Some(Vec::new()), "too long for this question");
    // And what would not fit into a check is not carried at all.
    network.agent(A).embed([record(1, Agent::MAX_EMBEDDED + 1)]);
    assert_eq!(network.agent(A).unacknowledged().count(), 0);
}

#[test]
fn every_message_fits_a_datagram() {
    let mut network = network([true, true]);
    for node in [A, B] {
        network.agent(node).embed([record(1, Agent::MAX_EMBEDDED), record(2, Agent::MAX_EMBEDDED)]);
    }
    network.signal_all();
    network.run(ms(1000));
    assert!(network.sent.iter().all(|(.., datagram)| datagram.len() <= 1200));
    let validated = Path { socket: SocketId(0), remote: SocketAddr::from(([192, 0, 2, 2], 2000)) };
    assert!(network.agent(A).is_validated(validated));
}
