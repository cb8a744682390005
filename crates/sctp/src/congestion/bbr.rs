//! A model of the path instead of a reaction to losses (after draft-ietf-ccwg-bbr, called BBR there).
//!
//! It differs from the draft where that mistakes noise for congestion: losses count when a queue is seen to grow
//! with them, or when they are many ([`Bbr::is_too_much`]); a radio that loses five packets of a hundred is no
//! reason to slow down. And the shortest round trip is not looked for where it was seen without looking.

use std::time::Instant;

use base::Rng;

use super::{INITIAL_PACKETS, MIN_PACKETS, Progress};

mod bounds;
mod cycle;
mod filters;
mod probe_rtt;
mod share;

use cycle::Cycle;
use filters::{Aggregation, FullPipe, MaxBandwidth};
use probe_rtt::ProbeRtt;
use share::Share;

/// Gains of rate and window in each state (section 2.4 of the draft).
const STARTUP_RATE: f64 = 2.77;
const DRAIN_RATE: f64 = 0.35;
const DOWN_RATE: f64 = 0.9;
const UP_RATE: f64 = 1.25;
const WINDOW: f64 = 2.0;
const UP_WINDOW: f64 = 2.25;
const PROBE_RTT_WINDOW: f64 = 0.5;
/// Where packets wait, the rate stays so much below the bandwidth: queues drain.
const MARGIN: f64 = 0.99;
/// What is left for others of the most that was found to fit.
const HEADROOM: f64 = 0.85;
/// The cut where it was too much.
const BETA: f64 = 0.7;
/// Losses beyond this are congestion where a queue grows...
const LOSS_WITH_QUEUE: f64 = 0.015;
/// ...and beyond this anywhere.
const LOSS_WITHOUT_QUEUE: f64 = 0.2;
/// So many packets are sent in a round trip whatever the model says: with fewer it would learn nothing.
const MIN_PACKETS_A_ROUND: usize = 4;
/// What is sent at one time is as much as the rate gives in a millisecond, up to this.
const MAX_QUANTUM: usize = 64 * 1024;

/// What the controller does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Doubles until the bandwidth is found.
    Startup,
    /// Empties the queue that this made.
    Drain,
    /// Sends a little less than fits, to leave the queue empty.
    Down,
    /// Sends what fits.
    Cruise,
    /// Fills the pipe before it asks for more.
    Refill,
    /// Asks for more.
    Up,
    /// Leaves the path almost empty, to see how long it is.
    ProbeRtt,
}

impl State {
    fn is_probing_bandwidth(self) -> bool {
        matches!(self, State::Down | State::Cruise | State::Refill | State::Up)
    }
}

/// Rounds: times in which what was sent before arrives.
#[derive(Clone, Copy, Debug, Default)]
struct Round {
    count: u64,
    ends_at: u64,
    has_begun: bool,
    /// Bytes of this round.
    lost: u64,
    delivered: u64,
    /// The best of this round, and of the one before.
    bandwidth: u64,
    in_flight: usize,
}

/// The controller. Bandwidths in bytes a second.
#[derive(Debug)]
pub(crate) struct Bbr {
    packet: usize,
    rng: Rng,
    state: State,
    round: Round,
    max_bandwidth: MaxBandwidth,
    full: FullPipe,
    aggregation: Aggregation,
    cycle: Cycle,
    probe_rtt: ProbeRtt,
    share: Share,
    /// The most that is known to fit, beside what others have.
    high_in_flight: Option<usize>,
    window: usize,
    rate: u64,
    has_seen_rtt: bool,
    /// A window that a probe or a timeout interrupted.
    saved_window: usize,
}

impl Bbr {
    pub(super) fn new(packet: usize, now: Instant, mut rng: Rng) -> Self {
        let window = packet * INITIAL_PACKETS;
        let cycle = Cycle::new(now, &mut rng);
        Bbr {
            packet,
            rng,
            state: State::Startup,
            round: Round::default(),
            max_bandwidth: MaxBandwidth::default(),
            full: FullPipe::default(),
            aggregation: Aggregation::new(now),
            cycle,
            probe_rtt: ProbeRtt::new(now),
            share: Share::default(),
            high_in_flight: None,
            window,
            // As if the round trip took a millisecond: the first window leaves at once.
            rate: (window as f64 * 1000.0 * STARTUP_RATE) as u64,
            has_seen_rtt: false,
            saved_window: 0,
        }
    }

