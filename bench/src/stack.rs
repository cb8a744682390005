//! The stacks under measurement, each behind the same small face: two connected peers with one channel, whose `send` waits for
//! room as that stack wants it done.

pub mod rustrtc;
pub mod str0m;
pub mod visavis;
pub mod webrtc;

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;

use crate::link::{From, Link};

/// As on the command line and in the tables.
pub const NAMES: [&str; 8] = [
    "visavis",
    "visavis-runtime",
    "webrtc",
    "webrtc-buffers",
    "str0m",
    "rustrtc",
    "libdatachannel",
    "chromium",
];

/// The program in `peers/` that measures a stack of another language.
pub fn program(name: &str) -> Option<&'static str> {
    match name {
        "libdatachannel" => Some("peers/libdatachannel.mjs"),
        "chromium" => Some("peers/chromium.mjs"),
        _ => None,
    }
}

/// How two peers are connected.
pub struct Options {
    /// Reliable and ordered, or unordered and never retransmitted.
    pub reliable: bool,
    /// What lies between them, if anything does.
    pub link: Option<Arc<Link>>,
}

impl Options {
    pub const RELIABLE: Options = Options { reliable: true, link: None };
    pub const UNRELIABLE: Options = Options { reliable: false, link: None };

    /// The description `sdp`, as the other end has to see it.
    pub fn carry(&self, sdp: String, from: From) -> anyhow::Result<String> {
        match &self.link {
            Some(link) => link.carry(&sdp, from),
            None => Ok(sdp),
        }
    }
}

/// A WebRTC implementation.
pub trait Stack: 'static {
    /// One end of a connection.
    type End: End;
    /// Two peers in this process, connected over loopback, with an open channel.
    fn connect(options: &Options) -> impl Future<Output = anyhow::Result<(Self::End, Self::End)>> + Send;
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
