//! What a session asks of whoever owns sockets, and the answers.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use base::{Path, SocketId};
use ice::MdnsName;

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
    /// Bind a UDP socket that no other session has, whatever [`BindUdp`](Action::BindUdp) gives; answered by
    /// [`ActionResult::Bound`]. It is for one TURN server alone. Only sessions whose other sockets are shared ask for it:
    /// see [`ice::AgentConfig::own_relay_sockets`].
    BindOwnUdp {
        /// The name that the session gives to the socket.
        socket: SocketId,
        /// Where to bind; the port is 0.
        address: SocketAddr,
    },
    /// Open a TCP connection, with TLS on it where `tls` says so; answered by [`ActionResult::Connected`]. What is sent
    /// and received on `path` are datagrams all the same. The attempt goes on until it is answered or the socket is
    /// closed: whoever asks decides how long it may take.
    ConnectTcp {
        /// The stream's name: a socket that the session names, which may have streams to several remote addresses, and
        /// where to connect to.
        path: Path,
        /// The local address to connect from; without it the system chooses.
        local: Option<IpAddr>,
        /// The name that the server's certificate must be for, if TLS is to be spoken.
        tls: Option<String>,
        /// How datagrams are told apart in the stream.
        framing: Framing,
    },
    /// Listen for TCP connections whose datagrams are framed as RFC 4571 has it; answered by [`ActionResult::Bound`]. What
    /// comes in an accepted stream are datagrams on a path of this socket; nothing says that there is a new one, as there
    /// is nothing to know of it before it has sent something authentic.
    ListenTcp {
        /// The name that the session gives to the listener and to its streams.
        socket: SocketId,
        /// Where to listen; port 0 leaves the choice to the system.
        address: SocketAddr,
    },
    /// Close a UDP socket, a listener, or all streams of this name, after everything that was taken with `poll_transmit` has been
    /// sent. Not answered.
    CloseSocket {
        /// The socket.
        socket: SocketId,
    },
    /// Close one stream, open or being opened, at once: what waits in it will not arrive. Not answered, and nothing more is
    /// to be told of it. The same path may be asked for again right after that.
    CloseStream {
        /// The stream.
        path: Path,
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
    /// Resolve the name that a candidate of the peer has instead of an address, in multicast DNS; answered by
    /// [`ActionResult::Resolved`], with every address that the name stands for. Their port does not matter.
    ResolveName {
        /// Returned with the answer.
        id: u32,
        /// The name.
        name: MdnsName,
    },
    /// Answer for a name in multicast DNS. Not answered.
    PublishName {
        /// The name.
        name: MdnsName,
        /// The address of this machine that it stands for.
        ip: IpAddr,
    },
    /// Stop answering for a name. Not answered.
    UnpublishName {
        /// The name.
        name: MdnsName,
    },
}

/// The answer to an [`Action`]. Late, repeated and unasked answers are harmless.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ActionResult {
    /// This machine's addresses, none of them if they could not be listed. Unasked, it says that they have changed:
    /// sockets on addresses that are gone are closed.
    Interfaces(Vec<Interface>),
    /// A socket was bound, or could not be.
    Bound {
        /// The socket's name.
        socket: SocketId,
        /// The address that it is bound to.
        result: Result<SocketAddr, BindError>,
    },
    /// A stream is open, with TLS if it was asked for, or could not be opened.
    Connected {
        /// From the action.
        path: Path,
        /// The local address.
        result: Result<SocketAddr, ConnectError>,
    },
    /// A stream that was open has ended: the other side closed it, the system did, or what came was not framed. It needs
    /// no [`Action::CloseSocket`]. Not asked for.
    StreamClosed {
        /// The stream.
        path: Path,
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

/// How datagrams are told apart in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Two bytes of length before each ([RFC 4571, section 2](https://www.rfc-editor.org/rfc/rfc4571#section-2)): ICE-TCP.
    Rfc4571,
    /// Each is a STUN message or a ChannelData message, which have their length in their header; the padding of
    /// ChannelData ([RFC 8656, section 12.5](https://www.rfc-editor.org/rfc/rfc8656#section-12.5)) is added and removed
    /// by the driver.
    Stun,
}

/// Why a stream could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectError {
    /// The local address is not one of this machine's (any more), or the family is not supported.
    AddressUnavailable,
    /// The other side refused.
    Refused,
    /// There is no way to the other side, or it did not answer.
    Unreachable,
    /// The system has no descriptors, ports or memory left.
    Exhausted,
    /// The server's certificate was not accepted: it is for another name, not valid now, or issued by nobody we trust.
    UntrustedCertificate,
    /// The TLS handshake failed otherwise.
    TlsFailed,
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ConnectError::AddressUnavailable => "the local address cannot be used",
            ConnectError::Refused => "the connection was refused",
            ConnectError::Unreachable => "the host cannot be reached",
            ConnectError::Exhausted => "the system has no sockets left",
            ConnectError::UntrustedCertificate => "the server's certificate is not trusted",
            ConnectError::TlsFailed => "the TLS handshake failed",
        })
    }
}
