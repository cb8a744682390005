//! Every combination of initiators connects.

mod pair;

use std::time::Duration;

use base::Rng;
use pair::{Link, Pair};
use proptest::prelude::*;
use sctp::{Association, CloseCause, Config, Delivery, Event, InitChunk, Ppid, State};

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

/// Both ends' configurations, with INITs that were signalled.
fn signalled(seed: u8) -> [Config; 2] {
    let mut rng = Rng::from_seed([seed; 32]);
    let mut init = || InitChunk::generate(Config::default().receive_window, 65_535, &mut rng);
    let [a, b] = [init(), init()];
    let config =
        |ours, theirs| Config { local_init: Some(ours), remote_init: Some(theirs), ..Config::default() };
    [config(a, b), config(b, a)]
}

/// draft-hancke-tsvwg-snap: "both endpoints SHOULD consider the SCTP association to be in the ESTABLISHED state".
#[test]
fn signalled_inits_connect_without_a_packet() {
    let mut pair = Pair::with(signalled(1), 1, Link::CLEAN);
    pair.keeps_sent = true;
    pair.poll();
    for end in 0..2 {
        assert_eq!(pair.events[end], [Event::Connected { max_streams: 65_535 }]);
        assert_eq!(pair.ends[end].state(), State::Connected);
        let now = pair.now;
        pair.ends[end].send(now, 1, Ppid::STRING, "hello".into(), Delivery::default()).unwrap();
    }
    pair.run(Duration::from_secs(1), |pair| {
        pair.events.iter().all(|events| events.contains(&Event::Readable { stream: 1 }))
    });
    assert_eq!(pair.now - pair.started, Link::CLEAN.delay);
    assert!(pair.ends.iter_mut().all(|end| end.read(1).unwrap().payload == "hello"));
    // I-DATA (64) and SACK (3), and nothing of a handshake.
    pair.run(Duration::from_secs(2), |pair| pair.ends.iter().all(|end| end.buffered_amount(1) == 0));
    assert!(pair.sent.iter().all(|(_, _, packet)| matches!(packet[12], 64 | 3)), "{:?}", pair.sent);
}

#[test]
fn signalled_inits_connect_over_a_bad_link() {
    for seed in 0..20 {
        let mut pair = Pair::with(signalled(seed), seed, Link::BAD);
        let now = pair.now;
        for end in 0..2 {
            pair.ends[end].send(now, 0, Ppid::STRING, vec![7; 20_000].into(), Delivery::default()).unwrap();
        }
        pair.run(Duration::from_secs(60), |pair| {
            pair.events.iter().all(|events| events.contains(&Event::Readable { stream: 0 }))
        });
        assert!(
            pair.ends
                .iter_mut()
                .all(|end| end.read(0).is_some_and(|message| message.payload.len() == 20_000))
        );
    }
}

/// One side's line was lost in the signalling: it shakes hands with the tag that the other one knows.
#[test]
fn an_end_that_knows_nothing_of_the_others_init_connects_by_its_own() {
    for quiet in 0..2 {
        let mut configs = signalled(3);
        configs[quiet].remote_init = None;
        let mut pair = Pair::with(configs, 3, Link::CLEAN);
        pair.connect();
        let now = pair.now;
        for end in 0..2 {
            pair.ends[end].send(now, 0, Ppid::STRING, "hello".into(), Delivery::default()).unwrap();
        }
        pair.run(Duration::from_secs(5), |pair| {
            pair.events.iter().all(|events| events.contains(&Event::Readable { stream: 0 }))
        });
        assert!(
            pair.ends.iter_mut().all(|end| end.read(0).is_some_and(|message| message.payload == "hello"))
        );
    }
}

/// A peer that repeats the lines that it does not know has no INIT of its own.
#[test]
fn our_own_init_is_nobody_elses() {
    let mut configs = signalled(4);
    configs[0].remote_init = configs[0].local_init;
    configs[1] = Config::default();
    let mut pair = Pair::with(configs, 4, Link::CLEAN);
    assert_eq!(pair.ends[0].state(), State::Connecting);
    pair.connect();
}
