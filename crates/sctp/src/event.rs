//! What an association says.

use std::fmt;
use std::time::Duration;

/// Where an association stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The handshake runs.
    Connecting,
    /// Messages flow.
    Connected,
    /// The association is being shut down: what was sent is still delivered.
    ShuttingDown,
    /// The association has ended.
    Closed,
}

/// What happened, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The association stands.
    Connected {
        /// How many streams there are each way: ids below this number may be used.
        max_streams: u16,
    },
    /// The association has ended; nothing more will come.
    Closed(CloseCause),
    /// There is at least one message to read on a stream. Said once; then read until there is none.
    Readable {
        /// The stream.
        stream: u16,
    },
    /// The peer reset its outgoing side of a stream (RFC 6525, section 5.2.2), and all that it had sent on it
    /// before was read. Messages that are read after this event belong to the stream's next use.
    IncomingReset {
        /// The stream.
        stream: u16,
    },
    /// The peer acknowledged that we reset our outgoing side: the stream may be used again.
    ResetComplete {
        /// The stream.
        stream: u16,
    },
    /// The peer refused to reset, or does not know how to: the stream cannot be used again.
    ResetFailed {
        /// The stream.
        stream: u16,
    },
    /// [`Association::unsent`](crate::Association::unsent) or
    /// [`Association::buffered_amount`](crate::Association::buffered_amount) has fallen.
    BufferDrained {
        /// The stream.
        stream: u16,
    },
}

/// Why an association has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseCause {
    /// The peer aborted it.
    PeerAbort,
    /// The peer shut it down; what both had sent was delivered.
    PeerShutdown,
    /// The peer did not answer.
    Timeout,
    /// This end shut it down or aborted it.
    Local,
    /// The peer broke the protocol.
    ProtocolViolation,
    /// Messages that cannot be completed fill the receive window, or a message is longer than we accept.
    ReceiveLimit,
}

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// The association is shutting down or has ended.
    Closed,
    /// The message is longer than the peer accepts.
    TooLarge {
        /// The most bytes that it does accept.
        limit: u32,
    },
    /// SCTP has no empty messages (RFC 9260, section 3.3.1): send one byte with an "empty" [`Ppid`](crate::Ppid).
    Empty,
    /// There is no stream of that number.
    NoSuchStream,
    /// The stream is being reset.
    Resetting,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendError::Closed => f.write_str("the association has ended"),
            SendError::TooLarge { limit } => write!(f, "longer than the {limit} bytes that the peer accepts"),
            SendError::Empty => f.write_str("no bytes to send"),
            SendError::NoSuchStream => f.write_str("no such stream"),
            SendError::Resetting => f.write_str("the stream is being reset"),
        }
    }
}

impl std::error::Error for SendError {}

/// How the association does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// The smoothed round-trip time, once measured.
    pub rtt: Option<Duration>,
    /// Bytes that may be on their way at one time (chunks with their headers); 0 before the association stands.
    pub congestion_window: usize,
    /// Bytes accepted by [`Association::send`](crate::Association::send) and not yet acknowledged, over all
    /// streams.
    pub buffered: usize,
    /// Bytes received that wait for a reader, or for what is missing before them, over all streams.
    pub unread: usize,
}

/// What was counted since the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets handed in.
    pub packets_received: u64,
    /// Bytes of them.
    pub bytes_received: u64,
    /// Packets written out.
    pub packets_sent: u64,
    /// Bytes of them.
    pub bytes_sent: u64,
    /// Messages accepted for sending.
    pub messages_sent: u64,
    /// Bytes of them.
    pub message_bytes_sent: u64,
    /// Messages read.
    pub messages_received: u64,
    /// Bytes of them.
    pub message_bytes_received: u64,
    /// Packets that are no SCTP: too short, wrong checksum, wrong ports, malformed chunks.
    pub dropped_malformed: u64,
    /// Packets with the verification tag of another association.
    pub dropped_tag: u64,
    /// Chunks that make no sense in the state that the association was in.
    pub dropped_state: u64,
    /// Handshake packets sent again.
    pub handshake_retransmits: u64,
    /// DATA chunks sent, those that were sent again included.
    pub chunks_sent: u64,
    /// DATA chunks sent again.
    pub chunks_retransmitted: u64,
    /// Those of them that had arrived before.
    pub superfluous_retransmits: u64,
    /// Probes for longer packets ([`Config::discovery`](crate::Config::discovery)).
    pub path_probes: u64,
}
