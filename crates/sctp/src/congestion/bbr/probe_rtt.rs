//! Looking for the shortest round trip (section 5.3.4 of the draft).

use std::time::{Duration, Instant};

use super::super::Progress;
use super::{Bbr, State};

/// The shortest round trip is believed for so long...
const BELIEVED: Duration = Duration::from_secs(10);
/// ...and looked for when it was not seen for so long...
const UNSEEN: Duration = Duration::from_secs(5);
/// ...during so long.
const DURATION: Duration = Duration::from_millis(200);

/// What is known of the path's length.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProbeRtt {
    shortest: Option<(Duration, Instant)>,
    /// The shortest seen since the last look, and when.
    seen: Option<(Duration, Instant)>,
    /// When the look ends, once the path is empty enough.
    until: Option<Instant>,
    has_round_ended: bool,
    /// The shortest of this round and of the one before.
    this_round: Option<Duration>,
    last_round: Option<Duration>,
    /// The longest of those in this window and in the one before, and when this one began.
    longest: [Duration; 2],
    window_began: Instant,
}

impl ProbeRtt {
    pub(super) fn new(now: Instant) -> Self {
        ProbeRtt {
            shortest: None,
            seen: None,
            until: None,
            has_round_ended: false,
            this_round: None,
            last_round: None,
            longest: [Duration::ZERO; 2],
            window_began: now,
        }
    }

    pub(super) fn shortest(&self) -> Option<Duration> {
        self.shortest.map(|(shortest, _)| shortest)
    }

    /// Takes a measurement. Single packets are late for many reasons; a queue delays all packets of a round.
    fn update_longest(&mut self, now: Instant, rtt: Duration, is_new_round: bool) {
        if is_new_round {
            self.last_round = self.this_round.take();
            if now.saturating_duration_since(self.window_began) > BELIEVED {
                self.longest = [self.longest[1], Duration::ZERO];
                self.window_began = now;
            }
            self.longest[1] = self.longest[1].max(self.last_round.unwrap_or_default());
        }
        self.this_round = Some(self.this_round.map_or(rtt, |shortest| shortest.min(rtt)));
    }

    /// Whether all packets of the last round waited.
    pub(super) fn is_waiting(&self) -> bool {
        let (Some(shortest), Some(round)) = (self.shortest(), self.last_round.or(self.this_round)) else {
            return false;
        };
        round > shortest + (shortest / 16).max(Duration::from_millis(1))
    }

    /// Whether the queue is about as long as it ever was of late. A queue that overflows is; where packets are
    /// lost for other reasons, it is as long as it happens to be.
    pub(super) fn is_queueing(&self) -> bool {
        let (Some(shortest), Some(round)) = (self.shortest(), self.last_round.max(self.this_round)) else {
            return false;
        };
        let longest = self.longest[0].max(self.longest[1]).max(round);
        let range = longest.saturating_sub(shortest);
        range > (shortest / 32).max(Duration::from_millis(1)) && round >= shortest + range * 5 / 8
    }
}

impl Bbr {
    pub(super) fn update_shortest_rtt(&mut self, progress: &Progress) {
        let (now, Some(rtt)) = (progress.now, progress.rtt) else { return };
        let probe = &mut self.probe_rtt;
        probe.update_longest(now, rtt, self.round.has_begun);
        let is_old = |at: Instant, limit: Duration| now.saturating_duration_since(at) > limit;
        let is_unseen = probe.seen.is_some_and(|(_, at)| is_old(at, UNSEEN));
        if is_unseen && self.state != State::ProbeRtt {
            // The look itself begins in `check_probe_rtt`.
        } else if probe.seen.is_none_or(|(seen, _)| rtt <= seen + seen / 16) {
            // About as short as the shortest: there is no need to look for it.
            let shortest = probe.seen.map_or(rtt, |(seen, _)| seen.min(rtt));
            probe.seen = Some((shortest, now));
        }
        let seen = probe.seen.map_or(rtt, |(seen, _)| seen);
        match probe.shortest {
            Some((shortest, at)) if seen > shortest && !is_old(at, BELIEVED) => {}
            _ => probe.shortest = Some((seen.min(rtt), now)),
        }
        if let Some((shortest, at)) = &mut probe.shortest
            && rtt <= *shortest + *shortest / 16
        {
            *shortest = rtt.min(*shortest);
            *at = now;
        }
    }

    pub(super) fn check_probe_rtt(&mut self, progress: &Progress) {
        let now = progress.now;
        let is_unseen = self.probe_rtt.seen.is_some_and(|(_, at)| now.saturating_duration_since(at) > UNSEEN);
        if is_unseen && self.full.is_reached && self.state != State::ProbeRtt {
            self.save_window();
            self.state = State::ProbeRtt;
            self.probe_rtt.until = None;
            self.probe_rtt.seen = None;
            self.start_round(progress);
        }
        if self.state == State::ProbeRtt {
            self.go_on_probing_rtt(progress);
        }
    }

    fn go_on_probing_rtt(&mut self, progress: &Progress) {
        let now = progress.now;
        let most = self.in_flight_for(self.bandwidth(), super::PROBE_RTT_WINDOW).max(self.min_window());
        let probe = &mut self.probe_rtt;
        match probe.until {
            None if progress.in_flight <= most => {
                probe.until = Some(now + DURATION);
                probe.has_round_ended = false;
                self.start_round(progress);
            }
            None => {}
            Some(until) => {
                probe.has_round_ended |= self.round.has_begun;
                if probe.has_round_ended && now >= until {
                    self.end_probe_rtt(progress);
                }
            }
        }
    }

    fn end_probe_rtt(&mut self, progress: &Progress) {
        let now = progress.now;
        if let Some((seen, _)) = self.probe_rtt.seen {
            self.probe_rtt.shortest = Some((seen, now));
        }
        self.probe_rtt.seen = self.probe_rtt.shortest.map(|(shortest, _)| (shortest, now));
        self.window = self.window.max(self.saved_window);
        self.start_down(progress);
        self.state = State::Cruise;
    }
}
