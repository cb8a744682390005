//! The graceful end (RFC 9260, section 9.2).

use std::time::{Duration, Instant};

use base::Serial32;

use crate::packet::kind;

/// How often SHUTDOWN or SHUTDOWN ACK is sent (RFC 9260, section 16: Association.Max.Retrans is 10).
const MAX_ATTEMPTS: u32 = 10;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    None,
    /// SHUTDOWN-PENDING: what was sent is still on its way.
    Pending,
    /// SHUTDOWN-SENT.
    Sent(Retransmission),
    /// SHUTDOWN-RECEIVED: the peer wants to end, and what we sent is still on its way.
    Received,
    /// SHUTDOWN-ACK-SENT.
    AckSent(Retransmission),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Retransmission {
    /// T2-shutdown; none before the first packet went out.
    timer: Option<Instant>,
    attempts: u32,
}

const FIRST: Retransmission = Retransmission { timer: None, attempts: 0 };

/// How far the end has come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shutdown {
    stage: Stage,
    /// We asked for it.
    is_ours: bool,
    /// The peer does not answer any more.
    pub(super) has_failed: bool,
}

impl Shutdown {
    pub(super) fn is_running(&self) -> bool {
        self.stage != Stage::None
    }

    pub(super) fn is_ours(&self) -> bool {
        self.is_ours
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::Sent(retransmission) | Stage::AckSent(retransmission) => retransmission.timer,
            _ => None,
        }
    }

    /// Our user wants to end.
    pub(super) fn start(&mut self) {
        if self.stage == Stage::None {
            self.stage = Stage::Pending;
            self.is_ours = true;
        }
    }

    /// The peer wants to end.
    pub(super) fn handle_shutdown(&mut self) {
        self.stage = match self.stage {
            Stage::None | Stage::Pending | Stage::Received => Stage::Received,
            // Both ask at once, or the peer asks again: the answer is sent (again).
            Stage::Sent(_) | Stage::AckSent(_) => Stage::AckSent(FIRST),
        };
    }

    /// The peer is alive: it may have much to send before it answers (RFC 9260, section 9.2).
    pub(super) fn handle_sign_of_life(&mut self) {
        if let Stage::Sent(retransmission) = &mut self.stage {
            retransmission.attempts = retransmission.attempts.min(1);
        }
    }

    /// Whether a SHUTDOWN ACK ends it.
    pub(super) fn takes_ack(&self) -> bool {
        matches!(self.stage, Stage::Sent(_) | Stage::AckSent(_))
    }

    /// Whether a SHUTDOWN COMPLETE ends it (RFC 9260, section 9.2: in no other state).
    pub(super) fn takes_complete(&self) -> bool {
        matches!(self.stage, Stage::AckSent(_))
    }

    /// The chunk to send now, if any.
    pub(super) fn poll(
        &mut self,
        now: Instant,
        rto: Duration,
        is_flushed: bool,
        received: Serial32,
    ) -> Option<(u8, Vec<u8>)> {
        self.stage = match self.stage {
            Stage::Pending if is_flushed => Stage::Sent(FIRST),
            Stage::Received if is_flushed => Stage::AckSent(FIRST),
            stage => stage,
        };
        let (Stage::Sent(retransmission) | Stage::AckSent(retransmission)) = &mut self.stage else {
            return None;
        };
        if retransmission.timer.is_some_and(|timer| now < timer) {
            return None;
        }
        if retransmission.attempts == MAX_ATTEMPTS {
            self.has_failed = true;
            retransmission.timer = None;
            return None;
        }
        retransmission.timer = Some(now + rto * (1 << retransmission.attempts.min(5)));
        retransmission.attempts += 1;
        Some(match self.stage {
            Stage::Sent(_) => (kind::SHUTDOWN, received.0.to_be_bytes().to_vec()),
            _ => (kind::SHUTDOWN_ACK, Vec::new()),
        })
    }
}
