//! Whatever a peer sends, nothing panics, nothing hangs and nothing grows without end.

mod pair;

use std::time::{Duration, Instant};

use base::Rng;
use pair::{Link, Pair};
use proptest::prelude::*;
use sctp::{Association, CloseCause, Config, Delivery, Event, Ppid, Reliability, State};

fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| {
                if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 }
            },
        )
    })
}

fn sign(packet: &mut [u8]) {
    if packet.len() >= 12 {
        packet[8..12].fill(0);
        let checksum = crc32c(packet);
        packet[8..12].copy_from_slice(&checksum.to_le_bytes());
    }
}

#[derive(Clone, Debug)]
enum Mutation {
    Set { at: usize, value: u8 },
    Set16 { at: usize, value: u16 },
    Truncate { to: usize },
    Insert { at: usize, bytes: Vec<u8> },
    Repeat { from: usize },
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let edge = prop_oneof![Just(0), Just(1), Just(3), Just(4), Just(255), any::<u8>()];
    let edge16 =
        prop_oneof![Just(0), Just(1), Just(4), Just(0x7fff), Just(0x8000), Just(0xffff), any::<u16>()];
    prop_oneof![
        (12..200_usize, edge).prop_map(|(at, value)| Mutation::Set { at, value }),
        (6..100_usize, edge16).prop_map(|(at, value)| Mutation::Set16 { at: at * 2, value }),
        any::<usize>().prop_map(|to| Mutation::Truncate { to }),
        (any::<usize>(), proptest::collection::vec(any::<u8>(), 1..40))
            .prop_map(|(at, bytes)| Mutation::Insert { at, bytes }),
        any::<usize>().prop_map(|from| Mutation::Repeat { from }),
    ]
}

fn mutate(packet: &[u8], mutations: &[Mutation]) -> Vec<u8> {
    let mut bytes = packet.to_vec();
    for mutation in mutations {
        match mutation {
            Mutation::Set { at, value } => {
                let at = at % bytes.len().max(1);
                bytes.get_mut(at).into_iter().for_each(|byte| *byte = *value);
            }
            Mutation::Set16 { at, value } => {
                let at = at % bytes.len().max(1);
                if let Some(field) = bytes.get_mut(at..at + 2) {
                    field.copy_from_slice(&value.to_be_bytes());
                }
            }
            Mutation::Truncate { to } => bytes.truncate((to % bytes.len().max(1)).max(12)),
            Mutation::Insert { at, bytes: inserted } => {
                let at = at % (bytes.len() + 1);
                bytes.splice(at..at, inserted.iter().copied());
            }
            Mutation::Repeat { from } => {
                let from = 12 + from % (bytes.len().max(13) - 12);
                let tail = bytes.get(from..).unwrap_or_default().to_vec();
                bytes.extend(tail);
            }
        }
    }
    sign(&mut bytes);
    bytes
}

