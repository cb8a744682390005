//! The vocabulary of every boundary in visavis, and nothing else: where a datagram comes from and goes to
//! ([`Path`]), what is ready to be sent ([`SendBatch`]) and through what ([`Tunnel`]), when something is due ([`TimerTable`]), what the time
//! is ([`WallClock`]), where randomness comes from ([`Rng`]), how bytes are read and written without a panic
//! ([`Reader`], [`Writer`]), how wrapping counters compare ([`Serial16`], [`Serial32`]), and what must never be
//! printed ([`Redacted`]).
//!
//! Invariant: nothing here reads a clock, opens a socket or draws randomness of its own.
#![forbid(unsafe_code)]

mod path;
mod reader;
mod redacted;
mod rng;
mod send_batch;
mod serial;
mod timer_table;
mod wall_clock;
mod writer;

pub use path::{Path, SocketId};
pub use reader::Reader;
pub use redacted::Redacted;
pub use rng::Rng;
pub use send_batch::{SendBatch, Transmit, Tunnel, TunnelLength};
pub use serial::{Serial16, Serial32};
pub use timer_table::{TimerName, TimerTable};
pub use wall_clock::WallClock;
pub use writer::Writer;
