//! Everything that speaks STUN: an [RFC 8445] agent without IO.
//!
//! An [`Agent`] finds out over which paths two peers reach each other, agrees with the other agent on one of
//! them, and keeps asking whether the other side still wants to hear from us (consent, [RFC 7675]). Candidates
//! may come and go in any order ([RFC 8838], trickle ICE).
//!
//! Invariants: no clock and no socket in here; nothing that failed authentication creates a candidate, a pair
//! or any other state; every queue and every list has a bound, named in [`AgentConfig`] or in a constant beside
//! its use.
//!
//! ```
//! use std::time::Instant;
//! # fn example(now: Instant) {
//! let mut rng = base::Rng::from_seed([0; 32]);
//! let local = ice::Credentials::generate(&mut rng);
//! let mut agent = ice::Agent::new(ice::AgentConfig::default(), ice::Role::Controlling, local, rng);
//! agent.start_gathering();
//! agent.add_host(now, base::SocketId(0), "192.0.2.1:5000".parse().unwrap());
//! agent.sources_complete(now);
//! while let Some(event) = agent.poll_event() {
//!     if let ice::Event::LocalCandidate(candidate) = event {
//!         assert_eq!(candidate.kind, ice::CandidateKind::Host);
//!     }
//! }
//! assert_eq!(agent.gathering_state(), ice::GatheringState::Complete);
//! # }
//! ```
//!
//! [RFC 8445]: https://www.rfc-editor.org/rfc/rfc8445
//! [RFC 7675]: https://www.rfc-editor.org/rfc/rfc7675
//! [RFC 8838]: https://www.rfc-editor.org/rfc/rfc8838
#![forbid(unsafe_code)]

mod address_filter;
mod agent;
mod bad_port;
mod candidate;
mod checklist;
mod config;
mod consent;
mod counters;
mod credentials;
mod embedding;
mod event;
mod external_address;
mod mdns_name;
mod pair;
mod relay;
mod state;
mod stun;
mod transaction;
mod turn;

pub use address_filter::{AddressFilter, AddressRange, AddressRangeError};
pub use agent::Agent;
pub use candidate::{Candidate, CandidateKind, Protocol, TcpType};
pub use config::AgentConfig;
pub use counters::Counters;
pub use credentials::Credentials;
pub use event::{CandidateError, Event};
pub use external_address::{ExternalAddress, ExternalMode};
pub use mdns_name::{MdnsName, MdnsNameError};
pub use pair::{DataTraffic, PairState, PairStats};
pub use relay::{RelayProtocol, StreamRequest, TurnServer};
pub use state::{GatheringState, Role, TransportState};
pub use turn::TurnCredentials;