/// A pair in the middle of everything: large and small messages, unreliable ones, resets, both ways.
fn busy(stage: u8, interleaves: bool) -> Pair {
    let config = Config { interleaving: interleaves, ..Config::default() };
    let mut pair = Pair::with([config.clone(), config], stage, Link { loss: 0.1, ..Link::BAD });
    pair.keeps_sent = true;
    if stage == 0 {
        return pair;
    }
    let everything = |pair: &mut Pair| {
        for end in 0..2 {
            let now = pair.now;
            for n in 0..6_u16 {
                let reliability =
                    if n % 2 == 0 { Reliability::Reliable } else { Reliability::MaxRetransmits(0) };
                let delivery = Delivery { ordered: n % 3 != 0, reliability };
                let payload = vec![n as u8; 1 + usize::from(n) * 1500].into();
                // A stream that is being reset refuses, which is fine here.
                let _ = pair.ends[end].send(now, n, Ppid::BINARY, payload, delivery);
            }
        }
    };
    everything(&mut pair);
    pair.run_for(Duration::from_millis(u64::from(stage) * 40));
    for end in 0..2 {
        let now = pair.now;
        pair.ends[end].reset_stream(now, 1);
        pair.ends[end].reset_stream(now, 3);
    }
    everything(&mut pair);
    pair.run_for(Duration::from_millis(u64::from(stage) * 20));
    if stage == 7 {
        let now = pair.now;
        pair.ends[0].shutdown(now);
        pair.run_for(Duration::from_millis(30));
    }
    pair
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn mutated_packets_in_every_state_never_panic(
        stage in 0..8_u8,
        interleaves: bool,
        picks in proptest::collection::vec(
            (any::<usize>(), proptest::collection::vec(mutation(), 0..4)), 1..60),
    ) {
        let mut pair = busy(stage, interleaves);
        pair.poll();
        for (pick, mutations) in picks {
            if pair.sent.is_empty() {
                break;
            }
            let (from, _, packet) = &pair.sent[pick % pair.sent.len()];
            let (to, packet) = (1 - from, mutate(packet, &mutations));
            pair.ends[to].handle_packet(pair.now, &packet);
            pair.poll();
            for end in 0..2 {
                for stream in 0..8 {
                    while pair.ends[end].read(stream).is_some() {}
                }
            }
        }
        pair.run_for(Duration::from_secs(2));
        for end in 0..2 {
            let now = pair.now;
            pair.ends[end].reset_stream(now, 2);
            pair.ends[end].abort(now);
            prop_assert_eq!(pair.ends[end].state(), State::Closed);
        }
    }

    /// Chunks of every type with any value.
    #[test]
    fn invented_chunks_never_panic(
        stage in 1..8_u8,
        interleaves: bool,
        chunks in proptest::collection::vec(
            (prop_oneof![0..15_u8, Just(64), Just(128), Just(130), Just(132), Just(192), Just(193), Just(194)],
             any::<u8>(), proptest::collection::vec(any::<u8>(), 0..64)),
            1..30),
    ) {
        let mut pair = busy(stage, interleaves);
        pair.poll();
        let Some(header) = pair.sent.iter().rev().find(|(from, ..)| *from == 0).map(|sent| sent.2[..12].to_vec())
        else { return Ok(()) };
        for (kind, flags, value) in chunks {
            let mut packet = header.clone();
            packet.extend([kind, flags]);
            packet.extend((value.len() as u16 + 4).to_be_bytes());
            packet.extend(&value);
            packet.resize(packet.len().next_multiple_of(4), 0);
            sign(&mut packet);
            pair.ends[1].handle_packet(pair.now, &packet);
            pair.poll();
        }
        pair.run_for(Duration::from_secs(1));
    }
}

/// Writes as a peer would, from what a real one sent last.
struct Peer {
    header: Vec<u8>,
    next_tsn: u32,
    interleaves: bool,
}

impl Peer {
    /// An association and a peer that replaces end 0 of a pair: with DATA chunks, or with I-DATA chunks.
    fn new(interleaves: bool) -> (Pair, Peer) {
        let config = Config { interleaving: interleaves, ..Config::default() };
        let mut pair = Pair::with([config.clone(), config], 1, Link::CLEAN);
        pair.keeps_sent = true;
        pair.connect();
        let now = pair.now;
        pair.ends[0].send(now, 0, Ppid::BINARY, "x".into(), Delivery::default()).unwrap();
        pair.run_for(Duration::from_secs(1));
        assert!(pair.ends[1].read(0).is_some());
        let kind = if interleaves { 64 } else { 0 };
        let data = pair.sent.iter().find(|(from, _, packet)| *from == 0 && packet[12] == kind).unwrap();
        let tsn = u32::from_be_bytes(data.2[16..20].try_into().unwrap());
        let header = data.2[..12].to_vec();
        pair.events = [Vec::new(), Vec::new()];
        (pair, Peer { header, next_tsn: tsn.wrapping_add(1), interleaves })
    }

    fn packet(&self, chunks: &[(u8, u8, Vec<u8>)]) -> Vec<u8> {
        let mut packet = self.header.clone();
        for (kind, flags, value) in chunks {
            packet.extend([*kind, *flags]);
            packet.extend((value.len() as u16 + 4).to_be_bytes());
            packet.extend(value);
            packet.resize(packet.len().next_multiple_of(4), 0);
        }
        sign(&mut packet);
        packet
    }

    /// A whole message.
    fn message(&self, tsn: u32, stream: u16, number: u16, payload: &[u8]) -> (u8, u8, Vec<u8>) {
        self.piece(3, tsn, (stream, number, 0), payload)
    }

