//! Spreads packets over time instead of sending a window at once.
//!
//! They leave in small bursts: fewer wake-ups, packets that go in one system call, and a queue that overflows drops them in
//! runs. A SACK has room for some 280 runs, so what is lost packet by packet, every other one, takes many round trips to
//! become known.

use std::time::{Duration, Instant};

/// Timers are this coarse: so much may be made up for at once...
const MAX_LAG: Duration = Duration::from_micros(1500);
/// ...and so many packets in any case.
const MIN_BURST: u64 = 4;
/// A burst is what the path carries in so long...
const BURST: Duration = Duration::from_millis(1);
/// ...and so many bytes at the most (draft-ietf-ccwg-bbr, section 5.6.3).
const MAX_BURST: u64 = 64 * 1024;

/// When the next packet may be sent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pacer {
    next: Option<Instant>,
    /// Until `next` is there, the burst goes on.
    burst_ends: Option<Instant>,
}

impl Pacer {
    /// When the next packet may be sent, if not now.
    pub(super) fn blocked_until(&self, now: Instant) -> Option<Instant> {
        self.next.filter(|next| *next > now && Some(*next) >= self.burst_ends)
    }

    /// A packet of so many bytes is sent; `rate` in bytes per second.
    pub(super) fn note_sent(&mut self, now: Instant, bytes: usize, packet: usize, rate: Option<u64>) {
        let Some(rate) = rate.filter(|rate| *rate > 0) else {
            self.next = None;
            return;
        };
        let time = |bytes: u64| Duration::from_nanos(bytes.saturating_mul(1_000_000_000) / rate);
        let lag = MAX_LAG.max(time(MIN_BURST * packet as u64));
        let earliest = now.checked_sub(lag).unwrap_or(now);
        let from = self.next.map_or(earliest, |next| next.max(earliest));
        if self.next.is_none_or(|next| next <= now) {
            self.burst_ends = Some(from + BURST.min(time(MAX_BURST)));
        }
        self.next = Some(from + time(bytes as u64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_leave_at_the_rate_after_a_short_burst() {
        #[allow(clippy::disallowed_methods, reason = "std has no other way to make an Instant")]
        let start = Instant::now() + Duration::from_secs(60);
        let mut pacer = Pacer::default();
        let mut now = start;
        let mut sent = 0;
        while now < start + Duration::from_secs(1) {
            match pacer.blocked_until(now) {
                Some(next) => now = next,
                None => {
                    pacer.note_sent(now, 1000, 1000, Some(1_000_000));
                    sent += 1;
                }
            }
            assert!(now > start || sent <= 5, "{sent} in the first burst");
        }
        assert!((1000..1010).contains(&sent), "{sent}");
    }

    #[test]
    fn a_burst_is_what_the_path_carries_in_a_millisecond() {
        #[allow(clippy::disallowed_methods, reason = "std has no other way to make an Instant")]
        let start = Instant::now() + Duration::from_secs(60);
        let mut now = start;
        let mut pacer = Pacer::default();
        let (mut bursts, mut packets) = (0, 0);
        while now < start + Duration::from_millis(100) {
            if let Some(next) = pacer.blocked_until(now) {
                now = next;
                bursts += 1;
            }
            pacer.note_sent(now, 1000, 1000, Some(20_000_000));
            packets += 1;
        }
        // 20 packets of 1,000 bytes are a millisecond.
        assert!((95..=100).contains(&bursts), "{bursts}");
        assert!((1980..2060).contains(&packets), "{packets}");
    }
}
