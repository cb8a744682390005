//! What happened how often.

/// Counts since the agent was made. Drops are counted by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams given to the agent.
    pub datagrams_received: u64,
    /// Datagrams that the agent gave out.
    pub datagrams_sent: u64,
    /// Connectivity and consent checks sent, with retransmissions.
    pub requests_sent: u64,
    /// Authenticated requests received.
    pub requests_received: u64,
    /// Success responses sent.
    pub responses_sent: u64,
    /// Responses that ended a transaction of ours.
    pub responses_received: u64,
    /// Role conflicts that were repaired here.
    pub role_conflicts: u64,
    /// Dropped: not a well-formed STUN message, a method other than Binding, or a wrong FINGERPRINT.
    pub dropped_malformed: u64,
    /// Dropped: an authenticated request to a transport that failed.
    pub dropped_unexpected: u64,
    /// Dropped: no or wrong USERNAME or MESSAGE-INTEGRITY, or an attribute that a check must carry is missing.
    pub dropped_unauthenticated: u64,
    /// Dropped: a response to no request of ours.
    pub dropped_unknown_transaction: u64,
    /// Dropped: a response from another address or on another socket than its request went to.
    pub dropped_asymmetric: u64,
    /// Dropped: a socket that the agent does not have (any more).
    pub dropped_unknown_socket: u64,
    /// Answered, but nothing kept: too many early checks or peer-reflexive candidates.
    pub dropped_over_limit: u64,
    /// Remote candidates that were ignored: unusable address, unsupported, duplicate or over a limit.
    pub candidates_ignored: u64,
    /// Remote candidates that were refused: `AgentConfig::remote_addresses` does not have their address, or it is over TCP at
    /// a port that belongs to something else.
    pub candidates_refused: u64,
    /// Dropped: a request from where the peer may not be.
    pub dropped_refused: u64,
    /// Pairs that were not formed, or were given up, because of the checklist's limit.
    pub pairs_over_limit: u64,
    /// Datagrams that were not sent, because nobody polled.
    pub outgoing_over_limit: u64,
    /// Datagrams for an address that a TURN server does not relay to.
    pub dropped_unreachable: u64,
}
