//! What the model remembers.

use std::time::Instant;

use super::super::Progress;

/// The best bandwidth of this cycle and the one before.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MaxBandwidth {
    cycles: [u64; 2],
}

impl MaxBandwidth {
    pub(super) fn get(&self) -> u64 {
        self.cycles[0].max(self.cycles[1])
    }

    pub(super) fn update(&mut self, bandwidth: u64) {
        self.cycles[1] = self.cycles[1].max(bandwidth);
    }

    /// A cycle is over. Without a measurement in it, what was known before stays.
    pub(super) fn advance(&mut self) {
        if self.cycles[1] > 0 {
            self.cycles = [self.cycles[1], 0];
        }
    }
}

/// Whether sending faster still helps (section 5.3.1.2 of the draft).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FullPipe {
    bandwidth: u64,
    rounds: u32,
    /// It does not, at the moment.
    pub(super) is_now: bool,
    /// It did not at least once: start-up is over.
    pub(super) is_reached: bool,
}

impl FullPipe {
    const GROWTH: f64 = 1.25;
    const ROUNDS: u32 = 3;

    pub(super) fn update(&mut self, bandwidth: u64) {
        if self.is_now {
            return;
        }
        if bandwidth as f64 >= self.bandwidth as f64 * Self::GROWTH {
            self.bandwidth = bandwidth;
            self.rounds = 0;
            return;
        }
        self.rounds += 1;
        self.is_now = self.rounds >= Self::ROUNDS;
        self.is_reached |= self.is_now;
    }

    /// Looks anew, from `bandwidth` on.
    pub(super) fn restart(&mut self, bandwidth: u64) {
        self.bandwidth = bandwidth;
        self.rounds = 0;
        self.is_now = false;
    }
}

/// How much arrives in clusters, beyond what the bandwidth explains (section 5.5.9 of the draft).
#[derive(Clone, Copy, Debug)]
pub(super) struct Aggregation {
    began: Instant,
    delivered: u64,
    /// The most of this window of rounds and the one before.
    extra: [usize; 2],
    rounds: u32,
}

impl Aggregation {
    /// Rounds of a window.
    const ROUNDS: u32 = 5;

    pub(super) fn new(now: Instant) -> Self {
        Aggregation { began: now, delivered: 0, extra: [0; 2], rounds: 0 }
    }

    pub(super) fn restart(&mut self, now: Instant) {
        self.began = now;
        self.delivered = 0;
    }

    pub(super) fn extra(&self) -> usize {
        self.extra[0].max(self.extra[1])
    }

    pub(super) fn update(&mut self, progress: &Progress, bandwidth: u64, is_round: bool, window: usize) {
        if is_round {
            self.rounds += 1;
            if self.rounds >= Self::ROUNDS {
                self.rounds = 0;
                self.extra = [self.extra[1], 0];
            }
        }
        let elapsed = progress.now.saturating_duration_since(self.began).as_secs_f64();
        let expected = (elapsed * bandwidth as f64) as u64;
        if self.delivered <= expected {
            self.restart(progress.now);
        }
        self.delivered += progress.delivered as u64;
        let expected = if self.began == progress.now { 0 } else { expected };
        let extra = usize::try_from(self.delivered - expected.min(self.delivered)).unwrap_or(0).min(window);
        // The cluster in hand is one acknowledgement's worth: what every path delivers at a time.
        let extra = extra.saturating_sub(progress.delivered);
        self.extra[1] = self.extra[1].max(extra);
    }
}
