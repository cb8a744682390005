//! Streams are reset and used again.

mod pair;

use std::time::Duration;

use pair::{Link, Pair};
use sctp::{Delivery, Event, Ppid, Reliability, SendError};

fn send(pair: &mut Pair, from: usize, stream: u16, text: &str) {
    let (now, payload) = (pair.now, text.as_bytes().to_vec().into());
    pair.ends[from].send(now, stream, Ppid::STRING, payload, Delivery::default()).unwrap();
}

fn reset(pair: &mut Pair, end: usize, stream: u16) {
    let now = pair.now;
    pair.ends[end].reset_stream(now, stream);
}

#[test]
fn each_direction_is_reset_by_itself_after_its_messages() {
    let mut pair = Pair::connected(1, Link::CLEAN);
    for text in ["a", "b", "c"] {
        send(&mut pair, 0, 1, text);
    }
    reset(&mut pair, 0, 1);
    let now = pair.now;
    let refused = pair.ends[0].send(now, 1, Ppid::STRING, "d".into(), Delivery::default());
    assert_eq!(refused, Err(SendError::Resetting));
    pair.run(Duration::from_secs(5), |pair| pair.take(0, &Event::ResetComplete { stream: 1 }));
    // Unread messages hold the event back.
    pair.run_for(Duration::from_secs(5));
    assert_eq!(pair.events[1], [Event::Readable { stream: 1 }]);
    // The other direction goes on.
    send(&mut pair, 1, 1, "still here");
    pair.run(Duration::from_secs(5), |pair| pair.ends[0].read(1).is_some());
    for text in ["a", "b", "c"] {
        assert_eq!(pair.ends[1].read(1).unwrap().payload, text);
    }
    pair.poll();
    assert!(pair.take(1, &Event::IncomingReset { stream: 1 }));
    reset(&mut pair, 1, 1);
    pair.run(Duration::from_secs(5), |pair| pair.take(0, &Event::IncomingReset { stream: 1 }));
    pair.run(Duration::from_secs(5), |pair| pair.take(1, &Event::ResetComplete { stream: 1 }));
}

#[test]
fn messages_of_the_next_use_wait_behind_the_event() {
    let mut pair = Pair::connected(2, Link::CLEAN);
    send(&mut pair, 0, 1, "old");
    reset(&mut pair, 0, 1);
    pair.run(Duration::from_secs(5), |pair| pair.take(0, &Event::ResetComplete { stream: 1 }));
    send(&mut pair, 0, 1, "new");
    pair.run_for(Duration::from_secs(1));
    assert_eq!(pair.ends[1].read(1).unwrap().payload, "old");
    assert_eq!(pair.ends[1].read(1), None);
    pair.events[1].clear();
    pair.poll();
    assert_eq!(pair.events[1], [Event::IncomingReset { stream: 1 }, Event::Readable { stream: 1 }]);
    assert_eq!(pair.ends[1].read(1).unwrap().payload, "new");
}

#[test]
fn both_ends_may_reset_the_same_stream_at_once_over_a_bad_link_again_and_again() {
    let mut pair = Pair::connected(3, Link::BAD);
    for round in 0..30 {
        let text = format!("round {round}");
        for end in 0..2 {
            for _ in 0..3 {
                send(&mut pair, end, 5, &text);
            }
            reset(&mut pair, end, 5);
        }
        let mut read = [0; 2];
        pair.run(Duration::from_secs(120), |pair| {
            for (end, read) in pair.ends.iter_mut().zip(&mut read) {
                while let Some(message) = end.read(5) {
                    assert_eq!(message.payload, text);
                    *read += 1;
                }
            }
            let has = |end: usize, event| pair.events[end].contains(&event);
            (0..2).all(|end| {
                has(end, Event::IncomingReset { stream: 5 }) && has(end, Event::ResetComplete { stream: 5 })
            })
        });
        assert_eq!(read, [3, 3], "round {round}");
        for events in &mut pair.events {
            let resets = events.iter().filter(|event| **event == Event::IncomingReset { stream: 5 });
            assert_eq!(resets.count(), 1);
            events.clear();
        }
    }
}

#[test]
fn a_thousand_streams_are_reset_together() {
    let mut pair = Pair::connected(4, Link::BAD);
    for stream in 0..1000 {
        send(&mut pair, 0, stream, "x");
        reset(&mut pair, 0, stream);
    }
    let mut done = 0;
    pair.run(Duration::from_secs(600), |pair| {
        pair.events[0].retain(|event| {
            let completed = matches!(event, Event::ResetComplete { .. });
            done += usize::from(completed);
            !completed
        });
        done == 1000
    });
}

#[test]
fn a_partially_reliable_stream_can_be_reset_and_used_again() {
    let mut pair = Pair::connected(5, Link::BAD);
    let unreliable = Delivery { ordered: true, reliability: Reliability::MaxRetransmits(0) };
    for round in 0..10 {
        for n in 0..30 {
            let now = pair.now;
            let payload = format!("{round} {n}").into_bytes().into();
            pair.ends[0].send(now, 2, Ppid::STRING, payload, unreliable).unwrap();
            pair.run_for(Duration::from_millis(5));
        }
        send(&mut pair, 0, 2, &format!("{round} last"));
        reset(&mut pair, 0, 2);
        let mut last = None;
        pair.run(Duration::from_secs(120), |pair| {
            while let Some(message) = pair.ends[1].read(2) {
                let text = String::from_utf8(message.payload.to_vec()).unwrap();
                assert!(text.starts_with(&round.to_string()), "{text} in round {round}");
                last = Some(text);
            }
            pair.events[0].contains(&Event::ResetComplete { stream: 2 })
                && pair.events[1].contains(&Event::IncomingReset { stream: 2 })
        });
        assert_eq!(last, Some(format!("{round} last")));
        pair.events.iter_mut().for_each(Vec::clear);
    }
}

#[test]
fn a_reset_before_the_association_stands_follows_the_messages_before_it() {
    let mut pair = Pair::new(6, Link::CLEAN);
    send(&mut pair, 0, 4, "early");
    reset(&mut pair, 0, 4);
    let now = pair.now;
    let refused = pair.ends[0].send(now, 4, Ppid::STRING, "late".into(), Delivery::default());
    assert_eq!(refused, Err(SendError::Resetting));
    pair.run(Duration::from_secs(5), |pair| pair.take(0, &Event::ResetComplete { stream: 4 }));
    assert_eq!(pair.ends[1].read(4).unwrap().payload, "early");
    pair.poll();
    assert!(pair.take(1, &Event::IncomingReset { stream: 4 }));
}
