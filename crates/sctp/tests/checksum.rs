//! Packets without a checksum ([RFC 9653](https://www.rfc-editor.org/rfc/rfc9653)).

mod pair;

use std::time::Duration;

use pair::{Link, Pair};
use sctp::{Config, Delivery, Event, InitChunk, Ppid};

/// Whether an end's packets have a checksum, by the type of their first chunk, after a transfer both ways.
fn checksums(configs: [Config; 2]) -> Vec<(usize, u8, bool)> {
    let mut pair = Pair::with(configs, 1, Link::CLEAN);
    pair.keeps_sent = true;
    let now = pair.now;
    for end in 0..2 {
        pair.ends[end].send(now, 1, Ppid::BINARY, vec![7; 5000].into(), Delivery::default()).unwrap();
    }
    pair.run(Duration::from_secs(5), |pair| {
        pair.events.iter().all(|events| events.contains(&Event::Readable { stream: 1 }))
    });
    let now = pair.now;
    pair.ends[0].reset_stream(now, 1);
    pair.run(Duration::from_secs(5), |pair| pair.events[0].contains(&Event::ResetComplete { stream: 1 }));
    for end in 0..2 {
        assert_eq!(pair.ends[end].read(1).unwrap().payload.len(), 5000);
        assert_eq!(pair.ends[end].counters().dropped_malformed, 0);
    }
    pair.sent.iter().map(|(from, _, packet)| (*from, packet[12], packet[8..12] != [0; 4])).collect()
}

const INITS: std::ops::RangeInclusive<u8> = 1..=2;
const COOKIES: std::ops::RangeInclusive<u8> = 10..=11;

#[test]
fn between_ends_that_take_it_only_the_handshake_has_checksums() {
    let sent = checksums([Config::default(), Config::default()]);
    for kind in [64, 1, 2, 3, 10, 130] {
        assert!(sent.iter().any(|(_, sent, _)| *sent == kind), "a packet with {kind}");
    }
    for (from, kind, has_checksum) in sent {
        let is_handshake = INITS.contains(&kind) || COOKIES.contains(&kind);
        assert_eq!(has_checksum, is_handshake, "{kind} from {from}");
    }
}

#[test]
fn an_end_that_does_not_take_it_gets_and_sends_checksums_alone() {
    for quiet in 0..2 {
        let mut configs = [Config::default(), Config::default()];
        configs[quiet].zero_checksum = false;
        assert!(checksums(configs).into_iter().all(|(_, _, has_checksum)| has_checksum));
    }
}

#[test]
fn signalled_inits_announce_it_too() {
    let mut rng = base::Rng::from_seed([5; 32]);
    let mut init = || InitChunk::generate(Config::default().receive_window, 65_535, &mut rng);
    let [a, b] = [init(), init()];
    // As they come out of a description.
    let [a, b] = [a, b].map(|init| InitChunk::from_bytes(&init.to_bytes()).unwrap());
    let config =
        |ours, theirs| Config { local_init: Some(ours), remote_init: Some(theirs), ..Config::default() };
    let sent = checksums([config(a, b), config(b, a)]);
    assert!(sent.into_iter().all(|(_, _, has_checksum)| !has_checksum));
}

/// RFC 9653, section 5.3: only what was announced is taken.
#[test]
fn zero_is_a_wrong_checksum_to_an_end_that_did_not_announce_it() {
    for announces in [false, true] {
        let config = Config { zero_checksum: announces, ..Config::default() };
        let mut pair = Pair::with([Config::default(), config], 3, Link::CLEAN);
        pair.connect();
        pair.keeps_sent = true;
        let now = pair.now;
        pair.ends[0].send(now, 0, Ppid::STRING, "hello".into(), Delivery::default()).unwrap();
        pair.speaks = [false; 2];
        pair.poll();
        let mut packet = pair.sent[0].2.clone();
        packet[8..12].fill(0);
        pair.ends[1].handle_packet(now, &packet);
        assert_eq!(pair.ends[1].read(0).is_some(), announces);
        assert_eq!(pair.ends[1].counters().dropped_malformed, u64::from(!announces));
    }
}
