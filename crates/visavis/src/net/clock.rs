//! The only reader of clocks.

use std::time::{Duration, Instant, SystemTime};

use base::WallClock;

/// The time.
#[allow(
    clippy::disallowed_methods,
    reason = "everything below takes `now` as an argument; here it comes from"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The date, tied to the monotonic clock. A system clock before 1970 counts as 1970.
#[allow(clippy::disallowed_methods, reason = "everything below takes a WallClock; here it comes from")]
pub(crate) fn wall() -> WallClock {
    WallClock::new(now(), SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO))
}
