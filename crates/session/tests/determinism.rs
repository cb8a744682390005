//! The same seed gives the same trace, byte for byte: every datagram, its time, its length and its fate, from the
//! first connectivity check to the last acknowledgement, and every message in between.

mod support;

use std::time::Duration;

use session::ChannelInit;
use sim::LinkConfig;
use support::{Pair, labelled, text};

const MESSAGES: usize = 200;

/// A call over a link that does everything wrong: both ends send, one channel is unordered, one is closed.
fn trace(seed: u64) -> String {
    let link = LinkConfig { jitter: Duration::from_millis(15), ..LinkConfig::hostile(0.3) };
    let mut pair = Pair::new(seed, link);
    pair.network.enable_trace();
    let mut pair = pair.connect();
    let (ours, theirs) = pair.open_both(pair.a, labelled("ordered"));
    let (loose, its_end) = pair.open_both(pair.b, ChannelInit { ordered: false, ..labelled("unordered") });
    for number in 0..MESSAGES {
        let message = text(&"x".repeat(1 + number * 37 % 5000));
        pair.send(pair.a, ours, message.clone()).unwrap();
        pair.send(pair.b, theirs, message.clone()).unwrap();
        pair.send(pair.b, loose, message).unwrap();
    }
    let all = |a: &support::Peer, b: &support::Peer| {
        a.received(ours) == MESSAGES && b.received(theirs) == MESSAGES && a.received(its_end) == MESSAGES
    };
    assert!(pair.run(900, all), "{}", pair.describe());
    pair.close_channel(pair.a, ours);
    assert!(pair.run(60, |_, b| b.closed(theirs).is_some()), "{}", pair.describe());
    let lengths: Vec<_> =
        pair.peer(pair.a).messages[&its_end].iter().map(|message| message.bytes.len()).collect();
    format!("{}{lengths:?}", pair.network.trace())
}

#[test]
fn the_same_seed_gives_the_same_trace_byte_for_byte() {
    for seed in [1, 2] {
        let (first, second) = (trace(seed), trace(seed));
        if let Some((one, other)) = first.lines().zip(second.lines()).find(|(one, other)| one != other) {
            panic!("seed {seed}: the runs part at\n{one}\n{other}");
        }
        assert_eq!(first.len(), second.len());
    }
    assert_ne!(trace(1), trace(3));
}
