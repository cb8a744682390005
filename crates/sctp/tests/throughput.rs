//! How fast, how fair and how easy on queues: in virtual time, so that every run gives the same.
//!
//! `cargo test --release -p visavis-sctp --test throughput -- --ignored --nocapture` prints the larger tables.

mod path;

use std::collections::BTreeSet;
use std::time::Duration;

use path::{Bottleneck, Path};
use sctp::{Config, CongestionControl};

const MBIT: u64 = 1_000_000 / 8;
const MS: fn(u64) -> Duration = Duration::from_millis;

fn config(congestion_control: CongestionControl) -> Config {
    Config { congestion_control, ..Config::default() }
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
    for (loss, least) in [(0.0, 18.3), (0.001, 18.2), (0.01, 17.8), (0.05, 16.5)] {
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

/// The window has to become twice what it is in the beginning.
#[test]
fn a_long_path_gets_the_window_that_it_needs() {
    let path = alone(CongestionControl::Bbr, (40, 300, 600), 0.0, 7000);
    let goodput = path.goodput(0, MS(4000), MS(7000));
    assert!(goodput > 35.0, "{goodput}");
}

/// The start overshoots by half a window, and a SACK has no room for all the gaps.
#[test]
fn what_a_sack_has_no_room_for_is_not_sent_again() {
    let path = alone(CongestionControl::Bbr, (40, 400, 200), 0.0, 6500);
    assert!(path.dropped > 500, "{}", path.dropped);
    assert!(path.superfluous(0) < 0.001, "{}", path.superfluous(0));
}

/// A SACK has room for some 280 runs of what has arrived: what is lost every other packet would be sent again as slowly.
#[test]
fn what_is_lost_when_the_start_overshoots_is_soon_made_good() {
    let path = alone(CongestionControl::Bbr, (60, 400, 80), 0.0, 8000);
    assert!(path.dropped > 2000, "{}", path.dropped);
    let goodput = path.goodput(0, MS(6000), MS(8000));
    assert!(goodput > 45.0, "{goodput}");
}

/// How two flows share a path, the second of which begins later: megabits a second of each, from `from` on.
fn shares(
    controls: [CongestionControl; 2],
    rtts: [u64; 2],
    bottleneck: Bottleneck,
    late: u64,
) -> ([f64; 2], Path) {
    let mut path = Path::new(bottleneck, 1);
    for (flow, control) in controls.into_iter().enumerate() {
        path.add(config(control), MS(rtts[flow] / 2), MS(late * flow as u64));
    }
    let (from, to) = (MS(late + 9000), MS(late + 24_000));
    path.run_for(to);
    ([0, 1].map(|flow| path.goodput(flow, from, to)), path)
}

/// Jain's index: 1 where both have the same, 0.5 where one has everything.
fn jain([one, two]: [f64; 2]) -> f64 {
    (one + two).powi(2) / 2.0 / (one * one + two * two)
}

#[test]
fn two_flows_share_a_path_with_one_another_and_with_cubic() {
    use CongestionControl::{Bbr, Cubic};
    for other in [Bbr, Cubic] {
        // A fifth of the round trip, as long as that, and four times as long.
        for queue in [10, 50, 200] {
            let bottleneck = Bottleneck { rate: 10 * MBIT, queue: MS(queue), loss: 0.0 };
            let ([one, two], _) = shares([Bbr, other], [50, 50], bottleneck, 1000);
            let part = one / (one + two);
            assert!((0.3..0.7).contains(&part), "{one} and {two} with {other:?}, {queue} ms");
            assert!(jain([one, two]) > 0.9 && one + two > 8.3, "{one} and {two} with {other:?}, {queue} ms");
        }
    }
}

/// CUBIC takes seconds to be back at 150 ms, and then asks for more slowly: a probe of ours must not take it all before,
/// nor what was lost while we looked for the shortest round trip take all from us.
#[test]
fn a_long_round_trip_leaves_both_their_share() {
    for queue in [10, 300] {
        let mut path = Path::new(Bottleneck { rate: 20 * MBIT, queue: MS(queue), loss: 0.0 }, 1);
        for (control, starts) in [(CongestionControl::Bbr, 0), (CongestionControl::Cubic, 1000)] {
            path.add(config(control), MS(75), MS(starts));
        }
        path.run_for(MS(35_000));
        let [one, two] = [0, 1].map(|flow| path.goodput(flow, MS(10_000), MS(35_000)));
        let part = one / (one + two);
        assert!((0.35..0.68).contains(&part), "{one} and {two}, {queue} ms");
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
            (1000, 100, 50, 0.0),
            (1000, 300, 50, 0.0),
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
    for controls in [[Bbr, Bbr], [Bbr, Cubic], [Cubic, Cubic]] {
        for (rate, rtts) in [
            (2, [50, 50]),
            (20, [10, 10]),
            (20, [50, 50]),
            (20, [150, 150]),
            (20, [30, 90]),
            (20, [90, 30]),
            (100, [50, 50]),
        ] {
            for queue in [5, 25, 50, 100, 200] {
                // Two flows begin in step only by accident.
                let runs = [3000, 3137, 3274].map(|late| {
                    let bottleneck = Bottleneck { rate: rate * MBIT, queue: MS(queue), loss: 0.0 };
                    shares(controls, rtts, bottleneck, late)
                });
                let mean = |of: fn(&([f64; 2], Path)) -> f64| runs.iter().map(of).sum::<f64>() / 3.0;
                println!(
                    "{controls:?} {rate} Mbit/s {rtts:?} ms, queue {queue} ms: {:.0} % to the first, Jain {:.2}, \
                     together {:.1} Mbit/s, wait p50 {:.0} ms",
                    mean(|(parts, _)| 100.0 * parts[0] / (parts[0] + parts[1])),
                    mean(|(parts, _)| jain(*parts)),
                    mean(|(parts, _)| parts[0] + parts[1]),
                    mean(|(_, path)| 1000.0 * path.wait(50).as_secs_f64()),
                );
            }
        }
    }
}

/// How two flows share 100 Mbit/s: what each gets, Jain's index, and the wait in the queue that half of the packets stay
/// below, in milliseconds. From the 15th second after the second has begun on, for 40 seconds; means of three runs.
fn share_of_100(controls: [CongestionControl; 2], rtts: [u64; 2], queue: u64) -> ([f64; 2], f64, f64) {
    let runs = [3000, 4137, 5274].map(|late| {
        let mut path = Path::new(Bottleneck { rate: 100 * MBIT, queue: MS(queue), loss: 0.0 }, 1);
        for (flow, control) in controls.into_iter().enumerate() {
            path.add(config(control), MS(rtts[flow] / 2), MS(late * flow as u64));
        }
        let (from, to) = (MS(late + 15_000), MS(late + 55_000));
        path.run_for(to);
        ([0, 1].map(|flow| path.goodput(flow, from, to)), 1000.0 * path.wait(50).as_secs_f64())
    });
    let mean = |of: fn(&([f64; 2], f64)) -> f64| runs.iter().map(of).sum::<f64>() / 3.0;
    ([mean(|run| run.0[0]), mean(|run| run.0[1])], mean(|run| jain(run.0)), mean(|run| run.1))
}

/// The tables of docs/congestion-control.md: beside another of ours and beside CUBIC, in queues of a quarter to four
/// round trips. `ONLY=150` prints the rows that have this in them.
#[test]
#[ignore = "prints a table"]
#[allow(clippy::print_stdout, reason = "that is what it is for")]
fn sharing() {
    use CongestionControl::{Bbr, Cubic};
    let only = std::env::var("ONLY").unwrap_or_default();
    println!(
        "| beside | round trips, ms | queue, ms | share of ours, % | Jain | together, Mbit/s | wait, ms |"
    );
    println!("|---|---|---:|---:|---:|---:|---:|");
    for other in [Cubic, Bbr] {
        for rtts in [[20, 20], [50, 50], [150, 150], [20, 60], [60, 20], [50, 150], [150, 50]] {
            let rtt = rtts[0].max(rtts[1]);
            let row = format!("| {other:?} | {} and {} |", rtts[0], rtts[1]);
            // Of two of ours, it does not matter which is the first.
            if !row.contains(&only) || other == Bbr && rtts[0] > rtts[1] {
                continue;
            }
            for queue in BTreeSet::from([10, rtt / 4, rtt / 2, rtt, 2 * rtt, 4 * rtt]) {
                let ([one, two], jain, wait) = share_of_100([Bbr, other], rtts, queue);
                let (part, all) = (100.0 * one / (one + two), one + two);
                println!("{row} {queue} | {part:.0} | {jain:.2} | {all:.1} | {wait:.0} |");
            }
        }
    }
}
