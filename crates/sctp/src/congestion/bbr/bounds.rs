//! What losses say (section 5.5.10 of the draft), and what is left to others.

use super::super::Progress;
use super::{BETA, Bbr, HEADROOM, LOSS_WITH_QUEUE, LOSS_WITHOUT_QUEUE, State, exceeds};

/// Fewer packets than this are lost by accident, where a queue grows...
const MIN_LOST_WITH_QUEUE: usize = 2;
/// ...and anywhere.
const MIN_LOST: usize = 6;
/// So many rounds after a probe, the queue that it made may still be there.
const OWN_QUEUE_ROUNDS: u32 = 3;

impl Bbr {
    /// Whether losses of so many bytes out of `of` say that too much was sent.
    fn is_too_much(&self, lost: u64, of: u64) -> bool {
        let is_queueing = self.probe_rtt.is_queueing();
        // One packet of two is no measurement.
        let (limit, least) =
            if is_queueing { (LOSS_WITH_QUEUE, MIN_LOST_WITH_QUEUE) } else { (LOSS_WITHOUT_QUEUE, MIN_LOST) };
        lost >= (least * self.packet) as u64 && exceeds(lost, of, limit)
    }

    /// The same of the round that has ended.
    pub(super) fn is_round_too_much(&self) -> bool {
        self.is_too_much(self.round.lost, self.round.lost + self.round.delivered)
    }

    /// Whether so much of what is on its way was lost already that the end of the round need not be waited for.
    pub(super) fn is_flight_too_much(&self, progress: &Progress) -> bool {
        let of = progress.in_flight_before as u64;
        self.is_too_much(self.round.lost, of.max(self.round.lost + self.round.delivered))
    }

    /// Others want a share: they get it as CUBIC would give it.
    pub(super) fn yield_to_others(&mut self, progress: &Progress) {
        let is_probing = matches!(self.state, State::Startup | State::Drain | State::Refill | State::Up);
        // Where a queue grows, any loss is somebody's who wants a share; unless we have just made it ourselves.
        let is_own = self.cycle.rounds < OWN_QUEUE_ROUNDS && !self.cycle.is_crowded;
        let is_pushed =
            self.round.lost > 0 && self.probe_rtt.is_queueing() && !is_own || self.is_round_too_much();
        if !self.round.has_begun || is_probing || !is_pushed || !self.may_yield(progress) {
            return;
        }
        // While losses are made good, little is on its way.
        let target = self.in_flight_for(self.bandwidth(), 1.0).min(self.window);
        self.cut_share(progress, progress.in_flight_before.max(target));
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
        self.cut_share(progress, sample.in_flight.max(cut));
    }

    /// What fits, less what is left to others.
    pub(super) fn with_headroom(&self) -> usize {
        let Some(high) = self.high_in_flight else { return usize::MAX };
        let headroom = self.packet.max((high as f64 * (1.0 - HEADROOM)) as usize);
        high.saturating_sub(headroom).max(self.min_window())
    }
}
