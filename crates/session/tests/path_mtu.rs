//! Packets as large as the path bears (RFC 8899).

mod support;

use std::time::Duration;

use session::ChannelKey;
use sim::LinkConfig;
use support::{Pair, binary, labelled};

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
        (65_507, true, 180..200),
        (1_472, true, 180..200),
        (1_392, true, 194..215),
        (65_507, false, 220..240),
    ] {
        let mut pair = Pair::configured(1, link(mtu), |config| config.mtu_discovery = is_on).connect();
        let channel = pair.open_both(pair.a, labelled("large"));
        datagrams(&mut pair, channel);
        let count = datagrams(&mut pair, channel);
        assert!(expected.contains(&count), "{count} where {mtu} bytes pass");
    }
}

#[test]
fn a_link_that_becomes_narrower_in_the_middle_delivers_everything() {
    let mut pair = Pair::connected(2, link(65_507));
    let channel = pair.open_both(pair.a, labelled("large"));
    datagrams(&mut pair, channel);
    (0..4).for_each(|_| pair.send(pair.a, channel.0, binary(vec![7; MESSAGE])).unwrap());
    // Something is on its way.
    pair.run_for(Duration::from_millis(15));
    pair.network.link(pair.a, pair.b, link(1_392));
    assert!(pair.run(3, |_, b| b.received(channel.1) == 5), "{}", pair.describe());
    datagrams(&mut pair, channel);
    let count = datagrams(&mut pair, channel);
    assert!((194..215).contains(&count), "{count}");
}
