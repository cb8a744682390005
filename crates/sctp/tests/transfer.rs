//! Messages arrive as their delivery says.

mod pair;

use std::time::Duration;

use bytes::Bytes;
use pair::{Link, Pair};
use sctp::{CloseCause, Config, Delivery, Event, Ppid, Reliability, SendError, State};

const UNORDERED: Delivery = Delivery { ordered: false, reliability: Reliability::Reliable };

fn send(pair: &mut Pair, from: usize, stream: u16, payload: impl Into<Bytes>, delivery: Delivery) {
    let now = pair.now;
    pair.ends[from].send(now, stream, Ppid::BINARY, payload.into(), delivery).unwrap();
}

/// A message that says who it is.
fn numbered(number: u32, length: usize) -> Vec<u8> {
    let mut payload = number.to_be_bytes().to_vec();
    payload.resize(length.max(4), number as u8);
    payload
}

fn number(payload: &[u8]) -> u32 {
    u32::from_be_bytes(payload[..4].try_into().unwrap())
}

#[test]
fn ten_megabytes_arrive_exactly_once_and_in_order_over_a_bad_link() {
    let mut pair = Pair::connected(1, Link::BAD);
    let count = 400;
    for message in 0..count {
        send(&mut pair, 0, 3, numbered(message, 26_214), Delivery::default());
    }
    let mut next = 0;
    pair.run(Duration::from_secs(1000), |pair| {
        while let Some(message) = pair.ends[1].read(3) {
            assert_eq!(message.payload[..], numbered(next, 26_214)[..]);
            next += 1;
        }
        next == count
    });
    pair.run(Duration::from_secs(60), |pair| pair.ends[0].buffered_amount(3) == 0);
    pair.run_for(Duration::from_secs(60));
    assert_eq!(pair.ends[1].read(3), None);
    assert!(pair.ends[0].stats().rtt.is_some());
}

#[test]
fn unordered_messages_of_every_size_arrive_exactly_once() {
    let mut pair = Pair::connected(2, Link::BAD);
    let sizes: Vec<usize> = (0..300).map(|n: usize| (n * n * 7) % 9000 + 4).collect();
    for (n, size) in sizes.iter().enumerate() {
        send(&mut pair, 0, 1, numbered(n as u32, *size), UNORDERED);
    }
    let mut seen = vec![0; sizes.len()];
    pair.run(Duration::from_secs(600), |pair| {
        while let Some(message) = pair.ends[1].read(1) {
            let n = number(&message.payload);
            assert_eq!(message.payload[..], numbered(n, sizes[n as usize])[..]);
            seen[n as usize] += 1;
        }
        seen.iter().sum::<i32>() == sizes.len() as i32
    });
    assert!(seen.iter().all(|times| *times == 1));
}

#[test]
fn streams_take_turns() {
    let mut pair = Pair::connected(3, Link::CLEAN);
    for message in 0..40 {
        send(&mut pair, 0, 1, numbered(message, 60_000), Delivery::default());
    }
    send(&mut pair, 0, 2, &b"late"[..], Delivery::default());
    let mut bulk = 0;
    pair.run(Duration::from_secs(60), |pair| {
        while pair.ends[1].read(1).is_some() {
            bulk += 1;
        }
        pair.ends[1].read(2).is_some()
    });
    assert!(bulk < 25, "{bulk} of 40 bulk messages went before the late one");
}

#[test]
fn what_may_be_lost_is_given_up_and_what_follows_arrives() {
    for (seed, loss, reliability) in [
        (4, 0.1, Reliability::MaxRetransmits(0)),
        (5, 0.3, Reliability::MaxRetransmits(2)),
        (6, 0.1, Reliability::MaxLifetime(Duration::from_millis(30))),
    ] {
        for ordered in [true, false] {
            let mut pair = Pair::connected(seed, Link { loss: 0.0, ..Link::BAD });
            pair.link = Link { loss, ..Link::BAD };
            for n in 0..300 {
                send(&mut pair, 0, 1, numbered(n, 2500), Delivery { ordered, reliability });
                pair.run_for(Duration::from_millis(10));
            }
            let mut got = Vec::new();
            pair.run(Duration::from_secs(600), |pair| {
                got.extend(
                    std::iter::from_fn(|| pair.ends[1].read(1)).map(|message| number(&message.payload)),
                );
                pair.ends[0].buffered_amount(1) == 0
            });
            pair.link.loss = 0.0;
            pair.run_for(Duration::from_secs(30));
            // The way is clear again for a message that must arrive.
            send(&mut pair, 0, 1, numbered(1000, 2500), Delivery { ordered, ..Delivery::default() });
            pair.run(Duration::from_secs(60), |pair| {
                while let Some(message) = pair.ends[1].read(1) {
                    assert_eq!(message.payload.len(), 2500);
                    got.push(number(&message.payload));
                }
                got.contains(&1000)
            });
            assert!(got.len() > 20 && got.len() < 300, "{reliability:?} ordered {ordered}: {}", got.len());
            let mut sorted = got.clone();
            sorted.sort_unstable();
            assert!(!ordered || got == sorted, "in order");
            sorted.dedup();
            assert_eq!(sorted.len(), got.len(), "nothing twice");
        }
    }
}

