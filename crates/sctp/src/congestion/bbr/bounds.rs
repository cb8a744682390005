//! The short-term and long-term bounds of the model (section 5.5.10 of the draft).

use super::super::Progress;
use super::{BETA, Bbr, HEADROOM, LOSS_WITH_QUEUE, LOSS_WITHOUT_QUEUE, State, exceeds};

/// Fewer packets than this are lost by accident.
const MIN_LOST: usize = 6;
/// After yielding to others, so many rounds pass before the next time.
const YIELD_ROUNDS: u64 = 3;

impl Bbr {
    /// Whether losses of so many bytes out of `of` say that too much was sent.
    fn is_too_much(&self, lost: u64, of: u64) -> bool {
        let is_queueing = self.probe_rtt.is_queueing();
        let limit = if is_queueing { LOSS_WITH_QUEUE } else { LOSS_WITHOUT_QUEUE };
        // One packet of two is no measurement.
        lost >= (MIN_LOST * self.packet) as u64 && exceeds(lost, of, limit)
    }

    /// The same of the round that has ended.
    pub(super) fn is_round_too_much(&self) -> bool {
        self.is_too_much(self.round.lost, self.round.lost + self.round.delivered)
    }

    /// Others want a share: what they leave us bounds us until the next probe.
    pub(super) fn adapt_lower_bounds(&mut self) {
        let is_probing = matches!(self.state, State::Startup | State::Refill | State::Up);
        // Where a queue grows, any loss is somebody's who wants a share.
        let is_queueing = self.probe_rtt.is_queueing();
        let is_pushed = self.round.lost > 0 && is_queueing || self.is_round_too_much();
        if !self.round.has_begun || is_probing || !is_pushed || self.round.count < self.yields_from {
            return;
        }
        // What was sent before is still coming in, and the other's answer takes a round, too.
        self.yields_from = self.round.count + YIELD_ROUNDS;
        let bandwidth = self.low_bandwidth.unwrap_or_else(|| self.max_bandwidth.get());
        self.low_bandwidth = Some(self.scaled(bandwidth, BETA));
        let in_flight = self.low_in_flight.unwrap_or(self.window);
        self.low_in_flight = Some((in_flight as f64 * BETA) as usize);
    }

    pub(super) fn reset_lower_bounds(&mut self) {
        self.low_bandwidth = None;
        self.low_in_flight = None;
    }

    /// Whether the sample in hand, sent to find out, was too much.
    pub(super) fn is_sample_too_much(&self, progress: &Progress) -> bool {
        progress.sample.is_some_and(|sample| self.is_too_much(sample.lost, sample.in_flight as u64))
    }

    /// The most that fits becomes known.
    pub(super) fn handle_too_much(&mut self, progress: &Progress) {
        let Some(sample) = progress.sample.filter(|sample| !sample.is_app_limited) else { return };
        let target = self.in_flight_for(self.bandwidth(), 1.0).min(self.window);
        let cut = (target as f64 * BETA) as usize;
        self.high_in_flight = Some(sample.in_flight.max(cut));
    }

    /// What fits, less what is left to others.
    pub(super) fn with_headroom(&self) -> usize {
        let Some(high) = self.high_in_flight else { return usize::MAX };
        let headroom = self.packet.max((high as f64 * (1.0 - HEADROOM)) as usize);
        high.saturating_sub(headroom).max(self.min_window())
    }
}
