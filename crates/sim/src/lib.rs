//! A network in virtual time: a [`Clock`] that moves only when told to, hosts with addresses and sockets, and
//! links with loss, delay, jitter, reordering, duplication, a rate, a queue and an MTU; and an internet with
//! [NATs](NatConfig) of every kind. Everything follows from a seed: the same seed, nodes and calls give the same
//! [trace](Network::trace), byte for byte.
//!
//! The crate knows datagrams and streams, not WebRTC: what takes part implements [`Node`]. Two servers are
//! here for all: a [`StunServer`] and a [`TurnServer`].
//!
//! ```
//! use std::time::{Duration, Instant};
//! use base::{Path, SendBatch, SocketId};
//! use sim::{Host, LinkConfig, Network, Node};
//!
//! /// Sends one datagram to a friend and counts what it gets.
//! struct Caller { friend: std::net::SocketAddr, sent: bool, got: usize }
//!
//! impl Node for Caller {
//!     fn handle_datagram(&mut self, _: Instant, _: Path, _: &[u8]) { self.got += 1 }
//!     fn handle_timeout(&mut self, _: Instant) {}
//!     fn poll_timeout(&self) -> Option<Instant> { None }
//!     fn poll_transmit(&mut self, _: Instant, out: &mut SendBatch) {
//!         if !std::mem::replace(&mut self.sent, true) {
//!             out.push(Path { socket: SocketId(0), remote: self.friend }, b"hello");
//!         }
//!     }
//!     fn settle(&mut self, _: Instant, host: &mut Host) {
//!         host.bind(SocketId(0), (host.interfaces()[0], 5000).into());
//!     }
//! }
//!
//! let mut network = Network::new(1);
//! let caller = |friend: &str| Caller { friend: friend.parse().unwrap(), sent: false, got: 0 };
//! let a = network.add_node("a", caller("10.0.0.2:5000"), &["10.0.0.1".parse().unwrap()]);
//! let b = network.add_node("b", caller("10.0.0.1:5000"), &["10.0.0.2".parse().unwrap()]);
//! network.link(a, b, LinkConfig { delay: Duration::from_millis(20), ..LinkConfig::default() });
//! network.run_for(Duration::from_millis(25));
//! assert_eq!((network.node(a).got, network.node(b).got), (1, 1));
//! ```
#![forbid(unsafe_code)]

mod clock;
mod host;
mod link;
mod nat;
mod network;
mod occupant;
mod packet;
mod stream;
mod stun_message;
mod stun_server;
mod topology;
mod trace;
mod turn_server;

pub use clock::Clock;
pub use host::Host;
pub use link::LinkConfig;
pub use nat::{Dependence, NatConfig, Passage, PortChoice};
pub use network::{Network, Node, NodeId};
pub use occupant::Server;
pub use packet::Protocol;
pub use stream::{CONNECT_TIMEOUT, ConnectFailure, StreamEvent};
pub use stun_server::StunServer;
pub use topology::{NatId, Realm};
pub use trace::Trace;
pub use turn_server::{TurnConfig, TurnFaults, TurnServer};
