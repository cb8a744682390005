//! What both ends hold while a sender that never stops has a slow reader: counted bytes, in virtual time.

mod pair;

use std::time::Duration;

use bytes::Bytes;
use pair::{Link, Pair};
use sctp::{Delivery, Ppid};

const MESSAGE: usize = 65_536;
/// What a channel takes before its sender hears that it is full (`session::SessionConfig::MAX_BUFFERED`).
const MAX_UNSENT: usize = 16 * 1024 * 1024;
/// Bytes a second.
const READ: usize = 1_000_000;

/// Sends `total` bytes to a reader that takes a message whenever its rate allows, or all that the rate allows every
/// so often: the most that both ends held.
fn peak(total: usize, link: Link, every: Duration) -> usize {
    let mut pair = Pair::connected(1, link);
    let message = Bytes::from(vec![7; MESSAGE]);
    let started = pair.now;
    let (mut sent, mut read, mut peak) = (0, 0, 0);
    while read < total {
        let now = pair.now;
        while sent < total && pair.ends[0].unsent(0) + MESSAGE <= MAX_UNSENT {
            pair.ends[0].send(now, 0, Ppid::BINARY, message.clone(), Delivery::default()).unwrap();
            sent += MESSAGE;
        }
        pair.run_for(every);
        let allowed = (pair.now - started).as_micros() as usize * READ / 1_000_000;
        peak = peak.max(pair.ends[0].stats().buffered + pair.ends[1].stats().unread);
        while read + MESSAGE <= allowed
            && let Some(message) = pair.ends[1].read(0)
        {
            read += message.payload.len();
        }
    }
    assert!((pair.now - started).as_secs_f64() < 1.2 * total as f64 / READ as f64 + 2.0, "the reader waits");
    peak
}

/// 16 MiB wait, a window of 1 MiB, or of three seconds' reading, is on its way, and waits again at the other end.
#[test]
fn a_slow_reader_costs_a_sender_without_end_less_than_32_mb() {
    for delay in [1, 50] {
        let link = Link { delay: Duration::from_millis(delay), ..Link::CLEAN };
        for every in [10, 1000] {
            let peak = peak(30_000_000, link, Duration::from_millis(every));
            assert!((MAX_UNSENT..32_000_000).contains(&peak), "{peak} at {delay} ms, every {every} ms");
        }
    }
    let lossy = Link { delay: Duration::from_millis(10), loss: 0.01, ..Link::CLEAN };
    let peak = peak(30_000_000, lossy, Duration::from_millis(10));
    assert!((MAX_UNSENT..32_000_000).contains(&peak), "{peak} with losses");
}

#[test]
#[ignore = "a gigabyte"]
#[allow(clippy::print_stdout, reason = "that is what it is for")]
fn a_gigabyte() {
    for (delay, every) in [(1, 10), (1, 1000), (50, 10), (50, 5000)] {
        let link = Link { delay: Duration::from_millis(delay), ..Link::CLEAN };
        let peak = peak(1_000_000_000, link, Duration::from_millis(every));
        println!("{delay} ms each way, read every {every} ms: {:.1} MB", peak as f64 / 1e6);
    }
}