    /// A piece of a message: of a stream, with the message's number and its own.
    fn piece(&self, flags: u8, tsn: u32, place: (u16, u16, u32), payload: &[u8]) -> (u8, u8, Vec<u8>) {
        let (stream, number, fsn) = place;
        let mut value = tsn.to_be_bytes().to_vec();
        value.extend(stream.to_be_bytes());
        if self.interleaves {
            value.extend([0; 4]);
        }
        value.extend(number.to_be_bytes());
        value.extend(if self.interleaves && flags & 2 == 0 { fsn } else { 53 }.to_be_bytes());
        value.extend(payload);
        (if self.interleaves { 64 } else { 0 }, flags, value)
    }

    /// Everything up to a TSN, and a stream's ordered messages up to a number, were given up.
    fn forward(&self, tsn: u32, skipped: Option<(u16, u16)>) -> (u8, u8, Vec<u8>) {
        let mut value = tsn.to_be_bytes().to_vec();
        if let Some((stream, number)) = skipped {
            value.extend(stream.to_be_bytes());
            value.extend(if self.interleaves { &[0; 4][..] } else { &[] });
            value.extend(number.to_be_bytes());
        }
        (if self.interleaves { 194 } else { 192 }, 0, value)
    }
}

fn took(work: impl FnOnce()) -> Duration {
    #[allow(clippy::disallowed_methods, reason = "a bound on real work needs the real clock")]
    let start = Instant::now();
    work();
    #[allow(clippy::disallowed_methods, reason = "as above")]
    let end = Instant::now();
    end - start
}

#[test]
fn forward_tsns_cost_no_more_than_they_are_long() {
    for interleaves in [false, true] {
        let (mut pair, peer) = Peer::new(interleaves);
        let far = |distance: u32| peer.forward(peer.next_tsn.wrapping_add(distance), None);
        let chunks: Vec<_> = (0..150).map(|n| far(0x7fff_ff00 - n)).collect();
        let packet = peer.packet(&chunks);
        let time = took(|| pair.ends[1].handle_packet(pair.now, &packet));
        assert!(time < Duration::from_millis(200), "{time:?}");
        assert!(pair.ends[1].counters().dropped_state >= 150);
        // The association is unharmed.
        let packet = peer.packet(&[peer.message(peer.next_tsn, 0, 1, b"y")]);
        pair.ends[1].handle_packet(pair.now, &packet);
        assert_eq!(pair.ends[1].read(0).unwrap().payload, "y");
    }
}

#[test]
fn acknowledging_what_was_not_sent_is_ignored() {
    for interleaves in [false, true] {
        let (mut pair, peer) = Peer::new(interleaves);
        let now = pair.now;
        pair.ends[1].send(now, 0, Ppid::BINARY, vec![0; 60_000].into(), Delivery::default()).unwrap();
        pair.speaks = [false, true];
        pair.run_for(Duration::from_millis(50));
        let before = pair.ends[1].counters().dropped_state;
        for cumulative in [0_u32, 0x4000_0000, 0x8000_0000, 0xc000_0000] {
            let mut value = cumulative.to_be_bytes().to_vec();
            value.extend([0, 1, 0, 0, 0, 0, 0, 0]);
            pair.ends[1].handle_packet(now, &peer.packet(&[(3, 0, value)]));
        }
        assert!(pair.ends[1].counters().dropped_state > before);
        assert_eq!(pair.ends[1].buffered_amount(0), 60_000);
        assert_eq!(pair.ends[1].state(), State::Connected);
    }
}

#[test]
fn a_peer_that_ignores_the_window_gets_nowhere() {
    for interleaves in [false, true] {
        let (mut pair, mut peer) = Peer::new(interleaves);
        pair.speaks = [false, false];
        for n in 0..10_000_u32 {
            let data = peer.message(peer.next_tsn, 0, (n + 1) as u16, &[7; 1000]);
            pair.ends[1].handle_packet(pair.now, &peer.packet(&[data]));
            peer.next_tsn = peer.next_tsn.wrapping_add(1);
            pair.poll();
        }
        let unread: usize =
            std::iter::from_fn(|| pair.ends[1].read(0)).map(|message| message.payload.len()).sum();
        assert!(unread <= Config::default().receive_window as usize, "{unread}");
        assert_eq!(pair.ends[1].state(), State::Connected);
    }
}

