//! One connection's data engine: ICE, DTLS, SCTP and data channels in one sans-IO state machine.
//!
//! A [`Session`] takes a [`SessionPlan`] (what two descriptions agreed on, without their text), datagrams, answers
//! to its [`Action`]s and the time; it gives datagrams, [`Action`]s for whoever owns sockets, and [`Event`]s for
//! whoever owns the W3C objects. It knows no SDP and no W3C name.
//!
//! Nothing keeps state for a stranger: a datagram that is not STUN is looked at only if ICE has authenticated the
//! path that it came on, nothing reaches DTLS before the plan says which certificate is expected, and nothing
//! reaches SCTP before that certificate was seen and proved.
#![forbid(unsafe_code)]

mod action;
mod channel;
mod config;
mod counters;
mod demux;
mod event;
mod gathering;
mod plan;
mod remote_names;
mod session;
mod transport;
mod transport_id;
mod transports;

pub use action::{Action, ActionResult, BindError, ConnectError, Framing, Interface};
pub use channel::{
    ChannelError, ChannelInfo, ChannelInit, ChannelKey, ChannelStats, MAX_UNREAD, Payload, READ_ROOM,
    SendError,
};
pub use config::{
    HostPolicy, IceServer, IceServerKind, InterfaceFilter, IpVersions, SessionConfig, TcpPolicy,
};
pub use counters::Counters;
pub use demux::{PacketClass, classify};
pub use event::{Event, SctpState};
pub use plan::{DtlsPlan, IcePlan, SctpPlan, SessionPlan, TransportPlan};
pub use session::{Session, SessionStats};
pub use transport::TransportStats;
pub use transport_id::TransportId;
