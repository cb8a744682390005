//! What is sent and received.

use std::time::Duration;

use bytes::Bytes;

/// A payload protocol identifier (RFC 9260, section 3.3.1). SCTP carries it and does not look at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ppid(pub u32);

impl Ppid {
    /// Data Channel Establishment Protocol (RFC 8832, section 8.1).
    pub const DCEP: Ppid = Ppid(50);
    /// Text (RFC 8831, section 8).
    pub const STRING: Ppid = Ppid(51);
    /// Bytes.
    pub const BINARY: Ppid = Ppid(53);
    /// An empty text: SCTP has no empty messages, so one byte is sent that does not count (RFC 8831,
    /// section 6.6).
    pub const STRING_EMPTY: Ppid = Ppid(56);
    /// An empty sequence of bytes, likewise.
    pub const BINARY_EMPTY: Ppid = Ppid(57);
}

/// How hard to try.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reliability {
    /// Until it arrives or the association ends.
    #[default]
    Reliable,
    /// As long as no part of the message was retransmitted more often than this (RFC 7496, section 3.2).
    MaxRetransmits(u16),
    /// As long as the message is not older than this (RFC 3758, section 4.1). Counted in milliseconds.
    MaxLifetime(Duration),
}

/// How a message is to be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// In the order in which the messages of the stream were sent.
    pub ordered: bool,
    /// How hard to try.
    pub reliability: Reliability,
}

impl Default for Delivery {
    /// Ordered and reliable.
    fn default() -> Self {
        Delivery { ordered: true, reliability: Reliability::Reliable }
    }
}

/// A message that the peer sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The stream by which it came.
    pub stream: u16,
    /// What it is.
    pub ppid: Ppid,
    /// Its bytes.
    pub payload: Bytes,
}