    pub(super) fn set_packet(&mut self, packet: usize) {
        self.packet = packet;
    }

    pub(super) fn window(&self) -> usize {
        self.window
    }

    pub(super) fn rate(&self) -> u64 {
        self.rate
    }

    pub(super) fn note_sent(&mut self, now: Instant, in_flight_before: usize) {
        if in_flight_before == 0 && self.state.is_probing_bandwidth() && self.max_bandwidth.get() > 0 {
            // The queue is empty: no reason to leave it so slowly.
            self.aggregation.restart(now);
            self.rate = self.rate.max(self.scaled(self.bandwidth(), MARGIN));
        }
    }

    pub(super) fn note_timeout(&mut self) {
        self.save_window();
        self.window = self.min_window();
    }

    /// Section 5.2.3 of the draft, in its order.
    pub(super) fn note_progress(&mut self, progress: &Progress) {
        self.update_round(progress);
        self.update_bandwidth(progress);
        self.yield_to_others(progress);
        self.aggregation.update(progress, self.bandwidth(), self.round.has_begun, self.window);
        self.check_startup(progress);
        self.check_drain(progress);
        self.update_cycle(progress);
        self.update_shortest_rtt(progress);
        self.check_probe_rtt(progress);
        self.set_rate(progress);
        self.set_window(progress);
        if self.round.has_begun {
            self.begin_round_totals();
        }
    }

    fn update_round(&mut self, progress: &Progress) {
        self.round.lost += progress.lost as u64;
        self.round.delivered += progress.delivered as u64;
        self.round.has_begun = false;
        let Some(sample) = progress.sample else { return };
        if sample.prior_delivered >= self.round.ends_at {
            self.start_round(progress);
            self.round.count += 1;
            self.round.has_begun = true;
            self.cycle.rounds = self.cycle.rounds.saturating_add(1);
        }
    }

    fn start_round(&mut self, progress: &Progress) {
        self.round.ends_at = progress.total_delivered;
    }

    fn begin_round_totals(&mut self) {
        self.round.lost = 0;
        self.round.delivered = 0;
        self.round.bandwidth = 0;
        self.round.in_flight = 0;
    }

    fn update_bandwidth(&mut self, progress: &Progress) {
        let Some(sample) = progress.sample else { return };
        let interval = sample.interval.as_secs_f64();
        // Sooner than a round trip, acknowledgements came in a cluster.
        let is_measure = interval > 0.0
            && progress.shortest_rtt.is_none_or(|shortest| sample.interval + shortest / 8 >= shortest);
        let bandwidth = if is_measure { (sample.delivered as f64 / interval) as u64 } else { 0 };
        self.round.bandwidth = self.round.bandwidth.max(bandwidth);
        self.round.in_flight = self.round.in_flight.max(sample.delivered as usize);
        if bandwidth > 0 && (!sample.is_app_limited || bandwidth >= self.max_bandwidth.get()) {
            self.max_bandwidth.update(bandwidth);
        }
        if self.round.has_begun && !sample.is_app_limited {
            self.full.update(self.round.bandwidth);
        }
    }

    /// The bandwidth that the model believes in.
    fn bandwidth(&self) -> u64 {
        self.max_bandwidth.get()
    }

    fn scaled(&self, bandwidth: u64, gain: f64) -> u64 {
        (bandwidth as f64 * gain) as u64
    }

    /// The bandwidth-delay product, times a gain.
    fn in_flight_for(&self, bandwidth: u64, gain: f64) -> usize {
        let Some(shortest) = self.probe_rtt.shortest() else { return self.packet * INITIAL_PACKETS };
        (bandwidth as f64 * shortest.as_secs_f64() * gain) as usize
    }

    fn quantum(&self) -> usize {
        ((self.rate / 1000) as usize).clamp(2 * self.packet, MAX_QUANTUM)
    }

