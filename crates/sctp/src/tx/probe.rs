//! Probing a silent path (the tail loss probe of RFC 8985, section 7, with the backoff of RFC 9002, section 6.2).

use std::time::{Duration, Instant};

use super::acknowledged::MAX_ACK_DELAY;

/// How long a peer that was asked for an answer at once (RFC 7053) may take at first; more where it is seen to.
const ACK_DELAY: Duration = Duration::from_millis(25);
/// So many probes without an answer mean that everything on its way is lost.
const PERSISTENT: u32 = 3;
/// The interval is doubled at most so often.
const MAX_DOUBLINGS: u32 = 6;

/// When the path is probed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe {
    at: Option<Instant>,
    /// Probes since something was acknowledged.
    count: u32,
    /// A packet may be sent that the windows do not allow.
    is_due: bool,
    ack_delay: Duration,
}

impl Probe {
    pub(super) fn new() -> Self {
        Probe { at: None, count: 0, is_due: false, ack_delay: ACK_DELAY }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.at
    }

    pub(super) fn is_due(&self) -> bool {
        self.is_due
    }

    /// Whether this packet is the probe.
    pub(super) fn take(&mut self) -> bool {
        std::mem::take(&mut self.is_due)
    }

    /// Whether so many probes went unanswered that the path has lost everything, with this one.
    pub(super) fn is_persistent(&self) -> bool {
        self.count >= PERSISTENT
    }

    /// Sets the time of the next probe: `waiting` says when an answer is late, if one was ever measured, and is
    /// `None` if nothing waits for an answer. `rto` is the first and the longest retransmission timeout.
    pub(super) fn arm(&mut self, now: Instant, waiting: Option<Option<Duration>>, rto: (Duration, Duration)) {
        self.at = waiting.map(|timeout| {
            let timeout = timeout.map_or(rto.0, |timeout| timeout + self.ack_delay);
            now + (timeout * (1 << self.count.min(MAX_DOUBLINGS))).min(rto.1)
        });
        if self.at.is_none() {
            self.count = 0;
        }
    }

    /// Whether a probe has become due.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> bool {
        let is_due = self.at.take_if(|at| *at <= now).is_some();
        if is_due {
            self.is_due = true;
            self.count = self.count.saturating_add(1);
        }
        is_due
    }

    /// What is waited for may come now: the next probe is due at once, and the wait for its answer is a short one.
    pub(super) fn hurry(&mut self, now: Instant) {
        if let Some(at) = &mut self.at {
            *at = now;
            self.count = 0;
        }
    }

    /// Something was acknowledged.
    pub(super) fn note_sign_of_life(&mut self) {
        self.count = 0;
    }

    /// A probe was superfluous: the peer takes its time.
    pub(super) fn note_superfluous(&mut self) {
        self.ack_delay = (self.ack_delay * 2).min(MAX_ACK_DELAY);
    }
}
