//! Probing for bandwidth (section 5.3.3 of the draft).

use std::time::{Duration, Instant};

use base::Rng;

use super::super::Progress;
use super::{Bbr, State};

/// Probes are so far apart, and up to a second further.
const MIN_WAIT: Duration = Duration::from_secs(2);
/// In rounds, they are no further apart than a Reno flow's are on a path that holds so many packets.
const MAX_WAIT_ROUNDS: u32 = 63;
/// The most that fits is doubled at most so often within one probe.
const MAX_DOUBLINGS: u32 = 30;

/// ...and no faster than by one packet for so many that arrive: the first losses stop it before others have many.
const PACKETS_FOR_ONE: usize = 16;

/// Which acknowledgements speak of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Feedback {
    /// Nothing in particular.
    None,
    /// Of a probe that has begun: not yet of what was sent since.
    Starting,
    /// Of a probe.
    Probe,
    /// Of the end of a probe: not yet of what was sent since.
    Stopping,
}

/// Where the probing stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cycle {
    began: Instant,
    wait: Duration,
    /// Rounds since the last probe.
    pub(super) rounds: u32,
    feedback: Feedback,
    /// Samples speak of a probe that was not found to be too much.
    is_watching: bool,
    /// There was a queue before the probe began: somebody else's.
    pub(super) is_crowded: bool,
    up_rounds: u32,
    /// Bytes that have to arrive for each packet by which the most that fits grows.
    up_step: usize,
    up_delivered: usize,
}

impl Cycle {
    pub(super) fn new(now: Instant, rng: &mut Rng) -> Self {
        Cycle {
            began: now,
            wait: wait(rng),
            rounds: 0,
            feedback: Feedback::None,
            is_watching: false,
            is_crowded: false,
            up_rounds: 0,
            up_step: usize::MAX,
            up_delivered: 0,
        }
    }
}

fn wait(rng: &mut Rng) -> Duration {
    MIN_WAIT + Duration::from_millis(rng.range(0..1000))
}

impl Bbr {
    pub(super) fn update_cycle(&mut self, progress: &Progress) {
        if !self.full.is_reached {
            return;
        }
        self.adapt_upper_bounds(progress);
        let state = self.state;
        match state {
            State::Down if self.is_time_to_probe(progress) => self.start_refill(progress),
            State::Down if self.is_time_to_cruise(progress.in_flight) => self.state = State::Cruise,
            State::Cruise if self.is_time_to_probe(progress) => self.start_refill(progress),
            // A round of refilling: now what is asked for is seen.
            State::Refill if self.round.has_begun => self.start_up(progress),
            State::Up if self.is_time_to_go_down(progress) => self.start_down(progress),
            _ => {}
        }
    }

    fn is_time_to_probe(&self, progress: &Progress) -> bool {
        if self.share.is_bounded() {
            return self.share_is_back(progress);
        }
        let now = progress.now;
        let packets = self.in_flight_for(self.bandwidth(), 1.0) / self.packet;
        let rounds = MAX_WAIT_ROUNDS.min(u32::try_from(packets).unwrap_or(u32::MAX)).max(2);
        now.saturating_duration_since(self.cycle.began) >= self.cycle.wait
            || self.cycle.rounds >= rounds
                && now.saturating_duration_since(self.cycle.began) >= Duration::from_millis(100)
    }

    fn is_time_to_cruise(&self, in_flight: usize) -> bool {
        in_flight <= self.with_headroom() && in_flight <= self.in_flight_for(self.max_bandwidth.get(), 1.0)
    }

    fn is_time_to_go_down(&mut self, progress: &Progress) -> bool {
        let is_capped = self.high_in_flight.is_some_and(|high| self.window >= high)
            && progress.in_flight_before + self.packet >= self.window;
        if is_capped {
            // The bound is what holds the bandwidth back: it is raised first.
            self.full.restart(self.round.bandwidth);
            return false;
        }
        let shortest = self.probe_rtt.shortest().unwrap_or_default();
        let is_full = progress.in_flight >= self.in_flight_for(self.max_bandwidth.get(), super::UP_RATE);
        let has_lasted = progress.now.saturating_duration_since(self.cycle.began) > shortest;
        (is_full && has_lasted && !self.cycle.is_crowded) || self.full.is_now
    }

    pub(super) fn start_down(&mut self, progress: &Progress) {
        self.cycle.feedback = Feedback::Stopping;
        self.cycle.up_step = usize::MAX;
        self.cycle.wait = wait(&mut self.rng);
        self.cycle.began = progress.now;
        self.cycle.rounds = 0;
        self.start_round(progress);
        self.state = State::Down;
    }

    fn start_refill(&mut self, progress: &Progress) {
        self.share.end();
        self.cycle.up_rounds = 0;
        self.cycle.up_delivered = 0;
        self.cycle.feedback = Feedback::None;
        self.start_round(progress);
        self.state = State::Refill;
    }

    fn start_up(&mut self, progress: &Progress) {
        self.cycle.feedback = Feedback::Starting;
        self.cycle.is_watching = true;
        self.cycle.is_crowded = self.probe_rtt.is_waiting();
        self.cycle.began = progress.now;
        self.start_round(progress);
        self.full.restart(self.round.bandwidth);
        self.state = State::Up;
        self.raise_slope();
    }

    /// Section 5.3.3.4 of the draft: the most that fits grows as in slow start, within a probe.
    fn raise_slope(&mut self) {
        let packets = 1 << self.cycle.up_rounds.min(MAX_DOUBLINGS);
        self.cycle.up_rounds += 1;
        self.cycle.up_step = (self.window / packets).max(self.packet * PACKETS_FOR_ONE);
    }

    fn adapt_upper_bounds(&mut self, progress: &Progress) {
        if self.round.has_begun {
            match self.cycle.feedback {
                Feedback::Starting => self.cycle.feedback = Feedback::Probe,
                Feedback::Stopping => {
                    self.cycle.feedback = Feedback::None;
                    self.cycle.is_watching = false;
                    if self.state.is_probing_bandwidth()
                        && progress.sample.is_some_and(|sample| !sample.is_app_limited)
                    {
                        self.max_bandwidth.advance();
                    }
                }
                Feedback::None | Feedback::Probe => {}
            }
        }
        if self.is_sample_too_much(progress) {
            if std::mem::take(&mut self.cycle.is_watching) {
                self.handle_too_much(progress);
                if self.state == State::Up {
                    self.start_down(progress);
                }
            }
            return;
        }
        let Some(high) = self.high_in_flight else { return };
        if let Some(sample) = progress.sample
            && sample.in_flight > high
            && !self.share.is_bounded()
        {
            self.high_in_flight = Some(sample.in_flight);
        }
        if self.state == State::Up {
            self.raise_high_in_flight(progress);
        }
    }

    fn raise_high_in_flight(&mut self, progress: &Progress) {
        let Some(high) = &mut self.high_in_flight else { return };
        if progress.in_flight_before + self.packet < self.window || self.window < *high {
            return;
        }
        self.cycle.up_delivered += progress.delivered;
        if self.cycle.up_delivered >= self.cycle.up_step {
            let steps = self.cycle.up_delivered / self.cycle.up_step;
            self.cycle.up_delivered -= steps * self.cycle.up_step;
            *high += steps * self.packet;
        }
        if self.round.has_begun {
            self.raise_slope();
        }
    }
}