/// With a chunk far ahead, all that follows fills a gap.
#[test]
fn a_peer_that_fills_a_gap_gets_no_more_than_the_window() {
    const WINDOW: usize = 1024 * 1024;
    for interleaves in [false, true] {
        let (mut pair, mut peer) = Peer::new(interleaves);
        pair.speaks = [false, false];
        let far = peer.message(peer.next_tsn.wrapping_add(10_000), 1, 0, &[7; 1000]);
        pair.ends[1].handle_packet(pair.now, &peer.packet(&[far]));
        for n in 0..5000_u32 {
            let data = peer.message(peer.next_tsn, 0, (n + 1) as u16, &[7; 1000]);
            pair.ends[1].handle_packet(pair.now, &peer.packet(&[data]));
            peer.next_tsn = peer.next_tsn.wrapping_add(1);
            pair.poll();
        }
        let held = pair.ends[1].stats().unread;
        assert!((WINDOW * 9 / 10..WINDOW + 1000).contains(&held), "{held}");
        let unread: usize =
            std::iter::from_fn(|| pair.ends[1].read(0)).map(|message| message.payload.len()).sum();
        assert_eq!(unread + 1000, held);
        assert_eq!(pair.ends[1].stats().unread, 1000);
        assert_eq!(pair.ends[1].state(), State::Connected);
    }
}

#[test]
fn messages_that_are_never_completed_end_the_association() {
    for interleaves in [false, true] {
        let (mut pair, mut peer) = Peer::new(interleaves);
        pair.speaks = [false, false];
        let mut sent = 0;
        let time = took(|| {
            while pair.ends[1].state() == State::Connected && sent < 200_000 {
                let chunks: Vec<_> = (0..40)
                    .map(|_| {
                        let tsn = peer.next_tsn;
                        peer.next_tsn = tsn.wrapping_add(1);
                        peer.piece(6, tsn, (0, tsn as u16, 0), b"z")
                    })
                    .collect();
                sent += 40;
                pair.ends[1].handle_packet(pair.now, &peer.packet(&chunks));
                pair.poll();
            }
        });
        assert!(pair.take(1, &Event::Closed(CloseCause::ReceiveLimit)), "{sent} {:?}", pair.ends[1].state());
        assert!(sent <= 40_000, "{sent}");
        assert!(time < Duration::from_secs(60), "{time:?}");
    }
}

#[test]
fn echoes_and_answers_are_bounded() {
    for interleaves in [false, true] {
        let (mut pair, peer) = Peer::new(interleaves);
        pair.poll();
        let before = pair.sent.len();
        for _ in 0..1000 {
            pair.ends[1].handle_packet(pair.now, &peer.packet(&[(4, 0, vec![0, 1, 0, 8, 1, 2, 3, 4])]));
            pair.ends[1].handle_packet(pair.now, &peer.packet(&[(4, 0, vec![9; 3000])]));
        }
        pair.poll();
        assert!(pair.sent.len() - before <= 64, "{}", pair.sent.len() - before);
    }
}

#[test]
fn packets_of_another_association_are_dropped_and_counted() {
    for interleaves in [false, true] {
        let (mut pair, mut peer) = Peer::new(interleaves);
        peer.header[7] ^= 1;
        for kind in [0, 3, 6, 7, 8, 10, 11, 14, 64, 130, 192, 194] {
            pair.ends[1].handle_packet(pair.now, &peer.packet(&[(kind, 0, vec![0; 20])]));
        }
        assert_eq!(pair.ends[1].counters().dropped_tag, 12);
        assert_eq!(pair.ends[1].state(), State::Connected);
        // A late copy of the peer's INIT changes nothing, and neither does a new one.
        let init =
            pair.sent.iter().find(|(from, _, packet)| *from == 0 && packet[12] == 1).unwrap().2.clone();
        let mut other = init.clone();
        other[19] ^= 1;
        sign(&mut other);
        pair.ends[1].handle_packet(pair.now, &init);
        pair.ends[1].handle_packet(pair.now, &other);
        assert_eq!(pair.ends[1].state(), State::Connected);
        let mut fresh = Association::new(Config::default(), pair.now, Rng::from_seed([9; 32]));
        for (_, _, packet) in &pair.sent {
            fresh.handle_packet(pair.now, packet);
        }
        assert_eq!(fresh.state(), State::Connecting);
    }
}

