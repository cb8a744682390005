//! Two associations in the middle of everything, one of which also gets what a peer that keeps to no rule would send.

use std::time::Duration;

use pair::{Link, Pair};
use sctp::{Config, Delivery, Ppid, Reliability, State};

use crate::source::Source;

#[path = "../../crates/sctp/tests/pair/mod.rs"]
mod pair;

const STREAMS: usize = 8;
/// Packets that one input may bring an end to send at one time.
const MAX_PACKETS: usize = 20_000;

pub(crate) fn run(source: &mut Source<'_>) {
    let interleaving = [source.chance(200), source.chance(230)];
    let window = [2 * 1024 * 1024, 300_000][source.below(2)];
    let configs =
        interleaving.map(|interleaving| Config { interleaving, receive_window: window, ..Config::default() });
    let link = [Link::CLEAN, Link { loss: 0.1, ..Link::BAD }][source.below(2)];
    let mut pair = Pair::with(configs, source.u8(), link);
    pair.keeps_sent = true;
    if source.chance(230) {
        pair.connect();
    }
    while !source.is_empty() {
        step(source, &mut pair);
        let now = pair.now;
        pair.ends.iter_mut().for_each(|end| end.handle_timeout(now));
        pair.poll();
        assert!(pair.sent.len() < MAX_PACKETS, "packets without end");
        for end in &pair.ends {
            let room = end.stats().buffered;
            assert!(room <= 100_000_000, "{room}");
            // What is due now was done: a timer that stays behind would be called for ever.
            assert!(end.poll_timeout().is_none_or(|at| at > now || end.state() == State::Connecting));
        }
    }
    pair.run_for(Duration::from_secs(5));
    for end in 0..2 {
        let now = pair.now;
        pair.ends[end].abort(now);
        assert_eq!(pair.ends[end].state(), State::Closed);
    }
}

fn step(source: &mut Source<'_>, pair: &mut Pair) {
    let (end, now, stream) = (source.below(2), pair.now, source.below(STREAMS) as u16);
    match source.below(16) {
        0..4 => {
            let reliability = match source.below(3) {
                0 => Reliability::Reliable,
                1 => Reliability::MaxRetransmits(source.below(3) as u16),
                _ => Reliability::MaxLifetime(Duration::from_millis(source.below(100) as u64)),
            };
            let delivery = Delivery { ordered: source.chance(128), reliability };
            let length = [10, 1000, 5000, 60_000][source.below(4)] + source.below(200);
            // It may be closed, or the stream be reset.
            let _ = pair.ends[end].send(now, stream, Ppid::BINARY, vec![7; length].into(), delivery);
        }
        4 => pair.ends[end].reset_stream(now, stream),
        5 => pair.ends[end].open_stream(stream, source.u16()),
        6 => while pair.ends[end].read(stream).is_some() {},
        7 => pair.run_for(Duration::from_millis(source.below(300) as u64)),
        8..10 => _ = pair.step(),
        10 if source.chance(8) => pair.ends[end].shutdown(now),
        10..14 if !pair.sent.is_empty() => {
            let (from, _, mut packet) = pair.sent[source.below(pair.sent.len())].clone();
            let other = pair.sent[source.below(pair.sent.len())].2.get(12..).unwrap_or_default().to_vec();
            source.mutate(&mut packet, 12, &other);
            sign(&mut packet);
            pair.ends[1 - from].handle_packet(now, &packet);
        }
        _ => {
            const KINDS: [u8; 20] =
                [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 64, 128, 130, 132, 192, 193, 194];
            let Some(header) =
                pair.sent.iter().rev().find(|sent| sent.0 != end).map(|sent| sent.2[..12].to_vec())
            else {
                return;
            };
            let mut packet = header;
            for _ in 0..1 + source.below(3) {
                let (kind, flags, value) = (KINDS[source.below(KINDS.len())], source.u8(), source.bytes(60));
                packet.extend([kind, flags]);
                packet.extend((value.len() as u16 + 4).to_be_bytes());
                packet.extend(value);
                packet.resize(packet.len().next_multiple_of(4), 0);
            }
            sign(&mut packet);
            pair.ends[end].handle_packet(now, &packet);
        }
    }
}

/// The right checksum (RFC 9260, appendix A).
fn sign(packet: &mut [u8]) {
    let Some(field) = packet.get_mut(8..12) else { return };
    field.fill(0);
    let checksum = !packet.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 },
        )
    });
    packet[8..12].copy_from_slice(&checksum.to_le_bytes());
}
