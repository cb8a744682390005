//! One direction of a path between two hosts, and what can go wrong on it.

use std::time::{Duration, Instant};

use base::Rng;

/// What a link does to datagrams. Probabilities are from 0.0 (never) to 1.0 (always).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkConfig {
    /// One-way propagation delay.
    pub delay: Duration,
    /// A random addition to the delay, from nothing to this much. It reorders neighbours where it is longer
    /// than the gap between them.
    pub jitter: Duration,
    /// The probability that a datagram is lost.
    pub loss: f64,
    /// The probability that a datagram arrives twice.
    pub duplicate: f64,
    /// The probability that a datagram is held back...
    pub reorder: f64,
    /// ...for this long, while later ones pass it.
    pub reorder_delay: Duration,
    /// Bits per second; `None`: no limit.
    pub rate: Option<u64>,
    /// How many bytes wait at a limited rate before the tail is dropped.
    pub queue: usize,
    /// The longest UDP payload that passes, in bytes.
    pub mtu: usize,
}

impl Default for LinkConfig {
    /// 10 ms one way, nothing lost, no rate limit, 1,472-byte payloads (Ethernet and IPv4).
    fn default() -> Self {
        LinkConfig {
            delay: Duration::from_millis(10),
            jitter: Duration::ZERO,
            loss: 0.0,
            duplicate: 0.0,
            reorder: 0.0,
            reorder_delay: Duration::from_millis(30),
            rate: None,
            queue: 256 * 1024,
            mtu: 1472,
        }
    }
}

impl LinkConfig {
    /// A link that loses, reorders and duplicates the same share of datagrams.
    pub fn hostile(share: f64) -> Self {
        LinkConfig { loss: share, reorder: share, duplicate: share, ..LinkConfig::default() }
    }
}

/// What became of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Arrives(Instant),
    ArrivesTwice(Instant, Instant),
    Lost,
    TooLong,
    QueueFull,
}

#[derive(Debug)]
pub(crate) struct Link {
    config: LinkConfig,
    /// When the last datagram that was taken will have left a rate-limited link.
    busy_until: Option<Instant>,
    /// When the last part of a stream arrives: none passes another.
    in_order_until: Option<Instant>,
}

impl Link {
    /// What one loss costs a stream: the least retransmission timeout of Linux.
    const RETRANSMISSION: Duration = Duration::from_millis(200);
    /// Losses of one part of a stream in a row that count.
    const MAX_RETRANSMISSIONS: u32 = 10;

    pub(crate) fn new(config: LinkConfig) -> Self {
        Link { config, busy_until: None, in_order_until: None }
    }

    /// Changes the link under way; what is in flight is not touched.
    pub(crate) fn reconfigure(&mut self, config: LinkConfig) {
        self.config = config;
    }

    pub(crate) fn carry(&mut self, now: Instant, length: usize, rng: &mut Rng) -> Fate {
        if length > self.config.mtu {
            return Fate::TooLong;
        }
        let Some(departure) = self.departure(now, length) else {
            return Fate::QueueFull;
        };
        // Every datagram draws the same number of times, so that a changed probability shifts nothing else.
        let lost = rng.chance(self.config.loss);
        let twice = rng.chance(self.config.duplicate);
        let held_back = rng.chance(self.config.reorder);
        let (first, second) = (self.jitter(rng), self.jitter(rng));
        if lost {
            return Fate::Lost;
        }
        let hold = if held_back { self.config.reorder_delay } else { Duration::ZERO };
        let arrival = departure + self.config.delay + hold;
        if twice {
            Fate::ArrivesTwice(arrival + first, arrival + second)
        } else {
            Fate::Arrives(arrival + first)
        }
    }

    /// When a part of a stream arrives. TCP below has lost and repeated it as often as the link wanted, and kept the
    /// order; a full queue only makes it wait.
    pub(crate) fn carry_in_order(&mut self, now: Instant, length: usize, rng: &mut Rng) -> Instant {
        let departure = self.departure(now, length).or(self.busy_until).unwrap_or(now);
        let losses = (0..Self::MAX_RETRANSMISSIONS).take_while(|_| rng.chance(self.config.loss)).count();
        let arrival = departure + self.config.delay + Self::RETRANSMISSION * losses as u32 + self.jitter(rng);
        let arrival = self.in_order_until.map_or(arrival, |last| last.max(arrival));
        self.in_order_until = Some(arrival);
        arrival
    }

    /// When the last bit of the datagram has left, or `None` where the queue has no room for it.
    fn departure(&mut self, now: Instant, length: usize) -> Option<Instant> {
        let Some(rate) = self.config.rate else {
            return Some(now);
        };
        let start = self.busy_until.map_or(now, |busy| busy.max(now));
        let waiting = (start - now).as_secs_f64() * rate as f64 / 8.0;
        if waiting as usize + length > self.config.queue {
            return None;
        }
        let departure = start + Duration::from_nanos(length as u64 * 8 * 1_000_000_000 / rate.max(1));
        self.busy_until = Some(departure);
        Some(departure)
    }

    fn jitter(&self, rng: &mut Rng) -> Duration {
        Duration::from_nanos(rng.range(0..self.config.jitter.as_nanos() as u64 + 1))
    }
}
