//! TCP connections: how they are opened.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use session::{ConnectError, Framing};
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::TcpSocket;

use crate::net::marked;
use crate::net::stream::Stream;
use crate::net::tls::{self, Trust};

/// What the system may hold of a stream that was not sent yet, where that can be said: more would only be late, and
/// checks of other pairs wait behind it.
#[cfg(any(target_os = "linux", target_os = "android"))]
const MAX_UNSENT: u32 = 128 * 1024;

/// What is asked of a new connection.
pub(crate) struct Request {
    pub(crate) remote: SocketAddr,
    /// Where to connect from; without it the system chooses.
    pub(crate) local: Option<IpAddr>,
    /// With TLS: the server's name, and who may vouch for it.
    pub(crate) tls: Option<(String, Arc<Trust>)>,
    pub(crate) framing: Framing,
    pub(crate) dscp: u8,
}

/// Opens a connection, and shakes hands where TLS is asked for. Takes as long as the system and the other side let it.
pub(crate) async fn connect(request: Request) -> Result<(Stream, SocketAddr), ConnectError> {
    let session = match &request.tls {
        Some((name, trust)) => Some(tls::client(trust, name).await?),
        None => None,
    };
    let socket = socket(&request).map_err(|error| connect_error(&error))?;
    let socket = socket.connect(request.remote).await.map_err(|error| connect_error(&error))?;
    let mut stream = Stream::new(socket, session, request.framing);
    let local = stream.local_address().map_err(|error| connect_error(&error))?;
    stream.handshake().await.map_err(|error| tls::handshake_error(&error))?;
    Ok((stream, local))
}

fn socket(request: &Request) -> io::Result<TcpSocket> {
    let socket = Socket::new(Domain::for_address(request.remote), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    configure(&SockRef::from(&socket))?;
    if request.dscp != 0 {
        marked::mark(&SockRef::from(&socket), request.remote.is_ipv4(), request.dscp)?;
    }
    if let Some(local) = request.local {
        socket.bind(&SocketAddr::new(local, 0).into())?;
    }
    Ok(TcpSocket::from_std_stream(socket.into()))
}

/// What every stream needs, whoever opened it.
pub(crate) fn configure(socket: &SockRef<'_>) -> io::Result<()> {
    socket.set_tcp_nodelay(true)?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    socket.set_tcp_notsent_lowat(MAX_UNSENT)?;
    Ok(())
}

fn connect_error(error: &io::Error) -> ConnectError {
    tracing::debug!(%error, "no connection");
    match error.kind() {
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset | ErrorKind::PermissionDenied => {
            ConnectError::Refused
        }
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::TimedOut => {
            ConnectError::Unreachable
        }
        // EAFNOSUPPORT has no kind of its own.
        ErrorKind::AddrNotAvailable | ErrorKind::Unsupported | ErrorKind::InvalidInput => {
            ConnectError::AddressUnavailable
        }
        _ => ConnectError::Exhausted,
    }
}
