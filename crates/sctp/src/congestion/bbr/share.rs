//! What others are left after congestion: as much as CUBIC (RFC 9438) would leave them, and for as long.
//!
//! A model of the path alone takes nearly all of a short queue's link from CUBIC: it asks for more every few seconds,
//! and CUBIC needs longer than that to come back from the losses this brings. So after a loss that is somebody's
//! who wants a share, what may be in flight follows CUBIC's curve, and the next probe waits until it is back.

use std::time::{Duration, Instant};

use super::super::Progress;
use super::{BETA, Bbr, State};

/// RFC 9438, section 4.1: packets a second cubed.
const C: f64 = 0.4;
/// RFC 9438, section 4.3: what Reno grows by in a round trip, in packets, given `BETA`.
const RENO: f64 = 3.0 * (1.0 - BETA) / (1.0 + BETA);
/// CUBIC asks for more slowly at first, where a probe takes all that there is within a second: the probe comes so much
/// later, in parts of the time that it took to be back.
const BEYOND: f64 = 0.4;
/// On the longest and fattest paths CUBIC needs half a minute; nobody waits longer than this.
const LONGEST: Duration = Duration::from_secs(8);
/// Nor longer than this when the start overshot.
const FIRST: Duration = Duration::from_secs(2);
/// After yielding to others, so many rounds pass before the next time: what was sent before is still coming in, and
/// the other's answer takes a round, too.
const YIELD_ROUNDS: u64 = 3;

/// The time since the last congestion.
#[derive(Clone, Copy, Debug)]
struct Epoch {
    began: Instant,
    /// What was in flight when it was too much, and how long it takes to be there again.
    most: f64,
    takes: f64,
}

/// What is left to others.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Share {
    epoch: Option<Epoch>,
    /// What was in flight at the last congestion.
    last_most: f64,
    /// The round from which on others may be yielded to again.
    yields_from: u64,
}

impl Share {
    pub(super) fn is_bounded(&self) -> bool {
        self.epoch.is_some()
    }

    /// The first measurement is a poor one: it is soon repeated.
    pub(super) fn shorten(&mut self) {
        if let Some(epoch) = &mut self.epoch {
            epoch.takes = epoch.takes.min(FIRST.as_secs_f64());
        }
    }

    pub(super) fn end(&mut self) {
        self.epoch = None;
    }
}

impl Bbr {
    /// So much in flight was too much for all who share the path.
    pub(super) fn cut_share(&mut self, progress: &Progress, in_flight: usize) {
        // While the shortest round trip is looked for, little is on its way: what was lost was sent before.
        let before = if self.state == State::ProbeRtt { self.saved_window } else { 0 };
        let in_flight = in_flight.max(before) as f64;
        // RFC 9438, section 4.7: fast convergence.
        let most = if in_flight < self.share.last_most { in_flight * (1.0 + BETA) / 2.0 } else { in_flight };
        let takes = ((most - in_flight * BETA).max(0.0) / self.packet as f64 / C).cbrt();
        // Where the next probe begins: with a leap to what once fit, others would lose all that they gained since.
        self.high_in_flight = Some(most as usize);
        self.share = Share {
            epoch: Some(Epoch { began: progress.now, most, takes: takes.min(LONGEST.as_secs_f64()) }),
            last_most: in_flight,
            yields_from: self.round.count + YIELD_ROUNDS,
        };
    }

    /// Whether the last time that others were yielded to is long enough ago.
    pub(super) fn may_yield(&self, progress: &Progress) -> bool {
        let rounds = progress.smoothed_rtt.unwrap_or_default() * YIELD_ROUNDS as u32;
        let is_over = |epoch: Epoch| progress.now.saturating_duration_since(epoch.began) >= rounds;
        self.round.count >= self.share.yields_from && self.share.epoch.is_none_or(is_over)
    }

    /// What may be in flight.
    pub(super) fn share_of(&self, progress: &Progress) -> usize {
        let Some(epoch) = self.share.epoch else { return usize::MAX };
        let elapsed = progress.now.saturating_duration_since(epoch.began).as_secs_f64();
        let least = self.share.last_most * BETA;
        let left = 1.0 - elapsed / epoch.takes.max(1e-3);
        let cubic = epoch.most - (epoch.most - least) * left.powi(3);
        let rtt = progress.smoothed_rtt.map_or(1.0, |rtt| rtt.as_secs_f64()).max(1e-4);
        let reno = least + RENO * self.packet as f64 * elapsed / rtt;
        cubic.max(reno).min(self.share_end(epoch)) as usize
    }

    /// Where the curve ends: somewhat beyond what it was, after so much more time.
    fn share_end(&self, epoch: Epoch) -> f64 {
        epoch.most + (epoch.most - self.share.last_most * BETA) * BEYOND.powi(3)
    }

    /// Whether that is all again that it was, and others had the time to ask for more.
    pub(super) fn share_is_back(&self, progress: &Progress) -> bool {
        let end = |epoch| self.share_of(progress) as f64 + 1.0 >= self.share_end(epoch);
        self.share.epoch.is_none_or(end)
    }
}
