//! Finding lost DATA by time (as RACK does for TCP, RFC 8985), besides the library's counting of SACKs.
//!
//! The library sends one packet again fast, each chunk once, and leaves the rest to a timer that doubles: over
//! a path that loses three packets of ten that is a standstill. Here, what is still missing although something
//! sent a good while after it has arrived is sent again, any number of times, a few chunks with each SACK.
//! Streams that ever carried a message that may be given up are left to the library, which counts its
//! retransmissions.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use base::Serial32;

/// Chunks sent again with one SACK: about what the SACK says has left the network.
const MAX_CHUNKS_PER_SACK: usize = 3;
/// Packets that were sent within this time may arrive in any order.
const MIN_REORDERING: Duration = Duration::from_millis(5);

/// A probe is sent when nothing was acknowledged for this many round trips (RFC 8985, section 7.2), and once
/// more after twice the time...
const PROBE_AFTER: u32 = 2;
/// ...so often; then the library's timer has its way.
const MAX_PROBES: u32 = 3;

/// A DATA chunk that was sent.
#[derive(Debug)]
pub(crate) struct Sent {
    tsn: Serial32,
    flags: u8,
    value: Vec<u8>,
    sent_at: Instant,
    is_acknowledged: bool,
    is_reliable: bool,
    /// It was sent more than once: its acknowledgement measures nothing (Karn's algorithm).
    is_repeated: bool,
}

/// What was sent and is not acknowledged cumulatively, in the order of TSNs. Bounded by what is outstanding.
#[derive(Debug, Default)]
pub(crate) struct Recovery {
    sent: VecDeque<Sent>,
    /// When the latest chunk was sent of those that have arrived.
    latest_arrived: Option<Instant>,
    /// When to send a probe, while something is missing.
    probe_at: Option<Instant>,
    /// How many were sent since something was acknowledged.
    probes: u32,
}

impl Recovery {
    /// Notes a chunk on its way out, for the first time or again.
    pub(crate) fn note_sent(
        &mut self,
        now: Instant,
        tsn: Serial32,
        flags: u8,
        value: &[u8],
        is_reliable: bool,
    ) {
        if self.sent.back().is_none_or(|last| tsn.is_after(last.tsn)) {
            // What may be given up needs no copy: it is only looked at for its time of sending.
            let value = if is_reliable { value.to_vec() } else { Vec::new() };
            self.sent.push_back(Sent {
                tsn,
                flags,
                value,
                sent_at: now,
                is_acknowledged: false,
                is_reliable,
                is_repeated: false,
            });
        } else if let Some(sent) = self.get_mut(tsn) {
            sent.sent_at = now;
            sent.is_repeated = true;
        }
    }

    /// When a probe is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.probe_at
    }

    /// Sets the probe's time after a burst was sent or something was acknowledged.
    pub(crate) fn arm(&mut self, now: Instant, rtt: Option<Duration>) {
        let is_missing = self.sent.iter().any(|sent| sent.is_reliable && !sent.is_acknowledged);
        self.probe_at = rtt.filter(|_| is_missing && self.probes < MAX_PROBES).map(|rtt| {
            let rtt = rtt.max(MIN_REORDERING);
            now + rtt * PROBE_AFTER * (1 << self.probes)
        });
    }

    /// The chunk that a due probe sends again: the first that is missing.
    pub(crate) fn take_probe(&mut self, now: Instant, rtt: Option<Duration>) -> Option<(u8, Vec<u8>)> {
        self.probe_at.take_if(|at| *at <= now)?;
        self.probes += 1;
        let missing = self.sent.iter_mut().find(|sent| sent.is_reliable && !sent.is_acknowledged)?;
        missing.sent_at = now;
        missing.is_repeated = true;
        let probe = (missing.flags, missing.value.clone());
        self.arm(now, rtt);
        Some(probe)
    }

    /// Takes a SACK: its cumulative TSN and the TSNs of its gap ack blocks. Gives when the latest of those
    /// chunks was sent that it is the first to acknowledge, if that one was sent once.
    pub(crate) fn note_acknowledged(
        &mut self,
        cumulative: Serial32,
        gaps: impl Iterator<Item = (u16, u16)>,
    ) -> Option<Instant> {
        let mut latest: Option<(Instant, bool)> = None;
        let mut note = |sent: &Sent| latest = latest.max(Some((sent.sent_at, !sent.is_repeated)));
        while let Some(sent) = self.sent.pop_front_if(|sent| !sent.tsn.is_after(cumulative)) {
            if !sent.is_acknowledged {
                note(&sent);
            }
        }
        for (start, end) in gaps {
            let first = self.position(cumulative.add(u32::from(start)));
            let last = cumulative.add(u32::from(end));
            for sent in self.sent.range_mut(first..).take_while(|sent| !sent.tsn.is_after(last)) {
                if !std::mem::replace(&mut sent.is_acknowledged, true) {
                    sent.value = Vec::new();
                    note(sent);
                }
            }
        }
        let (sent_at, is_measure) = latest?;
        self.probes = 0;
        self.latest_arrived = self.latest_arrived.max(Some(sent_at));
        is_measure.then_some(sent_at)
    }

    /// The chunks to send again now.
    pub(crate) fn take_lost(&mut self, now: Instant, rtt: Option<Duration>) -> Vec<(u8, Vec<u8>)> {
        let (Some(latest), Some(rtt)) = (self.latest_arrived, rtt) else { return Vec::new() };
        let reordering = (rtt / 4).max(MIN_REORDERING);
        self.sent
            .iter_mut()
            .filter(|sent| {
                sent.is_reliable
                    && !sent.is_acknowledged
                    && sent.sent_at + reordering < latest
                    // What was sent again less than a round trip ago may still arrive.
                    && sent.sent_at + rtt < now
            })
            .take(MAX_CHUNKS_PER_SACK)
            .map(|sent| {
                sent.sent_at = now;
                sent.is_repeated = true;
                (sent.flags, sent.value.clone())
            })
            .collect()
    }

    /// The place of the first chunk from `tsn` on.
    fn position(&self, tsn: Serial32) -> usize {
        self.sent.partition_point(|sent| tsn.is_after(sent.tsn))
    }

    fn get_mut(&mut self, tsn: Serial32) -> Option<&mut Sent> {
        let position = self.position(tsn);
        self.sent.get_mut(position).filter(|sent| sent.tsn == tsn)
    }
}
