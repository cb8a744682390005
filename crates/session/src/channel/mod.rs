//! Data channels ([RFC 8831](https://www.rfc-editor.org/rfc/rfc8831), DCEP
//! [RFC 8832](https://www.rfc-editor.org/rfc/rfc8832)).
//!
//! A channel is a pair of SCTP streams with one identifier. The table knows three kinds of streams: those of
//! channels, those that are being reset without a channel (refused, or left by a channel that failed), and all
//! others, on which only an OPEN, or early data for a negotiated channel, is expected. Whatever else a peer does on
//! a stream costs it that stream, and nothing else.

mod closing;
mod data_channel;
mod dcep;
mod early;
mod ids;
mod incoming;
mod outstanding;
mod state;
mod table;
mod unread;

#[cfg(test)]
mod tests;

use bytes::Bytes;

pub(crate) use table::{Context, Limits, Table};
pub use unread::MAX_UNREAD;

/// The room that a channel's reader has at the start, in bytes.
///
/// Each delivered message takes its [cost](Payload::cost) from the room; while there is none left, messages stay in
/// SCTP and close the receive window. [`Session::grant`](crate::Session::grant) gives room back. Where many channels are
/// not read, each has less, so that all of them have [`MAX_UNREAD`] at most.
pub const READ_ROOM: usize = 1024 * 1024;

/// What a message takes of its reader's room beside its bytes: about what it takes of the memory.
const MESSAGE_COST: usize = 128;

/// Names one channel of one session. Never reused within a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelKey(pub u64);

/// How to open a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelInit {
    /// The label, at most 65,535 bytes.
    pub label: String,
    /// The subprotocol, at most 65,535 bytes.
    pub protocol: String,
    /// Whether messages keep their order.
    pub ordered: bool,
    /// How hard delivery is tried.
    pub reliability: sctp::Reliability,
    /// The stream identifier that both applications agreed on, or `None` for a channel that DCEP opens.
    pub negotiated_id: Option<u16>,
    /// RFC 8831, section 6.4: 128 below normal, 256 normal, 512 high, 1024 extra high.
    pub priority: u16,
}

impl Default for ChannelInit {
    /// Ordered, reliable, in-band, normal priority, with empty names.
    fn default() -> Self {
        ChannelInit {
            label: String::new(),
            protocol: String::new(),
            ordered: true,
            reliability: sctp::Reliability::Reliable,
            negotiated_id: None,
            priority: 256,
        }
    }
}

/// A message as the application sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// Whether this is text. The bytes of a received text are UTF-8.
    pub text: bool,
    /// The content.
    pub bytes: Bytes,
}

impl Payload {
    /// What the message takes of its reader's room: see [`READ_ROOM`].
    pub fn cost(&self) -> usize {
        self.bytes.len() + MESSAGE_COST
    }
}

/// Why a message was not accepted for sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// There is no such channel (any more).
    UnknownChannel,
    /// The channel is not open yet, or is closing.
    NotOpen,
    /// The message is larger than the peer accepts.
    TooLarge {
        /// The peer's limit in bytes.
        limit: u64,
    },
    /// The channel's send buffer has no room for this message now.
    BufferFull,
}

/// Why a channel closed without a closing procedure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChannelError {
    /// All stream identifiers of our parity are in use.
    NoFreeId,
    /// The identifier is in use by another channel.
    IdInUse,
    /// The identifier is not below the number of streams that the association has.
    IdOutOfRange,
    /// The session has as many channels as it may.
    TooManyChannels,
    /// The label or the protocol is longer than 65,535 bytes (RFC 8832, section 5.1).
    NameTooLong,
    /// The peer broke the channel protocol on this channel's stream.
    ProtocolViolation,
    /// The peer sent text that is not UTF-8.
    InvalidText,
    /// The association ended.
    Association(sctp::CloseCause),
    /// DTLS ended because the peer closed it.
    DtlsClosed,
    /// DTLS failed.
    DtlsFailed(dtls::FailureCause),
    /// The session was closed on this side.
    SessionClosed,
}

/// What a channel has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChannelStats {
    /// Messages accepted for sending.
    pub messages_sent: u64,
    /// Their bytes.
    pub bytes_sent: u64,
    /// Messages delivered.
    pub messages_received: u64,
    /// Their bytes.
    pub bytes_received: u64,
}

/// A channel's unchanging properties, and its identifier.
#[derive(Clone, Copy, Debug)]
pub struct ChannelInfo<'a> {
    /// How it was opened, by whichever side.
    pub init: &'a ChannelInit,
    /// The stream identifier, once it is known.
    pub id: Option<u16>,
    /// Whether the peer opened it.
    pub incoming: bool,
    /// What it has counted.
    pub stats: ChannelStats,
}
