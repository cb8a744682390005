//! The driver: everything that touches a socket, a thread or a clock.
//!
//! ```text
//! handles (any thread, any executor)          worker (one of a few named threads, started on first use)
//!   RtcPeerConnection --.                        socket readable / deadline / bell
//!   RtcDataChannel ------+-> Connection <----------- Worker: a bounded turn for each ready connection
//!   event streams -----'    (one lock)              receive, timers, tasks, actions, transmit
//! ```
//!
//! Invariants: a connection's lock is held for one call or one batch, never across an await and never
//! together with another one; no waker is woken or dropped under it. Handles point at a connection, and a
//! worker does until the connection is finished; nothing points back at a handle.

pub(crate) mod clock;
pub(crate) mod connection;
pub(crate) mod counters;
mod direct;
mod drive;
pub(crate) mod endpoint;
pub(crate) mod event_queue;
pub(crate) mod event_source;
mod framing;
mod interfaces;
mod listener;
mod mail;
mod marked;
mod mdns;
mod media;
mod outside;
mod peek;
mod port;
mod ready;
mod resolver;
mod router;
mod routes;
mod stream;
mod tcp;
mod tls;
mod transport_events;
mod udp;
mod watch;
mod worker;
pub(crate) mod workers;
