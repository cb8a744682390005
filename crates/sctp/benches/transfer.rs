//! What a gigabyte costs in SCTP alone, both ends in memory: `cargo bench -p visavis-sctp`. Ratios count.
#![allow(clippy::disallowed_methods, reason = "a clock is what this is about")]
#![allow(clippy::print_stdout, reason = "the result")]

use std::time::{Duration, Instant};

use base::Rng;
use bytes::Bytes;
use sctp::{Association, Config, Delivery, Discovery, Ppid};

const BYTES: u64 = 256 * 1024 * 1024;
const MESSAGE: usize = 64 * 1024;
/// Packets that are handed over at one time, and the virtual time that passes between two such times.
const BATCH: usize = 64;
const STEP: Duration = Duration::from_micros(50);

/// Seconds per gigabyte: writing, and taking in with reading, acknowledgements on either side.
fn transfer(config: &Config) -> [f64; 2] {
    let mut now = Instant::now();
    let mut ends = [1, 2].map(|seed| Association::new(config.clone(), now, Rng::from_seed([seed; 32])));
    let message = Bytes::from(vec![7; MESSAGE]);
    let mut packets: Vec<Vec<u8>> = vec![Vec::new(); BATCH];
    let (mut spent, mut received) = ([Duration::ZERO; 2], 0);
    while received < BYTES {
        now += STEP;
        for from in 0..2 {
            let begun = Instant::now();
            ends[from].handle_timeout(now);
            while from == 0 && ends[0].unsent(0) < 8 * MESSAGE {
                ends[0].send(now, 0, Ppid::BINARY, message.clone(), Delivery::default()).unwrap();
            }
            let mut count = 0;
            while count < BATCH {
                packets[count].clear();
                if !ends[from].poll_packet(now, &mut packets[count]) {
                    break;
                }
                count += 1;
            }
            spent[from] += begun.elapsed();
            let begun = Instant::now();
            for packet in &packets[..count] {
                ends[1 - from].handle_packet(now, packet);
            }
            while let Some(message) = ends[1 - from].read(0) {
                received += message.payload.len() as u64;
            }
            while ends[1 - from].poll_event().is_some() {}
            spent[1 - from] += begun.elapsed();
        }
    }
    spent.map(|time| time.as_secs_f64() * 1e9 / received as f64)
}

fn main() {
    println!("{:>8} {:>10} {:>10} {:>10}", "packet", "checksum", "sender", "receiver");
    for largest in [Config::DEFAULT_MAX_PACKET_SIZE, 1412, 8900, 16_336] {
        for zero_checksum in [false, true] {
            let config = Config {
                discovery: Some(Discovery { overhead: 65, largest }),
                zero_checksum,
                receive_window: 16 * 1024 * 1024,
                ..Config::default()
            };
            let mut results: Vec<_> = (0..3).map(|_| transfer(&config)).collect();
            results.sort_by(|a, b| a[0].total_cmp(&b[0]));
            let [sender, receiver] = results[1];
            let checksum = if zero_checksum { "none" } else { "CRC32c" };
            println!("{largest:>8} {checksum:>10} {sender:>10.3} {receiver:>10.3}");
        }
    }
}
