//! Every combination of initiators connects.

mod pair;

use std::time::Duration;

use base::Rng;
use pair::{Link, Pair};
use proptest::prelude::*;
use sctp::{Association, CloseCause, Config, Delivery, Event, Ppid, State};

#[test]
fn both_start_at_once_on_a_clean_link_within_two_round_trips() {
    let mut pair = Pair::new(1, Link::CLEAN);
    pair.connect();
    assert!(pair.now - pair.started <= Link::CLEAN.delay * 4, "{:?}", pair.now - pair.started);
}

/// An end whose INITs are kept back is one that only accepts.
fn without_inits(from_quiet: usize, seed: u8, link: Link) -> Duration {
    let now = Pair::new(seed, link).now;
    let mut rng = Rng::from_seed([seed; 32]);
    let mut ends = [0, 1].map(|_| Association::new(Config::default(), now, rng.fork("end")));
    let mut time = now;
    for _ in 0..10_000 {
        let mut moved = false;
        for from in 0..2 {
            let mut packet = Vec::new();
            while ends[from].poll_packet(time, &mut packet) {
                let is_kept_back = packet[12] == 1 && from == from_quiet;
                if !is_kept_back && !rng.chance(link.loss) {
                    ends[1 - from].handle_packet(time, &packet);
                }
                packet.clear();
                moved = true;
            }
        }
        if ends.iter().all(|end| end.state() == State::Connected) {
            return time - now;
        }
        if !moved {
            time = ends.iter().filter_map(Association::poll_timeout).min().unwrap();
            ends.iter_mut().for_each(|end| end.handle_timeout(time));
        }
    }
    panic!("not connected");
}

#[test]
fn one_initiator_is_enough_whichever_it_is() {
    for quiet in 0..2 {
        assert_eq!(without_inits(quiet, 7, Link::CLEAN), Duration::ZERO);
        for seed in 0..20 {
            without_inits(quiet, seed, Link { loss: 0.4, ..Link::CLEAN });
        }
    }
}

#[test]
fn a_late_peer_is_found_by_the_repeated_init() {
    let mut pair = Pair::new(4, Link::CLEAN);
    pair.speaks = [true, false];
    pair.link.loss = 1.0;
    pair.run_for(Duration::from_secs(10));
    pair.link.loss = 0.0;
    pair.speaks = [true, true];
    pair.run(Duration::from_secs(3), |pair| pair.ends.iter().all(|end| end.state() == State::Connected));
}

#[test]
fn the_handshake_gives_up_only_when_told_to() {
    let patient = Pair::new(5, Link { loss: 1.0, ..Link::CLEAN });
    let mut pair = patient;
    pair.run_for(Duration::from_secs(600));
    assert_eq!(pair.ends[0].state(), State::Connecting);
    assert!(pair.ends[0].counters().handshake_retransmits > 200);

    let config = Config { max_init_retransmits: Some(3), ..Config::default() };
    let mut pair = Pair::with([config.clone(), config], 5, Link { loss: 1.0, ..Link::CLEAN });
    pair.run_for(Duration::from_secs(60));
    assert_eq!(pair.events[0], [Event::Closed(CloseCause::Timeout)]);
}

#[test]
fn fewer_streams_than_asked_for_are_agreed_on_and_kept_to() {
    let few = Config { max_streams: 16, ..Config::default() };
    let mut pair = Pair::with([few, Config::default()], 6, Link::CLEAN);
    pair.run(Duration::from_secs(5), |pair| pair.events.iter().all(|events| !events.is_empty()));
    assert_eq!(pair.events[1], [Event::Connected { max_streams: 16 }]);
    let now = pair.now;
    let send = |pair: &mut Pair, stream| {
        pair.ends[1].send(now, stream, Ppid::BINARY, "x".into(), Delivery::default())
    };
    assert_eq!(send(&mut pair, 16), Err(sctp::SendError::NoSuchStream));
    assert_eq!(send(&mut pair, 15), Ok(()));
}

#[test]
fn the_same_seed_gives_the_same_packets() {
    let run = || {
        let mut pair = Pair::new(9, Link::BAD);
        pair.keeps_sent = true;
        for stream in 0..5 {
            let delivery = Delivery { ordered: true, reliability: sctp::Reliability::MaxRetransmits(1) };
            for _ in 0..40 {
                let payload = vec![stream as u8; 3000].into();
                let now = pair.now;
                pair.ends[0].send(now, stream, Ppid::BINARY, payload, delivery).unwrap();
            }
        }
        pair.run_for(Duration::from_secs(20));
        pair.sent
    };
    let (first, second) = (run(), run());
    assert!(first.len() > 200);
    assert_eq!(first, second);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn both_start_and_connect_whatever_the_link_does(seed: u8, loss in 0.0..0.5f64, jitter in 0..200u64) {
        let link = Link { loss, duplicate: 0.2, jitter: Duration::from_millis(jitter), ..Link::CLEAN };
        let mut pair = Pair::new(seed, link);
        pair.run(Duration::from_secs(120), |pair| pair.ends.iter().all(|end| end.state() == State::Connected));
        // And what both then send arrives.
        for end in 0..2 {
            let now = pair.now;
            pair.ends[end].send(now, 1, Ppid::STRING, "hello".into(), Delivery::default()).unwrap();
        }
        pair.run(Duration::from_secs(120), |pair| {
            (0..2).all(|end| pair.events[end].contains(&Event::Readable { stream: 1 }))
        });
        for end in 0..2 {
            prop_assert_eq!(&pair.ends[end].read(1).unwrap().payload[..], b"hello");
            let connected = |event: &&Event| matches!(event, Event::Connected { .. });
            prop_assert_eq!(pair.events[end].iter().filter(connected).count(), 1);
        }
    }
}
