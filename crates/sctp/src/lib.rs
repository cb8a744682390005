//! SCTP behind our own face, without IO.
//!
//! An [`Association`] is one end of one SCTP association over DTLS (RFC 9260, RFC 8261) as WebRTC's data
//! channels use it (RFC 8831): streams with partial reliability (RFC 3758) and priorities that can be reset one by one
//! (RFC 6525), and whose messages are interleaved where the peer knows how (RFC 8260). Packets go in by [`Association::handle_packet`] and come out by [`Association::poll_packet`].
//!
//! [`Association`] starts a handshake at once and answers the peer's, so that every combination of one or two
//! initiators connects. Losses are found by time (as RACK does for TCP, RFC 8985), packets are paced, and a model
//! of the path says how many may be on their way ([`CongestionControl`]); all of it is the sender's own business
//! and works with any peer.
#![forbid(unsafe_code)]

mod association;
mod chunk;
mod config;
mod congestion;
mod crc32c;
mod event;
mod handshake;
mod init;
mod message;
mod packet;
mod reset;
mod room;
mod rx;
mod stream;
mod tsn;
mod tx;

pub use association::Association;
pub use config::{Config, Discovery};
pub use congestion::CongestionControl;
pub use event::{CloseCause, Counters, Event, SendError, State, Stats};
pub use init::InitChunk;
pub use message::{Delivery, Message, Ppid, Reliability};
