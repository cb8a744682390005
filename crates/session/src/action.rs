//! What a session asks of whoever owns sockets, and the answers.

use std::net::{IpAddr, SocketAddr};

use base::SocketId;

/// Something that only the world outside can do. Taken with [`Session::poll_action`](crate::Session::poll_action).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// List this machine's addresses; answered by [`ActionResult::Interfaces`].
    ListInterfaces,
    /// Bind a UDP socket; answered by [`ActionResult::Bound`].
    BindUdp {
        /// The name that the session gives to the socket.
        socket: SocketId,
        /// Where to bind; port 0 leaves the choice to the system.
        address: SocketAddr,
    },
    /// Close a socket, after everything that was taken with `poll_transmit` has been sent. Not answered.
    CloseUdp {
        /// The socket.
        socket: SocketId,
    },
    /// Resolve a host name; answered by [`ActionResult::Resolved`].
    Resolve {
        /// Returned with the answer.
        id: u32,
        /// The host name.
        host: String,
        /// The port to put into the addresses.
        port: u16,
    },
}

/// The answer to an [`Action`]. Late, repeated and unasked answers are harmless.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ActionResult {
    /// This machine's addresses, none of them if they could not be listed.
    Interfaces(Vec<Interface>),
    /// A socket was bound, or could not be.
    Bound {
        /// The socket's name.
        socket: SocketId,
        /// The address that it is bound to.
        result: Result<SocketAddr, BindError>,
    },
    /// A name was resolved; no addresses mean that it could not be.
    Resolved {
        /// From the action.
        id: u32,
        /// The addresses, with the action's port.
        addresses: Vec<SocketAddr>,
    },
}

/// An address of this machine. An interface that has several is there once for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// The interface's name as the system has it: `eth0`, `wlan0`.
    pub name: String,
    /// The address.
    pub ip: IpAddr,
}

impl From<IpAddr> for Interface {
    /// An address of an interface without a name.
    fn from(ip: IpAddr) -> Self {
        Interface { name: String::new(), ip }
    }
}

/// Why a socket could not be bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BindError {
    /// The address is not one of this machine's (any more), or its family is not supported.
    AddressUnavailable,
    /// Another socket has the port.
    InUse,
    /// The system has no descriptors, ports or memory left.
    Exhausted,
    /// The system refused.
    Refused,
}
