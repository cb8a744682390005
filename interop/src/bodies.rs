//! What is tested, between any two peers.

mod channels;
mod closing;
mod connect;
mod media;
mod transfer;

pub use channels::{attributes, many_channels, negotiated};
pub use closing::{channel_closed, connection_closed, reload_while_receiving, reload_while_sending};
pub use connect::{Trickle, connect, connect_and_echo, connected_pair, renomination, try_connect};
pub use media::{media, media_policy, media_renegotiated, media_unbundled, simulcast};
pub use transfer::{bulk, numbered};