/// The first message of a stream is given up: the second must not wait for it for ever.
#[test]
fn a_stream_whose_first_message_is_lost_goes_on() {
    let mut pair = Pair::connected(7, Link::CLEAN);
    let unreliable = Delivery { ordered: true, reliability: Reliability::MaxRetransmits(0) };
    pair.link.loss = 1.0;
    send(&mut pair, 0, 9, &b"lost"[..], unreliable);
    pair.run_for(Duration::from_millis(100));
    pair.link.loss = 0.0;
    send(&mut pair, 0, 9, &b"found"[..], unreliable);
    let mut got = None;
    pair.run(Duration::from_secs(20), |pair| {
        got = pair.ends[1].read(9);
        got.is_some()
    });
    assert_eq!(&got.unwrap().payload[..], b"found");
}

#[test]
fn a_message_whose_life_ends_in_the_queue_is_never_sent() {
    let mut pair = Pair::connected(8, Link::CLEAN);
    let bulk = 3_000_000;
    pair.ends[0].set_max_send_message_size(bulk as u32);
    pair.link.delay = Duration::from_millis(200);
    for n in 0..60 {
        send(&mut pair, 0, 1, numbered(n, 60_000), Delivery::default());
    }
    let mortal = Delivery { ordered: true, reliability: Reliability::MaxLifetime(Duration::from_millis(1)) };
    for n in 0..10 {
        send(&mut pair, 0, 1, numbered(100 + n, 60_000), mortal);
    }
    let mut got = Vec::new();
    pair.run(Duration::from_secs(100), |pair| {
        got.extend(std::iter::from_fn(|| pair.ends[1].read(1)).map(|message| number(&message.payload)));
        pair.ends[0].buffered_amount(1) == 0
    });
    assert!(got.len() >= 60 && got.iter().all(|n| *n < 100), "{got:?}");
}

#[test]
fn the_window_closes_when_nobody_reads_and_opens_when_somebody_does() {
    let mut pair = Pair::connected(9, Link::CLEAN);
    for n in 0..100 {
        send(&mut pair, 0, 1, numbered(n, 60_000), Delivery::default());
    }
    pair.run_for(Duration::from_secs(60));
    // One MiB was taken, the rest waits at the sender, and both are alive.
    let waiting = pair.ends[0].buffered_amount(1);
    assert!((4_850_000..5_000_000).contains(&waiting), "{waiting}");
    assert!(pair.ends.iter().all(|end| end.state() == State::Connected));
    let probes = pair.ends[0].counters().packets_sent;
    pair.run_for(Duration::from_secs(20));
    assert!(pair.ends[0].counters().packets_sent - probes < 50, "probes only");

    let resumed = pair.now;
    let mut next = 0;
    pair.run(Duration::from_secs(60), |pair| {
        while let Some(message) = pair.ends[1].read(1) {
            assert_eq!(number(&message.payload), next);
            next += 1;
        }
        next == 100
    });
    assert!(pair.now - resumed < Duration::from_secs(8), "{:?}", pair.now - resumed);
}

/// More unread messages than there are sequence numbers.
#[test]
fn many_tiny_unread_messages_stay_in_order() {
    // For messages so long, the window is wide from the beginning.
    let config = Config { max_message_size: 16 * 1024 * 1024, ..Config::default() };
    let mut pair = Pair::with([Config::default(), config], 10, Link::CLEAN);
    pair.connect();
    for n in 0..70_000 {
        send(&mut pair, 0, 1, numbered(n, 4), Delivery::default());
    }
    pair.run(Duration::from_secs(600), |pair| pair.ends[0].buffered_amount(1) == 0);
    for n in 0..70_000 {
        assert_eq!(pair.ends[1].read(1).map(|message| number(&message.payload)), Some(n));
    }
}

