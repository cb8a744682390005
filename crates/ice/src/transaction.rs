//! A request that waits for its response.

use std::time::{Duration, Instant};

use base::Path;
use stun_types::message::TransactionId;

/// After the last transmission, wait this many initial RTOs for the response (Rm of
/// [RFC 8489, section 6.2.1](https://www.rfc-editor.org/rfc/rfc8489#section-6.2.1)).
const LAST_WAIT: u32 = 16;
/// The same for a server, whose answer gathering waits for: 1 s at the default RTO.
pub(crate) const LAST_WAIT_SERVER: u32 = 2;

/// Requests that were replaced and may still be answered.
const MAX_EARLIER: usize = 16;

/// What to do about a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Wait,
    Resend,
    GiveUp,
}

/// A request with its retransmission timer
/// ([RFC 8489, section 6.2.1](https://www.rfc-editor.org/rfc/rfc8489#section-6.2.1)).
#[derive(Clone, Debug)]
pub(crate) struct Transaction {
    pub(crate) id: TransactionId,
    pub(crate) path: Path,
    pub(crate) request: Vec<u8>,
    pub(crate) deadline: Instant,
    /// When the request that `id` names was sent for the first time.
    pub(crate) sent: Instant,
    /// The requests that this one replaced: their answers count too. At most [`MAX_EARLIER`].
    earlier: Vec<(TransactionId, Instant)>,
    /// How often `request` was sent.
    repeats: u32,
    sends: u32,
    max_sends: u32,
    last_wait: Duration,
    interval: Duration,
}

impl Transaction {
    /// A request that is sent at `now` for the first time.
    pub(crate) fn new(
        now: Instant,
        (id, request): (TransactionId, Vec<u8>),
        path: Path,
        rto: Duration,
    ) -> Self {
        Transaction {
            id,
            path,
            request,
            deadline: now + rto,
            sent: now,
            earlier: Vec::new(),
            repeats: 0,
            sends: 1,
            max_sends: 1,
            last_wait: rto * LAST_WAIT,
            interval: rto,
        }
    }

    /// Sends it up to `max_sends` times.
    pub(crate) fn with_sends(mut self, max_sends: u32) -> Self {
        self.max_sends = max_sends;
        self
    }

    /// Waits less long after the last transmission.
    pub(crate) fn for_server(mut self) -> Self {
        self.last_wait = self.interval * LAST_WAIT_SERVER;
        self
    }

    /// Advances the timer.
    pub(crate) fn step(&mut self, now: Instant) -> Step {
        if now < self.deadline {
            return Step::Wait;
        }
        if self.sends >= self.max_sends {
            return Step::GiveUp;
        }
        self.sends += 1;
        self.repeats += 1;
        self.interval *= 2;
        let wait = if self.sends == self.max_sends { self.last_wait } else { self.interval };
        self.deadline = now + wait;
        Step::Resend
    }

    /// No more retransmissions; a response still counts
    /// ([RFC 8445, section 7.3.1.4](https://www.rfc-editor.org/rfc/rfc8445#section-7.3.1.4)).
    pub(crate) fn cancel(&mut self) {
        self.max_sends = self.sends;
        self.deadline = self.deadline.max(self.sent + self.last_wait);
    }

    /// Sends this at `now` in place of what was sent before. An answer tells by its id which of them it is for, so
    /// that it measures the path although there were several.
    pub(crate) fn replace(&mut self, now: Instant, id: TransactionId, request: Vec<u8>) {
        if self.earlier.len() == MAX_EARLIER {
            self.earlier.remove(0);
        }
        self.earlier.push((std::mem::replace(&mut self.id, id), self.sent));
        self.request = request;
        self.sent = now;
        self.repeats = 0;
    }

    /// Counts and waits as if it had been sent at `now` for the first time, to be sent so often and to wait so long
    /// after the last time.
    pub(crate) fn begin_again(
        &mut self,
        now: Instant,
        rto: Duration,
        (max_sends, last_wait): (u32, Duration),
    ) {
        self.interval = rto;
        self.deadline = now + rto;
        self.sends = 1;
        self.max_sends = max_sends;
        self.last_wait = last_wait;
    }

    /// Whether the first answer that could be expected has not come.
    pub(crate) fn is_overdue(&self) -> bool {
        self.sends > 1
    }

    /// Whether this is the id of one of its requests.
    pub(crate) fn has(&self, id: TransactionId) -> bool {
        self.id == id || self.earlier.iter().any(|(earlier, _)| *earlier == id)
    }

    /// The round-trip time by the answer to `id`, if it is certain which transmission was answered (Karn's rule).
    pub(crate) fn rtt(&self, now: Instant, id: TransactionId) -> Option<Duration> {
        let sent = match self.earlier.iter().find(|(earlier, _)| *earlier == id) {
            Some((_, sent)) => *sent,
            None if self.id == id && self.repeats == 0 => self.sent,
            None => return None,
        };
        Some(now.saturating_duration_since(sent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "an arbitrary start; only differences matter")]
    fn seven_sends_and_39500_ms_as_in_rfc_8489() {
        let start = Instant::now();
        let path = Path { socket: base::SocketId(0), remote: "192.0.2.1:1".parse().unwrap() };
        let rto = Duration::from_millis(500);
        let mut transaction = Transaction::new(start, (1.into(), Vec::new()), path, rto).with_sends(7);
        let mut sent = vec![0];
        loop {
            let now = transaction.deadline;
            match transaction.step(now) {
                Step::Resend => sent.push((now - start).as_millis()),
                Step::GiveUp => break assert_eq!((now - start).as_millis(), 39_500),
                Step::Wait => unreachable!("the deadline has come"),
            }
        }
        assert_eq!(sent, [0, 500, 1500, 3500, 7500, 15500, 31500]);
    }
}
