//! Time that moves only when told to.

use std::time::{Duration, Instant};

use base::WallClock;

/// A virtual clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
    now: Instant,
}

impl Clock {
    /// How far ahead of the machine's clock virtual time begins.
    ///
    /// A borrowed engine that reads the real clock by itself must see the same order of the two in every run; an
    /// hour ahead, the real clock never catches up with a test.
    const HEAD_START: Duration = Duration::from_secs(3600);
    /// The date at which virtual time begins: 2026-01-01T00:00:00Z.
    const EPOCH: Duration = Duration::from_secs(1_767_225_600);

    /// A clock at the beginning of its time.
    #[allow(
        clippy::disallowed_methods,
        reason = "an Instant can only be had from the clock; only differences matter"
    )]
    pub fn new() -> Self {
        let start = Instant::now() + Self::HEAD_START;
        Clock { start, now: start }
    }

    /// The present.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// How much virtual time has passed.
    pub fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    /// The date that goes with this clock.
    pub fn wall_clock(&self) -> WallClock {
        WallClock::new(self.start, Self::EPOCH)
    }

    /// Moves to `instant`; never backwards.
    pub fn advance_to(&mut self, instant: Instant) {
        self.now = self.now.max(instant);
    }
}

impl Default for Clock {
    fn default() -> Self {
        Clock::new()
    }
}
