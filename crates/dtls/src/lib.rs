//! DTLS 1.2 and 1.3 as WebRTC needs it, without IO.
//!
//! An [`Endpoint`] is one end of one DTLS connection (1.2, RFC 6347, or 1.3, RFC 9147): datagrams go in by
//! [`Endpoint::handle_datagram`], datagrams come out by [`Endpoint::poll_transmit`], application data is sealed
//! straight into the send batch and read when it was opened. The peer is whoever holds the key of a
//! [`Certificate`] whose [`Fingerprint`] was signalled (RFC 8122, RFC 8842): there is no other trust.
//!
//! What WebRTC has no use for is not there: pre-shared keys, resumption, renegotiation, early data, compression,
//! connection ids.
//!
//! Invariant: nothing is reported connected and no byte is delivered before the certificate matched.
#![forbid(unsafe_code)]

mod certificate;
mod config;
mod crypto;
mod endpoint;
mod event;
mod fingerprint;
mod handshake;
mod key_schedule;
mod message;
mod record;
mod suite;
mod unread;
mod x509;

pub use certificate::{Certificate, CertificateError, KeyAlgorithm};
pub use config::{Config, Role, Versions};
pub use endpoint::Endpoint;
pub use event::{Counters, Event, FailureCause, SealError, State, Version};
pub use fingerprint::{Fingerprint, FingerprintError, HashAlgorithm};
pub use suite::SrtpProfile;
