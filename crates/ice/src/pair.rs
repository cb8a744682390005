//! A local and a remote candidate.

use std::time::Duration;

use base::Path;

use crate::Candidate;

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
    /// Whether it is the selected pair.
    pub selected: bool,
    /// Its priority.
    pub priority: u64,
    /// The round-trip time of its last answered check.
    pub current_rtt: Option<Duration>,
    /// The sum of the round-trip times of its answered checks.
    pub total_rtt: Duration,
    /// Checks sent, with retransmissions, without consent checks.
    pub requests_sent: u64,
    /// Checks received.
    pub requests_received: u64,
    /// Answers sent.
    pub responses_sent: u64,
    /// Answers received, to consent checks too.
    pub responses_received: u64,
    /// Consent checks sent.
    pub consent_requests_sent: u64,
}
