//! DTLS behind our own face, without IO.
//!
//! An [`Endpoint`] is one end of one DTLS connection (1.2, RFC 6347, or 1.3, RFC 9147): datagrams go in by
//! [`Endpoint::handle_datagram`], datagrams come out by [`Endpoint::poll_transmit`], application data is sealed
//! straight into the send batch and read when it was opened. The peer is whoever holds the key of a
//! [`Certificate`] whose [`Fingerprint`] was signalled (RFC 8122, RFC 8842): there is no other trust.
//!
//! Invariant: nothing is reported connected and no byte is delivered before the certificate matched.
#![forbid(unsafe_code)]

mod certificate;
mod config;
mod endpoint;
mod event;
mod fingerprint;
mod records;
#[cfg(feature = "simulation")]
mod simulation;

pub use certificate::{Certificate, CertificateError};
pub use config::{Config, Role, Versions};
pub use endpoint::Endpoint;
pub use event::{Counters, Event, FailureCause, SealError, State, Version};
pub use fingerprint::{Fingerprint, FingerprintError, HashAlgorithm};