#[test]
fn limits_of_sending_are_told() {
    let mut pair = Pair::connected(11, Link::CLEAN);
    let now = pair.now;
    let mut send =
        |length: usize| pair.ends[0].send(now, 1, Ppid::BINARY, vec![0; length].into(), Delivery::default());
    assert_eq!(send(0), Err(SendError::Empty));
    assert_eq!(send(65_536), Ok(()));
    assert_eq!(send(65_537), Err(SendError::TooLarge { limit: 65_536 }));
}

#[test]
fn a_message_beyond_what_is_accepted_ends_the_association() {
    let mut pair = Pair::connected(12, Link::CLEAN);
    pair.ends[0].set_max_send_message_size(1_000_000);
    send(&mut pair, 0, 1, vec![0; 262_145], Delivery::default());
    pair.run(Duration::from_secs(10), |pair| pair.ends.iter().all(|end| end.state() == State::Closed));
    assert!(pair.take(1, &Event::Closed(CloseCause::ReceiveLimit)));
    assert!(pair.take(0, &Event::Closed(CloseCause::PeerAbort)));
}

#[test]
fn the_buffered_amount_falls_with_acknowledgements_and_says_so() {
    let mut pair = Pair::connected(13, Link::CLEAN);
    send(&mut pair, 0, 1, vec![0; 50_000], Delivery::default());
    send(&mut pair, 0, 2, vec![0; 10], Delivery::default());
    assert_eq!((pair.ends[0].buffered_amount(1), pair.ends[0].stats().buffered), (50_000, 50_010));
    pair.run(Duration::from_secs(5), |pair| pair.ends[0].stats().buffered == 0);
    assert!(pair.take(0, &Event::BufferDrained { stream: 1 }));
    assert!(pair.take(0, &Event::BufferDrained { stream: 2 }));
}

/// webrtc-pc, bufferedAmount: what "had not yet been transmitted to the network".
#[test]
fn what_is_in_a_packet_is_not_unsent_any_more() {
    let mut pair = Pair::connected(14, Link::CLEAN);
    send(&mut pair, 0, 1, vec![0; 1000], Delivery::default());
    assert_eq!(pair.ends[0].unsent(1), 1000);
    let now = pair.now;
    assert!(pair.ends[0].poll_packet(now, &mut Vec::new()));
    assert_eq!((pair.ends[0].unsent(1), pair.ends[0].buffered_amount(1)), (0, 1000));
    assert_eq!(pair.ends[0].poll_event(), Some(Event::BufferDrained { stream: 1 }));
}

/// Packets of a hundred round trips of one message each, on a path that takes so long one way. Who answers takes a moment.
fn packets_of_a_conversation(delay: Duration) -> usize {
    let link = Link { delay, ..Link::CLEAN };
    let mut pair = Pair::connected(4, link);
    for end in 0..2 {
        send(&mut pair, end, 1, numbered(0, 64), Delivery::default());
    }
    pair.run_for(Duration::from_secs(1));
    while pair.ends[0].read(1).is_some() || pair.ends[1].read(1).is_some() {}
    pair.keeps_sent = true;
    for message in 0..100 {
        for from in 0..2 {
            send(&mut pair, from, 1, numbered(message, 64), Delivery::default());
            let mut answer = None;
            pair.run(Duration::from_secs(10), |pair| {
                answer = pair.ends[1 - from].read(1);
                answer.is_some()
            });
            assert_eq!(number(&answer.unwrap().payload), message);
            pair.run_for(Duration::from_micros(30));
        }
    }
    pair.run_for(Duration::from_secs(1));
    pair.sent.len()
}

#[test]
fn a_conversation_takes_a_packet_for_each_message() {
    // The last message is acknowledged by itself.
    assert_eq!(packets_of_a_conversation(Duration::from_micros(50)), 201);
}

#[test]
fn on_a_long_path_each_message_is_acknowledged_at_once() {
    assert_eq!(packets_of_a_conversation(Duration::from_millis(20)), 400);
}
