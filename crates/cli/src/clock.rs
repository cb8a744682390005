//! The only reader of the clock in this program.

use std::time::Instant;

/// Now.
#[allow(clippy::disallowed_methods, reason = "the program measures real connections; this is its one clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
