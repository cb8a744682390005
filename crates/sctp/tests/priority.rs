//! What the priority of a stream brings: shares of the path, and short waits behind whatever others send.

mod pair;
mod path;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use pair::{Link, Pair};
use path::{Bottleneck, Path};
use sctp::{Config, Delivery, Ppid};

const HIGH: u16 = 1024;
const ROUND_TRIP: Duration = Duration::from_millis(50);

fn config(interleaving: bool) -> Config {
    Config { interleaving, max_packet_size: 1160, ..Config::default() }
}

/// Sends 100 bytes on a stream of the highest priority each 70 ms, behind a stream that sends messages of 64 KiB
/// without end: how long they take to the other end's reader.
fn waits(interleaving: bool, megabits: u64, queue: Duration) -> Vec<Duration> {
    let mut path = Path::new(Bottleneck { rate: megabits * 125_000, queue, loss: 0.0 }, 1);
    path.add(config(interleaving), ROUND_TRIP / 2, Duration::ZERO);
    path.flows[0].ends[0].open_stream(2, HIGH);
    let mut sent = BTreeMap::new();
    let mut waits = Vec::new();
    for millisecond in 0..5000_u32 {
        // What the start leaves in a deep queue is gone by then.
        if millisecond > 2000 && millisecond.is_multiple_of(70) {
            let mut payload = millisecond.to_be_bytes().to_vec();
            payload.resize(100, 0);
            let now = path.now;
            path.flows[0].ends[0].send(now, 2, Ppid::BINARY, payload.into(), Delivery::default()).unwrap();
            sent.insert(millisecond, now);
        }
        path.run_for(Duration::from_millis(1));
        while let Some(message) = path.flows[0].ends[1].read(2) {
            let number = u32::from_be_bytes(message.payload[..4].try_into().unwrap());
            waits.push(path.now - sent.remove(&number).unwrap());
        }
    }
    assert!(sent.len() < 5, "{} messages are still on their way", sent.len());
    waits.sort_unstable();
    waits
}

fn percentiles(waits: &[Duration]) -> [Duration; 3] {
    [waits.len() / 2, waits.len() * 95 / 100, waits.len() - 1].map(|at| waits[at])
}

/// What one message of 64 KiB takes at that rate.
fn bulk_message(megabits: u64) -> Duration {
    Duration::from_secs_f64(65_536.0 * 8.0 * 1.07 / (megabits as f64 * 1e6))
}

#[test]
fn an_urgent_message_waits_less_than_two_round_trips_behind_a_saturating_stream() {
    for megabits in [2, 10, 30] {
        for queue in [Duration::from_millis(20), Duration::from_millis(500)] {
            let waits = waits(true, megabits, queue);
            let [median, most, longest] = percentiles(&waits);
            // At 10 Mbit/s: 27 ms, where half a round trip is 25; 95 of 100 within 32.
            assert!(median < ROUND_TRIP, "{megabits} Mbit/s, {queue:?}: {median:?}");
            assert!(most < 2 * ROUND_TRIP, "{megabits} Mbit/s, {queue:?}: {most:?}");
            // Its packet was lost, and sent again.
            assert!(longest < 4 * ROUND_TRIP, "{megabits} Mbit/s, {queue:?}: {longest:?}");
        }
    }
}

/// Without interleaving the message that has begun goes first, and no other.
#[test]
fn a_peer_without_interleaving_gets_an_urgent_message_after_one_of_the_others() {
    for megabits in [10, 30] {
        for queue in [Duration::from_millis(20), Duration::from_millis(500)] {
            let waits = waits(false, megabits, queue);
            // At 10 Mbit/s: 57 ms, 95 of 100 within 82. A message of the others takes 56.
            let [_, most, _] = percentiles(&waits);
            let allowed = 2 * ROUND_TRIP + bulk_message(megabits);
            assert!(most < allowed, "{megabits} Mbit/s, {queue:?}: {most:?}");
        }
    }
}

/// The bytes of each stream that arrived, with so much waiting on each.
fn shares(interleaving: bool, priorities: &[u16], length: usize) -> Vec<usize> {
    let mut pair = Pair::with([config(interleaving), config(interleaving)], 1, Link::CLEAN);
    pair.connect();
    let now = pair.now;
    let payload = Bytes::from(vec![0; length]);
    for (stream, priority) in priorities.iter().enumerate() {
        pair.ends[0].open_stream(stream as u16, *priority);
        for _ in 0..3_000_000 / length {
            pair.ends[0]
                .send(now, stream as u16, Ppid::BINARY, payload.clone(), Delivery::default())
                .unwrap();
        }
    }
    let mut received = vec![0; priorities.len()];
    let all: usize = 3_000_000;
    pair.run(Duration::from_secs(600), |pair| {
        for (stream, received) in received.iter_mut().enumerate() {
            while let Some(message) = pair.ends[1].read(stream as u16) {
                *received += message.payload.len();
            }
        }
        received.iter().sum::<usize>() >= all
    });
    received
}

#[test]
fn streams_share_the_path_by_priority() {
    for interleaving in [true, false] {
        for length in [1000, 30_000] {
            let received = shares(interleaving, &[128, 256, 512, 1024], length);
            let total: usize = received.iter().sum();
            for (index, bytes) in received.iter().enumerate() {
                let wanted = total * (1 << index) / 15;
                assert!(bytes.abs_diff(wanted) < total / 15, "{interleaving} {length}: {received:?}");
            }
        }
    }
}

/// What a receiver cannot hand over fills its window: messages that have begun must not fill it together.
#[test]
fn more_long_messages_than_the_window_has_room_for_all_arrive() {
    let config = Config { receive_window: 400_000, max_send_message_size: 262_144, ..config(true) };
    for link in [Link::CLEAN, Link { loss: 0.05, ..Link::BAD }] {
        let mut pair = Pair::with([config.clone(), config.clone()], 2, link);
        pair.connect();
        let now = pair.now;
        for stream in 0..40 {
            for _ in 0..2 {
                let payload = Bytes::from(vec![stream as u8; 100_000 + usize::from(stream) * 4000]);
                pair.ends[0].send(now, stream, Ppid::BINARY, payload, Delivery::default()).unwrap();
            }
        }
        let mut received = 0;
        pair.run(Duration::from_secs(600), |pair| {
            for stream in 0..40 {
                while let Some(message) = pair.ends[1].read(stream) {
                    assert!(message.payload.iter().all(|byte| *byte == stream as u8));
                    received += 1;
                }
            }
            received == 80
        });
    }
}

/// Each has its turn, and the last of them does not wait for two turns of the first.
#[test]
fn thousands_of_streams_take_turns() {
    let mut pair = Pair::with([config(true), config(true)], 3, Link::CLEAN);
    pair.connect();
    let now = pair.now;
    let payload = Bytes::from_static(&[7; 40]);
    for _ in 0..2 {
        for stream in 0..8_000 {
            pair.ends[0].send(now, stream, Ppid::BINARY, payload.clone(), Delivery::default()).unwrap();
        }
    }
    let mut received = vec![0_u8; 8_000];
    let mut next = 0;
    pair.run(Duration::from_secs(600), |pair| {
        for event in std::mem::take(&mut pair.events[1]) {
            let sctp::Event::Readable { stream } = event else { continue };
            while pair.ends[1].read(stream).is_some() {
                assert_eq!(usize::from(stream), next % 8_000, "in turn");
                next += 1;
                received[usize::from(stream)] += 1;
            }
        }
        next == 2 * 8_000
    });
    assert!(received.iter().all(|count| *count == 2));
}
