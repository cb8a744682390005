//! Associations end, gracefully or not.

mod pair;

use std::time::Duration;

use pair::{Link, Pair};
use sctp::{CloseCause, Config, Delivery, Event, Ppid, SendError, State};

#[test]
fn a_shutdown_delivers_what_was_sent_first() {
    for link in [Link::CLEAN, Link::BAD] {
        let mut pair = Pair::connected(1, link);
        for end in 0..2 {
            let now = pair.now;
            for _ in 0..10 {
                pair.ends[end]
                    .send(now, 1, Ppid::BINARY, vec![7; 50_000].into(), Delivery::default())
                    .unwrap();
            }
        }
        let now = pair.now;
        pair.ends[0].shutdown(now);
        assert_eq!(pair.ends[0].state(), State::ShuttingDown);
        let refused = pair.ends[0].send(now, 1, Ppid::BINARY, "x".into(), Delivery::default());
        assert_eq!(refused, Err(SendError::Closed));
        pair.run(Duration::from_secs(600), |pair| pair.ends.iter().all(|end| end.state() == State::Closed));
        assert_eq!(pair.events[0].last(), Some(&Event::Closed(CloseCause::Local)), "{link:?}");
        assert_eq!(pair.events[1].last(), Some(&Event::Closed(CloseCause::PeerShutdown)), "{link:?}");
        for end in &mut pair.ends {
            assert_eq!(std::iter::from_fn(|| end.read(1)).count(), 10, "{link:?}");
        }
        pair.run_for(Duration::from_secs(60));
        assert!(pair.ends.iter().all(|end| end.poll_timeout().is_none()));
    }
}

#[test]
fn both_may_shut_down_at_once() {
    for seed in 0..10 {
        let mut pair = Pair::connected(seed, Link::BAD);
        let now = pair.now;
        pair.ends[0].shutdown(now);
        pair.ends[1].shutdown(now);
        pair.run(Duration::from_secs(120), |pair| pair.ends.iter().all(|end| end.state() == State::Closed));
    }
}

#[test]
fn an_abort_is_told_and_immediate() {
    let mut pair = Pair::connected(2, Link::CLEAN);
    let now = pair.now;
    pair.ends[0].send(now, 1, Ppid::BINARY, vec![7; 50_000].into(), Delivery::default()).unwrap();
    pair.ends[0].abort(now);
    assert_eq!(pair.ends[0].state(), State::Closed);
    assert_eq!(pair.ends[0].buffered_amount(1), 0);
    pair.run(Duration::from_secs(1), |pair| pair.ends[1].state() == State::Closed);
    assert_eq!(pair.events, [[Event::Closed(CloseCause::Local)], [Event::Closed(CloseCause::PeerAbort)]]);
    assert!(pair.ends.iter().all(|end| end.poll_timeout().is_none()));
}

#[test]
fn a_silent_peer_is_given_up_after_its_time_and_not_while_nothing_is_owed() {
    let timeout = Duration::from_secs(60);
    let config = Config { peer_timeout: Some(timeout), ..Config::default() };
    let mut pair = Pair::with([config.clone(), config], 3, Link::CLEAN);
    pair.connect();
    pair.run_for(Duration::from_secs(3600));
    assert_eq!(pair.ends[0].state(), State::Connected);
    pair.link.loss = 1.0;
    let now = pair.now;
    pair.ends[0].send(now, 1, Ppid::BINARY, "x".into(), Delivery::default()).unwrap();
    pair.run_for(timeout - Duration::from_secs(1));
    assert_eq!(pair.ends[0].state(), State::Connected);
    pair.run_for(Duration::from_secs(2));
    assert!(pair.take(0, &Event::Closed(CloseCause::Timeout)));
}

#[test]
fn a_long_outage_is_survived() {
    let mut pair = Pair::connected(4, Link::CLEAN);
    pair.link.loss = 1.0;
    let now = pair.now;
    pair.ends[0].send(now, 1, Ppid::BINARY, "x".into(), Delivery::default()).unwrap();
    pair.run_for(Duration::from_secs(1000));
    pair.link.loss = 0.0;
    pair.run(Duration::from_secs(4), |pair| pair.take(1, &Event::Readable { stream: 1 }));
}

#[test]
fn what_nobody_will_read_is_forgotten_after_the_end() {
    let mut pair = Pair::connected(6, Link::CLEAN);
    let now = pair.now;
    pair.ends[0].send(now, 1, Ppid::BINARY, vec![0; 1000].into(), Delivery::default()).unwrap();
    pair.run_for(Duration::from_secs(1));
    pair.ends[1].discard_unread();
    let now = pair.now;
    pair.ends[0].send(now, 1, Ppid::BINARY, vec![1; 1000].into(), Delivery::default()).unwrap();
    pair.run_for(Duration::from_secs(1));
    assert_eq!(pair.ends[1].read(1).unwrap().payload[0], 0, "while it stands, nothing is forgotten");
    let now = pair.now;
    pair.ends[0].abort(now);
    pair.run_for(Duration::from_secs(1));
    pair.ends[1].discard_unread();
    assert!(pair.ends[1].read(1).is_none());
}
