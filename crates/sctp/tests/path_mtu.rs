//! How large packets become (RFC 8899), in virtual time.

mod pair;
mod path;

use std::time::Duration;

use pair::{Link, Pair};
use path::{Bottleneck, OVERHEAD, Path};
use sctp::{Config, Delivery, Discovery, Ppid};

const MS: fn(u64) -> Duration = Duration::from_millis;
const RTT: u64 = 40;
const LARGEST: usize = 16_336;
const BASE: usize = Config::DEFAULT_MAX_PACKET_SIZE;

fn config(is_on: bool) -> Config {
    let discovery = is_on.then_some(Discovery { overhead: OVERHEAD, largest: LARGEST });
    Config { discovery, receive_window: 16 * 1024 * 1024, ..Config::default() }
}

/// One flow over a path that carries IP packets of `mtu` bytes, 10 Mbit/s.
fn path(mtu: usize, loss: f64, seed: u8, is_on: bool) -> Path {
    let mut path = Path::new(Bottleneck { rate: 1_250_000, queue: MS(100), loss }, seed);
    path.mtu = mtu;
    path.add(config(is_on), MS(RTT / 2), MS(0));
    path
}

fn packet_size(path: &Path) -> usize {
    path.flows[0].ends[0].packet_size()
}

fn probes(path: &Path) -> u64 {
    path.flows[0].ends[0].counters().path_probes
}

/// The packet that a path of `mtu` bears, in whole words.
fn packet(mtu: usize) -> usize {
    (mtu - OVERHEAD) & !3
}

#[test]
fn what_is_common_is_found_in_a_round_trip_each() {
    for (mtu, expected, round_trips) in
        [(1500, packet(1500), 1), (9000, packet(9000), 3), (65_535, LARGEST, 4)]
    {
        let mut path = path(mtu, 0.0, 1, true);
        // Two for the handshake, one of SCTP, and the queue.
        path.run_for(MS(RTT * (2 + round_trips) + RTT / 2));
        assert_eq!(packet_size(&path), expected, "{mtu}");
        let probes = probes(&path);
        path.run_for(MS(4_000));
        assert_eq!(packet_size(&path), expected, "{mtu} later");
        // Three for the size that is not borne.
        let more = self::probes(&path) - probes;
        assert!(more <= if mtu > 10_000 { 0 } else { 3 }, "{more} probes");
    }
}

#[test]
fn every_path_is_used_as_far_as_the_table_goes() {
    for (mtu, borne) in
        [(1228, 0), (1300, 1280), (1415, 1400), (1450, 1440), (1492, 1492), (4352, 4000), (8981, 8800)]
    {
        let mut path = path(mtu, 0.0, 2, true);
        path.run_for(MS(6_000));
        let expected = if borne == 0 { BASE } else { packet(borne) };
        assert_eq!(packet_size(&path), expected, "{mtu}");
        assert!(path.too_long == 0 || path.too_long <= probes(&path), "only probes are lost");
        assert!(probes(&path) <= 18, "{} probes", probes(&path));
    }
}

#[test]
fn probes_that_are_lost_delay_nothing() {
    let goodput = |is_on| {
        let mut path = path(1228, 0.0, 3, is_on);
        path.run_for(MS(5_000));
        path.goodput(0, MS(500), MS(5_000))
    };
    let (with, without) = (goodput(true), goodput(false));
    assert!(with > 0.98 * without, "{with} with, {without} without");
}

#[test]
fn random_losses_are_not_mistaken_for_a_narrow_path() {
    for seed in 0..2 {
        let mut path = path(1500, 0.05, seed, true);
        path.run_for(MS(3_000));
        for _ in 0..50 {
            assert_eq!(packet_size(&path), packet(1500));
            path.run_for(MS(100));
        }
        assert!(path.goodput(0, MS(3_000), MS(8_000)) > 7.0);
    }
}

/// RFC 8899, section 4.3. Whenever it happens, data goes on, in packets that the path bears.
#[test]
fn a_path_that_becomes_narrower_stops_nothing() {
    for (before, after) in [(65_535, 1500), (9000, 1500), (1500, 1400), (1500, 1228), (65_535, 1228)] {
        for at in [60, 100, 230, 1000] {
            let mut path = path(before, 0.0, 4, true);
            path.run_for(MS(at));
            path.mtu = after;
            path.run_for(MS(1_500));
            let received = path.flows[0].received;
            path.run_for(MS(500));
            let moved = path.flows[0].received - received;
            assert!(moved > 150_000, "{moved} bytes after {before} became {after} at {at} ms");
            path.run_for(MS(1_000));
            assert!(packet_size(&path) <= packet(after).max(BASE), "{before} became {after} at {at} ms");
        }
    }
}