    /// What a window has to be for a pipe of `in_flight`, packets being what they are.
    fn quantized(&self, in_flight: usize) -> usize {
        let budget = in_flight.max(3 * self.quantum()).max(self.min_window());
        if self.state == State::Up { budget + 2 * self.packet } else { budget }
    }

    fn min_window(&self) -> usize {
        self.packet * MIN_PACKETS
    }

    fn check_startup(&mut self, progress: &Progress) {
        if self.state != State::Startup {
            return;
        }
        if self.is_flight_too_much(progress) || self.round.has_begun && self.is_round_too_much() {
            // Section 5.3.1.3 of the draft: the queue overflows.
            let fits = self.in_flight_for(self.max_bandwidth.get(), 1.0).max(self.round.in_flight);
            self.cut_share(progress, fits);
            self.share.shorten();
            self.full.is_reached = true;
        }
        if self.full.is_reached {
            self.state = State::Drain;
        }
    }

    fn check_drain(&mut self, progress: &Progress) {
        if self.state == State::Drain && progress.in_flight <= self.in_flight_for(self.bandwidth(), 1.0) {
            self.start_down(progress);
        }
    }

    fn rate_gain(&self) -> f64 {
        match self.state {
            State::Startup => STARTUP_RATE,
            State::Drain => DRAIN_RATE,
            State::Down => DOWN_RATE,
            State::Up => UP_RATE,
            State::Cruise | State::Refill | State::ProbeRtt => 1.0,
        }
    }

    fn window_gain(&self) -> f64 {
        match self.state {
            State::Up => UP_WINDOW,
            State::ProbeRtt => PROBE_RTT_WINDOW,
            _ => WINDOW,
        }
    }

    fn set_rate(&mut self, progress: &Progress) {
        if let (false, Some(rtt)) = (self.has_seen_rtt, progress.smoothed_rtt) {
            // Section 5.6.2 of the draft: from now on windows are spread over a round trip.
            self.has_seen_rtt = true;
            let first = (self.packet * INITIAL_PACKETS) as f64 * STARTUP_RATE;
            self.rate = self.rate.min((first / rtt.as_secs_f64().max(1e-6)) as u64);
        }
        let bandwidth = self.bandwidth();
        if bandwidth == 0 {
            return;
        }
        let smoothed = progress.smoothed_rtt.map_or(f64::INFINITY, |rtt| rtt.as_secs_f64());
        let least = (self.packet * MIN_PACKETS_A_ROUND) as f64 / smoothed.max(1e-6);
        let margin = if self.probe_rtt.is_waiting() { MARGIN } else { 1.0 };
        let rate = self.scaled(bandwidth, self.rate_gain() * margin).max(least as u64);
        if self.full.is_reached || rate > self.rate {
            self.rate = rate.max(1);
        }
    }

    fn set_window(&mut self, progress: &Progress) {
        let pipe = self.in_flight_for(self.bandwidth(), self.window_gain()) + self.aggregation.extra();
        let most = self.quantized(pipe);
        if self.full.is_reached {
            self.window = (self.window + progress.delivered).min(most);
        } else if self.window < most || progress.total_delivered < (self.packet * INITIAL_PACKETS) as u64 {
            self.window += progress.delivered;
        }
        let cap = match self.state {
            State::Down | State::Refill | State::Up => self.high_in_flight.unwrap_or(usize::MAX),
            State::Cruise | State::ProbeRtt => self.with_headroom(),
            State::Startup | State::Drain => usize::MAX,
        };
        let cap = cap.min(self.share_of(progress));
        self.window = self.window.min(cap).max(self.min_window());
        if self.state == State::ProbeRtt {
            let probe = self.in_flight_for(self.bandwidth(), PROBE_RTT_WINDOW).max(self.min_window());
            self.window = self.window.min(probe);
        }
    }

    fn save_window(&mut self) {
        self.saved_window =
            if self.state == State::ProbeRtt { self.saved_window.max(self.window) } else { self.window };
    }
}

/// Whether so much of what was sent is lost that it was too much to send.
fn exceeds(lost: u64, of: u64, limit: f64) -> bool {
    of > 0 && lost as f64 > of as f64 * limit
}
