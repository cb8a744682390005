//! What an association keeps of the traffic that it had, counted byte by byte.

mod pair;

use std::time::Duration;

use bytes::Bytes;
use pair::{Link, Pair};
use peak_alloc::PeakAlloc;
use sctp::{Delivery, Ppid};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Sends messages from both ends, and reads them, until all have arrived.
fn exchange(pair: &mut Pair, count: usize, length: usize) {
    let message = Bytes::from(vec![7; length]);
    for end in 0..2 {
        for number in 0..count {
            let delivery = Delivery { ordered: number % 2 == 0, ..Delivery::default() };
            let now = pair.now;
            pair.ends[end].send(now, (number % 3) as u16, Ppid::BINARY, message.clone(), delivery).unwrap();
        }
    }
    let mut read = 0;
    pair.run(Duration::from_secs(600), |pair| {
        for end in &mut pair.ends {
            (0..3).for_each(|stream| read += std::iter::from_fn(|| end.read(stream)).count());
        }
        read == 2 * count
    });
    pair.run_for(Duration::from_secs(5));
    pair.events = [Vec::new(), Vec::new()];
}

#[test]
fn an_association_keeps_little_of_the_traffic_that_it_had() {
    for loss in [0.0, 0.03] {
        let link = Link { loss, jitter: Duration::from_millis(1), ..Link::CLEAN };
        let mut pair = Pair::connected(3, link);
        exchange(&mut pair, 3, 10);
        let before = PeakAlloc.current_usage();
        exchange(&mut pair, 40, 60_000);
        exchange(&mut pair, 20_000, 50);
        let kept = (PeakAlloc.current_usage().saturating_sub(before)) / 2;
        assert!(kept < 16 * 1024, "{kept} bytes at a loss of {loss}");
    }
}
