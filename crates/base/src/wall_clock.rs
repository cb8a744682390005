//! The date, without reading a clock.

use std::time::{Duration, Instant};

/// Ties the monotonic clock to the date: given once, at construction, by whoever may read clocks.
#[derive(Clone, Copy, Debug)]
pub struct WallClock {
    instant: Instant,
    since_epoch: Duration,
}

impl WallClock {
    /// `since_epoch` is the time since 1970-01-01T00:00:00Z at `instant`.
    pub fn new(instant: Instant, since_epoch: Duration) -> Self {
        WallClock { instant, since_epoch }
    }

    /// The time since 1970-01-01T00:00:00Z at `now`.
    pub fn at(&self, now: Instant) -> Duration {
        match now.checked_duration_since(self.instant) {
            Some(later) => self.since_epoch + later,
            None => self.since_epoch.saturating_sub(self.instant.duration_since(now)),
        }
    }
}
