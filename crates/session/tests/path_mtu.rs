//! Packets as large as the path bears (RFC 8899).

mod support;

use std::cell::Cell;
use std::time::Duration;

use dtls::Versions;
use session::{ChannelKey, SessionConfig};
use sim::LinkConfig;
use support::{ONE, Pair, binary, labelled};

const MESSAGE: usize = 256 * 1024;

fn link(mtu: usize) -> LinkConfig {
    LinkConfig { mtu, ..LinkConfig::default() }
}

/// How many datagrams a message of 256 KiB takes.
fn datagrams(pair: &mut Pair, channel: (ChannelKey, ChannelKey)) -> usize {
    let before = pair.peer(pair.a).data_sent;
    let received = pair.peer(pair.b).received(channel.1);
    pair.send(pair.a, channel.0, binary(vec![7; MESSAGE])).unwrap();
    assert!(pair.run(10, |_, b| b.received(channel.1) > received), "{}", pair.describe());
    pair.run_for(Duration::from_secs(3));
    pair.peer(pair.a).data_sent - before
}

#[test]
fn messages_take_as_few_datagrams_as_the_path_allows() {
    for (mtu, is_on, expected) in [
        (65_507, true, 16..20),
        (8_972, true, 29..34),
        (4_500, true, 66..72),
        (1_472, true, 180..200),
        (1_392, true, 194..215),
        (65_507, false, 220..240),
    ] {
        for version in [Versions::Dtls12, Versions::Dtls13] {
            let configure = |config: &mut SessionConfig| {
                config.mtu_discovery = is_on;
                config.dtls_versions = version;
            };
            let mut pair = Pair::configured(1, link(mtu), configure).connect();
            let channel = pair.open_both(pair.a, labelled("large"));
            // Sizes that are not borne are found out by three probes each.
            (0..3).for_each(|_| _ = datagrams(&mut pair, channel));
            let count = datagrams(&mut pair, channel);
            assert!(expected.contains(&count), "{count} where {mtu} bytes pass, {version:?}");
        }
    }
}

/// RFC 8449: what a peer does not say that it takes may be too much for it, as 2,048 bytes are for Chromium.
#[test]
fn a_peer_that_does_not_say_what_it_takes_gets_ethernets_packets() {
    for version in [Versions::Dtls12, Versions::Dtls13] {
        for silent in 0..2 {
            let number = Cell::new(0);
            let configure = |config: &mut SessionConfig| {
                config.dtls_versions = version;
                if number.replace(number.get() + 1) == silent {
                    config.record_size_limit = None;
                }
            };
            let mut pair = Pair::configured(3, link(65_507), configure).connect();
            let channel = pair.open_both(pair.a, labelled("large"));
            datagrams(&mut pair, channel);
            let count = datagrams(&mut pair, channel);
            assert!((180..200).contains(&count), "{count}, {version:?}, {silent} says nothing");
        }
    }
}

/// However little it is: also what every path bears is too much for some.
#[test]
fn a_peer_gets_no_longer_records_than_it_says() {
    for (limit, expected) in [(4_096, 65..75), (600, 440..520)] {
        let configure = |config: &mut SessionConfig| config.record_size_limit = Some(limit);
        let mut pair = Pair::configured(4, link(65_507), configure).connect();
        let channel = pair.open_both(pair.a, labelled("large"));
        datagrams(&mut pair, channel);
        let count = datagrams(&mut pair, channel);
        assert!(expected.contains(&count), "{count} of {limit} bytes");
        let dropped = |id| pair.peer(id).session.dtls(ONE).unwrap().counters().dropped_too_long;
        assert_eq!((dropped(pair.a), dropped(pair.b)), (0, 0));
    }
}

#[test]
fn a_link_that_becomes_narrower_in_the_middle_delivers_everything() {
    for (before, after, expected) in [
        (65_507, 1_392, 194..215),
        (65_507, 8_972, 29..34),
        (8_972, 1_472, 180..200),
        (1_472, 1_200, 220..240),
    ] {
        let mut pair = Pair::connected(2, link(before));
        let channel = pair.open_both(pair.a, labelled("large"));
        datagrams(&mut pair, channel);
        (0..4).for_each(|_| pair.send(pair.a, channel.0, binary(vec![7; MESSAGE])).unwrap());
        // Something is on its way.
        pair.run_for(Duration::from_millis(15));
        pair.network.link(pair.a, pair.b, link(after));
        assert!(pair.run(3, |_, b| b.received(channel.1) == 5), "{before} {after} {}", pair.describe());
        (0..3).for_each(|_| _ = datagrams(&mut pair, channel));
        let count = datagrams(&mut pair, channel);
        assert!(expected.contains(&count), "{count} after {before} became {after}");
    }
}