/// With little on its way, nothing but the silence says that large packets are lost.
#[test]
fn single_messages_come_through_a_path_that_became_narrower() {
    let mut pair = Pair::with([config(true), config(true)], 5, Link::CLEAN);
    pair.longest = LARGEST;
    pair.connect();
    let message = |pair: &mut Pair| {
        let now = pair.now;
        pair.ends[0].send(now, 0, Ppid::BINARY, vec![7; 40_000].into(), Delivery::default()).unwrap();
        pair.run(MS(5_000), |pair| pair.ends[1].read(0).is_some());
        pair.run_for(MS(500));
        pair.now - now - MS(500)
    };
    for _ in 0..5 {
        message(&mut pair);
    }
    assert_eq!(pair.ends[0].packet_size(), LARGEST);
    pair.mtu = 1400;
    let took = message(&mut pair);
    assert!(took < MS(1_500), "{took:?}");
    let took = (0..10).map(|_| message(&mut pair)).last().unwrap();
    assert!(took < MS(300), "{took:?} later");
    assert!(pair.ends[0].packet_size() <= packet(1400));
}

#[test]
fn what_is_not_used_is_not_looked_for() {
    let mut pair = Pair::with([config(true), config(true)], 6, Link::CLEAN);
    pair.connect();
    for _ in 0..100 {
        let now = pair.now;
        pair.ends[0].send(now, 0, Ppid::BINARY, vec![7; 1000].into(), Delivery::default()).unwrap();
        pair.run_for(MS(100));
    }
    assert_eq!(pair.ends[0].counters().path_probes, 0);
    assert_eq!(pair.ends[0].packet_size(), BASE);
}

#[test]
fn another_path_begins_at_the_base() {
    let mut path = path(65_535, 0.0, 7, true);
    path.run_for(MS(500));
    assert_eq!(packet_size(&path), LARGEST);
    path.mtu = 1400;
    path.flows[0].ends[0].set_path(BASE, Some(Discovery { overhead: OVERHEAD, largest: LARGEST }));
    assert_eq!(packet_size(&path), BASE);
    path.run_for(MS(3_000));
    assert_eq!(packet_size(&path), packet(1400));
    path.flows[0].ends[0].set_path(BASE, None);
    let probes = probes(&path);
    path.run_for(MS(3_000));
    assert_eq!((packet_size(&path), self::probes(&path)), (BASE, probes));
}

/// What was refused once is tried again after ten minutes (RFC 8899, section 5.1.1).
#[test]
fn a_path_that_becomes_wider_is_found_out_in_time() {
    let mut pair = Pair::with([config(true), config(true)], 8, Link::CLEAN);
    pair.longest = LARGEST;
    pair.mtu = 1500;
    pair.connect();
    let minute = |pair: &mut Pair| {
        let now = pair.now;
        pair.ends[0].send(now, 0, Ppid::BINARY, vec![7; 40_000].into(), Delivery::default()).unwrap();
        pair.run_for(MS(60_000));
        while pair.ends[1].read(0).is_some() {}
        pair.ends[0].packet_size()
    };
    assert_eq!(minute(&mut pair), packet(1500));
    pair.mtu = usize::MAX;
    assert!((0..8).all(|_| minute(&mut pair) == packet(1500)));
    assert_eq!((0..4).map(|_| minute(&mut pair)).last(), Some(LARGEST));
}

/// Answers that nobody asked for, of any size, and answers to other questions.
#[test]
fn a_peer_cannot_make_packets_larger_than_what_it_received() {
    let mut pair = Pair::with([config(true), config(true)], 9, Link::CLEAN);
    pair.mtu = 1228;
    pair.longest = LARGEST;
    pair.connect();
    pair.keeps_sent = true;
    let now = pair.now;
    pair.ends[0].send(now, 0, Ppid::BINARY, vec![7; 60_000].into(), Delivery::default()).unwrap();
    pair.run_for(MS(3_000));
    let probe = pair.sent.iter().find(|(from, _, packet)| *from == 0 && packet[12] == 4).expect("a probe");
    // A HEARTBEAT of 16 bytes, then PAD (RFC 4820) to the end; the packet has a checksum.
    assert_eq!((probe.2[14..16].to_vec(), probe.2[28]), (vec![0, 16], 132));
    assert_ne!(probe.2[8..12], [0; 4]);
    let tag = pair.sent.iter().find(|(from, ..)| *from == 1).expect("a SACK").2[4..8].to_vec();
    let answer = |value: &[u8]| {
        let length = (4 + value.len()) as u16;
        let mut packet =
            [&[0x13, 0x88, 0x13, 0x88][..], &tag, &[0; 4], &[5, 0], &length.to_be_bytes()].concat();
        packet.extend(value);
        packet
    };
    let now = pair.now;
    let mut late = probe.2[16..28].to_vec();
    pair.ends[0].handle_packet(now, &answer(&late));
    late[11] ^= 1;
    for value in [&late[..], &[], &[0; 12], &[0xff; 60_000], &[0, 1, 0xff, 0xff, 1, 2, 3, 4]] {
        pair.ends[0].handle_packet(now, &answer(value));
    }
    assert_eq!(pair.ends[0].packet_size(), BASE);
    assert_eq!(pair.ends[0].counters().dropped_malformed, 0);
}