#[test]
fn messages_that_wait_for_one_that_never_comes_end_the_association() {
    for interleaves in [false, true] {
        let (mut pair, mut peer) = Peer::new(interleaves);
        pair.speaks = [false, false];
        let mut sent = 0_u32;
        while pair.ends[1].state() == State::Connected && sent < 100_000 {
            let chunks: Vec<_> = (0..40)
                .map(|_| {
                    let tsn = peer.next_tsn;
                    peer.next_tsn = tsn.wrapping_add(1);
                    sent += 1;
                    // On each stream, message 0 is missing.
                    let (stream, ssn) = (10 + sent / 1000, 1 + sent % 1000);
                    peer.message(tsn, stream as u16, ssn as u16, b"z")
                })
                .collect();
            pair.ends[1].handle_packet(pair.now, &peer.packet(&chunks));
            pair.poll();
        }
        assert!(pair.take(1, &Event::Closed(CloseCause::ReceiveLimit)), "{sent} {:?}", pair.ends[1].state());
        assert!(sent <= 20_000, "{sent}");
    }
}

/// What arrived of messages that were given up is forgotten, and never counted against the peer.
#[test]
fn a_peer_may_give_up_any_number_of_messages() {
    for interleaves in [false, true] {
        let (mut pair, mut peer) = Peer::new(interleaves);
        pair.speaks = [false, false];
        for ssn in 1..5000_u16 {
            let mut chunks: Vec<_> = (0..10_u32)
                .map(|n| {
                    let flags = if n == 0 { 2 } else { 0 };
                    peer.piece(flags, peer.next_tsn.wrapping_add(n), (0, ssn, n), b"fragment")
                })
                .collect();
            peer.next_tsn = peer.next_tsn.wrapping_add(11);
            chunks.push(peer.forward(peer.next_tsn.wrapping_sub(1), Some((0, ssn))));
            pair.ends[1].handle_packet(pair.now, &peer.packet(&chunks));
            pair.poll();
        }
        assert_eq!(pair.ends[1].state(), State::Connected);
        let data = peer.message(peer.next_tsn, 0, 5000, b"whole");
        pair.ends[1].handle_packet(pair.now, &peer.packet(&[data]));
        assert_eq!(pair.ends[1].read(0).unwrap().payload, "whole");
    }
}

/// A gap at the front of many small messages is no attack: what is too much is sent again.
#[test]
fn many_small_messages_behind_a_gap_end_nothing() {
    for interleaves in [false, true] {
        let (mut pair, mut peer) = Peer::new(interleaves);
        pair.speaks = [false, false];
        let missing = peer.next_tsn;
        for ssn in 2..30_000_u16 {
            peer.next_tsn = peer.next_tsn.wrapping_add(1);
            let data = peer.message(peer.next_tsn, 0, ssn, b"z");
            pair.ends[1].handle_packet(pair.now, &peer.packet(&[data]));
        }
        assert_eq!(pair.ends[1].state(), State::Connected);
        let data = peer.message(missing, 0, 1, b"z");
        pair.ends[1].handle_packet(pair.now, &peer.packet(&[data]));
        pair.poll();
        let read = std::iter::from_fn(|| pair.ends[1].read(0)).count();
        assert!((10_000..30_000).contains(&read), "{read}");
        assert_eq!(pair.ends[1].state(), State::Connected);
    }
}

