//! The stacks under measurement, each behind the same small face: two connected peers with one reliable, ordered
//! channel, whose `send` waits for room as that stack wants it done.

pub mod rustrtc;
pub mod str0m;
pub mod visavis;
pub mod webrtc;

use std::future::Future;

use bytes::Bytes;

/// As on the command line and in the tables.
pub const NAMES: [&str; 4] = ["visavis", "webrtc", "str0m", "rustrtc"];

/// A WebRTC implementation.
pub trait Stack {
    /// One end of a connection.
    type End: End;
    /// Two peers in this process, connected over loopback, with an open channel.
    fn connect() -> impl Future<Output = anyhow::Result<(Self::End, Self::End)>> + Send;
}

/// One end of a connection with one channel.
pub trait End: Send + Sync + 'static {
    /// Queues a message, after waiting for room where the stack has a limit.
    fn send(&self, message: Bytes) -> impl Future<Output = anyhow::Result<()>> + Send;
    /// The next message.
    fn recv(&mut self) -> impl Future<Output = anyhow::Result<Bytes>> + Send;
    /// Closes the connection.
    fn close(self) -> impl Future<Output = ()> + Send;
}
