//! A local and a remote candidate.

use std::time::{Duration, Instant};

use base::Path;

use crate::{Candidate, Role};

/// How far checking a pair is ([RFC 8445, section 6.1.2.6](https://www.rfc-editor.org/rfc/rfc8445#section-6.1.2.6)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PairState {
    /// Waits until a pair of the same foundation was checked.
    Frozen,
    /// To be checked.
    Waiting,
    /// A check is on its way.
    InProgress,
    /// A check succeeded.
    Succeeded,
    /// A check failed.
    Failed,
}

/// What is known of a pair, for statistics.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PairStats {
    /// A number that stays with the pair for the life of the agent.
    pub id: u64,
    /// The socket and the remote address.
    pub path: Path,
    /// Our end.
    pub local: Candidate,
    /// The other end.
    pub remote: Candidate,
    /// How far checking it is.
    pub state: PairState,
    /// Whether it was nominated.
    pub nominated: bool,
    /// Whether it is the selected pair: the one that data goes over, nominated or not yet.
    pub selected: bool,
    /// Its priority.
    pub priority: u64,
    /// The round-trip time of its last answered check.
    pub current_rtt: Option<Duration>,
    /// The sum of the round-trip times of its answered checks.
    pub total_rtt: Duration,
    /// Checks sent, without retransmissions and consent checks.
    pub requests_sent: u64,
    /// Checks received.
    pub requests_received: u64,
    /// Answers sent.
    pub responses_sent: u64,
    /// Answers received, to consent checks too.
    pub responses_received: u64,
    /// Consent checks sent.
    pub consent_requests_sent: u64,
    /// What was sent over it beside STUN.
    pub sent: DataTraffic,
    /// What was received over it beside STUN.
    pub received: DataTraffic,
}

/// Datagrams that were not ICE's own, in one direction of a pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DataTraffic {
    /// How many there were.
    pub packets: u64,
    /// Their bytes, without IP and UDP headers.
    pub bytes: u64,
    /// When the last of them went or came.
    pub last: Option<Instant>,
}

impl DataTraffic {
    pub(crate) fn add(&mut self, now: Instant, packets: u64, bytes: u64) {
        self.packets += packets;
        self.bytes += bytes;
        self.last = Some(now);
    }
}

/// A pair of the checklist.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) id: u64,
    /// The index of the local host candidate, from whose socket checks are sent.
    pub(crate) local: usize,
    /// The index of the local candidate that the peer sees, once a check told us.
    pub(crate) mapped: Option<usize>,
    /// The index of the remote candidate.
    pub(crate) remote: usize,
    pub(crate) path: Path,
    pub(crate) priority: u64,
    pub(crate) foundation: String,
    pub(crate) state: PairState,
    /// The controlling side chose it, though our own check may still be on its way.
    pub(crate) nominated: bool,
    /// The number of its last nomination; 0 without one, or where they have none.
    pub(crate) nomination: u32,
    /// When it was in use and went bad.
    pub(crate) lost: Option<Instant>,
    /// Since when the controlling side nominates this pair, and never the one in use.
    pub(crate) preferred_since: Option<Instant>,
    /// Until when the last answer allows to send data.
    pub(crate) consent_until: Option<Instant>,
    /// When the last check was sent.
    pub(crate) checked: Option<Instant>,
    /// It was checked as a backup since it was last known not to work.
    pub(crate) searched: bool,
    pub(crate) traffic: Traffic,
}

/// What went over a pair.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) current_rtt: Option<Duration>,
    pub(crate) total_rtt: Duration,
    pub(crate) requests_sent: u64,
    pub(crate) requests_received: u64,
    pub(crate) responses_sent: u64,
    pub(crate) responses_received: u64,
    pub(crate) consent_requests_sent: u64,
    pub(crate) sent: DataTraffic,
    pub(crate) received: DataTraffic,
}

impl Traffic {
    pub(crate) fn answered(&mut self, rtt: Option<Duration>) {
        self.responses_received += 1;
        if let Some(rtt) = rtt {
            self.current_rtt = Some(rtt);
            self.total_rtt += rtt;
        }
    }
}

impl Pair {
    /// Whether a check succeeded and its consent still holds.
    pub(crate) fn is_valid(&self, now: Instant) -> bool {
        self.state == PairState::Succeeded && self.consent_until.is_some_and(|until| now < until)
    }

    /// Whether its fate is still open.
    pub(crate) fn is_unresolved(&self) -> bool {
        matches!(self.state, PairState::Frozen | PairState::Waiting | PairState::InProgress)
    }
}

/// The priority of a pair ([RFC 8445, section 6.1.2.3](https://www.rfc-editor.org/rfc/rfc8445#section-6.1.2.3)):
/// the same number on both sides.
pub(crate) fn priority(role: Role, local: u32, remote: u32) -> u64 {
    let (controlling, controlled) = match role {
        Role::Controlling => (u64::from(local), u64::from(remote)),
        Role::Controlled => (u64::from(remote), u64::from(local)),
    };
    (controlling.min(controlled) << 32)
        + 2 * controlling.max(controlled)
        + u64::from(controlling > controlled)
}
