//! SCTP behind our own face, without IO.
//!
//! An [`Association`] is one end of one SCTP association over DTLS (RFC 9260, RFC 8261) as WebRTC's data
//! channels use it (RFC 8831): streams with partial reliability (RFC 3758) that can be reset one by one
//! (RFC 6525). Packets go in by [`Association::handle_packet`] and come out by [`Association::poll_packet`].
//!
//! The handshake is ours ([`Association`] starts one at once and answers the peer's, so that every combination
//! of one or two initiators connects); what is sent and received after it is `sctp-proto`'s work, which sees
//! only packets that were checked before.
#![forbid(unsafe_code)]

mod association;
mod config;
mod crc32c;
mod data_transfer;
mod event;
mod handshake;
mod init;
mod message;
mod packet;
mod received;
mod reset;
mod stream;

pub use association::Association;
pub use config::Config;
pub use event::{CloseCause, Counters, Event, SendError, State, Stats};
pub use init::InitChunk;
pub use message::{Delivery, Message, Ppid, Reliability};
