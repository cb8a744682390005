//! Where a datagram comes from and goes to.

use std::fmt;
use std::net::SocketAddr;

/// Names one local socket of one connection.
///
/// The core chooses the number when it asks for a socket; the driver maps it to the real one. Numbers are never
/// reused within a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u32);

impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{}", self.0)
    }
}

/// A local socket and a remote transport address: the two ends of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    /// The local socket.
    pub socket: SocketId,
    /// The remote transport address.
    pub remote: SocketAddr,
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}<->{}", self.socket, self.remote)
    }
}
