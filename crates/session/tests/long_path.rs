//! How fast one channel is over a long path, whichever way its sender waits for room.

mod support;

use std::time::Duration;

use bytes::Bytes;
use session::{ChannelKey, SendError};
use sim::LinkConfig;
use support::{Pair, binary, labelled};

const MESSAGE: usize = 65_536;

/// How a sender waits.
#[derive(Clone, Copy, Debug)]
enum Habit {
    /// It sends until the buffer is full.
    Fills,
    /// It sends a megabyte when a quarter of that is left, as with `bufferedAmountLowThreshold`.
    Tops,
}

impl Habit {
    fn send(self, pair: &mut Pair, key: ChannelKey, message: &Bytes) {
        pair.network.with(pair.a, |peer, now| {
            let may_send = |buffered: usize| match self {
                Habit::Fills => true,
                Habit::Tops => buffered < 1024 * 1024,
            };
            if matches!(self, Habit::Tops) && peer.session.buffered_amount(key) > 256 * 1024 {
                return;
            }
            while may_send(peer.session.buffered_amount(key)) {
                match peer.session.send(now, key, binary(message.clone())) {
                    Ok(()) => {}
                    Err(SendError::BufferFull) => break,
                    Err(error) => panic!("{error:?}"),
                }
            }
        });
    }
}

/// Megabits a second of messages in the last second of some.
fn rate(habit: Habit, megabits: u64, rtt: Duration, seconds: u64) -> f64 {
    let link = LinkConfig {
        delay: rtt / 2,
        rate: Some(megabits * 1_000_000),
        queue: (megabits * 1_000_000 / 8 / 10) as usize,
        ..LinkConfig::default()
    };
    let mut pair = Pair::connected(31, link);
    let (ours, theirs) = pair.open_both(pair.a, labelled("x"));
    let message = Bytes::from(vec![7; MESSAGE]);
    let mut received = 0;
    for step in 0..seconds * 200 {
        habit.send(&mut pair, ours, &message);
        pair.run_for(Duration::from_millis(5));
        pair.network.with(pair.b, |peer, _| {
            let messages = peer.messages.remove(&theirs).unwrap_or_default();
            if step >= (seconds - 1) * 200 {
                received += messages.iter().map(|message| message.bytes.len()).sum::<usize>();
            }
        });
    }
    received as f64 * 8.0 / 1e6
}

/// What is on its way counts against no buffer, so both keep the path full.
#[test]
fn the_path_is_full_whichever_way_a_sender_waits() {
    for habit in [Habit::Fills, Habit::Tops] {
        let rate = rate(habit, 20, Duration::from_millis(300), 6);
        assert!(rate > 17.0, "{habit:?}: {rate} Mbit/s");
    }
}

#[test]
#[ignore = "prints a table"]
#[allow(clippy::print_stdout, reason = "that is what it is for")]
fn a_gigabit() {
    for habit in [Habit::Fills, Habit::Tops] {
        for rtt in [100, 300] {
            let rate = rate(habit, 1000, Duration::from_millis(rtt), 12);
            println!("{habit:?} {rtt} ms: {rate:.0} Mbit/s");
        }
    }
}
