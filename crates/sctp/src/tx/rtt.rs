//! Round-trip times (RFC 9260, section 6.3.1).

use std::time::{Duration, Instant};

/// For how long the shortest round trip is remembered; twice that at the most.
const MIN_WINDOW: Duration = Duration::from_secs(10);
/// The clock's grain: a variance below it is not one.
const GRAIN: Duration = Duration::from_millis(1);

/// What is known of the path's round-trip time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rtt {
    estimate: Option<Estimate>,
}

#[derive(Clone, Copy, Debug)]
struct Estimate {
    smoothed: Duration,
    variance: Duration,
    /// The shortest of this window and of the one before.
    shortest: [Duration; 2],
    window_began: Instant,
}

impl Rtt {
    /// Takes a measurement.
    pub(crate) fn measure(&mut self, now: Instant, rtt: Duration) {
        let Some(estimate) = &mut self.estimate else {
            // RFC 9260, section 6.3.1, C2.
            let estimate =
                Estimate { smoothed: rtt, variance: rtt / 2, shortest: [rtt; 2], window_began: now };
            self.estimate = Some(estimate);
            return;
        };
        // C3, with alpha 1/8 and beta 1/4.
        estimate.variance = (estimate.variance * 3 + estimate.smoothed.abs_diff(rtt)) / 4;
        estimate.smoothed = (estimate.smoothed * 7 + rtt) / 8;
        if now.saturating_duration_since(estimate.window_began) >= MIN_WINDOW {
            estimate.shortest = [rtt, estimate.shortest[0]];
            estimate.window_began = now;
        }
        estimate.shortest[0] = estimate.shortest[0].min(rtt);
    }

    /// The smoothed round-trip time, once measured.
    pub(crate) fn smoothed(&self) -> Option<Duration> {
        self.estimate.map(|estimate| estimate.smoothed)
    }

    /// The shortest of late.
    pub(crate) fn shortest(&self) -> Option<Duration> {
        self.estimate.map(|estimate| estimate.shortest[0].min(estimate.shortest[1]))
    }

    /// When an answer is late: the retransmission timeout without its lower bound. `None` before a measurement.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.estimate.map(|estimate| estimate.smoothed + (estimate.variance * 4).max(GRAIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_are_those_of_the_rfc_and_the_shortest_is_forgotten() {
        #[allow(clippy::disallowed_methods, reason = "std has no other way to make an Instant")]
        let start = Instant::now();
        let millis = Duration::from_millis;
        let mut rtt = Rtt::default();
        assert_eq!(rtt.timeout(), None);
        rtt.measure(start, millis(100));
        assert_eq!(rtt.timeout(), Some(millis(300)));
        rtt.measure(start, millis(180));
        assert_eq!(rtt.smoothed(), Some(millis(110)));
        assert_eq!(rtt.timeout(), Some(millis(110) + Duration::from_micros(57_500) * 4));
        for second in 1..30 {
            rtt.measure(start + Duration::from_secs(second), millis(150));
        }
        assert_eq!(rtt.shortest(), Some(millis(150)));
    }
}
