//! What an endpoint says.

use std::fmt;

/// Where an endpoint stands (as [`RTCDtlsTransportState`](https://www.w3.org/TR/webrtc/#rtcdtlstransportstate-enum)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing was sent or received yet.
    New,
    /// The handshake runs.
    Connecting,
    /// The handshake ended and the peer's certificate matched a fingerprint.
    Connected,
    /// One of the ends closed the connection.
    Closed,
    /// The connection ended by a failure.
    Failed,
}

/// What happened, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The handshake ended and the peer's certificate matched a fingerprint: data flows.
    Connected,
    /// The peer closed the connection (close_notify), or this end did.
    Closed,
    /// The connection failed; nothing more will come.
    Failed(FailureCause),
}

/// Why a connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureCause {
    /// The peer's certificate has none of the signalled fingerprints, or only fingerprints of hash functions
    /// that are too weak were signalled.
    FingerprintMismatch,
    /// The peer did not answer in time.
    Timeout,
    /// The handshake failed: no common parameters, a bad signature, or a peer that broke the protocol.
    Handshake,
    /// The peer said with a fatal alert that it gave up.
    PeerAlert,
    /// The connection failed after it had been established.
    Connection,
}

/// The protocol version of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// DTLS 1.2 (RFC 6347).
    Dtls12,
    /// DTLS 1.3 (RFC 9147).
    Dtls13,
}

/// Why a plaintext was not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealError {
    /// The endpoint is not connected.
    NotConnected,
    /// The plaintext is longer than what the peer takes in one record.
    TooLarge,
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SealError::NotConnected => "not connected",
            SealError::TooLarge => "longer than what the peer takes in one record",
        })
    }
}

impl std::error::Error for SealError {}

/// What was counted since the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams handed in.
    pub datagrams_received: u64,
    /// Bytes of them.
    pub bytes_received: u64,
    /// Datagrams written out.
    pub datagrams_sent: u64,
    /// Bytes of them.
    pub bytes_sent: u64,
    /// Application datagrams opened.
    pub opened: u64,
    /// Application datagrams sealed.
    pub sealed: u64,
    /// Records that are none, or none for this moment; also what is left of a datagram behind one that is none.
    pub dropped_malformed: u64,
    /// Application datagrams that found the read queue full.
    pub dropped_read_queue_full: u64,
    /// Datagrams that came after the end.
    pub dropped_closed: u64,
    /// Protected records that were not authentic.
    pub dropped_forged: u64,
    /// Protected records that came before, or are too old to tell.
    pub dropped_replayed: u64,
    /// Protected records that were longer than what we take (RFC 8449).
    pub dropped_too_long: u64,
    /// Handshakes begun anew because another first message came before anybody was proven to be the peer.
    pub restarts: u64,
}
