//! CUBIC (RFC 9438).

use std::time::{Duration, Instant};

use super::hystart::{HyStart, SLOWDOWN};
use super::{INITIAL_PACKETS, MIN_PACKETS, Progress};

/// RFC 9438, section 4.1: packets a second cubed.
const C: f64 = 0.4;
const BETA: f64 = 0.7;
/// RFC 9438, section 4.3: what Reno would grow by, given `BETA`.
const RENO: f64 = 3.0 * (1.0 - BETA) / (1.0 + BETA);

/// What one loss changed, should it turn out to be none.
#[derive(Clone, Copy, Debug)]
struct Undo {
    window: f64,
    threshold: f64,
    w_max: f64,
    epoch: Option<Epoch>,
}

/// The time since the last congestion.
#[derive(Clone, Copy, Debug)]
struct Epoch {
    began: Instant,
    /// When the cubic function is at `w_max`, in seconds after `began`.
    k: f64,
    /// What Reno's window would be.
    reno: f64,
}

/// The controller; windows in bytes.
#[derive(Debug)]
pub(crate) struct Cubic {
    packet: f64,
    window: f64,
    threshold: f64,
    w_max: f64,
    epoch: Option<Epoch>,
    hystart: HyStart,
    smoothed: Option<Duration>,
    /// Losses of packets before this one belong to a congestion that was answered.
    recovery: u64,
    /// Something lately filled the window.
    is_limited: bool,
    idle_since: Option<Instant>,
    undo: Option<Undo>,
}

impl Cubic {
    pub(super) fn new(packet: usize) -> Self {
        let packet = packet as f64;
        Cubic {
            packet,
            window: packet * INITIAL_PACKETS as f64,
            threshold: f64::INFINITY,
            w_max: 0.0,
            epoch: None,
            hystart: HyStart::default(),
            smoothed: None,
            recovery: 0,
            is_limited: false,
            idle_since: None,
            undo: None,
        }
    }

    pub(super) fn set_packet(&mut self, packet: usize) {
        self.packet = packet as f64;
    }

    pub(super) fn window(&self) -> usize {
        self.window as usize
    }

    /// RFC 9002, section 7.7: a little faster than one window a round trip, twice that where it doubles.
    pub(super) fn rate(&self) -> Option<u64> {
        let gain = if self.window < self.threshold { 2.0 } else { 1.25 };
        let smoothed = self.smoothed?.max(Duration::from_micros(10)).as_secs_f64();
        Some((self.window * gain / smoothed) as u64)
    }

    pub(super) fn note_sent(&mut self, now: Instant, in_flight: usize) {
        if let (Some(since), Some(epoch)) = (self.idle_since.take(), &mut self.epoch) {
            // RFC 9438, section 5.8: the time without anything to send does not count.
            epoch.began += now.saturating_duration_since(since);
        }
        self.is_limited |= in_flight as f64 + self.packet >= self.window;
    }

    pub(super) fn note_progress(&mut self, progress: &Progress) {
        self.smoothed = progress.smoothed_rtt;
        if progress.in_flight == 0 {
            self.idle_since = Some(progress.now);
        }
        let newest = progress.newest_packet.unwrap_or(0);
        if progress.lost > 0 && newest >= self.recovery {
            self.recovery = progress.next_packet;
            self.reduce();
            return;
        }
        if progress.delivered == 0 || newest < self.recovery || !self.is_limited {
            return;
        }
        if self.window < self.threshold {
            self.slow_start(progress, newest);
        } else {
            self.avoid_congestion(progress);
        }
        if (progress.in_flight as f64) < self.window / 2.0 {
            self.is_limited = false;
        }
    }

    fn slow_start(&mut self, progress: &Progress, newest: u64) {
        if let Some(rtt) = progress.rtt
            && self.hystart.note(rtt, newest, progress.next_packet)
        {
            self.threshold = self.window;
        }
        let slowdown = if self.hystart.is_conservative() { SLOWDOWN } else { 1 };
        self.window += (progress.delivered / slowdown) as f64;
    }

    /// RFC 9438, sections 4.2 to 4.5.
    fn avoid_congestion(&mut self, progress: &Progress) {
        let (window, packet) = (self.window, self.packet);
        let w_max = self.w_max.max(window);
        let epoch = self.epoch.get_or_insert_with(|| Epoch {
            began: progress.now,
            k: ((w_max - window) / packet / C).cbrt(),
            reno: window,
        });
        let rtt = progress.smoothed_rtt.unwrap_or_default();
        let elapsed = progress.now.saturating_duration_since(epoch.began) + rtt;
        let t = elapsed.as_secs_f64() - epoch.k;
        let target = (C * t * t * t * packet + w_max).clamp(window, 1.5 * window);
        let acked = progress.delivered as f64;
        epoch.reno += RENO * acked / epoch.reno * packet;
        let cubic = window + (target - window) / window * acked;
        self.window = cubic.max(epoch.reno);
    }

    /// RFC 9438, sections 4.6 and 4.7.
    fn reduce(&mut self) {
        let Cubic { window, threshold, w_max, epoch, .. } = *self;
        self.undo = Some(Undo { window, threshold, w_max, epoch });
        // Fast convergence: others want a share.
        self.w_max = if window < w_max { window * (1.0 + BETA) / 2.0 } else { window };
        self.window = (window * BETA).max(self.packet * MIN_PACKETS as f64);
        self.threshold = self.window;
        self.epoch = None;
    }

    pub(super) fn note_timeout(&mut self, _now: Instant) {
        self.reduce();
        self.undo = None;
        self.window = self.packet * MIN_PACKETS as f64;
        self.hystart = HyStart::default();
    }

    /// RFC 9438, section 4.9.
    pub(super) fn note_superfluous(&mut self) {
        if let Some(Undo { window, threshold, w_max, epoch }) = self.undo.take()
            && window > self.window
        {
            (self.window, self.threshold, self.w_max, self.epoch) = (window, threshold, w_max, epoch);
        }
    }
}
