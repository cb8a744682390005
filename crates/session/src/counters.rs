//! What a session counts: plain numbers, where the thing happens.

/// A session's counters since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Datagrams that were handed in, of any kind.
    pub datagrams_received: u64,
    /// Their bytes, without IP and UDP headers.
    pub bytes_received: u64,
    /// Datagrams that were written out.
    pub datagrams_sent: u64,
    /// Their bytes, without IP and UDP headers.
    pub bytes_sent: u64,
    /// Datagrams that reached the ICE agent.
    pub stun_received: u64,
    /// Datagrams that reached DTLS.
    pub dtls_received: u64,
    /// Datagrams that were dropped because ICE had authenticated nothing on their path.
    pub dropped_unvalidated: u64,
    /// Datagrams that were dropped because no protocol has their first byte, or none that is spoken here.
    pub dropped_unknown: u64,
    /// DTLS datagrams that were dropped because too many waited for the peer's fingerprints.
    pub dropped_early_dtls: u64,
    /// Datagrams that came after the end.
    pub dropped_closed: u64,
    /// SCTP packets that came before there was a plan for SCTP, or on a transport that has none.
    pub dropped_early_sctp: u64,
    /// Datagrams on a socket that no transport has (any more).
    pub dropped_unknown_socket: u64,
    /// Candidates of the peer for a transport that does not exist.
    pub candidates_without_transport: u64,
    /// Candidates of the peer that were ignored because too many names are being looked up.
    pub candidate_names_over_limit: u64,
    /// Candidates of the peer that were ignored because they have a name and only relays may be used.
    pub candidate_names_prohibited: u64,
    /// Candidates of the peer whose name stands for no address, or for several.
    pub candidate_names_unresolved: u64,
    /// Addresses that got no socket, because the session has as many as it may.
    pub sockets_over_limit: u64,
    /// Sockets that could not be bound.
    pub bind_failures: u64,
    /// DCEP messages that could not be parsed, or that came where they may not.
    pub dcep_invalid: u64,
    /// Incoming channels that were refused: identifier in use, wrong parity, or too many.
    pub channels_refused: u64,
    /// Messages that were dropped: unknown PPID, or on a stream that is being closed.
    pub messages_dropped: u64,
    /// Text messages that are not UTF-8.
    pub text_invalid: u64,
    /// Channels that were opened, by either side.
    pub channels_opened: u64,
    /// Channels that were open and are closed.
    pub channels_closed: u64,
}
