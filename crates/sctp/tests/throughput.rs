//! How fast, how fair and how easy on queues: in virtual time, so that every run gives the same.
//!
//! `cargo test --release -p visavis-sctp --test throughput -- --ignored --nocapture` prints the larger tables.

mod path;

use std::time::Duration;

use path::{Bottleneck, Path};
use sctp::{Config, CongestionControl};

const MBIT: u64 = 1_000_000 / 8;
const MS: fn(u64) -> Duration = Duration::from_millis;

fn config(congestion_control: CongestionControl) -> Config {
    Config { congestion_control, receive_window: 16 * 1024 * 1024, ..Config::default() }
}

/// One flow alone.
fn alone(control: CongestionControl, (rate, rtt, queue): (u64, u64, u64), loss: f64, time: u64) -> Path {
    let mut path = Path::new(Bottleneck { rate: rate * MBIT, queue: MS(queue), loss }, 1);
    path.add(config(control), MS(rtt / 2), MS(0));
    path.run_for(MS(time));
    path
}

/// 20 Mbit/s, 50 ms: of what the link carries, 92.4 % are messages, the rest headers.
#[test]
fn losses_that_are_no_congestion_cost_little_more_than_themselves() {
    for (loss, least) in [(0.0, 18.0), (0.001, 17.5), (0.01, 16.0), (0.05, 14.0)] {
        let path = alone(CongestionControl::Bbr, (20, 50, 200), loss, 6000);
        let goodput = path.goodput(0, MS(2000), MS(6000));
        assert!(goodput > least, "{goodput} Mbit/s at a loss of {loss}");
        assert!(path.superfluous(0) < 0.01, "{}", path.superfluous(0));
        assert!(path.wait(95) < MS(60), "{:?}", path.wait(95));
    }
}

#[test]
fn cubic_fills_a_path_without_losses() {
    let path = alone(CongestionControl::Cubic, (20, 50, 100), 0.0, 6000);
    let goodput = path.goodput(0, MS(2000), MS(6000));
    assert!(goodput > 17.5, "{goodput}");
}

#[test]
fn two_flows_share_a_path_with_one_another_and_with_cubic() {
    use CongestionControl::{Bbr, Cubic};
    for other in [Bbr, Cubic] {
        let mut path = Path::new(Bottleneck { rate: 20 * MBIT, queue: MS(200), loss: 0.0 }, 1);
        path.add(config(Bbr), MS(25), MS(0));
        path.add(config(other), MS(25), MS(1000));
        path.run_for(MS(20_000));
        let [one, two] = [0, 1].map(|flow| path.goodput(flow, MS(8000), MS(20_000)));
        let jain = (one + two).powi(2) / 2.0 / (one * one + two * two);
        assert!(jain > 0.9 && one + two > 17.0, "{one} and {two} with {other:?}");
    }
}

#[test]
#[ignore = "prints a table"]
#[allow(clippy::print_stdout, reason = "that is what it is for")]
fn table() {
    for control in [CongestionControl::Bbr, CongestionControl::Cubic] {
        for (rate, rtt, queue, loss) in [
            (100, 50, 200, 0.0),
            (100, 50, 200, 0.001),
            (100, 50, 200, 0.01),
            (100, 50, 200, 0.05),
            (100, 50, 10, 0.0),
            (100, 50, 10, 0.01),
            (300, 100, 100, 0.0),
            (300, 300, 100, 0.0),
            (10, 20, 50, 0.0),
            (1, 50, 200, 0.0),
        ] {
            let path = alone(control, (rate, rtt, queue), loss, 20_000);
            let counters = path.flows[0].ends[0].counters();
            println!(
                "{control:?} {rate} Mbit/s {rtt} ms loss {loss} queue {queue} ms: first second {:.1}, 2 to 5 s {:.1}, \
                 10 s on {:.1} Mbit/s; wait p50 {:?} p95 {:?}; dropped {} of {}, again {}, superfluous {:.4}",
                path.goodput(0, MS(0), MS(1000)),
                path.goodput(0, MS(2000), MS(5000)),
                path.goodput(0, MS(10_000), MS(20_000)),
                path.wait(50),
                path.wait(95),
                path.dropped,
                counters.chunks_sent,
                counters.chunks_retransmitted,
                path.superfluous(0),
            );
        }
    }
}

#[test]
#[ignore = "prints a table"]
#[allow(clippy::print_stdout, reason = "that is what it is for")]
fn fairness() {
    use CongestionControl::{Bbr, Cubic};
    for (one, other) in [(Bbr, Bbr), (Bbr, Cubic), (Cubic, Cubic)] {
        for queue in [5, 10, 25, 50, 100, 200] {
            let mut path = Path::new(Bottleneck { rate: 100 * MBIT, queue: MS(queue), loss: 0.0 }, 1);
            path.add(config(one), MS(25), MS(0));
            path.add(config(other), MS(25), MS(3000));
            path.run_for(MS(40_000));
            let [a, b] = [0, 1].map(|flow| path.goodput(flow, MS(15_000), MS(40_000)));
            let jain = (a + b).powi(2) / 2.0 / (a * a + b * b);
            println!(
                "{one:?} and {other:?}, queue {queue} ms: {a:.1} and {b:.1} Mbit/s, Jain {jain:.3}, wait p95 {:?}",
                path.wait(95)
            );
        }
    }
}