/// A request to reset all streams is short; it costs no more than what the peer sent since the last one.
#[test]
fn resetting_all_streams_again_and_again_says_nothing_new() {
    for interleaves in [false, true] {
        let (mut pair, mut peer) = Peer::new(interleaves);
        pair.speaks = [false, false];
        let mut number = peer.next_tsn.wrapping_sub(1);
        for stream in 1..2000 {
            let data = peer.message(peer.next_tsn, stream, 0, b"x");
            pair.ends[1].handle_packet(pair.now, &peer.packet(&[data]));
            peer.next_tsn = peer.next_tsn.wrapping_add(1);
            assert!(pair.ends[1].read(stream).is_some());
        }
        let mut reset_all = |pair: &mut Pair| {
            let mut value = vec![0, 13, 0, 16];
            value.extend(number.to_be_bytes());
            value.extend([0; 4]);
            value.extend(peer.next_tsn.wrapping_sub(1).to_be_bytes());
            number = number.wrapping_add(1);
            pair.events[1].clear();
            pair.ends[1].handle_packet(pair.now, &peer.packet(&[(130, 0, value)]));
            pair.poll();
            let resets = pair.events[1].iter().filter(|event| matches!(event, Event::IncomingReset { .. }));
            resets.count()
        };
        assert_eq!(reset_all(&mut pair), 2000);
        assert_eq!(reset_all(&mut pair), 0);
        // A stream that is used again is reset again.
        pair.ends[1].open_stream(7, 256);
        assert_eq!(reset_all(&mut pair), 1);
    }
}

/// RFC 8260, section 2.2.1: an association has DATA or I-DATA, and what belongs to the other is no message of it.
#[test]
fn chunks_of_the_other_kind_change_nothing() {
    for interleaves in [false, true] {
        let (mut pair, mut peer) = Peer::new(interleaves);
        pair.speaks = [false, false];
        peer.interleaves = !interleaves;
        let before = pair.ends[1].counters().dropped_state;
        let chunks = [
            peer.message(peer.next_tsn, 0, 1, b"other"),
            peer.piece(4, peer.next_tsn.wrapping_add(5), (9, 0, 3), b"other"),
            peer.forward(peer.next_tsn.wrapping_add(9), Some((0, 5))),
        ];
        for chunk in chunks {
            pair.ends[1].handle_packet(pair.now, &peer.packet(&[chunk]));
        }
        assert_eq!(pair.ends[1].counters().dropped_state, before + 3);
        peer.interleaves = interleaves;
        let data = peer.message(peer.next_tsn, 0, 1, b"y");
        pair.ends[1].handle_packet(pair.now, &peer.packet(&[data]));
        assert_eq!(pair.ends[1].read(0).unwrap().payload, "y");
    }
}

/// Pieces of unordered messages that were given up, on their way when the peer was told so, are not held for ever.
#[test]
fn pieces_that_come_after_their_message_was_given_up_are_not_held() {
    let (mut pair, mut peer) = Peer::new(true);
    pair.speaks = [false, false];
    for number in 0..20_000_u16 {
        let first = peer.next_tsn;
        let mut forward = peer.forward(first, Some((0, number)));
        // The U flag.
        forward.2[7] = 1;
        pair.ends[1].handle_packet(pair.now, &peer.packet(&[forward]));
        let late = peer.piece(4, first.wrapping_add(1), (0, number, 1), b"late");
        pair.ends[1].handle_packet(pair.now, &peer.packet(&[late]));
        peer.next_tsn = first.wrapping_add(2);
        pair.poll();
    }
    assert_eq!(pair.ends[1].state(), State::Connected);
    let data = peer.piece(7, peer.next_tsn, (0, 20_000, 0), b"whole");
    pair.ends[1].handle_packet(pair.now, &peer.packet(&[data]));
    assert_eq!(pair.ends[1].read(0).unwrap().payload, "whole");
}

/// The largest message identifiers there are, in I-FORWARD-TSNs for every stream: one pass each.
#[test]
fn skipping_messages_costs_no_more_than_what_is_held_of_them() {
    let (mut pair, mut peer) = Peer::new(true);
    pair.speaks = [false, false];
    for number in 0..10_000_u16 {
        let piece = peer.piece(6, peer.next_tsn, (0, 30_000 + number, 0), b"z");
        pair.ends[1].handle_packet(pair.now, &peer.packet(&[piece]));
        peer.next_tsn = peer.next_tsn.wrapping_add(1);
        pair.poll();
    }
    let time = took(|| {
        for round in 0..100_u32 {
            let mut forward = peer.forward(peer.next_tsn.wrapping_add(round), None);
            for mid in 0..140_u32 {
                forward.2.extend([0, 0, 0, 1]);
                forward.2.extend((round * 140 + mid).to_be_bytes());
            }
            pair.ends[1].handle_packet(pair.now, &peer.packet(&[forward]));
        }
    });
    assert!(time < Duration::from_secs(1), "{time:?}");
    assert_eq!(pair.ends[1].state(), State::Connected);
}
